/*
 * Fuzz target: an import document as JSON, as `goal import` sends it and ImportChunk stages it:
 * parsed, checked against the interface, checked record by record, staged, planned as a new
 * strategy against nothing, and planned again. A refusal has a place and words; what is accepted
 * makes entries that are JSON and form a chain, and the second plan is like the first.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "core/hash.h"
#include "db/tables.h"
#include "methods/import_plan.h"
#include "wire/check.h"
#include "wire/interfaces.h"
#include "wire/message.h"

#define NOW 1795000000 /* in November 2026 */
#define CHUNK 3        /* records */
#define SLICE 2        /* records that are planned at a time */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct idl *idl;

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* A refusal's text has to fit into a reply. */
static void check_refusal(const struct refusal *refusal)
{
    json_auto_t *field = json_string(refusal->field);
    json_auto_t *message = json_string(refusal->message);

    must(field && message && refusal->field[0] && refusal->message[0]);
}

/* Would the interface let this chunk pass? */
static bool is_chunk(const char *part, size_t first, json_t *records)
{
    const struct idl_member *member = idl_find(idl, IDL_METHOD, "ImportChunk");
    json_auto_t *call = json_pack("{s:s,s:s,s:I,s:O}", "import", "x", "part", part, "first",
                                  (json_int_t)first, "records", records);
    char path[CHECK_PATH_SIZE];

    must(member && call);
    return check_object(member->type, call, path) == 0;
}

static int stage_chunk(struct document *document, enum part part, json_t *records,
                       struct refusal *refusal)
{
    size_t first = document->parts[part].count, i;
    json_t *record;
    int r = 0;

    if (!is_chunk(part_names[part], first, records))
        return -EBADMSG;
    json_array_foreach (records, i, record) {
        r = import_check(part, first + i, record, refusal);
        if (r == 0)
            r = document_add(document, part, record);
        if (r < 0)
            return r;
    }
    return 0;
}

static int stage_part(struct document *document, enum part part, json_t *value,
                      struct refusal *refusal)
{
    size_t count = json_is_array(value) ? json_array_size(value) : value != NULL;
    int r = 0;

    for (size_t at = 0; at < count && r == 0; at += CHUNK) {
        json_auto_t *chunk = json_array();

        for (size_t i = at; i < count && i < at + CHUNK; i++)
            json_array_append(chunk, json_is_array(value) ? json_array_get(value, i) : value);
        r = stage_chunk(document, part, chunk, refusal);
    }
    return r;
}

static int stage(struct document *document, const json_t *json, struct refusal *refusal)
{
    int r = 0;

    for (int part = 0; part < PART_COUNT && r == 0; part++)
        r = stage_part(document, (enum part)part, json_object_get(json, part_names[part]), refusal);
    return r;
}

static void check_entries(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        json_auto_t *payload = json_loads(entries->items[i].payload, 0, NULL);
        json_auto_t *secret =
            entries->items[i].secret ? json_loads(entries->items[i].secret, 0, NULL) : NULL;

        must(json_is_object(payload));
        must(!entries->items[i].secret || json_is_object(secret));
    }
    if (entries->count)
        must(entries_seal(entries, entries->count) == 0);
}

static int plan_once(const struct document *document, struct existing *existing, unsigned number,
                     size_t *ret_count, struct refusal *refusal)
{
    AUTO(entries_done) struct entries of_registry = {0}, of_strategy = {0};
    AUTO(planner_freep) struct planner *planner = NULL;
    struct registry *registry;
    struct import_plan plan = {
        .document = document,
        .existing = existing,
        .now = NOW,
        .account = 7,
        .is_admin = true,
        .number = number,
        .registry_entries = &of_registry,
        .strategy_entries = &of_strategy,
        .refusal = refusal,
    };
    int r;

    must(registry_new(&registry) == 0);
    plan.registry = registry;
    entries_init(&of_registry, 0, 0, journal_genesis);
    entries_init(&of_strategy, 1, 0, journal_genesis);
    r = planner_new(&plan, &planner);
    if (r == 0) {
        do
            r = planner_work(planner, SLICE);
        while (r > 0);
    }
    if (r == 0) {
        check_entries(&of_registry);
        check_entries(&of_strategy);
        must(plan.added + plan.changed + plan.unchanged == document_count(document));
        *ret_count = of_registry.count + of_strategy.count;
    }
    planner_free(STEAL(planner));
    registry_free(registry);
    return r;
}

/* A plan leaves nothing behind that changes the next one. */
static void plan_twice(const struct document *document)
{
    struct existing *existing;
    struct refusal refusal = {"", ""}, second = {"", ""};
    size_t count = 0, count_again = 0;
    int r, r_again;

    must(existing_new(&existing) == 0);
    r = plan_once(document, existing, 1, &count, &refusal);
    r_again = plan_once(document, existing, 2, &count_again, &second);
    must(r == 0 || r == -EINVAL);
    must(r == r_again && count == count_again);
    must(strcmp(refusal.field, second.field) == 0);
    must(strcmp(refusal.message, second.message) == 0);
    if (r < 0)
        check_refusal(&refusal);
    existing_free(existing);
}

/* The document as a call's parameters are read; NULL if it is no object. */
static json_t *parse(const uint8_t *bytes, size_t len)
{
    static const char before[] = "{\"method\":\"a.B\",\"parameters\":";
    AUTO(buffer_done) struct buffer frame = {0};
    struct message_call call;
    json_t *document;

    must(buffer_append(&frame, before, strlen(before)) == 0);
    must(buffer_append(&frame, bytes, len) == 0);
    must(buffer_append(&frame, "}", 1) == 0);
    if (message_parse_call(buffer_bytes(&frame), frame.len, &call) < 0)
        return NULL;
    document = json_incref(call.parameters);
    message_call_done(&call);
    return document;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    json_auto_t *json = parse(bytes, len);
    struct document document;
    struct refusal refusal = {"", ""};
    struct idl_error error;
    int r;

    if (!idl)
        must(idl_parse(interface_io_goald_Tracker, &idl, &error) == 0);
    if (!json)
        return 0;
    must(document_init(&document) == 0);
    r = stage(&document, json, &refusal);
    must(r == 0 || r == -EINVAL || r == -EBADMSG);
    if (r == -EINVAL)
        check_refusal(&refusal);
    if (r == 0 && document.parts[PART_STRATEGY].count)
        plan_twice(&document);
    document_done(&document);
    return 0;
}
