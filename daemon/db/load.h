/*
 * A whole load: what lives at a seq becomes a fresh tree (or registry) beside the old one, which
 * keeps answering until the fresh one takes its place. Rows are read in slices of the journal's
 * numbers, one statement each, all in one pipeline; what comes after the last row is done in
 * slices of the loop's time. A load owns the fresh tree, then the old one, and frees them.
 *
 * A load aside, for an answer about the past (moment.c), makes a tree that takes nobody's place. It
 * may read no more than what some nodes depend on: then each table is one statement, whose rows are
 * kept until all are there and applied in slices of the loop's time too.
 */
#ifndef GOALD_DB_LOAD_H
#define GOALD_DB_LOAD_H

#include "db/slot.h"

struct load;

/* Nodes: `below` with all that belongs to them, the further ones of `all` as mere nodes. Arrays of
 * int8, closed. */
struct picks {
    struct pg_value below, all;
};

struct load_part {
    int32_t strategy_id; /* 0: the registry */
    int64_t to;
    bool structure; /* nothing of what is reported: updates, observations, closings … */
    int32_t day;    /* else: whose results are worked out */
    const struct picks *picks; /* NULL: all nodes; outlives the load's load_send() */
};

/* Of what lives in the slot's journal at entry `to`. */
int load_new(struct slot *slot, int64_t to, struct load **ret_load) MUST_CHECK;
int load_new_aside(struct event_base *base, const struct load_part *part,
                   struct load **ret_load) MUST_CHECK;
void load_free(struct load *load);

/* The three of a job: asks how far the tables reach, then for their rows. load_result() gives a
 * negative errno for a row that cannot be applied. */
void load_send(struct load *load, struct pg *pg);
int load_result(struct load *load, int index, const PGresult *result) MUST_CHECK;
bool load_more(struct load *load, struct pg *pg);
/* As load_result(), and the result is the load's, for a job that takes its results. */
int load_take(struct load *load, int index, PGresult *result) MUST_CHECK;

/* After the last row. Settles the fresh tree and puts it in the old one's place, then calls
 * swapped(), which may fail; works out most results and frees the old tree; then calls
 * over(), in which the load may be freed. Nothing is called any more once it is freed. A load
 * aside settles its tree and works results out; load_steal() hands it on in over(). */
struct load_calls {
    int (*swapped)(void *arg);
    void (*over)(void *arg, int r);
};
int load_finish(struct load *load, const struct load_calls *calls, void *arg) MUST_CHECK;
struct target load_steal(struct load *load);

/* Of a load that failed: the row of the result that load_result() could not apply; and the entry
 * whose node could not be settled, or 0 if it was not one by itself. */
int load_failed_row(const struct load *load);
int64_t load_unsettled_seq(const struct load *load);

/* A step of freeing a tree, NULL too; true when all of it is gone. */
bool load_free_some(struct tree *old) MUST_CHECK;

#endif
