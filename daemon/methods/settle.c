/*
 * SettleReminders and RetryReminder: one statement each, of which the caller is told how many
 * occurrences it was about. Neither needs a tree, so that what was sent can be told to a daemon
 * that has only just started; both may be repeated where the outcome is not known.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/claims.h"
#include "methods/fail.h"
#include "methods/sending.h"
#include "methods/table.h"

static const struct answer *fail_settling(struct call *call, int error)
{
    if (error == -ECONNRESET)
        return fail_unknown_outcome(call, "");
    return error == -ENOMEM ? fail_overloaded(call) : fail_unavailable(call);
}

static void on_settled(struct claims_settling *settling, int error)
{
    struct call *call = settling->arg;

    if (error)
        call_end(fail_settling(call, error));
    else if (settling->settled < 0)
        call_end(sending_refuse(call, &(struct sending){.late = true}));
    else if (settling->settled == 0)
        call_end(sending_fail_letter(call, settling->letter));
    else
        call_end(call_reply(call, json_pack("{s:I}", "settled", (json_int_t)settling->settled)));
    claims_settling_free(settling);
}

static void on_retried(struct claims_settling *settling, int error)
{
    struct call *call = settling->arg;

    if (error)
        call_end(fail_settling(call, error));
    else if (settling->settled == 0 && settling->row_id)
        call_end(call_fail(call, TRACKER_ERROR("NoSuchReminder"),
                           json_pack("{s:I}", "id", (json_int_t)settling->row_id)));
    else
        call_end(call_reply(call, json_pack("{s:I}", "retried", (json_int_t)settling->settled)));
    claims_settling_free(settling);
}

/* Of whose reminders the caller may say something: NULL, or the answer. */
static const struct answer *open_scope(struct call *call, unsigned roles,
                                       struct claims_settling *settling)
{
    struct request request;
    int r;

    request_caller(call, &request);
    if (!request.registry || !store_reachable(request.store))
        return fail_unavailable(call);
    r = sending_scope_text(&request, roles, &settling->strategies);
    if (r == -EPERM)
        return fail_not_permitted(call, sending_needed(roles), NULL);
    return r < 0 ? fail_overloaded(call) : NULL;
}

static const struct answer *read_settling(struct call *call, struct claims_settling *settling)
{
    const struct answer *answer = sending_open(call, settling->run, &settling->now_us);

    if (!answer)
        answer = sending_outcome(call, &settling->sent, &settling->reason);
    if (answer)
        return answer;
    settling->letter = strdup(param_text(call, "letter"));
    if (!settling->letter)
        return fail_overloaded(call);
    return open_scope(call, MAY_REMINDER | MAY_ADMIN, settling);
}

const struct answer *method_settle_reminders(struct call *call)
{
    struct tracker *tracker = call->service;
    struct claims_settling *settling = calloc(1, sizeof(*settling));
    const struct answer *answer = settling ? read_settling(call, settling) : fail_overloaded(call);

    if (answer) {
        claims_settling_free(settling);
        return answer;
    }
    settling->arg = call;
    settling->done = on_settled;
    claims_settle(store_pool(tracker->store), settling);
    return call_park(call);
}

/* Of one strategy only, if the caller says which. */
static const struct answer *read_retrying(struct call *call, struct claims_settling *settling)
{
    unsigned roles = MAY_REMINDER | MAY_MANAGER | MAY_ADMIN;
    AUTO(free_ptr) int32_t *ids = NULL;
    struct request request;
    const struct answer *answer;
    size_t n;

    settling->row_id = param_int(call, "id", 0);
    if (param_given(call, "id") && settling->row_id < 1)
        return fail_value(call, "id", "must be positive");
    answer = open_scope(call, roles, settling);
    if (answer || !param_given(call, "strategy"))
        return answer;
    request_caller(call, &request);
    answer = sending_scope(&request, roles, &ids, &n);
    if (answer)
        return answer;
    free(STEAL(settling->strategies));
    if (asprintf(&settling->strategies, "{%" PRId32 "}", ids[0]) >= 0)
        return NULL;
    settling->strategies = NULL;
    return fail_overloaded(call);
}

const struct answer *method_retry_reminder(struct call *call)
{
    struct tracker *tracker = call->service;
    struct claims_settling *settling = calloc(1, sizeof(*settling));
    const struct answer *answer = settling ? read_retrying(call, settling) : fail_overloaded(call);

    if (answer) {
        claims_settling_free(settling);
        return answer;
    }
    settling->arg = call;
    settling->done = on_retried;
    claims_retry(store_pool(tracker->store), settling);
    return call_park(call);
}
