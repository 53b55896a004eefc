/*
 * Registries as they were at some entry, for moments (moment.h). The last ones are kept, since
 * whoever looks at the past mostly asks more than once; each is shared by the moments that use it.
 */
#ifndef GOALD_DB_MOMENT_REGISTRY_H
#define GOALD_DB_MOMENT_REGISTRY_H

#include "core/registry.h"
#include "wire/util.h"

/* The shelf keeps those that nobody uses. One that is outdated goes with its last use. */
struct past_registry {
    struct registry *registry; /* owned */
    int64_t seq;
    unsigned char present[32]; /* hash of the present registry when it was loaded: a name that was
                                  erased since must not come back */
    unsigned uses;
    bool shelved;
};

#define PAST_REGISTRIES 2

struct past_shelf {
    struct past_registry *items[PAST_REGISTRIES]; /* the last one first; NULL: none */
};

/* For one more use; NULL: it has to be loaded. */
struct past_registry *past_shelf_find(struct past_shelf *shelf, int64_t seq,
                                      const struct registry *present);
/* Takes the registry, for one use; it is gone if there is no memory. */
int past_shelf_add(struct past_shelf *shelf, struct registry *registry, int64_t seq,
                   const struct registry *present, struct past_registry **ret_past) MUST_CHECK;
/* One use less; NULL is none. */
void past_registry_leave(struct past_registry *past);
void past_shelf_done(struct past_shelf *shelf);

#endif
