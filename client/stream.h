/*
 * Calls whose replies are dealt with as they come, because they are many or there is no end to
 * them.
 */
#ifndef GOAL_STREAM_H
#define GOAL_STREAM_H

#include "goal.h"
#include "progress.h"

/* Told each reply's parameters. Another exit code than EXIT_DONE ends it. */
typedef int stream_reply(void *arg, const json_t *reply);

/* Makes the call, its parameters taken. EXIT_DONE at the stream's end; an error is said. The bar
 * (NULL: none) has begun; it is drawn while it lasts, and is gone when this returns. */
int stream_call(struct goal *goal, const char *method, json_t *parameters,
                struct progress *progress, stream_reply *take, void *arg);

#endif
