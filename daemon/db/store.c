/*
 * Slots, the poll, notifications; see store.h. The store owns its slots, a slot its tree.
 */
#include "db/store.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "db/migrate.h"
#include "db/row.h"
#include "db/slot.h"
#include "log.h"

#define CHANNEL "goald"
#define ANNOUNCE_MS 5 /* one notification tells of all commits of so long */

/* A job that the store runs over and over, one at a time. */
struct errand {
    struct pg_job job;
    struct store *store;
    bool running, again;
};

struct store {
    struct store_options options;
    struct pool *pool;
    struct event *tick, *kick;
    struct slot **slots; /* by id's order of arrival; [0] is the registry's */
    size_t n_slots;
    struct slot **loaded; /* strategies that are, by key */
    size_t n_loaded;
    uint64_t births;   /* of their trees, summed up: another sum, other trees */
    uint64_t editions; /* see store_editions() */
    bool listed;       /* all strategies of the database are known */
    bool was_loaded;
    void (*on_loaded)(void *arg);
    void *on_loaded_arg;
    void (*on_moved)(void *arg, const struct slot *slot);
    void *on_moved_arg;
    int schema;
    char complaint[256], told[256]; /* what is wrong, and what was last told of it */
    char name[17];                  /* of this daemon among those that notify each other */
    struct errand poll, announce;
    struct event *soon; /* before the others are told */
    bool stopping;
    int unanswered;    /* polls in a row that got no answer */
    int64_t heads_day; /* in which the journals' heads were logged last */
};

static const struct pg_statement poll_statement = {
    "poll", "SELECT strategy_id, key, seq, encode(hash, 'hex') FROM goald.chain ORDER BY 1", 0};
static const struct pg_statement schema_statement = {"schema",
                                                     "SELECT max(number) FROM goald.migration", 0};
static const struct pg_statement notify_statement = {"notify",
                                                     "SELECT pg_notify('" CHANNEL "', $1)", 1};

/* --- slots --- */

struct slot *store_slot(struct store *store, int32_t id)
{
    for (size_t i = 0; i < store->n_slots; i++) {
        if (store->slots[i]->id == id)
            return store->slots[i];
    }
    return NULL;
}

struct slot *store_add_slot(struct store *store, int32_t id, const char *key)
{
    struct slot *slot = store_slot(store, id), **slots;

    if (slot && strcmp(slot->key, key) != 0 && slot_rename(slot, key) < 0)
        return NULL;
    if (slot && slot->gone)
        slot->gone = slot->asked = false;
    if (slot)
        return slot;
    slots = reallocarray(store->slots, store->n_slots + 1, sizeof(struct slot *));
    if (!slots)
        return NULL;
    store->slots = slots;
    slot = slot_new(store, id, key);
    if (!slot)
        return NULL;
    store->slots[store->n_slots++] = slot;
    return slot;
}

static int slot_compare(const void *a, const void *b)
{
    return code_compare((*(struct slot *const *)a)->key, (*(struct slot *const *)b)->key);
}

/* Rebuilds the list of loaded strategies: they are few and this is rare. */
static void store_list_loaded(struct store *store)
{
    struct slot **loaded = reallocarray(store->loaded, store->n_slots, sizeof(struct slot *));
    uint64_t births = 0;

    if (!loaded)
        return;
    store->loaded = loaded;
    store->n_loaded = 0;
    for (size_t i = 0; i < store->n_slots; i++) {
        if (!store->slots[i]->tree)
            continue;
        loaded[store->n_loaded++] = store->slots[i];
        births += store->slots[i]->tree->birth;
    }
    store->editions += births != store->births;
    store->births = births;
    qsort(loaded, store->n_loaded, sizeof(struct slot *), slot_compare);
}

void store_note_editions(struct store *store)
{
    store->editions++;
}

uint64_t store_editions(const struct store *store)
{
    return store->editions;
}

bool store_loaded(const struct store *store)
{
    if (!store->listed || *store->complaint)
        return false;
    for (size_t i = 0; i < store->n_slots; i++) {
        if (!slot_loaded(store->slots[i]) && !store->slots[i]->gone)
            return false;
    }
    return true;
}

/* Is all there that can be? A strategy whose rows make no tree (they were damaged, or restored from
 * what was forged) keeps the others from nobody. */
static bool store_settled(const struct store *store)
{
    if (!store->listed || *store->complaint)
        return false;
    for (size_t i = 0; i < store->n_slots; i++) {
        const struct slot *slot = store->slots[i];

        if (!slot_loaded(slot) && !slot->gone && !slot->broken)
            return false;
    }
    return true;
}

static void store_note_loaded(struct store *store)
{
    bool loaded = store_settled(store);

    store_list_loaded(store);
    if (loaded && !store->was_loaded && store->on_loaded)
        store->on_loaded(store->on_loaded_arg);
    store->was_loaded = loaded;
}

void store_on_loaded(struct store *store, void (*loaded)(void *arg), void *arg)
{
    store->on_loaded = loaded;
    store->on_loaded_arg = arg;
    if (store->was_loaded)
        loaded(arg);
}

void store_on_moved(struct store *store, void (*moved)(void *arg, const struct slot *slot),
                    void *arg)
{
    store->on_moved = moved;
    store->on_moved_arg = arg;
}

void store_slot_moved(const struct slot *slot)
{
    const struct store *store = slot->store;

    if (store->on_moved)
        store->on_moved(store->on_moved_arg, slot);
}

void slot_drop(struct slot *slot, const char *why)
{
    if (slot_loaded(slot))
        log_warning("%s: forgot what was known up to entry %" PRId64 ": %s", slot->key,
                    slot_seq(slot), why);
    tree_free(STEAL(slot->tree));
    registry_free(STEAL(slot->registry));
    slot->day_until = 0;
    slot->known_seq = 0;
    store_note_loaded(slot->store);
    store_slot_moved(slot);
}

void store_slot_settled(struct slot *slot)
{
    struct slot *registry = slot->store->slots[0];

    store_note_loaded(slot->store);
    if (slot->batch) {
        writer_settled(slot);
        return;
    }
    if (slot->held && registry->batch) {
        writer_settled(registry);
        return;
    }
    /* An import waits in the registry's queue until its strategy is idle: let it have it. */
    writer_start(registry);
    writer_start(slot);
}

/* --- the poll --- */

static void poll_slot(struct slot *slot, int64_t seq, const char *hash_text)
{
    unsigned char hash[HASH_SIZE];
    bool known = hash_from_hex(hash_text, hash) == 0;

    if (slot->known_seq < seq)
        slot->known_seq = seq;
    if (slot->batch || slot->held || slot->refresh)
        return;
    if (slot_loaded(slot)) {
        if (seq < slot->polled_from)
            slot_drop(slot, "the database is behind it");
        else if (seq == slot_seq(slot) && known && memcmp(hash, slot_hash(slot), HASH_SIZE) != 0)
            slot_drop(slot, "the database has another journal");
    }
    if (!slot_loaded(slot) || seq > slot_seq(slot))
        refresh_start(slot);
    else
        slot->checked_us = monotonic_us();
}

static void poll_send(struct pg_job *job, struct pg *pg)
{
    struct store *store = ((struct errand *)job)->store;

    for (size_t i = 0; i < store->n_slots; i++) {
        struct slot *slot = store->slots[i];

        /* What is followed already when the question is asked must be in the answer. */
        slot->polled_from = slot_loaded(slot) ? slot_seq(slot) : 0;
        slot->asked = true;
        slot->polled = false;
    }
    pg_query(pg, &schema_statement, NULL);
    pg_query(pg, &poll_statement, NULL);
}

static void poll_schema(struct store *store, int schema)
{
    store->schema = schema;
    if (schema > migrate_newest())
        snprintf(store->complaint, sizeof(store->complaint),
                 "the database's schema is at %04d, this goald knows %04d: start a newer goald",
                 schema, migrate_newest());
    else if (schema < migrate_newest())
        snprintf(store->complaint, sizeof(store->complaint),
                 "the database's schema is at %04d, this goald needs %04d: set owner_database, so "
                 "that it can be brought up to date",
                 schema, migrate_newest());
    else
        *store->complaint = '\0';
}

static void poll_result(struct pg_job *job, int index, const PGresult *result)
{
    struct store *store = ((struct errand *)job)->store;

    if (index == 0) {
        poll_schema(store, (int)row_int(result, 0, 0));
        return;
    }
    for (int row = 0; row < PQntuples(result) && !*store->complaint; row++) {
        struct slot *slot =
            store_add_slot(store, (int32_t)row_int(result, row, 0), row_text(result, row, 1));

        if (!slot)
            continue;
        slot->polled = true;
        poll_slot(slot, row_int(result, row, 2), row_text(result, row, 3));
    }
}

/* A strategy that the database no longer has is of a past that a failover lost. Its slot stays, for
 * changes and lookups may still point to it. */
static void poll_forget(struct store *store)
{
    for (size_t i = 1; i < store->n_slots; i++) {
        struct slot *slot = store->slots[i];

        if (slot->polled || !slot->asked || slot->gone || slot->batch || slot->held ||
            slot->refresh)
            continue;
        slot->gone = true;
        slot_drop(slot, "the database does not have it");
        writer_fail(slot, CHANGE_UNAVAILABLE);
    }
}

/* Tells what is wrong once, not with each poll. */
static void store_tell(struct store *store, const char *problem)
{
    if (strcmp(store->told, problem) == 0)
        return;
    snprintf(store->told, sizeof(store->told), "%s", problem);
    if (*problem)
        log_error("%s", problem);
    if (*store->complaint && store->options.complained)
        store->options.complained(store->options.arg);
}

static void errand_run(struct errand *errand, enum pool_use use);

/* A server that stands still leaves its connections open: it is out of reach when two polls got no
 * answer. One that found no connection free says nothing of the server. */
static void poll_count(struct store *store, enum pg_outcome outcome)
{
    struct pool_stats stats;

    pool_stats(store->pool, POOL_FOLLOW, &stats);
    if (outcome == PG_DONE || outcome == PG_REFUSED)
        store->unanswered = 0;
    else if (outcome == PG_LOST || stats.open == 0)
        store->unanswered++;
    if (store->unanswered == 1)
        store->poll.again = true;
}

static void poll_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct errand *errand = (struct errand *)job;
    struct store *store = errand->store;
    char problem[256];

    errand->running = false;
    poll_count(store, outcome);
    if (outcome == PG_DONE && !*store->complaint) {
        poll_forget(store);
        store->listed = true;
        store_note_loaded(store);
    }
    snprintf(problem, sizeof(problem), "the database cannot be followed: %.200s",
             error ? error->message : "");
    if (outcome == PG_DONE || outcome == PG_REFUSED)
        store_tell(store, outcome == PG_REFUSED && !*store->complaint ? problem : store->complaint);
    if (errand->again)
        errand_run(errand, POOL_FOLLOW);
}

static void errand_run(struct errand *errand, enum pool_use use)
{
    if (!errand->store->pool)
        return;
    errand->again = errand->running;
    if (errand->running)
        return;
    errand->running = true;
    pool_run(errand->store->pool, use, &errand->job);
}

void store_poll(struct store *store)
{
    errand_run(&store->poll, POOL_FOLLOW);
}

/* --- telling other daemons --- */

static void announce_send(struct pg_job *job, struct pg *pg)
{
    struct store *store = ((struct errand *)job)->store;

    pg_query(pg, &notify_statement, (const char *[]){store->name});
}

static void announce_done(struct pg_job *job, enum pg_outcome outcome UNUSED,
                          const struct pg_error *error UNUSED)
{
    struct errand *errand = (struct errand *)job;

    /* A lost notification is made good by the others' polls. */
    errand->running = false;
    if (errand->again)
        errand_run(errand, POOL_FOLLOW);
}

static void on_soon(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct store *store = arg;

    errand_run(&store->announce, POOL_FOLLOW);
}

void store_announce(struct store *store)
{
    struct timeval delay = {.tv_usec = ANNOUNCE_MS * 1000};

    if (!evtimer_pending(store->soon, NULL))
        event_add(store->soon, &delay);
}

void store_notified(void *arg, const char *channel UNUSED, const char *payload)
{
    struct store *store = arg;

    if (strcmp(payload, store->name) != 0)
        store_poll(store);
}

void store_connected(void *arg, enum pool_use use)
{
    /* A new connection may be to another server: compare before anything is believed. The poll's
     * own connections are compared by the poll that opened them. */
    if (use != POOL_FOLLOW)
        store_poll(arg);
}

/* --- life --- */

static void store_schedule(struct store *store)
{
    struct timeval interval = {.tv_sec = store->options.poll_interval_ms / 1000,
                               .tv_usec = store->options.poll_interval_ms % 1000 * 1000};

    event_add(store->tick, &interval);
}

/* Each journal's head, once a day: kept away from the database, as logs are, it tells whether the
 * journal up to there is the one that was. */
static void store_log_heads(struct store *store)
{
    int64_t day = time_now_us() / (86400 * INT64_C(1000000));

    if (day == store->heads_day || !store_loaded(store))
        return;
    store->heads_day = day;
    for (size_t i = 0; i < store->n_slots; i++) {
        const struct slot *slot = store->slots[i];
        char hash[2 * HASH_SIZE + 1];

        if (!slot_loaded(slot))
            continue;
        hash_to_hex(slot_hash(slot), hash);
        log_notice("%s: the journal's head is %" PRId64 ":%s", slot->key, slot_seq(slot), hash);
    }
}

static void store_tick(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct store *store = arg;

    store_schedule(store);
    store_log_heads(store);
    for (size_t i = 0; i < store->n_slots; i++) {
        struct slot *slot = store->slots[i];

        /* Who waits is not kept waiting for what may take long to come back. */
        if (!store_reachable(store) || (!slot_loaded(slot) && !slot->refresh))
            writer_fail(slot, CHANGE_UNAVAILABLE);
    }
    store_wake(store);
    store_poll(store);
}

/* Changes that arrived in one turn of the loop go together. */
static void store_kick(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct store *store = arg;

    for (size_t i = 0; i < store->n_slots; i++)
        writer_start(store->slots[i]);
}

void store_wake(struct store *store)
{
    event_active(store->kick, EV_READ, 0);
}

static int store_name(struct store *store)
{
    uint64_t name;

    if (getrandom(&name, sizeof(name), 0) != (ssize_t)sizeof(name))
        return -EIO;
    snprintf(store->name, sizeof(store->name), "%016" PRIx64, name);
    return 0;
}

int store_new(const struct store_options *options, struct store **ret_store)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store)
        return -ENOMEM;
    store->options = *options;
    store->tick = evtimer_new(options->base, store_tick, store);
    store->kick = event_new(options->base, -1, 0, store_kick, store);
    store->soon = evtimer_new(options->base, on_soon, store);
    store->poll = (struct errand){
        .job = {.send = poll_send, .result = poll_result, .done = poll_done}, .store = store};
    store->announce =
        (struct errand){.job = {.send = announce_send, .done = announce_done}, .store = store};
    if (!store->tick || !store->kick || !store->soon || store_name(store) < 0 ||
        !store_add_slot(store, 0, ".")) {
        store_free(store);
        return -ENOMEM;
    }
    *ret_store = store;
    return 0;
}

void store_start(struct store *store, struct pool *pool)
{
    store->pool = pool;
    if (pool_listen(pool, CHANNEL) < 0)
        log_warning("notifications cannot be listened for; polling only");
    store_schedule(store);
    store_poll(store);
}

void store_stop(struct store *store)
{
    store->stopping = true;
    event_del(store->tick);
}

bool store_is_stopping(const struct store *store)
{
    return store->stopping;
}

void store_free(struct store *store)
{
    if (!store)
        return;
    store->stopping = true;
    for (size_t i = 0; i < store->n_slots; i++)
        writer_free(store->slots[i]);
    for (size_t i = 0; i < store->n_slots; i++)
        slot_free(store->slots[i]);
    if (store->tick)
        event_free(store->tick);
    if (store->kick)
        event_free(store->kick);
    if (store->soon)
        event_free(store->soon);
    free(store->slots);
    free(store->loaded);
    free(store);
}

/* --- what the methods ask --- */

struct pool *store_pool(const struct store *store)
{
    return store->pool;
}

const struct store_options *store_options(const struct store *store)
{
    return &store->options;
}

void store_set_limits(struct store *store, int write_queue, int poll_interval_ms)
{
    store->options.write_queue = write_queue;
    store->options.poll_interval_ms = poll_interval_ms;
}

int store_schema(const struct store *store)
{
    return store->schema;
}

const char *store_complaint(const struct store *store)
{
    return store->complaint;
}

const struct registry *store_registry(const struct store *store)
{
    return store->slots[0]->registry;
}

struct slot *store_registry_slot(struct store *store)
{
    return store->slots[0];
}

struct slot *store_strategy(struct store *store, const char *key)
{
    for (size_t i = 0; i < store->n_loaded; i++) {
        struct slot *slot = store->loaded[i];
        const char *alias = slot->tree->strategy.alias;

        if (strcmp(slot->key, key) == 0 || (alias && strcmp(alias, key) == 0))
            return slot;
    }
    return NULL;
}

size_t store_strategies(struct store *store, struct slot *const **ret_slots)
{
    *ret_slots = store->loaded;
    return store->n_loaded;
}

int32_t store_next_id(const struct store *store)
{
    int32_t id = 0;

    for (size_t i = 0; i < store->n_slots; i++) {
        if (store->slots[i]->id > id)
            id = store->slots[i]->id;
    }
    return id + 1;
}

bool store_reachable(const struct store *store)
{
    return store->pool && pool_is_reachable(store->pool) && store->unanswered < 2;
}

size_t store_queued(const struct store *store)
{
    size_t queued = 0;

    for (size_t i = 0; i < store->n_slots; i++)
        queued += store->slots[i]->queued;
    return queued;
}

int store_submit(struct change *change)
{
    struct slot *slot = change->slot;
    struct store *store = slot->store;

    if (!store_reachable(store) || !slot_loaded(slot) || *store->complaint)
        return -ENOTCONN;
    if (store_queued(store) >= (size_t)store->options.write_queue)
        return -EAGAIN;
    change->next = NULL;
    *slot->queue_end = change;
    slot->queue_end = &change->next;
    slot->queued++;
    store_wake(store);
    return 0;
}
