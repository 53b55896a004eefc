/*
 * Which days are not worked: ListCalendars, those that a strategy may name; ListHolidays, the days
 * of one in a year. Both are anybody's to read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/table.h"

/* --- ListCalendars --- */

struct calendar_stream {
    struct stream stream;
    struct call *call;
    size_t at;   /* of those that are built in */
    char *after; /* the key of the last one of the registry; NULL: none yet */
};

static void calendar_stream_free(struct stream *stream)
{
    struct calendar_stream *list = (struct calendar_stream *)stream;

    free(list->after);
    free(list);
}

static int write_built_in(struct writer *writer, const char *key)
{
    struct workdays calendar;

    if (workdays_built_in(key, &calendar) < 0)
        return -EINVAL;
    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "calendar");
    writer_text(writer, "key", key);
    writer_bool(writer, "builtIn", true);
    writer_text(writer, "source", workdays_source(calendar.of));
    writer_null(writer, "days");
    writer_null(writer, "from");
    writer_null(writer, "to");
    writer_end_object(writer);
    writer_end_object(writer);
    return 1;
}

static int write_days_off(struct writer *writer, const struct days_off *days_off)
{
    size_t count = days_off->n_days;

    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "calendar");
    writer_text(writer, "key", days_off->key);
    writer_bool(writer, "builtIn", false);
    writer_text(writer, "source", days_off->source);
    writer_int(writer, "days", (int64_t)count);
    describe_day(writer, "from", count ? days_off->days[0] : DAY_NONE);
    describe_day(writer, "to", count ? days_off->days[count - 1] : DAY_NONE);
    writer_end_object(writer);
    writer_end_object(writer);
    return 1;
}

static const struct days_off *next_days_off(const struct registry *registry, const char *after)
{
    const struct days_off *days_off, *tmp, *next = NULL;

    HASH_ITER (by_id, registry->days_off_by_id, days_off, tmp) {
        if ((!after || strcmp(days_off->key, after) > 0) &&
            (!next || strcmp(days_off->key, next->key) < 0))
            next = days_off;
    }
    return next;
}

static int calendar_stream_next(struct stream *stream, struct writer *writer)
{
    struct calendar_stream *list = (struct calendar_stream *)stream;
    const struct days_off *next;
    struct request request;

    if (workdays_built_in_names[list->at])
        return write_built_in(writer, workdays_built_in_names[list->at++]);
    request_caller(list->call, &request);
    next = request.registry ? next_days_off(request.registry, list->after) : NULL;
    if (!next)
        return 0;
    free(list->after);
    list->after = strdup(next->key);
    return list->after ? write_days_off(writer, next) : -ENOMEM;
}

const struct answer *method_list_calendars(struct call *call)
{
    struct request request;
    const struct answer *answer = people_open(call, &request);
    struct calendar_stream *list;

    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = calendar_stream_next;
    list->stream.free = calendar_stream_free;
    list->call = call;
    return call_stream(call, &list->stream);
}

/* --- ListHolidays --- */

struct holiday_stream {
    struct stream stream;
    size_t count, at;
    struct told_day {
        int32_t day;
        const char *name; /* static, or NULL */
        bool is_public;
    } days[];
};

static void holiday_stream_free(struct stream *stream)
{
    free(stream);
}

static int holiday_stream_next(struct stream *stream, struct writer *writer)
{
    struct holiday_stream *list = (struct holiday_stream *)stream;
    const struct told_day *day = &list->days[list->at];

    if (list->at == list->count)
        return 0;
    list->at++;
    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "holiday");
    describe_day(writer, "date", day->day);
    writer_text(writer, "name", day->name);
    writer_bool(writer, "publicHoliday", day->is_public);
    writer_end_object(writer);
    writer_end_object(writer);
    return 1;
}

static void take_computed(struct holiday_stream *list, enum workdays_of of, int year,
                          const char *language)
{
    struct holiday_on days[HOLIDAY_COUNT];

    list->count = workdays_holidays(of, year, days);
    for (size_t i = 0; i < list->count; i++) {
        enum holiday holiday = days[i].holiday;

        list->days[i] = (struct told_day){days[i].day, holiday_name(holiday, language),
                                          holiday_is_public(holiday)};
    }
}

static void take_listed(struct holiday_stream *list, const struct workdays *calendar, int year)
{
    const struct date date = {.year = (int16_t)year};
    int32_t first = date_first_day(date), last = date_last_day(date);

    for (size_t i = 0; i < calendar->n_days; i++) {
        if (calendar->days[i] >= first && calendar->days[i] <= last)
            list->days[list->count++] = (struct told_day){calendar->days[i], NULL, true};
    }
}

/* Its days, and the names of those that are computed, are fixed when the call begins. */
static const struct answer *list_days(struct call *call, const struct workdays *calendar, int year)
{
    size_t most = calendar->of == WORKDAYS_LIST ? calendar->n_days : HOLIDAY_COUNT;
    struct holiday_stream *list = calloc(1, sizeof(*list) + most * sizeof(list->days[0]));

    if (!list)
        return fail_overloaded(call);
    list->stream.next = holiday_stream_next;
    list->stream.free = holiday_stream_free;
    if (calendar->of == WORKDAYS_LIST)
        take_listed(list, calendar, year);
    else
        take_computed(list, calendar->of, year, param_text(call, "language"));
    return call_stream(call, &list->stream);
}

const struct answer *method_list_holidays(struct call *call)
{
    struct workdays calendar;
    struct request request;
    const struct answer *answer = people_open(call, &request);
    const char *name;
    int64_t year;

    if (answer)
        return answer;
    name = param_text(call, "calendar");
    year = param_int(call, "year", date_from_day(people_today()).year);
    if (registry_workdays(request.registry, name, &calendar) < 0)
        return fail_no_key(call, name);
    if (year < 1 || year > 9999)
        return fail_value(call, "year", "not one of the years 1 to 9999");
    return list_days(call, &calendar, (int)year);
}
