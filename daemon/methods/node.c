/* GetNode: everything that is written about a node but its updates; ListStrategies. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "methods/cache.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"

static json_t *describe_contributions(struct contribution *const *list, uint32_t n, bool incoming)
{
    json_t *array = json_array();

    for (uint32_t i = 0; i < n; i++) {
        const struct node *other = incoming ? list[i]->from : list[i]->to;

        json_array_append_new(array, json_pack("{s:s,s:o}", "code", other->code, "weight",
                                               describe_number(list[i]->weight)));
    }
    return array;
}

static json_t *describe_all_expected(const struct strategy *strategy)
{
    json_t *object = json_object();

    for (int kind = KIND_PRIORITY; kind <= KIND_INDICATOR; kind++) {
        if (strategy->expected.of_kind[kind])
            json_object_set_new(object, kind_names[kind],
                                json_integer(strategy->expected.of_kind[kind]));
    }
    return object;
}

static json_t *describe_strategy(const struct request *request)
{
    const struct strategy *s = &request->tree->strategy;

    if (request->node->id != 0)
        return json_pack("{s:n,s:n,s:n,s:n,s:n,s:n,s:n}", "alias", "issuer", "timeZone", "calendar",
                         "defaultLanguage", "visibility", "expected");
    return json_pack("{s:s?,s:s?,s:s,s:s?,s:s,s:s,s:o}", "alias", s->alias, "issuer", s->issuer,
                     "timeZone", s->time_zone, "calendar", s->calendar, "defaultLanguage",
                     s->language, "visibility", s->members_only ? "members" : "public", "expected",
                     describe_all_expected(s));
}

static json_t *describe_node(const struct request *request)
{
    const struct node *node = request->node;
    json_auto_t *of_strategy = describe_strategy(request);
    json_t *object = json_pack(
        "{s:s,s:s,s:s,s:o,s:o,s:s?,s:s?,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:I}",
        "strategy", request->slot->key, "code", node->code, "kind", kind_names[node->kind], "title",
        describe_title(request, &node->titles), "titles", texts_to_json(&node->titles), "stage",
        node->stage ? stage_names[node->stage] : NULL, "parent",
        node->parent ? node->parent->code : NULL, "start", describe_date(node->start), "due",
        describe_date(node->due), "weight", describe_number(node->weight), "baseline",
        describe_number(node->baseline), "target", describe_number(node->target), "cadence",
        node->cadence ? json_integer(node->cadence) : json_null(), "links", describe_links(node),
        "serves", describe_contributions(node->outgoing, node->n_outgoing, false), "servedBy",
        describe_contributions(node->incoming, node->n_incoming, true), "holders",
        describe_holders(request, node, -1, false), "groups", describe_groups(request, node),
        "changedSeq", (json_int_t)node->seq_from, "seq", (json_int_t)request->tree->seq);

    json_object_update(object, of_strategy);
    return object;
}

const struct answer *method_node(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);

    if (answer)
        return answer;
    cache_keep(&request);
    return call_reply(call, describe_node(&request));
}

/* --- ListStrategies --- */

struct strategy_stream {
    struct stream stream;
    struct call *call;
    size_t at;
};

static void strategy_stream_free(struct stream *stream)
{
    free(stream);
}

static json_t *strategy_line(struct request *request, const struct slot *slot)
{
    const struct strategy *s = &slot->tree->strategy;

    request->tree = slot->tree;
    return json_pack(
        "{s:s,s:s?,s:s,s:s?,s:o,s:o,s:s,s:I,s:I}", "strategy", slot->key, "alias", s->alias,
        "title", texts_get(&slot->tree->root->titles, request->language, s->language), "issuer",
        s->issuer, "start", describe_date(s->period_start), "end", describe_date(s->period_end),
        "visibility", s->members_only ? "members" : "public", "nodes",
        (json_int_t)slot->tree->node_count, "seq", (json_int_t)slot->tree->seq);
}

static int strategy_stream_next(struct stream *stream, json_t **ret_parameters)
{
    struct strategy_stream *list = (struct strategy_stream *)stream;
    struct slot *const *slots;
    struct request request;
    size_t n;

    request_caller(list->call, &request);
    n = store_strategies(request.store, &slots);
    while (list->at < n) {
        struct slot *slot = slots[list->at++];

        if (!request_may_read(&request, slot))
            continue;
        *ret_parameters = strategy_line(&request, slot);
        return *ret_parameters ? 1 : -ENOMEM;
    }
    return 0;
}

const struct answer *method_list_strategies(struct call *call)
{
    const struct tracker *tracker = call->service;
    struct strategy_stream *list;
    struct slot *const *slots;

    /* None is an answer only once it is known that there is none. */
    if (store_strategies(tracker->store, &slots) == 0 && !store_loaded(tracker->store))
        return fail_unavailable(call);
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = strategy_stream_next;
    list->stream.free = strategy_stream_free;
    list->call = call;
    return call_stream(call, &list->stream);
}
