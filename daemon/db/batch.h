/*
 * A batch on its way into the database: the changes of one slot that were validated together, the
 * entries they made, and the statements that write them.
 *
 *   gather.c   validates what waits, and seals the entries
 *   batch.c    builds and sends the statements
 *   writer.c   launches, follows and answers: what follows from the outcome
 *   resolve.c  learns an outcome that is in doubt from the journal's request ids
 *   locked.c   a batch that locks its journal's head before it reads, validates and writes
 *
 * A batch in its slot's `batch` is owned by the job that runs; a detached one owns itself.
 */
#ifndef GOALD_DB_BATCH_H
#define GOALD_DB_BATCH_H

#include "db/slot.h"

#define BATCH_CHANGES 512 /* changes in one transaction at most */
/* The SQLSTATE (division by zero) that says that another daemon was faster. */
#define BATCH_OVERTAKEN "22012"
#define BATCH_ROWS 5000 /* rows in one statement at most */

enum batch_stage {
    BATCH_PLANNING,  /* an import plans and seals, a slice in each turn of the loop */
    BATCH_WRITING,   /* the pipeline is on its way */
    BATCH_LOCKING,   /* before that: the head is being locked (locked.c) … */
    BATCH_READING,   /* … and what the tree is behind is being read */
    BATCH_RESOLVING, /* which of its request ids are in the journal? */
    BATCH_FOLLOWING, /* committed; the rows are being read by a refresh */
};

/* One journal that the batch appends to. */
struct part {
    struct slot *slot; /* NULL: a new strategy, `new_key` of the change */
    const char *new_key;
    struct entries entries;
    size_t sent; /* entries, of a batch that is sent in portions */
};

/* What a statement of the pipeline is, so that its result finds its way. */
struct sent {
    struct part *part; /* NULL: not a row of a refresh */
    const struct table *table;
    bool ended;
};

struct batch {
    struct pg_job job;
    struct store *store;
    struct slot *slot; /* in whose `batch` it is */
    struct slot *also; /* held for it, or NULL */
    enum batch_stage stage;
    struct change *changes; /* those with entries, in order */
    size_t n_changes;
    struct part registry, strategy; /* used if entries.count > 0 */
    bool detached;    /* only looks up what changed nothing or was refused; not in its slot */
    bool follow;      /* its rows come by a refresh: they are many */
    bool locked;      /* in a transaction that it began itself, with the head locked */
    int follow_tries; /* left, before what could not be read is answered anyway … */
    int64_t follow_until_us; /* … as it is then */
    struct sent *sent;
    size_t n_sent;
    size_t n_writes, n_written; /* statements before the commit; answers to them */
    struct pg *pg;              /* of a batch in portions, while its job runs … */
    size_t next_at;             /* … so many answers let the next portion go */
    struct rows registry_rows, strategy_rows;
    struct refresh *refresh; /* of a locked one, until it is applied */
    int first;               /* of a locked one: the index of the stage's first statement */
    struct event *pause;     /* before an outcome is asked for again */
    struct event *turn;      /* the loop's next turn, while planning */
    struct change *planning; /* has returned PLAN_MORE or PLAN_WAIT */
    bool waiting;            /* it was PLAN_WAIT */
    int error;
};

/* --- batch.c --- */

/* Queues the whole pipeline: advance, insert, commit, read back. -ENOMEM is kept in batch->error
 * and makes the transaction fail. */
void batch_send(struct batch *batch, struct pg *pg);

/* A batch too large to be sent whole: the statements of its first portion, and those of the next
 * one, which is queued from the job's result() when `next_at` answers have come. */
bool batch_is_large(const struct batch *batch);
void batch_send_first(struct batch *batch, struct pg *pg);
void batch_send_next(struct batch *batch);

/* Queues the statements by which entries from `from` on become rows of state, without those of the
 * journal; the number of the next entry. */
size_t batch_send_state(struct batch *batch, struct pg *pg, struct part *part, size_t from);

/* Queues BEGIN and the lock of the slot's head; the number of statements. */
int batch_send_lock(struct batch *batch, struct pg *pg);

/* Queues the question which of the batch's request ids the journal has, with the heads locked, so
 * that a transaction still on its way has ended first. */
void batch_send_resolve(struct batch *batch, struct pg *pg);

void batch_free(struct batch *batch);

/* --- gather.c --- */

/* Moves what can go together from the queue into the batch, validated against the trees as they
 * are now, answers what needs no writing, and seals the entries. False: nothing is to be written,
 * or it failed. Not for imports. */
bool batch_gather(struct batch *batch);

/* The same for whatever is next in the queue; the batch is launched or dropped, perhaps in a later
 * turn of the loop. */
void batch_start(struct batch *batch);

/* --- writer.c --- */

struct change *queue_pop(struct slot *slot);
void change_finish(struct change *change, enum change_outcome outcome);
void changes_finish(struct change *changes, enum change_outcome outcome);

void change_append(struct change **list, struct change *change);

/* Puts changes back in front of the queue, in their order. */
void queue_unpop(struct slot *slot, struct change *changes);

/* Lets go of the slots and frees the batch; what it still holds of changes is the caller's. */
void batch_end(struct batch *batch);
/* The same for one that wrote nothing; its slots are looked at in the loop's next turn, not from
 * here: a long queue of refused changes would become a deep stack. */
void batch_drop(struct batch *batch);
/* Sends what was gathered. */
void batch_launch(struct batch *batch);
void batch_finish_all(struct batch *batch, enum change_outcome outcome);
/* Reads what was written by the refresh path and answers with each change's outcome. */
void batch_follow(struct batch *batch);

/* The written pipeline's results, their indexes from 0, and its outcome. */
void batch_result(struct batch *batch, int index, const PGresult *result);
void batch_done(struct batch *batch, enum pg_outcome outcome, const struct pg_error *error);

/* --- resolve.c --- */

/* The connection broke: what became of the changes is looked up, for a limited time. */
void batch_in_doubt(struct batch *batch);
/* Asks the journal for the changes' request ids, until their deadline. */
void resolve_start(struct batch *batch);

/* --- locked.c --- */

/* Runs a batch that gathers its changes once it holds the lock. */
void locked_start(struct batch *batch);

#endif
