/*
 * A moment on its way from the database; see moment.h. One pipeline finds the entry and the nodes
 * that are asked about, then reads their rows; a second one reads the registry of that time, if it
 * is neither the present one nor on the shelf. In between and after, rows are applied in slices of
 * the loop's time.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/moment_internal.h"
#include "db/row.h"
#include "log.h"

#define READ_LIMIT_MS 600000 /* a strategy may be of any size */

/* $1 strategy, $2 entry or null, $3 time or null: the entry, its time, and the registry's entry
 * of that time. */
#define HEAD_SQL                                                                                   \
    "WITH RECURSIVE head AS MATERIALIZED (SELECT h.seq, j.\"time\","                               \
    " goald.seq_at(0, coalesce($3::timestamptz, j.\"time\")) AS registry"                          \
    " FROM (SELECT coalesce($2::bigint, goald.seq_at($1::integer, $3::timestamptz)) AS seq"        \
    " OFFSET 0) h"                                                                                 \
    " LEFT JOIN goald.journal j ON j.strategy_id = $1::integer AND j.seq = h.seq)"

#define HEAD_COLUMNS                                                                               \
    " SELECT head.seq, (extract(epoch FROM head.\"time\") * 1000000)::bigint, head.registry"

/* The sum as in tables.c: rows are found by node, not by entry. */
#define LIVE(t)                                                                                    \
    t ".strategy_id = $1::integer AND " t ".seq_from + 0 <= head.seq AND (" t                      \
      ".seq_to IS NULL OR " t ".seq_to > head.seq)"

static const struct pg_statement head_statement = {"moment_head",
                                                   HEAD_SQL HEAD_COLUMNS " FROM head", 3};

/* $4 code: also a row for each node that the asked one depends on, and whether it is that one or
 * below it. LIMIT 1: of a node one version lives; said so that each is looked up, for the planner
 * takes the recursion to find many more than it does. */
/* clang-format off */
static const struct pg_statement nodes_statement = {
    "moment_nodes",
    HEAD_SQL
    ", asked AS MATERIALIZED ("
    "SELECT n.id FROM head, goald.node n WHERE n.key = $4::text AND " LIVE("n") ")"
    ", below(id) AS ("
    "SELECT id FROM asked UNION SELECT part.id FROM below, head, LATERAL ("
    "SELECT n.id FROM goald.node n WHERE n.parent_id = below.id AND " LIVE("n")
    " UNION ALL SELECT c.from_id FROM goald.contribution c"
    " WHERE c.to_id = below.id AND " LIVE("c") ") part)"
    ", above(id) AS ((SELECT id FROM below"
    " UNION SELECT c.to_id FROM asked, head, goald.contribution c"
    " WHERE c.from_id = asked.id AND " LIVE("c")
    " UNION SELECT r.to_node FROM asked, head, goald.relation r"
    " WHERE r.node_id = asked.id AND r.to_strategy = r.strategy_id AND r.to_node > 0 AND "
    LIVE("r") ") UNION SELECT whole.id FROM above, head, LATERAL ("
    "SELECT n.parent_id AS id FROM goald.node n WHERE n.id = above.id AND " LIVE("n")
    " LIMIT 1) whole WHERE whole.id > 0)"
    HEAD_COLUMNS ", above.id, below.id IS NOT NULL"
    " FROM head LEFT JOIN (above LEFT JOIN below ON below.id = above.id) ON true",
    4};
/* clang-format on */

static enum moment_outcome outcome_of(const struct loading *loading, int r)
{
    if (r == -ENOMEM)
        return MOMENT_OVERLOADED;
    log_info("strategy %" PRId32 " at entry %" PRId64 " cannot be loaded: %s",
             loading->wish.strategy_id, loading->moment->seq, strerror(-r));
    return MOMENT_MIDST;
}

/* --- the registry --- */

/* The registry that goes with the moment, if it is at hand. */
static bool find_registry(struct loading *loading)
{
    struct moments *moments = loading->moments;
    struct moment *moment = loading->moment;
    const struct registry *present = store_registry(moments->store);

    if (loading->wish.present || (present && loading->registry == present->seq))
        return true;
    moment->past = present ? past_shelf_find(&moments->shelf, loading->registry, present) : NULL;
    if (moment->past)
        moment->registry = moment->past->registry;
    return moment->past != NULL;
}

static int read_registry(struct loading *loading)
{
    const struct load_part part = {.to = loading->registry};

    loading->stage = AT_REGISTRY;
    load_free(STEAL(loading->load));
    return load_new_aside(loading->moments->base, &part, &loading->load);
}

static int keep_registry(struct loading *loading)
{
    struct moments *moments = loading->moments;
    const struct registry *present = store_registry(moments->store);
    struct registry *registry = load_steal(loading->load).registry;
    int r;

    if (!present) { /* it was dropped meanwhile */
        registry_free(registry);
        return -ENOMEM;
    }
    registry->seq = loading->registry;
    r = past_shelf_add(&moments->shelf, registry, loading->registry, present,
                       &loading->moment->past);
    if (r == 0)
        loading->moment->registry = loading->moment->past->registry;
    return r;
}

/* --- after the last row --- */

static int nothing_to_swap(void *arg UNUSED)
{
    return 0;
}

static void applied(void *arg, int r)
{
    struct loading *loading = arg;
    bool complete = false;

    if (r == 0 && loading->stage == AT_REGISTRY) {
        r = keep_registry(loading);
        complete = true;
    } else if (r == 0) {
        loading->moment->tree = load_steal(loading->load).tree;
        loading->moment->tree->seq = loading->moment->seq;
        complete = find_registry(loading);
        r = complete ? 0 : read_registry(loading);
    }
    if (r < 0)
        loading_over(loading, outcome_of(loading, r));
    else if (complete)
        loading_over(loading, MOMENT_READY);
    else
        loading_run(loading);
}

/* --- the job --- */

static void send_head(const struct loading *loading, struct pg *pg)
{
    const struct moment_wish *wish = &loading->wish;
    const char *code = loading->code ? loading->code : "";
    char id[4], seq[8], time[8];
    struct pg_value params[] = {
        param_int4(wish->strategy_id, id), {0}, {0}, {.bytes = code, .len = (int)strlen(code)}};

    if (wish->seq > 0)
        params[1] = param_int8(wish->seq, seq);
    else
        params[2] = param_timestamp(wish->time_us, time);
    pg_query_binary(pg, loading->code ? &nodes_statement : &head_statement, params);
}

static void job_send(struct pg_job *job, struct pg *pg)
{
    struct loading *loading = (struct loading *)job;

    loading->first = 0;
    if (loading->stage == AT_HEAD)
        send_head(loading, pg);
    else
        load_send(loading->load, pg);
}

/* The nodes; of a code that there was not then, none. */
static int take_nodes(struct loading *loading, const PGresult *result)
{
    param_array_open(&loading->below, PARAM_INT8);
    param_array_open(&loading->all, PARAM_INT8);
    for (int row = 0; row < PQntuples(result) && !PQgetisnull(result, row, 3); row++) {
        param_array_add_int8(&loading->all, row_int(result, row, 3));
        if (row_bool(result, row, 4))
            param_array_add_int8(&loading->below, row_int(result, row, 3));
    }
    if (param_array_close(&loading->below, &loading->picks.below) < 0 ||
        param_array_close(&loading->all, &loading->picks.all) < 0)
        return -ENOMEM;
    return 0;
}

static int take_head(struct loading *loading, const PGresult *result)
{
    struct moment *moment = loading->moment;
    struct load_part part = {.strategy_id = loading->wish.strategy_id,
                             .structure = loading->wish.structure,
                             .day = loading->wish.today};

    moment->seq = row_int(result, 0, 0);
    moment->time_us = loading->wish.seq > 0 ? row_int(result, 0, 1) : loading->wish.time_us;
    loading->registry = row_int(result, 0, 2);
    if (PQgetisnull(result, 0, 1)) {
        loading->outcome = MOMENT_NOTHING;
        return 0;
    }
    part.to = moment->seq;
    if (loading->code) {
        if (take_nodes(loading, result) < 0)
            return -ENOMEM;
        part.picks = &loading->picks;
    }
    return load_new_aside(loading->moments->base, &part, &loading->load);
}

static void job_result(struct pg_job *job, int index, const PGresult *result)
{
    struct loading *loading = (struct loading *)job;
    PGresult *taken = (PGresult *)(uintptr_t)result; /* the job takes its results */
    int r = 0;

    if (loading->stage == AT_HEAD) {
        r = take_head(loading, taken);
        PQclear(taken);
    } else if (loading_is_wanted(loading)) {
        r = load_take(loading->load, index - loading->first, taken);
    } else {
        PQclear(taken);
    }
    if (r < 0)
        loading->outcome = outcome_of(loading, r);
}

static bool job_more(struct pg_job *job, struct pg *pg)
{
    struct loading *loading = (struct loading *)job;

    if (!loading_is_wanted(loading))
        return false;
    if (loading->stage != AT_HEAD)
        return load_more(loading->load, pg);
    loading->stage = AT_ROWS;
    loading->first = 1;
    load_send(loading->load, pg);
    return true;
}

static void job_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    static const struct load_calls calls = {nothing_to_swap, applied};
    struct loading *loading = (struct loading *)job;
    int r;

    if (outcome == PG_REFUSED)
        log_error("a moment of strategy %" PRId32 " was refused by the database: %s",
                  loading->wish.strategy_id, error->message);
    if (outcome != PG_DONE || loading->outcome != MOMENT_READY || !loading_is_wanted(loading)) {
        loading_over(loading, loading->outcome == MOMENT_READY ? MOMENT_AWAY : loading->outcome);
        return;
    }
    r = load_finish(loading->load, &calls, loading);
    if (r < 0)
        loading_over(loading, MOMENT_OVERLOADED);
}

void loading_run(struct loading *loading)
{
    loading->job = (struct pg_job){.send = job_send,
                                   .result = job_result,
                                   .more = job_more,
                                   .done = job_done,
                                   .takes_results = true,
                                   .timeout_ms = READ_LIMIT_MS};
    pool_run(store_pool(loading->moments->store), POOL_READ, &loading->job);
}
