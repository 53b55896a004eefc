/* An entry of a journal: reading it, its node, who may see it; see entry.h. */
#include "methods/entry.h"

#include <string.h>

#include "db/row.h"
#include "methods/value.h"

enum {
    AT_SEQ,
    AT_TIME,
    AT_ACCOUNT,
    AT_ENTITY,
    AT_ACTION,
    AT_ID,
    AT_REQUEST,
    AT_PAYLOAD,
    AT_HASH,
    AT_BEFORE
};

void entry_read(const PGresult *result, int row, struct entry_row *ret_entry)
{
    const char *before = row_text(result, row, AT_BEFORE);

    *ret_entry = (struct entry_row){
        .seq = row_int(result, row, AT_SEQ),
        .time_us = row_int(result, row, AT_TIME),
        .account = row_int(result, row, AT_ACCOUNT),
        .id = row_int(result, row, AT_ID),
        .entity = row_text(result, row, AT_ENTITY),
        .action = row_text(result, row, AT_ACTION),
        .request_id = row_text(result, row, AT_REQUEST),
        .hash = row_text(result, row, AT_HASH),
        .payload = json_loads(row_text(result, row, AT_PAYLOAD), 0, NULL),
        .before = before ? json_loads(before, 0, NULL) : NULL,
    };
    ret_entry->end = strcmp(ret_entry->action, "end") == 0;
}

void entry_done(struct entry_row *entry)
{
    json_decref(entry->payload);
    json_decref(entry->before);
}

static int64_t member_id(const json_t *content, const char *name)
{
    const json_t *value = json_object_get(content, name);

    return json_is_integer(value) ? json_integer_value(value) : -1;
}

int64_t entry_node(const struct entry_row *entry, int64_t *ret_other)
{
    const json_t *content = entry->end ? entry->before : entry->payload;
    const char *subject = json_string_value(json_object_get(content, "subject"));

    *ret_other = -1;
    if (strcmp(entry->entity, "node") == 0)
        return entry->id;
    if (strcmp(entry->entity, "strategy") == 0)
        return 0;
    if (strcmp(entry->entity, "contribution") == 0) {
        *ret_other = member_id(content, "to_id");
        return member_id(content, "from_id");
    }
    if (subject)
        return strcmp(subject, "node") == 0 ? member_id(content, "subject_id") : -1;
    return member_id(content, "node_id");
}

/* Does the update wait for a manager, or was it returned? Once accepted it is everybody's. */
static bool update_waits(const struct entry_row *entry, const struct node *node)
{
    const struct update *update = node ? node_update(node, entry->id) : NULL;

    return json_is_true(json_object_get(entry->payload, "waits")) && (!update || update->waits);
}

bool entry_is_hidden(const struct entry_row *entry, const struct request *request)
{
    bool update = strcmp(entry->entity, "update") == 0;
    const struct node *node;
    int64_t other;

    if (!request->tree ||
        (!update && strcmp(entry->entity, "draft") != 0 && strcmp(entry->entity, "decision") != 0))
        return false;
    node = tree_node(request->tree, entry_node(entry, &other));
    if (update && !update_waits(entry, node))
        return false;
    return !rights_see_drafts(request->registry, &request->caller, request->tree, node,
                              request->today);
}

const char *entry_code(const struct entry_row *entry, const struct request *request)
{
    int64_t other, id = entry_node(entry, &other);
    const struct node *node = request->tree && id >= 0 ? tree_node(request->tree, id) : NULL;

    if (node)
        return node->code;
    if (strcmp(entry->entity, "node") == 0)
        return json_string_value(json_object_get(entry->payload, "key"));
    return NULL;
}

json_t *entry_reply(const struct entry_row *entry, const struct request *request, bool hidden)
{
    AUTO(free_ptr) char *words = hidden ? NULL : entry_words(entry, request);
    json_auto_t *reply =
        json_pack("{s:I,s:o,s:o,s:s,s:s,s:s}", "seq", (json_int_t)entry->seq, "time",
                  value_time(entry->time_us), "account", value_account(request, entry->account),
                  "entity", entry->entity, "action", entry->action, "hash", entry->hash);
    json_auto_t *content = NULL;

    if (!reply || hidden)
        return STEAL(reply);
    content = json_pack("{s:I,s:s?,s:s?,s:s?}", "id", (json_int_t)entry->id, "key",
                        json_string_value(json_object_get(entry->payload, "key")), "code",
                        entry_code(entry, request), "what", words);
    return words && content && json_object_update(reply, content) == 0 ? STEAL(reply) : NULL;
}
