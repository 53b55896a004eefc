/*
 * goal observations, and what goal show says of an indicator. The chart is of what counts: values
 * of the whole that were not corrected.
 */
#include "series.h"

#include <math.h>
#include <string.h>

#include "chart.h"
#include "commands.h"
#include "dates.h"
#include "output.h"
#include "status.h"
#include "table.h"
#include "text.h"

#define INDENT 8

static char *value_text(double value, const char *unit)
{
    return text_format("%.10g%s%s", value, unit ? " " : "", unit ? unit : "");
}

/* "baseline 100, target 0 µg/l, downwards" */
static char *measure_words(const json_t *node)
{
    const char *unit = get_text(node, "unit"), *direction = get_text(node, "direction");
    double baseline, target;
    char *text = NULL;
    if (get_real(node, "baseline", &baseline))
        text_append(&text, ", ", "baseline %.10g", baseline);
    if (get_real(node, "target", &target))
        text_append(&text, ", ", "target %.10g", target);
    if (!text)
        text = text_copy("no baseline and no target");
    text_append(&text, unit ? " " : "", "%s", unit ? unit : "");
    if (direction)
        text_append(&text, ", ", "%s", strcmp(direction, "down") == 0 ? "downwards" : "upwards");
    return text;
}

static void print_value(const struct goal *goal, const json_t *node, const json_t *observation)
{
    double value = 0;
    const char *date = get_text(observation, "date"), *source = get_text(observation, "source");
    get_real(observation, "value", &value);
    AUTO(free_ptr) char *shown = value_text(value, get_text(node, "unit"));
    AUTO(free_ptr)
    char *text = text_format("%s on %s%s%s", shown, date ? date : "", source ? ", from " : "",
                             source ? source : "");
    status_line(goal, "Value", text);
}

/* The newest stands first in the replies, and last in the chart. */
static size_t points_of(const json_t *replies, struct chart_point *points)
{
    size_t all = json_array_size(replies), count = 0;
    for (size_t i = all < SERIES_MAX ? all : SERIES_MAX; i-- > 0;) {
        const json_t *one = get_object(json_array_get(replies, i), "observation");
        const char *date = get_text(one, "date");
        if (date && dates_day(date, &points[count].day) == 0 &&
            get_real(one, "value", &points[count].value))
            count++;
    }
    return count;
}

static const char *date_at(const json_t *replies, size_t i)
{
    const char *date = get_text(get_object(json_array_get(replies, i), "observation"), "date");
    return date ? date : "";
}

static void print_chart(const struct goal *goal, const json_t *node, const json_t *replies)
{
    struct chart_point points[SERIES_MAX];
    size_t all = json_array_size(replies), shown = all < SERIES_MAX ? all : SERIES_MAX;
    struct chart chart = {.points = points,
                          .count = points_of(replies, points),
                          .first = date_at(replies, shown - 1),
                          .last = date_at(replies, 0),
                          .baseline = (double)NAN,
                          .target = (double)NAN,
                          .width = goal->width,
                          .indent = INDENT,
                          .plain = text_is_plain()};
    get_real(node, "baseline", &chart.baseline);
    get_real(node, "target", &chart.target);
    chart_print(goal->out, &chart);
}

void series_print(const struct goal *goal, const json_t *node, const json_t *replies)
{
    AUTO(free_ptr) char *measure = measure_words(node);
    status_line(goal, "Measure", measure);
    if (!replies)
        status_line(goal, "Value", "its observations are not at hand now");
    else if (json_array_size(replies) == 0)
        status_line(goal, "Value", "never observed");
    if (json_array_size(replies) == 0)
        return;
    print_value(goal, node, get_object(json_array_get(replies, 0), "observation"));
    print_chart(goal, node, replies);
}

enum { SEEN_ID, SEEN_DATE, SEEN_VALUE, SEEN_OF, SEEN_SOURCE, SEEN_BY, SEEN_NOTE };

static const struct column observation_columns[] = {
    [SEEN_ID] = {.name = "ID", .flags = COLUMN_RIGHT},
    [SEEN_DATE] = {.name = "DATE"},
    [SEEN_VALUE] = {.name = "VALUE", .flags = COLUMN_RIGHT},
    [SEEN_OF] = {.name = "OF", .flags = COLUMN_CUT},
    [SEEN_SOURCE] = {.name = "SOURCE", .flags = COLUMN_CUT},
    [SEEN_BY] = {.name = "BY", .flags = COLUMN_CUT | COLUMN_DROP, .max = 20},
    [SEEN_NOTE] = {.name = "NOTE", .flags = COLUMN_CUT},
};

/* "region=SE110, sex=f" */
static char *breakdown_words(const json_t *observation)
{
    char *text = NULL;
    const char *dimension;
    json_t *part;
    json_object_foreach ((json_t *)get_object(observation, "breakdown"), dimension, part) {
        const char *value = json_string_value(part);
        text_append(&text, ", ", "%s=%s", dimension, value ? value : "");
    }
    return text;
}

static void add_observation(struct table *table, const json_t *observation)
{
    int line = table_add(table, -1);
    double value = 0;
    get_real(observation, "value", &value);
    AUTO(free_ptr) char *id = text_format("%ld", get_int(observation, "id", 0));
    AUTO(free_ptr) char *shown = value_text(value, NULL);
    AUTO(free_ptr) char *of = breakdown_words(observation);
    AUTO(free_ptr) char *note = correction_words(observation);
    table_set(table, line, SEEN_ID, id);
    table_set(table, line, SEEN_DATE, get_text(observation, "date"));
    table_set(table, line, SEEN_VALUE, shown);
    table_set(table, line, SEEN_OF, of);
    table_set(table, line, SEEN_SOURCE, get_text(observation, "source"));
    table_set(table, line, SEEN_BY, get_text(observation, "author"));
    table_set(table, line, SEEN_NOTE, note);
}

void series_print_list(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(observation_columns, ARRAY_LEN(observation_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (get_object(reply, "observation"))
            add_observation(table, get_object(reply, "observation"));
    goal_print_table(goal, table, "no observation");
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListObservations", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", false);
    set_number(goal, asks[0].parameters, "limit", "limit");
}

int observations_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build, series_print_list);
}
