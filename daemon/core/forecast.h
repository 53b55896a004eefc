/*
 * When a line through what was reported so far reaches 100 % (design.md part 5, Forecast). Pure: no
 * clock, no tree; rules_evidence.c finds the points.
 */
#ifndef GOALD_CORE_FORECAST_H
#define GOALD_CORE_FORECAST_H

#include <stddef.h>

#include "core/date.h"

/* So many of the last points make the line. */
#define FORECAST_POINTS 5

/* A percentage on a date, and the update or observation that says it. */
struct point {
    int64_t id;
    struct date date; /* stands for its last day */
    double percent;
};

/*
 * The first day, not before `today`, at which the least-squares line through the points is at 100:
 * true and *ret_day. False: the points lie on one day, the line does not rise, or it is there more
 * than a hundred years after today. At most FORECAST_POINTS points.
 */
bool forecast_day(const struct point *points, size_t count, int32_t today,
                  int32_t *ret_day) MUST_CHECK;

#endif
