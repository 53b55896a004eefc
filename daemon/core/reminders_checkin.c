/*
 * Check-ins: when the cycle of a node ends in which something should have been heard of it. What is
 * heard of shortly before the end answers for that cycle, and the next one follows on it; whatever
 * else is heard begins a cycle of its own. An end never comes before the node is stale.
 */
#include "core/reminders_internal.h"

#include <string.h>

#include "core/rules_internal.h"
#include "core/tree_internal.h"

/* How long before the end of a cycle it may be answered. */
static int32_t early_days(int32_t cadence)
{
    return cadence <= 7 ? 1 : cadence <= 31 ? 7 : 14;
}

/* What is looked for below a node: the days up to `last`, marked from there backwards. */
struct listening {
    struct reminders *run;
    int32_t last;
    uint32_t walk;
};

static void mark_day(const struct listening *listening, struct date date)
{
    int64_t back = (int64_t)listening->last - date_last_day(date);

    if (back >= 0 && back < CHECKIN_DAYS)
        listening->run->heard[back / 64] |= UINT64_C(1) << back % 64;
}

static void mark_own(const struct listening *listening, const struct node *node)
{
    const struct measure *measure = node_measure(node);

    for (uint32_t i = 0; i < node->n_updates; i++) {
        if (update_counts(&node->updates[i]))
            mark_day(listening, node->updates[i].date);
    }
    for (uint32_t i = 0; i < node->n_closings; i++)
        mark_day(listening, node->closings[i].date);
    for (uint32_t i = 0; measure && i < measure->n_observations; i++) {
        if (measure->observations[i].superseded_by == 0)
            mark_day(listening, measure->observations[i].date);
    }
}

/* Down over children and contributions, by each node once. */
static void listen(const struct listening *listening, struct node *node)
{
    if (node->mark == listening->walk || node->result.last_activity == DAY_NONE)
        return;
    node->mark = listening->walk;
    listening->run->cost++;
    mark_own(listening, node);
    for (uint32_t i = 0; i < node->n_children; i++)
        listen(listening, node->children[i]);
    for (uint32_t i = 0; i < node->n_incoming; i++)
        listen(listening, node->incoming[i]->from);
}

/* The end of the cycle after the one that ends on a day, once it was heard of the node. */
static int32_t next_end(int32_t end, int32_t heard, int32_t cadence)
{
    if (heard <= end && heard >= end - early_days(cadence))
        return end + cadence;
    return later_day(end, heard + cadence);
}

/* Goes through the marked days, the earliest first; `end`: of the first cycle, or DAY_NONE. */
static int32_t last_end(const struct listening *listening, int32_t end, int32_t cadence)
{
    for (int32_t word = CHECKIN_DAYS / 64; word-- > 0;) {
        for (uint64_t bits = listening->run->heard[word]; bits;) {
            int32_t bit = 63 - __builtin_clzll(bits);
            int32_t heard = listening->last - word * 64 - bit;

            end = end == DAY_NONE ? heard + cadence : next_end(end, heard, cadence);
            bits &= ~(UINT64_C(1) << bit);
        }
    }
    return end;
}

static int32_t cycle_end(struct reminders *run, const struct remind_view *view, struct node *node,
                         int32_t cadence)
{
    struct date start = rules_start(node);
    struct listening listening = {.run = run, .last = node->result.last_activity};
    int32_t end = date_given(start) ? date_first_day(start) + cadence : DAY_NONE;

    if (listening.last == DAY_NONE)
        return end;
    memset(run->heard, 0, sizeof(run->heard));
    listening.walk = tree_next_walk(view->tree);
    listen(&listening, node);
    return last_end(&listening, end, cadence);
}

/* Nothing of it is asked before it begins, if it is to begin. */
static int32_t first_day(const struct node *node, int32_t end)
{
    struct date start = rules_start(node);

    if (!date_given(rules_due(node)) || !date_given(start))
        return end + 1;
    return later_day(end + 1, date_first_day(start));
}

static struct verdict speak(struct reminders *run, const struct remind_view *view,
                            struct node *node, int32_t cadence)
{
    int32_t end = cycle_end(run, view, node, cadence);
    struct date due = rules_due(node);

    return (struct verdict){.version = end,
                            .answered = DAY_NONE,
                            .heard = node->result.last_activity,
                            .early = early_days(cadence),
                            .series = {.rule = &run->rules[REMIND_CHECKIN],
                                       .workdays = view->workdays,
                                       .base = first_day(node, end),
                                       .until = date_given(due) ? date_last_day(due) : INT32_MAX}};
}

struct verdict verdict_of_checkin(struct reminders *run, const struct remind_view *view,
                                  struct node *node)
{
    int32_t cadence = rules_cadence(view->tree, node);
    struct verdict verdict = verdict_silent(SETTLE_MOVED);

    if (node->result.schedule == SCHEDULE_OVERDUE)
        return verdict_silent(SETTLE_OVERDUE);
    if (cadence == 0 || rules_heard_of(node) == DAY_NONE)
        return verdict;
    if (!node_has_duty(view, node))
        return verdict_silent(SETTLE_NOT_ADDRESSED);
    if (node->result.stale || run->ahead > 0)
        return speak(run, view, node, cadence);
    verdict.heard = node->result.last_activity;
    verdict.early = early_days(cadence);
    return verdict;
}
