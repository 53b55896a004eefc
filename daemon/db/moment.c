/*
 * Moments on their way from the database; see moment.h. One pipeline finds the entry and the nodes
 * that are asked about, then reads their rows; a second one reads the registry of that time, if it
 * is neither the present one nor on the shelf. In between and after, rows are applied and trees
 * freed in slices of the loop's time.
 */
#include "db/moment.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/queue.h>

#include "db/load.h"
#include "db/moment_registry.h"
#include "db/row.h"
#include "log.h"

enum {
    HELD_MOST = 8,         /* being loaded or in use */
    HELD_OF_USER = 4,      /* of those, one user's */
    WAITING_MOST = 64,     /* for others to be freed, … */
    WAITING_OF_USER = 32,  /* … of those, one user's, … */
    WAIT_S = 10,           /* … so long */
    READ_LIMIT_MS = 600000 /* a strategy may be of any size */
};

/* What one turn of the loop may take to free trees. */
#define FREE_US 2000

enum loading_stage { AT_HEAD, AT_ROWS, AT_REGISTRY };

struct loading {
    struct pg_job job;
    struct moment_wish wish;
    char *code; /* owned: the wish's */
    struct moments *moments;
    struct moment *moment; /* in the making */
    enum loading_stage stage;
    int first;         /* the number of the load's first statement in the pipeline */
    struct load *load; /* the rows that are being read or applied */
    int64_t registry;  /* the seq of that time's */
    struct param_array below, all;
    struct picks picks;
    enum moment_outcome outcome;
    struct event *late; /* while it waits */
    TAILQ_ENTRY(loading) entry;
};

TAILQ_HEAD(loadings, loading);

struct old_tree {
    struct tree *tree;
    struct old_tree *next;
};

struct moments {
    struct event_base *base;
    struct store *store;
    struct loadings waiting, running;
    int held;
    struct {
        uid_t uid;
        int held;
    } users[HELD_MOST]; /* those that hold any */
    struct past_shelf shelf;
    struct old_tree *old; /* to be freed */
    struct event *turn;
    bool stopping;
};

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

/* --- who holds how many --- */

static int held_by(const struct moments *moments, uid_t uid)
{
    for (size_t i = 0; i < ARRAY_LEN(moments->users); i++) {
        if (moments->users[i].held > 0 && moments->users[i].uid == uid)
            return moments->users[i].held;
    }
    return 0;
}

/* One more or one less of the user's. */
static void count_held(struct moments *moments, uid_t uid, int change)
{
    size_t place = 0;

    for (size_t i = 0; i < ARRAY_LEN(moments->users); i++) {
        if (moments->users[i].held == 0)
            place = i;
    }
    for (size_t i = 0; i < ARRAY_LEN(moments->users); i++) {
        if (moments->users[i].held > 0 && moments->users[i].uid == uid)
            place = i;
    }
    moments->users[place].uid = uid;
    moments->users[place].held += change;
    moments->held += change;
}

/* --- trees that are not needed any more --- */

static void free_turn(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct moments *moments = arg;
    int64_t until = monotonic_us() + FREE_US;

    while (moments->old && monotonic_us() < until) {
        struct old_tree *old = moments->old;

        if (load_free_some(old->tree)) {
            moments->old = old->next;
            free(old);
        }
    }
    if (moments->old)
        evtimer_add(moments->turn, &(struct timeval){0});
}

static void free_later(struct moments *moments, struct tree *tree)
{
    struct old_tree *old = tree ? malloc(sizeof(*old)) : NULL;

    if (!old) {
        tree_free(tree);
        return;
    }
    *old = (struct old_tree){tree, moments->old};
    moments->old = old;
    evtimer_add(moments->turn, &(struct timeval){0});
}

static void start_waiting(struct moments *moments);

void moment_free(struct moment *moment)
{
    struct moments *moments;

    if (!moment)
        return;
    moments = moment->moments;
    past_registry_leave(moment->past);
    free_later(moments, moment->tree);
    count_held(moments, moment->uid, -1);
    free(moment);
    start_waiting(moments);
}

/* --- the end of a loading --- */

static void loading_free(struct loading *loading)
{
    if (loading->late)
        event_free(loading->late);
    load_free(loading->load);
    param_array_done(&loading->below);
    param_array_done(&loading->all);
    free(loading->code);
    free(loading);
}

/* Tells who asked. The loading is in no list any more. */
static void loading_end(struct loading *loading)
{
    struct moment *moment = STEAL(loading->moment);

    if (loading->outcome != MOMENT_READY) {
        moment_free(moment);
        moment = NULL;
    }
    loading->wish.done(loading->wish.arg, loading->outcome, moment);
    loading_free(loading);
}

static void loading_over(struct loading *loading, enum moment_outcome outcome)
{
    loading->outcome = outcome;
    TAILQ_REMOVE(&loading->moments->running, loading, entry);
    loading_end(loading);
}

static enum moment_outcome outcome_of(const struct loading *loading, int r)
{
    if (r == -ENOMEM)
        return MOMENT_OVERLOADED;
    log_info("strategy %" PRId32 " at entry %" PRId64 " cannot be loaded: %s",
             loading->wish.strategy_id, loading->moment->seq, strerror(-r));
    return MOMENT_MIDST;
}

/* --- the registry --- */

static void run(struct loading *loading);

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
    bool complete;

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
        run(loading);
}

/* --- the job --- */

static bool is_wanted(const struct loading *loading)
{
    return loading->outcome == MOMENT_READY && loading->wish.wanted(loading->wish.arg);
}

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
    } else if (is_wanted(loading)) {
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

    if (!is_wanted(loading))
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
    if (outcome != PG_DONE || loading->outcome != MOMENT_READY || !is_wanted(loading)) {
        loading_over(loading, loading->outcome == MOMENT_READY ? MOMENT_AWAY : loading->outcome);
        return;
    }
    r = load_finish(loading->load, &calls, loading);
    if (r < 0)
        loading_over(loading, MOMENT_OVERLOADED);
}

static void run(struct loading *loading)
{
    loading->job = (struct pg_job){.send = job_send,
                                   .result = job_result,
                                   .more = job_more,
                                   .done = job_done,
                                   .takes_results = true,
                                   .timeout_ms = READ_LIMIT_MS};
    pool_run(store_pool(loading->moments->store), POOL_READ, &loading->job);
}

/* --- waiting --- */

static bool may_start(const struct moments *moments, const struct loading *loading)
{
    return moments->held < HELD_MOST && held_by(moments, loading->wish.uid) < HELD_OF_USER;
}

/* Its place is counted from here on. */
static int start(struct loading *loading)
{
    struct moments *moments = loading->moments;

    loading->moment = calloc(1, sizeof(*loading->moment));
    if (!loading->moment)
        return -ENOMEM;
    loading->moment->moments = moments;
    loading->moment->uid = loading->wish.uid;
    loading->moment->today = loading->wish.today;
    count_held(moments, loading->wish.uid, 1);
    TAILQ_INSERT_TAIL(&moments->running, loading, entry);
    run(loading);
    return 0;
}

static void stop_waiting(struct loading *loading)
{
    TAILQ_REMOVE(&loading->moments->waiting, loading, entry);
    event_free(STEAL(loading->late));
}

static void give_up(struct loading *loading, enum moment_outcome outcome)
{
    stop_waiting(loading);
    loading->outcome = outcome;
    loading_end(loading);
}

static void on_late(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    give_up(arg, MOMENT_OVERLOADED);
}

static void start_waiting(struct moments *moments)
{
    struct loading *loading = TAILQ_FIRST(&moments->waiting);

    while (loading && !moments->stopping) {
        struct loading *next = TAILQ_NEXT(loading, entry);

        if (may_start(moments, loading)) {
            stop_waiting(loading);
            if (start(loading) < 0) {
                loading->outcome = MOMENT_OVERLOADED;
                loading_end(loading);
            }
        }
        loading = next;
    }
}

/* Whoever has gone makes room. */
static bool may_wait(struct moments *moments, uid_t uid)
{
    struct loading *other = TAILQ_FIRST(&moments->waiting);
    int waiting = 0, of_user = 0;

    while (other) {
        struct loading *next = TAILQ_NEXT(other, entry);

        if (is_wanted(other)) {
            waiting++;
            of_user += other->wish.uid == uid;
        } else {
            give_up(other, MOMENT_AWAY);
        }
        other = next;
    }
    return waiting < WAITING_MOST && of_user < WAITING_OF_USER;
}

static int wait_turn(struct loading *loading)
{
    struct moments *moments = loading->moments;

    if (!may_wait(moments, loading->wish.uid))
        return -EAGAIN;
    loading->late = evtimer_new(moments->base, on_late, loading);
    if (!loading->late || evtimer_add(loading->late, &(struct timeval){.tv_sec = WAIT_S}) < 0)
        return -ENOMEM;
    TAILQ_INSERT_TAIL(&moments->waiting, loading, entry);
    return 0;
}

int moments_load(struct moments *moments, const struct moment_wish *wish)
{
    struct loading *loading;
    int r;

    if (moments->stopping || !store_reachable(moments->store))
        return -ENOTCONN;
    loading = calloc(1, sizeof(*loading));
    if (!loading)
        return -ENOMEM;
    loading->moments = moments;
    loading->wish = *wish;
    loading->outcome = MOMENT_READY;
    if (wish->code)
        loading->code = strdup(wish->code);
    if (wish->code && !loading->code)
        r = -ENOMEM;
    else
        r = may_start(moments, loading) ? start(loading) : wait_turn(loading);
    if (r < 0)
        loading_free(loading);
    return r;
}

int moments_new(struct event_base *base, struct store *store, struct moments **ret_moments)
{
    struct moments *moments = calloc(1, sizeof(*moments));

    if (!moments)
        return -ENOMEM;
    moments->base = base;
    moments->store = store;
    TAILQ_INIT(&moments->waiting);
    TAILQ_INIT(&moments->running);
    moments->turn = evtimer_new(base, free_turn, moments);
    if (!moments->turn) {
        free(moments);
        return -ENOMEM;
    }
    *ret_moments = moments;
    return 0;
}

void moments_free(struct moments *moments)
{
    struct loading *loading;

    if (!moments)
        return;
    moments->stopping = true;
    while ((loading = TAILQ_FIRST(&moments->waiting)))
        give_up(loading, MOMENT_AWAY);
    while ((loading = TAILQ_FIRST(&moments->running)))
        loading_over(loading, MOMENT_AWAY);
    while (moments->old) {
        struct old_tree *old = moments->old;

        moments->old = old->next;
        tree_free(old->tree);
        free(old);
    }
    past_shelf_done(&moments->shelf);
    event_free(moments->turn);
    free(moments);
}
