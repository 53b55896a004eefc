/*
 * What pg.c (a connection's states), pg_job.c (its pipelines) and pool.c (who owns the
 * connections) share. Nobody else includes it.
 */
#ifndef GOALD_DB_PG_CONN_H
#define GOALD_DB_PG_CONN_H

#include "db/pglink.h"

enum pg_state {
    PG_CLOSED, /* nothing is wanted of it */
    PG_CONNECTING,
    PG_SETTING_UP, /* the session's settings are on their way */
    PG_IDLE,
    PG_BUSY,     /* runs a job */
    PG_CLEANING, /* rolls back what the job left open */
    PG_BACKOFF,  /* waits to try again */
};

/* What a pool's connections have in common; the pool's. */
struct pg_settings {
    const char *conninfo, *search_path;
    int connect_timeout_ms, query_timeout_ms, idle_ms;
};

struct pg_calls {
    /* Told of every change of state, after it; pg_message() tells why it was lost. */
    void (*changed)(void *arg, struct pg *pg, enum pg_state from);
    void (*notified)(void *arg, const char *channel, const char *payload);
};

enum pg_item_kind { ITEM_PREPARE, ITEM_OWN, ITEM_QUERY, ITEM_ROWS, ITEM_SYNC };

/* One thing in the pipeline that an answer is due for. */
struct pg_item {
    enum pg_item_kind kind;
    bool begun;                   /* its results are being read */
    int index;                    /* the statement's number in the job */
    struct pg_prepared *prepared; /* of a PREPARE */
};

struct pg_pipeline {
    struct pg_item *items;
    size_t len, size, next; /* next: whose answer is due */
    int statements, segment;
    bool broken;  /* could not be queued: the connection is to be given up */
    bool refused; /* `error` holds the first error */
    bool stale;   /* the session's prepared statements cannot be trusted any more */
    struct pg_error error;
};

struct pg {
    struct pglink link;
    struct event *timer, *again;
    const struct pg_settings *settings;
    const struct pg_calls *calls;
    void *arg;
    int use;       /* the pool's */
    bool keep;     /* stays connected, and connects again by itself */
    char *channel; /* to LISTEN on, or NULL */
    enum pg_state state;
    unsigned failures;  /* in a row */
    struct pg_job *job; /* while busy */
    int64_t job_since;
    int statement_timeout_ms; /* the session's */
    struct pg_pipeline pipeline;
    struct pg_prepared *prepared; /* hash by statement */
};

int pg_new(struct event_base *base, const struct pg_settings *settings,
           const struct pg_calls *calls, void *arg, struct pg **ret_pg) MUST_CHECK;
void pg_free(struct pg *pg); /* a running job is PG_LOST; changed() is not called */

void pg_open(struct pg *pg); /* closed or backing off: connects now */

/* Runs a job on an idle connection. -ENOTCONN: it turned out to be dead, and nothing was sent. */
int pg_run(struct pg *pg, struct pg_job *job) MUST_CHECK;

const char *pg_message(const struct pg *pg);
bool pg_is_working(enum pg_state state);

/* --- pg_job.c ----------------------------------------------------------------------------- */

void pipeline_reset(struct pg *pg);
void pipeline_done(struct pg *pg);
void pipeline_forget_prepared(struct pg *pg);

/* Queues a statement of the connection's own; its results are dropped, its error is kept. */
void pipeline_own(struct pg *pg, const char *sql, int n_params, const char *const *params);

enum pipeline_step { PIPELINE_WAIT, PIPELINE_MORE, PIPELINE_FINISHED, PIPELINE_BROKEN };

/* Takes what has arrived, but only so much that the loop's other work does not wait for it:
 * PIPELINE_MORE asks to be called again in the loop's next turn. */
enum pipeline_step pipeline_read(struct pg *pg) MUST_CHECK;

#endif
