/* Rows from what is in memory; see rows.h. */
#include "methods/rows.h"

#include <math.h>

static int put(json_t *row, const char *column, json_t *value)
{
    return json_object_set_new(row, column, value);
}

static int put_date(json_t *row, const char *column, struct date date)
{
    char text[DATE_TEXT_SIZE];

    return date_given(date) ? put(row, column, json_string(date_format(date, text))) : 0;
}

static int put_number(json_t *row, const char *column, double value)
{
    return isnan(value) ? 0 : put(row, column, json_real(value));
}

/* A word of an enumeration whose value 0 is none. */
static int put_word(json_t *row, const char *column, const char *const *names, int value)
{
    return value ? put(row, column, json_string(names[value])) : 0;
}

static int put_count(json_t *row, const char *column, int64_t value)
{
    return value ? put(row, column, json_integer(value)) : 0;
}

static int put_span(json_t *row, const char *column, struct span span)
{
    char text[SPAN_TEXT_SIZE];

    return span_given(span) ? put(row, column, json_string(span_format(span, text))) : 0;
}

static int put_words(json_t *row, const char *column, const struct words *words)
{
    return words ? put(row, column, words_to_json(words)) : 0;
}

static int put_measure(json_t *row, const struct measure *measure)
{
    int r;

    if (!measure)
        return 0;
    r = put_number(row, "baseline", measure->baseline);
    r |= put_number(row, "target", measure->target);
    r |= measure->unit ? put(row, "unit", json_string(measure->unit)) : 0;
    r |= put_word(row, "direction", direction_names, measure->direction);
    return r;
}

/* The row, unless something could not be put into it. */
static json_t *finish(json_t *row, int failed)
{
    if (failed == 0)
        return row;
    json_decref(row);
    return NULL;
}

json_t *row_of_node(const struct node *node)
{
    json_t *row = json_object();
    int r = put(row, "parent_id", json_integer(node->parent_id));

    r |= put(row, "titles", texts_to_json(&node->titles));
    r |= put_word(row, "kind", kind_names, node->kind);
    r |= put_word(row, "stage", stage_names, node->stage);
    r |= put_date(row, "start", node->start);
    r |= put_date(row, "due", node->due);
    r |= put_span(row, "due_after", node->due_after);
    r |= put_count(row, "cadence", node->cadence);
    r |= put_number(row, "weight", node->weight);
    r |= put_measure(row, node->measure);
    r |= put_words(row, "sectors", node_sectors(node));
    return finish(row, r);
}
