/*
 * What the daemon's errors mean to a person: one table from an error's name to a sentence that
 * says what to do, and to the exit code.
 */
#ifndef GOAL_ERRORS_H
#define GOAL_ERRORS_H

#include <jansson.h>
#include <stddef.h>

#include "wire/util.h"

enum exit_code {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,   /* refused or failed */
    EXIT_USAGE = 2,     /* the command line is wrong */
    EXIT_NOTHING = 3,   /* nothing by that name */
    EXIT_AWAY = 4,      /* daemon or database not reachable, or too busy: may be tried again */
    EXIT_FORBIDDEN = 5, /* not permitted */
};

/*
 * In a sentence, {field} stands for the error's parameter; what is in […] is left out where its
 * parameter is null, missing or empty.
 */
struct error_row {
    const char *name; /* in full */
    enum exit_code exit;
    const char *sentence;
};

extern const struct error_row error_rows[];
extern const size_t error_count;

/* The error's row, or NULL if this program does not know it. */
const struct error_row *error_find(const char *name);

/* The sentence for an error, made harmless; the caller's to free. */
char *error_sentence(const char *name, const json_t *parameters);

enum exit_code error_exit(const char *name);

#endif
