/* To whom a reminder about an item goes; see reminders_internal.h. */
#include "core/reminders_internal.h"

#include "core/rights.h"

/* What is looked for: in whose book, on which day. */
struct finding {
    const struct address_book *book;
    const struct remind_view *view;
    struct addressees *list;
    bool nudged; /* that is why, whoever they are */
};

static enum remind_why why_of(const struct finding *finding, enum remind_why own)
{
    return finding->nudged ? WHY_NUDGE : own;
}

static bool group_is_current(const struct remind_view *view, int64_t id)
{
    const struct group *group = tree_group(view->tree, id);

    return group && rights_current(group->term_from, group->term_to, view->day);
}

static bool is_current(const struct remind_view *view, const struct assignment *a)
{
    return rights_current(a->from, a->to, view->day) &&
           (a->holder != HOLDER_GROUP || group_is_current(view, a->holder_id));
}

/* Adds all who have the role now; `found`: somebody has, be they reached or not. */
static int add_role(const struct finding *finding, const struct node *node, enum role role,
                    enum remind_why why, bool *found)
{
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role != role || !is_current(finding->view, a))
            continue;
        *found = true;
        r = addressees_of(finding->book, a->holder, a->holder_id, why_of(finding, why),
                          finding->list);
    }
    return r;
}

/* Goes through the groups that aim at the node and those with a role on it that hold now: the next
 * one's id, or 0. `owners`: of roles only owners and leads. */
static int64_t next_group(const struct remind_view *view, const struct node *node, bool owners,
                          uint32_t *at)
{
    while (*at < node->n_aims + node->n_assignments) {
        uint32_t i = (*at)++;
        const struct assignment *a = i < node->n_aims ? NULL : &node->assignments[i - node->n_aims];

        if (!a && group_is_current(view, node->aims[i]->group_id))
            return node->aims[i]->group_id;
        if (a && a->holder == HOLDER_GROUP && is_current(view, a) &&
            (!owners || a->role == ROLE_OWNER || a->role == ROLE_LEAD))
            return a->holder_id;
    }
    return 0;
}

static int add_groups(const struct finding *finding, const struct node *node, bool *found)
{
    uint32_t at = 0;
    int r = 0;

    for (int64_t id; r == 0 && (id = next_group(finding->view, node, false, &at));) {
        *found = true;
        r = addressees_of(finding->book, HOLDER_GROUP, id, why_of(finding, WHY_AIM), finding->list);
    }
    return r;
}

/* Those whose duty the node is by what stands on itself: owners and leads, else groups. */
static int add_duties(const struct finding *finding, const struct node *node, bool *found)
{
    int r = add_role(finding, node, ROLE_OWNER, WHY_OWNER, found);

    if (r == 0)
        r = add_role(finding, node, ROLE_LEAD, WHY_LEAD, found);
    if (r == 0 && !*found)
        r = add_groups(finding, node, found);
    return r;
}

bool node_is_owned(const struct remind_view *view, const struct node *node)
{
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if ((a->role == ROLE_OWNER || a->role == ROLE_LEAD) && is_current(view, a))
            return true;
    }
    return false;
}

bool node_has_duty(const struct remind_view *view, const struct node *node)
{
    uint32_t at = 0;

    return node_is_owned(view, node) || next_group(view, node, false, &at) != 0;
}

/* Those who have it on the nearest node that somebody has a duty on, upwards. */
static int add_dutiful(const struct finding *finding, const struct node *node)
{
    bool found = false;
    int r = 0;

    for (; r == 0 && node && !found; node = node->parent)
        r = add_duties(finding, node, &found);
    return r;
}

static int add_reviewers(const struct finding *finding, const struct node *node)
{
    bool found = false;
    int r = add_role(finding, node, ROLE_REVIEWER, WHY_REVIEWER, &found);

    return r == 0 && !found ? add_dutiful(finding, node) : r;
}

/* --- escalations --- */

/* The heads of the groups that work toward the node, or toward the nearest one above it that has
 * such groups. */
static int add_group_heads(const struct finding *finding, const struct node *node)
{
    bool found = false;
    int r = 0;

    for (; r == 0 && node && !found; node = node->parent) {
        uint32_t at = 0;

        for (int64_t id; r == 0 && (id = next_group(finding->view, node, true, &at));) {
            found = true;
            r = addressees_heads(finding->book, id, WHY_ESCALATION, finding->list);
        }
    }
    return r;
}

/* From a deliverable to its target before its priority, and to the strategy last. */
static int rank_of(enum kind kind)
{
    return kind == KIND_TARGET ? 0 : kind == KIND_STRATEGY ? 2 : 1;
}

static int add_target_owners(const struct finding *finding, const struct node *node)
{
    int r = 0;

    for (int rank = 0; rank <= 2; rank++) {
        bool found = false;

        for (const struct node *at = node; r == 0 && at && !found; at = at->parent) {
            if (kind_is_outcome(at->kind) && rank_of(at->kind) == rank)
                r = add_role(finding, at, ROLE_OWNER, WHY_ESCALATION, &found);
        }
        if (r < 0 || found)
            break;
    }
    return r;
}

static int add_escalated(const struct finding *finding, const struct node *node, int64_t step)
{
    switch (step) {
    case 1:
        return add_group_heads(finding, node);
    case 2:
        return add_target_owners(finding, node);
    default:
        return addressees_managers(finding->book, WHY_ESCALATION, finding->list);
    }
}

/* --- by rule --- */

static int add_holder(const struct finding *finding, const struct item *item)
{
    enum holder holder = HOLDER_GROUP;
    int64_t id = item->id;

    if (item->assignment) {
        holder = item->assignment->holder;
        id = item->assignment->holder_id;
    } else if (item->membership) {
        holder = item->membership->holder;
        id = item->membership->member_id;
    }
    return addressees_of(finding->book, holder, id, WHY_HOLDER, finding->list);
}

static int add_by_rule(const struct finding *finding, const struct item *item,
                       enum remind_rule rule)
{
    if (item->kind != ITEM_NODE)
        return add_holder(finding, item);
    return rule == REMIND_REVIEW ? add_reviewers(finding, item->node)
                                 : add_dutiful(finding, item->node);
}

int recipients_of(const struct address_book *book, const struct remind_view *view,
                  const struct item *item, enum remind_rule rule, int64_t step,
                  struct addressees *list)
{
    const struct finding finding = {book, view, list, .nudged = rule == REMIND_NUDGE};
    int r;

    if (rule == REMIND_ESCALATION)
        return add_escalated(&finding, item->node, step);
    r = add_by_rule(&finding, item, rule);
    if (r == 0 && list->count == 0)
        r = addressees_managers(book, WHY_UNREACHED, list);
    if (r == 0 && item->kind == ITEM_GROUP && rule == REMIND_TERM)
        r = addressees_managers(book, WHY_MANAGER, list);
    return r;
}

int reminders_addressees(const struct address_book *book, const struct remind_view *view,
                         struct node *node, enum remind_rule rule, struct addressees *list)
{
    const struct item item = {.kind = ITEM_NODE, .id = node->id, .node = node};

    return recipients_of(book, view, &item, rule, 0, list);
}
