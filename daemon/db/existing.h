/*
 * What the database has of a strategy and of the registry, as far as an import compares with it:
 * the live rows by their keys, with the digest of the journal payload that made each. Read in one
 * snapshot; whoever plans with it has to see that the journals have not moved on since.
 *
 * A `struct existing` owns its rows.
 */
#ifndef GOALD_DB_EXISTING_H
#define GOALD_DB_EXISTING_H

#include <jansson.h>
#include <uthash.h>

#include "db/journal.h"
#include "db/pool.h"

struct existing_row {
    int64_t id;
    unsigned char digest[HASH_SIZE]; /* of the payload; zeroes where `text` stands for it */
    char *text;      /* a contact's value (NULL: erased), an update's whole payload */
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

/*
 * Reads all of it: of the registry and of the strategy (0: none yet), and of the strategy's updates
 * those with one of `update_keys` (a JSON array of texts; taken) and what corrects them. `done` is
 * called once, with the rows as the caller's, or NULL and why not: -ENOTCONN (the database is out
 * of reach), -EIO (it refused; logged), -ENOMEM. Never from within this call.
 */
int existing_fetch(struct pool *pool, int32_t strategy_id, json_t *update_keys,
                   void (*done)(void *arg, int error, struct existing *existing),
                   void *arg) MUST_CHECK;

#endif
