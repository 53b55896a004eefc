/*
 * What the daemon knows: the registry and every strategy's tree, kept up with the database, and
 * the way in for changes. One slot a journal (slot 0 is the registry's); a slot lives as long as
 * the store. Trees and what is reached through them are good until the next turn of the loop.
 *
 *   store.c    all slots, the poll, notifications, what the methods ask
 *   slot.c     one slot by itself
 *   refresh.c  the one path by which rows get into a tree
 *   writer.c   queues and batches; with batch.c, resolve.c and locked.c (batch.h)
 */
#ifndef GOALD_DB_STORE_H
#define GOALD_DB_STORE_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/registry.h"
#include "core/tree.h"
#include "db/journal.h"
#include "db/pool.h"

struct store;

struct store_options {
    struct event_base *base;
    const char *realm;    /* of the callers' user numbers */
    int poll_interval_ms; /* how often all strategies' seq are compared */
    int in_doubt_ms;      /* how long a broken commit's outcome is looked for */
    int write_queue;      /* changes that may wait, in all strategies together */
    bool private_cluster;
    void (*complained)(void *arg); /* store_complaint() has something new to tell */
    void *arg;
};

/* One journal and what follows from it. Read by methods, changed by the store alone. */
struct slot {
    struct store *store;
    int32_t id;
    char *key;
    struct tree *tree;         /* a strategy's; NULL until it is loaded */
    struct registry *registry; /* the registry's, in slot 0; NULL until it is loaded */
    int64_t head_time_us;      /* of the last entry followed */
    int64_t known_seq;         /* the database's, as last seen */
    int64_t checked_us;        /* when that was, CLOCK_MONOTONIC; 0: never */
    int64_t polled_from;       /* the seq followed when the running poll was sent */
    bool asked, polled;        /* it was here when the poll was sent; the answer named it */
    bool gone;                 /* the database does not have it (any more) */
    bool broken;               /* its rows were read, and make no tree */
    /* the day in the strategy's time zone, worked out again when it ends or the zone is another */
    int32_t day;
    int64_t day_until;
    char day_zone[64]; /* that one */
    /* the writer's */
    struct change *queue, **queue_end;
    size_t queued;
    struct batch *batch;     /* in flight */
    bool held;               /* by a batch of the registry's slot */
    struct refresh *refresh; /* running */
    int losses;              /* batches in a row that another daemon overtook */
    size_t one_by_one;       /* changes to try alone, because a batch was refused */
};

enum change_outcome {
    CHANGE_DONE,        /* committed, and in the tree; or there was nothing to change */
    CHANGE_REPEATED,    /* done before under this request id; seq and id are the first one's */
    CHANGE_REFUSED,     /* by plan(), which knows why */
    CHANGE_REUSED,      /* the request id was used for something else, in entry seq */
    CHANGE_CONFLICT,    /* the database refused it: constraint and message tell */
    CHANGE_UNAVAILABLE, /* the database is out of reach; nothing was written */
    CHANGE_UNKNOWN,     /* the commit's outcome could not be learned */
};

/* What a change's plan() appends to. The registry's entries are there for changes of the registry
 * and for imports, the strategy's for all others and for imports. */
struct plan {
    struct store *store;
    struct entries *registry, *strategy;
    const struct slot *slot; /* the strategy's; NULL for a new one or none */
    bool further; /* the last call returned PLAN_MORE or PLAN_WAIT: go on from there; else begin
                     anew */
};

/* What plan() of an import returns when it is not through yet: it is called again in another turn
 * of the loop, with the same trees, for its slots are held until then. What it appended stays as it
 * is: entries of earlier calls are hashed already. */
#define PLAN_MORE 1
/* The same, but it waits for something: it is called again a little later. */
#define PLAN_WAIT 2

/* A change on its way. Made by a method, owned by the store from store_submit() to done(). */
struct change {
    struct slot *slot; /* whose queue it waits in: a strategy's, or the registry's */
    struct slot *also; /* an import: the strategy it is for; NULL if it makes a new one */
    char *new_key;     /* an import's new strategy, or NULL */
    int64_t account;   /* -1 - uid: a user without one, a built-in administrator */
    bool alone;        /* may not share a batch: it changes more than an update does */
    bool repeatable;   /* the request id came from the caller: it may be a repetition */
    char request_id[UUID_TEXT_SIZE];
    unsigned char digest[HASH_SIZE]; /* of the method and its parameters */
    /* Validates against the trees as they are now and appends entries, or refuses all of it with a
     * negative errno and remembers why. May be called again. Only an import's (`also` or `new_key`)
     * may return PLAN_MORE or PLAN_WAIT. */
    int (*plan)(struct change *change, struct plan *plan);
    /* Called once. With CHANGE_DONE and CHANGE_REPEATED seq and id are set; where there was nothing
     * to change they are the journal's last seq and 0. */
    void (*done)(struct change *change, enum change_outcome outcome);
    int64_t seq;         /* of its last entry */
    int64_t id;          /* of that entry's entity */
    char constraint[64]; /* of CHANGE_CONFLICT */
    /* the writer's */
    struct change *next;
    int64_t deadline_us;
    bool refused; /* by plan(), but perhaps a repetition */
    bool idle;    /* plan() found nothing to change; perhaps a repetition too */
    bool doubt;   /* a commit of it may still be on its way */
    enum change_outcome outcome;
};

/* An import writes the registry and a strategy, and has a lane of its own. */
static inline bool change_is_import(const struct change *change)
{
    return change->also || change->new_key;
}

int store_new(const struct store_options *options, struct store **ret_store) MUST_CHECK;

/* Fails what waits as unavailable and lets go of everything; the pool must be gone before. */
void store_free(struct store *store);

/* Gives the store its pool and starts it: checks the schema's number, loads, follows. */
void store_start(struct store *store, struct pool *pool);

/* Stops following and starts no batch any more; running ones go on, but nothing is tried again. */
void store_stop(struct store *store);

/* The pool's callbacks (pool.h). */
void store_connected(void *store, enum pool_use use);
void store_notified(void *store, const char *channel, const char *payload);

struct pool *store_pool(const struct store *store);
const struct store_options *store_options(const struct store *store);
void store_set_limits(struct store *store, int write_queue, int poll_interval_ms);

/* True once the registry and all strategies that the database had at the start are loaded. */
bool store_loaded(const struct store *store);
/* Called each time that becomes true, or all that is missing cannot be loaded; and at once if it
 * is.
 */
void store_on_loaded(struct store *store, void (*loaded)(void *arg), void *arg);
/* Tells each time a journal has moved on, or what was known of it was forgotten; NULL: no more.
 * From within the store's work: `moved` may note it and wake others, nothing else. */
void store_on_moved(struct store *store, void (*moved)(void *arg, const struct slot *slot),
                    void *arg);
/* The schema's number, 0 before it is known. A schema newer or older than the program's stops the
 * store with this message. */
int store_schema(const struct store *store);
const char *store_complaint(const struct store *store); /* "" if all is well */

/* NULL until it is loaded. */
const struct registry *store_registry(const struct store *store);
struct slot *store_registry_slot(struct store *store);

/* A loaded strategy by key or alias, or NULL. */
struct slot *store_strategy(struct store *store, const char *key);
struct slot *store_slot(struct store *store, int32_t id);
/* All slots that are loaded strategies, in the order of their keys; the array is the store's. */
size_t store_strategies(struct store *store, struct slot *const **ret_slots);
/* Another number as soon as answers about a strategy may tell something else of the others: which
 * there are, who may read them, and their relations. */
uint64_t store_editions(const struct store *store);
/* The id that a new strategy gets. */
int32_t store_next_id(const struct store *store);

/* Today in the strategy's time zone, as a day number. */
int32_t slot_today(struct slot *slot);

bool store_reachable(const struct store *store);

/* Queues a change; from here its done() will be called, later. -EAGAIN: the queue is full;
 * -ENOTCONN: the database is out of reach. */
int store_submit(struct change *change) MUST_CHECK;
size_t store_queued(const struct store *store);

#endif
