/* The line of a forecast: its day, and when there is none. */
#include "core_builder.h"

#define TODAY "2024-06-30"

/* The day that the points lead to, as text; "-": none. Points end with an empty date. */
static const char *led_to(const struct point *points)
{
    static char text[DATE_TEXT_SIZE];
    size_t count = 0;
    int32_t day;

    while (date_given(points[count].date))
        count++;
    if (!forecast_day(points, count, day_of(TODAY), &day))
        return "-";
    return date_format(date_from_day(day), text);
}

#define POINT(year, month, day, percent)                                                           \
    {                                                                                              \
        1, {year, month, day}, percent                                                             \
    }
#define LED_TO(...) led_to((const struct point[]){__VA_ARGS__, {0}})

static void forecast_is_the_day_the_line_is_at_100(void **state UNUSED)
{
    /* one percent a day: 100 days after the first */
    assert_string_equal(LED_TO(POINT(2024, 5, 1, 0), POINT(2024, 6, 20, 50)), "2024-08-09");
    /* a third of a day too late: the next one */
    assert_string_equal(LED_TO(POINT(2024, 5, 1, 0), POINT(2024, 5, 4, 4)), "2024-07-15");
}

static void forecast_is_of_least_squares(void **state UNUSED)
{
    /* days 0, 10, 20 with 0, 20, 10: 0.5 a day through (10, 10) */
    assert_string_equal(
        LED_TO(POINT(2024, 6, 1, 0), POINT(2024, 6, 11, 20), POINT(2024, 6, 21, 10)), "2024-12-08");
}

static void forecast_takes_a_date_for_its_last_day(void **state UNUSED)
{
    assert_string_equal(LED_TO(POINT(2024, 4, 0, 0), POINT(2024, 5, 0, 31)),
                        LED_TO(POINT(2024, 4, 30, 0), POINT(2024, 5, 31, 31)));
}

static void forecast_is_not_before_today(void **state UNUSED)
{
    assert_string_equal(LED_TO(POINT(2023, 1, 1, 0), POINT(2023, 1, 11, 90)), TODAY);
    assert_string_equal(LED_TO(POINT(2023, 1, 1, 90), POINT(2023, 1, 11, 100)), TODAY);
}

static void forecast_needs_two_dates(void **state UNUSED)
{
    assert_string_equal(led_to((const struct point[]){{0}}), "-");
    assert_string_equal(LED_TO(POINT(2024, 5, 1, 10)), "-");
    assert_string_equal(LED_TO(POINT(2024, 5, 1, 10), POINT(2024, 5, 1, 20)), "-");
    assert_string_equal(LED_TO(POINT(2024, 5, 31, 10), POINT(2024, 5, 0, 20)), "-");
}

static void forecast_needs_a_line_that_rises(void **state UNUSED)
{
    assert_string_equal(LED_TO(POINT(2024, 4, 1, 30), POINT(2024, 5, 1, 30)), "-");
    assert_string_equal(LED_TO(POINT(2024, 4, 1, 30), POINT(2024, 5, 1, 20)), "-");
}

static void forecast_looks_a_hundred_years_ahead(void **state UNUSED)
{
    /* 2024-06-30 + a hundred years is 36,524 days off */
    double daily = 100.0 / 36524, late = 100.0 / 36525;

    assert_string_equal(LED_TO(POINT(2024, 6, 29, 0 - daily), POINT(2024, 6, 30, 0)), "2124-06-30");
    assert_string_equal(LED_TO(POINT(2024, 6, 29, 0 - late), POINT(2024, 6, 30, 0)), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(forecast_is_the_day_the_line_is_at_100),
        BUILDER_TEST(forecast_is_of_least_squares),
        BUILDER_TEST(forecast_takes_a_date_for_its_last_day),
        BUILDER_TEST(forecast_is_not_before_today),
        BUILDER_TEST(forecast_needs_two_dates),
        BUILDER_TEST(forecast_needs_a_line_that_rises),
        BUILDER_TEST(forecast_looks_a_hundred_years_ahead),
    };

    return cmocka_run_group_tests_name("core/forecast", tests, NULL, NULL);
}
