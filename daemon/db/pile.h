/*
 * Memory for many small things that go together: taken piece by piece, given back all at once, so
 * that a million of them are not freed one by one in a single turn of the loop. All zeroes is an
 * empty pile. A pile owns all that was taken from it.
 */
#ifndef GOALD_DB_PILE_H
#define GOALD_DB_PILE_H

#include "wire/util.h"

struct pile {
    struct pile_block *blocks; /* the one in use first */
};

/* `size` bytes for any type, not cleared; NULL: there is no memory. */
void *pile_take(struct pile *pile, size_t size) MUST_CHECK;

/* A copy of `size` bytes. */
void *pile_copy(struct pile *pile, const void *bytes, size_t size) MUST_CHECK;

void pile_done(struct pile *pile);

#endif
