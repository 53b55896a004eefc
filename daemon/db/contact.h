/*
 * Contact data of persons: the value stands in goald.contact, where it can be erased; the journal
 * holds a salted digest of it, and the salt goes with the value.
 */
#ifndef GOALD_DB_CONTACT_H
#define GOALD_DB_CONTACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/util.h"

/* Seals a value of that kind ("name", "email") under a new salt: the payload for the journal, whose
 * digest is SHA-256 of the salt in hexadecimal and the value, and the secret that goes beside it
 * (entries_put()). Both are the caller's. -ENOMEM, -EIO. */
int contact_seal(int64_t person_id, const char *kind, const char *value, json_t **ret_payload,
                 char **ret_secret) MUST_CHECK;

/* Is the digest in a payload that of the value under the salt? */
bool contact_fits(const json_t *payload, const char *salt, const char *value);

/* The key of a person's value of that kind; the caller frees it. */
int contact_key(int64_t person_id, const char *kind, char **ret_key) MUST_CHECK;

#endif
