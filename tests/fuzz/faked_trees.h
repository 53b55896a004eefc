/*
 * The strategies and the registry of the faked store, made by hand. Aborts when one cannot be made;
 * the slots own what is put into them.
 */
#ifndef GOALD_TESTS_FAKED_TREES_H
#define GOALD_TESTS_FAKED_TREES_H

#include "db/store.h"

#define FAKED_SLOTS 3 /* the registry, `open` (alias `o`) and `members`, which not all may read */
#define FAKED_SEQ 40  /* where each journal stands */
#define FAKED_SEQ_TEXT "40"

/* A tree like that of the strategy, the caller's. */
struct tree *faked_tree(int32_t strategy_id);

void faked_fill(struct slot slots[FAKED_SLOTS]);

#endif
