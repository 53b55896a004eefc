/*
 * Calls about a whole journal: a strategy's, or the registry's, which is named ".".
 */
#ifndef GOALD_METHODS_JOURNAL_H
#define GOALD_METHODS_JOURNAL_H

#include "methods/request.h"

/* Opens the request of a call with `strategy`. `needs`: MAY_ bits, any of them; of the registry's
 * journal, which names accounts and persons, auditor or admin. NULL, or the refusal. */
const struct answer *journal_open(struct call *call, unsigned needs,
                                  struct request *ret_request) MUST_CHECK;

/* The number of the journal that was opened; 0: the registry's. */
static inline int32_t journal_id(const struct request *request)
{
    return request->slot ? request->slot->id : 0;
}

/* Reads "SEQ:HASH"; -EINVAL. */
int journal_parse_head(const char *text, int64_t *ret_seq,
                       unsigned char ret_hash[HASH_SIZE]) MUST_CHECK;

#endif
