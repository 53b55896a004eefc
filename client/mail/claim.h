/*
 * Letters that a run claims: a few at a time, each for one recipient.
 */
#ifndef GOAL_MAIL_CLAIM_H
#define GOAL_MAIL_CLAIM_H

#include "goal.h"

/* What is claimed: "ClaimReminders", whose replies have the letter in "letter". */
struct claim {
    const char *method, *field;
    char run[37]; /* a UUID: a recipient gets one letter of a run */
};

/* A claim of a run of its own. */
struct claim claim_begin(const char *method, const char *field);

/* Claims the next letters, at most `limit` (0: as many as the daemon gives at a time), and appends
 * them to the list. None more: there is nothing left to send. Returns an exit code. */
int claim_some(struct goal *goal, const struct claim *claim, size_t limit, json_t *letters);

#endif
