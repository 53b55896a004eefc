/*
 * goal digest: tells subscribers what changed, from cron; and asks those who are new to confirm.
 */
#ifndef GOAL_MAIL_DIGEST_H
#define GOAL_MAIL_DIGEST_H

#include "goal.h"

int digest_run(struct goal *goal);

#endif
