/*
 * The connection to the daemon: calls are queued, sent in one write where possible, and answered
 * in order. Waiting never lasts longer than the timeout without a byte moving, and a reply has a
 * greatest size. One thread, one link.
 */
#ifndef GOAL_LINK_H
#define GOAL_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

#define LINK_REPLY_MAX (64u << 20) /* bytes of one reply */

enum link_flags { LINK_MORE = 1, LINK_ONEWAY = 2 };

/* One reply; link_reply_done() frees what it holds. */
struct link_reply {
    json_t *parameters; /* an object, never NULL */
    char *error;        /* the error's full name, or NULL */
    bool continues;
};

struct link;

/* Connects to "unix:/path", "unix:@name" or a bare path. `timeout` in seconds; 0: for ever.
 * Returns a negative errno. */
int link_open(const char *address, int timeout, struct link **ret_link) MUST_CHECK;
void link_free(struct link *link);

/* Called four times a second while the link waits; NULL: nothing is. */
void link_set_tick(struct link *link, void (*tick)(void *arg), void *arg);

/* Another time to wait from here on, in seconds; 0: for ever. */
void link_set_timeout(struct link *link, int timeout);

/* Whether a signal ends a wait, as it does at first. If not, the wait goes on, and link_interrupt()
 * tells of the signal afterwards: for what must be said to the daemon all the same. */
void link_set_interruptible(struct link *link, bool interruptible);

/* Queues a call; takes `parameters` (NULL: none). */
int link_call(struct link *link, const char *method, json_t *parameters, int flags) MUST_CHECK;

/* Sends what is queued, without waiting for an answer. */
int link_flush(struct link *link) MUST_CHECK;

/*
 * Sends what is queued and waits for the next reply. -ETIMEDOUT, -EINTR (the user interrupted),
 * -ECONNRESET (the daemon closed the connection), -EMSGSIZE, -EBADMSG, or what the system said.
 */
int link_receive(struct link *link, struct link_reply *ret_reply) MUST_CHECK;

/* The signal that came while a link waited; 0: none. */
int link_interrupt(void);

void link_reply_done(struct link_reply *reply);

#endif
