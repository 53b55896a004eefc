/*
 * Due dates that are no more: of nodes that were removed, whose date was taken away, or lost the
 * start that it was counted from. Worked out from the versions of nodes that ended; pure.
 */
#ifndef GOALD_CORE_CALENDAR_PAST_H
#define GOALD_CORE_CALENDAR_PAST_H

#include "core/tree.h"

/* A version of a node; the strategy's, with its period, have id 0. */
struct node_version {
    int64_t id, parent_id, seq_from, seq_to; /* seq_to 0: it lives */
    struct date start, due;
    struct span due_after;
};

/* The tree, and all versions that ended, by (id, seq_from); both borrowed. */
struct calendar_past {
    const struct tree *tree;
    const struct node_version *versions;
    size_t count;
};

/* The node's last due date that does not hold any more, and the entry that took it away. false: it
 * never had one, or has one. */
bool calendar_past_due(const struct calendar_past *past, int64_t id, struct date *ret_due,
                       int64_t *ret_seq);

/* Was the node, by its last version, at or below `top`? */
bool calendar_past_below(const struct calendar_past *past, int64_t id, int64_t top);

#endif
