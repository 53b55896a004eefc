/*
 * Small, separate quotas of connections to one database: writers, as-of reads, imports, LISTEN
 * (design part 3: none may starve another). Owns its connections (pg.c) and the queues of jobs.
 */
#ifndef GOALD_DB_POOL_H
#define GOALD_DB_POOL_H

#include <event2/event.h>
#include <stdint.h>

#include "db/pg.h"

/* FOLLOW is the daemon's own: the poll, refreshes and loads, notifications; READ is the callers'.
 */
enum pool_use { POOL_WRITE, POOL_READ, POOL_IMPORT, POOL_FOLLOW, POOL_LISTEN, POOL_USES };
extern const char *const pool_use_names[];

struct pool;

struct pool_options {
    const char *conninfo;    /* libpq's; several hosts and target_session_attrs are welcome */
    const char *search_path; /* set on every connection; NULL: the server's */
    int size[POOL_USES];     /* connections at most */
    int connect_timeout_ms, query_timeout_ms, wait_timeout_ms;
    int idle_ms; /* an idle connection above the first is closed after this; 0: never */
    /* told of every new connection, before it runs a job (the store compares its trees then) */
    void (*connected)(void *arg, enum pool_use use);
    /* told when the last working connection is gone, and when one is back */
    void (*reachable)(void *arg, bool reachable);
    void (*notified)(void *arg, const char *channel, const char *payload);
    void *arg;
};

/* One use's numbers, for GetServerStatus. */
struct pool_stats {
    int size, open, busy, queued;
    uint64_t jobs, failures, reconnects;
    int64_t oldest_us; /* age of the oldest running job, 0: none */
};

int pool_new(struct event_base *base, const struct pool_options *options,
             struct pool **ret_pool) MUST_CHECK;

/* Fails what runs with PG_LOST and what is queued with PG_UNSENT, and closes all connections. What
 * the pool knows of the server can still be asked; no job may be run. */
void pool_close(struct pool *pool);

/* Closes it if need be. */
void pool_free(struct pool *pool);

/* Runs the job on a connection of that use as soon as one is free. */
void pool_run(struct pool *pool, enum pool_use use, struct pg_job *job);

/* Opens the LISTEN connection and keeps it listening on `channel` across reconnects. */
int pool_listen(struct pool *pool, const char *channel) MUST_CHECK;

/* Try to connect now rather than at the end of a back-off (the private cluster came up). */
void pool_wake(struct pool *pool);

bool pool_is_reachable(const struct pool *pool);
int64_t pool_last_contact_us(const struct pool *pool); /* CLOCK_REALTIME; 0: never */
void pool_stats(const struct pool *pool, enum pool_use use, struct pool_stats *ret_stats);
const char *pool_last_error(const struct pool *pool); /* "" if none; the pool's own */
int pool_server_version(const struct pool *pool);     /* 150018; 0: not known yet */
const char *pool_user(const struct pool *pool);       /* the role connected as; "" before */

#endif
