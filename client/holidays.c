/*
 * goal holidays: the calendars that strategies may name, or the days off of one; and taking one
 * away. Bringing one in from a file is goal-mail's, which has what reads it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "dates.h"
#include "edit.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* --- the calendars --- */

enum { CALENDAR_KEY, CALENDAR_DAYS, CALENDAR_PERIOD, CALENDAR_SOURCE };

static const struct column calendar_columns[] = {
    [CALENDAR_KEY] = {.name = "CALENDAR"},
    [CALENDAR_DAYS] = {.name = "DAYS", .flags = COLUMN_RIGHT},
    [CALENDAR_PERIOD] = {.name = "FROM–TO"},
    [CALENDAR_SOURCE] = {.name = "SOURCE", .flags = COLUMN_CUT},
};

static void add_calendar(struct table *table, const json_t *calendar)
{
    int line = table_add(table, -1);
    const char *from = get_text(calendar, "from"), *to = get_text(calendar, "to");
    bool computed = get_flag(calendar, "builtIn");
    AUTO(free_ptr) char *days = text_format("%ld", get_int(calendar, "days", 0));
    AUTO(free_ptr) char *period = text_format("%s–%s", from ? from : "", to ? to : "");
    table_set(table, line, CALENDAR_KEY, get_text(calendar, "key"));
    table_set(table, line, CALENDAR_DAYS, computed ? DASH : days);
    table_set(table, line, CALENDAR_PERIOD, computed ? "every year" : period);
    table_set(table, line, CALENDAR_SOURCE, get_text(calendar, "source"));
}

static int list_calendars(struct goal *goal)
{
    struct ask ask = {.method = "ListCalendars", .more = true, .parameters = json_object()};
    AUTO(table_freep)
    struct table *table = table_new(calendar_columns, ARRAY_LEN(calendar_columns));
    int exit = goal_ask_one(goal, &ask);
    size_t i;
    json_t *reply;
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE) {
        json_array_foreach (ask.reply, i, reply)
            add_calendar(table, get_object(reply, "calendar"));
        goal_print_table(goal, table, "there is no calendar");
    }
    asks_done(&ask, 1);
    return exit;
}

/* --- the days of one --- */

enum { HOLIDAY_DATE, HOLIDAY_DAY, HOLIDAY_NAME };

static const struct column holiday_columns[] = {
    [HOLIDAY_DATE] = {.name = "DATE"},
    [HOLIDAY_DAY] = {.name = "DAY"},
    [HOLIDAY_NAME] = {.name = "NAME", .flags = COLUMN_CUT},
};

static const char *weekday_word(const char *date)
{
    static const char *const words[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    long day;
    if (!date || dates_day(date, &day) < 0)
        return NULL;
    return words[((day % 7) + 7) % 7]; /* day 0 was a Thursday */
}

static void add_holiday(struct table *table, const json_t *holiday)
{
    int line = table_add(table, -1);
    const char *name = get_text(holiday, "name");
    AUTO(free_ptr)
    char *words = text_format("%s%s", name ? name : "",
                              get_flag(holiday, "publicHoliday") ? "" : " (no public holiday)");
    table_set(table, line, HOLIDAY_DATE, get_text(holiday, "date"));
    table_set(table, line, HOLIDAY_DAY, weekday_word(get_text(holiday, "date")));
    table_set(table, line, HOLIDAY_NAME, words);
}

static void print_holidays(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(holiday_columns, ARRAY_LEN(holiday_columns));
    const char *key = args_word(&goal->args, 0), *year = args_get(&goal->args, "year");
    AUTO(free_ptr) char *name = text_clean(key);
    AUTO(free_ptr)
    char *nothing = text_format("%s has no days off in %s; `goal holidays` says what it covers",
                                name, year ? year : "this year");
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        add_holiday(table, get_object(reply, "holiday"));
    goal_print_table(goal, table, nothing);
}

static int list_holidays(struct goal *goal, const char *key)
{
    struct ask ask = {.method = "ListHolidays", .more = true, .parameters = json_object()};
    set_text(ask.parameters, "calendar", key);
    set_text(ask.parameters, "language", goal->language);
    set_number(goal, ask.parameters, "year", "year");
    int exit = goal_ask_one(goal, &ask);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        print_holidays(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

int holidays_run(struct goal *goal)
{
    const char *key = args_word(&goal->args, 0);
    if (!key && args_has(&goal->args, "year"))
        return goal_fail(EXIT_USAGE, "--year is of one calendar: goal holidays SE --year 2027");
    return key ? list_holidays(goal, key) : list_calendars(goal);
}

int holidays_remove_run(struct goal *goal)
{
    static const struct edit_command command = {"RemoveCalendar", NULL, NULL, "removed"};
    json_t *content = json_object();
    set_text(content, "key", args_word(&goal->args, 0));
    return edit_run_shared(goal, &command, content);
}
