/*
 * What an import changes: its document resolved against the trees and compared with the rows that
 * are there, as journal entries. Pure: the database was asked before.
 *
 * Files: import_plan.c the order of things; import_names.c codes and ids; import_rows.c rows that
 * are put or found equal; import_registry.c organisations and persons; import_groups.c groups;
 * import_nodes.c nodes; import_hangings.c what hangs on them; import_events.c closings;
 * import_updates.c updates.
 */
#ifndef GOALD_METHODS_IMPORT_PLAN_H
#define GOALD_METHODS_IMPORT_PLAN_H

#include "core/rights.h"
#include "db/existing.h"
#include "methods/import_document.h"

struct import_plan {
    /* given */
    const struct document *document;
    struct existing *existing;
    const struct registry *registry;
    const struct tree *tree; /* NULL: a new strategy */
    int64_t now;             /* seconds since 1970, UTC */
    int64_t account;
    const struct caller *contributor; /* may report on their own nodes only; NULL: on any */
    bool is_admin; /* may change organisations and persons that are there already */
    /* A strategy by key, as far as the importer may read it, or NULL; NULL itself: there are no
     * others. */
    const struct tree *(*find_strategy)(void *arg, const char *key);
    void *find_arg;
    unsigned number; /* of this plan among those with the same `existing`, from 1 */
    /* filled in */
    struct entries *registry_entries, *strategy_entries;
    struct refusal *refusal;
    size_t added, changed, unchanged; /* records */
};

struct planner;

/* A planner makes the plan slice by slice: whoever has one calls planner_work() until it is
 * through. Meanwhile the trees and the existing rows must stay as they are; the plan outlives it.
 */
int planner_new(struct import_plan *plan, struct planner **ret_planner) MUST_CHECK;

/* Goes on for about that many records. 1: there is more to do; 0: the plan is whole. -EINVAL: the
 * document is refused, and the refusal says where and why. -ENOMEM, -EIO. What was appended to the
 * entries by then is the caller's to take away. */
int planner_work(struct planner *planner, size_t records) MUST_CHECK;

void planner_free(struct planner *planner);
static inline void planner_freep(struct planner **planner)
{
    planner_free(*planner);
}

#endif
