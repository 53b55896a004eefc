/* Writing an iCalendar with libical; see calendar.h. */
#include "mail/calendar.h"

#include <err.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "mail/harmless.h"
#include "mail/words.h"
#include "text.h"

#define PRODID "-//goald//goal " GOALD_VERSION "//EN"

struct calendar {
    icalcomponent *component;
};

static void *needed(void *made)
{
    if (!made)
        err(EXIT_REFUSED, "memory");
    return made;
}

static void add(icalcomponent *component, icalproperty *property)
{
    icalcomponent_add_property(component, needed(property));
}

struct calendar *calendar_begin(const char *name, bool published)
{
    struct calendar *calendar = needed(calloc(1, sizeof(*calendar)));
    calendar->component = needed(icalcomponent_new_vcalendar());
    add(calendar->component, icalproperty_new_prodid(PRODID));
    add(calendar->component, icalproperty_new_version("2.0"));
    add(calendar->component, icalproperty_new_calscale("GREGORIAN"));
    if (published)
        add(calendar->component, icalproperty_new_method(ICAL_METHOD_PUBLISH));
    if (name) {
        AUTO(free_ptr) char *line = harmless_line(name);
        add(calendar->component, icalproperty_new_name(line));
        icalproperty *old = needed(icalproperty_new_x(line)); /* who does not know RFC 7986 */
        icalproperty_set_x_name(old, "X-WR-CALNAME");
        add(calendar->component, old);
    }
    return calendar;
}

/* The first fields of RFC 3339 are those of a DTSTAMP; what is below a second does not count. */
static bool read_time(const char *text, struct icaltimetype *ret_time)
{
    struct icaltimetype time = icaltime_null_time();
    if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &time.year, &time.month, &time.day,
                        &time.hour, &time.minute, &time.second) != 6)
        return false;
    time.zone = icaltimezone_get_utc_timezone();
    *ret_time = time;
    return true;
}

static bool read_day(const char *text, struct icaltimetype *ret_day)
{
    struct icaltimetype day = icaltime_null_date();
    if (!text || strlen(text) != 10 ||
        sscanf(text, "%4d-%2d-%2d", &day.year, &day.month, &day.day) != 3)
        return false;
    *ret_day = day;
    return true;
}

/* What stands in the calendar's square: what is to happen, and to what. */
static char *summary_text(const struct calendar_event *event)
{
    AUTO(free_ptr) char *subject = NULL;
    if (event->holder)
        text_append(&subject, "", "%s, ", event->holder);
    if (event->code && *event->code)
        text_append(&subject, "", "%s ", event->code);
    text_append(&subject, "", "%s", event->title ? event->title : "");
    if (strcmp(event->kind, "review") == 0)
        return text_format(_("Review due: %s"), subject);
    if (strcmp(event->kind, "term") == 0)
        return text_format(_("Term ends: %s"), subject);
    return text_format(_("Due: %s"), subject);
}

static void add_summary(icalcomponent *component, const struct calendar_event *event)
{
    AUTO(free_ptr) char *text = summary_text(event);
    AUTO(free_ptr) char *line = harmless_line(text);
    add(component, icalproperty_new_summary(line));
}

/* "Life science strategy (ls:2.2)" */
static void add_description(icalcomponent *component, const struct calendar_event *event)
{
    AUTO(free_ptr) char *text = NULL;
    bool has_code = event->code && *event->code;
    if (!event->strategy)
        return;
    text = text_format("%s%s%s%s%s%s", event->strategy_title ? event->strategy_title : "",
                       event->strategy_title ? " (" : "", event->strategy, has_code ? ":" : "",
                       has_code ? event->code : "", event->strategy_title ? ")" : "");
    AUTO(free_ptr) char *line = harmless_line(text);
    add(component, icalproperty_new_description(line));
}

bool calendar_add(struct calendar *calendar, const struct calendar_event *event)
{
    struct icaltimetype day, changed;
    if (!read_day(event->date, &day) || !read_time(event->changed, &changed))
        return false;
    icalcomponent *component = needed(icalcomponent_new_vevent());
    add(component, icalproperty_new_uid(event->uid));
    add(component, icalproperty_new_dtstamp(changed));
    add(component, icalproperty_new_sequence((int)event->sequence));
    add(component, icalproperty_new_dtstart(day));
    add_summary(component, event);
    add_description(component, event);
    add(component, icalproperty_new_categories(event->kind));
    add(component,
        icalproperty_new_status(event->cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    add(component, icalproperty_new_transp(ICAL_TRANSP_TRANSPARENT)); /* nobody is busy for it */
    icalcomponent_add_component(calendar->component, component);
    return true;
}

char *calendar_text(const struct calendar *calendar)
{
    char *text = needed(icalcomponent_as_ical_string_r(calendar->component));
    char *copy = text_copy(text);
    icalmemory_free_buffer(text);
    return copy;
}

void calendar_end(struct calendar *calendar)
{
    if (!calendar)
        return;
    icalcomponent_free(calendar->component);
    free(calendar);
}
