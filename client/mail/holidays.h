/*
 * goal holidays import: a calendar of days off from an iCalendar file.
 */
#ifndef GOAL_MAIL_HOLIDAYS_H
#define GOAL_MAIL_HOLIDAYS_H

#include "goal.h"

int holidays_import_run(struct goal *goal);

#endif
