/* What the JSON writer writes, and that it is what the library would have written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "wire/writer.h"

/* Ends the writer. */
static void assert_wrote(struct writer *writer, const char *text)
{
    writer_bytes(writer, "", 1);
    assert_false(writer_failed(writer));
    assert_string_equal(buffer_bytes(&writer->buffer), text);
    writer_done(writer);
}

static void members_are_separated_by_commas(void **state UNUSED)
{
    struct writer writer = {};

    writer_begin_object(&writer, NULL);
    writer_null(&writer, "a");
    writer_begin_array(&writer, "b");
    writer_int(&writer, NULL, 1);
    writer_begin_object(&writer, NULL);
    writer_end_object(&writer);
    writer_bool(&writer, NULL, false);
    writer_end_array(&writer);
    writer_bool(&writer, "c", true);
    writer_end_object(&writer);
    assert_wrote(&writer, "{\"a\":null,\"b\":[1,{},false],\"c\":true}");
}

static void text_is_escaped(void **state UNUSED)
{
    struct writer writer = {};

    writer_begin_array(&writer, NULL);
    writer_text(&writer, NULL, "Mål \"2.2\" \\ /\x7f");
    writer_text(&writer, NULL, "\b\t\n\f\r\x01\x1f");
    writer_text(&writer, NULL, "");
    writer_text(&writer, NULL, NULL);
    writer_end_array(&writer);
    assert_wrote(&writer, "[\"Mål \\\"2.2\\\" \\\\ /\x7f\",\"\\b\\t\\n\\f\\r\\u0001\\u001f\",\"\","
                          "null]");
}

static void every_text_reads_back(void **state UNUSED)
{
    for (int c = 1; c < 128; c++) {
        const char text[] = {'a', (char)c, 'b', '\0'};
        AUTO(writer_done) struct writer writer = {};
        json_auto_t *back = NULL;

        writer_text(&writer, NULL, text);
        back = json_loadb(buffer_bytes(&writer.buffer), writer.buffer.len, JSON_DECODE_ANY, NULL);
        assert_string_equal(json_string_value(back), text);
    }
}

static void integers_reach_from_end_to_end(void **state UNUSED)
{
    struct writer writer = {};

    writer_begin_array(&writer, NULL);
    writer_int(&writer, NULL, 0);
    writer_int(&writer, NULL, -7);
    writer_int(&writer, NULL, INT64_MAX);
    writer_int(&writer, NULL, INT64_MIN);
    writer_end_array(&writer);
    assert_wrote(&writer, "[0,-7,9223372036854775807,-9223372036854775808]");
}

static void decimals_are_rounded_and_short(void **state UNUSED)
{
    static const double values[] = {0, 40, 33.333333, 66.6666, 12.5, 99.999, -0.004, -1.25, 1.005};
    struct writer writer = {};

    writer_begin_array(&writer, NULL);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        writer_decimal(&writer, NULL, values[i], 2);
    writer_end_array(&writer);
    assert_wrote(&writer, "[0.0,40.0,33.33,66.67,12.5,100.0,0.0,-1.25,1.0]");
}

static void decimal_of_what_is_no_number_is_null(void **state UNUSED)
{
    struct writer writer = {};

    writer_begin_array(&writer, NULL);
    writer_decimal(&writer, NULL, (double)NAN, 2);
    writer_decimal(&writer, NULL, (double)INFINITY, 2);
    writer_end_array(&writer);
    assert_wrote(&writer, "[null,null]");
}

static void decimals_are_as_the_library_prints_them(void **state UNUSED)
{
    double value = -2e9;

    for (int i = 0; i < 4000; i++, value += 1000003.37) {
        double rounded = round(value * 100) / 100;
        json_auto_t *number = json_real(rounded);
        AUTO(free_ptr) char *text = json_dumps(number, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        struct writer writer = {};

        writer_decimal(&writer, NULL, rounded, 2);
        assert_wrote(&writer, text);
    }
}

static void failure_stays(void **state UNUSED)
{
    AUTO(writer_done) struct writer writer = {};

    writer_json(&writer, NULL, NULL);
    assert_true(writer_failed(&writer));
    writer_int(&writer, NULL, 1);
    assert_true(writer_failed(&writer));
    assert_int_equal(writer.buffer.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_separated_by_commas),
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(every_text_reads_back),
        cmocka_unit_test(integers_reach_from_end_to_end),
        cmocka_unit_test(decimals_are_rounded_and_short),
        cmocka_unit_test(decimal_of_what_is_no_number_is_null),
        cmocka_unit_test(decimals_are_as_the_library_prints_them),
        cmocka_unit_test(failure_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
