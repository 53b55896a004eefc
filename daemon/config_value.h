/*
 * One configuration value: from text to a typed field and back. config.c alone uses it; a string
 * belongs to the struct that the field is in.
 */
#ifndef GOALD_CONFIG_VALUE_H
#define GOALD_CONFIG_VALUE_H

#include <stdbool.h>

#include "wire/util.h"

enum config_type {
    CONFIG_STRING,   /* char *: anything */
    CONFIG_PATH,     /* char *: an absolute path, or nothing */
    CONFIG_ADDRESS,  /* char *: unix:/path or unix:@name */
    CONFIG_LEVEL,    /* int: a level of syslog by name */
    CONFIG_INTEGER,  /* int */
    CONFIG_DURATION, /* int: milliseconds */
    CONFIG_SIZE,     /* size_t: bytes */
    CONFIG_BOOLEAN,  /* bool */
    CONFIG_MAILBOX,  /* char *: an address for mail, or nothing */
};

struct config_range {
    long long min, max; /* both allowed */
};

/* Sets the field, freeing a string that was in it. -EINVAL: what is wrong with the text is in
 * `problem`, and the field is as it was. */
int config_value_parse(enum config_type type, struct config_range range, const char *text,
                       void *field, char *problem, size_t problem_size) MUST_CHECK;

bool config_value_equal(enum config_type type, const void *a, const void *b);
size_t config_value_size(enum config_type type);
void config_value_free(enum config_type type, void *field);

/* How many letters must be changed, added or left out to make a from b; `limit` if as many or
 * more. */
size_t config_distance(const char *a, const char *b, size_t limit);

#endif
