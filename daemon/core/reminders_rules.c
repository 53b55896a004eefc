/* What each rule has to say of an item; see reminders_internal.h. */
#include "core/reminders_internal.h"

#include "core/lacks.h"
#include "core/rules.h"

/* The day of the last that was reported of the node itself, or DAY_NONE: an update, or of an
 * indicator an observation. */
static int32_t last_report(const struct node *node, int32_t day)
{
    const struct update *update = rules_last_update(node, day);
    const struct observation *observation = rules_observation(node, day);
    int32_t last = update ? date_last_day(update->date) : DAY_NONE;

    if (observation && date_last_day(observation->date) > last)
        last = date_last_day(observation->date);
    return last;
}

struct verdict verdict_of_due(const struct reminders *run, const struct remind_view *view,
                              const struct node *node)
{
    struct date due = rules_due(node);
    int32_t about;

    if (!date_given(due))
        return verdict_silent(SETTLE_MOVED);
    about = date_last_day(due);
    return (struct verdict){.version = about,
                            .answered = last_report(node, view->day),
                            .series = {.rule = &run->rules[REMIND_DUE],
                                       .workdays = view->workdays,
                                       .base = about,
                                       .until = INT32_MAX}};
}
