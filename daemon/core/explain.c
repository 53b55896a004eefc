/* What a result was made of; see explain.h. An explanation owns its array of parts. */
#include "core/explain.h"
#include "core/rules_internal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static enum weight_from child_weight_from(const struct node *child)
{
    if (!isnan(child->weight))
        return WEIGHT_OWN;
    for (uint32_t i = 0; i < child->n_outgoing; i++)
        if (child->outgoing[i]->to == child->parent && !isnan(child->outgoing[i]->weight))
            return WEIGHT_OF_CONTRIBUTION;
    return WEIGHT_DEFAULT;
}

static int compare_contributing(const void *a, const void *b)
{
    const struct explained *left = a, *right = b;

    return code_compare(left->node->code, right->node->code);
}

static void list_parts(const struct node *node, struct explanation *e)
{
    if (node->kind == KIND_INDICATOR)
        return;
    for (uint32_t i = 0; i < node->n_children; i++) {
        struct node *child = node->children[i];
        e->parts[e->count++] = (struct explained){.node = child,
                                                  .weight = rules_child_weight(child),
                                                  .weight_from = child_weight_from(child),
                                                  .left_out = rules_left_out(child)};
    }
    for (uint32_t i = 0; i < node->n_incoming; i++) {
        const struct contribution *c = node->incoming[i];
        if (!rules_was_counted(node, i))
            e->parts[e->count++] = (struct explained){
                .node = c->from,
                .contributes = true,
                .weight = rules_contribution_weight(c),
                .weight_from = isnan(c->weight) ? WEIGHT_DEFAULT : WEIGHT_OF_CONTRIBUTION,
                .left_out = rules_left_out(c->from)};
    }
    if (e->count > 0)
        qsort(e->parts + node->n_children, e->count - node->n_children, sizeof *e->parts,
              compare_contributing);
}

/* Is the part of the kind that made the node's progress? */
static bool made_progress(const struct node *node, const struct explained *part)
{
    enum kind kind = part->node->kind;

    if (part->left_out != LEFT_OUT_NOT)
        return false;
    if (node->result.source == SOURCE_INDICATORS)
        return kind == KIND_INDICATOR;
    if (node->result.source != SOURCE_PARTS)
        return false;
    return kind_is_work(node->kind) ? kind_is_work(kind) : kind_is_outcome(kind);
}

static double known_or_zero(double progress)
{
    return isnan(progress) ? 0 : progress;
}

static void sum_parts(const struct node *node, struct explanation *e)
{
    for (size_t i = 0; i < e->count; i++) {
        struct explained *part = &e->parts[i];
        if (part->left_out == LEFT_OUT_NOT) {
            e->parts_weight += part->weight;
            e->weight_in[part->node->result.state] += part->weight;
        }
        part->counted = made_progress(node, part);
        if (!part->counted)
            continue;
        e->counted++;
        e->weight += part->weight;
        e->points += part->weight * known_or_zero(part->node->result.progress);
    }
    for (size_t i = 0; i < e->count; i++)
        if (e->parts[i].counted)
            e->parts[i].share =
                e->parts[i].weight * known_or_zero(e->parts[i].node->result.progress) / e->weight;
}

static void explain_pace(const struct node *node, struct explanation *e)
{
    const struct result *result = &node->result;
    struct date start = rules_start(node);

    e->pace = rules_pace(node, result);
    e->paced = result->schedule == SCHEDULE_RUNNING && date_given(start) && !isnan(e->pace);
    e->paced_by_work = isnan(result->progress);
    if (e->paced)
        e->expected =
            rules_expected(date_first_day(start), date_last_day(rules_due(node)), result->day);
}

static const struct node *start_of(const struct node *node)
{
    while (node && !date_given(node->start))
        node = node->parent;
    return node;
}

/* Follows the latest activity down to the node that it is on. */
static const struct node *last_active(const struct node *node)
{
    int32_t day = node->result.last_activity;
    const struct node *below = day == DAY_NONE ? NULL : node;

    while (below) {
        node = below;
        below = NULL;
        if (rules_own_activity(node, node->result.day) == day)
            return node;
        for (uint32_t i = 0; i < node->n_children && !below; i++)
            if (node->children[i]->result.last_activity == day)
                below = node->children[i];
        for (uint32_t i = 0; i < node->n_incoming && !below; i++)
            if (node->incoming[i]->from->result.last_activity == day)
                below = node->incoming[i]->from;
    }
    return NULL;
}

static void explain_points(const struct node *node, struct explanation *e)
{
    const struct result *result = &node->result;
    bool by_parts = result->source == SOURCE_INDICATORS || result->source == SOURCE_PARTS;

    if (!result->done && result->schedule != SCHEDULE_CLOSED && !by_parts)
        e->point_count = rules_points(node, result->day, e->point);
}

int explain(struct tree *tree, struct node *node, int32_t day, struct explanation *ret_explanation)
{
    struct explanation e = {.expected = (double)NAN};

    rules_result(tree, node, day);
    e.parts = calloc((size_t)node->n_children + node->n_incoming + 1, sizeof *e.parts);
    if (!e.parts)
        return -ENOMEM;
    list_parts(node, &e);
    sum_parts(node, &e);
    rules_effective_updates(node, day, &e.effective);
    e.observation = rules_observation(node, day);
    e.linked = rules_linked_update(node, day);
    e.start_of = start_of(node);
    e.last_active = last_active(node);
    explain_pace(node, &e);
    explain_points(node, &e);
    *ret_explanation = e;
    return 0;
}

void explanation_done(struct explanation *explanation)
{
    free(explanation->parts);
    *explanation = (struct explanation){0};
}

void explain_behind(const struct node *node, struct behind *ret_behind)
{
    const struct result *result = &node->result;
    struct behind behind = {0};
    struct effective effective;

    rules_effective_updates(node, result->day, &effective);
    if (node->kind == KIND_INDICATOR)
        behind.observation = rules_observation(node, result->day);
    else if (result->source == SOURCE_CLOSING)
        behind.closing = result->closing;
    else if (result->source == SOURCE_REPORTED)
        behind.update = effective.percent;
    *ret_behind = behind;
}
