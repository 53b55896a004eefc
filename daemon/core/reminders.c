/*
 * A run: every item is visited and asked of every rule that is about such items. See reminders.h
 * and, for what the parts do, reminders_internal.h.
 */
#include "core/hash.h"

#include "core/reminders_internal.h"

#include <stdlib.h>

#include "core/lacks.h"

const char *const settle_reason_names[] = {
    [SETTLE_NOT] = "",
    [SETTLE_NEWER] = "newer",
    [SETTLE_CLOSED] = "closed",
    [SETTLE_UPDATED] = "updated",
    [SETTLE_EARLY] = "early",
    [SETTLE_MOVED] = "moved",
    [SETTLE_OVERDUE] = "overdue",
    [SETTLE_ENDED] = "ended",
    [SETTLE_NOT_ADDRESSED] = "not_addressed",
    [SETTLE_RULE_OFF] = "rule_off",
    [SETTLE_SUPERSEDED] = "superseded",
    [SETTLE_GONE] = "gone",
    NULL,
};

/* Groups and memberships are noted by id: their hashes change under a run. */
static int note_items(struct reminders *run, const struct tree *tree)
{
    const struct membership *membership, *next_membership;
    const struct group *group, *next_group;
    int r = 0;

    HASH_ITER (by_id, tree->groups_by_id, group, next_group) {
        if (r == 0)
            r = ids_add(&run->groups, group->id);
    }
    HASH_ITER (by_id, tree->memberships, membership, next_membership) {
        if (r == 0)
            r = ids_add(&run->memberships, membership->id);
    }
    return r;
}

int reminders_begin(const struct remind_view *view, struct ledger *ledger, int32_t ahead,
                    struct reminders **ret_run)
{
    struct reminders *run = calloc(1, sizeof(*run));

    if (!run || note_items(run, view->tree) < 0 ||
        address_book_init(view->registry, view->tree, view->day, &run->book) < 0) {
        reminders_free(run);
        return -ENOMEM;
    }
    for (int rule = 0; rule < REMIND_RULES; rule++)
        run->rules[rule] = tree_reminder_rule(view->tree, (enum remind_rule)rule);
    run->ahead = ahead;
    run->seq = view->tree->seq;
    run->birth = view->tree->birth;
    run->ledger = *ledger;
    *ledger = (struct ledger){0};
    ledger_order(&run->ledger);
    walk_begin(&run->walk, view->tree->root, UINT32_MAX);
    *ret_run = run;
    return 0;
}

static void results_done(struct remind_results *results)
{
    free(results->due.items);
    free(results->to_come.items);
    free(results->skipped);
    free(results->open);
    *results = (struct remind_results){0};
}

void reminders_free(struct reminders *run)
{
    if (!run)
        return;
    results_done(&run->results);
    free(run->recipients.items);
    ids_done(&run->groups);
    ids_done(&run->memberships);
    ledger_done(&run->ledger);
    address_book_done(&run->book);
    walk_done(&run->walk);
    free(run);
}

void reminders_forget(struct reminders *run)
{
    results_done(&run->results);
}

const struct remind_results *reminders_results(const struct reminders *run)
{
    return &run->results;
}

/* --- the items --- */

/* Asks a rule of an item that is closed or not. */
static int ask(struct reminders *run, const struct remind_view *view, const struct item *item,
               enum remind_rule rule, struct verdict verdict, struct ledger_range rows)
{
    return verdict.silent && rows.count == 0 ? 0 : settle(run, view, item, rule, &verdict, rows);
}

/* The terms of those whose duty a node is. */
static int visit_assignments(struct reminders *run, const struct remind_view *view,
                             struct node *node, bool open)
{
    int r = 0;

    for (uint32_t i = 0; r == 0 && i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];
        const struct item item = {ITEM_ASSIGNMENT, a->id, .node = node, .assignment = a};

        if (a->role == ROLE_OWNER || a->role == ROLE_LEAD)
            r = ask(run, view, &item, REMIND_TERM,
                    open ? verdict_of_term(run, view, a->from, a->to)
                         : verdict_silent(SETTLE_CLOSED),
                    ledger_items(&run->ledger, ITEM_ASSIGNMENT, a->id));
    }
    return r;
}

static struct verdict verdict_of(enum remind_rule rule, struct reminders *run,
                                 const struct remind_view *view, struct node *node)
{
    if (is_superseded(view, rule))
        return verdict_silent(SETTLE_SUPERSEDED);
    switch (rule) {
    case REMIND_DUE:
        return verdict_of_due(run, view, node);
    case REMIND_CHECKIN:
        return verdict_of_checkin(run, view, node);
    case REMIND_REVIEW:
        return verdict_of_review(run, view, node_reviews(node));
    default:
        return verdict_of_nudge(run, view, node);
    }
}

static int visit_node(struct reminders *run, const struct remind_view *view, struct node *node)
{
    static const enum remind_rule rules[] = {REMIND_DUE, REMIND_CHECKIN, REMIND_REVIEW,
                                             REMIND_NUDGE};
    const struct item item = {ITEM_NODE, node->id, .node = node};
    struct ledger_range rows = ledger_items(&run->ledger, ITEM_NODE, node->id);
    bool open = result_is_open(rules_result(view->tree, node, view->day));
    int r = 0;

    for (size_t i = 0; r == 0 && i < sizeof(rules) / sizeof(*rules); i++)
        r = ask(run, view, &item, rules[i],
                open ? verdict_of(rules[i], run, view, node) : verdict_silent(SETTLE_CLOSED), rows);
    if (r == 0)
        r = settle_escalation(run, view, &item, open, rows);
    return r == 0 ? visit_assignments(run, view, node, open) : r;
}

static int visit_group(struct reminders *run, const struct remind_view *view, int64_t id)
{
    const struct group *group = tree_group(view->tree, id);
    const struct item item = {ITEM_GROUP, id, .group = group};
    struct ledger_range rows;
    struct verdict term;
    int r;

    if (!group)
        return 0;
    rows = ledger_items(&run->ledger, ITEM_GROUP, id);
    term = verdict_of_term(run, view, group->term_from, group->term_to);
    r = ask(run, view, &item, REMIND_TERM, term, rows);
    if (r < 0)
        return r;
    return ask(run, view, &item, REMIND_REVIEW,
               term.silent == SETTLE_ENDED
                   ? term
                   : verdict_of_review(run, view, group_reviews(view->tree, id)),
               rows);
}

/* A seat that ends with its group, or would end after it, is spoken of with the group. */
static struct verdict verdict_of_seat(const struct reminders *run, const struct remind_view *view,
                                      const struct group *group, const struct membership *m)
{
    if (date_given(group->term_to) && date_given(m->to) &&
        date_last_day(group->term_to) < date_last_day(m->to))
        return verdict_silent(SETTLE_MOVED);
    return verdict_of_term(run, view, m->from, m->to);
}

static int visit_membership(struct reminders *run, const struct remind_view *view, int64_t id)
{
    const struct membership *m = NULL;
    const struct group *group;

    HASH_BY_ID(view->tree->memberships, id, m);
    group = m ? tree_group(view->tree, m->group_id) : NULL;
    if (!group)
        return 0;

    const struct item item = {ITEM_MEMBERSHIP, id, .group = group, .membership = m};
    return ask(run, view, &item, REMIND_TERM, verdict_of_seat(run, view, group, m),
               ledger_items(&run->ledger, ITEM_MEMBERSHIP, id));
}

/* What no item was met for is gone, unless the tree changed meanwhile and it was missed. */
static int settle_unseen(struct reminders *run, const struct remind_view *view)
{
    int r = 0;

    if (view->tree->birth != run->birth || view->tree->seq != run->seq)
        return 0;
    for (size_t i = 0; r == 0 && i < run->ledger.count; i++) {
        const struct ledger_row *row = &run->ledger.rows[i];

        if (row->open && !row->seen)
            r = add_open(&run->results, row, NULL, NULL, SETTLE_GONE);
    }
    return r;
}

/* The next item: nodes, then groups, then memberships. 1, or 0 after the last. */
static int visit_next(struct reminders *run, const struct remind_view *view)
{
    struct node *node = run->walked ? NULL : walk_next(&run->walk, view->tree);
    size_t at = run->at;
    int r;

    run->cost++;
    if (node) {
        r = visit_node(run, view, node);
        return r < 0 ? r : 1;
    }
    run->walked = true;
    if (run->walk.failed)
        return -ENOMEM;
    if (at == run->groups.count + run->memberships.count)
        return settle_unseen(run, view);
    run->at++;
    r = at < run->groups.count
            ? visit_group(run, view, run->groups.items[at])
            : visit_membership(run, view, run->memberships.items[at - run->groups.count]);
    return r < 0 ? r : 1;
}

int reminders_of_node(struct reminders *run, const struct remind_view *view, struct node *node)
{
    return visit_node(run, view, node);
}

int reminders_some(struct reminders *run, const struct remind_view *view, size_t nodes)
{
    int r = 1;

    for (run->cost = 0; r == 1 && run->cost < nodes;)
        r = visit_next(run, view);
    return r;
}
