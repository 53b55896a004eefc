/*
 * ListUpdates: order and number come from the tree, which has a record of every update: they are
 * gathered in slices, for there may be a million. The texts are in the database only, and are
 * fetched a page at a time.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/walk.h"
#include "db/row.h"
#include "methods/value.h"
#include "methods/fail.h"
#include "methods/heap.h"
#include "methods/pages.h"
#include "methods/table.h"

static const struct pg_statement updates_statement = {
    "list_updates",
    "SELECT u.seq_from, u.node_id, u.date, u.percent, u.state, u.confidence, u.note, u.evidence,"
    " u.supersedes, u.reason, u.account_id, (extract(epoch FROM j.\"time\") * 1000000)::bigint,"
    " u.waits, d.accepted, d.note"
    " FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted(id, n)"
    " JOIN goald.progress_update u ON u.strategy_id = $1::integer AND u.seq_from = wanted.id"
    " JOIN goald.journal j ON j.strategy_id = u.strategy_id AND j.seq = u.seq_from"
    " LEFT JOIN goald.decision d ON d.strategy_id = u.strategy_id AND d.key = u.id::text"
    " AND d.seq_to IS NULL ORDER BY wanted.n",
    2};

struct update_list {
    struct pages pages;
    struct walk walk;
    int64_t node_id; /* whose updates are being gathered, … */
    uint32_t next;   /* … from this one on; one that comes meanwhile, dated back, may be missed or
                      * have its neighbour told twice */
    struct heap heap;       /* the newest first: what is low in it is negated */
    int64_t left;           /* how many are still wanted */
    bool waiting, returned; /* only these */
};

#define GATHER_SLICE 1024 /* updates, or nodes without any */

static bool update_list_more(const struct pages *pages)
{
    const struct update_list *list = (const struct update_list *)pages;

    return list->heap.count > 0 && list->left > 0;
}

static bool update_list_send(struct pages *pages, struct pg *pg)
{
    struct update_list *list = (struct update_list *)pages;
    char strategy[16], ids[PAGE_ROWS * 21 + 3];
    const char *params[] = {strategy, ids};
    struct heap_item item;
    size_t len = 0;

    snprintf(strategy, sizeof(strategy), "%" PRId32, list->pages.strategy_id);
    for (int i = 0; i < PAGE_ROWS && list->left > 0 && heap_pop(&list->heap, &item); i++) {
        len +=
            (size_t)snprintf(ids + len, sizeof(ids) - len, "%c%" PRId64, i ? ',' : '{', -item.id);
        list->left--;
    }
    snprintf(ids + len, sizeof(ids) - len, "}");
    pg_query(pg, &updates_statement, params);
    return true;
}

static json_t *json_of_text(const char *text)
{
    json_t *value = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

    return value ? value : json_array();
}

/* Of an update that had to wait: what became of that; NULL of any other. */
static const char *decision_of(const PGresult *result, int row)
{
    if (!row_bool(result, row, 12))
        return NULL;
    if (!row_text(result, row, 13))
        return "waiting";
    return row_bool(result, row, 13) ? "accepted" : "returned";
}

static json_t *update_list_row(struct pages *pages UNUSED, const struct request *request,
                               const PGresult *result, int row)
{
    const struct node *node = tree_node(request->tree, row_int(result, row, 1));
    const struct update *update = node ? node_update(node, row_int(result, row, 0)) : NULL;
    json_t *superseded = update && update->superseded_by
                             ? json_integer((json_int_t)update->superseded_by)
                             : json_null();
    int64_t supersedes = row_int(result, row, 8);

    return json_pack("{s:{s:I,s:s,s:s,s:o,s:s?,s:s?,s:s?,s:o,s:o,s:o,s:s?,s:o,s:o,s:s?,s:s?}}",
                     "update", "id", (json_int_t)row_int(result, row, 0), "code",
                     node ? node->code : "", "date", row_text(result, row, 2), "percent",
                     value_number(row_double(result, row, 3)), "state", row_text(result, row, 4),
                     "confidence", row_text(result, row, 5), "note", row_text(result, row, 6),
                     "author", value_account(request, row_int(result, row, 10)), "evidence",
                     json_of_text(row_text(result, row, 7)), "supersedes",
                     supersedes ? json_integer((json_int_t)supersedes) : json_null(), "reason",
                     row_text(result, row, 9), "supersededBy", superseded, "recorded",
                     value_time(row_int(result, row, 11)), "decision", decision_of(result, row),
                     "decisionNote", row_text(result, row, 14));
}

static void update_list_free(struct pages *pages)
{
    struct update_list *list = (struct update_list *)pages;

    walk_done(&list->walk);
    heap_done(&list->heap);
    free(list);
}

/* Does it belong to the list? What does not count yet is not everybody's to see. */
static bool update_fits(const struct update_list *list, const struct update *update,
                        const struct request *request)
{
    if (list->waiting || list->returned)
        if (!update->waits || update->returned != list->returned || update->superseded_by)
            return false;
    return !update->waits || rights_see_drafts(request->registry, &request->caller, request->tree,
                                               request->node, request->today);
}

/* Looks at up to `most` of the updates of the node at hand; the number, or -ENOMEM. */
static int gather_of_node(struct update_list *list, const struct request *request, int most)
{
    const struct node *node = request->node;
    int n = 0;

    for (; n < most && list->next < node->n_updates; n++) {
        const struct update *update = &node->updates[list->next++];
        if (!update_fits(list, update, request))
            continue;
        const struct heap_item item = {.id = -update->id, .rank = -date_last_day(update->date)};

        if (heap_push(&list->heap, item) < 0)
            return -ENOMEM;
    }
    return n;
}

/* A slice of the gathering: 0 when all are there, 1 if there are more. */
static int gather_some(struct update_list *list, struct request *request)
{
    const struct tree *tree = request->tree;

    for (int done = 0; done < GATHER_SLICE;) {
        struct node *node = list->node_id >= 0 ? tree_node(tree, list->node_id) : NULL;
        int n;

        if (!node || list->next >= node->n_updates) {
            node = walk_next(&list->walk, tree);
            if (!node)
                return list->walk.failed ? -ENOMEM : 0;
            list->node_id = node->id;
            list->next = 0;
            done++;
        }
        request->node = node;
        n = gather_of_node(list, request, GATHER_SLICE - done);
        if (n < 0)
            return n;
        done += n;
    }
    return 1;
}

/* The stream's steps until all are gathered; then the pages'. */
static int update_list_gather(struct stream *stream, struct writer *writer UNUSED)
{
    struct update_list *list = (struct update_list *)stream;
    struct request request;
    int r;

    if (request_reopen(list->pages.call, list->pages.strategy_id, &request) < 0)
        return request_lost(list->pages.call, stream);
    r = gather_some(list, &request);
    if (r < 0)
        return r;
    if (r == 0)
        stream->next = pages_next;
    call_resume(list->pages.call);
    return -EAGAIN;
}

const struct answer *method_list_updates(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    int64_t limit = param_int(call, "limit", INT64_MAX);
    const char *decision = param_text(call, "decision");
    struct update_list *list;

    if (answer)
        return answer;
    if (limit < 1)
        return fail_value(call, "limit", "must be at least 1");
    if (decision && strcmp(decision, "waiting") != 0 && strcmp(decision, "returned") != 0)
        return fail_value(call, "decision", "waiting or returned");
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    pages_init(&list->pages, call, request.store, request.slot->id);
    list->pages.more = update_list_more;
    list->pages.send = update_list_send;
    list->pages.row = update_list_row;
    list->pages.free = update_list_free;
    list->pages.stream.next = update_list_gather;
    list->node_id = -1;
    list->left = limit;
    list->waiting = decision && strcmp(decision, "waiting") == 0;
    list->returned = decision && !list->waiting;
    walk_begin(&list->walk, request.node, param_bool(call, "below") ? UINT32_MAX : 0);
    return call_stream(call, &list->pages.stream);
}
