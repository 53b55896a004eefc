/* Moments as callers write them; see instant.h. */
#include "db/instant.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "core/date.h"
#include "db/zone.h"

#define SECOND INT64_C(1000000)
#define DAY INT64_C(86400)
/* 0001-01-02 and 9999-12-31: with a moment beside them they have four digits for their year. */
#define FIRST_DAY INT64_C(-719161)
#define LAST_DAY INT64_C(2932896)

/* The first second of a day in the zone: no zone is more than a day away from UTC, and a day begins
 * when the one before it ends. */
static int64_t day_start(const char *zone, int32_t day)
{
    int64_t at = (day - 2) * DAY;
    int32_t found = day - 2;

    for (int i = 0; i < 5; i++) {
        int64_t until;

        zone_day(zone, at, &found, &until);
        if (found >= day)
            break;
        at = until;
    }
    return at;
}

/* Two digits from `low` to `high` at the text's place; -1 if they are not there. */
static int take_two(const char **text, int low, int high)
{
    const char *at = *text;
    int number;

    if (!isdigit((unsigned char)at[0]) || !isdigit((unsigned char)at[1]))
        return -1;
    number = (at[0] - '0') * 10 + (at[1] - '0');
    *text += 2;
    return number >= low && number <= high ? number : -1;
}

static bool take_char(const char **text, char c)
{
    if (**text != c)
        return false;
    (*text)++;
    return true;
}

/* "hh:mm"; -1 if it is not there. In minutes. */
static int take_clock(const char **text)
{
    int hours = take_two(text, 0, 23), minutes;

    if (hours < 0 || !take_char(text, ':'))
        return -1;
    minutes = take_two(text, 0, 59);
    return minutes < 0 ? -1 : hours * 60 + minutes;
}

/* ".5": a second's decimals in microseconds, up to six of them; without any, 0 or (`end`) all. */
static int take_decimals(const char **text, bool end)
{
    int us = 0, scale = 100000;

    if (!take_char(text, '.'))
        return end ? (int)SECOND - 1 : 0;
    if (!isdigit((unsigned char)**text))
        return -1;
    for (; isdigit((unsigned char)**text); (*text)++, scale /= 10)
        us += (**text - '0') * scale;
    return us;
}

/* "Z" or "+02:00", in seconds. */
static int take_offset(const char **text, int *ret_offset)
{
    bool west = **text == '-';
    int minutes;

    if (take_char(text, 'Z') || take_char(text, 'z')) {
        *ret_offset = 0;
        return 0;
    }
    if (!take_char(text, '+') && !take_char(text, '-'))
        return -EINVAL;
    minutes = take_clock(text);
    if (minutes < 0)
        return -EINVAL;
    *ret_offset = (west ? -60 : 60) * minutes;
    return 0;
}

/* Nothing was recorded before the first or will be after the last moment that can be written. */
static int64_t within_years(int64_t us)
{
    const int64_t first = FIRST_DAY * DAY * SECOND, last = (LAST_DAY + 1) * DAY * SECOND - 1;

    return us < first ? first : us > last ? last : us;
}

/* The part of an RFC 3339 time behind its date, on that day. */
static int clock_parse(const char *text, int32_t day, bool end, int64_t *ret_us)
{
    int minutes, seconds, us, offset;

    if (!take_char(&text, 'T') && !take_char(&text, 't') && !take_char(&text, ' '))
        return -EINVAL;
    minutes = take_clock(&text);
    if (minutes < 0 || !take_char(&text, ':'))
        return -EINVAL;
    seconds = take_two(&text, 0, 60);
    us = seconds < 0 ? -1 : take_decimals(&text, end);
    if (us < 0 || take_offset(&text, &offset) < 0 || *text)
        return -EINVAL;
    *ret_us = within_years((day * DAY + minutes * 60 + seconds - offset) * SECOND + us);
    return 0;
}

int instant_parse(const char *text, const char *zone, bool end, int64_t *ret_us)
{
    char day[DATE_TEXT_SIZE];
    struct date date;

    if (!text || !*text)
        return -EINVAL;
    if (date_parse(text, &date) == 0) {
        *ret_us = within_years(end ? day_start(zone, date_last_day(date) + 1) * SECOND - 1
                                   : day_start(zone, date_first_day(date)) * SECOND);
        return 0;
    }
    if (strlen(text) < DATE_TEXT_SIZE)
        return -EINVAL;
    snprintf(day, sizeof(day), "%.10s", text);
    if (date_parse(day, &date) < 0 || date.day == 0)
        return -EINVAL;
    return clock_parse(text + DATE_TEXT_SIZE - 1, date_first_day(date), end, ret_us);
}
