/*
 * What changed between two moments as text, from the replies of ListChanges.
 */
#ifndef GOAL_DIFF_H
#define GOAL_DIFF_H

#include "goal.h"

void diff_print(const struct goal *goal, const json_t *replies);

#endif
