/* Whom what is sent to a person, an organisation or a group reaches on a day, and whether anybody.
 */
#include "core_builder.h"

#include "core/addressees.h"

#define TODAY "2024-06-30"

enum { ANNA = 1, BO, AGENCY = 11, OFFICE, GROUP = 21 };

static struct registry *registry;

static int setup(void **state)
{
    return builder_setup(state) < 0 ? -1 : registry_new(&registry);
}

static int teardown(void **state)
{
    registry_free(registry);
    return builder_teardown(state);
}

/* Does it reach anybody? The same must follow from who it is listed to reach. */
static bool reached(enum holder holder, int64_t id)
{
    struct addressees list = {0};
    struct address_book book;

    assert_int_equal(address_book_init(registry, tree, day_of(TODAY), &book), 0);
    assert_int_equal(addressees_of(&book, holder, id, WHY_OWNER, &list), 0);

    bool reaches = address_book_reaches(&book, holder, id);
    assert_int_equal(reaches, list.count > 0);
    free(list.items);
    address_book_done(&book);
    return reaches;
}

static void put_person(int64_t id, bool with_address)
{
    assert_int_equal(registry_put_person(registry, id, id == ANNA ? "anna" : "bo", NULL), 0);
    registry_put_contact(registry, id, CONTACT_EMAIL, with_address ? 100 + id : 0);
}

static void affiliate(int64_t person, int64_t organisation, bool reporter, const char *to)
{
    struct affiliation row = {.id = person,
                              .person_id = person,
                              .organisation_id = organisation,
                              .reporter = reporter,
                              .to = date_of(to)};

    assert_int_equal(registry_put_affiliation(registry, &row), 0);
}

static void put_group(const char *mailbox, const char *to)
{
    struct group row = {
        .id = GROUP, .key = (char *)"g", .mailbox = (char *)mailbox, .term_to = date_of(to)};

    assert_int_equal(tree_put_group(tree, &row), 0);
}

static void seat(int64_t id, enum holder holder, int64_t member, enum role role, const char *to)
{
    struct membership row = {.id = id,
                             .group_id = GROUP,
                             .holder = holder,
                             .member_id = member,
                             .role = role,
                             .to = date_of(to)};

    assert_int_equal(tree_put_membership(tree, &row), 0);
}

static void person_is_reached_by_an_address_alone(void **state UNUSED)
{
    struct account account = {.id = 1, .uid = 1000, .person_id = BO, .realm = (char *)"r"};

    put_person(ANNA, true);
    put_person(BO, false);
    assert_int_equal(registry_put_account(registry, &account), 0);
    assert_true(reached(HOLDER_PERSON, ANNA));
    assert_false(reached(HOLDER_PERSON, BO));
    assert_false(reached(HOLDER_PERSON, 99));
}

static void organisation_is_reached_by_mailbox_or_reporter(void **state UNUSED)
{
    struct organisation office = {
        .id = OFFICE, .key = (char *)"office", .mailbox = (char *)"post@office.example"};

    put_person(ANNA, true);
    affiliate(ANNA, AGENCY, false, NULL);
    assert_false(reached(HOLDER_ORGANISATION, AGENCY));
    affiliate(ANNA, AGENCY, true, NULL);
    assert_true(reached(HOLDER_ORGANISATION, AGENCY));
    affiliate(ANNA, AGENCY, true, "2023");
    assert_false(reached(HOLDER_ORGANISATION, AGENCY));
    assert_int_equal(registry_put_organisation(registry, &office), 0);
    assert_true(reached(HOLDER_ORGANISATION, OFFICE));
}

static void group_is_reached_by_mailbox_or_who_heads_it(void **state UNUSED)
{
    put_person(ANNA, true);
    put_person(BO, false);
    put_group(NULL, NULL);
    seat(1, HOLDER_PERSON, ANNA, ROLE_MEMBER, NULL);
    assert_false(reached(HOLDER_GROUP, GROUP));
    seat(1, HOLDER_PERSON, ANNA, ROLE_SECRETARY, NULL);
    seat(2, HOLDER_PERSON, BO, ROLE_LEAD, NULL);
    assert_true(reached(HOLDER_GROUP, GROUP));
    seat(1, HOLDER_PERSON, ANNA, ROLE_CHAIR, NULL);
    assert_true(reached(HOLDER_GROUP, GROUP));
    seat(1, HOLDER_PERSON, ANNA, ROLE_LEAD, "2023");
    assert_false(reached(HOLDER_GROUP, GROUP));
    put_group("group@example.org", NULL);
    assert_true(reached(HOLDER_GROUP, GROUP));
    put_group("group@example.org", "2023");
    assert_false(reached(HOLDER_GROUP, GROUP));
}

static void group_is_reached_through_the_organisation_that_leads_it(void **state UNUSED)
{
    put_person(ANNA, true);
    affiliate(ANNA, AGENCY, true, NULL);
    put_group(NULL, NULL);
    seat(1, HOLDER_ORGANISATION, AGENCY, ROLE_LEAD, NULL);
    assert_true(reached(HOLDER_GROUP, GROUP));
    affiliate(ANNA, OFFICE, true, NULL);
    assert_false(reached(HOLDER_GROUP, GROUP));
}

#define PEOPLE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEOPLE_TEST(person_is_reached_by_an_address_alone),
        PEOPLE_TEST(organisation_is_reached_by_mailbox_or_reporter),
        PEOPLE_TEST(group_is_reached_by_mailbox_or_who_heads_it),
        PEOPLE_TEST(group_is_reached_through_the_organisation_that_leads_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
