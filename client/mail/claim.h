/*
 * Letters that a run claims, a few at a time, each for one recipient; and what became of each, told
 * to the daemon. A claim is a lease: what is not settled in time, another run takes over.
 */
#ifndef GOAL_MAIL_CLAIM_H
#define GOAL_MAIL_CLAIM_H

#include "goal.h"

#define CLAIM_LEASE 600 /* seconds: what the daemon gives, as its interface says */

struct claim {
    const char *claim, *settle; /* the methods: "ClaimReminders", "SettleReminders" */
    const char *field;          /* what a reply has a letter in: "letter" */
    char run[37];               /* a UUID: a recipient gets one letter of a run */
};

/* A run of its own. */
struct claim claim_begin(const char *claim, const char *settle, const char *field);

/* Claims the next letters, at most `limit`, and appends them to the list. None more: there is
 * nothing left to send. Returns an exit code. */
int claim_some(struct goal *goal, const struct claim *claim, size_t limit, json_t *letters);

/* Says that the letter was sent, or with a reason that it failed. A lost connection is made again a
 * few times. `who` is named in what is said when that is no use. Returns an exit code. */
int claim_settle(struct goal *goal, const struct claim *claim, const json_t *letter,
                 const char *who, const char *reason);

#endif
