/* goal calendar; see calendar_run.h. */
#include "mail/calendar_run.h"

#include <stdlib.h>
#include <string.h>

#include "mail/calendar.h"
#include "mail/words.h"
#include "output.h"
#include "text.h"

static void build(const struct goal *goal, struct ask *asks)
{
    json_t *parameters = goal_parameters(goal, "code", true);
    asks[0] = (struct ask){.method = "ListCalendar", .parameters = parameters, .more = true};
    set_option(goal, parameters, "person", "person");
}

static const char *field_of(const json_t *event, const char *field)
{
    const char *text = get_text(event, field);
    return text ? text : "";
}

/* By day, those of one day by their UIDs: the same state gives the same bytes. */
static int compare_events(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    int order = strcmp(field_of(x, "date"), field_of(y, "date"));
    return order ? order : strcmp(field_of(x, "uid"), field_of(y, "uid"));
}

static struct calendar_event event_of(const json_t *event)
{
    const char *status = get_text(event, "status");
    return (struct calendar_event){
        .uid = field_of(event, "uid"),
        .kind = field_of(event, "kind"),
        .date = get_text(event, "date"),
        .changed = get_text(event, "changed"),
        .strategy = get_text(event, "strategy"),
        .code = get_text(event, "code"),
        .title = get_text(event, "title"),
        .strategy_title = get_text(event, "strategyTitle"),
        .holder = get_text(event, "name"),
        .sequence = get_int(event, "sequence", 0),
        .cancelled = status && strcmp(status, "cancelled") == 0,
    };
}

/* The title of the strategy, if all events are of one; NULL: of several, or there is none. */
static const char *name_of(json_t *const *events, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(field_of(events[i], "strategy"), field_of(events[0], "strategy")) != 0)
            return NULL;
    return count > 0 ? get_text(events[0], "strategyTitle") : NULL;
}

static int print_calendar(const struct goal *goal, const json_t *replies)
{
    size_t count = json_array_size(replies);
    AUTO(free_ptr) json_t **events = calloc(count + 1, sizeof(*events));
    if (!events)
        return goal_fail(EXIT_REFUSED, "memory");
    for (size_t i = 0; i < count; i++)
        events[i] = json_object_get(json_array_get(replies, i), "event");
    qsort(events, count, sizeof(*events), compare_events);
    words_begin(goal->language);
    AUTO(calendar_endp) struct calendar *calendar = calendar_begin(name_of(events, count), false);
    for (size_t i = 0; i < count; i++) {
        struct calendar_event event = event_of(events[i]);
        if (!calendar_add(calendar, &event))
            return goal_fail(EXIT_REFUSED, "the daemon told an event without a day: %s", event.uid);
    }
    words_end();
    AUTO(free_ptr) char *text = calendar_text(calendar);
    fputs(text, goal->out);
    return EXIT_DONE;
}

int calendar_run(struct goal *goal)
{
    struct ask ask = {0};
    int exit = goal_ask_all(goal, build, &ask, 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        exit = print_calendar(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}
