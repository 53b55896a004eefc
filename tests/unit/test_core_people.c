/* Who takes part in a strategy, and which terms hold. */
#include "core_builder.h"

#include "core/people.h"

static struct registry *registry;

enum { ORGANISATION = 101, OTHER = 102, PERSON = 201, REPORTER = 202, GROUP = 301 };

static int setup(void **state)
{
    struct affiliation affiliation = {
        .id = 1, .person_id = REPORTER, .organisation_id = ORGANISATION, .reporter = true};
    int r = builder_setup(state);

    if (r == 0)
        r = registry_new(&registry);
    return r < 0 ? r : registry_put_affiliation(registry, &affiliation);
}

static int teardown(void **state)
{
    registry_free(registry);
    return builder_teardown(state);
}

static bool takes_part(enum holder holder, int64_t id)
{
    return people_take_part(registry, tree, holder, id);
}

static void put_member(struct membership row)
{
    struct group group = {.id = GROUP, .key = (char *)"g"};

    row.id = ++last_id;
    row.group_id = GROUP;
    assert_int_equal(tree_put_group(tree, &group), 0);
    assert_int_equal(tree_put_membership(tree, &row), 0);
}

static void nobody_takes_part_in_an_empty_strategy(void **state UNUSED)
{
    assert_false(takes_part(HOLDER_ORGANISATION, ORGANISATION));
    assert_false(takes_part(HOLDER_PERSON, PERSON));
    assert_false(takes_part(HOLDER_PERSON, REPORTER));
}

static void role_on_a_node_or_the_strategy_is_part(void **state UNUSED)
{
    struct assignment row = {.id = ++last_id, .holder = HOLDER_PERSON, .holder_id = PERSON};

    assert_int_equal(tree_put_assignment(tree, 0, &row), 0);
    assert_true(takes_part(HOLDER_PERSON, PERSON));
    assert_false(takes_part(HOLDER_ORGANISATION, PERSON));
    ADD("1", NULL, TARGET);
    row = (struct assignment){
        .id = ++last_id, .holder = HOLDER_ORGANISATION, .holder_id = ORGANISATION};
    assert_int_equal(tree_put_assignment(tree, node_of("1")->id, &row), 0);
    assert_true(takes_part(HOLDER_ORGANISATION, ORGANISATION));
}

static void membership_is_part_of_whom_one_sits_there_for_too(void **state UNUSED)
{
    put_member((struct membership){
        .holder = HOLDER_PERSON, .member_id = PERSON, .via_id = OTHER, .role = ROLE_LEAD});
    assert_true(takes_part(HOLDER_PERSON, PERSON));
    assert_true(takes_part(HOLDER_ORGANISATION, OTHER));
    assert_false(takes_part(HOLDER_ORGANISATION, ORGANISATION));
}

static void reporter_takes_part_where_the_organisation_does(void **state UNUSED)
{
    put_member((struct membership){.holder = HOLDER_ORGANISATION, .member_id = ORGANISATION});
    assert_true(takes_part(HOLDER_PERSON, REPORTER));
    assert_false(takes_part(HOLDER_PERSON, PERSON));
}

static void owner_of_a_link_takes_part(void **state UNUSED)
{
    struct link link = {.id = ++last_id,
                        .owner_id = OTHER,
                        .type = (char *)"data",
                        .url = (char *)"https://example.org/"};

    assert_int_equal(tree_put_link(tree, 0, &link), 0);
    assert_true(takes_part(HOLDER_ORGANISATION, OTHER));
}

static void member_holds_as_long_as_the_group(void **state UNUSED)
{
    struct group group = {.term_from = date_of("2020"), .term_to = date_of("2022-06")};
    struct membership member = {.from = date_of("2021"), .to = date_of("2023")};

    assert_false(people_member_current(&group, &member, day_of("2020-12-31")));
    assert_true(people_member_current(&group, &member, day_of("2021-01-01")));
    assert_true(people_member_current(&group, &member, day_of("2022-06-30")));
    assert_false(people_member_current(&group, &member, day_of("2022-07-01")));
    assert_false(people_group_ended(&group, day_of("2022-06-30")));
    assert_true(people_group_ended(&group, day_of("2022-07-01")));
}

#define PEOPLE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEOPLE_TEST(nobody_takes_part_in_an_empty_strategy),
        PEOPLE_TEST(role_on_a_node_or_the_strategy_is_part),
        PEOPLE_TEST(membership_is_part_of_whom_one_sits_there_for_too),
        PEOPLE_TEST(reporter_takes_part_where_the_organisation_does),
        PEOPLE_TEST(owner_of_a_link_takes_part),
        PEOPLE_TEST(member_holds_as_long_as_the_group),
    };

    return cmocka_run_group_tests_name("core/people", tests, NULL, NULL);
}
