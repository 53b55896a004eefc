/*
 * Interface descriptions: the corpus, what the parser finds, and where it says an error is.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/support/corpus.h"
#include "wire/idl.h"
#include "wire/interfaces.h"

#define HEAD "interface org.example.ftl\n"

static bool accepts_interface(const char *text, size_t len UNUSED)
{
    AUTO(idl_freep) struct idl *idl = NULL;
    struct idl_error error = {};
    int r = idl_parse(text, &idl, &error);

    assert_true(r == 0 || r == -EINVAL);
    if (r < 0) {
        assert_true(error.line >= 1 && error.column >= 1);
        assert_true(strlen(error.message) > 0);
    }
    return r == 0;
}

static struct idl *parse(const char *text)
{
    struct idl *idl = NULL;
    struct idl_error error = {};

    if (idl_parse(text, &idl, &error) < 0)
        fail_msg("%d:%d: %s", error.line, error.column, error.message);
    return idl;
}

static const struct idl_type *field_type(const struct idl_type *type, const char *name)
{
    for (const struct idl_field *field = type->fields; field; field = field->next)
        if (strcmp(field->name, name) == 0)
            return field->type;
    fail_msg("no field %s", name);
    return NULL;
}

static void corpus_is_told_apart(void **state UNUSED)
{
    corpus_run("interfaces", 20, accepts_interface);
}

static void own_interfaces_parse(void **state UNUSED)
{
    AUTO(idl_freep) struct idl *service = parse(interface_org_varlink_service);
    AUTO(idl_freep) struct idl *tracker = parse(interface_io_goald_Tracker);

    assert_string_equal(service->name, "org.varlink.service");
    assert_string_equal(tracker->name, "io.goald.Tracker");
    assert_string_equal(service->text, interface_org_varlink_service);
}

static void members_are_found_by_kind_and_name(void **state UNUSED)
{
    AUTO(idl_freep)
    struct idl *idl = parse(HEAD "method Jump(to: int) -> (done: bool)\ntype Place (x: float)\n"
                                 "error NotEnoughEnergy (missing: int)\n");
    const struct idl_member *jump = idl_find(idl, IDL_METHOD, "Jump");

    assert_non_null(jump);
    assert_int_equal(field_type(jump->type, "to")->kind, IDL_INT);
    assert_int_equal(field_type(jump->output, "done")->kind, IDL_BOOL);
    assert_non_null(idl_find(idl, IDL_TYPE, "Place"));
    assert_non_null(idl_find(idl, IDL_ERROR, "NotEnoughEnergy"));
    assert_null(idl_find(idl, IDL_ERROR, "Jump"));
    assert_null(idl_find(idl, IDL_METHOD, "jump"));
}

static void names_of_types_are_resolved(void **state UNUSED)
{
    AUTO(idl_freep)
    struct idl *idl = parse(HEAD "method F(a: []?Color) -> ()\n"
                                 "type Color (red, green)\n");
    const struct idl_type *type = field_type(idl_find(idl, IDL_METHOD, "F")->type, "a");

    assert_int_equal(type->kind, IDL_ARRAY);
    assert_int_equal(type->element->kind, IDL_NULLABLE);
    assert_int_equal(type->element->element->kind, IDL_NAME);
    assert_int_equal(idl_resolve(type->element->element)->kind, IDL_ENUM);
}

static void comments_before_a_member_are_its_doc(void **state UNUSED)
{
    AUTO(idl_freep)
    struct idl *idl = parse("# A drive.\n#\n#  Indented\n" HEAD "# not this\n\n# Jumps.\r\n# Far.\n"
                            "method F() -> () # nor this\nerror E ()\n");

    assert_string_equal(idl->doc, "A drive.\n\n Indented");
    assert_string_equal(idl_find(idl, IDL_METHOD, "F")->doc, "Jumps.\nFar.");
    assert_null(idl_find(idl, IDL_ERROR, "E")->doc);
}

static void comments_before_a_field_are_its_doc(void **state UNUSED)
{
    AUTO(idl_freep)
    struct idl *idl = parse(HEAD "type T ( # no\n  # of a\n  a: int, # no\n  b: int,\n"
                                 "  # of c\n  # too\n  c: int\n)\n");
    const struct idl_field *a = idl_find(idl, IDL_TYPE, "T")->type->fields;

    assert_string_equal(a->doc, "of a");
    assert_null(a->next->doc);
    assert_string_equal(a->next->next->doc, "of c\ntoo");
}

static void assert_error(const char *text, int line, int column, const char *part)
{
    struct idl *idl = NULL;
    struct idl_error error = {};

    assert_int_equal(idl_parse(text, &idl, &error), -EINVAL);
    assert_null(idl);
    if (error.line != line || error.column != column || !strstr(error.message, part))
        fail_msg("%d:%d: %s", error.line, error.column, error.message);
}

static void error_names_line_column_and_what_was_expected(void **state UNUSED)
{
    assert_error(HEAD "method F() -> (a: itn)\n", 2, 19, "expected a type, not \"itn\"");
    assert_error(HEAD "\n  metod F() -> ()\n", 3, 3, "\"metod\"");
    assert_error(HEAD "type T (a: int", 2, 15, "the text ends");
    assert_error("interface ftl\n", 1, 11, "org.example.ftl");
}

static void error_of_an_unknown_type_is_where_its_name_stands(void **state UNUSED)
{
    assert_error(HEAD "type T (\n  a: int,\n  b: []Missing\n)\nmethod F() -> ()\n", 4, 8,
                 "no type is called Missing");
}

static void error_of_a_name_twice_is_at_the_second(void **state UNUSED)
{
    assert_error(HEAD "type T (a: int)\r\nmethod T() -> ()\r\n", 3, 8, "T is there twice");
    assert_error(HEAD "type T (a: int, b: int, a: int)\n", 2, 25, "field a is there twice");
}

static void error_column_counts_characters_not_bytes(void **state UNUSED)
{
    assert_error(HEAD "type T (a: int) \u3000é\n", 2, 18, "new line");
}

static void interface_names_are_recognised(void **state UNUSED)
{
    assert_true(idl_is_interface_name("io.goald.Tracker"));
    assert_false(idl_is_interface_name("io.goald.Tracker "));
    assert_false(idl_is_interface_name("goald"));
    assert_false(idl_is_interface_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_is_told_apart),
        cmocka_unit_test(own_interfaces_parse),
        cmocka_unit_test(members_are_found_by_kind_and_name),
        cmocka_unit_test(names_of_types_are_resolved),
        cmocka_unit_test(comments_before_a_member_are_its_doc),
        cmocka_unit_test(comments_before_a_field_are_its_doc),
        cmocka_unit_test(error_names_line_column_and_what_was_expected),
        cmocka_unit_test(error_of_an_unknown_type_is_where_its_name_stands),
        cmocka_unit_test(error_of_a_name_twice_is_at_the_second),
        cmocka_unit_test(error_column_counts_characters_not_bytes),
        cmocka_unit_test(interface_names_are_recognised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
