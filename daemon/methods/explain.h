/*
 * ExplainStatus in two halves: explain.c finds out what is to be told and fetches its texts from
 * the database, explain_write.c writes the reply.
 */
#ifndef GOALD_METHODS_EXPLAIN_H
#define GOALD_METHODS_EXPLAIN_H

#include <libpq-fe.h>

#include "core/explain.h"
#include "methods/request.h"
#include "wire/writer.h"

/* Columns of the texts, a row an update, closing or observation, by id. */
enum { TEXT_ID, TEXT_ACCOUNT, TEXT_TIME, TEXT_TEXT, TEXT_EVIDENCE };

/* The row of the id, or -1; `texts` may be NULL. */
int explain_row(const PGresult *texts, int64_t id);

/* The parts that a reply tells. */
struct slice {
    size_t begin, end;
};

/* The reply's parameters. `texts` NULL: they are not at hand. */
void explain_write(struct writer *writer, const struct request *request,
                   const struct explanation *explanation, const struct slice *slice,
                   const PGresult *texts);

#endif
