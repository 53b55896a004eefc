/*
 * goal remind: sends what people are to be reminded of, from cron.
 */
#ifndef GOAL_MAIL_REMIND_H
#define GOAL_MAIL_REMIND_H

#include "goal.h"

int remind_run(struct goal *goal);

#endif
