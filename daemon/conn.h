/*
 * One connection: reads calls, has the service answer them in order, writes the replies. Knows
 * nothing of listening (server.c) and nothing of what the service does.
 *
 * Owned by whoever made it until it ends by itself: then conn_owner.closed() is told and it frees
 * itself. A call that is parked when its connection ends lives on without it.
 */
#ifndef GOALD_CONN_H
#define GOALD_CONN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/service.h"

struct conn;

/* All may be changed while connections are open. */
struct conn_limits {
    size_t message;       /* longest call, bytes; a longer one ends the connection */
    size_t output;        /* bytes that may wait for a peer that does not read; more end it */
    size_t output_low;    /* above this no further call is taken and no stream is pulled */
    int write_timeout_ms; /* the peer has to read something in this time */
    int calls_a_turn;     /* then it is others' turn; so it is after 2 ms */
};

#define CONN_DEFAULT_LIMITS                                                                        \
    {                                                                                              \
        .message = (size_t)1 << 20, .output = (size_t)16 << 20, .output_low = (size_t)64 << 10,    \
        .write_timeout_ms = 30000, .calls_a_turn = 64                                              \
    }

enum { CONN_SCRATCH_SIZE = 64 << 10 };

/* What the connections of one server share. The owner fills in the first part. */
struct conn_owner {
    struct event_base *base;
    struct service *service;
    struct conn_limits limits;
    void (*closed)(struct conn_owner *owner, struct conn *conn); /* freed after this */
    /* counted here */
    uint64_t calls;   /* calls taken, cached ones too */
    uint64_t cached;  /* of these, answered by the service's cache */
    uint64_t refused; /* frames that were no calls */
    uint64_t last_id;
    char scratch[CONN_SCRATCH_SIZE]; /* read into by each in turn: idle ones need no buffer */
};

/* Takes the descriptor (non-blocking), also when it fails (-ENOMEM). */
int conn_new(struct conn_owner *owner, int fd, const struct peer *peer,
             struct conn **ret_conn) MUST_CHECK;

/* Ends it now, without telling anybody; NULL is fine. Not from within one of its calls. */
void conn_free(struct conn *conn);

/* Takes no further calls, and ends when the running one is answered and its replies are out. */
void conn_drain(struct conn *conn);

/* The owner's own pointer, to find its books by. */
void conn_set_data(struct conn *conn, void *data);
void *conn_data(const struct conn *conn);

/* Bytes of memory it holds: for tests and statistics. */
size_t conn_memory(const struct conn *conn);

#endif
