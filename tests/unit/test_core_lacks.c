/*
 * What nodes are without: owners, groups, indicators, activities; and sets of ids.
 */
#include "core_builder.h"

#include "core/lacks.h"

#define TODAY "2024-06-30"

static void assign(const char *code, enum role role, enum holder holder, const char *from,
                   const char *to)
{
    struct assignment row = {.id = ++last_id,
                             .holder_id = 7,
                             .holder = holder,
                             .role = role,
                             .from = date_of(from),
                             .to = date_of(to)};

    assert_int_equal(tree_put_assignment(tree, node_of(code)->id, &row), 0);
}

static void relate(const char *code, enum relation_kind kind, const char *to)
{
    struct relation row = {
        .id = ++last_id, .to_node = node_of(to)->id, .to_strategy = 1, .kind = kind};

    assert_int_equal(tree_put_relation(tree, node_of(code)->id, &row), 0);
}

static bool lacks_one(const char *code)
{
    struct ids related = {0};
    int32_t day = day_of(TODAY);

    assert_int_equal(lacks_related(tree, day, &related), 0);

    bool lacks = lacks_activity(tree, node_of(code), day, &related);
    ids_done(&related);
    return lacks;
}

static void ids_are_found_in_any_order(void **state UNUSED)
{
    struct ids ids = {0};

    assert_false(ids_have(&ids, 1));
    for (int64_t id = 50; id > 0; id -= 3)
        assert_int_equal(ids_add(&ids, id), 0);
    ids_order(&ids);
    assert_true(ids_have(&ids, 50) && ids_have(&ids, 2) && ids_have(&ids, 26));
    assert_false(ids_have(&ids, 0) || ids_have(&ids, 3) || ids_have(&ids, 51));
    ids_done(&ids);
    assert_false(ids_have(&ids, 50));
}

static void owner_counts_while_the_term_holds(void **state UNUSED)
{
    ADD("a", NULL, TARGET);
    assign("a", ROLE_LEAD, HOLDER_PERSON, NULL, NULL);
    assert_true(lacks_owner(node_of("a"), day_of(TODAY)));
    assign("a", ROLE_OWNER, HOLDER_PERSON, "2020", "2023");
    assert_true(lacks_owner(node_of("a"), day_of(TODAY)));
    assert_false(lacks_owner(node_of("a"), day_of("2021-01-01")));
}

static void group_is_at_work_by_aim_or_role(void **state UNUSED)
{
    ADD("a", NULL, TARGET);
    ADD("b", NULL, TARGET);
    assign("a", ROLE_PARTNER, HOLDER_ORGANISATION, NULL, NULL);
    assert_true(lacks_group(node_of("a"), day_of(TODAY)));
    assign("a", ROLE_PARTNER, HOLDER_GROUP, NULL, NULL);
    assert_false(lacks_group(node_of("a"), day_of(TODAY)));

    struct group group = {.id = 9, .key = (char *)"g"};
    assert_int_equal(tree_put_group(tree, &group), 0);
    assert_int_equal(tree_put_aim(tree, ++last_id, 9, node_of("b")->id), 0);
    assert_false(lacks_group(node_of("b"), day_of(TODAY)));
}

static void indicator_may_be_a_child_or_contribute(void **state UNUSED)
{
    ADD("a", NULL, TARGET);
    ADD("b", NULL, TARGET);
    ADD("i", "a", INDICATOR);
    assert_false(lacks_indicator(node_of("a")));
    assert_true(lacks_indicator(node_of("b")));
    contribute("i", "b", 1);
    assert_false(lacks_indicator(node_of("b")));
}

static void activity_is_found_below_and_over_contributions(void **state UNUSED)
{
    ADD("need", NULL, NEED);
    ADD("target", "need", TARGET);
    assert_true(lacks_one("need"));
    ADD("other", NULL, TARGET);
    ADD("work", "other", DELIVERABLE);
    contribute("other", "target", 1);
    assert_false(lacks_one("need"));
}

static void planned_work_is_no_activity(void **state UNUSED)
{
    ADD("need", NULL, NEED);
    ADD("work", "need", INITIATIVE)->stage = STAGE_PLANNED;
    assert_true(lacks_one("need"));
}

static void activity_that_ended_serves_a_need_but_no_commitment(void **state UNUSED)
{
    ADD("need", NULL, NEED);
    ADD("plan", "need", INITIATIVE)->stage = STAGE_PLANNED;
    ADD("work", "plan", DELIVERABLE)->stage = STAGE_ONGOING;
    assert_false(lacks_one("need"));
    assert_false(lacks_one("plan"));
    close_node("work", "2024-01", HOW_ACHIEVED);
    assert_false(lacks_one("need"));
    assert_true(lacks_one("plan"));
    close_node("work", "2024-02", HOW_DROPPED);
    assert_true(lacks_one("need"));
}

static void relation_ties_an_activity_either_way(void **state UNUSED)
{
    ADD("plan", NULL, INITIATIVE)->stage = STAGE_PLANNED;
    ADD("plan-2", NULL, INITIATIVE)->stage = STAGE_PLANNED;
    ADD("work", NULL, INITIATIVE)->stage = STAGE_ONGOING;
    relate("work", RELATION_DEPENDS_ON, "plan");
    assert_true(lacks_one("plan"));
    relate("work", RELATION_RELATED, "plan");
    relate("plan-2", RELATION_RELATED, "work");
    assert_false(lacks_one("plan"));
    assert_false(lacks_one("plan-2"));
    close_node("work", "2024-01", HOW_ACHIEVED);
    assert_true(lacks_one("plan"));
}

static void any_of_a_set_is_enough(void **state UNUSED)
{
    const struct ids none = {0};
    int32_t day = day_of(TODAY);

    ADD("a", NULL, TARGET, .due = "2025");
    assert_false(lacks_any(0, tree, node_of("a"), day, &none));
    assert_false(lacks_any(1U << LACK_DUE, tree, node_of("a"), day, &none));
    assert_true(lacks_any(1U << LACK_DUE | 1U << LACK_UPDATE, tree, node_of("a"), day, &none));
    report("a", "2024", 10);
    assert_true(lacks_any(1U << LACK_UPDATE, tree, node_of("a"), day, &none));
    report("a", "2024-05", 10);
    assert_false(lacks_any(1U << LACK_UPDATE, tree, node_of("a"), day, &none));
    assert_true(lacks_any(1U << LACK_SECTOR, tree, node_of("a"), day, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(ids_are_found_in_any_order),
        BUILDER_TEST(owner_counts_while_the_term_holds),
        BUILDER_TEST(group_is_at_work_by_aim_or_role),
        BUILDER_TEST(indicator_may_be_a_child_or_contribute),
        BUILDER_TEST(activity_is_found_below_and_over_contributions),
        BUILDER_TEST(planned_work_is_no_activity),
        BUILDER_TEST(activity_that_ended_serves_a_need_but_no_commitment),
        BUILDER_TEST(relation_ties_an_activity_either_way),
        BUILDER_TEST(any_of_a_set_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
