/* Done and schedule: which day counts, and what goes first. */
#include "core_builder.h"

#define DAY "2024-06-30"

static enum schedule schedule_on(const char *code, const char *date)
{
    return result_on(code, date)->schedule;
}

static bool is_done(const char *code)
{
    return result_on(code, DAY)->done;
}

/* ---- done ---- */

static void done_is_what_was_achieved(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    assert_false(is_done("t"));
    close_node("t", "2024-01", HOW_ACHIEVED);
    assert_true(is_done("t"));
}

static void done_is_work_at_100(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    ADD("d2", "i", DELIVERABLE);
    report("d1", "2024-01", 100);
    report("d2", "2024-01", 99.9);
    assert_true(is_done("d1"));
    assert_false(is_done("i"));
    report("d2", "2024-02", 100);
    assert_true(is_done("i"));
}

static void done_is_an_indicator_at_its_target(void **state UNUSED)
{
    ADD("i", NULL, INDICATOR, .baseline = 0, .target = 10);
    observe("i", "2024-01", 10);
    assert_true(is_done("i"));
}

static void done_is_not_an_outcome_that_reports_100(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    report("t", "2024-01", 100);
    assert_number(result_on("t", DAY)->progress, 100);
    assert_false(is_done("t"));
}

static void done_is_not_an_outcome_whose_work_is(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("d", "t", DELIVERABLE);
    report("d", "2024-01", 100);
    assert_false(is_done("t"));
}

static void done_is_an_outcome_with_all_indicators_done(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("i1", "t", INDICATOR, .baseline = 0, .target = 10);
    ADD("i2", "t", INDICATOR, .baseline = 0, .target = 10);
    ADD("t1", "t", TARGET); /* does not matter beside indicators */
    observe("i1", "2024-01", 10);
    assert_false(is_done("t"));
    close_node("i2", "2024-01", HOW_ACHIEVED);
    assert_true(is_done("t"));
}

static void done_is_an_outcome_with_all_outcome_parts_done(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET);
    ADD("d", "1", DELIVERABLE); /* open work does not matter */
    close_node("1.1", "2024-01", HOW_ACHIEVED);
    assert_false(is_done("1"));
    close_node("1.2", "2024-01", HOW_ACHIEVED);
    assert_true(is_done("1"));
    assert_true(is_done("")); /* so it goes up */
}

static void done_is_not_an_outcome_with_indicators_open(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("i", "1", INDICATOR, .baseline = 0, .target = 10);
    close_node("1.1", "2024-01", HOW_ACHIEVED);
    assert_false(is_done("1"));
}

static void done_is_not_an_empty_strategy(void **state UNUSED)
{
    assert_false(is_done(""));
}

static void done_is_not_what_was_missed_or_dropped(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    ADD("e", NULL, DELIVERABLE);
    report("d", "2024-01", 100);
    report("e", "2024-01", 100);
    close_node("d", "2024-02", HOW_MISSED);
    close_node("e", "2024-02", HOW_DROPPED);
    assert_false(is_done("d"));
    assert_false(is_done("e"));
}

static void done_ends_with_reopening(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    close_node("d", "2024-01", HOW_ACHIEVED);
    close_node("d", "2024-02", HOW_REOPENED);
    assert_false(is_done("d"));
    assert_unknown(result_on("d", DAY)->progress);
}

/* ---- schedule ---- */

static void schedule_without_due_is_none(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY, .due = "2023");
    ADD("1.1", "1", TARGET, .start = "2030"); /* a due is not inherited */
    assert_int_equal(schedule_on("1.1", DAY), SCHEDULE_UNSCHEDULED);
    assert_int_equal(schedule_on("", DAY), SCHEDULE_UNSCHEDULED);
}

static void schedule_runs_until_the_due_day_is_over(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .due = "2024-06-30");
    assert_int_equal(schedule_on("d", "2024-06-30"), SCHEDULE_RUNNING);
    assert_int_equal(schedule_on("d", "2024-07-01"), SCHEDULE_OVERDUE);
    assert_int_equal(rules_days_late(node_of("d"), day_of("2024-07-03")), 3);
    assert_int_equal(rules_days_late(node_of("d"), day_of("2024-06-28")), -2);
}

static void schedule_counts_a_partial_due_from_its_last_day(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .due = "2024-02");
    ADD("e", NULL, DELIVERABLE, .due = "2024");
    assert_int_equal(schedule_on("d", "2024-02-29"), SCHEDULE_RUNNING);
    assert_int_equal(schedule_on("d", "2024-03-01"), SCHEDULE_OVERDUE);
    assert_int_equal(schedule_on("e", "2024-12-31"), SCHEDULE_RUNNING);
    assert_int_equal(schedule_on("e", "2025-01-01"), SCHEDULE_OVERDUE);
}

static void schedule_counts_a_partial_start_from_its_first_day(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .start = "2024-02", .due = "2024");
    assert_int_equal(schedule_on("d", "2024-01-31"), SCHEDULE_UPCOMING);
    assert_int_equal(schedule_on("d", "2024-02-01"), SCHEDULE_RUNNING);
}

static void schedule_start_is_the_nearest_ancestors(void **state UNUSED)
{
    set_period("2020", NULL);
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET, .start = "2024-03");
    ADD("d", "1.1", DELIVERABLE, .due = "2024");
    ADD("e", "1", DELIVERABLE, .due = "2024");
    assert_int_equal(schedule_on("d", "2024-02-29"), SCHEDULE_UPCOMING);
    assert_int_equal(schedule_on("d", "2024-03-01"), SCHEDULE_RUNNING);
    assert_int_equal(schedule_on("e", "2019-12-31"), SCHEDULE_UPCOMING);
    assert_int_equal(schedule_on("e", "2020-01-01"), SCHEDULE_RUNNING);
}

static void schedule_follows_a_start_that_moves_above(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("d", "1.1", DELIVERABLE, .due = "2025");
    assert_int_equal(schedule_on("d", DAY), SCHEDULE_RUNNING);
    CHANGE("1", NULL, PRIORITY, .start = "2024-08");
    assert_int_equal(schedule_on("d", DAY), SCHEDULE_UPCOMING);
    CHANGE("1", NULL, PRIORITY, .start = NULL);
    assert_int_equal(schedule_on("d", DAY), SCHEDULE_RUNNING);
    set_period("2024-08", NULL);
    assert_int_equal(schedule_on("d", DAY), SCHEDULE_UPCOMING);
}

static void schedule_of_what_is_done_or_closed_goes_first(void **state UNUSED)
{
    ADD("a", NULL, DELIVERABLE, .due = "2020");
    ADD("b", NULL, DELIVERABLE, .due = "2020");
    ADD("c", NULL, DELIVERABLE, .due = "2020");
    ADD("d", NULL, DELIVERABLE);
    close_node("a", "2024-01", HOW_ACHIEVED);
    close_node("b", "2024-01", HOW_MISSED);
    close_node("c", "2024-01", HOW_DROPPED);
    report("d", "2024-01", 100);
    assert_int_equal(schedule_on("a", DAY), SCHEDULE_DONE);
    assert_int_equal(schedule_on("b", DAY), SCHEDULE_CLOSED);
    assert_int_equal(schedule_on("c", DAY), SCHEDULE_CLOSED);
    assert_int_equal(schedule_on("d", DAY), SCHEDULE_DONE);
}

static void schedule_overdue_goes_before_upcoming(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE, .start = "2025", .due = "2024-01");
    assert_int_equal(schedule_on("d", DAY), SCHEDULE_OVERDUE);
}

static void schedule_of_the_strategy_ends_with_its_period(void **state UNUSED)
{
    set_period("2020", "2023");
    assert_int_equal(schedule_on("", "2019-12-31"), SCHEDULE_UPCOMING);
    assert_int_equal(schedule_on("", "2023-12-31"), SCHEDULE_RUNNING);
    assert_int_equal(schedule_on("", "2024-01-01"), SCHEDULE_OVERDUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(done_is_what_was_achieved),
        BUILDER_TEST(done_is_work_at_100),
        BUILDER_TEST(done_is_an_indicator_at_its_target),
        BUILDER_TEST(done_is_not_an_outcome_that_reports_100),
        BUILDER_TEST(done_is_not_an_outcome_whose_work_is),
        BUILDER_TEST(done_is_an_outcome_with_all_indicators_done),
        BUILDER_TEST(done_is_an_outcome_with_all_outcome_parts_done),
        BUILDER_TEST(done_is_not_an_outcome_with_indicators_open),
        BUILDER_TEST(done_is_not_an_empty_strategy),
        BUILDER_TEST(done_is_not_what_was_missed_or_dropped),
        BUILDER_TEST(done_ends_with_reopening),
        BUILDER_TEST(schedule_without_due_is_none),
        BUILDER_TEST(schedule_runs_until_the_due_day_is_over),
        BUILDER_TEST(schedule_counts_a_partial_due_from_its_last_day),
        BUILDER_TEST(schedule_counts_a_partial_start_from_its_first_day),
        BUILDER_TEST(schedule_start_is_the_nearest_ancestors),
        BUILDER_TEST(schedule_follows_a_start_that_moves_above),
        BUILDER_TEST(schedule_of_what_is_done_or_closed_goes_first),
        BUILDER_TEST(schedule_overdue_goes_before_upcoming),
        BUILDER_TEST(schedule_of_the_strategy_ends_with_its_period),
    };

    return cmocka_run_group_tests_name("core/rules: schedule", tests, NULL, NULL);
}
