/*
 * The help and what is said about a wrong command, all from the table of commands.
 */
#ifndef GOAL_HELP_H
#define GOAL_HELP_H

#include "goal.h"

/* The list of commands, or all about one of them. */
void help_print(FILE *out, const struct command *command);

/* Says that there is no such command, what may have been meant, and what there is. */
int help_unknown(char *const *words, int count);

#endif
