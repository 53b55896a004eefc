/* Persons first, then who they stand for; see reach.h. */
#include "core/reach.h"

#include "core/people.h"
#include "core/rights.h"

static int add_persons(const struct registry *registry, struct ids *persons)
{
    const struct account *account, *next_account;
    const struct person *person, *next_person;
    int r = 0;

    HASH_ITER (by_id, registry->persons_by_id, person, next_person) {
        if (r == 0 && person->contacts[CONTACT_EMAIL])
            r = ids_add(persons, person->id);
    }
    HASH_ITER (by_id, registry->accounts, account, next_account) {
        if (r == 0 && account->person_id && !account->disabled)
            r = ids_add(persons, account->person_id);
    }
    ids_order(persons);
    return r;
}

static int add_organisations(const struct registry *registry, int32_t day, struct reach *reach)
{
    const struct affiliation *affiliation, *next;
    int r = 0;

    HASH_ITER (by_id, registry->affiliations, affiliation, next) {
        if (r == 0 && ids_have(&reach->persons, affiliation->person_id) &&
            rights_current(affiliation->from, affiliation->to, day))
            r = ids_add(&reach->organisations, affiliation->organisation_id);
    }
    ids_order(&reach->organisations);
    return r;
}

static int add_groups(const struct tree *tree, int32_t day, struct reach *reach)
{
    const struct membership *membership, *next;
    int r = 0;

    HASH_ITER (by_id, tree->memberships, membership, next) {
        const struct group *group = tree_group(tree, membership->group_id);

        if (r == 0 && group && people_member_current(group, membership, day) &&
            reach_has(reach, membership->holder, membership->member_id))
            r = ids_add(&reach->groups, group->id);
    }
    ids_order(&reach->groups);
    return r;
}

int reach_init(const struct registry *registry, const struct tree *tree, int32_t day,
               struct reach *ret_reach)
{
    struct reach reach = {};
    int r = add_persons(registry, &reach.persons);

    if (r == 0)
        r = add_organisations(registry, day, &reach);
    if (r == 0)
        r = add_groups(tree, day, &reach);
    if (r < 0)
        reach_done(&reach);
    else
        *ret_reach = reach;
    return r;
}

bool reach_has(const struct reach *reach, enum holder holder, int64_t id)
{
    switch (holder) {
    case HOLDER_ORGANISATION:
        return ids_have(&reach->organisations, id);
    case HOLDER_PERSON:
        return ids_have(&reach->persons, id);
    case HOLDER_GROUP:
        return ids_have(&reach->groups, id);
    }
    return false;
}

void reach_done(struct reach *reach)
{
    ids_done(&reach->persons);
    ids_done(&reach->organisations);
    ids_done(&reach->groups);
}
