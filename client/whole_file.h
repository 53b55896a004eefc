/*
 * A file that appears whole or not at all: written beside its place, under a name that nobody can
 * foresee, and put there in the end.
 */
#ifndef GOAL_WHOLE_FILE_H
#define GOAL_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
    const char *path; /* borrowed */
    char *beside;     /* owned; NULL: it is not open */
    FILE *out;
};

/* Opens it; an exit code. */
int whole_file_open(struct whole_file *file, const char *path);

/* Puts it at its place, readable as the umask says or (`secret`) by its owner only; or, with an
 * exit code that tells of a failure, removes it. Returns that exit code, or its own. */
int whole_file_close(struct whole_file *file, int exit, bool secret);

#endif
