/* What waits in the faked store, and the answers of its database; see faked_store.h. */
#include "faked_store.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <uuid/uuid.h>

#include "faked_trees.h"

#define TODAY 20779 /* 2026-11-22 */
#define ROWS_MAX 3  /* in a faked page */
#define PLANS_MAX 10000

struct store {
    struct store_options options;
    struct faked_fate fate;
    struct slot slots[FAKED_SLOTS]; /* the registry's, then the strategies' by key */
    struct slot *strategies[FAKED_SLOTS - 1];
    struct change *queue, **queue_end;
    struct pg_job *jobs, **jobs_end;
    size_t queued;
};

/* A job under way: its results in the order of its statements. */
struct pg {
    PGresult **results;
    size_t count, delivered;
};

static unsigned uuid_count;

/* --- the database's answers --- */

static PGresult *empty_result(int columns)
{
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc attributes[16] = {{.name = (char *)"c"}};

    for (int i = 1; i < columns; i++)
        attributes[i] = attributes[0];
    if (!result || (columns && !PQsetResultAttrs(result, columns, attributes)))
        abort();
    return result;
}

/* NULL is null. */
static void put_row(PGresult *result, const char *const *values, int columns)
{
    int row = PQntuples(result);

    for (int i = 0; i < columns; i++) {
        int len = values[i] ? (int)strlen(values[i]) : -1;

        if (!PQsetvalue(result, row, i, (char *)values[i], len))
            abort();
    }
}

/* Where the journals stand, for an import to compare with. */
static PGresult *heads_result(const char *const *params)
{
    PGresult *result = empty_result(2);

    put_row(result, (const char *[]){"0", FAKED_SEQ_TEXT}, 2);
    if (strcmp(params[0], "0") != 0)
        put_row(result, (const char *[]){params[0], FAKED_SEQ_TEXT}, 2);
    return result;
}

/* A row for each of the first ids of an array such as {7,5}. */
static PGresult *updates_result(const char *const *params)
{
    const char *at = params[1] + 1;
    PGresult *result = empty_result(12);

    for (int i = 0; i < ROWS_MAX && *at && *at != '}'; i++) {
        char id[24];
        size_t len = strcspn(at, ",}");

        snprintf(id, sizeof(id), "%.*s", (int)len, at);
        put_row(result,
                (const char *[]){id, "1", "2026-11", "12.5", NULL, "low", "a \"note\"\n",
                                 "[\"https://example.org/\"]", NULL, NULL, "1", "1795000000000000"},
                12);
        at += len + (at[len] == ',');
    }
    return result;
}

/* Entries between two, the newest first. */
static PGresult *journal_result(const char *const *params)
{
    int64_t after = strtoll(params[1], NULL, 10), seq = strtoll(params[2], NULL, 10);
    int64_t limit = strtoll(params[3], NULL, 10);
    PGresult *result = empty_result(10);

    seq = seq < FAKED_SEQ + 1 ? seq : FAKED_SEQ + 1;
    for (int i = 0; i < ROWS_MAX && i < limit && --seq > after; i++) {
        char text[24];

        snprintf(text, sizeof(text), "%" PRId64, seq);
        put_row(result,
                (const char *[]){text, "1795000000000000", i ? "1" : "-1",
                                 i == 1 ? "draft" : "update", i == 2 ? "end" : "put", text, NULL,
                                 "{\"id\":7,\"node_id\":1,\"note\":\"n\"}", "00ff",
                                 i == 2 ? "{\"id\":7,\"node_id\":1}" : NULL},
                10);
    }
    return result;
}

/* The whole of a journal. */
static PGresult *bounds_result(void)
{
    PGresult *result = empty_result(2);

    put_row(result, (const char *[]){"0", FAKED_SEQ_TEXT}, 2);
    return result;
}

/* A reminder that went to whom the contributor's account is. */
static PGresult *letter_result(void)
{
    PGresult *result = empty_result(4);

    put_row(result, (const char *[]){"f", "2", "per@example.org", "f"}, 4);
    return result;
}

static PGresult *letter_nodes_result(void)
{
    PGresult *result = empty_result(2);

    put_row(result, (const char *[]){"1", "1"}, 2);
    put_row(result, (const char *[]){"2", "0"}, 2);
    put_row(result, (const char *[]){"2", "1"}, 2);
    put_row(result, (const char *[]){"2", "999"}, 2);
    return result;
}

/* All that was to be claimed is. */
static PGresult *claimed_result(const char *list)
{
    json_t *items = json_loads(list, 0, NULL), *item;
    PGresult *result = empty_result(2);
    size_t i;

    json_array_foreach (items, i, item) {
        json_int_t place = json_integer_value(json_object_get(item, "place"));
        char text[24];

        snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, place);
        put_row(result, (const char *[]){"7", json_object_get(item, "place") ? text : NULL}, 2);
    }
    json_decref(items);
    return result;
}

/* A letter that lapsed, and one that failed. */
static PGresult *ledger_result(void)
{
    static const char *const rows[][16] = {
        {"2", "1", "checkin", "node", "5", "20700", "0", "person", "2", "20700", "20700", "claimed",
         "owner", "lapsed", "00112233445566778899aabbccddeeff", "f"},
        {"2", "2", "due", "node", "5", "20600", "7", "person", "2", "20600", "20600", "failed",
         "lead", "again", NULL, "f"}};
    PGresult *result = empty_result(ARRAY_LEN(rows[0]));

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        put_row(result, rows[i], ARRAY_LEN(rows[i]));
    return result;
}

static PGresult *row_result(const char *const *values, int columns)
{
    PGresult *result = empty_result(columns);

    put_row(result, values, columns);
    return result;
}

/* Of what reminders ask; NULL: it is something else. */
static PGresult *reminders_answer(const char *name, const char *const *params)
{
    if (strcmp(name, "sending_clock") == 0)
        return row_result((const char *[]){"1795000000000000", NULL, "f", "f"}, 4);
    if (strcmp(name, "claims_rows") == 0)
        return ledger_result();
    if (strcmp(name, "claims_journals") == 0)
        return row_result((const char *[]){"2", FAKED_SEQ_TEXT}, 2);
    if (strcmp(name, "claims_addresses") == 0)
        return row_result((const char *[]){"2", "per@example.org"}, 2);
    if (strcmp(name, "claims_retake") == 0 || strcmp(name, "claims_insert") == 0)
        return claimed_result(params[2]);
    if (strcmp(name, "claims_settle") == 0 || strcmp(name, "claims_retry") == 0)
        return row_result((const char *[]){"1"}, 1);
    return NULL;
}

#define FAKED_TOPICS                                                                               \
    "[{\"strategy_id\":2,\"kind\":\"node\",\"item_id\":2,\"sector\":\"\",\"said\":\"open:1.1\"},"  \
    "{\"strategy_id\":2,\"kind\":\"group\",\"item_id\":20,\"sector\":\"\",\"said\":\"group:open:"  \
    "g\"},"                                                                                        \
    "{\"strategy_id\":0,\"kind\":\"sector\",\"item_id\":0,\"sector\":\"a\",\"said\":\"sector:a\"}" \
    ","                                                                                            \
    "{\"strategy_id\":0,\"kind\":\"organisation\",\"item_id\":1,\"sector\":\"\",\"said\":\"org:"   \
    "org\"}]"
#define FAKED_LETTER "00112233445566778899aabbccddeeff"

/* Of what subscriptions and digests ask: each has one answer. */
static const struct {
    const char *name;
    int columns;
    const char *values[12];
} subscriptions[] = {
    {"subscribe_state", 4, {"t", NULL, NULL, "1"}},
    {"subscribe_insert", 2, {"7", NULL}},
    {"subscribe_update", 1, {"7"}},
    {"subscribe_follow", 2, {"2", NULL}},
    {"token_confirm", 2, {"valid", "7"}},
    {"token_change", 2, {"valid", "7"}},
    {"token_any", 2, {"valid", "7"}},
    {"token_subscriber", 3, {"weekly", "2", FAKED_TOPICS}},
    {"list_subscriptions_token", 1, {"per@example.org"}},
    {"list_subscriptions",
     12,
     {"7", "per@example.org", "2", "weekly", NULL, "1795000000000000", "1795000000000000", NULL,
      NULL, "a \"fault\"", FAKED_TOPICS, "t"}},
    {"digest_gone", 4, {"999", "2", "gone", "[\"a\"]"}},
    {"digest_token", 1, {"1"}},
    {"digest_settle", 1, {"settled"}},
};

/* A subscriber and one who is asked to confirm; nobody after the first claim. */
static PGresult *digests_result(const char *after, bool ids_only)
{
    static const char *const rows[][12] = {
        {"7", "f", "per@example.org", "nb", "weekly", "2", FAKED_LETTER, "1795000000000000",
         FAKED_TOPICS, "[[2,0," FAKED_SEQ_TEXT "]]", "1795000000000000", "t"},
        {"8", "t", "a@example.org", NULL, "daily", NULL, FAKED_LETTER, NULL, FAKED_TOPICS, "[]",
         "1795000000000000", "f"}};
    PGresult *result = empty_result(ids_only ? 2 : 12);

    for (size_t i = 0; i < ARRAY_LEN(rows) && strcmp(after, "0") == 0; i++)
        put_row(result, ids_only ? (const char *[]){rows[i][0], rows[i][11]} : rows[i],
                ids_only ? 2 : 12);
    return result;
}

/* Of what subscriptions and digests ask; NULL: it is something else. */
static PGresult *subscriptions_answer(const char *name, const char *const *params)
{
    if (strcmp(name, "digest_claim") == 0 || strcmp(name, "digest_trial") == 0)
        return digests_result(params[5], strcmp(name, "digest_claim") == 0);
    if (strcmp(name, "digest_read") == 0)
        return digests_result("0", false);
    if (strcmp(name, "digest_page") == 0)
        return journal_result(params);
    for (size_t i = 0; i < ARRAY_LEN(subscriptions); i++)
        if (strcmp(name, subscriptions[i].name) == 0)
            return row_result(subscriptions[i].values, subscriptions[i].columns);
    return NULL;
}

static PGresult *answer(const struct pg_statement *statement, const char *const *params)
{
    PGresult *mails = reminders_answer(statement->name, params);

    if (!mails)
        mails = subscriptions_answer(statement->name, params);
    if (mails)
        return mails;
    if (strcmp(statement->name, "heads") == 0)
        return heads_result(params);
    if (strcmp(statement->name, "list_updates") == 0)
        return updates_result(params);
    if (strcmp(statement->name, "list_journal") == 0 ||
        strcmp(statement->name, "list_journal_node") == 0 ||
        strcmp(statement->name, "watch_entries") == 0)
        return journal_result(params);
    if (strcmp(statement->name, "list_journal_bounds") == 0)
        return bounds_result();
    if (strcmp(statement->name, "letter_token") == 0)
        return letter_result();
    if (strcmp(statement->name, "letter_nodes") == 0)
        return letter_nodes_result();
    return empty_result(0);
}

void pg_query(struct pg *pg, const struct pg_statement *statement, const char *const *params)
{
    PGresult **results = reallocarray(pg->results, pg->count + 1, sizeof(PGresult *));

    if (!results)
        abort();
    pg->results = results;
    pg->results[pg->count++] = answer(statement, params);
}

void pg_query_binary(struct pg *pg, const struct pg_statement *statement,
                     const struct pg_value *params UNUSED)
{
    pg_query(pg, statement, NULL);
}

void pg_query_rows(struct pg *pg, const struct pg_statement *statement, const char *const *params)
{
    pg_query(pg, statement, params);
}

void pg_sync(struct pg *pg UNUSED)
{
}

static void pg_deliver(struct pg *pg, struct pg_job *job)
{
    for (; pg->delivered < pg->count; pg->delivered++) {
        PGresult *result = pg->results[pg->delivered];

        if (job->result)
            job->result(job, (int)pg->delivered, result);
        if (!job->result || !job->takes_results)
            PQclear(result);
    }
}

static void job_run(struct pg_job *job, enum pg_outcome outcome)
{
    static const struct pg_error error = {.sqlstate = "23514", .message = "refused"};
    struct pg pg = {0};

    if (outcome != PG_UNSENT)
        job->send(job, &pg);
    if (outcome == PG_DONE) {
        do
            pg_deliver(&pg, job);
        while (job->more && job->more(job, &pg));
    }
    for (; pg.delivered < pg.count; pg.delivered++)
        PQclear(pg.results[pg.delivered]);
    free(pg.results);
    job->done(job, outcome, outcome == PG_DONE ? NULL : &error);
}

/* --- the pool --- */

void pool_run(struct pool *pool, enum pool_use use UNUSED, struct pg_job *job)
{
    struct store *store = (struct store *)pool;

    job->next = NULL;
    *store->jobs_end = job;
    store->jobs_end = &job->next;
}

void pool_stats(const struct pool *pool UNUSED, enum pool_use use UNUSED,
                struct pool_stats *ret_stats)
{
    *ret_stats = (struct pool_stats){.size = 2, .open = 1, .jobs = 3};
}

int64_t pool_last_contact_us(const struct pool *pool UNUSED)
{
    return INT64_C(1795000000000000);
}

const char *pool_last_error(const struct pool *pool UNUSED)
{
    return "";
}

int pool_server_version(const struct pool *pool UNUSED)
{
    return 150018;
}

const char *pool_user(const struct pool *pool UNUSED)
{
    return "goald";
}

const char *const pool_use_names[] = {"write", "read", "import", "follow", "listen"};

/* --- changes --- */

/* What plan() appended has to be what a journal takes: JSON that can be read again. */
static void check_entries(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        json_t *payload = json_loads(entries->items[i].payload, 0, NULL);

        if (!json_is_object(payload) && !entries->items[i].end)
            abort();
        json_decref(payload);
    }
    if (entries->count && entries_seal(entries, entries->count) < 0)
        abort();
}

static void change_note(struct change *change, const struct entries *entries)
{
    if (entries->count == 0)
        return;
    change->seq = entries_next_seq(entries) - 1;
    change->id = entries->items[entries->count - 1].id;
}

static enum change_outcome change_plan(struct store *store, struct change *change)
{
    const struct slot *slot = change->slot->id ? change->slot : change->also;
    struct entries registry, strategy;
    struct plan plan = {.store = store, .registry = &registry, .strategy = &strategy, .slot = slot};
    int r;

    entries_init(&registry, 0, FAKED_SEQ, journal_genesis);
    entries_init(&strategy, slot ? slot->id : store_next_id(store), slot ? FAKED_SEQ : 0,
                 journal_genesis);
    for (int i = 0; (r = change->plan(change, &plan)) == PLAN_MORE; i++) {
        plan.further = true;
        if (i > PLANS_MAX)
            abort();
    }
    if (r == 0) {
        change->seq = FAKED_SEQ;
        change_note(change, &registry);
        change_note(change, &strategy);
        check_entries(&registry);
        check_entries(&strategy);
    }
    entries_done(&registry);
    entries_done(&strategy);
    return r < 0 ? CHANGE_REFUSED : store->fate.change;
}

static void change_run(struct store *store, struct change *change)
{
    change->done(change, change_plan(store, change));
}

/* --- the store --- */

bool faked_store_turn(struct store *store)
{
    struct change *change = store->queue;
    struct pg_job *job = store->jobs;

    if (job) {
        store->jobs = job->next;
        if (!store->jobs)
            store->jobs_end = &store->jobs;
        job_run(job, store->fate.job);
    } else if (change) {
        store->queue = change->next;
        if (!store->queue)
            store->queue_end = &store->queue;
        store->queued--;
        change_run(store, change);
    }
    return job || change;
}

void faked_store_begin(struct store *store, const struct faked_fate *fate)
{
    if (store->queue || store->jobs)
        abort();
    store->fate = *fate;
    uuid_count = 0;
}

struct store *faked_store_new(struct event_base *base)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store)
        abort();
    store->options = (struct store_options){
        .base = base, .realm = FAKED_REALM, .poll_interval_ms = 1000, .write_queue = 4};
    store->queue_end = &store->queue;
    store->jobs_end = &store->jobs;
    faked_fill(store->slots);
    for (int i = 0; i < FAKED_SLOTS; i++) {
        store->slots[i].store = store;
        store->slots[i].id = i;
        store->slots[i].queue_end = &store->slots[i].queue;
        if (i)
            store->strategies[i - 1] = &store->slots[i];
    }
    return store;
}

const struct registry *store_registry(const struct store *store)
{
    return store->fate.loaded ? store->slots[0].registry : NULL;
}

struct slot *store_registry_slot(struct store *store)
{
    return &store->slots[0];
}

struct slot *store_strategy(struct store *store, const char *key)
{
    for (int i = 1; i < FAKED_SLOTS && store->fate.loaded; i++) {
        const char *alias = store->slots[i].tree->strategy.alias;

        if (strcmp(store->slots[i].key, key) == 0 || (alias && strcmp(alias, key) == 0))
            return &store->slots[i];
    }
    return NULL;
}

struct slot *store_slot(struct store *store, int32_t id)
{
    return id >= 0 && id < FAKED_SLOTS ? &store->slots[id] : NULL;
}

size_t store_strategies(struct store *store, struct slot *const **ret_slots)
{
    *ret_slots = store->strategies;
    return store->fate.loaded ? FAKED_SLOTS - 1 : 0;
}

int32_t store_next_id(const struct store *store UNUSED)
{
    return FAKED_SLOTS;
}

bool store_loaded(const struct store *store)
{
    return store->fate.loaded;
}

uint64_t store_editions(const struct store *store UNUSED)
{
    return 1;
}

bool store_reachable(const struct store *store)
{
    return store->fate.reachable;
}

void store_on_moved(struct store *store UNUSED,
                    void (*moved)(void *arg, const struct slot *slot) UNUSED, void *arg UNUSED)
{
}

int store_schema(const struct store *store UNUSED)
{
    return 1;
}

const char *store_complaint(const struct store *store UNUSED)
{
    return "";
}

struct pool *store_pool(const struct store *store)
{
    return (struct pool *)store;
}

const struct store_options *store_options(const struct store *store)
{
    return &store->options;
}

size_t store_queued(const struct store *store)
{
    return store->queued;
}

int store_submit(struct change *change)
{
    struct store *store = change->slot->store;

    if (!store->fate.reachable || !store->fate.loaded)
        return -ENOTCONN;
    if (store->queued >= (size_t)store->options.write_queue)
        return -EAGAIN;
    change->next = NULL;
    *store->queue_end = change;
    store->queue_end = &change->next;
    store->queued++;
    return 0;
}

int32_t slot_today(struct slot *slot UNUSED)
{
    return TODAY;
}

/* --- in libuuid's place --- */

void uuid_generate_random(uuid_t out)
{
    uuid_count++;
    memset(out, 0, sizeof(uuid_t));
    out[6] = 0x40;
    out[8] = 0x80;
    out[14] = (unsigned char)(uuid_count >> 8);
    out[15] = (unsigned char)uuid_count;
}
