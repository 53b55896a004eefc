/*
 * A store, a pool and a clock for the fuzz targets: two small strategies and a registry made by
 * hand, a database that answers at once with what it is told to, and nothing that differs from one
 * run to the next. It takes the place of db/store.c, slot.c, pool.c and pg.c: what links it gets
 * none of those. Not thread safe; the store owns its trees and what waits in it.
 */
#ifndef GOALD_TESTS_FAKED_STORE_H
#define GOALD_TESTS_FAKED_STORE_H

#include "db/store.h"

/* Users with something to them; any other is a stranger. */
enum faked_uid {
    FAKED_MANAGER = 1001,     /* of the open strategy */
    FAKED_CONTRIBUTOR = 1002, /* to some of both strategies' nodes */
    FAKED_AUDITOR = 1003,
    FAKED_DISABLED = 1004,
    FAKED_STRANGER = 1005,
};

#define FAKED_REALM "here"

/* What becomes of changes and jobs. */
struct faked_fate {
    bool reachable, loaded;
    enum change_outcome change; /* of those whose plan() accepted them */
    enum pg_outcome job;
};

/* Aborts when it cannot be made. */
struct store *faked_store_new(struct event_base *base);

/* The run begins: nothing waits, and UUIDs are counted from 1 again. */
void faked_store_begin(struct store *store, const struct faked_fate *fate);

/* Does one thing that waits; false if nothing does. */
bool faked_store_turn(struct store *store);

#endif
