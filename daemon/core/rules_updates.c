/*
 * What a node's own updates and closings say on a day. A date counts from its last day: an update
 * of "2021" is first heard of on 2021-12-31.
 */
#include "core/rules_internal.h"

#include <math.h>

/* How many of the node's updates (those that do not count too) are dated on or before the day. */
static uint32_t updates_until(const struct node *node, int32_t day)
{
    uint32_t low = 0, high = node->n_updates;

    if (high == 0 || date_last_day(node->updates[high - 1].date) <= day)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (date_last_day(node->updates[middle].date) <= day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void rules_effective(const struct node *node, int32_t day, struct result *ret_result)
{
    double percent = (double)NAN;
    uint8_t state = STATE_UNKNOWN, confidence = CONFIDENCE_NONE;

    for (uint32_t i = updates_until(node, day); i-- > 0;) {
        const struct update *update = &node->updates[i];
        if (!update_counts(update))
            continue;
        if (isnan(percent))
            percent = update->percent;
        if (state == STATE_UNKNOWN)
            state = update->state;
        if (confidence == CONFIDENCE_NONE)
            confidence = update->confidence;
        if ((!isnan(percent) || !node->says_percent) &&
            (state != STATE_UNKNOWN || !node->says_state) &&
            (confidence != CONFIDENCE_NONE || !node->says_confidence))
            break;
    }
    ret_result->percent = percent;
    ret_result->reported = state;
    ret_result->confidence = confidence;
}

const struct update *rules_last_state(const struct node *node, int32_t day)
{
    for (uint32_t i = updates_until(node, day); i-- > 0;)
        if (update_counts(&node->updates[i]) && node->updates[i].state != STATE_UNKNOWN)
            return &node->updates[i];
    return NULL;
}

const struct update *rules_last_update(const struct node *node, int32_t day)
{
    for (uint32_t i = updates_until(node, day); i-- > 0;)
        if (update_counts(&node->updates[i]))
            return &node->updates[i];
    return NULL;
}

size_t rules_update_count(const struct node *node, int32_t day)
{
    uint32_t until = updates_until(node, day);
    size_t count = 0;

    if (until == node->n_updates)
        return until - node->n_void;
    while (until-- > 0)
        count += update_counts(&node->updates[until]);
    return count;
}

const struct closing *rules_closing(const struct node *node, int32_t day)
{
    for (uint32_t i = node->n_closings; i-- > 0;) {
        const struct closing *closing = &node->closings[i];
        if (date_last_day(closing->date) <= day)
            return closing->how == HOW_REOPENED ? NULL : closing;
    }
    return NULL;
}

double rules_value(const struct node *node, int32_t day)
{
    const struct measure *measure = node->measure;

    for (uint32_t i = measure ? measure->n_observations : 0; i-- > 0;) {
        const struct observation *observation = &measure->observations[i];
        if (observation->superseded_by == 0 && !observation->has_breakdown &&
            date_last_day(observation->date) <= day)
            return observation->value;
    }
    return (double)NAN;
}
