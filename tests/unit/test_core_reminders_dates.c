/*
 * Reminders of reviews, terms and nudges.
 */
#include "reminders_builder.h"

static int setup_for(void **state, enum remind_rule rule)
{
    int r = reminders_setup(state);

    if (r == 0)
        only(rule);
    return r;
}

static int setup_review(void **state)
{
    return setup_for(state, REMIND_REVIEW);
}

static int setup_term(void **state)
{
    return setup_for(state, REMIND_TERM);
}

static int setup_nudge(void **state)
{
    return setup_for(state, REMIND_NUDGE);
}

#define DATES_TEST(rule, name)                                                                     \
    cmocka_unit_test_setup_teardown(name, setup_##rule, reminders_teardown)

/* --- reviews --- */

static void review(bool of_group, int64_t id, const char *date, const char *every)
{
    struct review row = {.id = ++last_id, .date = date_of(date)};

    assert_int_equal(span_parse(every, &row.every), 0);
    assert_int_equal(tree_put_review(tree, of_group, id, &row), 0);
}

static void review_is_told_to_reviewers_and_again_each_month(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    own("1", ANNA);
    assign("1", ROLE_REVIEWER, HOLDER_PERSON, BO, NULL);
    review(false, node_of("1")->id, "2023-02", "P1Y");
    assert_string_equal(send("2024-02-14", false), "");
    assert_string_equal(send("2024-02-15", false),
                        "due 1 review reviewer person 202 step 14 of 2024-02-29 planned "
                        "2024-02-15");
    assert_string_equal(send("2024-02-29", false),
                        "due 1 review reviewer person 202 step 0 of 2024-02-29 planned 2024-02-29");
    assert_string_equal(send("2024-03-30", false),
                        "due 1 review reviewer person 202 step -30 of 2024-02-29 planned "
                        "2024-03-30");
    review(false, node_of("1")->id, "2024-03-31", "P1Y");
    assert_string_equal(send("2024-04-29", false), "");
}

static void leap_days_review_is_due_on_the_28th(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    own("1", ANNA);
    review(false, node_of("1")->id, "2024-02-29", "P1Y");
    assert_string_equal(send("2025-02-28", false),
                        "due 1 review owner person 201 step 0 of 2025-02-28 planned 2025-02-28");
}

static void review_since_settles_what_is_open(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    own("1", ANNA);
    review(false, node_of("1")->id, "2023-06-30", "P1Y");
    send("2024-06-16", true);
    review(false, node_of("1")->id, "2024-06-16", "P1Y");
    assert_string_equal(look("2024-06-17", 0),
                        "open 1 review owner person 201 step 14 of 2024-06-30 planned 2024-06-16 "
                        "moved");
}

static void groups_review_is_told_to_its_head(void **state UNUSED)
{
    put_group(GROUP, NULL, NULL);
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, ANNA, NULL);
    review(true, GROUP, "2023-06-30", "P1Y");
    assert_string_equal(send("2024-06-30", false),
                        "due group 301 review holder person 201 step 0 of 2024-06-30 planned "
                        "2024-06-30");
    put_group(GROUP, NULL, "2024-07-01");
    assert_string_equal(send("2024-07-30", false), "");
}

/* --- terms --- */

static void term_is_told_to_who_holds_the_seat(void **state UNUSED)
{
    char expected[LINE];
    int64_t id;

    put_group(GROUP, NULL, NULL);
    id = seat(GROUP, ROLE_MEMBER, HOLDER_PERSON, ANNA, "2024-06-30");
    snprintf(expected, sizeof(expected),
             "due membership %lld term holder person 201 step 30 of 2024-06-30 planned 2024-05-31",
             (long long)id);
    assert_string_equal(send("2024-05-31", false), expected);
    snprintf(expected, sizeof(expected),
             "due membership %lld term holder person 201 step 7 of 2024-06-30 planned 2024-06-23",
             (long long)id);
    assert_string_equal(send("2024-06-30", false), expected);
    assert_string_equal(send("2024-07-30", false), "");
}

static void term_that_is_over_is_not_told(void **state UNUSED)
{
    put_group(GROUP, NULL, NULL);
    seat(GROUP, ROLE_MEMBER, HOLDER_PERSON, ANNA, "2024-06-30");
    assert_string_equal(look("2024-07-01", 0), "");
    send("2024-06-30", true);
    assert_non_null(strstr(look("2024-07-01", 0), "ended"));
}

static void term_of_a_duty_is_told_while_the_node_is_open(void **state UNUSED)
{
    char expected[LINE];
    int64_t id;

    ADD("1", NULL, TARGET);
    assign("1", ROLE_PARTNER, HOLDER_PERSON, BO, "2024-06-30");
    id = assign("1", ROLE_OWNER, HOLDER_PERSON, ANNA, "2024-06");
    snprintf(expected, sizeof(expected),
             "due assignment %lld term holder person 201 step 7 of 2024-06-30 planned 2024-06-23",
             (long long)id);
    assert_string_equal(send("2024-06-23", true), expected);
    close_node("1", "2024-06-24", HOW_MISSED);
    assert_non_null(strstr(look("2024-06-24", 30), "planned 2024-06-23 closed"));
    assert_int_equal(n_lines, 1);
}

static void prolonged_term_settles_what_is_open(void **state UNUSED)
{
    struct assignment row;

    ADD("1", NULL, TARGET);
    assign("1", ROLE_OWNER, HOLDER_PERSON, ANNA, "2024-06-30");
    send("2024-06-23", true);
    row = node_of("1")->assignments[0];
    row.to = (struct date){0};
    assert_int_equal(tree_put_assignment(tree, node_of("1")->id, &row), 0);
    assert_non_null(strstr(look("2024-06-24", 0), "moved"));
}

static void groups_term_is_told_to_its_head_and_the_managers(void **state UNUSED)
{
    make_manager(MAYA, 1);
    put_group(GROUP, NULL, "2024-06-30");
    seat(GROUP, ROLE_SECRETARY, HOLDER_PERSON, ANNA, "2024-12-31"); /* as long as the group */
    assert_string_equal(send("2024-06-23", false),
                        "due group 301 term holder person 201 step 7 of 2024-06-30 planned "
                        "2024-06-23\n"
                        "due group 301 term manager person 209 step 7 of 2024-06-30 planned "
                        "2024-06-23");
}

static void term_that_has_not_begun_is_not_told_yet(void **state UNUSED)
{
    struct membership row = {.id = ++last_id,
                             .group_id = GROUP,
                             .member_id = ANNA,
                             .holder = HOLDER_PERSON,
                             .role = ROLE_MEMBER,
                             .from = date_of("2024-06-25"),
                             .to = date_of("2024-06-30")};

    put_group(GROUP, NULL, NULL);
    assert_int_equal(tree_put_membership(tree, &row), 0);
    assert_string_equal(look("2024-06-24", 30), "");
    assert_non_null(strstr(look("2024-06-25", 0), "due membership"));
}

/* --- nudges --- */

static void nudge(const char *code, const char *date)
{
    struct nudge row = {.id = 1, .seq_from = ++last_id, .account_id = 1, .date = date_of(date)};

    assert_int_equal(tree_put_nudge(tree, node_of(code)->id, &row), 0);
}

static void nudge_is_told_once_and_a_newer_one_again(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    own("1", ANNA);
    last_id = 2000;
    nudge("1", "2024-06-01");
    assert_string_equal(send("2024-06-02", false),
                        "due 1 nudge nudge person 201 step 2001 of 2024-06-01 planned 2024-06-01");
    assert_string_equal(send("2024-06-03", false), "");
    last_id = 2009;
    nudge("1", "2024-06-01");
    assert_string_equal(send("2024-06-03", true),
                        "due 1 nudge nudge person 201 step 2010 of 2024-06-01 planned 2024-06-01");
    last_id = 2019;
    nudge("1", "2024-06-03");
    assert_string_equal(look("2024-06-03", 0),
                        "due 1 nudge nudge person 201 step 2020 of 2024-06-03 planned 2024-06-03\n"
                        "open 1 nudge nudge person 201 step 2010 of 2024-06-01 planned 2024-06-01 "
                        "newer");
}

static void update_since_answers_a_nudge(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    own("1", ANNA);
    report("1", "2024-06-01", 10);
    nudge("1", "2024-06-01");
    send("2024-06-01", true);
    assert_int_equal(n_lines, 1);
    report("1", "2024-05-31", 20);
    assert_non_null(strstr(look("2024-06-01", 0), "updated"));
    assert_int_equal(n_lines, 1);
}

static void nudge_of_long_ago_is_not_sent(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    own("1", ANNA);
    nudge("1", "2024-06-01");
    assert_string_equal(look("2024-07-02", 0), "");
    assert_non_null(strstr(look("2024-07-01", 0), "due 1 nudge"));
}

static void nudge_that_reaches_nobody_goes_to_the_manager(void **state UNUSED)
{
    make_manager(MAYA, 1);
    ADD("1", NULL, TARGET);
    nudge("1", "2024-06-01");
    assert_non_null(strstr(look("2024-06-01", 0), "due 1 nudge unreached person 209"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DATES_TEST(review, review_is_told_to_reviewers_and_again_each_month),
        DATES_TEST(review, leap_days_review_is_due_on_the_28th),
        DATES_TEST(review, review_since_settles_what_is_open),
        DATES_TEST(review, groups_review_is_told_to_its_head),
        DATES_TEST(term, term_is_told_to_who_holds_the_seat),
        DATES_TEST(term, term_that_is_over_is_not_told),
        DATES_TEST(term, term_of_a_duty_is_told_while_the_node_is_open),
        DATES_TEST(term, prolonged_term_settles_what_is_open),
        DATES_TEST(term, groups_term_is_told_to_its_head_and_the_managers),
        DATES_TEST(term, term_that_has_not_begun_is_not_told_yet),
        DATES_TEST(nudge, nudge_is_told_once_and_a_newer_one_again),
        DATES_TEST(nudge, update_since_answers_a_nudge),
        DATES_TEST(nudge, nudge_of_long_ago_is_not_sent),
        DATES_TEST(nudge, nudge_that_reaches_nobody_goes_to_the_manager),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
