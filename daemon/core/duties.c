/* Sets of whom the person stands for; see duties.h. */
#include "core/duties.h"

#include "core/lacks.h"
#include "core/rights.h"

static bool role_speaks(enum role role)
{
    return role == ROLE_LEAD || role == ROLE_CHAIR || role == ROLE_SECRETARY || role == ROLE_MEMBER;
}

static int add_organisations(const struct registry *registry, struct duties *duties)
{
    const struct affiliation *affiliation, *next;
    int r = 0;

    HASH_ITER (by_id, registry->affiliations, affiliation, next) {
        if (r == 0 && affiliation->person_id == duties->person && affiliation->reporter &&
            rights_current(affiliation->from, affiliation->to, duties->day))
            r = ids_add(&duties->organisations, affiliation->organisation_id);
    }
    ids_order(&duties->organisations);
    return r;
}

static int add_groups(const struct tree *tree, struct duties *duties)
{
    const struct membership *m, *next;
    int r = 0;

    HASH_ITER (by_id, tree->memberships, m, next) {
        const struct group *group = tree_group(tree, m->group_id);

        if (r < 0 || !group || !role_speaks(m->role) ||
            !rights_current(group->term_from, group->term_to, duties->day) ||
            !rights_current(m->from, m->to, duties->day))
            continue;
        if (m->holder == HOLDER_PERSON ? m->member_id == duties->person
                                       : ids_have(&duties->organisations, m->member_id))
            r = ids_add(&duties->groups, group->id);
    }
    ids_order(&duties->groups);
    return r;
}

int duties_init(const struct registry *registry, const struct tree *tree, int64_t person,
                int32_t day, struct duties *ret_duties)
{
    struct duties duties = {.person = person, .day = day};
    int r = person ? add_organisations(registry, &duties) : 0;

    if (r == 0 && person)
        r = add_groups(tree, &duties);
    if (r < 0)
        duties_done(&duties);
    else
        *ret_duties = duties;
    return r;
}

bool duties_stand_for(const struct duties *duties, enum holder holder, int64_t id)
{
    switch (holder) {
    case HOLDER_PERSON:
        return id == duties->person;
    case HOLDER_ORGANISATION:
        return ids_have(&duties->organisations, id);
    case HOLDER_GROUP:
        return ids_have(&duties->groups, id);
    }
    return false;
}

bool duties_have(const struct duties *duties, const struct node *node)
{
    if (duties->person == 0)
        return false;
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (duties_stand_for(duties, a->holder, a->holder_id) &&
            rights_current(a->from, a->to, duties->day))
            return true;
    }
    for (uint32_t i = 0; i < node->n_aims; i++) {
        if (ids_have(&duties->groups, node->aims[i]->group_id))
            return true;
    }
    return false;
}

bool duties_reach(const struct duties *duties, const struct node *node)
{
    for (; duties->person && node; node = node->parent) {
        if (duties_have(duties, node))
            return true;
        if (!lacks_owner(node, duties->day))
            return false;
    }
    return false;
}

void duties_done(struct duties *duties)
{
    ids_done(&duties->organisations);
    ids_done(&duties->groups);
}
