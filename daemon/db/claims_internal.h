/*
 * What the files about the ledger share: how a run's time gets into SQL, the lease, and how a
 * job's end is told.
 */
#ifndef GOALD_DB_CLAIMS_INTERNAL_H
#define GOALD_DB_CLAIMS_INTERNAL_H

#include "db/claims.h"

/* A statement's second parameter, the run's time in microseconds since 1970; null stays null. */
#define CLAIMS_AT "('1970-01-01Z'::timestamptz + $2::bigint * interval '1 microsecond')"

/* So often a letter is tried: once, and after each of the pauses. */
#define CLAIMS_ATTEMPTS "6"
#define CLAIMS_PAUSE "goald.retry_after(attempts)"

/* 0, -EIO (logged, with what was refused) or -ENOTCONN. */
int claims_error(enum pg_outcome outcome, const struct pg_error *error, const char *what);

#endif
