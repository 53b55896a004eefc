/*
 * What all that becomes an update has to keep to: one submitted at once, and one that was a draft
 * before. Nothing is owned here.
 */
#ifndef GOALD_METHODS_UPDATE_H
#define GOALD_METHODS_UPDATE_H

#include "core/tree.h"
#include "methods/fail.h"

struct claim {
    struct date date;
    double percent;     /* NAN: none */
    int64_t supersedes; /* the update it corrects, or 0 */
};

/* -EINVAL: refused; -ENOENT: there is no update that it could correct. */
int claim_check(const struct claim *claim, const struct node *node, int32_t today,
                struct refusal *refusal) MUST_CHECK;

/* Does an update that is submitted now wait for a manager? Not a manager's own. */
bool claim_waits(const struct tree *tree, bool by_manager);

#endif
