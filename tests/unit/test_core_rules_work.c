/* Work of an outcome, the counts of distinct work, and how many report: numbers by hand. */
#include "core_builder.h"

#define DAY "2024-06-30"

static void assert_counts(const char *code, uint32_t total, uint32_t delivered, uint32_t overdue,
                          uint32_t reported)
{
    const struct result *result = result_on(code, DAY);

    assert_int_equal(result->total, total);
    assert_int_equal(result->delivered, delivered);
    assert_int_equal(result->overdue, overdue);
    assert_int_equal(result->reported_count, reported);
}

static void work_of_an_outcome_is_the_mean_of_its_work(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("d1", "t", DELIVERABLE, .weight = 3);
    ADD("d2", "t", DELIVERABLE);
    close_node("d1", "2024-01", HOW_ACHIEVED);
    assert_number(result_on("t", DAY)->work, 75); /* unknown as 0 */
}

static void work_is_unknown_while_none_of_it_is_known(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("d1", "t", DELIVERABLE);
    assert_unknown(result_on("t", DAY)->work);
    assert_counts("t", 1, 0, 0, 0);
}

static void work_takes_outcomes_with_work_below(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET); /* has no work: not in the sum */
    ADD("1.3", "1", TARGET); /* has unknown work: counts as 0 */
    ADD("d1", "1.1", DELIVERABLE);
    ADD("d3", "1.3", DELIVERABLE);
    ADD("d0", "1", DELIVERABLE, .weight = 2);
    report("d1", "2024-01", 60);
    report("d0", "2024-01", 30);
    report("1.2", "2024-01", 90);
    assert_number(result_on("1", DAY)->work, (60 + 0 + 2 * 30) / 4.0); /* 30 */
    assert_counts("1", 3, 0, 0, 2);
}

static void work_of_a_work_node_is_its_progress(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-01", 60);
    assert_unknown(result_on("d", DAY)->work);
    assert_counts("d", 1, 0, 0, 1);
}

static void counts_are_of_work_without_work_parts(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("i", "t", INITIATIVE, .due = "2024-01");
    ADD("d1", "i", DELIVERABLE, .due = "2024-06-29");
    ADD("d2", "i", DELIVERABLE, .due = DAY);
    close_node("d2", "2024-01", HOW_ACHIEVED);
    assert_counts("t", 2, 1, 1, 1); /* the initiative itself is overdue, and no unit */
    assert_counts("i", 2, 1, 1, 1);
}

static void counts_take_work_whose_parts_are_dropped(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("i", "t", INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    close_node("d1", "2024-01", HOW_DROPPED);
    assert_counts("t", 1, 0, 0, 0);
    assert_counts("d1", 1, 0, 0, 0);
}

static void counts_leave_out_what_is_below_a_dropped_part(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("d1", "1.1", DELIVERABLE);
    ADD("d2", "1", DELIVERABLE);
    close_node("1.1", "2024-01", HOW_DROPPED);
    assert_counts("1", 1, 0, 0, 0);
    assert_counts("1.1", 1, 0, 0, 0);
}

static void counts_call_delivered_what_was_closed_so(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("d1", "t", DELIVERABLE, .due = "2024-01");
    ADD("d2", "t", DELIVERABLE, .due = "2024-01");
    report("d1", "2024-01", 100); /* done, not delivered */
    close_node("d2", "2024-02", HOW_MISSED);
    assert_counts("t", 2, 0, 0, 1);
}

static void counts_are_of_distinct_work(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET);
    ADD("2", NULL, PRIORITY);
    ADD("d", "1.1", DELIVERABLE);
    ADD("e", "2", DELIVERABLE);
    contribute("d", "1.2", 1);
    contribute("d", "2", 1);
    close_node("d", "2024-01", HOW_ACHIEVED);
    assert_counts("1.1", 1, 1, 0, 1);
    assert_counts("1.2", 1, 1, 0, 1);
    assert_counts("1", 1, 1, 0, 1);
    assert_counts("2", 2, 1, 0, 1);
    assert_counts("", 2, 1, 0, 1);
}

static void counts_follow_contributions_of_whole_subtrees(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("i", "1", INITIATIVE);
    ADD("d1", "i", DELIVERABLE);
    ADD("d2", "i", DELIVERABLE);
    ADD("d3", "2", DELIVERABLE);
    contribute("i", "2", 1);
    contribute("d3", "i", 1);
    assert_counts("i", 3, 0, 0, 0);
    assert_counts("1", 3, 0, 0, 0);
    assert_counts("2", 3, 0, 0, 0);
    assert_counts("", 3, 0, 0, 0);
}

static void counts_forget_a_contribution_that_ended(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("d", "1", DELIVERABLE);
    int64_t id = contribute("d", "2", 1);
    assert_counts("2", 1, 0, 0, 0);
    tree_end_contribution(tree, node_of("d")->id, id);
    assert_int_equal(tree_settle(tree), 0);
    assert_counts("2", 0, 0, 0, 0);
    assert_counts("", 1, 0, 0, 0);
    assert_false(tree->root->counts_shared);
}

static void counts_survive_the_end_of_walk_numbers(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("d", "1", DELIVERABLE);
    contribute("d", "2", 1);
    tree->root->mark = UINT32_MAX - 1;
    assert_counts("", 1, 0, 0, 0);
    assert_true(tree->root->mark < 10);
    assert_number(result_on("", "2024-07-01")->total, 1);
}

static void results_of_two_days_do_not_mix(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("d", "1.1", DELIVERABLE);
    contribute("d", "2", 1);
    close_node("d", "2024-03-01", HOW_ACHIEVED);
    assert_counts("", 1, 1, 0, 1);
    assert_int_equal(result_on("d", "2024-02-01")->delivered, 0);
    assert_counts("", 1, 1, 0, 1);
    assert_int_equal(result_on("", "2024-02-01")->delivered, 0);
    assert_counts("", 1, 1, 0, 1);
}

static void reporting_counts_nodes_of_a_kind_with_an_update(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET);
    ADD("1.3", "1", TARGET);
    ADD("d", "1.3", DELIVERABLE);
    report("1.1", "2024-01", 10);
    report("1.2", "2024-07-01", 10); /* tomorrow's */
    report("d", "2024-01", 10);

    struct reporting sum = rules_reporting(tree, tree->root, KIND_TARGET, day_of(DAY));
    assert_int_equal(sum.total, 3);
    assert_int_equal(sum.reporting, 1);
    assert_int_equal(rules_reporting(tree, node_of("1.1"), KIND_TARGET, day_of(DAY)).total, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(work_of_an_outcome_is_the_mean_of_its_work),
        BUILDER_TEST(work_is_unknown_while_none_of_it_is_known),
        BUILDER_TEST(work_takes_outcomes_with_work_below),
        BUILDER_TEST(work_of_a_work_node_is_its_progress),
        BUILDER_TEST(counts_are_of_work_without_work_parts),
        BUILDER_TEST(counts_take_work_whose_parts_are_dropped),
        BUILDER_TEST(counts_leave_out_what_is_below_a_dropped_part),
        BUILDER_TEST(counts_call_delivered_what_was_closed_so),
        BUILDER_TEST(counts_are_of_distinct_work),
        BUILDER_TEST(counts_follow_contributions_of_whole_subtrees),
        BUILDER_TEST(counts_forget_a_contribution_that_ended),
        BUILDER_TEST(counts_survive_the_end_of_walk_numbers),
        BUILDER_TEST(results_of_two_days_do_not_mix),
        BUILDER_TEST(reporting_counts_nodes_of_a_kind_with_an_update),
    };

    return cmocka_run_group_tests_name("core/rules: work", tests, NULL, NULL);
}
