/*
 * Groups: AddGroup, ChangeGroup, RemoveGroup; what they work toward: AddAim, RemoveAim. A group
 * whose time is over gets an end of its term; only one that was added by mistake is removed.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/hash.h"

#include "methods/edit.h"
#include "methods/import_internal.h"
#include "methods/rows.h"
#include "methods/table.h"

static const struct edit_field group_fields[] = {
    EDIT_VALUE("key", TYPE_ID, NULL),
    EDIT_VALUE("newKey", TYPE_ID, NULL),
    {{"kind", TYPE_WORD, true, group_kind_names, NULL}, "kind", 0, NULL},
    EDIT_VALUE("type", TYPE_SHORT, "type"),
    EDIT_VALUE("areas", TYPE_SHORTS, "areas"),
    EDIT_TEXTS("names", "name", "names"),
    EDIT_REFERENCE("parent", REFERS_GROUP, "parent_id"),
    EDIT_VALUE("termFrom", TYPE_DATE, "term_from"),
    EDIT_VALUE("termTo", TYPE_DATE, "term_to"),
    EDIT_VALUE("mailbox", TYPE_EMAIL, "mailbox"),
};

static void write_key(const struct edit *edit, struct writer *writer)
{
    const char *key = param_text(edit->call, "newKey");

    writer_text(writer, "key", key ? key : param_text(edit->call, "key"));
}

/* --- what holds between the members of a row --- */

/* How many groups are above this one. */
static unsigned height_of(const struct tree *tree, const struct group *group)
{
    unsigned height = 0;

    for (; group && group->parent_id && height <= TREE_LEVELS; height++)
        group = tree_group(tree, group->parent_id);
    return height;
}

static bool is_above(const struct tree *tree, int64_t id, const struct group *group)
{
    for (int i = 0; group && i <= TREE_LEVELS; i++) {
        if (group->id == id)
            return true;
        group = group->parent_id ? tree_group(tree, group->parent_id) : NULL;
    }
    return false;
}

/* How far down the groups below this one (NULL: a new one) go. */
static unsigned depth_below(const struct tree *tree, const struct group *group)
{
    const struct group *one, *next;
    unsigned deepest = 0;

    if (!group)
        return 0;
    HASH_ITER (by_id, tree->groups_by_id, one, next) {
        unsigned height = height_of(tree, one);

        if (is_above(tree, group->id, one) && height > deepest)
            deepest = height;
    }
    return deepest - (deepest ? height_of(tree, group) : 0);
}

static int check_parent(struct edit *edit, const struct group *group, const json_t *row)
{
    int64_t id = json_integer_value(json_object_get(row, "parent_id"));
    const struct group *parent = id ? tree_group(edit->tree, id) : NULL;

    if (!parent)
        return 0;
    if (group && is_above(edit->tree, group->id, parent))
        return edit_refuse(edit, "parent", "closes a cycle");
    if (height_of(edit->tree, parent) + 1 + depth_below(edit->tree, group) >= TREE_LEVELS)
        return edit_refuse(edit, "parent", "too many groups in each other");
    return 0;
}

static bool row_has_area(const json_t *row, const char *area)
{
    const json_t *item;
    size_t i;

    json_array_foreach (json_object_get(row, "areas"), i, item) {
        if (strcmp(json_string_value(item), area) == 0)
            return true;
    }
    return false;
}

/* An area for which somebody answers stays. */
static int check_areas(struct edit *edit, const struct group *group, const json_t *row)
{
    const struct membership *m, *next;

    HASH_ITER (by_id, edit->tree->memberships, m, next) {
        if (group && m->group_id == group->id && m->area && !row_has_area(row, m->area))
            return edit_refuse(edit, "areas", "a member answers for \"%.100s\"", m->area);
    }
    return 0;
}

static int check_row(struct edit *edit, const struct group *group, const json_t *row)
{
    int r = edit_check_term(edit, row, "term_from", "term_to", "termFrom", "termTo");

    if (r == 0)
        r = check_parent(edit, group, row);
    return r < 0 ? r : check_areas(edit, group, row);
}

/* --- AddGroup, ChangeGroup, RemoveGroup --- */

static int plan_add(struct edit *edit)
{
    const char *key = param_text(edit->call, "key");
    json_auto_t *row = NULL;
    int r;

    if (tree_group_by_key(edit->tree, key))
        return edit_exists(edit, "key", key);
    r = edit_row(edit, NULL, &row);
    if (r == 0)
        r = check_row(edit, NULL, row);
    return r < 0 ? r : edit_put(edit, 0, key, NULL, row);
}

static const struct edit_kind adding = {.entity = "group",
                                        .fields = group_fields,
                                        .n_fields = ARRAY_LEN(group_fields),
                                        .without_code = true,
                                        .plan = plan_add,
                                        .answer = write_key};

const struct answer *method_add_group(struct call *call)
{
    return edit_submit(call, &adding);
}

/* The group of a parameter; refuses what is none. */
static int find_group(struct edit *edit, const char *field, const struct group **ret_group)
{
    int64_t id;
    int r = edit_resolve(edit, field, REFERS_GROUP, param_text(edit->call, field), &id);

    if (r == 0)
        *ret_group = tree_group(edit->tree, id);
    return r;
}

static int plan_change(struct edit *edit)
{
    const char *key = param_text(edit->call, "newKey");
    json_auto_t *old = NULL, *row = NULL;
    const struct group *group;
    int r = find_group(edit, "key", &group);
    bool renamed = r == 0 && key && strcmp(key, group->key) != 0;

    if (renamed && tree_group_by_key(edit->tree, key))
        return edit_exists(edit, "newKey", key);
    if (r == 0) {
        old = row_of_group(group);
        r = old ? edit_row(edit, old, &row) : -ENOMEM;
    }
    if (r == 0)
        r = check_row(edit, group, row);
    return r < 0 ? r : edit_put(edit, group->id, key ? key : group->key, renamed ? NULL : old, row);
}

static const struct edit_kind changing = {.entity = "group",
                                          .fields = group_fields,
                                          .n_fields = ARRAY_LEN(group_fields),
                                          .without_code = true,
                                          .plan = plan_change,
                                          .answer = write_key};

const struct answer *method_change_group(struct call *call)
{
    return edit_submit(call, &changing);
}

/* What refers to a group, in words, or NULL. */
static const char *find_reference(const struct tree *tree, const struct group *group)
{
    const struct membership *m, *next_membership;
    const struct group *child, *next_group;
    const struct aim *aim, *next_aim;
    const struct node *node;

    HASH_ITER (by_id, tree->memberships, m, next_membership) {
        if (m->group_id == group->id)
            return "it has members";
    }
    HASH_ITER (by_id, tree->groups_by_id, child, next_group) {
        if (child->parent_id == group->id)
            return "other groups are below it";
    }
    HASH_ITER (by_id, tree->aims, aim, next_aim) {
        if (aim->group_id == group->id)
            return "it aims at a node";
    }
    for (size_t at = 0; (node = tree_next_node(tree, &at));) {
        for (uint32_t i = 0; i < node->n_assignments; i++) {
            if (node->assignments[i].holder == HOLDER_GROUP &&
                node->assignments[i].holder_id == group->id)
                return "it has a role on a node";
        }
    }
    return group_reviews(tree, group->id) ? "it was reviewed" : NULL;
}

static int plan_remove(struct edit *edit)
{
    const struct group *group;
    int r = find_group(edit, "key", &group);
    const char *reference = r == 0 ? find_reference(edit->tree, group) : NULL;

    if (reference)
        return edit_refuse(edit, "key", "%s; its term can end instead", reference);
    return r < 0 ? r : edit_end(edit, group->id, group->key);
}

static const struct edit_kind removing = {
    .entity = "group", .without_code = true, .plan = plan_remove, .answer = write_key};

const struct answer *method_remove_group(struct call *call)
{
    return edit_submit(call, &removing);
}

/* --- AddAim, RemoveAim --- */

static const struct edit_field aim_fields[] = {
    EDIT_REFERENCE("group", REFERS_GROUP, "group_id"),
    EDIT_CODE_ID("node_id"),
};

static const struct aim *find_aim(const struct node *node, int64_t group_id)
{
    for (uint32_t i = 0; i < node->n_aims; i++) {
        if (node->aims[i]->group_id == group_id)
            return node->aims[i];
    }
    return NULL;
}

static int aim_key(const struct edit *edit, int64_t group_id, char **ret_key)
{
    return key_format(ret_key, "%" PRId64 ">%" PRId64, group_id, edit->node_id);
}

static int plan_add_aim(struct edit *edit)
{
    AUTO(free_ptr) char *key = NULL;
    json_auto_t *row = NULL;
    const struct group *group;
    int r = find_group(edit, "group", &group);

    if (r == 0 && find_aim(edit->node, group->id))
        return 0;
    if (r == 0)
        r = edit_row(edit, NULL, &row);
    if (r == 0)
        r = aim_key(edit, group->id, &key);
    return r < 0 ? r : edit_put(edit, 0, key, NULL, row);
}

static int plan_remove_aim(struct edit *edit)
{
    AUTO(free_ptr) char *key = NULL;
    const struct group *group;
    const struct aim *aim = NULL;
    int r = find_group(edit, "group", &group);

    if (r == 0)
        aim = find_aim(edit->node, group->id);
    if (r == 0 && !aim)
        return edit_refuse(edit, "group", "does not aim at it");
    if (r == 0)
        r = aim_key(edit, group->id, &key);
    return r < 0 ? r : edit_end(edit, aim->id, key);
}

static const struct edit_kind adding_aim = {
    .entity = "aim", .fields = aim_fields, .n_fields = ARRAY_LEN(aim_fields), .plan = plan_add_aim};
static const struct edit_kind removing_aim = {.entity = "aim", .plan = plan_remove_aim};

const struct answer *method_add_aim(struct call *call)
{
    return edit_submit(call, &adding_aim);
}

const struct answer *method_remove_aim(struct call *call)
{
    return edit_submit(call, &removing_aim);
}
