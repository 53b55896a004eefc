/*
 * The lists of nodes: ListTree, ListNodes, ListDue. A stream looks for its next node when it is
 * pulled, and at no more than SLICE nodes in one step, so that a large tree holds nobody up. Each
 * step meets the tree as it is then.
 */
#include <errno.h>
#include <math.h>

#include "core/walk.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/filter.h"
#include "methods/heap.h"
#include "methods/table.h"

#define DUE_DAYS 90
#define SLICE 256

struct node_stream {
    struct stream stream;
    struct call *call;
    int32_t strategy_id;
    struct filter filter;
    unsigned fields;  /* what else a line carries */
    struct walk walk; /* finds the nodes, to be told at once … */
    struct heap due;  /* … or when all are there, by urgency */
    struct item {
        int64_t id;
        double weight;
    } * parts; /* of partsOf, instead of a walk */
    size_t part_count, part_at;
};

static void node_stream_free(struct stream *stream)
{
    struct node_stream *list = (struct node_stream *)stream;

    filter_done(&list->filter);
    walk_done(&list->walk);
    heap_done(&list->due);
    free(list->parts);
    free(list);
}

/* --- the streams --- */

/* The slice is over: the stream goes on in its next step. */
static int node_stream_pause(struct node_stream *list)
{
    call_resume(list->call);
    return -EAGAIN;
}

/* Finds the walk's next node that fits, as request->node: 1; 0: there is none any more. */
static int node_stream_find(struct node_stream *list, struct request *request)
{
    for (int i = 0; i < SLICE; i++) {
        request->node = walk_next(&list->walk, request->tree);
        if (!request->node)
            return list->walk.failed ? -ENOMEM : 0;
        if (filter_fits(&list->filter, request))
            return 1;
    }
    return -EAGAIN;
}

static int write_line(const struct node_stream *list, struct writer *writer,
                      const struct request *request, double weight)
{
    writer_begin_object(writer, NULL);
    describe_line_with(writer, "node", request, weight, list->fields);
    writer_end_object(writer);
    return 1;
}

/* Tells what it finds. */
static int walk_next_line(struct stream *stream, struct writer *writer)
{
    struct node_stream *list = (struct node_stream *)stream;
    struct request request;
    int r;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    r = node_stream_find(list, &request);
    if (r == 1)
        return write_line(list, writer, &request, (double)NAN);
    return r == -EAGAIN ? node_stream_pause(list) : r;
}

/* Tells the parts that are still there. */
static int part_next_line(struct stream *stream, struct writer *writer)
{
    struct node_stream *list = (struct node_stream *)stream;
    struct request request;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    for (int i = 0; list->part_at < list->part_count; i++) {
        const struct item *part = &list->parts[list->part_at];

        if (i == SLICE)
            return node_stream_pause(list);
        list->part_at++;
        request.node = tree_node(request.tree, part->id);
        if (request.node && filter_fits(&list->filter, &request))
            return write_line(list, writer, &request, part->weight);
    }
    return 0;
}

/* Tells what was gathered, the most urgent first. */
static int due_next_line(struct stream *stream, struct writer *writer)
{
    struct node_stream *list = (struct node_stream *)stream;
    struct request request;
    struct heap_item item;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    for (int i = 0; heap_pop(&list->due, &item); i++) {
        request.node = tree_node(request.tree, item.id);
        if (request.node && filter_fits(&list->filter, &request))
            return write_line(list, writer, &request, (double)NAN);
        if (i == SLICE)
            return node_stream_pause(list);
    }
    return 0;
}

/* By how late it is; what is as late comes in the order in which it was met: by code. */
static struct heap_item due_item(const struct node_stream *list, const struct request *request)
{
    int64_t late = rules_days_late(request->node, request->today);

    return (struct heap_item){.id = request->node->id,
                              .rank = -late * ((int64_t)1 << 32) + (int64_t)list->due.count};
}

/* Gathers what it finds, to be told by urgency. */
static int due_gather(struct stream *stream, struct writer *writer UNUSED)
{
    struct node_stream *list = (struct node_stream *)stream;
    struct request request;
    int r;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    while ((r = node_stream_find(list, &request)) == 1) {
        const struct heap_item item = due_item(list, &request);

        if (heap_push(&list->due, item) < 0)
            return -ENOMEM;
    }
    if (r < 0 && r != -EAGAIN)
        return r;
    if (r == 0)
        list->stream.next = due_next_line;
    return node_stream_pause(list);
}

/* Makes a stream of what is at or below the request's node; takes the filter. */
static const struct answer *node_stream_new(const struct request *request, struct filter *filter,
                                            struct node_stream **ret_list)
{
    const struct answer *answer;
    struct node_stream *list;
    unsigned fields;

    answer =
        filter_read_words(request->call, "fields", line_field_names, FIELD_REVIEWED + 1, &fields);
    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(request->call);
    list->stream.next = walk_next_line;
    list->stream.free = node_stream_free;
    list->call = request->call;
    list->strategy_id = request->slot->id;
    list->fields = fields;
    list->filter = *filter;
    filter_init(filter);
    walk_begin(&list->walk, request->node, UINT32_MAX);
    *ret_list = list;
    return NULL;
}

/* --- the methods --- */

const struct answer *method_list_tree(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    int64_t depth = param_int(call, "depth", UINT32_MAX);
    AUTO(filter_done) struct filter filter;
    struct node_stream *list;

    filter_init(&filter);
    if (answer)
        return answer;
    if (depth < 0)
        return fail_value(call, "depth", "must not be negative");
    answer = node_stream_new(&request, &filter, &list);
    if (answer)
        return answer;
    list->walk.levels = depth < UINT32_MAX ? (uint32_t)depth : UINT32_MAX;
    return call_stream(call, &list->stream);
}

static int list_parts(struct node_stream *list, const struct request *request, struct node *whole)
{
    AUTO(free_ptr) struct rules_part *parts = NULL;
    size_t n;
    int r = rules_parts(request->tree, whole, request->today, &parts, &n);

    if (r < 0)
        return r;
    list->parts = calloc(n ? n : 1, sizeof(*list->parts));
    if (!list->parts)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        list->parts[i] = (struct item){.id = parts[i].node->id, .weight = parts[i].weight};
    list->part_count = n;
    list->stream.next = part_next_line;
    return 0;
}

/* The node that a parameter names, or NULL if it is absent. */
static const struct answer *param_node(const struct request *request, const char *name,
                                       struct node **ret_node)
{
    const char *code = param_text(request->call, name);

    *ret_node = code ? tree_node_by_code(request->tree, code) : NULL;
    return code && !*ret_node ? fail_no_node(request->call, request->slot->key, code) : NULL;
}

const struct answer *method_list_nodes(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    AUTO(filter_done) struct filter filter;
    struct node *whole, *top;
    struct node_stream *list;

    filter_init(&filter);
    if (!answer)
        answer = filter_read(&request, &filter);
    if (!answer)
        answer = param_node(&request, "partsOf", &whole);
    if (!answer)
        answer = param_node(&request, "below", &top);
    if (answer)
        return answer;
    if (top) {
        filter.top = top->id;
        request.node = top;
    }
    answer = node_stream_new(&request, &filter, &list);
    if (answer)
        return answer;
    if (whole && list_parts(list, &request, whole) < 0) {
        node_stream_free(&list->stream);
        return fail_overloaded(call);
    }
    return call_stream(call, &list->stream);
}

const struct answer *method_list_due(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    AUTO(filter_done) struct filter filter;
    struct node_stream *list;

    filter_init(&filter);
    if (!answer)
        answer = filter_read(&request, &filter);
    if (answer)
        return answer;
    filter.due_within = param_int(call, "days", DUE_DAYS);
    if (filter.due_within < 0)
        return fail_value(call, "days", "must not be negative");
    answer = node_stream_new(&request, &filter, &list);
    if (answer)
        return answer;
    list->stream.next = due_gather;
    return call_stream(call, &list->stream);
}
