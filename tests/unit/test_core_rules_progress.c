/* Effective values, parts, progress with its source, and coverage: numbers worked out by hand. */
#include "core_builder.h"

#define DAY "2024-06-30"

static void assert_progress(const char *code, double progress, enum source source)
{
    const struct result *result = result_on(code, DAY);

    assert_number(result->progress, progress);
    assert_int_equal(result->source, source);
}

static double progress_of(double baseline, double target, double value)
{
    return rules_indicator_progress(&(struct measure){.baseline = baseline, .target = target},
                                    value);
}

/* ---- effective values ---- */

static void percent_is_the_last_by_date_not_by_arrival(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-03-01", 40);
    report("d", "2024-01-01", 10);
    assert_progress("d", 40, SOURCE_REPORTED);
}

static void percent_of_one_day_is_the_last_recorded(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-03-01", 40);
    report("d", "2024-03-01", 35);
    assert_progress("d", 35, SOURCE_REPORTED);
}

static void percent_of_tomorrow_does_not_count(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", DAY, 40);
    report("d", "2024-07-01", 80);
    assert_progress("d", 40, SOURCE_REPORTED);
    assert_number(result_on("d", "2024-07-01")->progress, 80);
    assert_int_equal(rules_update_count(node_of("d"), day_of(DAY)), 1);
}

static void values_are_each_the_last_that_was_given(void **state UNUSED)
{
    struct update sure = {
        .percent = (double)NAN, .date = date_of("2024-02"), .confidence = CONFIDENCE_LOW};

    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-01", 20);
    put_update("d", sure, 0);
    report_state("d", "2024-03", STATE_AT_RISK);

    const struct result *result = result_on("d", DAY);
    assert_number(result->percent, 20);
    assert_int_equal(result->confidence, CONFIDENCE_LOW);
    assert_int_equal(result->reported, STATE_AT_RISK);
}

static void percent_with_a_partial_date_counts_from_its_last_day(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", "2023", 10);
    report("d", "2024-02", 30);
    assert_unknown(result_on("d", "2023-12-30")->progress);
    assert_number(result_on("d", "2023-12-31")->progress, 10);
    assert_number(result_on("d", "2024-02-28")->progress, 10);
    assert_number(result_on("d", "2024-02-29")->progress, 30);
}

static void correction_replaces_from_the_moment_it_is_recorded(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-01-01", 10);
    int64_t wrong = report("d", "2024-02-01", 90);
    correct("d", "2024-09-01", 20, wrong); /* its own date is still to come */
    assert_progress("d", 10, SOURCE_REPORTED);
    assert_number(result_on("d", "2024-09-01")->progress, 20);
}

static void correction_can_be_corrected(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    int64_t first = report("d", "2024-02-01", 90);
    int64_t second = correct("d", "2024-02-01", 80, first);
    int64_t third = correct("d", "2024-02-01", 70, second);
    assert_progress("d", 70, SOURCE_REPORTED);
    assert_int_equal(rules_update_count(node_of("d"), day_of(DAY)), 1);
    assert_int_equal(rules_last_update(node_of("d"), day_of(DAY))->id, third);
}

static void last_update_is_that_of_the_day(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    int64_t first = report("d", "2024-01-01", 10);
    report("d", "2024-07-01", 20);
    assert_int_equal(rules_last_update(node_of("d"), day_of(DAY))->id, first);
    assert_null(rules_last_update(node_of("d"), day_of("2023")));
}

/* ---- work ---- */

static void work_without_anything_is_unknown(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    ADD("i", "d", INITIATIVE);
    assert_progress("d", (double)NAN, SOURCE_NONE);
    assert_unknown(result_on("d", DAY)->percent);
}

static void work_that_is_achieved_is_at_100(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d", "i", DELIVERABLE);
    report("d", "2024", 10);
    report("i", "2024-01", 50);
    close_node("i", "2024-02", HOW_ACHIEVED);
    assert_progress("i", 100, SOURCE_CLOSING);
    assert_number(result_on("i", DAY)->percent, 50);
}

static void work_is_the_weighted_mean_of_its_work_parts(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE, .weight = 0.5);
    ADD("d2", "i", DELIVERABLE, .weight = 1.5);
    report("d1", "2024-01", 100);
    report("d2", "2024-01", 20);
    report("i", "2024-01", 77); /* its own figure is shown, not used */
    assert_progress("i", (0.5 * 100 + 1.5 * 20) / 2, SOURCE_PARTS); /* 40 */
    assert_number(result_on("i", DAY)->percent, 77);
}

static void work_counts_an_unknown_part_as_0(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    ADD("d2", "i", DELIVERABLE);
    report("d1", "2024-01", 60);
    assert_progress("i", 30, SOURCE_PARTS);
}

static void work_with_unknown_parts_only_has_its_own_percent(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    report("i", "2024-01", 25);
    assert_progress("i", 25, SOURCE_REPORTED);
}

static void work_does_not_take_outcomes_for_work(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("t", "i", TARGET);
    report("t", "2024-01", 50);
    assert_progress("i", (double)NAN, SOURCE_NONE);
}

static void work_with_a_part_known_to_be_at_0_is_at_0(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d", "i", DELIVERABLE);
    report("d", "2024-01", 0);
    assert_progress("i", 0, SOURCE_PARTS);
}

/* ---- parts ---- */

static void part_that_is_dropped_is_none(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    ADD("d2", "i", DELIVERABLE);
    report("d1", "2024-01", 60);
    close_node("d2", "2024-03-01", HOW_DROPPED);
    assert_number(result_on("i", "2024-02-28")->progress, 30);
    assert_progress("i", 60, SOURCE_PARTS);
    assert_int_equal(result_on("i", DAY)->part_count, 1);
}

static void part_that_is_dropped_and_reopened_is_one_again(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    ADD("d2", "i", DELIVERABLE);
    report("d1", "2024-01", 60);
    close_node("d2", "2024-03", HOW_DROPPED);
    assert_progress("i", 60, SOURCE_PARTS);
    close_node("d2", "2024-04", HOW_REOPENED);
    assert_progress("i", 30, SOURCE_PARTS);
}

static void part_by_contribution_counts_with_its_weight(void **state UNUSED)
{
    ADD("i1", NULL, INITIATIVE);
    ADD("i2", NULL, INITIATIVE);
    ADD("d1", "i1", DELIVERABLE);
    ADD("d2", "i2", DELIVERABLE, .weight = 5); /* its weight as a child of i2 */
    report("d1", "2024-01", 10);
    report("d2", "2024-01", 90);
    contribute("d2", "i1", 3);
    assert_progress("i1", (10 + 3 * 90) / 4.0, SOURCE_PARTS); /* 70 */
}

static void part_by_contribution_without_weight_counts_1(void **state UNUSED)
{
    ADD("i1", NULL, INITIATIVE);
    ADD("d1", "i1", DELIVERABLE);
    ADD("d2", NULL, DELIVERABLE, .weight = 5);
    report("d1", "2024-01", 10);
    report("d2", "2024-01", 90);
    contribute("d2", "i1", (double)NAN);
    assert_progress("i1", 50, SOURCE_PARTS);
}

static void part_that_is_child_and_contribution_counts_once(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE, .weight = 2);
    ADD("d2", "i", DELIVERABLE);
    report("d1", "2024-01", 90);
    report("d2", "2024-01", 30);
    contribute("d1", "i", 7);                                /* its own weight goes first */
    assert_progress("i", (2 * 90 + 30) / 3.0, SOURCE_PARTS); /* 70 */
    assert_int_equal(result_on("i", DAY)->part_count, 2);
}

static void part_that_is_child_without_weight_has_the_contributions(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    ADD("d2", "i", DELIVERABLE);
    report("d1", "2024-01", 90);
    report("d2", "2024-01", 30);
    contribute("d1", "i", 3);
    assert_progress("i", (3 * 90 + 30) / 4.0, SOURCE_PARTS); /* 75 */
}

static void part_that_contributes_twice_counts_once(void **state UNUSED)
{
    ADD("i", NULL, INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    ADD("d2", NULL, DELIVERABLE);
    report("d1", "2024-01", 10);
    report("d2", "2024-01", 90);
    contribute("d2", "i", 1);
    contribute("d2", "i", 9);
    assert_progress("i", 50, SOURCE_PARTS);
}

static void parts_come_children_first_by_code(void **state UNUSED)
{
    AUTO(free_ptr) struct rules_part *parts = NULL;
    char codes[100] = "";
    size_t count;

    ADD("t", NULL, TARGET);
    ADD("z", "t", DELIVERABLE, .weight = 4);
    ADD("b10", NULL, DELIVERABLE);
    ADD("b9", NULL, DELIVERABLE);
    ADD("y", "t", INDICATOR); /* without baseline and target: nobody's part */
    ADD("x", "t", DELIVERABLE);
    ADD("w", "t", DELIVERABLE);
    contribute("b10", "t", 2);
    contribute("b9", "t", 1);
    close_node("w", "2024", HOW_DROPPED);
    assert_int_equal(rules_parts(tree, node_of("t"), day_of("2024"), &parts, &count), 0);
    for (size_t i = 0; i < count; i++)
        sprintf(codes + strlen(codes), "%s:%g ", parts[i].node->code, parts[i].weight);
    assert_string_equal(codes, "x:1 z:4 b9:1 b10:2 ");
}

static void parts_of_nothing_are_an_empty_list(void **state UNUSED)
{
    AUTO(free_ptr) struct rules_part *parts = NULL;
    size_t count;

    assert_int_equal(rules_parts(tree, tree->root, 0, &parts, &count), 0);
    assert_int_equal(count, 0);
}

/* ---- indicators ---- */

static void indicator_goes_from_baseline_to_target(void **state UNUSED)
{
    assert_number(progress_of(20, 60, 30), 25);
    assert_number(progress_of(60, 20, 30), 75); /* downwards */
    assert_number(progress_of(-10, 10, 0), 50);
    assert_number(progress_of(5, 0, 4), 20); /* a target of 0 */
}

static void indicator_is_clamped(void **state UNUSED)
{
    assert_number(progress_of(20, 60, 10), 0);
    assert_number(progress_of(20, 60, 99), 100);
    assert_number(progress_of(60, 20, 99), 0);
}

static void indicator_with_target_at_baseline_is_reached_or_not(void **state UNUSED)
{
    assert_number(progress_of(20, 20, 19.9), 0);
    assert_number(progress_of(20, 20, 20), 100);
    assert_number(progress_of(20, 20, 25), 100);
    assert_number(progress_of(0.3, 0.3, 0.1 + 0.2), 100);
}

static void indicator_without_one_of_the_three_is_unknown(void **state UNUSED)
{
    assert_unknown(progress_of((double)NAN, 60, 30));
    assert_unknown(progress_of(20, (double)NAN, 30));
    assert_unknown(progress_of(20, 60, (double)NAN));
}

static void indicator_is_measured_not_closed_or_reported(void **state UNUSED)
{
    ADD("i", NULL, INDICATOR, .baseline = 0, .target = 10);
    report("i", "2024-01", 80);
    close_node("i", "2024-02", HOW_ACHIEVED);
    assert_progress("i", (double)NAN, SOURCE_NONE);
    assert_true(result_on("i", DAY)->done);
    assert_number(result_on("i", DAY)->coverage, 0);
}

static void indicator_has_no_parts(void **state UNUSED)
{
    ADD("i", NULL, INDICATOR, .baseline = 0, .target = 10);
    ADD("d", "i", DELIVERABLE);
    assert_int_equal(result_on("i", DAY)->part_count, 0);
    assert_int_equal(result_on("i", DAY)->total, 0);
}

/* ---- outcomes ---- */

static void outcome_that_is_empty_is_unknown(void **state UNUSED)
{
    const struct result *result = result_on("", DAY);

    assert_unknown(result->progress);
    assert_unknown(result->work);
    assert_number(result->coverage, 0);
    assert_int_equal(result->part_count, 0);
    assert_int_equal(result->source, SOURCE_NONE);
}

static void outcome_that_is_achieved_is_at_100(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    report("t", "2024-01", 30);
    close_node("t", "2024-02", HOW_ACHIEVED);
    assert_progress("t", 100, SOURCE_CLOSING);
    assert_number(result_on("t", DAY)->coverage, 1);
}

static void outcome_that_is_missed_keeps_its_figure(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    report("t", "2024-01", 30);
    close_node("t", "2024-02", HOW_MISSED);
    assert_progress("t", 30, SOURCE_REPORTED);
}

static void outcome_goes_by_its_indicators_first(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("i1", "t", INDICATOR, .baseline = 0, .target = 10);
    ADD("i2", "t", INDICATOR, .baseline = 0, .target = 10, .weight = 3);
    ADD("i3", "t", INDICATOR, .baseline = 0, .target = 10);
    ADD("t1", "t", TARGET);
    report("t1", "2024-01", 90);
    report("t", "2024-01", 40);
    observe("i1", DAY, 5);
    observe("i2", DAY, 8);
    assert_progress("t", (50 + 3 * 80 + 0) / 5.0, SOURCE_INDICATORS); /* 58 */
    assert_number(result_on("t", DAY)->coverage, 4 / 5.0);
    assert_number(result_on("t", DAY)->percent, 40);
}

static void outcome_with_unknown_indicators_goes_by_its_outcome_parts(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("i1", "t", INDICATOR, .baseline = 0, .target = 10);
    ADD("t1", "t", TARGET, .weight = 2);
    ADD("t2", "t", NEED);
    report("t1", "2024-01", 90);
    report("t", "2024-01", 40);
    assert_progress("t", 60, SOURCE_PARTS);
    assert_number(result_on("t", DAY)->coverage, 2 / 3.0);
}

static void outcome_with_nothing_known_below_has_its_own_percent(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("t1", "t", TARGET);
    report("t", "2024-01", 40);
    assert_progress("t", 40, SOURCE_REPORTED);
    assert_number(result_on("t", DAY)->coverage, 1);
}

static void outcome_is_not_reached_by_work(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("d", "t", DELIVERABLE);
    close_node("d", "2024-01", HOW_ACHIEVED);
    assert_progress("t", (double)NAN, SOURCE_NONE);
    assert_number(result_on("t", DAY)->coverage, 0);
    assert_number(result_on("t", DAY)->work, 100);
    assert_false(result_on("t", DAY)->done);
}

static void indicator_without_scale_is_nobodys_part(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("i", "t", INDICATOR);
    observe("i", DAY, 5);
    report("t", "2024-01", 40);
    assert_progress("t", 40, SOURCE_REPORTED);
    assert_int_equal(result_on("t", DAY)->part_count, 0);
}

/* 1 of 2 targets known in priority 1, none in 2: coverage reaches down to the leaves. */
static void coverage_reaches_down_to_the_leaves(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY, .weight = 3);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET);
    ADD("2.1", "2", TARGET);
    report("1.1", "2024-01", 80);
    assert_number(result_on("1", DAY)->coverage, 0.5);
    assert_progress("", 40 / 4.0, SOURCE_PARTS); /* (1·40 + 3·0) / 4 */
    assert_number(result_on("", DAY)->coverage, 0.5 / 4);
}

static void coverage_of_a_closed_part_is_whole(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET);
    ADD("1.2.1", "1.2", TARGET);
    close_node("1.1", "2024-01", HOW_ACHIEVED);
    report("1.2", "2024-01", 20);
    assert_progress("1", 60, SOURCE_PARTS);
    assert_number(result_on("1", DAY)->coverage, 1);
}

/* ---- closings ---- */

static void closing_counts_from_its_last_day(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    close_node("d", "2023", HOW_ACHIEVED);
    assert_null(result_on("d", "2023-12-30")->closing);
    assert_non_null(result_on("d", "2023-12-31")->closing);
}

static void closing_in_force_is_the_last_of_its_day(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    close_node("d", "2024-01-05", HOW_ACHIEVED);
    close_node("d", "2024-01-05", HOW_REOPENED);
    assert_null(result_on("d", DAY)->closing);
    close_node("d", "2024-01-05", HOW_MISSED);
    assert_int_equal(result_on("d", DAY)->closing->how, HOW_MISSED);
    close_node("d", "2024-01-04", HOW_DROPPED);
    assert_int_equal(result_on("d", DAY)->closing->how, HOW_MISSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(percent_is_the_last_by_date_not_by_arrival),
        BUILDER_TEST(percent_of_one_day_is_the_last_recorded),
        BUILDER_TEST(percent_of_tomorrow_does_not_count),
        BUILDER_TEST(values_are_each_the_last_that_was_given),
        BUILDER_TEST(percent_with_a_partial_date_counts_from_its_last_day),
        BUILDER_TEST(correction_replaces_from_the_moment_it_is_recorded),
        BUILDER_TEST(correction_can_be_corrected),
        BUILDER_TEST(last_update_is_that_of_the_day),
        BUILDER_TEST(work_without_anything_is_unknown),
        BUILDER_TEST(work_that_is_achieved_is_at_100),
        BUILDER_TEST(work_is_the_weighted_mean_of_its_work_parts),
        BUILDER_TEST(work_counts_an_unknown_part_as_0),
        BUILDER_TEST(work_with_unknown_parts_only_has_its_own_percent),
        BUILDER_TEST(work_does_not_take_outcomes_for_work),
        BUILDER_TEST(work_with_a_part_known_to_be_at_0_is_at_0),
        BUILDER_TEST(part_that_is_dropped_is_none),
        BUILDER_TEST(part_that_is_dropped_and_reopened_is_one_again),
        BUILDER_TEST(part_by_contribution_counts_with_its_weight),
        BUILDER_TEST(part_by_contribution_without_weight_counts_1),
        BUILDER_TEST(part_that_is_child_and_contribution_counts_once),
        BUILDER_TEST(part_that_is_child_without_weight_has_the_contributions),
        BUILDER_TEST(part_that_contributes_twice_counts_once),
        BUILDER_TEST(parts_come_children_first_by_code),
        BUILDER_TEST(parts_of_nothing_are_an_empty_list),
        BUILDER_TEST(indicator_goes_from_baseline_to_target),
        BUILDER_TEST(indicator_is_clamped),
        BUILDER_TEST(indicator_with_target_at_baseline_is_reached_or_not),
        BUILDER_TEST(indicator_without_one_of_the_three_is_unknown),
        BUILDER_TEST(indicator_is_measured_not_closed_or_reported),
        BUILDER_TEST(indicator_has_no_parts),
        BUILDER_TEST(outcome_that_is_empty_is_unknown),
        BUILDER_TEST(outcome_that_is_achieved_is_at_100),
        BUILDER_TEST(outcome_that_is_missed_keeps_its_figure),
        BUILDER_TEST(outcome_goes_by_its_indicators_first),
        BUILDER_TEST(outcome_with_unknown_indicators_goes_by_its_outcome_parts),
        BUILDER_TEST(outcome_with_nothing_known_below_has_its_own_percent),
        BUILDER_TEST(outcome_is_not_reached_by_work),
        BUILDER_TEST(indicator_without_scale_is_nobodys_part),
        BUILDER_TEST(coverage_reaches_down_to_the_leaves),
        BUILDER_TEST(coverage_of_a_closed_part_is_whole),
        BUILDER_TEST(closing_counts_from_its_last_day),
        BUILDER_TEST(closing_in_force_is_the_last_of_its_day),
    };

    return cmocka_run_group_tests_name("core/rules: progress", tests, NULL, NULL);
}
