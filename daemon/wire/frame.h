/*
 * Splits a stream of bytes into frames, the messages that end in a NUL. It owns the bytes that no
 * frame was made of yet, and no memory when there are none. All zeroes is a new one.
 */
#ifndef GOALD_WIRE_FRAME_H
#define GOALD_WIRE_FRAME_H

#include <stdbool.h>

#include "wire/buffer.h"

/* The default limit of a message, its NUL not counted. */
#define FRAME_LIMIT ((size_t)1 << 20)

struct frame {
    struct buffer bytes;
    size_t scanned; /* this many bytes at the front are known to hold no NUL */
};

/* Copies what was read. It is the reader's to stop when frame_size() grows beyond its bound. */
int frame_append(struct frame *frame, const char *bytes, size_t len) MUST_CHECK;

/* Takes the next frame off the front: 1 and the frame, which is NUL-terminated and stays valid
 * until the next call; 0 if no whole one is there; -EMSGSIZE if it is longer than `limit`. */
int frame_next(struct frame *frame, size_t limit, const char **ret_frame,
               size_t *ret_len) MUST_CHECK;

/* Is a whole frame there? */
bool frame_pending(struct frame *frame);

static inline size_t frame_size(const struct frame *frame)
{
    return frame->bytes.len;
}

void frame_done(struct frame *frame);

#endif
