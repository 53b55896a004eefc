/*
 * What became of a letter, and what is to be tried again; see claims.h. A run tells of what it
 * holds, and of nothing else: what another one took over meanwhile is that one's. Telling it twice
 * changes nothing the second time, and what was sent is never taken for failed.
 */
#include "db/claims_internal.h"

#include "db/params.h"
#include "db/row.h"

static const struct pg_statement settle_statement = {
    "claims_settle",
    "WITH told AS (SELECT at, at > now() + interval '1 day' AS late"
    "  FROM (SELECT coalesce(" CLAIMS_AT ", now()) AS at) AS clock),"
    " mine AS (SELECT strategy_id, id, status AS was FROM told, goald.reminder r"
    "  WHERE NOT late AND letter = $3 AND run = $1::uuid AND status <> 'skipped'"
    "  AND ($4::integer[] IS NULL OR strategy_id = ANY ($4::integer[])) FOR UPDATE OF r),"
    " settled AS (UPDATE goald.reminder r SET status = $5, lease_until = NULL,"
    "  retry_at = CASE $5 WHEN 'failed' THEN at + goald.retry_after(attempts) END,"
    "  reason = $6, changed_at = at FROM mine m, told"
    "  WHERE r.strategy_id = m.strategy_id AND r.id = m.id"
    "  AND (was = 'claimed' OR (was = 'failed' AND $5 = 'sent')))"
    " SELECT CASE WHEN late THEN -1 ELSE (SELECT count(*) FROM mine) END FROM told",
    6};

/* With all of its letter, if it has to stay in it. Due at once by the clock of the runs, which need
 * not be the database's. */
static const struct pg_statement retry_statement = {
    "claims_retry",
    "WITH again AS (UPDATE goald.reminder SET retry_at = changed_at, attempts = 0"
    "  WHERE status = 'failed' AND ($1::bigint IS NULL OR id = $1::bigint OR (doubtful"
    "   AND letter = (SELECT letter FROM goald.reminder WHERE id = $1::bigint)))"
    "  AND ($2::integer[] IS NULL OR strategy_id = ANY ($2::integer[])) RETURNING 1)"
    " SELECT count(*) FROM again",
    2};

static void settle_send(struct pg_job *job, struct pg *pg)
{
    const struct claims_settling *settling = (struct claims_settling *)job;
    char now[PARAM_NUMBER_SIZE];

    pg_query(pg, &settle_statement,
             (const char *[]){settling->run,
                              settling->now_us ? param_number(settling->now_us, now) : NULL,
                              settling->letter, settling->strategies,
                              settling->sent ? "sent" : "failed", settling->reason});
}

static void retry_send(struct pg_job *job, struct pg *pg)
{
    const struct claims_settling *settling = (struct claims_settling *)job;
    char id[PARAM_NUMBER_SIZE];

    pg_query(pg, &retry_statement,
             (const char *[]){settling->row_id ? param_number(settling->row_id, id) : NULL,
                              settling->strategies});
}

static void settle_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    ((struct claims_settling *)job)->settled = row_int(result, 0, 0);
}

static void settle_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct claims_settling *settling = (struct claims_settling *)job;

    settling->done(settling, claims_error(outcome, error, "settling reminders"));
}

void claims_settle(struct pool *pool, struct claims_settling *settling)
{
    settling->job =
        (struct pg_job){.send = settle_send, .result = settle_result, .done = settle_done};
    pool_run(pool, POOL_WRITE, &settling->job);
}

void claims_retry(struct pool *pool, struct claims_settling *settling)
{
    settling->job =
        (struct pg_job){.send = retry_send, .result = settle_result, .done = settle_done};
    pool_run(pool, POOL_WRITE, &settling->job);
}

void claims_settling_free(struct claims_settling *settling)
{
    if (!settling)
        return;
    free(settling->strategies);
    free(settling->letter);
    free(settling->reason);
    free(settling);
}
