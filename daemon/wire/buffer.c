/*
 * The queue of bytes of buffer.h. Content moves to the front of the memory only when at least half
 * of the memory is free there, so each byte is moved a bounded number of times.
 */
#include "wire/buffer.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { BUFFER_MIN = 512 };

/* Moves the content into memory of exactly `capacity` bytes. */
static int buffer_resize(struct buffer *buffer, size_t capacity)
{
    char *data = malloc(capacity);

    if (!data)
        return -ENOMEM;
    if (buffer->len > 0)
        memcpy(data, buffer_bytes(buffer), buffer->len);
    free(buffer->data);
    buffer->data = data;
    buffer->start = 0;
    buffer->capacity = capacity;
    return 0;
}

int buffer_reserve(struct buffer *buffer, size_t len)
{
    size_t capacity = buffer->capacity > BUFFER_MIN ? buffer->capacity : BUFFER_MIN;

    if (len <= buffer->capacity - buffer->start - buffer->len)
        return 0;
    if (len > SIZE_MAX / 4 - buffer->len)
        return -ENOMEM;
    if (buffer->start >= buffer->capacity / 2 && buffer->len + len <= buffer->capacity) {
        memmove(buffer->data, buffer_bytes(buffer), buffer->len);
        buffer->start = 0;
        return 0;
    }
    while (capacity < buffer->len + len || capacity == buffer->capacity)
        capacity *= 2;
    return buffer_resize(buffer, capacity);
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    int r;

    if (len == 0)
        return 0;
    r = buffer_reserve(buffer, len);
    if (r < 0)
        return r;
    memcpy(buffer_bytes(buffer) + buffer->len, bytes, len);
    buffer->len += len;
    return 0;
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    buffer->start += len;
    buffer->len -= len;
    if (buffer->len == 0)
        buffer->start = 0;
}

void buffer_trim(struct buffer *buffer)
{
    if (buffer->len == 0)
        buffer_done(buffer);
    else if (buffer->capacity > 8 * BUFFER_MIN && buffer->len < buffer->capacity / 4)
        (void)buffer_resize(buffer, buffer->len * 2); /* without memory it stays large */
}

void buffer_done(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){};
}
