/*
 * What changed between two moments: how nodes stood on both days, and what they were in the
 * journal at both. Pure; it is told of nodes from trees that come and go, and keeps copies. Whoever
 * has one ends it with differences_done(); all zeroes is an empty one.
 */
#ifndef GOALD_CORE_DIFFERENCES_H
#define GOALD_CORE_DIFFERENCES_H

#include "core/rules.h"

enum side { SIDE_FROM, SIDE_TO };

/* Bits, and their words in the order of the bits; NULL-terminated. */
enum {
    CHANGED_ADDED = 1 << 0,
    CHANGED_ENDED = 1 << 1,
    CHANGED_STATE = 1 << 2,
    CHANGED_DUE = 1 << 3,
    CHANGED_PROGRESS = 1 << 4,
    CHANGED_WORK = 1 << 5,
    CHANGED_START = 1 << 6,
    CHANGED_PARENT = 1 << 7,
    CHANGED_CODE = 1 << 8,
    CHANGED_TITLE = 1 << 9,
    CHANGED_WEIGHT = 1 << 10,
};
extern const char *const change_names[];

/* How a node stands on a day. */
struct standing {
    bool known;
    uint8_t state, schedule;
    double progress, work; /* NAN: unknown */
};

/* What a node is at an entry. */
struct shape {
    bool known;
    char *code;   /* owned, as are the texts */
    char *parent; /* the parent's code; NULL: the strategy has none */
    struct texts titles;
    int64_t parent_id;
    struct date start, due; /* start as written; the due date that counts */
    double weight;
};

struct difference {
    int64_t id;
    uint8_t kind;
    bool listed; /* it lies where was asked */
    struct standing standing[2];
    struct shape shape[2], name; /* name: code and titles, where neither shape is known */
    struct date written;         /* the due date of the version noted last */
    uint32_t due_moves;          /* how often its due date was changed */
    unsigned what;
    int rank;       /* how serious it is, 0 the most; … */
    double measure; /* … among those, the lowest first */
    UT_hash_handle by_id;
};

struct differences {
    struct difference *by_id;
    struct difference **sorted; /* after differences_settle(): what changed, most serious first */
    size_t count;
};

/* `listed`: the node lies where was asked, on that side. */
int differences_note_standing(struct differences *changes, enum side side, const struct node *node,
                              const struct result *result, bool listed) MUST_CHECK;
int differences_note_shape(struct differences *changes, enum side side, const struct node *node,
                           bool listed) MUST_CHECK;
/* After the shapes: a version of the node in between, in their order, with that due date. */
void differences_note_due(struct differences *changes, int64_t id, struct date due);

/*
 * Works out what changed and puts it in order: states that got worse, the worst first; due dates
 * that moved later, the farthest first; what fell; what else is not as it was; states that got
 * better; what rose.
 */
int differences_settle(struct differences *changes) MUST_CHECK;
void differences_done(struct differences *changes);

/* By how many days the due date moved, later is positive; false if there was or is none. */
bool difference_due_days(const struct difference *change, int32_t *ret_days);
/* The newest code and titles that are known. */
const struct shape *difference_name(const struct difference *change);

#endif
