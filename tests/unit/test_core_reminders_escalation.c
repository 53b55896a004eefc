/*
 * Escalations: group lead, target's owner, manager, each after a grace of its own.
 */
#include "reminders_builder.h"

static int setup(void **state)
{
    int r = reminders_setup(state);

    if (r == 0)
        only(REMIND_ESCALATION);
    return r;
}

#define ESCALATION_TEST(name) cmocka_unit_test_setup_teardown(name, setup, reminders_teardown)

/* A deliverable that is due on Friday, 2024-05-31, below a target; with a group and a manager. */
static void build(void)
{
    ADD("1", NULL, TARGET);
    ADD("d", "1", DELIVERABLE, .due = "2024-05-31");
    own("1", ANNA);
    own("d", BO);
    put_group(GROUP, "group@agency.example", NULL);
    aim(GROUP, "d");
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, CARIN, NULL);
    make_manager(MAYA, 1);
}

static const char *step_1 =
    "due d escalation escalation person 203 step 1 of 2024-05-31 planned 2024-06-07";
static const char *step_2 =
    "due d escalation escalation person 201 step 2 of 2024-05-31 planned 2024-06-17";
static const char *step_3 =
    "due d escalation escalation person 209 step 3 of 2024-05-31 planned 2024-06-24";

static void steps_follow_each_its_grace_after_the_one_before(void **state UNUSED)
{
    build();
    assert_string_equal(send("2024-06-06", false), "");
    assert_string_equal(send("2024-06-10", false), step_1); /* three days late */
    assert_string_equal(send("2024-06-14", false), "");
    assert_string_equal(send("2024-06-17", false), step_2);
    assert_string_equal(send("2024-06-23", false), "");
    assert_string_equal(send("2024-06-24", false), step_3);
    assert_string_equal(send("2024-12-31", false), "");
}

static void step_that_fails_holds_the_next_ones_back(void **state UNUSED)
{
    build();
    assert_string_equal(send("2024-06-07", true), step_1);
    assert_string_equal(look("2024-06-28", 0),
                        "open d escalation escalation person 203 step 1 of 2024-05-31 planned "
                        "2024-06-07");
    ledger.rows[0].open = false; /* given up; it failed on 2024-06-07 */
    assert_string_equal(look("2024-06-13", 0), "");
    assert_string_equal(look("2024-06-14", 0),
                        "due d escalation escalation person 201 step 2 of 2024-05-31 planned "
                        "2024-06-14");
}

static void step_without_a_recipient_passes_at_once(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    ADD("d", "1", DELIVERABLE, .due = "2024-05-31");
    own("d", BO);
    make_manager(MAYA, 1);
    assert_string_equal(send("2024-06-20", false), "");
    assert_string_equal(send("2024-06-21", false), /* after three graces */
                        "due d escalation escalation person 209 step 3 of 2024-05-31 planned "
                        "2024-06-21");
    own("1", ANNA); /* for whom it is too late */
    assert_string_equal(send("2024-06-24", false), "");
}

static void update_begins_it_anew(void **state UNUSED)
{
    build();
    send("2024-06-07", false);
    send("2024-06-14", true);
    report("d", "2024-06-15", 80);
    assert_string_equal(send("2024-06-17", false),
                        "open d escalation escalation person 201 step 2 of 2024-05-31 planned "
                        "2024-06-14 updated");
    assert_string_equal(send("2024-06-20", false), "");
    assert_string_equal(send("2024-06-21", false),
                        "due d escalation escalation person 203 step 1 of 2024-06-15 planned "
                        "2024-06-21");
}

static void moved_date_settles_what_is_open(void **state UNUSED)
{
    build();
    send("2024-06-07", true);
    CHANGE("d", "1", DELIVERABLE, .due = "2024-12-31");
    assert_string_equal(look("2024-06-10", 0),
                        "open d escalation escalation person 203 step 1 of 2024-05-31 planned "
                        "2024-06-07 moved");
    close_node("d", "2024-06-09", HOW_ACHIEVED);
    assert_string_equal(look("2024-06-10", 0),
                        "open d escalation escalation person 203 step 1 of 2024-05-31 planned "
                        "2024-06-07 closed");
}

static void moved_date_of_what_was_heard_of_settles_it_too(void **state UNUSED)
{
    build();
    report("d", "2024-06-15", 80);
    send("2024-06-21", true);
    CHANGE("d", "1", DELIVERABLE, .due = "2024-12-31");
    assert_string_equal(look("2024-06-24", 0),
                        "open d escalation escalation person 203 step 1 of 2024-06-15 planned "
                        "2024-06-21 moved");
}

static void new_lead_takes_the_place_of_one_who_was_not_reached(void **state UNUSED)
{
    build();
    send("2024-06-07", true);
    tree_end_membership(tree, tree->memberships->id);
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, DAG, NULL);
    assert_string_equal(send("2024-06-10", false),
                        "due d escalation escalation person 204 step 1 of 2024-05-31 planned "
                        "2024-06-07\n"
                        "open d escalation escalation person 203 step 1 of 2024-05-31 planned "
                        "2024-06-07 not_addressed");
    assert_string_equal(send("2024-06-11", false), "");
}

static void new_lead_is_not_told_what_the_old_one_was(void **state UNUSED)
{
    build();
    send("2024-06-07", false);
    tree_end_membership(tree, tree->memberships->id);
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, DAG, NULL);
    assert_string_equal(send("2024-06-10", false), "");
}

static void two_leads_are_told_and_who_failed_gives_way_to_the_next_step(void **state UNUSED)
{
    build();
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, DAG, NULL);
    send("2024-06-07", false);
    assert_int_equal(n_lines, 2);
    ledger.rows[1].open = true; /* to one of them it failed */
    ledger.rows[1].status = LEDGER_FAILED;
    assert_non_null(strstr(look("2024-06-13", 0), "open d"));
    assert_int_equal(n_lines, 1);
    assert_non_null(strstr(look("2024-06-14", 0), "newer"));
    assert_int_equal(n_lines, 2);
}

static void lead_whom_a_run_left_out_is_told_until_the_next_step(void **state UNUSED)
{
    build();
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, DAG, NULL);
    send("2024-06-07", false);
    assert_int_equal(n_lines, 2);
    ledger.count--; /* the run had a limit */
    assert_string_equal(look("2024-06-13", 0),
                        "due d escalation escalation person 204 step 1 of 2024-05-31 planned "
                        "2024-06-07");
    assert_string_equal(look("2024-06-14", 0),
                        "due d escalation escalation person 201 step 2 of 2024-05-31 planned "
                        "2024-06-14");
}

static void group_of_the_node_above_is_told_if_it_has_none(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    ADD("d", "1", DELIVERABLE, .due = "2024-05-31");
    put_group(GROUP, NULL, NULL);
    seat(GROUP, ROLE_SECRETARY, HOLDER_PERSON, CARIN, NULL);
    assign("1", ROLE_LEAD, HOLDER_GROUP, GROUP, NULL);
    assert_string_equal(look("2024-06-07", 0), step_1);
}

static void targets_owner_comes_before_the_prioritys(void **state UNUSED)
{
    ADD("p", NULL, PRIORITY);
    ADD("1", "p", TARGET);
    ADD("n", "1", NEED);
    ADD("d", "n", DELIVERABLE, .due = "2024-05-31");
    own("p", BO);
    own("n", DAG);
    assert_non_null(strstr(look("2024-06-14", 0), "person 204 step 2")); /* the nearest outcome */
    own("1", ANNA);
    assert_non_null(strstr(look("2024-06-14", 0), "person 201 step 2"));
}

static void graces_and_steps_are_the_rules(void **state UNUSED)
{
    build();
    set_rule(REMIND_ESCALATION,
             (struct reminder_setting){.has_offsets = true,
                                       .has_working = true,
                                       .rule = {.n_offsets = 2, .offsets = {2, 0}}});
    assert_non_null(strstr(send("2024-06-02", false), "step 1 of 2024-05-31 planned 2024-06-02"));
    assert_non_null(strstr(send("2024-06-02", false), "step 2 of 2024-05-31 planned 2024-06-02"));
    assert_string_equal(send("2024-12-31", false), "");
}

static void next_step_is_to_come(void **state UNUSED)
{
    build();
    assert_string_equal(look("2024-06-01", 6), /* … and not those that follow on it */
                        "to come d escalation escalation person 203 step 1 of 2024-05-31 planned "
                        "2024-06-07");
    send("2024-06-10", false);
    assert_string_equal(look("2024-06-11", 30),
                        "to come d escalation escalation person 201 step 2 of 2024-05-31 planned "
                        "2024-06-17");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ESCALATION_TEST(steps_follow_each_its_grace_after_the_one_before),
        ESCALATION_TEST(step_that_fails_holds_the_next_ones_back),
        ESCALATION_TEST(step_without_a_recipient_passes_at_once),
        ESCALATION_TEST(update_begins_it_anew),
        ESCALATION_TEST(moved_date_settles_what_is_open),
        ESCALATION_TEST(moved_date_of_what_was_heard_of_settles_it_too),
        ESCALATION_TEST(new_lead_takes_the_place_of_one_who_was_not_reached),
        ESCALATION_TEST(new_lead_is_not_told_what_the_old_one_was),
        ESCALATION_TEST(two_leads_are_told_and_who_failed_gives_way_to_the_next_step),
        ESCALATION_TEST(lead_whom_a_run_left_out_is_told_until_the_next_step),
        ESCALATION_TEST(group_of_the_node_above_is_told_if_it_has_none),
        ESCALATION_TEST(targets_owner_comes_before_the_prioritys),
        ESCALATION_TEST(graces_and_steps_are_the_rules),
        ESCALATION_TEST(next_step_is_to_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
