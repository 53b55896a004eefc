/* The ways up from a node to the strategy, over parents and contributions, after an edit. */
#include <errno.h>

#include "methods/edit.h"
#include "methods/import_graph.h"

#define NEW_NODE (-1) /* in the place of an id */

/* All ways up that stay and the new one, as an import sees them. */
static int fill(const struct tree *tree, struct graph *graph, const struct node *from,
                const struct node *to, bool as_child)
{
    const struct node *node;
    int r = graph_add(graph, from ? from->id : NEW_NODE, to->id, 0, EDGE_PARENT);

    for (size_t at = 0; r == 0 && (node = tree_next_node(tree, &at));) {
        if (node->parent && !(as_child && node == from))
            r = graph_add(graph, node->id, node->parent->id, EDGE_EXISTING, EDGE_PARENT);
        for (uint32_t i = 0; i < node->n_outgoing && r == 0; i++)
            r = graph_add(graph, node->id, node->outgoing[i]->to->id, EDGE_EXISTING, i);
    }
    return r;
}

static unsigned highest_level(const struct tree *tree)
{
    const struct node *node;
    unsigned highest = 0;

    for (size_t at = 0; (node = tree_next_node(tree, &at));)
        highest = node->level > highest ? node->level : highest;
    return highest;
}

/* Levels are at least the longest way up, so they often tell without a look at the whole. */
static int check_levels(const struct tree *tree, const struct node *from, const struct node *to,
                        bool as_child)
{
    AUTO(graph_done) struct graph graph = {0};
    const struct edge *edge;
    bool is_leaf = !from || (from->n_children == 0 && from->n_incoming == 0);
    int r;

    if (to->level + 1U <= TREE_LEVELS &&
        (is_leaf || to->level + 1U + highest_level(tree) <= TREE_LEVELS))
        return 0;
    r = fill(tree, &graph, from, to, as_child);
    return r < 0 ? r : graph_check(&graph, TREE_LEVELS, &edge);
}

int edit_check_way(struct edit *edit, const char *field, const struct node *from,
                   const struct node *to, bool as_child)
{
    int r;

    if (from && (from == to || tree_would_cycle(edit->tree, from, to)))
        return edit_refuse(edit, field, "closes a cycle over parents and contributions");
    r = check_levels(edit->tree, from, to, as_child);
    return r == -EMLINK ? edit_refuse(edit, field, "too many levels") : r;
}
