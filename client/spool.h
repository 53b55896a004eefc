/*
 * The outbox's folder, $XDG_STATE_HOME/goal/outbox (mode 0700): a file (0600) for each change that
 * is kept, named by its place in the order and its request id. A file is complete or not there; it
 * has reached the disk when its writer is told so. What is not ours is never read: links, folders,
 * other users' files, files with another name.
 *
 * An entry is a JSON object:
 *   format   "goal-outbox-1"
 *   id       the request id
 *   made     when the command was given (RFC 3339, UTC)
 *   address  the daemon it is for
 *   method   in full
 *   tries    the parameters to call it with; the next where the daemon refuses the one before
 *            because it knows no such strategy, or because the id was used with other parameters
 *   command  as it was typed, in short
 *   sent     whether the daemon may have got it already
 *   refused  what the daemon said when it was sent again: {error, parameters}; absent: nothing yet
 */
#ifndef GOAL_SPOOL_H
#define GOAL_SPOOL_H

#include <jansson.h>
#include <stdbool.h>

#include "wire/util.h"

#define SPOOL_ENTRY_MAX (4u << 20) /* bytes of a file */
#define SPOOL_ENTRIES_MAX 10000

#define SPOOL_FORMAT "goal-outbox-1"

struct spool {
    int folder; /* -1: closed */
    char *path;
};

/*
 * Opens the folder; `create` makes it and what is missing above it, but no home. -ENOENT: it is not
 * there; -ENOTDIR: something else is; -EPERM: another user's; -EDESTADDRREQ: neither
 * XDG_STATE_HOME nor HOME says where it is. The path is set even then, or NULL.
 */
int spool_open(bool create, struct spool *ret_spool) MUST_CHECK;
void spool_done(struct spool *spool);

/* What an error of this file means, in words. */
const char *spool_error(int error);

/* Waits so many seconds at most for the right to send what is there; -EWOULDBLOCK: another goal
 * has it. It ends when the descriptor is closed. */
int spool_lock(const struct spool *spool, int seconds, int *ret_fd) MUST_CHECK;

/* The entries in order, each with its file's name as `file`; what else is there, in words. */
int spool_list(const struct spool *spool, json_t **ret_entries, json_t **ret_odd) MUST_CHECK;

/* Adds an entry behind the others; tells how many for its address were there before. -EEXIST: it is
 * there; -ENOTUNIQ: another one has its id; -EDQUOT: too many are there; -EMSGSIZE: it is too
 * large. */
int spool_add(const struct spool *spool, const json_t *entry, size_t *ret_before) MUST_CHECK;

/* Writes an entry of spool_list() anew, or takes it away. */
int spool_replace(const struct spool *spool, const json_t *entry) MUST_CHECK;
int spool_remove(const struct spool *spool, const json_t *entry) MUST_CHECK;

#endif
