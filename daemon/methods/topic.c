/* What a subscriber is told about; see topic.h. */
#include "methods/topic.h"

#include <errno.h>
#include <string.h>

#include "core/array.h"
#include "methods/fail.h"
#include "methods/people.h"

#define TOPICS_MOST 100 /* of a call */

const char *const topic_kind_names[] = {
    [TOPIC_STRATEGY] = "strategy",         [TOPIC_NODE] = "node",     [TOPIC_GROUP] = "group",
    [TOPIC_ORGANISATION] = "organisation", [TOPIC_SECTOR] = "sector", NULL,
};

/* The word in front of a text, "" where it begins with a strategy. */
static const struct {
    enum topic_kind kind;
    const char *prefix;
    bool anywhere; /* the strategy may be left out */
} forms[] = {
    {TOPIC_GROUP, "group:", false},
    {TOPIC_ORGANISATION, "org:", true},
    {TOPIC_SECTOR, "sector:", true},
    {TOPIC_NODE, "", false},
};

void topics_done(struct topics *topics)
{
    for (size_t i = 0; i < topics->count; i++)
        free((char *)topics->items[i].said);
    free(topics->items);
    *topics = (struct topics){0};
}

static int topics_add(struct topics *topics, const struct topic *from)
{
    const char *sector = from->sector ? from->sector : "";
    size_t said_size = strlen(from->said) + 1, sector_size = strlen(sector) + 1;
    char *block = malloc(said_size + sector_size);
    struct topic topic = *from;

    if (!block || ARRAY_RESERVE(topics->items, topics->count) < 0) {
        free(block);
        return -ENOMEM;
    }
    topic.said = memcpy(block, from->said, said_size);
    topic.sector = memcpy(block + said_size, sector, sector_size);
    topics->items[topics->count++] = topic;
    return 0;
}

/* --- finding what a text names --- */

/* A text in its parts: "sector:ls:food" is {TOPIC_SECTOR, "ls", "food"}. Without a strategy: of
 * every one. */
struct parts {
    enum topic_kind kind;
    char *strategy; /* owned; NULL: none */
    const char *key;
};

static void parts_done(struct parts *parts)
{
    free(parts->strategy);
}

static int parts_read(const char *text, struct parts *ret_parts)
{
    size_t form = 0;
    const char *colon;

    while (strncmp(text, forms[form].prefix, strlen(forms[form].prefix)) != 0)
        form++;
    text += strlen(forms[form].prefix);
    colon = strchr(text, ':');
    *ret_parts = (struct parts){.kind = forms[form].kind, .key = colon ? colon + 1 : ""};
    if (!colon && forms[form].anywhere)
        ret_parts->key = text;
    else if (!(ret_parts->strategy = strndup(text, colon ? (size_t)(colon - text) : strlen(text))))
        return -ENOMEM;
    if (ret_parts->kind == TOPIC_NODE && !*ret_parts->key)
        ret_parts->kind = TOPIC_STRATEGY;
    return 0;
}

/* Is there such a sector in a strategy that the request's caller may read? */
static bool has_sector(const struct request *request, const char *key)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);
    bool found = false;

    for (size_t i = 0; i < n && !found; i++)
        found = tree_sector(slots[i]->tree, key) && request_may_read(request, slots[i]);
    return found;
}

static int64_t group_id(const struct tree *tree, const char *key)
{
    const struct group *group = tree_group_by_key(tree, key);

    return group ? group->id : 0;
}

static int64_t node_id(const struct tree *tree, const char *code)
{
    const struct node *node = tree_node_by_code(tree, code);

    return node ? node->id : 0;
}

/* Who takes part in the strategy, or in any that the caller may read. */
static int64_t organisation_id(const struct request *request, const struct tree *tree,
                               const char *key)
{
    const struct organisation *organisation = registry_organisation_by_key(request->registry, key);
    bool known =
        organisation &&
        (tree ? people_take_part(request->registry, tree, HOLDER_ORGANISATION, organisation->id)
              : people_known(request, HOLDER_ORGANISATION, organisation->id));

    return known ? organisation->id : 0;
}

/* Fills in what the parts name in the strategy, or (NULL) in every one; false: it is not there. */
static bool find_item(const struct request *request, const struct slot *slot,
                      const struct parts *parts, struct topic *topic)
{
    const struct tree *tree = slot ? slot->tree : NULL;

    switch (parts->kind) {
    case TOPIC_STRATEGY:
        return true;
    case TOPIC_NODE:
        topic->item_id = node_id(tree, parts->key);
        return topic->item_id != 0;
    case TOPIC_GROUP:
        topic->item_id = group_id(tree, parts->key);
        return topic->item_id != 0;
    case TOPIC_ORGANISATION:
        topic->item_id = organisation_id(request, tree, parts->key);
        return topic->item_id != 0;
    case TOPIC_SECTOR:
        topic->sector = parts->key;
        return tree ? tree_sector(tree, parts->key) != NULL : has_sector(request, parts->key);
    }
    return false;
}

static const struct answer *find_topic(const struct request *request, const char *text,
                                       struct topics *topics)
{
    AUTO(parts_done) struct parts parts = {0};
    struct topic topic = {.said = text};
    struct call *call = request->call;
    struct slot *slot = NULL;

    if (parts_read(text, &parts) < 0)
        return fail_overloaded(call);
    topic.kind = parts.kind;
    if (parts.strategy) {
        slot = store_strategy(request->store, parts.strategy);
        if (!slot || !request_may_read(request, slot))
            return store_loaded(request->store) ? fail_no_strategy(call, parts.strategy)
                                                : fail_unavailable(call);
        topic.strategy_id = slot->id;
    }
    if (!find_item(request, slot, &parts, &topic)) {
        if (!store_loaded(request->store))
            return fail_unavailable(call);
        return parts.kind == TOPIC_NODE ? fail_no_node(call, parts.strategy, parts.key)
                                        : fail_no_key(call, parts.key);
    }
    return topics_add(topics, &topic) < 0 ? fail_overloaded(call) : NULL;
}

const struct answer *topics_find(const struct request *request, const json_t *texts, bool public,
                                 struct topics *ret_topics)
{
    AUTO(topics_done) struct topics topics = {0};
    struct request reader = *request;
    const json_t *text;
    size_t i;

    if (public)
        reader.caller = (struct caller){0};
    if (json_array_size(texts) == 0 || json_array_size(texts) > TOPICS_MOST)
        return fail_value(request->call, "topics", "one to %d of them", TOPICS_MOST);
    json_array_foreach (texts, i, text) {
        const struct answer *answer = find_topic(&reader, json_string_value(text), &topics);

        if (answer)
            return answer;
    }
    *ret_topics = topics;
    topics = (struct topics){0};
    return NULL;
}

/* --- as the database has them --- */

int topics_from_json(const char *json, struct topics *ret_topics)
{
    json_auto_t *array = json_loads(json, 0, NULL);
    AUTO(topics_done) struct topics topics = {0};
    json_t *item;
    size_t i;

    if (!array)
        return -ENOMEM;
    json_array_foreach (array, i, item) {
        const char *word = json_string_value(json_object_get(item, "kind"));
        int kind = word ? enum_parse(topic_kind_names, word) : -EINVAL;
        struct topic topic = {.kind = (enum topic_kind)kind,
                              .strategy_id =
                                  (int32_t)json_integer_value(json_object_get(item, "strategy_id")),
                              .item_id = json_integer_value(json_object_get(item, "item_id")),
                              .sector = json_string_value(json_object_get(item, "sector")),
                              .said = json_string_value(json_object_get(item, "said"))};
        int r = kind < 0 || !topic.said ? -EINVAL : topics_add(&topics, &topic);

        if (r < 0)
            return r;
    }
    *ret_topics = topics;
    topics = (struct topics){0};
    return 0;
}

json_t *topics_to_json(const struct topics *topics)
{
    json_t *array = json_array();

    for (size_t i = 0; array && i < topics->count; i++) {
        const struct topic *topic = &topics->items[i];

        json_array_append_new(
            array, json_pack("{s:i,s:s,s:I,s:s,s:s}", "strategy_id", topic->strategy_id, "kind",
                             topic_kind_names[topic->kind], "item_id", (json_int_t)topic->item_id,
                             "sector", topic->sector, "said", topic->said));
    }
    return array;
}

/* --- as they are called --- */

/* The strategy as people write it. */
static const char *strategy_name(const struct slot *slot)
{
    const char *alias = slot->tree->strategy.alias;

    return alias ? alias : slot->key;
}

static const char *title_in(const struct request *request, const struct slot *slot,
                            const struct texts *titles)
{
    return texts_get(titles, request->language, slot ? slot->tree->strategy.language : NULL);
}

/* The key or code that it has now, and its title; false: it is gone. */
static bool current_key(const struct request *request, const struct slot *slot,
                        const struct topic *topic, const char **ret_key, const char **ret_title)
{
    const struct texts *titles = NULL;

    if (topic->kind == TOPIC_STRATEGY) {
        *ret_key = "";
        titles = &slot->tree->root->titles;
    } else if (topic->kind == TOPIC_NODE) {
        const struct node *node = tree_node(slot->tree, topic->item_id);

        *ret_key = node ? node->code : NULL;
        titles = node ? &node->titles : NULL;
    } else if (topic->kind == TOPIC_GROUP) {
        const struct group *group = tree_group(slot->tree, topic->item_id);

        *ret_key = group ? group->key : NULL;
        titles = group ? &group->names : NULL;
    } else if (topic->kind == TOPIC_ORGANISATION) {
        const struct organisation *organisation =
            registry_organisation(request->registry, topic->item_id);

        *ret_key = organisation ? organisation->key : NULL;
        titles = organisation ? &organisation->names : NULL;
    } else {
        const struct sector *sector = slot ? tree_sector(slot->tree, topic->sector) : NULL;
        bool there = slot ? sector != NULL : has_sector(request, topic->sector);

        *ret_key = there ? topic->sector : NULL;
        titles = sector ? &sector->titles : NULL;
    }
    *ret_title = titles ? title_in(request, slot, titles) : NULL;
    return *ret_key != NULL;
}

static const char *prefix_of(enum topic_kind kind)
{
    size_t i = 0;

    while (i < ARRAY_LEN(forms) - 1 && forms[i].kind != kind)
        i++;
    return forms[i].prefix;
}

int topic_name(const struct request *request, const struct topic *topic,
               struct topic_name *ret_name)
{
    struct slot *slot = topic->strategy_id ? store_slot(request->store, topic->strategy_id) : NULL;
    struct topic_name name = {.gone = true};
    const char *key = NULL, *strategy = "";
    int len;

    if (!topic->strategy_id || (slot && slot->tree && request_may_read(request, slot)))
        name.gone = !current_key(request, slot, topic, &key, &name.title);
    if (!name.gone && slot)
        strategy = strategy_name(slot);
    if (name.gone)
        len = asprintf(&name.text, "%s", topic->said);
    else
        len = asprintf(&name.text, "%s%s%s%s", prefix_of(topic->kind), strategy,
                       slot && *key ? ":" : "", key);
    if (len < 0)
        return -ENOMEM;
    *ret_name = name;
    return 0;
}

json_t *topics_texts(const struct request *request, const struct topics *topics)
{
    json_auto_t *texts = json_array();

    for (size_t i = 0; i < topics->count; i++) {
        struct topic_name name;

        if (topic_name(request, &topics->items[i], &name) < 0)
            return NULL;
        json_array_append_new(texts, json_string(name.text));
        free(name.text);
    }
    return STEAL(texts);
}

bool topic_is_called(const struct request *request, const struct topic *topic, const char *text)
{
    struct topic_name name;
    bool same = strcmp(topic->said, text) == 0;

    if (same || topic_name(request, topic, &name) < 0)
        return same;
    same = strcmp(name.text, text) == 0;
    free(name.text);
    return same;
}
