/*
 * Learning an outcome: which of a batch's request ids are in the journal? Asked when a connection
 * broke under a commit, when the database knows a request id already, and (detached) before a
 * change that was refused or changed nothing is told so, for it may repeat one that was done.
 */
#include <errno.h>
#include <string.h>

#include "db/batch.h"
#include "db/row.h"
#include "log.h"

#define PAUSE_MS 250 /* before a question that the database refused is put again */

static void resolve_send(struct pg_job *job, struct pg *pg)
{
    batch_send_resolve((struct batch *)job, pg);
}

/* A journal's entry is the outcome of each change under its request id: two that wait may have the
 * same one. */
static void take_entry(struct batch *batch, const PGresult *result, int row)
{
    int64_t account = row_int(result, row, 0);
    const char *request_id = row_text(result, row, 1);
    unsigned char digest[HASH_SIZE];

    if (hash_from_hex(row_text(result, row, 4), digest) < 0)
        return;
    for (struct change *change = batch->changes; change; change = change->next) {
        if (change->account != account || strcmp(change->request_id, request_id) != 0)
            continue;
        change->seq = row_int(result, row, 2);
        change->id = row_int(result, row, 3);
        change->outcome = memcmp(digest, change->digest, HASH_SIZE) != 0 ? CHANGE_REUSED
                          : change->doubt                                ? CHANGE_DONE
                                                                         : CHANGE_REPEATED;
    }
}

static void resolve_result(struct pg_job *job, int index, const PGresult *result)
{
    if (index != 1)
        return;
    for (int row = 0; row < PQntuples(result); row++)
        take_entry((struct batch *)job, result, row);
}

/* What the journal does not have: refused, or done without an entry, or to be tried again. */
static enum change_outcome outcome_without_entry(const struct change *change)
{
    return change->refused ? CHANGE_REFUSED : change->idle ? CHANGE_DONE : CHANGE_UNAVAILABLE;
}

/* Splits the batch: what has an outcome is answered once it was followed; the rest goes back to its
 * place in the queue. */
static void resolve_apply(struct batch *batch)
{
    struct change *all = STEAL(batch->changes), *again = NULL;

    while (all) {
        struct change *change = all;

        all = change->next;
        if (change->outcome == CHANGE_UNAVAILABLE)
            change->outcome = outcome_without_entry(change);
        change_append(change->outcome == CHANGE_UNAVAILABLE ? &again : &batch->changes, change);
    }
    queue_unpop(batch->slot, again);
    batch_follow(batch);
}

static void on_pause(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    resolve_start(arg);
}

/* The database is there but refuses to answer: a standby, say, that is not promoted yet. */
static int resolve_later(struct batch *batch)
{
    struct timeval delay = {.tv_usec = PAUSE_MS * 1000};

    if (!batch->pause)
        batch->pause = evtimer_new(store_options(batch->store)->base, on_pause, batch);
    return batch->pause ? event_add(batch->pause, &delay) : -ENOMEM;
}

static void resolve_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct batch *batch = (struct batch *)job;
    bool again = !store_is_stopping(batch->store) && monotonic_us() < batch->changes->deadline_us;

    if (outcome == PG_REFUSED)
        log_error("%s: looking up request ids was refused: %s", batch->slot->key, error->message);
    if (outcome == PG_DONE && !batch->error)
        resolve_apply(batch);
    else if (again && outcome == PG_LOST)
        resolve_start(batch);
    else if (!again || batch->detached || outcome == PG_UNSENT || resolve_later(batch) < 0)
        batch_finish_all(batch, CHANGE_UNAVAILABLE);
}

void resolve_start(struct batch *batch)
{
    int64_t left = (batch->changes->deadline_us - monotonic_us()) / 1000;

    batch->stage = BATCH_RESOLVING;
    batch->error = 0;
    for (struct change *change = batch->changes; change; change = change->next)
        change->outcome = CHANGE_UNAVAILABLE;
    batch->job = (struct pg_job){.send = resolve_send,
                                 .result = resolve_result,
                                 .done = resolve_done,
                                 .deadline_ms = batch->detached ? 0
                                                : left > 100    ? (int)left
                                                                : 100};
    pool_run(store_pool(batch->store), POOL_WRITE, &batch->job);
}

void batch_in_doubt(struct batch *batch)
{
    int64_t deadline = monotonic_us() + (int64_t)store_options(batch->store)->in_doubt_ms * 1000;

    log_warning("%s: %zu changes are in doubt: the connection broke while they were committed",
                batch->slot->key, batch->n_changes);
    for (struct change *change = batch->changes; change; change = change->next) {
        if (!change->doubt)
            change->deadline_us = deadline;
        change->doubt = true;
    }
    resolve_start(batch);
}
