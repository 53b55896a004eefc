/*
 * What a line of a list carries only where the call asks for it, so that a long list pays for
 * nothing else. See describe.h.
 */
#include "methods/describe.h"

#include <math.h>

const char *const line_field_names[] = {
    [FIELD_STAGE] = "stage",     [FIELD_PRIORITY] = "priority",   [FIELD_PERCENT] = "percent",
    [FIELD_SECTORS] = "sectors", [FIELD_GROUPS] = "groups",       [FIELD_HOLDERS] = "holders",
    [FIELD_LINKS] = "links",     [FIELD_RELATIONS] = "relations", [FIELD_SERVES] = "serves",
    [FIELD_NOTE] = "note",       [FIELD_REVIEWED] = "reviewed",   NULL,
};

static void write_stage(struct writer *writer, const struct request *request)
{
    describe_word(writer, "stage", stage_names, request->node->stage);
}

static void write_priority(struct writer *writer, const struct request *request)
{
    const struct node *above = request->node->parent;

    while (above && above->kind != KIND_PRIORITY)
        above = above->parent;
    writer_text(writer, "priority", above ? above->code : NULL);
}

static void write_percent(struct writer *writer, const struct request *request)
{
    const struct result *result = rules_result(request->tree, request->node, request->today);

    describe_number(writer, "percent", result->percent);
}

static void write_sectors(struct writer *writer, const struct request *request)
{
    describe_words(writer, "sectors", node_sectors(request->node));
}

static void write_groups(struct writer *writer, const struct request *request)
{
    describe_groups(writer, "groups", request);
}

static void write_holders(struct writer *writer, const struct request *request)
{
    describe_holders(writer, "holders", request, -1, true);
}

static void write_links(struct writer *writer, const struct request *request)
{
    describe_links(writer, "links", request);
}

/* Of what is gone, or not the caller's to read, there is nothing to tell. */
static void write_relation(struct writer *writer, const struct request *request,
                           const struct relation *relation)
{
    struct slot *slot = store_slot(request->store, relation->to_strategy);
    const struct tree *tree = slot == request->slot ? request->tree : slot ? slot->tree : NULL;
    const struct node *to;

    if (!tree || (slot != request->slot && !request_may_read(request, slot)))
        return;
    to = tree_node(tree, relation->to_node);
    if (!to)
        return;
    writer_begin_object(writer, NULL);
    writer_text(writer, "kind", relation_names[relation->kind]);
    writer_text(writer, "strategy", slot->key);
    writer_text(writer, "code", to->code);
    writer_text(writer, "title",
                texts_get(&to->titles, request->language, tree->strategy.language));
    writer_end_object(writer);
}

void describe_relations(struct writer *writer, const char *key, const struct request *request)
{
    const struct extra *extra = request->node->extra;

    writer_begin_array(writer, key);
    for (uint32_t i = 0; extra && i < extra->n_relations; i++)
        write_relation(writer, request, &extra->relations[i]);
    writer_end_array(writer);
}

static void write_relations(struct writer *writer, const struct request *request)
{
    describe_relations(writer, "relations", request);
}

static int compare_served(const void *a, const void *b)
{
    return code_compare((*(struct contribution *const *)a)->to->code,
                        (*(struct contribution *const *)b)->to->code);
}

static int compare_serving(const void *a, const void *b)
{
    return code_compare((*(struct contribution *const *)a)->from->code,
                        (*(struct contribution *const *)b)->from->code);
}

void describe_contributions(struct writer *writer, const char *key, const struct node *node,
                            bool incoming)
{
    struct contribution *const *all = incoming ? node->incoming : node->outgoing;
    size_t n = incoming ? node->n_incoming : node->n_outgoing;
    AUTO(free_ptr) struct contribution **list = calloc(n + 1, sizeof(struct contribution *));

    writer->failed |= !list;
    writer_begin_array(writer, key);
    if (list && n > 0) {
        memcpy(list, all, n * sizeof(struct contribution *));
        qsort(list, n, sizeof(struct contribution *), incoming ? compare_serving : compare_served);
    }
    for (size_t i = 0; list && i < n; i++) {
        writer_begin_object(writer, NULL);
        writer_text(writer, "code", (incoming ? list[i]->from : list[i]->to)->code);
        describe_given(writer, "weight", isnan(list[i]->weight) ? 1 : list[i]->weight);
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

static void write_serves(struct writer *writer, const struct request *request)
{
    describe_contributions(writer, "serves", request->node, false);
}

/* The tree has the texts of the latest update only: tomorrow's, perhaps. */
static void write_note(struct writer *writer, const struct request *request)
{
    const struct update *last = rules_last_update(request->node, request->today);
    const struct latest *latest = request->node->latest;

    writer_text(writer, "note", last && latest && latest->id == last->id ? latest->note : NULL);
}

static void write_reviewed(struct writer *writer, const struct request *request)
{
    const struct reviews *reviews = node_reviews(request->node);
    const struct review *last = reviews ? reviews_last(reviews, request->today) : NULL;

    describe_date(writer, "reviewed", last ? last->date : (struct date){0});
}

void describe_fields(struct writer *writer, const struct request *request, unsigned fields)
{
    static void (*const write[])(struct writer * writer, const struct request *request) = {
        [FIELD_STAGE] = write_stage,       [FIELD_PRIORITY] = write_priority,
        [FIELD_PERCENT] = write_percent,   [FIELD_SECTORS] = write_sectors,
        [FIELD_GROUPS] = write_groups,     [FIELD_HOLDERS] = write_holders,
        [FIELD_LINKS] = write_links,       [FIELD_RELATIONS] = write_relations,
        [FIELD_SERVES] = write_serves,     [FIELD_NOTE] = write_note,
        [FIELD_REVIEWED] = write_reviewed,
    };

    for (; fields; fields &= fields - 1)
        write[__builtin_ctz(fields)](writer, request);
}
