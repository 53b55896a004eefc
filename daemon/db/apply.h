/*
 * A state table's row becomes part of a tree or of the registry: one pair of functions a table.
 * Columns are those of the table's born statement in tables.c: id, seq_from, then its own.
 */
#ifndef GOALD_DB_APPLY_H
#define GOALD_DB_APPLY_H

#include <libpq-fe.h>

#include "wire/util.h"

struct target;

#define APPLY_PAIR(entity)                                                                         \
    int apply_##entity(struct target *target, const PGresult *result, int row) MUST_CHECK;         \
    void remove_##entity(struct target *target, const PGresult *result, int row)

APPLY_PAIR(organisation);
APPLY_PAIR(person);
APPLY_PAIR(contact);
APPLY_PAIR(affiliation);
APPLY_PAIR(account);
APPLY_PAIR(role_grant);
APPLY_PAIR(calendar);
APPLY_PAIR(strategy);
APPLY_PAIR(node);
APPLY_PAIR(contribution);
APPLY_PAIR(group);
APPLY_PAIR(membership);
APPLY_PAIR(aim);
APPLY_PAIR(link);
APPLY_PAIR(assignment);
APPLY_PAIR(closing);
APPLY_PAIR(relation);
APPLY_PAIR(review);
APPLY_PAIR(reminder_rule);
APPLY_PAIR(nudge);
APPLY_PAIR(decision);
APPLY_PAIR(draft);
int apply_observation(struct target *target, const PGresult *result, int row) MUST_CHECK;
int apply_restore(struct target *target, const PGresult *result, int row) MUST_CHECK;
int apply_update(struct target *target, const PGresult *result, int row) MUST_CHECK;

#endif
