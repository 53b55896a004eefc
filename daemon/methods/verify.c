/*
 * VerifyJournal: recomputes a journal's chain and holds the state tables against it, as of the head
 * at the start. First the entries, page by page, each hashed from what its row says; then the
 * tables, so many entries' rows at a time, compared set-wise by the database; last what stands
 * beyond the head. Every page ends with a reply about how far it is.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/row.h"
#include "methods/fail.h"
#include "methods/journal.h"
#include "methods/pages.h"
#include "methods/table.h"

#define SLICE 2000 /* entries whose rows one statement compares */
#define NEEDS (MAY_MANAGER | MAY_AUDITOR | MAY_ADMIN)

static const struct pg_statement head_statement = {
    "verify_head",
    "SELECT seq, encode(hash, 'hex') FROM goald.chain WHERE strategy_id = $1::integer", 1};

static const struct pg_statement entries_statement = {
    "verify_entries",
    "SELECT seq, (extract(epoch FROM \"time\") * 1000000)::bigint, account_id, request_id::text,"
    " encode(request_digest, 'hex'), entity, action, entity_id, payload, encode(prev_hash, 'hex'),"
    " encode(hash, 'hex') FROM goald.journal WHERE strategy_id = $1::integer AND seq > $2::bigint"
    " AND seq <= $3::bigint ORDER BY seq LIMIT $4::integer",
    4};

/* Each put made one row, with its columns; each row was made by a put; each entry about something
 * that was there ended one version, and none else says that it was ended. */
static const struct pg_statement rows_statement = {
    "verify_rows",
    "WITH e AS MATERIALIZED (SELECT seq, entity, action, entity_id, payload FROM goald.journal"
    " WHERE strategy_id = $1::integer AND seq > $2::bigint AND seq <= $3::bigint)"
    " SELECT CASE WHEN p.seq IS NULL THEN 'row_extra' WHEN v.entity IS NULL THEN 'row_missing'"
    " ELSE 'row_differs' END AS what, coalesce(p.seq, v.seq_from) AS at,"
    " coalesce(p.entity, v.entity), coalesce(p.entity_id, v.id), goald.differing(p.payload,"
    " v.content) FROM (SELECT * FROM e WHERE action = 'put') p"
    " FULL JOIN (SELECT entity, id, seq_from, content FROM goald.version"
    " WHERE strategy_id = $1::integer AND seq_from > $2::bigint AND seq_from <= $3::bigint) v"
    " ON v.seq_from = p.seq AND v.entity = p.entity"
    " WHERE p.seq IS NULL OR v.entity IS NULL OR goald.differing(p.payload, v.content) IS NOT NULL"
    " UNION ALL SELECT CASE WHEN t.entity IS NULL THEN 'row_not_ended' ELSE 'row_ended' END,"
    " coalesce(t.seq_from, c.seq), coalesce(c.entity, t.entity), coalesce(c.entity_id, t.id),"
    " t.seq_to::text FROM (SELECT * FROM e WHERE action = 'end' OR CASE entity"
    " WHEN 'strategy' THEN EXISTS (SELECT FROM goald.strategy s"
    " WHERE s.strategy_id = $1::integer AND s.seq_from < e.seq) ELSE entity_id <> seq END) c"
    " FULL JOIN (SELECT entity, id, seq_from, seq_to FROM goald.version"
    " WHERE strategy_id = $1::integer AND seq_to > $2::bigint AND seq_to <= $3::bigint) t"
    " ON t.seq_to = c.seq AND t.entity = c.entity AND t.id = c.entity_id"
    " WHERE t.entity IS NULL OR c.seq IS NULL"
    " UNION ALL SELECT '', $3::bigint, NULL, 0, NULL ORDER BY at, what DESC",
    3};

#define BEYOND(what, at, condition)                                                                \
    " UNION ALL SELECT '" what "', v." at ", v.entity, v.id, v.seq_to::text FROM goald.chain c"    \
    " JOIN goald.version v ON v.strategy_id = c.strategy_id AND " condition                        \
    " WHERE c.strategy_id = $1::integer"

static const struct pg_statement beyond_statement = {
    "verify_beyond",
    "SELECT 'entry_extra', j.seq, j.entity, j.entity_id, NULL FROM goald.chain c"
    " JOIN goald.journal j ON j.strategy_id = c.strategy_id AND j.seq > c.seq"
    " WHERE c.strategy_id = $1::integer" BEYOND("row_extra", "seq_from", "v.seq_from > c.seq")
        BEYOND("row_extra", "seq_from", "v.seq_from < 1")
            BEYOND("row_ended", "seq_from",
                   "v.seq_to > c.seq") " UNION ALL SELECT 'key', 0, NULL, 0, CASE WHEN c.key <> "
                                       "coalesce((SELECT s.key"
                                       " FROM goald.strategy s WHERE s.strategy_id = c.strategy_id "
                                       "AND s.seq_to IS NULL), '.')"
                                       " THEN c.key END FROM goald.chain c WHERE c.strategy_id = "
                                       "$1::integer"
                                       " UNION ALL SELECT 'head', 0, NULL, 0, NULL UNION ALL "
                                       "SELECT 'end', 0, NULL, 0, NULL",
    1};

enum step { AT_HEAD, AT_ENTRIES, AT_ROWS, AT_BEYOND, AT_END };

struct verification {
    struct pages pages; /* first: it is freed as that */
    enum step step, next;
    int64_t head; /* the journal's at the start … */
    unsigned char head_hash[HASH_SIZE];
    int64_t last, last_time_us;         /* the last entry looked at, … */
    unsigned char last_hash[HASH_SIZE]; /* … and what its row says its hash is */
    int64_t compared;                   /* the rows of so many entries */
    int64_t kept;                       /* a head that was kept elsewhere; -1: none */
    unsigned char kept_hash[HASH_SIZE];
    int64_t found; /* so many faults */
};

static bool verify_more(const struct pages *pages)
{
    return ((const struct verification *)pages)->next != AT_END;
}

static bool verify_send(struct pages *pages, struct pg *pg)
{
    static const struct pg_statement *const statements[] = {
        [AT_HEAD] = &head_statement,
        [AT_ENTRIES] = &entries_statement,
        [AT_ROWS] = &rows_statement,
        [AT_BEYOND] = &beyond_statement,
    };
    struct verification *verify = (struct verification *)pages;
    int64_t from = verify->last, to = verify->head;
    char strategy[16], after[24], until[24], limit[8];

    verify->step = verify->next;
    if (verify->step == AT_ROWS) {
        from = verify->compared;
        to = verify->head - from > SLICE ? from + SLICE : verify->head;
    }
    snprintf(strategy, sizeof(strategy), "%" PRId32, verify->pages.strategy_id);
    snprintf(after, sizeof(after), "%" PRId64, from);
    snprintf(until, sizeof(until), "%" PRId64, to);
    snprintf(limit, sizeof(limit), "%d", PAGE_ROWS);
    pg_query(pg, statements[verify->step], (const char *[]){strategy, after, until, limit});
    return true;
}

/* What comes after the page that has arrived. */
static void verify_arrived(struct pages *pages, const PGresult *result)
{
    struct verification *verify = (struct verification *)pages;
    int last = PQntuples(result) - 1;

    if (verify->step == AT_ENTRIES && PQntuples(result) == PAGE_ROWS)
        return;
    if (verify->step == AT_ROWS) {
        verify->compared = last < 0 ? verify->head : row_int(result, last, 1);
        if (verify->compared < verify->head)
            return;
    }
    verify->next = verify->step + 1;
}

/* --- replies --- */

static json_t *progress(const struct verification *verify)
{
    return json_pack("{s:I,s:I}", "done", (json_int_t)(verify->last + verify->compared), "total",
                     (json_int_t)(verify->head * 2));
}

struct fault {
    const char *what;
    int64_t seq, id;
    const char *entity; /* NULL: of none */
    const char *fields; /* the columns that differ, or NULL */
};

/* "entry 9 (node 5): the row that it made is missing" */
static json_t *reply_fault(struct verification *verify, const struct fault *fault, const char *text)
{
    const struct slot *slot = store_slot(verify->pages.store, verify->pages.strategy_id);
    char message[600];
    int len = snprintf(message, sizeof(message), "entry %" PRId64, fault->seq);

    if (fault->entity)
        len += snprintf(message + len, sizeof(message) - (size_t)len, " (%.100s %" PRId64 ")",
                        fault->entity, fault->id);
    snprintf(message + len, sizeof(message) - (size_t)len, ": %s%s%.200s", text,
             fault->fields ? " " : "", fault->fields ? fault->fields : "");
    verify->found++;
    return json_pack("{s:{s:s,s:s,s:I,s:s?,s:o,s:s?,s:s}}", "fault", "strategy",
                     slot ? slot->key : "", "what", fault->what, "seq", (json_int_t)fault->seq,
                     "entity", fault->entity, "id",
                     fault->entity ? json_integer((json_int_t)fault->id) : json_null(), "fields",
                     fault->fields, "message", message);
}

/* --- the chain --- */

static json_t *take_head(struct verification *verify, const PGresult *result, int row)
{
    verify->head = row_int(result, row, 0);
    if (hash_from_hex(row_text(result, row, 1), verify->head_hash) < 0)
        return NULL;
    return progress(verify);
}

/* Is the row's hash that of what the row says? */
static bool hash_is_right(const struct verification *verify, const PGresult *result, int row,
                          const unsigned char prev[HASH_SIZE], const unsigned char hash[HASH_SIZE])
{
    unsigned char computed[HASH_SIZE];
    char time[TIME_TEXT_SIZE];
    const struct chain_entry entry = {
        .strategy_id = verify->pages.strategy_id,
        .seq = row_int(result, row, 0),
        .time = time_format(row_int(result, row, 1), time),
        .account = row_int(result, row, 2),
        .request_id = row_text(result, row, 3),
        .request_digest = row_text(result, row, 4),
        .entity = row_text(result, row, 5),
        .action = row_text(result, row, 6),
        .id = row_int(result, row, 7),
        .payload = row_text(result, row, 8),
    };

    return chain_hash(prev, &entry, computed) == 0 && memcmp(computed, hash, HASH_SIZE) == 0;
}

/* What is wrong with the entry; NULL: nothing. The first that fits is told: a changed row says
 * nothing reliable of what it follows. */
static const char *entry_fault(const struct verification *verify, const PGresult *result, int row,
                               struct fault *fault)
{
    unsigned char prev[HASH_SIZE], hash[HASH_SIZE];
    bool read = hash_from_hex(row_text(result, row, 9), prev) == 0 &&
                hash_from_hex(row_text(result, row, 10), hash) == 0;

    fault->what = "entry_changed";
    if (!read || !hash_is_right(verify, result, row, prev, hash))
        return "it is not what was hashed: its time, account, request, entity, action, id, payload "
               "or a hash was changed";
    fault->what = "entry_missing";
    if (fault->seq != verify->last + 1)
        return "what should stand before it is missing, from the entry behind the last one on:";
    fault->what = "entry_follows";
    if (memcmp(prev, verify->last_hash, HASH_SIZE) != 0)
        return "it does not follow the entry before it: one of the two was changed";
    fault->what = "entry_time";
    if (row_int(result, row, 1) < verify->last_time_us)
        return "time goes back here";
    fault->what = "kept_head";
    if (fault->seq == verify->kept && memcmp(hash, verify->kept_hash, HASH_SIZE) != 0)
        return "its hash is not the one that was kept: the journal was written anew";
    return NULL;
}

static json_t *check_entry(struct verification *verify, const PGresult *result, int row)
{
    struct fault fault = {.seq = row_int(result, row, 0),
                          .entity = row_text(result, row, 5),
                          .id = row_int(result, row, 7)};
    const char *wrong = entry_fault(verify, result, row, &fault);
    char missing[64];

    if (fault.seq != verify->last + 1) {
        snprintf(missing, sizeof(missing), "%" PRId64 " to %" PRId64, verify->last + 1,
                 fault.seq - 1);
        fault.fields = missing;
    }
    verify->last = fault.seq;
    verify->last_time_us = row_int(result, row, 1);
    if (hash_from_hex(row_text(result, row, 10), verify->last_hash) < 0)
        memset(verify->last_hash, 0, HASH_SIZE);
    if (wrong)
        return reply_fault(verify, &fault, wrong);
    return row == PQntuples(result) - 1 ? progress(verify) : json_null();
}

/* --- the state --- */

static json_t *check_row(struct verification *verify, const PGresult *result, int row)
{
    static const char *const texts[][2] = {
        {"row_missing", "the row that it made is missing"},
        {"row_extra", "there is a row that says it is from there, and no entry made it"},
        {"row_differs", "the row that it made says something else than it, in:"},
        {"row_not_ended", "it ended a version, and no row says so"},
        {"row_ended", "the row that it made was ended (seq_to) by no such entry as"},
        {"entry_extra", "it stands behind the journal's end"},
    };
    const struct fault fault = {.what = row_text(result, row, 0),
                                .seq = row_int(result, row, 1),
                                .entity = row_text(result, row, 2),
                                .id = row_int(result, row, 3),
                                .fields = row_text(result, row, 4)};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (strcmp(texts[i][0], fault.what) == 0)
            return reply_fault(verify, &fault, texts[i][1]);
    return progress(verify); /* the slice's end */
}

/* --- the end --- */

/* Is the last entry the one that the chain's row says? */
static json_t *check_head(struct verification *verify)
{
    struct fault fault = {.what = "head", .seq = verify->head};

    if (verify->head != verify->last ||
        memcmp(verify->head_hash, verify->last_hash, HASH_SIZE) != 0)
        return reply_fault(verify, &fault,
                           "the journal should end here with another hash: its last entries are "
                           "missing, or the chain's row was changed");
    fault = (struct fault){.what = "kept_head", .seq = verify->kept};
    if (verify->kept > verify->head)
        return reply_fault(verify, &fault, "the journal ends before the head that was kept");
    return json_null();
}

/* The chain's row and the strategy name the same key? */
static json_t *check_key(struct verification *verify, const PGresult *result, int row)
{
    const struct fault fault = {
        .what = "key", .seq = verify->head, .fields = row_text(result, row, 4)};

    if (!fault.fields)
        return json_null();
    return reply_fault(verify, &fault, "the chain's row has another key than the strategy:");
}

static json_t *check_beyond(struct verification *verify, const PGresult *result, int row)
{
    const char *what = row_text(result, row, 0);
    char hex[2 * HASH_SIZE + 1];

    if (strcmp(what, "head") == 0)
        return check_head(verify);
    if (strcmp(what, "key") == 0)
        return check_key(verify, result, row);
    if (strcmp(what, "end") != 0)
        return check_row(verify, result, row);
    hash_to_hex(verify->last_hash, hex);
    return json_pack("{s:I,s:I,s:I,s:s,s:I}", "done", (json_int_t)verify->head * 2, "total",
                     (json_int_t)verify->head * 2, "seq", (json_int_t)verify->last, "hash", hex,
                     "faults", (json_int_t)verify->found);
}

static json_t *verify_row(struct pages *pages, const struct request *request UNUSED,
                          const PGresult *result, int row)
{
    struct verification *verify = (struct verification *)pages;

    switch (verify->step) {
    case AT_HEAD:
        return take_head(verify, result, row);
    case AT_ENTRIES:
        return check_entry(verify, result, row);
    case AT_ROWS:
        return check_row(verify, result, row);
    default:
        return check_beyond(verify, result, row);
    }
}

static void verify_free(struct pages *pages)
{
    free(pages);
}

const struct answer *method_verify_journal(struct call *call)
{
    const char *kept = param_text(call, "head");
    struct request request;
    const struct answer *answer = journal_open(call, NEEDS, &request);
    struct verification *verify;

    if (answer)
        return answer;
    verify = calloc(1, sizeof(*verify));
    if (!verify)
        return fail_overloaded(call);
    verify->kept = -1;
    if (kept && journal_parse_head(kept, &verify->kept, verify->kept_hash) < 0) {
        free(verify);
        return fail_value(call, "head", "not SEQ:HASH");
    }
    pages_init(&verify->pages, call, request.store, journal_id(&request));
    verify->pages.needs = NEEDS;
    verify->pages.more = verify_more;
    verify->pages.send = verify_send;
    verify->pages.row = verify_row;
    verify->pages.arrived = verify_arrived;
    verify->pages.free = verify_free;
    memcpy(verify->last_hash, journal_genesis, HASH_SIZE);
    return call_stream(call, &verify->pages.stream);
}
