/*
 * The registry's calendars: PutCalendar, RemoveCalendar. Strategies of everybody name them, so they
 * are for admins. Those of Sweden and Norway are computed and nobody's to change.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "methods/edit.h"
#include "methods/payload.h"
#include "methods/rows.h"
#include "methods/table.h"

#define DAYS_MOST 10000

static const struct edit_field calendar_fields[] = {
    EDIT_VALUE("key", TYPE_SHARED, NULL),
    EDIT_VALUE("source", TYPE_SHORT, "source"),
};

static void write_key(const struct edit *edit, struct writer *writer)
{
    writer_text(writer, "key", param_text(edit->call, "key"));
}

/* --- PutCalendar --- */

static int check_days(struct edit *edit)
{
    const json_t *days = json_object_get(edit->call->parameters, "days"), *item;
    struct date date;
    char field[32];
    size_t i;

    if (json_array_size(days) == 0)
        return edit_refuse(edit, "days", "no day is given");
    if (json_array_size(days) > DAYS_MOST)
        return edit_refuse(edit, "days", "more than %d days", DAYS_MOST);
    json_array_foreach (days, i, item) {
        const char *text = json_string_value(item);

        if (date_parse(text, &date) == 0 && date.day)
            continue;
        snprintf(field, sizeof(field), "days[%zu]", i);
        return edit_refuse(edit, field, "not a day such as 2026-12-06: \"%.40s\"", text);
    }
    return 0;
}

static int check_put(struct edit *edit, const struct request *request UNUSED)
{
    const char *key = param_text(edit->call, "key");
    struct workdays computed;

    if (workdays_built_in(key, &computed) == 0)
        return edit_refuse(edit, "key", "the calendar %s is computed, and stays", key);
    return check_days(edit);
}

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* Ascending, each once. */
static int read_days(const json_t *days, struct days_off *days_off)
{
    struct date date;
    size_t i, kept = 0;
    json_t *item;

    days_off->days = calloc(json_array_size(days), sizeof(*days_off->days));
    if (!days_off->days)
        return -ENOMEM;
    json_array_foreach ((json_t *)days, i, item) {
        if (date_parse(json_string_value(item), &date) == 0)
            days_off->days[days_off->n_days++] = date_first_day(date);
    }
    qsort(days_off->days, days_off->n_days, sizeof(*days_off->days), compare_days);
    for (i = 0; i < days_off->n_days; i++) {
        if (kept == 0 || days_off->days[i] != days_off->days[kept - 1])
            days_off->days[kept++] = days_off->days[i];
    }
    days_off->n_days = kept;
    return 0;
}

static int plan_put(struct edit *edit)
{
    const char *key = param_text(edit->call, "key");
    const struct days_off *there = registry_days_off_by_key(edit->registry, key);
    struct days_off given = {.source = (char *)param_text(edit->call, "source")};
    json_auto_t *old = there ? row_of_days_off(there) : NULL, *row = NULL;
    int r = read_days(json_object_get(edit->call->parameters, "days"), &given);

    if (r == 0)
        row = row_of_days_off(&given);
    free(given.days);
    if (!row)
        return -ENOMEM;
    return edit_put(edit, there ? there->id : 0, key, old, row);
}

static const struct edit_kind putting = {.entity = "calendar",
                                         .fields = calendar_fields,
                                         .n_fields = ARRAY_LEN(calendar_fields),
                                         .of_registry = true,
                                         .check = check_put,
                                         .plan = plan_put,
                                         .answer = write_key};

const struct answer *method_put_calendar(struct call *call)
{
    return edit_submit(call, &putting);
}

/* --- RemoveCalendar --- */

/* The key of a strategy that names it, or NULL. */
static const char *named_by(const struct edit *edit, const char *key)
{
    struct slot *const *slots;
    size_t count = store_strategies(edit->plan->store, &slots);

    for (size_t i = 0; i < count; i++) {
        const char *calendar = slots[i]->tree->strategy.calendar;

        if (calendar && strcmp(calendar, key) == 0)
            return slots[i]->key;
    }
    return NULL;
}

static int plan_remove(struct edit *edit)
{
    const char *key = param_text(edit->call, "key"), *strategy = named_by(edit, key);
    const struct days_off *there = registry_days_off_by_key(edit->registry, key);
    struct workdays computed;

    if (workdays_built_in(key, &computed) == 0)
        return edit_refuse(edit, "key", "the calendar %s is computed, and stays", key);
    if (!there)
        return edit_refuse(edit, "key", "there is no calendar \"%.100s\"", key);
    if (strategy)
        return edit_refuse(edit, "key", "it is the calendar of %.100s", strategy);
    return edit_end(edit, there->id, key);
}

static const struct edit_kind removing = {.entity = "calendar",
                                          .fields = calendar_fields,
                                          .n_fields = 1, /* the key */
                                          .of_registry = true,
                                          .plan = plan_remove,
                                          .answer = write_key};

const struct answer *method_remove_calendar(struct call *call)
{
    return edit_submit(call, &removing);
}
