/* What an import changes: ids, references, the shape of the tree, and what is the same. */
#include "import_builder.h"

#include <dirent.h>
#include <math.h>

#define NODE(code, more) "{'code':'" code "','kind':'deliverable','titles':{'en':'x'}" more "}"

static bool is_expected(const json_t *places, const char *place)
{
    if (json_is_string(places))
        return strcmp(json_string_value(places), place) == 0;
    for (size_t i = 0; i < json_array_size(places); i++)
        if (strcmp(json_string_value(json_array_get(places, i)), place) == 0)
            return true;
    return false;
}

static void corpus_is_refused_at_its_places(void **state UNUSED)
{
    json_auto_t *expected = corpus_file("expected.json");
    const char *name;
    json_t *places;

    json_object_foreach (expected, name, places) {
        json_auto_t *json = json_is_null(places) ? NULL : corpus_file(name);

        importer_teardown(NULL);
        importer_setup(NULL);
        if (!json || is_of_others(name))
            continue;
        if (stage_json(json) == 0 && make_plan() == 0)
            fail_msg("%s: accepted", name);
        if (!is_expected(places, refusal.field))
            fail_msg("%s: refused at %s: %s", name, refusal.field, refusal.message);
    }
}

static void corpus_is_accepted(void **state UNUSED)
{
    DIR *folder = opendir(TEST_DATA "/import");
    const struct dirent *file;
    size_t accepted = 0;

    assert_non_null(folder);
    while ((file = readdir(folder))) {
        json_auto_t *json = strncmp(file->d_name, "y_", 2) == 0 ? corpus_file(file->d_name) : NULL;

        if (!json)
            continue;
        importer_teardown(NULL);
        importer_setup(NULL);
        if (stage_json(json) < 0 || make_plan() < 0)
            fail_msg("%s: %s: %s", file->d_name, refusal.field, refusal.message);
        assert_int_equal(plan.added, document_count(&document));
        accepted++;
    }
    closedir(folder);
    assert_in_range(accepted, 10, 100);
}

static void new_ids_are_the_seqs_of_their_entries(void **state UNUSED)
{
    accept_text("'nodes':[" NODE("1.1", ",'parent':'1'") "," NODE("1", "") "]");
    json_auto_t *child = payload_at(&of_strategy, 1), *parent = payload_at(&of_strategy, 2);

    assert_int_equal(of_strategy.count, 3);
    assert_string_equal(json_string_value(json_object_get(child, "key")), "1.1");
    assert_int_equal(json_integer_value(json_object_get(child, "id")), 2);
    assert_int_equal(json_integer_value(json_object_get(child, "parent_id")), 3);
    assert_int_equal(json_integer_value(json_object_get(parent, "id")), 3);
    assert_int_equal(json_integer_value(json_object_get(parent, "parent_id")), 0);
}

static void registry_goes_into_its_own_journal(void **state UNUSED)
{
    accept_text("'organisations':[{'id':'o','names':{'en':'O'}}],"
                "'persons':[{'id':'p','name':'P','affiliations':[{'organisation':'o',"
                "'as':'member'}]}]");
    assert_int_equal(of_strategy.count, 1);
    assert_int_equal(of_registry.count, 4);
    json_auto_t *affiliation = payload_at(&of_registry, 3);

    assert_int_equal(json_integer_value(json_object_get(affiliation, "person_id")), 2);
    assert_int_equal(json_integer_value(json_object_get(affiliation, "organisation_id")), 1);
}

static void names_stay_out_of_the_journal(void **state UNUSED)
{
    /* letters that no digest is written with */
    accept_text("'persons':[{'id':'p','name':'Quist','email':'quist@example.org'}]");
    assert_int_equal(of_registry.count, 3);
    for (size_t i = 0; i < of_registry.count; i++)
        assert_null(strstr(of_registry.items[i].payload, "uist"));
    assert_non_null(strstr(of_registry.items[1].secret, "\"value\":\"Quist\""));
}

static void same_name_is_no_change(void **state UNUSED)
{
    accept_text("'persons':[{'id':'p','name':'Ada'}]");
    settle_entries(&of_registry);
    settle_entries(&of_strategy);
    assert_int_equal(registry_put_person(registry, 1, "p", NULL), 0);
    assert_int_equal(make_plan(), 0);
    assert_int_equal(of_registry.count, 0);
    assert_int_equal(plan.unchanged, 2);
}

/* Once in the database, the same document changes nothing. */
static void same_rows_are_no_change(void **state UNUSED)
{
    const struct organisation organisation = {.id = 1, .key = (char *)"o"};

    accept_text("'organisations':[{'id':'o','names':{'sv':'O','en':'P'}}],"
                "'updates':[{'id':'u','date':'2021','percent':33.333333333333336}]");
    settle_entries(&of_registry);
    settle_entries(&of_strategy);
    assert_int_equal(registry_put_organisation(registry, &organisation), 0);
    assert_int_equal(make_plan(), 0);
    assert_int_equal(of_registry.count + of_strategy.count, 0);
    assert_int_equal(plan.unchanged, 3);
}

/* Whether a name is known must not be told to somebody who may not know it. */
static void contact_of_others_is_no_managers_to_compare(void **state UNUSED)
{
    accept_text("'persons':[{'id':'p','name':'Ada','email':'ada@example.org'}]");
    settle_entries(&of_registry);
    settle_entries(&of_strategy);
    assert_int_equal(registry_put_person(registry, 1, "p", NULL), 0);
    document_done(&document);
    assert_int_equal(document_init(&document), 0);
    assert_int_equal(stage_text("'persons':[{'id':'p','name':'Eve','email':'ada@example.org'}]"),
                     0);
    is_admin = false;
    assert_int_equal(make_plan(), 0);
    assert_int_equal(of_registry.count, 0);
    assert_int_equal(plan.unchanged, 2);
}

static void person_of_an_account_is_an_admins_to_bring_in(void **state UNUSED)
{
    accept_text("'persons':[{'id':'vm:5002','name':'Ada'}]");
    document_done(&document);
    assert_int_equal(document_init(&document), 0);
    assert_int_equal(stage_text("'persons':[{'id':'vm:5003','name':'Eve'}]"), 0);
    is_admin = false;
    assert_int_equal(make_plan(), -EINVAL);
    assert_string_equal(refusal.field, "persons[0].id");
}

static void set_text(struct existing_row *row, const char *text)
{
    assert_int_equal(existing_set_text(existing, row, text), 0);
}

static void update_of_another_account_is_the_same(void **state UNUSED)
{
    struct existing_row *row;

    accept_text("'updates':[{'id':'u','date':'2021','note':'x'}]");
    settle_entries(&of_strategy);
    row = existing_find(existing, table_of("update"), "u");
    assert_non_null(row);
    set_text(row, "{\"id\":2,\"key\":\"u\",\"account_id\":99,\"node_id\":0,"
                  "\"note\":\"x\",\"date\":\"2021\"}");
    assert_int_equal(make_plan(), 0);
    assert_int_equal(of_strategy.count, 0);
    assert_int_equal(plan.unchanged, 2);
}

/* A correction of the last in the chain, under a key of its own. */
static void changed_update_is_a_correction(void **state UNUSED)
{
    struct existing_row *row;

    accept_text("'updates':[{'id':'u','date':'2021','note':'x'}]");
    assert_int_equal(existing_put(existing, table_of("update"), "u", 2, &row), 0);
    settle_entries(&of_strategy);
    set_text(row, "{\"id\":2,\"key\":\"u\",\"account_id\":7,\"node_id\":0,"
                  "\"note\":\"y\",\"date\":\"2021\"}");
    row->tip = 9;
    assert_int_equal(make_plan(), 0);
    assert_int_equal(plan.changed, 1);
    json_auto_t *payload = payload_at(&of_strategy, 0);

    assert_string_equal(json_string_value(json_object_get(payload, "key")), "u#1");
    assert_int_equal(json_integer_value(json_object_get(payload, "supersedes")), 9);
    assert_string_equal(json_string_value(json_object_get(payload, "reason")), "import");
    assert_string_equal(json_string_value(json_object_get(payload, "note")), "x");
}

static void update_does_not_move_to_another_node(void **state UNUSED)
{
    struct existing_row *row;

    assert_int_equal(existing_put(existing, table_of("update"), "u", 2, &row), 0);
    set_text(row, "{\"id\":2,\"key\":\"u\",\"account_id\":7,\"node_id\":5,"
                  "\"note\":\"x\",\"date\":\"2021\"}");
    assert_refused_at("'updates':[{'id':'u','date':'2021','note':'x'}]", "updates[0].node");
}

static void same_link_twice_is_refused(void **state UNUSED)
{
    assert_refused_at("'nodes':[" NODE("1", ",'links':[{'type':'a','url':'http://a'},"
                                            "{'type':'a','url':'http://a','title':'b'}]") "]",
                      "nodes[0].links[1]");
}

static void same_closing_twice_is_refused(void **state UNUSED)
{
    assert_refused_at(
        "'nodes':[" NODE("1", "") "],"
                                  "'closings':[{'node':'1','date':'2021','how':'missed'},"
                                  "{'node':'1','date':'2021','how':'missed'}]",
        "closings[1]");
}

static void tower_is_refused(void **state UNUSED)
{
    char *text, *at;

    text = at = malloc(300 * 100);
    assert_non_null(text);
    at = stpcpy(at, "'nodes':[" NODE("1", ""));
    for (int i = 2; i < 300; i++)
        at += sprintf(at, "," NODE("%d", ",'parent':'%d'"), i, i - 1);
    stpcpy(at, "]");
    assert_refused_at(text, "nodes[256].parent");
    free(text);
}

/* --- against a tree --- */

static void put_node(int64_t id, const char *code, int64_t parent)
{
    const struct node_row row = {.id = id,
                                 .parent_id = parent,
                                 .seq_from = id,
                                 .code = code,
                                 .kind = KIND_DELIVERABLE,
                                 .weight = (double)NAN,
                                 .baseline = (double)NAN,
                                 .target = (double)NAN};

    if (!tree)
        assert_int_equal(tree_new(1, &tree), 0);
    assert_int_equal(tree_put_node(tree, &row), 0);
}

static void reference_to_what_exists_is_found(void **state UNUSED)
{
    put_node(5, "old", 0);
    assert_int_equal(tree_settle(tree), 0);
    accept_text("'nodes':[" NODE("new", ",'parent':'old'") "]");
    json_auto_t *payload = payload_at(&of_strategy, 1);

    assert_int_equal(json_integer_value(json_object_get(payload, "parent_id")), 5);
}

static void cycle_through_what_exists_is_refused(void **state UNUSED)
{
    put_node(5, "a", 0);
    put_node(6, "b", 5);
    assert_int_equal(tree_settle(tree), 0);
    assert_refused_at("'nodes':[" NODE("a", ",'serves':[{'node':'b'}]") "]",
                      "nodes[0].serves[0].node");
}

/* b was below a; the document turns that round. */
static void parent_that_is_replaced_makes_no_cycle(void **state UNUSED)
{
    put_node(5, "a", 0);
    put_node(6, "b", 5);
    assert_int_equal(tree_settle(tree), 0);
    accept_text("'nodes':[" NODE("a", ",'parent':'b'") "," NODE("b", "") "]");
}

static void percent_after_a_closing_that_exists_is_refused(void **state UNUSED)
{
    const struct closing closing = {.id = 6, .date = {2021, 5, 1}, .how = HOW_DROPPED};

    put_node(5, "a", 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(tree_put_closing(tree, 5, &closing), 0);
    assert_refused_at("'updates':[{'id':'u','node':'a','date':'2021-05-02','percent':1}]",
                      "updates[0].percent");
}

/* It was there before the closing that is dated earlier. */
static void same_percent_after_a_later_closing_is_no_change(void **state UNUSED)
{
    const struct closing closing = {.id = 6, .date = {2021, 5, 1}, .how = HOW_DROPPED};
    struct existing_row *row;

    put_node(5, "a", 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(tree_put_closing(tree, 5, &closing), 0);
    assert_int_equal(existing_put(existing, table_of("update"), "u", 2, &row), 0);
    set_text(row, "{\"id\":2,\"key\":\"u\",\"account_id\":7,\"node_id\":5,"
                  "\"percent\":1.0,\"date\":\"2021-05-02\"}");
    accept_text("'updates':[{'id':'u','node':'a','date':'2021-05-02','percent':1}]");
    assert_int_equal(of_strategy.count, 1);
}

static void changed_percent_after_a_later_closing_is_refused(void **state UNUSED)
{
    const struct closing closing = {.id = 6, .date = {2021, 5, 1}, .how = HOW_DROPPED};
    struct existing_row *row;

    put_node(5, "a", 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(tree_put_closing(tree, 5, &closing), 0);
    assert_int_equal(existing_put(existing, table_of("update"), "u", 2, &row), 0);
    set_text(row, "{\"id\":2,\"key\":\"u\",\"account_id\":7,\"node_id\":5,"
                  "\"percent\":1.0,\"date\":\"2021-05-02\"}");
    assert_refused_at("'updates':[{'id':'u','node':'a','date':'2021-05-02','percent':2}]",
                      "updates[0].percent");
}

/* What was reopened the same day, later, is open; that the closing is listed again says nothing. */
static void closing_listed_again_keeps_its_place(void **state UNUSED)
{
    const struct closing closed = {.id = 6, .date = {2021, 5, 1}, .how = HOW_DROPPED};
    const struct closing reopened = {.id = 7, .date = {2021, 5, 1}, .how = HOW_REOPENED};
    struct existing_row *row;

    put_node(5, "a", 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(tree_put_closing(tree, 5, &closed), 0);
    assert_int_equal(tree_put_closing(tree, 5, &reopened), 0);
    assert_int_equal(existing_put(existing, table_of("closing"), "5|2021-05-01|dropped", 6, &row),
                     0);
    accept_text("'updates':[{'id':'u','node':'a','date':'2021-05-02','percent':1}],"
                "'closings':[{'node':'a','date':'2021-05-01','how':'dropped'}]");
}

static void plan_made_again_is_the_same(void **state UNUSED)
{
    static const char *const members = "'nodes':[" NODE(
        "1", ",'links':[{'type':'a','url':'http://a'}]") "],"
                                                         "'closings':[{'node':'1','date':'2021','"
                                                         "how':'missed'}]";

    accept_text(members);
    assert_int_equal(of_strategy.count, 4);
    entries_truncate(&of_strategy, 0);
    assert_int_equal(make_plan(), 0);
    assert_int_equal(of_strategy.count, 4);
    assert_int_equal(plan.added, 3);
}

/* All that an accepted plan would write, a line each. */
static char *plan_text(void)
{
    const struct entries *both[] = {&of_registry, &of_strategy};
    char *text = NULL;
    size_t len;
    FILE *stream = open_memstream(&text, &len);

    assert_non_null(stream);
    fprintf(stream, "%zu %zu %zu\n", plan.added, plan.changed, plan.unchanged);
    for (size_t i = 0; i < ARRAY_LEN(both); i++)
        for (size_t n = 0; n < both[i]->count; n++) {
            const struct entry *entry = &both[i]->items[n];

            /* the digest of a contact has salt in it */
            fprintf(stream, "%s %d %s\n", entry->table->entity, (int)entry->id,
                    entry->secret ? "" : entry->payload);
        }
    fclose(stream);
    return text;
}

static char *plan_in_slices(const json_t *json, size_t of)
{
    importer_teardown(NULL);
    importer_setup(NULL);
    slice = of;
    put_node(500, "a", 0);
    put_node(501, "b", 500);
    assert_int_equal(tree_settle(tree), 0);
    if (stage_json(json) < 0 || make_plan() < 0)
        fail_msg("%s: %s", refusal.field, refusal.message);
    return plan_text();
}

static void plan_is_the_same_in_slices_of_any_size(void **state UNUSED)
{
    static const size_t sizes[] = {1, 2, 7, 32};
    json_auto_t *json = corpus_file("y_one_of_each.json");
    AUTO(free_ptr) char *whole = plan_in_slices(json, SIZE_MAX);

    assert_true(strlen(whole) > 1000);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        AUTO(free_ptr) char *text = plan_in_slices(json, sizes[i]);

        assert_string_equal(text, whole);
    }
}

static void refusal_is_the_same_in_slices_of_one(void **state UNUSED)
{
    slice = 1;
    assert_refused_at("'updates':[{'id':'u','date':'2021','note':'x'},"
                      "{'id':'v','date':'2021','note':'x'},{'id':'u','date':'2021','note':'y'}]",
                      "updates[2].id");
}

/* An update is looked at twice: for its key, and for what it is. */
static void slice_of_one_takes_a_turn_for_each_record(void **state UNUSED)
{
    char *members = NULL;
    size_t len;
    FILE *stream = open_memstream(&members, &len);

    assert_non_null(stream);
    fputs("'updates':[", stream);
    for (int i = 0; i < 1000; i++)
        fprintf(stream, "%s{'id':'u%d','date':'2021','note':'x'}", i ? "," : "", i);
    fputs("]", stream);
    fclose(stream);
    slice = 1;
    accept_text(members);
    free(members);
    assert_int_equal(of_strategy.count, 1001);
    assert_in_range(slices, 2000, 2100);
}

static void update_of_an_older_import_is_the_same(void **state UNUSED)
{
    struct existing_row *row;

    assert_int_equal(existing_put(existing, table_of("update"), "u", 2, &row), 0);
    set_text(row, "{\"id\":2,\"key\":\"u\",\"node_id\":0,\"date\":\"2021\",\"note\":\"x\","
                  "\"percent\":5.0,\"account_id\":7}");
    accept_text("'updates':[{'id':'u','date':'2021','note':'x','percent':5}]");
    assert_int_equal(of_strategy.count, 1);
}

/* What begins alike is not the same. */
static void update_with_less_in_it_is_changed(void **state UNUSED)
{
    struct existing_row *row;

    assert_int_equal(existing_put(existing, table_of("update"), "u", 2, &row), 0);
    set_text(row, "{\"id\":2,\"key\":\"u\",\"date\":\"2021\",\"note\":\"x\",\"percent\":5.0,"
                  "\"node_id\":0,\"account_id\":7}");
    row->tip = 2;
    row->corrections = 1;
    accept_text("'updates':[{'id':'u','date':'2021','note':'x'}]");
    assert_int_equal(plan.changed, 1);
}

static void key_is_escaped_in_the_payload(void **state UNUSED)
{
    accept_text("'updates':[{'id':'a\\u0022b\\\\c','date':'2021','note':'x'}]");
    json_auto_t *payload = payload_at(&of_strategy, 1);

    assert_string_equal(json_string_value(json_object_get(payload, "key")), "a\"b\\c");
    assert_int_equal(json_integer_value(json_object_get(payload, "account_id")), 7);
}

/* Many keys and few slots: each is found where it was put. */
static void same_id_is_found_among_many(void **state UNUSED)
{
    char *members = NULL;
    size_t len;
    FILE *stream = open_memstream(&members, &len);

    assert_non_null(stream);
    fputs("'updates':[", stream);
    for (int i = 0; i < 5000; i++)
        fprintf(stream, "{'id':'u%d','date':'2021','note':'x'},", i);
    fputs("{'id':'u4321','date':'2021','note':'x'}]", stream);
    fclose(stream);
    assert_refused_at(members, "updates[5000].id");
    free(members);
}

static void long_key_is_told_by_its_digest(void **state UNUSED)
{
    char *members, seat[3001];

    for (size_t i = 0; i < 1000; i++)
        memcpy(seat + 3 * i, "健", 3);
    seat[3000] = '\0';
    assert_true(asprintf(&members,
                         "'organisations':[{'id':'o','names':{'en':'O'}}],'groups':[{'id':'g',"
                         "'kind':'network','names':{'en':'G'},'members':[{'organisation':'o',"
                         "'role':'member','seat':'%s'}]}]",
                         seat) > 0);
    accept_text(members);
    free(members);
    json_auto_t *payload = payload_at(&of_strategy, 2);

    assert_int_equal(strlen(json_string_value(json_object_get(payload, "key"))), 7 + 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMPORT_TEST(corpus_is_refused_at_its_places),
        IMPORT_TEST(corpus_is_accepted),
        IMPORT_TEST(new_ids_are_the_seqs_of_their_entries),
        IMPORT_TEST(registry_goes_into_its_own_journal),
        IMPORT_TEST(names_stay_out_of_the_journal),
        IMPORT_TEST(same_name_is_no_change),
        IMPORT_TEST(contact_of_others_is_no_managers_to_compare),
        IMPORT_TEST(person_of_an_account_is_an_admins_to_bring_in),
        IMPORT_TEST(same_rows_are_no_change),
        IMPORT_TEST(update_of_another_account_is_the_same),
        IMPORT_TEST(changed_update_is_a_correction),
        IMPORT_TEST(update_does_not_move_to_another_node),
        IMPORT_TEST(same_link_twice_is_refused),
        IMPORT_TEST(same_closing_twice_is_refused),
        IMPORT_TEST(tower_is_refused),
        IMPORT_TEST(reference_to_what_exists_is_found),
        IMPORT_TEST(cycle_through_what_exists_is_refused),
        IMPORT_TEST(parent_that_is_replaced_makes_no_cycle),
        IMPORT_TEST(percent_after_a_closing_that_exists_is_refused),
        IMPORT_TEST(same_percent_after_a_later_closing_is_no_change),
        IMPORT_TEST(changed_percent_after_a_later_closing_is_refused),
        IMPORT_TEST(closing_listed_again_keeps_its_place),
        IMPORT_TEST(plan_made_again_is_the_same),
        IMPORT_TEST(plan_is_the_same_in_slices_of_any_size),
        IMPORT_TEST(refusal_is_the_same_in_slices_of_one),
        IMPORT_TEST(slice_of_one_takes_a_turn_for_each_record),
        IMPORT_TEST(update_of_an_older_import_is_the_same),
        IMPORT_TEST(update_with_less_in_it_is_changed),
        IMPORT_TEST(key_is_escaped_in_the_payload),
        IMPORT_TEST(same_id_is_found_among_many),
        IMPORT_TEST(long_key_is_told_by_its_digest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
