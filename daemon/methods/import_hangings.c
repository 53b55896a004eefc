/*
 * What hangs on a node or on the strategy itself: roles, links, relations, reviews (groups have
 * these too); see import_internal.h.
 */
#include "methods/import_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The node's id; the strategy's is 0. */
static int64_t node_id(const struct record *record)
{
    return record->part == PART_NODES ? record->planner->names[PART_NODES].items[record->index].id
                                      : 0;
}

static int check_amount(const struct record *record, const json_t *item, const struct place *place)
{
    const struct place here = {place, "amount", 0};

    if (!field(item, "amount") || strcmp(field_text(item, "role"), "funder") == 0)
        return 0;
    return refuse_at(record->planner->plan->refusal, &here, "only a funder's is told");
}

static int put_assignment(struct record *record, const json_t *item, const struct place *place)
{
    static const char *const fields[] = {"role", "from", "to", "currency", "note", NULL};
    const char *from = field_text(item, "from"), *kind;
    json_auto_t *payload = json_object();
    AUTO(free_ptr) char *key = NULL;
    int64_t holder;
    int r = payload_id(payload, "node_id", node_id(record));

    if (r == 0)
        r = payload_holder(payload, record, item, place, &kind, &holder);
    if (r == 0)
        r = check_amount(record, item, place);
    if (r == 0)
        r = payload_fields(payload, item, fields);
    if (r == 0)
        r = payload_number(payload, "amount", field(item, "amount"));
    if (r == 0)
        r = key_format(&key, "%" PRId64 "|%s:%" PRId64 "|%s|%s", node_id(record), kind, holder,
                       field_text(item, "role"), from ? from : "");
    if (r < 0)
        return r;
    return row_put(
        record,
        &(struct row){
            .entity = "assignment", .key = key, .payload = STEAL(payload), .place = place},
        NULL);
}

static int put_link(struct record *record, const json_t *item, const struct place *place)
{
    static const char *const fields[] = {"type", "title", "url", NULL};
    json_auto_t *payload = json_object();
    AUTO(free_ptr) char *key = NULL;
    int r = payload_id(payload, "node_id", node_id(record));

    if (r == 0)
        r = payload_fields(payload, item, fields);
    if (r == 0)
        r = names_take_organisation(record, payload, "owner_id", item, "owner", place);
    if (r == 0)
        r = key_format(&key, "%" PRId64 "|%s|%s", node_id(record), field_text(item, "type"),
                       field_text(item, "url"));
    if (r < 0)
        return r;
    return row_put(
        record,
        &(struct row){.entity = "link", .key = key, .payload = STEAL(payload), .place = place},
        NULL);
}

/* --- relations --- */

/* The strategy that a relation names, and its tree: another's that the importer may read. */
static int find_strategy(struct record *record, const json_t *item, const struct place *place,
                         int32_t *ret_id, const struct tree **ret_tree)
{
    const struct import_plan *plan = record->planner->plan;
    const struct place here = {place, "strategy", 0};
    const char *key = field_text(item, "strategy");
    const struct tree *tree;

    if (!key || strcmp(key, record->planner->key) == 0) {
        *ret_id = plan->strategy_entries->strategy_id;
        *ret_tree = NULL;
        return 0;
    }
    tree = plan->find_strategy ? plan->find_strategy(plan->find_arg, key) : NULL;
    if (!tree)
        return refuse_at(plan->refusal, &here, "no strategy \"%s\"", key);
    *ret_id = tree->strategy_id;
    *ret_tree = tree;
    return 0;
}

/* Another strategy's node, or (tree NULL) one of the document or of this strategy. */
static int find_node(struct record *record, const struct tree *tree, const json_t *item,
                     const struct place *place, int64_t *ret_id)
{
    const struct place here = {place, "node", 0};
    const char *code = field_text(item, "node");
    const struct node *node = tree ? tree_node_by_code(tree, code) : NULL;

    if (!code) {
        *ret_id = 0;
        return 0;
    }
    if (!tree)
        return names_resolve(record, PART_NODES, code, &here, ret_id);
    if (!node)
        return refuse_at(record->planner->plan->refusal, &here, "no node \"%s\"", code);
    *ret_id = node->id;
    return 0;
}

static int put_relation(struct record *record, const json_t *item, const struct place *place)
{
    int64_t from = node_id(record), to = 0;
    const struct tree *tree = NULL;
    AUTO(free_ptr) char *key = NULL;
    int32_t strategy = 0;
    int r = find_strategy(record, item, place, &strategy, &tree);

    if (r == 0)
        r = find_node(record, tree, item, place, &to);
    if (r == 0 && !tree && to == from)
        return refuse_at(record->planner->plan->refusal, place, "to itself");
    if (r == 0)
        r = key_format(&key, "%" PRId64 "|%s|%" PRId32 ":%" PRId64, from, field_text(item, "kind"),
                       strategy, to);
    if (r < 0)
        return r;
    return row_put(
        record,
        &(struct row){.entity = "relation",
                      .key = key,
                      .place = place,
                      .payload = json_pack("{s:I,s:s,s:i,s:I}", "node_id", (json_int_t)from, "kind",
                                           field_text(item, "kind"), "to_strategy", (int)strategy,
                                           "to_node", (json_int_t)to)},
        NULL);
}

/* --- reviews --- */

static int review_payload(struct record *record, const json_t *item, const struct place *place,
                          json_t *payload)
{
    static const char *const fields[] = {"date", "note", NULL};
    bool has_holder = field(item, "organisation") || field(item, "person") || field(item, "group");
    const json_t *every = field(item, "every");
    const char *kind;
    int64_t holder;
    int r = payload_fields(payload, item, fields);

    if (r == 0 && has_holder)
        r = payload_holder(payload, record, item, place, &kind, &holder);
    return r == 0 && every ? payload_span(payload, "every", every) : r;
}

int put_review(struct record *record, const json_t *item, const struct place *place)
{
    const char *subject = record->part == PART_GROUPS ? "group" : "node";
    int64_t id = record->part == PART_GROUPS
                     ? record->planner->names[PART_GROUPS].items[record->index].id
                     : node_id(record);
    json_auto_t *payload = json_pack("{s:s,s:I}", "subject", subject, "subject_id", (json_int_t)id);
    AUTO(free_ptr) char *key = NULL;
    int r = payload ? review_payload(record, item, place, payload) : -ENOMEM;

    if (r == 0)
        r = key_format(&key, "%s:%" PRId64 "|%s", subject, id, field_text(item, "date"));
    if (r < 0)
        return r;
    return row_put(
        record,
        &(struct row){.entity = "review", .key = key, .payload = STEAL(payload), .place = place},
        NULL);
}

int put_hangings(struct record *record)
{
    int r = record_each(record, "links", put_link);

    if (r == 0)
        r = record_each(record, "assignments", put_assignment);
    if (r == 0)
        r = record_each(record, "relations", put_relation);
    return r == 0 ? record_each(record, "reviews", put_review) : r;
}
