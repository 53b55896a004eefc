/*
 * To whom a reminder goes: by duty, by group, from above, to managers; each recipient once.
 */
#include "reminders_builder.h"

#define DAY "2024-06-23"

static int setup(void **state)
{
    int r = reminders_setup(state);

    if (r == 0)
        only(REMIND_DUE);
    return r;
}

#define RECIPIENTS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, reminders_teardown)

/* Who is told of the node: a line each, in the order of the words. */
static const char *told(const char *code)
{
    struct reminders *run = run_reminders(day_of(DAY), 0);
    const struct occurrences *due = &reminders_results(run)->due;

    n_lines = 0;
    for (size_t i = 0; i < due->count; i++) {
        const struct occurrence *o = &due->items[i];
        int n;

        if (o->node_id != node_of(code)->id)
            continue;
        n = snprintf(lines[n_lines], LINE, "%s %s %lld", remind_why_names[o->why],
                     holder_names[o->recipient], (long long)o->recipient_id);
        if (o->via_id)
            snprintf(lines[n_lines] + n, LINE - (size_t)n, " by %s %lld", holder_names[o->via],
                     (long long)o->via_id);
        n_lines++;
    }
    reminders_free(run);
    return text_of_lines();
}

static void add_node(const char *code, const char *parent, enum kind kind)
{
    builder_add(&(struct spec){.code = code, .parent = parent, .kind = kind, .due = "2024-06-30"});
}

static void owner_and_lead_are_told_and_nobody_else(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    own("1", ANNA);
    assign("1", ROLE_LEAD, HOLDER_PERSON, BO, NULL);
    assign("1", ROLE_CONTRIBUTOR, HOLDER_PERSON, CARIN, NULL);
    assert_string_equal(told("1"), "lead person 202\nowner person 201");
}

static void somebody_with_two_roles_is_told_once(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    own("1", ANNA);
    assign("1", ROLE_LEAD, HOLDER_PERSON, ANNA, NULL);
    assign("1", ROLE_LEAD, HOLDER_ORGANISATION, AGENCY, NULL);
    put_organisation(AGENCY, NULL);
    report_for(ANNA, AGENCY);
    assert_string_equal(told("1"), "owner person 201");
}

static void role_that_ended_is_none(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    assign("1", ROLE_OWNER, HOLDER_PERSON, ANNA, "2024-06-22");
    assign("1", ROLE_LEAD, HOLDER_PERSON, BO, "2024-06-23");
    assert_string_equal(told("1"), "lead person 202");
}

static void organisation_has_a_mailbox_or_reporters(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    assign("1", ROLE_OWNER, HOLDER_ORGANISATION, AGENCY, NULL);
    assign("1", ROLE_OWNER, HOLDER_ORGANISATION, OFFICE, NULL);
    put_organisation(AGENCY, "registrator@agency.example");
    put_organisation(OFFICE, NULL);
    report_for(ANNA, AGENCY);
    report_for(BO, OFFICE);
    report_for(CARIN, OFFICE);
    report_for(SILENT, OFFICE);
    assert_string_equal(told("1"), "owner organisation 101\nowner person 202 by organisation 102\n"
                                   "owner person 203 by organisation 102");
}

static void group_has_a_mailbox_a_lead_a_chair_or_a_secretary(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    put_group(GROUP, NULL, NULL);
    aim(GROUP, "1");
    seat(GROUP, ROLE_SECRETARY, HOLDER_PERSON, BO, NULL);
    seat(GROUP, ROLE_MEMBER, HOLDER_PERSON, CARIN, NULL);
    assert_string_equal(told("1"), "aim person 202 by group 301");
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, SILENT, NULL); /* who cannot be reached */
    assert_string_equal(told("1"), "aim person 202 by group 301");
    seat(GROUP, ROLE_CHAIR, HOLDER_PERSON, DAG, NULL);
    assert_string_equal(told("1"), "aim person 204 by group 301");
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, ANNA, NULL);
    assert_string_equal(told("1"), "aim person 201 by group 301");
    put_group(GROUP, "group@agency.example", NULL);
    assert_string_equal(told("1"), "aim group 301");
}

static void organisation_leads_a_group_by_its_reporters(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    put_group(GROUP, NULL, NULL);
    put_organisation(AGENCY, NULL);
    report_for(DAG, AGENCY);
    seat(GROUP, ROLE_LEAD, HOLDER_ORGANISATION, AGENCY, NULL);
    assign("1", ROLE_PARTNER, HOLDER_GROUP, GROUP, NULL);
    assert_string_equal(told("1"), "aim person 204 by group 301");
}

static void groups_are_told_only_without_an_owner_or_lead(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    put_group(GROUP, "group@agency.example", NULL);
    aim(GROUP, "1");
    own("1", ANNA);
    assert_string_equal(told("1"), "owner person 201");
}

static void node_without_duties_is_told_above(void **state UNUSED)
{
    add_node("1", NULL, KIND_PRIORITY);
    add_node("1.1", "1", KIND_TARGET);
    add_node("d", "1.1", KIND_DELIVERABLE);
    own("1", ANNA);
    assert_string_equal(told("d"), "owner person 201");
    put_group(GROUP, "group@agency.example", "2024-01-01"); /* it has ended */
    aim(GROUP, "d");
    assert_string_equal(told("d"), "owner person 201");
    put_group(OTHER_GROUP, "other@agency.example", NULL);
    aim(OTHER_GROUP, "1.1");
    assert_string_equal(told("d"), "aim group 302");
}

static void what_reaches_nobody_goes_to_the_managers(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    own("1", SILENT);
    assert_string_equal(told("1"), ""); /* nor do they */
    make_manager(DAG, 0);
    make_manager(SILENT, 1);
    assert_string_equal(told("1"), "unreached person 204");
    make_manager(MAYA, 1);
    assert_string_equal(told("1"), "unreached person 209");
    make_manager(MAYA, 1);
    assert_string_equal(told("1"), "unreached person 209");
}

static void manager_of_another_strategy_is_not_told(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    make_manager(DAG, 2);
    assert_string_equal(told("1"), "");
}

static void manager_who_owns_it_is_told_as_owner(void **state UNUSED)
{
    add_node("1", NULL, KIND_TARGET);
    own("1", MAYA);
    make_manager(MAYA, 1);
    assert_string_equal(told("1"), "owner person 209");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECIPIENTS_TEST(owner_and_lead_are_told_and_nobody_else),
        RECIPIENTS_TEST(somebody_with_two_roles_is_told_once),
        RECIPIENTS_TEST(role_that_ended_is_none),
        RECIPIENTS_TEST(organisation_has_a_mailbox_or_reporters),
        RECIPIENTS_TEST(group_has_a_mailbox_a_lead_a_chair_or_a_secretary),
        RECIPIENTS_TEST(organisation_leads_a_group_by_its_reporters),
        RECIPIENTS_TEST(groups_are_told_only_without_an_owner_or_lead),
        RECIPIENTS_TEST(node_without_duties_is_told_above),
        RECIPIENTS_TEST(what_reaches_nobody_goes_to_the_managers),
        RECIPIENTS_TEST(manager_of_another_strategy_is_not_told),
        RECIPIENTS_TEST(manager_who_owns_it_is_told_as_owner),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
