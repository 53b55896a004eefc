/*
 * What there is to do as text, from the replies of ListTasks.
 */
#ifndef GOAL_NEXT_H
#define GOAL_NEXT_H

#include "goal.h"

/* `replies` is a list of {task}, the most urgent first. */
void next_print(const struct goal *goal, const json_t *replies);

#endif
