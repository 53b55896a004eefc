/*
 * A document in the making: its records as they came in chunks, each as compact JSON text, so that
 * what is staged costs about as much memory as the document is long. Owned by its import.
 */
#ifndef GOALD_METHODS_IMPORT_DOCUMENT_H
#define GOALD_METHODS_IMPORT_DOCUMENT_H

#include <stddef.h>

#include "db/journal.h"
#include "methods/import_check.h"

struct staged {
    char *key; /* what the record is known by, its part_key(); "" if it has none. Owns both texts */
    const char *text;
};

struct document {
    struct staged_part {
        struct staged *records;
        size_t count, size;
    } parts[PART_COUNT];
    size_t bytes;                 /* that all this takes */
    struct evp_md_ctx_st *digest; /* over the records so far */
};

int document_init(struct document *document) MUST_CHECK;
void document_done(struct document *document);

/* Adds a record whose form was checked. -ENOMEM, -EIO. */
int document_add(struct document *document, enum part part, const json_t *record) MUST_CHECK;

/* The record again, a new reference; NULL if there is no memory. */
json_t *document_record(const struct document *document, enum part part, size_t index);

/* How many records there are in all. */
size_t document_count(const struct document *document);

/* A digest of the records, whatever chunks they came in. */
int document_digest(const struct document *document,
                    unsigned char ret_digest[HASH_SIZE]) MUST_CHECK;

#endif
