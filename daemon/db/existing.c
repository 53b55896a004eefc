/*
 * Reading what an import compares with; see existing.h. One job: a read-only transaction on one
 * snapshot, in which first the heads are read and then each table, or what the journals have got
 * since an earlier time.
 */
#include "core/hash.h"

#include "db/existing.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "db/row.h"
#include "db/tables.h"
#include "log.h"
#include "wire/writer.h"

/* Of a statement: each goes once through the strategy's updates, and its text is made in one turn
 * of the loop. */
#define UPDATE_KEYS 50000
#define FETCH_MS 300000

/*
 * A journal entry's payload, looked up entry by entry. OFFSET 0 keeps the planner from turning the
 * join round: of a strategy that is not in the statistics yet it expects a single row, and would
 * read the whole journal for each row as readily as a row's entry.
 */
#define ENTRY_SQL(seq)                                                                             \
    " CROSS JOIN LATERAL (SELECT x.payload FROM goald.journal x"                                   \
    " WHERE x.strategy_id = $1::integer AND x.seq = " seq " OFFSET 0) j"

/* Payloads are compared by digest, which the database makes: they stay where they are. */
#define LIVE_SQL(table)                                                                            \
    "SELECT t.key, t.id, encode(sha256(convert_to(j.payload, 'UTF8')), 'hex') FROM goald." table   \
    " t" ENTRY_SQL("t.seq_from") " WHERE t.strategy_id = $1::integer AND t.seq_to IS NULL"

/* What came without a name of its own is named by its seq in a document that was exported. */
#define NAME(t) "coalesce(" t ".key, 'seq:' || " t ".id)"

/* What is corrected rather than replaced is compared by what it says. */
#define OBSERVATION_SQL                                                                            \
    "SELECT " NAME(                                                                                \
        "t") ", t.id, j.payload, (WITH RECURSIVE chain(id) AS (SELECT t.id UNION ALL"              \
             " SELECT o.id FROM chain c JOIN goald.observation o"                                  \
             " ON o.strategy_id = $1::integer AND o.supersedes = c.id) SELECT max(id) FROM chain)" \
             " FROM goald.observation t" ENTRY_SQL(                                                \
                 "t.seq_from") " WHERE t.strategy_id = $1::integer"

static const struct live {
    const char *entity;
    struct pg_statement statement;
} lives[] = {
    {"organisation", {"live_organisation", LIVE_SQL("organisation"), 1}},
    {"affiliation", {"live_affiliation", LIVE_SQL("affiliation"), 1}},
    {"strategy", {"live_strategy", LIVE_SQL("strategy"), 1}},
    {"node", {"live_node", LIVE_SQL("node"), 1}},
    {"contribution", {"live_contribution", LIVE_SQL("contribution"), 1}},
    {"group", {"live_group", LIVE_SQL("\"group\""), 1}},
    {"membership", {"live_membership", LIVE_SQL("membership"), 1}},
    {"aim", {"live_aim", LIVE_SQL("aim"), 1}},
    {"link", {"live_link", LIVE_SQL("link"), 1}},
    {"assignment", {"live_assignment", LIVE_SQL("assignment"), 1}},
    {"closing", {"live_closing", LIVE_SQL("closing"), 1}},
    {"relation", {"live_relation", LIVE_SQL("relation"), 1}},
    {"review", {"live_review", LIVE_SQL("review"), 1}},
    {"reminder_rule", {"live_reminder_rule", LIVE_SQL("reminder_rule"), 1}},
    {"observation", {"live_observation", OBSERVATION_SQL, 1}},
};

/* Persons have no attributes of their own; what is known of them is compared by its value. */
static const struct pg_statement person_statement = {
    "live_person",
    "SELECT key, id FROM goald.person WHERE strategy_id = $1::integer AND seq_to IS NULL", 1};
static const struct pg_statement contact_statement = {
    "live_contact",
    "SELECT key, id, value FROM goald.contact WHERE strategy_id = $1::integer AND seq_to IS NULL",
    1};

/* An update and what corrects it: the newest that an import made, and the last of all. The keys are
 * picked out of one pass over the strategy's updates (IS TRUE keeps them in a hash table of their
 * own): looked up one by one they could be looked for under the wrong index. */
#define CHAIN_SQL                                                                                  \
    " CROSS JOIN LATERAL (WITH RECURSIVE chain(id, key) AS (SELECT u.id, u.key"                    \
    " UNION ALL SELECT n.id, n.key FROM chain c CROSS JOIN LATERAL"                                \
    " (SELECT p.id, p.key FROM goald.progress_update p"                                            \
    " WHERE p.strategy_id = $1::integer AND p.supersedes = c.id OFFSET 0) n)"                      \
    " SELECT max(id) FILTER (WHERE own) AS newest, max(id) AS tip,"                                \
    " count(*) FILTER (WHERE own) AS corrections FROM (SELECT id,"                                 \
    " key = u.key OR left(key, length(u.key) + 1) = u.key || '#' AS own FROM chain) o) "           \
    "c" ENTRY_SQL("c.newest")

static const struct pg_statement update_statement = {
    "live_update",
    "SELECT u.key, c.newest, j.payload, c.tip, c.corrections"
    " FROM (SELECT p.id, " NAME("p") " AS key FROM goald.progress_update p"
                                     " WHERE p.strategy_id = $1::integer AND p.seq_to IS NULL"
                                     " AND (" NAME(
                                         "p") " IN (SELECT json_array_elements_text($2::json))) IS "
                                              "TRUE OFFSET 0) u" CHAIN_SQL,
    2};

/* What a journal got in ($2, $3]; updates apart, for their chains count. */
static const struct pg_statement since_statement = {
    "import_since",
    "SELECT entity, action, entity_id, payload FROM goald.journal WHERE strategy_id = $1::integer"
    " AND seq > $2::bigint AND seq <= $3::bigint AND entity <> 'update' ORDER BY seq",
    3};
static const struct pg_statement update_since_statement = {
    "import_update_since",
    "SELECT u.key, c.newest, j.payload, c.tip, c.corrections FROM (WITH RECURSIVE up(id, key, "
    "supersedes) AS (SELECT id, key, supersedes FROM goald.progress_update"
    " WHERE strategy_id = $1::integer AND seq_from > $2::bigint AND seq_from <= $3::bigint"
    " UNION SELECT n.id, n.key, n.supersedes FROM up CROSS JOIN LATERAL"
    " (SELECT p.id, p.key, p.supersedes FROM goald.progress_update p"
    " WHERE p.strategy_id = $1::integer AND p.seq_from = up.supersedes OFFSET 0) n)"
    " SELECT id, " NAME("up") " AS key FROM up) u" CHAIN_SQL,
    3};

static const struct pg_statement begin_statement = {
    "begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0};
/* A plan that was made when the tables were empty would be kept for when they are not. */
static const struct pg_statement plans_statement = {
    "custom_plans", "SET LOCAL plan_cache_mode = force_custom_plan", 0};
static const struct pg_statement commit_statement = {"commit_snapshot", "COMMIT", 0};
static const struct pg_statement heads_statement = {
    "heads", "SELECT strategy_id, seq FROM goald.chain WHERE strategy_id IN (0, $1::integer)", 1};

struct existing_fetch {
    struct pg_job job;
    struct existing *existing; /* being filled: its own, or wanted.known */
    struct existing_wanted wanted;
    size_t keys_sent;
    bool ended; /* its transaction */
    bool forgotten;
    int error;
};

/* The statements of the job in their order. */
enum { AT_BEGIN, AT_PLANS, AT_HEADS, AT_PERSON, AT_CONTACT, AT_LIVE };
enum { SINCE_REGISTRY = AT_HEADS, SINCE_CONTACT, SINCE_STRATEGY, SINCE_UPDATES };

int existing_new(struct existing **ret_existing)
{
    struct existing *existing = calloc(1, sizeof(*existing));

    if (!existing)
        return -ENOMEM;
    existing->rows = calloc(table_count, sizeof(struct existing_row *));
    if (!existing->rows) {
        free(existing);
        return -ENOMEM;
    }
    *ret_existing = existing;
    return 0;
}

void existing_free(struct existing *existing)
{
    if (!existing)
        return;
    for (size_t i = 0; i < table_count; i++)
        HASH_CLEAR(by_key, existing->rows[i]);
    pile_done(&existing->pile);
    free(existing->rows);
    free(existing);
}

struct existing_row *existing_find(const struct existing *existing, const struct table *table,
                                   const char *key)
{
    struct existing_row *row = NULL;

    HASH_BY_STRING(by_key, existing->rows[table - tables], key, row);
    return row;
}

int existing_put(struct existing *existing, const struct table *table, const char *key, int64_t id,
                 struct existing_row **ret_row)
{
    struct existing_row *row = existing_find(existing, table, key);
    size_t size = strlen(key) + 1;

    if (!row) {
        row = pile_take(&existing->pile, sizeof(*row) + size);
        if (!row)
            return -ENOMEM;
        *row = (struct existing_row){.id = id};
        memcpy(row->key, key, size);
        if (HASH_PUT_STRING(by_key, existing->rows[table - tables], key, row) < 0)
            return -ENOMEM;
    }
    *ret_row = row;
    return 0;
}

int existing_set_text(struct existing *existing, struct existing_row *row, const char *text)
{
    row->text = text ? pile_copy(&existing->pile, text, strlen(text) + 1) : NULL;
    return text && !row->text ? -ENOMEM : 0;
}

/* --- sending --- */

static const char *strategy_text(const struct existing_fetch *fetch, char buffer[16])
{
    snprintf(buffer, 16, "%" PRId32, fetch->wanted.strategy_id);
    return buffer;
}

/* The next statement for updates. */
static void send_updates(struct existing_fetch *fetch, struct pg *pg)
{
    const struct existing_wanted *wanted = &fetch->wanted;
    size_t end = fetch->keys_sent + UPDATE_KEYS;
    AUTO(writer_done) struct writer keys = {0};
    char strategy[16];

    writer_begin_array(&keys, NULL);
    for (; fetch->keys_sent < end && fetch->keys_sent < wanted->n_updates; fetch->keys_sent++)
        writer_text(&keys, NULL, wanted->update_key(wanted->arg, fetch->keys_sent));
    writer_end_array(&keys);
    writer_bytes(&keys, "", 1);
    if (writer_failed(&keys)) {
        fetch->error = -ENOMEM;
        return;
    }
    pg_query_rows(pg, &update_statement,
                  (const char *[]){strategy_text(fetch, strategy), buffer_bytes(&keys.buffer)});
}

static bool fetch_more(struct pg_job *job, struct pg *pg)
{
    struct existing_fetch *fetch = (struct existing_fetch *)job;

    if (fetch->ended)
        return false;
    if (!fetch->forgotten && fetch->error == 0 && fetch->keys_sent < fetch->wanted.n_updates) {
        send_updates(fetch, pg);
    } else {
        pg_query(pg, &commit_statement, NULL);
        fetch->ended = true;
    }
    return true;
}

static void fetch_send(struct pg_job *job, struct pg *pg)
{
    const struct existing_fetch *fetch = (const struct existing_fetch *)job;
    char text[16];
    const char *strategy = strategy_text(fetch, text);

    pg_query(pg, &begin_statement, NULL);
    pg_query(pg, &plans_statement, NULL);
    pg_query(pg, &heads_statement, (const char *[]){strategy});
    pg_query_rows(pg, &person_statement, (const char *[]){"0"});
    pg_query_rows(pg, &contact_statement, (const char *[]){"0"});
    for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
        bool of_registry = table_of(lives[i].entity)->of_registry;

        pg_query_rows(pg, &lives[i].statement, (const char *[]){of_registry ? "0" : strategy});
    }
}

/* Contacts are read whole if the registry has moved on: their values are not in the journal. */
static void since_send(struct pg_job *job, struct pg *pg)
{
    const struct existing_fetch *fetch = (const struct existing_fetch *)job;
    const struct existing_wanted *wanted = &fetch->wanted;
    bool registry = wanted->registry_seq > wanted->known->registry_seq;
    char strategy[16], from[24], to[24];
    const char *params[] = {strategy_text(fetch, strategy), from, to};

    pg_query(pg, &begin_statement, NULL);
    pg_query(pg, &plans_statement, NULL);
    snprintf(from, sizeof(from), "%" PRId64, wanted->known->registry_seq);
    snprintf(to, sizeof(to), "%" PRId64, wanted->registry_seq);
    pg_query_rows(pg, &since_statement, (const char *[]){"0", from, to});
    pg_query_rows(pg, &contact_statement, (const char *[]){registry ? "0" : "-1"});
    snprintf(from, sizeof(from), "%" PRId64, wanted->known->strategy_seq);
    snprintf(to, sizeof(to), "%" PRId64, wanted->strategy_seq);
    pg_query_rows(pg, &since_statement, params);
    pg_query_rows(pg, &update_since_statement, params);
    pg_query(pg, &commit_statement, NULL);
}

/* --- reading --- */

static void read_heads(struct existing *existing, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        if (row_int(result, row, 0) == 0)
            existing->registry_seq = row_int(result, row, 1);
        else
            existing->strategy_seq = row_int(result, row, 1);
    }
}

static const char *entity_at(int index)
{
    if (index == AT_PERSON)
        return "person";
    if (index == AT_CONTACT)
        return "contact";
    return (size_t)index < AT_LIVE + ARRAY_LEN(lives) ? lives[index - AT_LIVE].entity : "update";
}

/* Is it compared by its text rather than by a digest of that? */
static bool has_text(const char *entity)
{
    return strcmp(entity, "update") == 0 || strcmp(entity, "contact") == 0 ||
           strcmp(entity, "observation") == 0;
}

/* Columns: key, id, then a text (of a contact or update) or the payload's digest. */
static int read_row(struct existing *existing, const char *entity, const PGresult *result, int at)
{
    const char *text = PQnfields(result) > 2 ? row_text(result, at, 2) : NULL;
    struct existing_row *row;
    int64_t id = row_int(result, at, 1);
    int r = existing_put(existing, table_of(entity), row_text(result, at, 0), id, &row);

    if (r < 0)
        return r;
    row->id = id;
    row->planned = false;
    if (text && !has_text(entity))
        return hash_from_hex(text, row->digest);
    if (PQnfields(result) > 3)
        row->tip = row_int(result, at, 3);
    if (PQnfields(result) > 4)
        row->corrections = (int)row_int(result, at, 4);
    return existing_set_text(existing, row, text);
}

/* Columns: entity, action, id, payload. */
static int read_entry(struct existing *existing, const PGresult *result, int at)
{
    const struct table *table = table_by_entity(row_text(result, at, 0));
    const char *text = row_text(result, at, 3);
    json_auto_t *payload = text ? json_loads(text, 0, NULL) : NULL;
    const char *key = json_string_value(json_object_get(payload, "key"));
    struct existing_row *row;
    int r;

    if (!table || !key)
        return 0; /* nothing that an import could name */
    if (strcmp(row_text(result, at, 1), "end") == 0) {
        row = existing_find(existing, table, key);
        if (row)
            HASH_DELETE(by_key, existing->rows[table - tables], row);
        return 0;
    }
    r = existing_put(existing, table, key, 0, &row);
    if (r < 0)
        return r;
    row->id = row->tip = row_int(result, at, 2);
    row->planned = false;
    if (has_text(table->entity))
        return existing_set_text(existing, row, text);
    return digest_text(text, strlen(text), row->digest);
}

static void fetch_result(struct pg_job *job, int index, const PGresult *result)
{
    struct existing_fetch *fetch = (struct existing_fetch *)job;

    if (fetch->forgotten)
        return;
    if (index == AT_HEADS)
        read_heads(fetch->existing, result);
    if (index < AT_PERSON)
        return;
    for (int row = 0; row < PQntuples(result) && fetch->error == 0; row++)
        fetch->error = read_row(fetch->existing, entity_at(index), result, row);
}

static void since_result(struct pg_job *job, int index, const PGresult *result)
{
    struct existing_fetch *fetch = (struct existing_fetch *)job;

    for (int row = 0; row < PQntuples(result) && fetch->error == 0 && !fetch->forgotten; row++) {
        if (index == SINCE_REGISTRY || index == SINCE_STRATEGY)
            fetch->error = read_entry(fetch->existing, result, row);
        else if (index == SINCE_CONTACT || index == SINCE_UPDATES)
            fetch->error = read_row(fetch->existing, index == SINCE_CONTACT ? "contact" : "update",
                                    result, row);
    }
}

/* --- its life --- */

static void fetch_free(struct existing_fetch *fetch)
{
    if (!fetch->wanted.known)
        existing_free(fetch->existing);
    free(fetch);
}

static void fetch_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct existing_fetch *fetch = (struct existing_fetch *)job;
    const struct existing_wanted *wanted = &fetch->wanted;
    int r = fetch->error;

    if (outcome == PG_REFUSED)
        log_error("reading what an import compares with was refused: %s", error->message);
    if (outcome != PG_DONE)
        r = outcome == PG_REFUSED ? -EIO : -ENOTCONN;
    if (r == 0 && wanted->known && !fetch->forgotten) {
        wanted->known->registry_seq = wanted->registry_seq;
        wanted->known->strategy_seq = wanted->strategy_seq;
    }
    if (!fetch->forgotten)
        wanted->done(wanted->arg, r, r < 0 ? NULL : STEAL(fetch->existing));
    fetch_free(fetch);
}

int existing_fetch(struct pool *pool, const struct existing_wanted *wanted,
                   struct existing_fetch **ret_fetch)
{
    struct existing_fetch *fetch = calloc(1, sizeof(*fetch));
    int r = fetch ? 0 : -ENOMEM;

    if (r == 0 && !wanted->known)
        r = existing_new(&fetch->existing);
    if (r < 0) {
        free(fetch);
        return r;
    }
    fetch->wanted = *wanted;
    fetch->job = (struct pg_job){
        .send = fetch_send, .result = fetch_result, .done = fetch_done, .timeout_ms = FETCH_MS};
    if (wanted->known) {
        fetch->existing = wanted->known;
        fetch->job.send = since_send;
        fetch->job.result = since_result;
    } else {
        fetch->job.more = fetch_more;
    }
    pool_run(pool, POOL_IMPORT, &fetch->job);
    *ret_fetch = fetch;
    return 0;
}

void existing_forget(struct existing_fetch *fetch)
{
    if (fetch)
        fetch->forgotten = true;
}
