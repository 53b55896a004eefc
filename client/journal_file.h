/*
 * A journal in a file: a line of JSON that says which it is and where it ends, then an entry a
 * line, as they stand in the database. Read line by line, and its chain of hashes recomputed on the
 * way, without any daemon.
 *
 * A `struct journal_file` owns its stream and what it has read; journal_file_close() frees it.
 */
#ifndef GOAL_JOURNAL_FILE_H
#define GOAL_JOURNAL_FILE_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "wire/util.h"

#define JOURNAL_FORMAT "goald-journal-1"
#define JOURNAL_HASH_SIZE 32

struct journal_file {
    const char *path;
    FILE *in;
    char *line;
    size_t size;
    long number;                           /* of the line */
    json_t *header;                        /* the first line */
    json_int_t seq;                        /* of the last entry read, … */
    unsigned char hash[JOURNAL_HASH_SIZE]; /* … its hash as it says … */
    char time[32];                         /* … and its time; "" before the first */
};

/* Reads the first line. An exit code; what is wrong is said. "-" is standard input. */
int journal_file_open(struct journal_file *file, const char *path) MUST_CHECK;
void journal_file_close(struct journal_file *file);

/* The next entry: 1 with a new reference, 0 at the end, -EIO for a line that is no entry.
 * *ret_problem (the caller's) says what is wrong with it, or is NULL: it follows the one before and
 * its hash is right. */
int journal_file_next(struct journal_file *file, json_t **ret_entry, char **ret_problem) MUST_CHECK;

/* After the last entry: is it the one that the header names? NULL, or what is wrong (the
 * caller's). */
char *journal_file_end(const struct journal_file *file);

/* Reads hexadecimal. -EINVAL. */
int journal_hash_parse(const char *hex, unsigned char ret_hash[JOURNAL_HASH_SIZE]) MUST_CHECK;

#endif
