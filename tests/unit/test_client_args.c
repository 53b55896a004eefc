/*
 * What people type: targets, dates, figures, options, commands.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "commands.h"
#include "dates.h"
#include "note.h"
#include "text.h"

static void assert_target(const char *word, const char *strategy, const char *expected_strategy,
                          const char *expected_code, bool doubtful)
{
    struct target target;
    target_parse(word, strategy, &target);
    if (expected_strategy)
        assert_string_equal(target.strategy, expected_strategy);
    else
        assert_null(target.strategy);
    assert_string_equal(target.code, expected_code);
    assert_int_equal(target.doubtful, doubtful);
    target_done(&target);
}

static void target_with_colon_names_strategy_and_node(void **state UNUSED)
{
    assert_target("ls:2.2", "other", "ls", "2.2", false);
}

static void target_without_colon_names_a_strategy_at_first(void **state UNUSED)
{
    assert_target("2.2", "ls", "2.2", "", true);
}

static void target_with_colon_alone_is_a_code_of_the_default_strategy(void **state UNUSED)
{
    assert_target(":2.2", "ls", "ls", "2.2", false);
    assert_target(":2.2", NULL, NULL, "2.2", false);
}

static void target_left_out_is_the_default_strategy(void **state UNUSED)
{
    assert_target(NULL, "ls", "ls", "", false);
    assert_target(NULL, NULL, NULL, "", false);
}

static void target_with_empty_code_is_the_strategy_itself(void **state UNUSED)
{
    assert_target("ls:", NULL, "ls", "", false);
}

static void target_keeps_further_colons_in_the_code(void **state UNUSED)
{
    assert_target("ls:a:b", NULL, "ls", "a:b", false);
}

static void assert_percent(const char *text, double expected)
{
    double percent = -1;
    assert_int_equal(dates_percent(text, &percent), 0);
    assert_true(percent > expected - 1e-9 && percent < expected + 1e-9);
}

static void percent_is_read_as_people_write_it(void **state UNUSED)
{
    assert_percent("40", 40);
    assert_percent("40%", 40);
    assert_percent("40 %", 40);
    assert_percent("12.5", 12.5);
    assert_percent("12,5 %", 12.5);
    assert_percent("101", 101); /* the daemon refuses it, naming the field */
}

static void percent_that_is_no_number_is_refused(void **state UNUSED)
{
    const char *bad[] = {"", "%", "forty", "40%%", "40 % x", "1e2", "nan", "inf", "1.2.3", "0x10"};
    double percent = -1;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(dates_percent(bad[i], &percent), -EINVAL);
    assert_true(percent < 0);
}

static void assert_number(const char *text, double expected)
{
    double number = -1;
    assert_int_equal(number_read(text, &number), 0);
    assert_true(number > expected - 1e-9 && number < expected + 1e-9);
}

static void number_is_read_with_point_or_comma(void **state UNUSED)
{
    assert_number("40", 40);
    assert_number("-12.5", -12.5);
    assert_number("12,5", 12.5);
    assert_number("1e3", 1000);
}

static void what_is_no_number_is_refused(void **state UNUSED)
{
    const char *bad[] = {"", "much", "1.2.3", "1,2,3", "nan", "inf", "0x10", "4 %", "1e999"};
    double number = -1;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(number_read(bad[i], &number), -EINVAL);
    assert_true(number < 0);
}

static void assert_span(const char *text, const char *expected)
{
    char span[24] = "";
    assert_int_equal(dates_span(text, span), 0);
    assert_string_equal(span, expected);
}

static void span_is_sent_as_iso_8601_has_it(void **state UNUSED)
{
    assert_span("5y", "P5Y");
    assert_span("18m", "P18M");
    assert_span("1y6m", "P1Y6M");
    assert_span("30d", "P30D");
    assert_span("P1Y", "P1Y");
}

static void what_is_no_span_is_refused(void **state UNUSED)
{
    const char *bad[] = {"", "5", "y", "5 y", "6m1y", "5y5y", "5w", "123456d", "P", "-5y"};
    char span[24] = "";
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(dates_span(bad[i], span), -EINVAL);
    assert_string_equal(span, "");
}

static void percent_is_shown_without_needless_digits(void **state UNUSED)
{
    char buffer[32];
    assert_string_equal(percent_text(40, buffer), "40 %");
    assert_string_equal(percent_text(33.333333, buffer), "33.33 %");
    assert_string_equal(percent_text(0.1 + 0.2, buffer), "0.3 %");
}

static void days_count_from_the_last_day_of_a_period(void **state UNUSED)
{
    long days = 0;
    assert_int_equal(dates_between("2022-05-12", "2024-12-31", &days), 0);
    assert_int_equal(days, 964);
    assert_int_equal(dates_between("2022", "2023-01-01", &days), 0);
    assert_int_equal(days, 1);
    assert_int_equal(dates_between("2024-02", "2024-02-29", &days), 0);
    assert_int_equal(days, 0);
    assert_int_equal(dates_between("2025-01-12", "2024-12-31", &days), 0);
    assert_int_equal(days, -12);
}

static void date_that_is_none_is_refused(void **state UNUSED)
{
    const char *bad[] = {"",           "21",         "2021-13",     "2021-00-01", "2021-02-29",
                         "2021-1-1",   "2021-01-",   "2021-01-01T", "0000",       "-2021",
                         "2021/01/01", "2021-01-32", "tomorrow"};
    long day = 7;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(dates_day(bad[i], &day), -EINVAL);
    assert_int_equal(day, 7);
}

static void date_today_is_left_to_the_daemon(void **state UNUSED)
{
    char date[11] = "x";
    assert_int_equal(dates_argument("today", 1735600000, date), 0);
    assert_string_equal(date, "");
}

static void date_yesterday_is_the_day_before(void **state UNUSED)
{
    char date[11];
    setenv("TZ", "UTC", 1);
    tzset();
    assert_int_equal(dates_argument("yesterday", 1709251200, date), 0); /* 2024-03-01 00:00 */
    assert_string_equal(date, "2024-02-29");
}

static void date_keeps_its_precision(void **state UNUSED)
{
    char date[11];
    assert_int_equal(dates_argument("2024-05", 0, date), 0);
    assert_string_equal(date, "2024-05");
}

static const struct option_row own[] = {{"percent", 'p', "NUMBER", "", NULL},
                                        {"evidence", 'e', "URL", "", NULL},
                                        {"dry-run", 'n', NULL, "", NULL},
                                        {0}};

static int parse(struct args *args, char **problem, char **argv)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    return args_parse(global_options, own, false, argc, argv, args, problem);
}

static void options_may_stand_anywhere(void **state UNUSED)
{
    char *argv[] = {"goal", "-p", "40", "ls:2.2", "--json", "x", "--evidence=u", NULL};
    struct args args = {0};
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(parse(&args, &problem, argv), 0);
    assert_int_equal(args.count, 2);
    assert_string_equal(args_word(&args, 0), "ls:2.2");
    assert_string_equal(args_get(&args, "percent"), "40");
    assert_string_equal(args_get(&args, "evidence"), "u");
    assert_true(args_has(&args, "json"));
    assert_false(args_has(&args, "dry-run"));
}

static void option_given_again_is_kept_in_order(void **state UNUSED)
{
    char *argv[] = {"goal", "-e", "a", "-e", "b", NULL};
    struct args args = {0};
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(parse(&args, &problem, argv), 0);
    assert_string_equal(args_get_nth(&args, "evidence", 0), "a");
    assert_string_equal(args_get_nth(&args, "evidence", 1), "b");
    assert_null(args_get_nth(&args, "evidence", 2));
    assert_string_equal(args_get(&args, "evidence"), "b");
}

static void option_unknown_is_named(void **state UNUSED)
{
    char *argv[] = {"goal", "--colour", NULL};
    struct args args = {0};
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(parse(&args, &problem, argv), -EINVAL);
    assert_string_equal(problem, "there is no option --colour");
}

static void option_without_its_value_says_what_is_missing(void **state UNUSED)
{
    char *argv[] = {"goal", "--percent", NULL};
    struct args args = {0};
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(parse(&args, &problem, argv), -EINVAL);
    assert_string_equal(problem, "--percent needs a value: NUMBER");
}

static void options_beyond_the_limit_are_refused(void **state UNUSED)
{
    char *argv[ARGS_OPTIONS_MAX + 3];
    argv[0] = "goal";
    for (size_t i = 1; i <= ARGS_OPTIONS_MAX + 1; i++)
        argv[i] = "--dry-run";
    argv[ARGS_OPTIONS_MAX + 2] = NULL;
    struct args args = {0};
    AUTO(free_ptr) char *problem = NULL;
    assert_int_equal(parse(&args, &problem, argv), -EINVAL);
    assert_non_null(problem);
}

static void words_are_spelt_as_the_interface_spells_them(void **state UNUSED)
{
    AUTO(free_ptr) char *dash = word_canonical("off-track");
    AUTO(free_ptr) char *blank = word_canonical("at risk");
    assert_string_equal(dash, "off_track");
    assert_string_equal(blank, "at_risk");
    assert_true(word_in("on_track at_risk", "at_risk"));
    assert_false(word_in("on_track at_risk", "risk"));
    assert_false(word_in("on_track at_risk", ""));
}

static void command_is_found_by_name_alias_and_two_words(void **state UNUSED)
{
    int taken;
    assert_string_equal(command_find((char *[]){"status"}, 1, &taken)->name, "status");
    assert_string_equal(command_find((char *[]){"report"}, 1, &taken)->name, "update");
    const struct command *grant = command_find((char *[]){"account", "grant", "x"}, 3, &taken);
    assert_string_equal(grant->name, "account grant");
    assert_int_equal(taken, 2);
    assert_null(command_find((char *[]){"account"}, 1, &taken));
    assert_null(command_find((char *[]){"stauts"}, 1, &taken));
}

static void command_names_and_options_are_unique(void **state UNUSED)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(command->name, command_at(j)->name);
        const struct option_row *rows = command->options;
        for (size_t a = 0; rows && rows[a].name; a++) {
            for (size_t g = 0; global_options[g].name; g++) {
                assert_string_not_equal(rows[a].name, global_options[g].name);
                assert_true(!rows[a].letter || rows[a].letter != global_options[g].letter);
            }
            for (size_t b = 0; b < a; b++)
                assert_true(!rows[a].letter || rows[a].letter != rows[b].letter);
        }
    }
}

static void note_loses_comments_and_outer_blank_lines(void **state UNUSED)
{
    char text[] = "\n  \n# about ls:2.2\nFirst line\n\nSecond # not a comment\n# end\n\n";
    assert_string_equal(note_strip(text), "First line\n\nSecond # not a comment");
    char empty[] = "\n# only\n# comments\n";
    assert_string_equal(note_strip(empty), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_with_colon_names_strategy_and_node),
        cmocka_unit_test(target_without_colon_names_a_strategy_at_first),
        cmocka_unit_test(target_with_colon_alone_is_a_code_of_the_default_strategy),
        cmocka_unit_test(target_left_out_is_the_default_strategy),
        cmocka_unit_test(target_with_empty_code_is_the_strategy_itself),
        cmocka_unit_test(target_keeps_further_colons_in_the_code),
        cmocka_unit_test(percent_is_read_as_people_write_it),
        cmocka_unit_test(percent_that_is_no_number_is_refused),
        cmocka_unit_test(percent_is_shown_without_needless_digits),
        cmocka_unit_test(number_is_read_with_point_or_comma),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(span_is_sent_as_iso_8601_has_it),
        cmocka_unit_test(what_is_no_span_is_refused),
        cmocka_unit_test(days_count_from_the_last_day_of_a_period),
        cmocka_unit_test(date_that_is_none_is_refused),
        cmocka_unit_test(date_today_is_left_to_the_daemon),
        cmocka_unit_test(date_yesterday_is_the_day_before),
        cmocka_unit_test(date_keeps_its_precision),
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(option_given_again_is_kept_in_order),
        cmocka_unit_test(option_unknown_is_named),
        cmocka_unit_test(option_without_its_value_says_what_is_missing),
        cmocka_unit_test(options_beyond_the_limit_are_refused),
        cmocka_unit_test(words_are_spelt_as_the_interface_spells_them),
        cmocka_unit_test(command_is_found_by_name_alias_and_two_words),
        cmocka_unit_test(command_names_and_options_are_unique),
        cmocka_unit_test(note_loses_comments_and_outer_blank_lines),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
