/*
 * Printing what goal group and goal partnership were answered.
 */
#ifndef GOAL_GROUP_H
#define GOAL_GROUP_H

#include "goal.h"

/* ListGroups' replies. */
void groups_print(const struct goal *goal, const json_t *replies);

/* GetGroup's reply, and ListRoles'. */
void group_print(const struct goal *goal, const json_t *group, const json_t *roles);

/* Of GetGroup's reply the heading and what kind of group it is. */
void group_print_facts(const struct goal *goal, const json_t *group);

/* GetGroup's reply, and ListPartnership's. */
void partnership_print(const struct goal *goal, const json_t *group, const json_t *replies);

#endif
