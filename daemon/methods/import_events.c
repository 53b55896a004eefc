/* Closings, and what is closed when; see import_internal.h. */
#include "core/hash.h"

#include "methods/import_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* A closing, there already or of the document. */
struct event {
    int64_t node_id, order; /* order among those of a day: the id, then the document's */
    int32_t day;
    enum how how;
};

/* --- what is closed when --- */

static int compare_events(const void *a, const void *b)
{
    const struct event *left = a, *right = b;

    if (left->node_id != right->node_id)
        return left->node_id < right->node_id ? -1 : 1;
    if (left->day != right->day)
        return left->day < right->day ? -1 : 1;
    return left->order < right->order ? -1 : left->order > right->order;
}

static int add_event(struct planner *planner, const struct event *event)
{
    size_t n = planner->n_events;

    if ((n & (n - 1)) == 0) {
        struct event *events =
            reallocarray(planner->events, n ? 2 * n : 1, sizeof(*planner->events));

        if (!events)
            return -ENOMEM;
        planner->events = events;
    }
    planner->events[planner->n_events++] = *event;
    return 0;
}

static int add_closings(struct planner *planner, const struct node *node)
{
    int r = 0;

    for (uint32_t i = 0; i < node->n_closings && r == 0; i++) {
        const struct closing *closing = &node->closings[i];

        r = add_event(planner, &(struct event){node->id, closing->id, date_last_day(closing->date),
                                               closing->how});
    }
    return r;
}

int events_existing(struct planner *planner)
{
    const struct tree *tree = planner->plan->tree;
    const struct node *node;

    for (int i = 0; tree && i < TURN_NODES; i++) {
        int r;

        node = tree_next_node(tree, &planner->at);
        r = node ? add_closings(planner, node) : 0;
        if (!node || r < 0)
            return r;
    }
    return tree ? 1 : 0;
}

int events_sort(struct planner *planner)
{
    if (planner->n_events)
        qsort(planner->events, planner->n_events, sizeof(*planner->events), compare_events);
    return 0;
}

/* The closing event that counts on a day, or NULL. */
static const struct event *last_event(const struct planner *planner, int64_t node_id, int32_t day)
{
    const struct event wanted = {.node_id = node_id, .order = INT64_MAX, .day = day};
    size_t low = 0, high = planner->n_events;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_events(&planner->events[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && planner->events[low - 1].node_id == node_id ? &planner->events[low - 1]
                                                                  : NULL;
}

const struct event *events_closed(const struct planner *planner, int64_t node_id, int32_t day)
{
    const struct event *event = last_event(planner, node_id, day);

    return event && event->how != HOW_REOPENED && event->day < day ? event : NULL;
}

void event_describe(const struct event *event, char *text, size_t size)
{
    char date[DATE_TEXT_SIZE];

    snprintf(text, size, "since %s (%s)", date_format(date_from_day(event->day), date),
             how_names[event->how]);
}

/* --- closings --- */

static int resolve_node(struct record *record, int64_t *ret_id)
{
    const struct place place = {&record->place, "node", 0};

    return names_resolve(record, PART_NODES, field_text(record->json, "node"), &place, ret_id);
}

/* The last day of the record's date, which may be tomorrow at most. */
static int resolve_day(struct record *record, int32_t *ret_day)
{
    const char *text = field_text(record->json, "date");
    struct date date;
    int r = date_parse(text, &date);

    if (r < 0)
        return r;
    if (date_last_day(date) > record->planner->today + 1)
        return record_refuse(record, "date", "more than a day ahead: \"%s\"", text);
    *ret_day = date_last_day(date);
    return 0;
}

static int closing_key(const struct record *record, int64_t node_id, char **ret_key)
{
    return key_format(ret_key, "%" PRId64 "|%s|%s", node_id, field_text(record->json, "date"),
                      field_text(record->json, "how"));
}

int closing_note(struct record *record)
{
    struct planner *planner = record->planner;
    const struct existing_row *row;
    struct event event = {.order = INT64_MAX / 2 + (int64_t)record->index};
    AUTO(free_ptr) char *key = NULL;
    int r = resolve_node(record, &event.node_id);

    if (r == 0)
        r = closing_key(record, event.node_id, &key);
    if (r < 0)
        return r;
    row = existing_find(planner->plan->existing, table_of("closing"), key);
    if (row && !row->planned)
        return 0; /* it was added from the tree, at its own place */
    r = resolve_day(record, &event.day);
    if (r < 0)
        return r;
    event.how = (enum how)enum_parse(how_names, field_text(record->json, "how"));
    return add_event(planner, &event);
}

int closing_put(struct record *record)
{
    static const char *const fields[] = {"date", "how", "reason", "note", "evidence", NULL};
    json_auto_t *payload = json_object();
    AUTO(free_ptr) char *key = NULL;
    int64_t node;
    int r = resolve_node(record, &node);

    if (r == 0)
        r = payload_id(payload, "node_id", node);
    if (r == 0)
        r = payload_fields(payload, record->json, fields);
    if (r == 0)
        r = closing_key(record, node, &key);
    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "closing",
                                 .key = key,
                                 .own = true,
                                 .payload = STEAL(payload),
                                 .place = &record->place},
                   NULL);
}
