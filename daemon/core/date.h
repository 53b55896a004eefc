/*
 * Calendar dates with a precision: a day, a month or a year (design: "A date has a precision").
 * A day number counts days from 1970-01-01. No clock and no time zone live here: today is always
 * an argument.
 */
#ifndef GOALD_CORE_DATE_H
#define GOALD_CORE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/util.h"

/* month 0: the whole year; day 0: the whole month; year 0: no date. Years 1 to 9999. */
struct date {
    int16_t year;
    int8_t month, day;
};

/* A span of whole months and days, as ISO 8601 writes it: "P5Y", "P18M", "P1Y6M", "P30D". Both 0:
 * none. */
struct span {
    int16_t months;
    int32_t days;
};

#define DATE_TEXT_SIZE 11 /* "2021-11-01" and NUL */

static inline bool date_given(struct date d)
{
    return d.year != 0;
}

/* Reads "2021-11-01", "2021-11" or "2021". -EINVAL for anything else; NULL is no date. */
int date_parse(const char *text, struct date *ret_date) MUST_CHECK;

/* Writes the date as it was written ("" if none); returns `buffer`. */
const char *date_format(struct date d, char buffer[DATE_TEXT_SIZE]);

/* No date if the day is not in the years 1 to 9999. */
struct date date_from_day(int32_t day);
/* Of the period the date names; the date must be given. */
int32_t date_first_day(struct date d);
int32_t date_last_day(struct date d);

static inline bool span_given(struct span span)
{
    return span.months != 0 || span.days != 0;
}

#define SPAN_TEXT_SIZE 24 /* "P999Y11M99999D" and NUL */

/* At most 999 years, 9999 months and 99999 days, not nothing. -EINVAL for anything else; NULL is
 * no span. */
int span_parse(const char *text, struct span *ret_span) MUST_CHECK;
/* Years, months and days ("" if none); returns `buffer`. */
const char *span_format(struct span span, char buffer[SPAN_TEXT_SIZE]);

/* The date so long after another one, as precise as that: years after "2021" is a year, months
 * after "2021-05" a month; else it is counted from the first day, and in a month without that day
 * it is the month's last. No date if it is after the year 9999. */
struct date date_after(struct date date, struct span span);

#endif
