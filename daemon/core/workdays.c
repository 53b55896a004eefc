/*
 * The public holidays of Sweden and Norway, and counting in working days.
 *
 * Sweden: lag (1989:253) om allmänna helgdagar, 2 §; the sixth of June took Whit Monday's place by
 * SFS 2004:1320 from April 2005 on. The eves of Midsummer, Christmas and New Year are no public
 * holidays; but lag (1930:173) om beräkning av lagstadgad tid, 2 §, moves a time limit that ends on
 * one of them on, as it does one that ends on a holiday or a Saturday. So they are not worked here.
 *
 * Norway: lov om helligdager og helligdagsfred (LOV-1995-02-24-12), § 2, and lov om 1 og 17 mai som
 * høgtidsdager (LOV-1947-04-26-1). No eve is off there: domstolloven § 149 moves a time limit on
 * from Saturdays and holidays alone.
 */
#include "core/workdays.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Monday is 0. */
static int weekday(int32_t day)
{
    return (int)((((int64_t)day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* The first such weekday on or after the day. */
static int32_t next_weekday(int32_t day, int which)
{
    return day + (which - weekday(day) + 7) % 7;
}

enum { FRIDAY = 4, SATURDAY = 5, SUNDAY = 6 };

static int32_t day_of(int year, int month, int day)
{
    return date_first_day((struct date){(int16_t)year, (int8_t)month, (int8_t)day});
}

/* The Sunday after the full moon of the church's tables, which falls on 21 March or up to 29 days
 * later: a lunation of 30 days from which each year takes 11 (that is, adds 19), shifted by the
 * leap days that centuries leave out and by a day in about 300 years for the moon's own drift. */
static int32_t easter_of(int year)
{
    int century = year / 100, golden = year % 19;
    int moon = (19 * golden + century - century / 4 - (8 * century + 13) / 25 + 15) % 30;

    if (moon == 29 || (moon == 28 && golden > 10))
        moon--; /* a short lunation */
    return next_weekday(day_of(year, 3, 21) + moon + 1, SUNDAY);
}

/* Whose holiday it is, and since when. */
enum {
    IN_SE = 1,
    IN_SE_UNTIL_2004 = 2,
    IN_SE_SINCE_2005 = 4,
    IN_NO = 8,
    IN_BOTH = IN_SE | IN_NO,
    EVE = 16,
};

/* Where it stands: on a date, so many days from Easter (month 0), or on the first such weekday on
 * or after a date. Where, whose, and what it is called. */
static const struct holiday_rule {
    int8_t month, day;
    enum { NO_MATTER, ON_FRIDAY, ON_SATURDAY } on;
    int whose;
    const char *sv, *nb, *en;
} rules[HOLIDAY_COUNT] = {
    [HOLIDAY_NEW_YEAR] = {1, 1, NO_MATTER, IN_BOTH, "Nyårsdagen", "Første nyttårsdag",
                          "New Year’s Day"},
    [HOLIDAY_EPIPHANY] = {1, 6, NO_MATTER, IN_SE, "Trettondedag jul", "Helligtrekongersdag",
                          "Epiphany"},
    [HOLIDAY_MAUNDY_THURSDAY] = {0, -3, NO_MATTER, IN_NO, "Skärtorsdagen", "Skjærtorsdag",
                                 "Maundy Thursday"},
    [HOLIDAY_GOOD_FRIDAY] = {0, -2, NO_MATTER, IN_BOTH, "Långfredagen", "Langfredag",
                             "Good Friday"},
    [HOLIDAY_EASTER] = {0, 0, NO_MATTER, IN_BOTH, "Påskdagen", "Første påskedag", "Easter Sunday"},
    [HOLIDAY_EASTER_MONDAY] = {0, 1, NO_MATTER, IN_BOTH, "Annandag påsk", "Andre påskedag",
                               "Easter Monday"},
    [HOLIDAY_FIRST_OF_MAY] = {5, 1, NO_MATTER, IN_BOTH, "Första maj", "1. mai", "First of May"},
    [HOLIDAY_CONSTITUTION_DAY] = {5, 17, NO_MATTER, IN_NO, "Norges grundlagsdag", "17. mai",
                                  "Constitution Day"},
    [HOLIDAY_ASCENSION] = {0, 39, NO_MATTER, IN_BOTH, "Kristi himmelsfärdsdag",
                           "Kristi himmelfartsdag", "Ascension Day"},
    [HOLIDAY_PENTECOST] = {0, 49, NO_MATTER, IN_BOTH, "Pingstdagen", "Første pinsedag",
                           "Whit Sunday"},
    [HOLIDAY_PENTECOST_MONDAY] = {0, 50, NO_MATTER, IN_NO | IN_SE_UNTIL_2004, "Annandag pingst",
                                  "Andre pinsedag", "Whit Monday"},
    [HOLIDAY_NATIONAL_DAY] = {6, 6, NO_MATTER, IN_SE_SINCE_2005, "Sveriges nationaldag",
                              "Sveriges nasjonaldag", "National Day of Sweden"},
    [HOLIDAY_MIDSUMMER_EVE] = {6, 19, ON_FRIDAY, IN_SE | EVE, "Midsommarafton", "Midtsommeraften",
                               "Midsummer Eve"},
    [HOLIDAY_MIDSUMMER] = {6, 20, ON_SATURDAY, IN_SE, "Midsommardagen", "Midtsommerdagen",
                           "Midsummer Day"},
    [HOLIDAY_ALL_SAINTS] = {10, 31, ON_SATURDAY, IN_SE, "Alla helgons dag", "Allehelgensdag",
                            "All Saints’ Day"},
    [HOLIDAY_CHRISTMAS_EVE] = {12, 24, NO_MATTER, IN_SE | EVE, "Julafton", "Julaften",
                               "Christmas Eve"},
    [HOLIDAY_CHRISTMAS] = {12, 25, NO_MATTER, IN_BOTH, "Juldagen", "Første juledag",
                           "Christmas Day"},
    [HOLIDAY_SECOND_CHRISTMAS] = {12, 26, NO_MATTER, IN_BOTH, "Annandag jul", "Andre juledag",
                                  "Boxing Day"},
    [HOLIDAY_NEW_YEARS_EVE] = {12, 31, NO_MATTER, IN_SE | EVE, "Nyårsafton", "Nyttårsaften",
                               "New Year’s Eve"},
};

static bool is_held(const struct holiday_rule *rule, enum workdays_of of, int year)
{
    int swedish = IN_SE | (year < 2005 ? IN_SE_UNTIL_2004 : IN_SE_SINCE_2005);

    return (of == WORKDAYS_SE && rule->whose & swedish) ||
           (of == WORKDAYS_NO && rule->whose & IN_NO);
}

static int32_t rule_day(const struct holiday_rule *rule, int year, int32_t easter)
{
    if (rule->month == 0)
        return easter + rule->day;

    int32_t day = day_of(year, rule->month, rule->day);

    if (rule->on == NO_MATTER)
        return day;
    return next_weekday(day, rule->on == ON_FRIDAY ? FRIDAY : SATURDAY);
}

/* Puts it behind those that are earlier or on the same day. */
static void insert(struct holiday_on *days, size_t count, struct holiday_on holiday)
{
    size_t at = count;

    for (; at > 0 && days[at - 1].day > holiday.day; at--)
        days[at] = days[at - 1];
    days[at] = holiday;
}

size_t workdays_holidays(enum workdays_of of, int year, struct holiday_on ret_days[HOLIDAY_COUNT])
{
    size_t count = 0;

    if (year < 1 || year > 9999)
        return 0;

    int32_t easter = easter_of(year);

    for (enum holiday i = 0; i < HOLIDAY_COUNT; i++) {
        if (is_held(&rules[i], of, year))
            insert(ret_days, count++, (struct holiday_on){rule_day(&rules[i], year, easter), i});
    }
    return count;
}

const char *const workdays_built_in_names[] = {"NO", "SE", NULL};

int workdays_built_in(const char *name, struct workdays *ret_calendar)
{
    static const enum workdays_of computed[] = {WORKDAYS_NO, WORKDAYS_SE};

    for (size_t i = 0; name && workdays_built_in_names[i]; i++) {
        if (strcmp(name, workdays_built_in_names[i]) != 0)
            continue;
        *ret_calendar = (struct workdays){.of = computed[i]};
        return 0;
    }
    return -ENOENT;
}

const char *workdays_source(enum workdays_of of)
{
    switch (of) {
    case WORKDAYS_SE:
        return "lag (1989:253) om allmänna helgdagar; lag (1930:173) om beräkning av lagstadgad "
               "tid";
    case WORKDAYS_NO:
        return "lov om helligdager og helligdagsfred (LOV-1995-02-24-12); lov om 1 og 17 mai som "
               "høgtidsdager (LOV-1947-04-26-1)";
    case WORKDAYS_WEEK:
    case WORKDAYS_LIST:
        break;
    }
    return NULL;
}

/* A walk over days holds the holidays of the year it is in. */
struct walk {
    const struct workdays *calendar;
    int32_t first, last; /* of the year; empty at first */
    size_t n_holidays;
    struct holiday_on holidays[HOLIDAY_COUNT];
};

static void enter_year(struct walk *walk, int32_t day)
{
    struct date year = date_from_day(day);

    year.month = year.day = 0;
    walk->n_holidays = workdays_holidays(walk->calendar->of, year.year, walk->holidays);
    walk->first = date_given(year) ? date_first_day(year) : day;
    walk->last = date_given(year) ? date_last_day(year) : day;
}

static bool is_holiday(struct walk *walk, int32_t day)
{
    if (day < walk->first || day > walk->last)
        enter_year(walk, day);
    for (size_t i = 0; i < walk->n_holidays; i++) {
        if (walk->holidays[i].day == day)
            return true;
    }
    return false;
}

/* The first of the listed days that is that day or later. */
static size_t listed_from(const struct workdays *calendar, int32_t day)
{
    size_t low = 0, high = calendar->n_days;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (calendar->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_listed(const struct workdays *calendar, int32_t day)
{
    size_t at = listed_from(calendar, day);

    return at < calendar->n_days && calendar->days[at] == day;
}

static bool is_working(struct walk *walk, int32_t day)
{
    if (weekday(day) >= SATURDAY)
        return false;
    switch (walk->calendar->of) {
    case WORKDAYS_WEEK:
        return true;
    case WORKDAYS_LIST:
        return !is_listed(walk->calendar, day);
    case WORKDAYS_SE:
    case WORKDAYS_NO:
        break;
    }
    return !is_holiday(walk, day);
}

static struct walk walk_over(const struct workdays *calendar)
{
    return (struct walk){.calendar = calendar, .first = 0, .last = -1};
}

bool workdays_is_working(const struct workdays *calendar, int32_t day)
{
    struct walk walk = walk_over(calendar);

    return is_working(&walk, day);
}

/* Mondays to Fridays, from one day to another. */
static int32_t weekdays_in(int32_t from, int32_t to)
{
    int32_t days = to - from + 1, count = days / 7 * 5;

    for (int32_t day = to - days % 7 + 1; day <= to; day++)
        count += weekday(day) < SATURDAY;
    return count;
}

/* Working days from one day to another, of the year that the walk is in. */
static int32_t working_in(const struct walk *walk, int32_t from, int32_t to)
{
    const struct workdays *calendar = walk->calendar;
    int32_t count = weekdays_in(from, to), before = from - 1;

    for (size_t i = 0; i < walk->n_holidays; i++) {
        int32_t day = walk->holidays[i].day;

        if (day > before && day <= to && weekday(day) < SATURDAY)
            count--;
        before = day > before ? day : before; /* two may fall on one day */
    }
    for (size_t i = calendar->of == WORKDAYS_LIST ? listed_from(calendar, from) : SIZE_MAX;
         i < calendar->n_days && calendar->days[i] <= to; i++)
        count -= weekday(calendar->days[i]) < SATURDAY;
    return count;
}

/* Goes on by whole years as long as there are more working days to go than are left of each. */
static void pass_years(struct walk *walk, int32_t *day, int32_t *count)
{
    /* a list may hold any number of days: no further than the years that dates have */
    int32_t first = day_of(1, 1, 1), last = day_of(9999, 12, 31);

    while (*count < 0 ? *day > first : *count > 0 && *day < last) {
        bool back = *count < 0;
        int32_t worked;

        enter_year(walk, back ? *day - 1 : *day + 1);
        worked =
            back ? working_in(walk, walk->first, *day - 1) : working_in(walk, *day + 1, walk->last);
        if (worked >= (back ? -*count : *count))
            return;
        *count += back ? worked : -worked;
        *day = back ? walk->first : walk->last;
    }
}

int32_t workdays_after(const struct workdays *calendar, int32_t day, int32_t count)
{
    struct walk walk = walk_over(calendar);
    int step = count < 0 ? -1 : 1;

    pass_years(&walk, &day, &count);
    while (count != 0 && (step < 0 ? day > walk.first : day < walk.last)) {
        day += step;
        if (is_working(&walk, day))
            count -= step;
    }
    return day;
}

static bool speaks(const char *language, const char *code)
{
    return strncmp(language, code, 2) == 0 && (language[2] == '\0' || language[2] == '-');
}

const char *holiday_name(enum holiday holiday, const char *language)
{
    assert(holiday >= 0 && holiday < HOLIDAY_COUNT);
    if (language && speaks(language, "sv"))
        return rules[holiday].sv;
    if (language && (speaks(language, "nb") || speaks(language, "no") || speaks(language, "nn")))
        return rules[holiday].nb;
    return rules[holiday].en;
}

bool holiday_is_public(enum holiday holiday)
{
    return !(rules[holiday].whose & EVE);
}
