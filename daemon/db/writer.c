/*
 * One batch in flight per strategy (design.md part 3): gather what waits, validate it against the
 * tree, send it as one transaction, follow it, answer. What another daemon overtook is validated
 * anew; what the database refused is tried change by change; what is in doubt is looked up by its
 * request ids, and tried again under the same ids if it is not there: whichever of the two
 * transactions then advances the head first, the other one cannot.
 */
#include <errno.h>
#include <string.h>

#include "db/batch.h"
#include "db/row.h"
#include "log.h"

static void batch_follow(struct batch *batch);

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

/* Puts changes back in front, in their order. */
static void queue_unpop(struct slot *slot, struct change *changes)
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

static void change_append(struct change **list, struct change *change)
{
    while (*list)
        list = &(*list)->next;
    change->next = NULL;
    *list = change;
}

static void change_finish(struct change *change, enum change_outcome outcome)
{
    change->next = NULL;
    change->done(change, outcome);
}

/* Lets go of the slots and frees the batch; what it still holds of changes is the caller's. */
static void batch_end(struct batch *batch)
{
    struct slot *slot = batch->slot, *also = batch->also;

    if (also)
        also->held = false;
    if (!batch->detached)
        slot->batch = NULL;
    batch_free(batch);
    if (also)
        store_slot_settled(also);
    store_slot_settled(slot);
}

static void batch_finish_all(struct batch *batch, enum change_outcome outcome)
{
    struct change *changes = STEAL(batch->changes);

    batch_end(batch);
    while (changes) {
        struct change *change = changes;

        changes = change->next;
        change_finish(change,
                      outcome == CHANGE_UNAVAILABLE && change->doubt ? CHANGE_UNKNOWN : outcome);
    }
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

/* --- learning an outcome --- */

static void resolve_send(struct pg_job *job, struct pg *pg)
{
    batch_send_resolve((struct batch *)job, pg);
}

static void resolve_result(struct pg_job *job, int index, const PGresult *result)
{
    struct batch *batch = (struct batch *)job;

    if (index != 1)
        return;
    for (int row = 0; row < PQntuples(result); row++) {
        struct change *change = batch_resolved(batch, result, row);
        unsigned char digest[HASH_SIZE];

        if (!change || hash_from_hex(row_text(result, row, 4), digest) < 0)
            continue;
        change->seq = row_int(result, row, 2);
        change->id = row_int(result, row, 3);
        change->outcome = memcmp(digest, change->digest, HASH_SIZE) != 0 ? CHANGE_REUSED
                          : change->doubt                                ? CHANGE_DONE
                                                                         : CHANGE_REPEATED;
    }
}

/* Splits the batch: what the journal has is answered once it was followed; what it does not have
 * was refused, or goes back to its place in the queue. */
static void resolve_apply(struct batch *batch)
{
    struct change *all = STEAL(batch->changes), *again = NULL;

    while (all) {
        struct change *change = all;

        all = change->next;
        if (change->outcome == CHANGE_UNAVAILABLE && change->refused)
            change->outcome = CHANGE_REFUSED;
        change_append(change->outcome == CHANGE_UNAVAILABLE ? &again : &batch->changes, change);
    }
    queue_unpop(batch->slot, again);
    batch_follow(batch);
}

static void resolve_start(struct batch *batch);

static void resolve_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct batch *batch = (struct batch *)job;

    if (outcome == PG_REFUSED)
        log_error("%s: looking up request ids was refused: %s", batch->slot->key, error->message);
    if (outcome == PG_DONE && !batch->error)
        resolve_apply(batch);
    else if (!batch->detached && monotonic_us() < batch->changes->deadline_us)
        resolve_start(batch);
    else
        batch_finish_all(batch, CHANGE_UNAVAILABLE);
}

static void resolve_start(struct batch *batch)
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

static void batch_in_doubt(struct batch *batch)
{
    int64_t deadline = monotonic_us() + (int64_t)store_options(batch->store)->in_doubt_ms * 1000;

    log_warning("%s: %zu changes are in doubt: the connection broke while they were committed",
                batch->slot->key, batch->n_changes);
    for (struct change *change = batch->changes; change; change = change->next) {
        change->doubt = true;
        if (change->deadline_us == 0)
            change->deadline_us = deadline;
    }
    resolve_start(batch);
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

/* Reads what was written by the refresh path; batch_settled() answers then. */
static void batch_follow(struct batch *batch)
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

static void batch_result(struct pg_job *job, int index, const PGresult *result)
{
    struct batch *batch = (struct batch *)job;
    const struct sent *sent = &batch->sent[index];
    struct rows *rows;

    if ((size_t)index < batch->n_writes) {
        batch->n_written++;
        return;
    }
    /* An answer from behind the commit says nothing of it: statements after a sync point run even
     * if those before it failed. Only the job's outcome tells. */
    if (!sent->part || batch->error)
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
        for (struct change *change = batch->changes; change; change = change->next)
            change->deadline_us =
                monotonic_us() + (int64_t)store_options(batch->store)->in_doubt_ms * 1000;
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

static void batch_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct batch *batch = (struct batch *)job;

    if (outcome == PG_DONE)
        batch_committed(batch);
    else if (outcome == PG_UNSENT)
        batch_finish_all(batch, CHANGE_UNAVAILABLE);
    else if (outcome == PG_LOST || batch->n_written == batch->n_writes)
        batch_in_doubt(batch);
    else
        batch_refused(batch, error);
}

static void batch_job_send(struct pg_job *job, struct pg *pg)
{
    batch_send((struct batch *)job, pg);
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

/* Validates one change. True if it made entries. */
static bool batch_plan(struct batch *batch, struct change *change, struct change **refused)
{
    struct entries *registry = &batch->registry.entries, *strategy = &batch->strategy.entries;
    struct plan plan = {.store = batch->store, .registry = registry, .strategy = strategy};
    size_t registry_count = registry->count, strategy_count = strategy->count;
    int r;

    plan.slot = batch->slot->id ? batch->slot : batch->also;
    r = change->plan(change, &plan);
    if (r < 0) {
        entries_truncate(registry, registry_count);
        entries_truncate(strategy, strategy_count);
        change->refused = true;
        change_append(refused, change);
        return false;
    }
    change->refused = false;
    if (strategy->count > strategy_count)
        entries_sign(strategy, change);
    else if (registry->count > registry_count)
        entries_sign(registry, change);
    else
        return false;
    return true;
}

static bool same_request(const struct change *list, const struct change *change)
{
    for (; list; list = list->next) {
        if (list->account == change->account && strcmp(list->request_id, change->request_id) == 0)
            return true;
    }
    return false;
}

/* Refusals are not remembered, so a refused change may be the repetition of one that was done:
 * the journal is asked before it is told so. */
static void refused_finish(struct slot *slot, struct change *refused)
{
    struct batch *lookup = NULL;

    while (refused) {
        struct change *change = refused;

        refused = change->next;
        change->next = NULL;
        if (!change->repeatable && !change->doubt) {
            change_finish(change, CHANGE_REFUSED);
            continue;
        }
        if (!lookup)
            lookup = calloc(1, sizeof(*lookup));
        if (lookup)
            change_append(&lookup->changes, change);
        else
            change_finish(change, change->doubt ? CHANGE_UNKNOWN : CHANGE_REFUSED);
    }
    if (lookup) {
        lookup->store = slot->store;
        lookup->slot = slot;
        lookup->detached = true;
        resolve_start(lookup);
    }
}

/* Moves what can go together from the queue into the batch. */
static void batch_gather(struct batch *batch, struct change **refused, struct change **idle)
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
        if (batch_plan(batch, change, refused)) {
            *end = change;
            end = &change->next;
            batch->n_changes++;
        } else if (!change->refused) {
            change_append(idle, change);
        }
        if (alone)
            break;
    }
}

static bool writer_ready(const struct slot *slot)
{
    const struct change *first = slot->queue;

    if (!first || slot->batch || slot->refresh || slot->held || !slot_loaded(slot))
        return false;
    if (first->also && (first->also->batch || first->also->refresh || first->also->held ||
                        !slot_loaded(first->also)))
        return false;
    return true;
}

/* Answers what changed nothing: it is done, and there is no entry of it. */
static void idle_finish(struct change *idle)
{
    while (idle) {
        struct change *change = idle;

        idle = change->next;
        change_finish(change, CHANGE_DONE);
    }
}

static int batch_launch(struct batch *batch)
{
    int r = entries_seal(&batch->registry.entries);

    if (r == 0)
        r = entries_seal(&batch->strategy.entries);
    if (r < 0)
        return r;
    batch->follow = batch->strategy.new_key != NULL ||
                    batch->registry.entries.count + batch->strategy.entries.count > REFRESH_LIMIT;
    batch->job = (struct pg_job){.send = batch_job_send,
                                 .result = batch_result,
                                 .done = batch_done,
                                 .timeout_ms = batch->changes->alone ? 600000 : 0};
    pool_run(store_pool(batch->store), batch->changes->alone ? POOL_IMPORT : POOL_WRITE,
             &batch->job);
    return 0;
}

void writer_start(struct slot *slot)
{
    struct change *refused = NULL, *idle = NULL;
    struct batch *batch;

    if (!writer_ready(slot))
        return;
    batch = calloc(1, sizeof(*batch));
    if (!batch)
        return; /* the next poll tries again */
    batch->store = slot->store;
    batch->slot = slot;
    slot->batch = batch;
    parts_open(batch, slot->queue);
    batch_gather(batch, &refused, &idle);
    if (batch->n_changes == 0)
        batch_end(batch);
    else if (batch_launch(batch) < 0)
        batch_finish_all(batch, CHANGE_UNAVAILABLE);
    idle_finish(idle);
    refused_finish(slot, refused);
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
            change_finish(change, change->doubt ? CHANGE_UNKNOWN : outcome);
    }
    queue_unpop(slot, keep);
}

void writer_free(struct slot *slot)
{
    while (slot->queue) {
        struct change *change = queue_pop(slot);

        change_finish(change, change->doubt ? CHANGE_UNKNOWN : CHANGE_UNAVAILABLE);
    }
}
