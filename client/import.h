/*
 * Importing what another command made, and the answer to an import as text.
 */
#ifndef GOAL_IMPORT_H
#define GOAL_IMPORT_H

#include "goal.h"

/* Imports a strategy's own record, which must be of a new strategy. */
int import_new_strategy(struct goal *goal, const json_t *record);

/* From the reply of ImportCommit. */
void import_print(const struct goal *goal, const json_t *reply);

#endif
