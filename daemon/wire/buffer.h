/*
 * A queue of bytes: appended at the end, consumed from the front. Input, output and messages being
 * composed all use it. Whoever embeds one owns it and ends it with buffer_done(); all zeroes is an
 * empty one, which holds no memory.
 */
#ifndef GOALD_WIRE_BUFFER_H
#define GOALD_WIRE_BUFFER_H

#include <stddef.h>

#include "wire/util.h"

struct buffer {
    char *data;
    size_t start, len, capacity; /* bytes [start, start + len) of data are the content */
};

/* -ENOMEM leaves it as it was. Amortised O(len), whatever the sizes. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t len) MUST_CHECK;

/* Makes room for `len` bytes behind the content, for whoever writes them there and then adds to
 * `len`. -ENOMEM leaves it as it was. */
int buffer_reserve(struct buffer *buffer, size_t len) MUST_CHECK;

/* Drops `len` bytes from the front; the memory stays, so pointers to them hold until the next
 * append or trim. */
void buffer_consume(struct buffer *buffer, size_t len);

/* Gives back memory that the content does not need: all of it when empty. */
void buffer_trim(struct buffer *buffer);

void buffer_done(struct buffer *buffer);

static inline char *buffer_bytes(const struct buffer *buffer)
{
    return buffer->data + buffer->start;
}

#endif
