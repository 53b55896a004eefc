/*
 * The words of a journal's entry, shared by goal log and goal watch. What is returned is the
 * caller's to free.
 */
#ifndef GOAL_LOG_H
#define GOAL_LOG_H

#include <jansson.h>

struct goal;

/* "2024-05-31 08:15:02" */
char *time_text(const char *time);

/* What an entry did. */
char *entry_text(const json_t *entry);

void log_print(const struct goal *goal, const json_t *replies);

#endif
