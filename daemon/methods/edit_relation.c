/*
 * What connects a node with others: SetContribution and RemoveContribution (a weighted way up
 * beside its parent), AddRelation and RemoveRelation (an unweighted word about a node of any
 * strategy), AddLink and RemoveLink (a document or page).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "methods/check.h"
#include "methods/edit.h"
#include "methods/payload.h"
#include "methods/rows.h"
#include "methods/table.h"

/* --- contributions --- */

static const struct edit_field contribution_fields[] = {
    EDIT_CODE_ID("from_id"),
    EDIT_REFERENCE("serves", REFERS_NODE, "to_id"),
    EDIT_VALUE("weight", TYPE_WEIGHT, "weight"),
};

static int check_is_node(struct edit *edit, const struct request *request UNUSED)
{
    return edit->node_id ? 0 : edit_refuse(edit, "code", "is the strategy itself, not a node");
}

/* The node that it serves, and the contribution if there is one. */
static int find_served(struct edit *edit, const struct node **ret_to,
                       const struct contribution **ret_found)
{
    int64_t id;
    int r = edit_resolve(edit, "serves", REFERS_NODE, param_text(edit->call, "serves"), &id);

    if (r < 0)
        return r;
    if (id == 0)
        return edit_refuse(edit, "serves", "is the strategy itself, not a node");
    *ret_to = tree_node(edit->tree, id);
    *ret_found = NULL;
    for (uint32_t i = 0; i < edit->node->n_outgoing; i++)
        if (edit->node->outgoing[i]->to == *ret_to)
            *ret_found = edit->node->outgoing[i];
    return 0;
}

static int contribution_key(const struct edit *edit, const struct node *to, char **ret_key)
{
    return key_format(ret_key, "%" PRId64 ">%" PRId64, edit->node_id, to->id);
}

static int plan_contribution(struct edit *edit)
{
    const struct contribution *found;
    const struct node *to;
    json_auto_t *old = NULL, *base = NULL, *row = NULL;
    AUTO(free_ptr) char *key = NULL;
    int r = find_served(edit, &to, &found);

    if (r == 0 && !found)
        r = edit_check_way(edit, "serves", edit->node, to, false);
    if (r < 0)
        return r;
    old = found ? row_of_contribution(found) : NULL;
    base = old ? json_incref(old) : json_pack("{s:f}", "weight", 1.0);
    r = edit_row(edit, base, &row);
    if (r == 0)
        r = contribution_key(edit, to, &key);
    return r < 0 ? r : edit_put(edit, found ? found->id : 0, key, old, row);
}

static const struct edit_kind contributing = {.entity = "contribution",
                                              .fields = contribution_fields,
                                              .n_fields = ARRAY_LEN(contribution_fields),
                                              .check = check_is_node,
                                              .plan = plan_contribution};

const struct answer *method_set_contribution(struct call *call)
{
    return edit_submit(call, &contributing);
}

static int plan_no_contribution(struct edit *edit)
{
    const struct contribution *found;
    const struct node *to;
    AUTO(free_ptr) char *key = NULL;
    int r = find_served(edit, &to, &found);

    if (r < 0 || !found)
        return r;
    r = contribution_key(edit, to, &key);
    return r < 0 ? r : edit_end(edit, found->id, key);
}

static const struct edit_kind contributing_no_more = {
    .entity = "contribution", .check = check_is_node, .plan = plan_no_contribution};

const struct answer *method_remove_contribution(struct call *call)
{
    return edit_submit(call, &contributing_no_more);
}

/* --- relations --- */

/* The strategy that it names, if the caller may read it: one that he may not is as none. */
static int check_relation(struct edit *edit, const struct request *request)
{
    const char *key = param_text(edit->call, "toStrategy");
    struct slot *slot = key ? store_strategy(request->store, key) : request->slot;
    int r = check_word(edit->call, "kind", relation_names, RELATION_SUPERSEDES, RELATION_RELATED,
                       &edit->refusal);

    if (r < 0)
        return r;
    if (!slot || !slot->tree || !request_may_read(request, slot))
        return edit_refuse(edit, "toStrategy", "there is no strategy \"%.100s\"", key);
    edit->to_strategy = slot->id;
    return 0;
}

struct ends {
    const char *kind;
    const struct node *to;
    const struct relation *found; /* it is there already */
    char *key;                    /* owned */
};

static int find_relation(struct edit *edit, struct ends *ret)
{
    const struct slot *slot = store_slot(edit->plan->store, edit->to_strategy);
    const char *code = param_text(edit->call, "toCode");
    const struct extra *extra = edit->node->extra;
    struct ends ends = {.kind = param_text(edit->call, "kind")};

    ends.to = slot && slot->tree ? tree_node_by_code(slot->tree, code) : NULL;
    if (!ends.to)
        return edit_refuse(edit, "toCode", "there is no node \"%.100s\"", code ? code : "");
    if (slot->tree == edit->tree && ends.to == edit->node)
        return edit_refuse(edit, "toCode", "is the node itself");
    for (uint32_t i = 0; extra && i < extra->n_relations; i++) {
        const struct relation *one = &extra->relations[i];

        if (strcmp(relation_names[one->kind], ends.kind) == 0 &&
            one->to_strategy == edit->to_strategy && one->to_node == ends.to->id)
            ends.found = one;
    }
    *ret = ends;
    return key_format(&ret->key, "%" PRId64 "|%s|%" PRId32 ":%" PRId64, edit->node_id, ends.kind,
                      edit->to_strategy, ends.to->id);
}

static int plan_relation(struct edit *edit)
{
    struct ends ends;
    json_auto_t *row = NULL;
    int r = find_relation(edit, &ends);
    AUTO(free_ptr) char *key = r < 0 ? NULL : ends.key;

    if (r < 0 || ends.found)
        return r;
    row = json_pack("{s:I,s:s,s:i,s:I}", "node_id", (json_int_t)edit->node_id, "kind", ends.kind,
                    "to_strategy", (int)edit->to_strategy, "to_node", (json_int_t)ends.to->id);
    return edit_put(edit, 0, key, NULL, row);
}

static int plan_no_relation(struct edit *edit)
{
    struct ends ends;
    int r = find_relation(edit, &ends);
    AUTO(free_ptr) char *key = r < 0 ? NULL : ends.key;

    return r < 0 || !ends.found ? r : edit_end(edit, ends.found->id, key);
}

static const struct edit_kind relating = {
    .entity = "relation", .check = check_relation, .plan = plan_relation};
static const struct edit_kind relating_no_more = {
    .entity = "relation", .check = check_relation, .plan = plan_no_relation};

const struct answer *method_add_relation(struct call *call)
{
    return edit_submit(call, &relating);
}

const struct answer *method_remove_relation(struct call *call)
{
    return edit_submit(call, &relating_no_more);
}

/* --- links --- */

static const struct edit_field link_fields[] = {
    EDIT_CODE_ID("node_id"),
    EDIT_NEEDED("type", TYPE_SHORT, "type"),
    EDIT_VALUE("title", TYPE_SHORT, "title"),
    EDIT_NEEDED("url", TYPE_ADDRESS, "url"),
    EDIT_REFERENCE("owner", REFERS_ORGANISATION, "owner_id"),
};

static const struct link *find_link(const struct node *node, const char *type, const char *url,
                                    bool *ret_several)
{
    const struct link *found = NULL;

    *ret_several = false;
    for (uint32_t i = 0; i < node->n_links; i++) {
        const struct link *link = &node->links[i];

        if (strcmp(link->url, url) != 0 || (type && strcmp(link->type, type) != 0))
            continue;
        *ret_several = found != NULL;
        found = link;
    }
    return found;
}

static int link_key(const struct edit *edit, const char *type, const char *url, char **ret_key)
{
    return key_format(ret_key, "%" PRId64 "|%s|%s", edit->node_id, type, url);
}

static int plan_link(struct edit *edit)
{
    const char *type = param_text(edit->call, "type"), *url = param_text(edit->call, "url");
    bool several;
    const struct link *found = find_link(edit->node, type, url, &several);
    json_auto_t *old = found ? row_of_link(edit->node, found) : NULL, *row = NULL;
    AUTO(free_ptr) char *key = NULL;
    int r = edit_row(edit, old, &row);

    if (r == 0)
        r = link_key(edit, type, url, &key);
    return r < 0 ? r : edit_put(edit, found ? found->id : 0, key, old, row);
}

static const struct edit_kind linking = {
    .entity = "link", .fields = link_fields, .n_fields = ARRAY_LEN(link_fields), .plan = plan_link};

const struct answer *method_add_link(struct call *call)
{
    return edit_submit(call, &linking);
}

static int plan_no_link(struct edit *edit)
{
    bool several;
    const struct link *found = find_link(edit->node, param_text(edit->call, "type"),
                                         param_text(edit->call, "url"), &several);
    AUTO(free_ptr) char *key = NULL;
    int r;

    if (several)
        return edit_refuse(edit, "type", "there are several of that address; say which");
    if (!found)
        return edit_refuse(edit, "url", "there is no such link");
    r = link_key(edit, found->type, found->url, &key);
    return r < 0 ? r : edit_end(edit, found->id, key);
}

static const struct edit_kind linking_no_more = {.entity = "link", .plan = plan_no_link};

const struct answer *method_remove_link(struct call *call)
{
    return edit_submit(call, &linking_no_more);
}
