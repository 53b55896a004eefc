/*
 * Calls whose replies are dealt with as they come, because they are many or there is no end to
 * them.
 */
#ifndef GOAL_STREAM_H
#define GOAL_STREAM_H

#include "goal.h"

/* Told each reply's parameters. Another exit code than EXIT_DONE ends it. */
typedef int stream_reply(void *arg, const json_t *reply);

/* Makes the call, its parameters taken. EXIT_DONE at the stream's end; an error is said. */
int stream_call(struct goal *goal, const char *method, json_t *parameters, stream_reply *reply,
                void *arg);

/* A bar of how much is done, on stderr if that is a terminal; cleared before anything else is
 * said. */
void stream_bar(const struct goal *goal, long done, long total);
void stream_bar_clear(const struct goal *goal);

#endif
