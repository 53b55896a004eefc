/* Moments as callers write them: dates in a time zone, and RFC 3339 times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "db/instant.h"
#include "db/journal.h"

#include <errno.h>

#define STOCKHOLM "Europe/Stockholm"

static void assert_instant(const char *text, bool end, const char *expected)
{
    char buffer[TIME_TEXT_SIZE];
    int64_t us;

    assert_int_equal(instant_parse(text, STOCKHOLM, end, &us), 0);
    assert_string_equal(time_format(us, buffer), expected);
}

static void date_is_a_day_of_the_zone(void **state UNUSED)
{
    assert_instant("2024-01-15", false, "2024-01-14T23:00:00.000000Z");
    assert_instant("2024-01-15", true, "2024-01-15T22:59:59.999999Z");
    assert_instant("2024-07-15", false, "2024-07-14T22:00:00.000000Z");
}

static void day_of_a_clock_change_is_shorter_or_longer(void **state UNUSED)
{
    assert_instant("2024-03-31", false, "2024-03-30T23:00:00.000000Z");
    assert_instant("2024-03-31", true, "2024-03-31T21:59:59.999999Z");
    assert_instant("2024-10-27", true, "2024-10-27T22:59:59.999999Z");
}

static void month_and_year_are_whole(void **state UNUSED)
{
    assert_instant("2024-02", false, "2024-01-31T23:00:00.000000Z");
    assert_instant("2024-02", true, "2024-02-29T22:59:59.999999Z");
    assert_instant("2024", true, "2024-12-31T22:59:59.999999Z");
}

static void time_has_its_own_zone(void **state UNUSED)
{
    assert_instant("2024-05-31T08:15:02Z", false, "2024-05-31T08:15:02.000000Z");
    assert_instant("2024-05-31T08:15:02Z", true, "2024-05-31T08:15:02.999999Z");
    assert_instant("2024-05-31T08:15:02.5+02:00", true, "2024-05-31T06:15:02.500000Z");
    assert_instant("2024-05-31 23:30:00.123456-01:00", false, "2024-06-01T00:30:00.123456Z");
}

static void years_have_four_digits_whatever_the_zone(void **state UNUSED)
{
    assert_instant("1969", true, "1969-12-31T22:59:59.999999Z");
    assert_instant("1960-01-01T00:00:00.25Z", false, "1960-01-01T00:00:00.250000Z");
    assert_instant("0001-05-31T08:15:02Z", false, "0001-05-31T08:15:02.000000Z");
    assert_instant("0001", false, "0001-01-02T00:00:00.000000Z");
    assert_instant("9999-12-31T23:59:59-23:59", true, "9999-12-31T23:59:59.999999Z");
}

static void anything_else_is_refused(void **state UNUSED)
{
    static const char *const texts[] = {"",
                                        "2024-13",
                                        "2024-02-30",
                                        "yesterday",
                                        "2024-05-31T",
                                        "2024-05-31T08:15Z",
                                        "2024-05-31T24:00:00Z",
                                        "2024-05-31T08:15:02",
                                        "2024-05T08:15:02Z",
                                        "2024-05-31T08:15:02.Z",
                                        "2024-05-31T08:15:02Zx",
                                        "seq:4",
                                        "2024-05-31T08:60:02Z"};
    int64_t us;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_int_equal(instant_parse(texts[i], STOCKHOLM, false, &us), -EINVAL);
    assert_int_equal(instant_parse(NULL, STOCKHOLM, false, &us), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_is_a_day_of_the_zone),
        cmocka_unit_test(day_of_a_clock_change_is_shorter_or_longer),
        cmocka_unit_test(month_and_year_are_whole),
        cmocka_unit_test(time_has_its_own_zone),
        cmocka_unit_test(years_have_four_digits_whatever_the_zone),
        cmocka_unit_test(anything_else_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
