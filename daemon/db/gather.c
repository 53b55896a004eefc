/*
 * Gathering a batch: what waits in a slot's queue is validated against the trees as they are now,
 * what needs no writing is answered, and the entries are sealed. An import does so in slices, one
 * in each turn of the loop, while its batch holds its slots; see batch.h.
 */
#include <errno.h>
#include <string.h>

#include "db/batch.h"

#define SEAL_SLICE 2000 /* entries: about two milliseconds */
#define WAIT_MS 5       /* before a plan that waits is called again */

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
static void sign(struct entries *entries, struct change *change)
{
    struct entry *last = &entries->items[entries->count - 1];

    last->request_id = change->request_id;
    last->request_digest = change->digest;
    change->seq = entries_next_seq(entries) - 1;
    change->id = last->id;
}

enum planned { PLANNED, UNWRITTEN, UNFINISHED };

/* Validates one change. One without entries is marked as refused or idle. */
static enum planned batch_plan(struct batch *batch, struct change *change)
{
    struct entries *registry = &batch->registry.entries, *strategy = &batch->strategy.entries;
    struct plan plan = {.store = batch->store,
                        .registry = registry,
                        .strategy = strategy,
                        .further = batch->planning == change};
    /* An import has the batch for itself, however often it is called. */
    size_t registry_count = plan.further ? 0 : registry->count;
    size_t strategy_count = plan.further ? 0 : strategy->count;
    int r;

    plan.slot = batch->slot->id ? batch->slot : batch->also;
    r = change->plan(change, &plan);
    change->refused = r < 0;
    change->idle = false;
    batch->planning = r > 0 ? change : NULL;
    batch->waiting = r == PLAN_WAIT;
    if (r > 0)
        return UNFINISHED;
    if (r < 0) {
        entries_truncate(registry, registry_count);
        entries_truncate(strategy, strategy_count);
        return UNWRITTEN;
    }
    if (strategy->count > strategy_count && !strategy->verbatim) {
        sign(strategy, change);
    } else if (registry->count > registry_count && !registry->verbatim) {
        sign(registry, change);
    } else if (registry->verbatim) { /* nothing of it is the change's own */
        change->seq = entries_next_seq(registry) - 1;
        change->id = 0;
    } else {
        change->idle = true;
        change->seq = plan.slot ? slot_seq(plan.slot) : slot_seq(batch->slot);
        change->id = 0;
    }
    return change->idle ? UNWRITTEN : PLANNED;
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
        if (!change->doubt)
            change->deadline_us =
                monotonic_us() + (int64_t)store_options(slot->store)->in_doubt_ms * 1000;
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
        switch (batch_plan(batch, change)) {
        case PLANNED:
            *end = change;
            end = &change->next;
            batch->n_changes++;
            break;
        case UNWRITTEN:
            *unwritten = change;
            unwritten = &change->next;
            break;
        case UNFINISHED:
            break;
        }
        if (alone)
            break;
    }
}

/* Collects what waits, answers what needs no writing. */
static void batch_open(struct batch *batch)
{
    struct change *unwritten = NULL;

    parts_open(batch, batch->slot->queue);
    batch_collect(batch, &unwritten);
    unwritten_finish(batch->slot, unwritten);
}

/* Seals up to `most` more entries of a part. While its change is planned the last one waits: it may
 * get the request id. */
static int part_seal(const struct batch *batch, struct part *part, size_t most)
{
    struct entries *entries = &part->entries;
    size_t to = entries->count;

    if (batch->planning && to > 0)
        to--;
    if (to - entries->sealed > most)
        to = entries->sealed + most;
    return to > entries->sealed ? entries_seal(entries, to) : 0;
}

static int batch_seal(struct batch *batch, size_t most)
{
    int r = part_seal(batch, &batch->registry, most);

    return r < 0 ? r : part_seal(batch, &batch->strategy, most);
}

static bool is_sealed(const struct part *part)
{
    return part->entries.sealed == part->entries.count;
}

/* They cannot be written. */
static void batch_give_up(struct batch *batch)
{
    struct change *planning = STEAL(batch->planning);

    batch->n_changes = 0;
    changes_finish(STEAL(batch->changes), CHANGE_UNAVAILABLE);
    if (planning)
        change_finish(planning, CHANGE_UNAVAILABLE);
}

static void batch_size_up(struct batch *batch)
{
    batch->follow = batch->strategy.new_key != NULL ||
                    batch->registry.entries.count + batch->strategy.entries.count > REFRESH_LIMIT;
}

bool batch_gather(struct batch *batch)
{
    if (!batch->slot->queue)
        return false;
    batch_open(batch);
    if (batch->n_changes && batch_seal(batch, SIZE_MAX) < 0)
        batch_give_up(batch);
    batch_size_up(batch);
    return batch->n_changes > 0;
}

/* --- in slices --- */

/* Calls an unfinished plan again, once. */
static void batch_plan_on(struct batch *batch)
{
    struct change *change = batch->planning;

    switch (batch_plan(batch, change)) {
    case PLANNED:
        batch->changes = change;
        batch->n_changes = 1;
        break;
    case UNWRITTEN:
        unwritten_finish(batch->slot, change);
        break;
    case UNFINISHED:
        break;
    }
}

static void batch_go_on(struct batch *batch);

static void on_turn(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct batch *batch = arg;

    if (batch->planning)
        batch_plan_on(batch);
    batch_go_on(batch);
}

static int batch_next_turn(struct batch *batch)
{
    const struct timeval delay = {.tv_usec = batch->waiting ? WAIT_MS * 1000 : 0};

    if (!batch->turn)
        batch->turn = evtimer_new(store_options(batch->store)->base, on_turn, batch);
    return batch->turn && event_add(batch->turn, &delay) == 0 ? 0 : -ENOMEM;
}

/* Seals a slice, then launches the batch, drops it, or waits for the next turn. */
static void batch_go_on(struct batch *batch)
{
    int r = batch->n_changes || batch->planning ? batch_seal(batch, SEAL_SLICE) : 0;
    bool more = batch->planning ||
                (batch->n_changes && !(is_sealed(&batch->registry) && is_sealed(&batch->strategy)));

    if (r == 0 && more)
        r = batch_next_turn(batch);
    if (r < 0)
        batch_give_up(batch);
    if (r == 0 && more)
        return;
    batch_size_up(batch);
    if (batch->n_changes)
        batch_launch(batch);
    else
        batch_drop(batch);
}

void batch_start(struct batch *batch)
{
    batch->stage = BATCH_PLANNING;
    batch_open(batch);
    batch_go_on(batch);
}
