/*
 * A whole load: what lives at a seq becomes a fresh tree (or registry) beside the old one, which
 * keeps answering until the fresh one takes its place. Rows are read in slices of the journal's
 * numbers, one statement each, all in one pipeline; what comes after the last row is done in
 * slices of the loop's time. A load owns the fresh tree, then the old one, and frees them.
 */
#ifndef GOALD_DB_LOAD_H
#define GOALD_DB_LOAD_H

#include "db/slot.h"

struct load;

/* Of what lives in the slot's journal at entry `to`. */
int load_new(struct slot *slot, int64_t to, struct load **ret_load) MUST_CHECK;
void load_free(struct load *load);

/* The three of a job: asks how far the tables reach, then for their rows. load_result() gives a
 * negative errno for a row that cannot be applied. */
void load_send(struct load *load, struct pg *pg);
int load_result(struct load *load, int index, const PGresult *result) MUST_CHECK;
bool load_more(struct load *load, struct pg *pg);

/* After the last row. Settles the fresh tree and puts it in the old one's place, then calls
 * swapped(), which may fail; works out most results and frees the old tree; then calls
 * over(), in which the load may be freed. Nothing is called any more once it is freed. */
struct load_calls {
    int (*swapped)(void *arg);
    void (*over)(void *arg, int r);
};
int load_finish(struct load *load, const struct load_calls *calls, void *arg) MUST_CHECK;

#endif
