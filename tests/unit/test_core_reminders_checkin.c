/*
 * Reminders of check-ins: the ends of cycles, what is early and what is late, and never before the
 * node is stale.
 */
#include "reminders_builder.h"

static int setup(void **state)
{
    int r = reminders_setup(state);

    if (r == 0)
        only(REMIND_CHECKIN);
    return r;
}

#define CHECKIN_TEST(name) cmocka_unit_test_setup_teardown(name, setup, reminders_teardown)

/* Heard of every 30 days from 2024-01-01; the first cycle ends on 2024-01-31. */
static void add_node(const char *code, const char *parent)
{
    ADD(code, parent, TARGET, .start = "2024-01-01", .due = "2024-12-31");
    node_of(code)->cadence = 30;
    node_of(code)->result.valid = false;
}

static void silence_is_told_when_the_cycle_has_ended(void **state UNUSED)
{
    add_node("1", NULL);
    own("1", ANNA);
    assert_string_equal(send("2024-01-31", false), "");
    assert_string_equal(send("2024-02-01", false),
                        "due 1 checkin owner person 201 step 0 of 2024-01-31 planned 2024-02-01");
    assert_string_equal(send("2024-02-07", false), "");
    assert_string_equal(send("2024-02-08", false),
                        "due 1 checkin owner person 201 step -7 of 2024-01-31 planned 2024-02-08");
    report("1", "2024-02-09", 10);
    assert_string_equal(send("2024-02-15", false), "");
    assert_string_equal(send("2024-03-10", false), "");
    assert_string_equal(send("2024-03-11", false),
                        "due 1 checkin owner person 201 step 0 of 2024-03-10 planned 2024-03-11");
}

static void early_one_answers_for_its_cycle(void **state UNUSED)
{
    add_node("1", NULL);
    own("1", ANNA);
    report("1", "2024-01-24", 10); /* a week before the end: the next cycle ends on 2024-03-01 */
    assert_true(result_on("1", "2024-02-24")->stale);
    assert_string_equal(send("2024-03-01", false), "");
    assert_string_equal(send("2024-03-02", false),
                        "due 1 checkin owner person 201 step 0 of 2024-03-01 planned 2024-03-02");
}

static void earlier_one_begins_a_cycle(void **state UNUSED)
{
    add_node("1", NULL);
    own("1", ANNA);
    report("1", "2024-01-23", 10);
    assert_string_equal(send("2024-02-22", false), "");
    assert_string_equal(send("2024-02-23", false),
                        "due 1 checkin owner person 201 step 0 of 2024-02-22 planned 2024-02-23");
}

static void second_early_one_does_not_shorten_the_next_cycle(void **state UNUSED)
{
    add_node("1", NULL);
    own("1", ANNA);
    report("1", "2024-01-25", 10);
    report("1", "2024-01-27", 12);
    assert_string_equal(send("2024-03-01", false), "");
    assert_string_equal(send("2024-03-02", false),
                        "due 1 checkin owner person 201 step 0 of 2024-03-01 planned 2024-03-02");
}

static void short_cadence_may_be_answered_a_day_before(void **state UNUSED)
{
    add_node("1", NULL);
    node_of("1")->cadence = 7;
    own("1", ANNA);
    report("1", "2024-01-07", 10); /* of the cycle that ends on 2024-01-08 */
    assert_string_equal(look("2024-01-15", 0), "");
    assert_string_equal(look("2024-01-16", 0),
                        "due 1 checkin owner person 201 step 0 of 2024-01-15 planned 2024-01-16");
    report("1", "2024-01-13", 10); /* two days before the end */
    assert_string_equal(look("2024-01-20", 0), "");
    assert_string_equal(look("2024-01-21", 0),
                        "due 1 checkin owner person 201 step 0 of 2024-01-20 planned 2024-01-21");
}

static void long_cadence_may_be_answered_a_fortnight_before(void **state UNUSED)
{
    add_node("1", NULL);
    node_of("1")->cadence = 90;
    own("1", ANNA);
    report("1", "2024-03-17", 10); /* of the cycle that ends on 2024-03-31 */
    assert_string_equal(look("2024-06-29", 0), "");
    assert_string_equal(look("2024-06-30", 0),
                        "due 1 checkin owner person 201 step 0 of 2024-06-29 planned 2024-06-30");
}

static void it_may_be_heard_of_below_and_by_contribution(void **state UNUSED)
{
    add_node("1", NULL);
    ADD("1.1", "1", DELIVERABLE);
    ADD("d", NULL, DELIVERABLE);
    contribute("d", "1", 1);
    own("1", ANNA);
    report("1.1", "2024-01-30", 10);
    report("d", "2024-02-25", 10);
    assert_string_equal(send("2024-03-31", false), "");
    assert_string_equal(send("2024-04-01", false),
                        "due 1 checkin owner person 201 step 0 of 2024-03-31 planned 2024-04-01");
}

static void only_those_whose_duty_the_node_is_check_in(void **state UNUSED)
{
    add_node("1", NULL);
    add_node("1.1", "1");
    own("1", ANNA);
    make_manager(MAYA, 1);
    assert_string_equal(send("2024-02-01", false),
                        "due 1 checkin owner person 201 step 0 of 2024-01-31 planned 2024-02-01");
}

static void overdue_is_for_the_rule_of_due_dates(void **state UNUSED)
{
    add_node("1", NULL);
    own("1", ANNA);
    send("2024-12-28", true);
    CHANGE("1", NULL, TARGET, .start = "2024-01-01", .due = "2024-12-28");
    node_of("1")->cadence = 30;
    assert_string_equal(look("2024-12-29", 30),
                        "open 1 checkin owner person 201 step -329 of 2024-01-31 planned "
                        "2024-12-26 overdue");
}

static void open_one_is_settled_by_what_was_heard(void **state UNUSED)
{
    const char *open = "open 1 checkin owner person 201 step 0 of 2024-01-31 planned 2024-02-01 ";
    char expected[LINE];
    int64_t id;

    add_node("1", NULL);
    own("1", ANNA);
    send("2024-02-01", true);
    id = report("1", "2024-01-30", 10); /* submitted late */
    snprintf(expected, sizeof(expected), "%searly", open);
    assert_string_equal(look("2024-02-02", 0), expected);
    correct("1", "2024-02-02", 10, id);
    snprintf(expected, sizeof(expected), "%supdated", open);
    assert_string_equal(look("2024-02-02", 0), expected);
}

static void no_cadence_and_nothing_to_count_from_is_never_told(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    own("1", ANNA);
    assert_string_equal(look("2024-06-30", 300), "");
    node_of("1")->cadence = 30;
    assert_string_equal(look("2024-06-30", 300), "");
    report("1", "2024-06-01", 10);
    assert_string_equal(look("2024-07-02", 0),
                        "due 1 checkin owner person 201 step 0 of 2024-07-01 planned 2024-07-02");
}

static void cycle_to_come_is_told_ahead(void **state UNUSED)
{
    add_node("1", NULL);
    own("1", ANNA);
    assert_string_equal(look("2024-01-15", 16), "");
    assert_string_equal(
        look("2024-01-15", 17),
        "to come 1 checkin owner person 201 step 0 of 2024-01-31 planned 2024-02-01");
}

/* Whatever happens, nobody is reminded of a node that is not stale. */
static void check_ins_at_random_are_never_asked_for_too_early(void **state UNUSED)
{
    static const int32_t cadences[] = {1, 5, 7, 14, 30, 31, 60};
    uint32_t seed = 7;
    int32_t day = day_of("2024-01-01");

    add_node("1", NULL);
    own("1", ANNA);
    for (int i = 0; i < 360; i++, day++) {
        char date[DATE_TEXT_SIZE];
        const char *found;

        seed = seed * 1664525 + 1013904223;
        date_format(date_from_day(day), date);
        if (i % 50 == 0)
            node_of("1")->cadence = cadences[i / 50 % 7];
        if (seed >> 16 < 65536 / 12)
            report("1", date, 10);
        node_of("1")->result.valid = false;
        found = send(date, false);
        assert_true(!*found || result_on("1", date)->stale);
        assert_true(n_lines <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECKIN_TEST(silence_is_told_when_the_cycle_has_ended),
        CHECKIN_TEST(early_one_answers_for_its_cycle),
        CHECKIN_TEST(earlier_one_begins_a_cycle),
        CHECKIN_TEST(second_early_one_does_not_shorten_the_next_cycle),
        CHECKIN_TEST(short_cadence_may_be_answered_a_day_before),
        CHECKIN_TEST(long_cadence_may_be_answered_a_fortnight_before),
        CHECKIN_TEST(it_may_be_heard_of_below_and_by_contribution),
        CHECKIN_TEST(only_those_whose_duty_the_node_is_check_in),
        CHECKIN_TEST(overdue_is_for_the_rule_of_due_dates),
        CHECKIN_TEST(open_one_is_settled_by_what_was_heard),
        CHECKIN_TEST(no_cadence_and_nothing_to_count_from_is_never_told),
        CHECKIN_TEST(cycle_to_come_is_told_ahead),
        CHECKIN_TEST(check_ins_at_random_are_never_asked_for_too_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
