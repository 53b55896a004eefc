/* Observations of indicators; see import_internal.h. They are few, so each is read again. */
#include "methods/import_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* An indicator, or what is not one: the node is of the document, or there already. */
static bool is_indicator(struct record *record, const char *code)
{
    const struct planner *planner = record->planner;
    uint32_t number = names_number_of(planner, PART_NODES, code);
    json_auto_t *json = number ? document_record(planner->document, PART_NODES, number - 1) : NULL;
    const struct node *node = number ? NULL : tree_node_by_code(planner->plan->tree, code);

    if (number)
        return strcmp(field_text(json, "kind"), kind_names[KIND_INDICATOR]) == 0;
    return node && node->kind == KIND_INDICATOR;
}

static int find_node(struct record *record, int64_t *ret_id)
{
    const struct place place = {&record->place, "node", 0};
    const char *code = field_text(record->json, "node");
    int r = names_resolve(record, PART_NODES, code, &place, ret_id);

    if (r == 0 && !is_indicator(record, code))
        r = record_refuse(record, "node", "\"%s\" is not an indicator", code);
    return r == 0 ? record_permit(record, *ret_id) : r;
}

static int check_day(struct record *record)
{
    struct date date;
    int r = date_parse(field_text(record->json, "date"), &date);

    if (r < 0)
        return r;
    if (date_last_day(date) > record->planner->today + 1)
        return record_refuse(record, "date", "more than a day ahead: \"%s\"",
                             field_text(record->json, "date"));
    return 0;
}

/* The last of the observation's corrections that imports made (NULL: there is none), and the key
 * that a further one gets. */
struct chain {
    const struct existing_row *row;
    char next_key[1024];
};

static void find_chain(const struct record *record, const char *id, struct chain *ret_chain)
{
    const struct table *table = table_of("observation");
    const struct existing_row *row = existing_find(record->planner->plan->existing, table, id);

    ret_chain->row = NULL;
    snprintf(ret_chain->next_key, sizeof(ret_chain->next_key), "%s", id);
    for (int n = 1; row; n++) {
        ret_chain->row = row;
        snprintf(ret_chain->next_key, sizeof(ret_chain->next_key), "%s#%d", id, n);
        if (names_number_of(record->planner, PART_OBSERVATIONS, ret_chain->next_key))
            return; /* it is a record of its own */
        row = existing_find(record->planner->plan->existing, table, ret_chain->next_key);
    }
}

static int observation_payload(const struct record *record, int64_t node, json_t *payload)
{
    static const char *const fields[] = {"date", "source", "breakdown", NULL};
    int r = payload_id(payload, "node_id", node);

    if (r == 0)
        r = payload_fields(payload, record->json, fields);
    return r == 0 ? payload_number(payload, "value", field(record->json, "value")) : r;
}

/* Is that what is there? 1: yes, 0: no. */
static int is_same(const struct existing_row *row, const json_t *payload)
{
    static const char *const not_of_it[] = {"id", "key", "account_id", "supersedes", "reason"};
    json_auto_t *entered = json_loads(row->text, 0, NULL);

    if (!entered)
        return -EIO;
    for (size_t i = 0; i < ARRAY_LEN(not_of_it); i++)
        json_object_del(entered, not_of_it[i]);
    return json_equal(entered, payload);
}

static int append(struct record *record, const char *key, json_t *payload, int64_t supersedes,
                  const char *reason)
{
    const struct import_plan *plan = record->planner->plan;
    int64_t id;
    int r = payload_id(payload, "account_id", plan->account);

    if (r == 0 && supersedes)
        r = payload_id(payload, "supersedes", supersedes);
    if (r == 0 && reason && json_object_set_new(payload, "reason", json_string(reason)) < 0)
        r = -ENOMEM;
    if (r == 0)
        r = entries_put(plan->strategy_entries, table_of("observation"), 0, false, key,
                        json_incref(payload), NULL, plan->account, &id);
    return r == 0 ? ids_note(record, id) : r;
}

int observation_put(struct record *record)
{
    json_auto_t *payload = json_object();
    const char *corrects = field_text(record->json, "supersedes");
    const char *reason = field_text(record->json, "reason");
    int64_t node, supersedes = 0;
    struct chain chain;
    int r = find_node(record, &node);

    if (r == 0)
        r = observation_payload(record, node, payload);
    if (r < 0)
        return r;
    find_chain(record, field_text(record->json, "id"), &chain);
    if (chain.row) {
        r = is_same(chain.row, payload);
        if (r != 0)
            return r < 0 ? r : 0;
        supersedes = chain.row->tip;
        reason = "import";
    } else if (corrects) {
        r = ids_find_superseded(record, corrects, node, &supersedes);
    }
    if (r == 0)
        r = check_day(record);
    if (r == 0)
        r = append(record, chain.next_key, payload, supersedes, reason);
    if (r == 0)
        record_fate(record, chain.row ? FATE_CHANGED : FATE_ADDED);
    return r;
}
