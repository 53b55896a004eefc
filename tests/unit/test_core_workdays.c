/*
 * Public holidays and working days. The dates below follow from the laws that core/workdays.c
 * names; those of Easter are the church's tables' (1818 and 2285 are the earliest, 1943 and 2038
 * the latest there are; 1954, 1981, 2049 and 2076 are years in which the moon is set back a day).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/workdays.h"

#include <errno.h>
#include <string.h>

static const struct workdays week = {.of = WORKDAYS_WEEK};
static const struct workdays sweden = {.of = WORKDAYS_SE};
static const struct workdays norway = {.of = WORKDAYS_NO};

static int32_t day(const char *text)
{
    struct date date;

    assert_int_equal(date_parse(text, &date), 0);
    return date_first_day(date);
}

static const char *text(int32_t of)
{
    static char buffer[DATE_TEXT_SIZE];

    return date_format(date_from_day(of), buffer);
}

/* The holidays of a year, public ones or eves, as "01-01 01-06 …". */
static void assert_days(enum workdays_of of, int year, bool public, const char *expected)
{
    struct holiday_on days[HOLIDAY_COUNT];
    char found[160] = "";

    for (size_t i = 0, n = workdays_holidays(of, year, days); i < n; i++) {
        if (holiday_is_public(days[i].holiday) != public)
            continue;
        strcat(strcat(found, *found ? " " : ""), text(days[i].day) + strlen("2024-"));
    }
    assert_string_equal(found, expected);
}

static void holidays_of_sweden(void **state UNUSED)
{
    static const struct {
        int year;
        const char *days;
    } years[] = {
        {2004, "01-01 01-06 04-09 04-11 04-12 05-01 05-20 05-30 05-31 06-26 11-06 12-25 12-26"},
        {2005, "01-01 01-06 03-25 03-27 03-28 05-01 05-05 05-15 06-06 06-25 11-05 12-25 12-26"},
        {2008, "01-01 01-06 03-21 03-23 03-24 05-01 05-01 05-11 06-06 06-21 11-01 12-25 12-26"},
        {2020, "01-01 01-06 04-10 04-12 04-13 05-01 05-21 05-31 06-06 06-20 10-31 12-25 12-26"},
        {2024, "01-01 01-06 03-29 03-31 04-01 05-01 05-09 05-19 06-06 06-22 11-02 12-25 12-26"},
        {2025, "01-01 01-06 04-18 04-20 04-21 05-01 05-29 06-06 06-08 06-21 11-01 12-25 12-26"},
        {2026, "01-01 01-06 04-03 04-05 04-06 05-01 05-14 05-24 06-06 06-20 10-31 12-25 12-26"},
        {2027, "01-01 01-06 03-26 03-28 03-29 05-01 05-06 05-16 06-06 06-26 11-06 12-25 12-26"},
    };

    for (size_t i = 0; i < ARRAY_LEN(years); i++)
        assert_days(WORKDAYS_SE, years[i].year, true, years[i].days);
}

static void holidays_of_sweden_have_three_eves(void **state UNUSED)
{
    assert_days(WORKDAYS_SE, 2024, false, "06-21 12-24 12-31");
    assert_days(WORKDAYS_SE, 2026, false, "06-19 12-24 12-31");
    assert_days(WORKDAYS_SE, 2027, false, "06-25 12-24 12-31");
}

static void holidays_of_norway(void **state UNUSED)
{
    static const struct {
        int year;
        const char *days;
    } years[] = {
        {2004, "01-01 04-08 04-09 04-11 04-12 05-01 05-17 05-20 05-30 05-31 12-25 12-26"},
        {2008, "01-01 03-20 03-21 03-23 03-24 05-01 05-01 05-11 05-12 05-17 12-25 12-26"},
        {2024, "01-01 03-28 03-29 03-31 04-01 05-01 05-09 05-17 05-19 05-20 12-25 12-26"},
        {2025, "01-01 04-17 04-18 04-20 04-21 05-01 05-17 05-29 06-08 06-09 12-25 12-26"},
        {2026, "01-01 04-02 04-03 04-05 04-06 05-01 05-14 05-17 05-24 05-25 12-25 12-26"},
        {2027, "01-01 03-25 03-26 03-28 03-29 05-01 05-06 05-16 05-17 05-17 12-25 12-26"},
    };

    for (size_t i = 0; i < ARRAY_LEN(years); i++) {
        assert_days(WORKDAYS_NO, years[i].year, true, years[i].days);
        assert_days(WORKDAYS_NO, years[i].year, false, "");
    }
}

static void holidays_follow_easter(void **state UNUSED)
{
    static const char *const sundays[] = {"1818-03-22", "1943-04-25", "1954-04-18", "1981-04-19",
                                          "2000-04-23", "2019-04-21", "2021-04-04", "2022-04-17",
                                          "2023-04-09", "2038-04-25", "2049-04-18", "2076-04-19",
                                          "2285-03-22"};
    struct holiday_on days[HOLIDAY_COUNT];

    for (size_t i = 0; i < ARRAY_LEN(sundays); i++) {
        struct date date = date_from_day(day(sundays[i]));
        size_t n = workdays_holidays(WORKDAYS_SE, date.year, days), at = 0;

        while (at < n && days[at].holiday != HOLIDAY_EASTER)
            at++;
        assert_true(at < n);
        assert_string_equal(text(days[at].day), sundays[i]);
    }
}

static void holidays_of_nobody_are_none(void **state UNUSED)
{
    struct holiday_on days[HOLIDAY_COUNT];

    assert_int_equal(workdays_holidays(WORKDAYS_WEEK, 2024, days), 0);
    assert_int_equal(workdays_holidays(WORKDAYS_LIST, 2024, days), 0);
    assert_int_equal(workdays_holidays(WORKDAYS_SE, 0, days), 0);
    assert_int_equal(workdays_holidays(WORKDAYS_SE, 10000, days), 0);
}

static void holidays_are_named_in_three_languages(void **state UNUSED)
{
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, "sv"), "Annandag påsk");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, "sv-FI"), "Annandag påsk");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, "nb"), "Andre påskedag");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, "no"), "Andre påskedag");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, "nn-NO"), "Andre påskedag");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, "en"), "Easter Monday");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, "svx"), "Easter Monday");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, ""), "Easter Monday");
    assert_string_equal(holiday_name(HOLIDAY_EASTER_MONDAY, NULL), "Easter Monday");
    for (enum holiday i = 0; i < HOLIDAY_COUNT; i++) {
        assert_non_null(holiday_name(i, "sv"));
        assert_non_null(holiday_name(i, "nb"));
        assert_non_null(holiday_name(i, "en"));
    }
}

static void workdays_built_in_are_two(void **state UNUSED)
{
    struct workdays calendar = {.of = WORKDAYS_LIST};

    assert_int_equal(workdays_built_in("FI", &calendar), -ENOENT);
    assert_int_equal(workdays_built_in("se", &calendar), -ENOENT);
    assert_int_equal(workdays_built_in(NULL, &calendar), -ENOENT);
    assert_int_equal(calendar.of, WORKDAYS_LIST); /* untouched */
    assert_int_equal(workdays_built_in("SE", &calendar), 0);
    assert_int_equal(calendar.of, WORKDAYS_SE);
    assert_non_null(strstr(workdays_source(calendar.of), "1989:253"));
    assert_int_equal(workdays_built_in("NO", &calendar), 0);
    assert_int_equal(calendar.of, WORKDAYS_NO);
    assert_non_null(strstr(workdays_source(calendar.of), "1947-04-26-1"));
    assert_null(workdays_source(WORKDAYS_WEEK));
    assert_null(workdays_source(WORKDAYS_LIST));
}

static void workdays_end_with_friday(void **state UNUSED)
{
    static const struct workdays *const all[] = {&week, &sweden, &norway};

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_true(workdays_is_working(all[i], day("2026-09-11")));  /* a Friday */
        assert_false(workdays_is_working(all[i], day("2026-09-12"))); /* a Saturday */
        assert_false(workdays_is_working(all[i], day("2026-09-13")));
        assert_true(workdays_is_working(all[i], day("2026-09-14")));
        assert_true(workdays_is_working(all[i], day("1969-12-30"))); /* before day 0 */
        assert_false(workdays_is_working(all[i], day("1969-12-28")));
    }
}

static void workdays_leave_holidays_out(void **state UNUSED)
{
    assert_true(workdays_is_working(&week, day("2024-12-25")));
    assert_false(workdays_is_working(&sweden, day("2024-12-25")));
    assert_false(workdays_is_working(&norway, day("2024-12-25")));
    /* one country's, and the eves of the other */
    assert_true(workdays_is_working(&sweden, day("2024-05-17")));
    assert_false(workdays_is_working(&norway, day("2024-05-17")));
    assert_false(workdays_is_working(&sweden, day("2024-06-06")));
    assert_true(workdays_is_working(&norway, day("2024-06-06")));
    assert_false(workdays_is_working(&sweden, day("2024-06-21")));
    assert_true(workdays_is_working(&norway, day("2024-06-21")));
    assert_false(workdays_is_working(&sweden, day("2024-12-24")));
    assert_true(workdays_is_working(&norway, day("2024-12-24")));
    /* Whit Monday and the sixth of June changed places in Sweden */
    assert_false(workdays_is_working(&sweden, day("2004-05-31")));
    assert_true(workdays_is_working(&sweden, day("2003-06-06")));
    assert_true(workdays_is_working(&sweden, day("2005-05-16")));
    assert_false(workdays_is_working(&sweden, day("2005-06-06")));
    assert_false(workdays_is_working(&norway, day("2005-05-16")));
}

static void workdays_take_a_list(void **state UNUSED)
{
    int32_t days[] = {day("2025-12-06"), day("2026-12-07"), day("2027-12-06")};
    struct workdays list = {WORKDAYS_LIST, ARRAY_LEN(days), days};
    struct workdays empty = {.of = WORKDAYS_LIST};

    assert_false(workdays_is_working(&list, day("2026-12-07")));
    assert_true(workdays_is_working(&list, day("2026-12-08")));
    assert_true(workdays_is_working(&list, day("2026-12-04")));
    assert_false(workdays_is_working(&list, day("2027-12-06")));
    assert_true(workdays_is_working(&list, day("2031-12-08")));
    assert_true(workdays_is_working(&empty, day("2026-12-07")));
    assert_string_equal(text(workdays_after(&list, day("2026-12-04"), 1)), "2026-12-08");
}

static void assert_after(const struct workdays *calendar, const char *from, int32_t count,
                         const char *expected)
{
    assert_string_equal(text(workdays_after(calendar, day(from), count)), expected);
}

static void workdays_after_counts_those_worked(void **state UNUSED)
{
    assert_after(&week, "2026-09-11", 0, "2026-09-11");
    assert_after(&week, "2026-09-12", 0, "2026-09-12"); /* be it worked or not */
    assert_after(&week, "2026-09-11", 1, "2026-09-14");
    assert_after(&week, "2026-09-12", 1, "2026-09-14");
    assert_after(&week, "2026-09-13", 1, "2026-09-14");
    assert_after(&week, "2026-09-14", 5, "2026-09-21");
    /* Easter, the first of May and Ascension Day of 2024: five days later */
    assert_after(&sweden, "2024-03-27", 5, "2024-04-05");
    assert_after(&norway, "2024-03-27", 5, "2024-04-08");
    /* over a year's end: 23, 27 and 30 December, then 2 and 3 January */
    assert_after(&sweden, "2024-12-20", 5, "2025-01-03");
    assert_after(&norway, "2024-12-20", 5, "2024-12-31");
}

static void workdays_after_goes_back_too(void **state UNUSED)
{
    assert_after(&week, "2026-09-14", -1, "2026-09-11");
    assert_after(&week, "2026-09-13", -1, "2026-09-11");
    assert_after(&sweden, "2025-01-03", -5, "2024-12-20");
    assert_after(&norway, "2024-05-21", -3, "2024-05-14");
    /* a due date on Midsummer Eve, eleven working days before: the sixth of June is none of them */
    assert_after(&sweden, "2024-06-21", -11, "2024-06-05");
}

static void workdays_after_ends_where_dates_do(void **state UNUSED)
{
    int32_t days[400];
    struct workdays list = {WORKDAYS_LIST, ARRAY_LEN(days), days};

    for (size_t i = 0; i < ARRAY_LEN(days); i++)
        days[i] = day("9998-12-01") + (int32_t)i;
    assert_after(&list, "9998-12-02", 1000, "9999-12-31");
    assert_after(&sweden, "9999-12-27", 100, "9999-12-31");
    assert_after(&sweden, "0001-01-03", -100, "0001-01-01");
    assert_true(workdays_after(&week, INT32_MAX, 1) == INT32_MAX);
    assert_true(workdays_after(&week, INT32_MIN, -1) == INT32_MIN);
}

/* Day by day, which is how it is meant. */
static int32_t slowly_after(const struct workdays *calendar, int32_t from, int32_t count)
{
    int step = count < 0 ? -1 : 1;

    while (count != 0) {
        from += step;
        if (workdays_is_working(calendar, from))
            count -= step;
    }
    return from;
}

static void workdays_after_is_the_same_over_years(void **state UNUSED)
{
    int32_t days[400];
    const struct workdays list = {.of = WORKDAYS_LIST, .n_days = ARRAY_LEN(days), .days = days};
    const struct workdays *const all[] = {&week, &sweden, &norway, &list};
    static const int32_t counts[] = {1, 5, 249, 250, 251, 252, 261, 262, 520, 1000};

    for (size_t i = 0; i < ARRAY_LEN(days); i++)
        days[i] = day("2023-12-01") + 3 * (int32_t)i;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        for (int32_t from = day("2023-12-20"); from < day("2025-01-10"); from += 1) {
            int32_t count = counts[(size_t)from % ARRAY_LEN(counts)];

            assert_int_equal(workdays_after(all[i], from, count),
                             slowly_after(all[i], from, count));
            assert_int_equal(workdays_after(all[i], from, -count),
                             slowly_after(all[i], from, -count));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holidays_of_sweden),
        cmocka_unit_test(holidays_of_sweden_have_three_eves),
        cmocka_unit_test(holidays_of_norway),
        cmocka_unit_test(holidays_follow_easter),
        cmocka_unit_test(holidays_of_nobody_are_none),
        cmocka_unit_test(holidays_are_named_in_three_languages),
        cmocka_unit_test(workdays_built_in_are_two),
        cmocka_unit_test(workdays_end_with_friday),
        cmocka_unit_test(workdays_leave_holidays_out),
        cmocka_unit_test(workdays_take_a_list),
        cmocka_unit_test(workdays_after_counts_those_worked),
        cmocka_unit_test(workdays_after_goes_back_too),
        cmocka_unit_test(workdays_after_ends_where_dates_do),
        cmocka_unit_test(workdays_after_is_the_same_over_years),
    };

    return cmocka_run_group_tests_name("core/workdays", tests, NULL, NULL);
}
