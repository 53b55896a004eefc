/*
 * What the methods share by which reminders and digests are claimed and settled: a run's id and
 * time, and for which strategies the caller may send. Unlike others these rights do not come
 * from reading: who sends reminders need not be a reader.
 */
#ifndef GOALD_METHODS_SENDING_H
#define GOALD_METHODS_SENDING_H

#include "db/journal.h"
#include "db/sending.h"
#include "methods/request.h"

/* Reads the parameters `run` (a UUID, written as the database has it) and `now` (an RFC 3339 time,
 * or a day, whose noon in UTC it is; *ret_now_us is 0 without it). NULL, or the answer. */
const struct answer *sending_open(struct call *call, char ret_run[UUID_TEXT_SIZE],
                                  int64_t *ret_now_us) MUST_CHECK;

/* The Message-ID of a letter's mail, a new reference; NULL: there is no memory. */
json_t *sending_message_id(const struct tracker *tracker, const char *letter);

/* Reads the parameters `outcome` (sent or failed) and, of what failed, `reason`, as far as it is
 * kept: *ret_reason is to be freed, NULL without one. NULL, or the answer. */
const struct answer *sending_outcome(struct call *call, bool *ret_sent,
                                     char **ret_reason) MUST_CHECK;

/* The run does not have that letter. */
const struct answer *sending_fail_letter(struct call *call, const char *letter) MUST_CHECK;

/* Why a run must not go on: ClockSetBack or InvalidValue. */
const struct answer *sending_refuse(struct call *call, const struct sending *sending) MUST_CHECK;
/* The same of a stream. -EINVAL. */
int sending_refuse_stream(struct stream *stream, const struct sending *sending);

/* Has the caller one of the roles (MAY_ bits) on that strategy, loaded or not, or everywhere (0)?
 * The registry must be loaded. */
bool sending_may(const struct request *request, unsigned roles, int32_t strategy_id);

/* What who has none of the roles would need, in words. */
const char *sending_needed(unsigned roles);

/* The strategies, as far as they are loaded, on which the caller has one of the roles: the one
 * named by the parameter `strategy`, or all. The array is the caller's to free. Returns NULL, or
 * the answer: NoSuchStrategy, NotPermitted (also with none, if there can be none), Unavailable. */
const struct answer *sending_scope(const struct request *request, unsigned roles, int32_t **ret_ids,
                                   size_t *ret_count) MUST_CHECK;

/* The same as an array's text for the database, whether they are loaded or not; NULL with 0: all of
 * them. The caller frees it. -EPERM: none; -ENOMEM. */
int sending_scope_text(const struct request *request, unsigned roles, char **ret_text) MUST_CHECK;

#endif
