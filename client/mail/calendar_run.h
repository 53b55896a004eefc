/*
 * goal calendar: the dates of strategies as an iCalendar on standard output.
 */
#ifndef GOAL_MAIL_CALENDAR_RUN_H
#define GOAL_MAIL_CALENDAR_RUN_H

#include "goal.h"

int calendar_run(struct goal *goal);

#endif
