/*
 * The answer to an update as text, from the reply of SubmitUpdate and what was sent.
 */
#ifndef GOAL_UPDATE_H
#define GOAL_UPDATE_H

#include "goal.h"

void update_print(const struct goal *goal, const json_t *reply, const json_t *content);

#endif
