/*
 * Documents for the tests of the import: from the corpus in tests/data/import or as JSON in the
 * test, staged as ImportChunk does it, and planned against what the test has put into `registry`,
 * `tree` and `existing`. Made and freed by importer_setup() and importer_teardown().
 */
#ifndef GOALD_TESTS_IMPORT_BUILDER_H
#define GOALD_TESTS_IMPORT_BUILDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/hash.h"

#include "db/tables.h"
#include "methods/import_plan.h"

#include <errno.h>
#include <string.h>

#define NOW 1795000000 /* in November 2026 */

static struct registry *registry;
static struct tree *tree; /* NULL: a new strategy */
static struct existing *existing;
static struct document document;
static struct entries of_registry, of_strategy;
static struct refusal refusal;
static struct import_plan plan;
static bool is_admin;
static size_t slice, slices; /* records in one, how many there were */

static int importer_setup(void **state UNUSED)
{
    tree = NULL;
    plan = (struct import_plan){0};
    is_admin = true;
    slice = 3;
    entries_init(&of_registry, 0, 0, journal_genesis);
    entries_init(&of_strategy, 1, 0, journal_genesis);
    return registry_new(&registry) | existing_new(&existing) | document_init(&document);
}

static int importer_teardown(void **state UNUSED)
{
    entries_done(&of_registry);
    entries_done(&of_strategy);
    document_done(&document);
    existing_free(existing);
    registry_free(registry);
    tree_free(tree);
    return 0;
}

#define IMPORT_TEST(name) cmocka_unit_test_setup_teardown(name, importer_setup, importer_teardown)

/* Checks and stages a part's records, or the strategy's one. */
static UNUSED int stage_part(enum part part, const json_t *records)
{
    size_t count = json_is_array(records) ? json_array_size(records) : json_is_object(records);
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++) {
        const json_t *record = json_is_array(records) ? json_array_get(records, i) : records;

        r = import_check(part, i, record, &refusal);
        if (r == 0)
            assert_int_equal(document_add(&document, part, record), 0);
    }
    return r;
}

static UNUSED int stage_json(const json_t *json)
{
    int r = 0;

    for (int part = 0; part < PART_COUNT && r == 0; part++)
        r = stage_part((enum part)part, json_object_get(json, part_names[part]));
    return r;
}

static UNUSED json_t *corpus_file(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), TEST_DATA "/import/%s", name);
    return json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
}

/* Files that only a daemon with another strategy, or the client, can refuse. */
static UNUSED bool is_of_others(const char *name)
{
    static const char *const names[] = {
        "n_unknown_format.json",         "n_missing_format.json",
        "n_unknown_key_at_top.json",     "n_wrong_type_part.json",
        "n_key_is_another_alias.json",   "n_alias_is_another_key.json",
        "n_alias_is_another_alias.json",
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Plans what was staged, in slices of `slice` records. What an earlier plan appended stays. */
static UNUSED int make_plan(void)
{
    AUTO(planner_freep) struct planner *planner = NULL;
    unsigned number = plan.number + 1;
    int r;

    plan = (struct import_plan){
        .document = &document,
        .existing = existing,
        .registry = registry,
        .tree = tree,
        .now = NOW,
        .account = 7,
        .is_admin = is_admin,
        .number = number,
        .registry_entries = &of_registry,
        .strategy_entries = &of_strategy,
        .refusal = &refusal,
    };
    r = planner_new(&plan, &planner);
    for (slices = 0; r == 0 && slices < 10000000; slices++) {
        r = planner_work(planner, slice);
        if (r == 0)
            break;
        if (r == 1)
            r = 0;
    }
    return r;
}

/* A document with this strategy and the parts given as JSON members, such as "'nodes':[…]"; single
 * quotes stand for double ones. */
static UNUSED int stage_text(const char *members)
{
    char *text, *at;
    json_t *json;
    int r;

    assert_true(asprintf(&text,
                         "{'strategy':{'key':'s','titles':{'en':'S'},'timeZone':'UTC',"
                         "'language':'en','visibility':'public'}%s%s}",
                         *members ? "," : "", members) > 0);
    for (at = text; *at; at++)
        if (*at == '\'')
            *at = '"';
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    free(text);
    r = stage_json(json);
    json_decref(json);
    return r;
}

/* The staged document is planned, and accepted. */
static UNUSED void accept_text(const char *members)
{
    if (stage_text(members) < 0 || make_plan() < 0)
        fail_msg("%s: %s", refusal.field, refusal.message);
}

static UNUSED void assert_refused_at(const char *members, const char *place)
{
    int r = stage_text(members);

    assert_int_equal(r < 0 ? r : make_plan(), -EINVAL);
    assert_string_equal(refusal.field, place);
}

/* What the plan would write becomes what is there: the rows by key. Trees are the test's. */
static UNUSED void settle_entries(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *entry = &entries->items[i];
        json_auto_t *payload = json_loads(entry->payload, 0, NULL);
        json_auto_t *secret = entry->secret ? json_loads(entry->secret, 0, NULL) : NULL;
        const char *text = json_string_value(json_object_get(secret, "value"));
        struct existing_row *row;

        assert_int_equal(existing_put(existing, entry->table,
                                      json_string_value(json_object_get(payload, "key")), entry->id,
                                      &row),
                         0);
        row->id = row->tip = entry->id;
        row->planned = false;
        row->corrections = 1;
        assert_int_equal(digest_text(entry->payload, strlen(entry->payload), row->digest), 0);
        if (strcmp(entry->table->entity, "update") == 0)
            text = entry->payload;
        assert_int_equal(existing_set_text(existing, row, text), 0);
    }
    entries->base_seq += (int64_t)entries->count;
    entries_truncate(entries, 0);
}

/* An entry's payload; fails the test if there is none. */
static UNUSED json_t *payload_at(const struct entries *entries, size_t index)
{
    json_t *payload;

    assert_true(index < entries->count);
    payload = json_loads(entries->items[index].payload, 0, NULL);
    assert_non_null(payload);
    return payload;
}

#endif
