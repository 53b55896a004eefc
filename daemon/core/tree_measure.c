/*
 * What only indicators have: baseline, target, unit, direction and observations, in the order in
 * which the rules read them: by (date, id), where a date stands for its last day. A node owns its
 * measure; observations stay when a node becomes something else, in case it becomes one again.
 */
#include "core/array.h"
#include "core/tree_internal.h"

#include <math.h>

void measure_free(struct measure *measure)
{
    if (!measure)
        return;
    free(measure->observations);
    free(measure->unit);
    free(measure);
}

/* The node's, made if need be; NULL: no memory. */
static struct measure *measure_of(struct node *node)
{
    struct extra *extra = node_extra(node);

    if (extra && !extra->measure) {
        extra->measure = calloc(1, sizeof *extra->measure);
        if (extra->measure)
            extra->measure->baseline = extra->measure->target = (double)NAN;
    }
    return extra ? extra->measure : NULL;
}

int measure_put(struct node *node, const struct node_row *row)
{
    AUTO(free_ptr) char *unit = NULL;
    struct measure *measure;

    if (row->kind != KIND_INDICATOR && !node_measure(node))
        return 0;
    measure = measure_of(node);
    if (!measure || copy_string(row->unit, &unit) < 0)
        return -ENOMEM;
    free(measure->unit);
    measure->unit = STEAL(unit);
    measure->baseline = row->baseline;
    measure->target = row->target;
    measure->direction = (uint8_t)row->direction;
    return 0;
}

const struct observation *node_observation(const struct node *node, int64_t id)
{
    const struct measure *measure = node_measure(node);

    for (uint32_t i = measure ? measure->n_observations : 0; i-- > 0;)
        if (measure->observations[i].id == id)
            return &measure->observations[i];
    return NULL;
}

static bool is_before(const struct observation *a, const struct observation *b)
{
    int32_t day = date_last_day(a->date), other = date_last_day(b->date);

    return day < other || (day == other && a->id < b->id);
}

static int insert(struct measure *measure, const struct observation *row)
{
    uint32_t place = measure->n_observations;

    if (ARRAY_RESERVE(measure->observations, measure->n_observations) < 0)
        return -ENOMEM;
    while (place > 0 && is_before(row, &measure->observations[place - 1]))
        place--;
    ARRAY_OPEN(measure->observations, measure->n_observations, place);
    measure->observations[place] = *row;
    return 0;
}

int tree_put_observation(struct tree *tree, int64_t node_id, const struct observation *row,
                         int64_t supersedes)
{
    struct node *node = tree_node(tree, node_id);
    struct observation *old;

    if (!node)
        return -ENOENT;
    if (!date_given(row->date))
        return -EINVAL;
    if (!measure_of(node))
        return -ENOMEM;
    old = (struct observation *)node_observation(node, supersedes);
    if (supersedes && !old)
        return -ENOENT;
    if (old)
        old->superseded_by = row->id;
    node_invalidate(node);
    old = (struct observation *)node_observation(node, row->id);
    if (!old)
        return insert(node->extra->measure, row);

    int64_t superseded_by = old->superseded_by;
    *old = *row;
    old->superseded_by = superseded_by;
    return 0;
}
