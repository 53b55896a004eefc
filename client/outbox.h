/*
 * Changes that could not be told to the daemon: kept in the outbox, and sent before the next one.
 * Their request ids make it safe to send them again.
 */
#ifndef GOAL_OUTBOX_H
#define GOAL_OUTBOX_H

#include "goal.h"

/* A change is about to be sent: remembers it until it is settled. */
void outbox_expect(struct goal *goal, const char *method, json_t *parameters);

/* It was answered with that error (NULL: done): unless the error says to come again, forgets it. */
void outbox_answered(struct goal *goal, const char *error);

/* The same parameters meant otherwise: what to try where the daemon knows no such strategy. */
void outbox_expect_also(struct goal *goal, json_t *parameters);

/* Ends a change: keeps it if it was not answered, and says so. Returns the exit code. */
int outbox_settle(struct goal *goal, int exit);

/* Sends, on the link that was just opened, what is kept for this daemon. Returns EXIT_DONE unless
 * something still has to wait, which is said; what was refused is said and does not wait. */
int outbox_send_first(struct goal *goal);

/* The daemon as entries name it; the caller's to free. */
char *outbox_address(const struct goal *goal);

/* What an entry is called: the first digits of its request id. */
#define OUTBOX_ID_LEN 8

/* How many seconds to wait for another goal that is sending what is kept: --timeout, at most 30. */
int outbox_patience(const struct goal *goal);

/* Those of the entries that are for the daemon that is asked now, in their order: with what it
 * refused, or without. A new list. */
json_t *outbox_for_daemon(const struct goal *goal, const json_t *entries, bool refused_too);

/* The ids of what is kept, one a line, for the completion. */
void outbox_offer(const struct goal *goal,
                  void (*offer)(const struct goal *goal, const char *word, const char *begun),
                  const char *begun);

/* Sends entries of the locked outbox in order, each under its request id, until one has to wait.
 * Returns EXIT_AWAY then, else the exit code of the first that was refused. */
struct spool;
int outbox_send(struct goal *goal, const struct spool *spool, const json_t *entries,
                size_t *ret_sent);

#endif
