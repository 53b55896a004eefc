/*
 * What all that becomes an update has to keep to: one submitted at once, one that was a draft
 * before, and one that came by mail. Nothing is owned here.
 */
#ifndef GOALD_METHODS_UPDATE_H
#define GOALD_METHODS_UPDATE_H

#include "core/tree.h"
#include "db/store.h"
#include "methods/fail.h"
#include "wire/writer.h"

struct report {
    struct date date;
    double percent;     /* NAN: none */
    int64_t supersedes; /* the update it corrects, or 0 */
};

/* -EINVAL: refused; -ENOENT: there is no update that it could correct. */
int report_check(const struct report *report, const struct node *node, int32_t today,
                 struct refusal *refusal) MUST_CHECK;

/* The form of what an update says: percent (NAN: none), state, note. -EINVAL: refused. */
int report_check_content(const json_t *content, double *ret_percent,
                         struct refusal *refusal) MUST_CHECK;

/* Does an update that is submitted now wait for a manager? Not a manager's own. */
bool report_waits(const struct tree *tree, bool by_manager);

/* The members of the row behind those that identify it: what is given in `content`, as it was. */
void report_write(struct writer *writer, int64_t node_id, struct date date, const json_t *content,
                  int64_t account);

/* Appends the row to the strategy's entries, as one of that table: an update or a draft. */
int report_put(const struct plan *plan, const struct table *table, const struct writer *members,
               bool waits, int64_t account) MUST_CHECK;

#endif
