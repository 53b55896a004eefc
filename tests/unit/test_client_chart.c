/* A series as text: bars by date and value, the target's line, plain characters, little room. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chart.h"
#include "text.h"

static char *drawn(const struct chart_point *points, size_t count, double target, size_t width,
                   bool plain)
{
    struct chart chart = {.points = points,
                          .count = count,
                          .first = "2020",
                          .last = "2023",
                          .baseline = (double)NAN,
                          .target = target,
                          .width = width,
                          .indent = 2,
                          .plain = plain};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    chart_print(out, &chart);
    fclose(out);
    return text;
}

static const struct chart_point rising[] = {{0, 0}, {10, 20}, {20, 40}, {30, 80}};

static void chart_draws_bars_up_to_the_target(void **state UNUSED)
{
    AUTO(free_ptr) char *text = drawn(rising, 4, 80, 30, true);
    assert_string_equal(text, "  80 |---------------------###\n"
                              "     |                     ###\n"
                              "     |                     ###\n"
                              "     |                     ###\n"
                              "     |              ###    ###\n"
                              "     |              ###    ###\n"
                              "     |       ###    ###    ###\n"
                              "   0 |###    ###    ###    ###\n"
                              "     +------------------------\n"
                              "      2020                2023\n");
}

static void chart_draws_eighths_where_it_can(void **state UNUSED)
{
    const struct chart_point points[] = {{0, 0}, {1, 35}, {2, 64}};
    AUTO(free_ptr) char *text = drawn(points, 3, (double)NAN, 20, false);
    assert_non_null(strstr(text, "▁"));
    assert_non_null(strstr(text, "▃"));
    assert_null(strstr(text, "┄"));
    assert_null(strstr(text, "#"));
}

static void chart_reaches_a_target_below_all_values(void **state UNUSED)
{
    const struct chart_point points[] = {{0, 100}, {5, 60}};
    AUTO(free_ptr) char *text = drawn(points, 2, 20, 24, true);
    assert_memory_equal(text, "  100 |###", 10);
    assert_non_null(strstr(text, "   20 |###--"));
}

static void chart_of_one_value_stands(void **state UNUSED)
{
    const struct chart_point points[] = {{7, 5}};
    AUTO(free_ptr) char *text = drawn(points, 1, 5, 30, true);
    assert_non_null(strstr(text, "5 |###"));
    assert_null(strstr(text, "2023"));
}

static void chart_never_is_wider_than_asked(void **state UNUSED)
{
    struct chart_point many[300];
    for (int i = 0; i < 300; i++)
        many[i] = (struct chart_point){i, i % 7 + 0.123456789};
    for (size_t width = 0; width < 80; width++) {
        AUTO(free_ptr) char *text = drawn(many, 300, 3, width, false);
        for (char *line = strtok(text ? text : (char[]){""}, "\n"); line; line = strtok(NULL, "\n"))
            assert_in_range(text_width(line), 0, width);
    }
}

static void chart_of_nothing_is_nothing(void **state UNUSED)
{
    AUTO(free_ptr) char *text = drawn(NULL, 0, 5, 60, false);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chart_draws_bars_up_to_the_target),
        cmocka_unit_test(chart_draws_eighths_where_it_can),
        cmocka_unit_test(chart_reaches_a_target_below_all_values),
        cmocka_unit_test(chart_of_one_value_stands),
        cmocka_unit_test(chart_never_is_wider_than_asked),
        cmocka_unit_test(chart_of_nothing_is_nothing),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
