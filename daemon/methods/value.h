/*
 * Values as JSON by the types of the interface file, for replies that are built rather than
 * written (describe.h). Every function returns a new reference, or NULL when there is no memory,
 * which json_pack() and the reply's composition pass on.
 */
#ifndef GOALD_METHODS_VALUE_H
#define GOALD_METHODS_VALUE_H

#include <jansson.h>

#include "methods/request.h"

/* A number rounded to two decimals, null if unknown. */
json_t *value_number(double value);
/* A date as it was written, or null. */
json_t *value_date(struct date date);
/* A time in RFC 3339 and UTC, null for 0. */
json_t *value_time(int64_t us);

/* An account as a person's name, else "realm:uid", and a built-in administrator as "uid 0"; null
 * for an account that is not there. */
json_t *value_account(const struct request *request, int64_t account_id);

#define ACCOUNT_TEXT_SIZE 300
/* The same as text: the registry's, or in the buffer; NULL for an account that is not there. */
const char *account_text(const struct request *request, int64_t account_id,
                         char buffer[ACCOUNT_TEXT_SIZE]);

#endif
