/* What changed between two moments, and in which order it is told. */
#include "core_builder.h"

#include "core/differences.h"

static struct differences changes;

static int set_up(void **state)
{
    changes = (struct differences){0};
    return builder_setup(state);
}

static int tear_down(void **state)
{
    differences_done(&changes);
    return builder_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* A node as it would be in some tree: only what changes.c looks at. */
static struct node node_at(int64_t id, const char *code, const char *due)
{
    return (struct node){.id = id,
                         .code = (char *)(uintptr_t)code,
                         .kind = KIND_DELIVERABLE,
                         .weight = (double)NAN,
                         .parent = tree->root,
                         .due = due ? date_of(due) : (struct date){0}};
}

static void note_state(int64_t id, const char *code, enum side side, enum state state,
                       double progress)
{
    struct node node = node_at(id, code, NULL);
    struct result result = {.state = (uint8_t)state, .progress = progress, .work = (double)NAN};

    assert_int_equal(differences_note_standing(&changes, side, &node, &result, true), 0);
}

static void note_shape(int64_t id, const char *code, enum side side, const char *due)
{
    struct node node = node_at(id, code, due);

    assert_int_equal(differences_note_shape(&changes, side, &node, true), 0);
}

static void note_both(int64_t id, const char *code, enum state from, enum state to, double progress,
                      double later)
{
    note_state(id, code, SIDE_FROM, from, progress);
    note_state(id, code, SIDE_TO, to, later);
}

static const struct difference *nth(size_t i)
{
    assert_true(i < changes.count);
    return changes.sorted[i];
}

static void assert_order(const char *const *codes)
{
    assert_int_equal(differences_settle(&changes), 0);
    for (size_t i = 0; codes[i]; i++)
        assert_string_equal(difference_name(nth(i))->code, codes[i]);
}

static void nothing_is_told_of_what_is_the_same(void **state UNUSED)
{
    note_both(1, "a", STATE_ON_TRACK, STATE_ON_TRACK, 40, 40.001);
    note_shape(1, "a", SIDE_FROM, "2024-01-01");
    note_shape(1, "a", SIDE_TO, "2024-01-01");
    assert_int_equal(differences_settle(&changes), 0);
    assert_int_equal(changes.count, 0);
}

static void worse_states_come_first_and_better_ones_late(void **state UNUSED)
{
    static const char *const order[] = {"off",  "risk",   "lost", "from-done",
                                        "fell", "better", "rose", NULL};

    note_both(1, "rose", STATE_ON_TRACK, STATE_ON_TRACK, 10, 20);
    note_both(2, "better", STATE_OFF_TRACK, STATE_ON_TRACK, 10, 10);
    note_both(3, "fell", STATE_ON_TRACK, STATE_ON_TRACK, 20, 10);
    note_both(4, "from-done", STATE_DONE, STATE_ON_TRACK, 10, 10);
    note_both(5, "lost", STATE_ON_TRACK, STATE_UNKNOWN, 10, 10);
    note_both(6, "risk", STATE_ON_TRACK, STATE_AT_RISK, 10, 10);
    note_both(7, "off", STATE_AT_RISK, STATE_OFF_TRACK, 10, 10);
    assert_order(order);
}

static void later_due_dates_come_between_the_farthest_first(void **state UNUSED)
{
    static const char *const order[] = {"worse", "far", "near", "earlier", "better", NULL};

    note_both(1, "better", STATE_OFF_TRACK, STATE_DONE, 10, 10);
    note_both(2, "worse", STATE_DONE, STATE_ON_TRACK, 10, 10);
    note_shape(3, "near", SIDE_FROM, "2024-01-01");
    note_shape(3, "near", SIDE_TO, "2024-01-05");
    note_shape(4, "far", SIDE_FROM, "2024-01");
    note_shape(4, "far", SIDE_TO, "2025");
    note_shape(5, "earlier", SIDE_FROM, "2024-02-01");
    note_shape(5, "earlier", SIDE_TO, "2024-01-01");
    assert_order(order);
}

static void due_date_is_counted_over_its_versions(void **state UNUSED)
{
    int32_t days;

    note_shape(1, "a", SIDE_FROM, "2024-01-01");
    note_shape(1, "a", SIDE_TO, "2024-03-01");
    differences_note_due(&changes, 1, date_of("2024-01-01")); /* another part of it changed */
    differences_note_due(&changes, 1, date_of("2024-06-01"));
    differences_note_due(&changes, 1, date_of("2024-03-01"));
    assert_int_equal(differences_settle(&changes), 0);
    assert_int_equal(nth(0)->due_moves, 2);
    assert_true(difference_due_days(nth(0), &days));
    assert_int_equal(days, 60);
    assert_int_equal(nth(0)->what, CHANGED_DUE);
}

static void due_date_that_came_back_is_told(void **state UNUSED)
{
    note_shape(1, "a", SIDE_FROM, "2024-01-01");
    note_shape(1, "a", SIDE_TO, "2024-01-01");
    differences_note_due(&changes, 1, date_of("2024-06-01"));
    differences_note_due(&changes, 1, date_of("2024-01-01"));
    assert_int_equal(differences_settle(&changes), 0);
    assert_int_equal(nth(0)->due_moves, 2);
}

static void first_due_date_of_a_new_node_is_no_move(void **state UNUSED)
{
    note_shape(1, "a", SIDE_TO, "2024-03-01");
    differences_note_due(&changes, 1, date_of("2024-01-01"));
    differences_note_due(&changes, 1, date_of("2024-03-01"));
    assert_int_equal(differences_settle(&changes), 0);
    assert_int_equal(nth(0)->what, CHANGED_ADDED);
    assert_int_equal(nth(0)->due_moves, 1);
}

static void what_a_node_was_and_is_are_compared(void **state UNUSED)
{
    struct node from = node_at(1, "a", NULL), to = node_at(1, "b", NULL);

    to.parent_id = 7;
    to.weight = 2;
    to.start = date_of("2024-01-01");
    assert_int_equal(differences_note_shape(&changes, SIDE_FROM, &from, true), 0);
    assert_int_equal(differences_note_shape(&changes, SIDE_TO, &to, true), 0);
    assert_int_equal(differences_settle(&changes), 0);
    assert_int_equal(nth(0)->what, CHANGED_CODE | CHANGED_PARENT | CHANGED_WEIGHT | CHANGED_START);
    assert_string_equal(difference_name(nth(0))->code, "b");
}

static void ended_node_keeps_its_name(void **state UNUSED)
{
    note_shape(1, "a", SIDE_FROM, NULL);
    assert_int_equal(differences_settle(&changes), 0);
    assert_int_equal(nth(0)->what, CHANGED_ENDED);
    assert_string_equal(difference_name(nth(0))->code, "a");
}

static void what_lies_elsewhere_is_not_told(void **state UNUSED)
{
    struct node node = node_at(1, "a", NULL);

    assert_int_equal(differences_note_shape(&changes, SIDE_TO, &node, false), 0);
    assert_int_equal(differences_settle(&changes), 0);
    assert_int_equal(changes.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_told_of_what_is_the_same),
        TEST(worse_states_come_first_and_better_ones_late),
        TEST(later_due_dates_come_between_the_farthest_first),
        TEST(due_date_is_counted_over_its_versions),
        TEST(due_date_that_came_back_is_told),
        TEST(first_due_date_of_a_new_node_is_no_move),
        TEST(what_a_node_was_and_is_are_compared),
        TEST(ended_node_keeps_its_name),
        TEST(what_lies_elsewhere_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
