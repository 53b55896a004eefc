/* SettleDigests: what became of a mail that a run has claimed. */
#include <string.h>

#include "db/row.h"
#include "methods/digest.h"
#include "methods/fail.h"
#include "methods/sending.h"
#include "methods/subscription.h"
#include "methods/table.h"

struct settling {
    struct pg_job job;
    struct call *call; /* parked */
    char run[UUID_TEXT_SIZE];
    int64_t now_us;
    bool sent;
    char *reason; /* owned, or NULL */
    char outcome[16];
};

static void settling_free(struct settling *settling)
{
    free(settling->reason);
    free(settling);
}

static void settling_send(struct pg_job *job, struct pg *pg)
{
    const struct settling *settling = (const struct settling *)job;

    digest_settle(pg, settling->run, param_text(settling->call, "letter"), settling->sent,
                  settling->reason, settling->now_us);
}

static void settling_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct settling *settling = (struct settling *)job;

    if (PQntuples(result) == 1)
        snprintf(settling->outcome, sizeof(settling->outcome), "%s", row_text(result, 0, 0));
}

static const struct answer *settling_answer(const struct settling *settling)
{
    if (strcmp(settling->outcome, "lost") == 0)
        return sending_fail_letter(settling->call, param_text(settling->call, "letter"));
    if (strcmp(settling->outcome, "late") == 0)
        return sending_refuse(settling->call, &(struct sending){.late = true});
    return call_reply(settling->call, json_pack("{s:i}", "settled",
                                                strcmp(settling->outcome, "settled") == 0 ? 1 : 0));
}

static void settling_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct settling *settling = (struct settling *)job;

    call_end(outcome == PG_DONE ? settling_answer(settling)
                                : subscription_fail_job(settling->call, outcome, error));
    settling_free(settling);
}

const struct answer *method_settle_digests(struct call *call)
{
    struct settling *settling;
    const struct answer *answer;
    struct request request;

    request_caller(call, &request);
    if (!store_reachable(request.store))
        return fail_unavailable(call);
    settling = calloc(1, sizeof(*settling));
    if (!settling)
        return fail_overloaded(call);
    answer = sending_open(call, settling->run, &settling->now_us);
    if (!answer)
        answer = sending_outcome(call, &settling->sent, &settling->reason);
    if (answer) {
        settling_free(settling);
        return answer;
    }
    settling->job =
        (struct pg_job){.send = settling_send, .result = settling_result, .done = settling_done};
    settling->call = call;
    pool_run(store_pool(request.store), POOL_WRITE, &settling->job);
    return call_park(call);
}
