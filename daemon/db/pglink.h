/*
 * One libpq connection and its socket's events: connects without blocking, then tells its owner
 * when the socket is ready. pg.c (jobs in pipelines) and script.c (one statement after another)
 * stand on it and embed it; it owns the PGconn and its events.
 */
#ifndef GOALD_DB_PGLINK_H
#define GOALD_DB_PGLINK_H

#include <event2/event.h>

#include "db/pg.h"

struct pglink_calls {
    void (*opened)(void *arg);              /* connected, non-blocking, waiting for nothing yet */
    void (*failed)(void *arg);              /* it is closed again; pglink.error tells why */
    void (*ready)(void *arg, short events); /* EV_READ, EV_WRITE or both, once open */
};

struct pglink {
    PGconn *conn; /* NULL: closed */
    struct event_base *base;
    struct event *io, *timer;
    evutil_socket_t fd; /* what io waits for */
    short events;
    bool connecting;
    int timeout_ms;
    struct pg_error error; /* why it was closed or cannot be used; "" while all is well */
    const struct pglink_calls *calls;
    void *arg;
};

int pglink_init(struct pglink *link, struct event_base *base, const struct pglink_calls *calls,
                void *arg) MUST_CHECK;
void pglink_done(struct pglink *link);

/* Starts to connect; the timeout is for the whole attempt, all hosts of the conninfo together.
 * An error here means the same as failed(), which is then not called. */
int pglink_open(struct pglink *link, const char *conninfo, int timeout_ms) MUST_CHECK;
void pglink_close(struct pglink *link);

/* Waits for these events from now on. False if that is impossible: the connection is broken. */
bool pglink_wait(struct pglink *link, short events) MUST_CHECK;
void pglink_rest(struct pglink *link); /* waits for none */

/* Reads what has arrived. False if the connection is gone; results that came before may be left. */
bool pglink_read(struct pglink *link) MUST_CHECK;

/* Whether it still looks usable. If not, pglink.error tells why. */
bool pglink_is_alive(struct pglink *link) MUST_CHECK;

/* Notes why the connection cannot be used, unless something said so before. */
void pglink_blame(struct pglink *link, const char *format, ...) PRINTF_LIKE(2, 3);

/* Reads an error result. True if it means the end of the connection. */
bool pg_error_read(struct pg_error *error, const PGresult *result);
void pg_error_set(struct pg_error *error, const char *message); /* made one line */

void pg_timer_set(struct event *timer, int ms); /* below 0: none */
int64_t pg_now_us(void);                        /* CLOCK_MONOTONIC */

#endif
