/*
 * Updates as text, from the replies of ListUpdates.
 */
#ifndef GOAL_HISTORY_H
#define GOAL_HISTORY_H

#include "goal.h"

void history_print(const struct goal *goal, const json_t *replies);

#endif
