/* Dates with a precision: reading, writing, and the days they stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/date.h"

#include <errno.h>
#include <string.h>

static struct date parsed(const char *text)
{
    struct date date;

    assert_int_equal(date_parse(text, &date), 0);
    return date;
}

static void date_is_written_as_it_was_read(void **state UNUSED)
{
    static const char *const texts[] = {"2021-11-01", "2021-11",    "2021",
                                        "0001-01-01", "9999-12-31", "2024-02-29"};
    char buffer[DATE_TEXT_SIZE];

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_string_equal(date_format(parsed(texts[i]), buffer), texts[i]);
}

static void date_null_is_no_date(void **state UNUSED)
{
    char buffer[DATE_TEXT_SIZE];

    assert_false(date_given(parsed(NULL)));
    assert_string_equal(date_format(parsed(NULL), buffer), "");
}

static void date_refuses_what_is_not_one(void **state UNUSED)
{
    static const char *const texts[] = {"",
                                        "0000",
                                        "21",
                                        "2021-",
                                        "2021-13",
                                        "2021-00",
                                        "2021-1",
                                        "2021-11-00",
                                        "2021-11-31",
                                        "2021-02-29",
                                        "1900-02-29",
                                        "2021-11-1",
                                        "2021-11-01 ",
                                        " 2021-11-01",
                                        "2021/11/01",
                                        "2021-11-01T",
                                        "+021-11-01",
                                        "20211101",
                                        "2021-11-",
                                        "-2021",
                                        "2021-1a",
                                        "١٢٣٤"};
    struct date date = {1, 2, 3};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(date_parse(texts[i], &date), -EINVAL);
    assert_int_equal(date.month, 2); /* untouched */
}

static void date_day_zero_is_1970(void **state UNUSED)
{
    assert_int_equal(date_first_day(parsed("1970-01-01")), 0);
    assert_int_equal(date_first_day(parsed("1969-12-31")), -1);
    assert_int_equal(date_first_day(parsed("2000-03-01")), 11017);
    assert_int_equal(date_first_day(parsed("2024-12-31")), 20088);
    assert_int_equal(date_first_day(parsed("0001-01-01")), -719162);
}

static void date_counts_its_whole_period(void **state UNUSED)
{
    assert_int_equal(date_first_day(parsed("2024")), date_first_day(parsed("2024-01-01")));
    assert_int_equal(date_last_day(parsed("2024")), date_last_day(parsed("2024-12-31")));
    assert_int_equal(date_first_day(parsed("2024-02")), date_first_day(parsed("2024-02-01")));
    assert_int_equal(date_last_day(parsed("2024-02")), date_last_day(parsed("2024-02-29")));
    assert_int_equal(date_last_day(parsed("2023-02")), date_last_day(parsed("2023-02-28")));
    assert_int_equal(date_last_day(parsed("2021-04-05")), date_first_day(parsed("2021-04-05")));
}

static void date_from_day_is_the_way_back(void **state UNUSED)
{
    int32_t last = date_last_day(parsed("9999"));
    int32_t wrong = 0;

    for (int32_t day = date_first_day(parsed("0001")); day <= last; day++) {
        struct date date = date_from_day(day);
        wrong += date_first_day(date) != day || date_last_day(date) != day;
    }
    assert_int_equal(wrong, 0);
}

static void date_from_day_outside_the_years_is_none(void **state UNUSED)
{
    assert_false(date_given(date_from_day(date_last_day(parsed("9999")) + 1)));
    assert_false(date_given(date_from_day(date_first_day(parsed("0001")) - 1)));
    assert_false(date_given(date_from_day(INT32_MIN)));
    assert_false(date_given(date_from_day(INT32_MAX)));
}

static void assert_after(const char *date, const char *span, const char *expected)
{
    char text[DATE_TEXT_SIZE];
    struct span parsed;
    struct date from;

    assert_int_equal(date_parse(date, &from), 0);
    assert_int_equal(span_parse(span, &parsed), 0);
    assert_string_equal(date_format(date_after(from, parsed), text), expected);
}

static void span_is_read_and_written(void **state UNUSED)
{
    static const char *const texts[] = {"P5Y", "P7M", "P1Y6M", "P30D", "P999Y11M99999D"};
    static const char *const wrong[] = {"",     "P",      "5Y",  "P5",   "P0D",     "P1D2M",
                                        "P-5Y", "P1000Y", "P5y", "P5Y ", "P100000D"};
    char text[SPAN_TEXT_SIZE];
    struct span span;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_int_equal(span_parse(texts[i], &span), 0);
        assert_string_equal(span_format(span, text), texts[i]);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(span_parse(wrong[i], &span), -EINVAL);
    assert_int_equal(span_parse("P18M", &span), 0);
    assert_string_equal(span_format(span, text), "P1Y6M");
    assert_int_equal(span_parse(NULL, &span), 0);
    assert_string_equal(span_format(span, text), "");
}

static void date_after_is_as_precise_as_the_date(void **state UNUSED)
{
    assert_after("2021", "P5Y", "2026");
    assert_after("2021", "P60M", "2026");
    assert_after("2021-05", "P8M", "2022-01");
    assert_after("2021-05-17", "P1Y", "2022-05-17");
    assert_after("2021", "P18M", "2022-07-01");
    assert_after("2021-05", "P10D", "2021-05-11");
    assert_after("2020-02-29", "P1Y", "2021-02-28");
    assert_after("2021-01-31", "P1M", "2021-02-28");
    assert_after("9999", "P1Y", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_is_written_as_it_was_read),
        cmocka_unit_test(date_null_is_no_date),
        cmocka_unit_test(date_refuses_what_is_not_one),
        cmocka_unit_test(date_day_zero_is_1970),
        cmocka_unit_test(date_counts_its_whole_period),
        cmocka_unit_test(date_from_day_is_the_way_back),
        cmocka_unit_test(date_from_day_outside_the_years_is_none),
        cmocka_unit_test(span_is_read_and_written),
        cmocka_unit_test(date_after_is_as_precise_as_the_date),
    };

    return cmocka_run_group_tests_name("core/date", tests, NULL, NULL);
}
