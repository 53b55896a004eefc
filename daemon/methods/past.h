/*
 * Answers about the past (design.md part 5: D and T): the parameters `asOf` and `knownAt` that the
 * reading methods have in common. The gate parks such a call and loads the moment; the handler runs
 * when it is there, and its request_open() gives it that moment in place of the present. The rights
 * are those of the present. The moment is the call's, and freed with it.
 */
#ifndef GOALD_METHODS_PAST_H
#define GOALD_METHODS_PAST_H

#include "db/moment.h"
#include "methods/request.h"

/* Does the call ask about the past, and can the method answer that? */
bool past_is_asked(const struct call *call, call_handler *handler);

/* Loads the moment and runs the handler, later. The request is open, but for its node: there may
 * not be one of that code now. */
const struct answer *past_load(const struct request *request, call_handler *handler) MUST_CHECK;

/* Reads a known-at: a date (its end in the strategy's time zone), a time, or seq:N. Fills in what
 * the wish says of the moment; a refusal names the field. */
const struct answer *past_known_at(const struct request *request, const char *field,
                                   const char *text, struct moment_wish *wish) MUST_CHECK;

/* What is wrong with the moment that was asked for; NULL if it is not the moment. */
const char *past_problem(enum moment_outcome outcome);

/* The answer for a moment that was not READY. */
const struct answer *past_fail(struct call *call, const char *field,
                               enum moment_outcome outcome) MUST_CHECK;

/* … and for what moments_load() refused. */
const struct answer *past_fail_load(struct call *call, int error) MUST_CHECK;

#endif
