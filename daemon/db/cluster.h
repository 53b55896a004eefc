/*
 * The private cluster: a PostgreSQL that goald makes, starts, watches and stops itself, below its
 * state directory in a folder named by the major version. Unix socket only. Used when no
 * `database` is configured.
 */
#ifndef GOALD_DB_CLUSTER_H
#define GOALD_DB_CLUSTER_H

#include <event2/event.h>

#include "wire/util.h"

struct cluster;

struct cluster_options {
    const char *state_directory; /* absolute; the cluster is in STATE/postgresql/MAJOR */
    const char *bin_directory;   /* of initdb and postgres; NULL: found (newest in
                                    /usr/lib/postgresql/MAJOR/bin, else PATH) */
    /* told once the postmaster accepts connections, and again after each restart */
    void (*ready)(void *arg);
    /* told when it can't be run: a message that says what to do; fatal at start-up */
    void (*failed)(void *arg, const char *message);
    void *arg;
};

/* Finds or makes the cluster and starts or adopts its postmaster; the rest happens on the loop, and
 * its failures are told to failed(), which may free the cluster. An error here comes with a message
 * that says what to do, which the caller frees (NULL if memory is short): -EPERM as root, -EBUSY if
 * another goald has the folder, -ENOENT without PostgreSQL, -EINVAL if the data is of another major
 * version. */
int cluster_start(struct event_base *base, const struct cluster_options *options,
                  struct cluster **ret_cluster, char **ret_message) MUST_CHECK;

/* libpq conninfo of the daemon's role, "goald", and of the owner's, "goald_owner"; the cluster's
 * own strings. NULL before it is ready. After a restart they may be others, which is rare: the
 * socket's folder is a new one if the state directory's path is too long for a socket. */
const char *cluster_conninfo(const struct cluster *cluster);
const char *cluster_owner_conninfo(const struct cluster *cluster);

/* Asks the postmaster for a fast shutdown and waits for it, at most `timeout_ms`. */
int cluster_stop(struct cluster *cluster, int timeout_ms) MUST_CHECK;
void cluster_free(struct cluster *cluster); /* does not stop it */

#endif
