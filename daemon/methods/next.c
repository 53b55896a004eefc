/*
 * ListTasks: what the caller has to do in all strategies that they may read, the most urgent first.
 * It is gathered strategy by strategy and node by node, in slices, then told; each step meets the
 * trees and the caller's rights as they are then.
 */
#include <errno.h>

#include "core/array.h"
#include "core/walk.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/heap.h"
#include "methods/table.h"
#include "methods/tasks.h"

#define DAYS_AHEAD 30
#define SLICE 256

struct task_stream {
    struct stream stream;
    struct call *call;
    int32_t *strategies; /* the ids of those to be gone through */
    size_t n_strategies, at;
    bool inside; /* the walk and the search are in the one at `at` */
    struct task_search search;
    struct walk walk;
    int64_t ahead;
    struct tasks tasks;
    struct heap order; /* of the tasks: their places by urgency */
};

static void task_stream_free(struct stream *stream)
{
    struct task_stream *list = (struct task_stream *)stream;

    free(list->strategies);
    task_search_done(&list->search);
    walk_done(&list->walk);
    free(list->tasks.items);
    heap_done(&list->order);
    free(list);
}

static int leave_strategy(struct task_stream *list)
{
    task_search_done(&list->search);
    list->search = (struct task_search){0};
    walk_done(&list->walk);
    list->inside = false;
    list->at++;
    return 0;
}

static int enter_strategy(struct task_stream *list, const struct request *request)
{
    int r = task_search_init(request, list->ahead, &list->search);

    if (r == 0)
        r = tasks_of_strategy(request, &list->search, &list->tasks);
    walk_begin(&list->walk, request->tree->root, UINT32_MAX);
    list->inside = true;
    return r;
}

/* A slice of the strategy at hand. */
static int gather_some(struct task_stream *list)
{
    struct request request;
    int r = 0;

    if (request_reopen(list->call, list->strategies[list->at], &request) < 0)
        return leave_strategy(list); /* no longer the caller's to read */
    if (!list->inside) {
        r = enter_strategy(list, &request);
        if (r == 0 && !list->search.duties.person && !(request.may & MAY_MANAGER))
            return leave_strategy(list); /* no node can be the caller's */
    }
    for (int i = 0; r == 0 && i < SLICE; i++) {
        request.node = walk_next(&list->walk, request.tree);
        if (!request.node)
            return list->walk.failed ? -ENOMEM : leave_strategy(list);
        r = tasks_of_node(&request, &list->search, &list->tasks);
    }
    return r;
}

/* What wants somebody else to wait comes before what does not, on the same day. */
static int order_tasks(struct task_stream *list)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < list->tasks.count; i++) {
        const struct task *task = &list->tasks.items[i];

        r = heap_push(&list->order,
                      (struct heap_item){.id = (int64_t)i,
                                         .rank = task->days * (TASK_TERM + 1) + task->kind});
    }
    return r;
}

static void write_group(struct writer *writer, const struct request *request, int64_t group_id)
{
    const struct group *group = group_id ? tree_group(request->tree, group_id) : NULL;

    writer_text(writer, "group", group ? group->key : NULL);
    if (group)
        describe_title(writer, "groupName", request, &group->names);
}

static void write_task(struct writer *writer, const struct request *request,
                       const struct task *task)
{
    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "task");
    writer_text(writer, "kind", task_kind_names[task->kind]);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "alias", request->tree->strategy.alias);
    writer_text(writer, "code", request->node ? request->node->code : NULL);
    if (request->node)
        describe_title(writer, "title", request, &request->node->titles);
    write_group(writer, request, task->group_id);
    if (task->update_id)
        writer_int(writer, "updateId", task->update_id);
    describe_date(writer, "date", task->date);
    if (!task->update_id)
        writer_int(writer, "daysLeft", task->days);
    writer_end_object(writer);
    writer_end_object(writer);
}

static int task_stream_tell(struct stream *stream, struct writer *writer)
{
    struct task_stream *list = (struct task_stream *)stream;
    struct request request;
    struct heap_item item;

    for (int i = 0; i < SLICE && heap_pop(&list->order, &item); i++) {
        const struct task *task = &list->tasks.items[item.id];

        if (request_reopen(list->call, task->strategy_id, &request) < 0)
            continue;
        request.node = task->node_id >= 0 ? tree_node(request.tree, task->node_id) : NULL;
        if (task->node_id >= 0 && !request.node)
            continue;
        write_task(writer, &request, task);
        return 1;
    }
    if (list->order.count == 0)
        return 0;
    call_resume(list->call);
    return -EAGAIN;
}

static int task_stream_gather(struct stream *stream, struct writer *writer UNUSED)
{
    struct task_stream *list = (struct task_stream *)stream;
    int r = 0;

    if (list->at < list->n_strategies) {
        r = gather_some(list);
    } else {
        r = order_tasks(list);
        list->stream.next = task_stream_tell;
    }
    if (r < 0)
        return r;
    call_resume(list->call);
    return -EAGAIN;
}

static int note_strategies(const struct request *request, struct task_stream *list)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);

    for (size_t i = 0; i < n; i++) {
        if (!slots[i]->tree)
            continue;
        if (ARRAY_RESERVE(list->strategies, list->n_strategies) < 0)
            return -ENOMEM;
        list->strategies[list->n_strategies++] = slots[i]->id;
    }
    return 0;
}

const struct answer *method_list_tasks(struct call *call)
{
    int64_t ahead = param_int(call, "days", DAYS_AHEAD);
    struct request request;
    struct task_stream *list;

    request_caller(call, &request);
    if (!request.registry)
        return fail_unavailable(call);
    if (ahead < 0)
        return fail_value(call, "days", "must not be negative");
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = task_stream_gather;
    list->stream.free = task_stream_free;
    list->call = call;
    list->ahead = ahead;
    if (note_strategies(&request, list) < 0) {
        task_stream_free(&list->stream);
        return fail_overloaded(call);
    }
    return call_stream(call, &list->stream);
}
