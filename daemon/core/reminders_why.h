/*
 * Why somebody who has to do with a node is not reminded of it, or nobody is. Pure.
 */
#ifndef GOALD_CORE_REMINDERS_WHY_H
#define GOALD_CORE_REMINDERS_WHY_H

#include "core/reminders.h"

enum left_reason {
    LEFT_CLOSED,        /* the node is done or closed */
    LEFT_RULE_OFF,      /* the strategy has switched the rule off */
    LEFT_SUPERSEDED,    /* a later edition of the strategy reminds of such dates */
    LEFT_NO_DATE,       /* the node has no due date */
    LEFT_NOBODY,        /* no mail reaches anybody, not even a manager */
    LEFT_NO_ADDRESS,    /* no mail reaches them */
    LEFT_ENDED,         /* their role, seat or group has ended */
    LEFT_NOT_BEGUN,     /* … or has not begun */
    LEFT_SOMEBODY_ELSE, /* the node has an owner or a lead, so groups are not told */
    LEFT_OTHER_ROLE,    /* their role on the node is none that is told */
    LEFT_MAILBOX,       /* their group or organisation has a mailbox, which is told */
    LEFT_LEAD_TOLD,     /* a chair or secretary: the group's lead, or chair, is told */
    LEFT_OTHER_SEAT,    /* they are neither the group's lead nor its chair or secretary */
    LEFT_NOT_REPORTER,  /* they do not report for the organisation */
};

/* By value, NULL-terminated. */
extern const char *const left_reason_names[];

struct left_out {
    bool has_rule, has_holder; /* neither: nobody by any rule */
    enum remind_rule rule;
    enum holder holder;
    int64_t id;
    enum left_reason reason;
};

struct left_outs {
    struct left_out *items; /* the owner frees them */
    size_t count;
};

/* A person, and what they have a seat in or are affiliated with, now or ever. */
struct ties {
    int64_t person;
    struct tie *items;
    size_t count;
};

int ties_init(const struct registry *registry, const struct tree *tree, int64_t person,
              struct ties *ret_ties) MUST_CHECK;
void ties_done(struct ties *ties);

/* Adds what there is to be said of the node: of all (NULL), or of that person. */
int reminders_why(const struct reminders *run, const struct remind_view *view,
                  const struct ties *ties, struct node *node, struct left_outs *list) MUST_CHECK;

#endif
