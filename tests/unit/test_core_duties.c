/*
 * Duties, which are rights worked out once for many nodes: both must say the same of every node and
 * person of many random strategies.
 */
#include "core_builder.h"

#include "core/duties.h"
#include "core/rights.h"

#define PERSONS 4
#define ORGANISATIONS 3
#define GROUPS 3
#define NODES 12
#define STRATEGIES 60
#define TODAY "2024-06-30"

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

/* Numbers that are the same in every run. */
static uint32_t seed;

static int64_t below(uint32_t end)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % end;
}

/* An end before or after today, or none. */
static struct date some_end(void)
{
    return date_of((const char *[]){NULL, NULL, "2023", "2025"}[below(4)]);
}

static int64_t member_of(enum holder holder)
{
    return 1 + below(holder == HOLDER_PERSON         ? PERSONS
                     : holder == HOLDER_ORGANISATION ? ORGANISATIONS
                                                     : GROUPS);
}

static void put_people(void)
{
    for (int64_t i = 1; i <= PERSONS; i++) {
        struct account account = {.id = i, .uid = 1000 + i, .person_id = i, .realm = (char *)"r"};
        struct affiliation affiliation = {.id = i,
                                          .person_id = 1 + below(PERSONS),
                                          .organisation_id = 1 + below(ORGANISATIONS),
                                          .reporter = below(3) > 0,
                                          .to = some_end()};

        assert_int_equal(registry_put_person(registry, i, (char[]){(char)('a' + i), 0}, NULL), 0);
        assert_int_equal(registry_put_account(registry, &account), 0);
        assert_int_equal(registry_put_affiliation(registry, &affiliation), 0);
    }
}

static void put_groups(void)
{
    for (int64_t i = 1; i <= GROUPS; i++) {
        struct group group = {.id = i, .key = (char[]){(char)('a' + i), 0}, .term_to = some_end()};

        assert_int_equal(tree_put_group(tree, &group), 0);
    }
    for (int64_t i = 1; i <= 2 * GROUPS; i++) {
        enum holder holder = below(2) ? HOLDER_PERSON : HOLDER_ORGANISATION;
        struct membership row = {.id = i,
                                 .group_id = 1 + below(GROUPS),
                                 .member_id = member_of(holder),
                                 .holder = holder,
                                 .role = below(4) ? ROLE_SECRETARY : ROLE_CONTACT,
                                 .to = some_end()};

        assert_int_equal(tree_put_membership(tree, &row), 0);
    }
}

static void put_nodes(void)
{
    char code[] = "a", parent[] = "a";

    for (int i = 0; i < NODES; i++) {
        code[0] = (char)('a' + i);
        parent[0] = (char)('a' + below((uint32_t)(i ? i : 1)));
        ADD(code, i ? parent : NULL, TARGET);
        if (below(2)) {
            enum holder holder = (enum holder)below(3);
            struct assignment row = {.id = ++last_id,
                                     .holder_id = member_of(holder),
                                     .holder = holder,
                                     .role = below(2) ? ROLE_OWNER : ROLE_PARTNER,
                                     .to = some_end()};

            assert_int_equal(tree_put_assignment(tree, node_of(code)->id, &row), 0);
        }
        if (below(4) == 0)
            assert_int_equal(tree_put_aim(tree, ++last_id, 1 + below(GROUPS), node_of(code)->id),
                             0);
    }
}

static void assert_same(int64_t person)
{
    struct caller caller = {.account = registry_account(registry, person)};
    int32_t day = day_of(TODAY);
    struct duties duties;
    struct node *node;

    assert_int_equal(duties_init(registry, tree, person, day, &duties), 0);
    for (size_t at = 0; (node = tree_next_node(tree, &at));) {
        assert_int_equal(duties_have(&duties, node),
                         rights_has_duty(registry, &caller, tree, node, day));
        assert_int_equal(duties_reach(&duties, node),
                         rights_contribute(registry, &caller, tree, node, day));
    }
    duties_done(&duties);
}

static void duties_are_what_rights_say(void **state)
{
    for (uint32_t i = 0; i < STRATEGIES; i++) {
        seed = i;
        put_people();
        put_groups();
        put_nodes();
        for (int64_t person = 1; person <= PERSONS; person++)
            assert_same(person);
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
    }
}

static void nobody_has_no_duties(void **state UNUSED)
{
    struct duties duties;

    ADD("a", NULL, TARGET);
    assert_int_equal(duties_init(registry, tree, 0, day_of(TODAY), &duties), 0);
    assert_false(duties_have(&duties, node_of("a")));
    assert_false(duties_reach(&duties, node_of("a")));
    duties_done(&duties);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(duties_are_what_rights_say, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_has_no_duties, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
