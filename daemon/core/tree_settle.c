/*
 * What is done once after the last row of a refresh: ties children to their parents, removes the
 * nodes that were ended, and refuses orphans, cycles and towers. Also the questions about the
 * tree's shape: would this close a cycle, in which order do the nodes stand.
 */
#include "core/hash.h"

#include "core/array.h"
#include "core/tree_internal.h"

static int compare_places(const void *a, const void *b)
{
    const struct node *left = *(struct node *const *)a, *right = *(struct node *const *)b;

    if (left->parent != right->parent)
        return left->parent->id < right->parent->id ? -1 : 1;
    return code_compare(left->code, right->code);
}

static int compare_codes(const void *a, const void *b)
{
    return code_compare((*(struct node *const *)a)->code, (*(struct node *const *)b)->code);
}

/* Moves the nodes without a parent to the front of the list, and gives them theirs. */
static int find_parents(struct tree *tree, size_t *ret_count)
{
    size_t count = 0;

    for (size_t i = 0; i < tree->n_unsettled; i++) {
        struct node *node = tree->unsettled[i];
        if (node->parent || node->ended || node == tree->root)
            continue;
        struct node *parent = tree_node(tree, node->parent_id);
        if (!parent || parent->ended)
            return -ENOENT;
        node->parent = parent;
        tree->unsettled[i] = tree->unsettled[count];
        tree->unsettled[count++] = node;
    }
    *ret_count = count;
    return 0;
}

/* Merges `count` nodes, sorted by code, into their parent's children, which are. */
static int adopt(struct node *parent, struct node **nodes, size_t count)
{
    size_t old = parent->n_children, to = old + count;
    struct node **children =
        reallocarray(parent->children, array_room(to), sizeof *parent->children);

    if (!children)
        return -ENOMEM;
    blocks_free(parent);
    parent->children = children;
    parent->n_children = (uint32_t)to;
    while (count > 0) {
        bool old_is_last =
            old > 0 && code_compare(children[old - 1]->code, nodes[count - 1]->code) > 0;
        children[--to] = old_is_last ? children[--old] : nodes[--count];
    }
    node_invalidate(parent);
    return 0;
}

static int tie_children(struct tree *tree)
{
    size_t count, end;

    int r = find_parents(tree, &count);
    if (r < 0)
        return r;
    qsort(tree->unsettled, count, sizeof *tree->unsettled, compare_places);
    for (size_t i = 0; i < count; i = end) {
        struct node *parent = tree->unsettled[i]->parent;
        for (end = i + 1; end < count && tree->unsettled[end]->parent == parent; end++)
            ;
        r = adopt(parent, tree->unsettled + i, end - i);
        if (r < 0)
            return r;
    }
    return 0;
}

/* In one pass, so that ending many siblings costs no more than ending one. */
static void drop_ended_children(struct node *parent)
{
    uint32_t kept = 0;

    node_invalidate(parent);
    blocks_free(parent);
    for (uint32_t i = 0; i < parent->n_children; i++) {
        if (parent->children[i]->ended)
            parent->children[i]->parent = NULL;
        else
            parent->children[kept++] = parent->children[i];
    }
    parent->n_children = kept;
}

static int untie_ended(struct tree *tree, struct node *node)
{
    if (node->parent && !node->parent->ended)
        drop_ended_children(node->parent);
    for (uint32_t i = 0; i < node->n_children; i++)
        if (!node->children[i]->ended)
            return -ENOENT;
    while (node->n_outgoing > 0)
        contribution_free(node->outgoing[node->n_outgoing - 1]);
    while (node->n_incoming > 0)
        contribution_free(node->incoming[node->n_incoming - 1]);
    while (node->n_aims > 0)
        aim_free(tree, node->aims[node->n_aims - 1]);
    return 0;
}

static int remove_ended(struct tree *tree)
{
    size_t kept = 0;

    if (!tree->has_ended)
        return 0;
    tree->has_ended = false;
    for (size_t i = 0; i < tree->n_unsettled; i++) {
        if (!tree->unsettled[i]->ended)
            continue;
        int r = untie_ended(tree, tree->unsettled[i]);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < tree->n_unsettled; i++) {
        struct node *node = tree->unsettled[i];
        if (!node->ended) {
            tree->unsettled[kept++] = node;
            continue;
        }
        tree->node_count--;
        tree->update_count -= node->n_updates;
        index_take_id(&tree->nodes_by_id, node);
        node_free(node);
    }
    tree->n_unsettled = kept;
    return 0;
}

/* Lifts the node and what is below it to at least `level`. A cycle climbs until it is refused. */
static int raise_level(struct node *node, unsigned level)
{
    int r = 0;

    if (node->level >= level)
        return 0;
    if (level > TREE_LEVELS)
        return -EMLINK;
    node->level = (uint16_t)level;
    for (uint32_t i = 0; i < node->n_children && r == 0; i++)
        r = raise_level(node->children[i], level + 1);
    for (uint32_t i = 0; i < node->n_incoming && r == 0; i++)
        r = raise_level(node->incoming[i]->from, level + 1);
    return r;
}

static int raise_node(struct node *node)
{
    int r = node->parent ? raise_level(node, node->parent->level + 1u) : 0;

    for (uint32_t i = 0; i < node->n_outgoing && r == 0; i++)
        r = raise_level(node, node->outgoing[i]->to->level + 1u);
    return r;
}

/* One way up to `node` was walked to its end; when that was the last one, it is next. */
static void count_down(struct node *node, unsigned level, struct node **queue, size_t *tail)
{
    if (level > node->level)
        node->level = (uint16_t)level;
    if (--node->mark == 0)
        queue[(*tail)++] = node;
}

/*
 * All levels anew, whole before part. Done when raising them failed: they only ever grow, so after
 * removals a tree may be lower than they say. Uses the walks' marks for the ways up still open.
 */
static int level_all(struct tree *tree)
{
    AUTO(free_ptr) struct node **queue = malloc(tree->node_count * sizeof *queue);
    struct node *node;
    size_t head = 0, tail = 0;
    bool too_high = false;

    if (!queue)
        return -ENOMEM;
    for (size_t at = 0; (node = tree_next_node(tree, &at));) {
        node->level = 0;
        node->mark = node->n_outgoing + (node->parent != NULL);
        if (node->mark == 0)
            queue[tail++] = node;
    }
    while (head < tail) {
        node = queue[head++];
        unsigned level = node->level < UINT16_MAX ? node->level + 1u : UINT16_MAX;
        too_high |= node->level > TREE_LEVELS;
        for (uint32_t i = 0; i < node->n_children; i++)
            count_down(node->children[i], level, queue, &tail);
        for (uint32_t i = 0; i < node->n_incoming; i++)
            count_down(node->incoming[i]->from, level, queue, &tail);
    }
    if (tail < tree->node_count)
        return -ELOOP;
    return too_high ? -EMLINK : 0;
}

/* The first step of a tree that was settled before: few nodes hang among many. */
static int tie_changed(struct tree *tree)
{
    int r = tie_children(tree);

    return r < 0 ? r : remove_ended(tree);
}

/* A fresh tree's nodes are tied one by one; their order comes with the next step. */
static int tie_fresh(struct tree *tree, size_t nodes)
{
    for (; tree->settled < tree->n_unsettled && nodes > 0; tree->settled++, nodes--) {
        struct node *node = tree->unsettled[tree->settled];
        if (node == tree->root || node->ended)
            continue;
        struct node *parent = tree_node(tree, node->parent_id);
        if (!parent || parent->ended)
            return -ENOENT;
        if (ARRAY_RESERVE(parent->children, parent->n_children) < 0)
            return -ENOMEM;
        if (parent->n_children > 0)
            parent->mixed_children |=
                code_compare(parent->children[parent->n_children - 1]->code, node->code) > 0;
        parent->children[parent->n_children++] = node;
        node->parent = parent;
    }
    return tree->settled < tree->n_unsettled ? 1 : remove_ended(tree);
}

/* Orders what hangs on the nodes and levels them; 1: there are more of them. */
static int level_some(struct tree *tree, size_t nodes)
{
    for (; tree->settled < tree->n_unsettled && nodes > 0; tree->settled++, nodes--) {
        struct node *node = tree->unsettled[tree->settled];
        if (node->mixed_children)
            qsort(node->children, node->n_children, sizeof *node->children, compare_codes);
        node->mixed_children = false;
        node_order_updates(node);
        tree->uneven |= raise_node(node) < 0;
        node->unsettled = false;
    }
    return tree->settled < tree->n_unsettled;
}

int tree_settle_some(struct tree *tree, size_t nodes)
{
    int r = 0;

    if (tree->out_of_memory)
        return -ENOMEM;
    if (!tree->tied) {
        r = tree->fresh ? tie_fresh(tree, nodes) : tie_changed(tree);
        if (r != 0)
            return r;
        tree->tied = true;
        tree->settled = 0;
        return 1;
    }
    r = level_some(tree, nodes);
    if (r == 0 && tree->uneven)
        r = level_all(tree);
    if (r != 0)
        return r;
    tree->tied = tree->uneven = tree->fresh = false;
    tree->settled = tree->n_unsettled = 0;
    free(STEAL(tree->unsettled)); /* the first load made it as long as the tree */
    return 0;
}

int tree_settle(struct tree *tree)
{
    int r = tree->n_unsettled > 0 || tree->out_of_memory;

    while (r > 0)
        r = tree_settle_some(tree, SIZE_MAX);
    return r;
}

/* Does a way up from `node` lead to `wanted`? */
static bool leads_to(const struct node *node, const struct node *wanted, uint32_t walk)
{
    while (node && node != wanted) {
        for (uint32_t i = 0; i < node->n_outgoing; i++) {
            struct node *served = node->outgoing[i]->to;
            bool seen = served->mark == walk;
            served->mark = walk;
            if (!seen && leads_to(served, wanted, walk))
                return true;
        }
        struct node *parent = node->parent;
        if (!parent || (parent->mark == walk && parent != wanted))
            return false;
        parent->mark = walk;
        node = parent;
    }
    return node != NULL;
}

bool tree_would_cycle(const struct tree *tree, const struct node *from, const struct node *to)
{
    return from == tree->root || leads_to(to, from, tree_next_walk(tree));
}

static void list_below(struct node *node, struct node **nodes, size_t *count)
{
    nodes[(*count)++] = node;
    for (uint32_t i = 0; i < node->n_children; i++)
        list_below(node->children[i], nodes, count);
}

int tree_order(const struct tree *tree, struct node ***ret_nodes)
{
    struct node **nodes = malloc(tree->node_count * sizeof *nodes);
    size_t count = 0;

    if (!nodes)
        return -ENOMEM;
    list_below(tree->root, nodes, &count);
    *ret_nodes = nodes;
    return 0;
}

const struct node *tree_untied(const struct tree *tree)
{
    bool stopped = tree->fresh && !tree->tied && tree->settled < tree->n_unsettled;

    return stopped ? tree->unsettled[tree->settled] : NULL;
}
