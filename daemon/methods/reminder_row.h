/*
 * A strategy's setting of a rule of reminders as a row: what edits and imports have in common.
 * Pure.
 */
#ifndef GOALD_METHODS_REMINDER_ROW_H
#define GOALD_METHODS_REMINDER_ROW_H

#include <jansson.h>

#include "core/reminder_rule.h"

/* The words of the rules that can be set; NULL-terminated. */
extern const char *const reminder_rule_words[];

struct reminder_fault {
    const char *field, *message; /* both the same in rows, parameters and records */
};

/* Does the row, whose values are well-formed one by one, set what its rule does not have? */
bool reminder_row_fault(const json_t *row, struct reminder_fault *ret_fault);

#endif
