/*
 * Growing arrays of a pointer and a count, without a capacity of their own: it follows from the
 * count. There is room for 1, 2, … 8, 10, 12, 14, 16, 20, 24, … items, four steps to a doubling,
 * so that at most a fifth stands empty. The array's owner frees it.
 */
#ifndef GOALD_CORE_ARRAY_H
#define GOALD_CORE_ARRAY_H

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* How far the next room is from this count's. */
static inline size_t array_step(size_t count)
{
    return count < 8 ? 1 : (size_t)1 << (61 - __builtin_clzll(count));
}

static inline bool array_is_full(size_t count)
{
    return (count & (array_step(count) - 1)) == 0;
}

/* The room that an array of that many items has. */
static inline size_t array_room(size_t count)
{
    size_t step = array_step(count);

    return (count + step - 1) & ~(step - 1);
}

/* Makes room for one more. 0 or -ENOMEM. */
#define ARRAY_RESERVE(array, count)                                                                \
    ({                                                                                             \
        int r_ = 0;                                                                                \
        if (array_is_full(count)) {                                                                \
            size_t room_ = (count) + array_step(count);                                            \
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
