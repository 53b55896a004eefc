/*
 * One batch in flight per strategy (design.md part 3): gather what waits, validate it against the
 * tree, send it as one transaction, follow it, answer. What another daemon overtook is validated
 * anew, the third time in a row with the head locked (locked.c); what the database refused is tried
 * change by change; what is in doubt is looked up by its request ids (resolve.c), and tried again
 * under the same ids if it is not there: whichever of the two transactions then advances the head
 * first, the other one cannot.
 */
#include <errno.h>
#include <string.h>

#include "db/batch.h"
#include "log.h"

#define LOSSES 3 /* in a row, then the head is locked first */
#define IMPORT_TIMEOUT_MS 600000

static struct change *queue_pop(struct slot *slot)
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

static void change_finish(struct change *change, enum change_outcome outcome)
{
    change->next = NULL;
    change->done(change, outcome == CHANGE_UNAVAILABLE && change->doubt ? CHANGE_UNKNOWN : outcome);
}

static void changes_finish(struct change *changes, enum change_outcome outcome)
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

/* Answers when the refresh has ended: writer_settled(). */
void batch_follow(struct batch *batch)
{
    if (batch->detached || !batch->changes) {
        batch_answer(batch);
        return;
    }
    batch->stage = BATCH_FOLLOWING;
    refresh_start(batch->slot);
    if (batch->also)
        refresh_start(batch->also);
    if (!follows(batch))
        batch_answer(batch);
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

    if ((size_t)index < batch->n_writes) {
        batch->n_written++;
        return;
    }
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

    if (strcmp(error->sqlstate, "GD001") == 0 || sqlstate_in(error, "40") ||
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
    batch_send((struct batch *)job, pg);
}

static void job_result(struct pg_job *job, int index, const PGresult *result)
{
    batch_result((struct batch *)job, index, result);
}

static void job_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    batch_done((struct batch *)job, outcome, error);
}

/* --- gathering --- */

static void part_open(struct part *part, struct slot *slot)
{
    part->slot = slot;
    entries_init(&part->entries, slot->id, slot_seq(slot), slot_hash(slot));
    part->entries.base_time_us = slot->head_time_us;
}

static void parts_open(struct batch *batch, const struct change *first)
{
    struct store *store = batch->store;

    if (batch->slot->id != 0) {
        part_open(&batch->strategy, batch->slot);
        return;
    }
    part_open(&batch->registry, batch->slot);
    if (first->also) {
        batch->also = first->also;
        batch->also->held = true;
        part_open(&batch->strategy, first->also);
    } else if (first->new_key) {
        batch->strategy.new_key = first->new_key;
        entries_init(&batch->strategy.entries, store_next_id(store), 0, journal_genesis);
    }
}

/* The change's last entry carries its request id. */
static void entries_sign(struct entries *entries, struct change *change)
{
    struct entry *last = &entries->items[entries->count - 1];

    memcpy(last->request_id, change->request_id, sizeof(last->request_id));
    memcpy(last->request_digest, change->digest, HASH_SIZE);
    change->seq = entries_next_seq(entries) - 1;
    change->id = last->id;
}

/* Validates one change. True if it made entries; else it is marked as refused or idle. */
static bool batch_plan(struct batch *batch, struct change *change)
{
    struct entries *registry = &batch->registry.entries, *strategy = &batch->strategy.entries;
    struct plan plan = {.store = batch->store, .registry = registry, .strategy = strategy};
    size_t registry_count = registry->count, strategy_count = strategy->count;
    int r;

    plan.slot = batch->slot->id ? batch->slot : batch->also;
    r = change->plan(change, &plan);
    change->refused = r < 0;
    change->idle = false;
    if (r < 0) {
        entries_truncate(registry, registry_count);
        entries_truncate(strategy, strategy_count);
        return false;
    }
    if (strategy->count > strategy_count) {
        entries_sign(strategy, change);
    } else if (registry->count > registry_count) {
        entries_sign(registry, change);
    } else {
        change->idle = true;
        change->seq = plan.slot ? slot_seq(plan.slot) : slot_seq(batch->slot);
        change->id = 0;
    }
    return !change->idle;
}

static bool same_request(const struct change *list, const struct change *change)
{
    for (; list; list = list->next) {
        if (list->account == change->account && strcmp(list->request_id, change->request_id) == 0)
            return true;
    }
    return false;
}

/* Answers what needs no writing. Neither refusals nor what changed nothing are remembered, so each
 * may be the repetition of a change that was done: the journal is asked before it is told so. */
static void unwritten_finish(struct slot *slot, struct change *unwritten)
{
    struct batch *lookup = NULL;

    while (unwritten) {
        struct change *change = unwritten;
        enum change_outcome outcome = change->idle ? CHANGE_DONE : CHANGE_REFUSED;

        unwritten = change->next;
        if (!change->repeatable && !change->doubt) {
            change_finish(change, outcome);
            continue;
        }
        if (!lookup)
            lookup = calloc(1, sizeof(*lookup));
        if (lookup)
            change_append(&lookup->changes, change);
        else
            change_finish(change, CHANGE_UNAVAILABLE);
    }
    if (lookup) {
        lookup->store = slot->store;
        lookup->slot = slot;
        lookup->detached = true;
        resolve_start(lookup);
    }
}

/* Moves what can go together from the queue into the batch; what needs no writing is apart. */
static void batch_collect(struct batch *batch, struct change **unwritten)
{
    struct slot *slot = batch->slot;
    struct change **end = &batch->changes;

    while (slot->queue && batch->n_changes < BATCH_CHANGES) {
        struct change *change = slot->queue;
        bool alone = change->alone || slot->one_by_one > 0;

        if (batch->n_changes && (alone || same_request(batch->changes, change)))
            break;
        queue_pop(slot);
        if (slot->one_by_one)
            slot->one_by_one--;
        if (batch_plan(batch, change)) {
            *end = change;
            end = &change->next;
            batch->n_changes++;
        } else {
            *unwritten = change;
            unwritten = &change->next;
        }
        if (alone)
            break;
    }
}

bool batch_gather(struct batch *batch)
{
    struct change *unwritten = NULL;
    int r = 0;

    if (!batch->slot->queue)
        return false;
    parts_open(batch, batch->slot->queue);
    batch_collect(batch, &unwritten);
    unwritten_finish(batch->slot, unwritten);
    if (batch->n_changes)
        r = entries_seal(&batch->registry.entries);
    if (r == 0 && batch->n_changes)
        r = entries_seal(&batch->strategy.entries);
    if (r < 0) {
        changes_finish(STEAL(batch->changes), CHANGE_UNAVAILABLE);
        batch->n_changes = 0;
    }
    batch->follow = batch->strategy.new_key != NULL ||
                    batch->registry.entries.count + batch->strategy.entries.count > REFRESH_LIMIT;
    return batch->n_changes > 0;
}

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

static void batch_launch(struct batch *batch)
{
    const struct change *first = batch->changes;
    bool import = first->also || first->new_key;

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
    if (slot->losses >= LOSSES && !slot->queue->also && !slot->queue->new_key)
        locked_start(batch);
    else if (batch_gather(batch))
        batch_launch(batch);
    else
        batch_drop(batch);
}

void writer_settled(struct slot *slot)
{
    if (slot->batch && slot->batch->stage == BATCH_FOLLOWING && !follows(slot->batch))
        batch_answer(slot->batch);
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
    /* Only one that pauses before it asks again is still there: all jobs have ended. */
    if (slot->batch)
        batch_finish_all(slot->batch, CHANGE_UNAVAILABLE);
    while (slot->queue)
        change_finish(queue_pop(slot), CHANGE_UNAVAILABLE);
}
