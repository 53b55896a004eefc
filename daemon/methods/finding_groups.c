/* The facts that checks work with, and the checks of groups; see finding.h. */
#include "core/hash.h"

#include "methods/finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/lacks.h"
#include "core/people.h"

/* --- the facts --- */

static int compare_facts(const void *a, const void *b)
{
    const struct group_facts *left = a, *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

static struct group_facts *facts_of(const struct check_facts *facts, int64_t group)
{
    const struct group_facts wanted = {.id = group};

    return facts->n_groups
               ? bsearch(&wanted, facts->groups, facts->n_groups, sizeof(wanted), compare_facts)
               : NULL;
}

static int add_group_facts(const struct tree *tree, struct check_facts *facts)
{
    const struct group *group, *next;

    facts->groups = calloc(HASH_CNT(by_id, tree->groups_by_id) + 1, sizeof(*facts->groups));
    if (!facts->groups)
        return -ENOMEM;
    HASH_ITER (by_id, tree->groups_by_id, group, next)
        facts->groups[facts->n_groups++] =
            (struct group_facts){.id = group->id, .last_end = DAY_NONE};
    qsort(facts->groups, facts->n_groups, sizeof(*facts->groups), compare_facts);
    return 0;
}

static bool same_source(const struct membership *a, const struct membership *b)
{
    return strcmp(a->source ? a->source : "", b->source ? b->source : "") == 0;
}

/* Two who lead at the same time contradict each other only where different sources name them. */
static void add_lead(const struct tree *tree, const struct membership *m, struct group_facts *facts)
{
    const struct membership *other = NULL;

    if (m->role != ROLE_LEAD && m->role != ROLE_CHAIR)
        return;
    HASH_BY_ID(tree->memberships, facts->lead, other);
    if (other && other->role == m->role && !same_source(other, m)) {
        facts->conflict = true;
        facts->role = m->role;
    }
    if (!other || m->role == ROLE_LEAD)
        facts->lead = m->id;
}

static void add_membership(const struct request *request, const struct membership *m,
                           struct group_facts *facts)
{
    facts->members++;
    if (rights_current(m->from, m->to, request->today)) {
        facts->current++;
        add_lead(request->tree, m, facts);
    } else if (date_given(m->to) &&
               (facts->last_end == DAY_NONE || date_last_day(m->to) > facts->last_end)) {
        facts->last_end = date_last_day(m->to);
    }
}

int check_facts_init(const struct request *request, struct check_facts *ret_facts)
{
    const struct tree *tree = request->tree;
    const struct membership *membership, *next;
    struct check_facts facts = {.tell_reach =
                                    request->may & (MAY_MANAGER | MAY_AUDITOR | MAY_ADMIN)};
    int r = address_book_init(request->registry, tree, request->today, &facts.book);

    if (r == 0)
        r = lacks_related(request->tree, request->today, &facts.related);
    if (r == 0)
        r = add_group_facts(tree, &facts);
    if (r < 0) {
        check_facts_done(&facts);
        return r;
    }
    HASH_ITER (by_id, tree->memberships, membership, next) {
        struct group_facts *group = facts_of(&facts, membership->group_id);

        if (group)
            add_membership(request, membership, group);
    }
    *ret_facts = facts;
    return 0;
}

void check_facts_done(struct check_facts *facts)
{
    address_book_done(&facts->book);
    ids_done(&facts->related);
    free(facts->groups);
    *facts = (struct check_facts){0};
}

/* --- the checks --- */

/* An open node that the group aims at, or NULL; and how many there are. */
static const struct node *open_aim(const struct request *request, int64_t group, int64_t *ret_count)
{
    const struct aim *aim, *next;
    const struct node *first = NULL;
    int64_t count = 0;

    HASH_ITER (by_id, request->tree->aims, aim, next) {
        if (aim->group_id != group ||
            !result_is_open(rules_result(request->tree, aim->node, request->today)))
            continue;
        if (!first || code_compare(aim->node->code, first->code) < 0)
            first = aim->node;
        count++;
    }
    *ret_count = count;
    return first;
}

bool group_unreachable(const struct check_facts *facts, const struct request *request,
                       const struct group_facts *group, struct finding *finding)
{
    return facts->tell_reach && !people_group_ended(finding->group, request->today) &&
           !address_book_reaches(&facts->book, HOLDER_GROUP, group->id);
}

bool group_ended(const struct check_facts *facts UNUSED, const struct request *request,
                 const struct group_facts *group, struct finding *finding)
{
    const struct node *aim;

    if (!people_group_ended(finding->group, request->today))
        return false;
    aim = open_aim(request, group->id, &finding->count);
    finding->other = aim ? aim->code : NULL;
    finding->date = finding->group->term_to;
    return aim != NULL;
}

bool group_members_ended(const struct check_facts *facts UNUSED, const struct request *request,
                         const struct group_facts *group, struct finding *finding)
{
    if (group->members == 0 || group->current > 0 || group->last_end == DAY_NONE ||
        people_group_ended(finding->group, request->today))
        return false;
    finding->date = date_from_day(group->last_end);
    return true;
}

bool group_leads_conflict(const struct check_facts *facts UNUSED,
                          const struct request *request UNUSED, const struct group_facts *group,
                          struct finding *finding)
{
    finding->other = role_names[group->role];
    return group->conflict;
}

bool group_review_overdue(const struct check_facts *facts, const struct request *request,
                          const struct group_facts *group, struct finding *finding)
{
    const struct reviews *reviews = group_reviews(request->tree, group->id);
    const struct review *last = reviews ? reviews_last(reviews, request->today) : NULL;

    if (!last || !review_is_overdue(last, &facts->not_reviewed_for, request->today, &finding->date))
        return false;
    finding->days = request->today - date_last_day(finding->date);
    return true;
}
