/* Who calls and what they mean; see request.h. */
#include "methods/request.h"

#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/people.h"
#include "db/moment.h"
#include "methods/fail.h"
#include "methods/table.h"

const char *param_text(const struct call *call, const char *name)
{
    return json_string_value(json_object_get(call->parameters, name));
}

bool param_given(const struct call *call, const char *name)
{
    const json_t *value = json_object_get(call->parameters, name);

    return value && !json_is_null(value);
}

int64_t param_int(const struct call *call, const char *name, int64_t absent)
{
    return param_given(call, name) ? json_integer_value(json_object_get(call->parameters, name))
                                   : absent;
}

double param_double(const struct call *call, const char *name)
{
    return param_given(call, name) ? json_number_value(json_object_get(call->parameters, name))
                                   : (double)NAN;
}

bool param_bool(const struct call *call, const char *name)
{
    return json_is_true(json_object_get(call->parameters, name));
}

/* The last answer that took a look at the whole tree: a list asks the same for each of its lines.
 */
static struct {
    int64_t account, seq, registry_seq;
    unsigned char registry_hash[HASH_SIZE]; /* after a failover another past may have its seq */
    uint64_t tree;                          /* its birth */
    int32_t day;
    bool known, may;
} last_duty;

static bool may_read_by_duty(const struct request *request, struct slot *slot, int64_t account)
{
    const struct registry *registry = request->registry;
    int32_t day = slot_today(slot);

    if (!last_duty.known || last_duty.account != account || last_duty.tree != slot->tree->birth ||
        last_duty.seq != slot->tree->seq || last_duty.registry_seq != registry->seq ||
        memcmp(last_duty.registry_hash, registry->hash, HASH_SIZE) != 0 || last_duty.day != day) {
        last_duty.may = rights_read(registry, &request->caller, slot->tree, day);
        last_duty.known = true;
        last_duty.account = account;
        last_duty.tree = slot->tree->birth;
        last_duty.seq = slot->tree->seq;
        last_duty.registry_seq = registry->seq;
        memcpy(last_duty.registry_hash, registry->hash, HASH_SIZE);
        last_duty.day = day;
    }
    return last_duty.may;
}

bool request_may_read(const struct request *request, struct slot *slot)
{
    const struct account *account = request->caller.account;

    if (rights_on(request->registry, &request->caller, slot->tree) & MAY_READER)
        return true;
    return account && account->person_id && may_read_by_duty(request, slot, account->id);
}

/* May the call be about the strategy? For what goes to whom, those may ask who may send it. */
static bool may_open(const struct request *request, struct slot *slot)
{
    const struct method *method = method_find(request->call->method);

    return request_may_read(request, slot) ||
           (method && rights_on(request->registry, &request->caller, slot->tree) & method->needs &
                          MAY_REMINDER);
}

int64_t request_account(const struct request *request)
{
    return request->caller.account ? request->caller.account->id
                                   : -1 - (int64_t)request->call->peer.uid;
}

/* Who or what has the key, taking part or not; 0: nobody. */
static int64_t holder_by_key(const struct request *request, enum holder holder, const char *key)
{
    const struct organisation *organisation;
    const struct person *person;
    const struct group *group;

    switch (holder) {
    case HOLDER_ORGANISATION:
        organisation = registry_organisation_by_key(request->registry, key);
        return organisation ? organisation->id : 0;
    case HOLDER_PERSON:
        person = registry_person_by_key(request->registry, key);
        return person ? person->id : 0;
    case HOLDER_GROUP:
        group = tree_group_by_key(request->tree, key);
        return group ? group->id : 0;
    }
    return 0;
}

bool holder_find(const struct request *request, enum holder holder, const char *key,
                 int64_t *ret_id)
{
    int64_t id = holder_by_key(request, holder, key);

    if (id == 0 ||
        (holder != HOLDER_GROUP && !people_take_part(request->registry, request->tree, holder, id)))
        return false;
    *ret_id = id;
    return true;
}

/* None was named: the one that the caller can ask about, if there is exactly one. */
static struct slot *only_strategy(const struct request *request, json_t **ret_keys)
{
    struct slot *const *slots, *only = NULL;
    size_t n = store_strategies(request->store, &slots);
    json_t *keys = json_array();

    for (size_t i = 0; i < n; i++) {
        if (!may_open(request, slots[i]))
            continue;
        only = slots[i];
        json_array_append_new(keys, json_string(slots[i]->key));
    }
    *ret_keys = keys;
    return json_array_size(keys) == 1 ? only : NULL;
}

/* A strategy that the caller may ask about. */
static void use_strategy(struct request *request, struct slot *slot)
{
    request->slot = slot;
    request->tree = slot->tree;
    request->today = slot_today(slot);
    request->may = rights_on(request->registry, &request->caller, request->tree) | MAY_READER;
    if (!request->language)
        request->language = request->tree->strategy.language;
}

static const struct answer *open_strategy(struct request *request)
{
    const char *key = param_text(request->call, "strategy");
    json_auto_t *keys = NULL;

    if (key && *key) {
        struct slot *slot = store_strategy(request->store, key);

        /* What one may not read, one may not know of either. */
        if (slot && may_open(request, slot))
            request->slot = slot;
        else if (!store_loaded(request->store))
            return fail_unavailable(request->call);
        else
            return fail_no_strategy(request->call, key);
    } else {
        request->slot = only_strategy(request, &keys);
        if (!request->slot && !store_loaded(request->store))
            return fail_unavailable(request->call);
        if (!request->slot)
            return call_fail(request->call, TRACKER_ERROR("StrategyNeeded"),
                             json_pack("{s:O}", "strategies", keys));
    }
    use_strategy(request, request->slot);
    return NULL;
}

void request_caller(struct call *call, struct request *ret_request)
{
    struct tracker *tracker = call->service;
    struct request request = {.call = call, .tracker = tracker, .store = tracker->store};

    request.registry = store_registry(request.store);
    request.caller =
        rights_caller(request.registry, tracker->realm, call->peer.uid, tracker->own_uid);
    request.may = rights_on(request.registry, &request.caller, NULL);
    request.language = param_text(call, "language");
    *ret_request = request;
}

/* Handed on by the gate, to be taken by the handler in the same turn of the loop. */
static struct request handed_on;

void request_hand_on(const struct request *request)
{
    handed_on = request ? *request : (struct request){0};
}

static bool take_handed_on(const struct call *call, struct request *ret_request)
{
    if (handed_on.call != call)
        return false;
    *ret_request = handed_on;
    handed_on.call = NULL;
    return true;
}

/* The past that the call is about takes the present's place; there may be none. */
static void use_moment(struct request *request)
{
    const struct moment *moment = request->call->kept;

    if (!moment)
        return;
    request->moment = moment;
    request->tree = moment->tree;
    if (moment->registry)
        request->registry = moment->registry;
    request->today = moment->today;
    request->language = param_text(request->call, "language");
    if (!request->language)
        request->language = request->tree->strategy.language;
}

const struct answer *request_open_strategy(struct call *call, struct request *ret_request)
{
    const struct answer *answer;
    struct request request;

    request_caller(call, &request);
    if (!request.registry)
        return fail_unavailable(call);
    answer = open_strategy(&request);
    if (!answer)
        *ret_request = request;
    return answer;
}

static const struct answer *open_with_strategy(struct call *call, struct request *ret_request)
{
    const char *code = param_text(call, "code");
    struct request request;
    const struct answer *answer = request_open_strategy(call, &request);

    if (answer)
        return answer;
    use_moment(&request);
    request.node = tree_node_by_code(request.tree, code);
    if (!request.node)
        return fail_no_node(call, request.slot->key, code);
    *ret_request = request;
    return NULL;
}

const struct answer *request_open(struct call *call, bool with_strategy,
                                  struct request *ret_request)
{
    struct request request;

    if (take_handed_on(call, ret_request))
        return NULL;
    if (with_strategy)
        return open_with_strategy(call, ret_request);
    request_caller(call, &request);
    /* An operator asks the server how it is before it has read anything. */
    if (!request.registry && !request.caller.builtin_admin)
        return fail_unavailable(call);
    *ret_request = request;
    return NULL;
}

int request_reopen(struct call *call, int32_t strategy_id, struct request *ret_request)
{
    struct request request;
    struct slot *slot;

    request_caller(call, &request);
    if (!request.registry)
        return -ENOENT;
    slot = store_slot(request.store, strategy_id);
    if (!slot || !slot->tree || !may_open(&request, slot))
        return -ENOENT;
    use_strategy(&request, slot);
    use_moment(&request);
    *ret_request = request;
    return 0;
}

int request_lost(const struct call *call, struct stream *stream)
{
    const char *key = param_text(call, "strategy");

    stream->error = TRACKER_ERROR("NoSuchStrategy");
    stream->error_parameters = json_pack("{s:s}", "strategy", key ? key : "");
    return -ENOENT;
}

/* Method and parameters without the request id, in one way of writing them. */
static int call_digest(const struct call *call, unsigned char ret_digest[HASH_SIZE])
{
    bool given = json_object_get(call->parameters, "requestId") != NULL;
    json_auto_t *copy = given ? json_copy(call->parameters) : json_incref(call->parameters);

    if (given)
        json_object_del(copy, "requestId");
    return digest_call(call->method, copy, ret_digest);
}

/* A random one (RFC 9562, version 4). libuuid's costs five system calls, a twentieth of an update.
 */
static void make_uuid(uuid_t ret_uuid)
{
    randombytes_buf(ret_uuid, sizeof(uuid_t));
    ret_uuid[6] = (unsigned char)((ret_uuid[6] & 0x0f) | 0x40);
    ret_uuid[8] = (unsigned char)((ret_uuid[8] & 0x3f) | 0x80);
}

const struct answer *request_sign(const struct request *request, struct change *change)
{
    const char *given = param_text(request->call, "requestId");
    uuid_t uuid;

    if (given && uuid_parse(given, uuid) != 0)
        return fail_value(request->call, "requestId", "not a UUID");
    if (!given)
        make_uuid(uuid);
    uuid_unparse_lower(uuid, change->request_id);
    change->repeatable = given != NULL;
    change->account = request_account(request);
    if (call_digest(request->call, change->digest) < 0)
        return fail_overloaded(request->call);
    return NULL;
}

const struct answer *request_fail_change(struct call *call, const struct change *change,
                                         enum change_outcome outcome)
{
    switch (outcome) {
    case CHANGE_REUSED:
        return fail_reused(call, change->request_id, change->seq);
    case CHANGE_CONFLICT:
        return fail_value(call, change->constraint, "refused by the database");
    case CHANGE_UNKNOWN:
        return fail_unknown_outcome(call, change->request_id);
    default:
        return fail_unavailable(call);
    }
}

const struct answer *request_fail_submit(struct call *call, int error)
{
    return error == -EAGAIN ? fail_overloaded(call) : fail_unavailable(call);
}
