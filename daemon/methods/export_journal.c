/*
 * ExportJournal: a journal's entries as they stand, up to the head at the start, for whoever checks
 * or restores them elsewhere. The names and addresses of persons, which the registry's journal only
 * has the digests of, go with it for admins.
 */
#include <inttypes.h>

#include "db/row.h"
#include "methods/fail.h"
#include "methods/journal.h"
#include "methods/pages.h"
#include "methods/table.h"
#include "methods/value.h"

#define NEEDS (MAY_MANAGER | MAY_AUDITOR | MAY_ADMIN)

static const struct pg_statement header_statement = {
    "export_header",
    "SELECT c.key, c.seq, encode(c.hash, 'hex'), r.seq, encode(r.hash, 'hex')"
    " FROM goald.chain c, goald.chain r WHERE c.strategy_id = $1::integer AND r.strategy_id = 0",
    1};

#define ENTRIES(columns, join)                                                                     \
    "SELECT j.seq, (extract(epoch FROM j.\"time\") * 1000000)::bigint, j.account_id,"              \
    " j.request_id::text, encode(j.request_digest, 'hex'), j.entity, j.action, j.entity_id,"       \
    " j.payload, encode(j.hash, 'hex'), " columns " FROM goald.journal j " join                    \
    " WHERE j.strategy_id = $1::integer AND j.seq > $2::bigint AND j.seq <= $3::bigint"            \
    " ORDER BY j.seq LIMIT $4::integer"

static const struct pg_statement entries_statement = {"export_entries", ENTRIES("NULL, NULL", ""),
                                                      4};
static const struct pg_statement secrets_statement = {
    "export_secrets",
    ENTRIES("k.value, encode(k.salt, 'hex')",
            "LEFT JOIN goald.contact k ON j.entity = 'contact' AND k.strategy_id = j.strategy_id"
            " AND k.seq_from = j.seq"),
    4};

struct journal_export {
    struct pages pages; /* first: it is freed as that */
    int64_t at, head;   /* head -1: the header has not come yet */
    bool secrets;
};

static bool export_more(const struct pages *pages)
{
    const struct journal_export *export = (const struct journal_export *)pages;

    return export->at != export->head;
}

static bool export_send(struct pages *pages, struct pg *pg)
{
    struct journal_export *export = (struct journal_export *)pages;
    char strategy[16], after[24], until[24], limit[8];
    const char *params[] = {strategy, after, until, limit};

    snprintf(strategy, sizeof(strategy), "%" PRId32, export->pages.strategy_id);
    snprintf(after, sizeof(after), "%" PRId64, export->at);
    snprintf(until, sizeof(until), "%" PRId64, export->head);
    snprintf(limit, sizeof(limit), "%d", PAGE_ROWS);
    pg_query(pg,
             export->head < 0  ? &header_statement
             : export->secrets ? &secrets_statement
                               : &entries_statement,
             params);
    return true;
}

static bool is_header(const PGresult *result)
{
    return PQnfields(result) == 5;
}

static void export_arrived(struct pages *pages, const PGresult *result)
{
    struct journal_export *export = (struct journal_export *)pages;
    int last = PQntuples(result) - 1;

    if (is_header(result))
        export->head = last < 0 ? 0 : row_int(result, 0, 1);
    else /* a hole in the journal is for its reader to find */
        export->at = last < PAGE_ROWS - 1 ? export->head : row_int(result, last, 0);
}

static json_t *header(const struct journal_export *export, const PGresult *result, int row)
{
    return json_pack("{s:{s:s,s:i,s:s,s:I,s:s,s:I,s:s}}", "header", "format", "goald-journal-1",
                     "strategy", export->pages.strategy_id, "key", row_text(result, row, 0), "seq",
                     (json_int_t)row_int(result, row, 1), "hash", row_text(result, row, 2),
                     "registrySeq", (json_int_t)row_int(result, row, 3), "registryHash",
                     row_text(result, row, 4));
}

static json_t *export_row(struct pages *pages, const struct request *request UNUSED,
                          const PGresult *result, int row)
{
    json_t *secret;

    if (is_header(result))
        return header((const struct journal_export *)pages, result, row);
    secret = row_text(result, row, 10) ? json_pack("{s:s,s:s}", "value", row_text(result, row, 10),
                                                   "salt", row_text(result, row, 11))
                                       : json_null();
    return json_pack(
        "{s:{s:I,s:o,s:I,s:s?,s:s?,s:s,s:s,s:I,s:s,s:s,s:o}}", "entry", "seq",
        (json_int_t)row_int(result, row, 0), "time", value_time(row_int(result, row, 1)), "account",
        (json_int_t)row_int(result, row, 2), "requestId", row_text(result, row, 3), "requestDigest",
        row_text(result, row, 4), "entity", row_text(result, row, 5), "action",
        row_text(result, row, 6), "id", (json_int_t)row_int(result, row, 7), "payload",
        row_text(result, row, 8), "hash", row_text(result, row, 9), "secret", secret);
}

static void export_free(struct pages *pages)
{
    free(pages);
}

const struct answer *method_export_journal(struct call *call)
{
    struct request request;
    const struct answer *answer = journal_open(call, NEEDS, &request);
    struct journal_export *export;

    if (answer)
        return answer;
    export = calloc(1, sizeof(*export));
    if (!export)
        return fail_overloaded(call);
    pages_init(&export->pages, call, request.store, journal_id(&request));
    export->pages.needs = NEEDS;
    export->pages.more = export_more;
    export->pages.send = export_send;
    export->pages.row = export_row;
    export->pages.arrived = export_arrived;
    export->pages.free = export_free;
    export->head = -1;
    export->secrets = export->pages.strategy_id == 0 && request.may & MAY_ADMIN;
    return call_stream(call, &export->pages.stream);
}
