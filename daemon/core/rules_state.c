/*
 * Done, schedule, and the state as the worst of its three axes: reported, paced, parts.
 */
#include "core/rules_internal.h"

#include <math.h>

static bool is_full(double progress)
{
    return !isnan(progress) && progress >= 100 - RULES_EPSILON;
}

bool rules_is_done(const struct node *node, const struct result *result, const struct sums *sums)
{
    if (result->closing) /* achieved, or else missed or dropped */
        return result->closing->how == HOW_ACHIEVED;
    if (!kind_is_outcome(node->kind))
        return is_full(result->progress);
    if (sums->indicators.count > 0)
        return sums->indicators_done == sums->indicators.count;
    return sums->outcomes.count > 0 && sums->outcomes_done == sums->outcomes.count;
}

struct date rules_start(const struct node *node)
{
    for (; node; node = node->parent) /* the period's start is the strategy's own */
        if (date_given(node->start))
            return node->start;
    return (struct date){0};
}

struct date rules_due(const struct node *node)
{
    struct span after = node_due_after(node);

    return span_given(after) ? date_after(rules_start(node), after) : node->due;
}

int32_t rules_days_late(const struct node *node, int32_t day)
{
    return day - date_last_day(rules_due(node));
}

enum schedule rules_schedule(const struct node *node, const struct result *result)
{
    struct date start = rules_start(node);

    if (result->closing && result->closing->how != HOW_ACHIEVED)
        return SCHEDULE_CLOSED;
    if (result->done)
        return SCHEDULE_DONE;
    if (!date_given(rules_due(node)))
        return SCHEDULE_UNSCHEDULED;
    if (rules_days_late(node, result->day) > 0)
        return SCHEDULE_OVERDUE;
    if (date_given(start) && result->day < date_first_day(start))
        return SCHEDULE_UPCOMING;
    return SCHEDULE_RUNNING;
}

double rules_expected(int32_t start, int32_t due, int32_t day)
{
    if (due <= start)
        return day >= start ? 100 : 0;
    return fmax(0, fmin(100, 100.0 * (day - start) / (due - start)));
}

double rules_pace(const struct node *node, const struct result *result)
{
    if (isnan(result->progress) && kind_is_outcome(node->kind))
        return result->work;
    return result->progress;
}

static enum state paced_state(const struct node *node, const struct result *result)
{
    struct date start = rules_start(node);
    double x = rules_pace(node, result);

    if (result->schedule == SCHEDULE_OVERDUE)
        return STATE_OFF_TRACK;
    if (result->schedule == SCHEDULE_UPCOMING)
        return STATE_ON_TRACK;
    if (result->schedule != SCHEDULE_RUNNING || !date_given(start) || isnan(x))
        return STATE_UNKNOWN;

    double e = rules_expected(date_first_day(start), date_last_day(rules_due(node)), result->day);
    if (x >= 0.90 * e - RULES_EPSILON)
        return STATE_ON_TRACK;
    return x >= 0.75 * e - RULES_EPSILON ? STATE_AT_RISK : STATE_OFF_TRACK;
}

static enum state parts_state(const struct sums *sums)
{
    if (sums->count == 0)
        return STATE_UNKNOWN;

    double off_track = sums->by_state[STATE_OFF_TRACK] / sums->weight;
    if (off_track >= 0.25 - RULES_EPSILON)
        return STATE_OFF_TRACK;
    if (off_track + sums->by_state[STATE_AT_RISK] / sums->weight >= 0.25 - RULES_EPSILON)
        return STATE_AT_RISK;
    if (sums->by_state[STATE_UNKNOWN] / sums->weight > 0.5 + RULES_EPSILON)
        return STATE_UNKNOWN;
    return sums->done == sums->count ? STATE_UNKNOWN : STATE_ON_TRACK;
}

static uint8_t worst(uint8_t a, uint8_t b)
{
    return a > b ? a : b;
}

void rules_axes(const struct node *node, const struct sums *sums, struct result *ret_result)
{
    struct result *r = ret_result;

    r->paced = (uint8_t)paced_state(node, r);
    r->parts = (uint8_t)parts_state(sums);
    if (r->closing && r->closing->how == HOW_MISSED)
        r->state = STATE_OFF_TRACK;
    else if (r->closing && r->closing->how == HOW_DROPPED)
        r->state = STATE_UNKNOWN;
    else if (r->done)
        r->state = STATE_DONE;
    else
        r->state = worst(r->reported, worst(r->paced, r->parts));
}
