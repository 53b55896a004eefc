/*
 * Dates of strategies as an iCalendar (RFC 5545): a file of its own, or a part of a mail. The same
 * events give the same bytes.
 */
#ifndef GOAL_MAIL_CALENDAR_H
#define GOAL_MAIL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

/* As the daemon tells it; the texts are borrowed for the call. */
struct calendar_event {
    const char *uid;
    const char *kind;            /* due, review or term */
    const char *date;            /* a day: "2026-05-31" */
    const char *changed;         /* RFC 3339: when it came to be what it is */
    const char *strategy, *code; /* the strategy's key; NULL or "": no node's */
    const char *title;           /* of the node, or a group's name */
    const char *strategy_title;  /* or NULL */
    const char *holder;          /* the name of whose term ends; NULL: nobody's, or not told */
    long sequence;
    bool cancelled;
};

struct calendar;

/* Begins a calendar of that name (NULL: none), in the language that words_begin() chose. The part
 * of a mail is published (`method=PUBLISH` in its Content-Type too); a file is not. */
struct calendar *calendar_begin(const char *name, bool published);

/* false: its date or time is none, and it is left out. */
bool calendar_add(struct calendar *calendar, const struct calendar_event *event) MUST_CHECK;

/* Its text, to be freed: lines that end with CR LF, folded at 75 bytes. */
char *calendar_text(const struct calendar *calendar);

void calendar_end(struct calendar *calendar);

static inline void calendar_endp(struct calendar **calendar)
{
    calendar_end(*calendar);
}

#endif
