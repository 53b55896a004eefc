/*
 * What the database has of a strategy and of the registry, as far as an import compares with it:
 * the live rows by their keys, with the digest of the journal payload that made each. Read in one
 * snapshot, and brought forward to where the journals have moved on to since.
 *
 * A `struct existing` owns its rows.
 */
#ifndef GOALD_DB_EXISTING_H
#define GOALD_DB_EXISTING_H

#include <uthash.h>

#include "db/journal.h"
#include "db/pile.h"
#include "db/pool.h"

struct existing_row {
    int64_t id;
    unsigned char digest[HASH_SIZE]; /* of the payload; zeroes where `text` stands for it */
    /* a contact's value (NULL: erased), an update's or observation's whole payload */
    const char *text;
    int64_t tip;     /* of an update: the last one in its chain of corrections */
    int corrections; /* of an update: how many of them have a key, itself included */
    unsigned seen;   /* the planner's: the number of the plan that came by last */
    bool planned;    /* the planner's: it is not in the database */
    UT_hash_handle by_key;
    char key[];
};

struct existing {
    int64_t registry_seq, strategy_seq; /* 0: no such strategy */
    struct existing_row **rows;         /* a hash a table, in the order of tables[] */
    struct pile pile;                   /* of the rows and their texts */
};

struct table;

int existing_new(struct existing **ret_existing) MUST_CHECK;
void existing_free(struct existing *existing);

/* NULL: there is none. */
struct existing_row *existing_find(const struct existing *existing, const struct table *table,
                                   const char *key);

/* Adds a row without anything but its identity, or gives the one that is there. -ENOMEM. */
int existing_put(struct existing *existing, const struct table *table, const char *key, int64_t id,
                 struct existing_row **ret_row) MUST_CHECK;

/* Copies the text; NULL is none. -ENOMEM. */
int existing_set_text(struct existing *existing, struct existing_row *row,
                      const char *text) MUST_CHECK;

/* What is to be read. */
struct existing_wanted {
    int32_t strategy_id; /* 0: none yet */
    /* of the strategy's updates those with these keys, and what corrects them */
    size_t n_updates;
    const char *(*update_key)(void *arg, size_t index);
    /* NULL: all of it. Else: what has come since these were read, up to the two seqs; the keys are
     * not asked for then. */
    struct existing *known;
    int64_t registry_seq, strategy_seq;
    /* Called once, with the rows as the caller's (`known` stays the caller's), or NULL and why not:
     * -ENOTCONN (the database is out of reach), -EIO (it refused; logged), -ENOMEM. Never from
     * within existing_fetch(). */
    void (*done)(void *arg, int error, struct existing *existing);
    void *arg;
};

struct existing_fetch;

int existing_fetch(struct pool *pool, const struct existing_wanted *wanted,
                   struct existing_fetch **ret_fetch) MUST_CHECK;

/* It is not waited for any more: nothing that came with `wanted` is used again. NULL is fine. */
void existing_forget(struct existing_fetch *fetch);

#endif
