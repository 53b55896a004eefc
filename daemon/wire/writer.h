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
#include <string.h>

#include "wire/buffer.h"

struct writer {
    struct buffer buffer; /* what was written so far; nothing is consumed from it */
    bool comma;           /* the next value follows another one */
    bool failed;          /* for want of memory */
};

/* Of a key that is a literal the compiler knows the length: the functions below give it to these.
 */
void writer_put_null(struct writer *writer, const char *key, size_t key_len);
void writer_put_bool(struct writer *writer, const char *key, size_t key_len, bool value);
void writer_put_int(struct writer *writer, const char *key, size_t key_len, int64_t value);
void writer_put_text(struct writer *writer, const char *key, size_t key_len, const char *text);
void writer_put_decimal(struct writer *writer, const char *key, size_t key_len, double value,
                        int decimals);

static inline size_t writer_key_length(const char *key)
{
    return key ? strlen(key) : 0;
}

void writer_begin_object(struct writer *writer, const char *key);
void writer_end_object(struct writer *writer);
void writer_begin_array(struct writer *writer, const char *key);
void writer_end_array(struct writer *writer);

static inline void writer_null(struct writer *writer, const char *key)
{
    writer_put_null(writer, key, writer_key_length(key));
}

static inline void writer_bool(struct writer *writer, const char *key, bool value)
{
    writer_put_bool(writer, key, writer_key_length(key), value);
}

static inline void writer_int(struct writer *writer, const char *key, int64_t value)
{
    writer_put_int(writer, key, writer_key_length(key), value);
}

/* A NULL text is null. */
static inline void writer_text(struct writer *writer, const char *key, const char *text)
{
    writer_put_text(writer, key, writer_key_length(key), text);
}

/* A float rounded to at most `decimals` (0 to 6), null for what is not finite. */
static inline void writer_decimal(struct writer *writer, const char *key, double value,
                                  int decimals)
{
    writer_put_decimal(writer, key, writer_key_length(key), value, decimals);
}

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
