/*
 * An import document: read, its outline checked, and cut into chunks. What its records say is the
 * daemon's to check.
 */
#ifndef GOAL_DOCUMENT_H
#define GOAL_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>

#include "wire/util.h"

#define DOCUMENT_MAX (256u << 20) /* bytes */
#define CHUNK_BYTES (256u << 10)  /* of a chunk's records: well below the limit of a message */
#define CHUNK_RECORDS 500

/* The parts of a document, in the order in which they are sent; NULL ends them. */
extern const char *const document_parts[];

/* Reads a document. On -EINVAL *ret_problem says what is wrong and where, without the file's name
 * (the caller's to free): "12:7: …" for JSON that is none, else "nodes[3]: …". */
int document_parse(const char *text, size_t len, json_t **ret_document,
                   char **ret_problem) MUST_CHECK;

/* A walk over the document's chunks; all zeroes is its beginning. */
struct chunk_walk {
    size_t part, first;
};

/* The next chunk: its part's name, its place in the part, its records (a new reference). Returns
 * how many records, 0 at the end. */
size_t document_next(const json_t *document, struct chunk_walk *walk, const char **ret_part,
                     size_t *ret_first, json_t **ret_records);

/* How many records there are in all. */
size_t document_count(const json_t *document);

#endif
