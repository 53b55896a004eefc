/*
 * CSV without a daemon: separators, lines, fields, values, ids, and places in the document as
 * places in the file. The files of tests/data/csv go through goal itself (tests/e2e/test_csv.py).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "csv_sheet.h"
#include "text.h"

static void separator_is_the_most_frequent_outside_quotes(void **state UNUSED)
{
    static const struct {
        const char *text;
        char separator;
    } rows[] = {
        {"a,b;c,d\n1;2;3;4\n", ','},
        {"a;b\n", ';'},
        {"a;b,c\n", ';'},
        {"\"a,b,c\";d\n", ';'},
        {"a\tb\n", '\t'},
        {"a\n1;2\n", ','},
        {"", ','},
        {"\"a\n,\";b\n", ';'},
        {"sep=,\na;b;c\n", ','},
        {"sep=;\r\na", ';'},
        {"sep=|\na;b", ','},
        {"sep=\t", '\t'},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(csv_separator(rows[i].text, strlen(rows[i].text)), rows[i].separator);
}

/* Rows as "line:cell|cell" joined by blanks. */
static int collect(void *arg, const struct csv_row *row, struct csv_error *error UNUSED)
{
    char **all = arg, *cells = NULL;
    size_t i;
    json_t *cell;
    json_array_foreach (row->cells, i, cell)
        text_append(&cells, "|", "%s", json_string_value(cell));
    text_append(all, " ", "%zu:%s", row->line, cells);
    free(cells);
    return 0;
}

static void assert_rows(const char *text, const char *expected)
{
    AUTO(free_ptr) char *all = text_copy("");
    struct csv_error error;
    assert_int_equal(csv_read(text, strlen(text), ';', collect, &all, &error), 0);
    assert_string_equal(all, expected);
}

static void row_tells_the_line_on_which_it_begins(void **state UNUSED)
{
    assert_rows("a;b\n\"x\ny\";z\n\n\n1;2", "1:a|b 2:x\ny|z 6:1|2");
    assert_rows("\r\na;b\r\n\"x\r\ny\";z\r\n1;2\r\n", "2:a|b 3:x\ny|z 5:1|2");
    assert_rows("a;b\r\r\"x\ry\";z\r1;2\r", "1:a|b 3:x\ry|z 5:1|2");
    assert_rows("sep=;\na;b\n1;2\n", "2:a|b 3:1|2");
    assert_rows("\xef\xbb\xbf\"a\";b\n", "1:a|b");
}

static void blanks_around_cells_are_taken_off(void **state UNUSED)
{
    assert_rows("  a  ;\" b \n\"; c\td ", "1:a|b|c\td");
    assert_rows("\"\";   ;\"  \"\n;;\n", "");
}

static void assert_unreadable(const char *text, size_t line, size_t column, const char *begin)
{
    AUTO(free_ptr) char *all = NULL;
    struct csv_error error;
    assert_int_equal(csv_read(text, strlen(text), ';', collect, &all, &error), -EINVAL);
    assert_int_equal(error.line, line);
    assert_int_equal(error.column, column);
    assert_memory_equal(error.text, begin, strlen(begin));
    free(error.text);
}

static void unreadable_cell_is_told_by_line_and_column(void **state UNUSED)
{
    assert_unreadable("a;b\n1;\"2\n3", 2, 2, "a quotation mark that is never closed");
    assert_unreadable("a;b\n\n1;2\"\n", 3, 2, "a quotation mark where none may be");
    assert_unreadable("a;b\n\"x\ny\";\"z\" z\n", 3, 2, "a quotation mark where none may be");
    assert_unreadable("a;b\n1;\xe5\n", 2, 2, "not UTF-8");
}

/* --- sheets --- */

static const char *read_as(const char *part, const char *text, const char *set,
                           struct csv_sheet *ret_sheet)
{
    static char problem[200];
    json_auto_t *none = json_object(), *defaults = json_loads(set, 0, NULL);
    struct csv_spec spec = {.part = part,
                            .style = {.list = "|", .dates = 'd'},
                            .map = none,
                            .ignore = none,
                            .values = none,
                            .set = defaults};
    struct csv_error error = {0};
    problem[0] = '\0';
    if (csv_sheet_read(text, strlen(text), &spec, ret_sheet, &error) < 0) {
        AUTO(free_ptr) char *words = csv_error_text(ret_sheet, "f", &error);
        free(error.text);
        snprintf(problem, sizeof(problem), "%s", words);
    }
    return problem;
}

static void assert_records(const char *part, const char *text, const char *set,
                           const char *expected)
{
    struct csv_sheet sheet;
    assert_string_equal(read_as(part, text, set, &sheet), "");
    AUTO(free_ptr) char *json = json_dumps(sheet.records, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(json, expected);
    csv_sheet_done(&sheet);
}

static void fields_nest_by_dots(void **state UNUSED)
{
    assert_records("nodes", "code;Titles.sv;titles.en-GB;due.after;DUE.years\n1;a;b;Start;5\n",
                   "{}",
                   "[{\"code\":\"1\",\"due\":{\"after\":\"start\",\"years\":5},"
                   "\"titles\":{\"en-GB\":\"b\",\"sv\":\"a\"}}]");
}

static void items_without_cells_are_passed_over(void **state UNUSED)
{
    assert_records("nodes", "code;links.2.url;links.10.url\n1;;c\n2;b;c\n3;;\n",
                   "{\"links.2.type\":\"x\",\"links.10.type\":\"y\"}",
                   "[{\"code\":\"1\",\"links\":[{\"type\":\"y\",\"url\":\"c\"}]},"
                   "{\"code\":\"2\",\"links\":[{\"type\":\"x\",\"url\":\"b\"},"
                   "{\"type\":\"y\",\"url\":\"c\"}]},{\"code\":\"3\"}]");
}

static void values_have_their_fields_types(void **state UNUSED)
{
    assert_records("observations",
                   "id;node;date;value;breakdown.region\n7;1.10;1.2.2024;1 234,50;SE110\n", "{}",
                   "[{\"breakdown\":{\"region\":\"SE110\"},\"date\":\"2024-02-01\",\"id\":\"7\","
                   "\"node\":\"1.10\",\"value\":1234.5}]");
}

static void number_is_one_whole(void **state UNUSED)
{
    static const struct csv_style style = {.comma = true, .list = "|", .dates = 'y'};
    static const char *const good[] = {
        "1",   "-1",  "\u22121", "1,5",      "1.5", "1 000", "1\u00a0000\u202f000,5",
        "1e3", "40%", "40 %",    "40\u00a0%"};
    static const char *const bad[] = {"",     "-",    "1 00", "1 0000", "1,5,5",
                                      "0x10", "inf",  "nan",  "1e999",  "1-2",
                                      "% 40", "40%%", "1 %2", "a1",     "1a"};
    const char *problem;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        json_auto_t *value = csv_value(CSV_PERCENT, good[i], &style, &problem);
        assert_non_null(value);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_null(csv_value(CSV_PERCENT, bad[i], &style, &problem));
    assert_null(csv_value(CSV_NUMBER, "40%", &style, &problem));
}

/* What was imported under an id has to keep it. */
static void id_follows_from_what_the_record_says(void **state UNUSED)
{
    struct csv_sheet sheet, other;
    assert_string_equal(read_as("updates",
                                "node;date;percent\n1.1;2024-05-31;40\n1.1;2024-05-31;41\n", "{}",
                                &sheet),
                        "");
    assert_string_equal(
        read_as("updates", "percent,date,node,note\n40.0,31/5/2024,1.1,\n", "{}", &other), "");
    json_t *first = json_object_get(json_array_get(sheet.records, 0), "id");
    assert_string_equal(json_string_value(first), "ac28cb7c-682c-5d03-b046-8c658d5eafb0");
    assert_true(json_equal(first, json_object_get(json_array_get(other.records, 0), "id")));
    assert_false(json_equal(first, json_object_get(json_array_get(sheet.records, 1), "id")));
    csv_sheet_done(&sheet);
    csv_sheet_done(&other);
}

static void assert_located(const struct csv_sheet *sheet, const char *place, const char *message,
                           const char *expected)
{
    struct csv_error error;
    assert_int_equal(csv_sheet_locate(sheet, place, message, &error), 0);
    AUTO(free_ptr) char *text = csv_error_text(sheet, "f", &error);
    free(error.text);
    assert_string_equal(text, expected);
}

static void place_in_the_document_is_one_in_the_file(void **state UNUSED)
{
    struct csv_sheet sheet;
    struct csv_error error;
    assert_string_equal(read_as("nodes",
                                "code;titles.sv;due.years;serves.1.node;serves.3.node;sectors\n\n"
                                "1;a;1;;x;\n2;b;2;y;z;s|t\n",
                                "{}", &sheet),
                        "");
    assert_located(&sheet, "nodes[0].code", "m", "f:3:1 (code): m");
    assert_located(&sheet, "nodes[1].titles", "m", "f:4:2 (titles.sv): m");
    assert_located(&sheet, "nodes[1].due.years", "m", "f:4:3 (due.years): m");
    assert_located(&sheet, "nodes[0].serves[0].node", "m", "f:3:5 (serves.3.node): m");
    assert_located(&sheet, "nodes[1].serves[0]", "m", "f:4:4 (serves.1.node): m");
    assert_located(&sheet, "nodes[1].sectors[1]", "m", "f:4:6 (sectors): m");
    assert_located(&sheet, "nodes[1].kind", "m", "f:4: kind: m");
    assert_located(&sheet, "nodes[1]", "as nodes[0].code", "f:4: as line 3.code");
    assert_int_equal(csv_sheet_locate(&sheet, "strategy", "m", &error), -ENOENT);
    assert_int_equal(csv_sheet_locate(&sheet, "nodes[2].code", "m", &error), -ENOENT);
    assert_int_equal(csv_sheet_locate(&sheet, "nodes[x]", "m", &error), -ENOENT);
    csv_sheet_done(&sheet);
}

int main(void)
{
    text_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separator_is_the_most_frequent_outside_quotes),
        cmocka_unit_test(row_tells_the_line_on_which_it_begins),
        cmocka_unit_test(blanks_around_cells_are_taken_off),
        cmocka_unit_test(unreadable_cell_is_told_by_line_and_column),
        cmocka_unit_test(fields_nest_by_dots),
        cmocka_unit_test(items_without_cells_are_passed_over),
        cmocka_unit_test(values_have_their_fields_types),
        cmocka_unit_test(number_is_one_whole),
        cmocka_unit_test(id_follows_from_what_the_record_says),
        cmocka_unit_test(place_in_the_document_is_one_in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
