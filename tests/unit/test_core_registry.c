/* Strategy number 0 in memory: organisations, persons, accounts and grants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/registry.h"

#include <errno.h>
#include <string.h>

static struct registry *registry;

static int setup(void **state UNUSED)
{
    return registry_new(&registry);
}

static int teardown(void **state UNUSED)
{
    registry_free(registry);
    return 0;
}

static int put_account(int64_t id, int64_t uid, const char *realm)
{
    return registry_put_account(registry,
                                &(struct account){.id = id, .uid = uid, .realm = (char *)realm});
}

static void registry_free_takes_null(void **state UNUSED)
{
    registry_free(NULL);
    assert_non_null(registry);
}

static void organisations_are_found_and_replaced(void **state UNUSED)
{
    struct organisation row = {.id = 3, .key = (char *)"vinnova"};

    assert_int_equal(registry_put_organisation(registry, &row), 0);
    row.key = (char *)"vr";
    assert_int_equal(registry_put_organisation(registry, &row), 0);
    assert_null(registry_organisation_by_key(registry, "vinnova"));
    assert_ptr_equal(registry_organisation_by_key(registry, "vr"),
                     registry_organisation(registry, 3));
    assert_null(registry_organisation(registry, 3)->mailbox);
    row.mailbox = (char *)"post@vr.example";
    assert_int_equal(registry_put_organisation(registry, &row), 0);
    assert_string_equal(registry_organisation(registry, 3)->mailbox, "post@vr.example");
    registry_end_organisation(registry, 3);
    registry_end_organisation(registry, 3);
    assert_null(registry_organisation(registry, 3));
}

static void language_of_a_person_is_that_of_the_newest_version(void **state UNUSED)
{
    assert_int_equal(registry_put_person(registry, 3, "p", "nb"), 0);
    assert_string_equal(registry_person(registry, 3)->language, "nb");
    registry_end_person(registry, 3);
    assert_int_equal(registry_put_person(registry, 3, "p", NULL), 0);
    assert_null(registry_person(registry, 3)->language);
}

static void contact_data_of_a_person_is_known_by_its_id(void **state UNUSED)
{
    registry_put_contact(registry, 3, CONTACT_EMAIL, 9);
    assert_int_equal(registry_put_person(registry, 3, "p1", NULL), 0);
    assert_int_equal(registry_person(registry, 3)->contacts[CONTACT_EMAIL], 0);
    registry_put_contact(registry, 3, CONTACT_EMAIL, 9);
    registry_end_person(registry, 3);
    assert_int_equal(registry_put_person(registry, 3, "p2", NULL), 0);
    assert_int_equal(registry_person(registry, 3)->contacts[CONTACT_EMAIL], 9);
    registry_put_contact(registry, 3, CONTACT_EMAIL, 0);
    assert_int_equal(registry_person(registry, 3)->contacts[CONTACT_EMAIL], 0);
}

static void persons_keep_their_name_under_another_key(void **state UNUSED)
{
    assert_int_equal(registry_put_person(registry, 3, "p1", NULL), 0);
    assert_int_equal(registry_put_name(registry, 3, "Anna"), 0);
    assert_int_equal(registry_put_person(registry, 3, "p2", NULL), 0);
    assert_null(registry_person_by_key(registry, "p1"));
    assert_string_equal(registry_person_by_key(registry, "p2")->name, "Anna");
}

static void persons_keep_their_name_over_an_end(void **state UNUSED)
{
    assert_int_equal(registry_put_person(registry, 3, "p1", NULL), 0);
    assert_int_equal(registry_put_name(registry, 3, "Anna"), 0);
    registry_end_person(registry, 3);
    assert_null(registry_person(registry, 3));
    assert_null(registry_person_by_key(registry, "p1"));
    assert_int_equal(registry_put_person(registry, 3, "p2", NULL), 0);
    assert_string_equal(registry_person(registry, 3)->name, "Anna");
}

static void persons_who_are_gone_can_be_forgotten(void **state UNUSED)
{
    assert_int_equal(registry_put_person(registry, 3, "p1", NULL), 0);
    assert_int_equal(registry_put_name(registry, 3, "Anna"), 0);
    registry_end_person(registry, 3);
    assert_int_equal(registry_put_name(registry, 3, NULL), 0);
    assert_int_equal(registry_put_person(registry, 3, "p1", NULL), 0);
    assert_null(registry_person(registry, 3)->name);
}

static void persons_names_can_be_forgotten(void **state UNUSED)
{
    assert_int_equal(registry_put_person(registry, 3, "p1", NULL), 0);
    assert_int_equal(registry_put_name(registry, 3, "Anna"), 0);
    assert_int_equal(registry_put_name(registry, 3, NULL), 0);
    assert_null(registry_person(registry, 3)->name);
    assert_int_equal(registry_put_name(registry, 4, "Nobody"), 0);
    registry_end_person(registry, 3);
    assert_null(registry_person_by_key(registry, "p1"));
}

static void accounts_are_found_by_realm_and_uid(void **state UNUSED)
{
    assert_int_equal(put_account(1, 1000, "a"), 0);
    assert_int_equal(put_account(2, 1000, "b"), 0);
    assert_int_equal(put_account(3, 1001, "a"), 0);
    assert_int_equal(registry_account_of(registry, "a", 1000)->id, 1);
    assert_int_equal(registry_account_of(registry, "b", 1000)->id, 2);
    assert_int_equal(registry_account_of(registry, "a", 1001)->id, 3);
    assert_null(registry_account_of(registry, "b", 1001));
    assert_string_equal(registry_account(registry, 2)->realm, "b");
}

static void accounts_move_to_another_uid(void **state UNUSED)
{
    assert_int_equal(put_account(1, 1000, "a"), 0);
    assert_int_equal(put_account(1, 1005, "a"), 0);
    assert_null(registry_account_of(registry, "a", 1000));
    assert_int_equal(registry_account_of(registry, "a", 1005)->id, 1);
    registry_end_account(registry, 1);
    assert_null(registry_account_of(registry, "a", 1005));
}

static void accounts_of_nobody_and_the_builtin_never_match(void **state UNUSED)
{
    assert_int_equal(put_account(1, 65534, "a"), 0);
    assert_int_equal(put_account(2, -1, "a"), 0);
    assert_null(registry_account_of(registry, "a", 65534));
    assert_null(registry_account_of(registry, "a", -1));
}

static void accounts_refuse_an_endless_realm(void **state UNUSED)
{
    char realm[300] = "";

    memset(realm, 'r', sizeof realm - 1);
    assert_int_equal(put_account(1, 1000, realm), -ENAMETOOLONG);
    assert_null(registry_account_of(registry, realm, 1000));
}

static void grants_and_affiliations_are_replaced_and_ended(void **state UNUSED)
{
    struct affiliation row = {.id = 2, .person_id = 1, .organisation_id = 4};
    struct grant grant = {.id = 9, .account_id = 1, .strategy_id = 3, .role = 1};

    assert_int_equal(registry_put_affiliation(registry, &row), 0);
    row.reporter = true;
    assert_int_equal(registry_put_affiliation(registry, &row), 0);
    assert_int_equal(HASH_CNT(by_id, registry->affiliations), 1);
    assert_true(registry->affiliations->reporter);
    registry_end_affiliation(registry, 2);
    assert_null(registry->affiliations);

    assert_int_equal(registry_put_grant(registry, &grant), 0);
    grant.role = 2;
    assert_int_equal(registry_put_grant(registry, &grant), 0);
    assert_int_equal(HASH_CNT(by_id, registry->grants), 1);
    assert_int_equal(registry->grants->role, 2);
    registry_end_grant(registry, 9);
    assert_null(registry->grants);
}

#define REGISTRY_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void days_off_are_found_and_replaced(void **state UNUSED)
{
    int32_t days[] = {10, 20};
    struct days_off row = {.id = 5, .key = (char *)"FI", .n_days = 2, .days = days};

    assert_int_equal(registry_put_days_off(registry, &row), 0);
    assert_int_equal(registry_days_off_by_key(registry, "FI")->days[1], 20);
    assert_null(registry_days_off(registry, 5)->source);
    row.n_days = 1;
    row.source = (char *)"fi.ics";
    assert_int_equal(registry_put_days_off(registry, &row), 0);
    assert_int_equal(registry_days_off(registry, 5)->n_days, 1);
    assert_string_equal(registry_days_off(registry, 5)->source, "fi.ics");
    registry_end_days_off(registry, 5);
    registry_end_days_off(registry, 5);
    assert_null(registry_days_off(registry, 5));
    assert_null(registry_days_off_by_key(registry, "FI"));
    assert_null(registry_days_off_by_key(registry, NULL));
}

static void workdays_are_those_of_the_calendar_that_is_named(void **state UNUSED)
{
    int32_t days[] = {20058};
    struct days_off row = {.id = 5, .key = (char *)"FI", .n_days = 1, .days = days};
    struct workdays calendar;

    assert_int_equal(registry_put_days_off(registry, &row), 0);
    assert_int_equal(registry_workdays(registry, "FI", &calendar), 0);
    assert_int_equal(calendar.of, WORKDAYS_LIST);
    assert_ptr_equal(calendar.days, registry_days_off(registry, 5)->days);
    assert_int_equal(registry_workdays(registry, "NO", &calendar), 0);
    assert_int_equal(calendar.of, WORKDAYS_NO);
    assert_int_equal(registry_workdays(registry, NULL, &calendar), 0);
    assert_int_equal(calendar.of, WORKDAYS_WEEK);
    assert_int_equal(registry_workdays(registry, "SE", &calendar), 0);
    assert_int_equal(registry_workdays(registry, "XX", &calendar), -ENOENT);
    assert_int_equal(calendar.of, WORKDAYS_WEEK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REGISTRY_TEST(registry_free_takes_null),
        REGISTRY_TEST(organisations_are_found_and_replaced),
        REGISTRY_TEST(language_of_a_person_is_that_of_the_newest_version),
        REGISTRY_TEST(contact_data_of_a_person_is_known_by_its_id),
        REGISTRY_TEST(persons_keep_their_name_under_another_key),
        REGISTRY_TEST(persons_keep_their_name_over_an_end),
        REGISTRY_TEST(persons_who_are_gone_can_be_forgotten),
        REGISTRY_TEST(persons_names_can_be_forgotten),
        REGISTRY_TEST(accounts_are_found_by_realm_and_uid),
        REGISTRY_TEST(accounts_move_to_another_uid),
        REGISTRY_TEST(accounts_of_nobody_and_the_builtin_never_match),
        REGISTRY_TEST(accounts_refuse_an_endless_realm),
        REGISTRY_TEST(grants_and_affiliations_are_replaced_and_ended),
        REGISTRY_TEST(days_off_are_found_and_replaced),
        REGISTRY_TEST(workdays_are_those_of_the_calendar_that_is_named),
    };

    return cmocka_run_group_tests_name("core/registry", tests, NULL, NULL);
}
