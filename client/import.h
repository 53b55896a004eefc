/*
 * The answer to an import as text, from the reply of ImportCommit.
 */
#ifndef GOAL_IMPORT_H
#define GOAL_IMPORT_H

#include "goal.h"

void import_print(const struct goal *goal, const json_t *reply);

#endif
