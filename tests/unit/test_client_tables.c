/*
 * Tables, the tree, lists and texts as they are printed, from hand-made replies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "commands.h"
#include "history.h"
#include "import.h"
#include "list.h"
#include "output.h"
#include "about.h"
#include "show.h"
#include "table.h"
#include "text.h"
#include "tree.h"
#include "update.h"

#define WORK(delivered, total, overdue)                                                            \
    "\"work\":{\"progress\":null,\"total\":" #total ",\"delivered\":" #delivered                   \
    ",\"overdue\":" #overdue ",\"reported\":0}"

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

/* What `print` prints of a reply at a width. */
static char *printed(void (*print)(const struct goal *goal, const json_t *reply), const char *reply,
                     size_t width)
{
    char *text = NULL, key[] = "ls";
    size_t size;
    json_auto_t *value = parse(reply);
    struct goal goal = {.width = width, .target = {.strategy = key}};
    goal.out = open_memstream(&text, &size);
    assert_non_null(goal.out);
    print(&goal, value);
    fclose(goal.out);
    return text;
}

static void assert_lines_fit(const char *text, size_t width)
{
    AUTO(free_ptr) char *copy = text_copy(text);
    char *saved = NULL;
    for (char *line = strtok_r(copy, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved)) {
        assert_true(text_width(line) <= width);
        assert_int_not_equal(line[strlen(line) - 1], ' ');
    }
}

static const char tree_of_ls[] =
    "[{\"node\":{\"strategy\":\"se-life-science-2019\",\"code\":\"\",\"kind\":\"strategy\","
    "\"title\":\"En nationell strategi för life science\",\"depth\":0,\"parent\":null,"
    "\"state\":\"unknown\",\"schedule\":\"unscheduled\"," WORK(
        8, 10,
        2) ",\"targets\":25,"
           "\"targetsReporting\":14,\"targetsExpected\":30,\"worstPart\":null,\"lastUpdate\":null}}"
           ","
           "{\"node\":{\"code\":\"2\",\"kind\":\"priority\",\"title\":\"Nyttiggörande av hälso- "
           "och "
           "vårddata för forskning och "
           "innovation\",\"depth\":1,\"parent\":\"\",\"state\":\"off_track\","
           "\"schedule\":\"unscheduled\"," WORK(
               1, 2,
               1) ",\"targets\":4,\"targetsReporting\":3,"
                  "\"targetsExpected\":null,\"worstPart\":\"2.2\",\"lastUpdate\":\"2022-05-12\"}},"
                  "{\"node\":{\"code\":\"2.2\",\"kind\":\"target\",\"title\":\"Ökat nyttjande av "
                  "hälsodata för "
                  "forskning och innovation\",\"depth\":2,\"parent\":\"2\",\"state\":\"off_track\","
                  "\"schedule\":\"unscheduled\"," WORK(
                      1, 2,
                      1) ",\"targets\":1,\"targetsReporting\":1,"
                         "\"targetsExpected\":null,\"worstPart\":\"gov-3\",\"lastUpdate\":\"2022-"
                         "05-12\"}},"
                         "{\"node\":{\"code\":\"gov-3\",\"kind\":\"deliverable\",\"title\":"
                         "\"Förstudie: "
                         "bilddiagnostik\",\"depth\":3,\"parent\":\"2.2\",\"state\":\"off_track\","
                         "\"schedule\":\"overdue\"," WORK(
                             0, 1, 1) ",\"targets\":0,\"targetsReporting\":0,"
                                      "\"worstPart\":null,\"due\":\"2022-12-01\",\"daysLeft\":-761,"
                                      "\"lastUpdate\":null}},"
                                      "{\"node\":{\"code\":\"3\",\"kind\":\"priority\",\"title\":"
                                      "\"Policyutveckling\",\"depth\":1,"
                                      "\"parent\":\"\",\"state\":\"unknown\",\"schedule\":"
                                      "\"unscheduled\"," WORK(
                                          0, 0, 0) ",\"targets\":3,\"targetsReporting\":0,"
                                                   "\"worstPart\":null,\"lastUpdate\":null}}]";

static void tree_shows_a_line_a_node(void **state UNUSED)
{
    AUTO(free_ptr) char *text = printed(tree_print, tree_of_ls, 100);
    assert_string_equal(
        text,
        "CODE         TITLE                                 STATE             WORK  LATE  REPORT  "
        "LAST UPDATE\n"
        "ls           En natione… · 25 of 30 targets known  unknown           8/10     2   14/25  "
        "–\n"
        "├─2          Nyttiggörande av hälso- och vårddat…  OFF TRACK 2.2      1/2     1     3/4  "
        "2022-05-12\n"
        "│ └─2.2      Ökat nyttjande av hälsodata för for…  OFF TRACK gov-3    1/2     1     1/1  "
        "2022-05-12\n"
        "│   └─gov-3  Förstudie: bilddiagnostik             OVERDUE 761 days                      "
        "–\n"
        "└─3          Policyutveckling                      unknown              –     –     0/3  "
        "–\n");
}

/* Replies without sense make a tree all the same: a line is at most one below the one before. */
static void tree_takes_depths_as_they_come(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = printed(tree_print,
                         "[{\"node\":{\"code\":\"2\",\"depth\":1}},"
                         "{\"node\":{\"code\":\"2.1\",\"depth\":2}},"
                         "{\"node\":{\"code\":\"2.1.1\",\"depth\":9}},"
                         "{\"node\":{\"code\":\"2.2\",\"depth\":2}},{},"
                         "{\"node\":{\"code\":\"x\",\"depth\":-5}}]",
                         100);
    assert_non_null(strstr(text, "├─2.1 "));
    assert_non_null(strstr(text, "│ └─2.1.1 "));
    assert_non_null(strstr(text, "└─2.2 "));
    assert_non_null(strstr(text, "\nx "));
}

static void tree_fits_into_every_width(void **state UNUSED)
{
    for (size_t width = 80; width <= 100; width += 5) {
        AUTO(free_ptr) char *text = printed(tree_print, tree_of_ls, width);
        assert_lines_fit(text, width);
    }
}

static void tree_always_says_how_many_targets_are_known(void **state UNUSED)
{
    AUTO(free_ptr) char *text = printed(tree_print, tree_of_ls, 90);
    assert_non_null(strstr(text, "25 of 30 targets known"));
}

static void due_tells_how_late_or_how_soon(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = printed(
        due_print,
        "[{\"node\":{\"code\":\"gov-3\",\"kind\":\"deliverable\",\"title\":\"Förstudie\","
        "\"schedule\":\"overdue\",\"state\":\"off_track\",\"due\":\"2022-12-01\","
        "\"daysLeft\":-761,\"owners\":[\"E-hälsomyndigheten\"]}},"
        "{\"node\":{\"code\":\"x\",\"kind\":\"deliverable\",\"title\":\"X\","
        "\"schedule\":\"running\",\"state\":\"on_track\",\"progress\":40.0,\"due\":\"2025-01-12\","
        "\"daysLeft\":12,\"owners\":[]}}]",
        100);
    assert_string_equal(
        text, "WHEN              DUE         CODE   STATE          OWNER               TITLE\n"
              "OVERDUE 761 days  2022-12-01  gov-3                 E-hälsomyndigheten  Förstudie\n"
              "in 12 days        2025-01-12  x      on track 40 %                      X\n");
}

static void list_of_nothing_says_so(void **state UNUSED)
{
    AUTO(free_ptr) char *text = printed(list_print, "[]", 100);
    assert_string_equal(text, "nothing fits\n");
}

static void list_shows_unknown_work_as_a_dash(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = printed(list_print,
                         "[{\"node\":{\"code\":\"1\",\"kind\":\"priority\",\"title\":\"T\","
                         "\"state\":\"unknown\"," WORK(0, 0, 0) ",\"owners\":[]}}]",
                         100);
    assert_string_equal(text, "CODE  KIND      STATE    WORK  TITLE\n"
                              "1     priority  unknown     –  T\n");
}

static void strategies_show_key_alias_and_period(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = printed(strategies_print,
                         "[{\"strategy\":\"se\",\"alias\":\"ls\",\"title\":\"T\",\"start\":"
                         "\"2019\",\"end\":\"2030\",\"visibility\":\"public\",\"nodes\":43}]",
                         100);
    assert_string_equal(text, "KEY  ALIAS  PERIOD     NODES  VISIBLE TO  TITLE\n"
                              "se   ls     2019–2030     43  everybody   T\n");
}

static void history_marks_what_was_corrected(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text =
        printed(history_print,
                "[{\"update\":{\"id\":17,\"code\":\"2.2\",\"date\":\"2024-05\",\"percent\":40.0,"
                "\"state\":\"at_risk\",\"note\":\"N\",\"author\":\"Anna\",\"evidence\":[],"
                "\"supersededBy\":19}}]",
                100);
    assert_string_equal(text, "ID  DATE     PERCENT  STATE    BY    NOTE\n"
                              "17  2024-05     40 %  AT RISK  Anna  [corrected by 19] N\n");
}

static void import_says_what_it_did(void **state UNUSED)
{
    AUTO(free_ptr)
    char *done = printed(import_print,
                         "{\"seq\":96,\"added\":96,\"changed\":0,\"unchanged\":0,"
                         "\"dryRun\":false}",
                         100);
    AUTO(free_ptr)
    char *dry = printed(import_print,
                        "{\"seq\":0,\"added\":96,\"changed\":1,\"unchanged\":2,"
                        "\"dryRun\":true}",
                        100);
    assert_string_equal(done, "added 96, changed 0, unchanged 0 (seq 96)\n");
    assert_string_equal(dry, "would add 96, change 1, leave 2 (dry run: nothing was changed)\n");
}

static char *update_printed(const char *reply, const char *content)
{
    char *text = NULL;
    size_t size;
    json_auto_t *answer = parse(reply), *sent = parse(content);
    struct goal goal = {.width = 100, .out = open_memstream(&text, &size)};
    update_print(&goal, answer, sent);
    fclose(goal.out);
    return text;
}

static void update_says_what_its_figure_did(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = update_printed("{\"seq\":17,\"updateId\":17,\"strategy\":\"ls\",\"code\":\"2.2\","
                                "\"progress\":63.0,\"progressSource\":\"indicators\","
                                "\"sourceCount\":2,\"state\":\"at_risk\"}",
                                "{\"percent\":40.0}");
    assert_string_equal(text, "2.2 reported 40 %; its progress is computed from 2 indicators: "
                              "63 %; state AT RISK\nupdate 17 recorded as seq 17\n");
}

static void update_of_an_earlier_date_says_that_a_later_one_counts(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = update_printed("{\"seq\":18,\"updateId\":18,\"strategy\":\"ls\",\"code\":\"2.2\","
                                "\"progress\":50.0,\"progressSource\":\"reported\","
                                "\"sourceCount\":0,\"state\":\"on_track\"}",
                                "{\"percent\":40.0}");
    assert_non_null(strstr(text, "its progress stays 50 %, a later update says so"));
}

static void update_that_waits_does_not_blame_a_later_one(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = update_printed("{\"seq\":18,\"updateId\":18,\"strategy\":\"ls\",\"code\":\"2.2\","
                                "\"progress\":50.0,\"progressSource\":\"reported\","
                                "\"sourceCount\":0,\"state\":\"on_track\",\"waits\":true}",
                                "{\"percent\":40.0}");
    assert_non_null(strstr(text, "until then its progress stays 50 %; state on track"));
}

static void update_without_figure_keeps_progress_unknown(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = update_printed("{\"seq\":18,\"updateId\":18,\"strategy\":\"ls\",\"code\":\"\","
                                "\"progress\":null,\"progressSource\":null,\"sourceCount\":0,"
                                "\"state\":\"unknown\"}",
                                "{\"noChange\":true}");
    assert_string_equal(text, "ls reported no change; its progress is unknown; state unknown\n"
                              "update 18 recorded as seq 18\n");
}

static void show_keeps_addresses_whole_on_lines_of_their_own(void **state UNUSED)
{
    char *text = NULL, key[] = "ls";
    size_t size;
    char url[200] = "https://example.org/";
    memset(url + strlen(url), 'x', 150);
    json_auto_t *node = parse("{\"code\":\"2.2\",\"kind\":\"target\",\"title\":\"T\"}");
    json_object_set_new(node, "links",
                        json_pack("[{s:s, s:s, s:s}]", "type", "source", "title", "S", "url", url));
    json_auto_t *status = parse("{\"asOf\":\"2024-12-31\"}");
    struct goal goal = {.width = 100, .target = {.strategy = key}};
    goal.out = open_memstream(&text, &size);
    show_print(&goal, node, status, NULL, NULL);
    fclose(goal.out);
    AUTO(free_ptr) char *expected = text_format("Links   source: S\n        %s\n", url);
    assert_non_null(strstr(text, expected));
    free(text);
}

static void whoami_tells_rights_and_duties(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = printed(whoami_print,
                         "{\"realm\":\"r\",\"uid\":4294967294,\"account\":3,\"person\":\"anna\","
                         "\"name\":\"Anna\",\"builtinAdmin\":false,\"disabled\":false,"
                         "\"grants\":[{\"role\":\"manager\",\"strategy\":\"ls\"},"
                         "{\"role\":\"auditor\",\"strategy\":null}],\"reportsOn\":[\"ls:2.2\"]}",
                         100);
    assert_non_null(strstr(text, "Account      3, Anna [anna]\n"
                                 "May          manager of ls, auditor everywhere\n"
                                 "Reports on   ls:2.2\n"));
}

static void server_status_fits_and_shows_the_queues(void **state UNUSED)
{
    AUTO(free_ptr)
    char *text = printed(server_print,
                         "{\"version\":\"0.1\",\"ruleVersion\":1,\"uptime\":90061,\"pid\":7,"
                         "\"database\":\"reachable\",\"serverVersion\":\"15.8\",\"schema\":1,"
                         "\"writeQueue\":3,\"writeQueueLimit\":1000,"
                         "\"users\":[{\"uid\":4294967294,\"connections\":2}],"
                         "\"pool\":[{\"use\":\"write\",\"size\":2,\"open\":1,\"busy\":0,"
                         "\"queued\":0,\"jobs\":9,\"failures\":0,\"reconnects\":0}],"
                         "\"strategies\":[{\"strategy\":\"ls\",\"seq\":9,\"nodes\":43,"
                         "\"updates\":61,\"queued\":0,\"refreshLag\":null}]}",
                         100);
    assert_lines_fit(text, 100);
    assert_non_null(strstr(text, "Up for       1 day 1:01:01\n"));
    assert_non_null(strstr(text, "Writes       3 of at most 1000 wait\n"));
    assert_non_null(strstr(text, "–\n")); /* never refreshed: unknown, not 0 */
}

static const struct column plain[] = {{.name = "A", .flags = COLUMN_CUT},
                                      {.name = "B", .flags = COLUMN_RIGHT}};

static void table_aligns_wide_characters_by_columns(void **state UNUSED)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    AUTO(table_freep) struct table *table = table_new(plain, 2);
    const char *const cells[][2] = {{"日本語", "1"}, {"åäö", "22"}, {"e\u0301", "3"}};
    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        int line = table_add(table, -1);
        table_set(table, line, 0, cells[i][0]);
        table_set(table, line, 1, cells[i][1]);
    }
    table_print(table, out, &(struct table_print){.width = 100});
    fclose(out);
    assert_string_equal(text, "日本語   1\nåäö     22\ne\u0301        3\n");
    free(text);
}

static void table_colours_only_when_asked(void **state UNUSED)
{
    for (int colour = 0; colour <= 1; colour++) {
        char *text = NULL;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        AUTO(table_freep) struct table *table = table_new(plain, 2);
        int line = table_add(table, -1);
        table_set(table, line, 0, "x");
        table_set_colour(table, line, 0, "red");
        table_print(table, out, &(struct table_print){.width = 100, .colour = colour});
        fclose(out);
        assert_int_equal(strchr(text, '\033') != NULL, colour);
        free(text);
    }
}

static void text_cut_never_splits_a_character(void **state UNUSED)
{
    for (size_t width = 0; width < 12; width++) {
        AUTO(free_ptr) char *cut = text_cut("aå日本語bc", width);
        assert_true(text_width(cut) <= width);
        assert_int_not_equal(mbstowcs(NULL, cut, 0), (size_t)-1);
    }
}

static void text_clean_replaces_bytes_that_are_no_text(void **state UNUSED)
{
    AUTO(free_ptr) char *clean = text_clean("a\xff\xc3(\x7f\tb\n");
    assert_string_equal(clean, "a\uFFFD\uFFFD(\uFFFD b ");
}

static void text_wrap_breaks_between_words(void **state UNUSED)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    text_wrap(out, "one two three\n\nfour fivesixseveneightnine", 2, 14);
    fclose(out);
    assert_string_equal(text, "  one two\n  three\n\n  four\n  fivesixseven\n  eightnine\n");
    free(text);
}

static void json_line_escapes_what_a_terminal_acts_on(void **state UNUSED)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    json_auto_t *value = parse("{\"a\":\"å\\u001b\\u009b\\u007f\\u202e\\u2066\\u200f\\u061c…\"}");
    json_line(out, value);
    fclose(out);
    assert_string_equal(text, "{\"a\":\"å\\u001B\\u009b\\u007f\\u202e\\u2066\\u200f\\u061c…\"}\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_shows_a_line_a_node),
        cmocka_unit_test(tree_takes_depths_as_they_come),
        cmocka_unit_test(tree_fits_into_every_width),
        cmocka_unit_test(tree_always_says_how_many_targets_are_known),
        cmocka_unit_test(due_tells_how_late_or_how_soon),
        cmocka_unit_test(list_of_nothing_says_so),
        cmocka_unit_test(list_shows_unknown_work_as_a_dash),
        cmocka_unit_test(strategies_show_key_alias_and_period),
        cmocka_unit_test(history_marks_what_was_corrected),
        cmocka_unit_test(import_says_what_it_did),
        cmocka_unit_test(update_says_what_its_figure_did),
        cmocka_unit_test(update_of_an_earlier_date_says_that_a_later_one_counts),
        cmocka_unit_test(update_that_waits_does_not_blame_a_later_one),
        cmocka_unit_test(update_without_figure_keeps_progress_unknown),
        cmocka_unit_test(show_keeps_addresses_whole_on_lines_of_their_own),
        cmocka_unit_test(whoami_tells_rights_and_duties),
        cmocka_unit_test(server_status_fits_and_shows_the_queues),
        cmocka_unit_test(table_aligns_wide_characters_by_columns),
        cmocka_unit_test(table_colours_only_when_asked),
        cmocka_unit_test(text_cut_never_splits_a_character),
        cmocka_unit_test(text_clean_replaces_bytes_that_are_no_text),
        cmocka_unit_test(text_wrap_breaks_between_words),
        cmocka_unit_test(json_line_escapes_what_a_terminal_acts_on),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
