/*
 * What the files of the reminders share among themselves. Nobody outside core/reminders*.c
 * includes it.
 *
 * reminders.c goes through the items; reminders_rules.c (reminders_checkin.c for check-ins) says
 * what a rule has to say of an item, reminders_series.c on which days, reminders_recipients.c to
 * whom. reminders_settle.c holds that against the ledger; reminders_escalation.c does all of that
 * for escalations, whose steps follow on one another.
 */
#ifndef GOALD_CORE_REMINDERS_INTERNAL_H
#define GOALD_CORE_REMINDERS_INTERNAL_H

#include "core/addressees.h"
#include "core/ids.h"
#include "core/reminders.h"
#include "core/rules.h"
#include "core/walk.h"

/* The item at hand. */
struct item {
    enum remind_item kind;
    int64_t id;
    struct node *node;                   /* that it is, or is on; NULL: none */
    const struct group *group;           /* that it is, or is a seat in; NULL: none */
    const struct assignment *assignment; /* that it is, or NULL; likewise … */
    const struct membership *membership;
};

/* --- whom --- */

/* Those to whom a rule (step 1 to 3 of an escalation; else 0) speaks of an item, each once. Added
 * to `list`. */
int recipients_of(const struct address_book *book, const struct remind_view *view,
                  const struct item *item, enum remind_rule rule, int64_t step,
                  struct addressees *list) MUST_CHECK;

/* Has somebody a role on the node itself that keeps its groups from being told: an owner or a lead?
 */
bool node_is_owned(const struct remind_view *view, const struct node *node);
/* Has somebody a duty on the node itself, be they reached or not? */
bool node_has_duty(const struct remind_view *view, const struct node *node);

/* --- when --- */

/* The days on which a rule speaks of one date. */
struct series {
    const struct reminder_rule *rule;
    const struct workdays *workdays;
    int32_t base;  /* steps are so many days before or after it */
    int32_t until; /* no step is planned after it; INT32_MAX: no end */
    int64_t seq;   /* what the one step of a nudge is called; else 0 */
};

struct step {
    int64_t step;
    int32_t planned;
};

/* So many working or other days after a day, as the rule counts them; negative: before it. */
int32_t days_after(const struct reminder_rule *rule, const struct workdays *workdays, int32_t day,
                   int32_t count);

/* The i-th step of the series, the earliest is number 0: false if there is none (any more). */
bool series_step(const struct series *series, uint32_t i, struct step *ret_step);

/* How many steps are planned for a day on or before that one. */
uint32_t series_count(const struct series *series, int32_t day);

/* --- what --- */

/* What a rule says of an item on the day. */
struct verdict {
    enum settle_reason silent; /* it says nothing, and why; SETTLE_NOT: it speaks */
    int32_t version;
    int32_t answered; /* steps planned on or before that day are; DAY_NONE: none is */
    int32_t heard;    /* where that moves the version: when the last was heard of it; or DAY_NONE */
    int32_t early;    /* of a check-in: it answers for a cycle that ends so many days later */
    struct series series;
};

/* Nothing to be said: `reason`. */
static inline struct verdict verdict_silent(enum settle_reason reason)
{
    return (struct verdict){.silent = reason, .answered = DAY_NONE, .heard = DAY_NONE};
}

/* Is that for a later edition of the strategy to say? Reviews, terms and nudges are not. */
static inline bool is_superseded(const struct remind_view *view, enum remind_rule rule)
{
    return view->superseded &&
           (rule == REMIND_DUE || rule == REMIND_CHECKIN || rule == REMIND_ESCALATION);
}

/* The days on which something was heard of a node are marked in so many days up to the last. */
#define CHECKIN_DAYS (1144 * 64)

struct reminders {
    struct remind_results results;
    struct ledger ledger;
    struct address_book book;
    struct reminder_rule rules[REMIND_RULES];
    int32_t ahead;
    int64_t seq;    /* of the tree when the run began … */
    uint64_t birth; /* … and which tree that was */
    struct walk walk;
    bool walked;
    struct ids groups, memberships; /* when the run began … */
    size_t at;                      /* … and how many of both were visited */
    size_t cost;                    /* nodes that this step has looked at */
    struct addressees recipients;   /* of the item at hand */
    uint64_t heard[CHECKIN_DAYS / 64];
};

/* What the rules say; the node has its result of the day. */
struct verdict verdict_of_due(const struct reminders *run, const struct remind_view *view,
                              const struct node *node);
struct verdict verdict_of_review(const struct reminders *run, const struct remind_view *view,
                                 const struct reviews *reviews);
struct verdict verdict_of_nudge(const struct reminders *run, const struct remind_view *view,
                                const struct node *node);
struct verdict verdict_of_term(const struct reminders *run, const struct remind_view *view,
                               struct date from, struct date to);
struct verdict verdict_of_checkin(struct reminders *run, const struct remind_view *view,
                                  struct node *node);

/* The day of the last that was reported of the node itself, or DAY_NONE: an update, or of an
 * indicator an observation. */
int32_t last_report(const struct node *node, int32_t day);

/* --- against the ledger --- */

/* What is being settled: what a rule says of an item. */
struct matter {
    struct reminders *run;
    const struct remind_view *view;
    const struct item *item;
    enum remind_rule rule;
    struct verdict verdict;
    struct ledger_range rows; /* of this rule and item */
    uint32_t planned;         /* how many steps of the series are, up to the day */
    struct step newest;       /* the last of them, if there is one */
};

/* Settles it; `rows`: all of the item's. */
int settle(struct reminders *run, const struct remind_view *view, const struct item *item,
           enum remind_rule rule, const struct verdict *verdict,
           struct ledger_range rows) MUST_CHECK;

/* The same for an escalation of the item's node. */
int settle_escalation(struct reminders *run, const struct remind_view *view,
                      const struct item *item, bool open, struct ledger_range rows) MUST_CHECK;

/* Why a row is not to be sent any more, as far as the verdict and (NULL: it is none any more) its
 * recipient say. */
enum settle_reason judge_row(const struct matter *matter, const struct ledger_row *row,
                             const struct addressee *way);
const struct addressee *find_addressee(const struct addressees *list, const struct ledger_row *row);

int add_open(struct remind_results *results, const struct ledger_row *row, const struct item *item,
             const struct addressee *way, enum settle_reason reason) MUST_CHECK;
int add_occurrence(struct occurrences *list, const struct matter *matter,
                   const struct addressee *addressee, struct step step) MUST_CHECK;

#endif
