/* To whom a reminder about an item goes; see reminders_internal.h. */
#include "core/reminders_internal.h"

#include "core/rights.h"

static int add_role(const struct address_book *book, const struct node *node, enum role role,
                    enum remind_why why, int32_t day, struct addressees *list, bool *found)
{
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->role != role || !rights_current(a->from, a->to, day))
            continue;
        *found = true;
        r = addressees_of(book, a->holder, a->holder_id, why, list);
    }
    return r;
}

static bool group_is_current(const struct tree *tree, int64_t id, int32_t day)
{
    const struct group *group = tree_group(tree, id);

    return group && rights_current(group->term_from, group->term_to, day);
}

/* The groups that aim at it, and those with another role on it. */
static int add_groups(const struct address_book *book, const struct remind_view *view,
                      const struct node *node, struct addressees *list, bool *found)
{
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < node->n_aims + node->n_assignments; i++) {
        const struct assignment *a = i < node->n_aims ? NULL : &node->assignments[i - node->n_aims];
        int64_t group_id = a ? a->holder_id : node->aims[i]->group_id;

        if ((a && (a->holder != HOLDER_GROUP || !rights_current(a->from, a->to, view->day))) ||
            !group_is_current(view->tree, group_id, view->day))
            continue;
        *found = true;
        r = addressees_of(book, HOLDER_GROUP, group_id, WHY_AIM, list);
    }
    return r;
}

/* Those whose duty the node is, by what stands on itself; `found`: somebody has it, be they reached
 * or not. */
static int add_duties(const struct address_book *book, const struct remind_view *view,
                      const struct node *node, struct addressees *list, bool *found)
{
    int r = add_role(book, node, ROLE_OWNER, WHY_OWNER, view->day, list, found);

    if (r == 0)
        r = add_role(book, node, ROLE_LEAD, WHY_LEAD, view->day, list, found);
    if (r == 0 && !*found)
        r = add_groups(book, view, node, list, found);
    return r;
}

int recipients_of_node(const struct address_book *book, const struct remind_view *view,
                       const struct node *node, struct addressees *list)
{
    bool found = false;
    int r = 0;

    for (; r == 0 && node && !found; node = node->parent)
        r = add_duties(book, view, node, list, &found);
    if (r == 0 && list->count == 0)
        r = addressees_managers(book, WHY_UNREACHED, list);
    return r;
}
