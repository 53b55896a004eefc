/* The same questions as reminders_recipients.c, asked the other way round; see reminders_why.h. */
#include "core/hash.h"

#include "core/reminders_why.h"

#include "core/array.h"
#include "core/lacks.h"
#include "core/people.h"
#include "core/reminders_internal.h"
#include "core/rights.h"

const char *const left_reason_names[] = {
    [LEFT_CLOSED] = "closed",
    [LEFT_RULE_OFF] = "rule_off",
    [LEFT_SUPERSEDED] = "superseded",
    [LEFT_NO_DATE] = "no_date",
    [LEFT_NOBODY] = "nobody_reached",
    [LEFT_NO_ADDRESS] = "no_address",
    [LEFT_ENDED] = "ended",
    [LEFT_NOT_BEGUN] = "not_begun",
    [LEFT_SOMEBODY_ELSE] = "somebody_else_owns",
    [LEFT_OTHER_ROLE] = "other_role",
    [LEFT_MAILBOX] = "mailbox_told",
    [LEFT_LEAD_TOLD] = "lead_told",
    [LEFT_OTHER_SEAT] = "other_seat",
    [LEFT_NOT_REPORTER] = "not_reporter",
    NULL,
};

/* Of a person: to a group by a seat, or to an organisation. */
struct tie {
    enum holder holder;
    int64_t id;
    enum role role; /* in the group */
    bool reporter;
    struct date from, to;
};

static int add_tie(struct ties *ties, const struct tie *tie)
{
    if (ARRAY_RESERVE(ties->items, ties->count) < 0)
        return -ENOMEM;
    ties->items[ties->count++] = *tie;
    return 0;
}

int ties_init(const struct registry *registry, const struct tree *tree, int64_t person,
              struct ties *ret_ties)
{
    const struct affiliation *affiliation, *next_affiliation;
    const struct membership *m, *next_membership;
    struct ties ties = {.person = person};
    int r = 0;

    HASH_ITER (by_id, tree->memberships, m, next_membership) {
        if (r == 0 && m->holder == HOLDER_PERSON && m->member_id == person)
            r = add_tie(&ties,
                        &(struct tie){HOLDER_GROUP, m->group_id, m->role, false, m->from, m->to});
    }
    HASH_ITER (by_id, registry->affiliations, affiliation, next_affiliation) {
        if (r == 0 && affiliation->person_id == person)
            r = add_tie(&ties, &(struct tie){.holder = HOLDER_ORGANISATION,
                                             .id = affiliation->organisation_id,
                                             .reporter = affiliation->reporter,
                                             .from = affiliation->from,
                                             .to = affiliation->to});
    }
    if (r < 0)
        ties_done(&ties);
    else
        *ret_ties = ties;
    return r;
}

void ties_done(struct ties *ties)
{
    free(ties->items);
    *ties = (struct ties){0};
}

/* --- what is known of a node --- */

struct asking {
    const struct reminders *run;
    const struct remind_view *view;
    const struct ties *ties; /* NULL: of all */
    const struct node *node;
    bool open, owned;       /* owned: somebody owns or leads it */
    struct addressees told; /* whoever is told of it; owned here */
    struct left_outs *list;
};

static int add(struct left_outs *list, struct left_out left)
{
    for (size_t i = 0; left.has_holder && i < list->count; i++) {
        if (list->items[i].has_holder && list->items[i].holder == left.holder &&
            list->items[i].id == left.id)
            return 0;
    }
    if (ARRAY_RESERVE(list->items, list->count) < 0)
        return -ENOMEM;
    list->items[list->count++] = left;
    return 0;
}

static bool is_told(const struct asking *asking, enum holder holder, int64_t id)
{
    for (size_t i = 0; i < asking->told.count; i++) {
        const struct addressee *addressee = &asking->told.items[i];

        if ((addressee->holder == holder && addressee->id == id) ||
            (addressee->via_id == id && addressee->via == holder))
            return true;
    }
    return false;
}

static enum left_reason reason_of_term(struct date from, const struct group *group, int32_t day)
{
    bool begun = !date_given(from) || date_first_day(from) <= day;

    return !begun && !(group && people_group_ended(group, day)) ? LEFT_NOT_BEGUN : LEFT_ENDED;
}

/* Of who holds a role that is told (or, NULL, aims at the node) and is none of those told. */
static enum left_reason reason_of(const struct asking *asking, const struct assignment *a,
                                  enum holder holder, int64_t id)
{
    int32_t day = asking->view->day;
    const struct group *group = holder == HOLDER_GROUP ? tree_group(asking->view->tree, id) : NULL;
    bool duty = a && (a->role == ROLE_OWNER || a->role == ROLE_LEAD);

    if (a && !rights_current(a->from, a->to, day))
        return reason_of_term(a->from, NULL, day);
    if (group && !rights_current(group->term_from, group->term_to, day))
        return reason_of_term(group->term_from, group, day);
    if (!duty && holder != HOLDER_GROUP)
        return LEFT_OTHER_ROLE;
    if (!duty && asking->owned)
        return LEFT_SOMEBODY_ELSE;
    return asking->open ? LEFT_NO_ADDRESS : LEFT_CLOSED;
}

/* Of a person who is tied to a group or organisation that is told. */
static enum left_reason reason_of_tie(const struct asking *asking, const struct tie *tie)
{
    const struct address_book *book = &asking->run->book;

    if (ids_have(tie->holder == HOLDER_GROUP ? &book->groups : &book->organisations, tie->id))
        return LEFT_MAILBOX;
    if (!rights_current(tie->from, tie->to, asking->view->day))
        return reason_of_term(tie->from, NULL, asking->view->day);
    if (tie->holder == HOLDER_ORGANISATION && !tie->reporter)
        return LEFT_NOT_REPORTER;
    if (tie->holder == HOLDER_GROUP && !role_heads(tie->role))
        return LEFT_OTHER_SEAT;
    return ids_have(&book->persons, asking->ties->person) ? LEFT_LEAD_TOLD : LEFT_NO_ADDRESS;
}

static int add_person(const struct asking *asking, enum left_reason reason)
{
    return add(asking->list, (struct left_out){.has_holder = true,
                                               .holder = HOLDER_PERSON,
                                               .id = asking->ties->person,
                                               .reason = reason});
}

/* What the holder of a role or aim comes to for the person that is asked about. */
static int ask_person(const struct asking *asking, const struct assignment *a, enum holder holder,
                      int64_t id)
{
    bool told = asking->open && is_told(asking, holder, id);
    int r = 0;

    if (holder == HOLDER_PERSON)
        return id == asking->ties->person ? add_person(asking, reason_of(asking, a, holder, id))
                                          : 0;
    for (size_t i = 0; r == 0 && i < asking->ties->count; i++) {
        const struct tie *tie = &asking->ties->items[i];

        if (tie->holder == holder && tie->id == id)
            r = add_person(asking,
                           told ? reason_of_tie(asking, tie) : reason_of(asking, a, holder, id));
    }
    return r;
}

static int ask_holder(const struct asking *asking, const struct assignment *a, enum holder holder,
                      int64_t id)
{
    if (asking->ties)
        return ask_person(asking, a, holder, id);
    if (!asking->open || is_told(asking, holder, id) || (a && a->role == ROLE_REVIEWER))
        return 0;
    return add(asking->list, (struct left_out){.has_holder = true,
                                               .holder = holder,
                                               .id = id,
                                               .reason = reason_of(asking, a, holder, id)});
}

static int ask_holders(const struct asking *asking)
{
    const struct node *node = asking->node;
    int r = 0;

    if (asking->ties && asking->open && is_told(asking, HOLDER_PERSON, asking->ties->person))
        return 0;
    for (uint32_t i = 0; r == 0 && i < node->n_assignments; i++)
        r = ask_holder(asking, &node->assignments[i], node->assignments[i].holder,
                       node->assignments[i].holder_id);
    for (uint32_t i = 0; r == 0 && i < node->n_aims; i++)
        r = ask_holder(asking, NULL, HOLDER_GROUP, node->aims[i]->group_id);
    return r;
}

/* Why nobody is told, by a rule or at all. */
static int ask_rules(const struct asking *asking)
{
    int r = 0;

    if (!asking->open)
        return add(asking->list, (struct left_out){.reason = LEFT_CLOSED});
    if (asking->told.count == 0)
        r = add(asking->list, (struct left_out){.reason = LEFT_NOBODY});
    for (int rule = 0; r == 0 && rule < REMIND_RULES; rule++) {
        struct left_out left = {.has_rule = true, .rule = (enum remind_rule)rule};

        if (asking->run->rules[rule].off)
            left.reason = LEFT_RULE_OFF;
        else if (is_superseded(asking->view, left.rule))
            left.reason = LEFT_SUPERSEDED;
        else if (rule == REMIND_DUE && !date_given(rules_due(asking->node)))
            left.reason = LEFT_NO_DATE;
        else
            continue;
        r = add(asking->list, left);
    }
    return r;
}

int reminders_why(const struct reminders *run, const struct remind_view *view,
                  const struct ties *ties, struct node *node, struct left_outs *list)
{
    const struct item item = {ITEM_NODE, node->id, .node = node};
    struct asking asking = {.run = run,
                            .view = view,
                            .ties = ties,
                            .node = node,
                            .list = list,
                            .open = result_is_open(rules_result(view->tree, node, view->day)),
                            .owned = node_is_owned(view, node)};
    int r = recipients_of(&run->book, view, &item, REMIND_DUE, 0, &asking.told);

    if (r == 0 && !ties)
        r = ask_rules(&asking);
    if (r == 0)
        r = ask_holders(&asking);
    free(asking.told.items);
    return r;
}
