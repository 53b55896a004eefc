/*
 * What the files of the reminders share among themselves. Nobody outside core/reminders*.c
 * includes it.
 *
 * reminders.c goes through the items and settles what is due against the ledger; reminders_rules.c
 * says what a rule has to say of an item, reminders_series.c on which days, and
 * reminders_recipients.c to whom.
 */
#ifndef GOALD_CORE_REMINDERS_INTERNAL_H
#define GOALD_CORE_REMINDERS_INTERNAL_H

#include "core/addressees.h"
#include "core/reminders.h"
#include "core/walk.h"

/* --- whom --- */

/* All of these add to `list`, which may be empty then. Of a node: those whose duty it is, on it or
 * else on the nearest that lies above it; nobody of them reached: the managers. */
int recipients_of_node(const struct address_book *book, const struct remind_view *view,
                       const struct node *node, struct addressees *list) MUST_CHECK;

/* --- when --- */

/* The days on which a rule speaks of one date. */
struct series {
    const struct reminder_rule *rule;
    const struct workdays *workdays;
    int32_t base;  /* steps are so many days before or after it */
    int32_t until; /* no step is planned after it; INT32_MAX: no end */
};

struct step {
    int64_t step;
    int32_t planned;
};

/* The i-th step of the series, the earliest is number 0: false if there is none (any more). */
bool series_step(const struct series *series, uint32_t i, struct step *ret_step);

/* How many steps are planned for a day on or before that one. */
uint32_t series_count(const struct series *series, int32_t day);

/* --- what --- */

/* The item at hand. */
struct item {
    enum remind_item kind;
    int64_t id;
    struct node *node; /* that it is on; NULL: none */
};

/* What a rule says of an item on the day. */
struct verdict {
    enum settle_reason silent; /* it says nothing, and why; SETTLE_NOT: it speaks */
    int32_t version;
    int32_t answered; /* steps planned on or before that day are; DAY_NONE: none is */
    struct series series;
};

struct reminders {
    struct remind_results results;
    struct ledger ledger;
    struct address_book book;
    struct reminder_rule rules[REMIND_RULES];
    int32_t ahead;
    int64_t seq;    /* of the tree when the run began … */
    uint64_t birth; /* … and which tree that was */
    struct walk walk;
    struct addressees recipients; /* of the item at hand */
};

/* Nothing to be said: `reason`. */
static inline struct verdict verdict_silent(enum settle_reason reason)
{
    return (struct verdict){.silent = reason, .answered = DAY_NONE};
}

struct verdict verdict_of_due(const struct reminders *run, const struct remind_view *view,
                              const struct node *node);

#endif
