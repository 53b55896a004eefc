/* The checks of nodes and of kinds of nodes, and the table of all; see finding.h. */
#include "methods/finding.h"

#include "core/lacks.h"
#include "core/reminders.h"

/* --- how many there should be --- */

static uint32_t count_kind(const struct tree *tree, enum kind kind)
{
    const struct node *node;
    uint32_t count = 0;

    for (size_t at = 0; (node = tree_next_node(tree, &at));)
        count += node->kind == kind;
    return count;
}

static bool counts_differ(const struct request *request, enum kind kind, struct finding *finding,
                          bool few)
{
    uint32_t expected = request->tree->strategy.expected.of_kind[kind];
    uint32_t count = expected ? count_kind(request->tree, kind) : 0;

    if (expected == 0 || (few ? count >= expected : count <= expected))
        return false;
    finding->count = count;
    finding->expected = expected;
    finding->other = kind_names[kind];
    return true;
}

static bool kind_too_few(const struct request *request, enum kind kind, struct finding *finding)
{
    return counts_differ(request, kind, finding, true);
}

static bool kind_too_many(const struct request *request, enum kind kind, struct finding *finding)
{
    return counts_differ(request, kind, finding, false);
}

/* --- what is missing --- */

static bool is_open(const struct request *request)
{
    return result_is_open(rules_result(request->tree, request->node, request->today));
}

static bool is_open_target(const struct request *request)
{
    return request->node->kind == KIND_TARGET && is_open(request);
}

static bool target_without_group(const struct check_facts *facts UNUSED,
                                 const struct request *request, struct finding *finding UNUSED)
{
    return is_open_target(request) && lacks_group(request->node, request->today);
}

static bool target_without_owner(const struct check_facts *facts UNUSED,
                                 const struct request *request, struct finding *finding UNUSED)
{
    return is_open_target(request) && lacks_owner(request->node, request->today);
}

static bool target_without_indicator(const struct check_facts *facts UNUSED,
                                     const struct request *request, struct finding *finding UNUSED)
{
    return is_open_target(request) && lacks_indicator(request->node);
}

static bool target_without_update(const struct check_facts *facts UNUSED,
                                  const struct request *request, struct finding *finding UNUSED)
{
    return is_open_target(request) && rules_update_count(request->node, request->today) == 0;
}

static bool commitment_without_activity(const struct check_facts *facts,
                                        const struct request *request,
                                        struct finding *finding UNUSED)
{
    struct node *node = request->node;

    return kind_is_work(node->kind) && node->stage == STAGE_PLANNED && is_open(request) &&
           lacks_activity(request->tree, node, request->today, &facts->related);
}

static bool need_without_activity(const struct check_facts *facts, const struct request *request,
                                  struct finding *finding UNUSED)
{
    struct node *node = request->node;

    return node->kind == KIND_NEED && is_open(request) &&
           lacks_activity(request->tree, node, request->today, &facts->related);
}

static bool claim_without_evidence(const struct check_facts *facts UNUSED,
                                   const struct request *request, struct finding *finding UNUSED)
{
    const struct result *result = rules_result(request->tree, request->node, request->today);

    return result->evidence == EVIDENCE_MISSING;
}

/* --- who owns what --- */

static bool owner_unreachable(const struct check_facts *facts, const struct request *request,
                              struct finding *finding)
{
    const struct node *node = request->node;

    if (!facts->tell_reach || !is_open(request))
        return false;
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role != ROLE_OWNER || !rights_current(a->from, a->to, request->today) ||
            address_book_reaches(&facts->book, a->holder, a->holder_id))
            continue;
        finding->holder = a->holder;
        finding->holder_id = a->holder_id;
        return true;
    }
    return false;
}

/* Is there anything that people are reminded of? */
static bool is_reminded(const struct request *request, const struct node *node)
{
    const struct reviews *reviews = node_reviews(node);
    bool checks_in = node->cadence || request->tree->strategy.cadence;

    return date_given(rules_due(node)) ||
           (checks_in && (node->n_assignments > 0 || node->n_aims > 0)) ||
           (reviews && reviews->count > 0);
}

/* What reaches none of those who answer for it goes to the managers: there is none of these. */
static bool nobody_reached(const struct check_facts *facts, const struct request *request,
                           struct finding *finding UNUSED)
{
    const struct remind_view view = {
        .registry = request->registry, .tree = request->tree, .day = request->today};
    struct addressees list = {0};
    int r;

    if (!facts->tell_reach || facts->book.managers.count > 0 ||
        !is_reminded(request, request->node) || !is_open(request))
        return false;
    r = reminders_addressees(&facts->book, &view, request->node, REMIND_DUE, &list);
    free(list.items);
    return r == 0 && list.count == 0;
}

/* The owner that ended last is told, where none came after it. */
static bool owner_ended(const struct check_facts *facts UNUSED, const struct request *request,
                        struct finding *finding)
{
    const struct node *node = request->node;
    int32_t last = DAY_NONE;

    if (!is_open(request) || !lacks_owner(node, request->today))
        return false;
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role != ROLE_OWNER || !date_given(a->to) ||
            (last != DAY_NONE && date_last_day(a->to) < last))
            continue;
        last = date_last_day(a->to);
        if (last >= request->today)
            continue;
        finding->holder = a->holder;
        finding->holder_id = a->holder_id;
        finding->date = a->to;
    }
    return finding->holder_id != 0;
}

/* Has the person been affiliated, but is not any more? */
static bool person_has_left(const struct registry *registry, int64_t person, int32_t day,
                            struct date *ret_end)
{
    const struct affiliation *affiliation, *next;
    struct date end = {0};

    HASH_ITER (by_id, registry->affiliations, affiliation, next) {
        if (affiliation->person_id != person)
            continue;
        if (rights_current(affiliation->from, affiliation->to, day) || !date_given(affiliation->to))
            return false;
        if (!date_given(end) || date_last_day(affiliation->to) > date_last_day(end))
            end = affiliation->to;
    }
    *ret_end = end;
    return date_given(end);
}

static bool owner_has_left(const struct check_facts *facts UNUSED, const struct request *request,
                           struct finding *finding)
{
    const struct node *node = request->node;

    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role != ROLE_OWNER || a->holder != HOLDER_PERSON ||
            !rights_current(a->from, a->to, request->today) ||
            !person_has_left(request->registry, a->holder_id, request->today, &finding->date) ||
            !is_open(request))
            continue;
        finding->holder = a->holder;
        finding->holder_id = a->holder_id;
        return true;
    }
    return false;
}

static bool two_owners(const struct check_facts *facts UNUSED, const struct request *request,
                       struct finding *finding)
{
    const struct node *node = request->node;
    int64_t count = 0;

    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        count += a->role == ROLE_OWNER && rights_current(a->from, a->to, request->today);
    }
    finding->count = count;
    return count > 1;
}

static bool unknown_calendar(const struct check_facts *facts UNUSED, const struct request *request,
                             struct finding *finding)
{
    struct workdays calendar;

    finding->other = request->tree->strategy.calendar;
    return request->node->id == 0 &&
           registry_workdays(request->registry, finding->other, &calendar) < 0;
}

/* --- dates --- */

/* The nearest node above that has a due date, or NULL. */
static const struct node *period_of(const struct node *node)
{
    for (node = node->parent; node; node = node->parent) {
        if (date_given(rules_due(node)))
            return node;
    }
    return NULL;
}

static bool period_over(const struct check_facts *facts UNUSED, const struct request *request,
                        struct finding *finding)
{
    const struct node *node = request->node;
    const struct node *period = kind_is_work(node->kind) ? period_of(node) : NULL;

    if (!period || date_last_day(rules_due(period)) >= request->today || !is_open(request))
        return false;
    finding->other = period->code;
    finding->date = rules_due(period);
    return true;
}

static bool due_outside_period(const struct check_facts *facts UNUSED,
                               const struct request *request, struct finding *finding)
{
    const struct node *node = request->node, *period = period_of(node);
    struct date due = rules_due(node), start = node->parent ? rules_start(node->parent) : due;

    if (!date_given(due) || !node->parent)
        return false;
    finding->date = due;
    if (period && date_last_day(due) > date_last_day(rules_due(period))) {
        finding->other = period->code;
        return true;
    }
    finding->other = node->parent->code;
    return date_given(start) && date_last_day(due) < date_first_day(start);
}

bool review_is_overdue(const struct review *review, const struct span *not_for, int32_t day,
                       struct date *ret_due)
{
    struct span every = span_given(*not_for) ? *not_for : review->every;
    struct date due = span_given(every) ? date_after(review->date, every) : (struct date){0};

    *ret_due = due;
    return date_given(due) && date_last_day(due) < day;
}

static bool review_overdue(const struct check_facts *facts, const struct request *request,
                           struct finding *finding)
{
    const struct reviews *reviews = node_reviews(request->node);
    const struct review *last = reviews ? reviews_last(reviews, request->today) : NULL;

    if (!last || !review_is_overdue(last, &facts->not_reviewed_for, request->today, &finding->date))
        return false;
    finding->days = request->today - date_last_day(finding->date);
    return true;
}

/* clang-format off */
const struct check checks[] = {
    /* what contradicts itself */
    {"two_owners",                  "error",   .node = two_owners},
    {"leads_conflict",              "error",   .group = group_leads_conflict},
    {"due_outside_period",          "error",   .node = due_outside_period},
    {"too_many",                    "error",   .kind = kind_too_many},
    {"unknown_calendar",            "error",   .node = unknown_calendar},
    /* what needs somebody to act */
    {"period_over",                 "warning", .node = period_over},
    {"claim_without_evidence",      "warning", .node = claim_without_evidence},
    {"owner_ended",                 "warning", .node = owner_ended},
    {"owner_has_left",              "warning", .node = owner_has_left},
    {"group_ended",                 "warning", .group = group_ended},
    {"group_members_ended",         "warning", .group = group_members_ended},
    {"owner_unreachable",           "warning", .node = owner_unreachable},
    {"group_unreachable",           "warning", .group = group_unreachable},
    {"nobody_reached",              "warning", .node = nobody_reached},
    {"review_overdue",              "warning", .node = review_overdue},
    {"group_review_overdue",        "warning", .group = group_review_overdue},
    {"commitment_without_activity", "warning", .node = commitment_without_activity},
    {"need_without_activity",       "warning", .node = need_without_activity},
    /* what is not there yet */
    {"too_few",                     "notice",  .kind = kind_too_few},
    {"target_without_owner",        "notice",  .node = target_without_owner},
    {"target_without_group",        "notice",  .node = target_without_group},
    {"target_without_indicator",    "notice",  .node = target_without_indicator},
    {"target_without_update",       "notice",  .node = target_without_update},
};
/* clang-format on */

const size_t check_count = ARRAY_LEN(checks);
