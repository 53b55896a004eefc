/*
 * What account.c lends to other methods.
 */
#ifndef GOALD_METHODS_ACCOUNT_H
#define GOALD_METHODS_ACCOUNT_H

#include <jansson.h>

#include "methods/request.h"

/* The rights of an account as JSON (a new reference); none for NULL. */
json_t *describe_grants(const struct request *request, const struct account *account);

#endif
