/* Texts by language, and the words of the enumerations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/rules.h"
#include "core/text.h"
#include "core/tree.h"

#include <errno.h>
#include <string.h>

static struct texts texts_of(const char *json)
{
    json_auto_t *object = json_loads(json, 0, NULL);
    struct texts texts;

    assert_non_null(object);
    assert_int_equal(texts_from_json(object, &texts), 0);
    return texts;
}

static void texts_answer_in_the_language_asked(void **state UNUSED)
{
    AUTO(texts_done) struct texts texts = texts_of("{\"sv\":\"Hälsodata\",\"en\":\"Health data\"}");

    assert_string_equal(texts_get(&texts, "en", "sv"), "Health data");
    assert_string_equal(texts_get(&texts, "sv", NULL), "Hälsodata");
}

static void texts_fall_back(void **state UNUSED)
{
    AUTO(texts_done) struct texts texts = texts_of("{\"sv\":\"Hälsodata\",\"en\":\"Health data\"}");

    assert_string_equal(texts_get(&texts, "nb", "en"), "Health data");
    assert_string_equal(texts_get(&texts, "nb", "de"), "Hälsodata");
    assert_string_equal(texts_get(&texts, NULL, NULL), "Hälsodata");
}

static void assert_nearest(const char *json, const char *language, const char *expected)
{
    AUTO(texts_done) struct texts texts = texts_of(json);

    assert_string_equal(texts_get(&texts, language, "sv"), expected);
}

static void texts_are_looked_up_by_shorter_tags(void **state UNUSED)
{
    const char *json = "{\"sv\":\"s\",\"en\":\"e\",\"en-GB\":\"g\",\"zh-Hant\":\"z\"}";

    assert_nearest(json, "en-GB", "g");
    assert_nearest(json, "EN-gb", "g");
    assert_nearest(json, "en-GB-oxendict", "g");
    assert_nearest(json, "en-US", "e");
    assert_nearest(json, "zh-Hant-TW-x-private", "z");
    assert_nearest(json, "zh-Hant-a-private", "z");
    assert_nearest(json, "eng", "s");
    assert_nearest(json, "e", "s");
    assert_nearest(json, "", "s");
    assert_nearest(json, "-", "s");
    assert_nearest(json, "-en", "s");
    assert_nearest(json, "de-en", "s");
    assert_nearest(json, "en-------------------------------------------------", "s");
}

static void texts_of_the_same_language_are_near(void **state UNUSED)
{
    assert_nearest("{\"sv\":\"s\",\"en-GB\":\"g\"}", "en", "g");
    assert_nearest("{\"sv\":\"s\",\"en-GB\":\"g\"}", "en-US", "g");
    assert_nearest("{\"de\":\"d\",\"sv-FI\":\"s\"}", "fr", "s");
}

static void norwegian_is_one_language(void **state UNUSED)
{
    assert_nearest("{\"sv\":\"s\",\"no\":\"o\",\"nn\":\"n\"}", "nb", "o");
    assert_nearest("{\"sv\":\"s\",\"nn\":\"n\"}", "nb-NO", "n");
    assert_nearest("{\"sv\":\"s\",\"nn\":\"n\",\"nb\":\"b\"}", "no", "b");
    assert_nearest("{\"sv\":\"s\",\"nb-NO\":\"b\"}", "nn-NO", "b");
    assert_nearest("{\"sv\":\"s\",\"da\":\"d\"}", "nb", "s");
    assert_nearest("{\"sv\":\"s\",\"no\":\"o\"}", "nob", "s");
}

static void texts_may_be_empty(void **state UNUSED)
{
    AUTO(texts_done) struct texts texts = texts_of("{}");
    json_auto_t *object = texts_to_json(&texts);

    assert_string_equal(texts_get(&texts, "sv", "en"), "");
    assert_int_equal(json_object_size(object), 0);
}

static void texts_refuse_what_is_no_text(void **state UNUSED)
{
    static const char *const wrong[] = {
        "[]", "[\"sv\"]", "{\"sv\":1}", "{\"sv\":null}", "{\"sv\":{}}", "{\"sv\":\"a\",\"en\":[]}"};
    struct texts texts = {.count = 7};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        json_auto_t *value = json_loads(wrong[i], 0, NULL);
        assert_int_equal(texts_from_json(value, &texts), -EINVAL);
    }
    assert_int_equal(texts_from_json(NULL, &texts), -EINVAL);
    assert_int_equal(texts.count, 7); /* untouched */
}

static void texts_copy_stands_alone(void **state UNUSED)
{
    struct texts texts = texts_of("{\"sv\":\"Hälsodata\"}");
    AUTO(texts_done) struct texts copy;

    assert_int_equal(texts_copy(&texts, &copy), 0);
    texts_done(&texts);
    assert_int_equal(texts.count, 0);
    assert_string_equal(texts_get(&copy, "sv", NULL), "Hälsodata");
}

static void texts_go_out_as_they_came_in(void **state UNUSED)
{
    const char *json = "{\"sv\":\"Hälsodata\",\"en\":\"\"}";
    AUTO(texts_done) struct texts texts = texts_of(json);
    json_auto_t *object = texts_to_json(&texts);
    AUTO(free_ptr) char *written = json_dumps(object, JSON_COMPACT);

    assert_string_equal(written, json);
}

static void words_name_their_values(void **state UNUSED)
{
    assert_string_equal(kind_names[KIND_INDICATOR], "indicator");
    assert_null(kind_names[KIND_INDICATOR + 1]);
    assert_string_equal(stage_names[STAGE_ONGOING], "ongoing");
    assert_string_equal(state_names[STATE_DONE], "done");
    assert_string_equal(confidence_names[CONFIDENCE_HIGH], "high");
    assert_string_equal(how_names[HOW_REOPENED], "reopened");
    assert_string_equal(role_names[ROLE_SECONDMENT], "secondment");
    assert_null(role_names[ROLE_SECONDMENT + 1]);
    assert_string_equal(holder_names[HOLDER_GROUP], "group");
    assert_string_equal(group_kind_names[1], "working_group");
    assert_string_equal(source_names[SOURCE_REPORTED], "reported");
    assert_string_equal(schedule_names[SCHEDULE_RUNNING], "running");
    assert_string_equal(reason_names[REASON_SUPERSEDED_EDITION], "superseded_edition");
    assert_null(reason_names[REASON_SUPERSEDED_EDITION + 1]);
}

static void words_are_read_back(void **state UNUSED)
{
    assert_int_equal(enum_parse(kind_names, "deliverable"), KIND_DELIVERABLE);
    assert_int_equal(enum_parse(how_names, "dropped"), HOW_DROPPED);
    assert_int_equal(enum_parse(role_names, "beneficiary"), ROLE_BENEFICIARY);
}

static void words_refuse_what_is_none(void **state UNUSED)
{
    assert_int_equal(enum_parse(kind_names, "deliverables"), -EINVAL);
    assert_int_equal(enum_parse(stage_names, ""), -EINVAL);
    assert_int_equal(enum_parse(how_names, NULL), -EINVAL);
}

static void text_is_found_whatever_its_case(void **state UNUSED)
{
    assert_true(text_has("Ökat nyttjande", "ökat NYTT"));
    assert_true(text_has("nyttjande av hälsodata", "HÄLSO"));
    assert_true(text_has("ČÁHPPES, ŽŽ", "čáhppes, žž"));
    assert_true(text_has("Здоровье", "зДОР"));
    assert_true(text_has("aab", "ab"));
    assert_true(text_has("anything", "") && text_has("", ""));
    assert_false(text_has("Ökat", "okat"));
    assert_false(text_has("ab", "abc"));
    assert_false(text_has("", "a"));
    assert_false(text_has("\xc3", "ä"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_answer_in_the_language_asked),
        cmocka_unit_test(texts_fall_back),
        cmocka_unit_test(texts_are_looked_up_by_shorter_tags),
        cmocka_unit_test(texts_of_the_same_language_are_near),
        cmocka_unit_test(norwegian_is_one_language),
        cmocka_unit_test(texts_may_be_empty),
        cmocka_unit_test(texts_refuse_what_is_no_text),
        cmocka_unit_test(texts_copy_stands_alone),
        cmocka_unit_test(texts_go_out_as_they_came_in),
        cmocka_unit_test(text_is_found_whatever_its_case),
        cmocka_unit_test(words_name_their_values),
        cmocka_unit_test(words_are_read_back),
        cmocka_unit_test(words_refuse_what_is_none),
    };

    return cmocka_run_group_tests_name("core/text", tests, NULL, NULL);
}
