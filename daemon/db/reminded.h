/*
 * What the ledger of reminders says of one strategy, for showing it: what is open, what became of
 * the rest since a day, and all that core/reminders.h needs to tell what is due and to come.
 * (claims.h reads it for sending.)
 *
 * A job that its owner fills in and starts, and that done() hands back, once, never from within
 * the call that started it. Whoever waits no longer sets `arg` to NULL: nothing is told then but
 * that it is done.
 */
#ifndef GOALD_DB_REMINDED_H
#define GOALD_DB_REMINDED_H

#include "core/ledger.h"
#include "db/pool.h"

struct reminded_row {
    struct ledger_row row;
    bool shown; /* it is open, or was settled since the day */
    bool given_up;
    int64_t changed_us; /* CLOCK_REALTIME */
    const char *reason; /* of what was skipped or failed; NULL: none */
};

struct reminded {
    struct pg_job job; /* first: the pool hands it back */
    int32_t strategy_id;
    int32_t since; /* a day */
    void *arg;
    void (*row)(void *arg, const struct reminded_row *row);
    /* 0; -ENOTCONN, -ECONNRESET: the database is out of reach; -EIO: it refused (logged). */
    void (*done)(struct reminded *reminded, int error);
};

void reminded_read(struct pool *pool, struct reminded *reminded);

#endif
