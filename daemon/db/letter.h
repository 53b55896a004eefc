/*
 * A reminder that is being answered, found by the token that it carried: whom it went to, at which
 * address they are reached now, and which nodes it named. Read once, kept by whoever answers.
 */
#ifndef GOALD_DB_LETTER_H
#define GOALD_DB_LETTER_H

#include "db/journal.h"
#include "db/pool.h"

struct letter_node {
    int32_t strategy_id;
    int64_t node_id;
};

/* Begins with the job, so that whoever embeds one finds itself. */
struct letter {
    struct pg_job job;
    char digest[2 * HASH_SIZE + 1]; /* of the token, as token_digest() says */
    void (*ended)(struct letter *letter, enum pg_outcome outcome);
    char used_for[2 * HASH_SIZE + 1]; /* digest of what answers it */
    bool expired;
    bool taken;                /* the token is that answer's */
    int64_t person_id;         /* 0: there is no such token */
    char *address;             /* the person's; NULL: none is known any more. Owned */
    struct letter_node *nodes; /* owned */
    size_t n_nodes;
    bool failed; /* there was no memory */
};

/* Fills in the rest by the digest, then calls ended(). */
void letter_read(struct letter *letter, struct pool *pool);

/* Takes the token for what answers the letter (`used_for`), then calls ended(): `taken` is false if
 * it was used for something else. */
void letter_take(struct letter *letter, struct pool *pool);

/* Nothing was written of what the token was taken for: gives it back, then calls ended(). `taken`
 * is still true if the same answer is on its way elsewhere, which may yet be written. */
void letter_give_back(struct letter *letter, struct pool *pool);

void letter_done(struct letter *letter);

#endif
