/* One statement; see reminded.h. */
#include "db/reminded.h"

#include "db/claims_internal.h"
#include "db/params.h"
#include "db/row.h"

/* Of what was settled before the day only the newest of a series. */
static const struct pg_statement rows_statement = {
    "reminded_rows",
    "SELECT " CLAIMS_COLUMNS ", status = 'failed' AND retry_at IS NULL, shown,"
    " (extract(epoch FROM changed_at) * 1000000)::bigint, reason"
    " FROM (SELECT *, status IN ('claimed', 'failed')"
    "  OR day >= date '1970-01-01' + $2::integer AS shown,"
    "  row_number() OVER (PARTITION BY " CLAIMS_SERIES " ORDER BY planned DESC) AS age"
    "  FROM goald.reminder WHERE strategy_id = $1::integer) r WHERE shown OR age = 1",
    2};

static void reminded_send(struct pg_job *job, struct pg *pg)
{
    const struct reminded *reminded = (struct reminded *)job;
    char strategy[PARAM_NUMBER_SIZE], since[PARAM_NUMBER_SIZE];

    pg_query_rows(pg, &rows_statement,
                  (const char *[]){param_number(reminded->strategy_id, strategy),
                                   param_number(reminded->since, since)});
}

static void tell(const struct reminded *reminded, const PGresult *result, int n)
{
    int next = CLAIMS_N_COLUMNS;
    struct reminded_row row = {
        .row = claims_row(result, n, 0),
        .given_up = row_bool(result, n, next),
        .shown = row_bool(result, n, next + 1),
        .changed_us = row_int(result, n, next + 2),
        .reason = row_text(result, n, next + 3),
    };

    row.row.open = row.row.status == LEDGER_FAILED && !row.given_up;
    reminded->row(reminded->arg, &row);
}

static void reminded_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    const struct reminded *reminded = (struct reminded *)job;

    for (int n = 0; reminded->arg && n < PQntuples(result); n++)
        tell(reminded, result, n);
}

static void reminded_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct reminded *reminded = (struct reminded *)job;

    reminded->done(reminded, claims_error(outcome, error, "the ledger"));
}

void reminded_read(struct pool *pool, struct reminded *reminded)
{
    reminded->job =
        (struct pg_job){.send = reminded_send, .result = reminded_result, .done = reminded_done};
    pool_run(pool, POOL_READ, &reminded->job);
}
