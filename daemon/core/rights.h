/*
 * Who may do what to a strategy (design.md part 7): the rights that follow from an account's
 * grants, from assignments and from memberships, on a day. Pure; which method needs which right
 * stands in methods/table.c.
 */
#ifndef GOALD_CORE_RIGHTS_H
#define GOALD_CORE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/registry.h"
#include "core/tree.h"

/* The roles that are granted to accounts; a contributor is one by duty, not by grant. */
enum right_role {
    RIGHT_ROLE_READER,
    RIGHT_ROLE_MANAGER,
    RIGHT_ROLE_AUDITOR,
    RIGHT_ROLE_REMINDER,
    RIGHT_ROLE_MAIL,
    RIGHT_ROLE_ADMIN,
    RIGHT_ROLE_NONE, /* a role of a newer program: gives no right */
};
extern const char *const right_role_names[];

/* Bits that a method may need any of. */
enum {
    MAY_READER = 1 << RIGHT_ROLE_READER,
    MAY_MANAGER = 1 << RIGHT_ROLE_MANAGER,
    MAY_AUDITOR = 1 << RIGHT_ROLE_AUDITOR,
    MAY_REMINDER = 1 << RIGHT_ROLE_REMINDER,
    MAY_MAIL = 1 << RIGHT_ROLE_MAIL,
    MAY_ADMIN = 1 << RIGHT_ROLE_ADMIN,
    MAY_CONTRIBUTOR = 1 << 8, /* to the node asked about */
    MAY_ANYBODY = 1 << 9,     /* any local user whose account is not disabled */
};

/* A caller, resolved from (realm, uid). */
struct caller {
    const struct account *account; /* NULL: a stranger */
    bool builtin_admin;            /* root or the daemon's own user */
};

struct caller rights_caller(const struct registry *registry, const char *realm, int64_t uid,
                            int64_t own_uid);

/* The bits the caller has everywhere (tree NULL) or on a strategy. No bits at all: disabled. */
unsigned rights_on(const struct registry *registry, const struct caller *caller,
                   const struct tree *tree);

/* May the caller read the strategy: by a right, as it is public, or because somebody who has a duty
 * on a node that day must see what they report on? */
bool rights_read(const struct registry *registry, const struct caller *caller,
                 const struct tree *tree, int32_t day);

/* May the caller report on the node: by a current assignment or membership on the node or on what
 * lies above it, as long as nobody else owns something in between? */
bool rights_contribute(const struct registry *registry, const struct caller *caller,
                       const struct tree *tree, const struct node *node, int32_t day);

/* Is the caller a contributor to the node itself, not by way of what lies above it? */
bool rights_has_duty(const struct registry *registry, const struct caller *caller,
                     const struct tree *tree, const struct node *node, int32_t day);

/* May the caller see what is not yet, or not at all, for everybody: drafts, updates that wait for a
 * manager or were returned, and what was decided on them? The node is the one they are about; NULL:
 * it is not there any more. */
bool rights_see_drafts(const struct registry *registry, const struct caller *caller,
                       const struct tree *tree, const struct node *node, int32_t day);

/* Has the caller a duty anywhere in the strategy? It looks at every node, so it is asked only of
 * those who have no other right. */
bool rights_any_duty(const struct registry *registry, const struct caller *caller,
                     const struct tree *tree, int32_t day);

/* Does a period from–to (either may be missing) hold on that day? */
bool rights_current(struct date from, struct date to, int32_t day);

/* Is it the overflow user number, which stands for users of other namespaces? */
bool rights_is_nobody(int64_t uid);

#endif
