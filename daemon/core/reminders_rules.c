/* What each rule has to say of an item; see reminders_internal.h. */
#include "core/reminders_internal.h"

#include "core/calendar.h"

/* A nudge that is older was not sent when it mattered: a journal that is restored elsewhere does
 * not ask again for what was asked years ago. */
#define NUDGE_DAYS 30

int32_t last_report(const struct node *node, int32_t day)
{
    const struct update *update = rules_last_update(node, day);
    const struct observation *observation = rules_observation(node, day);
    int32_t last = update ? date_last_day(update->date) : DAY_NONE;

    if (observation && date_last_day(observation->date) > last)
        last = date_last_day(observation->date);
    return last;
}

/* It speaks of that day without an end, and nothing answers it. */
static struct verdict speak_of(const struct reminders *run, const struct remind_view *view,
                               enum remind_rule rule, int32_t day)
{
    return (struct verdict){.version = day,
                            .answered = DAY_NONE,
                            .heard = DAY_NONE,
                            .series = {.rule = &run->rules[rule],
                                       .workdays = view->workdays,
                                       .base = day,
                                       .until = INT32_MAX}};
}

struct verdict verdict_of_due(const struct reminders *run, const struct remind_view *view,
                              const struct node *node)
{
    struct date due = rules_due(node);
    struct verdict verdict;

    if (!date_given(due))
        return verdict_silent(SETTLE_MOVED);
    verdict = speak_of(run, view, REMIND_DUE, date_last_day(due));
    verdict.answered = last_report(node, view->day);
    return verdict;
}

struct verdict verdict_of_review(const struct reminders *run, const struct remind_view *view,
                                 const struct reviews *reviews)
{
    struct date due = calendar_review_due(reviews, view->day);

    return date_given(due) ? speak_of(run, view, REMIND_REVIEW, date_last_day(due))
                           : verdict_silent(SETTLE_MOVED);
}

static bool updated_since(const struct node *node, int64_t seq)
{
    for (uint32_t i = node->n_updates; i-- > 0;) {
        if (node->updates[i].id > seq && update_counts(&node->updates[i]))
            return true;
    }
    return false;
}

struct verdict verdict_of_nudge(const struct reminders *run, const struct remind_view *view,
                                const struct node *node)
{
    const struct nudge *nudge = node_nudge(node);
    struct verdict verdict;

    if (!nudge)
        return verdict_silent(SETTLE_GONE);
    if (updated_since(node, nudge->seq_from))
        return verdict_silent(SETTLE_UPDATED);
    verdict = speak_of(run, view, REMIND_NUDGE, date_last_day(nudge->date));
    if (view->day - verdict.version > NUDGE_DAYS)
        return verdict_silent(SETTLE_ENDED);
    verdict.series.seq = nudge->seq_from;
    return verdict;
}

/* Of a term that has not begun nothing is said yet, and of one that is over no more. */
struct verdict verdict_of_term(const struct reminders *run, const struct remind_view *view,
                               struct date from, struct date to)
{
    struct verdict verdict;

    if (!date_given(to) || (date_given(from) && view->day < date_first_day(from)))
        return verdict_silent(SETTLE_MOVED);
    if (view->day > date_last_day(to))
        return verdict_silent(SETTLE_ENDED);
    verdict = speak_of(run, view, REMIND_TERM, date_last_day(to));
    verdict.series.until = verdict.version;
    return verdict;
}
