/*
 * Groups, their memberships and aims. The tree owns the rows through its hashes; an aim also
 * stands in its node's list.
 */
#include "core/hash.h"

#include "core/array.h"
#include "core/tree_internal.h"

struct group *tree_group(const struct tree *tree, int64_t id)
{
    struct group *group = NULL;

    HASH_BY_ID(tree->groups_by_id, id, group);
    return group;
}

struct group *tree_group_by_key(const struct tree *tree, const char *key)
{
    struct group *group = NULL;

    if (key)
        HASH_BY_STRING(by_key, tree->groups_by_key, key, group);
    return group;
}

static void group_free(struct group *group)
{
    if (!group)
        return;
    free(group->key);
    free(group->type);
    free(group->mailbox);
    free(group->areas);
    texts_done(&group->names);
    free(group);
}

static void group_freep(struct group **group)
{
    group_free(*group);
}

int tree_put_group(struct tree *tree, const struct group *row)
{
    AUTO(group_freep) struct group *group = calloc(1, sizeof *group);

    if (!group)
        return -ENOMEM;
    group->id = row->id;
    group->seq_from = row->seq_from;
    group->kind = row->kind;
    group->parent_id = row->parent_id;
    group->term_from = row->term_from;
    group->term_to = row->term_to;
    group->key = strdup(row->key);
    if (!group->key || texts_copy(&row->names, &group->names) < 0 ||
        words_copy(row->areas, &group->areas) < 0 || copy_string(row->type, &group->type) < 0 ||
        copy_string(row->mailbox, &group->mailbox) < 0)
        return -ENOMEM;
    tree_end_group(tree, row->id);
    if (HASH_PUT_ID(tree->groups_by_id, group) < 0)
        return -ENOMEM;

    struct group *kept = STEAL(group); /* the tree's from here on */
    return HASH_PUT_STRING(by_key, tree->groups_by_key, key, kept);
}

void tree_end_group(struct tree *tree, int64_t id)
{
    struct group *group = tree_group(tree, id);

    if (!group)
        return;
    HASH_TAKE(by_key, tree->groups_by_key, group);
    HASH_TAKE(by_id, tree->groups_by_id, group);
    group_free(group);
}

static void membership_free(struct membership *membership)
{
    free(membership->seat);
    free(membership->area);
    free(membership->source);
    free(membership);
}

int tree_put_membership(struct tree *tree, const struct membership *row)
{
    struct membership copy = *row;

    copy.seat = copy.area = copy.source = NULL;
    int r = copy_string(row->seat, &copy.seat);
    if (r == 0)
        r = copy_string(row->area, &copy.area);
    if (r == 0)
        r = copy_string(row->source, &copy.source);
    if (r == 0) {
        tree_end_membership(tree, row->id);
        r = HASH_PUT_PLAIN(tree->memberships, &copy);
    }
    if (r < 0) {
        free(copy.seat);
        free(copy.area);
        free(copy.source);
    }
    return r;
}

void tree_end_membership(struct tree *tree, int64_t id)
{
    struct membership *membership = NULL;

    HASH_BY_ID(tree->memberships, id, membership);
    if (!membership)
        return;
    HASH_TAKE(by_id, tree->memberships, membership);
    membership_free(membership);
}

void aim_free(struct tree *tree, struct aim *aim)
{
    struct node *node = aim->node;

    for (uint32_t i = 0; i < node->n_aims; i++) {
        if (node->aims[i] != aim)
            continue;
        ARRAY_REMOVE(node->aims, node->n_aims, i);
        break;
    }
    HASH_TAKE(by_id, tree->aims, aim);
    free(aim);
}

int tree_put_aim(struct tree *tree, int64_t id, int64_t group_id, int64_t node_id)
{
    struct node *node = tree_node(tree, node_id);

    if (!node || !tree_group(tree, group_id))
        return -ENOENT;
    tree_end_aim(tree, id);
    if (ARRAY_RESERVE(node->aims, node->n_aims) < 0)
        return -ENOMEM;

    struct aim *aim = calloc(1, sizeof *aim);
    if (!aim)
        return -ENOMEM;
    aim->id = id;
    aim->group_id = group_id;
    aim->node = node;
    if (HASH_PUT_ID(tree->aims, aim) < 0) {
        free(aim);
        return -ENOMEM;
    }
    node->aims[node->n_aims++] = aim;
    return 0;
}

void tree_end_aim(struct tree *tree, int64_t id)
{
    struct aim *aim = NULL;

    HASH_BY_ID(tree->aims, id, aim);
    if (aim)
        aim_free(tree, aim);
}

void tree_free_people(struct tree *tree)
{
    HASH_CLEAR(by_key, tree->groups_by_key);
    HASH_FREE_ALL(tree->groups_by_id, group_free);
    HASH_FREE_ALL(tree->memberships, membership_free);
    HASH_FREE_ALL(tree->aims, free);
}
