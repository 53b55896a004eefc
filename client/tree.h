/*
 * The tree as text, from the replies of ListTree.
 */
#ifndef GOAL_TREE_H
#define GOAL_TREE_H

#include "goal.h"
#include "table.h"

/* `replies` is a list of {node}, parents before their children. */
void tree_print(const struct goal *goal, const json_t *replies);

/* The lines of a table from the first node down to the latest, one a level. tree_path_free() frees
 * it. */
struct tree_path;
struct tree_path *tree_path_new(size_t nodes);
void tree_path_free(struct tree_path *path);
static inline void tree_path_freep(struct tree_path **path)
{
    tree_path_free(*path);
}

/* Adds a line for the node below that of the node it belongs to, and returns its number. */
int tree_path_add(struct tree_path *path, struct table *table, const json_t *node);

#endif
