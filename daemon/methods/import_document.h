/*
 * A document in the making: its records as they came in chunks, as text, so that what is staged
 * costs about as much memory as the document is long. Updates, of which there may be a million, are
 * kept as the members of the journal payload that they become, so that they are read only once; of
 * other records the whole is kept as compact JSON. Owned by its import.
 */
#ifndef GOALD_METHODS_IMPORT_DOCUMENT_H
#define GOALD_METHODS_IMPORT_DOCUMENT_H

#include <stddef.h>

#include "db/journal.h"
#include "db/pile.h"
#include "methods/import_check.h"
#include "wire/writer.h"

struct staged {
    const char *key; /* what the record is known by, its part_key(); "" if it has none */
    uint32_t node;   /* where the code is of what an update or observation is of ("": none), … */
    uint32_t text;   /* … and the text, from `key` */
    /* of an update */
    uint32_t supersedes;    /* where the key of what it corrects is ("": nothing) */
    int32_t day;            /* the last one of its date */
    bool percent;           /* it has one */
    bool decided, returned; /* it waits for a manager, or one gave it back */
};

struct document {
    struct staged_part {
        struct staged *records;
        size_t count, size;
    } parts[PART_COUNT];
    size_t bytes;                 /* that all this takes */
    struct pile texts;            /* of the records */
    struct writer scratch;        /* where a record's texts are put together */
    struct evp_md_ctx_st *digest; /* over the records so far */
};

int document_init(struct document *document) MUST_CHECK;
void document_done(struct document *document);

/* Adds a record whose form was checked. -ENOMEM, -EIO. */
int document_add(struct document *document, enum part part, const json_t *record) MUST_CHECK;

/* The record again, a new reference; NULL if there is no memory. Of an update those members that
 * its payload has, the key as "key". */
json_t *document_record(const struct document *document, enum part part, size_t index);

static inline const char *staged_text(const struct staged *staged)
{
    return staged->key + staged->text;
}

static inline const char *staged_supersedes(const struct staged *staged)
{
    return staged->key + staged->supersedes;
}

static inline const char *staged_node(const struct staged *staged)
{
    return staged->key + staged->node;
}

/* How many records there are in all. */
size_t document_count(const struct document *document);

/* A digest of the records, whatever chunks they came in. */
int document_digest(const struct document *document,
                    unsigned char ret_digest[HASH_SIZE]) MUST_CHECK;

#endif
