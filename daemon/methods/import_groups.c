/* Groups, their members and what they aim at; see import_internal.h. */
#include "core/hash.h"

#include "methods/import_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct name *own_name(const struct record *record)
{
    return &record->planner->names[PART_GROUPS].items[record->index];
}

static int take_parent(struct record *record, json_t *payload)
{
    const char *key = field_text(record->json, "parent");
    const struct place place = {&record->place, "parent", 0};
    int64_t parent;
    int r = key ? names_resolve(record, PART_GROUPS, key, &place, &parent) : 0;

    if (!key || r < 0)
        return r;
    r = graph_add(&record->planner->groups, own_name(record)->id, parent, (int64_t)record->index,
                  EDGE_PARENT);
    return r < 0 ? r : payload_id(payload, "parent_id", parent);
}

static int put_group(struct record *record)
{
    const json_t *json = record->json;
    json_auto_t *payload = json_object();
    static const char *const fields[] = {"kind", "type", "areas", NULL};
    int r = payload_fields(payload, json, fields);

    if (r == 0)
        r = payload_texts(payload, "names", field(json, "names"));
    if (r == 0)
        r = take_parent(record, payload);
    if (r == 0)
        r = payload_take(payload, "term_from", field(json, "termFrom"));
    if (r == 0)
        r = payload_take(payload, "term_to", field(json, "termTo"));
    if (r == 0)
        r = payload_take(payload, "mailbox", field(json, "mailbox"));
    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "group",
                                 .key = own_name(record)->key,
                                 .own = true,
                                 .payload = STEAL(payload),
                                 .place = &record->place},
                   NULL);
}

/* Whom a member answers for is one of the group's areas. */
static int check_area(const struct record *record, const json_t *item, const struct place *place)
{
    const char *area = field_text(item, "area");
    const struct place here = {place, "area", 0};
    size_t i;
    json_t *one;

    if (!area)
        return 0;
    json_array_foreach (field(record->json, "areas"), i, one) {
        if (strcmp(json_string_value(one), area) == 0)
            return 0;
    }
    return refuse_at(record->planner->plan->refusal, &here, "not among the group's areas: \"%s\"",
                     area);
}

static int put_member(struct record *record, const json_t *item, const struct place *place)
{
    static const char *const fields[] = {"seat", "role", "from", "to", "source", "area", NULL};
    const char *seat = field_text(item, "seat"), *from = field_text(item, "from"), *kind;
    json_auto_t *payload = json_object();
    AUTO(free_ptr) char *key = NULL;
    int64_t holder;
    int r = check_area(record, item, place);

    if (r == 0)
        r = payload_id(payload, "group_id", own_name(record)->id);
    if (r == 0)
        r = payload_holder(payload, record, item, place, &kind, &holder);
    if (r == 0)
        r = names_take_organisation(record, payload, "via_id", item, "via", place);
    if (r == 0)
        r = payload_fields(payload, item, fields);
    if (r == 0)
        r = key_format(&key, "%" PRId64 "|%s:%" PRId64 "|%s|%s|%s", own_name(record)->id, kind,
                       holder, field_text(item, "role"), seat ? seat : "", from ? from : "");
    if (r < 0)
        return r;
    return row_put(
        record,
        &(struct row){
            .entity = "membership", .key = key, .payload = STEAL(payload), .place = place},
        NULL);
}

static int put_aim(struct record *record, const json_t *item, const struct place *place)
{
    int64_t group = own_name(record)->id, node;
    AUTO(free_ptr) char *key = NULL;
    int r = names_resolve(record, PART_NODES, json_string_value(item), place, &node);

    if (r == 0)
        r = key_format(&key, "%" PRId64 ">%" PRId64, group, node);
    if (r < 0)
        return r;
    return row_put(record,
                   &(struct row){.entity = "aim",
                                 .key = key,
                                 .place = place,
                                 .payload = json_pack("{s:I,s:I}", "group_id", (json_int_t)group,
                                                      "node_id", (json_int_t)node)},
                   NULL);
}

int group_new(struct record *record)
{
    return own_name(record)->is_new ? put_group(record) : 0;
}

int group_rest(struct record *record)
{
    int r = own_name(record)->is_new ? 0 : put_group(record);

    if (r == 0)
        r = record_each(record, "members", put_member);
    if (r == 0)
        r = record_each(record, "aims", put_aim);
    if (r == 0)
        r = record_each(record, "reviews", put_review);
    return r;
}

/* The groups that the document does not have stay where they are. */
static int add_existing(struct planner *planner)
{
    struct group *group, *next;

    if (!planner->plan->tree)
        return 0;
    HASH_ITER (by_id, planner->plan->tree->groups_by_id, group, next) {
        int r = 0;

        if (group->parent_id && !names_find(planner, PART_GROUPS, group->key))
            r = graph_add(&planner->groups, group->id, group->parent_id, EDGE_EXISTING,
                          EDGE_PARENT);
        if (r < 0)
            return r;
    }
    return 0;
}

int groups_shape(struct planner *planner)
{
    const struct edge *edge;
    struct place part;
    int r = add_existing(planner);

    if (r == 0)
        r = graph_check(&planner->groups, TREE_LEVELS, &edge);
    if (r == -ELOOP || r == -EMLINK) {
        const struct place record = place_of(PART_GROUPS, (size_t)edge->record, &part);
        const struct place place = {&record, "parent", 0};

        return refuse_at(planner->plan->refusal, &place, "%s",
                         r == -ELOOP ? "closes a cycle" : "too many groups in each other");
    }
    return r;
}
