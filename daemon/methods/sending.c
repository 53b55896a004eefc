/* Who may send what, and when; see sending.h. */
#include "methods/sending.h"

#include <errno.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/array.h"
#include "db/instant.h"
#include "db/params.h"
#include "methods/fail.h"

#define REASON_MOST 500 /* bytes of what a mail system said */
#define NOON_US (12 * 3600 * INT64_C(1000000))

const struct answer *sending_open(struct call *call, char ret_run[UUID_TEXT_SIZE],
                                  int64_t *ret_now_us)
{
    const char *run = param_text(call, "run"), *now = param_text(call, "now");
    struct date date;
    int64_t now_us = 0;
    uuid_t uuid;

    if (run && uuid_parse(run, uuid) != 0)
        return fail_value(call, "run", "not a UUID");
    if (now && instant_parse(now, "UTC", false, &now_us) < 0)
        return fail_value(call, "now",
                          "not a date (2024-05-31) or a time (2024-05-31T14:00:00+02:00)");
    if (now && date_parse(now, &date) == 0) {
        if (date.day == 0)
            return fail_value(call, "now", "not one day");
        now_us += NOON_US;
    }
    if (run)
        uuid_unparse_lower(uuid, ret_run);
    *ret_now_us = now_us;
    return NULL;
}

/* A copy that ends between two characters. */
static char *copy_reason(const char *reason)
{
    size_t len = strnlen(reason, REASON_MOST);

    while (reason[len] && len > 0 && ((unsigned char)reason[len] & 0xc0) == 0x80)
        len--;
    return strndup(reason, len);
}

const struct answer *sending_outcome(struct call *call, bool *ret_sent, char **ret_reason)
{
    const char *outcome = param_text(call, "outcome"), *reason = param_text(call, "reason");
    bool sent = strcmp(outcome, "sent") == 0;
    char *copy = NULL;

    if (!sent && strcmp(outcome, "failed") != 0)
        return fail_value(call, "outcome", "must be sent or failed");
    if (!sent && reason && !(copy = copy_reason(reason)))
        return fail_overloaded(call);
    *ret_sent = sent;
    *ret_reason = copy;
    return NULL;
}

const struct answer *sending_fail_letter(struct call *call, const char *letter)
{
    return call_fail(call, TRACKER_ERROR("NoSuchLetter"), json_pack("{s:s}", "letter", letter));
}

/* `mail_from` is an address whoever set it, so that there is an @ in it. */
json_t *sending_message_id(const struct tracker *tracker, const char *letter)
{
    return json_sprintf("%s%s", letter, strchr(tracker->mail_from, '@'));
}

static json_t *last_run(const struct sending *sending)
{
    char text[TIME_TEXT_SIZE];

    return json_pack("{s:s}", "last", time_format(sending->last_us, text));
}

static json_t *too_late(void)
{
    return json_pack("{s:s,s:s}", "field", "now", "message",
                     "too far ahead of the database's clock");
}

const struct answer *sending_refuse(struct call *call, const struct sending *sending)
{
    return sending->early ? call_fail(call, TRACKER_ERROR("ClockSetBack"), last_run(sending))
                          : call_fail(call, TRACKER_ERROR("InvalidValue"), too_late());
}

int sending_refuse_stream(struct stream *stream, const struct sending *sending)
{
    stream->error = sending->early ? TRACKER_ERROR("ClockSetBack") : TRACKER_ERROR("InvalidValue");
    stream->error_parameters = sending->early ? last_run(sending) : too_late();
    return -EINVAL;
}

const char *sending_needed(unsigned roles)
{
    return roles & MAY_MANAGER ? "reminder, manager or admin" : "reminder or admin";
}

bool sending_may(const struct request *request, unsigned roles, int32_t strategy_id)
{
    const struct account *account = request->caller.account;
    const struct grant *grant, *next;

    if (rights_on(request->registry, &request->caller, NULL) & roles)
        return true;
    if (!account || account->disabled || strategy_id == 0)
        return false;
    HASH_ITER (by_id, request->registry->grants, grant, next) {
        if (grant->account_id == account->id && grant->strategy_id == strategy_id &&
            grant->role != RIGHT_ROLE_NONE && 1U << grant->role & roles)
            return true;
    }
    return false;
}

/* Is there any strategy, loaded or not, on which the caller may? */
static bool may_somewhere(const struct request *request, unsigned roles)
{
    const struct account *account = request->caller.account;
    const struct grant *grant, *next;

    if (sending_may(request, roles, 0))
        return true;
    if (!account || account->disabled)
        return false;
    HASH_ITER (by_id, request->registry->grants, grant, next) {
        if (grant->account_id == account->id && grant->role != RIGHT_ROLE_NONE &&
            1U << grant->role & roles)
            return true;
    }
    return false;
}

static int add_strategy(int32_t **ids, size_t *count, int32_t id)
{
    if (ARRAY_RESERVE(*ids, *count) < 0)
        return -ENOMEM;
    (*ids)[(*count)++] = id;
    return 0;
}

static const struct answer *named_strategy(const struct request *request, unsigned roles,
                                           const char *key, int32_t **ret_ids, size_t *ret_count)
{
    struct slot *slot = store_strategy(request->store, key);

    if (slot && sending_may(request, roles, slot->id)) {
        if (add_strategy(ret_ids, ret_count, slot->id) < 0)
            return fail_overloaded(request->call);
        return NULL;
    }
    if (slot && request_may_read(request, slot))
        return fail_not_permitted(request->call, sending_needed(roles), slot->key);
    return store_loaded(request->store) ? fail_no_strategy(request->call, key)
                                        : fail_unavailable(request->call);
}

const struct answer *sending_scope(const struct request *request, unsigned roles, int32_t **ret_ids,
                                   size_t *ret_count)
{
    const char *key = param_text(request->call, "strategy");
    AUTO(free_ptr) int32_t *ids = NULL;
    const struct answer *answer = NULL;
    struct slot *const *slots;
    size_t count = 0, n = store_strategies(request->store, &slots);

    if (key && *key)
        answer = named_strategy(request, roles, key, &ids, &count);
    else if (!may_somewhere(request, roles))
        answer = fail_not_permitted(request->call, sending_needed(roles), NULL);
    else
        for (size_t i = 0; i < n && !answer; i++) {
            if (sending_may(request, roles, slots[i]->id) &&
                add_strategy(&ids, &count, slots[i]->id) < 0)
                answer = fail_overloaded(request->call);
        }
    if (answer)
        return answer;
    *ret_ids = STEAL(ids);
    *ret_count = count;
    return NULL;
}

int sending_scope_text(const struct request *request, unsigned roles, char **ret_text)
{
    const struct account *account = request->caller.account;
    AUTO(param_list_done) struct param_list ids = PARAM_LIST_ARRAY;
    const struct grant *grant, *next;
    const char *text;
    char *copy;

    if (sending_may(request, roles, 0)) {
        *ret_text = NULL;
        return 0;
    }
    if (!account || account->disabled)
        return -EPERM;
    HASH_ITER (by_id, request->registry->grants, grant, next) {
        if (grant->account_id == account->id && grant->strategy_id &&
            grant->role != RIGHT_ROLE_NONE && 1U << grant->role & roles)
            param_list_add_number(&ids, grant->strategy_id);
    }
    if (!ids.any)
        return -EPERM;
    text = param_list_close(&ids);
    copy = text ? strdup(text) : NULL;
    if (!copy)
        return -ENOMEM;
    *ret_text = copy;
    return 0;
}
