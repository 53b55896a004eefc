/*
 * Checks of parameters that more than one method needs. 0, or -EINVAL with the refusal filled in.
 */
#ifndef GOALD_METHODS_CHECK_H
#define GOALD_METHODS_CHECK_H

#include <jansson.h>

#include "methods/fail.h"

#define CHECK_SHORT_TEXT 1000 /* characters of titles, names, keys */
#define CHECK_LONG_TEXT 100000
#define CHECK_ADDRESS 2000 /* bytes of an address */

/* A word among names[from..to], or absent. */
int check_word(const struct call *call, const char *name, const char *const *names, int from,
               int to, struct refusal *refusal) MUST_CHECK;

/* Not empty and not longer than `limit` characters, or absent. */
int check_text(const struct call *call, const char *name, size_t limit,
               struct refusal *refusal) MUST_CHECK;

/* The same of an object's members. */
int check_member_word(const json_t *object, const char *name, const char *const *names, int from,
                      int to, struct refusal *refusal) MUST_CHECK;
int check_member_text(const json_t *object, const char *name, size_t limit,
                      struct refusal *refusal) MUST_CHECK;

/* An array of http:// or https:// addresses, or absent; the field named is "evidence[2]". */
int check_addresses(const json_t *array, const char *name, struct refusal *refusal) MUST_CHECK;

/* Is it an http:// or https:// address without spaces and control characters? */
bool check_is_address(const char *text);

/* Is a number so near 0 that it has fewer than the 15 digits that the journal writes? Read again it
 * would be another one. */
bool check_is_tiny(double number);

/* Characters of UTF-8 text. */
size_t check_length(const char *text);

#endif
