/* Who takes part; see parties.h. */
#include "core/hash.h"

#include "methods/parties.h"

#include <stdlib.h>

#include "methods/people.h"

static struct party *find(const struct parties *parties, enum holder holder, int64_t id)
{
    struct party *party = NULL;

    HASH_BY_ID(parties->of[holder], id, party);
    return party;
}

const struct party *parties_find(const struct parties *parties, enum holder holder, int64_t id)
{
    return find(parties, holder, id);
}

/* Notes that somebody takes part, with so many current roles more. */
static int note(struct parties *parties, enum holder holder, int64_t id, int64_t roles)
{
    struct party *party;

    if (holder > HOLDER_PERSON || id == 0)
        return 0;
    party = find(parties, holder, id);
    if (!party) {
        party = calloc(1, sizeof(*party));
        if (!party)
            return -ENOMEM;
        party->id = id;
        if (HASH_PUT_ID(parties->of[holder], party) < 0) {
            free(party);
            return -ENOMEM;
        }
    }
    party->roles += roles;
    return 0;
}

static int note_memberships(struct parties *parties, const struct request *request)
{
    const struct membership *m, *next;
    int r = 0;

    HASH_ITER (by_id, request->tree->memberships, m, next) {
        const struct group *group = tree_group(request->tree, m->group_id);
        int64_t current = group && people_member_current(group, m, request->today);

        if (r == 0)
            r = note(parties, m->holder, m->member_id, current);
        if (r == 0)
            r = note(parties, HOLDER_ORGANISATION, m->via_id, current);
    }
    return r;
}

int parties_add_node(struct parties *parties, const struct request *request)
{
    const struct node *node = request->node;
    const struct reviews *reviews = node_reviews(node);
    int r = node->id == 0 ? note_memberships(parties, request) : 0;

    for (uint32_t i = 0; i < node->n_assignments && r == 0; i++) {
        const struct assignment *a = &node->assignments[i];

        r = note(parties, a->holder, a->holder_id, rights_current(a->from, a->to, request->today));
    }
    for (uint32_t i = 0; i < node->n_links && r == 0; i++)
        r = note(parties, HOLDER_ORGANISATION, node->links[i].owner_id, 1);
    for (uint32_t i = 0; reviews && i < reviews->count && r == 0; i++)
        r = note(parties, reviews->items[i].holder, reviews->items[i].holder_id, 0);
    return r;
}

static int note_all(struct parties *parties, const struct registry *registry)
{
    const struct organisation *organisation, *next_organisation;
    const struct person *person, *next_person;
    int r = 0;

    HASH_ITER (by_id, registry->organisations_by_id, organisation, next_organisation) {
        if (r == 0)
            r = note(parties, HOLDER_ORGANISATION, organisation->id, 0);
    }
    HASH_ITER (by_id, registry->persons_by_id, person, next_person) {
        if (r == 0)
            r = note(parties, HOLDER_PERSON, person->id, 0);
    }
    return r;
}

int parties_add_others(struct parties *parties, const struct request *request, bool one_strategy)
{
    const struct account *account = request->caller.account;
    const struct affiliation *a, *next;
    int r = 0;

    HASH_ITER (by_id, request->registry->affiliations, a, next) {
        if (r == 0 && a->reporter && find(parties, HOLDER_ORGANISATION, a->organisation_id))
            r = note(parties, HOLDER_PERSON, a->person_id, 0);
    }
    if (r == 0 && !one_strategy && account)
        r = note(parties, HOLDER_PERSON, account->person_id, 0);
    if (r == 0 && !one_strategy && people_read_all(request))
        r = note_all(parties, request->registry);
    return r;
}

int parties_gather(struct parties *parties, const struct request *request)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);
    int r = 0;

    for (size_t i = 0; i < n && r == 0; i++) {
        struct request one = {0};

        if (request_reopen(request->call, slots[i]->id, &one) < 0)
            continue;
        for (size_t at = 0; r == 0 && (one.node = tree_next_node(one.tree, &at));)
            r = parties_add_node(parties, &one);
    }
    return r < 0 ? r : parties_add_others(parties, request, false);
}

void parties_done(struct parties *parties)
{
    HASH_FREE_ALL(parties->of[HOLDER_ORGANISATION], free);
    HASH_FREE_ALL(parties->of[HOLDER_PERSON], free);
}
