/*
 * Listening: accepts connections on our own address or on the sockets that a service manager
 * passed (LISTEN_FDS), counts them by user, keeps them within limits, and ends them in good order.
 * Owns the sockets and the connections.
 */
#ifndef GOALD_SERVER_H
#define GOALD_SERVER_H

#include "conn.h"

struct server_limits {
    struct conn_limits conn;
    int connections;          /* in all; further ones are closed at once */
    int connections_per_user; /* by uid */
};

#define SERVER_DEFAULT_LIMITS                                                                      \
    {                                                                                              \
        .conn = CONN_DEFAULT_LIMITS, .connections = 10000, .connections_per_user = 1024            \
    }

struct server_options {
    struct event_base *base;
    struct service *service;
    const char *address; /* unix:/path or unix:@name; not used when sockets were passed */
    struct server_limits limits;
    /* An already connected socket was passed (Accept=yes), and that connection is over: the
     * program should end. The server must not be freed in here. */
    void (*ended)(void *arg);
    void *arg;
};

struct server_stats {
    int connections;
    bool listening;    /* false while draining, out of descriptors, or with one connection only */
    uint64_t accepted; /* all time, as those below */
    uint64_t rejected; /* over a limit */
    uint64_t calls, cached, refused;
};

struct server;

/* Raises RLIMIT_NOFILE to its hard limit and listens. -EINVAL, …: told in ret_error what and why.
 */
int server_new(const struct server_options *options, struct server **ret_server,
               char ret_error[SERVICE_ERROR_SIZE]) MUST_CHECK;

/* Closes everything at once. */
void server_free(struct server *server);

/* New limits, for connections that are open too (none is closed for being too many). */
void server_set_limits(struct server *server, const struct server_limits *limits);

/* Stops listening, closes idle connections, lets running calls end and their replies go out; what
 * is not done after `deadline_ms` is closed. `done` is called from the loop, once. */
void server_drain(struct server *server, int deadline_ms, void (*done)(void *arg), void *arg);

void server_stats(const struct server *server, struct server_stats *ret_stats);

/* Each user with connections, in no order. */
void server_each_user(const struct server *server,
                      void (*user)(void *arg, uid_t uid, int connections), void *arg);

#endif
