/*
 * Moments: a strategy as it was known at an entry of its journal, for answers about the past. A
 * moment is a private tree, loaded from the database by the same pieces as the present's (load.c)
 * and never shared with it, and the registry that goes with it. It holds the whole strategy, or
 * only what one node depends on: that node, everything below it over children and contributions,
 * and as mere nodes those that it contributes or is related to, and those above all of these.
 *
 * So that memory stays bounded, only so many moments are held at once, of one user only some of
 * those; who comes later waits. `struct moments` owns what is being loaded, whoever asked owns the
 * moment that came of it.
 */
#ifndef GOALD_DB_MOMENT_H
#define GOALD_DB_MOMENT_H

#include <event2/event.h>
#include <sys/types.h>

#include "db/store.h"

struct moments;

struct moment {
    int64_t seq;                     /* the entry whose tree it is */
    int64_t time_us;                 /* the time asked for, else that entry's */
    struct tree *tree;               /* owned */
    const struct registry *registry; /* NULL: it is the present one */
    int32_t today;                   /* the as-of date */
    bool known_at;                   /* was a moment asked for? Set by who asks */
    /* the rest is moment.c's */
    struct moments *moments;
    uid_t uid;
    struct past_registry *past;
};

enum moment_outcome {
    MOMENT_READY,
    MOMENT_NOTHING,   /* the strategy did not exist then */
    MOMENT_MIDST,     /* the entry is in the midst of a change whose parts do not stand alone */
    MOMENT_AWAY,      /* the database is out of reach */
    MOMENT_OVERLOADED /* no memory, or too many others for too long */
};

struct moment_wish {
    int32_t strategy_id;
    uid_t uid;
    bool present;     /* what is known at `seq`, the present's, with the present registry */
    int64_t seq;      /* > 0: the entry; else what was known at … */
    int64_t time_us;  /* … this time */
    const char *code; /* only what this node depends on; NULL: the whole strategy */
    bool structure;   /* nothing of what was reported */
    int32_t today;    /* the as-of date */
    /* Called once, later, with a moment if it is MOMENT_READY. */
    void (*done)(void *arg, enum moment_outcome outcome, struct moment *moment);
    /* Does anybody still wait for it? If not, done() is called with any other outcome. */
    bool (*wanted)(const void *arg);
    void *arg;
};

int moments_new(struct event_base *base, struct store *store,
                struct moments **ret_moments) MUST_CHECK;
/* What is being loaded is over as MOMENT_AWAY. The pool must be closed before, and all moments
 * freed. */
void moments_free(struct moments *moments);

/* -EAGAIN: too many wait already; -ENOTCONN: the database is out of reach; -ENOMEM. */
int moments_load(struct moments *moments, const struct moment_wish *wish) MUST_CHECK;

void moment_free(struct moment *moment);

#endif
