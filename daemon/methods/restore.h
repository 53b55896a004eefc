/*
 * RestoreBegin, RestoreChunk, RestoreCommit: a journal that was taken out of a database is brought
 * back. One at a time; it belongs to the tracker until it is committed, then to itself.
 */
#ifndef GOALD_METHODS_RESTORE_H
#define GOALD_METHODS_RESTORE_H

#include "methods/request.h"

/* The connection is gone: what it began and did not commit is forgotten. */
void restore_left(struct tracker *tracker, const struct call_sink *sink);

/* At the end of the daemon. */
void restore_free(struct tracker *tracker);

#endif
