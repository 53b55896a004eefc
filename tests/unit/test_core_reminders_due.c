/*
 * Reminders of due dates: which step is due on which day, that each comes once, and what becomes of
 * those that were missed, failed, or answered.
 */
#include "reminders_builder.h"

static void each_step_is_due_once_on_its_day_or_later(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    assert_string_equal(send("2024-05-30", false), "");
    assert_string_equal(send("2024-05-31", false),
                        "due 1 due owner person 201 step 30 of 2024-06-30 planned 2024-05-31");
    assert_string_equal(send("2024-05-31", false), "");
    assert_string_equal(send("2024-06-15", false), "");
    assert_string_equal(send("2024-06-18", false), /* two days late */
                        "due 1 due owner person 201 step 14 of 2024-06-30 planned 2024-06-16");
    assert_string_equal(send("2024-06-30", false),
                        "due 1 due owner person 201 step 0 of 2024-06-30 planned 2024-06-30");
    assert_string_equal(send("2024-07-06", false), "");
    assert_string_equal(send("2024-07-07", false),
                        "due 1 due owner person 201 step -7 of 2024-06-30 planned 2024-07-07");
}

static void only_the_newest_of_those_missed_is_sent(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    assert_string_equal(
        look("2024-06-29", 0),
        "due 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-29\n"
        "skip 1 due owner person 201 step 14 of 2024-06-30 planned 2024-06-16 newer\n"
        "skip 1 due owner person 201 step 30 of 2024-06-30 planned 2024-05-31 newer\n"
        "skip 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 newer");
    send("2024-06-16", false);
    assert_string_equal(
        look("2024-06-29", 0),
        "due 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-29\n"
        "skip 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 newer");
}

static void years_of_missed_ones_are_not_all_written(void **state UNUSED)
{
    struct reminders *run;

    ADD("1", NULL, TARGET, .due = "2014");
    own("1", ANNA);
    run = run_reminders(day_of("2024-06-30"), 0);
    assert_int_equal(reminders_results(run)->due.count, 1);
    assert_int_equal(reminders_results(run)->n_skipped, 60);
    reminders_free(run);
}

static void month_is_due_on_its_last_day(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-02");
    own("1", ANNA);
    assert_string_equal(send("2024-02-22", false),
                        "due 1 due owner person 201 step 7 of 2024-02-29 planned 2024-02-22");
}

static void update_answers_what_was_planned_until_then(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    report("1", "2024-06-17", 40);
    assert_string_equal(look("2024-06-18", 0), "");
    assert_string_equal(look("2024-06-23", 0),
                        "due 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23");
}

static void what_is_closed_or_done_is_not_due(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    ADD("2", NULL, DELIVERABLE, .due = "2024-06-30");
    own("1", ANNA);
    own("2", ANNA);
    close_node("1", "2024-06-01", HOW_DROPPED);
    report("2", "2024-05-01", 100);
    assert_string_equal(look("2024-06-30", 30), "");
    close_node("1", "2024-06-10", HOW_REOPENED);
    assert_string_equal(send("2024-06-30", false),
                        "due 1 due owner person 201 step 0 of 2024-06-30 planned 2024-06-30");
}

static void moved_date_makes_others_and_back_again_none_twice(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    send("2024-06-16", false);
    send("2024-06-23", true);
    CHANGE("1", NULL, TARGET, .due = "2024-07-05");
    assert_string_equal(send("2024-06-24", false),
                        "due 1 due owner person 201 step 14 of 2024-07-05 planned 2024-06-21\n"
                        "open 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 "
                        "moved");
    CHANGE("1", NULL, TARGET, .due = "2024-06-30");
    assert_string_equal(send("2024-06-25", false), "");
    assert_string_equal(send("2024-06-29", false),
                        "due 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-29");
}

static void failed_one_is_open_until_a_newer_takes_its_place(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    assign("1", ROLE_LEAD, HOLDER_PERSON, BO, NULL);
    assert_string_equal(send("2024-06-23", true),
                        "due 1 due lead person 202 step 7 of 2024-06-30 planned 2024-06-23\n"
                        "due 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23");
    assert_string_equal(look("2024-06-24", 0),
                        "open 1 due lead person 202 step 7 of 2024-06-30 planned 2024-06-23\n"
                        "open 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23");
    assert_string_equal(look("2024-06-29", 0),
                        "due 1 due lead person 202 step 1 of 2024-06-30 planned 2024-06-29\n"
                        "due 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-29\n"
                        "open 1 due lead person 202 step 7 of 2024-06-30 planned 2024-06-23 newer\n"
                        "open 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 "
                        "newer");
}

static void open_one_is_settled_by_what_answers_it(void **state UNUSED)
{
    const char *open = "open 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 ";
    char expected[LINE];

    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    send("2024-06-23", true);
    report("1", "2024-06-23", 40);
    snprintf(expected, sizeof(expected), "%supdated", open);
    assert_string_equal(look("2024-06-24", 0), expected);
    close_node("1", "2024-06-24", HOW_ACHIEVED);
    snprintf(expected, sizeof(expected), "%sclosed", open);
    assert_string_equal(look("2024-06-24", 0), expected);
}

static void open_one_about_what_is_gone_is_settled(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    send("2024-06-23", true);
    tree_end_node(tree, node_of("1")->id);
    assert_int_equal(tree_settle(tree), 0);
    assert_string_equal(look("2024-06-24", 0),
                        "open - due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 gone");
}

static void new_owner_is_told_and_the_old_one_no_longer(void **state UNUSED)
{
    int64_t id;

    ADD("1", NULL, TARGET, .due = "2024-06-30");
    id = assign("1", ROLE_OWNER, HOLDER_PERSON, ANNA, NULL);
    send("2024-06-23", true);
    tree_end_assignment(tree, node_of("1")->id, id);
    own("1", BO);
    assert_string_equal(send("2024-06-24", false),
                        "due 1 due owner person 202 step 7 of 2024-06-30 planned 2024-06-23\n"
                        "open 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 "
                        "not_addressed");
}

static void what_is_to_come_ends_with_the_first_after_the_day(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    send("2024-06-23", false);
    assert_string_equal(look("2024-06-24", 60),
                        "to come 1 due owner person 201 step -7 of 2024-06-30 planned 2024-07-07\n"
                        "to come 1 due owner person 201 step 0 of 2024-06-30 planned 2024-06-30\n"
                        "to come 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-29");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REMINDERS_TEST(each_step_is_due_once_on_its_day_or_later),
        REMINDERS_TEST(only_the_newest_of_those_missed_is_sent),
        REMINDERS_TEST(years_of_missed_ones_are_not_all_written),
        REMINDERS_TEST(month_is_due_on_its_last_day),
        REMINDERS_TEST(update_answers_what_was_planned_until_then),
        REMINDERS_TEST(what_is_closed_or_done_is_not_due),
        REMINDERS_TEST(moved_date_makes_others_and_back_again_none_twice),
        REMINDERS_TEST(failed_one_is_open_until_a_newer_takes_its_place),
        REMINDERS_TEST(open_one_is_settled_by_what_answers_it),
        REMINDERS_TEST(open_one_about_what_is_gone_is_settled),
        REMINDERS_TEST(new_owner_is_told_and_the_old_one_no_longer),
        REMINDERS_TEST(what_is_to_come_ends_with_the_first_after_the_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
