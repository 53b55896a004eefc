/*
 * Where organisations and persons take part in a strategy. Pure.
 */
#ifndef GOALD_CORE_PEOPLE_H
#define GOALD_CORE_PEOPLE_H

#include "core/registry.h"
#include "core/tree.h"

/* Does an organisation or a person have to do with the strategy, today or ever: by a role on a
 * node, a review or a link of one, a membership of its own or of somebody who sits there for it, or
 * (a person) as reporter of an organisation that has? It may look at every node. */
bool people_take_part(const struct registry *registry, const struct tree *tree, enum holder holder,
                      int64_t id);

/* Is the membership the organisation's or person's own, or that of who sits there for it? */
bool people_is_member(const struct membership *membership, enum holder holder, int64_t id);

/* Has the group's term ended by that day? */
bool people_group_ended(const struct group *group, int32_t day);

/* Does the membership hold on that day, and the term of its group? */
bool people_member_current(const struct group *group, const struct membership *membership,
                           int32_t day);

#endif
