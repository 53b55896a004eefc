/*
 * Small helpers that every file may use: cleanup attributes, STEAL() and the must-check mark.
 * Header only; it owns nothing.
 */
#ifndef GOALD_WIRE_UTIL_H
#define GOALD_WIRE_UTIL_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Frees a local when its scope ends: AUTO(free_ptr) char *text = NULL; */
#define AUTO(fn) __attribute__((cleanup(fn)))

static inline void free_ptr(void *p)
{
    free(*(void **)p);
}

/* A descriptor of -1 is "none"; 0 is a descriptor like any other. */
static inline void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

/* Hands a pointer on and leaves NULL behind, so that its cleanup attribute has nothing to do. */
#define STEAL(p)                                                                                   \
    ({                                                                                             \
        __typeof__(p) stolen_ = (p);                                                               \
        (p) = NULL;                                                                                \
        stolen_;                                                                                   \
    })

#endif
