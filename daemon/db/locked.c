/*
 * A batch that lost too often: it locks its journal's head first, so that no other daemon can be
 * faster, and then reads what the tree is behind, validates and writes, all in one transaction on
 * one connection. Until it validates, its changes wait in the queue.
 */
#include <errno.h>

#include "db/batch.h"
#include "log.h"

static void locked_send(struct pg_job *job, struct pg *pg)
{
    struct batch *batch = (struct batch *)job;

    batch->first = batch_send_lock(batch, pg);
    batch->n_sent = (size_t)refresh_send_head(batch->refresh, pg);
}

static void locked_result(struct pg_job *job, int index, const PGresult *result)
{
    struct batch *batch = (struct batch *)job;

    index -= batch->first;
    if (index < 0) /* the answers to BEGIN and the lock */
        return;
    if (batch->stage == BATCH_LOCKING)
        refresh_take_head(batch->refresh, index, result);
    else if (batch->stage == BATCH_READING)
        refresh_take_rows(batch->refresh, index, result);
    else
        batch_result(batch, index, result);
}

/* The stage's statements were answered: the next one's begin here. */
static void locked_next(struct batch *batch, enum batch_stage stage)
{
    batch->first += (int)batch->n_sent;
    batch->n_sent = 0;
    batch->stage = stage;
}

static bool locked_write(struct batch *batch, struct pg *pg)
{
    batch->slot->losses = 0;
    if (!batch_gather(batch))
        return false;
    locked_next(batch, BATCH_WRITING);
    batch_send(batch, pg);
    return true;
}

static bool locked_more(struct pg_job *job, struct pg *pg)
{
    struct batch *batch = (struct batch *)job;

    if (batch->stage == BATCH_WRITING)
        return false;
    if (batch->stage == BATCH_LOCKING) {
        batch->error = refresh_check_head(batch->refresh);
        if (batch->error > 0) {
            batch->error = 0;
            locked_next(batch, BATCH_READING);
            batch->n_sent = (size_t)refresh_send_rows(batch->refresh, pg);
            return true;
        }
    } else {
        batch->error = refresh_apply_rows(batch->refresh);
    }
    return batch->error == 0 && locked_write(batch, pg);
}

/* It ended before anything was written. What can't be followed under the lock is followed without
 * it. Where the database refuses, the next batch will be told so. */
static void locked_fail(struct batch *batch, enum pg_outcome outcome, const struct pg_error *error)
{
    struct slot *slot = batch->slot;

    if (outcome == PG_REFUSED) {
        log_warning("%s: locking its head was refused: %s", slot->key, error->message);
        slot->losses = 0;
    }
    if (outcome == PG_UNSENT)
        writer_fail(slot, CHANGE_UNAVAILABLE);
    if (outcome == PG_LOST || batch->error < 0)
        refresh_start(slot);
    batch_end(batch);
}

static void locked_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct batch *batch = (struct batch *)job;

    if (batch->stage == BATCH_WRITING)
        batch_done(batch, outcome, error);
    else if (outcome == PG_DONE && batch->error == 0)
        batch_drop(batch); /* nothing was left to write */
    else
        locked_fail(batch, outcome, error);
}

void locked_start(struct batch *batch)
{
    if (refresh_new(batch->slot, &batch->refresh) < 0) {
        batch->slot->losses = 0;
        batch_drop(batch);
        return;
    }
    log_info("%s: other daemons were faster %d times: locking its head first", batch->slot->key,
             batch->slot->losses);
    batch->stage = BATCH_LOCKING;
    batch->locked = true;
    batch->job = (struct pg_job){
        .send = locked_send, .result = locked_result, .more = locked_more, .done = locked_done};
    pool_run(store_pool(batch->store), POOL_WRITE, &batch->job);
}
