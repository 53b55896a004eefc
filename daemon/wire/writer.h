/*
 * Writes JSON straight into a buffer, member by member, without building it in memory first: for
 * replies that are asked for often. A writer fails as a whole: after a failure all calls do
 * nothing, and writer_failed() tells. Whoever has one ends it with writer_done(); all zeroes is an
 * empty one, which holds no memory.
 *
 * `key` is the member's name in an object, NULL for an item of an array and for the whole. Keys are
 * names out of the interface file: they are written as they stand. Texts are UTF-8 and are escaped.
 */
#ifndef GOALD_WIRE_WRITER_H
#define GOALD_WIRE_WRITER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/buffer.h"

struct writer {
    struct buffer buffer; /* what was written so far; nothing is consumed from it */
    bool comma;           /* the next value follows another one */
    bool failed;          /* for want of memory */
};

void writer_begin_object(struct writer *writer, const char *key);
void writer_end_object(struct writer *writer);
void writer_begin_array(struct writer *writer, const char *key);
void writer_end_array(struct writer *writer);

void writer_null(struct writer *writer, const char *key);
void writer_bool(struct writer *writer, const char *key, bool value);
void writer_int(struct writer *writer, const char *key, int64_t value);
/* A NULL text is null. */
void writer_text(struct writer *writer, const char *key, const char *text);
/* A float rounded to at most `decimals` (0 to 6), null for what is not finite. */
void writer_decimal(struct writer *writer, const char *key, double value, int decimals);
/* A JSON value. NULL fails the writer: it could not be made. */
void writer_json(struct writer *writer, const char *key, const json_t *value);
/* The text of one, which must be there. */
void writer_raw(struct writer *writer, const char *key, const char *json);

/* Writes an object that was built, as the whole, and takes the reference. -ENOMEM for NULL. */
int writer_take(struct writer *writer, json_t *object) MUST_CHECK;

/* Bytes as they are: the envelope around the parameters. */
void writer_bytes(struct writer *writer, const char *bytes, size_t len);

static inline bool writer_failed(const struct writer *writer)
{
    return writer->failed;
}

static inline void writer_done(struct writer *writer)
{
    buffer_done(&writer->buffer);
}

#endif
