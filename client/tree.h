/*
 * The tree as text, from the replies of ListTree.
 */
#ifndef GOAL_TREE_H
#define GOAL_TREE_H

#include "goal.h"

/* `replies` is a list of {node}, parents before their children. */
void tree_print(const struct goal *goal, const json_t *replies);

#endif
