/*
 * What reminders and digests have in common where they are claimed: how long a run has for it; and
 * the clock of what is sent, for goald.sending keeps when who sent last, by kind, and a run cannot
 * be before the one before it, nor in the future. Nothing is owned here.
 */
#ifndef GOALD_DB_SENDING_H
#define GOALD_DB_SENDING_H

#include <stdbool.h>

#include "db/pg.h"

/* How long a run has for what it claimed before another one may take it over; in SQL, and in us. */
#define SENDING_LEASE "interval '10 minutes'"
#define SENDING_LEASE_US (600 * INT64_C(1000000))

#define SENDING_REMINDERS "remind"
#define SENDING_DIGESTS "digest"

struct sending {
    int64_t at_us;   /* the run's time, CLOCK_REALTIME */
    int64_t last_us; /* of the last run before it, or 0 */
    bool early;      /* the run is before the last one … */
    bool late;       /* … or too far ahead of the database's clock: it must not go on */
};

/* Queues the statement that checks a run's time and advances the clock to it, in a transaction of
 * its own when a sync point follows. `now_us` 0: the time is the database's. A trial changes
 * nothing, and may be before the last run. `ahead`: it may be up to a day ahead of the database's
 * clock, which holds back all later runs, else a minute. */
void sending_query(struct pg *pg, const char *kind, const char *run, int64_t now_us, bool trial,
                   bool ahead);

/* Queues that tokens go whose time was up long ago; until then they are told from unknown ones. */
void sending_prune(struct pg *pg);

/* The clock's result. */
void sending_read(const PGresult *result, struct sending *ret_sending);

#endif
