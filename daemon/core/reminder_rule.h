/*
 * The rules by which people are reminded: what each one does if the strategy says nothing, and what
 * a strategy says instead. Pure; nothing is owned here.
 */
#ifndef GOALD_CORE_REMINDER_RULE_H
#define GOALD_CORE_REMINDER_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every one but the nudge, which is asked for, has settings. */
enum remind_rule {
    REMIND_DUE,        /* a due date that comes, and the time after it */
    REMIND_CHECKIN,    /* nothing was heard of a node for longer than its cadence */
    REMIND_REVIEW,     /* a review that is due */
    REMIND_TERM,       /* a term that ends */
    REMIND_ESCALATION, /* overdue without an update: who is to know of it next */
    REMIND_NUDGE,      /* a manager asks for an update now */
};

#define REMIND_RULES (REMIND_NUDGE + 1)

/* By rule; NULL-terminated, for enum_parse(). */
extern const char *const remind_rule_names[];

enum {
    REMINDER_OFFSETS = 16,     /* of a rule at most, … */
    REMINDER_EVERY_MAX = 3650, /* … each of them and a pause at most so many days; … */
    REMINDER_GRACES = 3 /* … an escalation's are its steps: group lead, target's owner, manager */
};

/* A rule as it is in force. */
struct reminder_rule {
    bool off;
    bool working;  /* offsets are working days */
    int32_t every; /* days between two reminders after the day that they are about; 0: just one */
    uint32_t n_offsets;
    int32_t offsets[REMINDER_OFFSETS]; /* days before that day, descending; of an escalation the
                                          grace before each of its steps */
};

extern const struct reminder_rule reminder_rule_defaults[REMIND_RULES];

/* What a strategy says of a rule; what it leaves open is the default's. */
struct reminder_setting {
    int64_t id; /* 0: it says nothing */
    bool off;
    bool has_working, has_every, has_offsets;
    struct reminder_rule rule; /* only what it has is set */
};

/* The rule that follows from both. */
struct reminder_rule reminder_rule_of(enum remind_rule rule,
                                      const struct reminder_setting *setting);

/* What can be said of a rule beside that it is off. */
bool reminder_rule_has_offsets(enum remind_rule rule);
bool reminder_rule_has_every(enum remind_rule rule);

/* What is wrong with the offsets of a rule, in words, or NULL. Only the first REMINDER_OFFSETS are
 * looked at. */
const char *reminder_offsets_fault(enum remind_rule rule, const int64_t *offsets, size_t count);

#endif
