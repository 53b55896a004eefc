/* What a result was made of: parts and those left out, weights, shares, what stands behind them. */
#include "core_builder.h"

#include "core/explain.h"

#define DAY "2024-06-30"

static struct explanation explained;

static const struct explanation *explain_node(const char *code)
{
    explanation_done(&explained);
    assert_int_equal(explain(tree, node_of(code), day_of(DAY), &explained), 0);
    return &explained;
}

static int teardown(void **state)
{
    explanation_done(&explained);
    return builder_teardown(state);
}

#define EXPLAIN_TEST(name) cmocka_unit_test_setup_teardown(name, builder_setup, teardown)

static const struct explained *part_of(const struct explanation *e, const char *code)
{
    for (size_t i = 0; i < e->count; i++)
        if (strcmp(e->parts[i].node->code, code) == 0)
            return &e->parts[i];
    fail_msg("no part %s", code);
    return NULL;
}

static void shares_add_up_to_the_progress(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("a", "t", TARGET, .weight = 3);
    ADD("b", "t", TARGET);
    ADD("w", "t", DELIVERABLE);
    report("a", "2024-01", 40);
    report("w", "2024-01", 90);
    const struct explanation *e = explain_node("t");
    assert_int_equal(e->counted, 2);
    assert_number(e->weight, 4);
    assert_number(e->points, 120);
    assert_number(part_of(e, "a")->share, 30);
    assert_number(part_of(e, "b")->share, 0); /* unknown as 0 */
    assert_true(part_of(e, "b")->counted);
    assert_false(part_of(e, "w")->counted);
    assert_number(node_of("t")->result.progress, 30);
}

static void weights_tell_whose_they_are(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("own", "t", DELIVERABLE, .weight = 2);
    ADD("both", "t", DELIVERABLE);
    ADD("plain", "t", DELIVERABLE);
    ADD("z", NULL, DELIVERABLE);
    ADD("y", NULL, DELIVERABLE);
    contribute("both", "t", 5);
    contribute("z", "t", 7);
    contribute("y", "t", (double)NAN);
    const struct explanation *e = explain_node("t");
    assert_int_equal(e->count, 5);
    assert_int_equal(part_of(e, "own")->weight_from, WEIGHT_OWN);
    assert_int_equal(part_of(e, "both")->weight_from, WEIGHT_OF_CONTRIBUTION);
    assert_number(part_of(e, "both")->weight, 5);
    assert_int_equal(part_of(e, "plain")->weight_from, WEIGHT_DEFAULT);
    assert_string_equal(e->parts[3].node->code, "y"); /* contributions by code, after children */
    assert_true(e->parts[3].contributes);
    assert_int_equal(e->parts[3].weight_from, WEIGHT_DEFAULT);
    assert_number(e->parts[4].weight, 7);
}

static void what_is_left_out_says_why(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("i", "t", INDICATOR);
    ADD("d", "t", DELIVERABLE);
    ADD("e", "t", DELIVERABLE);
    close_node("d", "2024-01", HOW_DROPPED);
    const struct explanation *e = explain_node("t");
    assert_int_equal(part_of(e, "i")->left_out, LEFT_OUT_UNMEASURED);
    assert_int_equal(part_of(e, "d")->left_out, LEFT_OUT_DROPPED);
    assert_int_equal(part_of(e, "e")->left_out, LEFT_OUT_NOT);
    assert_number(e->parts_weight, 1);
    assert_number(e->weight_in[STATE_UNKNOWN], 1);
    assert_int_equal(e->counted, 0);
}

static void indicator_has_no_parts(void **state UNUSED)
{
    ADD("i", NULL, INDICATOR, .baseline = 0, .target = 10);
    ADD("d", "i", DELIVERABLE);
    ADD("e", NULL, DELIVERABLE);
    contribute("e", "i", 1);
    int64_t seen = observe("i", "2024-01", 4);
    assert_int_equal(explain_node("i")->count, 0);
    assert_int_equal(explained.observation->id, seen);
}

static void effective_values_tell_their_updates(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    int64_t percent = report("d", "2024-01", 10);
    int64_t stated = report_state("d", "2024-02", STATE_AT_RISK);
    report("d", "2024-07", 50);
    const struct explanation *e = explain_node("d");
    assert_int_equal(e->effective.percent->id, percent);
    assert_int_equal(e->effective.state->id, stated);
    assert_null(e->effective.confidence);
    assert_int_equal(e->point_count, 1);
}

static void pace_tells_what_it_was_held_against(void **state UNUSED)
{
    ADD("t", NULL, TARGET, .start = "2024-06-20", .due = "2024-07-10");
    ADD("d", "t", DELIVERABLE);
    assert_false(explain_node("t")->paced);
    report("d", "2024-01", 30);
    const struct explanation *e = explain_node("t");
    assert_true(e->paced && e->paced_by_work);
    assert_number(e->expected, 50);
    assert_number(e->pace, 30);
    assert_string_equal(e->start_of->code, "t");
    assert_string_equal(explain_node("d")->start_of->code, "t");
}

static void latest_activity_is_found_below(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("d", NULL, DELIVERABLE);
    contribute("d", "1.1", 1);
    assert_null(explain_node("1")->last_active);
    report("1.1", "2024-01", 1);
    assert_string_equal(explain_node("1")->last_active->code, "1.1");
    report("d", "2024-02", 1);
    assert_string_equal(explain_node("1")->last_active->code, "d");
}

static void behind_a_part_is_what_its_progress_is_from(void **state UNUSED)
{
    struct behind behind;

    ADD("t", NULL, TARGET);
    ADD("d", "t", DELIVERABLE);
    ADD("m", "t", INITIATIVE);
    ADD("e", "m", DELIVERABLE);
    int64_t reported = report("d", "2024-01", 10);
    report("m", "2024-01", 10);
    report("e", "2024-01", 10);
    explain_node("t");
    explain_behind(node_of("d"), &behind);
    assert_int_equal(behind.update->id, reported);
    explain_behind(node_of("m"), &behind); /* its parts made it */
    assert_true(!behind.update && !behind.closing && !behind.observation);
    close_node("d", "2024-02", HOW_ACHIEVED);
    explain_node("t");
    explain_behind(node_of("d"), &behind);
    assert_true(behind.closing && !behind.update);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EXPLAIN_TEST(shares_add_up_to_the_progress),
        EXPLAIN_TEST(weights_tell_whose_they_are),
        EXPLAIN_TEST(what_is_left_out_says_why),
        EXPLAIN_TEST(indicator_has_no_parts),
        EXPLAIN_TEST(effective_values_tell_their_updates),
        EXPLAIN_TEST(pace_tells_what_it_was_held_against),
        EXPLAIN_TEST(latest_activity_is_found_below),
        EXPLAIN_TEST(behind_a_part_is_what_its_progress_is_from),
    };

    return cmocka_run_group_tests_name("core/explain", tests, NULL, NULL);
}
