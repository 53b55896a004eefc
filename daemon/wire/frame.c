/*
 * Framing: each byte is looked at once, however the reads cut the stream.
 */
#include "wire/frame.h"

#include <errno.h>
#include <string.h>

int frame_append(struct frame *frame, const char *bytes, size_t len)
{
    return buffer_append(&frame->bytes, bytes, len);
}

/* The first frame's end, or NULL. */
static const char *frame_end(struct frame *frame)
{
    const char *end;

    if (frame->scanned == frame->bytes.len)
        return NULL;
    end = memchr(buffer_bytes(&frame->bytes) + frame->scanned, '\0',
                 frame->bytes.len - frame->scanned);
    frame->scanned = end ? (size_t)(end - buffer_bytes(&frame->bytes)) : frame->bytes.len;
    return end;
}

int frame_next(struct frame *frame, size_t limit, const char **ret_frame, size_t *ret_len)
{
    const char *end = frame_end(frame);
    const char *start = buffer_bytes(&frame->bytes);

    if (frame->scanned > limit)
        return -EMSGSIZE;
    if (!end) {
        buffer_trim(&frame->bytes);
        return 0;
    }
    *ret_frame = start;
    *ret_len = (size_t)(end - start);
    buffer_consume(&frame->bytes, *ret_len + 1);
    frame->scanned = 0;
    return 1;
}

bool frame_pending(struct frame *frame)
{
    return frame_end(frame) != NULL;
}

void frame_done(struct frame *frame)
{
    buffer_done(&frame->bytes);
    frame->scanned = 0;
}
