/*
 * ExplainStatus: what a status was made of (core/explain.h), in one reply. Notes, authors and links
 * of what stands behind it are in the database only: one statement fetches them all.
 */
#include "methods/explain.h"

#include <errno.h>
#include <stdlib.h>

#include "db/params.h"
#include "db/pool.h"
#include "db/row.h"
#include "methods/fail.h"
#include "methods/table.h"

#define TRIES 3        /* while changes overtake what is fetched */
#define PARTS_MOST 250 /* in a reply, which so has less than the 4 MiB that may wait for a peer */

/* $1 strategy, $2 ids and $3 their nodes, $4 seq: whose version of a closing. */
static const struct pg_statement texts_statement = {
    "explain_texts",
    "SELECT w.id, j.account_id, (extract(epoch FROM j.\"time\") * 1000000)::bigint,"
    " left(coalesce(u.note, c.reason, o.source), 300),"
    " jsonb_path_query_array(coalesce(u.evidence, c.evidence), '$[0 to 4]')"
    " FROM (SELECT DISTINCT id, node FROM unnest($2::bigint[], $3::bigint[]) AS w(id, node)) w"
    " JOIN goald.journal j ON j.strategy_id = $1::integer AND j.seq = w.id"
    " LEFT JOIN goald.progress_update u ON u.strategy_id = $1::integer AND u.seq_from = w.id"
    " LEFT JOIN goald.observation o ON o.strategy_id = $1::integer AND o.seq_from = w.id"
    " LEFT JOIN goald.closing c ON c.strategy_id = $1::integer AND c.node_id = w.node"
    " AND c.id = w.id AND c.seq_from <= $4::bigint AND (c.seq_to IS NULL OR c.seq_to > $4::bigint)"
    " ORDER BY 1",
    4};

struct fetch {
    struct pg_job job;
    struct call *call; /* parked */
    int32_t strategy_id;
    int64_t seq;
    int tries;
    struct param_array ids, nodes;
    PGresult *texts;
};

/* Whatever has texts to be told. */
struct wanted {
    void (*take)(void *arg, int64_t id, int64_t node_id);
    void *arg;
};

static void want(const struct wanted *wanted, const struct node *node, const int64_t *id)
{
    if (id)
        wanted->take(wanted->arg, *id, node->id);
}

static void want_behind(const struct wanted *wanted, const struct node *node,
                        const struct behind *behind)
{
    want(wanted, node, behind->update ? &behind->update->id : NULL);
    want(wanted, node, behind->closing ? &behind->closing->id : NULL);
    want(wanted, node, behind->observation ? &behind->observation->id : NULL);
}

static void want_all(const struct wanted *wanted, const struct node *node,
                     const struct explanation *e, const struct slice *slice)
{
    const struct update *const updates[] = {e->effective.percent, e->effective.state,
                                            e->effective.confidence, e->linked};
    struct behind behind = {.closing = node->result.closing, .observation = e->observation};

    want_behind(wanted, node, &behind);
    for (size_t i = 0; i < ARRAY_LEN(updates); i++)
        want(wanted, node, updates[i] ? &updates[i]->id : NULL);
    for (size_t i = slice->begin; i < slice->end; i++) {
        explain_behind(e->parts[i].node, &behind);
        want_behind(wanted, e->parts[i].node, &behind);
    }
}

int explain_row(const PGresult *texts, int64_t id)
{
    int low = 0, high = PQntuples(texts);

    while (low < high) {
        int middle = low + (high - low) / 2;
        int64_t at = row_int(texts, middle, TEXT_ID);
        if (at == id)
            return middle;
        if (at < id)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* --- fetching --- */

static void fetch_send(struct pg_job *job, struct pg *pg)
{
    struct fetch *fetch = (struct fetch *)job;
    char strategy[4], seq[8];
    struct pg_value params[4] = {param_int4(fetch->strategy_id, strategy)};

    if (param_array_close(&fetch->ids, &params[1]) < 0 ||
        param_array_close(&fetch->nodes, &params[2]) < 0)
        return; /* no memory: there will be no texts */
    params[3] = param_int8(fetch->seq, seq);
    pg_query_binary(pg, &texts_statement, params);
}

static void fetch_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    ((struct fetch *)job)->texts = PQcopyResult(result, PG_COPYRES_TUPLES);
}

static void fetch_free(struct fetch *fetch)
{
    param_array_done(&fetch->ids);
    param_array_done(&fetch->nodes);
    PQclear(fetch->texts);
    free(fetch);
}

static void take_id(void *arg, int64_t id, int64_t node_id)
{
    struct fetch *fetch = arg;

    param_array_add_int8(&fetch->ids, id);
    param_array_add_int8(&fetch->nodes, node_id);
}

static void fetch_done(struct pg_job *job, enum pg_outcome outcome UNUSED,
                       const struct pg_error *error UNUSED);

static const struct answer *fetch_texts(const struct request *request,
                                        const struct explanation *explanation,
                                        const struct slice *slice, int tries)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));

    if (!fetch)
        return fail_overloaded(request->call);
    fetch->job = (struct pg_job){.send = fetch_send, .result = fetch_result, .done = fetch_done};
    fetch->call = request->call;
    fetch->strategy_id = request->slot->id;
    fetch->seq = request->tree->seq;
    fetch->tries = tries;
    param_array_open(&fetch->ids, PARAM_INT8);
    param_array_open(&fetch->nodes, PARAM_INT8);
    want_all(&(struct wanted){take_id, fetch}, request->node, explanation, slice);
    pool_run(store_pool(request->store), POOL_READ, &fetch->job);
    return call_park(request->call);
}

/* --- answering --- */

struct check {
    const PGresult *texts;
    bool missing;
};

static void check_id(void *arg, int64_t id, int64_t node_id UNUSED)
{
    struct check *check = arg;

    check->missing |= explain_row(check->texts, id) < 0;
}

/* Is there a text to be told that is not among those that were fetched? */
static bool is_missing(const struct request *request, const struct explanation *explanation,
                       const struct slice *slice, const PGresult *texts)
{
    struct check check = {.texts = texts};

    want_all(&(struct wanted){check_id, &check}, request->node, explanation, slice);
    return check.missing;
}

static struct slice slice_from(const struct explanation *explanation, int64_t first)
{
    struct slice slice = {.begin = explanation->count};

    if ((uint64_t)first < explanation->count)
        slice.begin = (size_t)first;
    slice.end = explanation->count - slice.begin > PARTS_MOST ? slice.begin + PARTS_MOST
                                                              : explanation->count;
    return slice;
}

/* `tries`: how often texts were fetched for it. */
static const struct answer *answer_explained(struct call *call, const PGresult *texts, int tries)
{
    struct explanation explanation;
    struct request request;
    struct writer writer = {};
    const struct answer *answer = request_open(call, true, &request);
    int64_t first = param_int(call, "firstPart", 0);
    struct slice slice;

    if (answer)
        return answer;
    if (first < 0)
        return fail_value(call, "firstPart", "must not be negative");
    if (explain(request.tree, request.node, request.today, &explanation) < 0)
        return fail_overloaded(call);
    slice = slice_from(&explanation, first);
    if (tries < TRIES && store_reachable(request.store) &&
        is_missing(&request, &explanation, &slice, texts)) {
        answer = fetch_texts(&request, &explanation, &slice, tries + 1);
    } else {
        call_begin_reply(&writer);
        explain_write(&writer, &request, &explanation, &slice, texts);
        answer = call_reply_written(call, &writer);
    }
    explanation_done(&explanation);
    return answer;
}

static void fetch_done(struct pg_job *job, enum pg_outcome outcome,
                       const struct pg_error *error UNUSED)
{
    struct fetch *fetch = (struct fetch *)job;

    call_end(
        answer_explained(fetch->call, fetch->texts, outcome == PG_DONE ? fetch->tries : TRIES));
    fetch_free(fetch);
}

const struct answer *method_explain(struct call *call)
{
    return answer_explained(call, NULL, 0);
}
