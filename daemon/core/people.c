/* Where organisations and persons take part; see people.h. */
#include "core/people.h"

#include "core/rights.h"

bool people_is_member(const struct membership *membership, enum holder holder, int64_t id)
{
    return (membership->holder == holder && membership->member_id == id) ||
           (holder == HOLDER_ORGANISATION && membership->via_id == id);
}

static bool has_role(const struct node *node, enum holder holder, int64_t id)
{
    const struct reviews *reviews = node_reviews(node);

    for (uint32_t i = 0; i < node->n_assignments; i++) {
        if (node->assignments[i].holder == holder && node->assignments[i].holder_id == id)
            return true;
    }
    for (uint32_t i = 0; i < node->n_links && holder == HOLDER_ORGANISATION; i++) {
        if (node->links[i].owner_id == id)
            return true;
    }
    for (uint32_t i = 0; reviews && i < reviews->count; i++) {
        if (reviews->items[i].holder == holder && reviews->items[i].holder_id == id)
            return true;
    }
    return false;
}

static bool takes_part(const struct tree *tree, enum holder holder, int64_t id)
{
    const struct membership *membership, *next;
    const struct node *node;

    HASH_ITER (by_id, tree->memberships, membership, next) {
        if (people_is_member(membership, holder, id))
            return true;
    }
    for (size_t at = 0; (node = tree_next_node(tree, &at));) {
        if (has_role(node, holder, id))
            return true;
    }
    return false;
}

bool people_take_part(const struct registry *registry, const struct tree *tree, enum holder holder,
                      int64_t id)
{
    const struct affiliation *affiliation, *next;

    if (takes_part(tree, holder, id))
        return true;
    if (holder != HOLDER_PERSON)
        return false;
    HASH_ITER (by_id, registry->affiliations, affiliation, next) {
        if (affiliation->person_id == id && affiliation->reporter &&
            takes_part(tree, HOLDER_ORGANISATION, affiliation->organisation_id))
            return true;
    }
    return false;
}

bool people_group_ended(const struct group *group, int32_t day)
{
    return date_given(group->term_to) && day > date_last_day(group->term_to);
}

bool people_member_current(const struct group *group, const struct membership *membership,
                           int32_t day)
{
    return rights_current(group->term_from, group->term_to, day) &&
           rights_current(membership->from, membership->to, day);
}
