/*
 * What the store's files share (store.h lists them); nobody else includes it.
 */
#ifndef GOALD_DB_SLOT_H
#define GOALD_DB_SLOT_H

#include "db/store.h"
#include "db/tables.h"

/* Results of a refresh's statements, kept until all are there: a tree follows all or nothing. */
struct rows {
    size_t count;
    struct rows_item {
        const struct table *table;
        bool ended;
        PGresult *result; /* owned */
    } * items;
};

int rows_add(struct rows *rows, const struct table *table, bool ended,
             const PGresult *result) MUST_CHECK;
/* As it, of rows that were born, and takes the result. */
int rows_keep(struct rows *rows, const struct table *table, PGresult *result) MUST_CHECK;
void rows_done(struct rows *rows);
/* Brings one statement's rows into a tree or registry, which is half way if it fails. */
int rows_apply(struct target *target, const struct table *table, bool ended,
               const PGresult *result) MUST_CHECK;
/* The same of so many rows that were born, from `first` on. */
int rows_apply_some(struct target *target, const struct table *table, const PGresult *result,
                    int first, int count) MUST_CHECK;

struct slot *slot_new(struct store *store, int32_t id, const char *key);
void slot_free(struct slot *slot);
/* A number whose strategy a failover lost may come again under another key. */
int slot_rename(struct slot *slot, const char *key) MUST_CHECK;

/* Where a slot's tree or registry stands. Not to be asked of a slot that is not loaded. */
int64_t slot_seq(const struct slot *slot);
const unsigned char *slot_hash(const struct slot *slot);
bool slot_loaded(const struct slot *slot);

/* Brings rows of (S, U] into the slot's tree, or into a fresh one that takes its place. On failure
 * the tree is dropped, for it may be half way. */
int refresh_apply(struct slot *slot, const struct rows *rows, int64_t seq,
                  const unsigned char hash[HASH_SIZE], int64_t time_us) MUST_CHECK;

/* Queues the statements that read the table's rows of (from, to] and tells how many they are. */
int refresh_send(struct pg *pg, const struct slot *slot, const struct table *table, int64_t from,
                 int64_t to);

/* Starts following the slot up to the database's head, unless that is running. Not while a batch of
 * the slot is in flight: the batch brings its own rows. */
void refresh_start(struct slot *slot);
void refresh_cancel(struct slot *slot);

/* The same path step by step, for a batch that reads on its own connection, with the head locked
 * (locked.c). What is sent is told as the number of statements; their results are taken by their
 * number in that step. refresh_check_head(): 0 at the head, 1 there are rows to send for; an error
 * (-ESTALE: another journal, or too much to read under a lock) leaves it to refresh_start(). On
 * failure refresh_apply_rows() may have dropped the tree. */
struct refresh;
int refresh_new(struct slot *slot, struct refresh **ret_refresh) MUST_CHECK;
int refresh_send_head(struct refresh *refresh, struct pg *pg);
void refresh_take_head(struct refresh *refresh, int index, const PGresult *result);
int refresh_check_head(const struct refresh *refresh) MUST_CHECK;
int refresh_send_rows(struct refresh *refresh, struct pg *pg);
void refresh_take_rows(struct refresh *refresh, int index, const PGresult *result);
int refresh_apply_rows(struct refresh *refresh) MUST_CHECK;
void refresh_free(struct refresh *refresh);

/* Forgets the slot's tree: it shows what the database does not know (any more). */
void slot_drop(struct slot *slot, const char *why);

/* A refresh ended or a batch did: whoever waited for it goes on. */
void store_slot_settled(struct slot *slot);
/* Its tree or registry stands at another entry now. */
void store_slot_moved(const struct slot *slot);
/* Something changed that answers about other strategies tell of. */
void store_note_editions(struct store *store);
void store_poll(struct store *store);
/* Slots whose writers could go on are looked at in the loop's next turn. */
void store_wake(struct store *store);
/* True from store_stop() on: what is lost now is not tried again. */
bool store_is_stopping(const struct store *store);
/* Other daemons are told, soon and once for many. */
void store_announce(struct store *store);

/* Starts the slot's next batch if it can be started now. */
void writer_start(struct slot *slot);
/* Fails what waits in the slot's queue. */
void writer_fail(struct slot *slot, enum change_outcome outcome);
void writer_free(struct slot *slot);
/* A refresh of the slot ended: a batch that waited for it answers. */
void writer_settled(struct slot *slot);

/* The slot of a journal, made if it is not there yet; NULL when there is no memory. */
struct slot *store_add_slot(struct store *store, int32_t id, const char *key);

/* A batch of more entries than this is followed by loading the strategy anew beside the old tree,
 * which keeps answering, rather than by applying so many rows in one turn of the loop. */
#define REFRESH_LIMIT 20000

#endif
