/*
 * uthash as core/ uses it: out of memory is an error to return, not the end of the program.
 * Include it before any header that includes uthash.h itself.
 */
#ifndef GOALD_CORE_HASH_H
#define GOALD_CORE_HASH_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include <errno.h>

/* The item whose field `id` is `wanted` (an int64_t lvalue), or NULL. */
#define HASH_BY_ID(head, wanted, ret_item)                                                         \
    HASH_FIND(by_id, head, &(wanted), sizeof(wanted), ret_item)

#define HASH_BY_STRING(handle, head, wanted, ret_item)                                             \
    HASH_FIND(handle, head, wanted, strlen(wanted), ret_item)

/* Both give 0 or -ENOMEM. */
#define HASH_PUT_ID(head, item)                                                                    \
    ({                                                                                             \
        HASH_ADD(by_id, head, id, sizeof((item)->id), item);                                       \
        (item)->by_id.tbl ? 0 : -ENOMEM;                                                           \
    })

#define HASH_PUT_STRING(handle, head, string, item)                                                \
    ({                                                                                             \
        HASH_ADD_KEYPTR(handle, head, (item)->string, strlen((item)->string), item);               \
        (item)->handle.tbl ? 0 : -ENOMEM;                                                          \
    })

/* Takes the item out if it is in; it may be put in again. */
#define HASH_TAKE(handle, head, item)                                                              \
    do {                                                                                           \
        if ((item)->handle.tbl) {                                                                  \
            HASH_DELETE(handle, head, item);                                                       \
            (item)->handle.tbl = NULL;                                                             \
        }                                                                                          \
    } while (0)

/*
 * A row without anything of its own on the heap: `row` (a pointer to it) replaces the item with the
 * same id, or becomes a new one.
 */
#define HASH_PUT_PLAIN(head, row)                                                                  \
    ({                                                                                             \
        __typeof__(head) item_ = NULL;                                                             \
        int r_ = 0;                                                                                \
        HASH_BY_ID(head, (row)->id, item_);                                                        \
        if (item_) {                                                                               \
            UT_hash_handle handle_ = item_->by_id;                                                 \
            *item_ = *(row);                                                                       \
            item_->by_id = handle_;                                                                \
        } else if (!(item_ = malloc(sizeof *item_))) {                                             \
            r_ = -ENOMEM;                                                                          \
        } else {                                                                                   \
            *item_ = *(row);                                                                       \
            if ((r_ = HASH_PUT_ID(head, item_)) < 0)                                               \
                free(item_);                                                                       \
        }                                                                                          \
        r_;                                                                                        \
    })

/* Takes the item with that id out and frees it. */
#define HASH_END_PLAIN(head, wanted)                                                               \
    do {                                                                                           \
        __typeof__(head) item_ = NULL;                                                             \
        HASH_BY_ID(head, wanted, item_);                                                           \
        if (item_) {                                                                               \
            HASH_TAKE(by_id, head, item_);                                                         \
            free(item_);                                                                           \
        }                                                                                          \
    } while (0)

/* Ends every item of the hash with `free_item`. */
#define HASH_FREE_ALL(head, free_item)                                                             \
    do {                                                                                           \
        __typeof__(head) item_, next_;                                                             \
        HASH_ITER (by_id, head, item_, next_) {                                                    \
            HASH_DELETE(by_id, head, item_);                                                       \
            free_item(item_);                                                                      \
        }                                                                                          \
    } while (0)

#endif
