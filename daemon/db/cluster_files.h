/*
 * The private cluster's folders and files: which PostgreSQL to run on which data, its
 * configuration, its pid file. A `struct cluster_files` owns its strings.
 */
#ifndef GOALD_DB_CLUSTER_FILES_H
#define GOALD_DB_CLUSTER_FILES_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/util.h"

#define CLUSTER_PORT 5432 /* only part of the socket's name: nothing listens on TCP */

struct cluster_files {
    int major;        /* of the PostgreSQL that is used */
    char *bin;        /* folder of initdb and postgres */
    char *root;       /* STATE/postgresql */
    char *data;       /* STATE/postgresql/MAJOR */
    char *making;     /* where initdb works until it is complete; NULL: not now */
    char *log;        /* what postgres and initdb print */
    long log_from;    /* where the running program's output starts in it */
    char *socket_dir; /* once it is known */
    char *user;       /* our user's name */
    int lock_fd;      /* holds STATE/postgresql/lock */
};

/* Chooses the programs and the data, makes and locks the folder. On failure a message that says
 * what to do, which the caller frees (NULL if memory is short). */
int cluster_files_init(struct cluster_files *files, const char *state_directory,
                       const char *bin_directory, char **ret_message) MUST_CHECK;
void cluster_files_done(struct cluster_files *files);

bool cluster_files_exist(const struct cluster_files *files); /* there is data */

/* A new, empty folder for initdb, after removing what interrupted ones left. */
int cluster_files_prepare(struct cluster_files *files) MUST_CHECK;
/* Makes what initdb has made the data. */
int cluster_files_accept(struct cluster_files *files) MUST_CHECK;

/* Finds a folder for the socket and writes the configuration. */
int cluster_files_configure(struct cluster_files *files) MUST_CHECK;
/* After a clean stop. */
void cluster_files_remove_socket_dir(struct cluster_files *files);

/* The postmaster that runs on our data; 0: none. */
pid_t cluster_files_postmaster(const struct cluster_files *files);
bool cluster_files_is_postmaster(const struct cluster_files *files, pid_t pid);
/* Where it listens, into files->socket_dir. -EAGAIN: not told yet. */
int cluster_files_read_socket_dir(struct cluster_files *files) MUST_CHECK;
/* Removes lock files that name a living process which is not ours: PostgreSQL itself would take
 * it for another postmaster. Only when cluster_files_postmaster() says 0. */
void cluster_files_remove_stale(const struct cluster_files *files);

/* A program is about to start: puts a long log aside, as one older log, and notes its end. */
void cluster_files_begin_log(struct cluster_files *files);
/* The last line since then that tells of a failure, else the last; "" if there is none. */
void cluster_files_last_words(const struct cluster_files *files, char *line, size_t size);

#endif
