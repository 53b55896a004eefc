/*
 * Results: what a node is made of, and progress, coverage and work from that. A result is
 * computed once all its parts have theirs, in one pass over them, and is kept in the node until
 * something below changes or another day is asked. Nothing is owned here.
 *
 * rules_updates.c reads a node's own updates and closings, rules_state.c has schedule and state,
 * rules_counts.c the counts of work, rules_evidence.c evidence, staleness and forecast,
 * rules_reasons.c why.
 */
#include "core/rules_internal.h"
#include "core/tree_internal.h"

#include <assert.h>
#include <errno.h>
#include <math.h>

enum left_out rules_left_out(const struct node *node)
{
    const struct closing *closing = node->result.closing;

    if (closing && closing->how == HOW_DROPPED)
        return LEFT_OUT_DROPPED;
    if (node->kind == KIND_INDICATOR &&
        (!node_measure(node) || isnan(node_measure(node)->baseline) ||
         isnan(node_measure(node)->target)))
        return LEFT_OUT_UNMEASURED;
    return LEFT_OUT_NOT;
}

static bool is_nobodys_part(const struct node *node)
{
    return rules_left_out(node) != LEFT_OUT_NOT;
}

/* Its own weight, else that of its contribution to its parent, else 1. */
double rules_child_weight(const struct node *child)
{
    if (!isnan(child->weight))
        return child->weight;
    for (uint32_t i = 0; i < child->n_outgoing; i++)
        if (child->outgoing[i]->to == child->parent && !isnan(child->outgoing[i]->weight))
            return child->outgoing[i]->weight;
    return 1;
}

double rules_contribution_weight(const struct contribution *contribution)
{
    return isnan(contribution->weight) ? 1 : contribution->weight;
}

/* A child that contributes too has been counted; so has who contributes a second time. */
bool rules_was_counted(const struct node *node, uint32_t i)
{
    const struct node *from = node->incoming[i]->from;

    return from->parent == node || (i > 0 && node->incoming[i - 1]->from == from);
}

bool part_next(struct part_cursor *cursor, struct rules_part *ret_part)
{
    const struct node *node = cursor->node;

    if (node->kind == KIND_INDICATOR)
        return false;
    while (cursor->next < node->n_children) {
        struct node *child = node->children[cursor->next++];
        if (is_nobodys_part(child))
            continue;
        *ret_part = (struct rules_part){child, rules_child_weight(child)};
        return true;
    }
    while (cursor->next - node->n_children < node->n_incoming) {
        uint32_t i = cursor->next++ - node->n_children;
        const struct contribution *contribution = node->incoming[i];
        if (rules_was_counted(node, i) || is_nobodys_part(contribution->from))
            continue;
        *ret_part =
            (struct rules_part){contribution->from, rules_contribution_weight(contribution)};
        return true;
    }
    return false;
}

static void mean_add(struct mean *mean, double weight, double value)
{
    mean->count++;
    mean->weight += weight;
    if (isnan(value))
        return;
    mean->sum += weight * value;
    mean->known = true;
}

static double mean_value(const struct mean *mean)
{
    return mean->known ? mean->sum / mean->weight : (double)NAN;
}

static void add_measures(struct sums *sums, const struct node *part, double weight)
{
    const struct result *result = &part->result;

    if (kind_is_work(part->kind)) {
        mean_add(&sums->work, weight, result->progress);
        mean_add(&sums->effort, weight, result->progress);
        outlook_add(&sums->work_outlook, result);
    } else if (kind_is_outcome(part->kind)) {
        mean_add(&sums->outcomes, weight, result->progress);
        mean_add(&sums->outcome_coverage, weight, result->coverage);
        sums->outcomes_done += result->done;
        outlook_add(&sums->outcome_outlook, result);
        if (result->total > 0)
            mean_add(&sums->effort, weight, result->work);
    } else {
        mean_add(&sums->indicators, weight, result->progress);
        mean_add(&sums->indicator_coverage, weight, result->coverage);
        sums->indicators_done += result->done;
        outlook_add(&sums->indicator_outlook, result);
    }
}

static void add_part(struct sums *sums, const struct node *part, double weight)
{
    const struct result *result = &part->result;

    sums->count++;
    sums->done += result->done;
    sums->weight += weight;
    sums->by_state[result->state] += weight;
    sums->total += result->total;
    sums->delivered += result->delivered;
    sums->overdue += result->overdue;
    sums->reported_count += result->reported_count;
    add_measures(sums, part, weight);
}

/* The one pass over children, from `begin` to before `end`: also what is dropped gets its result,
 * which says so. An indicator's children are nobody's parts. */
static void sum_range(struct tree *tree, const struct node *node, uint32_t begin, uint32_t end,
                      int32_t day, struct sums *sums)
{
    bool has_parts = node->kind != KIND_INDICATOR;

    for (uint32_t i = begin; i < end; i++) {
        struct node *child = node->children[i];
        const struct result *result = rules_result(tree, child, day);
        sums->shared |= child->counts_shared;
        sums->last_activity = later_day(sums->last_activity, result->last_activity);
        sums->targets += result->targets;
        sums->targets_reporting += result->targets_reporting;
        if (has_parts && !is_nobodys_part(child))
            add_part(sums, child, rules_child_weight(child));
    }
}

static void survey_range(const struct node *node, uint32_t begin, uint32_t end, int32_t day,
                         struct survey *survey)
{
    for (uint32_t i = begin; i < end; i++)
        if (node->kind != KIND_INDICATOR && !is_nobodys_part(node->children[i]))
            rules_survey_part(survey, node, node->children[i], day);
}

static void fill_block(struct tree *tree, const struct node *node, struct block *block,
                       uint32_t number, int32_t day)
{
    uint32_t begin = block_begin(node, number), end = block_begin(node, number + 1);

    *block = (struct block){.sums = SUMS_NONE};
    sum_range(tree, node, begin, end, day, &block->sums);
    survey_range(node, begin, end, day, &block->survey);
    block->valid = true;
}

static void sum_children(struct tree *tree, struct node *node, int32_t day, struct sums *sums)
{
    struct blocks *blocks = blocks_on(node, day);

    if (!blocks) {
        sum_range(tree, node, 0, node->n_children, day, sums);
        return;
    }
    for (uint32_t i = 0; i < blocks->count; i++) {
        if (!blocks->items[i].valid)
            fill_block(tree, node, &blocks->items[i], i, day);
        sums_merge(sums, &blocks->items[i].sums);
    }
}

struct survey rules_survey(const struct node *node, int32_t day)
{
    const struct blocks *blocks = node->blocks;
    struct part_cursor cursor = {.node = node};
    struct survey survey = {0};

    if (!node->result.parts_troubled)
        return survey;
    for (uint32_t i = 0; blocks && i < blocks->count; i++)
        survey_merge(&survey, &blocks->items[i].survey);
    if (blocks)
        cursor.next = node->n_children;
    for (struct rules_part part; part_next(&cursor, &part);)
        rules_survey_part(&survey, node, part.node, day);
    return survey;
}

static void sum_incoming(struct tree *tree, const struct node *node, int32_t day, struct sums *sums)
{
    for (uint32_t i = 0; i < node->n_incoming; i++) {
        const struct contribution *contribution = node->incoming[i];
        const struct result *result = rules_result(tree, contribution->from, day);
        sums->last_activity = later_day(sums->last_activity, result->last_activity);
        if (node->kind != KIND_INDICATOR && !rules_was_counted(node, i) &&
            !is_nobodys_part(contribution->from))
            add_part(sums, contribution->from, rules_contribution_weight(contribution));
    }
    sums->shared |= node->n_incoming > 0;
}

double rules_indicator_progress(const struct measure *measure, double value)
{
    double baseline = measure->baseline, target = measure->target;

    if (isnan(baseline) || isnan(target) || isnan(value))
        return (double)NAN;
    if (baseline != target)
        return fmax(0, fmin(100, 100 * (value - baseline) / (target - baseline)));

    bool reached = measure->direction == DIRECTION_DOWN ? value <= target + RULES_EPSILON
                                                        : value >= target - RULES_EPSILON;
    return reached ? 100 : 0;
}

static void measure(struct result *r, enum source source, double progress, double coverage)
{
    r->source = (uint8_t)source;
    r->progress = progress;
    r->coverage = coverage;
}

static void progress_of_indicator(const struct node *node, struct result *r)
{
    const struct measure *of = node_measure(node);
    double progress = of ? rules_indicator_progress(of, rules_value(node, r->day)) : (double)NAN;

    measure(r, SOURCE_NONE, progress, !isnan(progress));
}

static void progress_of_work(const struct sums *sums, struct result *r)
{
    if (r->closing && r->closing->how == HOW_ACHIEVED)
        measure(r, SOURCE_CLOSING, 100, (double)NAN);
    else if (sums->work.known)
        measure(r, SOURCE_PARTS, mean_value(&sums->work), (double)NAN);
    else if (!isnan(r->percent))
        measure(r, SOURCE_REPORTED, r->percent, (double)NAN);
    else
        measure(r, SOURCE_NONE, (double)NAN, (double)NAN);
}

static void progress_of_outcome(const struct sums *sums, struct result *r)
{
    if (r->closing && r->closing->how == HOW_ACHIEVED)
        measure(r, SOURCE_CLOSING, 100, 1);
    else if (sums->indicators.known)
        measure(r, SOURCE_INDICATORS, mean_value(&sums->indicators),
                mean_value(&sums->indicator_coverage));
    else if (sums->outcomes.known)
        measure(r, SOURCE_PARTS, mean_value(&sums->outcomes), mean_value(&sums->outcome_coverage));
    else if (!isnan(r->percent))
        measure(r, SOURCE_REPORTED, r->percent, 1);
    else
        measure(r, SOURCE_NONE, (double)NAN, 0);
}

static bool has_parts_in(const struct sums *sums, enum state state)
{
    return sums->by_state[state] > 0;
}

static void sum_up(struct result *r, const struct node *node, const struct sums *sums)
{
    r->part_count = sums->count;
    r->parts_done = sums->count > 0 && sums->done == sums->count;
    r->parts_troubled = has_parts_in(sums, STATE_AT_RISK) || has_parts_in(sums, STATE_OFF_TRACK);
    r->targets = sums->targets;
    r->targets_reporting = sums->targets_reporting;
    if (node->kind != KIND_TARGET)
        return;
    r->targets++;
    r->targets_reporting += rules_last_update(node, r->day) != NULL;
}

static void compute(struct tree *tree, struct node *node, int32_t day, const struct sums *sums)
{
    struct result r = {.day = day, .valid = true, .work = (double)NAN};

    sum_up(&r, node, sums);
    rules_effective(node, day, &r);
    r.closing = rules_closing(node, day);
    if (node->kind == KIND_INDICATOR) {
        progress_of_indicator(node, &r);
    } else if (kind_is_work(node->kind)) {
        progress_of_work(sums, &r);
    } else {
        progress_of_outcome(sums, &r);
        r.work = mean_value(&sums->effort);
    }
    r.done = rules_is_done(node, &r, sums);
    r.schedule = (uint8_t)rules_schedule(node, &r);
    rules_axes(node, sums, &r);
    node->counts_shared = sums->shared || node->n_outgoing > 0;
    node->result = r;
    rules_counts(tree, node, sums);
    rules_evidence(node);
    rules_staleness(tree, node, sums);
    rules_forecast(node, sums);
}

/* Recursion is as deep as the tree, at most TREE_LEVELS. */
const struct result *rules_result(struct tree *tree, struct node *node, int32_t day)
{
    if (node->result.valid && node->result.day == day)
        return &node->result;

    /* what depends on it was computed for the day that is given up now */
    node_invalidate(node);

    struct sums sums = SUMS_NONE;
    sum_children(tree, node, day, &sums);
    sum_incoming(tree, node, day, &sums);
    compute(tree, node, day, &sums);
    return &node->result;
}

static int compare_parts(const void *a, const void *b)
{
    const struct rules_part *left = a, *right = b;

    return code_compare(left->node->code, right->node->code);
}

int rules_parts(struct tree *tree, struct node *node, int32_t day, struct rules_part **ret_parts,
                size_t *ret_count)
{
    struct part_cursor cursor = {.node = node};
    size_t count = 0, children = 0;

    rules_result(tree, node, day);
    struct rules_part *parts =
        calloc((size_t)node->n_children + node->n_incoming + 1, sizeof *parts);
    if (!parts)
        return -ENOMEM;
    while (part_next(&cursor, &parts[count]))
        children += parts[count++].node->parent == node;
    qsort(parts + children, count - children, sizeof *parts, compare_parts);
    *ret_parts = parts;
    *ret_count = count;
    return 0;
}

struct node *rules_worst_part(struct tree *tree, struct node *node, int32_t day)
{
    rules_result(tree, node, day);

    struct survey survey = rules_survey(node, day);
    return survey.lowest ? survey.lowest : survey.at_risk.worst;
}

struct reporting rules_reporting(struct tree *tree, struct node *node, enum kind kind, int32_t day)
{
    const struct result *result = rules_result(tree, node, day);

    assert(kind == KIND_TARGET);
    return (struct reporting){result->targets, result->targets_reporting};
}
