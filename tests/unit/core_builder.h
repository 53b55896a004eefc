/*
 * Builds small trees for the tests of the rules: nodes by code, dates as text, ids counted up.
 * Every test has a tree of its own in `tree`, made and freed by builder_setup() and
 * builder_teardown().
 */
#ifndef GOALD_TESTS_CORE_BUILDER_H
#define GOALD_TESTS_CORE_BUILDER_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/rules.h"
#include "core/tree.h"

#include <errno.h>
#include <string.h>

static struct tree *tree;
static int64_t last_id;

static int builder_setup(void **state UNUSED)
{
    last_id = 0;
    return tree_new(1, &tree);
}

static int builder_teardown(void **state UNUSED)
{
    tree_free(tree);
    tree = NULL;
    return 0;
}

#define BUILDER_TEST(name) cmocka_unit_test_setup_teardown(name, builder_setup, builder_teardown)

static UNUSED struct date date_of(const char *text)
{
    struct date date;

    assert_int_equal(date_parse(text, &date), 0);
    return date;
}

static UNUSED int32_t day_of(const char *text)
{
    return date_last_day(date_of(text));
}

static UNUSED struct node *node_of(const char *code)
{
    struct node *node = tree_node_by_code(tree, code);

    assert_non_null(node);
    return node;
}

/* A weight of 0 is none; an indicator is measured from `baseline` to `target` if they differ. */
struct spec {
    const char *code, *parent;
    enum kind kind;
    const char *start, *due;
    double weight, baseline, target;
};

static UNUSED struct node_row row_of(const struct spec *spec, int64_t id)
{
    bool measured = spec->baseline != spec->target;

    return (struct node_row){
        .id = id,
        .parent_id = node_of(spec->parent)->id,
        .seq_from = id,
        .code = spec->code,
        .kind = spec->kind,
        .start = date_of(spec->start),
        .due = date_of(spec->due),
        .weight = spec->weight != 0 ? spec->weight : (double)NAN,
        .baseline = measured ? spec->baseline : (double)NAN,
        .target = measured ? spec->target : (double)NAN,
    };
}

static UNUSED struct node *builder_add(const struct spec *spec)
{
    struct node_row row = row_of(spec, ++last_id);

    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_int_equal(tree_settle(tree), 0);
    return node_of(spec->code);
}

/* ADD("2.2", "2", TARGET, .due = "2022"): under the strategy if the parent is NULL. */
#define ADD(code_, parent_, kind_, ...)                                                            \
    builder_add(                                                                                   \
        &(struct spec){.code = (code_), .parent = (parent_), .kind = KIND_##kind_, __VA_ARGS__})

/* Puts the node anew with other attributes. */
#define CHANGE(code_, parent_, kind_, ...)                                                         \
    do {                                                                                           \
        struct node_row row_ = row_of(                                                             \
            &(struct spec){                                                                        \
                .code = (code_), .parent = (parent_), .kind = KIND_##kind_, __VA_ARGS__},          \
            node_of(code_)->id);                                                                   \
        assert_int_equal(tree_put_node(tree, &row_), 0);                                           \
        assert_int_equal(tree_settle(tree), 0);                                                    \
    } while (0)

static UNUSED int64_t put_update(const char *code, struct update update, int64_t supersedes)
{
    update.id = ++last_id;
    assert_int_equal(tree_put_update(tree, node_of(code)->id, &update, supersedes, 1, "note", NULL),
                     0);
    return update.id;
}

static UNUSED int64_t report(const char *code, const char *date, double percent)
{
    return put_update(code, (struct update){.percent = percent, .date = date_of(date)}, 0);
}

static UNUSED int64_t report_state(const char *code, const char *date, enum state state)
{
    struct update update = {.percent = (double)NAN, .date = date_of(date), .state = (uint8_t)state};

    return put_update(code, update, 0);
}

static UNUSED int64_t correct(const char *code, const char *date, double percent,
                              int64_t supersedes)
{
    return put_update(code, (struct update){.percent = percent, .date = date_of(date)}, supersedes);
}

static UNUSED int64_t observe(const char *code, const char *date, double value)
{
    struct observation row = {.id = ++last_id, .date = date_of(date), .value = value};

    assert_int_equal(tree_put_observation(tree, node_of(code)->id, &row, 0), 0);
    return row.id;
}

static UNUSED void close_node(const char *code, const char *date, enum how how)
{
    struct closing row = {.id = ++last_id, .date = date_of(date), .how = how};

    assert_int_equal(tree_put_closing(tree, node_of(code)->id, &row), 0);
}

static UNUSED int64_t contribute(const char *from, const char *to, double weight)
{
    assert_int_equal(
        tree_put_contribution(tree, ++last_id, node_of(from)->id, node_of(to)->id, weight), 0);
    assert_int_equal(tree_settle(tree), 0);
    return last_id;
}

static UNUSED void set_period(const char *start, const char *end)
{
    struct strategy row = {
        .key = (char *)"plan", .period_start = date_of(start), .period_end = date_of(end)};

    assert_int_equal(tree_put_strategy(tree, &row, &(struct texts){0}, 1), 0);
}

static UNUSED const struct result *result_on(const char *code, const char *date)
{
    return rules_result(tree, node_of(code), day_of(date));
}

static UNUSED void assert_number(double actual, double expected)
{
    if (isnan(expected) ? isnan(actual) : fabs(actual - expected) < 1e-9)
        return;
    fail_msg("%g is not %g", actual, expected);
}

#define assert_unknown(actual) assert_number(actual, (double)NAN)

#endif
