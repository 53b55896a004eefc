/* Rights that follow from grants and duties; see rights.h. */
#include "core/rights.h"

const char *const right_role_names[] = {
    [RIGHT_ROLE_READER] = "reader",   [RIGHT_ROLE_MANAGER] = "manager",
    [RIGHT_ROLE_AUDITOR] = "auditor", [RIGHT_ROLE_REMINDER] = "reminder",
    [RIGHT_ROLE_MAIL] = "mail",       [RIGHT_ROLE_ADMIN] = "admin",
    [RIGHT_ROLE_NONE] = NULL,
};

bool rights_is_nobody(int64_t uid)
{
    return uid == OVERFLOW_UID;
}

struct caller rights_caller(const struct registry *registry, const char *realm, int64_t uid,
                            int64_t own_uid)
{
    struct caller caller = {0};

    if (rights_is_nobody(uid))
        return caller;
    caller.builtin_admin = uid == 0 || uid == own_uid;
    if (registry)
        caller.account = registry_account_of(registry, realm, uid);
    return caller;
}

unsigned rights_on(const struct registry *registry, const struct caller *caller,
                   const struct tree *tree)
{
    unsigned may = MAY_ANYBODY;

    if (caller->builtin_admin)
        may |= MAY_ADMIN;
    else if (caller->account && caller->account->disabled)
        return 0;
    if (caller->account && registry) {
        const struct grant *grant, *next;

        HASH_ITER (by_id, registry->grants, grant, next) {
            if (grant->account_id != caller->account->id || grant->role == RIGHT_ROLE_NONE)
                continue;
            if (grant->strategy_id == 0 || (tree && grant->strategy_id == tree->strategy_id))
                may |= 1U << grant->role;
        }
    }
    /* Who manages, audits or runs a strategy reads it; a public one is everybody's to read. */
    if ((may & (MAY_MANAGER | MAY_AUDITOR | MAY_ADMIN)) || (tree && !tree->strategy.members_only))
        may |= MAY_READER;
    return may;
}

bool rights_current(struct date from, struct date to, int32_t day)
{
    return !(date_given(from) && day < date_first_day(from)) &&
           !(date_given(to) && day > date_last_day(to));
}

static bool reports_for(const struct registry *registry, int64_t person, int64_t organisation,
                        int32_t day)
{
    const struct affiliation *affiliation, *next;

    HASH_ITER (by_id, registry->affiliations, affiliation, next) {
        if (affiliation->person_id == person && affiliation->organisation_id == organisation &&
            affiliation->reporter && rights_current(affiliation->from, affiliation->to, day))
            return true;
    }
    return false;
}

/* Does the person speak for the group: as its lead, chair, secretary or member, or as reporter of
 * an organisation that is? */
static bool speaks_for(const struct registry *registry, const struct tree *tree, int64_t person,
                       int64_t group_id, int32_t day)
{
    const struct group *group = tree_group(tree, group_id);
    const struct membership *m, *next;

    if (!group || !rights_current(group->term_from, group->term_to, day))
        return false;
    HASH_ITER (by_id, tree->memberships, m, next) {
        if (m->group_id != group_id || !rights_current(m->from, m->to, day))
            continue;
        if (m->role != ROLE_LEAD && m->role != ROLE_CHAIR && m->role != ROLE_SECRETARY &&
            m->role != ROLE_MEMBER)
            continue;
        if (m->holder == HOLDER_PERSON ? m->member_id == person
                                       : reports_for(registry, person, m->member_id, day))
            return true;
    }
    return false;
}

static bool assignment_is_persons(const struct registry *registry, const struct tree *tree,
                                  const struct assignment *assignment, int64_t person, int32_t day)
{
    if (!rights_current(assignment->from, assignment->to, day))
        return false;
    switch (assignment->holder) {
    case HOLDER_PERSON:
        return assignment->holder_id == person;
    case HOLDER_ORGANISATION:
        return reports_for(registry, person, assignment->holder_id, day);
    case HOLDER_GROUP:
        return speaks_for(registry, tree, person, assignment->holder_id, day);
    }
    return false;
}

static bool account_person(const struct caller *caller, int64_t *ret_person)
{
    if (!caller->account || caller->account->disabled || caller->account->person_id == 0)
        return false;
    *ret_person = caller->account->person_id;
    return true;
}

bool rights_has_duty(const struct registry *registry, const struct caller *caller,
                     const struct tree *tree, const struct node *node, int32_t day)
{
    int64_t person;

    if (!registry || !account_person(caller, &person))
        return false;
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        if (assignment_is_persons(registry, tree, &node->assignments[i], person, day))
            return true;
    }
    for (uint32_t i = 0; i < node->n_aims; i++) {
        if (speaks_for(registry, tree, person, node->aims[i]->group_id, day))
            return true;
    }
    return false;
}

static bool has_current_owner(const struct node *node, int32_t day)
{
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *assignment = &node->assignments[i];

        if (assignment->role == ROLE_OWNER && rights_current(assignment->from, assignment->to, day))
            return true;
    }
    return false;
}

bool rights_any_duty(const struct registry *registry, const struct caller *caller,
                     const struct tree *tree, int32_t day)
{
    const struct node *node;
    int64_t person;

    if (!account_person(caller, &person))
        return false;
    for (size_t at = 0; (node = tree_next_node(tree, &at));) {
        if (rights_has_duty(registry, caller, tree, node, day))
            return true;
    }
    return rights_has_duty(registry, caller, tree, tree->root, day);
}

bool rights_read(const struct registry *registry, const struct caller *caller,
                 const struct tree *tree, int32_t day)
{
    unsigned may = rights_on(registry, caller, tree);

    if (may & MAY_READER)
        return true;
    return may != 0 && rights_any_duty(registry, caller, tree, day);
}

bool rights_contribute(const struct registry *registry, const struct caller *caller,
                       const struct tree *tree, const struct node *node, int32_t day)
{
    /* Upwards until somebody who has a duty, or until a node that somebody else owns. */
    for (const struct node *at = node; at; at = at->parent) {
        if (rights_has_duty(registry, caller, tree, at, day))
            return true;
        if (has_current_owner(at, day))
            return false;
    }
    return false;
}

bool rights_see_drafts(const struct registry *registry, const struct caller *caller,
                       const struct tree *tree, const struct node *node, int32_t day)
{
    if (rights_on(registry, caller, tree) & (MAY_MANAGER | MAY_AUDITOR | MAY_ADMIN))
        return true;
    return node && rights_contribute(registry, caller, tree, node, day);
}
