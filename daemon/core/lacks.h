/*
 * What a node is without, on a day: pure questions to a settled tree, for the lists of what is
 * missing and for the check of a strategy.
 */
#ifndef GOALD_CORE_LACKS_H
#define GOALD_CORE_LACKS_H

#include "core/ids.h"
#include "core/rules.h"

enum lack {
    LACK_OWNER,     /* nobody owns it on the day */
    LACK_GROUP,     /* no group is at work on it */
    LACK_INDICATOR, /* none is a child of it or contributes to it */
    LACK_UPDATE,
    LACK_ACTIVITY,
    LACK_DUE,
    LACK_SECTOR,
};

/* By value, NULL-terminated. */
extern const char *const lack_names[];

/* Neither done nor closed. */
bool result_is_open(const struct result *result);

bool lacks_owner(const struct node *node, int32_t day);
bool lacks_group(const struct node *node, int32_t day);
bool lacks_indicator(const struct node *node);

/*
 * Is there no work for it that is more than planned: below it, serving it or something below it, or
 * related to it? What was missed or dropped is none; of planned work, which wants it now, only what
 * is still open counts. `related`: of lacks_related().
 */
bool lacks_activity(struct tree *tree, struct node *node, int32_t day, const struct ids *related);

/* The nodes that a relation `related` ties to open work that is more than planned, either way: one
 * look at every node. */
int lacks_related(struct tree *tree, int32_t day, struct ids *ret_related) MUST_CHECK;

/* Does it lack any of a set (bits by value)? */
bool lacks_any(unsigned set, struct tree *tree, struct node *node, int32_t day,
               const struct ids *related);

#endif
