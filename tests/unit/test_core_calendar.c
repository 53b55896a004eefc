/* What a date is known by in calendars, and that its number grows whenever the date moves. */
#include "core_builder.h"

#include "core/calendar.h"

static void calendar_uid_names_the_strategy(void **state UNUSED)
{
    AUTO(free_ptr) char *uid = NULL;

    assert_int_equal(calendar_uid(EVENT_REVIEW, 12, "se-life-science-2019", &uid), 0);
    assert_string_equal(uid, "review-12.se-life-science-2019.goald");
}

static void calendar_sequence_has_31_bits(void **state UNUSED)
{
    assert_int_equal(calendar_sequence(7), 7);
    assert_int_equal(calendar_sequence(INT64_C(1) << 40), INT32_MAX);
}

/* A new version of the node, made by the next entry. */
static void change(const char *code, const char *parent, const char *start, struct span after)
{
    struct node *node = node_of(code);
    struct node_row row =
        row_of(&(struct spec){code, parent, KIND_TARGET, start, NULL, 0, 0, 0}, node->id);

    row.seq_from = ++last_id;
    row.due_after = after;
    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_int_equal(tree_settle(tree), 0);
}

static void calendar_due_is_of_the_nodes_version(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY, .start = "2020");
    ADD("1.1", "1", TARGET, .due = "2025");
    assert_int_equal(calendar_due_seq(node_of("1.1")), 2);
    change("1", NULL, "2021", (struct span){0});
    assert_int_equal(calendar_due_seq(node_of("1.1")), 2); /* its date is its own */
    change("1.1", "1", NULL, (struct span){0});
    assert_int_equal(calendar_due_seq(node_of("1.1")), 4);
}

static void calendar_due_grows_with_the_start_it_is_counted_from(void **state UNUSED)
{
    static const struct span after = {.months = 12};

    ADD("1", NULL, PRIORITY, .start = "2020");
    ADD("1.1", "1", TARGET);
    ADD("1.1.1", "1.1", TARGET);
    change("1.1.1", "1.1", NULL, after);
    assert_int_equal(calendar_due_seq(node_of("1.1.1")), 4);
    change("1", NULL, "2021", (struct span){0});
    assert_int_equal(calendar_due_seq(node_of("1.1.1")), 5);
    /* a nearer start takes over, and is taken away again: it never falls */
    change("1.1", "1", "2022", (struct span){0});
    assert_int_equal(calendar_due_seq(node_of("1.1.1")), 6);
    change("1", NULL, "2019", (struct span){0});
    assert_int_equal(calendar_due_seq(node_of("1.1.1")), 6);
    change("1.1", "1", NULL, (struct span){0});
    assert_int_equal(calendar_due_seq(node_of("1.1.1")), 8);
    change("1", NULL, NULL, (struct span){0});
    assert_int_equal(calendar_due_seq(node_of("1.1.1")), 9);
}

static void calendar_due_grows_when_it_is_dropped(void **state UNUSED)
{
    struct closing dropped = {.id = 5, .seq_from = 5, .date = date_of("2021"), .how = HOW_DROPPED};

    ADD("1", NULL, PRIORITY, .due = "2025");
    assert_int_equal(tree_put_closing(tree, node_of("1")->id, &dropped), 0);
    assert_int_equal(calendar_due_seq(node_of("1")), 5);
    dropped.seq_from = 7; /* put anew */
    assert_int_equal(tree_put_closing(tree, node_of("1")->id, &dropped), 0);
    assert_int_equal(calendar_due_seq(node_of("1")), 7);
    assert_int_equal(calendar_review_seq(NULL, node_of("1")), 7);
}

static void put_review(int64_t id, const char *date, struct span every)
{
    struct review row = {.id = id, .seq_from = id, .date = date_of(date), .every = every};

    assert_int_equal(tree_put_review(tree, false, node_of("1")->id, &row), 0);
}

static void calendar_review_is_due_after_the_last_one(void **state UNUSED)
{
    static const struct span year = {.months = 12};
    char text[DATE_TEXT_SIZE];

    ADD("1", NULL, PRIORITY);
    assert_int_equal(calendar_review_seq(node_reviews(node_of("1")), node_of("1")), 0);
    assert_false(date_given(calendar_review_due(node_reviews(node_of("1")), 0)));
    put_review(3, "2021-05-04", year);
    put_review(2, "2022-06-01", (struct span){0});

    const struct reviews *reviews = node_reviews(node_of("1"));

    assert_int_equal(calendar_review_seq(reviews, NULL), 3);
    assert_false(date_given(calendar_review_due(reviews, day_of("2021-05-03"))));
    assert_string_equal(date_format(calendar_review_due(reviews, day_of("2021-12-31")), text),
                        "2022-05-04");
    assert_false(date_given(calendar_review_due(reviews, day_of("2022-06-01"))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar_uid_names_the_strategy),
        cmocka_unit_test(calendar_sequence_has_31_bits),
        BUILDER_TEST(calendar_due_is_of_the_nodes_version),
        BUILDER_TEST(calendar_due_grows_with_the_start_it_is_counted_from),
        BUILDER_TEST(calendar_due_grows_when_it_is_dropped),
        BUILDER_TEST(calendar_review_is_due_after_the_last_one),
    };

    return cmocka_run_group_tests_name("core/calendar", tests, NULL, NULL);
}
