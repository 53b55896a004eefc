/*
 * Updates as text, from the replies of ListUpdates.
 */
#ifndef GOAL_HISTORY_H
#define GOAL_HISTORY_H

#include "goal.h"

/* The updates under that member of each reply, with the codes of their nodes if they are of
 * several; `nothing` is said if there are none. */
void history_print_as(const struct goal *goal, const json_t *replies, const char *member,
                      bool codes, const char *nothing);
void history_print(const struct goal *goal, const json_t *replies);

#endif
