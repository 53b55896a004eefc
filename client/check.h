/*
 * The findings of a check as text, from the replies of CheckStrategy.
 */
#ifndef GOAL_CHECK_H
#define GOAL_CHECK_H

#include "goal.h"

/* `replies` is a list of {finding}, those of a kind together. */
void check_print(const struct goal *goal, const json_t *replies);

#endif
