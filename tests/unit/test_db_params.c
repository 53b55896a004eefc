/*
 * db/params.h: what PostgreSQL's binary format wants, byte for byte (array_recv, int8recv), and
 * lists as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "db/params.h"

static void array_has_its_head_and_its_elements(void **state UNUSED)
{
    static const unsigned char expected[] = {
        0, 0, 0, 1,  /* one dimension */
        0, 0, 0, 1,  /* there may be nulls */
        0, 0, 0, 25, /* of text */
        0, 0, 0, 2,  /* two of them */
        0, 0, 0, 1,  /* numbered from 1 */
        0, 0, 0, 3,  'p', 'u', 't', 0, 0, 0, 0,
    };
    AUTO(param_array_done) struct param_array array = {0};
    struct pg_value value;

    param_array_open(&array, PARAM_TEXT);
    param_array_add(&array, "put", 3);
    param_array_add(&array, "", 0);
    assert_int_equal(param_array_close(&array, &value), 0);
    assert_int_equal(value.len, sizeof(expected));
    assert_memory_equal(value.bytes, expected, sizeof(expected));
}

static void null_element_has_length_minus_one(void **state UNUSED)
{
    static const unsigned char expected[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 8,
                                             0,    0,    0,    0,    0, 0, 1, 2};
    AUTO(param_array_done) struct param_array array = {0};
    struct pg_value value;

    param_array_open(&array, PARAM_INT8);
    param_array_add_null(&array);
    param_array_add_int8(&array, 258);
    assert_int_equal(param_array_close(&array, &value), 0);
    assert_memory_equal((const char *)value.bytes + 20, expected, sizeof(expected));
}

static void float_and_json_are_written_as_postgresql_reads_them(void **state UNUSED)
{
    static const unsigned char half[] = {0, 0, 0, 8, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0};
    static const unsigned char json[] = {0, 0, 0, 3, 1, '[', ']'};
    AUTO(param_array_done) struct param_array floats = {0}, objects = {0};
    struct pg_value value;

    param_array_open(&floats, PARAM_FLOAT8);
    param_array_add_float8(&floats, 0.5);
    assert_int_equal(param_array_close(&floats, &value), 0);
    assert_memory_equal((const char *)value.bytes + 20, half, sizeof(half));
    param_array_open(&objects, PARAM_JSONB);
    param_array_add_jsonb(&objects, "[]");
    assert_int_equal(param_array_close(&objects, &value), 0);
    assert_memory_equal((const char *)value.bytes + 20, json, sizeof(json));
}

static void numbers_are_big_endian(void **state UNUSED)
{
    static const unsigned char four[] = {0xff, 0xff, 0xff, 0xfe};
    static const unsigned char eight[] = {0, 0, 1, 0, 0, 0, 0, 7};
    char buffer[8];
    struct pg_value value = param_int4(-2, buffer);

    assert_int_equal(value.len, 4);
    assert_memory_equal(value.bytes, four, 4);
    value = param_int8((INT64_C(1) << 40) + 7, buffer);
    assert_int_equal(value.len, 8);
    assert_memory_equal(value.bytes, eight, 8);
}

static void time_counts_from_the_year_2000(void **state UNUSED)
{
    static const unsigned char before[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    char buffer[8];
    struct pg_value value = param_timestamp(INT64_C(946684799999999), buffer);

    assert_memory_equal(value.bytes, before, 8);
}

static void list_is_open_and_closed_whatever_is_in_it(void **state UNUSED)
{
    AUTO(param_list_done) struct param_list array = PARAM_LIST_ARRAY;
    AUTO(param_list_done) struct param_list empty = PARAM_LIST_ARRAY;
    AUTO(param_list_done) struct param_list json = PARAM_LIST_JSON;

    param_list_add_number(&array, -7);
    param_list_add_number(&array, INT64_MAX);
    param_list_add(&json, "{}");
    assert_string_equal(param_list_close(&array), "{-7,9223372036854775807}");
    assert_string_equal(param_list_close(&empty), "{}");
    assert_string_equal(param_list_close(&json), "[{}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(array_has_its_head_and_its_elements),
        cmocka_unit_test(null_element_has_length_minus_one),
        cmocka_unit_test(float_and_json_are_written_as_postgresql_reads_them),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(time_counts_from_the_year_2000),
        cmocka_unit_test(list_is_open_and_closed_whatever_is_in_it),
    };

    return cmocka_run_group_tests_name("db/params", tests, NULL, NULL);
}
