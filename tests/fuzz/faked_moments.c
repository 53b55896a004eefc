/*
 * Moments of the faked store: each is the present's tree over again. It takes the place of
 * db/moment.c. A wish waits among the jobs of the faked pool, and shares their fate.
 */
#include "db/moment.h"

#include <errno.h>

#include "db/pool.h"
#include "faked_trees.h"

struct awaited {
    struct pg_job job; /* first: the pool hands it back */
    struct moment_wish wish;
};

static struct moment *moment_of(const struct moment_wish *wish)
{
    struct moment *moment = calloc(1, sizeof(*moment));

    if (!moment)
        abort();
    moment->tree = faked_tree(wish->strategy_id);
    moment->seq = wish->seq > 0 ? wish->seq : FAKED_SEQ;
    moment->time_us = wish->time_us;
    moment->today = wish->today;
    moment->uid = wish->uid;
    return moment;
}

static void awaited_send(struct pg_job *job UNUSED, struct pg *pg UNUSED)
{
}

static void awaited_done(struct pg_job *job, enum pg_outcome outcome,
                         const struct pg_error *error UNUSED)
{
    struct awaited *awaited = (struct awaited *)job;
    const struct moment_wish *wish = &awaited->wish;
    bool there = wish->seq <= FAKED_SEQ && (wish->seq > 0 || wish->time_us > 0);

    if (outcome != PG_DONE || !wish->wanted(wish->arg))
        wish->done(wish->arg, MOMENT_AWAY, NULL);
    else if (!there)
        wish->done(wish->arg, MOMENT_NOTHING, NULL);
    else
        wish->done(wish->arg, MOMENT_READY, moment_of(wish));
    free(awaited);
}

int moments_load(struct moments *moments, const struct moment_wish *wish)
{
    struct store *store = (struct store *)moments;
    struct awaited *awaited = calloc(1, sizeof(*awaited));

    if (!awaited)
        abort();
    if (!store_reachable(store)) {
        free(awaited);
        return -ENOTCONN;
    }
    *awaited = (struct awaited){.job = {.send = awaited_send, .done = awaited_done}, .wish = *wish};
    pool_run(store_pool(store), POOL_READ, &awaited->job);
    return 0;
}

void moment_free(struct moment *moment)
{
    if (!moment)
        return;
    tree_free(moment->tree);
    free(moment);
}
