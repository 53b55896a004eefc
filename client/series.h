/*
 * An indicator: what it measures, its series as a chart, and the list of its observations.
 */
#ifndef GOAL_SERIES_H
#define GOAL_SERIES_H

#include "goal.h"

#define SERIES_MAX 400 /* observations in a chart */

/* "Measure", "Value" and the chart, from the replies of GetNode and ListObservations; `replies` is
 * NULL if they are not at hand. */
void series_print(const struct goal *goal, const json_t *node, const json_t *replies);

/* The table of goal observations. */
void series_print_list(const struct goal *goal, const json_t *replies);

#endif
