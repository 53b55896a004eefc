/*
 * Who can be reached by a reminder on a day: a person with an address or an account that is not
 * disabled; an organisation that such a person is affiliated to; a group whose term has not ended
 * and in which such a person or organisation sits. Pure; reach_done() ends it.
 */
#ifndef GOALD_CORE_REACH_H
#define GOALD_CORE_REACH_H

#include "core/ids.h"
#include "core/registry.h"
#include "core/tree.h"

struct reach {
    struct ids persons, organisations, groups;
};

/* One look at every account, affiliation and membership. */
int reach_init(const struct registry *registry, const struct tree *tree, int32_t day,
               struct reach *ret_reach) MUST_CHECK;

bool reach_has(const struct reach *reach, enum holder holder, int64_t id);

void reach_done(struct reach *reach);

#endif
