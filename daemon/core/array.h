/*
 * Growing arrays of a pointer and a count, without a capacity of their own: room is kept for the
 * next power of two. The array's owner frees it.
 */
#ifndef GOALD_CORE_ARRAY_H
#define GOALD_CORE_ARRAY_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool array_is_full(size_t count)
{
    return (count & (count - 1)) == 0; /* 0, 1, 2, 4, 8 … */
}

/* Makes room for one more. 0 or -ENOMEM. */
#define ARRAY_RESERVE(array, count)                                                                \
    ({                                                                                             \
        int r_ = 0;                                                                                \
        if (array_is_full(count)) {                                                                \
            size_t room_ = (count) ? 2 * (size_t)(count) : 1;                                      \
            void *grown_ = reallocarray((array), room_, sizeof *(array));                          \
            if (grown_)                                                                            \
                (array) = grown_;                                                                  \
            else                                                                                   \
                r_ = -ENOMEM;                                                                      \
        }                                                                                          \
        r_;                                                                                        \
    })

/* Opens a gap at `i`, for which room was reserved, and counts it. */
#define ARRAY_OPEN(array, count, i)                                                                \
    do {                                                                                           \
        memmove((array) + (i) + 1, (array) + (i),                                                  \
                ((size_t)(count) - (size_t)(i)) * sizeof *(array));                                \
        (count)++;                                                                                 \
    } while (0)

#define ARRAY_REMOVE(array, count, i)                                                              \
    do {                                                                                           \
        (count)--;                                                                                 \
        memmove((array) + (i), (array) + (i) + 1,                                                  \
                ((size_t)(count) - (size_t)(i)) * sizeof *(array));                                \
    } while (0)

#endif
