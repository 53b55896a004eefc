/*
 * ListObservations: an indicator's values, the newest first. Order and number are the tree's, which
 * has a record of each; sources, breakdowns and reasons come from the database, a page at a time.
 */
#include <inttypes.h>
#include <string.h>

#include "db/row.h"
#include "methods/fail.h"
#include "methods/pages.h"
#include "methods/table.h"
#include "methods/value.h"

static const struct pg_statement observations_statement = {
    "list_observations",
    "SELECT o.seq_from, o.date, o.value, o.source, o.breakdown, o.supersedes, o.reason,"
    " o.account_id, (extract(epoch FROM j.\"time\") * 1000000)::bigint"
    " FROM unnest($2::bigint[]) WITH ORDINALITY AS wanted(id, n)"
    " JOIN goald.observation o ON o.strategy_id = $1::integer AND o.seq_from = wanted.id"
    " JOIN goald.journal j ON j.strategy_id = o.strategy_id AND j.seq = o.seq_from"
    " ORDER BY wanted.n",
    2};

struct observation_list {
    struct pages pages;
    int64_t node_id;
    size_t at, count;
    int64_t ids[]; /* the newest first */
};

static bool observation_list_more(const struct pages *pages)
{
    const struct observation_list *list = (const struct observation_list *)pages;

    return list->at < list->count;
}

static bool observation_list_send(struct pages *pages, struct pg *pg)
{
    struct observation_list *list = (struct observation_list *)pages;
    char strategy[16], ids[PAGE_ROWS * 21 + 3];
    const char *params[] = {strategy, ids};
    size_t len = 0;

    snprintf(strategy, sizeof(strategy), "%" PRId32, pages->strategy_id);
    for (int i = 0; i < PAGE_ROWS && list->at < list->count; i++)
        len += (size_t)snprintf(ids + len, sizeof(ids) - len, "%c%" PRId64, i ? ',' : '{',
                                list->ids[list->at++]);
    snprintf(ids + len, sizeof(ids) - len, "}");
    pg_query(pg, &observations_statement, params);
    return true;
}

static json_t *json_of_id(int64_t id)
{
    return id ? json_integer((json_int_t)id) : json_null();
}

static json_t *json_of_breakdown(const char *text)
{
    json_t *value = text ? json_loads(text, 0, NULL) : NULL;

    return value ? value : json_null();
}

static json_t *observation_list_row(struct pages *pages, const struct request *request,
                                    const PGresult *result, int row)
{
    const struct observation_list *list = (const struct observation_list *)pages;
    const struct node *node = tree_node(request->tree, list->node_id);
    const struct observation *observation =
        node ? node_observation(node, row_int(result, row, 0)) : NULL;

    return json_pack("{s:{s:I,s:s,s:s,s:f,s:s?,s:o,s:o,s:o,s:s?,s:o,s:o}}", "observation", "id",
                     (json_int_t)row_int(result, row, 0), "code", node ? node->code : "", "date",
                     row_text(result, row, 1), "value", row_double(result, row, 2), "source",
                     row_text(result, row, 3), "breakdown",
                     json_of_breakdown(row_text(result, row, 4)), "author",
                     value_account(request, row_int(result, row, 7)), "supersedes",
                     json_of_id(row_int(result, row, 5)), "reason", row_text(result, row, 6),
                     "supersededBy", json_of_id(observation ? observation->superseded_by : 0),
                     "recorded", value_time(row_int(result, row, 8)));
}

static void observation_list_free(struct pages *pages)
{
    free(pages);
}

/* Up to `limit` of those of the day, the newest first; of the whole and in force, or all. */
static void gather(struct observation_list *list, const struct request *request, int64_t limit,
                   bool counting)
{
    const struct measure *measure = node_measure(request->node);

    for (uint32_t i = measure ? measure->n_observations : 0;
         i-- > 0 && list->count < (uint64_t)limit;) {
        const struct observation *o = &measure->observations[i];

        if (date_last_day(o->date) <= request->today &&
            !(counting && (o->superseded_by || o->has_breakdown)))
            list->ids[list->count++] = o->id;
    }
}

const struct answer *method_list_observations(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    int64_t limit = param_int(call, "limit", INT64_MAX);
    struct observation_list *list;
    size_t room;

    if (answer)
        return answer;
    if (limit < 1)
        return fail_value(call, "limit", "must be at least 1");
    room = node_measure(request.node) ? node_measure(request.node)->n_observations : 0;
    list = calloc(1, sizeof(*list) + room * sizeof(*list->ids));
    if (!list)
        return fail_overloaded(call);
    pages_init(&list->pages, call, request.store, request.slot->id);
    list->pages.more = observation_list_more;
    list->pages.send = observation_list_send;
    list->pages.row = observation_list_row;
    list->pages.free = observation_list_free;
    list->node_id = request.node->id;
    gather(list, &request, limit, param_bool(call, "counting"));
    return call_stream(call, &list->pages.stream);
}
