/* One statement; see reminded.h. */
#include "db/reminded.h"

#include "db/claims_internal.h"
#include "db/params.h"
#include "db/row.h"

/* Of what was settled before the day only the newest of a series, and an escalation's steps. */
static const struct pg_statement rows_statement = {
    "reminded_rows",
    "SELECT id, rule, item, item_id, " CLAIMS_VERSION ", step, recipient, recipient_id,"
    " " CLAIMS_PLANNED ", " CLAIMS_DAY
    ", status, why, status = 'failed' AND retry_at IS NULL, shown,"
    " (extract(epoch FROM changed_at) * 1000000)::bigint, reason"
    " FROM (SELECT *, status IN ('claimed', 'failed')"
    "  OR day >= date '1970-01-01' + $2::integer AS shown,"
    "  row_number() OVER (PARTITION BY item, item_id, rule, version, recipient, recipient_id"
    "   ORDER BY planned DESC) AS age"
    "  FROM goald.reminder WHERE strategy_id = $1::integer) r"
    " WHERE shown OR age = 1 OR rule = 'escalation'",
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
    struct reminded_row row = {
        .row = {.id = row_int(result, n, 0),
                .rule = (enum remind_rule)row_word(result, n, 1, remind_rule_names, 0),
                .item = (enum remind_item)row_word(result, n, 2, remind_item_names, 0),
                .item_id = row_int(result, n, 3),
                .version = (int32_t)row_int(result, n, 4),
                .step = row_int(result, n, 5),
                .recipient = (enum holder)row_word(result, n, 6, holder_names, 0),
                .recipient_id = row_int(result, n, 7),
                .planned = (int32_t)row_int(result, n, 8),
                .changed = (int32_t)row_int(result, n, 9),
                .status = (enum ledger_status)row_word(result, n, 10, ledger_status_names, 0),
                .why = (enum remind_why)row_word(result, n, 11, remind_why_names, 0)},
        .given_up = row_bool(result, n, 12),
        .shown = row_bool(result, n, 13),
        .changed_us = row_int(result, n, 14),
        .reason = row_text(result, n, 15),
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
