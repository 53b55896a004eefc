/*
 * What the files about the ledger share: how times and days get into SQL and out of it, and how a
 * job's end is told.
 */
#ifndef GOALD_DB_CLAIMS_INTERNAL_H
#define GOALD_DB_CLAIMS_INTERNAL_H

#include "db/claims.h"

/* A statement's second parameter, the run's time in microseconds since 1970; null stays null. */
#define CLAIMS_AT "('1970-01-01Z'::timestamptz + $2::bigint * interval '1 microsecond')"

/* A row's days, as day numbers. */
#define CLAIMS_VERSION "version - date '1970-01-01'"
#define CLAIMS_PLANNED "planned - date '1970-01-01'"
#define CLAIMS_DAY "day - date '1970-01-01'"

/* 0; -EIO (logged, with what was refused); -ENOTCONN: it was not reached, and nothing happened;
 * -ECONNRESET: the connection broke, and what happened is not known. */
int claims_error(enum pg_outcome outcome, const struct pg_error *error, const char *what);

#endif
