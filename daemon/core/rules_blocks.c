/*
 * A node with many children keeps what each block of them adds up to: a change of one child then
 * costs the pass over its block and one over the blocks. Nothing is kept that drifts: a block is
 * summed up anew, in the order of its children, and so are the blocks. A node owns its blocks;
 * they go when its children, or their order, change.
 */
#include "core/rules_internal.h"
#include "core/tree_internal.h"

#include <assert.h>
#include <stdlib.h>

uint32_t block_begin(const struct node *node, uint32_t block)
{
    uint64_t begin = (uint64_t)block * BLOCK_CHILDREN;

    return begin < node->n_children ? (uint32_t)begin : node->n_children;
}

struct blocks *blocks_on(struct node *node, int32_t day)
{
    uint32_t count = (node->n_children + BLOCK_CHILDREN - 1) / BLOCK_CHILDREN;

    if (count > 2 && !node->blocks) {
        node->blocks = calloc(1, sizeof *node->blocks + count * sizeof *node->blocks->items);
        if (node->blocks)
            *node->blocks = (struct blocks){.day = day, .count = count};
    }
    if (node->blocks && node->blocks->day != day) {
        for (uint32_t i = 0; i < count; i++)
            node->blocks->items[i].valid = false;
        node->blocks->day = day;
    }
    return node->blocks;
}

void blocks_free(struct node *node)
{
    free(STEAL(node->blocks));
}

void blocks_forget(struct node *parent, const struct node *child)
{
    uint32_t low = 0, high = parent->n_children;

    if (!parent->blocks)
        return;
    while (low < high) { /* its place among the children */
        uint32_t middle = low + (high - low) / 2;
        if (code_compare(parent->children[middle]->code, child->code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    assert(low < parent->n_children);
    parent->blocks->items[low / BLOCK_CHILDREN].valid = false;
}

static void mean_merge(struct mean *mean, const struct mean *other)
{
    mean->sum += other->sum;
    mean->weight += other->weight;
    mean->count += other->count;
    mean->known |= other->known;
}

void sums_merge(struct sums *sums, const struct sums *other)
{
    sums->count += other->count;
    sums->done += other->done;
    sums->indicators_done += other->indicators_done;
    sums->outcomes_done += other->outcomes_done;
    mean_merge(&sums->work, &other->work);
    mean_merge(&sums->indicators, &other->indicators);
    mean_merge(&sums->outcomes, &other->outcomes);
    mean_merge(&sums->indicator_coverage, &other->indicator_coverage);
    mean_merge(&sums->outcome_coverage, &other->outcome_coverage);
    mean_merge(&sums->effort, &other->effort);
    outlook_merge(&sums->work_outlook, &other->work_outlook);
    outlook_merge(&sums->indicator_outlook, &other->indicator_outlook);
    outlook_merge(&sums->outcome_outlook, &other->outcome_outlook);
    sums->last_activity = later_day(sums->last_activity, other->last_activity);
    sums->weight += other->weight;
    for (int state = 0; state <= STATE_DONE; state++)
        sums->by_state[state] += other->by_state[state];
    sums->total += other->total;
    sums->delivered += other->delivered;
    sums->overdue += other->overdue;
    sums->reported_count += other->reported_count;
    sums->targets += other->targets;
    sums->targets_reporting += other->targets_reporting;
    sums->shared |= other->shared;
}

/* The earlier block's part is named among equals: its code is lower. */
static void troubles_merge(struct troubles *troubles, const struct troubles *other)
{
    troubles->count += other->count;
    if (!troubles->worst)
        troubles->worst = other->worst;
}

void survey_merge(struct survey *survey, const struct survey *other)
{
    if (other->overdue.count > 0 && other->days_late > survey->days_late) {
        survey->overdue.worst = other->overdue.worst;
        survey->days_late = other->days_late;
    }
    troubles_merge(&survey->overdue, &other->overdue);
    troubles_merge(&survey->off_track, &other->off_track);
    troubles_merge(&survey->at_risk, &other->at_risk);
    if (!survey->lowest)
        survey->lowest = other->lowest;
}
