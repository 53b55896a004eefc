/*
 * Imports that have begun: ImportBegin, ImportChunk, ImportCommit. Owns what they have staged; one
 * that is not heard of for two minutes is forgotten, and so is one whose connection ends before
 * its commit.
 */
#ifndef GOALD_METHODS_IMPORT_H
#define GOALD_METHODS_IMPORT_H

#include <event2/event.h>
#include <stddef.h>

#include "wire/call.h"

struct imports;

int imports_new(struct event_base *base, struct imports **ret_imports) MUST_CHECK;
/* A commit that runs is ended by the store or the pool, before or after. */
void imports_free(struct imports *imports);
size_t imports_count(const struct imports *imports);

/* A connection ended: forgets what it had begun and not committed. As a service wants to tell it:
 * the tracker, and the connection's sink. */
void imports_left(void *tracker, const struct call_sink *sink);

#endif
