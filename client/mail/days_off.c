/* Reading an iCalendar with libical; see days_off.h. Days are counted from 1970-01-01. */
#include "mail/days_off.h"

#include <err.h>
#include <errno.h>
#include <libical/ical.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dates.h"
#include "errors.h"
#include "mail/ical_lines.h"
#include "text.h"

#define LASTS_MOST 366     /* days of an event */
#define RULES_MOST 100     /* of an event */
#define STEPS_MOST 1000000 /* occurrences that are looked at, in all */
#define COUNT_MOST 1000000 /* days of a list */

struct day_list {
    long *days;
    size_t count;
};

/* An event that stands for one occurrence of another: that one is not as its rule says. */
struct moved {
    const char *uid; /* the component's */
    long day;
};

struct reader {
    int from, to;
    struct day_list days;
    struct moved *moved; /* by day */
    size_t n_moved;
    size_t timed, repeats, steps;
    /* the event that is being read */
    icalcomponent *event;
    size_t number;
    char *problem;
};

static int wrong(struct reader *reader, const char *format, ...) PRINTF_LIKE(2, 3);

static int wrong(struct reader *reader, const char *format, ...)
{
    const char *uid = icalcomponent_get_uid(reader->event);
    AUTO(free_ptr) char *clean = text_clean(uid ? uid : ""), *cut = text_cut(clean, 60);
    AUTO(free_ptr) char *what = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&what, format, args) < 0)
        err(EXIT_REFUSED, "memory");
    va_end(args);
    AUTO(free_ptr) char *shown = text_clean(what);
    reader->problem = text_format("event %zu%s%s%s: %s", reader->number, *cut ? " (" : "", cut,
                                  *cut ? ")" : "", shown);
    return -EINVAL;
}

/* Room is made at every power of two. */
static void *grown(void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    items = reallocarray(items, count ? 2 * count : 1, size);
    if (!items)
        err(EXIT_REFUSED, "memory");
    return items;
}

static int add_day(struct reader *reader, struct day_list *list, long day)
{
    if (list->count == COUNT_MOST)
        return wrong(reader, "too many days");
    list->days = grown(list->days, list->count, sizeof(*list->days));
    list->days[list->count++] = day;
    return 0;
}

static int compare_days(const void *a, const void *b)
{
    long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

static void sort_days(struct day_list *list)
{
    if (list->count > 0)
        qsort(list->days, list->count, sizeof(*list->days), compare_days);
}

/* The list is sorted. */
static bool has_day(const struct day_list *list, long day)
{
    return list->count > 0 &&
           bsearch(&day, list->days, list->count, sizeof(*list->days), compare_days);
}

/* --- one value --- */

static int day_of(struct reader *reader, struct icaltimetype time, const char *what, long *ret_day)
{
    AUTO(free_ptr) char *text = text_format("%04d-%02d-%02d", time.year, time.month, time.day);
    if (icaltime_is_null_time(time) || strlen(text) != 10 || dates_day(text, ret_day) < 0)
        return wrong(reader, "%s is no day that there is", what);
    return 0;
}

static struct icaltimetype time_of(icalproperty *property)
{
    icalvalue *value = icalproperty_get_value(property);
    if (icalproperty_isa(property) == ICAL_RDATE_PROPERTY) {
        struct icaldatetimeperiodtype both = icalvalue_get_datetimeperiod(value);
        return icaltime_is_null_time(both.time) ? both.period.start : both.time;
    }
    return icalvalue_get_datetime(value);
}

/* Of all the event's properties of that kind. */
static int take_days(struct reader *reader, icalproperty_kind kind, const char *what,
                     struct day_list *list)
{
    icalproperty *property = icalcomponent_get_first_property(reader->event, kind);
    int r = 0;
    for (; property && r == 0; property = icalcomponent_get_next_property(reader->event, kind)) {
        long day = 0;
        r = day_of(reader, time_of(property), what, &day);
        if (r == 0)
            r = add_day(reader, list, day);
    }
    return r;
}

/* libical leaves out what it cannot read, and says so in a property of its own. Of descriptions and
 * such that is no matter; dates must not be missed. */
static int check_errors(struct reader *reader)
{
    static const char *const matter[] = {"DTSTART", "DTEND",  "DURATION",     "RRULE",
                                         "RDATE",   "EXDATE", "RECURRENCE-ID"};
    icalproperty *error = icalcomponent_get_first_property(reader->event, ICAL_XLICERROR_PROPERTY);
    for (; error; error = icalcomponent_get_next_property(reader->event, ICAL_XLICERROR_PROPERTY)) {
        const char *text = icalproperty_get_xlicerror(error);
        for (size_t i = 0; text && i < ARRAY_LEN(matter); i++)
            if (strstr(text, matter[i]))
                return wrong(reader, "%s", text);
    }
    return 0;
}

/* How many days an event lasts: DTEND is the day after its last one. */
static int length_of(struct reader *reader, long start, long *ret_length)
{
    icalcomponent *event = reader->event;
    icalproperty *end = icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY);
    icalproperty *duration = icalcomponent_get_first_property(event, ICAL_DURATION_PROPERTY);
    long last = start + 1;
    int r = end ? day_of(reader, icalproperty_get_dtend(end), "DTEND", &last) : 0;
    if (r < 0)
        return r;
    if (!end && duration) {
        struct icaldurationtype lasts = icalproperty_get_duration(duration);
        last = start + (long)lasts.weeks * 7 + (long)lasts.days;
    }
    if (last - start > LASTS_MOST)
        return wrong(reader, "it lasts longer than %d days", LASTS_MOST);
    *ret_length = last > start ? last - start : 1; /* some write the day itself as its end */
    return 0;
}

static bool is_move(icalcomponent *event)
{
    return icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY);
}

/* --- events --- */

/* The first that is on the day or later. */
static size_t moved_from(const struct reader *reader, long day)
{
    size_t low = 0, high = reader->n_moved;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reader->moved[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Does another event stand in the place of the event's occurrence on that day? */
static bool is_moved(const struct reader *reader, long day)
{
    const char *uid = icalcomponent_get_uid(reader->event);
    if (!uid || is_move(reader->event))
        return false;
    for (size_t i = moved_from(reader, day); i < reader->n_moved && reader->moved[i].day == day;
         i++)
        if (strcmp(reader->moved[i].uid, uid) == 0)
            return true;
    return false;
}

static int add_occurrence(struct reader *reader, long day, long length,
                          const struct day_list *excepted)
{
    int r = 0;
    if (has_day(excepted, day) || is_moved(reader, day))
        return 0;
    for (long i = 0; i < length && r == 0; i++)
        r = add_day(reader, &reader->days, day + i);
    return r;
}

static int add_repeated(struct reader *reader, icalrecur_iterator *iterator, long length,
                        const struct day_list *excepted)
{
    int r = 0;
    while (r == 0) {
        struct icaltimetype time = icalrecur_iterator_next(iterator);
        long day = 0;
        if (icaltime_is_null_time(time) || time.year > reader->to)
            break;
        if (reader->steps++ == STEPS_MOST)
            return wrong(reader, "it repeats too often");
        if (time.year < reader->from)
            continue;
        r = day_of(reader, time, "a repetition", &day);
        if (r == 0)
            r = add_occurrence(reader, day, length, excepted);
    }
    return r;
}

static int expand_rule(struct reader *reader, icalproperty *property, long length,
                       const struct day_list *excepted)
{
    struct icalrecurrencetype rule = icalproperty_get_rrule(property);
    struct icaltimetype start = icalcomponent_get_dtstart(reader->event);
    if (rule.freq < ICAL_DAILY_RECURRENCE || rule.freq > ICAL_YEARLY_RECURRENCE)
        return wrong(reader, "a whole day that repeats within a day");
    icalrecur_iterator *iterator = icalrecur_iterator_new(rule, start);
    if (!iterator)
        return wrong(reader, "its RRULE cannot be followed");
    int r = add_repeated(reader, iterator, length, excepted);
    icalrecur_iterator_free(iterator);
    return r;
}

/* A component has one cursor over its properties, which all who look for one move. */
static icalproperty *nth_rule(icalcomponent *event, size_t n)
{
    icalproperty *rule = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY);
    while (rule && n-- > 0)
        rule = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY);
    return rule;
}

static int expand_rules(struct reader *reader, long length, const struct day_list *excepted)
{
    icalproperty *rule;
    int r = 0;
    for (size_t n = 0; r == 0 && (rule = nth_rule(reader->event, n)); n++) {
        reader->repeats += n == 0;
        if (n == RULES_MOST)
            return wrong(reader, "more than %d rules", RULES_MOST);
        r = expand_rule(reader, rule, length, excepted);
    }
    return r;
}

static void day_list_done(struct day_list *list)
{
    free(list->days);
}

/* Its first day, what its rules give, and the days that it names besides. */
static int expand_event(struct reader *reader, long start)
{
    AUTO(day_list_done) struct day_list excepted = {0}, besides = {0};
    bool repeats = icalcomponent_get_first_property(reader->event, ICAL_RRULE_PROPERTY);
    int year = icalcomponent_get_dtstart(reader->event).year;
    long length = 1;
    int r = length_of(reader, start, &length);
    if (r == 0)
        r = take_days(reader, ICAL_EXDATE_PROPERTY, "EXDATE", &excepted);
    sort_days(&excepted);
    if (r == 0)
        r = take_days(reader, ICAL_RDATE_PROPERTY, "RDATE", &besides);
    if (r == 0 && (!repeats || (year >= reader->from && year <= reader->to)))
        r = add_occurrence(reader, start, length, &excepted);
    if (r == 0)
        r = expand_rules(reader, length, &excepted);
    for (size_t i = 0; i < besides.count && r == 0; i++)
        r = add_occurrence(reader, besides.days[i], length, &excepted);
    return r;
}

/* An event that stands for an occurrence of another one is noted before that is expanded. */
static int note_moved(struct reader *reader)
{
    icalproperty *property =
        icalcomponent_get_first_property(reader->event, ICAL_RECURRENCEID_PROPERTY);
    const char *uid = icalcomponent_get_uid(reader->event);
    long day = 0;
    if (!property || !uid)
        return 0;
    int r = day_of(reader, icalproperty_get_recurrenceid(property), "RECURRENCE-ID", &day);
    if (r < 0)
        return r;
    reader->moved = grown(reader->moved, reader->n_moved, sizeof(*reader->moved));
    reader->moved[reader->n_moved++] = (struct moved){uid, day};
    return 0;
}

static int take_event(struct reader *reader)
{
    icalproperty *property = icalcomponent_get_first_property(reader->event, ICAL_DTSTART_PROPERTY);
    long start = 0;
    int r = check_errors(reader);
    if (r < 0)
        return r;
    if (!property)
        return wrong(reader, "it has no DTSTART");
    struct icaltimetype time = icalproperty_get_dtstart(property);
    if (!time.is_date) {
        reader->timed++;
        return 0;
    }
    r = day_of(reader, time, "DTSTART", &start);
    if (r < 0 || icalcomponent_get_status(reader->event) == ICAL_STATUS_CANCELLED)
        return r;
    return expand_event(reader, start);
}

static int each_event(struct reader *reader, icalcomponent *parent,
                      int (*take)(struct reader *reader))
{
    icalcomponent *child = icalcomponent_get_first_component(parent, ICAL_ANY_COMPONENT);
    int r = 0;
    for (; child && r == 0; child = icalcomponent_get_next_component(parent, ICAL_ANY_COMPONENT)) {
        if (icalcomponent_isa(child) == ICAL_VCALENDAR_COMPONENT)
            r = each_event(reader, child, take);
        if (icalcomponent_isa(child) != ICAL_VEVENT_COMPONENT)
            continue;
        reader->event = child;
        reader->number++;
        r = take(reader);
    }
    return r;
}

static int compare_moved(const void *a, const void *b)
{
    return compare_days(&((const struct moved *)a)->day, &((const struct moved *)b)->day);
}

static int read_events(struct reader *reader, icalcomponent *calendar)
{
    int r = each_event(reader, calendar, note_moved);
    if (reader->n_moved > 0)
        qsort(reader->moved, reader->n_moved, sizeof(*reader->moved), compare_moved);
    reader->number = 0;
    return r < 0 ? r : each_event(reader, calendar, take_event);
}

/* --- the whole --- */

static json_t *days_json(struct day_list *list)
{
    json_t *days = json_array();
    sort_days(list);
    for (size_t i = 0; i < list->count; i++) {
        char date[11];
        bool again = i > 0 && list->days[i] == list->days[i - 1];
        if (!again && dates_of_day(list->days[i], date) == 0)
            json_array_append_new(days, json_string(date));
    }
    return days;
}

static int read_calendar(struct reader *reader, const char *text)
{
    icalerror_set_errors_are_fatal(false);
    icalcomponent *calendar = icalparser_parse_string(text);
    if (!calendar) {
        reader->problem = text_copy("not an iCalendar that can be read");
        return -EINVAL;
    }
    int r = read_events(reader, calendar);
    icalcomponent_free(calendar);
    return r;
}

int days_off_read(const char *text, size_t len, int from, int to, struct days_off *ret_days,
                  char **ret_problem)
{
    static const char mark[] = "\xef\xbb\xbf"; /* which some programs put before UTF-8 */
    struct reader reader = {.from = from, .to = to};
    size_t skip = strncmp(text, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
    int r = ical_lines_check(text + skip, len - skip, &reader.problem);
    if (r == 0)
        r = read_calendar(&reader, text + skip);
    if (r == 0)
        *ret_days = (struct days_off){days_json(&reader.days), reader.timed, reader.repeats};
    else
        *ret_problem = STEAL(reader.problem);
    free(reader.days.days);
    free(reader.moved);
    return r;
}

void days_off_done(struct days_off *days)
{
    json_decref(days->days);
}
