/*
 * Parts of replies that several methods share, as JSON by the types of the interface file. Every
 * function returns a new reference, or NULL when there is no memory (which json_pack() and the
 * reply's composition pass on).
 */
#ifndef GOALD_METHODS_DESCRIBE_H
#define GOALD_METHODS_DESCRIBE_H

#include <jansson.h>

#include "core/rules.h"
#include "methods/request.h"

/* A number rounded to two decimals, null if unknown. */
json_t *describe_number(double value);
/* A share of 1 to four decimals, null if unknown. */
json_t *describe_share(double value);
/* A date as it was written, or null. */
json_t *describe_date(struct date date);
/* A time in RFC 3339 and UTC, null for 0. */
json_t *describe_time(int64_t us);

json_t *describe_title(const struct request *request, const struct texts *texts);
json_t *describe_work(const struct result *result);
json_t *describe_closing(const struct closing *closing);
/* Who holds a role on the node: those of that role only, or all (role < 0); those whose term
 * holds today, or all. */
json_t *describe_holders(const struct request *request, const struct node *node, int role,
                         bool current);
json_t *describe_groups(const struct request *request, const struct node *node);
json_t *describe_links(const struct node *node);
json_t *describe_line(const struct request *request, struct node *node, double weight);

/* The name of an organisation, person or group, else its key; "" for what is not there. */
const char *describe_holder_name(const struct request *request, enum holder holder, int64_t id);
const char *describe_holder_key(const struct request *request, enum holder holder, int64_t id);

/* An account as a person's name, else "realm:uid", and a built-in administrator as "uid 0": a new
 * JSON string; null for an account that is not there. */
json_t *describe_account(const struct request *request, int64_t account_id);

/* How many of a kind the strategy should have, null if it does not say. */
json_t *describe_expected(const struct tree *tree, enum kind kind);

#endif
