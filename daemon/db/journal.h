/*
 * Journal entries in the making: what a batch is going to append to one strategy's journal, and
 * the hash chain over it. An entry puts a new version of one entity or ends it; its payload is the
 * entity's row as JSON text, hashed as stored, and the state tables are filled from that same text
 * (tables.c), so that replaying a journal is running the same statements again.
 *
 * A `struct entries` owns its entries' texts.
 */
#ifndef GOALD_DB_JOURNAL_H
#define GOALD_DB_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/chain.h"
#include "wire/util.h"

#define HASH_SIZE 32
#define UUID_TEXT_SIZE 37
#define TIME_TEXT_SIZE 28 /* 2026-11-22T02:08:00.123456Z and NUL */

struct table;

struct entry {
    const struct table *table; /* of the entity it is about */
    bool end;                  /* it ends the entity; else it puts a version of it */
    bool replaces;             /* a live version is there that this one ends */
    int64_t id, account;
    char *payload; /* owned */
    char *secret;  /* owned; contact data that stays out of the payload, or NULL */
    /* Of the change, which must outlive the entry; NULL: none. Only a change's last entry has it.
     */
    const char *request_id;
    const unsigned char *request_digest;
    unsigned char hash[HASH_SIZE];
    int64_t time_us; /* of one that is verbatim */
};

struct entries {
    int32_t strategy_id;
    int64_t base_seq; /* the head these were validated against … */
    unsigned char base_hash[HASH_SIZE];
    int64_t base_time_us;
    int64_t time_us; /* of all of them: CLOCK_REALTIME, never before the head's */
    size_t count;
    size_t sealed; /* so many of them have their hash */
    bool verbatim; /* they are another database's: each has its time, hash and request id */
    struct entry *items;
};

void entries_init(struct entries *entries, int32_t strategy_id, int64_t base_seq,
                  const unsigned char base_hash[HASH_SIZE]);
void entries_done(struct entries *entries);

/* Forgets the entries after the first `count`, of which none is sealed unless all are given up: a
 * change that was refused half-way. */
void entries_truncate(struct entries *entries, size_t count);

/* Frees the texts of entries that were sent: their hashes remain. */
void entries_release(struct entries *entries, size_t from, size_t to);

/* The seq that the next entry gets. */
static inline int64_t entries_next_seq(const struct entries *entries)
{
    return entries->base_seq + (int64_t)entries->count + 1;
}

/*
 * Adds an entry that puts a version of an entity: `id` 0 makes a new one, whose id is the entry's
 * seq. Takes the reference of `payload` (an object without id and key, which are added in front)
 * also on failure. `secret` is copied; `ret_id` may be NULL. -ENOMEM.
 */
int entries_put(struct entries *entries, const struct table *table, int64_t id, bool replaces,
                const char *key, json_t *payload, const char *secret, int64_t account,
                int64_t *ret_id) MUST_CHECK;

/* Adds an entry that puts a new entity, its payload as the text to be written, identity included;
 * takes the text, also on failure. */
int entries_put_text(struct entries *entries, const struct table *table, int64_t id, char *payload,
                     int64_t account) MUST_CHECK;

/* Adds an entry of another database as it is, its texts taken (also on failure); its request id and
 * digest must outlive it. Not beside others. */
int entries_put_verbatim(struct entries *entries, const struct entry *entry) MUST_CHECK;

/* Moves the verbatim entries to those that are to be written, which are none yet. */
void entries_move(struct entries *from, struct entries *to);

int entries_end(struct entries *entries, const struct table *table, int64_t id, const char *key,
                int64_t account) MUST_CHECK;

/* Computes the chain up to the first `to` entries, which must be as they shall be written, request
 * id and all; the last one's hash is the new head. Time stands still from the first call on: all
 * entries have one time. -EIO when the digest fails. */
int entries_seal(struct entries *entries, size_t to) MUST_CHECK;

const unsigned char *entries_head(const struct entries *entries);

/* The hash of an entry that follows `prev`. -E2BIG: it is no entry; -EIO: the digest failed. */
int chain_hash(const unsigned char prev[HASH_SIZE], const struct chain_entry *entry,
               unsigned char ret_hash[HASH_SIZE]) MUST_CHECK;

/* SHA-256 of a text. */
int digest_text(const char *text, size_t len, unsigned char ret_digest[HASH_SIZE]) MUST_CHECK;
/* SHA-256 of the method, a space and the parameters, their members sorted. */
int digest_call(const char *method, const json_t *parameters,
                unsigned char ret_digest[HASH_SIZE]) MUST_CHECK;
/* What a new journal's first entry follows: the digest of nothing. */
extern const unsigned char journal_genesis[HASH_SIZE];

void hash_to_hex(const unsigned char hash[HASH_SIZE], char ret_hex[2 * HASH_SIZE + 1]);
int hash_from_hex(const char *hex, unsigned char ret_hash[HASH_SIZE]) MUST_CHECK;

/* RFC 3339 in UTC with microseconds, as hashed. */
const char *time_format(int64_t us, char buffer[TIME_TEXT_SIZE]);
int64_t time_now_us(void);  /* CLOCK_REALTIME */
int64_t monotonic_us(void); /* CLOCK_MONOTONIC, for how long something takes */

#endif
