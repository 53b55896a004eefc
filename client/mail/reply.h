/*
 * What an answer to a reminder reports: lines such as "60 % on track", "2.2: 60 %", "ls:2.2
 * försenad, vi väntar" and the text that follows each, its note. Whatever is not clear is a fault,
 * and with a fault nothing of it should be written. Pure; a `struct reply` owns its texts.
 */
#ifndef GOAL_MAIL_REPLY_H
#define GOAL_MAIL_REPLY_H

#include "spoken.h"

#define REPLY_FAULTS 10 /* told at most */

/* A node that the reminder named; its code is "" for the strategy itself, the alias may be NULL. */
struct reply_node {
    const char *strategy, *alias, *code;
};

struct reply_entry {
    size_t node;       /* its index */
    double percent;    /* NAN: none */
    const char *state; /* the interface's word, or NULL */
    char *note;        /* or NULL */
};

enum reply_problem {
    REPLY_NOTHING,    /* nothing was said */
    REPLY_UNCLEAR,    /* neither a percentage nor a state */
    REPLY_PERCENT,    /* no percentage from 0 to 100, or more than one */
    REPLY_STATE,      /* a state that is denied, or more than one */
    REPLY_WHICH_NODE, /* the reminder named several */
    REPLY_OTHER_NODE, /* the reminder did not name it */
    REPLY_TWICE,      /* more than one report on the same node */
};

struct reply_fault {
    enum reply_problem problem;
    char *line; /* as it was written; "" of REPLY_NOTHING */
};

struct reply {
    struct reply_entry *entries;
    struct reply_fault *faults;
    size_t n_entries, n_faults;
};

/* Reads what somebody wrote (own_words.h). Without faults there is at least one entry. */
void reply_parse(const struct spoken *spoken, const char *own, const struct reply_node *nodes,
                 size_t n_nodes, struct reply *ret_reply);
void reply_done(struct reply *reply);

#endif
