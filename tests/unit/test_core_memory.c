/*
 * What a large strategy costs in memory: 100,000 nodes and 1,000,000 updates, measured at the
 * allocator, with what it adds, the indexes and the slack of the arrays. Texts are put aside.
 */
#include "core_builder.h"

#include <malloc.h>
#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void); /* its header is not packaged for gcc */
#define CHUNK_OVERHEAD 0
#else
#define CHUNK_OVERHEAD sizeof(size_t)
#endif

#define NODES 100000
#define UPDATES 1000000
#define NODE_BYTES 400
#define UPDATE_BYTES 48

static size_t bytes_in_use(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
#endif
}

/* Ten-ary: the parent of 1 … 10 is the strategy, that of 11 … 20 is 1. */
static void put_nodes(void)
{
    char code[16];

    for (int64_t id = 1; id <= NODES; id++) {
        struct node_row row = {.id = id,
                               .parent_id = (id - 1) / 10,
                               .code = code,
                               .kind = KIND_TARGET,
                               .weight = (double)NAN,
                               .baseline = (double)NAN,
                               .target = (double)NAN};

        snprintf(code, sizeof code, "n%d", (int)id);
        assert_int_equal(tree_put_node(tree, &row), 0);
    }
    assert_int_equal(tree_settle(tree), 0);
}

static void put_updates(void)
{
    for (int64_t i = 0; i < UPDATES; i++) {
        struct update row = {.id = NODES + 1 + i, .percent = 50, .date = {2024, 6, 30}};

        assert_int_equal(tree_put_update(tree, 1 + i % NODES, &row, 0, 1, NULL, NULL), 0);
    }
}

static size_t code_bytes(void)
{
    struct node *node;
    size_t bytes = 0;

    for (size_t at = 0; (node = tree_next_node(tree, &at));)
        bytes += malloc_usable_size(node->code) + CHUNK_OVERHEAD;
    return bytes;
}

static void tree_costs_little_memory(void **state UNUSED)
{
    size_t before = bytes_in_use();
    put_nodes();
    size_t with_nodes = bytes_in_use();
    put_updates();
    size_t with_updates = bytes_in_use();

    size_t node = (with_nodes - before - code_bytes()) / NODES;
    size_t update = (with_updates - with_nodes) / UPDATES;
    print_message("%zu bytes a node, %zu bytes an update\n", node, update);
    assert_in_range(node, sizeof(struct node), NODE_BYTES);
    assert_in_range(update, sizeof(struct update), UPDATE_BYTES);
}

static void tree_free_in_steps_gives_all_memory_back(void **state UNUSED)
{
    struct tree *large;
    size_t before;
    int steps = 1;

    tree_free(tree);
    tree = NULL;
    before = bytes_in_use();
    assert_int_equal(tree_new(1, &tree), 0);
    put_nodes();
    large = tree;
    tree = NULL;
    assert_true(bytes_in_use() > before);
    for (; !tree_free_some(large, 1000); steps++)
        ;
    assert_int_equal(steps, 1 + NODES / 1000);
    assert_int_equal(bytes_in_use(), before);
}

static void settling_in_steps_gives_the_tree_of_one_step(void **state UNUSED)
{
    int steps = 1;

    for (int64_t id = 100; id >= 1; id--) { /* children before their parents, codes backwards */
        char code[16];
        struct node_row row = {
            .id = id, .parent_id = (id - 1) / 10, .code = code, .kind = KIND_TARGET, .weight = 1};

        snprintf(code, sizeof code, "n%d", (int)id);
        assert_int_equal(tree_put_node(tree, &row), 0);
    }
    for (; tree_settle_some(tree, 10) > 0; steps++)
        ;
    assert_in_range(steps, 2 * 100 / 10, 3 * 100 / 10);
    assert_int_equal(node_of("n1")->n_children, 10);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(node_of("n1")->children[i]->id, 11 + i);
    assert_int_equal(node_of("n100")->level, 2);
    assert_int_equal(rules_reporting(tree, tree->root, KIND_TARGET, day_of("2024")).total, 100);
}

static void load_orders_updates_however_they_come(void **state UNUSED)
{
    static const char *const dates[] = {"2024-03", "2024-01", "2024-05", "2024-02", "2024-05"};
    static const int64_t order[] = {12, 14, 11, 13, 15};
    struct node_row row = {.id = 1, .code = "a", .kind = KIND_TARGET, .weight = 1};

    assert_int_equal(tree_put_node(tree, &row), 0);
    for (int i = 0; i < 5; i++) {
        struct update update = {.id = 11 + i, .percent = i, .date = date_of(dates[i])};
        assert_int_equal(tree_put_update(tree, 1, &update, i == 4 ? 13 : 0, 1, dates[i], NULL), 0);
    }
    assert_int_equal(tree_settle(tree), 0);
    const struct node *node = node_of("a");
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(node->updates[i].id, order[i]);
    assert_int_equal(node->updates[3].superseded_by, 15);
    assert_int_equal(node->latest->id, order[4]);
    assert_string_equal(node->latest->note, "2024-05");
}

/* The correction is dated before what stays: nobody kept that one's texts. */
static void load_knows_when_it_lost_the_latest_texts(void **state UNUSED)
{
    static const char *const dates[] = {"2024-03", "2024-05", "2024-01"};
    struct node_row row = {.id = 1, .code = "a", .kind = KIND_TARGET, .weight = 1};

    assert_int_equal(tree_put_node(tree, &row), 0);
    for (int i = 0; i < 3; i++) {
        struct update update = {.id = 11 + i, .percent = i, .date = date_of(dates[i])};
        assert_int_equal(tree_put_update(tree, 1, &update, i == 2 ? 12 : 0, 1, dates[i], NULL), 0);
    }
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(node_latest_update(node_of("a"))->id, 11);
    assert_true(node_latest_missing(node_of("a")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(tree_costs_little_memory),
        BUILDER_TEST(tree_free_in_steps_gives_all_memory_back),
        BUILDER_TEST(settling_in_steps_gives_the_tree_of_one_step),
        BUILDER_TEST(load_orders_updates_however_they_come),
        BUILDER_TEST(load_knows_when_it_lost_the_latest_texts),
    };

    return cmocka_run_group_tests_name("core/tree: large loads", tests, NULL, NULL);
}
