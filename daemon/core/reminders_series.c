/*
 * The steps of a series by number: first the offsets before its day, in the order in which they are
 * planned, then every so many days after it.
 */
#include "core/reminders_internal.h"

int32_t days_after(const struct reminder_rule *rule, const struct workdays *workdays, int32_t day,
                   int32_t count)
{
    return rule->working ? workdays_after(workdays, day, count) : day + count;
}

bool series_step(const struct series *series, uint32_t i, struct step *ret_step)
{
    const struct reminder_rule *rule = series->rule;
    struct step step;

    if (i < rule->n_offsets) {
        int32_t before = rule->offsets[i];

        step = (struct step){series->seq ? series->seq : before,
                             days_after(rule, series->workdays, series->base, -before)};
    } else {
        int64_t after = (int64_t)(i - rule->n_offsets + 1) * rule->every;

        if (rule->every == 0 || series->base + after > INT32_MAX)
            return false;
        step = (struct step){-after, (int32_t)(series->base + after)};
    }
    if (step.planned > series->until)
        return false;
    *ret_step = step;
    return true;
}

uint32_t series_count(const struct series *series, int32_t day)
{
    const struct reminder_rule *rule = series->rule;
    int64_t after = (int64_t)(day < series->until ? day : series->until) - series->base;
    uint32_t count = 0;
    struct step step;

    if (rule->every > 0 && after >= rule->every)
        return rule->n_offsets + (uint32_t)(after / rule->every);
    while (count < rule->n_offsets && series_step(series, count, &step) && step.planned <= day)
        count++;
    return count;
}
