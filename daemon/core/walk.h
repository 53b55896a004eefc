/*
 * A walk over a tree, or over what is below a node: parents before children, children by code. It
 * remembers ids and places, no pointers, so the tree may change between two steps: what vanished
 * is left out, what was moved meanwhile may be missed or met again. Whoever begins a walk ends it
 * with walk_done().
 */
#ifndef GOALD_CORE_WALK_H
#define GOALD_CORE_WALK_H

#include "core/tree.h"

struct walk {
    struct walk_step {
        int64_t id;
        uint32_t at; /* its place among its parent's children, when it was met */
    } * steps;       /* from the top down to the node met last */
    uint32_t count;
    int64_t top;
    uint32_t levels; /* below the top at most */
    bool begun, failed;
};

void walk_begin(struct walk *walk, const struct node *top, uint32_t levels);

/* The next node, or NULL: it is over, or there was no memory (walk->failed). */
struct node *walk_next(struct walk *walk, const struct tree *tree);

void walk_done(struct walk *walk);

#endif
