/* Updates and closings; see import_internal.h. */
#include "core/hash.h"

#include "methods/import_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define JSON_AS_WRITTEN (JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15))

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

static int add_existing(struct planner *planner)
{
    struct node *node, *next;

    if (!planner->plan->tree)
        return 0;
    HASH_ITER (by_id, planner->plan->tree->nodes_by_id, node, next) {
        for (uint32_t i = 0; i < node->n_closings; i++) {
            const struct closing *closing = &node->closings[i];
            int r = add_event(planner, &(struct event){node->id, closing->id,
                                                       date_last_day(closing->date), closing->how});

            if (r < 0)
                return r;
        }
    }
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

/* --- what both have --- */

/* The node that the record is about; none: the strategy. */
static int resolve_node(struct record *record, int64_t *ret_id)
{
    const char *code = field_text(record->json, "node");
    const struct place place = {&record->place, "node", 0};

    if (code)
        return names_resolve(record, PART_NODES, code, &place, ret_id);
    *ret_id = 0;
    return 0;
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

/* --- closings --- */

static int closing_key(const struct record *record, int64_t node_id, char **ret_key)
{
    return key_format(ret_key, "%" PRId64 "|%s|%s", node_id, field_text(record->json, "date"),
                      field_text(record->json, "how"));
}

static int note_closing(struct record *record)
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

static int put_closing(struct record *record)
{
    static const char *const fields[] = {"date", "how", "reason", "evidence", NULL};
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

/* --- updates --- */

/* What the document says of it, and nothing of how it got here. */
static int update_payload(struct record *record, int64_t node, json_t *payload)
{
    static const char *const fields[] = {"date", "state", "confidence", "note", "evidence", NULL};
    int r = payload_id(payload, "node_id", node);

    if (r == 0)
        r = payload_fields(payload, record->json, fields);
    if (r == 0)
        r = payload_number(payload, "percent", field(record->json, "percent"));
    return r;
}

static int refuse_closed(struct record *record, const struct event *event)
{
    char date[DATE_TEXT_SIZE];

    return record_refuse(record, "percent", "the node is closed since %s (%s)",
                         date_format(date_from_day(event->day), date), how_names[event->how]);
}

/* Of what would be written only: a closing that came later may be dated before what is there. */
static int check_update(struct record *record, int64_t node)
{
    const struct event *event;
    int32_t day;
    int r = resolve_day(record, &day);

    if (r < 0 || !field(record->json, "percent"))
        return r;
    event = last_event(record->planner, node, day);
    if (event && event->how != HOW_REOPENED && event->day < day)
        return refuse_closed(record, event);
    return 0;
}

/* Is that what an earlier import entered? 1: yes, 0: no. `entered` is the payload then; what is not
 * of the document is taken off it. */
static int is_same(json_t *entered, const json_t *payload)
{
    static const char *const not_of_it[] = {"id", "key", "account_id", "supersedes", "reason"};
    AUTO(free_ptr) char *now = json_dumps(payload, JSON_AS_WRITTEN), *before = NULL;

    for (size_t i = 0; i < ARRAY_LEN(not_of_it); i++)
        json_object_del(entered, not_of_it[i]);
    before = json_dumps(entered, JSON_AS_WRITTEN);
    if (!now || !before)
        return -ENOMEM;
    return strcmp(now, before) == 0;
}

/* Nothing is overwritten: what differs supersedes the last of the chain, a person's correction
 * too. */
static int put_correction(struct record *record, const struct existing_row *row, json_t *payload)
{
    const struct import_plan *plan = record->planner->plan;
    json_auto_t *owned = payload;
    AUTO(free_ptr) char *key = NULL;
    int r = asprintf(&key, "%s#%d", row->key, row->corrections) < 0 ? -ENOMEM : 0;

    if (r == 0)
        r = payload_id(payload, "supersedes", row->tip);
    if (r == 0)
        r = payload_word(payload, "reason", "import");
    if (r == 0)
        r = payload_id(payload, "account_id", plan->account);
    if (r == 0)
        r = entries_put(plan->strategy_entries, table_of("update"), 0, false, key, STEAL(owned),
                        NULL, plan->account, NULL);
    if (r == 0)
        record_fate(record, FATE_CHANGED);
    return r;
}

static int compare_update(struct record *record, const struct existing_row *row, int64_t node,
                          json_t *payload)
{
    json_auto_t *entered = json_loads(row->text, 0, NULL), *owned = payload;
    int r;

    if (!entered)
        return -EIO;
    if (json_integer_value(json_object_get(entered, "node_id")) != node)
        return record_refuse(record, "node", "\"%s\" is an update of another node already",
                             row->key);
    r = is_same(entered, owned);
    if (r != 0)
        return r < 0 ? r : 0;
    r = check_update(record, node);
    return r < 0 ? r : put_correction(record, row, STEAL(owned));
}

static int put_update(struct record *record)
{
    const struct import_plan *plan = record->planner->plan;
    const char *key = field_text(record->json, "id");
    const struct existing_row *row = existing_find(plan->existing, table_of("update"), key);
    json_auto_t *payload = json_object();
    int64_t node;
    int r = resolve_node(record, &node);

    if (r == 0)
        r = update_payload(record, node, payload);
    if (r == 0 && row)
        return compare_update(record, row, node, STEAL(payload));
    if (r == 0)
        r = check_update(record, node);
    if (r == 0)
        r = payload_id(payload, "account_id", plan->account);
    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "update",
                                 .key = key,
                                 .own = true,
                                 .payload = STEAL(payload),
                                 .place = &record->place},
                   NULL);
}

int plan_events(struct planner *planner)
{
    int r = add_existing(planner);

    if (r == 0)
        r = planner_each(planner, PART_CLOSINGS, note_closing);
    if (r == 0 && planner->n_events)
        qsort(planner->events, planner->n_events, sizeof(*planner->events), compare_events);
    if (r == 0)
        r = planner_each(planner, PART_UPDATES, put_update);
    if (r == 0)
        r = planner_each(planner, PART_CLOSINGS, put_closing);
    return r;
}
