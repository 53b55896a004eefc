/* The tree: how nodes are put, moved, ended and found, and what settling refuses. */
#include "core_builder.h"

static int put(int64_t id, int64_t parent, const char *code)
{
    struct node_row row = {.id = id,
                           .parent_id = parent,
                           .code = code,
                           .kind = KIND_TARGET,
                           .weight = (double)NAN,
                           .baseline = (double)NAN,
                           .target = (double)NAN};

    return tree_put_node(tree, &row);
}

static void assert_order(const char *expected)
{
    AUTO(free_ptr) struct node **nodes = NULL;
    char codes[500] = "";

    assert_int_equal(tree_order(tree, &nodes), 0);
    for (size_t i = 0; i < tree->node_count; i++) {
        strcat(codes, nodes[i]->code);
        strcat(codes, " ");
    }
    assert_string_equal(codes, expected);
}

/* What the strategy's memory costs: 100,000 nodes and 1,000,000 updates must fit beside others. */
static void tree_records_stay_small(void **state UNUSED)
{
    assert_true(sizeof(struct node) <= 400);
    assert_true(sizeof(struct update) <= 48);
}

static void tree_starts_as_the_strategy_alone(void **state UNUSED)
{
    assert_int_equal(tree->node_count, 1);
    assert_ptr_equal(tree_node(tree, 0), tree->root);
    assert_ptr_equal(tree_node_by_code(tree, ""), tree->root);
    assert_ptr_equal(tree_node_by_code(tree, NULL), tree->root);
    assert_int_equal(tree->root->kind, KIND_STRATEGY);
    assert_int_equal(tree_settle(tree), 0);
}

static void tree_free_takes_null(void **state UNUSED)
{
    tree_free(NULL);
    assert_non_null(tree);
}

static void codes_order_as_people_count(void **state UNUSED)
{
    assert_true(code_compare("2.2", "2.10") < 0);
    assert_true(code_compare("1.a.1", "1.3") > 0);
    assert_true(code_compare("2", "2.1") < 0);
    assert_true(code_compare("pm-9", "pm-10") < 0);
    assert_int_equal(code_compare("1.3", "1.3"), 0);
}

/* Each before the next, and so before all that follow. */
static void codes_of_goals_targets_and_indicators_are_in_order(void **state UNUSED)
{
    static const char *const codes[] = {
        "",      "1",       "1.1",     "1.1.1",   "1.2",   "1.2.1",  "1.2.2", "1.3",  "1.3.1",
        "1.5.4", "1.10",    "1.a",     "1.a.1",   "1.a.3", "1.b",    "1.b.1", "2",    "2.2",
        "2.2a",  "2.9",     "2.10",    "10",      "10.c",  "10.c.1", "17",    "17.2", "17.18.3",
        "17.19", "17.19.1", "17.19.2", "A1",      "A2",    "A10",    "gov-3", "n9",   "n10",
        "pm-1",  "pm-9",    "pm-10",   "pm-10.1", "Å1",
    };

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        for (size_t j = 0; j < ARRAY_LEN(codes); j++) {
            int compared = code_compare(codes[i], codes[j]);

            assert_int_equal((compared > 0) - (compared < 0), (i > j) - (i < j));
        }
    }
}

static void tree_finds_nodes_by_id_and_code(void **state UNUSED)
{
    ADD("2", NULL, PRIORITY);
    struct node *node = ADD("2.2", "2", TARGET);

    assert_ptr_equal(tree_node(tree, 2), node);
    assert_ptr_equal(node->parent, node_of("2"));
    assert_null(tree_node(tree, 3));
    assert_null(tree_node_by_code(tree, "2.3"));
}

static void tree_orders_children_by_code(void **state UNUSED)
{
    static const char *const codes[] = {"10", "2", "1", "3", "1.a", "20", "9"};

    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        ADD(codes[i], NULL, PRIORITY);
    ADD("2.10", "2", TARGET);
    ADD("2.9", "2", TARGET);
    assert_order(" 1 1.a 2 2.9 2.10 3 9 10 20 ");
}

static void tree_takes_children_before_parents(void **state UNUSED)
{
    assert_int_equal(put(3, 2, "1.1.1"), 0);
    assert_int_equal(put(2, 1, "1.1"), 0);
    assert_int_equal(put(4, 1, "1.0"), 0);
    assert_int_equal(put(1, 0, "1"), 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_order(" 1 1.0 1.1 1.1.1 ");
}

static void tree_refuses_orphans(void **state UNUSED)
{
    assert_int_equal(put(3, 2, "1.1.1"), 0);
    assert_int_equal(tree_settle(tree), -ENOENT);
}

static void tree_refuses_unsound_rows(void **state UNUSED)
{
    struct node_row row = {.id = 1, .code = "1", .kind = KIND_TARGET};

    assert_int_equal(tree_put_node(tree, &row), -EINVAL); /* weight 0 */
    row.weight = -1;
    assert_int_equal(tree_put_node(tree, &row), -EINVAL);
    row.weight = (double)INFINITY;
    assert_int_equal(tree_put_node(tree, &row), -EINVAL);
    row.weight = 0.5;
    row.kind = KIND_STRATEGY;
    assert_int_equal(tree_put_node(tree, &row), -EINVAL);
    row.kind = KIND_TARGET;
    row.code = "";
    assert_int_equal(tree_put_node(tree, &row), -EINVAL);
    assert_int_equal(tree->node_count, 1);
}

static void tree_moves_a_node_with_what_is_below(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("x", "1.1", DELIVERABLE);
    CHANGE("1.1", "2", TARGET);
    assert_order(" 1 2 1.1 x ");
    assert_int_equal(node_of("1")->n_children, 0);
}

static void tree_renames_a_node(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    assert_int_equal(put(1, 0, "3"), 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_order(" 2 3 ");
    assert_null(tree_node_by_code(tree, "1"));
}

static void tree_swaps_codes_within_one_refresh(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    assert_int_equal(put(1, 0, "2"), 0);
    assert_int_equal(put(2, 0, "1"), 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(node_of("1")->id, 2);
    assert_int_equal(node_of("2")->id, 1);
}

static void tree_node_ended_and_put_again_keeps_all(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    report("1", "2021", 30);
    tree_end_node(tree, 1);
    assert_int_equal(put(1, 0, "1"), 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(node_of("1")->n_updates, 1);
    assert_order(" 1 1.1 ");
}

static void tree_ended_node_goes_with_everything(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("x", "1", DELIVERABLE);
    ADD("y", "1", DELIVERABLE);
    report("x", "2021", 30);
    contribute("x", "2", 1);
    contribute("y", "x", 1);
    tree_end_node(tree, node_of("x")->id);
    assert_null(tree_node_by_code(tree, "x"));
    assert_int_equal(tree_settle(tree), 0);
    assert_order(" 1 y 2 ");
    assert_int_equal(tree->update_count, 0);
    assert_int_equal(node_of("2")->n_incoming, 0);
    assert_int_equal(node_of("y")->n_outgoing, 0);
}

static void tree_ended_node_is_nobodys_aim(void **state UNUSED)
{
    struct group row = {.id = 4, .key = (char *)"halsodata"};
    struct link link = {.id = 5, .type = (char *)"report", .url = (char *)"https://a.example"};

    ADD("2.2", NULL, TARGET);
    assert_int_equal(tree_put_group(tree, &row), 0);
    assert_int_equal(tree_put_aim(tree, 8, 4, 1), 0);
    assert_int_equal(tree_put_link(tree, 1, &link), 0);
    tree_end_node(tree, 1);
    assert_int_equal(tree_settle(tree), 0);
    assert_null(tree->aims);
}

static void tree_ends_a_subtree(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("1.2", "1", TARGET);
    tree_end_node(tree, 1);
    tree_end_node(tree, 3);
    tree_end_node(tree, 2);
    assert_int_equal(tree_settle(tree), 0);
    assert_order(" ");
}

static void tree_refuses_to_end_a_parent_alone(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    tree_end_node(tree, 1);
    assert_int_equal(tree_settle(tree), -ENOENT);
}

static void tree_ends_ignore_what_is_not_there(void **state UNUSED)
{
    tree_end_node(tree, 7);
    tree_end_link(tree, 7, 1);
    tree_end_contribution(tree, 7, 1);
    tree_end_assignment(tree, 0, 1);
    tree_end_group(tree, 1);
    tree_end_membership(tree, 1);
    tree_end_aim(tree, 1);
    assert_int_equal(tree_settle(tree), 0);
}

static void tree_refuses_a_cycle_of_parents(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    assert_int_equal(put(1, 2, "1"), 0);
    assert_int_equal(tree_settle(tree), -ELOOP);
}

static void tree_refuses_a_node_below_itself(void **state UNUSED)
{
    assert_int_equal(put(1, 1, "1"), 0);
    assert_int_equal(tree_settle(tree), -ELOOP);
}

static void tree_refuses_a_cycle_over_a_contribution(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    assert_true(tree_would_cycle(tree, node_of("1"), node_of("1.1")));
    assert_int_equal(tree_put_contribution(tree, 1, 1, 2, 1), 0);
    assert_int_equal(tree_settle(tree), -ELOOP);
}

static void tree_refuses_a_cycle_of_contributions(void **state UNUSED)
{
    ADD("a", NULL, TARGET);
    ADD("b", NULL, TARGET);
    ADD("c", NULL, TARGET);
    contribute("a", "b", 1);
    contribute("b", "c", 1);
    assert_true(tree_would_cycle(tree, node_of("c"), node_of("a")));
    assert_false(tree_would_cycle(tree, node_of("a"), node_of("c")));
    assert_int_equal(tree_put_contribution(tree, 9, 3, 1, 1), 0);
    assert_int_equal(tree_settle(tree), -ELOOP);
}

static void tree_would_cycle_over_both(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("2", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("2.1", "2", TARGET);
    contribute("1", "2.1", 1);
    assert_true(tree_would_cycle(tree, node_of("2"), node_of("1.1")));
    assert_true(tree_would_cycle(tree, tree->root, node_of("1.1")));
    assert_true(tree_would_cycle(tree, node_of("1"), node_of("1")));
    assert_false(tree_would_cycle(tree, node_of("1.1"), node_of("2")));
}

static void tree_refuses_to_serve_itself_or_for_nothing(void **state UNUSED)
{
    ADD("a", NULL, TARGET);
    ADD("b", NULL, TARGET);
    assert_int_equal(tree_put_contribution(tree, 9, 1, 1, 1), -ELOOP);
    assert_int_equal(tree_put_contribution(tree, 9, 0, 1, 1), -ELOOP);
    assert_int_equal(tree_put_contribution(tree, 9, 1, 7, 1), -ENOENT);
    assert_int_equal(tree_put_contribution(tree, 9, 1, 2, 0), -EINVAL);
    assert_int_equal(tree_put_contribution(tree, 9, 1, 2, -2), -EINVAL);
}

static void contributions_are_replaced(void **state UNUSED)
{
    ADD("a", NULL, TARGET);
    ADD("b", NULL, TARGET);
    ADD("c", NULL, TARGET);
    int64_t id = contribute("a", "b", 1);
    assert_int_equal(tree_put_contribution(tree, id, 1, 3, 2), 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(node_of("a")->n_outgoing, 1);
    assert_int_equal(node_of("b")->n_incoming, 0);
    assert_number(node_of("c")->incoming[0]->weight, 2);
}

static void put_chain(int64_t length)
{
    char code[20];

    for (int64_t id = 1; id <= length; id++) {
        snprintf(code, sizeof code, "n%d", (int)id);
        assert_int_equal(put(id, id - 1, code), 0);
    }
}

static void tree_holds_so_many_levels(void **state UNUSED)
{
    put_chain(TREE_LEVELS);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(rules_result(tree, tree->root, 0)->part_count, 1);
}

static void tree_refuses_towers(void **state UNUSED)
{
    put_chain(TREE_LEVELS + 1);
    assert_int_equal(tree_settle(tree), -EMLINK);
}

static void tree_refuses_towers_of_contributions(void **state UNUSED)
{
    put_chain(TREE_LEVELS);
    assert_int_equal(put(1000, 0, "top"), 0);
    assert_int_equal(put(1001, 1000, "below"), 0);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(tree_put_contribution(tree, 2000, 1, 1001, 1), 0);
    assert_int_equal(tree_settle(tree), -EMLINK);
}

static void tree_that_shrank_may_grow_again(void **state UNUSED)
{
    put_chain(TREE_LEVELS);
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(put(100, 0, "n100"), 0); /* what hangs on it moves up with it */
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(put(1000, TREE_LEVELS, "deeper"), 0);
    assert_int_equal(tree_settle(tree), 0);
}

static void links_are_put_replaced_and_ended(void **state UNUSED)
{
    struct link row = {.id = 5, .type = (char *)"report", .url = (char *)"https://a.example"};
    struct node *node = ADD("1", NULL, TARGET);

    assert_int_equal(tree_put_link(tree, 1, &row), 0);
    row.title = (char *)"A title";
    assert_int_equal(tree_put_link(tree, 1, &row), 0);
    assert_int_equal(node->n_links, 1);
    assert_string_equal(node->links[0].title, "A title");
    assert_int_equal(tree_put_link(tree, 9, &row), -ENOENT);
    tree_end_link(tree, 1, 5);
    assert_int_equal(node->n_links, 0);
}

static void assignments_are_put_replaced_and_ended(void **state UNUSED)
{
    struct assignment row = {.id = 5, .holder_id = 3, .role = ROLE_OWNER};
    struct node *node = ADD("1", NULL, TARGET);

    assert_int_equal(tree_put_assignment(tree, 1, &row), 0);
    row.id = 6;
    assert_int_equal(tree_put_assignment(tree, 1, &row), 0);
    row.role = ROLE_LEAD;
    assert_int_equal(tree_put_assignment(tree, 1, &row), 0);
    tree_end_assignment(tree, 1, 5);
    assert_int_equal(node->n_assignments, 1);
    assert_int_equal(node->assignments[0].role, ROLE_LEAD);
    assert_int_equal(tree_put_assignment(tree, 9, &row), -ENOENT);
}

static void groups_are_found_by_key_and_replaced(void **state UNUSED)
{
    struct group row = {.id = 4, .key = (char *)"halsodata", .kind = 1};

    assert_int_equal(tree_put_group(tree, &row), 0);
    assert_int_equal(tree_group_by_key(tree, "halsodata")->kind, 1);
    row.key = (char *)"hälsodata";
    assert_int_equal(tree_put_group(tree, &row), 0);
    assert_null(tree_group_by_key(tree, "halsodata"));
    assert_string_equal(tree_group(tree, 4)->key, "hälsodata");
    tree_end_group(tree, 4);
    assert_null(tree_group(tree, 4));
}

static void memberships_are_replaced_and_ended(void **state UNUSED)
{
    struct membership row = {.id = 4, .group_id = 1, .seat = (char *)"patients"};

    assert_int_equal(tree_put_membership(tree, &row), 0);
    row.seat = NULL;
    row.role = ROLE_CHAIR;
    assert_int_equal(tree_put_membership(tree, &row), 0);
    assert_int_equal(HASH_CNT(by_id, tree->memberships), 1);
    assert_int_equal(tree->memberships->role, ROLE_CHAIR);
    assert_null(tree->memberships->seat);
    tree_end_membership(tree, 4);
    assert_null(tree->memberships);
}

static void aims_stand_at_their_node(void **state UNUSED)
{
    struct group row = {.id = 4, .key = (char *)"halsodata"};
    struct node *node = ADD("2.2", NULL, TARGET);

    assert_int_equal(tree_put_aim(tree, 8, 4, node->id), -ENOENT);
    assert_int_equal(tree_put_group(tree, &row), 0);
    assert_int_equal(tree_put_aim(tree, 8, 4, node->id), 0);
    assert_int_equal(tree_put_aim(tree, 8, 4, node->id), 0);
    assert_int_equal(node->n_aims, 1);
    assert_int_equal(node->aims[0]->group_id, 4);
    tree_end_aim(tree, 8);
    assert_int_equal(node->n_aims, 0);
}

static void updates_stand_by_date_then_id(void **state UNUSED)
{
    struct node *node = ADD("1", NULL, TARGET);

    report("1", "2022-03-01", 3); /* id 2 */
    report("1", "2021-04", 1);    /* id 3, counts on 2021-04-30 */
    report("1", "2022-03-01", 4); /* id 4 */
    report("1", "2021-04-30", 2); /* id 5 */
    report("1", "2021", 2.5);     /* id 6 */
    for (uint32_t i = 0; i < 5; i++)
        assert_number(node->updates[i].percent, (double[]){1, 2, 2.5, 3, 4}[i]);
    assert_int_equal(tree->update_count, 5);
}

static void updates_put_twice_stand_once(void **state UNUSED)
{
    struct update row = {.id = 7, .percent = 10, .date = date_of("2021")};
    struct node *node = ADD("1", NULL, TARGET);

    assert_int_equal(tree_put_update(tree, 1, &row, 0, 1, "a", NULL), 0);
    assert_int_equal(tree_put_update(tree, 1, &row, 0, 1, "b", NULL), 0);
    assert_int_equal(node->n_updates, 1);
    assert_string_equal(node->latest->note, "b");
}

static void updates_need_their_node_date_and_original(void **state UNUSED)
{
    struct update row = {.id = 7, .date = date_of("2021")};

    ADD("1", NULL, TARGET);
    assert_int_equal(tree_put_update(tree, 9, &row, 0, 1, NULL, NULL), -ENOENT);
    assert_int_equal(tree_put_update(tree, 1, &row, 6, 1, NULL, NULL), -ENOENT);
    row.date = (struct date){0};
    assert_int_equal(tree_put_update(tree, 1, &row, 0, 1, NULL, NULL), -EINVAL);
}

static void latest_texts_are_those_of_the_latest_date(void **state UNUSED)
{
    struct update row = {.id = 7, .date = date_of("2021")};
    struct node *node = ADD("1", NULL, TARGET);

    assert_false(node_latest_missing(node));
    assert_int_equal(tree_put_update(tree, 1, &row, 0, 1, "new", "[\"https://a.example\"]"), 0);
    row = (struct update){.id = 8, .date = date_of("2020")};
    assert_int_equal(tree_put_update(tree, 1, &row, 0, 2, "old", NULL), 0);
    assert_int_equal(node->latest->id, 7);
    assert_int_equal(node->latest->account, 1);
    assert_string_equal(node->latest->note, "new");
    assert_string_equal(node->latest->evidence, "[\"https://a.example\"]");
}

static void latest_texts_are_missing_after_a_correction_backwards(void **state UNUSED)
{
    struct node *node = ADD("1", NULL, TARGET);

    int64_t first = report("1", "2021-01-01", 10);
    int64_t second = report("1", "2021-06-01", 20);
    correct("1", "2020-06-01", 5, second);
    assert_null(node->latest);
    assert_true(node_latest_missing(node));
    assert_int_equal(node_latest_update(node)->id, first);

    assert_int_equal(tree_put_latest(tree, 1, second, 3, "stale", NULL), 0);
    assert_true(node_latest_missing(node));
    assert_int_equal(tree_put_latest(tree, 1, first, 3, "fetched", NULL), 0);
    assert_false(node_latest_missing(node));
    assert_string_equal(node->latest->note, "fetched");
}

static void closings_stand_by_date_then_id(void **state UNUSED)
{
    struct node *node = ADD("1", NULL, TARGET);
    struct closing row = {
        .id = 9, .date = date_of("2021"), .how = HOW_MISSED, .reason = (char *)"late"};

    close_node("1", "2022-01", HOW_ACHIEVED);
    assert_int_equal(tree_put_closing(tree, 1, &row), 0);
    assert_int_equal(tree_put_closing(tree, 1, &row), 0);
    assert_int_equal(node->n_closings, 2);
    assert_int_equal(node->closings[0].how, HOW_MISSED);
    assert_string_equal(node->closings[0].reason, "late");
    assert_int_equal(tree_put_closing(tree, 8, &row), -ENOENT);
}

static void strategy_gives_the_root_its_titles_and_period(void **state UNUSED)
{
    json_auto_t *titles = json_pack("{s:s}", "sv", "En strategi");
    AUTO(texts_done) struct texts texts;
    struct strategy row = {.key = (char *)"se-life-science-2019",
                           .alias = (char *)"ls",
                           .time_zone = (char *)"Europe/Stockholm",
                           .cadence = 90,
                           .period_start = date_of("2019-12-12"),
                           .expected.of_kind[KIND_TARGET] = 30};

    assert_int_equal(texts_from_json(titles, &texts), 0);
    assert_int_equal(tree_put_strategy(tree, &row, &texts, 4), 0);
    assert_int_equal(tree_put_strategy(tree, &row, &texts, 5), 0);
    assert_string_equal(tree->strategy.alias, "ls");
    assert_null(tree->strategy.issuer);
    assert_int_equal(tree->strategy.expected.of_kind[KIND_TARGET], 30);
    assert_string_equal(texts_get(&tree->root->titles, "sv", NULL), "En strategi");
    assert_int_equal(tree->root->start.year, 2019);
    assert_false(date_given(tree->root->due));
    assert_int_equal(tree->root->seq_from, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(tree_records_stay_small),
        BUILDER_TEST(tree_starts_as_the_strategy_alone),
        BUILDER_TEST(tree_free_takes_null),
        BUILDER_TEST(codes_order_as_people_count),
        BUILDER_TEST(codes_of_goals_targets_and_indicators_are_in_order),
        BUILDER_TEST(tree_finds_nodes_by_id_and_code),
        BUILDER_TEST(tree_orders_children_by_code),
        BUILDER_TEST(tree_takes_children_before_parents),
        BUILDER_TEST(tree_refuses_orphans),
        BUILDER_TEST(tree_refuses_unsound_rows),
        BUILDER_TEST(tree_moves_a_node_with_what_is_below),
        BUILDER_TEST(tree_renames_a_node),
        BUILDER_TEST(tree_swaps_codes_within_one_refresh),
        BUILDER_TEST(tree_node_ended_and_put_again_keeps_all),
        BUILDER_TEST(tree_ended_node_goes_with_everything),
        BUILDER_TEST(tree_ended_node_is_nobodys_aim),
        BUILDER_TEST(tree_ends_a_subtree),
        BUILDER_TEST(tree_refuses_to_end_a_parent_alone),
        BUILDER_TEST(tree_ends_ignore_what_is_not_there),
        BUILDER_TEST(tree_refuses_a_cycle_of_parents),
        BUILDER_TEST(tree_refuses_a_node_below_itself),
        BUILDER_TEST(tree_refuses_a_cycle_over_a_contribution),
        BUILDER_TEST(tree_refuses_a_cycle_of_contributions),
        BUILDER_TEST(tree_would_cycle_over_both),
        BUILDER_TEST(tree_refuses_to_serve_itself_or_for_nothing),
        BUILDER_TEST(contributions_are_replaced),
        BUILDER_TEST(tree_holds_so_many_levels),
        BUILDER_TEST(tree_refuses_towers),
        BUILDER_TEST(tree_refuses_towers_of_contributions),
        BUILDER_TEST(tree_that_shrank_may_grow_again),
        BUILDER_TEST(links_are_put_replaced_and_ended),
        BUILDER_TEST(assignments_are_put_replaced_and_ended),
        BUILDER_TEST(groups_are_found_by_key_and_replaced),
        BUILDER_TEST(memberships_are_replaced_and_ended),
        BUILDER_TEST(aims_stand_at_their_node),
        BUILDER_TEST(updates_stand_by_date_then_id),
        BUILDER_TEST(updates_put_twice_stand_once),
        BUILDER_TEST(updates_need_their_node_date_and_original),
        BUILDER_TEST(latest_texts_are_those_of_the_latest_date),
        BUILDER_TEST(latest_texts_are_missing_after_a_correction_backwards),
        BUILDER_TEST(closings_stand_by_date_then_id),
        BUILDER_TEST(strategy_gives_the_root_its_titles_and_period),
    };

    return cmocka_run_group_tests_name("core/tree", tests, NULL, NULL);
}
