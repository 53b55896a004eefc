/*
 * The lists of nodes: ListTree, ListNodes, ListDue. Each picks its nodes at the start and describes
 * them one by one as the stream is pulled; a tree that changes meanwhile is met by looking each
 * node up by its id again.
 */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"

#define DUE_DAYS 90

struct node_stream {
    struct stream stream;
    struct call *call;
    int32_t strategy_id;
    struct item {
        int64_t id;
        double weight; /* NAN: not as a part */
        int32_t days;  /* to the due date, of ListDue */
    } * items;
    size_t count, size, at;
};

static void node_stream_free(struct stream *stream)
{
    struct node_stream *list = (struct node_stream *)stream;

    free(list->items);
    free(list);
}

static int node_stream_next(struct stream *stream, struct writer *writer)
{
    struct node_stream *list = (struct node_stream *)stream;
    struct request request = {0};

    while (list->at < list->count) {
        struct item *item = &list->items[list->at++];

        if (request_reopen(list->call, list->strategy_id, &request) < 0)
            return request_lost(list->call, stream);
        request.node = tree_node(request.tree, item->id);
        if (!request.node)
            continue;
        writer_begin_object(writer, NULL);
        describe_line(writer, "node", &request, item->weight);
        writer_end_object(writer);
        return 1;
    }
    return 0;
}

static int node_stream_add(struct node_stream *list, const struct node *node, double weight,
                           int32_t days)
{
    if (list->count == list->size) {
        size_t size = list->size ? 2 * list->size : 64;
        struct item *items = reallocarray(list->items, size, sizeof(*items));

        if (!items)
            return -ENOMEM;
        list->items = items;
        list->size = size;
    }
    list->items[list->count++] = (struct item){.id = node->id, .weight = weight, .days = days};
    return 0;
}

static struct node_stream *node_stream_new(struct call *call, int32_t strategy_id)
{
    struct node_stream *list = calloc(1, sizeof(*list));

    if (list) {
        list->stream.next = node_stream_next;
        list->stream.free = node_stream_free;
        list->call = call;
        list->strategy_id = strategy_id;
    }
    return list;
}

/* Sends the list, or fails for want of memory. */
static const struct answer *node_stream_send(struct call *call, struct node_stream *list, int error)
{
    if (error < 0 || !list) {
        if (list)
            node_stream_free(&list->stream);
        return fail_overloaded(call);
    }
    return call_stream(call, &list->stream);
}

/* How far below `top` the node is; -1 if it is not below it. */
static int depth_below(const struct node *node, const struct node *top)
{
    int depth = 0;

    for (; node; node = node->parent, depth++) {
        if (node == top)
            return depth;
    }
    return -1;
}

const struct answer *method_list_tree(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    int64_t depth = param_int(call, "depth", INT32_MAX);
    AUTO(free_ptr) struct node **nodes = NULL;
    struct node_stream *list;
    int r;

    if (answer)
        return answer;
    if (depth < 0)
        return fail_value(call, "depth", "must not be negative");
    list = node_stream_new(call, request.slot->id);
    r = list ? tree_order(request.tree, &nodes) : -ENOMEM;
    for (size_t i = 0; r == 0 && i < request.tree->node_count; i++) {
        int below = depth_below(nodes[i], request.node);

        if (below >= 0 && below <= depth)
            r = node_stream_add(list, nodes[i], (double)NAN, 0);
    }
    return node_stream_send(call, list, r);
}

/* ListNodes' filters; a negative number or NULL: not asked for. */
struct filter {
    int kind, state, schedule, stage;
    const char *group, *holder, *text;
    const struct node *top; /* only what is below it */
};

static bool node_has_holder(const struct request *request, const struct node *node, const char *key,
                            bool groups_only)
{
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if ((!groups_only || a->holder == HOLDER_GROUP) &&
            strcmp(describe_holder_key(request, a->holder, a->holder_id), key) == 0)
            return true;
    }
    for (uint32_t i = 0; i < node->n_aims; i++) {
        if (strcmp(describe_holder_key(request, HOLDER_GROUP, node->aims[i]->group_id), key) == 0)
            return true;
    }
    return false;
}

static bool node_has_text(const struct node *node, const char *text)
{
    if (strcasestr(node->code, text))
        return true;
    for (size_t i = 0; i < node->titles.count; i++) {
        if (strcasestr(node->titles.items[i].text, text))
            return true;
    }
    return false;
}

static bool filter_fits(const struct filter *filter, const struct request *request,
                        struct node *node)
{
    const struct result *result;

    if (filter->top && depth_below(node, filter->top) < 1)
        return false;
    if (filter->kind >= 0 && node->kind != filter->kind)
        return false;
    if (filter->stage >= 0 && node->stage != filter->stage)
        return false;
    if (filter->text && !node_has_text(node, filter->text))
        return false;
    if (filter->group && !node_has_holder(request, node, filter->group, true))
        return false;
    if (filter->holder && !node_has_holder(request, node, filter->holder, false))
        return false;
    result = rules_result(request->tree, node, request->today);
    return (filter->state < 0 || result->state == filter->state) &&
           (filter->schedule < 0 || result->schedule == filter->schedule);
}

/* A word of an enumeration among the parameters. -EINVAL: it is none. */
static int param_word(const struct call *call, const char *name, const char *const *names,
                      int *ret_value)
{
    const char *word = param_text(call, name);
    int value = -1;

    if (word) {
        value = enum_parse(names, word);
        if (value < 0)
            return -EINVAL;
    }
    *ret_value = value;
    return 0;
}

static const struct answer *filter_read(const struct request *request, struct filter *ret_filter)
{
    struct call *call = request->call;
    const struct {
        const char *name;
        const char *const *names;
        int *value;
    } words[] = {
        {"kind", kind_names, &ret_filter->kind},
        {"state", state_names, &ret_filter->state},
        {"schedule", schedule_names, &ret_filter->schedule},
        {"stage", stage_names, &ret_filter->stage},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (param_word(call, words[i].name, words[i].names, words[i].value) < 0)
            return fail_value(call, words[i].name, "there is no %s \"%s\"", words[i].name,
                              param_text(call, words[i].name));
    }
    ret_filter->group = param_text(call, "group");
    ret_filter->holder = param_text(call, "holder");
    ret_filter->text = param_text(call, "text");
    if (ret_filter->group && !tree_group_by_key(request->tree, ret_filter->group))
        return fail_no_key(call, ret_filter->group);
    if (ret_filter->holder && !holder_exists(request, ret_filter->holder))
        return fail_no_key(call, ret_filter->holder);
    return NULL;
}

static int code_order(const void *a, const void *b)
{
    return code_compare((*(struct node *const *)a)->code, (*(struct node *const *)b)->code);
}

static int add_all(const struct request *request, const struct filter *filter,
                   struct node_stream *list)
{
    AUTO(free_ptr) struct node **nodes = NULL;
    int r = tree_order(request->tree, &nodes);

    if (r < 0)
        return r;
    qsort(nodes, request->tree->node_count, sizeof(*nodes), code_order);
    for (size_t i = 0; r == 0 && i < request->tree->node_count; i++) {
        if (filter_fits(filter, request, nodes[i]))
            r = node_stream_add(list, nodes[i], (double)NAN, 0);
    }
    return r;
}

static int add_parts(const struct request *request, struct node *whole, const struct filter *filter,
                     struct node_stream *list)
{
    AUTO(free_ptr) struct part *parts = NULL;
    size_t n;
    int r = rules_parts(request->tree, whole, request->today, &parts, &n);

    for (size_t i = 0; r == 0 && i < n; i++) {
        if (filter_fits(filter, request, parts[i].node))
            r = node_stream_add(list, parts[i].node, parts[i].weight, 0);
    }
    return r;
}

const struct answer *method_list_nodes(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    const char *parts_of = param_text(call, "partsOf"), *below = param_text(call, "below");
    struct filter filter;
    struct node_stream *list;
    struct node *whole = NULL;
    int r = -ENOMEM;

    if (!answer)
        answer = filter_read(&request, &filter);
    if (answer)
        return answer;
    if (parts_of) {
        whole = tree_node_by_code(request.tree, parts_of);
        if (!whole)
            return fail_no_node(call, request.slot->key, parts_of);
    }
    filter.top = below ? tree_node_by_code(request.tree, below) : NULL;
    if (below && !filter.top)
        return fail_no_node(call, request.slot->key, below);
    list = node_stream_new(call, request.slot->id);
    if (list)
        r = whole ? add_parts(&request, whole, &filter, list) : add_all(&request, &filter, list);
    return node_stream_send(call, list, r);
}

static int urgency_order(const void *a, const void *b)
{
    const struct item *x = a, *y = b;

    return x->days != y->days ? (x->days > y->days) - (x->days < y->days)
                              : (x->id > y->id) - (x->id < y->id);
}

const struct answer *method_list_due(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    int64_t days = param_int(call, "days", DUE_DAYS);
    const char *holder = param_text(call, "holder");
    AUTO(free_ptr) struct node **nodes = NULL;
    struct node_stream *list;
    int r;

    if (answer)
        return answer;
    if (days < 0)
        return fail_value(call, "days", "must not be negative");
    if (holder && !holder_exists(&request, holder))
        return fail_no_key(call, holder);
    list = node_stream_new(call, request.slot->id);
    r = list ? tree_order(request.tree, &nodes) : -ENOMEM;
    for (size_t i = 0; r == 0 && i < request.tree->node_count; i++) {
        struct node *node = nodes[i];
        const struct result *result = rules_result(request.tree, node, request.today);
        int32_t left;

        if (!date_given(node->due) || result->done || result->schedule == SCHEDULE_CLOSED ||
            depth_below(node, request.node) < 0 ||
            (holder && !node_has_holder(&request, node, holder, false)))
            continue;
        left = -rules_days_late(node, request.today);
        if (left <= days)
            r = node_stream_add(list, node, (double)NAN, left);
    }
    if (r == 0 && list->count)
        qsort(list->items, list->count, sizeof(*list->items), urgency_order);
    return node_stream_send(call, list, r);
}
