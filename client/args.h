/*
 * Options and words of a command line, read by getopt_long from rows. The rows and argv belong to
 * the caller and outlive what is read.
 */
#ifndef GOAL_ARGS_H
#define GOAL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

struct option_row {
    const char *name;  /* without the dashes; a row without a name ends the list */
    char letter;       /* 0: none */
    const char *value; /* what to call its value in the help; NULL: it takes none */
    const char *help;
    const char *words; /* the values there are, separated by blanks; NULL: any; or the next */
};

/* The `words` of an option whose value is a whole number. */
extern const char option_number[];

#define ARGS_OPTIONS_MAX 256 /* options given on one command line */

struct args {
    char **words; /* what is not an option */
    int count;
    struct {
        const struct option_row *row;
        const char *value;
    } given[ARGS_OPTIONS_MAX];
    size_t n_given;
};

/*
 * Reads argv[1…] into `args`, which may hold options already. Takes options of `global` and of
 * `own` (may be NULL) anywhere, or only those before the first word if `until_word`. On -EINVAL
 * *ret_problem says what is wrong (the caller's to free).
 */
int args_parse(const struct option_row *global, const struct option_row *own, bool until_word,
               int argc, char **argv, struct args *args, char **ret_problem) MUST_CHECK;

/* The value of an option, the last one given; NULL: not given. A flag's value is "". */
const char *args_get(const struct args *args, const char *name);

/* The n-th value given of an option that may be repeated, else NULL. */
const char *args_get_nth(const struct args *args, const char *name, size_t n);

bool args_has(const struct args *args, const char *name);

/* The n-th word, else NULL. */
const char *args_word(const struct args *args, int n);

/* A value as the interface spells its words: "off-track" and "off track" are "off_track". */
char *word_canonical(const char *value);

/* Is it a whole number? */
bool number_valid(const char *text);

/* A number: "12.5" or "12,5". -EINVAL: it is none. */
int number_read(const char *text, double *ret_number) MUST_CHECK;

/* Is the word among those separated by blanks? */
bool word_in(const char *words, const char *word);

#endif
