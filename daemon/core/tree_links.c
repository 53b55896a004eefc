/*
 * What hangs on nodes beside updates and people: contributions between them, assignments, links.
 * A contribution is owned by the node that serves; assignments and links by their node.
 */
#include "core/hash.h"

#include "core/array.h"
#include "core/tree_internal.h"

#include <math.h>

static void forget(struct contribution **list, uint32_t *count, const struct contribution *what)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (list[i] != what)
            continue;
        ARRAY_REMOVE(list, *count, i);
        return;
    }
}

void contribution_free(struct contribution *contribution)
{
    struct node *from = contribution->from, *to = contribution->to;

    node_invalidate(from);
    node_invalidate(to);
    forget(from->outgoing, &from->n_outgoing, contribution);
    forget(to->incoming, &to->n_incoming, contribution);
    free(contribution);
}

static struct contribution *find_contribution(const struct node *from, int64_t id)
{
    for (uint32_t i = 0; i < from->n_outgoing; i++)
        if (from->outgoing[i]->id == id)
            return from->outgoing[i];
    return NULL;
}

/* Where among what serves `to` a contribution stands: by (from's id, id). */
static uint32_t incoming_place(const struct node *to, const struct contribution *what)
{
    uint32_t low = 0, high = to->n_incoming;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct contribution *other = to->incoming[middle];
        if (other->from->id < what->from->id || (other->from == what->from && other->id < what->id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Ties a new contribution to both ends; takes it. */
static int tie(struct contribution *contribution)
{
    struct node *from = contribution->from, *to = contribution->to;

    if (ARRAY_RESERVE(from->outgoing, from->n_outgoing) < 0 ||
        ARRAY_RESERVE(to->incoming, to->n_incoming) < 0) {
        free(contribution);
        return -ENOMEM;
    }
    from->outgoing[from->n_outgoing++] = contribution;
    uint32_t place = incoming_place(to, contribution);
    ARRAY_OPEN(to->incoming, to->n_incoming, place);
    to->incoming[place] = contribution;
    node_invalidate(from); /* for what it says about sharing */
    node_invalidate(to);
    return 0;
}

int tree_put_contribution(struct tree *tree, int64_t id, int64_t from_id, int64_t to_id,
                          double weight)
{
    struct node *from = tree_node(tree, from_id), *to = tree_node(tree, to_id);

    if (!from || !to)
        return -ENOENT;
    if (from == to || from == tree->root)
        return -ELOOP;
    if (!isnan(weight) && (weight <= 0 || !isfinite(weight)))
        return -EINVAL;
    struct contribution *old = find_contribution(from, id);
    if (old)
        contribution_free(old);
    int r = tree_unsettle(tree, from);
    if (r < 0)
        return r;

    struct contribution *contribution = malloc(sizeof *contribution);
    if (!contribution)
        return -ENOMEM;
    *contribution = (struct contribution){id, from, to, weight};
    return tie(contribution);
}

void tree_end_contribution(struct tree *tree, int64_t from_id, int64_t id)
{
    struct node *from = tree_node(tree, from_id);
    struct contribution *contribution = from ? find_contribution(from, id) : NULL;

    if (contribution)
        contribution_free(contribution);
}

static struct assignment *find_assignment(const struct node *node, int64_t id)
{
    for (uint32_t i = 0; i < node->n_assignments; i++)
        if (node->assignments[i].id == id)
            return &node->assignments[i];
    return NULL;
}

static int share_copy(const struct share *from, struct share **ret_share)
{
    size_t size = from ? sizeof *from + strlen(from->note) + 1 : 0;
    struct share *copy = from ? malloc(size) : NULL;

    if (from && !copy)
        return -ENOMEM;
    *ret_share = from ? memcpy(copy, from, size) : NULL;
    return 0;
}

int tree_put_assignment(struct tree *tree, int64_t node_id, const struct assignment *row)
{
    struct node *node = tree_node(tree, node_id);
    struct share *share;

    if (!node)
        return -ENOENT;
    if (ARRAY_RESERVE(node->assignments, node->n_assignments) < 0 ||
        share_copy(row->share, &share) < 0)
        return -ENOMEM;
    struct assignment *assignment = find_assignment(node, row->id);
    if (assignment)
        free(assignment->share);
    else
        assignment = &node->assignments[node->n_assignments++];
    *assignment = *row;
    assignment->share = share;
    return 0;
}

void tree_end_assignment(struct tree *tree, int64_t node_id, int64_t id)
{
    struct node *node = tree_node(tree, node_id);
    struct assignment *assignment = node ? find_assignment(node, id) : NULL;

    if (!assignment)
        return;
    free(assignment->share);
    ARRAY_REMOVE(node->assignments, node->n_assignments, assignment - node->assignments);
}

void link_done(struct link *link)
{
    free(link->type);
    free(link->title);
    free(link->url);
}

static struct link *find_link(const struct node *node, int64_t id)
{
    for (uint32_t i = 0; i < node->n_links; i++)
        if (node->links[i].id == id)
            return &node->links[i];
    return NULL;
}

static int link_copy(const struct link *from, struct link *ret_link)
{
    struct link copy = {
        .id = from->id,
        .owner_id = from->owner_id,
        .type = strdup(from->type),
        .title = from->title ? strdup(from->title) : NULL,
        .url = strdup(from->url),
    };

    if (!copy.type || !copy.url || (from->title && !copy.title)) {
        link_done(&copy);
        return -ENOMEM;
    }
    *ret_link = copy;
    return 0;
}

int tree_put_link(struct tree *tree, int64_t node_id, const struct link *row)
{
    struct node *node = tree_node(tree, node_id);
    struct link copy;

    if (!node)
        return -ENOENT;
    if (ARRAY_RESERVE(node->links, node->n_links) < 0)
        return -ENOMEM;
    int r = link_copy(row, &copy);
    if (r < 0)
        return r;
    struct link *link = find_link(node, row->id);
    if (link)
        link_done(link);
    else
        link = &node->links[node->n_links++];
    *link = copy;
    return 0;
}

void tree_end_link(struct tree *tree, int64_t node_id, int64_t id)
{
    struct node *node = tree_node(tree, node_id);
    struct link *link = node ? find_link(node, id) : NULL;

    if (!link)
        return;
    link_done(link);
    ARRAY_REMOVE(node->links, node->n_links, link - node->links);
}
