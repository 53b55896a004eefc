/*
 * Which entries of a journal a subscriber is told. Everybody is told what any reader may see,
 * whatever else their rights let them see: a mail lies about longer than a screen.
 *
 * What lies below a node is what lies there now; of a node that is gone, where it was at last. That
 * a node was moved away is told where it was.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "core/hash.h"
#include "db/params.h"
#include "db/row.h"
#include "methods/digest.h"
#include "methods/value.h"

static const struct pg_statement gone_statement = {
    "digest_gone",
    "SELECT DISTINCT ON (n.id) n.id, n.parent_id, n.key, n.sectors::text,"
    " n.titles::text FROM goald.node n"
    " WHERE n.strategy_id = $1::integer AND n.seq_to > $2::bigint AND NOT EXISTS"
    " (SELECT FROM goald.node l WHERE l.strategy_id = n.strategy_id AND l.id = n.id"
    "  AND l.seq_to IS NULL)"
    " ORDER BY n.id, n.seq_from DESC",
    2};

/* The entry that accepts an update is the update from then on: nobody was told before. */
static const struct pg_statement page_statement = {
    "digest_page",
    "SELECT " ENTRY_COLUMNS " FROM (SELECT x.strategy_id, x.seq, x.\"time\", e.account_id,"
    "  e.entity, e.action, e.entity_id, e.request_id, e.payload, e.hash"
    "  FROM (SELECT * FROM goald.journal WHERE strategy_id = $1::integer AND seq > $2::bigint"
    "   AND seq < $3::bigint ORDER BY seq DESC LIMIT $4::integer) x"
    "  JOIN goald.journal e ON e.strategy_id = x.strategy_id AND e.seq ="
    "   CASE WHEN x.entity = 'decision' AND x.action = 'put' THEN"
    "    CASE x.payload::jsonb ->> 'accepted' WHEN 'true'"
    "    THEN (x.payload::jsonb ->> 'update_id')::bigint ELSE x.seq END"
    "   ELSE x.seq END) j ORDER BY j.seq DESC",
    4};

void digest_send_gone(struct pg *pg, int32_t strategy_id, int64_t after)
{
    char strategy[PARAM_NUMBER_SIZE], text[PARAM_NUMBER_SIZE];

    pg_query(pg, &gone_statement,
             (const char *[]){param_number(strategy_id, strategy), param_number(after, text)});
}

void digest_send_page(struct pg *pg, int32_t strategy_id, int64_t after, int64_t before)
{
    char strategy[PARAM_NUMBER_SIZE], low[PARAM_NUMBER_SIZE], high[PARAM_NUMBER_SIZE],
        limit[PARAM_NUMBER_SIZE];

    pg_query(pg, &page_statement,
             (const char *[]){param_number(strategy_id, strategy), param_number(after, low),
                              param_number(before, high), param_number(DIGEST_PAGE, limit)});
}

/* --- nodes that are gone --- */

static void gone_free(struct gone_node *gone)
{
    json_decref(gone->titles);
    json_decref(gone->sectors);
    free(gone->code);
    free(gone);
}

void gone_done(struct gone_node **gone)
{
    HASH_FREE_ALL(*gone, gone_free);
}

static struct gone_node *gone_new(const PGresult *result, int row)
{
    struct gone_node *gone = calloc(1, sizeof(*gone));
    const char *sectors = row_text(result, row, 3);

    if (!gone)
        return NULL;
    gone->id = row_int(result, row, 0);
    gone->parent_id = row_int(result, row, 1);
    gone->code = strdup(row_text(result, row, 2));
    gone->sectors = sectors ? json_loads(sectors, 0, NULL) : NULL;
    gone->titles = json_loads(row_text(result, row, 4), 0, NULL);
    return gone;
}

int gone_read(const PGresult *result, struct gone_node **ret_gone)
{
    struct gone_node *all = NULL;

    for (int row = 0; row < PQntuples(result); row++) {
        struct gone_node *gone = gone_new(result, row);

        if (!gone || !gone->code || HASH_PUT_ID(all, gone) < 0) {
            if (gone)
                gone_free(gone);
            gone_done(&all);
            return -ENOMEM;
        }
    }
    *ret_gone = all;
    return 0;
}

/* --- matching --- */

/* What is at hand while an entry is looked at. */
struct look {
    const struct request *request;
    const struct gone_node *gone;
    const struct entry_row *entry;
};

/* A node, in the tree or gone; neither: it is not known. */
struct spot {
    const struct node *node;
    const struct gone_node *gone;
};

static struct spot spot_of(const struct look *look, int64_t id)
{
    const struct tree *tree = look->request->tree;
    struct spot spot = {0};

    spot.node = tree_node(tree, id);
    if (!spot.node)
        HASH_BY_ID(look->gone, id, spot.gone);
    return spot;
}

static bool has_word(const json_t *array, const char *word)
{
    const json_t *item;
    size_t i;

    json_array_foreach (array, i, item)
        if (json_is_string(item) && strcmp(json_string_value(item), word) == 0)
            return true;
    return false;
}

static bool spot_has_sector(struct spot spot, const char *sector)
{
    return spot.node ? words_have(node_sectors(spot.node), sector)
                     : has_word(spot.gone->sectors, sector);
}

/* Is the node, or something above it, what the topic names: a node or a sector's? */
static bool is_below(const struct look *look, int64_t id, const struct topic *topic)
{
    struct spot spot = spot_of(look, id);

    while (spot.node || spot.gone) {
        int64_t at = spot.node ? spot.node->id : spot.gone->id;

        if (topic->kind == TOPIC_NODE ? at == topic->item_id : spot_has_sector(spot, topic->sector))
            return true;
        if (spot.node && !spot.node->parent)
            return false;
        spot = spot_of(look, spot.node ? spot.node->parent->id : spot.gone->parent_id);
    }
    return false;
}

static int64_t content_id(const json_t *content, const char *name)
{
    const json_t *value = json_object_get(content, name);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* Does the entry say, or did what it changed, that the member is that id? */
static bool says_id(const struct look *look, const char *name, int64_t id)
{
    return content_id(look->entry->payload, name) == id ||
           content_id(look->entry->before, name) == id;
}

/* The same of whom or what it is about: `holder` and `holder_id`, or `subject` and `subject_id`. */
static bool says_who(const json_t *content, const char *name, const char *id_name, const char *word,
                     int64_t id)
{
    const char *said = json_string_value(json_object_get(content, name));

    return said && strcmp(said, word) == 0 && content_id(content, id_name) == id;
}

static bool either_says_who(const struct look *look, const char *name, const char *id_name,
                            const char *word, int64_t id)
{
    return says_who(look->entry->payload, name, id_name, word, id) ||
           says_who(look->entry->before, name, id_name, word, id);
}

static bool tells_below(const struct look *look, const struct topic *topic)
{
    const struct entry_row *entry = look->entry;
    int64_t other, node = entry_node(entry, &other);

    if (is_below(look, node, topic) || is_below(look, other, topic))
        return true;
    if (strcmp(entry->entity, "node") != 0)
        return false;
    return is_below(look, content_id(entry->before, "parent_id"), topic) ||
           (topic->kind == TOPIC_SECTOR &&
            has_word(json_object_get(entry->before, "sectors"), topic->sector));
}

/* Does the group aim at the node, or has the holder a role on it? */
static bool works_on(const struct look *look, int64_t node_id, enum holder holder, int64_t id)
{
    const struct node *node = spot_of(look, node_id).node;

    for (uint32_t i = 0; node && i < node->n_assignments; i++) {
        const struct assignment *assignment = &node->assignments[i];

        if (assignment->holder == holder && assignment->holder_id == id &&
            rights_current(assignment->from, assignment->to, look->request->today))
            return true;
    }
    for (uint32_t i = 0; node && holder == HOLDER_GROUP && i < node->n_aims; i++)
        if (node->aims[i]->group_id == id)
            return true;
    return false;
}

static bool tells_holder(const struct look *look, enum holder holder, int64_t id)
{
    int64_t other, node = entry_node(look->entry, &other);

    return either_says_who(look, "holder", "holder_id", holder_names[holder], id) ||
           works_on(look, node, holder, id) || works_on(look, other, holder, id);
}

static bool tells_group(const struct look *look, int64_t id)
{
    return (strcmp(look->entry->entity, "group") == 0 && look->entry->id == id) ||
           says_id(look, "group_id", id) ||
           either_says_who(look, "subject", "subject_id", "group", id) ||
           tells_holder(look, HOLDER_GROUP, id);
}

static bool tells_organisation(const struct look *look, int64_t id)
{
    bool link = strcmp(look->entry->entity, "link") == 0;

    return says_id(look, "via_id", id) || (link && says_id(look, "owner_id", id)) ||
           tells_holder(look, HOLDER_ORGANISATION, id);
}

static bool topic_tells(const struct look *look, const struct topic *topic)
{
    if (topic->strategy_id && topic->strategy_id != look->request->tree->strategy_id)
        return false;
    switch (topic->kind) {
    case TOPIC_STRATEGY:
        return true;
    case TOPIC_NODE:
    case TOPIC_SECTOR:
        return tells_below(look, topic);
    case TOPIC_GROUP:
        return tells_group(look, topic->item_id);
    case TOPIC_ORGANISATION:
        return tells_organisation(look, topic->item_id);
    }
    return false;
}

/* What any reader may see, and what is about the strategy rather than about reminders. An update
 * that waited has its own entry and that which accepted it. */
static bool is_news(const struct entry_row *entry)
{
    static const char *const others[] = {"draft", "decision", "nudge", "reminder_rule"};

    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (strcmp(entry->entity, others[i]) == 0)
            return false;
    return strcmp(entry->entity, "update") != 0 || entry->seq != entry->id ||
           !json_is_true(json_object_get(entry->payload, "waits"));
}

bool digest_tells(const struct request *request, const struct gone_node *gone,
                  const struct topics *topics, const struct entry_row *entry)
{
    const struct look look = {request, gone, entry};
    bool told = false;

    if (!is_news(entry))
        return false;
    for (size_t i = 0; i < topics->count && !told; i++)
        told = topic_tells(&look, &topics->items[i]);
    return told;
}

/* --- telling --- */

static json_t *title_of(const struct request *request, const struct texts *texts)
{
    return json_string(texts_get(texts, request->language, request->tree->strategy.language));
}

static json_t *title_from(const struct request *request, const json_t *titles)
{
    AUTO(texts_done) struct texts texts = {0};

    return texts_from_json(titles, &texts) < 0 ? json_null() : title_of(request, &texts);
}

static const json_t *content_of(const struct entry_row *entry)
{
    return entry->end ? entry->before : entry->payload;
}

/* The group of an entry that is about a group and no node. */
static const struct group *group_of(const struct look *look)
{
    const struct entry_row *entry = look->entry;
    const json_t *content = content_of(entry);
    bool of_review = json_object_get(content, "subject_id") != NULL;
    int64_t id = strcmp(entry->entity, "group") == 0
                     ? entry->id
                     : content_id(content, of_review ? "subject_id" : "group_id");

    return tree_group(look->request->tree, id);
}

/* A node's title or a group's name, also where it is gone. */
static json_t *subject_title(const struct look *look, struct spot spot, const struct group *group)
{
    if (spot.node)
        return title_of(look->request, &spot.node->titles);
    if (spot.gone)
        return title_from(look->request, spot.gone->titles);
    if (group)
        return title_of(look->request, &group->names);
    return title_from(look->request, json_object_get(content_of(look->entry), "names"));
}

static const char *group_key(const struct look *look, const struct group *group)
{
    if (!group && strcmp(look->entry->entity, "group") == 0)
        return json_string_value(json_object_get(content_of(look->entry), "key"));
    return group ? group->key : NULL;
}

/* What the entry is about: code and title of a node, or key and name of a group. */
static int add_subject(json_t *reply, const struct look *look)
{
    const struct entry_row *entry = look->entry;
    int64_t other, id = entry_node(entry, &other);
    struct spot spot = spot_of(look, id);
    const struct group *group = id < 0 ? group_of(look) : NULL;
    json_auto_t *subject = json_pack(
        "{s:s?,s:o,s:s?}", "code", spot.gone ? spot.gone->code : entry_code(entry, look->request),
        "title", subject_title(look, spot, group), "group", group_key(look, group));

    return subject ? json_object_update(reply, subject) : -1;
}

json_t *digest_entry(const struct request *request, const struct gone_node *gone,
                     const struct entry_row *entry)
{
    const struct look look = {request, gone, entry};
    AUTO(free_ptr) char *words = entry_words(entry, request);
    json_auto_t *reply = NULL;

    if (!words)
        return NULL;
    reply = json_pack("{s:s,s:o,s:s,s:s,s:o,s:o,s:I}", "strategy", request->slot->key,
                      "strategyTitle", title_of(request, &request->tree->root->titles), "entity",
                      entry->entity, "what", words, "facts", digest_facts(request, entry), "time",
                      value_time(entry->time_us), "seq", (json_int_t)entry->seq);
    return reply && add_subject(reply, &look) == 0 ? STEAL(reply) : NULL;
}
