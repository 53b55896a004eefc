/*
 * The lines of an iCalendar file, looked at before libical reads it: libical leaves out what it
 * does not understand, and a file that was cut off or is no calendar must be told by its line.
 */
#ifndef GOAL_MAIL_ICAL_LINES_H
#define GOAL_MAIL_ICAL_LINES_H

#include <stddef.h>

#include "wire/util.h"

/* Is it UTF-8, and is every line a property, every component begun and ended? -EINVAL: *ret_problem
 * says what is wrong ("line 12: …"; the caller's to free). The text ends with a NUL. */
int ical_lines_check(const char *text, size_t len, char **ret_problem) MUST_CHECK;

#endif
