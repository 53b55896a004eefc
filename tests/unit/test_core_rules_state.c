/* State as the worst of three axes, thresholds exactly on the line, and the reasons why. */
#include "core_builder.h"

#define DAY "2024-06-30"

static enum state state_of(const char *code)
{
    return result_on(code, DAY)->state;
}

/* ---- reported ---- */

static void state_reported_is_the_last_given(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    report_state("t", "2024-01", STATE_AT_RISK);
    report("t", "2024-02", 50);
    assert_int_equal(result_on("t", DAY)->reported, STATE_AT_RISK);
    assert_int_equal(state_of("t"), STATE_AT_RISK);
    report_state("t", "2024-03", STATE_ON_TRACK);
    assert_int_equal(state_of("t"), STATE_ON_TRACK);
}

/* ---- paced: 100 days from 2024-01-01, so that a day is a percent ---- */

static enum state paced_at(double percent, const char *date)
{
    if (!tree_node_by_code(tree, "d"))
        ADD("d", NULL, DELIVERABLE, .start = "2024-01-01", .due = "2024-04-10");
    report("d", "2024-01-01", percent);
    return result_on("d", date)->paced;
}

static void paced_is_on_track_at_90_percent_of_the_line(void **state UNUSED)
{
    assert_int_equal(paced_at(45, "2024-02-20"), STATE_ON_TRACK); /* e = 50 */
    assert_int_equal(paced_at(44.9, "2024-02-20"), STATE_AT_RISK);
}

static void paced_is_at_risk_down_to_75_percent_of_the_line(void **state UNUSED)
{
    assert_int_equal(paced_at(37.5, "2024-02-20"), STATE_AT_RISK);
    assert_int_equal(paced_at(37.4, "2024-02-20"), STATE_OFF_TRACK);
}

static void paced_allows_for_rounding(void **state UNUSED)
{
    assert_int_equal(paced_at(0.9 * 70 - 1e-10, "2024-03-11"), STATE_ON_TRACK); /* e = 70 */
    assert_int_equal(paced_at(0.9 * 70 - 1e-8, "2024-03-11"), STATE_AT_RISK);
}

static void paced_expects_nothing_on_the_first_day(void **state UNUSED)
{
    assert_int_equal(paced_at(0, "2024-01-01"), STATE_ON_TRACK);
}

static void paced_expects_all_on_the_last_day(void **state UNUSED)
{
    assert_int_equal(paced_at(90, "2024-04-10"), STATE_ON_TRACK);
    assert_int_equal(paced_at(75, "2024-04-10"), STATE_AT_RISK);
    assert_int_equal(paced_at(74, "2024-04-10"), STATE_OFF_TRACK);
}

static void paced_with_start_at_due_expects_all_that_day(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .start = DAY, .due = DAY);
    report("d", "2024-01", 89);
    assert_int_equal(result_on("d", "2024-06-29")->paced, STATE_ON_TRACK); /* upcoming */
    assert_int_equal(result_on("d", DAY)->paced, STATE_AT_RISK);
}

static void paced_is_off_track_when_overdue(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .due = "2024-06-29");
    report("d", "2024-01", 99);
    assert_int_equal(result_on("d", DAY)->paced, STATE_OFF_TRACK);
    assert_int_equal(state_of("d"), STATE_OFF_TRACK);
}

static void paced_is_unknown_without_start_due_or_progress(void **state UNUSED)
{
    ADD("no-start", NULL, DELIVERABLE, .due = "2024");
    ADD("no-due", NULL, DELIVERABLE, .start = "2024");
    ADD("no-progress", NULL, DELIVERABLE, .start = "2024", .due = "2024");
    report("no-start", "2024-01", 1);
    report("no-due", "2024-01", 1);
    assert_int_equal(result_on("no-start", DAY)->paced, STATE_UNKNOWN);
    assert_int_equal(result_on("no-due", DAY)->paced, STATE_UNKNOWN);
    assert_int_equal(result_on("no-progress", DAY)->paced, STATE_UNKNOWN);
}

static void paced_takes_an_outcomes_work_where_progress_is_unknown(void **state UNUSED)
{
    ADD("t", NULL, TARGET, .start = "2024-01-01", .due = "2024-04-10");
    ADD("d", "t", DELIVERABLE);
    report("d", "2024-01-01", 40);
    assert_int_equal(result_on("t", "2024-02-20")->paced, STATE_AT_RISK);
    report("t", "2024-01-01", 10); /* its own progress goes first */
    assert_int_equal(result_on("t", "2024-02-20")->paced, STATE_OFF_TRACK);
}

/* ---- parts ---- */

/* Deliverables under "t": an off_track one is past its due, one at_risk or on_track says so. */
static void add_parts(uint32_t off_track, uint32_t at_risk, uint32_t on_track, uint32_t unknown,
                      uint32_t done)
{
    const struct {
        uint32_t count;
        enum state state;
    } kinds[] = {{off_track, STATE_OFF_TRACK},
                 {at_risk, STATE_AT_RISK},
                 {on_track, STATE_ON_TRACK},
                 {unknown, STATE_UNKNOWN},
                 {done, STATE_DONE}};
    char code[20];

    ADD("t", NULL, TARGET);
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        for (uint32_t i = 0; i < kinds[k].count; i++) {
            snprintf(code, sizeof code, "d%d-%u", (int)k, i);
            ADD(code, "t", DELIVERABLE);
            if (kinds[k].state == STATE_DONE)
                close_node(code, "2024-01", HOW_ACHIEVED);
            else if (kinds[k].state != STATE_UNKNOWN)
                report_state(code, "2024-01", kinds[k].state);
        }
    }
}

static enum state parts_axis(void)
{
    return result_on("t", DAY)->parts;
}

static void parts_off_track_at_exactly_a_quarter(void **state UNUSED)
{
    add_parts(1, 0, 3, 0, 0);
    assert_int_equal(parts_axis(), STATE_OFF_TRACK);
    assert_int_equal(state_of("t"), STATE_OFF_TRACK);
}

static void parts_off_track_below_a_quarter_are_not_enough(void **state UNUSED)
{
    add_parts(1, 0, 4, 0, 0);
    assert_int_equal(parts_axis(), STATE_ON_TRACK);
}

static void parts_at_risk_at_exactly_a_quarter(void **state UNUSED)
{
    add_parts(1, 1, 6, 0, 0);
    assert_int_equal(parts_axis(), STATE_AT_RISK);
}

static void parts_at_risk_below_a_quarter_are_not_enough(void **state UNUSED)
{
    add_parts(0, 1, 4, 0, 0);
    assert_int_equal(parts_axis(), STATE_ON_TRACK);
}

static void parts_quarter_is_of_the_weight_of_all(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("a", "t", DELIVERABLE, .weight = 0.1);
    ADD("b", "t", DELIVERABLE, .weight = 0.2);
    ADD("c", "t", DELIVERABLE, .weight = 0.1);
    report_state("a", "2024-01", STATE_OFF_TRACK); /* 0.1 of 0.1 + 0.2 + 0.1 */
    close_node("b", "2024-01", HOW_ACHIEVED);
    report_state("c", "2024-01", STATE_ON_TRACK);
    assert_int_equal(parts_axis(), STATE_OFF_TRACK);
}

static void parts_unknown_at_exactly_half_are_on_track(void **state UNUSED)
{
    add_parts(0, 0, 2, 2, 0);
    assert_int_equal(parts_axis(), STATE_ON_TRACK);
}

static void parts_unknown_over_half_are_unknown(void **state UNUSED)
{
    add_parts(0, 0, 2, 3, 0);
    assert_int_equal(parts_axis(), STATE_UNKNOWN);
}

static void parts_off_track_go_before_unknown(void **state UNUSED)
{
    add_parts(1, 0, 0, 3, 0);
    assert_int_equal(parts_axis(), STATE_OFF_TRACK);
}

static void parts_done_and_unknown_at_half_are_on_track(void **state UNUSED)
{
    add_parts(0, 0, 0, 1, 1);
    assert_int_equal(parts_axis(), STATE_ON_TRACK);
}

static void parts_all_done_say_nothing(void **state UNUSED)
{
    add_parts(0, 0, 0, 0, 2);
    assert_int_equal(parts_axis(), STATE_UNKNOWN);
    assert_int_equal(state_of("t"), STATE_UNKNOWN);
}

static void parts_none_are_unknown(void **state UNUSED)
{
    add_parts(0, 0, 0, 0, 0);
    assert_int_equal(parts_axis(), STATE_UNKNOWN);
}

static void parts_dropped_do_not_count(void **state UNUSED)
{
    add_parts(1, 0, 2, 0, 0);
    close_node("d0-0", "2024-02", HOW_DROPPED);
    assert_int_equal(parts_axis(), STATE_ON_TRACK);
}

/* ---- the worst of them ---- */

static void state_is_the_worst_axis(void **state UNUSED)
{
    add_parts(0, 1, 0, 0, 0);
    report_state("t", "2024-01", STATE_ON_TRACK);
    assert_int_equal(state_of("t"), STATE_AT_RISK);
    CHANGE("t", NULL, TARGET, .due = "2024-01");
    assert_int_equal(state_of("t"), STATE_OFF_TRACK);
}

static void state_on_track_is_worse_than_unknown(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    assert_int_equal(state_of("t"), STATE_UNKNOWN);
    report_state("t", "2024-01", STATE_ON_TRACK);
    assert_int_equal(state_of("t"), STATE_ON_TRACK);
}

static void state_of_what_is_closed_or_done_is_told_by_that(void **state UNUSED)
{
    ADD("missed", NULL, TARGET);
    ADD("dropped", NULL, TARGET);
    ADD("done", NULL, TARGET);
    report_state("missed", "2024-01", STATE_ON_TRACK);
    report_state("dropped", "2024-01", STATE_OFF_TRACK);
    report_state("done", "2024-01", STATE_OFF_TRACK);
    close_node("missed", "2024-02", HOW_MISSED);
    close_node("dropped", "2024-02", HOW_DROPPED);
    close_node("done", "2024-02", HOW_ACHIEVED);
    assert_int_equal(state_of("missed"), STATE_OFF_TRACK);
    assert_int_equal(state_of("dropped"), STATE_UNKNOWN);
    assert_int_equal(state_of("done"), STATE_DONE);
    assert_int_equal(result_on("done", DAY)->reported, STATE_OFF_TRACK); /* still shown */
}

static void state_reopened_is_what_it_was(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    report_state("t", "2024-01", STATE_AT_RISK);
    close_node("t", "2024-02", HOW_MISSED);
    close_node("t", "2024-03", HOW_REOPENED);
    assert_int_equal(state_of("t"), STATE_AT_RISK);
}

/* ---- the worst part ---- */

static void worst_part_is_the_worst_with_the_lowest_code(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("d2", "t", DELIVERABLE);
    ADD("d10", "t", DELIVERABLE);
    ADD("d1", "t", DELIVERABLE);
    assert_null(rules_worst_part(tree, node_of("t"), day_of(DAY)));
    report_state("d1", "2024-01", STATE_AT_RISK);
    assert_string_equal(rules_worst_part(tree, node_of("t"), day_of(DAY))->code, "d1");
    report_state("d10", "2024-01", STATE_OFF_TRACK);
    report_state("d2", "2024-01", STATE_OFF_TRACK);
    assert_string_equal(rules_worst_part(tree, node_of("t"), day_of(DAY))->code, "d2");
}

/* ---- reasons ---- */

static const char *reasons_of(const char *code)
{
    static char text[500];
    struct reason reasons[REASONS_MAX];
    size_t count = rules_reasons(tree, node_of(code), day_of(DAY), false, reasons);

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        sprintf(text + strlen(text), "%s(%s,%d,%d) ", reason_names[reasons[i].kind],
                reasons[i].code ? reasons[i].code : "-", reasons[i].days, reasons[i].count);
    return text;
}

static void reasons_name_the_latest_overdue_part(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("d1", "t", DELIVERABLE, .due = "2024-06-28");
    ADD("d2", "t", DELIVERABLE, .due = "2024-06-20");
    ADD("d3", "t", DELIVERABLE, .due = "2024-06-20");
    report("t", "2024-01", 10);
    assert_string_equal(reasons_of("t"), "parts_overdue(d2,10,3) no_update(d2,-1,-1) ");
}

static void reasons_tell_of_the_node_itself(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .due = "2024-06-20", .start = "2024-06-10");
    assert_string_equal(reasons_of("d"), "overdue(-,10,-1) no_update(-,20,-1) ");
    report_state("d", "2024-06-25", STATE_OFF_TRACK);
    assert_string_equal(reasons_of("d"), "overdue(-,10,-1) reported(-,5,-1) ");
}

static void reasons_tell_of_parts_in_trouble(void **state UNUSED)
{
    add_parts(2, 1, 0, 0, 0);
    report("t", "2024-01", 10);
    assert_string_equal(reasons_of("t"), "parts_off_track(d0-0,-1,2) parts_at_risk(d1-0,-1,1) ");
}

static void reasons_tell_how_far_behind(void **state UNUSED)
{
    /* 200 days, half of them gone; 20 % is where it should have been on day 40 */
    ADD("d", NULL, DELIVERABLE, .start = "2024-03-22", .due = "2024-10-08");
    report("d", "2024-04", 20);
    assert_string_equal(reasons_of("d"), "behind_schedule(-,60,-1) ");
}

static void reasons_tell_of_outcomes_nobody_assessed(void **state UNUSED)
{
    add_parts(0, 0, 0, 0, 1);
    assert_string_equal(reasons_of("t"), "outcome_not_assessed(-,-1,-1) no_update(-,-1,-1) ");
    report("t", "2024-01", 70); /* all its parts are done, and it is not */
    assert_string_equal(reasons_of("t"), "outcome_not_assessed(-,-1,-1) ");
}

static void reasons_tell_of_outcomes_without_parts(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    report("t", "2024-01", 70);
    assert_string_equal(reasons_of("t"), "no_parts(-,-1,-1) ");
}

static void reasons_of_what_is_upcoming_ask_for_no_update(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .start = "2025", .due = "2026");
    assert_string_equal(reasons_of("d"), "");
}

static void reasons_of_what_is_over_are_none(void **state UNUSED)
{
    add_parts(2, 1, 0, 0, 0);
    close_node("t", "2024-01", HOW_ACHIEVED);
    assert_string_equal(reasons_of("t"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(state_reported_is_the_last_given),
        BUILDER_TEST(paced_is_on_track_at_90_percent_of_the_line),
        BUILDER_TEST(paced_is_at_risk_down_to_75_percent_of_the_line),
        BUILDER_TEST(paced_allows_for_rounding),
        BUILDER_TEST(paced_expects_nothing_on_the_first_day),
        BUILDER_TEST(paced_expects_all_on_the_last_day),
        BUILDER_TEST(paced_with_start_at_due_expects_all_that_day),
        BUILDER_TEST(paced_is_off_track_when_overdue),
        BUILDER_TEST(paced_is_unknown_without_start_due_or_progress),
        BUILDER_TEST(paced_takes_an_outcomes_work_where_progress_is_unknown),
        BUILDER_TEST(parts_off_track_at_exactly_a_quarter),
        BUILDER_TEST(parts_off_track_below_a_quarter_are_not_enough),
        BUILDER_TEST(parts_at_risk_at_exactly_a_quarter),
        BUILDER_TEST(parts_at_risk_below_a_quarter_are_not_enough),
        BUILDER_TEST(parts_quarter_is_of_the_weight_of_all),
        BUILDER_TEST(parts_unknown_at_exactly_half_are_on_track),
        BUILDER_TEST(parts_unknown_over_half_are_unknown),
        BUILDER_TEST(parts_off_track_go_before_unknown),
        BUILDER_TEST(parts_done_and_unknown_at_half_are_on_track),
        BUILDER_TEST(parts_all_done_say_nothing),
        BUILDER_TEST(parts_none_are_unknown),
        BUILDER_TEST(parts_dropped_do_not_count),
        BUILDER_TEST(state_is_the_worst_axis),
        BUILDER_TEST(state_on_track_is_worse_than_unknown),
        BUILDER_TEST(state_of_what_is_closed_or_done_is_told_by_that),
        BUILDER_TEST(state_reopened_is_what_it_was),
        BUILDER_TEST(worst_part_is_the_worst_with_the_lowest_code),
        BUILDER_TEST(reasons_name_the_latest_overdue_part),
        BUILDER_TEST(reasons_tell_of_the_node_itself),
        BUILDER_TEST(reasons_tell_of_parts_in_trouble),
        BUILDER_TEST(reasons_tell_how_far_behind),
        BUILDER_TEST(reasons_tell_of_outcomes_nobody_assessed),
        BUILDER_TEST(reasons_tell_of_outcomes_without_parts),
        BUILDER_TEST(reasons_of_what_is_upcoming_ask_for_no_update),
        BUILDER_TEST(reasons_of_what_is_over_are_none),
    };

    return cmocka_run_group_tests_name("core/rules: state", tests, NULL, NULL);
}
