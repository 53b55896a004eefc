/* What changed between two moments; see differences.h. */
#include "core/hash.h"

#include "core/differences.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Replies round to two decimals: what rounds to the same did not change. */
#define NOTICED 0.005

enum rank {
    RANK_WORSE, /* and the better the new state, the less: up to … */
    RANK_LATER = RANK_WORSE + 4,
    RANK_FELL,
    RANK_OTHER,
    RANK_BETTER,
    RANK_ROSE,
};

const char *const change_names[] = {"added", "ended", "state", "due",   "progress", "work",
                                    "start", "moved", "code",  "title", "weight",   NULL};

static void shape_done(struct shape *shape)
{
    free(shape->code);
    free(shape->parent);
    texts_done(&shape->titles);
    *shape = (struct shape){0};
}

static void difference_free(struct difference *change)
{
    shape_done(&change->shape[SIDE_FROM]);
    shape_done(&change->shape[SIDE_TO]);
    shape_done(&change->name);
    free(change);
}

void differences_done(struct differences *changes)
{
    HASH_FREE_ALL(changes->by_id, difference_free);
    free(changes->sorted);
    *changes = (struct differences){0};
}

static struct difference *difference_of(struct differences *changes, const struct node *node)
{
    struct difference *change;

    HASH_BY_ID(changes->by_id, node->id, change);
    if (change)
        return change;
    change = calloc(1, sizeof *change);
    if (!change)
        return NULL;
    change->id = node->id;
    change->kind = node->kind;
    if (HASH_PUT_ID(changes->by_id, change) < 0) {
        free(change);
        return NULL;
    }
    return change;
}

static int copy_name(const struct node *node, struct shape *shape)
{
    shape->code = strdup(node->code);
    if (!shape->code)
        return -ENOMEM;
    return texts_copy(&node->titles, &shape->titles);
}

int differences_note_standing(struct differences *changes, enum side side, const struct node *node,
                              const struct result *result, bool listed)
{
    struct difference *change = difference_of(changes, node);

    if (!change)
        return -ENOMEM;
    change->listed |= listed;
    change->standing[side] = (struct standing){.known = true,
                                               .state = result->state,
                                               .schedule = result->schedule,
                                               .progress = result->progress,
                                               .work = result->work};
    return change->name.code ? 0 : copy_name(node, &change->name);
}

int differences_note_shape(struct differences *changes, enum side side, const struct node *node,
                           bool listed)
{
    struct difference *change = difference_of(changes, node);
    struct shape *shape = change ? &change->shape[side] : NULL;

    if (!change)
        return -ENOMEM;
    change->listed |= listed;
    shape->known = true;
    shape->parent_id = node->parent_id;
    shape->start = node->start;
    shape->due = rules_due(node);
    shape->weight = node->weight;
    if (side == SIDE_FROM)
        change->written = node->due;
    if (node->parent) {
        shape->parent = strdup(node->parent->code);
        if (!shape->parent)
            return -ENOMEM;
    }
    return copy_name(node, shape);
}

static bool same_date(struct date a, struct date b)
{
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

void differences_note_due(struct differences *changes, int64_t id, struct date due)
{
    struct difference *change;

    HASH_BY_ID(changes->by_id, id, change);
    if (!change || !change->shape[SIDE_TO].known)
        return;
    /* A node that was added in between has its first due date then. */
    if (change->shape[SIDE_FROM].known || date_given(change->written))
        change->due_moves += !same_date(change->written, due);
    change->written = due;
}

/* --- what changed --- */

static bool differs(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(a) != isnan(b) : fabs(a - b) >= NOTICED;
}

static bool same_texts(const struct texts *a, const struct texts *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i].language, b->items[i].language) != 0 ||
            strcmp(a->items[i].text, b->items[i].text) != 0)
            return false;
    }
    return true;
}

static unsigned standing_changes(const struct standing *from, const struct standing *to)
{
    if (!from->known || !to->known)
        return 0;
    return (from->state != to->state ? CHANGED_STATE : 0) |
           (differs(from->progress, to->progress) ? CHANGED_PROGRESS : 0) |
           (differs(from->work, to->work) ? CHANGED_WORK : 0);
}

static unsigned shape_changes(const struct shape *from, const struct shape *to)
{
    if (!from->known || !to->known)
        return (!from->known && to->known ? CHANGED_ADDED : 0) |
               (from->known && !to->known ? CHANGED_ENDED : 0);
    return (same_date(from->due, to->due) ? 0 : CHANGED_DUE) |
           (same_date(from->start, to->start) ? 0 : CHANGED_START) |
           (from->parent_id == to->parent_id ? 0 : CHANGED_PARENT) |
           (strcmp(from->code, to->code) == 0 ? 0 : CHANGED_CODE) |
           (same_texts(&from->titles, &to->titles) ? 0 : CHANGED_TITLE) |
           (differs(from->weight, to->weight) ? CHANGED_WEIGHT : 0);
}

bool difference_due_days(const struct difference *change, int32_t *ret_days)
{
    const struct shape *from = &change->shape[SIDE_FROM], *to = &change->shape[SIDE_TO];

    if (!from->known || !to->known || !date_given(from->due) || !date_given(to->due))
        return false;
    *ret_days = date_last_day(to->due) - date_last_day(from->due);
    return true;
}

const struct shape *difference_name(const struct difference *change)
{
    if (change->shape[SIDE_TO].known)
        return &change->shape[SIDE_TO];
    return change->shape[SIDE_FROM].known ? &change->shape[SIDE_FROM] : &change->name;
}

/* --- how serious it is --- */

/* From the best to the worst. Not to know any more is worse than to be on track. */
static int badness(uint8_t state)
{
    static const int by_state[] = {[STATE_DONE] = 0,
                                   [STATE_ON_TRACK] = 1,
                                   [STATE_UNKNOWN] = 2,
                                   [STATE_AT_RISK] = 3,
                                   [STATE_OFF_TRACK] = 4};

    return by_state[state];
}

/* By how much progress and work fell (negative) or rose, where both are known. */
static double rise(const struct difference *change)
{
    const struct standing *from = &change->standing[SIDE_FROM];
    const struct standing *to = &change->standing[SIDE_TO];
    double progress = to->progress - from->progress, work = to->work - from->work;

    return (isnan(progress) ? 0 : progress) + (isnan(work) ? 0 : work);
}

static void rank(struct difference *change)
{
    int from = badness(change->standing[SIDE_FROM].state);
    int to = badness(change->standing[SIDE_TO].state);
    bool later = false;
    int32_t days;

    if (change->what & CHANGED_DUE && difference_due_days(change, &days))
        later = days > 0;
    if (change->what & CHANGED_STATE && to > from) {
        change->rank = RANK_WORSE + badness(STATE_OFF_TRACK) - to;
    } else if (later) {
        change->rank = RANK_LATER;
        change->measure = -days;
    } else if (change->what & (CHANGED_PROGRESS | CHANGED_WORK) && rise(change) < 0) {
        change->rank = RANK_FELL;
        change->measure = rise(change);
    } else if (change->what & ~(unsigned)(CHANGED_STATE | CHANGED_PROGRESS | CHANGED_WORK)) {
        change->rank = RANK_OTHER;
    } else {
        change->rank = change->what & CHANGED_STATE ? RANK_BETTER : RANK_ROSE;
        change->measure = -rise(change);
    }
}

static int compare(const void *a, const void *b)
{
    const struct difference *left = *(struct difference *const *)a,
                            *right = *(struct difference *const *)b;

    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    if (left->measure < right->measure || left->measure > right->measure)
        return left->measure < right->measure ? -1 : 1;
    return code_compare(difference_name(left)->code, difference_name(right)->code);
}

static void work_out(struct difference *change)
{
    change->what = standing_changes(&change->standing[SIDE_FROM], &change->standing[SIDE_TO]) |
                   shape_changes(&change->shape[SIDE_FROM], &change->shape[SIDE_TO]);
    /* A due date that follows the start moved with it; one that came back is no change of now. */
    if (change->what & CHANGED_DUE && change->due_moves == 0)
        change->due_moves = 1;
    if (change->due_moves > 0 && change->shape[SIDE_FROM].known)
        change->what |= CHANGED_DUE;
    rank(change);
}

int differences_settle(struct differences *changes)
{
    size_t room = HASH_CNT(by_id, changes->by_id);
    struct difference *change, *next;

    changes->sorted = calloc(room ? room : 1, sizeof(struct difference *));
    if (!changes->sorted)
        return -ENOMEM;
    HASH_ITER (by_id, changes->by_id, change, next) {
        work_out(change);
        if (change->what && change->listed)
            changes->sorted[changes->count++] = change;
    }
    qsort(changes->sorted, changes->count, sizeof(struct difference *), compare);
    return 0;
}
