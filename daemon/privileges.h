/*
 * From root to an unprivileged user, for good, and the folders that need root to be made. To be
 * called once, at the start, before sockets, files or other processes exist. Keeps nothing.
 */
#ifndef GOALD_PRIVILEGES_H
#define GOALD_PRIVILEGES_H

#include "wire/util.h"

struct privileges_options {
    const char *user;            /* to become when started as root; "": goald, else postgres */
    const char *state_directory; /* NULL: none is needed */
    const char *socket_path;     /* whose folder must exist; NULL: none (abstract, or passed in) */
};

/* Makes the folders that are missing (the state directory 0700, the socket's 0755), owned by the
 * user, and as root becomes the user: groups, group and user ids, with no way back. Started by
 * another user it stays that user. Refuses a state directory that is somebody else's or that
 * others may write to. On failure *ret_message says what to do; the caller frees it. */
int privileges_drop(const struct privileges_options *options, char **ret_message) MUST_CHECK;

#endif
