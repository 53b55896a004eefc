/* What the rules of reminders are set to, and the last nudge of a node. */
#include "core_builder.h"

#include "core/reminder_rule.h"

static void rules_have_defaults(void **state UNUSED)
{
    struct reminder_rule due = tree_reminder_rule(tree, REMIND_DUE);
    struct reminder_rule escalation = tree_reminder_rule(tree, REMIND_ESCALATION);

    assert_false(due.off || due.working);
    assert_int_equal(due.every, 7);
    assert_int_equal(due.n_offsets, 5);
    assert_int_equal(due.offsets[0], 30);
    assert_int_equal(due.offsets[4], 0);
    assert_true(escalation.working);
    assert_int_equal(tree_reminder_rule(tree, REMIND_TERM).every, 0);
}

static void what_a_strategy_leaves_open_is_the_default(void **state UNUSED)
{
    struct reminder_setting setting = {
        .id = 4, .has_every = true, .rule = {.every = 0, .n_offsets = 1}};

    tree_put_reminder_setting(tree, REMIND_DUE, &setting);
    assert_int_equal(tree_reminder_rule(tree, REMIND_DUE).every, 0);
    assert_int_equal(tree_reminder_rule(tree, REMIND_DUE).n_offsets, 5);
    setting = (struct reminder_setting){.id = 4,
                                        .off = true,
                                        .has_offsets = true,
                                        .has_working = true,
                                        .rule = {.working = true, .n_offsets = 1, .offsets = {3}}};
    tree_put_reminder_setting(tree, REMIND_DUE, &setting);
    struct reminder_rule rule = tree_reminder_rule(tree, REMIND_DUE);
    assert_true(rule.off && rule.working);
    assert_int_equal(rule.n_offsets, 1);
    assert_int_equal(rule.offsets[0], 3);
    assert_int_equal(rule.every, 7);
    tree_end_reminder_setting(tree, REMIND_DUE);
    assert_false(tree_reminder_rule(tree, REMIND_DUE).off);
}

static void nudge_has_no_settings(void **state UNUSED)
{
    struct reminder_setting setting = {.id = 4, .off = true};

    tree_put_reminder_setting(tree, REMIND_NUDGE, &setting);
    assert_false(tree_reminder_rule(tree, REMIND_NUDGE).off);
}

#define FAULT(rule, ...)                                                                           \
    reminder_offsets_fault(rule, (const int64_t[]){__VA_ARGS__},                                   \
                           sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void offsets_descend_and_graces_need_not(void **state UNUSED)
{
    assert_null(FAULT(REMIND_DUE, 30, 7, 0));
    assert_null(reminder_offsets_fault(REMIND_DUE, NULL, 0));
    assert_non_null(FAULT(REMIND_DUE, 7, 30));
    assert_non_null(FAULT(REMIND_DUE, 7, 7));
    assert_non_null(FAULT(REMIND_DUE, -1));
    assert_non_null(FAULT(REMIND_TERM, 3651));
    assert_non_null(FAULT(REMIND_DUE, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1));
    assert_null(FAULT(REMIND_ESCALATION, 5, 10, 5));
    assert_non_null(FAULT(REMIND_ESCALATION, 5, 5, 5, 5));
    assert_non_null(FAULT(REMIND_CHECKIN, 0));
}

static void newer_nudge_takes_the_place_of_an_older_one(void **state UNUSED)
{
    ADD("a", NULL, TARGET);
    int64_t id = node_of("a")->id;
    struct nudge first = {.id = 9, .seq_from = 9, .account_id = 1, .note = (char *)"Nå?"};
    struct nudge second = {.id = 9, .seq_from = 12, .account_id = 2};

    assert_null(node_nudge(node_of("a")));
    assert_int_equal(tree_put_nudge(tree, id, &first), 0);
    assert_string_equal(node_nudge(node_of("a"))->note, "Nå?");
    assert_int_equal(tree_put_nudge(tree, id, &second), 0);
    assert_int_equal(node_nudge(node_of("a"))->seq_from, 12);
    assert_null(node_nudge(node_of("a"))->note);
    assert_int_equal(tree_put_nudge(tree, id + 1, &first), -ENOENT);
    tree_end_nudge(tree, id);
    tree_end_nudge(tree, id);
    assert_null(node_nudge(node_of("a")));
    assert_int_equal(tree_put_nudge(tree, id, &first), 0); /* freed with its node */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(rules_have_defaults),
        BUILDER_TEST(what_a_strategy_leaves_open_is_the_default),
        BUILDER_TEST(nudge_has_no_settings),
        BUILDER_TEST(offsets_descend_and_graces_need_not),
        BUILDER_TEST(newer_nudge_takes_the_place_of_an_older_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
