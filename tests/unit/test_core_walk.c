/* A walk meets the tree in its order, and goes on when the tree changes under it. */
#include "tests/unit/core_builder.h"

#include "core/walk.h"

/* 1 (1.1 (1.1.1), 1.2), 2 (2.1, 2.10) */
static void add_nodes(void)
{
    ADD("2", NULL, PRIORITY);
    ADD("1", NULL, PRIORITY);
    ADD("1.2", "1", TARGET);
    ADD("1.1", "1", TARGET);
    ADD("2.10", "2", TARGET);
    ADD("2.1", "2", TARGET);
    ADD("1.1.1", "1.1", DELIVERABLE);
}

static void end_node(const char *code)
{
    tree_end_node(tree, node_of(code)->id);
    assert_int_equal(tree_settle(tree), 0);
}

/* Walks to the end; what was met, each with a space after it, must be `codes`. */
static void assert_rest(struct walk *walk, const char *codes)
{
    char met[200] = "";

    for (struct node *node; (node = walk_next(walk, tree));) {
        strncat(met, node->id ? node->code : "*", sizeof(met) - strlen(met) - 1);
        strncat(met, " ", sizeof(met) - strlen(met) - 1);
    }
    assert_string_equal(met, codes);
    assert_false(walk->failed);
    assert_null(walk_next(walk, tree));
    walk_done(walk);
}

static void assert_next(struct walk *walk, const char *code)
{
    const struct node *node = walk_next(walk, tree);

    assert_non_null(node);
    assert_string_equal(node->code, code);
}

static struct walk walk_to(const char *code)
{
    struct walk walk;
    const struct node *node;

    walk_begin(&walk, tree->root, UINT32_MAX);
    do {
        node = walk_next(&walk, tree);
        assert_non_null(node);
    } while (node->id == 0 || strcmp(node->code, code) != 0);
    return walk;
}

static void walk_has_parents_first_and_children_by_code(void **state UNUSED)
{
    struct walk walk;

    add_nodes();
    walk_begin(&walk, tree->root, UINT32_MAX);
    assert_rest(&walk, "* 1 1.1 1.1.1 1.2 2 2.1 2.10 ");
}

static void walk_stays_below_its_top(void **state UNUSED)
{
    struct walk walk;

    add_nodes();
    walk_begin(&walk, node_of("1"), UINT32_MAX);
    assert_rest(&walk, "1 1.1 1.1.1 1.2 ");
    walk_begin(&walk, node_of("2.10"), UINT32_MAX);
    assert_rest(&walk, "2.10 ");
}

static void walk_goes_as_deep_as_it_may(void **state UNUSED)
{
    struct walk walk;

    add_nodes();
    walk_begin(&walk, tree->root, 0);
    assert_rest(&walk, "* ");
    walk_begin(&walk, tree->root, 1);
    assert_rest(&walk, "* 1 2 ");
    walk_begin(&walk, node_of("1"), 1);
    assert_rest(&walk, "1 1.1 1.2 ");
}

static void walk_leaves_out_what_vanished(void **state UNUSED)
{
    struct walk walk;

    add_nodes();
    walk = walk_to("1.1");
    end_node("1.1.1");
    end_node("2.1");
    assert_rest(&walk, "1.2 2 2.10 ");
}

static void walk_goes_on_behind_where_it_stood(void **state UNUSED)
{
    struct walk walk;

    add_nodes();
    walk = walk_to("1.1.1");
    end_node("1.1.1");
    end_node("1.1");
    assert_rest(&walk, "1.2 2 2.1 2.10 ");
}

static void walk_meets_what_came_in_front_of_it(void **state UNUSED)
{
    struct walk walk;

    add_nodes();
    walk = walk_to("1.2");
    ADD("1.0", "1", TARGET);
    ADD("1.3", "1", TARGET);
    assert_next(&walk, "1.3");
    assert_rest(&walk, "2 2.1 2.10 ");
}

static void walk_of_what_is_gone_is_over(void **state UNUSED)
{
    struct walk walk;

    add_nodes();
    walk_begin(&walk, node_of("2.1"), UINT32_MAX);
    end_node("2.1");
    assert_rest(&walk, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(walk_has_parents_first_and_children_by_code),
        BUILDER_TEST(walk_stays_below_its_top),
        BUILDER_TEST(walk_goes_as_deep_as_it_may),
        BUILDER_TEST(walk_leaves_out_what_vanished),
        BUILDER_TEST(walk_goes_on_behind_where_it_stood),
        BUILDER_TEST(walk_meets_what_came_in_front_of_it),
        BUILDER_TEST(walk_of_what_is_gone_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
