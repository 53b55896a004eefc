/* The strategy, its nodes and what hangs on them; see import_internal.h. */
#include "core/hash.h"

#include "methods/import_internal.h"
#include "methods/reminder_row.h"

#include <errno.h>
#include <inttypes.h>

static const struct name *own_name(const struct record *record)
{
    return &record->planner->names[PART_NODES].items[record->index];
}

/* --- the strategy --- */

static int take_period(json_t *payload, const json_t *period)
{
    int r = payload_take(payload, "period_start", json_object_get(period, "start"));

    return r < 0 ? r : payload_take(payload, "period_end", json_object_get(period, "end"));
}

static json_t *expected_counts(const json_t *expected)
{
    json_t *counts = json_object();

    /* in an order of our own, as titles are */
    for (size_t i = 0; kind_names[i]; i++) {
        json_t *count = json_object_get(expected, kind_names[i]);

        if (count)
            json_object_set(counts, kind_names[i], count);
    }
    return counts;
}

/* Titles by the sectors' keys, which are noted for the nodes. */
static int take_sectors(struct record *record, json_t *payload)
{
    const struct place list = {&record->place, "sectors", 0};
    const json_t *sectors = field(record->json, "sectors");
    json_t *all = record->planner->sectors;
    size_t i;
    json_t *sector;

    json_array_foreach (sectors, i, sector) {
        const struct place place = {&list, NULL, i};
        const char *key = field_text(sector, "id");
        int r = json_object_get(all, key) ? refuse_at(record->planner->plan->refusal, &place,
                                                      "the same as an earlier one")
                                          : payload_texts(all, key, field(sector, "titles"));

        if (r < 0)
            return r;
    }
    return json_object_size(all) > 0 ? payload_texts(payload, "sectors", all) : 0;
}

static int strategy_payload(struct record *record, json_t *payload)
{
    const json_t *json = record->json;
    static const char *const fields[] = {"alias",      "issuer",  "calendar", "language",
                                         "visibility", "cadence", NULL};
    int r = payload_fields(payload, json, fields);

    if (r == 0)
        r = payload_texts(payload, "titles", field(json, "titles"));
    if (r == 0)
        r = take_period(payload, field(json, "period"));
    if (r == 0)
        r = payload_bool(payload, "acceptance", field(json, "acceptance"));
    if (r == 0)
        r = payload_take(payload, "time_zone", field(json, "timeZone"));
    if (r == 0 &&
        json_object_set_new(payload, "expected", expected_counts(field(json, "expected"))) < 0)
        r = -ENOMEM;
    return r;
}

int strategy_put(struct record *record)
{
    json_auto_t *payload = json_object();
    int r = strategy_payload(record, payload);

    if (r == 0)
        r = take_sectors(record, payload);
    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "strategy",
                                 .key = field_text(record->json, "key"),
                                 .own = true,
                                 .payload = STEAL(payload),
                                 .place = &record->place},
                   NULL);
}

/* --- nodes --- */

static int take_parent(struct record *record, json_t *payload)
{
    const char *code = field_text(record->json, "parent");
    const struct place place = {&record->place, "parent", 0};
    int64_t parent = 0;
    int r = code ? names_resolve(record, PART_NODES, code, &place, &parent) : 0;

    if (r == 0)
        r = graph_add(&record->planner->nodes, own_name(record)->id, parent, (int64_t)record->index,
                      EDGE_PARENT);
    return r < 0 ? r : payload_id(payload, "parent_id", parent);
}

static int take_due(json_t *payload, const json_t *due)
{
    return json_is_object(due) ? payload_span(payload, "due_after", due)
                               : payload_take(payload, "due", due);
}

/* A node's sectors are those of the strategy: a typing error makes no new one. */
static int check_sectors(struct record *record)
{
    const struct place list = {&record->place, "sectors", 0};
    const json_t *sectors = field(record->json, "sectors");
    size_t i;
    json_t *sector;

    json_array_foreach (sectors, i, sector) {
        const struct place place = {&list, NULL, i};

        if (!json_object_get(record->planner->sectors, json_string_value(sector)))
            return refuse_at(record->planner->plan->refusal, &place,
                             "the strategy has no sector \"%s\"", json_string_value(sector));
    }
    return 0;
}

static int node_payload(struct record *record, json_t *payload)
{
    static const char *const fields[] = {"kind",      "stage",   "start",   "unit",
                                         "direction", "sectors", "cadence", NULL};
    static const char *const numbers[] = {"weight", "baseline", "target", NULL};
    int r = take_parent(record, payload);

    if (r == 0)
        r = check_sectors(record);
    if (r == 0)
        r = payload_texts(payload, "titles", field(record->json, "titles"));
    if (r == 0)
        r = payload_fields(payload, record->json, fields);
    if (r == 0)
        r = take_due(payload, field(record->json, "due"));
    for (size_t i = 0; numbers[i] && r == 0; i++)
        r = payload_number(payload, numbers[i], field(record->json, numbers[i]));
    return r;
}

static int put_node(struct record *record)
{
    json_auto_t *payload = json_object();
    int r = node_payload(record, payload);

    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "node",
                                 .key = own_name(record)->key,
                                 .own = true,
                                 .payload = STEAL(payload),
                                 .place = &record->place},
                   NULL);
}

static int put_serves(struct record *record, const json_t *item, const struct place *place)
{
    const struct place where = {place, "node", 0};
    const json_t *weight = field(item, "weight");
    int64_t from = own_name(record)->id, to;
    AUTO(free_ptr) char *key = NULL;
    int r = names_resolve(record, PART_NODES, field_text(item, "node"), &where, &to);

    if (r == 0)
        r = graph_add(&record->planner->nodes, from, to, (int64_t)record->index,
                      (int64_t)place->index);
    if (r == 0)
        r = key_format(&key, "%" PRId64 ">%" PRId64, from, to);
    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "contribution",
                                 .key = key,
                                 .place = place,
                                 .payload = json_pack("{s:I,s:I,s:f}", "from_id", (json_int_t)from,
                                                      "to_id", (json_int_t)to, "weight",
                                                      weight ? json_number_value(weight) : 1.0)},
                   NULL);
}

static int put_reminder_rule(struct record *record, const json_t *item, const struct place *place)
{
    json_auto_t *payload = json_object();
    struct reminder_fault fault;
    int r = payload_take(payload, "rule", field(item, "rule"));

    if (r == 0)
        r = payload_bool(payload, "off", field(item, "off"));
    if (r == 0)
        r = payload_list(payload, "offsets", field(item, "offsets"));
    if (r == 0)
        r = payload_take(payload, "every", field(item, "every"));
    if (r == 0)
        r = payload_take(payload, "working", field(item, "working"));
    if (r < 0)
        return r;
    if (reminder_row_fault(payload, &fault))
        return refuse_at(record->planner->plan->refusal, &(struct place){place, fault.field, 0},
                         "%s", fault.message);
    return row_put(record,
                   &(struct row){.entity = "reminder_rule",
                                 .key = field_text(item, "rule"),
                                 .payload = STEAL(payload),
                                 .place = place},
                   NULL);
}

int strategy_rest(struct record *record)
{
    int r = record_each(record, "reminders", put_reminder_rule);

    return r < 0 ? r : put_hangings(record);
}

int node_new(struct record *record)
{
    return own_name(record)->is_new ? put_node(record) : 0;
}

int node_rest(struct record *record)
{
    int r = own_name(record)->is_new ? 0 : put_node(record);

    if (r == 0)
        r = record_each(record, "serves", put_serves);
    return r < 0 ? r : put_hangings(record);
}

/* --- the shape of the whole --- */

static int add_existing(struct planner *planner, const struct node *node)
{
    int r = 0;

    if (node->parent && !names_find(planner, PART_NODES, node->code))
        r = graph_add(&planner->nodes, node->id, node->parent->id, EDGE_EXISTING, EDGE_PARENT);
    for (uint32_t i = 0; i < node->n_outgoing && r == 0; i++)
        r = graph_add(&planner->nodes, node->id, node->outgoing[i]->to->id, EDGE_EXISTING,
                      (int64_t)i);
    return r;
}

/* What is there and not replaced: the parents of nodes that the document does not have, and all
 * contributions. */
int nodes_existing(struct planner *planner)
{
    const struct tree *tree = planner->plan->tree;
    const struct node *node;

    for (int i = 0; tree && i < TURN_NODES; i++) {
        int r;

        node = tree_next_node(tree, &planner->at);
        r = node ? add_existing(planner, node) : 0;
        if (!node || r < 0)
            return r;
    }
    return tree ? 1 : 0;
}

static int refuse_shape(struct planner *planner, const struct edge *edge, const char *message)
{
    struct place part;
    const struct place record = place_of(PART_NODES, (size_t)edge->record, &part);
    const struct place list = {&record, "serves", 0}, item = {&list, NULL, (size_t)edge->item};
    const struct place parent = {&record, "parent", 0}, node = {&item, "node", 0};

    return refuse_at(planner->plan->refusal, edge->item == EDGE_PARENT ? &parent : &node, "%s",
                     message);
}

int nodes_shape(struct planner *planner)
{
    const struct edge *edge;
    int r = graph_check(&planner->nodes, TREE_LEVELS, &edge);

    if (r == -ELOOP)
        return refuse_shape(planner, edge, "closes a cycle over parents and contributions");
    if (r == -EMLINK)
        return refuse_shape(planner, edge, "too many levels");
    return r;
}
