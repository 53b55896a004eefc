/*
 * What the methods about subscriptions share.
 */
#ifndef GOALD_METHODS_SUBSCRIPTION_H
#define GOALD_METHODS_SUBSCRIPTION_H

#include "db/pg.h"
#include "methods/request.h"

#define SUBSCRIPTION_TOPICS 100 /* that an address may have */

extern const char *const frequency_names[];

/* Of `goald.subscriber s`: the person whose address it is, null if it is not any more … */
#define SUBSCRIBER_PERSON                                                                          \
    "(SELECT s.person_id FROM goald.contact c WHERE c.strategy_id = 0 AND c.seq_to IS NULL"        \
    " AND c.key = s.person_id || '|email' AND lower(c.value) = s.address_key)"
/* … and the topics, as topics_from_json() reads them. */
#define SUBSCRIBER_TOPICS                                                                          \
    "(SELECT coalesce(jsonb_agg(to_jsonb(t) - 'subscriber_id' ORDER BY t.strategy_id, t.kind,"     \
    " t.item_id, t.sector), '[]') FROM goald.topic t WHERE t.subscriber_id = s.id)"

/* Who reads what is told to a person's address: their account; nobody in particular without one. */
struct caller subscription_caller(const struct registry *registry, int64_t person_id);

/* The refusal of a parameter `frequency` that is none; NULL: it is, or there is none. */
const struct answer *subscription_check_frequency(struct call *call) MUST_CHECK;

/* The answer for a job that was not PG_DONE. A call whose outcome is not known may be repeated. */
const struct answer *subscription_fail_job(struct call *call, enum pg_outcome outcome,
                                           const struct pg_error *error) MUST_CHECK;

#endif
