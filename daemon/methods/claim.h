/*
 * ClaimReminders in three parts:
 *
 *   claim.c         the stream: it reads the ledger, has core/reminders.c find what is due, claims
 *                   it, and tells one letter a reply
 *   claim_gather.c  what was found, by recipient over all strategies; which of it is claimed
 *   claim_letter.c  a letter as the interface's Letter
 */
#ifndef GOALD_METHODS_CLAIM_H
#define GOALD_METHODS_CLAIM_H

#include <uthash.h>

#include "core/reminders.h"
#include "db/claims.h"
#include "methods/request.h"
#include "wire/writer.h"

#define LETTER_ITEMS 200 /* in a letter at most; what is more goes into the next run's */
#define CLAIM_ROWS 5000  /* that a run writes, about at most: it is one statement */

/* An open row of the ledger. */
struct claim_note {
    int64_t id;
    int32_t strategy_id;
    enum claims_open open;
    char letter[LETTER_ID_SIZE];
    UT_hash_handle by_id;
    UT_hash_handle by_letter;
};

/* An occurrence that could be in a letter. */
struct claim_candidate {
    int64_t rank; /* the lowest is the most urgent */
    struct claims_item item;
    struct claims_skip *skips; /* what it takes the place of; owned */
    size_t n_skips;
    const struct claim_note *note; /* of one that lapsed; else NULL */
};

/* A recipient. Groups are a strategy's own, others are everybody's (strategy 0). */
struct claim_party {
    struct claim_party_key {
        int32_t strategy_id;
        int32_t holder;
        int64_t id;
    } key;
    bool served;                    /* this run has written to them */
    struct claim_candidate *fresh;  /* by rank; so many as fit in a letter */
    struct claim_candidate *lapsed; /* by rank; whatever there is */
    size_t n_fresh, n_lapsed;
    UT_hash_handle by_key;
};

/* All zeroes is an empty one. */
struct gathering {
    struct claim_note *notes;
    struct claim_note *spread; /* by letter: those of which other strategies have a part */
    struct claim_party *parties;
    struct claims_skip *skips; /* open rows that are not due any more */
    size_t n_skips;
};

int gathering_note(struct gathering *gathering, int32_t strategy_id,
                   const struct claims_row *row) MUST_CHECK;
int gathering_serve(struct gathering *gathering, int32_t strategy_id, enum holder holder,
                    int64_t id) MUST_CHECK;
/* Takes what a step found in a strategy, where it is that day. */
int gathering_take(struct gathering *gathering, int32_t strategy_id, int32_t day,
                   const struct remind_results *results) MUST_CHECK;
/* That strategy cannot be looked at (to its end): its letters are not taken over. */
int gathering_leave_out(struct gathering *gathering, int32_t strategy_id) MUST_CHECK;

/* Makes letters of it for the most urgent `limit` recipients. `answers`: replies are taken. */
int gathering_choose(struct gathering *gathering, const struct request *request, size_t limit,
                     bool answers, struct claims *claims) MUST_CHECK;
void gathering_done(struct gathering *gathering);

/* The strategy, as far as a letter needs it: the request's tree, node and day. False: it is not
 * there (any more). */
bool claim_open_strategy(struct request *request, int32_t strategy_id, int32_t day);

/* Writes the letter as the reply `letter`; false, and nothing, if nothing of it is there any more.
 */
bool claim_write_letter(struct writer *writer, struct request *request, const struct claims *claims,
                        const struct claims_letter *letter);

#endif
