/* A trial of a journal whose outcome is that of a job, in daemon/db/trial.c's place. */
#include <errno.h>

#include "db/trial.h"

struct trial {
    struct pg_job job;
    void (*done)(void *arg, enum trial_outcome outcome, const struct trial_fault *fault);
    void *arg;
};

static void trial_send(struct pg_job *job UNUSED, struct pg *pg UNUSED)
{
}

static void trial_ended(struct pg_job *job, enum pg_outcome outcome,
                        const struct pg_error *error UNUSED)
{
    static const struct trial_fault fault = {.seq = 1, .message = "no tree"};
    struct trial *trial = (struct trial *)job;

    trial->done(trial->arg,
                outcome == PG_DONE      ? TRIAL_PASSED
                : outcome == PG_REFUSED ? TRIAL_FAILED
                                        : TRIAL_AWAY,
                &fault);
    free(trial);
}

int trial_start(struct store *store, const struct entries *entries UNUSED,
                void (*done)(void *arg, enum trial_outcome outcome,
                             const struct trial_fault *fault),
                void *arg, struct trial **ret_trial)
{
    struct trial *trial = calloc(1, sizeof(*trial));

    if (!trial)
        return -ENOMEM;
    trial->job = (struct pg_job){.send = trial_send, .done = trial_ended};
    trial->done = done;
    trial->arg = arg;
    *ret_trial = trial;
    pool_run(store_pool(store), POOL_IMPORT, &trial->job);
    return 0;
}

/* Its job ends with all others. */
void trial_stop(struct trial *trial UNUSED)
{
}
