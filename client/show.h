/*
 * A node in full as text, from the replies of GetNode, GetStatus, ListNodes and, of an indicator,
 * ListObservations (NULL: not at hand).
 */
#ifndef GOAL_SHOW_H
#define GOAL_SHOW_H

#include "goal.h"

void show_print(const struct goal *goal, const json_t *node, const json_t *status,
                const json_t *parts, const json_t *series);

#endif
