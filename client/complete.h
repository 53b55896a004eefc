/*
 * Completion: what may come next on a command line.
 */
#ifndef GOAL_COMPLETE_H
#define GOAL_COMPLETE_H

#include "goal.h"

/* Prints what the last word of `line` ("goal status ls:2") may become, one a line; after a colon
 * only what follows it, as the shell has it. */
int complete(struct goal *goal, const char *line);

#endif
