/*
 * Why somebody who has to do with a node is not told of it.
 */
#include "reminders_builder.h"

#include "core/reminders_why.h"

#define DAY "2024-06-23"

/* "person 202 ended", "due rule_off", "closed": a line each. `person` 0: of all. */
static const char *why(const char *code, int64_t person)
{
    struct remind_view view = {registry, tree, workdays, day_of(DAY), superseded};
    struct reminders *run = run_reminders(day_of(DAY), 0);
    struct left_outs left = {0};
    struct ties ties = {0};

    if (person)
        assert_int_equal(ties_init(registry, tree, person, &ties), 0);
    assert_int_equal(reminders_why(run, &view, person ? &ties : NULL, node_of(code), &left), 0);
    n_lines = 0;
    for (size_t i = 0; i < left.count; i++) {
        const struct left_out *one = &left.items[i];
        char *line = lines[n_lines++];

        if (one->has_holder)
            snprintf(line, LINE, "%s %lld %s", holder_names[one->holder], (long long)one->id,
                     left_reason_names[one->reason]);
        else
            snprintf(line, LINE, "%s%s%s", one->has_rule ? remind_rule_names[one->rule] : "",
                     one->has_rule ? " " : "", left_reason_names[one->reason]);
    }
    free(left.items);
    ties_done(&ties);
    reminders_free(run);
    return text_of_lines();
}

static void add_node(const char *code)
{
    builder_add(&(struct spec){.code = code, .kind = KIND_TARGET, .due = "2024-06-30"});
}

static void who_is_told_is_not_left_out(void **state UNUSED)
{
    add_node("1");
    own("1", ANNA);
    assert_string_equal(why("1", 0), "");
    assert_string_equal(why("1", ANNA), "");
    assert_string_equal(why("1", BO), "");
}

static void terms_addresses_and_roles_leave_out(void **state UNUSED)
{
    add_node("1");
    own("1", ANNA);
    own("1", SILENT);
    assign("1", ROLE_OWNER, HOLDER_PERSON, BO, "2024-06-22");
    assign("1", ROLE_PARTNER, HOLDER_PERSON, CARIN, NULL);
    assign("1", ROLE_REVIEWER, HOLDER_PERSON, DAG, NULL);
    assert_string_equal(why("1", 0), "person 202 ended\n"
                                     "person 203 other_role\n"
                                     "person 210 no_address");
    assert_string_equal(why("1", BO), "person 202 ended");
}

static void role_to_come_has_not_begun(void **state UNUSED)
{
    struct assignment row = {.id = ++last_id,
                             .holder_id = BO,
                             .holder = HOLDER_PERSON,
                             .role = ROLE_OWNER,
                             .from = date_of("2024-07")};

    add_node("1");
    own("1", ANNA);
    assert_int_equal(tree_put_assignment(tree, node_of("1")->id, &row), 0);
    assert_string_equal(why("1", BO), "person 202 not_begun");
}

static void another_role_of_theirs_is_enough(void **state UNUSED)
{
    add_node("1");
    own("1", ANNA);
    assign("1", ROLE_CONTRIBUTOR, HOLDER_PERSON, ANNA, NULL);
    assert_string_equal(why("1", 0), "");
}

static void group_gives_way_to_an_owner(void **state UNUSED)
{
    add_node("1");
    put_group(GROUP, NULL, NULL);
    put_group(OTHER_GROUP, NULL, "2024-01-01");
    aim(GROUP, "1");
    aim(OTHER_GROUP, "1");
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, BO, NULL);
    assert_string_equal(why("1", 0), "group 302 ended");
    own("1", ANNA);
    assert_string_equal(why("1", 0), "group 301 somebody_else_owns\ngroup 302 ended");
    assert_string_equal(why("1", BO), "person 202 somebody_else_owns");
}

static void group_of_the_past_that_owns_keeps_none_away(void **state UNUSED)
{
    add_node("1");
    put_group(GROUP, NULL, NULL);
    put_group(OTHER_GROUP, NULL, "2024-01-01");
    assign("1", ROLE_OWNER, HOLDER_GROUP, OTHER_GROUP, NULL);
    aim(GROUP, "1");
    assert_string_equal(why("1", 0), "group 301 no_address\ngroup 302 ended\nnobody_reached");
}

static void in_a_group_the_lead_or_the_mailbox_is_told(void **state UNUSED)
{
    add_node("1");
    put_group(GROUP, NULL, NULL);
    aim(GROUP, "1");
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, ANNA, NULL);
    seat(GROUP, ROLE_SECRETARY, HOLDER_PERSON, BO, NULL);
    seat(GROUP, ROLE_MEMBER, HOLDER_PERSON, CARIN, NULL);
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, DAG, "2024-06-01");
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, SILENT, NULL);
    assert_string_equal(why("1", ANNA), "");
    assert_string_equal(why("1", BO), "person 202 lead_told");
    assert_string_equal(why("1", CARIN), "person 203 other_seat");
    assert_string_equal(why("1", DAG), "person 204 ended");
    assert_string_equal(why("1", SILENT), "person 210 no_address");
    put_group(GROUP, "group@agency.example", NULL);
    assert_string_equal(why("1", ANNA), "person 201 mailbox_told");
}

static void in_an_organisation_the_reporters_are_told(void **state UNUSED)
{
    struct affiliation row = {.id = ++last_id, .person_id = BO, .organisation_id = AGENCY};

    add_node("1");
    put_organisation(AGENCY, NULL);
    report_for(ANNA, AGENCY);
    assert_int_equal(registry_put_affiliation(registry, &row), 0);
    assign("1", ROLE_OWNER, HOLDER_ORGANISATION, AGENCY, NULL);
    assert_string_equal(why("1", ANNA), "");
    assert_string_equal(why("1", BO), "person 202 not_reporter");
}

static void node_itself_may_be_the_reason(void **state UNUSED)
{
    ADD("1", NULL, TARGET);
    assert_string_equal(why("1", 0), "due no_date\nnobody_reached");
    own("1", ANNA);
    set_rule(REMIND_REVIEW, (struct reminder_setting){.off = true});
    assert_string_equal(why("1", 0), "due no_date\nreview rule_off");
    superseded = true;
    assert_string_equal(why("1", 0), "checkin superseded\ndue superseded\n"
                                     "escalation superseded\nreview rule_off");
    superseded = false;
    close_node("1", "2024-01-01", HOW_DROPPED);
    assert_string_equal(why("1", 0), "closed");
    assert_string_equal(why("1", ANNA), "person 201 closed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REMINDERS_TEST(who_is_told_is_not_left_out),
        REMINDERS_TEST(terms_addresses_and_roles_leave_out),
        REMINDERS_TEST(role_to_come_has_not_begun),
        REMINDERS_TEST(another_role_of_theirs_is_enough),
        REMINDERS_TEST(group_gives_way_to_an_owner),
        REMINDERS_TEST(group_of_the_past_that_owns_keeps_none_away),
        REMINDERS_TEST(in_a_group_the_lead_or_the_mailbox_is_told),
        REMINDERS_TEST(in_an_organisation_the_reporters_are_told),
        REMINDERS_TEST(node_itself_may_be_the_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
