/* The events of what is there; see calendar.h. */
#include "core/hash.h"

#include "methods/calendar.h"

#include <errno.h>
#include <stdlib.h>

#include "core/array.h"
#include "core/rules.h"
#include "methods/describe.h"

void calendar_events_done(struct calendar_events *events)
{
    for (size_t i = 0; i < events->count; i++)
        json_decref(events->items[i].event);
    free(events->items);
    *events = (struct calendar_events){0};
}

static const char *strategy_title(const struct request *request)
{
    return texts_get(&request->tree->root->titles, request->language,
                     request->tree->strategy.language);
}

/* "person:KEY", as where a holder is given. */
static json_t *holder_text(const struct request *request, const struct calendar_fact *fact)
{
    static const char *const words[] = {"org", "person", "group"};

    if (!fact->holder_id)
        return json_null();
    return json_sprintf("%s:%s", words[fact->holder],
                        describe_holder_key(request, fact->holder, fact->holder_id));
}

int calendar_add(struct calendar_events *events, const struct request *request,
                 const struct calendar_fact *fact)
{
    const char *name =
        fact->holder_id ? describe_holder_name(request, fact->holder, fact->holder_id) : NULL;
    const char *key = request->slot->key;
    AUTO(free_ptr) char *uid = NULL;
    char day[DATE_TEXT_SIZE];
    json_t *event;

    if (ARRAY_RESERVE(events->items, events->count) < 0 ||
        calendar_uid(fact->kind, fact->id, key, &uid) < 0)
        return -ENOMEM;
    event =
        json_pack("{s:s,s:i,s:s,s:s,s:s,s:s?,s:s?,s:s,s:o,s:s?,s:s?,s:s,s:s}", "uid", uid,
                  "sequence", calendar_sequence(fact->seq), "kind", event_kind_names[fact->kind],
                  "strategy", key, "strategyTitle", strategy_title(request), "code", fact->code,
                  "group", fact->group, "title", fact->title, "holder", holder_text(request, fact),
                  "name", name, "role", fact->holder_id ? role_names[fact->role] : NULL, "date",
                  date_format(date_from_day(fact->day), day), "status",
                  fact->cancelled ? "cancelled" : "confirmed");
    if (!event)
        return -ENOMEM;
    events->items[events->count++] = (struct calendar_item){fact->seq, event};
    return 0;
}

bool calendar_has_node(const struct calendar_scope *scope, const struct node *node)
{
    return !scope->of_person || duties_reach(&scope->duties, node);
}

/* An organisation's or group's term is the person's too, who speaks for it. */
bool calendar_has_holder(const struct calendar_scope *scope, enum holder holder, int64_t id)
{
    return !scope->of_person || duties_stand_for(&scope->duties, holder, id);
}

static const char *title_in(const struct request *request, const struct texts *texts)
{
    return texts_get(texts, request->language, request->tree->strategy.language);
}

/* --- nodes --- */

static int add_due(struct calendar_events *events, const struct request *request, bool dropped)
{
    const struct node *node = request->node;
    struct date due = rules_due(node);

    if (!date_given(due))
        return 0;
    return calendar_add(events, request,
                        &(struct calendar_fact){.kind = EVENT_DUE,
                                                .id = node->id,
                                                .day = date_last_day(due),
                                                .seq = calendar_due_seq(node),
                                                .cancelled = dropped,
                                                .code = node->code,
                                                .title = title_in(request, &node->titles)});
}

/* The next review; or, cancelled, the last one that there was to be, where the last review names no
 * next one. */
static int add_review(struct calendar_events *events, const struct request *request,
                      const struct reviews *reviews, struct calendar_fact fact)
{
    struct date due = calendar_review_due(reviews, request->today);

    for (uint32_t i = reviews ? reviews->count : 0; i-- > 0 && !date_given(due);) {
        const struct review *review = &reviews->items[i];

        if (date_last_day(review->date) > request->today || !span_given(review->every))
            continue;
        due = date_after(review->date, review->every);
        fact.cancelled = true;
    }
    if (!date_given(due))
        return 0;
    fact.kind = EVENT_REVIEW;
    fact.day = date_last_day(due);
    return calendar_add(events, request, &fact);
}

static int add_assignments(struct calendar_events *events, const struct request *request,
                           const struct calendar_scope *scope)
{
    const struct node *node = request->node;
    int r = 0;

    for (uint32_t i = 0; i < node->n_assignments && r == 0; i++) {
        const struct assignment *a = &node->assignments[i];

        if (!date_given(a->to) || (a->role != ROLE_OWNER && a->role != ROLE_LEAD) ||
            !calendar_has_holder(scope, a->holder, a->holder_id))
            continue;
        r = calendar_add(events, request,
                         &(struct calendar_fact){.kind = EVENT_TERM,
                                                 .id = a->id,
                                                 .day = date_last_day(a->to),
                                                 .seq = a->seq_from,
                                                 .code = node->code,
                                                 .title = title_in(request, &node->titles),
                                                 .holder = a->holder,
                                                 .holder_id = a->holder_id,
                                                 .role = a->role});
    }
    return r;
}

int calendar_of_node(struct calendar_events *events, const struct request *request,
                     const struct calendar_scope *scope)
{
    struct node *node = request->node;
    const struct closing *closing = rules_result(request->tree, node, request->today)->closing;
    bool dropped = closing && closing->how == HOW_DROPPED;
    const struct reviews *reviews = node_reviews(node);
    int r = 0;

    if (calendar_has_node(scope, node)) {
        r = add_due(events, request, dropped);
        if (r == 0)
            r = add_review(events, request, reviews,
                           (struct calendar_fact){.id = node->id,
                                                  .seq = calendar_review_seq(reviews, node),
                                                  .cancelled = dropped,
                                                  .code = node->code,
                                                  .title = title_in(request, &node->titles)});
    }
    return r < 0 ? r : add_assignments(events, request, scope);
}

/* --- groups --- */

static int add_group(struct calendar_events *events, const struct request *request,
                     const struct group *group)
{
    const struct reviews *reviews = group_reviews(request->tree, group->id);
    struct calendar_fact fact = {.kind = EVENT_TERM,
                                 .id = group->id,
                                 .seq = group->seq_from,
                                 .group = group->key,
                                 .title = title_in(request, &group->names)};
    int r = 0;

    if (date_given(group->term_to)) {
        fact.day = date_last_day(group->term_to);
        r = calendar_add(events, request, &fact);
    }
    fact.seq = calendar_review_seq(reviews, NULL);
    return r < 0 ? r : add_review(events, request, reviews, fact);
}

static int add_membership(struct calendar_events *events, const struct request *request,
                          const struct group *group, const struct membership *m)
{
    return calendar_add(events, request,
                        &(struct calendar_fact){.kind = EVENT_TERM,
                                                .id = m->id,
                                                .day = date_last_day(m->to),
                                                .seq = m->seq_from,
                                                .group = group->key,
                                                .title = title_in(request, &group->names),
                                                .holder = m->holder,
                                                .holder_id = m->member_id,
                                                .role = m->role});
}

int calendar_of_groups(struct calendar_events *events, const struct request *request,
                       const struct calendar_scope *scope)
{
    const struct membership *m, *next_m;
    const struct group *group, *next_group;
    int r = 0;

    HASH_ITER (by_id, request->tree->groups_by_id, group, next_group) {
        if (r == 0 && calendar_has_holder(scope, HOLDER_GROUP, group->id))
            r = add_group(events, request, group);
    }
    HASH_ITER (by_id, request->tree->memberships, m, next_m) {
        group = tree_group(request->tree, m->group_id);
        if (r == 0 && group && date_given(m->to) &&
            calendar_has_holder(scope, m->holder, m->member_id))
            r = add_membership(events, request, group, m);
    }
    return r;
}
