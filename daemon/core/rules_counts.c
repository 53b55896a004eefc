/*
 * The counts of work: the distinct work nodes without work parts, anywhere below a node. Where no
 * contribution touches anything below, they are the sum over the parts; else the parts that a
 * contribution touches are walked, each once, and only what is below them untouched is added up.
 */
#include "core/rules_internal.h"
#include "core/tree_internal.h"

#include <math.h>

static void add_below(struct result *sum, const struct result *part)
{
    sum->total += part->total;
    sum->delivered += part->delivered;
    sum->overdue += part->overdue;
    sum->reported_count += part->reported_count;
}

/* A unit: a work node without work parts. */
static void add_unit(struct result *sum, const struct result *unit)
{
    sum->total++;
    if (unit->closing && unit->closing->how == HOW_ACHIEVED)
        sum->delivered++;
    if (unit->schedule == SCHEDULE_OVERDUE)
        sum->overdue++;
    if (!isnan(unit->progress))
        sum->reported_count++;
}

/* What no contribution touches can be reached in one way only, so its sums hold here too. */
static void walk_parts(const struct node *node, uint32_t walk, struct result *sum)
{
    struct part_cursor cursor = {.node = node};
    bool has_work_parts = false;

    for (struct rules_part part; part_next(&cursor, &part);) {
        has_work_parts |= kind_is_work(part.node->kind);
        if (!part.node->counts_shared) {
            add_below(sum, &part.node->result);
        } else if (part.node->mark != walk) {
            part.node->mark = walk;
            walk_parts(part.node, walk, sum);
        }
    }
    if (kind_is_work(node->kind) && !has_work_parts)
        add_unit(sum, &node->result);
}

void rules_counts(const struct tree *tree, struct node *node, const struct sums *sums)
{
    struct result *result = &node->result;

    if (sums->shared) {
        walk_parts(node, tree_next_walk(tree), result);
        return;
    }
    result->total = sums->total;
    result->delivered = sums->delivered;
    result->overdue = sums->overdue;
    result->reported_count = sums->reported_count;
    if (kind_is_work(node->kind) && sums->work.count == 0)
        add_unit(result, result);
}
