/* The form of import records, and the places and words of refusals. */
#include "import_builder.h"

static void assert_refusal(enum part part, const char *record, const char *place,
                           const char *message)
{
    json_auto_t *json = json_loads(record, 0, NULL);

    assert_non_null(json);
    assert_int_equal(import_check(part, 12, json, &refusal), -EINVAL);
    assert_string_equal(refusal.field, place);
    assert_string_equal(refusal.message, message);
}

static void assert_accepted(enum part part, const char *record)
{
    json_auto_t *json = json_loads(record, 0, NULL);

    assert_non_null(json);
    assert_int_equal(import_check(part, 0, json, &refusal), 0);
}

static void date_is_told_with_its_text(void **state UNUSED)
{
    assert_refusal(PART_NODES,
                   "{\"code\":\"1\",\"kind\":\"target\",\"titles\":{\"en\":\"x\"},"
                   "\"due\":\"2021-13-01\"}",
                   "nodes[12].due", "not a date: \"2021-13-01\"");
}

static void strategy_has_no_number(void **state UNUSED)
{
    assert_refusal(PART_STRATEGY, "{\"key\":\"a:b\"}", "strategy.key", "a colon: \"a:b\"");
}

static void registrys_own_key_is_no_strategy(void **state UNUSED)
{
    assert_refusal(PART_STRATEGY, "{\"key\":\".\"}", "strategy.key",
                   "begins with a full stop: \".\"");
}

static void key_is_checked_by_itself(void **state UNUSED)
{
    static const char *const wrong[] = {"", ".", ".a", "a:b", "a\nb"};
    char longest[202];

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_int_equal(import_check_key(wrong[i], &refusal), -EINVAL);
        assert_string_equal(refusal.field, "strategy");
    }
    memset(longest, 'a', 201);
    longest[201] = '\0';
    assert_int_equal(import_check_key(longest, &refusal), -EINVAL);
    longest[200] = '\0';
    assert_int_equal(import_check_key(longest, &refusal), 0);
}

static void organisation_has_no_colon(void **state UNUSED)
{
    assert_refusal(PART_ORGANISATIONS, "{\"id\":\"local:1\",\"names\":{\"en\":\"O\"}}",
                   "organisations[12].id", "must not contain a colon: \"local:1\"");
}

static void word_is_told_with_the_right_ones(void **state UNUSED)
{
    assert_refusal(PART_CLOSINGS, "{\"node\":\"1\",\"date\":\"2021\",\"how\":\"done\"}",
                   "closings[12].how", "not one of achieved, missed, dropped, reopened");
}

static void null_is_absent(void **state UNUSED)
{
    assert_refusal(PART_ORGANISATIONS, "{\"id\":null,\"names\":{\"en\":\"x\"}}",
                   "organisations[12].id", "missing");
    assert_accepted(PART_UPDATES, "{\"id\":\"u\",\"date\":\"2021\",\"percent\":null,"
                                  "\"note\":\"x\"}");
}

static void empty_evidence_says_nothing(void **state UNUSED)
{
    assert_refusal(PART_UPDATES, "{\"id\":\"u\",\"date\":\"2021\",\"evidence\":[]}", "updates[12]",
                   "none of percent, state, confidence, note, evidence");
}

static void stage_is_for_work_only(void **state UNUSED)
{
    assert_refusal(PART_NODES,
                   "{\"code\":\"1\",\"kind\":\"target\",\"titles\":{\"en\":\"x\"},"
                   "\"stage\":\"planned\"}",
                   "nodes[12].stage", "only initiatives and deliverables have one");
}

static void baseline_is_for_indicators_only(void **state UNUSED)
{
    assert_refusal(PART_NODES,
                   "{\"code\":\"1\",\"kind\":\"target\",\"titles\":{\"en\":\"x\"},"
                   "\"baseline\":1}",
                   "nodes[12].baseline", "only indicators have one");
}

static void control_character_in_an_id_is_refused(void **state UNUSED)
{
    assert_refusal(PART_ORGANISATIONS, "{\"id\":\"a\\nb\",\"names\":{\"en\":\"x\"}}",
                   "organisations[12].id", "a control character: \"a\\nb\"");
}

static void email_needs_an_at(void **state UNUSED)
{
    assert_refusal(PART_PERSONS, "{\"id\":\"p\",\"name\":\"P\",\"email\":\"p\"}",
                   "persons[12].email", "not an e-mail address: \"p\"");
}

static void language_tags_have_parts(void **state UNUSED)
{
    assert_accepted(PART_ORGANISATIONS, "{\"id\":\"o\",\"names\":{\"sr-Latn-RS\":\"x\"}}");
    assert_refusal(PART_ORGANISATIONS, "{\"id\":\"o\",\"names\":{\"e\":\"x\"}}",
                   "organisations[12].names.e", "not a language tag");
    assert_refusal(PART_ORGANISATIONS, "{\"id\":\"o\",\"names\":{\"en-\":\"x\"}}",
                   "organisations[12].names.en-", "not a language tag");
}

/* What is quoted or named is cut between two characters, so that the answer stays valid. */
static void long_values_are_cut_between_characters(void **state UNUSED)
{
    for (size_t n = 60; n < 700; n++) {
        json_auto_t *record = json_object();
        json_auto_t *text = NULL;
        char *word = malloc(2 * n + 1);

        assert_non_null(word);
        for (size_t i = 0; i < n; i++)
            memcpy(word + 2 * i, "å", 2);
        word[2 * n] = '\0';
        json_object_set_new(record, word, json_string(word));
        assert_int_equal(import_check(PART_NODES, 0, record, &refusal), -EINVAL);
        text = json_pack("{s:s,s:s}", "place", refusal.field, "message", refusal.message);
        assert_non_null(text);
        json_object_clear(record);
        json_object_set_new(record, "id", json_string("u"));
        json_object_set_new(record, "date", json_string(word));
        free(word);
        assert_int_equal(import_check(PART_UPDATES, 0, record, &refusal), -EINVAL);
        json_decref(text);
        text = json_pack("{s:s,s:s}", "place", refusal.field, "message", refusal.message);
        assert_non_null(text);
    }
}

/* Files of the corpus: what its part of the form refuses is refused at its place; what it accepts
 * is left to the plan (test_import_plan.c). */
static void corpus_is_refused_at_its_places(void **state UNUSED)
{
    json_auto_t *expected = corpus_file("expected.json");
    const char *name;
    json_t *places;
    size_t refused = 0;

    json_object_foreach (expected, name, places) {
        json_auto_t *json = json_is_null(places) ? NULL : corpus_file(name);
        const char *place = json_string_value(places);
        bool found = false;

        importer_teardown(NULL);
        importer_setup(NULL);
        if (!json || is_of_others(name) || stage_json(json) == 0)
            continue;
        refused++;
        for (size_t i = 0; i < json_array_size(places); i++)
            found |= strcmp(json_string_value(json_array_get(places, i)), refusal.field) == 0;
        if (!found && (!place || strcmp(place, refusal.field) != 0))
            fail_msg("%s: refused at %s: %s", name, refusal.field, refusal.message);
    }
    assert_in_range(refused, 70, 130);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMPORT_TEST(date_is_told_with_its_text),
        IMPORT_TEST(strategy_has_no_number),
        IMPORT_TEST(registrys_own_key_is_no_strategy),
        IMPORT_TEST(key_is_checked_by_itself),
        IMPORT_TEST(organisation_has_no_colon),
        IMPORT_TEST(word_is_told_with_the_right_ones),
        IMPORT_TEST(null_is_absent),
        IMPORT_TEST(empty_evidence_says_nothing),
        IMPORT_TEST(stage_is_for_work_only),
        IMPORT_TEST(baseline_is_for_indicators_only),
        IMPORT_TEST(control_character_in_an_id_is_refused),
        IMPORT_TEST(email_needs_an_at),
        IMPORT_TEST(language_tags_have_parts),
        IMPORT_TEST(long_values_are_cut_between_characters),
        IMPORT_TEST(corpus_is_refused_at_its_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
