/*
 * Reading what an import compares with; see existing.h. One job: a read-only transaction on one
 * snapshot, in which first the heads are read and then each table.
 */
#include "core/hash.h"

#include "db/existing.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/row.h"
#include "db/tables.h"
#include "log.h"

#define UPDATE_KEYS 5000 /* of a statement */
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
static const struct pg_statement update_statement = {
    "live_update",
    "SELECT u.key, c.newest, j.payload, c.tip, c.corrections"
    " FROM (SELECT p.id, p.key FROM goald.progress_update p"
    " WHERE p.strategy_id = $1::integer AND p.seq_to IS NULL AND p.key IS NOT NULL"
    " AND (p.key IN (SELECT json_array_elements_text($2::json))) IS TRUE OFFSET 0) u"
    " CROSS JOIN LATERAL (WITH RECURSIVE chain(id, key) AS (SELECT u.id, u.key"
    " UNION ALL SELECT n.id, n.key FROM chain c CROSS JOIN LATERAL"
    " (SELECT p.id, p.key FROM goald.progress_update p"
    " WHERE p.strategy_id = $1::integer AND p.supersedes = c.id OFFSET 0) n)"
    " SELECT max(id) FILTER (WHERE key IS NOT NULL) AS newest, max(id) AS tip,"
    " count(key) AS corrections FROM chain) c" ENTRY_SQL("c.newest"),
    2};

static const struct pg_statement begin_statement = {
    "begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", 0};
/* A plan that was made when the tables were empty would be kept for when they are not. */
static const struct pg_statement plans_statement = {
    "custom_plans", "SET LOCAL plan_cache_mode = force_custom_plan", 0};
static const struct pg_statement heads_statement = {
    "heads", "SELECT strategy_id, seq FROM goald.chain WHERE strategy_id IN (0, $1::integer)", 1};
static const struct pg_statement commit_statement = {"commit_snapshot", "COMMIT", 0};

struct fetch {
    struct pg_job job;
    struct existing *existing;
    int32_t strategy_id;
    json_t *update_keys;
    int error;
    void (*done)(void *arg, int error, struct existing *existing);
    void *arg;
};

/* The statements of the job in their order. */
enum { AT_BEGIN, AT_PLANS, AT_HEADS, AT_PERSON, AT_CONTACT, AT_LIVE };

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
    struct existing_row *row, *next;

    if (!existing)
        return;
    for (size_t i = 0; i < table_count; i++) {
        HASH_ITER (by_key, existing->rows[i], row, next) {
            HASH_DELETE(by_key, existing->rows[i], row);
            free(row->text);
            free(row);
        }
    }
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
        row = calloc(1, sizeof(*row) + size);
        if (!row)
            return -ENOMEM;
        memcpy(row->key, key, size);
        row->id = id;
        if (HASH_PUT_STRING(by_key, existing->rows[table - tables], key, row) < 0) {
            free(row);
            return -ENOMEM;
        }
    }
    *ret_row = row;
    return 0;
}

static void send_updates(const struct fetch *fetch, struct pg *pg, const char *strategy)
{
    size_t count = json_array_size(fetch->update_keys);

    for (size_t from = 0; from < count; from += UPDATE_KEYS) {
        json_auto_t *keys = json_array();
        AUTO(free_ptr) char *text = NULL;

        for (size_t i = from; i < count && i < from + UPDATE_KEYS; i++)
            json_array_append(keys, json_array_get(fetch->update_keys, i));
        text = json_dumps(keys, JSON_COMPACT);
        pg_query_rows(pg, &update_statement, (const char *[]){strategy, text ? text : ""});
    }
}

static void fetch_send(struct pg_job *job, struct pg *pg)
{
    struct fetch *fetch = (struct fetch *)job;
    char strategy[16];

    snprintf(strategy, sizeof(strategy), "%" PRId32, fetch->strategy_id);
    pg_query(pg, &begin_statement, NULL);
    pg_query(pg, &plans_statement, NULL);
    pg_query(pg, &heads_statement, (const char *[]){strategy});
    pg_query_rows(pg, &person_statement, (const char *[]){"0"});
    pg_query_rows(pg, &contact_statement, (const char *[]){"0"});
    for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
        bool of_registry = table_of(lives[i].entity)->of_registry;

        pg_query_rows(pg, &lives[i].statement, (const char *[]){of_registry ? "0" : strategy});
    }
    send_updates(fetch, pg, strategy);
    pg_query(pg, &commit_statement, NULL);
}

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

/* Columns: key, id, then a text (of a contact or update) or the payload's digest. */
static int read_row(struct existing *existing, const char *entity, const PGresult *result, int at)
{
    bool update = strcmp(entity, "update") == 0;
    const char *text = PQnfields(result) > 2 ? row_text(result, at, 2) : NULL;
    struct existing_row *row;
    int r = existing_put(existing, table_of(entity), row_text(result, at, 0),
                         row_int(result, at, 1), &row);

    if (r < 0 || !text)
        return r;
    if (!update && strcmp(entity, "contact") != 0)
        return hash_from_hex(text, row->digest);
    row->text = strdup(text);
    if (!row->text)
        return -ENOMEM;
    if (update) {
        row->tip = row_int(result, at, 3);
        row->corrections = (int)row_int(result, at, 4);
    }
    return 0;
}

static void fetch_result(struct pg_job *job, int index, const PGresult *result)
{
    struct fetch *fetch = (struct fetch *)job;

    if (index == AT_HEADS)
        read_heads(fetch->existing, result);
    if (index < AT_PERSON)
        return;
    for (int row = 0; row < PQntuples(result) && fetch->error == 0; row++)
        fetch->error = read_row(fetch->existing, entity_at(index), result, row);
}

static void fetch_free(struct fetch *fetch)
{
    existing_free(fetch->existing);
    json_decref(fetch->update_keys);
    free(fetch);
}

static void fetch_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct fetch *fetch = (struct fetch *)job;
    int r = fetch->error;

    if (outcome == PG_REFUSED)
        log_error("reading what an import compares with was refused: %s", error->message);
    if (outcome != PG_DONE)
        r = outcome == PG_REFUSED ? -EIO : -ENOTCONN;
    fetch->done(fetch->arg, r, r < 0 ? NULL : STEAL(fetch->existing));
    fetch_free(fetch);
}

int existing_fetch(struct pool *pool, int32_t strategy_id, json_t *update_keys,
                   void (*done)(void *arg, int error, struct existing *existing), void *arg)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));
    int r = fetch ? existing_new(&fetch->existing) : -ENOMEM;

    if (r < 0) {
        free(fetch);
        json_decref(update_keys);
        return r;
    }
    fetch->strategy_id = strategy_id;
    fetch->update_keys = update_keys;
    fetch->done = done;
    fetch->arg = arg;
    fetch->job = (struct pg_job){
        .send = fetch_send, .result = fetch_result, .done = fetch_done, .timeout_ms = FETCH_MS};
    pool_run(pool, POOL_IMPORT, &fetch->job);
    return 0;
}
