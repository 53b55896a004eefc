/* Tasks; see tasks.h. */
#include "core/hash.h"

#include "methods/tasks.h"

#include <errno.h>

#include "core/array.h"
#include "core/calendar.h"
#include "core/lacks.h"

const char *const task_kind_names[] = {
    [TASK_OVERDUE] = "overdue", [TASK_DUE] = "due",           [TASK_STALE] = "stale",
    [TASK_DRAFT] = "draft",     [TASK_RETURNED] = "returned", [TASK_WAITING] = "waiting",
    [TASK_REVIEW] = "review",   [TASK_TERM] = "term",         NULL,
};

int task_search_init(const struct request *request, int64_t ahead, struct task_search *ret_search)
{
    const struct account *account = request->caller.account;
    struct task_search search = {.ahead = ahead};
    int r = duties_init(request->registry, request->tree, account ? account->person_id : 0,
                        request->today, &search.duties);

    if (r == 0)
        *ret_search = search;
    return r;
}

void task_search_done(struct task_search *search)
{
    duties_done(&search->duties);
}

static int add_task(struct tasks *tasks, const struct request *request, struct task task)
{
    task.strategy_id = request->slot->id;
    if (ARRAY_RESERVE(tasks->items, tasks->count) < 0)
        return -ENOMEM;
    tasks->items[tasks->count++] = task;
    return 0;
}

static int add_dated(struct tasks *tasks, const struct request *request, enum task_kind kind,
                     int64_t node_id, struct date date)
{
    return add_task(tasks, request,
                    (struct task){.kind = kind,
                                  .node_id = node_id,
                                  .date = date,
                                  .days = date_last_day(date) - request->today});
}

/* --- at a node --- */

static int add_due(struct tasks *tasks, const struct request *request, int64_t ahead)
{
    struct date due = rules_due(request->node);
    int64_t late = date_given(due) ? rules_days_late(request->node, request->today) : 0;

    if (!date_given(due) || -late > ahead)
        return 0;
    return add_dated(tasks, request, late > 0 ? TASK_OVERDUE : TASK_DUE, request->node->id, due);
}

/* It should have been heard of so many days after it last was. */
static int add_stale(struct tasks *tasks, const struct request *request)
{
    const struct node *node = request->node;
    int32_t heard = rules_heard_of(node);

    return heard == DAY_NONE ? 0
                             : add_dated(tasks, request, TASK_STALE, node->id,
                                         date_from_day(heard + rules_cadence(request->tree, node)));
}

static int add_review(struct tasks *tasks, const struct request *request, int64_t node_id,
                      const struct group *group, const struct reviews *reviews, int64_t ahead)
{
    struct date due = calendar_review_due(reviews, request->today);
    int64_t days;

    if (!date_given(due))
        return 0;
    days = date_last_day(due) - request->today;
    if (days > ahead)
        return 0;
    return add_task(tasks, request,
                    (struct task){.kind = TASK_REVIEW,
                                  .node_id = node_id,
                                  .group_id = group ? group->id : 0,
                                  .date = due,
                                  .days = days});
}

/* The id of the last update that was not given back, 0: none. */
static int64_t last_submitted(const struct node *node)
{
    int64_t last = 0;

    for (uint32_t i = 0; i < node->n_updates; i++) {
        if (!node->updates[i].returned && node->updates[i].id > last)
            last = node->updates[i].id;
    }
    return last;
}

/* Is it the caller's to do something about? What was given back is mended by a later update. */
static bool update_is_task(const struct request *request, const struct update *update, bool mine)
{
    if (!update->waits || update->superseded_by)
        return false;
    if (!update->returned)
        return request->may & MAY_MANAGER;
    return mine && update->id > last_submitted(request->node);
}

static int add_updates(struct tasks *tasks, const struct request *request, bool mine)
{
    const struct node *node = request->node;
    int r = 0;

    for (uint32_t i = 0; r == 0 && node->n_void > 0 && i < node->n_updates; i++) {
        const struct update *update = &node->updates[i];

        if (!update_is_task(request, update, mine))
            continue;
        r = add_task(tasks, request,
                     (struct task){.kind = update->returned ? TASK_RETURNED : TASK_WAITING,
                                   .node_id = node->id,
                                   .update_id = update->id,
                                   .date = update->date});
    }
    return r;
}

int tasks_of_node(const struct request *request, const struct task_search *search,
                  struct tasks *tasks)
{
    struct node *node = request->node;
    bool direct = duties_have(&search->duties, node);
    bool mine = direct || duties_reach(&search->duties, node);
    const struct result *result;
    int r = add_updates(tasks, request, mine);

    if (r < 0 || !mine)
        return r;
    result = rules_result(request->tree, node, request->today);
    if (!result_is_open(result))
        return 0;
    r = add_due(tasks, request, search->ahead);
    if (r == 0 && direct && result->stale && result->schedule != SCHEDULE_OVERDUE) /* said above */
        r = add_stale(tasks, request);
    if (r == 0 && direct)
        r = add_review(tasks, request, node->id, NULL, node_reviews(node), search->ahead);
    return r;
}

/* --- at none --- */

static int add_drafts(const struct request *request, struct tasks *tasks)
{
    int64_t account = request_account(request);
    const struct draft *draft, *next;
    int r = 0;

    HASH_ITER (by_id, request->tree->drafts, draft, next) {
        if (r < 0 || draft->account_id != account)
            continue;
        r = add_task(tasks, request,
                     (struct task){.kind = TASK_DRAFT,
                                   .node_id = draft->node_id,
                                   .update_id = draft->id,
                                   .date = draft->date});
    }
    return r;
}

/* One's own seat ends with its own term, or with the group's. */
static int add_terms(const struct request *request, const struct task_search *search,
                     struct tasks *tasks)
{
    const struct membership *m, *next;
    int r = 0;

    HASH_ITER (by_id, request->tree->memberships, m, next) {
        const struct group *group = tree_group(request->tree, m->group_id);
        struct date end = m->to;

        if (r < 0 || !group || m->holder != HOLDER_PERSON ||
            m->member_id != search->duties.person ||
            !rights_current(m->from, m->to, request->today) ||
            !rights_current(group->term_from, group->term_to, request->today))
            continue;
        if (!date_given(end) ||
            (date_given(group->term_to) && date_last_day(group->term_to) < date_last_day(end)))
            end = group->term_to;
        if (!date_given(end) || date_last_day(end) - request->today > search->ahead)
            continue;
        r = add_task(tasks, request,
                     (struct task){.kind = TASK_TERM,
                                   .node_id = -1,
                                   .group_id = group->id,
                                   .date = end,
                                   .days = date_last_day(end) - request->today});
    }
    return r;
}

static int add_group_reviews(const struct request *request, const struct task_search *search,
                             struct tasks *tasks)
{
    const struct ids *groups = &search->duties.groups;
    int r = 0;

    for (size_t i = 0; r == 0 && i < groups->count; i++) {
        const struct group *group = tree_group(request->tree, groups->items[i]);

        if (group && (i == 0 || groups->items[i - 1] != groups->items[i]))
            r = add_review(tasks, request, -1, group, group_reviews(request->tree, group->id),
                           search->ahead);
    }
    return r;
}

int tasks_of_strategy(const struct request *request, const struct task_search *search,
                      struct tasks *tasks)
{
    int r = add_drafts(request, tasks);

    if (r == 0 && search->duties.person)
        r = add_terms(request, search, tasks);
    if (r == 0 && search->duties.person)
        r = add_group_reviews(request, search, tasks);
    return r;
}
