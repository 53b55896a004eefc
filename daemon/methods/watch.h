/*
 * SubscribeEvents: journals' entries as they commit, to whoever watches. Watchers at the same place
 * share the page of entries that they read. Owned by main; the watchers are their calls'.
 */
#ifndef GOALD_METHODS_WATCH_H
#define GOALD_METHODS_WATCH_H

#include "db/store.h"

struct watches;

/* From here on the store tells it of every journal that moved on. -ENOMEM. */
int watches_new(struct store *store, struct watches **ret_watches) MUST_CHECK;

/* After the calls and the pool's jobs are gone, while the store is still there. NULL is fine. */
void watches_free(struct watches *watches);

#endif
