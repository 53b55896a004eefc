/*
 * The daemon's and the caller's state as text, from the replies of GetServerStatus and WhoAmI.
 */
#ifndef GOAL_ABOUT_H
#define GOAL_ABOUT_H

#include "goal.h"

void server_print(const struct goal *goal, const json_t *server);
void whoami_print(const struct goal *goal, const json_t *me);

#endif
