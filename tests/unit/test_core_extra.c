/* What nodes have beside updates: observations, decisions, reviews, relations, drafts, sectors. */
#include "core_builder.h"

#define DAY "2024-06-30"

/* ---- observations ---- */

static void value_is_the_last_by_date_then_seq(void **state UNUSED)
{
    ADD("i", NULL, INDICATOR, .baseline = 0, .target = 100);
    observe("i", "2024-03", 30);
    observe("i", "2024-01", 10);
    observe("i", "2024-03-31", 31);
    observe("i", "2024-07", 70);
    assert_number(rules_value(node_of("i"), day_of(DAY)), 31);
    assert_number(rules_value(node_of("i"), day_of("2024-02-29")), 10);
    assert_unknown(rules_value(node_of("i"), day_of("2024-01-30")));
}

static void value_leaves_out_what_was_corrected_and_breakdowns(void **state UNUSED)
{
    ADD("i", NULL, INDICATOR, .baseline = 0, .target = 100);
    int64_t wrong = observe("i", "2024-03", 30);
    struct observation part = {
        .id = ++last_id, .date = date_of("2024-05"), .value = 99, .has_breakdown = true};
    struct observation right = {.id = ++last_id, .date = date_of("2024-08"), .value = 3};

    assert_int_equal(tree_put_observation(tree, node_of("i")->id, &part, 0), 0);
    assert_number(result_on("i", DAY)->progress, 30);
    /* a correction dated later takes it out all the same */
    assert_int_equal(tree_put_observation(tree, node_of("i")->id, &right, wrong), 0);
    assert_unknown(result_on("i", DAY)->progress);
    assert_number(result_on("i", "2024-08-31")->progress, 3);
    assert_int_equal(tree_put_observation(tree, node_of("i")->id, &right, 999), -ENOENT);
}

static void progress_downwards_from_what_is_the_target_already(void **state UNUSED)
{
    const struct measure down = {.baseline = 20, .target = 20, .direction = DIRECTION_DOWN};

    assert_number(rules_indicator_progress(&down, 20), 100);
    assert_number(rules_indicator_progress(&down, 19), 100);
    assert_number(rules_indicator_progress(&down, 21), 0);
}

/* ---- updates that wait ---- */

static int64_t submit(const char *code, const char *date, double percent, int64_t supersedes)
{
    struct update update = {.percent = percent, .date = date_of(date), .waits = true};

    return put_update(code, update, supersedes);
}

static void decide(const char *code, int64_t update, bool accepted, int64_t supersedes)
{
    assert_int_equal(
        tree_put_decision(tree, ++last_id, node_of(code)->id, update, accepted, supersedes), 0);
}

static void update_that_waits_does_not_count(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-01", 10);
    int64_t waits = submit("d", "2024-02", 20, 0);
    assert_number(result_on("d", DAY)->percent, 10);
    assert_int_equal(rules_update_count(node_of("d"), day_of(DAY)), 1);
    decide("d", waits, false, 0);
    assert_number(result_on("d", DAY)->percent, 10);
    assert_true(node_update(node_of("d"), waits)->returned);
    decide("d", waits, true, 0);
    assert_number(result_on("d", DAY)->percent, 20);
    assert_int_equal(rules_update_count(node_of("d"), day_of(DAY)), 2);
    assert_int_equal(node_latest_update(node_of("d"))->id, waits);
}

static void correction_that_waits_supersedes_once_it_is_accepted(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    int64_t first = report("d", "2024-02", 50);
    int64_t waits = submit("d", "2024-01", 20, first);
    assert_number(result_on("d", DAY)->percent, 50);
    decide("d", waits, true, first);
    assert_number(result_on("d", DAY)->percent, 20);
    assert_int_equal(rules_update_count(node_of("d"), day_of(DAY)), 1);
    assert_int_equal(tree_put_decision(tree, ++last_id, node_of("d")->id, 999, true, 0), -ENOENT);
}

/* ---- a due date that follows the start ---- */

static void due_follows_the_start(void **state UNUSED)
{
    struct node_row row = row_of(&(struct spec){.code = "m", .kind = KIND_INITIATIVE}, 50);
    char text[DATE_TEXT_SIZE];

    set_period("2019", "2030");
    row.due_after = (struct span){.months = 60};
    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_string_equal(date_format(rules_due(node_of("m")), text), "2024");
    assert_int_equal(result_on("m", "2024-12-31")->schedule, SCHEDULE_RUNNING);
    assert_int_equal(result_on("m", "2025-01-01")->schedule, SCHEDULE_OVERDUE);
    set_period("2020-03-01", "2030");
    assert_string_equal(date_format(rules_due(node_of("m")), text), "2025-03-01");
    assert_int_equal(result_on("m", "2025-01-01")->schedule, SCHEDULE_RUNNING);
}

/* ---- the rest ---- */

static void review_is_the_last_of_the_day(void **state UNUSED)
{
    struct review old = {.id = ++last_id, .date = date_of("2023-05"), .note = (char *)"old"};
    struct review new = {.id = ++last_id, .date = date_of("2024-09-29")};
    struct group group = {.id = 7, .key = (char *)"g"};

    assert_int_equal(tree_put_review(tree, false, 0, &new), 0);
    assert_int_equal(tree_put_review(tree, false, 0, &old), 0);
    assert_int_equal(reviews_last(node_reviews(tree->root), day_of(DAY))->id, old.id);
    assert_int_equal(reviews_last(node_reviews(tree->root), day_of("2025"))->id, new.id);
    tree_end_review(tree, false, 0, old.id);
    assert_null(reviews_last(node_reviews(tree->root), day_of(DAY)));
    /* a group's outlive its versions */
    assert_int_equal(tree_put_group(tree, &group), 0);
    assert_int_equal(tree_put_review(tree, true, 7, &old), 0);
    tree_end_group(tree, 7);
    assert_int_equal(tree_put_group(tree, &group), 0);
    assert_string_equal(reviews_last(group_reviews(tree, 7), day_of(DAY))->note, "old");
}

static void relation_is_put_and_ended(void **state UNUSED)
{
    struct relation row = {.id = 5, .kind = RELATION_SUPERSEDES, .to_strategy = 2};

    assert_int_equal(tree_put_relation(tree, 0, &row), 0);
    assert_int_equal(tree->root->extra->n_relations, 1);
    row.to_node = 9;
    assert_int_equal(tree_put_relation(tree, 0, &row), 0);
    assert_int_equal(tree->root->extra->n_relations, 1);
    assert_int_equal(tree->root->extra->relations[0].to_node, 9);
    tree_end_relation(tree, 0, 5);
    assert_int_equal(tree->root->extra->n_relations, 0);
}

static void draft_is_kept_until_it_ends(void **state UNUSED)
{
    struct draft row = {.id = 5, .date = date_of(DAY), .percent = 40, .note = (char *)"soon"};

    assert_int_equal(tree_put_draft(tree, &row), 0);
    assert_string_equal(tree_draft(tree, 5)->note, "soon");
    row.note = NULL;
    assert_int_equal(tree_put_draft(tree, &row), 0);
    assert_null(tree_draft(tree, 5)->note);
    tree_end_draft(tree, 5);
    assert_null(tree_draft(tree, 5));
    row.node_id = 99;
    assert_int_equal(tree_put_draft(tree, &row), -ENOENT);
}

static void sectors_are_those_of_the_last_version(void **state UNUSED)
{
    struct node_row row = row_of(&(struct spec){.code = "m", .kind = KIND_INITIATIVE}, 50);
    json_auto_t *array = json_pack("[s,s]", "food", "transport");
    AUTO(free_ptr) struct words *sectors = NULL;

    assert_int_equal(words_from_json(array, &sectors), 0);
    row.sectors = sectors;
    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_true(words_have(node_sectors(tree_node(tree, 50)), "transport"));
    assert_false(words_have(node_sectors(tree_node(tree, 50)), "work"));
    row.sectors = NULL;
    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_null(node_sectors(tree_node(tree, 50)));
    assert_int_equal(tree_settle(tree), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(value_is_the_last_by_date_then_seq),
        BUILDER_TEST(value_leaves_out_what_was_corrected_and_breakdowns),
        BUILDER_TEST(progress_downwards_from_what_is_the_target_already),
        BUILDER_TEST(update_that_waits_does_not_count),
        BUILDER_TEST(correction_that_waits_supersedes_once_it_is_accepted),
        BUILDER_TEST(due_follows_the_start),
        BUILDER_TEST(review_is_the_last_of_the_day),
        BUILDER_TEST(relation_is_put_and_ended),
        BUILDER_TEST(draft_is_kept_until_it_ends),
        BUILDER_TEST(sectors_are_those_of_the_last_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
