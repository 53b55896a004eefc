/*
 * A trial of a journal that another database made, before it is written for good: in a transaction
 * that is rolled back its entries become rows by a batch's statements, and the rows a tree (or a
 * registry) by a load's. So what a forged journal holds is found by the very path that would have
 * to load it. The rows go in portions, and the tree is settled, worked out and freed in slices of
 * the loop's time.
 *
 * A trial borrows the store and the entries, and frees itself when it has called done().
 */
#ifndef GOALD_DB_TRIAL_H
#define GOALD_DB_TRIAL_H

#include "db/journal.h"
#include "db/store.h"

struct trial;

enum trial_outcome {
    TRIAL_PASSED,
    TRIAL_FAILED, /* the entries make no tree */
    TRIAL_AWAY,   /* the database could not be asked, or for want of memory */
};

struct trial_fault {
    int64_t seq; /* the entry that fails, or 0: none by itself */
    char message[512];
};

/* done() is called later, once; the fault is that of TRIAL_FAILED. The journal must not be in the
 * database yet. */
int trial_start(struct store *store, const struct entries *entries,
                void (*done)(void *arg, enum trial_outcome outcome,
                             const struct trial_fault *fault),
                void *arg, struct trial **ret_trial) MUST_CHECK;

/* goald stops: done() is called with TRIAL_AWAY, now or when the pool is freed. */
void trial_stop(struct trial *trial);

#endif
