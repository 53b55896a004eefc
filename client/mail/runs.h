/*
 * What goal-mail does: a row for each command that goal hands over.
 */
#ifndef GOAL_MAIL_RUNS_H
#define GOAL_MAIL_RUNS_H

#include "program.h"

extern const struct program_run mail_runs[];

#endif
