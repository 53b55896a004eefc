/*
 * Days off out of an iCalendar file: its events of whole days, expanded.
 */
#ifndef GOAL_MAIL_DAYS_OFF_H
#define GOAL_MAIL_DAYS_OFF_H

#include <jansson.h>
#include <stddef.h>

#include "wire/util.h"

#define DAYS_OFF_MOST 10000       /* the daemon's limit */
#define DAYS_OFF_BYTES (4u << 20) /* of a file */

struct days_off {
    json_t *days;   /* "2026-12-06" …, ascending, each once; owned */
    size_t timed;   /* events with a time of day: left out */
    size_t repeats; /* events that repeat: they were expanded */
};

/*
 * Reads what is written in UTF-8 and ends with a NUL. Of an event that repeats only the days in the
 * years `from` to `to` are taken, without those that it excepts or that another event moves; of all
 * others each day. Cancelled ones are left out. -EINVAL: *ret_problem says what is wrong, by its
 * line or its event (the caller's to free).
 */
int days_off_read(const char *text, size_t len, int from, int to, struct days_off *ret_days,
                  char **ret_problem) MUST_CHECK;
void days_off_done(struct days_off *days);

#endif
