/*
 * One connection: reads calls, has the service answer them in order, writes the replies. Knows
 * nothing of listening (server.c) and nothing of what the service does.
 *
 * Connections with something to do wait in their user's queue, and users take turns, so that a
 * user with a thousand busy connections holds others up no longer than one with a single one.
 *
 * Owned by whoever made it until it ends by itself: then conn_owner.closed() is told and it frees
 * itself. A call that is parked when its connection ends lives on without it.
 */
#ifndef GOALD_CONN_H
#define GOALD_CONN_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "wire/buffer.h"
#include "wire/service.h"

struct conn;

/* All may be changed while connections are open. */
struct conn_limits {
    size_t message;       /* longest call, bytes; a longer one ends the connection */
    size_t output;        /* bytes that may wait for a peer that does not read; more end it */
    size_t output_low;    /* above this no further call is taken and no stream is pulled */
    size_t user;          /* bytes that may wait in all connections of one user; above half of it
                           * none takes or reads anything ahead, above it those that add end */
    int read_timeout_ms;  /* a call that has begun to come has to be whole in this time */
    int write_timeout_ms; /* the peer has to read something in this time */
    int calls_a_turn;     /* then it is others' turn */
    int turn_us;          /* so it is after this time */
    int round_us;         /* then the event loop looks who else has something to do */
};

#define CONN_DEFAULT_LIMITS                                                                        \
    {                                                                                              \
        .message = (size_t)1 << 20, .output = (size_t)4 << 20, .output_low = (size_t)64 << 10,     \
        .user = (size_t)64 << 20, .read_timeout_ms = 30000, .write_timeout_ms = 30000,             \
        .calls_a_turn = 64, .turn_us = 200, .round_us = 500                                        \
    }

enum { CONN_SCRATCH_SIZE = 64 << 10 };

TAILQ_HEAD(conn_queue, conn);
TAILQ_HEAD(conn_user_queue, conn_user);

/* What the connections of one user share; whoever makes connections keeps one for each user, from
 * conn_user_init() until the last is gone. */
struct conn_user {
    size_t bytes; /* that wait in their input and output */
    struct conn_queue ready;
    TAILQ_ENTRY(conn_user) entry; /* in the owner's queue while `ready` is not empty */
};

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
    /* conn.c's */
    struct conn_user_queue ready; /* users with connections that have something to do */
    struct event *round;          /* serves them */
    bool in_round;
    int64_t now_ns;                  /* when the last turn ended */
    struct buffer spare;             /* lent to each in turn for its replies, */
    char scratch[CONN_SCRATCH_SIZE]; /* and for what it reads: idle ones need no buffer */
};

/* After `base` is set; done after the last connection is gone. -ENOMEM. */
int conn_owner_init(struct conn_owner *owner) MUST_CHECK;
void conn_owner_done(struct conn_owner *owner);

void conn_user_init(struct conn_user *user);

/* Takes the descriptor (non-blocking), also when it fails (-ENOMEM). */
int conn_new(struct conn_owner *owner, struct conn_user *user, int fd, const struct peer *peer,
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
