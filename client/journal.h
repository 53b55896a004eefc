/*
 * Whole journals: verified by the daemon, taken out into a file, checked there without any daemon.
 * Each returns an exit code.
 */
#ifndef GOAL_JOURNAL_H
#define GOAL_JOURNAL_H

#include "goal.h"

/* Has the daemon verify the target's journal. EXIT_REFUSED if it found something. */
int journal_verify(struct goal *goal);

/* Takes the journal of `strategy` (NULL: the default) out into a file; - is standard output. */
int journal_export(struct goal *goal, const char *strategy, const char *path);

#endif
