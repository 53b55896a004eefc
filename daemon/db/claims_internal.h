/*
 * What the files about the ledger share: how times get into SQL, rows out of it, and how a job's
 * end is told.
 */
#ifndef GOALD_DB_CLAIMS_INTERNAL_H
#define GOALD_DB_CLAIMS_INTERNAL_H

#include "db/claims.h"

/* A statement's second parameter, the run's time in microseconds since 1970; null stays null. */
#define CLAIMS_AT "('1970-01-01Z'::timestamptz + $2::bigint * interval '1 microsecond')"

/* Of what is settled the newest of a series matters: the rows about one date to one recipient; but
 * each step of an escalation, for the next one counts from it, and each nudge. */
#define CLAIMS_SERIES                                                                              \
    "item, item_id, rule, version, recipient, recipient_id,"                                       \
    " (CASE WHEN rule IN ('escalation', 'nudge') THEN step END)"

/* A row's columns, the days as day numbers; and the row that begins with that one of a result's,
 * whether it is open left out. */
#define CLAIMS_COLUMNS                                                                             \
    "id, rule, item, item_id, version - date '1970-01-01', step, recipient, recipient_id,"         \
    " planned - date '1970-01-01', day - date '1970-01-01', status, why"
#define CLAIMS_N_COLUMNS 12
struct ledger_row claims_row(const PGresult *result, int row, int first);

/* 0; -EIO (logged, with what was refused); -ENOTCONN: it was not reached, and nothing happened;
 * -ECONNRESET: the connection broke, and what happened is not known. */
int claims_error(enum pg_outcome outcome, const struct pg_error *error, const char *what);

#endif
