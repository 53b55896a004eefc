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

#endif
