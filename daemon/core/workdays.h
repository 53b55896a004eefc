/*
 * Which days are worked: the public holidays of Sweden and Norway, computed from the laws that
 * name them, and counting in working days. Pure arithmetic on day numbers (date.h); nothing is
 * owned here, and nothing is kept between two calls.
 */
#ifndef GOALD_CORE_WORKDAYS_H
#define GOALD_CORE_WORKDAYS_H

#include "core/date.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose days off: nobody's (Monday to Friday are worked), a country's, or those of a list. */
enum workdays_of { WORKDAYS_WEEK, WORKDAYS_SE, WORKDAYS_NO, WORKDAYS_LIST };

struct workdays {
    enum workdays_of of;
    size_t n_days;
    const int32_t *days; /* of a list: days off, ascending; borrowed */
};

/* The calendars that are computed, in the order of their names; NULL-terminated. */
extern const char *const workdays_built_in_names[];

/* The one of that name. -ENOENT for any other name, and for NULL. */
int workdays_built_in(const char *name, struct workdays *ret_calendar) MUST_CHECK;

/* What a country's calendar follows: the laws, in a line; NULL for what is not computed. */
const char *workdays_source(enum workdays_of of);

bool workdays_is_working(const struct workdays *calendar, int32_t day);

/* The working day that is `count` of them after the day, negative: before it; for 0 the day itself,
 * be it worked or not. So one working day after a Friday, Saturday or Sunday is the Monday. */
int32_t workdays_after(const struct workdays *calendar, int32_t day, int32_t count);

enum holiday {
    HOLIDAY_NEW_YEAR,
    HOLIDAY_EPIPHANY,
    HOLIDAY_MAUNDY_THURSDAY,
    HOLIDAY_GOOD_FRIDAY,
    HOLIDAY_EASTER,
    HOLIDAY_EASTER_MONDAY,
    HOLIDAY_FIRST_OF_MAY,
    HOLIDAY_CONSTITUTION_DAY,
    HOLIDAY_ASCENSION,
    HOLIDAY_PENTECOST,
    HOLIDAY_PENTECOST_MONDAY,
    HOLIDAY_NATIONAL_DAY,
    HOLIDAY_MIDSUMMER_EVE,
    HOLIDAY_MIDSUMMER,
    HOLIDAY_ALL_SAINTS,
    HOLIDAY_CHRISTMAS_EVE,
    HOLIDAY_CHRISTMAS,
    HOLIDAY_SECOND_CHRISTMAS,
    HOLIDAY_NEW_YEARS_EVE,
    HOLIDAY_COUNT
};

/* A holiday of a year. An eve is no public holiday, but nobody's working day either. */
struct holiday_on {
    int32_t day;
    enum holiday holiday;
};

/* A country's holidays in a year, by day; two may fall on one day. Returns how many; none for what
 * is not computed and outside the years 1 to 9999. The laws are those since 1990: a year before
 * that has what they would have given it. */
size_t workdays_holidays(enum workdays_of of, int year, struct holiday_on ret_days[HOLIDAY_COUNT]);

/* In Swedish, Norwegian (nb, nn, no) or, for any other language, English. */
const char *holiday_name(enum holiday holiday, const char *language);
bool holiday_is_public(enum holiday holiday);

#endif
