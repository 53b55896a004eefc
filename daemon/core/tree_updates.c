/*
 * The updates and closings of nodes, in the order in which the rules read them: by (date, id),
 * where a date stands for its last day. A node owns both arrays and its latest update's texts.
 */
#include "core/hash.h"

#include "core/array.h"
#include "core/tree_internal.h"

#include <math.h>

/* A text's size in the block, 0 if there is none. */
static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

static int latest_new(const struct update *update, int64_t account, const char *note,
                      const char *evidence, struct latest **ret_latest)
{
    size_t note_size = text_size(note), evidence_size = text_size(evidence);
    struct latest *latest = malloc(sizeof *latest + note_size + evidence_size);

    if (!latest)
        return -ENOMEM;
    *latest = (struct latest){.id = update->id, .account = account, .date = update->date};
    if (note)
        latest->note = memcpy(latest->texts, note, note_size);
    if (evidence)
        latest->evidence = memcpy(latest->texts + note_size, evidence, evidence_size);
    *ret_latest = latest;
    return 0;
}

const struct update *node_update(const struct node *node, int64_t id)
{
    /* from the end: what is corrected is mostly new */
    for (uint32_t i = id > 0 ? node->n_updates : 0; i-- > 0;)
        if (node->updates[i].id == id)
            return &node->updates[i];
    return NULL;
}

const struct update *node_latest_update(const struct node *node)
{
    for (uint32_t i = node->n_updates; i-- > 0;)
        if (update_counts(&node->updates[i]))
            return &node->updates[i];
    return NULL;
}

bool node_latest_missing(const struct node *node)
{
    return !node->latest && node_latest_update(node);
}

/* Is (day, id) before what stands at `date` and `other_id`? */
static bool is_before(int32_t day, int64_t id, struct date date, int64_t other_id)
{
    int32_t other_day = date_last_day(date);

    return day < other_day || (day == other_day && id < other_id);
}

/* The first update after (day, id); most often that is the end. */
static uint32_t update_place(const struct node *node, int32_t day, int64_t id)
{
    const struct update *updates = node->updates;
    uint32_t low = 0, high = node->n_updates;

    if (high > 0 && !is_before(day, id, updates[high - 1].date, updates[high - 1].id))
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (is_before(day, id, updates[middle].date, updates[middle].id))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Notes that an update is there (`by` 1), or as it was is not there any more (-1). */
static void tally(struct node *node, const struct update *update, int by)
{
    if (!update_counts(update)) {
        node->n_void += (uint32_t)by;
        return;
    }
    node->n_percents += isnan(update->percent) ? 0 : (uint32_t)by;
    node->n_linked += update->has_evidence ? (uint32_t)by : 0;
}

static int insert_update(struct tree *tree, struct node *node, const struct update *row)
{
    uint32_t place = update_place(node, date_last_day(row->date), row->id);
    struct update *before = place > 0 ? &node->updates[place - 1] : NULL;

    if (before && before->id == row->id) {
        const struct update known = *before;
        tally(node, before, -1);
        *before = *row;
        before->superseded_by = known.superseded_by;
        before->waits = known.waits;
        before->returned = known.returned;
        tally(node, before, 1);
        return 0;
    }
    if (ARRAY_RESERVE(node->updates, node->n_updates) < 0)
        return -ENOMEM;
    ARRAY_OPEN(node->updates, node->n_updates, place);
    node->updates[place] = *row;
    tally(node, row, 1);
    tree->update_count++;
    return 0;
}

static int compare_updates(const void *a, const void *b)
{
    const struct update *left = a, *right = b;

    return is_before(date_last_day(left->date), left->id, right->date, right->id) ? -1 : 1;
}

/* Whether the latest texts in memory are still those of the latest update; if not, they go. */
static void check_latest(struct node *node)
{
    const struct update *latest = node_latest_update(node);

    if (node->latest && (!latest || latest->id != node->latest->id))
        free(STEAL(node->latest));
}

void node_order_updates(struct node *node)
{
    if (node->mixed_updates)
        qsort(node->updates, node->n_updates, sizeof *node->updates, compare_updates);
    node->mixed_updates = false;
    check_latest(node);
}

static int replace_latest(struct node *node, const struct update *update, int64_t account,
                          const char *note, const char *evidence)
{
    struct latest *latest;

    int r = latest_new(update, account, note, evidence, &latest);
    if (r < 0)
        return r;
    free(node->latest);
    node->latest = latest;
    return 0;
}

static int put_latest(struct node *node, int64_t update_id, int64_t account, const char *note,
                      const char *evidence)
{
    const struct update *update = node_latest_update(node);

    if (!update || update->id != update_id)
        return 0;
    return replace_latest(node, update, account, note, evidence);
}

/*
 * A fresh tree takes the updates of a load as they come: they are ordered once, when it is settled.
 * Until then `latest` is the latest of those that came and were not corrected, if it is known.
 */
static int append_update(struct tree *tree, struct node *node, const struct update *row,
                         int64_t supersedes, int64_t account, const char *note,
                         const char *evidence)
{
    const struct latest *latest = node->latest;
    int32_t day = date_last_day(row->date);

    if (ARRAY_RESERVE(node->updates, node->n_updates) < 0)
        return -ENOMEM;
    if (node->n_updates > 0)
        node->mixed_updates |= is_before(day, row->id, node->updates[node->n_updates - 1].date,
                                         node->updates[node->n_updates - 1].id);
    node->updates[node->n_updates++] = *row;
    tally(node, row, 1);
    tree->update_count++;
    tree->last_update = row->id;
    if (row->waits)
        return 0;
    if (latest && latest->id == supersedes)
        free(STEAL(node->latest));
    else if (latest && is_before(day, row->id, latest->date, latest->id))
        return 0;
    return replace_latest(node, row, account, note, evidence);
}

/* Notes the correction at what it corrects. */
static int supersede(struct tree *tree, struct node *node, int64_t supersedes, int64_t by)
{
    struct update *old = (struct update *)node_update(node, supersedes);

    if (supersedes && !old)
        return -ENOENT;
    if (old) {
        tally(node, old, -1);
        old->superseded_by = by;
        tally(node, old, 1);
        if (old->waits)
            HASH_END_PLAIN(tree->waiting, supersedes);
    }
    return 0;
}

static void note_what_it_says(struct node *node, const struct update *update)
{
    node->says_percent |= !isnan(update->percent);
    node->says_state |= update->state != STATE_UNKNOWN;
    node->says_confidence |= update->confidence != CONFIDENCE_NONE;
}

int tree_put_update(struct tree *tree, int64_t node_id, const struct update *row,
                    int64_t supersedes, int64_t account, const char *note, const char *evidence)
{
    struct node *node = tree_node(tree, node_id);

    if (!node)
        return -ENOENT;
    if (!date_given(row->date))
        return -EINVAL;
    struct waiting waiting = {row->id, node_id, account, supersedes, 0, {0}};
    /* What waits supersedes nothing before it is accepted. */
    int r = row->waits ? HASH_PUT_PLAIN(tree->waiting, &waiting)
                       : supersede(tree, node, supersedes, row->id);
    if (r < 0)
        return r;
    note_what_it_says(node, row);
    if (tree->fresh && row->id > tree->last_update)
        return append_update(tree, node, row, supersedes, account, note, evidence);
    node_order_updates(node);
    r = insert_update(tree, node, row);
    if (r < 0)
        return r;
    node_invalidate(node);
    check_latest(node);
    return put_latest(node, row->id, account, note, evidence);
}

int tree_put_latest(struct tree *tree, int64_t node_id, int64_t update_id, int64_t account,
                    const char *note, const char *evidence)
{
    struct node *node = tree_node(tree, node_id);

    return node ? put_latest(node, update_id, account, note, evidence) : -ENOENT;
}

const struct waiting *tree_waiting(const struct tree *tree, int64_t update_id)
{
    struct waiting *waiting = NULL;

    HASH_BY_ID(tree->waiting, update_id, waiting);
    return waiting;
}

static int accept(struct tree *tree, struct node *node, struct update *update, int64_t supersedes)
{
    int r = supersede(tree, node, supersedes, update->id);

    if (r < 0)
        return r;
    tally(node, update, -1);
    update->waits = update->returned = false;
    tally(node, update, 1);
    HASH_END_PLAIN(tree->waiting, update->id);
    node_invalidate(node);
    return 0;
}

int tree_put_decision(struct tree *tree, int64_t id, int64_t node_id, int64_t update_id,
                      bool accepted, int64_t supersedes)
{
    struct node *node = tree_node(tree, node_id);
    struct update *update = node ? (struct update *)node_update(node, update_id) : NULL;
    struct waiting *waiting = (struct waiting *)tree_waiting(tree, update_id);

    if (!update)
        return -ENOENT;
    if (waiting)
        waiting->decision_id = id;
    if (!accepted || !update->waits) {
        update->returned = !accepted;
        return 0;
    }
    int r = accept(tree, node, update, supersedes);
    if (!tree->fresh) /* else the updates have no order yet */
        check_latest(node);
    return r;
}

void tree_forget_texts(struct tree *tree)
{
    struct node *node;

    for (size_t at = 0; (node = tree_next_node(tree, &at));)
        free(STEAL(node->latest));
}

static uint32_t closing_place(const struct node *node, const struct closing *row)
{
    int32_t day = date_last_day(row->date);
    uint32_t place = node->n_closings;

    while (place > 0 &&
           is_before(day, row->id, node->closings[place - 1].date, node->closings[place - 1].id))
        place--;
    return place;
}

void closing_done(struct closing *closing)
{
    free(closing->reason);
    free(closing->note);
    free(closing->evidence);
}

static int closing_copy(const struct closing *from, struct closing *ret_copy)
{
    struct closing copy = *from;

    copy.reason = copy.note = copy.evidence = NULL;
    if (copy_string(from->reason, &copy.reason) < 0 || copy_string(from->note, &copy.note) < 0 ||
        copy_string(from->evidence, &copy.evidence) < 0) {
        closing_done(&copy);
        return -ENOMEM;
    }
    *ret_copy = copy;
    return 0;
}

int tree_put_closing(struct tree *tree, int64_t node_id, const struct closing *row)
{
    struct node *node = tree_node(tree, node_id);
    struct closing copy;

    if (!node)
        return -ENOENT;
    if (!date_given(row->date))
        return -EINVAL;
    if (ARRAY_RESERVE(node->closings, node->n_closings) < 0 || closing_copy(row, &copy) < 0)
        return -ENOMEM;
    node_invalidate(node);

    uint32_t place = closing_place(node, row);
    struct closing *same = place > 0 ? &node->closings[place - 1] : NULL;
    if (same && same->id == row->id) {
        closing_done(same);
    } else {
        ARRAY_OPEN(node->closings, node->n_closings, place);
        same = &node->closings[place];
    }
    *same = copy;
    return 0;
}
