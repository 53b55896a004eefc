/* GetNode: everything that is written about a node but its updates; ListStrategies. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "methods/cache.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"

static void write_measure(struct writer *writer, const struct measure *measure)
{
    static const struct measure none = {.baseline = (double)NAN, .target = (double)NAN};
    const struct measure *m = measure ? measure : &none;

    describe_given(writer, "baseline", m->baseline);
    describe_given(writer, "target", m->target);
    writer_text(writer, "unit", m->unit);
    describe_word(writer, "direction", direction_names, m->direction);
}

static void write_expected(struct writer *writer, const struct strategy *strategy)
{
    writer_begin_object(writer, "expected");
    for (int kind = KIND_PRIORITY; kind <= KIND_INDICATOR; kind++) {
        if (strategy->expected.of_kind[kind])
            writer_int(writer, kind_names[kind], strategy->expected.of_kind[kind]);
    }
    writer_end_object(writer);
}

static void write_sector_titles(struct writer *writer, const struct strategy *strategy)
{
    writer_begin_array(writer, "sectorTitles");
    for (size_t i = 0; i < strategy->n_sectors; i++) {
        json_auto_t *titles = texts_to_json(&strategy->sectors[i].titles);

        writer_begin_object(writer, NULL);
        writer_text(writer, "key", strategy->sectors[i].key);
        writer_json(writer, "titles", titles);
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

/* What only a strategy has; null for a node. */
static void write_strategy(struct writer *writer, const struct request *request)
{
    static const struct strategy none;
    const struct strategy *s = request->node->id == 0 ? &request->tree->strategy : &none;

    writer_text(writer, "alias", s->alias);
    writer_text(writer, "issuer", s->issuer);
    writer_text(writer, "timeZone", s->time_zone);
    writer_text(writer, "calendar", s->calendar);
    writer_text(writer, "defaultLanguage", s->language);
    if (s == &none) {
        writer_null(writer, "visibility");
        writer_null(writer, "acceptance");
        writer_null(writer, "expected");
        writer_null(writer, "sectorTitles");
        return;
    }
    writer_text(writer, "visibility", s->members_only ? "members" : "public");
    writer_bool(writer, "acceptance", s->acceptance);
    write_expected(writer, s);
    write_sector_titles(writer, s);
}

static void write_titles(struct writer *writer, const struct node *node)
{
    json_auto_t *titles = texts_to_json(&node->titles);

    writer_json(writer, "titles", titles);
}

static void write_node(struct writer *writer, const struct request *request)
{
    const struct node *node = request->node;

    writer_begin_object(writer, NULL);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "code", node->code);
    writer_text(writer, "kind", kind_names[node->kind]);
    describe_title(writer, "title", request, &node->titles);
    write_titles(writer, node);
    describe_word(writer, "stage", stage_names, node->stage);
    writer_text(writer, "parent", node->parent ? node->parent->code : NULL);
    describe_date(writer, "start", node->start);
    describe_date(writer, "due", rules_due(node));
    describe_span(writer, "dueAfter", node_due_after(node));
    describe_given(writer, "weight", node->weight);
    write_measure(writer, node_measure(node));
    describe_words(writer, "sectors", node_sectors(node));
    describe_count(writer, "cadence", node->cadence);
    describe_links(writer, "links", request);
    describe_contributions(writer, "serves", node, false);
    describe_contributions(writer, "servedBy", node, true);
    describe_relations(writer, "relations", request);
    describe_holders(writer, "holders", request, -1, false);
    describe_review(writer, "review", request, node_reviews(node));
    describe_groups(writer, "groups", request);
    writer_int(writer, "changedSeq", node->seq_from);
    writer_int(writer, "seq", request->tree->seq);
    write_strategy(writer, request);
    writer_end_object(writer);
}

/* Does it tell of other strategies, which change by themselves and are not everybody's to read? */
static bool tells_of_others(const struct request *request)
{
    const struct extra *extra = request->node->extra;

    for (uint32_t i = 0; extra && i < extra->n_relations; i++)
        if (extra->relations[i].to_strategy != request->slot->id)
            return true;
    return false;
}

const struct answer *method_node(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    struct writer writer = {};

    if (answer)
        return answer;
    if (!tells_of_others(&request))
        cache_keep(&request);
    call_begin_reply(&writer);
    write_node(&writer, &request);
    return call_reply_written(call, &writer);
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

static void write_strategy_line(struct writer *writer, const struct request *request,
                                const struct slot *slot)
{
    const struct strategy *s = &slot->tree->strategy;
    const struct texts *titles = &slot->tree->root->titles;

    writer_begin_object(writer, NULL);
    writer_text(writer, "strategy", slot->key);
    writer_text(writer, "alias", s->alias);
    writer_text(writer, "title", texts_get(titles, request->language, s->language));
    writer_text(writer, "issuer", s->issuer);
    describe_date(writer, "start", s->period_start);
    describe_date(writer, "end", s->period_end);
    writer_text(writer, "visibility", s->members_only ? "members" : "public");
    writer_int(writer, "nodes", (int64_t)slot->tree->node_count);
    writer_int(writer, "seq", slot->tree->seq);
    writer_end_object(writer);
}

static int strategy_stream_next(struct stream *stream, struct writer *writer)
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
        write_strategy_line(writer, &request, slot);
        return 1;
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
