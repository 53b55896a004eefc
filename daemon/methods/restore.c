/*
 * Bringing back a journal; see restore.h. The entries are staged as they come, and each is held
 * against the hash of the one before it. The commit tries them (db/trial.c), for who can make
 * hashes can make them of anything; then it writes them as they are, with the state that follows
 * from them, in one transaction by the writer's usual path (db/batch.c). A strategy's
 * number and key must be free, and the registry must have the entry that the export names: its
 * accounts, persons and organisations are known by their ids there.
 *
 * That a strategy was restored, and by whom, stands in the registry's journal. The registry's own
 * restoring cannot: it would no longer be the journal that was restored.
 */
#include "methods/restore.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <uuid/uuid.h>

#include "db/contact.h"
#include "db/instant.h"
#include "db/pile.h"
#include "db/row.h"
#include "db/tables.h"
#include "db/trial.h"
#include "log.h"
#include "methods/fail.h"
#include "methods/table.h"

#define FORGET_S 120
#define ENTRY_COST 256 /* bytes that an entry takes beside its texts, about */

struct restoring {
    struct change change; /* first: the store hands it back */
    struct pg_job job;    /* the look at what the registry has */
    struct trial *trial;  /* running */
    struct tracker *tracker;
    struct call *call;            /* the commit's, parked */
    uid_t uid;                    /* whose it is, and … */
    const struct call_sink *sink; /* … of which connection; only compared */
    bool committing;
    char token[UUID_TEXT_SIZE];
    struct event *timer;
    char *key;
    int64_t seq; /* the header's */
    unsigned char hash[HASH_SIZE];
    int64_t registry_seq;
    unsigned char registry_hash[HASH_SIZE];
    struct entries entries;
    struct pile pile; /* request ids and their digests */
    size_t bytes;
    bool has_registry; /* its journal has the entry that the header names */
    const char *taken; /* "number" or "key", which is not free; NULL: both are */
};

static const struct pg_statement check_statement = {
    "restore_check",
    "SELECT (SELECT encode(hash, 'hex') FROM goald.journal WHERE strategy_id = 0"
    " AND seq = $1::bigint), EXISTS (SELECT FROM goald.chain WHERE strategy_id = $2::integer"
    " AND seq > 0), EXISTS (SELECT FROM goald.chain WHERE key = $3 AND strategy_id > 0)",
    3};

static bool is_registry(const struct restoring *restoring)
{
    return restoring->entries.strategy_id == 0;
}

static void restoring_free(struct restoring *restoring)
{
    if (restoring->tracker && restoring->tracker->restoring == restoring)
        restoring->tracker->restoring = NULL;
    if (restoring->timer)
        event_free(restoring->timer);
    entries_done(&restoring->entries);
    pile_done(&restoring->pile);
    free(restoring->key);
    free(restoring);
}

static void restoring_freep(struct restoring **restoring)
{
    if (*restoring)
        restoring_free(*restoring);
}

void restore_left(struct tracker *tracker, const struct call_sink *sink)
{
    struct restoring *restoring = tracker->restoring;

    if (restoring && restoring->sink == sink && !restoring->committing)
        restoring_free(restoring);
}

void restore_free(struct tracker *tracker)
{
    struct restoring *restoring = STEAL(tracker->restoring);

    if (!restoring)
        return;
    restoring->tracker = NULL;
    if (!restoring->committing)
        restoring_free(restoring);
    else if (restoring->trial)
        trial_stop(restoring->trial);
}

static void on_forgotten(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    restoring_free(arg);
}

/* It was heard of. */
static int touch(struct restoring *restoring)
{
    const struct timeval delay = {FORGET_S, 0};

    return event_add(restoring->timer, &delay) < 0 ? -ENOMEM : 0;
}

/* The caller's own, of this connection. */
static struct restoring *find(const struct call *call)
{
    struct restoring *restoring = ((struct tracker *)call->service)->restoring;

    if (restoring && restoring->uid == call->peer.uid && restoring->sink == call->sink &&
        !restoring->committing && strcmp(restoring->token, param_text(call, "restore")) == 0)
        return restoring;
    return NULL;
}

/* --- RestoreBegin --- */

static int64_t header_int(const json_t *header, const char *name)
{
    return json_integer_value(json_object_get(header, name));
}

static const char *header_text(const json_t *header, const char *name)
{
    return json_string_value(json_object_get(header, name));
}

/* Takes the header; -EINVAL with what is wrong of it. */
static int take_header(struct restoring *restoring, const json_t *header, struct refusal *refusal)
{
    int64_t number = header_int(header, "strategy");

    if (strcmp(header_text(header, "format"), "goald-journal-1") != 0)
        return refuse(refusal, "header.format", "not goald-journal-1");
    if (number < 0 || number > INT32_MAX)
        return refuse(refusal, "header.strategy", "not the number of a strategy");
    if ((number == 0) != (strcmp(header_text(header, "key"), ".") == 0))
        return refuse(refusal, "header.key", "the registry is 0 and \".\", and nothing else is");
    restoring->seq = header_int(header, "seq");
    restoring->registry_seq = header_int(header, "registrySeq");
    if (restoring->seq < 1)
        return refuse(refusal, "header.seq", "there is nothing in it");
    if (hash_from_hex(header_text(header, "hash"), restoring->hash) < 0)
        return refuse(refusal, "header.hash", "not a hash");
    if (hash_from_hex(header_text(header, "registryHash"), restoring->registry_hash) < 0)
        return refuse(refusal, "header.registryHash", "not a hash");
    entries_init(&restoring->entries, (int32_t)number, 0, journal_genesis);
    restoring->key = strdup(header_text(header, "key"));
    return restoring->key ? 0 : -ENOMEM;
}

static int begin(struct restoring *restoring, const struct request *request)
{
    uuid_t token;

    restoring->timer = evtimer_new(store_options(request->store)->base, on_forgotten, restoring);
    if (!restoring->timer || touch(restoring) < 0)
        return -ENOMEM;
    uuid_generate_random(token);
    uuid_unparse_lower(token, restoring->token);
    restoring->uid = request->call->peer.uid;
    restoring->sink = request->call->sink;
    restoring->tracker = request->tracker;
    request->tracker->restoring = restoring;
    return 0;
}

const struct answer *method_restore_begin(struct call *call)
{
    AUTO(restoring_freep) struct restoring *restoring = NULL;
    const struct answer *answer;
    struct request request;
    struct refusal refusal;
    int r;

    request_caller(call, &request);
    if (!request.registry || !store_loaded(request.store))
        return fail_unavailable(call);
    if (request.tracker->restoring)
        return fail_overloaded(call);
    restoring = calloc(1, sizeof(*restoring));
    if (!restoring)
        return fail_overloaded(call);
    r = take_header(restoring, json_object_get(call->parameters, "header"), &refusal);
    if (r == -EINVAL)
        return fail_document(call, refusal.field, refusal.message);
    answer = r == 0 ? request_sign(&request, &restoring->change) : fail_overloaded(call);
    if (answer)
        return answer;
    if (begin(restoring, &request) < 0)
        return fail_overloaded(call);
    return call_reply(call, json_pack("{s:s}", "restore", STEAL(restoring)->token));
}

/* --- RestoreChunk --- */

static const char *entry_text(const json_t *record, const char *name)
{
    return json_string_value(json_object_get(record, name));
}

/* The payload must be the entity's own: it becomes a row. */
static int check_payload(const struct entry *entry, const json_t *payload, const char *place,
                         struct refusal *refusal)
{
    const json_t *id = json_object_get(payload, "id"), *key = json_object_get(payload, "key");

    if (!json_is_object(payload) || !json_is_integer(id) || json_integer_value(id) != entry->id ||
        !(json_is_string(key) || json_is_null(key)))
        return refuse(refusal, place, "its payload is not that of the entity");
    return 0;
}

/* Contact data that came with the entry. */
static int take_secret(struct entry *entry, const json_t *record, const json_t *payload,
                       const char *place, struct refusal *refusal)
{
    const json_t *secret = json_object_get(record, "secret");

    if (!json_is_object(secret))
        return 0;
    if (strcmp(entry->table->entity, "contact") != 0 ||
        !contact_fits(payload, entry_text(secret, "salt"), entry_text(secret, "value")))
        return refuse(refusal, place, "its contact data is not what was hashed");
    entry->secret = json_dumps(secret, JSON_COMPACT);
    return entry->secret ? 0 : -ENOMEM;
}

/* The request that an entry was the last one of. */
static int take_request(struct restoring *restoring, struct entry *entry, const json_t *record,
                        const char *place, struct refusal *refusal)
{
    const char *id = entry_text(record, "requestId"), *hex = entry_text(record, "requestDigest");
    unsigned char digest[HASH_SIZE];
    char text[UUID_TEXT_SIZE];
    uuid_t uuid;

    if (!id && !hex)
        return 0;
    if (!id || !hex || uuid_parse(id, uuid) < 0 || hash_from_hex(hex, digest) < 0)
        return refuse(refusal, place, "its request is not one");
    uuid_unparse_lower(uuid, text);
    entry->request_id = pile_copy(&restoring->pile, text, sizeof(text));
    entry->request_digest = pile_copy(&restoring->pile, digest, sizeof(digest));
    return entry->request_id && entry->request_digest ? 0 : -ENOMEM;
}

/* Is its hash that of what it says, after the entry before it? */
static int check_chain(const struct restoring *restoring, struct entry *entry, const json_t *record,
                       const char *place, struct refusal *refusal)
{
    const struct entries *entries = &restoring->entries;
    unsigned char computed[HASH_SIZE];
    const struct chain_entry said = {
        .strategy_id = entries->strategy_id,
        .seq = entries_next_seq(entries),
        .time = entry_text(record, "time"),
        .account = entry->account,
        .request_id = entry->request_id,
        .request_digest = entry_text(record, "requestDigest"),
        .entity = entry->table->entity,
        .action = entry->end ? "end" : "put",
        .id = entry->id,
        .payload = entry_text(record, "payload"),
    };

    if (hash_from_hex(entry_text(record, "hash"), entry->hash) < 0 ||
        chain_hash(entries_head(entries), &said, computed) < 0 ||
        memcmp(computed, entry->hash, HASH_SIZE) != 0)
        return refuse(refusal, place,
                      "it is not what was hashed: it was changed, or one before it");
    return 0;
}

/* What needs no look at others: which entity, what was done, when. */
static int take_columns(const struct restoring *restoring, struct entry *entry,
                        const json_t *record, const char *place, struct refusal *refusal)
{
    const char *action = entry_text(record, "action");
    int64_t seq = header_int(record, "seq");
    char time[TIME_TEXT_SIZE];

    entry->table = table_by_entity(entry_text(record, "entity"));
    entry->end = strcmp(action, "end") == 0;
    entry->id = header_int(record, "id");
    entry->account = header_int(record, "account");
    entry->replaces = entry->end || entry->id != seq;
    if (seq != entries_next_seq(&restoring->entries))
        return refuse(refusal, place, "the next entry is number %" PRId64,
                      entries_next_seq(&restoring->entries));
    if (!entry->table || entry->table->of_registry != is_registry(restoring) ||
        (entry->table->never_ends && entry->replaces))
        return refuse(refusal, place, "no journal of that kind has such an entry");
    if (!entry->end && strcmp(action, "put") != 0)
        return refuse(refusal, place, "neither put nor end");
    if (instant_parse(entry_text(record, "time"), "UTC", false, &entry->time_us) < 0 ||
        strcmp(time_format(entry->time_us, time), entry_text(record, "time")) != 0)
        return refuse(refusal, place, "its time is not written as it is hashed");
    if (entry->time_us < restoring->entries.time_us)
        return refuse(refusal, place, "time goes back");
    return 0;
}

static int take_entry(struct restoring *restoring, const json_t *record, struct refusal *refusal)
{
    json_auto_t *payload = json_loads(entry_text(record, "payload"), JSON_REJECT_DUPLICATES, NULL);
    struct entry entry = {0};
    char place[40];
    int r;

    snprintf(place, sizeof(place), "entries[%" PRId64 "]", header_int(record, "seq"));
    r = take_columns(restoring, &entry, record, place, refusal);
    if (r == 0)
        r = check_payload(&entry, payload, place, refusal);
    if (r == 0)
        r = take_request(restoring, &entry, record, place, refusal);
    if (r == 0)
        r = check_chain(restoring, &entry, record, place, refusal);
    if (r == 0)
        r = take_secret(&entry, record, payload, place, refusal);
    if (r < 0)
        return r;
    entry.payload = strdup(entry_text(record, "payload"));
    if (!entry.payload) {
        free(entry.secret);
        return -ENOMEM;
    }
    restoring->bytes += strlen(entry.payload) + ENTRY_COST;
    return entries_put_verbatim(&restoring->entries, &entry);
}

/* The first error ends it. */
static const struct answer *fail_chunk(struct call *call, struct restoring *restoring, int error,
                                       const struct refusal *refusal)
{
    size_t limit = restoring->tracker->import_limit;

    restoring_free(restoring);
    if (error == -EINVAL)
        return fail_document(call, refusal->field, refusal->message);
    if (error == -E2BIG)
        return fail_value(call, "entries", "the journal takes more than %zu bytes", limit);
    return fail_overloaded(call);
}

const struct answer *method_restore_chunk(struct call *call)
{
    const json_t *records = json_object_get(call->parameters, "entries");
    struct restoring *restoring = find(call);
    struct refusal refusal;
    json_t *record;
    size_t i;
    int r = 0;

    if (!restoring)
        return fail_no_import(call, param_text(call, "restore"));
    json_array_foreach (records, i, record) {
        r = take_entry(restoring, record, &refusal);
        if (r == 0 && restoring->bytes > restoring->tracker->import_limit)
            r = -E2BIG;
        if (r < 0)
            break;
    }
    if (r == 0)
        r = touch(restoring);
    if (r < 0)
        return fail_chunk(call, restoring, r, &refusal);
    return call_reply(call, json_pack("{s:I}", "received", (json_int_t)json_array_size(records)));
}

/* --- RestoreCommit --- */

static void end(struct restoring *restoring, const struct answer *answer)
{
    call_end(answer);
    restoring_free(restoring);
}

static const struct answer *reply(struct restoring *restoring)
{
    char hex[2 * HASH_SIZE + 1];

    hash_to_hex(restoring->hash, hex);
    log_notice("%s: restored up to entry %" PRId64 ":%s", restoring->key, restoring->seq, hex);
    return call_reply(restoring->call, json_pack("{s:s,s:I,s:s,s:s}", "strategy", restoring->key,
                                                 "seq", (json_int_t)restoring->seq, "hash", hex,
                                                 "requestId", restoring->change.request_id));
}

/* Is the registry the one that is to be restored, because it was? */
static bool is_restored(const struct restoring *restoring, const struct plan *plan)
{
    return plan->registry->base_seq == restoring->seq &&
           memcmp(plan->registry->base_hash, restoring->hash, HASH_SIZE) == 0;
}

static int refuse_taken(struct restoring *restoring, const char *what)
{
    restoring->taken = what;
    return -EEXIST;
}

static int plan_registry(struct restoring *restoring, struct plan *plan)
{
    if (is_restored(restoring, plan))
        return 0;
    if (plan->registry->base_seq != 0)
        return refuse_taken(restoring, "number");
    if (restoring->entries.count == 0) /* they were sent once, and are not here any more */
        return -ESTALE;
    entries_move(&restoring->entries, plan->registry);
    return 0;
}

/* What the admin did, in the registry's journal. */
static int note_restore(const struct restoring *restoring, struct plan *plan)
{
    char hex[2 * HASH_SIZE + 1];

    hash_to_hex(restoring->hash, hex);
    return entries_put(plan->registry, table_of("restore"), 0, false, NULL,
                       json_pack("{s:i,s:I,s:s}", "of_strategy", restoring->entries.strategy_id,
                                 "seq", (json_int_t)restoring->seq, "hash", hex),
                       NULL, restoring->change.account, NULL);
}

static int plan_strategy(struct restoring *restoring, struct plan *plan)
{
    const struct slot *slot = store_slot(plan->store, restoring->entries.strategy_id);
    int r;

    if (slot && !slot->gone)
        return refuse_taken(restoring, "number");
    if (store_strategy(plan->store, restoring->key))
        return refuse_taken(restoring, "key");
    if (restoring->entries.count == 0)
        return -ESTALE;
    r = note_restore(restoring, plan);
    if (r < 0)
        return r;
    plan->strategy->strategy_id = restoring->entries.strategy_id;
    entries_move(&restoring->entries, plan->strategy);
    return 0;
}

static int restore_plan(struct change *change, struct plan *plan)
{
    struct restoring *restoring = (struct restoring *)change;
    struct request request;

    restoring->taken = NULL;
    request_caller(restoring->call, &request);
    if (!(request.may & MAY_ADMIN))
        return -EACCES;
    return is_registry(restoring) ? plan_registry(restoring, plan) : plan_strategy(restoring, plan);
}

static const struct answer *fail_taken(struct restoring *restoring)
{
    char number[16];

    snprintf(number, sizeof(number), "%" PRId32, restoring->entries.strategy_id);
    return fail_exists(restoring->call, restoring->taken,
                       strcmp(restoring->taken, "key") == 0 ? restoring->key : number);
}

static void restore_done(struct change *change, enum change_outcome outcome)
{
    struct restoring *restoring = (struct restoring *)change;

    if (outcome == CHANGE_DONE || outcome == CHANGE_REPEATED)
        end(restoring, reply(restoring));
    else if (outcome != CHANGE_REFUSED)
        end(restoring, request_fail_change(restoring->call, change, outcome));
    else if (restoring->taken)
        end(restoring, fail_taken(restoring));
    else
        end(restoring, fail_unavailable(restoring->call));
}

static void check_send(struct pg_job *job, struct pg *pg)
{
    const struct restoring *restoring =
        (const struct restoring *)((char *)job - offsetof(struct restoring, job));
    char seq[24], number[16];

    snprintf(seq, sizeof(seq), "%" PRId64, restoring->registry_seq);
    snprintf(number, sizeof(number), "%" PRId32, restoring->entries.strategy_id);
    pg_query(pg, &check_statement, (const char *[]){seq, number, restoring->key});
}

static void check_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct restoring *restoring =
        (struct restoring *)((char *)job - offsetof(struct restoring, job));
    const char *hex = row_text(result, 0, 0);
    unsigned char hash[HASH_SIZE];

    restoring->has_registry =
        is_registry(restoring) || (hex && hash_from_hex(hex, hash) == 0 &&
                                   memcmp(hash, restoring->registry_hash, HASH_SIZE) == 0);
    if (row_bool(result, 0, 1))
        restoring->taken = "number";
    else if (row_bool(result, 0, 2))
        restoring->taken = "key";
}

static void submit(struct restoring *restoring)
{
    struct store *store = restoring->tracker->store;
    int r;

    restoring->change.slot = store_registry_slot(store);
    restoring->change.new_key = is_registry(restoring) ? NULL : restoring->key;
    restoring->change.alone = true;
    restoring->change.plan = restore_plan;
    restoring->change.done = restore_done;
    r = store_submit(&restoring->change);
    if (r < 0)
        end(restoring, request_fail_submit(restoring->call, r));
}

static void on_tried(void *arg, enum trial_outcome outcome, const struct trial_fault *fault)
{
    struct restoring *restoring = arg;
    char place[40] = "entries";

    restoring->trial = NULL;
    if (fault->seq > 0)
        snprintf(place, sizeof(place), "entries[%" PRId64 "]", fault->seq);
    if (outcome == TRIAL_FAILED)
        end(restoring, fail_document(restoring->call, place, fault->message));
    else if (outcome == TRIAL_AWAY || !restoring->tracker)
        end(restoring, fail_unavailable(restoring->call));
    else
        submit(restoring);
}

/* What is there already, or was sent once and is not here any more, is the plan's to tell. */
static bool is_to_be_tried(const struct restoring *restoring)
{
    const struct registry *registry = store_registry(restoring->tracker->store);

    if (restoring->taken || restoring->entries.count == 0)
        return false;
    return !is_registry(restoring) || (registry && registry->seq == 0);
}

static void try_out(struct restoring *restoring)
{
    if (!is_to_be_tried(restoring))
        submit(restoring);
    else if (trial_start(restoring->tracker->store, &restoring->entries, on_tried, restoring,
                         &restoring->trial) < 0)
        end(restoring, fail_overloaded(restoring->call));
}

static void check_done(struct pg_job *job, enum pg_outcome outcome,
                       const struct pg_error *error UNUSED)
{
    struct restoring *restoring =
        (struct restoring *)((char *)job - offsetof(struct restoring, job));

    if (outcome != PG_DONE || !restoring->tracker)
        end(restoring, fail_unavailable(restoring->call));
    else if (restoring->taken && !(restoring->change.repeatable || is_registry(restoring)))
        end(restoring, fail_taken(restoring));
    else if (!restoring->has_registry)
        end(restoring, fail_document(restoring->call, "header.registrySeq",
                                     "the registry of this database is not the one that the "
                                     "journal names persons and accounts by: restore that first"));
    else
        try_out(restoring);
}

const struct answer *method_restore_commit(struct call *call)
{
    struct restoring *restoring = find(call);
    const struct answer *answer;
    struct request request;

    if (!restoring)
        return fail_no_import(call, param_text(call, "restore"));
    if ((int64_t)restoring->entries.count != restoring->seq ||
        memcmp(entries_head(&restoring->entries), restoring->hash, HASH_SIZE) != 0) {
        restoring_free(restoring);
        return fail_document(call, "header.seq", "the last entry is not the one that it names");
    }
    request_caller(call, &request);
    event_del(restoring->timer);
    restoring->committing = true;
    restoring->call = call;
    restoring->change.account = request_account(&request);
    restoring->job =
        (struct pg_job){.send = check_send, .result = check_result, .done = check_done};
    answer = call_park(call);
    pool_run(store_pool(request.store), POOL_READ, &restoring->job);
    return answer;
}
