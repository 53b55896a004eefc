/*
 * A journal tried out; see trial.h. One job writes, reads back what it wrote, and rolls back; the
 * load's work after its last row, and then the freeing of its tree, take turns of the loop.
 */
#include "db/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/batch.h"
#include "db/load.h"
#include "db/row.h"

#define TRIAL_TIMEOUT_MS 600000
#define DAY_US (24 * 3600 * INT64_C(1000000))

static const struct pg_statement begin_statement = {"trial_begin", "BEGIN", 0};
static const struct pg_statement rollback_statement = {"trial_rollback", "ROLLBACK", 0};

enum trial_stage { TRIAL_WRITING, TRIAL_READING, TRIAL_ROLLING_BACK, TRIAL_SETTLING, TRIAL_OVER };

struct trial {
    struct pg_job job;
    struct store *store;
    void (*done)(void *arg, enum trial_outcome outcome, const struct trial_fault *fault);
    void *arg;
    enum trial_stage stage;
    bool stopping;
    struct batch batch; /* for its statements only: no slot's, and nothing of it is committed */
    struct part *part;  /* the batch's, of the entries that are tried */
    struct pg *pg;
    size_t answered, next_at; /* statements; at so many answers the next portion goes */
    size_t at;                /* entries that were sent */
    int load_at;              /* the index of the load's first statement */
    struct load *load;
    struct tree *old; /* is being freed */
    struct event *turn;
    enum trial_outcome outcome;
    struct trial_fault fault;
};

static void trial_end(struct trial *trial)
{
    enum trial_outcome outcome = trial->stopping ? TRIAL_AWAY : trial->outcome;

    load_free(trial->load);
    tree_free(trial->old);
    if (trial->turn)
        event_free(trial->turn);
    free(trial->batch.sent);
    trial->done(trial->arg, outcome, &trial->fault);
    free(trial);
}

/* The first fault counts. */
static void fail(struct trial *trial, int64_t seq, const char *message)
{
    if (trial->outcome != TRIAL_PASSED)
        return;
    trial->outcome = TRIAL_FAILED;
    trial->fault.seq = seq;
    snprintf(trial->fault.message, sizeof(trial->fault.message), "%s", message);
}

static void fail_load(struct trial *trial, int error, int64_t seq)
{
    switch (error) {
    case -ENOMEM:
        trial->outcome = TRIAL_AWAY;
        break;
    case -ENOENT:
        fail(trial, seq, "it refers to what is not there");
        break;
    case -ELOOP:
        fail(trial, seq, "something is part of itself");
        break;
    default:
        fail(trial, seq, "it does not fit with those before it");
        break;
    }
}

/* --- the job --- */

static void send_portion(struct trial *trial)
{
    struct batch *batch = &trial->batch;
    size_t from = trial->at;

    trial->next_at = batch->n_sent;
    trial->at = batch_send_state(batch, trial->pg, trial->part, from);
    if (batch->error && batch->error != -ENOMEM)
        fail(trial, trial->at - from == 1 ? (int64_t)trial->at : 0, "a value is not of its kind");
    pg_sync(trial->pg);
}

static void trial_send(struct pg_job *job, struct pg *pg)
{
    struct trial *trial = (struct trial *)job;

    trial->pg = pg;
    pg_query(pg, &begin_statement, NULL);
    trial->batch.n_sent = 1;
    send_portion(trial);
}

static void take_row(struct trial *trial, int index, const PGresult *result)
{
    int r = 0;

    if (trial->outcome == TRIAL_PASSED)
        r = load_result(trial->load, index - trial->load_at, result);
    if (r < 0)
        fail_load(trial, r, row_int(result, load_failed_row(trial->load), 1));
}

static void trial_result(struct pg_job *job, int index, const PGresult *result)
{
    struct trial *trial = (struct trial *)job;

    trial->answered++;
    if (trial->stage == TRIAL_READING)
        take_row(trial, index, result);
    else if (trial->answered == trial->next_at && !trial->batch.error &&
             trial->at < trial->part->entries.count)
        send_portion(trial);
}

static bool roll_back(struct trial *trial, struct pg *pg)
{
    trial->stage = TRIAL_ROLLING_BACK;
    pg_query(pg, &rollback_statement, NULL);
    return true;
}

/* All was answered: reads what was written, in the load's two steps. */
static bool trial_more(struct pg_job *job, struct pg *pg)
{
    struct trial *trial = (struct trial *)job;

    if (trial->stage == TRIAL_ROLLING_BACK)
        return false;
    if (trial->stopping || trial->batch.error)
        return roll_back(trial, pg);
    if (trial->stage == TRIAL_WRITING && trial->at < trial->part->entries.count) {
        send_portion(trial);
        return true;
    }
    if (trial->stage == TRIAL_WRITING) {
        trial->stage = TRIAL_READING;
        trial->load_at = (int)trial->batch.n_sent;
        load_send(trial->load, pg);
        return true;
    }
    return (trial->outcome == TRIAL_PASSED && load_more(trial->load, pg)) || roll_back(trial, pg);
}

static bool sqlstate_in(const struct pg_error *error, const char *class)
{
    return strncmp(error->sqlstate, class, strlen(class)) == 0;
}

/* The database takes no such rows. Whether a key is taken is for the restore itself to find. */
static void take_refusal(struct trial *trial, const struct pg_error *error)
{
    if (sqlstate_in(error, "23505"))
        return;
    if (sqlstate_in(error, "22") || sqlstate_in(error, "23"))
        fail(trial, 0, error->message);
    else
        trial->outcome = TRIAL_AWAY;
}

/* --- after the last row --- */

static void free_some(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    static const struct timeval next_turn = {0};
    struct trial *trial = arg;

    if (load_free_some(trial->old)) {
        trial->old = NULL;
        trial_end(trial);
    } else {
        evtimer_add(trial->turn, &next_turn);
    }
}

static void settled(void *arg, int r)
{
    struct trial *trial = arg;
    struct target target;

    if (r < 0)
        fail_load(trial, r, load_unsettled_seq(trial->load));
    target = load_steal(trial->load);
    registry_free(target.registry);
    trial->stage = TRIAL_OVER;
    trial->old = target.tree;
    event_active(trial->turn, EV_TIMEOUT, 0);
}

static int nothing_to_swap(void *arg UNUSED)
{
    return 0;
}

static void trial_finish(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    static const struct load_calls calls = {nothing_to_swap, settled};
    struct trial *trial = (struct trial *)job;
    bool read = outcome == PG_DONE && !trial->stopping;

    if (outcome == PG_REFUSED)
        take_refusal(trial, error);
    else if (!read || trial->batch.error == -ENOMEM)
        trial->outcome = TRIAL_AWAY;
    trial->stage = TRIAL_SETTLING;
    if (!read || trial->outcome != TRIAL_PASSED || load_finish(trial->load, &calls, trial) < 0)
        trial_end(trial);
}

static int trial_prepare(struct trial *trial, const struct entries *entries)
{
    struct event_base *base = store_options(trial->store)->base;
    const struct load_part whole = {.strategy_id = entries->strategy_id,
                                    .to = entries_next_seq(entries) - 1,
                                    .day = (int32_t)(time_now_us() / DAY_US)};

    trial->part = entries->strategy_id == 0 ? &trial->batch.registry : &trial->batch.strategy;
    trial->part->entries = *entries; /* on loan */
    trial->batch.follow = true;
    trial->turn = evtimer_new(base, free_some, trial);
    return trial->turn ? load_new_aside(base, &whole, &trial->load) : -ENOMEM;
}

int trial_start(struct store *store, const struct entries *entries,
                void (*done)(void *arg, enum trial_outcome outcome,
                             const struct trial_fault *fault),
                void *arg, struct trial **ret_trial)
{
    struct trial *trial = calloc(1, sizeof(*trial));
    int r;

    if (!trial)
        return -ENOMEM;
    *trial = (struct trial){.store = store, .done = done, .arg = arg};
    r = trial_prepare(trial, entries);
    if (r < 0) {
        if (trial->turn)
            event_free(trial->turn);
        free(trial);
        return r;
    }
    trial->job = (struct pg_job){.send = trial_send,
                                 .result = trial_result,
                                 .more = trial_more,
                                 .done = trial_finish,
                                 .timeout_ms = TRIAL_TIMEOUT_MS};
    *ret_trial = trial;
    pool_run(store_pool(store), POOL_IMPORT, &trial->job);
    return 0;
}

void trial_stop(struct trial *trial)
{
    trial->stopping = true;
    if (trial->stage >= TRIAL_SETTLING)
        trial_end(trial);
}
