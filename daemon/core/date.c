/*
 * Dates with a precision: reading, writing, and the days they stand for. Pure arithmetic; nothing
 * is owned here.
 */
#include "core/date.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAYS_BEFORE_1970 719162 /* from 0001-01-01 */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

/* The day number of the first of January. */
static int32_t year_day(int year)
{
    int past = year - 1;

    return past * 365 + past / 4 - past / 100 + past / 400 - DAYS_BEFORE_1970;
}

static int32_t day_number(int year, int month, int day)
{
    static const int16_t before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};

    return year_day(year) + before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
}

/* Takes exactly `digits` digits off *text; -1 if they are not there. */
static int take_number(const char **text, int digits)
{
    int number = 0;

    for (int i = 0; i < digits; i++, (*text)++) {
        if (!isdigit((unsigned char)**text))
            return -1;
        number = number * 10 + (**text - '0');
    }
    return number;
}

/* Takes "-NN" with 1 <= NN <= max; 0 at the end of the text, -1 for anything else. */
static int take_field(const char **text, int max)
{
    if (!**text)
        return 0;
    if (*(*text)++ != '-')
        return -1;

    int number = take_number(text, 2);

    return number >= 1 && number <= max ? number : -1;
}

int date_parse(const char *text, struct date *ret_date)
{
    if (!text) {
        *ret_date = (struct date){0};
        return 0;
    }

    int year = take_number(&text, 4);
    if (year < 1)
        return -EINVAL;
    int month = take_field(&text, 12);
    if (month < 0)
        return -EINVAL;
    int day = month ? take_field(&text, days_in_month(year, month)) : 0;
    if (day < 0 || *text)
        return -EINVAL;
    *ret_date = (struct date){(int16_t)year, (int8_t)month, (int8_t)day};
    return 0;
}

/* Every status has several dates, so they are not worth a trip through printf. */
static char *put_number(char *at, unsigned number, int width)
{
    for (int i = width; i-- > 0; number /= 10)
        at[i] = (char)('0' + number % 10);
    return at + width;
}

const char *date_format(struct date d, char buffer[DATE_TEXT_SIZE])
{
    char *at = buffer;

    if (date_given(d))
        at = put_number(at, (unsigned)d.year, 4);
    if (date_given(d) && d.month) {
        *at++ = '-';
        at = put_number(at, (unsigned)d.month, 2);
        if (d.day) {
            *at++ = '-';
            at = put_number(at, (unsigned)d.day, 2);
        }
    }
    *at = '\0';
    return buffer;
}

struct date date_from_day(int32_t day)
{
    if (day < year_day(1) || day >= year_day(10000))
        return (struct date){0};

    /* 146097 days are 400 years; the guess is at most one year off */
    int year = 1970 + (int)((int64_t)day * 400 / 146097);
    while (year > 1 && year_day(year) > day)
        year--;
    while (year_day(year + 1) <= day)
        year++;

    int rest = day - year_day(year), month = 1;
    while (rest >= days_in_month(year, month))
        rest -= days_in_month(year, month++);
    return (struct date){(int16_t)year, (int8_t)month, (int8_t)(rest + 1)};
}

int32_t date_first_day(struct date d)
{
    return day_number(d.year, d.month ? d.month : 1, d.day ? d.day : 1);
}

int32_t date_last_day(struct date d)
{
    int month = d.month ? d.month : 12;

    return day_number(d.year, month, d.day ? d.day : days_in_month(d.year, month));
}

/* Takes digits and a letter, "12M": the number, 0 if that letter does not come, -1 for too many
 * digits. */
static int take_part(const char **text, char letter, int digits)
{
    const char *at = *text;
    int number = 0;

    while (isdigit((unsigned char)*at))
        number = number < 100000 ? number * 10 + (*at++ - '0') : (at++, 100000);
    if (at == *text || *at != letter)
        return 0;
    if (at - *text > digits)
        return -1;
    *text = at + 1;
    return number;
}

int span_parse(const char *text, struct span *ret_span)
{
    int years, months, days;

    if (!text) {
        *ret_span = (struct span){0};
        return 0;
    }
    if (*text++ != 'P')
        return -EINVAL;
    years = take_part(&text, 'Y', 3);
    months = take_part(&text, 'M', 4);
    days = take_part(&text, 'D', 5);
    if (years < 0 || months < 0 || days < 0 || *text || years + months + days == 0)
        return -EINVAL;
    *ret_span = (struct span){(int16_t)(12 * years + months), days};
    return 0;
}

const char *span_format(struct span span, char buffer[SPAN_TEXT_SIZE])
{
    int years = span.months / 12, months = span.months % 12, n = 0;

    if (years > 999) { /* what was written as months */
        months += 12 * (years - 999);
        years = 999;
    }
    buffer[0] = '\0';
    if (span_given(span))
        n += snprintf(buffer, SPAN_TEXT_SIZE, "P");
    if (years > 0)
        n += snprintf(buffer + n, (size_t)(SPAN_TEXT_SIZE - n), "%dY", years);
    if (months > 0)
        n += snprintf(buffer + n, (size_t)(SPAN_TEXT_SIZE - n), "%dM", months);
    if (span.days > 0)
        snprintf(buffer + n, (size_t)(SPAN_TEXT_SIZE - n), "%dD", (int)span.days);
    return buffer;
}

static struct date after_months(struct date date, int months)
{
    int all = date.year * 12 + (date.month ? date.month - 1 : 0) + months;
    struct date after = date;

    if (all / 12 > 9999)
        return (struct date){0};
    after.year = (int16_t)(all / 12);
    after.month = (int8_t)(date.month ? all % 12 + 1 : 0);
    if (date.day > days_in_month(after.year, after.month ? after.month : 1))
        after.day = (int8_t)days_in_month(after.year, after.month);
    return after;
}

struct date date_after(struct date date, struct span span)
{
    bool finer = span.days > 0 || (!date.month && span.months % 12 != 0);

    if (!date_given(date))
        return date;
    if (finer)
        date = date_from_day(date_first_day(date));
    date = after_months(date, span.months);
    return span.days > 0 && date_given(date) ? date_from_day(date_first_day(date) + span.days)
                                             : date;
}
