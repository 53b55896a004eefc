/*
 * What a node's own updates, closings and observations say on a day. A date counts from its last
 * day: an update of "2021" is first heard of on 2021-12-31.
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

void rules_effective_updates(const struct node *node, int32_t day, struct effective *ret_effective)
{
    struct effective found = {0};

    for (uint32_t i = updates_until(node, day); i-- > 0;) {
        const struct update *update = &node->updates[i];
        if (!update_counts(update))
            continue;
        if (!found.percent && !isnan(update->percent))
            found.percent = update;
        if (!found.state && update->state != STATE_UNKNOWN)
            found.state = update;
        if (!found.confidence && update->confidence != CONFIDENCE_NONE)
            found.confidence = update;
        if ((found.percent || !node->says_percent) && (found.state || !node->says_state) &&
            (found.confidence || !node->says_confidence))
            break;
    }
    *ret_effective = found;
}

void rules_effective(const struct node *node, int32_t day, struct result *ret_result)
{
    struct effective by;

    rules_effective_updates(node, day, &by);
    ret_result->percent = by.percent ? by.percent->percent : (double)NAN;
    ret_result->reported = by.state ? by.state->state : STATE_UNKNOWN;
    ret_result->confidence = by.confidence ? by.confidence->confidence : CONFIDENCE_NONE;
}

const struct update *rules_last_state(const struct node *node, int32_t day)
{
    struct effective by;

    rules_effective_updates(node, day, &by);
    return by.state;
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

bool rules_has_link(const struct node *node, int32_t day)
{
    if (node->n_linked > 0 && updates_until(node, day) == node->n_updates)
        return true;
    return rules_linked_update(node, day) != NULL;
}

const struct update *rules_linked_update(const struct node *node, int32_t day)
{
    for (uint32_t i = node->n_linked > 0 ? updates_until(node, day) : 0; i-- > 0;)
        if (update_counts(&node->updates[i]) && node->updates[i].has_evidence)
            return &node->updates[i];
    return NULL;
}

/* An observation of the whole that was not corrected. */
static bool observation_counts(const struct observation *observation)
{
    return observation->superseded_by == 0 && !observation->has_breakdown;
}

/* The last closing event, reopened or not, and the last observation, of a part of the whole too. */
static int32_t last_event(const struct node *node, int32_t day)
{
    const struct measure *measure = node_measure(node);
    int32_t last = DAY_NONE;

    for (uint32_t i = node->n_closings; i-- > 0 && last == DAY_NONE;)
        if (date_last_day(node->closings[i].date) <= day)
            last = date_last_day(node->closings[i].date);
    for (uint32_t i = measure ? measure->n_observations : 0; i-- > 0;) {
        int32_t seen = date_last_day(measure->observations[i].date);
        if (seen <= day && measure->observations[i].superseded_by == 0)
            return later_day(last, seen);
    }
    return last;
}

int32_t rules_own_activity(const struct node *node, int32_t day)
{
    const struct update *update = rules_last_update(node, day);

    return later_day(update ? date_last_day(update->date) : DAY_NONE, last_event(node, day));
}

/* Up to FORECAST_POINTS, the latest first. */
static size_t last_percents(const struct node *node, int32_t day, struct point *points)
{
    uint32_t i = updates_until(node, day);
    uint32_t there = i == node->n_updates ? node->n_percents : UINT32_MAX;
    size_t count = 0;

    while (i-- > 0 && count < FORECAST_POINTS && count < there) {
        const struct update *update = &node->updates[i];
        if (update_counts(update) && !isnan(update->percent))
            points[count++] = (struct point){update->id, update->date, update->percent};
    }
    return count;
}

static size_t last_measurements(const struct node *node, int32_t day, struct point *points)
{
    const struct measure *measure = node_measure(node);
    size_t count = 0;

    for (uint32_t i = measure ? measure->n_observations : 0; i-- > 0 && count < FORECAST_POINTS;) {
        const struct observation *o = &measure->observations[i];
        double progress = rules_indicator_progress(measure, o->value);
        if (observation_counts(o) && date_last_day(o->date) <= day && !isnan(progress))
            points[count++] = (struct point){o->id, o->date, progress};
    }
    return count;
}

size_t rules_points(const struct node *node, int32_t day, struct point ret_points[FORECAST_POINTS])
{
    struct point latest[FORECAST_POINTS];
    size_t count = node->kind == KIND_INDICATOR ? last_measurements(node, day, latest)
                                                : last_percents(node, day, latest);

    for (size_t i = 0; i < count; i++)
        ret_points[i] = latest[count - 1 - i];
    return count;
}

const struct observation *rules_observation(const struct node *node, int32_t day)
{
    const struct measure *measure = node_measure(node);

    for (uint32_t i = measure ? measure->n_observations : 0; i-- > 0;)
        if (observation_counts(&measure->observations[i]) &&
            date_last_day(measure->observations[i].date) <= day)
            return &measure->observations[i];
    return NULL;
}

double rules_value(const struct node *node, int32_t day)
{
    const struct observation *observation = rules_observation(node, day);

    return observation ? observation->value : (double)NAN;
}
