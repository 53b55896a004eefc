/*
 * A heap of things by rank, then by id, the lowest first: a long list is put in order as it is
 * gathered and as it is told, never in one turn of the loop. All zeroes is an empty heap; whoever
 * has one ends it with heap_done().
 */
#ifndef GOALD_METHODS_HEAP_H
#define GOALD_METHODS_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/util.h"

struct heap_item {
    int64_t id;
    int64_t rank;
};

struct heap {
    struct heap_item *items;
    size_t count;
};

int heap_push(struct heap *heap, struct heap_item item) MUST_CHECK;

/* Takes the lowest; false if there is none. */
bool heap_pop(struct heap *heap, struct heap_item *ret_item);

void heap_done(struct heap *heap);

#endif
