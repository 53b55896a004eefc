/*
 * What a result says last: whether what is claimed is shown, how long nothing was heard of the
 * node, and when it will be reached. The rest of the result stands already; what is below the node
 * counts by sums (rules_internal.h).
 */
#include "core/rules_internal.h"

#include <math.h>

void rules_evidence(struct node *node)
{
    struct result *result = &node->result;
    bool achieved = result->closing && result->closing->how == HOW_ACHIEVED;
    bool full = !isnan(result->percent) && result->percent >= 100 - RULES_EPSILON;

    result->evidence = EVIDENCE_NOT_NEEDED;
    if (achieved || full) {
        bool shown =
            (achieved && result->closing->has_evidence) || rules_has_link(node, result->day);
        result->evidence = (shown ? EVIDENCE_GIVEN : EVIDENCE_MISSING) & 3;
    }
}

int32_t rules_cadence(const struct tree *tree, const struct node *node)
{
    return node->cadence ? node->cadence : tree->strategy.cadence;
}

int32_t rules_heard_of(const struct node *node)
{
    struct date start = rules_start(node);

    if (node->result.last_activity != DAY_NONE)
        return node->result.last_activity;
    return date_given(start) ? date_first_day(start) : DAY_NONE;
}

bool rules_expects_news(const struct result *result)
{
    return result->schedule == SCHEDULE_RUNNING || result->schedule == SCHEDULE_OVERDUE ||
           result->schedule == SCHEDULE_UNSCHEDULED;
}

void rules_staleness(const struct tree *tree, struct node *node, const struct sums *sums)
{
    struct result *result = &node->result;
    int32_t cadence = rules_cadence(tree, node), heard;

    result->last_activity = later_day(sums->last_activity, rules_own_activity(node, result->day));
    heard = rules_heard_of(node);
    result->stale = rules_expects_news(result) && cadence > 0 && heard != DAY_NONE &&
                    result->day - heard > cadence;
}

static bool is_open(const struct result *result)
{
    return !result->done && result->schedule != SCHEDULE_CLOSED;
}

void outlook_add(struct outlook *outlook, const struct result *part)
{
    struct outlook one = {.open = 1, .missing = !part->has_forecast};

    if (!is_open(part))
        return;
    if (part->has_forecast)
        one.latest = part->forecast;
    outlook_merge(outlook, &one);
}

void outlook_merge(struct outlook *outlook, const struct outlook *other)
{
    bool first = outlook->open == outlook->missing;

    if (other->open > other->missing)
        outlook->latest = first ? other->latest : later_day(outlook->latest, other->latest);
    outlook->open += other->open;
    outlook->missing += other->missing;
}

/* Of the parts that made its progress; NULL: none did. */
static const struct outlook *outlook_of(const struct node *node, const struct sums *sums)
{
    if (node->result.source == SOURCE_INDICATORS)
        return &sums->indicator_outlook;
    if (node->result.source != SOURCE_PARTS)
        return NULL;
    return kind_is_work(node->kind) ? &sums->work_outlook : &sums->outcome_outlook;
}

static bool own_forecast(const struct node *node, int32_t *ret_day)
{
    const struct result *result = &node->result;
    struct point points[FORECAST_POINTS];

    if (isnan(node->kind == KIND_INDICATOR ? result->progress : result->percent))
        return false;
    return forecast_day(points, rules_points(node, result->day, points), result->day, ret_day);
}

void rules_forecast(struct node *node, const struct sums *sums)
{
    struct result *result = &node->result;
    const struct outlook *outlook = outlook_of(node, sums);
    int32_t day = 0;

    result->has_forecast = false;
    result->forecast_missing = 0;
    if (!is_open(result))
        return;
    if (outlook) {
        result->has_forecast = outlook->open > 0 && outlook->missing == 0;
        result->forecast_missing = outlook->missing;
        day = outlook->latest;
    } else {
        result->has_forecast = own_forecast(node, &day);
    }
    if (result->has_forecast)
        result->forecast = day;
}
