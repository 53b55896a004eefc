/*
 * Updates, of which there may be a million; see import_internal.h. A staged update is the middle of
 * its payload already (import_document.h): what is left to do is to look up its node and to put its
 * ids around it.
 */
#include "methods/import_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "methods/update.h"

#define JSON_AS_WRITTEN (JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15))

static const struct staged *staged_update(const struct record *record)
{
    return &record->planner->document->parts[PART_UPDATES].records[record->index];
}

/* The node that the update is about; none: the strategy. */
static int resolve_node(struct record *record, int64_t *ret_id)
{
    const char *code = staged_node(staged_update(record));
    const struct place place = {&record->place, "node", 0};

    if (*code)
        return names_resolve(record, PART_NODES, code, &place, ret_id);
    *ret_id = 0;
    return 0;
}

static int refuse_day(struct record *record)
{
    json_auto_t *json = document_record(record->planner->document, PART_UPDATES, record->index);

    if (!json)
        return -ENOMEM;
    return record_refuse(record, "date", "more than a day ahead: \"%s\"", field_text(json, "date"));
}

/* A contributor submits, and decides nothing. */
static int check_right(struct record *record, int64_t node)
{
    if (record->planner->plan->contributor && staged_update(record)->decided)
        return record_refuse(record, "decision", "a manager's to say");
    return record_permit(record, node);
}

/* Does a new one wait for a manager, by the strategy's rule and not by the document? */
static bool has_to_wait(const struct record *record)
{
    const struct import_plan *plan = record->planner->plan;

    return plan->contributor && report_waits(plan->tree, false);
}

/* Of what would be written only: a closing that came later may be dated before what is there. */
static int check_update(struct record *record, int64_t node)
{
    const struct staged *staged = staged_update(record);
    const struct event *closed;
    char text[64];

    if (staged->day > record->planner->today + 1)
        return refuse_day(record);
    closed = staged->percent ? events_closed(record->planner, node, staged->day) : NULL;
    if (!closed)
        return 0;
    event_describe(closed, text, sizeof(text));
    return record_refuse(record, "percent", "the node is closed %s", text);
}

/* Appends the update with `key` and `more` members; a new entry's id is its seq. */
static int append(struct record *record, int64_t node, const char *members, const char *more)
{
    const struct import_plan *plan = record->planner->plan;
    int64_t id = entries_next_seq(plan->strategy_entries);
    char *payload;

    if (asprintf(&payload,
                 "{\"id\":%" PRId64 ",%s,\"node_id\":%" PRId64 "%s%s,\"account_id\":%" PRId64 "}",
                 id, members, node, more, has_to_wait(record) ? ",\"waits\":true" : "",
                 plan->account) < 0)
        return -ENOMEM;
    return entries_put_text(plan->strategy_entries, table_of("update"), id, payload, plan->account);
}

/* A manager's word that came with it. */
static int append_decision(struct record *record, int64_t update, int64_t node)
{
    const struct import_plan *plan = record->planner->plan;
    char key[24];

    snprintf(key, sizeof(key), "%" PRId64, update);
    return entries_put(plan->strategy_entries, table_of("decision"), 0, false, key,
                       json_pack("{s:I,s:I,s:b}", "update_id", (json_int_t)update, "node_id",
                                 (json_int_t)node, "accepted", 0),
                       NULL, plan->account, NULL);
}

static int append_new(struct record *record, int64_t node)
{
    const struct staged *staged = staged_update(record);
    const char *supersedes = staged_supersedes(staged);
    int64_t id = entries_next_seq(record->planner->plan->strategy_entries), superseded;
    char more[48] = "";
    int r = *supersedes ? ids_find_superseded(record, supersedes, node, &superseded) : 0;

    if (r == 0 && *supersedes)
        snprintf(more, sizeof(more), ",\"supersedes\":%" PRId64, superseded);
    if (r == 0)
        r = append(record, node, staged_text(staged), more);
    if (r == 0)
        r = ids_note(record, id);
    return r == 0 && staged->returned ? append_decision(record, id, node) : r;
}

/* --- what is there already --- */

/* The payload as the last import would have written it: `account_id` follows. */
static bool is_as_written(const char *entered, int64_t id, int64_t node, const char *members)
{
    char head[32], tail[48];
    size_t head_len = (size_t)snprintf(head, sizeof(head), "{\"id\":%" PRId64 ",", id);
    size_t tail_len =
        (size_t)snprintf(tail, sizeof(tail), ",\"node_id\":%" PRId64 ",\"account_id\":", node);
    size_t len = strlen(members);

    return strncmp(entered, head, head_len) == 0 &&
           strncmp(entered + head_len, members, len) == 0 &&
           strncmp(entered + head_len + len, tail, tail_len) == 0 &&
           !strchr(entered + head_len + len + tail_len, ',');
}

/* Is that what an earlier import entered? 1: yes, 0: no. `entered` is its payload; what is not of
 * the document is taken off both. */
static int is_same(json_t *entered, json_t *members)
{
    static const char *const not_of_it[] = {"id",         "key",    "node_id", "account_id",
                                            "supersedes", "reason", "waits"};
    const json_t *percent = json_object_get(entered, "percent");
    AUTO(free_ptr) char *now = NULL, *before = NULL;

    /* what did not come by an import has its percent as it was typed */
    if (json_is_integer(percent) &&
        json_object_set_new(entered, "percent", json_real(json_number_value(percent))) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(not_of_it); i++) {
        json_object_del(entered, not_of_it[i]);
        json_object_del(members, not_of_it[i]);
    }
    now = json_dumps(members, JSON_AS_WRITTEN);
    before = json_dumps(entered, JSON_AS_WRITTEN);
    if (!now || !before)
        return -ENOMEM;
    return strcmp(now, before) == 0;
}

/* The members under another key: that of a correction. */
static int members_of(struct record *record, const char *key, char **ret_members)
{
    json_auto_t *json = document_record(record->planner->document, PART_UPDATES, record->index);
    char *text, *members;

    if (!json || json_object_set_new(json, "key", json_string(key)) < 0)
        return -ENOMEM;
    text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    members = text ? strndup(text + 1, strlen(text) - 2) : NULL;
    free(text);
    if (!members)
        return -ENOMEM;
    *ret_members = members;
    return 0;
}

/* Nothing is overwritten: what differs supersedes the last of the chain, a person's correction
 * too. */
static int put_correction(struct record *record, const struct existing_row *row, int64_t node)
{
    AUTO(free_ptr) char *key = NULL, *members = NULL;
    char more[64];
    int r;

    if (asprintf(&key, "%s#%d", row->key, row->corrections) < 0)
        return -ENOMEM;
    r = members_of(record, key, &members);
    if (r < 0)
        return r;
    snprintf(more, sizeof(more), ",\"supersedes\":%" PRId64 ",\"reason\":\"import\"", row->tip);
    r = append(record, node, members, more);
    if (r == 0)
        record_fate(record, FATE_CHANGED);
    return r;
}

/* Does the document have the first of an import's corrections as a record of its own, as one that
 * was exported does? Then the corrected one stays as it is. */
static bool lists_correction(const struct record *record, const struct existing_row *row)
{
    char key[1024];

    snprintf(key, sizeof(key), "%s#1", row->key);
    return names_number_of(record->planner, PART_UPDATES, key) != 0;
}

static int compare_update(struct record *record, const struct existing_row *row, int64_t node)
{
    json_auto_t *entered = NULL, *members = NULL;
    int r;

    if (lists_correction(record, row))
        return 0;
    if (is_as_written(row->text, row->id, node, staged_text(staged_update(record))))
        return 0;
    entered = json_loads(row->text, 0, NULL);
    members = document_record(record->planner->document, PART_UPDATES, record->index);
    if (!entered || !members)
        return -EIO;
    if (json_integer_value(json_object_get(entered, "node_id")) != node)
        return record_refuse(record, "node", "\"%s\" is an update of another node already",
                             row->key);
    r = is_same(entered, members);
    if (r != 0)
        return r < 0 ? r : 0;
    r = check_update(record, node);
    return r < 0 ? r : put_correction(record, row, node);
}

int update_put(struct planner *planner, enum part part, size_t index)
{
    struct record record = {.planner = planner, .part = part, .index = index};
    const struct staged *staged = staged_update(&record);
    const struct existing_row *row;
    int64_t node;
    int r;

    record.place = place_of(part, index, &record.part_place);
    row = existing_find(planner->plan->existing, table_of("update"), staged->key);
    r = resolve_node(&record, &node);
    if (r == 0)
        r = check_right(&record, node);
    if (r == 0 && row)
        return compare_update(&record, row, node);
    if (r == 0)
        r = check_update(&record, node);
    if (r == 0)
        r = append_new(&record, node);
    if (r == 0)
        record_fate(&record, FATE_ADDED);
    return r;
}
