/*
 * The errors of io.goald.Tracker, one function each, and a small box for a refusal that is found
 * in one place and answered in another.
 */
#ifndef GOALD_METHODS_FAIL_H
#define GOALD_METHODS_FAIL_H

#include <stdint.h>

#include "wire/call.h"

/* An error's full name, for where there is no call to answer yet. */
#define TRACKER_ERROR(name) "io.goald.Tracker." name

const struct answer *fail_no_strategy(struct call *call, const char *strategy) MUST_CHECK;
const struct answer *fail_no_node(struct call *call, const char *strategy,
                                  const char *code) MUST_CHECK;
const struct answer *fail_no_update(struct call *call, const char *strategy, int64_t id) MUST_CHECK;
const struct answer *fail_no_account(struct call *call, const char *realm, int64_t uid) MUST_CHECK;
const struct answer *fail_no_key(struct call *call, const char *key) MUST_CHECK;
const struct answer *fail_no_import(struct call *call, const char *import) MUST_CHECK;
const struct answer *fail_no_token(struct call *call) MUST_CHECK;
const struct answer *fail_expired_token(struct call *call) MUST_CHECK;
const struct answer *fail_used_token(struct call *call) MUST_CHECK;
const struct answer *fail_value(struct call *call, const char *field, const char *format, ...)
    PRINTF_LIKE(3, 4) MUST_CHECK;
const struct answer *fail_document(struct call *call, const char *place,
                                   const char *message) MUST_CHECK;
const struct answer *fail_not_permitted(struct call *call, const char *needed,
                                        const char *strategy) MUST_CHECK;
const struct answer *fail_exists(struct call *call, const char *field,
                                 const char *value) MUST_CHECK;
const struct answer *fail_unavailable(struct call *call) MUST_CHECK; /* reads call->service */
const struct answer *fail_overloaded(struct call *call) MUST_CHECK;
const struct answer *fail_reused(struct call *call, const char *request_id, int64_t seq) MUST_CHECK;
const struct answer *fail_unknown_outcome(struct call *call, const char *request_id) MUST_CHECK;

/* A refusal in words: a field and what is wrong with it. Owns nothing but its bytes. */
struct refusal {
    char field[256];
    char message[512];
};

/* Fills it in and returns -EINVAL, so that a check can end with it. */
int refuse(struct refusal *refusal, const char *field, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
