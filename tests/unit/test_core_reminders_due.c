/*
 * Reminders of due dates: which step is due on which day, that each comes once, and what becomes of
 * those that were missed, failed, or answered.
 */
#include "reminders_builder.h"

static int setup(void **state)
{
    int r = reminders_setup(state);

    if (r == 0)
        only(REMIND_DUE);
    return r;
}

#define DUE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, reminders_teardown)

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
    assert_int_equal(reminders_results(run)->n_skipped, 5);
    reminders_free(run);
    send("2023-01-01", false);
    run = run_reminders(day_of("2024-06-30"), 0);
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

static void changed_offsets_go_on_from_what_was_sent(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    send("2024-06-16", false);
    set_rule(REMIND_DUE, (struct reminder_setting){
                             .has_offsets = true,
                             .has_every = true,
                             .rule = {.n_offsets = 3, .offsets = {20, 10, 5}, .every = 0}});
    assert_string_equal(send("2024-06-19", false), "");
    assert_string_equal(send("2024-06-20", false),
                        "due 1 due owner person 201 step 10 of 2024-06-30 planned 2024-06-20");
    assert_string_equal(send("2024-07-30", false),
                        "due 1 due owner person 201 step 5 of 2024-06-30 planned 2024-06-25");
    assert_string_equal(send("2024-08-30", false), "");
}

static void working_days_are_counted_back_from_the_day(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30"); /* a Sunday */
    own("1", ANNA);
    set_rule(REMIND_DUE, (struct reminder_setting){.has_working = true, .rule = {.working = true}});
    assert_string_equal(send("2024-06-28", false), /* Friday */
                        "due 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-28");
    assert_string_equal(send("2024-06-30", false),
                        "due 1 due owner person 201 step 0 of 2024-06-30 planned 2024-06-30");
}

/* A holiday that becomes known moves the days that are still to come, and what was sent stays. */
static void changed_calendar_sends_nothing_again(void **state UNUSED)
{
    const int32_t off[] = {day_of("2024-06-20")};
    const struct workdays list = {.of = WORKDAYS_LIST, .n_days = 1, .days = off};

    ADD("1", NULL, TARGET, .due = "2024-06-21");
    own("1", ANNA);
    set_rule(REMIND_DUE, (struct reminder_setting){.has_working = true, .rule = {.working = true}});
    workdays = &list;
    assert_string_equal(send("2024-06-19", false),
                        "due 1 due owner person 201 step 1 of 2024-06-21 planned 2024-06-19");
    workdays = &(const struct workdays){.of = WORKDAYS_WEEK};
    assert_string_equal(send("2024-06-20", false), "");
    assert_string_equal(send("2024-06-21", false),
                        "due 1 due owner person 201 step 0 of 2024-06-21 planned 2024-06-21");
}

static void rule_switched_off_settles_what_is_open(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    send("2024-06-23", true);
    set_rule(REMIND_DUE, (struct reminder_setting){.off = true});
    assert_string_equal(send("2024-06-24", false),
                        "open 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 "
                        "rule_off");
    tree_end_reminder_setting(tree, REMIND_DUE);
    assert_string_equal(send("2024-06-25", false), "");
    assert_string_equal(send("2024-06-29", false),
                        "due 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-29");
}

static void later_edition_speaks_of_dates_instead(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-30");
    own("1", ANNA);
    send("2024-06-23", true);
    superseded = true;
    assert_string_equal(send("2024-06-24", false),
                        "open 1 due owner person 201 step 7 of 2024-06-30 planned 2024-06-23 "
                        "superseded");
    assert_string_equal(send("2024-06-29", false), "");
    superseded = false;
    assert_string_equal(send("2024-06-29", false),
                        "due 1 due owner person 201 step 1 of 2024-06-30 planned 2024-06-29");
}

static void node_due_before_it_was_made_is_overdue_at_once(void **state UNUSED)
{
    ADD("1", NULL, TARGET, .due = "2024-06-01");
    own("1", ANNA);
    assert_string_equal(send("2024-06-20", false),
                        "due 1 due owner person 201 step -14 of 2024-06-01 planned 2024-06-15");
    assert_string_equal(send("2024-06-22", false),
                        "due 1 due owner person 201 step -21 of 2024-06-01 planned 2024-06-22");
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
        DUE_TEST(each_step_is_due_once_on_its_day_or_later),
        DUE_TEST(only_the_newest_of_those_missed_is_sent),
        DUE_TEST(years_of_missed_ones_are_not_all_written),
        DUE_TEST(month_is_due_on_its_last_day),
        DUE_TEST(update_answers_what_was_planned_until_then),
        DUE_TEST(what_is_closed_or_done_is_not_due),
        DUE_TEST(moved_date_makes_others_and_back_again_none_twice),
        DUE_TEST(failed_one_is_open_until_a_newer_takes_its_place),
        DUE_TEST(open_one_is_settled_by_what_answers_it),
        DUE_TEST(open_one_about_what_is_gone_is_settled),
        DUE_TEST(new_owner_is_told_and_the_old_one_no_longer),
        DUE_TEST(changed_offsets_go_on_from_what_was_sent),
        DUE_TEST(working_days_are_counted_back_from_the_day),
        DUE_TEST(changed_calendar_sends_nothing_again),
        DUE_TEST(rule_switched_off_settles_what_is_open),
        DUE_TEST(later_edition_speaks_of_dates_instead),
        DUE_TEST(node_due_before_it_was_made_is_overdue_at_once),
        DUE_TEST(what_is_to_come_ends_with_the_first_after_the_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
