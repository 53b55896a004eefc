/* The least-squares line of a forecast; see forecast.h. Nothing is owned here. */
#include "core/forecast.h"

#include <assert.h>
#include <math.h>

#define EPSILON 1e-9 /* of percentages, as in all rules */
#define YEARS_AHEAD 100

/* percent = level + slope · (day − middle), in days. */
struct line {
    double middle, level, slope;
};

static bool line_through(const struct point *points, size_t count, struct line *ret_line)
{
    struct line line = {0};
    int32_t day[FORECAST_POINTS];
    double days = 0, rise = 0;

    for (size_t i = 0; i < count; i++) {
        day[i] = date_last_day(points[i].date);
        line.middle += day[i];
        line.level += points[i].percent;
    }
    line.middle /= (double)count;
    line.level /= (double)count;
    for (size_t i = 0; i < count; i++) {
        double off = day[i] - line.middle;
        days += off * off;
        rise += off * (points[i].percent - line.level);
    }
    /* Two days differ by a whole one: anything less is rounding. */
    if (days < 0.25)
        return false;
    line.slope = rise / days;
    *ret_line = line;
    return true;
}

/* Is the day more than a hundred years after today? Those are 36,524 or 36,525 days. */
static bool is_too_far(double day, int32_t today)
{
    static const struct span span = {.months = YEARS_AHEAD * 12};
    double off = day - today;

    if (off <= 36524)
        return false;
    return off > 36525 || day > date_last_day(date_after(date_from_day(today), span));
}

bool forecast_day(const struct point *points, size_t count, int32_t today, int32_t *ret_day)
{
    struct line line;

    assert(count <= FORECAST_POINTS);
    if (count < 2 || !line_through(points, count, &line) || line.slope <= EPSILON)
        return false;

    double day = ceil(line.middle + (100 - EPSILON - line.level) / line.slope);
    if (day < today)
        day = today;
    if (is_too_far(day, today))
        return false;
    *ret_day = (int32_t)day;
    return true;
}
