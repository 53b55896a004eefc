/*
 * One asynchronous libpq connection on the event loop: connecting, setting up, idle, running one
 * job's pipeline, waiting to try again. pool.c owns them; nobody else sees a PGconn.
 *
 * A job is a pipeline of prepared statements. Its life: pg_job.send() is called once with the
 * connection and queues statements with pg_query(); result() is called for each row batch or
 * command in order; more() may queue others once all were answered; done() is called exactly once,
 * and after it the job is the caller's again.
 */
#ifndef GOALD_DB_PG_H
#define GOALD_DB_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/util.h"

struct pg;

/* A statement, prepared on a connection when it is first used there. Static, one per query;
 * `name` is unique. */
struct pg_statement {
    const char *name, *sql;
    int n_params;
};

#define PG_MOST_BINARY 16 /* parameters of a statement that takes them in binary */

/* A parameter in binary format; NULL is null. */
struct pg_value {
    const void *bytes;
    int len;
};

enum pg_outcome {
    PG_DONE,    /* every statement up to the last sync succeeded */
    PG_REFUSED, /* the server answered with an error: sqlstate and message tell; all undone */
    PG_UNSENT,  /* never sent: no connection before the job's deadline; nothing happened */
    PG_LOST,    /* sent, then the connection broke or timed out: what happened is not known */
};

struct pg_error {
    char sqlstate[6];
    char message[512]; /* primary message, one line */
    char constraint[64];
};

struct pg_job {
    void (*send)(struct pg_job *job, struct pg *pg);
    /* `index` is the statement's number in the pipeline from 0. With rows true in pg_query() it
     * is called for each row as it arrives (PGRES_SINGLE_TUPLE), then once more with
     * PGRES_TUPLES_OK and no rows; else once with the whole result. The result is cleared by the
     * caller. It may queue further statements, with a sync point behind them. May be NULL. */
    void (*result)(struct pg_job *job, int index, const PGresult *result);
    /* Called when all that was sent has been answered without an error: queues further statements
     * and returns true (their indexes go on from the last one's, a sync point is added), or false:
     * the job is over. The time limit is that of the whole job. May be NULL. */
    bool (*more)(struct pg_job *job, struct pg *pg);
    void (*done)(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error);
    bool takes_results; /* result() becomes the owner of what it gets, and clears it */
    int timeout_ms;     /* from being sent; 0: the pool's query timeout */
    int deadline_ms;    /* how long it may wait for a connection; 0: the pool's wait timeout */
    /* the rest belongs to the pool */
    struct pg_job *next;
    int64_t deadline_at; /* CLOCK_MONOTONIC, µs */
};

/* Queue a statement of the job being sent: text parameters, NULL is null. Copied before return.
 * Failures surface as the job's outcome, so there is nothing to check here. */
void pg_query(struct pg *pg, const struct pg_statement *statement, const char *const *params);
void pg_query_binary(struct pg *pg, const struct pg_statement *statement,
                     const struct pg_value *params);
void pg_query_rows(struct pg *pg, const struct pg_statement *statement, const char *const *params);

/* Sync points split a pipeline into transactions of their own: what stands between two of them is
 * one, without any BEGIN. One is added at the end of each job. An error skips to the next sync and
 * makes the job PG_REFUSED. BEGIN and COMMIT are statements like any other; a transaction that a
 * job leaves open (as an error between them does) is rolled back before the connection is used
 * again, but fails the job's later statements up to its end. */
void pg_sync(struct pg *pg);

#endif
