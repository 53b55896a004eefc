/*
 * What still matters of the ledger; see claims.h. First the run's time is checked and noted; then,
 * in one go, it is read whom the run has written to, the rows, and after them the journals' heads:
 * a tree that has followed its journal so far knows all that those who wrote the rows knew.
 */
#include "db/claims_internal.h"

#include <errno.h>
#include <string.h>

#include "db/params.h"
#include "db/row.h"

/* A letter that so many runs died with is not tried any more: perhaps it is what they die of. */
static const struct pg_statement lost_statement = {
    "claims_lost",
    "UPDATE goald.reminder SET status = 'failed', lease_until = NULL, retry_at = NULL,"
    " reason = 'no run that had it came back', changed_at = " CLAIMS_AT
    " WHERE strategy_id = ANY ($1::integer[]) AND status = 'claimed'"
    " AND lease_until <= " CLAIMS_AT " AND goald.retry_after(attempts) IS NULL",
    2};

/* What a mail system said of an address goes when the address does. */
static const struct pg_statement forgotten_statement = {
    "claims_forgotten",
    "UPDATE goald.reminder SET reason = NULL WHERE strategy_id = ANY ($1::integer[])"
    " AND status = 'failed' AND recipient = 'person' AND reason IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM goald.contact WHERE strategy_id = 0 AND person_id = recipient_id"
    "  AND kind = 'email' AND seq_to IS NULL AND value IS NOT NULL)",
    1};

/* They come as ledger_order() would put them: sorting a long ledger there would hold others up.
 * What failed after a run that had it was lost is taken over as what lapsed is: its mail may be
 * out, and in another letter it would be another mail. */
static const struct pg_statement rows_statement = {
    "claims_rows",
    "WITH r AS NOT MATERIALIZED (SELECT * FROM goald.reminder"
    "  WHERE strategy_id = ANY ($1::integer[]))"
    " SELECT strategy_id, " CLAIMS_COLUMNS ","
    " CASE WHEN status = 'claimed' AND lease_until <= " CLAIMS_AT " THEN 'lapsed'"
    " WHEN doubtful AND retry_at <= " CLAIMS_AT " THEN 'lapsed'"
    " WHEN retry_at <= " CLAIMS_AT
    " THEN 'again' WHEN retry_at IS NOT NULL THEN 'waits' ELSE '' END,"
    " letter, (status = 'claimed' OR doubtful) AND EXISTS (SELECT FROM goald.reminder o"
    "  WHERE o.letter = a.letter AND o.strategy_id <> ALL ($1::integer[])"
    "  AND (o.status = 'claimed' OR (o.doubtful AND o.retry_at IS NOT NULL)))"
    " FROM (SELECT * FROM (SELECT DISTINCT ON (strategy_id, " CLAIMS_SERIES ") * FROM r"
    "   WHERE status IN ('sent', 'skipped')"
    "   ORDER BY strategy_id, " CLAIMS_SERIES ", planned DESC) newest"
    "  UNION ALL SELECT * FROM r WHERE status IN ('claimed', 'failed')) a"
    " ORDER BY strategy_id, strpos('node group membership assignment', item), item_id,"
    " strpos('due checkin review term escalation nudge', rule),"
    " strpos('organisation person group', recipient), recipient_id, version, planned, id",
    2};

static const struct pg_statement served_statement = {
    "claims_served",
    "SELECT DISTINCT CASE recipient WHEN 'group' THEN strategy_id ELSE 0 END, recipient,"
    " recipient_id FROM goald.reminder WHERE run = $1::uuid AND letter IS NOT NULL",
    1};

static const struct pg_statement journals_statement = {
    "claims_journals", "SELECT strategy_id, seq FROM goald.chain ORDER BY strategy_id", 0};

/* The statements that read, by their places behind those that do not. */
enum { SERVED, ROWS, JOURNALS };

static void read_send(struct pg_job *job, struct pg *pg)
{
    const struct claims_reading *reading = (struct claims_reading *)job;

    sending_query(pg, SENDING_REMINDERS, reading->run, reading->now_us, reading->trial,
                  reading->ahead);
}

/* A run whose time cannot be reads nothing. */
static bool read_more(struct pg_job *job, struct pg *pg)
{
    struct claims_reading *reading = (struct claims_reading *)job;
    AUTO(param_list_done) struct param_list list = PARAM_LIST_ARRAY;
    const char *strategies;
    char at[PARAM_NUMBER_SIZE];

    if (reading->begun || reading->clock.early || reading->clock.late || !reading->arg)
        return false;
    reading->begun = true;
    for (size_t i = 0; i < reading->n_strategies; i++)
        param_list_add_number(&list, reading->strategies[i]);
    strategies = param_list_close(&list);
    if (!strategies) {
        reading->error = -ENOMEM;
        return false;
    }
    param_number(reading->clock.at_us, at);
    reading->first = reading->trial ? 1 : 4; /* the clock was the one before */
    if (!reading->trial) {
        sending_prune(pg);
        pg_query(pg, &lost_statement, (const char *[]){strategies, at});
        pg_query(pg, &forgotten_statement, (const char *[]){strategies});
    }
    pg_query(pg, &served_statement, (const char *[]){reading->run});
    pg_query_rows(pg, &rows_statement, (const char *[]){strategies, at});
    pg_query(pg, &journals_statement, NULL);
    return true;
}

/* By value of enum claims_open. */
static const char *const open_names[] = {"", "waits", "again", "lapsed", NULL};

struct ledger_row claims_row(const PGresult *result, int row, int first)
{
    return (struct ledger_row){
        .id = row_int(result, row, first),
        .rule = (enum remind_rule)row_word(result, row, first + 1, remind_rule_names, 0),
        .item = (enum remind_item)row_word(result, row, first + 2, remind_item_names, 0),
        .item_id = row_int(result, row, first + 3),
        .version = (int32_t)row_int(result, row, first + 4),
        .step = row_int(result, row, first + 5),
        .recipient = (enum holder)row_word(result, row, first + 6, holder_names, 0),
        .recipient_id = row_int(result, row, first + 7),
        .planned = (int32_t)row_int(result, row, first + 8),
        .changed = (int32_t)row_int(result, row, first + 9),
        .status = (enum ledger_status)row_word(result, row, first + 10, ledger_status_names, 0),
        .why = (enum remind_why)row_word(result, row, first + 11, remind_why_names, 0),
    };
}

static void tell_row(const struct claims_reading *reading, const PGresult *result, int at)
{
    int next = 1 + CLAIMS_N_COLUMNS;
    struct claims_row row = {
        .row = claims_row(result, at, 1),
        .open = (enum claims_open)row_word(result, at, next, open_names, CLAIMS_SHUT),
        .letter = row_text(result, at, next + 1),
        .spread = row_bool(result, at, next + 2),
    };

    row.row.open = row.open != CLAIMS_SHUT;
    reading->row(reading->arg, (int32_t)row_int(result, at, 0), &row);
}

static void tell_served(const struct claims_reading *reading, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++)
        reading->served(reading->arg, (int32_t)row_int(result, row, 0),
                        (enum holder)row_word(result, row, 1, holder_names, 0),
                        row_int(result, row, 2));
}

static void tell_journals(const struct claims_reading *reading, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++)
        reading->journal(reading->arg, (int32_t)row_int(result, row, 0), row_int(result, row, 1));
}

static void read_result(struct pg_job *job, int index, const PGresult *result)
{
    struct claims_reading *reading = (struct claims_reading *)job;

    if (index == 0)
        sending_read(result, &reading->clock);
    if (!reading->arg || !reading->begun)
        return;
    for (int row = 0; index == reading->first + ROWS && row < PQntuples(result); row++)
        tell_row(reading, result, row);
    if (index == reading->first + SERVED)
        tell_served(reading, result);
    else if (index == reading->first + JOURNALS)
        tell_journals(reading, result);
}

static void read_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct claims_reading *reading = (struct claims_reading *)job;

    reading->done(reading,
                  reading->error ? reading->error : claims_error(outcome, error, "the ledger"));
}

void claims_read(struct pool *pool, struct claims_reading *reading)
{
    reading->job = (struct pg_job){
        .send = read_send, .result = read_result, .more = read_more, .done = read_done};
    pool_run(pool, POOL_READ, &reading->job);
}
