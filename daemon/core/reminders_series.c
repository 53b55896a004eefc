/*
 * The steps of a series by number: first the offsets before its day, in the order in which they are
 * planned, then every so many days after it.
 */
#include "core/reminders_internal.h"

static int32_t offset_day(const struct series *series, int32_t offset)
{
    return series->rule->working ? workdays_after(series->workdays, series->base, -offset)
                                 : series->base - offset;
}

bool series_step(const struct series *series, uint32_t i, struct step *ret_step)
{
    const struct reminder_rule *rule = series->rule;
    struct step step;

    if (i < rule->n_offsets) {
        step = (struct step){rule->offsets[i], offset_day(series, rule->offsets[i])};
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
    int32_t last = day < series->until ? day : series->until;
    uint32_t count = 0;
    struct step step;

    if (rule->every > 0 && last - (int64_t)series->base >= rule->every)
        return rule->n_offsets + (uint32_t)((last - (int64_t)series->base) / rule->every);
    while (count < rule->n_offsets && series_step(series, count, &step) && step.planned <= last)
        count++;
    return count;
}
