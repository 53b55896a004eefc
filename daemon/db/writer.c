/*
 * One batch in flight per strategy (design.md part 3): gather what waits, validate it against the
 * tree (gather.c), send it as one transaction, follow it, answer. What another daemon overtook is
 * validated anew, the third time in a row with the head locked (locked.c); what the database
 * refused is tried change by change; what is in doubt is looked up by its request ids (resolve.c),
 * and tried again under the same ids if it is not there: whichever of the two transactions then
 * advances the head first, the other one cannot.
 */
#include <errno.h>
#include <string.h>

#include "db/batch.h"
#include "log.h"

#define LOSSES 3 /* in a row, then the head is locked first */
#define FOLLOW_TRIES 8
#define IMPORT_TIMEOUT_MS 600000

struct change *queue_pop(struct slot *slot)
{
    struct change *change = slot->queue;

    slot->queue = change->next;
    if (!slot->queue)
        slot->queue_end = &slot->queue;
    slot->queued--;
    change->next = NULL;
    return change;
}

void queue_unpop(struct slot *slot, struct change *changes)
{
    struct change *last = changes;
    size_t n = 1;

    if (!changes)
        return;
    for (; last->next; last = last->next)
        n++;
    last->next = slot->queue;
    if (!slot->queue)
        slot->queue_end = &last->next;
    slot->queue = changes;
    slot->queued += n;
}

void change_append(struct change **list, struct change *change)
{
    while (*list)
        list = &(*list)->next;
    change->next = NULL;
    *list = change;
}

void change_finish(struct change *change, enum change_outcome outcome)
{
    change->next = NULL;
    change->done(change, outcome == CHANGE_UNAVAILABLE && change->doubt ? CHANGE_UNKNOWN : outcome);
}

void changes_finish(struct change *changes, enum change_outcome outcome)
{
    while (changes) {
        struct change *change = changes;

        changes = change->next;
        change_finish(change, outcome);
    }
}

static void batch_let_go(struct batch *batch)
{
    if (batch->also)
        batch->also->held = false;
    if (!batch->detached)
        batch->slot->batch = NULL;
    batch_free(batch);
}

void batch_end(struct batch *batch)
{
    struct slot *slot = batch->slot, *also = batch->also;

    batch_let_go(batch);
    if (also)
        store_slot_settled(also);
    store_slot_settled(slot);
}

void batch_drop(struct batch *batch)
{
    struct store *store = batch->store;

    batch_let_go(batch);
    store_wake(store);
}

void batch_finish_all(struct batch *batch, enum change_outcome outcome)
{
    struct change *changes = STEAL(batch->changes);

    batch_end(batch);
    changes_finish(changes, outcome);
}

/* All of them again, after what made it necessary was read. */
static void batch_retry(struct batch *batch)
{
    struct slot *slot = batch->slot;

    queue_unpop(slot, STEAL(batch->changes));
    refresh_start(slot);
    if (batch->also)
        refresh_start(batch->also);
    batch_end(batch);
}

/* --- following and answering --- */

static bool follows(const struct batch *batch)
{
    return batch->slot->refresh || (batch->also && batch->also->refresh);
}

static void batch_answer(struct batch *batch)
{
    struct change *changes = STEAL(batch->changes);

    batch_end(batch);
    while (changes) {
        struct change *change = changes;

        changes = change->next;
        change_finish(change, change->outcome);
    }
}

/* Is there a change in it that its slot has not read yet? Who is told of a change is to see it. */
static bool is_behind(const struct batch *batch)
{
    const struct slot *slot = batch->also ? batch->also : batch->slot;

    for (const struct change *change = batch->changes; change; change = change->next) {
        if (!slot_loaded(slot) || change->seq > slot_seq(slot))
            return true;
    }
    return false;
}

static void batch_read(struct batch *batch)
{
    refresh_start(batch->slot);
    if (batch->also)
        refresh_start(batch->also);
    if (!follows(batch))
        batch_answer(batch);
}

/* Answers when the refresh has ended: writer_settled(). */
void batch_follow(struct batch *batch)
{
    if (batch->detached || !batch->changes) {
        batch_answer(batch);
        return;
    }
    batch->stage = BATCH_FOLLOWING;
    batch->follow_tries = FOLLOW_TRIES;
    batch->follow_until_us =
        monotonic_us() + (int64_t)store_options(batch->store)->in_doubt_ms * 1000;
    batch_read(batch);
}

static struct slot *new_slot(struct batch *batch)
{
    const struct entries *entries = &batch->strategy.entries;
    struct slot *slot = store_add_slot(batch->store, entries->strategy_id, batch->strategy.new_key);

    if (slot)
        slot->held = true;
    return slot;
}

/* The rows came in the batch's own pipeline: apply them now. */
static int batch_apply(struct batch *batch)
{
    struct part *parts[] = {&batch->registry, &batch->strategy};
    struct rows *rows[] = {&batch->registry_rows, &batch->strategy_rows};
    int r = batch->error;

    for (size_t i = 0; i < ARRAY_LEN(parts) && r == 0; i++) {
        const struct entries *entries = &parts[i]->entries;

        if (entries->count)
            r = refresh_apply(parts[i]->slot, rows[i], entries_next_seq(entries) - 1,
                              entries_head(entries), entries->time_us);
    }
    return r;
}

static void batch_committed(struct batch *batch)
{
    for (struct change *change = batch->changes; change; change = change->next)
        change->outcome = CHANGE_DONE;
    store_announce(batch->store);
    batch->slot->losses = 0;
    if (batch->strategy.new_key && batch->strategy.entries.count)
        batch->also = new_slot(batch);
    if (!batch->follow && batch_apply(batch) == 0)
        batch_answer(batch);
    else
        batch_follow(batch);
}

void batch_result(struct batch *batch, int index, const PGresult *result)
{
    const struct sent *sent = &batch->sent[index];
    struct rows *rows;

    if ((size_t)index < batch->n_writes)
        batch->n_written++;
    /* An answer from behind the commit says nothing of it: statements after a sync point run even
     * if those before it failed. Only the job's outcome tells. */
    if (batch->error || !sent->part)
        return;
    rows = sent->part == &batch->registry ? &batch->registry_rows : &batch->strategy_rows;
    batch->error = rows_add(rows, sent->table, sent->ended, result);
}

static bool sqlstate_in(const struct pg_error *error, const char *class)
{
    return strncmp(error->sqlstate, class, strlen(class)) == 0;
}

/* The database said no: to all of them, for nothing was committed. */
static void batch_refused(struct batch *batch, const struct pg_error *error)
{
    bool unique = strcmp(error->sqlstate, "23505") == 0;
    struct slot *slot = batch->slot;

    if (strcmp(error->sqlstate, BATCH_OVERTAKEN) == 0 || sqlstate_in(error, "40") ||
        (unique && strncmp(error->constraint, "chain_", 6) == 0) ||
        (unique && strcmp(error->constraint, "journal_pkey") == 0)) {
        slot->losses++;
        store_poll(batch->store);
        batch_retry(batch);
    } else if (unique && strcmp(error->constraint, "journal_request") == 0) {
        for (struct change *change = batch->changes; change; change = change->next) {
            if (!change->doubt)
                change->deadline_us =
                    monotonic_us() + (int64_t)store_options(batch->store)->in_doubt_ms * 1000;
        }
        resolve_start(batch);
    } else if (sqlstate_in(error, "53") || sqlstate_in(error, "57") || sqlstate_in(error, "58") ||
               sqlstate_in(error, "25006")) {
        log_error("%s: the database cannot take changes: %s", slot->key, error->message);
        batch_finish_all(batch, CHANGE_UNAVAILABLE);
    } else if (batch->n_changes > 1) {
        slot->one_by_one = batch->n_changes;
        batch_retry(batch);
    } else {
        log_warning("%s: the database refused a change: %s (%s)", slot->key, error->message,
                    error->constraint);
        snprintf(batch->changes->constraint, sizeof(batch->changes->constraint), "%s",
                 *error->constraint ? error->constraint : error->sqlstate);
        batch_finish_all(batch, CHANGE_CONFLICT);
    }
}

void batch_done(struct batch *batch, enum pg_outcome outcome, const struct pg_error *error)
{
    if (outcome == PG_DONE)
        batch_committed(batch);
    else if (outcome == PG_UNSENT)
        batch_finish_all(batch, CHANGE_UNAVAILABLE);
    else if (outcome == PG_LOST || batch->n_written == batch->n_writes)
        batch_in_doubt(batch);
    else
        batch_refused(batch, error);
}

static void job_send(struct pg_job *job, struct pg *pg)
{
    struct batch *batch = (struct batch *)job;

    if (batch_is_large(batch))
        batch_send_first(batch, pg);
    else
        batch_send(batch, pg);
}

static void job_result(struct pg_job *job, int index, const PGresult *result)
{
    struct batch *batch = (struct batch *)job;

    batch_result(batch, index, result);
    if (batch->n_writes == SIZE_MAX && batch->n_written == batch->next_at)
        batch_send_next(batch);
}

static void job_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    batch_done((struct batch *)job, outcome, error);
}

/* --- starting --- */

static bool writer_ready(const struct slot *slot)
{
    const struct change *first = slot->queue;

    if (!first || slot->batch || slot->refresh || slot->held || !slot_loaded(slot) ||
        store_is_stopping(slot->store))
        return false;
    if (first->also && (first->also->batch || first->also->refresh || first->also->held ||
                        !slot_loaded(first->also)))
        return false;
    return true;
}

void batch_launch(struct batch *batch)
{
    bool import = change_is_import(batch->changes);

    batch->stage = BATCH_WRITING;
    batch->job = (struct pg_job){.send = job_send,
                                 .result = job_result,
                                 .done = job_done,
                                 .timeout_ms = import ? IMPORT_TIMEOUT_MS : 0};
    pool_run(store_pool(batch->store), import ? POOL_IMPORT : POOL_WRITE, &batch->job);
}

void writer_start(struct slot *slot)
{
    struct batch *batch;

    /* Imports into a strategy that a failover took away would wait for ever, and others with them.
     */
    while (slot->queue && slot->queue->also && slot->queue->also->gone && !slot->batch)
        change_finish(queue_pop(slot), CHANGE_UNAVAILABLE);
    if (!writer_ready(slot))
        return;
    batch = calloc(1, sizeof(*batch));
    if (!batch)
        return; /* the next tick tries again */
    batch->store = slot->store;
    batch->slot = slot;
    slot->batch = batch;
    /* An import has read the database before and would plan with that: no lock helps it. */
    if (slot->losses >= LOSSES && !change_is_import(slot->queue))
        locked_start(batch);
    else
        batch_start(batch);
}

void writer_settled(struct slot *slot)
{
    struct batch *batch = slot->batch;

    if (!batch || batch->stage != BATCH_FOLLOWING || follows(batch))
        return;
    /* The connection that read it may have been lost, as the one that wrote it. */
    if (is_behind(batch) && !store_is_stopping(batch->store) && --batch->follow_tries > 0 &&
        monotonic_us() < batch->follow_until_us)
        batch_read(batch);
    else
        batch_answer(batch);
}

void writer_fail(struct slot *slot, enum change_outcome outcome)
{
    struct change *keep = NULL;

    while (slot->queue) {
        struct change *change = queue_pop(slot);

        if (change->doubt && monotonic_us() < change->deadline_us)
            change_append(&keep, change);
        else
            change_finish(change, outcome);
    }
    queue_unpop(slot, keep);
    slot->one_by_one = 0;
}

void writer_free(struct slot *slot)
{
    /* Only one that pauses or plans is still there: all jobs have ended. */
    if (slot->batch && slot->batch->planning)
        change_append(&slot->batch->changes, STEAL(slot->batch->planning));
    if (slot->batch)
        batch_finish_all(slot->batch, CHANGE_UNAVAILABLE);
    while (slot->queue)
        change_finish(queue_pop(slot), CHANGE_UNAVAILABLE);
}
