/*
 * The checker: every type accepts what it should, and a refusal names the path.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/check.h"

/* Checks `json` against "(FIELDS)"; `path` NULL: it must fit. */
static void check(const char *fields, const char *json, const char *path)
{
    AUTO(idl_freep) struct idl *idl = NULL;
    AUTO(free_ptr) char *text = NULL;
    json_auto_t *object = json_loads(json, JSON_ALLOW_NUL, NULL);
    char got[CHECK_PATH_SIZE] = "(it fits)";
    struct idl_error error;

    assert_non_null(object);
    assert_true(asprintf(&text,
                         "interface a.b\ntype Node (name: string, below: []Node)\n"
                         "type Color (red, green)\nmethod M(%s) -> ()\n",
                         fields) > 0);
    assert_int_equal(idl_parse(text, &idl, &error), 0);
    assert_int_equal(check_object(idl_find(idl, IDL_METHOD, "M")->type, object, got),
                     path ? -EINVAL : 0);
    assert_string_equal(got, path ? path : "(it fits)");
}

static void bool_is_true_or_false(void **state UNUSED)
{
    check("x: bool", "{\"x\":true}", NULL);
    check("x: bool", "{\"x\":false}", NULL);
    check("x: bool", "{\"x\":0}", "x");
    check("x: bool", "{\"x\":\"true\"}", "x");
}

static void int_has_no_fraction_and_no_exponent(void **state UNUSED)
{
    check("x: int", "{\"x\":-3}", NULL);
    check("x: int", "{\"x\":3.0}", "x");
    check("x: int", "{\"x\":1e2}", "x");
    check("x: int", "{\"x\":\"3\"}", "x");
    check("x: int", "{\"x\":true}", "x");
}

static void float_is_any_number(void **state UNUSED)
{
    check("x: float", "{\"x\":0.5}", NULL);
    check("x: float", "{\"x\":3}", NULL);
    check("x: float", "{\"x\":\"0.5\"}", "x");
}

static void string_is_text_without_nul(void **state UNUSED)
{
    check("x: string", "{\"x\":\"\"}", NULL);
    check("x: string", "{\"x\":\"å\"}", NULL);
    check("x: string", "{\"x\":1}", "x");
    check("x: string", "{\"x\":\"a\\u0000b\"}", "x");
}

static void object_is_any_object(void **state UNUSED)
{
    check("x: object", "{\"x\":{\"a\":[null,{\"b\":1}]}}", NULL);
    check("x: object", "{\"x\":[]}", "x");
    check("x: object", "{\"x\":{\"a\":[1,\"\\u0000\"]}}", "x.a[1]");
}

static void any_is_anything_but_null(void **state UNUSED)
{
    check("x: any", "{\"x\":[1,null]}", NULL);
    check("x: any", "{\"x\":false}", NULL);
    check("x: any", "{\"x\":null}", "x");
    check("x: any", "{}", "x");
}

static void enum_is_one_of_its_words(void **state UNUSED)
{
    check("x: (one, two)", "{\"x\":\"two\"}", NULL);
    check("x: Color", "{\"x\":\"red\"}", NULL);
    check("x: Color", "{\"x\":\"blue\"}", "x");
    check("x: Color", "{\"x\":\"\"}", "x");
    check("x: Color", "{\"x\":0}", "x");
}

static void struct_fields_are_named_with_dots(void **state UNUSED)
{
    check("work: (total: int)", "{\"work\":{\"total\":1}}", NULL);
    check("work: (total: int)", "{\"work\":{\"total\":\"1\"}}", "work.total");
    check("work: (total: int)", "{\"work\":{}}", "work.total");
    check("work: (total: int)", "{\"work\":[]}", "work");
    check("work: (total: int)", "{\"work\":{\"total\":1,\"late\":2}}", "work.late");
}

static void array_items_are_named_by_index(void **state UNUSED)
{
    check("evidence: []string", "{\"evidence\":[]}", NULL);
    check("evidence: []string", "{\"evidence\":[\"a\",\"b\",3]}", "evidence[2]");
    check("evidence: []string", "{\"evidence\":[null]}", "evidence[0]");
    check("evidence: []string", "{\"evidence\":{}}", "evidence");
    check("m: [][]int", "{\"m\":[[1],[2,\"3\"]]}", "m[1][1]");
}

static void map_values_are_named_by_key(void **state UNUSED)
{
    check("titles: [string]string", "{\"titles\":{\"sv\":\"a\",\"en\":\"b\"}}", NULL);
    check("titles: [string]string", "{\"titles\":{\"sv\":\"a\",\"en\":1}}", "titles.en");
    check("titles: [string]string", "{\"titles\":[]}", "titles");
    check("set: [string]()", "{\"set\":{\"a\":{}}}", NULL);
    check("set: [string]()", "{\"set\":{\"a\":{\"b\":1}}}", "set.a.b");
}

static void nullable_may_be_null_or_absent(void **state UNUSED)
{
    check("x: ?int", "{}", NULL);
    check("x: ?int", "{\"x\":null}", NULL);
    check("x: ?int", "{\"x\":1}", NULL);
    check("x: ?int", "{\"x\":\"\"}", "x");
    check("x: []?int", "{\"x\":[1,null]}", NULL);
    check("x: ?[]int", "{\"x\":[null]}", "x[0]");
}

static void required_field_may_be_neither_null_nor_absent(void **state UNUSED)
{
    check("x: int, y: int", "{\"x\":1}", "y");
    check("x: int", "{\"x\":null}", "x");
}

static void unknown_field_is_named_before_others(void **state UNUSED)
{
    check("", "{\"x\":1}", "x");
    check("percent: float", "{\"percnt\":1}", "percnt");
    check("percent: ?float", "{\"Percent\":1}", "Percent");
}

static void recursive_types_are_followed(void **state UNUSED)
{
    check("root: Node",
          "{\"root\":{\"name\":\"a\",\"below\":[{\"name\":\"b\",\"below\":[]},"
          "{\"name\":\"c\",\"below\":[{\"name\":1,\"below\":[]}]}]}}",
          "root.below[1].below[0].name");
}

static void long_path_is_cut_at_a_character(void **state UNUSED)
{
    AUTO(free_ptr) char *json = NULL;
    char key[400], path[CHECK_PATH_SIZE];

    for (size_t i = 0; i < sizeof(key) - 2; i += 2)
        memcpy(key + i, "å", 3);
    assert_true(asprintf(&json, "{\"%s\":1}", key) > 0);
    memcpy(path, key, CHECK_PATH_SIZE);
    path[CHECK_PATH_SIZE - 2] = '\0'; /* 255 bytes would end in half a letter */
    check("", json, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bool_is_true_or_false),
        cmocka_unit_test(int_has_no_fraction_and_no_exponent),
        cmocka_unit_test(float_is_any_number),
        cmocka_unit_test(string_is_text_without_nul),
        cmocka_unit_test(object_is_any_object),
        cmocka_unit_test(any_is_anything_but_null),
        cmocka_unit_test(enum_is_one_of_its_words),
        cmocka_unit_test(struct_fields_are_named_with_dots),
        cmocka_unit_test(array_items_are_named_by_index),
        cmocka_unit_test(map_values_are_named_by_key),
        cmocka_unit_test(nullable_may_be_null_or_absent),
        cmocka_unit_test(required_field_may_be_neither_null_nor_absent),
        cmocka_unit_test(unknown_field_is_named_before_others),
        cmocka_unit_test(recursive_types_are_followed),
        cmocka_unit_test(long_path_is_cut_at_a_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
