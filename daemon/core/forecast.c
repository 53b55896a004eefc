/* The least-squares line of a forecast; see forecast.h. Nothing is owned here. */
#include "core/forecast.h"

#include <math.h>

#define EPSILON 1e-9 /* of percentages, as in all rules */
#define MONTHS_AHEAD (100 * 12)

/* percent = level + slope · (day − middle), in days. */
struct line {
    double middle, level, slope;
};

static bool line_through(const struct point *points, size_t count, struct line *ret_line)
{
    struct line line = {0};
    double days = 0, rise = 0;

    for (size_t i = 0; i < count; i++) {
        line.middle += date_last_day(points[i].date) / (double)count;
        line.level += points[i].percent / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double day = date_last_day(points[i].date) - line.middle;
        days += day * day;
        rise += day * (points[i].percent - line.level);
    }
    /* Two days differ by a whole one: anything less is rounding. */
    if (days < 0.25)
        return false;
    line.slope = rise / days;
    *ret_line = line;
    return true;
}

bool forecast_day(const struct point *points, size_t count, int32_t today, int32_t *ret_day)
{
    struct date limit = date_after(date_from_day(today), (struct span){.months = MONTHS_AHEAD});
    struct line line;

    if (count < 2 || !line_through(points, count, &line) || line.slope <= EPSILON)
        return false;

    double day = ceil(line.middle + (100 - EPSILON - line.level) / line.slope);
    if (day < today)
        day = today;
    if (!date_given(limit) || day > date_last_day(limit))
        return false;
    *ret_day = (int32_t)day;
    return true;
}
