/*
 * Why a node is in its state, most serious first. The order and what each reason carries stand in
 * rules.h; the codes point into the tree.
 */
#include "core/rules_internal.h"

#include <math.h>

/* Of two equally bad parts, is this one to be named rather than the other, met before it? Children
 * come by code, so of them the first one is. */
static bool has_lower_code(const struct node *whole, const struct node *part,
                           const struct node *other)
{
    bool both_children = part->parent == whole && other->parent == whole;

    return !both_children && code_compare(part->code, other->code) < 0;
}

/* Counts the part; names it if it weighs more (`weighs`: < 0, 0, > 0), or has the lower code. */
static bool add_trouble(struct troubles *troubles, const struct node *whole, struct node *part,
                        int weighs)
{
    bool named = troubles->count++ == 0 || weighs > 0 ||
                 (weighs == 0 && has_lower_code(whole, part, troubles->worst));

    if (named)
        troubles->worst = part;
    return named;
}

void rules_survey_part(struct survey *survey, const struct node *whole, struct node *part,
                       int32_t day)
{
    const struct result *result = &part->result;

    if (result->state == STATE_OFF_TRACK &&
        (!survey->lowest || has_lower_code(whole, part, survey->lowest)))
        survey->lowest = part;
    if (result->schedule == SCHEDULE_OVERDUE) {
        int32_t days = rules_days_late(part, day);
        int weighs = (days > survey->days_late) - (days < survey->days_late);
        if (add_trouble(&survey->overdue, whole, part, weighs))
            survey->days_late = days;
    } else if (result->state == STATE_OFF_TRACK) {
        add_trouble(&survey->off_track, whole, part, 0);
    } else if (result->state == STATE_AT_RISK) {
        add_trouble(&survey->at_risk, whole, part, 0);
    }
}

struct list {
    struct reason *reasons;
    size_t count;
};

static void tell(struct list *list, enum reason_kind kind, const struct node *about, int32_t days,
                 int32_t count)
{
    list->reasons[list->count++] = (struct reason){kind, about ? about->code : NULL, days, count};
}

static void tell_parts(struct list *list, enum reason_kind kind, const struct troubles *troubles,
                       int32_t days)
{
    if (troubles->count > 0)
        tell(list, kind, troubles->worst, days, (int32_t)troubles->count);
}

static bool is_trouble(enum state state)
{
    return state == STATE_AT_RISK || state == STATE_OFF_TRACK;
}

static void tell_pace(struct list *list, const struct node *node)
{
    const struct result *result = &node->result;

    if (result->schedule != SCHEDULE_RUNNING || !is_trouble(result->paced))
        return;

    int32_t start = date_first_day(rules_start(node)), due = date_last_day(rules_due(node));
    double behind = rules_expected(start, due, result->day) - rules_pace(node, result);
    tell(list, REASON_BEHIND_SCHEDULE, NULL, (int32_t)(behind / 100 * (due - start)), -1);
}

static void tell_report(struct list *list, const struct node *node)
{
    const struct result *result = &node->result;

    if (is_trouble(result->reported)) {
        const struct update *update = rules_last_state(node, result->day);
        tell(list, REASON_REPORTED, NULL, result->day - date_last_day(update->date), -1);
    }
}

static void tell_no_update(struct list *list, const struct node *node, const struct node *late_part)
{
    int32_t day = node->result.day;
    struct date start = rules_start(node);

    if (rules_expects_news(&node->result) && !rules_last_update(node, day)) {
        bool begun = date_given(start) && date_first_day(start) <= day;
        tell(list, REASON_NO_UPDATE, NULL, begun ? day - date_first_day(start) : -1, -1);
    } else if (late_part && !rules_last_update(late_part, day)) {
        tell(list, REASON_NO_UPDATE, late_part, -1, -1);
    }
}

/* What holds a node back that is neither done nor closed. */
static void tell_open(struct list *list, const struct node *node)
{
    const struct result *result = &node->result;
    struct survey survey = rules_survey(node, result->day);

    if (result->schedule == SCHEDULE_OVERDUE)
        tell(list, REASON_OVERDUE, NULL, rules_days_late(node, result->day), -1);
    tell_parts(list, REASON_PARTS_OVERDUE, &survey.overdue, survey.days_late);
    tell_parts(list, REASON_PARTS_OFF_TRACK, &survey.off_track, -1);
    tell_parts(list, REASON_PARTS_AT_RISK, &survey.at_risk, -1);
    tell_pace(list, node);
    tell_report(list, node);
    if (kind_is_outcome(node->kind) && (isnan(result->progress) || result->parts_done))
        tell(list, REASON_OUTCOME_NOT_ASSESSED, NULL, -1, -1);
    tell_no_update(list, node, survey.overdue.worst);
    if (kind_is_outcome(node->kind) && result->part_count == 0)
        tell(list, REASON_NO_PARTS, NULL, -1, -1);
    if (result->stale)
        tell(list, REASON_STALE, NULL, result->day - rules_heard_of(node), -1);
    if (result->evidence == EVIDENCE_MISSING)
        tell(list, REASON_UNEVIDENCED, NULL, -1, -1);
}

size_t rules_reasons(struct tree *tree, struct node *node, int32_t day, bool superseded,
                     struct reason ret_reasons[REASONS_MAX])
{
    const struct result *result = rules_result(tree, node, day);
    struct list list = {.reasons = ret_reasons};

    if (!result->done && !result->closing)
        tell_open(&list, node);
    if (superseded)
        tell(&list, REASON_SUPERSEDED_EDITION, NULL, -1, -1);
    return list.count;
}
