/*
 * What org.varlink.certification's methods do: hands out client ids, compares each call with what
 * the test wants, and remembers who passed what. Owns the clients' records, a bounded number.
 */
#ifndef CERTIFY_H
#define CERTIFY_H

#include "wire/service.h"

struct certify;

int certify_new(struct certify **ret_certify) MUST_CHECK;
void certify_free(struct certify *certify);

/* The handlers; a call's `service` is the struct certify. */
extern const struct service_method certify_methods[];

#endif
