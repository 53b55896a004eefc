/*
 * Which reminders there are on a day, to whom, and why: from a strategy's tree, the registry and
 * the ledger of what was sent before. Pure: no I/O, no clock.
 *
 * An occurrence is (item, rule, version, step, recipient). Its version is the day it is about: when
 * that moves, these are other occurrences. It is planned for a day, and due on the first run on or
 * after that day. Of several that a recipient has missed by one rule about one item only the newest
 * is due; the earlier ones are skipped.
 *
 * A run goes through the strategy in steps, so that a large one holds nobody up:
 *
 *     ledger_add() …; reminders_begin(); while (reminders_some() == 1) …; reminders_results();
 *
 * The tree and the registry may change between two steps: what was missed for that reason comes
 * with the next run. reminders_free() ends it.
 */
#ifndef GOALD_CORE_REMINDERS_H
#define GOALD_CORE_REMINDERS_H

#include "core/addressees.h"
#include "core/ledger.h"
#include "core/registry.h"
#include "core/reminder_rule.h"
#include "core/tree.h"
#include "core/workdays.h"

/* Why a reminder is not sent, or not any more. */
enum settle_reason {
    SETTLE_NOT,           /* it is still to be sent */
    SETTLE_NEWER,         /* a newer one takes its place */
    SETTLE_CLOSED,        /* the node is done or closed */
    SETTLE_UPDATED,       /* an update since answers it */
    SETTLE_EARLY,         /* an early check-in does */
    SETTLE_MOVED,         /* the day it is about is another one now */
    SETTLE_OVERDUE,       /* a check-in: the rule on due dates speaks of it now */
    SETTLE_ENDED,         /* the term is over */
    SETTLE_NOT_ADDRESSED, /* to somebody who gets it no longer */
    SETTLE_RULE_OFF,
    SETTLE_SUPERSEDED, /* a later edition of the strategy speaks of such dates now */
    SETTLE_GONE,       /* what it is about was removed */
};

/* By value, NULL-terminated; the word of SETTLE_NOT is "". */
extern const char *const settle_reason_names[];

/* Of an occurrence that is about no node. (0 is the strategy.) */
#define NODE_NONE (-1)

struct occurrence {
    int64_t item_id, recipient_id;
    int64_t node_id; /* that it is about, or NODE_NONE */
    int64_t via_id;  /* the group or organisation by which the recipient was found, or 0 */
    int64_t step;    /* days before the version's day, negative: after it; of an escalation 1 to 3;
                        of a nudge its seq */
    enum remind_item item;
    enum remind_rule rule;
    enum remind_why why;
    enum holder recipient, via;
    int32_t version, planned; /* days */
};

struct occurrences {
    struct occurrence *items;
    size_t count;
};

/* One that is not in the ledger and goes into it as skipped. */
struct skipped {
    struct occurrence occurrence;
    enum settle_reason reason;
};

/* What there is to be said of an open row of the ledger: either it is still to be sent, as the
 * occurrence (found anew: why and by which way) says, or (a reason) it is to be settled as skipped;
 * then the occurrence may be only as much as the row says. An open row that is not in the results
 * is to be left alone. */
struct open_row {
    int64_t id;
    struct occurrence occurrence;
    enum settle_reason reason;
};

struct remind_results {
    struct occurrences due;     /* … and not in the ledger */
    struct occurrences to_come; /* planned for the days ahead that were asked for */
    struct skipped *skipped;
    size_t n_skipped;
    struct open_row *open;
    size_t n_open;
};

/* What a step looks at. Borrowed; the tree must be settled. */
struct remind_view {
    const struct registry *registry;
    struct tree *tree;
    const struct workdays *workdays; /* of the strategy's calendar */
    int32_t day;                     /* the same at every step */
    bool superseded; /* a later edition of the strategy is in force: what is due, unheard of or late
                        is for that one to remind of */
};

struct reminders;

/* Takes what is in the ledger (after the last ledger_add()), which is empty then. `ahead`: how many
 * days after the day are to be looked at for what is to come; 0: not asked for. */
int reminders_begin(const struct remind_view *view, struct ledger *ledger, int32_t ahead,
                    struct reminders **ret_run) MUST_CHECK;

/* Goes on by about that many nodes: 1 as long as there is more to do, then 0. */
int reminders_some(struct reminders *run, const struct remind_view *view, size_t nodes) MUST_CHECK;

/* To whom a reminder about a node goes by a rule, but an escalation: the managers, if it reaches
 * none of those who answer for the node. Added to the list. The view needs no working days. */
int reminders_addressees(const struct address_book *book, const struct remind_view *view,
                         struct node *node, enum remind_rule rule,
                         struct addressees *list) MUST_CHECK;

/* Instead of the steps: that node alone, and the terms of those whose duty it is. */
int reminders_of_node(struct reminders *run, const struct remind_view *view,
                      struct node *node) MUST_CHECK;

/* In no order, but the skipped ones in that of the due ones whose place was taken by them. Good
 * until the next step. */
const struct remind_results *reminders_results(const struct reminders *run);

/* Drops what was found so far: the results are those of the steps since. */
void reminders_forget(struct reminders *run);

void reminders_free(struct reminders *run);

static inline void reminders_freep(struct reminders **run)
{
    reminders_free(*run);
}

#endif
