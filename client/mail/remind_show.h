/*
 * Who would get which reminders, as a table.
 */
#ifndef GOAL_MAIL_REMIND_SHOW_H
#define GOAL_MAIL_REMIND_SHOW_H

#include "goal.h"

void remind_show(const struct goal *goal, const json_t *letters);

#endif
