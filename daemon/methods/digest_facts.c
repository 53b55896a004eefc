/*
 * What an entry says, piece by piece, so that a mail can say it in its reader's language. Which
 * members of a payload are told, as what, is in two tables; what they do not know is not told.
 *
 * A person is named only where the tree still has what names them: a term that was put down by
 * mistake and taken back names nobody.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "methods/describe.h"
#include "methods/digest.h"

#define TEXT_MOST 1000 /* bytes */
#define EVIDENCE_MOST 5

/* What a fact is made from. */
struct saying {
    const struct request *request;
    const struct entry_row *entry;
    const json_t *content; /* the payload, or what it was before */
};

/* What a member's value stands for. */
enum means {
    MEANS_ITSELF,
    MEANS_TITLE,
    MEANS_PARENT, /* a node, or a group */
    MEANS_HOLDER,
    MEANS_ORGANISATION,
    MEANS_SECTORS,
};

/* --- values --- */

/* A text, cut between two characters where it is long. */
static json_t *cut_text(const char *text)
{
    size_t len = strlen(text), cut = len < TEXT_MOST ? len : TEXT_MOST;

    if (cut == len)
        return json_string(text);
    while (cut > 0 && ((unsigned char)text[cut] & 0xc0) == 0x80)
        cut--;
    return json_sprintf("%.*s…", (int)cut, text);
}

static const char *in_language(const struct request *request, const struct texts *texts)
{
    return texts_get(texts, request->language, request->tree->strategy.language);
}

static json_t *title_text(const struct request *request, const json_t *titles)
{
    AUTO(texts_done) struct texts texts = {0};

    return texts_from_json(titles, &texts) < 0 ? NULL : cut_text(in_language(request, &texts));
}

/* "2.1 Access to data"; the strategy itself is told by its title. */
static json_t *node_text(const struct request *request, const struct tree *tree,
                         const struct node *node)
{
    const char *title = texts_get(&node->titles, request->language, tree->strategy.language);

    return node->id == 0 ? json_string(title) : json_sprintf("%s %s", node->code, title);
}

static json_t *own_node_text(const struct saying *saying, int64_t id)
{
    const struct node *node = tree_node(saying->request->tree, id);

    return node ? node_text(saying->request, saying->request->tree, node) : NULL;
}

static json_t *name_text(const struct request *request, enum holder holder, int64_t id)
{
    const char *name = describe_holder_name(request, holder, id);

    return *name ? json_string(name) : NULL;
}

static bool has_assignment(const struct node *node, int64_t id)
{
    for (uint32_t i = 0; node && i < node->n_assignments; i++)
        if (node->assignments[i].id == id)
            return true;
    return false;
}

static bool is_last_review(const struct saying *saying)
{
    const char *subject = json_string_value(json_object_get(saying->content, "subject"));
    int64_t id = json_integer_value(json_object_get(saying->content, "subject_id"));
    bool of_group = subject && strcmp(subject, "group") == 0;
    const struct node *node = of_group ? NULL : tree_node(saying->request->tree, id);
    const struct reviews *reviews = of_group ? group_reviews(saying->request->tree, id)
                                    : node   ? node_reviews(node)
                                             : NULL;
    const struct review *last = reviews ? reviews_last(reviews, saying->request->today) : NULL;

    return last && last->id == saying->entry->id;
}

/* Does the present tell whom the entry names? */
static bool is_shown(const struct saying *saying)
{
    const struct entry_row *entry = saying->entry;
    const struct membership *membership = NULL;
    int64_t other;

    if (strcmp(entry->entity, "membership") == 0) {
        HASH_BY_ID(saying->request->tree->memberships, entry->id, membership);
        return membership;
    }
    if (strcmp(entry->entity, "assignment") == 0)
        return has_assignment(tree_node(saying->request->tree, entry_node(entry, &other)),
                              entry->id);
    return is_last_review(saying);
}

static json_t *holder_text(const struct saying *saying, int64_t id)
{
    const char *word = json_string_value(json_object_get(saying->content, "holder"));
    int holder = word ? enum_parse(holder_names, word) : -1;
    const char *key;

    if (holder < 0)
        return NULL;
    if (holder != HOLDER_PERSON || is_shown(saying))
        return name_text(saying->request, (enum holder)holder, id);
    key = describe_holder_key(saying->request, HOLDER_PERSON, id);
    return *key ? json_string(key) : NULL;
}

static json_t *id_text(const struct saying *saying, enum means means, int64_t id)
{
    switch (means) {
    case MEANS_PARENT:
        return strcmp(saying->entry->entity, "group") == 0
                   ? name_text(saying->request, HOLDER_GROUP, id)
                   : own_node_text(saying, id);
    case MEANS_HOLDER:
        return holder_text(saying, id);
    case MEANS_ORGANISATION:
        return name_text(saying->request, HOLDER_ORGANISATION, id);
    default:
        return json_sprintf("%" JSON_INTEGER_FORMAT, (json_int_t)id);
    }
}

static const char *word_text(const struct saying *saying, enum means means, const char *word)
{
    const struct sector *sector =
        means == MEANS_SECTORS ? tree_sector(saying->request->tree, word) : NULL;

    return sector ? in_language(saying->request, &sector->titles) : word;
}

/* "Food, Transport" */
static json_t *list_text(const struct saying *saying, enum means means, const json_t *list)
{
    json_t *text = json_string(""), *item;
    size_t i;

    json_array_foreach (list, i, item) {
        if (json_string_length(text) > TEXT_MOST)
            break;
        const char *word = json_is_string(item) ? json_string_value(item) : "";
        json_t *longer = json_sprintf("%s%s%s", json_string_value(text), i ? ", " : "",
                                      word_text(saying, means, word));

        json_decref(text);
        text = longer;
        if (!text)
            return NULL;
    }
    return text;
}

/* A member as a text; NULL where there is none to tell. */
static json_t *member_text(const struct saying *saying, const char *name, enum means means)
{
    const json_t *value = json_object_get(saying->content, name);

    if (json_is_string(value))
        return json_string_length(value) ? cut_text(json_string_value(value)) : NULL;
    if (json_is_integer(value))
        return id_text(saying, means, json_integer_value(value));
    if (json_is_real(value))
        return json_sprintf("%.15g", json_real_value(value));
    if (json_is_boolean(value))
        return json_string(json_is_true(value) ? "true" : "false");
    if (json_is_array(value) && json_array_size(value) > 0)
        return list_text(saying, means, value);
    return means == MEANS_TITLE && value ? title_text(saying->request, value) : NULL;
}

/* --- what an entry says --- */

static const struct {
    const char *member, *fact;
    enum means means;
} text_facts[] = {
    {"date", "date", MEANS_ITSELF},
    {"state", "state", MEANS_ITSELF},
    {"confidence", "confidence", MEANS_ITSELF},
    {"note", "note", MEANS_ITSELF},
    {"reason", "reason", MEANS_ITSELF},
    {"how", "how", MEANS_ITSELF},
    {"source", "source", MEANS_ITSELF},
    {"kind", "kind", MEANS_ITSELF},
    {"role", "role", MEANS_ITSELF},
    {"holder_id", "holder", MEANS_HOLDER},
    {"via_id", "via", MEANS_ORGANISATION},
    {"seat", "seat", MEANS_ITSELF},
    {"area", "area", MEANS_ITSELF},
    {"currency", "currency", MEANS_ITSELF},
    {"from", "from", MEANS_ITSELF},
    {"to", "to", MEANS_ITSELF},
    {"due", "due", MEANS_ITSELF},
    {"title", "name", MEANS_ITSELF},
    {"url", "url", MEANS_ITSELF},
    {"parent_id", "other", MEANS_PARENT},
    {"to_id", "other", MEANS_PARENT},
};

/* Takes the value over, cut if it is a long text. */
static int add_fact(json_t *facts, const char *name, json_t *value)
{
    if (json_is_string(value) && json_string_length(value) > TEXT_MOST + strlen("…")) {
        json_t *cut = cut_text(json_string_value(value));

        json_decref(value);
        if (!cut)
            return -ENOMEM;
        value = cut;
    }
    return value && json_object_set_new(facts, name, value) < 0 ? -ENOMEM : 0;
}

static int add_texts(json_t *facts, const struct saying *saying)
{
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(text_facts) && r == 0; i++)
        r = add_fact(facts, text_facts[i].fact,
                     member_text(saying, text_facts[i].member, text_facts[i].means));
    return r;
}

static int add_numbers(json_t *facts, const struct saying *saying)
{
    static const char *const names[] = {"percent", "value", "weight", "amount"};
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(names) && r == 0; i++) {
        json_t *value = json_object_get(saying->content, names[i]);

        if (json_is_number(value))
            r = add_fact(facts, names[i], json_real(json_number_value(value)));
    }
    return r;
}

/* "region: Skåne, sex: F" */
static json_t *breakdown_text(const json_t *breakdown)
{
    json_t *text = NULL, *of;
    const char *dimension;

    json_object_foreach ((json_t *)breakdown, dimension, of) {
        if (json_string_length(text) > TEXT_MOST)
            break;
        json_t *longer =
            json_sprintf("%s%s%s: %s", text ? json_string_value(text) : "", text ? ", " : "",
                         dimension, json_is_string(of) ? json_string_value(of) : "");

        json_decref(text);
        text = longer;
        if (!text)
            return NULL;
    }
    return text;
}

/* The first addresses, but none that would have to be cut. */
static int add_evidence(json_t *facts, const struct saying *saying)
{
    const json_t *evidence = json_object_get(saying->content, "evidence");
    json_t *address, *told = json_array();
    size_t i;
    int r = told ? 0 : -ENOMEM;

    json_array_foreach (evidence, i, address)
        if (r == 0 && json_array_size(told) < EVIDENCE_MOST && json_is_string(address) &&
            json_string_length(address) <= TEXT_MOST)
            r = json_array_append(told, address) < 0 ? -ENOMEM : 0;
    if (r == 0 && json_array_size(told) > 0)
        return add_fact(facts, "evidence", told);
    json_decref(told);
    return r;
}

/* The node that a relation leads to, where the reader may read its strategy. */
static json_t *related_text(const struct saying *saying)
{
    const struct request *request = saying->request;
    int64_t id = json_integer_value(json_object_get(saying->content, "to_strategy"));
    int64_t node_id = json_integer_value(json_object_get(saying->content, "to_node"));
    struct slot *slot = store_slot(request->store, (int32_t)id);
    const struct node *node;

    if (slot == request->slot)
        return own_node_text(saying, node_id);
    if (!slot || !slot->tree || !request_may_read(request, slot))
        return NULL;
    node = tree_node(slot->tree, node_id);
    return node ? node_text(request, slot->tree, node) : NULL;
}

/* What hangs on a node, and what few entities have. */
static int add_surroundings(json_t *facts, const struct saying *saying)
{
    const struct entry_row *entry = saying->entry;
    const json_t *group = json_object_get(saying->content, "group_id");
    int64_t other, id = entry_node(entry, &other);
    const struct node *node = id < 0 ? NULL : tree_node(saying->request->tree, id);
    const struct measure *measure = node ? node_measure(node) : NULL;
    int r = 0;

    if (node && node->id && !json_object_get(facts, "kind"))
        r = add_fact(facts, "kind", json_string(kind_names[node->kind]));
    if (r == 0 && strcmp(entry->entity, "observation") == 0 && measure && measure->unit)
        r = add_fact(facts, "unit", json_string(measure->unit));
    if (r == 0)
        r = add_fact(facts, "breakdown",
                     breakdown_text(json_object_get(saying->content, "breakdown")));
    if (r == 0)
        r = add_evidence(facts, saying);
    if (r == 0 && strcmp(entry->entity, "relation") == 0)
        r = add_fact(facts, "other", related_text(saying));
    if (r == 0 && strcmp(entry->entity, "aim") == 0 && json_is_integer(group))
        r = add_fact(facts, "holder",
                     name_text(saying->request, HOLDER_GROUP, json_integer_value(group)));
    return r;
}

/* --- what an entry changes --- */

static const struct {
    const char *member, *field;
    enum means means;
} changed[] = {
    {"key", "code", MEANS_ITSELF},
    {"parent_id", "parent", MEANS_PARENT},
    {"titles", "title", MEANS_TITLE},
    {"names", "name", MEANS_TITLE},
    {"title", "name", MEANS_ITSELF},
    {"kind", "kind", MEANS_ITSELF},
    {"stage", "stage", MEANS_ITSELF},
    {"start", "start", MEANS_ITSELF},
    {"due", "due", MEANS_ITSELF},
    {"due_after", "dueAfter", MEANS_ITSELF},
    {"weight", "weight", MEANS_ITSELF},
    {"baseline", "baseline", MEANS_ITSELF},
    {"target", "target", MEANS_ITSELF},
    {"unit", "unit", MEANS_ITSELF},
    {"direction", "direction", MEANS_ITSELF},
    {"sectors", "sectors", MEANS_SECTORS},
    {"cadence", "cadence", MEANS_ITSELF},
    {"type", "type", MEANS_ITSELF},
    {"areas", "areas", MEANS_ITSELF},
    {"term_from", "from", MEANS_ITSELF},
    {"term_to", "to", MEANS_ITSELF},
    {"mailbox", "mailbox", MEANS_ITSELF},
    {"holder_id", "holder", MEANS_HOLDER},
    {"role", "role", MEANS_ITSELF},
    {"via_id", "via", MEANS_ORGANISATION},
    {"seat", "seat", MEANS_ITSELF},
    {"area", "area", MEANS_ITSELF},
    {"from", "from", MEANS_ITSELF},
    {"to", "to", MEANS_ITSELF},
    {"amount", "amount", MEANS_ITSELF},
    {"currency", "currency", MEANS_ITSELF},
    {"date", "date", MEANS_ITSELF},
    {"every", "every", MEANS_ITSELF},
    {"how", "how", MEANS_ITSELF},
    {"note", "note", MEANS_ITSELF},
    {"reason", "reason", MEANS_ITSELF},
    {"source", "source", MEANS_ITSELF},
    {"url", "url", MEANS_ITSELF},
    {"owner_id", "owner", MEANS_ORGANISATION},
    {"alias", "alias", MEANS_ITSELF},
    {"issuer", "issuer", MEANS_ITSELF},
    {"period_start", "from", MEANS_ITSELF},
    {"period_end", "to", MEANS_ITSELF},
    {"time_zone", "timeZone", MEANS_ITSELF},
    {"calendar", "calendar", MEANS_ITSELF},
    {"language", "language", MEANS_ITSELF},
    {"visibility", "visibility", MEANS_ITSELF},
    {"acceptance", "acceptance", MEANS_ITSELF},
    {"expected", "expected", MEANS_ITSELF},
};

static int append_change(json_t *changes, const char *field, json_t *before, json_t *after)
{
    json_t *change = json_pack("{s:s,s:n,s:n}", "field", field, "before", "after");
    int r = json_array_append_new(changes, change) < 0 ? -ENOMEM : 0;

    if (r < 0) {
        json_decref(before);
        json_decref(after);
        return r;
    }
    r = add_fact(change, "before", before);
    if (r == 0)
        return add_fact(change, "after", after);
    json_decref(after);
    return r;
}

/* Adds a member that reads otherwise than it did; a title may have changed in another language. */
static int add_change(json_t *changes, const struct saying *saying, size_t row)
{
    const struct saying before = {saying->request, saying->entry, saying->entry->before};
    const char *name = changed[row].member;
    const json_t *old = json_object_get(before.content, name);
    const json_t *new = json_object_get(saying->content, name);
    json_auto_t *from = member_text(&before, name, changed[row].means);
    json_auto_t *to = member_text(saying, name, changed[row].means);
    bool same = from && to ? json_equal(from, to)
                           : (!old || json_is_null(old)) && (!new || json_is_null(new));

    if (same || json_equal(old, new))
        return 0;
    return append_change(changes, changed[row].field, STEAL(from), STEAL(to));
}

static int add_changes(json_t *facts, const struct saying *saying)
{
    json_t *changes = json_array();
    int r = add_fact(facts, "changes", changes);

    if (!changes)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(changed) && r == 0; i++)
        r = add_change(changes, saying, i);
    return r;
}

static const char *action_of(const struct entry_row *entry)
{
    const json_t *supersedes = json_object_get(entry->payload, "supersedes");

    if (entry->end)
        return "removed";
    if (entry->before)
        return "changed";
    return json_is_integer(supersedes) ? "corrected" : "added";
}

json_t *digest_facts(const struct request *request, const struct entry_row *entry)
{
    const struct saying saying = {request, entry, entry->end ? entry->before : entry->payload};
    json_auto_t *facts = json_pack("{s:s}", "action", action_of(entry));

    if (!facts || add_texts(facts, &saying) < 0 || add_numbers(facts, &saying) < 0 ||
        add_surroundings(facts, &saying) < 0)
        return NULL;
    if (entry->before && !entry->end && add_changes(facts, &saying) < 0)
        return NULL;
    return STEAL(facts);
}
