/*
 * A set of ids that is filled once, put in order and then asked. All zeroes is an empty one;
 * whoever has one ends it with ids_done().
 */
#ifndef GOALD_CORE_IDS_H
#define GOALD_CORE_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/util.h"

struct ids {
    int64_t *items;
    size_t count;
};

int ids_add(struct ids *ids, int64_t id) MUST_CHECK;

/* To be called after the last ids_add() and before the first ids_have(). */
void ids_order(struct ids *ids);

bool ids_have(const struct ids *ids, int64_t id);

void ids_done(struct ids *ids);

#endif
