/*
 * The phrases of reminders, in the language of words_begin(); each is made from a ReminderItem
 * alone. What is returned is the caller's to free.
 */
#ifndef GOAL_MAIL_REMINDER_WORDS_H
#define GOAL_MAIL_REMINDER_WORDS_H

#include <jansson.h>
#include <stdbool.h>

#include "wire/util.h"

/* What kinds of reminders there are for a reader, in the order of the headings' table. */
enum reminder_kind {
    REMINDER_NUDGE,
    REMINDER_ESCALATION,
    REMINDER_OVERDUE,
    REMINDER_DUE,
    REMINDER_CHECKIN,
    REMINDER_REVIEW,
    REMINDER_TERM,
    REMINDER_KINDS,
};

enum reminder_kind reminder_kind(const json_t *item);

/* What stands above those of a kind. */
const char *reminder_heading(enum reminder_kind kind);

/* Of a subject: "2.2 is 12 days overdue". */
char *reminder_subject(const json_t *item);

/* "2.2", with its strategy "ls:2.2"; a group's or a whole strategy's name. */
char *reminder_name(const json_t *item, bool with_strategy);

/* How a line of an answer names it: "2.2", "ls:2.2"; "ls" the whole strategy. */
char *reminder_answered(const json_t *item, bool with_strategy);

/* "was due 2026-11-15, 12 days ago" */
char *reminder_when(const json_t *item);

/* "40 %, at risk, last updated 2026-05-12"; NULL: nothing is known. */
char *reminder_standing(const json_t *item);

/* "you are its owner" */
char *reminder_why(const json_t *item);

/* How a command line names it: "ls:2.2", "ls:group:halsodata". */
char *reminder_reference(const json_t *item);

/* What to type: "goal update ls:2.2 --percent … -m …"; NULL: there is nothing to type. */
char *reminder_typed(const json_t *item);

/* What its date is in a calendar: "due", "review" or "term"; NULL: nothing. */
const char *reminder_event(const json_t *item);

/* A state: "on track". */
const char *state_words(const char *state);

#endif
