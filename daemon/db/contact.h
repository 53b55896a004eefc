/*
 * Contact data of persons: the value stands in goald.contact, where it can be erased; the journal
 * holds a salted digest of it, and the salt goes with the value.
 */
#ifndef GOALD_DB_CONTACT_H
#define GOALD_DB_CONTACT_H

#include "db/journal.h"

/* Adds the entry that gives a person a first value of that kind ("name", "email"). */
int contact_put(struct entries *entries, int64_t person_id, const char *kind, const char *value,
                int64_t account) MUST_CHECK;

/* The same for a value that takes another's place: `id` is that one's. */
int contact_replace(struct entries *entries, int64_t id, int64_t person_id, const char *kind,
                    const char *value, int64_t account) MUST_CHECK;

#endif
