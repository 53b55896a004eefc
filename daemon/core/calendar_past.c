/* Due dates that are no more; see calendar_past.h. */
#include "core/calendar_past.h"

static struct node_version live_version(const struct node *node)
{
    return (struct node_version){.id = node->id,
                                 .parent_id = node->parent ? node->parent->id : 0,
                                 .seq_from = node->seq_from,
                                 .start = node->start,
                                 .due = node->due,
                                 .due_after = node_due_after(node)};
}

/* The place of the first version that is not before (id, seq_from). */
static size_t place_of(const struct calendar_past *past, int64_t id, int64_t seq_from)
{
    size_t low = 0, high = past->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct node_version *version = &past->versions[middle];

        if (version->id < id || (version->id == id && version->seq_from < seq_from))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The node as it was after that entry; false: it was not there. */
static bool version_at(const struct calendar_past *past, int64_t id, int64_t seq,
                       struct node_version *ret_version)
{
    const struct node *node = tree_node(past->tree, id);
    size_t place = place_of(past, id, seq + 1);
    const struct node_version *version = place > 0 ? &past->versions[place - 1] : NULL;

    if (node && node->seq_from <= seq) {
        *ret_version = live_version(node);
        return true;
    }
    if (!version || version->id != id || version->seq_to <= seq)
        return false;
    *ret_version = *version;
    return true;
}

/* The start that counted for the version, and the latest of the entries that made it count. */
static struct date start_at(const struct calendar_past *past, struct node_version version,
                            int64_t seq, int64_t *seq_from)
{
    for (uint32_t level = 0; level < TREE_LEVELS; level++) {
        if (version.seq_from > *seq_from)
            *seq_from = version.seq_from;
        if (date_given(version.start) || version.id == 0 ||
            !version_at(past, version.parent_id, seq, &version))
            return version.start;
    }
    return (struct date){0};
}

/* The due date after that entry, and since which entry it was that. */
static struct date due_at(const struct calendar_past *past, const struct node_version *version,
                          int64_t seq, int64_t *ret_seq_from)
{
    *ret_seq_from = version->seq_from;
    if (!span_given(version->due_after))
        return version->due;
    return date_after(start_at(past, *version, seq, ret_seq_from), version->due_after);
}

/* The last entry after which the node was there. */
static int64_t last_seq(const struct calendar_past *past, int64_t id)
{
    const struct node *node = tree_node(past->tree, id);
    size_t place = place_of(past, id, INT64_MAX);
    const struct node_version *version = place > 0 ? &past->versions[place - 1] : NULL;

    if (node)
        return past->tree->seq > node->seq_from ? past->tree->seq : node->seq_from;
    return version && version->id == id ? version->seq_to - 1 : 0;
}

bool calendar_past_due(const struct calendar_past *past, int64_t id, struct date *ret_due,
                       int64_t *ret_seq)
{
    bool is_there = tree_node(past->tree, id) != NULL;
    int64_t seq = last_seq(past, id);
    struct node_version version;

    /* What a date is can only have changed with the entry since which it is that: so from there
     * one step back, until there is one. */
    for (bool first = true; seq > 0 && version_at(past, id, seq, &version); first = false) {
        int64_t since;
        struct date due = due_at(past, &version, seq, &since);

        if (date_given(due) && first && is_there)
            return false;
        if (date_given(due)) {
            *ret_due = due;
            *ret_seq = seq + 1;
            return true;
        }
        seq = since - 1;
    }
    return false;
}

bool calendar_past_below(const struct calendar_past *past, int64_t id, int64_t top)
{
    int64_t seq = last_seq(past, id);
    struct node_version version;

    for (uint32_t level = 0; level < TREE_LEVELS; level++) {
        if (id == top)
            return true;
        if (id == 0 || !version_at(past, id, seq, &version))
            return false;
        id = version.parent_id;
    }
    return false;
}
