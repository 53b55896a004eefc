/* Due dates that are no more: which was the last, and which entry took it away. */
#include "core_builder.h"

#include "core/calendar_past.h"

static const struct span year = {.months = 12};

static void assert_past(const struct node_version *versions, size_t count, int64_t id,
                        const char *due, int64_t seq)
{
    const struct calendar_past past = {tree, versions, count};
    char text[DATE_TEXT_SIZE];
    struct date found;
    int64_t ended;

    if (!due) {
        assert_false(calendar_past_due(&past, id, &found, &ended));
        return;
    }
    assert_true(calendar_past_due(&past, id, &found, &ended));
    assert_string_equal(date_format(found, text), due);
    assert_int_equal(ended, seq);
}

static void past_due_is_none_of_what_has_one_or_never_had(void **state UNUSED)
{
    struct node_version versions[] = {
        {.id = 1, .seq_from = 1, .seq_to = 4, .due = date_of("2021")},
        {.id = 2, .seq_from = 2, .seq_to = 5},
    };

    last_id = 0;
    ADD("1", NULL, PRIORITY, .due = "2022");
    ADD("2", NULL, PRIORITY);
    tree->seq = 9;
    node_of("1")->seq_from = 4;
    node_of("2")->seq_from = 5;
    assert_past(versions, 2, 1, NULL, 0);
    assert_past(versions, 2, 2, NULL, 0);
    assert_past(versions, 2, 77, NULL, 0);
    assert_past(NULL, 0, 2, NULL, 0);
}

static void past_due_is_the_last_that_was_taken_away(void **state UNUSED)
{
    struct node_version versions[] = {
        {.id = 1, .seq_from = 1, .seq_to = 4, .due = date_of("2021")},
        {.id = 1, .seq_from = 4, .seq_to = 6, .due = date_of("2022-05")},
        {.id = 1, .seq_from = 6, .seq_to = 8},
    };

    ADD("1", NULL, PRIORITY);
    node_of("1")->seq_from = 8;
    tree->seq = 9;
    assert_past(versions, 3, 1, "2022-05", 6);
}

static void past_due_of_what_was_removed_is_its_last(void **state UNUSED)
{
    struct node_version versions[] = {
        {.id = 1, .seq_from = 1, .seq_to = 4, .due = date_of("2021")},
        {.id = 1, .seq_from = 4, .seq_to = 6, .due = date_of("2022")},
        {.id = 2, .seq_from = 2, .seq_to = 3, .due = date_of("2023")},
        {.id = 2, .seq_from = 3, .seq_to = 7},
    };

    tree->seq = 9;
    assert_past(versions, 4, 1, "2022", 6);
    assert_past(versions, 4, 2, "2023", 3); /* taken away before it was removed */
}

static void past_due_counts_from_the_start_of_that_time(void **state UNUSED)
{
    struct node_version versions[] = {
        {.id = 1, .seq_from = 1, .seq_to = 5, .start = date_of("2020")},
        {.id = 1, .seq_from = 5, .seq_to = 7, .start = date_of("2021-03")},
    };

    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    struct node_row row = row_of(&(struct spec){"1.1", "1", KIND_TARGET, NULL, NULL, 0, 0, 0}, 2);
    row.due_after = year;
    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_int_equal(tree_settle(tree), 0);
    node_of("1")->seq_from = 7;
    tree->seq = 9;
    assert_past(versions, 2, 2, "2022-03", 7);
}

static void past_due_counts_from_the_strategys_period(void **state UNUSED)
{
    struct node_version versions[] = {
        {.id = 0, .seq_from = 1, .seq_to = 6, .start = date_of("2020"), .due = date_of("2029")},
        {.id = 3, .seq_from = 3, .seq_to = 5, .due_after = year},
    };

    tree->root->seq_from = 6;
    tree->seq = 9;
    assert_past(versions, 2, 3, "2021", 5);
    assert_past(versions, 2, 0, "2029", 6);
}

static void past_below_follows_the_last_parents(void **state UNUSED)
{
    struct node_version versions[] = {
        {.id = 3, .parent_id = 1, .seq_from = 3, .seq_to = 5},
        {.id = 3, .parent_id = 2, .seq_from = 5, .seq_to = 8},
    };
    const struct calendar_past past = {tree, versions, 2};

    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    tree->seq = 9;
    assert_false(calendar_past_below(&past, 3, 1));
    assert_true(calendar_past_below(&past, 3, 2));
    assert_true(calendar_past_below(&past, 3, 3));
    assert_true(calendar_past_below(&past, 3, 0));
    assert_false(calendar_past_below(&past, 77, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(past_due_is_none_of_what_has_one_or_never_had),
        BUILDER_TEST(past_due_is_the_last_that_was_taken_away),
        BUILDER_TEST(past_due_of_what_was_removed_is_its_last),
        BUILDER_TEST(past_due_counts_from_the_start_of_that_time),
        BUILDER_TEST(past_due_counts_from_the_strategys_period),
        BUILDER_TEST(past_below_follows_the_last_parents),
    };

    return cmocka_run_group_tests_name("core/calendar_past", tests, NULL, NULL);
}
