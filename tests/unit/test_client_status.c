/*
 * The status of a node as text, from hand-made replies.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "commands.h"
#include "output.h"
#include "status.h"
#include "status_words.h"
#include "text.h"

#define NO_WORK                                                                                    \
    "\"work\":{\"progress\":null,\"total\":0,\"delivered\":0,\"overdue\":0,\"reported\":0}"

static const char status_2_2[] =
    "{\"strategy\":\"se-life-science-2019\",\"code\":\"2.2\",\"kind\":\"target\","
    "\"title\":\"Ökat nyttjande av hälsodata för forskning och innovation\",\"stage\":null,"
    "\"progress\":null,\"progressSource\":null,\"reportedPercent\":null,\"coverage\":0.0,"
    "\"work\":{\"progress\":50.0,\"total\":2,\"delivered\":1,\"overdue\":1,\"reported\":1},"
    "\"done\":false,\"schedule\":\"unscheduled\",\"state\":\"off_track\","
    "\"reportedState\":\"unknown\",\"pacedState\":\"unknown\",\"partsState\":\"off_track\","
    "\"reasons\":[{\"kind\":\"parts_overdue\",\"code\":\"gov-3\",\"days\":761,\"count\":1},"
    "{\"kind\":\"outcome_not_assessed\",\"code\":null,\"days\":null,\"count\":null},"
    "{\"kind\":\"no_update\",\"code\":\"gov-3\",\"days\":null,\"count\":null}],"
    "\"confidence\":null,\"start\":null,\"due\":null,\"closing\":null,\"owners\":[],"
    "\"groups\":[{\"key\":\"health-data\",\"kind\":\"working_group\",\"name\":\"Hälsodata\","
    "\"relation\":\"aim\",\"lead\":null,\"termFrom\":null,\"termTo\":\"2022\",\"ended\":true}],"
    "\"updateCount\":5,\"lastUpdate\":{\"id\":70,\"code\":\"2.2\",\"date\":\"2022-05-12\","
    "\"percent\":null,\"state\":null,\"confidence\":null,\"note\":\"Användning av hälsodata ska "
    "stärka framtidens hälso- och sjukvård\",\"author\":null,\"evidence\":[],"
    "\"supersedes\":null,\"reason\":null,\"supersededBy\":null,\"recorded\":null},"
    "\"parts\":2,\"targets\":null,\"targetsExpected\":null,\"targetsReporting\":null,"
    "\"seq\":120,\"asOf\":\"2024-12-31\",\"ruleVersion\":1,\"lastContact\":null}";

static const char parts_2_2[] =
    "[{\"node\":{\"strategy\":\"se-life-science-2019\",\"code\":\"gov-1\","
    "\"kind\":\"deliverable\",\"title\":\"Dir. 2022:41 Hälsodata som nationell resurs för "
    "framtidens hälso- och sjukvård\",\"progress\":100.0,\"coverage\":1.0," NO_WORK ","
    "\"done\":true,\"schedule\":\"done\",\"state\":\"done\",\"worstPart\":null,"
    "\"due\":\"2023-09-21\",\"daysLeft\":-467,\"closing\":{\"date\":\"2023\","
    "\"how\":\"achieved\",\"reason\":null},\"lastUpdate\":null,"
    "\"owners\":[\"Socialdepartementet\"]}},"
    "{\"node\":{\"strategy\":\"se-life-science-2019\",\"code\":\"gov-3\","
    "\"kind\":\"deliverable\",\"title\":\"Förstudie: bilddiagnostik\",\"progress\":null,"
    "\"coverage\":0.0," NO_WORK ",\"done\":false,\"schedule\":\"overdue\","
    "\"state\":\"off_track\",\"worstPart\":null,\"due\":\"2022-12-01\",\"daysLeft\":-761,"
    "\"closing\":null,\"lastUpdate\":null,\"owners\":[\"E-hälsomyndigheten\"]}}]";

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, 0, NULL);
    assert_non_null(value);
    return value;
}

/* A reply like that of 2.2, with some fields set otherwise. */
static json_t *status_with(const char *changes)
{
    json_t *status = parse(status_2_2);
    json_auto_t *patch = parse(changes);
    json_object_update(status, patch);
    return status;
}

/* All that goal status prints. */
static char *printed(const char *strategy, const json_t *status, const json_t *parts, size_t width)
{
    char *text = NULL;
    size_t size;
    AUTO(free_ptr) char *key = strategy ? text_copy(strategy) : NULL;
    struct goal goal = {.width = width, .target = {.strategy = key}};
    goal.out = open_memstream(&text, &size);
    assert_non_null(goal.out);
    status_print(&goal, status, parts);
    fclose(goal.out);
    return text;
}

static void assert_lines_fit(const char *text, size_t width)
{
    AUTO(free_ptr) char *copy = text_copy(text);
    char *saved = NULL;
    for (char *line = strtok_r(copy, "\n", &saved); line; line = strtok_r(NULL, "\n", &saved))
        assert_true(text_width(line) <= width);
}

static void status_of_2_2_reads_as_a_minister_needs(void **state UNUSED)
{
    json_auto_t *status = parse(status_2_2), *parts = parse(parts_2_2);
    AUTO(free_ptr) char *text = printed("ls", status, parts, 100);
    assert_string_equal(
        text,
        "ls:2.2  Ökat nyttjande av hälsodata för forskning och innovation\n"
        "State   OFF TRACK  1 of 2 deliverables overdue, no update on it\n"
        "Work    1/2 delivered · outcome not assessed (no indicator, no reported figure)\n"
        "Who     working group Hälsodata (no lead named, term ended 2022) · owner: none\n"
        "Last    2022-05-12 (964 days)  \"Användning av hälsodata ska stärka framtidens hälso- "
        "och sjukvård\"\n"
        "Parts   gov-1  delivered 2023      due 2023-09-21  Socialdepartementet   Dir. 2022:41 "
        "Hälsodata som…\n"
        "        gov-3  OVERDUE 761 days    due 2022-12-01  E-hälsomyndigheten    Förstudie: "
        "bilddiagnostik\n");
}

static void status_fits_into_every_width(void **state UNUSED)
{
    json_auto_t *status = parse(status_2_2), *parts = parse(parts_2_2);
    for (size_t width = 80; width <= 120; width += 7) {
        AUTO(free_ptr) char *text = printed("ls", status, parts, width);
        assert_lines_fit(text, width);
    }
}

static void status_cuts_wide_characters_by_their_columns(void **state UNUSED)
{
    json_auto_t *status = status_with(
        "{\"title\":\"健康データの利用を研究とイノベーションのために拡大し続けることを目標とする"
        "国家戦略の重点分野における達成目標の一覧とその進捗\"}");
    json_auto_t *parts = parse("[]");
    AUTO(free_ptr) char *text = printed("ls", status, parts, 80);
    assert_lines_fit(text, 80);
    assert_non_null(strstr(text, "…\n"));
}

static void status_names_the_strategy_as_the_daemon_does_if_the_user_did_not(void **state UNUSED)
{
    json_auto_t *status = parse(status_2_2), *parts = parse(parts_2_2);
    AUTO(free_ptr) char *text = printed(NULL, status, parts, 100);
    assert_memory_equal(text, "se-life-science-2019:2.2  Ökat", 31);
}

static void status_never_passes_escape_sequences_on(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"title\":\"a\\u001b[2Jb\\u009b31mc\\u202ed\","
                                      "\"lastContact\":\"\\u001b]0;x\\u0007\"}");
    json_auto_t *parts = parse("[{\"node\":{\"code\":\"\\u001b[1m\",\"kind\":\"deliverable\","
                               "\"title\":\"x\\ny\\u001b[2J\"}}]");
    AUTO(free_ptr) char *text = printed("ls", status, parts, 100);
    for (const char *c = text; *c; c++)
        assert_true(*c == '\n' || (unsigned char)*c >= 0x20);
    assert_null(strstr(text, "\xc2\x9b"));
    assert_null(strstr(text, "\xe2\x80\xae"));
}

static void status_of_a_delivered_unit_of_work_says_delivered(void **state UNUSED)
{
    json_auto_t *status =
        status_with("{\"kind\":\"deliverable\",\"state\":\"done\",\"done\":true,\"reasons\":[],"
                    "\"progress\":100.0,\"progressSource\":\"closing\","
                    "\"closing\":{\"date\":\"2023\",\"how\":\"achieved\",\"reason\":\"SOU "
                    "2023:76\"}}");
    AUTO(free_ptr) char *text = status_closed(status);
    assert_string_equal(text, "delivered 2023 – SOU 2023:76");
}

static void status_of_an_achieved_outcome_says_achieved(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"closing\":{\"date\":\"2023-05\",\"how\":\"achieved\","
                                      "\"reason\":null}}");
    AUTO(free_ptr) char *text = status_closed(status);
    assert_string_equal(text, "achieved 2023-05");
}

static void progress_tells_indicators_and_the_groups_own_figure(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"progress\":63.0,\"progressSource\":\"indicators\","
                                      "\"reportedPercent\":40.0,\"coverage\":1.0}");
    json_auto_t *parts =
        parse("[{\"node\":{\"kind\":\"indicator\",\"progress\":50.0,\"coverage\":1.0}},"
              "{\"node\":{\"kind\":\"indicator\",\"progress\":76.0,\"coverage\":1.0}},"
              "{\"node\":{\"kind\":\"deliverable\",\"progress\":10.0,\"coverage\":1.0}}]");
    AUTO(free_ptr) char *text = status_progress(status, parts);
    assert_string_equal(text, "63 % from 2 indicators; the group's own figure is 40 %");
}

static void progress_of_unknown_coverage_is_shown(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"kind\":\"target\",\"progress\":40.0,"
                                      "\"progressSource\":\"parts\",\"coverage\":null}");
    json_auto_t *parts =
        parse("[{\"node\":{\"kind\":\"target\",\"progress\":40.0,\"coverage\":null}}]");
    AUTO(free_ptr) char *text = status_progress(status, parts);
    assert_string_equal(text, "40 % from 1 target");
}

static void progress_with_little_coverage_is_shown_as_counts(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"kind\":\"priority\",\"progress\":30.0,"
                                      "\"progressSource\":\"parts\",\"coverage\":0.33}");
    json_auto_t *parts =
        parse("[{\"node\":{\"kind\":\"target\",\"progress\":90.0,\"coverage\":1.0}},"
              "{\"node\":{\"kind\":\"target\",\"progress\":null,\"coverage\":0.0}},"
              "{\"node\":{\"kind\":\"target\",\"progress\":null,\"coverage\":0.0}}]");
    AUTO(free_ptr) char *text = status_progress(status, parts);
    assert_string_equal(text, "known 1 of 3 targets");
}

static void progress_unknown_has_no_line(void **state UNUSED)
{
    json_auto_t *status = parse(status_2_2);
    assert_null(status_progress(status, NULL));
}

static void strategy_says_how_many_targets_are_known(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"kind\":\"strategy\",\"code\":\"\",\"targets\":25,"
                                      "\"targetsExpected\":30,\"targetsReporting\":14}");
    AUTO(free_ptr) char *text = status_targets(status);
    assert_string_equal(text, "25 of 30 targets known, 14 of them report");
}

static void outcome_with_all_work_delivered_says_that_it_is_not_assessed(void **state UNUSED)
{
    json_auto_t *status = status_with(
        "{\"state\":\"unknown\",\"work\":{\"progress\":100.0,\"total\":1,\"delivered\":1,"
        "\"overdue\":0,\"reported\":1},\"reasons\":[{\"kind\":\"outcome_not_assessed\"}]}");
    AUTO(free_ptr) char *text = status_reasons(status, NULL);
    assert_string_equal(text, "all work delivered, outcome not assessed");
}

static void reasons_of_an_empty_target_do_not_speak_of_work(void **state UNUSED)
{
    json_auto_t *status = status_with("{" NO_WORK ",\"reasons\":["
                                      "{\"kind\":\"outcome_not_assessed\"},"
                                      "{\"kind\":\"no_update\",\"code\":null,\"days\":null},"
                                      "{\"kind\":\"no_parts\"}]}");
    AUTO(free_ptr) char *text = status_reasons(status, NULL);
    assert_string_equal(text, "no update yet, nothing works toward it");
}

static void reasons_of_a_newer_daemon_are_shown_as_words(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"reasons\":[{\"kind\":\"budget_spent\"}]}");
    AUTO(free_ptr) char *text = status_reasons(status, NULL);
    assert_string_equal(text, "budget spent");
}

static void due_date_counts_from_the_replys_day(void **state UNUSED)
{
    json_auto_t *late = status_with("{\"due\":\"2024-11\",\"start\":\"2022\"}");
    json_auto_t *early = status_with("{\"due\":\"2025-01-12\"}");
    AUTO(free_ptr) char *past = status_due(late);
    AUTO(free_ptr) char *ahead = status_due(early);
    assert_string_equal(past, "2024-11 (31 days late) · start 2022");
    assert_string_equal(ahead, "2025-01-12 (in 12 days)");
}

static void forecast_is_held_against_the_due_date(void **state UNUSED)
{
    json_auto_t *late = status_with("{\"forecast\":\"2025-03-02\",\"due\":\"2025-03-01\"}");
    json_auto_t *open = status_with("{\"forecast\":\"2025-03-02\"}");
    json_auto_t *none = status_with("{\"forecast\":null,\"forecastMissing\":2}");
    AUTO(free_ptr) char *after = status_forecast(late);
    AUTO(free_ptr) char *reached = status_forecast(open);
    AUTO(free_ptr) char *missing = status_forecast(none);
    assert_string_equal(after, "reached 2025-03-02 if it goes on like this, 1 day after it is due");
    assert_string_equal(reached, "reached 2025-03-02 if it goes on like this");
    assert_string_equal(missing, "no forecast: 2 of its parts have none");
    json_auto_t *silent = parse(status_2_2);
    assert_null(status_forecast(silent));
}

static void proof_is_asked_of_what_is_said_to_be_reached(void **state UNUSED)
{
    json_auto_t *work = status_with("{\"kind\":\"deliverable\",\"evidence\":\"unevidenced\"}");
    json_auto_t *shown = status_with("{\"evidence\":\"evidenced\"}");
    AUTO(free_ptr) char *text = status_proof(work);
    assert_string_equal(text, "none: it is said to be delivered, but no link shows it");
    assert_null(status_proof(shown));
}

static void heard_tells_how_long_ago(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"lastActivity\":\"2024-12-01\",\"stale\":true}");
    AUTO(free_ptr) char *text = status_heard(status);
    assert_string_equal(text, "2024-12-01 (30 days), too long ago");
}

static void status_notes_a_database_out_of_reach(void **state UNUSED)
{
    json_auto_t *status = status_with("{\"lastContact\":\"2024-12-31T08:00:00Z\"}");
    json_auto_t *parts = parse("[]");
    AUTO(free_ptr) char *text = printed("ls", status, parts, 100);
    assert_non_null(strstr(text, "\nNote    database out of reach since 2024-12-31T08:00:00Z; this "
                                 "is what was known then\n"));
}

static void status_survives_an_empty_reply(void **state UNUSED)
{
    json_auto_t *status = parse("{}"), *parts = parse("[{}]");
    AUTO(free_ptr) char *text = printed(NULL, status, parts, 100);
    assert_non_null(strstr(text, "State   UNKNOWN"));
    assert_non_null(strstr(text, "Last    no update"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_of_2_2_reads_as_a_minister_needs),
        cmocka_unit_test(status_fits_into_every_width),
        cmocka_unit_test(status_cuts_wide_characters_by_their_columns),
        cmocka_unit_test(status_names_the_strategy_as_the_daemon_does_if_the_user_did_not),
        cmocka_unit_test(status_never_passes_escape_sequences_on),
        cmocka_unit_test(status_of_a_delivered_unit_of_work_says_delivered),
        cmocka_unit_test(status_of_an_achieved_outcome_says_achieved),
        cmocka_unit_test(progress_tells_indicators_and_the_groups_own_figure),
        cmocka_unit_test(progress_of_unknown_coverage_is_shown),
        cmocka_unit_test(progress_with_little_coverage_is_shown_as_counts),
        cmocka_unit_test(progress_unknown_has_no_line),
        cmocka_unit_test(strategy_says_how_many_targets_are_known),
        cmocka_unit_test(outcome_with_all_work_delivered_says_that_it_is_not_assessed),
        cmocka_unit_test(reasons_of_an_empty_target_do_not_speak_of_work),
        cmocka_unit_test(reasons_of_a_newer_daemon_are_shown_as_words),
        cmocka_unit_test(due_date_counts_from_the_replys_day),
        cmocka_unit_test(forecast_is_held_against_the_due_date),
        cmocka_unit_test(proof_is_asked_of_what_is_said_to_be_reached),
        cmocka_unit_test(heard_tells_how_long_ago),
        cmocka_unit_test(status_notes_a_database_out_of_reach),
        cmocka_unit_test(status_survives_an_empty_reply),
    };
    text_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
