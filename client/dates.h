/*
 * Dates as they are written ("2021-11-01", "2021-11", "2021"), figures, and the words for how far
 * away a day is. Days are counted from a day that a reply names, never from this machine's clock.
 */
#ifndef GOAL_DATES_H
#define GOAL_DATES_H

#include <stdbool.h>
#include <time.h>

#include "wire/util.h"

/* Days from 1970-01-01 to the last day of the period that the date names. -EINVAL: not a date. */
int dates_day(const char *date, long *ret_day) MUST_CHECK;

/* The day of that number as a date. -EINVAL: it is not in the years 1 to 9999. */
int dates_of_day(long day, char ret_date[11]) MUST_CHECK;

/* Days from `date` to `as_of`, negative if `date` is still to come. -EINVAL: one is not a date. */
int dates_between(const char *date, const char *as_of, long *ret_days) MUST_CHECK;

/*
 * What --date may be: a date as above, "today" or "yesterday". Gives the date as it is sent, or
 * "" for today, which is the daemon's to know: it has the strategy's time zone. -EINVAL otherwise.
 */
int dates_argument(const char *text, time_t now, char ret_date[11]) MUST_CHECK;

/* Today, as this machine has it: for a change that is sent on a later day. */
void dates_today(time_t now, char ret_date[11]);

/* A span of time as ISO 8601 writes it: "5y" is "P5Y", "1y6m" "P1Y6M", "30d" "P30D". -EINVAL:
 * it is no span. */
int dates_span(const char *text, char ret_span[24]) MUST_CHECK;

/* What --percent may be: "40", "40%", "40 %", "12.5", "12,5". -EINVAL otherwise; the range is the
 * daemon's to check. */
int dates_percent(const char *text, double *ret_percent) MUST_CHECK;

/* "40 %", "12.5 %"; returns `buffer`. */
const char *percent_text(double percent, char buffer[32]);

#endif
