/*
 * Lists in chosen columns: their order, and as table, CSV and JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "commands.h"
#include "csv_writer.h"
#include "text.h"
#include "view.h"

#define NODE(code, members) "{\"node\":{\"strategy\":\"ls\",\"code\":\"" code "\"" members "}}"

/* What a list of those nodes looks like; an option of NULL is not given. */
static char *shown(const char *nodes, const char *columns, const char *sort, const char *format)
{
    static const struct option_row rows[] = {COLUMNS_ROW, SORT_ROW, FORMAT_ROW};
    const char *values[] = {columns, sort, format};
    char *text = NULL;
    size_t size;
    struct goal goal = {.width = 100};
    struct view view;
    json_auto_t *replies = json_loads(nodes, 0, NULL);
    assert_non_null(replies);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!values[i])
            continue;
        goal.args.given[goal.args.n_given].row = &rows[i];
        goal.args.given[goal.args.n_given++].value = values[i];
    }
    goal.out = open_memstream(&text, &size);
    assert_non_null(goal.out);
    assert_int_equal(view_read(&goal, "code", &view), EXIT_DONE);
    view_print(&goal, &view, replies, "nothing");
    fclose(goal.out);
    return text;
}

static void assert_codes(const char *nodes, const char *sort, const char *expected)
{
    AUTO(free_ptr) char *text = shown(nodes, "code", sort, "csv");
    for (char *c = text; *c; c++)
        if (*c == '\r' || *c == '\n')
            *c = ' ';
    assert_string_equal(text + strlen("code  "), expected);
}

static void sort_counts_codes_as_people_do(void **state UNUSED)
{
    assert_codes(
        "[" NODE("2.10", "") "," NODE("1.a.1", "") "," NODE("2.2", "") "," NODE("1.3", "") "]",
        "code", "1.3  1.a.1  2.2  2.10  ");
}

static void sort_puts_what_is_unknown_last_either_way(void **state UNUSED)
{
    const char *nodes = "[" NODE("a", "") "," NODE("b", ",\"progress\":9.5") "," NODE(
        "c", ",\"progress\":10") "," NODE("d", ",\"progress\":null") "]";
    assert_codes(nodes, "progress", "b  c  a  d  ");
    assert_codes(nodes, "-progress", "c  b  a  d  ");
}

static void sort_is_stable_and_takes_further_columns(void **state UNUSED)
{
    const char *nodes = "[" NODE("a", ",\"kind\":\"x\"") "," NODE("b", ",\"kind\":\"w\"") "," NODE(
        "c", ",\"kind\":\"x\"") "," NODE("d", ",\"kind\":\"w\"") "]";
    assert_codes(nodes, "kind", "b  d  a  c  ");
    assert_codes(nodes, "-kind,-code", "c  a  d  b  ");
}

static void sort_compares_dates_by_their_last_days(void **state UNUSED)
{
    assert_codes("[" NODE("a", ",\"due\":\"2021\"") "," NODE(
                     "b", ",\"due\":\"2021-06-30\"") "," NODE("c", ",\"due\":\"2021-05\"") "]",
                 "due", "c  b  a  ");
}

static void sort_puts_the_worst_state_first(void **state UNUSED)
{
    assert_codes(
        "[" NODE("a", ",\"state\":\"done\"") "," NODE("b", ",\"state\":\"off_track\"") "," NODE(
            "c", ",\"state\":\"unknown\"") "," NODE("d", ",\"state\":\"at_risk\"") "]",
        "state", "b  d  c  a  ");
}

static void assert_cell(const char *text, const char *expected)
{
    char *cell = NULL;
    size_t size;
    FILE *out = open_memstream(&cell, &size);
    csv_text(out, true, text);
    fclose(out);
    assert_string_equal(cell, expected);
    free(cell);
}

static void csv_quotes_what_needs_it(void **state UNUSED)
{
    assert_cell("plain text", "plain text");
    assert_cell("a, b", "\"a, b\"");
    assert_cell("say \"no\"", "\"say \"\"no\"\"\"");
    assert_cell("two\nlines", "\"two\nlines\"");
    assert_cell("", "");
}

static void csv_text_is_never_a_formula(void **state UNUSED)
{
    assert_cell("=1+1", "'=1+1");
    assert_cell("+46 8 123", "'+46 8 123");
    assert_cell("-1", "'-1");
    assert_cell("@SUM(A1)", "'@SUM(A1)");
    assert_cell("\t=1", "' =1");
    assert_cell("a=1", "a=1");
}

static void csv_has_numbers_as_they_are_and_lists_in_one_cell(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = shown("[" NODE("1", ",\"daysLeft\":-12,\"progress\":40.5,"
                                     "\"owners\":[\"A, B\",\"C\"],\"title\":\"-x\"") "]",
                       "code,days,progress,owner,title,due", NULL, "csv");
    assert_string_equal(text, "code,days,progress,owner,title,due\r\n"
                              "1,-12,40.5,\"A, B; C\",'-x,\r\n");
}

static void json_is_one_array_of_what_was_chosen(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = shown("[" NODE("1", ",\"progress\":40.5") "," NODE("2", "") "]", "code,progress",
                       NULL, "json");
    assert_string_equal(text, "[\n{\"code\":\"1\",\"progress\":40.5},\n"
                              "{\"code\":\"2\",\"progress\":null}\n]\n");
    AUTO(free_ptr) char *none = shown("[]", NULL, NULL, "json");
    assert_string_equal(none, "[]\n");
}

static void table_has_the_chosen_columns_in_their_order(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = shown("[" NODE("1", ",\"title\":\"T\",\"links\":[{\"url\":\"https://a.example/\"},"
                                     "{\"url\":\"https://b.example/\"}]") "]",
                       "title,code,links,progress", NULL, NULL);
    assert_string_equal(text, "TITLE  CODE  LINKS                                   PROGRESS\n"
                              "T      1     https://a.example/, https://b.example/         –\n");
}

static void column_that_is_none_is_refused(void **state UNUSED)
{
    static const struct option_row row = COLUMNS_ROW;
    struct goal goal = {.args = {.given = {{&row, "code,colour"}}, .n_given = 1}};
    struct view view;
    assert_int_equal(view_read(&goal, "code", &view), EXIT_USAGE);
}

static void column_is_in_the_help(void **state UNUSED)
{
    AUTO(free_ptr) char *names = column_names();
    char *saved = NULL;
    for (char *name = strtok_r(names, " ", &saved); name; name = strtok_r(NULL, " ", &saved))
        if (!strstr(VIEW_DETAILS, name))
            fail_msg("the help does not list the column %s", name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sort_counts_codes_as_people_do),
        cmocka_unit_test(sort_puts_what_is_unknown_last_either_way),
        cmocka_unit_test(sort_is_stable_and_takes_further_columns),
        cmocka_unit_test(sort_compares_dates_by_their_last_days),
        cmocka_unit_test(sort_puts_the_worst_state_first),
        cmocka_unit_test(csv_quotes_what_needs_it),
        cmocka_unit_test(csv_text_is_never_a_formula),
        cmocka_unit_test(csv_has_numbers_as_they_are_and_lists_in_one_cell),
        cmocka_unit_test(json_is_one_array_of_what_was_chosen),
        cmocka_unit_test(table_has_the_chosen_columns_in_their_order),
        cmocka_unit_test(column_that_is_none_is_refused),
        cmocka_unit_test(column_is_in_the_help),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
