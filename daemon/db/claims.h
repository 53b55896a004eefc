/*
 * The ledger of reminders in the database (goald.reminder): reading what still matters of it,
 * claiming what is to be sent, and settling what became of it. What is due core/reminders.c says;
 * here it is seen to that each occurrence is in one run's hands at a time.
 *
 *   claims_read.c    what is there
 *   claims_write.c   claiming, in one transaction
 *   claims_settle.c  sent, failed, and once more
 *
 * Each of these is a job that its owner fills in and starts, and that done() hands back, once,
 * never from within the call that started it. Whoever waits no longer sets `arg` to NULL: nothing
 * is told then but that it is done. Times are microseconds of CLOCK_REALTIME, days day numbers.
 */
#ifndef GOALD_DB_CLAIMS_H
#define GOALD_DB_CLAIMS_H

#include "core/reminders.h"
#include "db/journal.h"
#include "db/pool.h"
#include "db/sending.h"
#include "db/token.h"

#define LETTER_ID_SIZE 33 /* 32 hexadecimal digits and NUL */

/* What another run may do with a row. */
enum claims_open {
    CLAIMS_SHUT,   /* nothing: it is settled, given up, or in a run's hands */
    CLAIMS_WAITS,  /* it failed, and it is not time to try again */
    CLAIMS_AGAIN,  /* it failed, and it is */
    CLAIMS_LAPSED, /* take it over: the run that claimed it did not come back in time */
};

/* A row of the ledger, with what only claiming needs to know. */
struct claims_row {
    struct ledger_row row;
    enum claims_open open;
    const char *letter; /* that it is in, or NULL */
    bool spread;        /* what that letter holds is not in the strategies asked for alone */
};

struct claims_reading {
    struct pg_job job; /* first: the pool hands it back */
    char run[UUID_TEXT_SIZE];
    int64_t now_us; /* the run's time; 0: the database's */
    bool trial;     /* nothing is written, not even the clock */
    bool ahead;     /* now_us may be up to a day ahead */
    int32_t *strategies;
    size_t n_strategies;
    void *arg;
    /* Told in this order: whom the run has written to already (of a group the strategy, else 0);
     * the rows, by strategy; then where each journal was. */
    void (*served)(void *arg, int32_t strategy_id, enum holder recipient, int64_t recipient_id);
    void (*row)(void *arg, int32_t strategy_id, const struct claims_row *row);
    void (*journal)(void *arg, int32_t strategy_id, int64_t seq);
    /* With `clock`, which may say that the run must not go on: then nothing else was told.
     * -ENOTCONN, -ECONNRESET: the database is out of reach; -EIO: it refused (logged); -ENOMEM. */
    void (*done)(struct claims_reading *reading, int error);
    struct sending clock;
    /* the rest is claims_read.c's */
    int first, error;
    bool begun;
};

void claims_read(struct pool *pool, struct claims_reading *reading);

/* An occurrence that is to be in a letter. */
struct claims_item {
    struct occurrence occurrence;
    int64_t row_id; /* of the row it has, which lapsed or failed; 0: none */
    int32_t strategy_id;
    int32_t day; /* today there */
    bool got;    /* it was claimed */
};

/* One that is settled without being sent. */
struct claims_skip {
    struct occurrence occurrence;
    int64_t row_id; /* of the row it has, which is open; 0: none */
    int32_t strategy_id;
    int32_t day;
    enum settle_reason reason;
};

struct claims_letter {
    enum holder recipient;
    int64_t recipient_id;
    size_t n_items, n_skips;
    struct claims_item *items;   /* owned; the most urgent first */
    struct claims_skip *skips;   /* what these take the place of; owned */
    char id[LETTER_ID_SIZE];     /* "" until it is known: what was claimed makes it */
    bool again;                  /* it is taken over as it was */
    bool answerable;             /* it gets a token for a reply */
    char token[TOKEN_TEXT_SIZE]; /* "": none */
    char *address;               /* owned; NULL: a person's, which is read, or there is none */
};

struct claims {
    struct pg_job job; /* first */
    char run[UUID_TEXT_SIZE];
    int64_t at_us;
    bool trial; /* find out what would be claimed */
    size_t n_letters, n_skips;
    struct claims_letter *letters; /* owned */
    struct claims_skip *skips;     /* open rows that are not due any more; owned */
    void *arg;                     /* NULL: nothing is claimed, if there is still time */
    /* 0: each letter has the items that were claimed, perhaps none. -ENOTCONN: the database is out
     * of reach. -ECONNRESET: it broke off. Perhaps it was all claimed: then the lease ends, and it
     * is taken over. -EIO: it refused (logged). -ENOMEM. */
    void (*done)(struct claims *claims, int error);
    /* the rest is claims_write.c's */
    unsigned char sent[12];
    int n_sent, step, error;
    bool ended;
};

void claims_write(struct pool *pool, struct claims *claims);
void claims_free(struct claims *claims);

/* What a run tells of one of its letters, or what is to be tried again. */
struct claims_settling {
    struct pg_job job;     /* first */
    char *strategies;      /* only in these, an array's text, owned; NULL: in all */
    char *letter, *reason; /* owned */
    char run[UUID_TEXT_SIZE];
    int64_t now_us; /* 0: the database's */
    int64_t row_id; /* to be tried again; 0: all that failed */
    bool sent;      /* else it failed */
    void *arg;
    /* As above, with how many occurrences there were of it; -1: the time is more than a day ahead
     * of the database's clock, and what failed then would wait that long. It may be repeated. */
    void (*done)(struct claims_settling *settling, int error);
    int64_t settled;
};

void claims_settle(struct pool *pool, struct claims_settling *settling);
void claims_retry(struct pool *pool, struct claims_settling *settling);
void claims_settling_free(struct claims_settling *settling);

#endif
