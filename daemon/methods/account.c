/*
 * Accounts and their rights: ListAccounts, AddAccount, GrantRole, RevokeRole, DisableAccount. All
 * of them are changes of the registry, so every use of an admin's right stands in its journal.
 */
#include "methods/account.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/contact.h"
#include "db/tables.h"
#include "methods/check.h"
#include "methods/fail.h"
#include "methods/table.h"
#include "methods/value.h"

#define UID_LIMIT INT64_C(4294967294)

json_t *describe_grants(const struct request *request, const struct account *account)
{
    json_t *grants = json_array();
    const struct grant *grant, *next;

    if (!account)
        return grants;
    HASH_ITER (by_id, request->registry->grants, grant, next) {
        const struct slot *slot;

        if (grant->account_id != account->id || grant->role == RIGHT_ROLE_NONE)
            continue;
        slot = grant->strategy_id ? store_slot(request->store, grant->strategy_id) : NULL;
        json_array_append_new(grants, json_pack("{s:s,s:s?}", "role", right_role_names[grant->role],
                                                "strategy", slot ? slot->key : NULL));
    }
    return grants;
}

/* --- ListAccounts --- */

struct account_stream {
    struct stream stream;
    struct call *call;
    int64_t after; /* the id of the last one sent */
};

static void account_stream_free(struct stream *stream)
{
    free(stream);
}

static json_t *describe_one(const struct request *request, const struct account *account)
{
    const struct person *person =
        account->person_id ? registry_person(request->registry, account->person_id) : NULL;

    return json_pack("{s:{s:I,s:s,s:I,s:s?,s:s?,s:b,s:o}}", "account", "id",
                     (json_int_t)account->id, "realm", account->realm, "uid",
                     (json_int_t)account->uid, "person", person ? person->key : NULL, "name",
                     person ? person->name : NULL, "disabled", account->disabled, "grants",
                     describe_grants(request, account));
}

static int account_stream_next(struct stream *stream, struct writer *writer)
{
    struct account_stream *list = (struct account_stream *)stream;
    const struct account *account, *tmp, *next = NULL;
    struct request request;
    int r;

    request_caller(list->call, &request);
    if (!request.registry || !(request.may & (MAY_AUDITOR | MAY_ADMIN))) /* no longer */
        return 0;
    HASH_ITER (by_id, request.registry->accounts, account, tmp) {
        if (account->id > list->after && (!next || account->id < next->id))
            next = account;
    }
    if (!next)
        return 0;
    list->after = next->id;
    r = writer_take(writer, describe_one(&request, next));
    return r < 0 ? r : 1;
}

const struct answer *method_list_accounts(struct call *call)
{
    struct account_stream *list = calloc(1, sizeof(*list));

    if (!list)
        return fail_overloaded(call);
    list->stream.next = account_stream_next;
    list->stream.free = account_stream_free;
    list->call = call;
    return call_stream(call, &list->stream);
}

/* --- changes --- */

/* A change of an account on its way. Begins with the change. */
struct account_change {
    struct change change;
    struct call *call; /* parked */
    int64_t uid;
    char *realm, *person, *name, *strategy; /* owned; NULL where not given */
    int role;
    bool disabled, adding;
    enum {
        WRONG_NOTHING,
        WRONG_ACCOUNT,
        WRONG_PERSON,
        WRONG_EXISTS,
        WRONG_PERSON_EXISTS,
        WRONG_STRATEGY
    } wrong;
};

static void account_change_free(struct account_change *change)
{
    free(change->realm);
    free(change->person);
    free(change->name);
    free(change->strategy);
    free(change);
}

static void account_change_freep(struct account_change **change)
{
    if (*change)
        account_change_free(*change);
}

static int wrong(struct account_change *change, int what)
{
    change->wrong = what;
    return -EINVAL;
}

static const struct account *find_account(const struct account_change *change)
{
    return registry_account_of(store_registry(change->change.slot->store), change->realm,
                               change->uid);
}

static const struct answer *account_answer(struct account_change *change,
                                           enum change_outcome outcome)
{
    struct call *call = change->call;
    char uid[24], person[ACCOUNT_TEXT_SIZE];

    if (outcome == CHANGE_DONE || outcome == CHANGE_REPEATED) {
        json_int_t seq = (json_int_t)change->change.seq;

        if (!change->adding)
            return call_reply(call, json_pack("{s:I}", "seq", seq));
        return call_reply(
            call, json_pack("{s:I,s:I}", "account", (json_int_t)change->change.id, "seq", seq));
    }
    if (outcome != CHANGE_REFUSED)
        return request_fail_change(call, &change->change, outcome);
    switch (change->wrong) {
    case WRONG_ACCOUNT:
        return fail_no_account(call, change->realm, change->uid);
    case WRONG_PERSON:
        return fail_no_key(call, change->person);
    case WRONG_EXISTS:
        snprintf(uid, sizeof(uid), "%" PRId64, change->uid);
        return fail_exists(call, "uid", uid);
    case WRONG_PERSON_EXISTS:
        snprintf(person, sizeof(person), "%s:%" PRId64, change->realm, change->uid);
        return fail_exists(call, "person", person);
    case WRONG_STRATEGY:
        return fail_no_strategy(call, change->strategy);
    default:
        return fail_overloaded(call);
    }
}

static void account_done(struct change *base, enum change_outcome outcome)
{
    struct account_change *change = (struct account_change *)base;

    call_end(account_answer(change, outcome));
    account_change_free(change);
}

static char *copy_param(const struct call *call, const char *name)
{
    const char *text = param_text(call, name);

    return text ? strdup(text) : NULL;
}

/* Checks what all of them take, queues the change and parks the call. */
static const struct answer *account_submit(struct call *call, struct account_change *template,
                                           int (*plan)(struct change *change, struct plan *plan))
{
    struct request request;
    const struct answer *answer = request_open(call, false, &request);
    AUTO(account_change_freep) struct account_change *change = NULL;
    struct refusal refusal;
    int r;

    if (answer)
        return answer;
    if (check_text(call, "realm", CHECK_SHORT_TEXT / 4, &refusal) < 0 ||
        check_text(call, "name", CHECK_SHORT_TEXT, &refusal) < 0)
        return fail_value(call, refusal.field, "%s", refusal.message);
    change = calloc(1, sizeof(*change));
    if (!change)
        return fail_overloaded(call);
    *change = *template;
    change->call = call;
    change->uid = param_int(call, "uid", -1);
    if (change->uid < 0 || change->uid > UID_LIMIT || rights_is_nobody(change->uid))
        return fail_value(call, "uid", "not a user number that can have an account");
    change->realm =
        strdup(param_given(call, "realm") ? param_text(call, "realm") : request.tracker->realm);
    change->person = copy_param(call, "person");
    change->name = copy_param(call, "name");
    change->strategy = copy_param(call, "strategy");
    change->change.slot = store_registry_slot(request.store);
    change->change.alone = true;
    change->change.plan = plan;
    change->change.done = account_done;
    answer = change->realm ? request_sign(&request, &change->change) : fail_overloaded(call);
    if (answer)
        return answer;
    r = store_submit(&change->change);
    if (r < 0)
        return request_fail_submit(call, r);
    change = NULL;
    return call_park(call);
}

static json_t *account_payload(const char *realm, int64_t uid, int64_t person_id, bool disabled)
{
    return json_pack("{s:s,s:I,s:o,s:b}", "realm", realm, "uid", (json_int_t)uid, "person_id",
                     person_id ? json_integer((json_int_t)person_id) : json_null(), "disabled",
                     disabled);
}

static int put_account(const struct account_change *change, struct plan *plan, int64_t id,
                       int64_t person_id, bool disabled)
{
    AUTO(free_ptr) char *key = NULL;

    if (asprintf(&key, "%s:%" PRId64, change->realm, change->uid) < 0)
        return -ENOMEM;
    return entries_put(plan->registry, table_of("account"), id, id != 0, key,
                       account_payload(change->realm, change->uid, person_id, disabled), NULL,
                       change->change.account, NULL);
}

static int put_name(const struct account_change *change, struct plan *plan, int64_t person_id)
{
    AUTO(free_ptr) char *key = NULL, *secret = NULL;
    json_t *payload;
    int r = contact_key(person_id, "name", &key);

    if (r == 0)
        r = contact_seal(person_id, "name", change->name, &payload, &secret);
    if (r < 0)
        return r;
    return entries_put(plan->registry, table_of("contact"), 0, false, key, payload, secret,
                       change->change.account, NULL);
}

/* A person known by name alone, whose key is the account's. */
static int put_person(struct account_change *change, struct plan *plan, int64_t *ret_person_id)
{
    AUTO(free_ptr) char *key = NULL;
    int64_t id;
    int r;

    if (asprintf(&key, "%s:%" PRId64, change->realm, change->uid) < 0)
        return -ENOMEM;
    if (registry_person_by_key(store_registry(plan->store), key)) /* an import brought them in */
        return wrong(change, WRONG_PERSON_EXISTS);
    r = entries_put(plan->registry, table_of("person"), 0, false, key, json_object(), NULL,
                    change->change.account, &id);
    if (r == 0)
        r = put_name(change, plan, id);
    if (r == 0)
        *ret_person_id = id;
    return r;
}

static int plan_add(struct change *base, struct plan *plan)
{
    struct account_change *change = (struct account_change *)base;
    const struct registry *registry = store_registry(plan->store);
    const struct person *person = NULL;
    int64_t person_id = 0;
    int r = 0;

    if (find_account(change))
        return wrong(change, WRONG_EXISTS);
    if (change->person) {
        person = registry_person_by_key(registry, change->person);
        if (!person)
            return wrong(change, WRONG_PERSON);
        person_id = person->id;
    } else if (change->name) {
        r = put_person(change, plan, &person_id);
    }
    return r < 0 ? r : put_account(change, plan, 0, person_id, false);
}

const struct answer *method_add_account(struct call *call)
{
    struct account_change template = {.adding = true};

    if (param_given(call, "person") && param_given(call, "name"))
        return fail_value(call, "name", "a person that exists has a name already");
    return account_submit(call, &template, plan_add);
}

static int plan_disable(struct change *base, struct plan *plan)
{
    struct account_change *change = (struct account_change *)base;
    const struct account *account = find_account(change);

    if (!account)
        return wrong(change, WRONG_ACCOUNT);
    if (account->disabled == change->disabled)
        return 0;
    return put_account(change, plan, account->id, account->person_id, change->disabled);
}

const struct answer *method_disable(struct call *call)
{
    struct account_change template = {.disabled = !param_given(call, "disabled") ||
                                                  param_bool(call, "disabled")};

    return account_submit(call, &template, plan_disable);
}

/* The strategy a right is for, by key or alias; 0: everywhere. */
static int grant_scope(struct account_change *change, struct store *store, int32_t *ret_strategy)
{
    const struct slot *slot = change->strategy ? store_strategy(store, change->strategy) : NULL;

    if (change->strategy && !slot)
        return wrong(change, WRONG_STRATEGY);
    *ret_strategy = slot ? slot->id : 0;
    return 0;
}

static int plan_grant(struct account_change *change, struct plan *plan, bool grant)
{
    const struct registry *registry = store_registry(plan->store);
    const struct account *account = find_account(change);
    const struct grant *item, *next, *found = NULL;
    AUTO(free_ptr) char *key = NULL;
    int32_t strategy;
    int r;

    if (!account)
        return wrong(change, WRONG_ACCOUNT);
    r = grant_scope(change, plan->store, &strategy);
    if (r < 0)
        return r;
    HASH_ITER (by_id, registry->grants, item, next) {
        if (item->account_id == account->id && item->role == change->role &&
            item->strategy_id == strategy)
            found = item;
    }
    if ((found != NULL) == grant)
        return 0;
    if (asprintf(&key, "%" PRId64 "|%s|%" PRId32, account->id, right_role_names[change->role],
                 strategy) < 0)
        return -ENOMEM;
    if (!grant)
        return entries_end(plan->registry, table_of("role_grant"), found->id, key,
                           change->change.account);
    return entries_put(plan->registry, table_of("role_grant"), 0, false, key,
                       json_pack("{s:I,s:s,s:i}", "account_id", (json_int_t)account->id, "role",
                                 right_role_names[change->role], "on_strategy", (int)strategy),
                       NULL, change->change.account, NULL);
}

static int plan_give(struct change *change, struct plan *plan)
{
    return plan_grant((struct account_change *)change, plan, true);
}

static int plan_take(struct change *change, struct plan *plan)
{
    return plan_grant((struct account_change *)change, plan, false);
}

static const struct answer *grant_submit(struct call *call,
                                         int (*plan)(struct change *change, struct plan *plan))
{
    struct account_change template = {0};
    struct refusal refusal;

    if (check_word(call, "role", right_role_names, RIGHT_ROLE_READER, RIGHT_ROLE_ADMIN, &refusal) <
        0)
        return fail_value(call, refusal.field, "%s", refusal.message);
    template.role = enum_parse(right_role_names, param_text(call, "role"));
    return account_submit(call, &template, plan);
}

const struct answer *method_grant(struct call *call)
{
    return grant_submit(call, plan_give);
}

const struct answer *method_revoke(struct call *call)
{
    return grant_submit(call, plan_take);
}
