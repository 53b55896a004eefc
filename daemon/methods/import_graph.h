/*
 * The shape that a strategy would have after an import: who stands below whom and what serves what,
 * of the document and of what is there already. Only to be asked for cycles and towers.
 */
#ifndef GOALD_METHODS_IMPORT_GRAPH_H
#define GOALD_METHODS_IMPORT_GRAPH_H

#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "db/pile.h"

#define EDGE_EXISTING (-1) /* as `record`: it is not of the document */
#define EDGE_PARENT (-1)   /* as `item`: it is no contribution */

/* A way up. */
struct edge {
    struct vertex *from, *to;
    int64_t record, item; /* where in the document it stands */
    struct edge *next_up, *next_down;
};

struct graph {
    struct vertex *vertices;
    struct pile pile; /* what both are allocated in */
};

void graph_done(struct graph *graph);

/* `from` stands below `to` or serves it; vertices are made as they are named. -ENOMEM. */
int graph_add(struct graph *graph, int64_t from, int64_t to, int64_t record,
              int64_t item) MUST_CHECK;

/* 0, or -ELOOP for a cycle and -EMLINK for more than `levels` on top of each other, and an edge of
 * the document that is to blame. What exists already has neither. */
int graph_check(struct graph *graph, unsigned levels, const struct edge **ret_edge) MUST_CHECK;

#endif
