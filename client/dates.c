/*
 * Dates and figures as people write them. Pure; owns nothing.
 */
#include "dates.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Reads exactly `digits` digits. */
static int read_number(const char **text, int digits, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < digits; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return -EINVAL;
        number = number * 10 + (**text - '0');
    }
    *ret_number = number;
    return 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static long day_number(int year, int month, int day)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return (long)(timegm(&tm) / 86400);
}

int dates_day(const char *date, long *ret_day)
{
    int year, month = 12, day = 0;
    if (read_number(&date, 4, &year) < 0 || year < 1)
        return -EINVAL;
    if (*date == '-') {
        date++;
        if (read_number(&date, 2, &month) < 0 || month < 1 || month > 12)
            return -EINVAL;
        if (*date == '-') {
            date++;
            if (read_number(&date, 2, &day) < 0 || day < 1 || day > days_in_month(year, month))
                return -EINVAL;
        }
    }
    if (*date)
        return -EINVAL;
    *ret_day = day_number(year, month, day ? day : days_in_month(year, month));
    return 0;
}

int dates_of_day(long day, char ret_date[11])
{
    time_t seconds = (time_t)day * 86400;
    struct tm tm;
    if (!gmtime_r(&seconds, &tm) || tm.tm_year < 1 - 1900 || tm.tm_year > 9999 - 1900)
        return -EINVAL;
    snprintf(ret_date, 11, "%04u-%02u-%02u", (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100);
    return 0;
}

int dates_between(const char *date, const char *as_of, long *ret_days)
{
    long from, to;
    if (dates_day(date, &from) < 0 || dates_day(as_of, &to) < 0)
        return -EINVAL;
    *ret_days = to - from;
    return 0;
}

int dates_argument(const char *text, time_t now, char ret_date[11])
{
    if (strcmp(text, "today") == 0) {
        ret_date[0] = '\0';
        return 0;
    }
    if (strcmp(text, "yesterday") == 0) {
        struct tm tm;
        if (!localtime_r(&now, &tm))
            return -EINVAL;
        tm.tm_mday--;
        tm.tm_hour = 12; /* away from the hours that summer time skips */
        tm.tm_isdst = -1;
        mktime(&tm);
        return strftime(ret_date, 11, "%Y-%m-%d", &tm) > 0 ? 0 : -EINVAL;
    }
    long day;
    if (dates_day(text, &day) < 0)
        return -EINVAL;
    snprintf(ret_date, 11, "%s", text);
    return 0;
}

void dates_today(time_t now, char ret_date[11])
{
    struct tm tm;
    if (localtime_r(&now, &tm))
        strftime(ret_date, 11, "%Y-%m-%d", &tm);
}

int dates_span(const char *text, char ret_span[24])
{
    char span[24] = "P";
    const char *units = "YMD";
    size_t len = 1;
    if (*text == 'P' || *text == 'p')
        text++;
    for (const char *unit; *text; units = unit + 1) {
        size_t digits = strspn(text, "0123456789");
        char letter = (char)toupper((unsigned char)text[digits]);
        unit = letter ? strchr(units, letter) : NULL;
        if (digits == 0 || digits > 5 || !unit || len + digits + 1 >= sizeof(span))
            return -EINVAL;
        len +=
            (size_t)snprintf(span + len, sizeof(span) - len, "%.*s%c", (int)digits, text, letter);
        text += digits + 1;
    }
    if (len == 1)
        return -EINVAL;
    memcpy(ret_span, span, sizeof(span));
    return 0;
}

int dates_percent(const char *text, double *ret_percent)
{
    char number[16];
    size_t len = strspn(text, "-0123456789.,");
    const char *rest = text + len;
    rest += strspn(rest, " ");
    if (*rest == '%')
        rest++;
    if (len == 0 || len >= sizeof(number) || *rest)
        return -EINVAL;
    memcpy(number, text, len);
    number[len] = '\0';
    char *comma = strchr(number, ',');
    if (comma)
        *comma = '.';
    char *end;
    double percent = strtod(number, &end);
    if (end == number || *end || !isfinite(percent))
        return -EINVAL;
    *ret_percent = percent;
    return 0;
}

const char *percent_text(double percent, char buffer[32])
{
    snprintf(buffer, 32, "%.10g %%", round(percent * 100) / 100);
    return buffer;
}
