/*
 * A series of values over time as text: bars over a time axis, with a line where the target is. In
 * block characters, or in plain ASCII where the terminal shows no others.
 */
#ifndef GOAL_CHART_H
#define GOAL_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CHART_ROWS 8

struct chart_point {
    long day;
    double value;
};

struct chart {
    const struct chart_point *points; /* the oldest first */
    size_t count;
    const char *first, *last; /* what stands under the first and the last of them */
    double baseline, target;  /* NAN: none; the axis reaches both */
    size_t width, indent;     /* columns: of a whole line, of its margin */
    bool plain;               /* ASCII only */
};

/* Prints nothing of no points, or where there is no room for any. */
void chart_print(FILE *out, const struct chart *chart);

#endif
