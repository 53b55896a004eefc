/*
 * What an entry's hash in a journal is made of, for whoever hashes it: the daemon when it writes
 * and verifies, goal when it checks an export without any daemon. Owns nothing; hashes nothing
 * itself.
 *
 * The hash is SHA-256 over the previous entry's hash (32 bytes; the digest of nothing before the
 * first), then the entry's columns as text, a line each (chain_text()), then the payload.
 */
#ifndef GOALD_WIRE_CHAIN_H
#define GOALD_WIRE_CHAIN_H

#include <stdint.h>

#include "wire/util.h"

#define CHAIN_TEXT_SIZE 400

struct chain_entry {
    int32_t strategy_id;
    int64_t seq, account, id;
    const char *time;           /* RFC 3339, UTC, with six decimals */
    const char *request_id;     /* NULL: none … */
    const char *request_digest; /* … then nor this; hexadecimal */
    const char *entity, *action;
    const char *payload;
};

/* Writes the lines between the previous hash and the payload; how many bytes, or -E2BIG: it is no
 * entry. */
int chain_text(const struct chain_entry *entry, char buffer[CHAIN_TEXT_SIZE]) MUST_CHECK;

#endif
