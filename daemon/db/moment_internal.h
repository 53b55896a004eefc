/*
 * What the two files of moments share: moment.c decides when one is loaded and owns those that are,
 * moment_load.c loads it. Nobody else includes it.
 */
#ifndef GOALD_DB_MOMENT_INTERNAL_H
#define GOALD_DB_MOMENT_INTERNAL_H

#include <sys/queue.h>

#include "db/load.h"
#include "db/moment.h"
#include "db/moment_registry.h"

#define MOMENTS_HELD 8 /* being loaded or in use, at most */

enum loading_stage { AT_HEAD, AT_ROWS, AT_REGISTRY };

struct loading {
    struct pg_job job;
    struct moment_wish wish;
    char *code; /* owned: the wish's */
    struct moments *moments;
    struct moment *moment; /* in the making */
    enum loading_stage stage;
    int first;         /* the number of the load's first statement in the pipeline */
    struct load *load; /* the rows that are being read or applied */
    int64_t registry;  /* the seq of that time's */
    struct param_array below, all;
    struct picks picks;
    enum moment_outcome outcome;
    struct event *late; /* while it waits */
    TAILQ_ENTRY(loading) entry;
};

TAILQ_HEAD(loadings, loading);

struct old_tree {
    struct tree *tree;
    struct old_tree *next;
};

struct moments {
    struct event_base *base;
    struct store *store;
    struct loadings waiting, running;
    int held;
    struct {
        uid_t uid;
        int held;
    } users[MOMENTS_HELD]; /* those that hold any */
    struct past_shelf shelf;
    struct old_tree *old; /* to be freed */
    struct event *turn;
    bool stopping;
};

/* Reads what is wished for, applies it, and ends with loading_over(). */
void loading_run(struct loading *loading);

/* Takes a running one out of the list and tells who asked. */
void loading_over(struct loading *loading, enum moment_outcome outcome);

/* Does anybody still wait for it? */
static inline bool loading_is_wanted(const struct loading *loading)
{
    return loading->outcome == MOMENT_READY && loading->wish.wanted(loading->wish.arg);
}

#endif
