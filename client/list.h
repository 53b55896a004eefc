/*
 * Lists as text, from the replies of ListNodes, ListDue and ListStrategies.
 */
#ifndef GOAL_LIST_H
#define GOAL_LIST_H

#include "goal.h"

void list_print(const struct goal *goal, const json_t *replies);
void due_print(const struct goal *goal, const json_t *replies);
void strategies_print(const struct goal *goal, const json_t *replies);

#endif
