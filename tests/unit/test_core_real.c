/*
 * The life science strategy as it stood at the end of 2024, and a strategy of the size that the
 * daemon must carry. The facts of the first are in tests/data/se-life-science-2019.json.
 */
#include "core_builder.h"

#define DAY "2024-12-31"

static const char *const targets[] = {"1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3",
                                      "3.4", "4.1", "4.2", "4.3", "4.4", "6.1", "6.2", "6.3", "6.4",
                                      "7.1", "7.2", "7.3", "8.1", "8.2", "8.3", "8.4"};

/* Delivered when `done` is given. */
static const struct {
    const char *code, *target, *start, *due, *done;
} deliverables[] = {
    {"kr-1", NULL, NULL, NULL, "2021-05"},
    {"pm-1", "4.4", NULL, NULL, "2022-06"},
    {"gov-1", "2.2", "2022-05-12", "2023-09-21", "2023"},
    {"gov-2", NULL, "2022-06-30", "2024-04-30", "2024"},
    {"gov-3", "2.2", NULL, "2022-12-01", NULL},
    {"gov-4", "8.2", NULL, "2023-03-31", NULL},
    {"gov-5", "3.1", NULL, NULL, "2021-11-01"},
    {"gov-6", "3.1", NULL, "2021-05-28", "2021-05-28"},
    {"gov-7", NULL, "2018-08-09", "2021-04-01", "2021"},
    {"gov-8", "4.2", NULL, NULL, "2020-10-12"},
};

/* Some of the dated records; none has a percentage. */
static const struct {
    const char *target, *date;
} records[] = {
    {"2.2", "2020-12-17"}, {"2.2", "2021-04-22"}, {"2.2", "2021-07-07"}, {"2.2", "2021-07-13"},
    {"2.2", "2021-09-08"}, {"2.2", "2022-05-12"}, {"3.1", "2021-04"},    {"4.2", "2022-05-16"},
    {"8.2", "2021-12-27"}, {NULL, "2020-02"},     {NULL, "2021"},        {NULL, "2024-11-07"},
};

static int life_science_setup(void **state)
{
    static const char *const priorities[] = {"1", "2", "3", "4", "5", "6", "7", "8"};

    if (builder_setup(state) < 0)
        return -1;
    set_period("2019-12-12", NULL);
    for (size_t i = 0; i < ARRAY_LEN(priorities); i++)
        ADD(priorities[i], NULL, PRIORITY);
    for (size_t i = 0; i < ARRAY_LEN(targets); i++)
        ADD(targets[i], ((const char[]){targets[i][0], '\0'}), TARGET);
    for (size_t i = 0; i < ARRAY_LEN(deliverables); i++) {
        ADD(deliverables[i].code, deliverables[i].target, DELIVERABLE,
            .start = deliverables[i].start, .due = deliverables[i].due);
        if (deliverables[i].done)
            close_node(deliverables[i].code, deliverables[i].done, HOW_ACHIEVED);
    }
    for (size_t i = 0; i < ARRAY_LEN(records); i++)
        report(records[i].target, records[i].date, (double)NAN);
    return 0;
}

static void life_science_2_2_is_off_track(void **state UNUSED)
{
    const struct result *result = result_on("2.2", DAY);
    struct reason reasons[REASONS_MAX];

    assert_int_equal(result->state, STATE_OFF_TRACK);
    assert_int_equal(result->parts, STATE_OFF_TRACK);
    assert_int_equal(result->paced, STATE_UNKNOWN);
    assert_number(result->work, 50);
    assert_int_equal(result->total, 2);
    assert_int_equal(result->delivered, 1);
    assert_int_equal(result->overdue, 1);
    assert_unknown(result->progress);
    assert_int_equal(rules_update_count(node_of("2.2"), day_of(DAY)), 6);

    assert_int_equal(rules_reasons(tree, node_of("2.2"), day_of(DAY), false, reasons), 3);
    assert_int_equal(reasons[0].kind, REASON_PARTS_OVERDUE);
    assert_string_equal(reasons[0].code, "gov-3");
    assert_int_equal(reasons[0].days, 761);
    assert_int_equal(reasons[0].count, 1);
    assert_int_equal(reasons[1].kind, REASON_OUTCOME_NOT_ASSESSED);
    assert_int_equal(reasons[2].kind, REASON_NO_UPDATE);
    assert_string_equal(reasons[2].code, "gov-3");
}

static void life_science_4_2_and_4_4_are_not_assessed(void **state UNUSED)
{
    static const char *const codes[] = {"4.2", "4.4"};

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        const struct result *result = result_on(codes[i], DAY);
        assert_int_equal(result->state, STATE_UNKNOWN);
        assert_number(result->work, 100);
        assert_unknown(result->progress);
        assert_false(result->done);
    }
}

static void life_science_8_2_is_off_track(void **state UNUSED)
{
    assert_int_equal(result_on("8.2", DAY)->state, STATE_OFF_TRACK);
    assert_unknown(result_on("8.2", DAY)->work);
    assert_int_equal(result_on("8", DAY)->state, STATE_OFF_TRACK); /* 1 of 4: exactly a quarter */
    assert_string_equal(rules_worst_part(tree, node_of("8"), day_of(DAY))->code, "8.2");
}

static void life_science_gov_1_is_done(void **state UNUSED)
{
    const struct result *result = result_on("gov-1", DAY);

    assert_true(result->done);
    assert_int_equal(result->state, STATE_DONE);
    assert_int_equal(result->schedule, SCHEDULE_DONE);
    assert_number(result->progress, 100);
    assert_int_equal(result_on("gov-1", "2023-12-30")->schedule, SCHEDULE_OVERDUE);
}

static void life_science_strategy_is_unknown(void **state UNUSED)
{
    const struct result *result = result_on("", DAY);

    assert_int_equal(result->state, STATE_UNKNOWN);
    assert_int_equal(result->total, 10);
    assert_int_equal(result->delivered, 8);
    assert_int_equal(result->overdue, 2);
    assert_int_equal(result->reported_count, 8);
    assert_int_equal(result->part_count, 11);
    /* 2: 50, 3: 100, 4: 100, 8: unknown as 0, and three deliverables */
    assert_number(result->work, (50 + 100 + 100 + 0 + 300) / 7.0);
    assert_number(result->coverage, 0);
}

static void life_science_targets_that_report(void **state UNUSED)
{
    struct reporting sum = rules_reporting(tree, tree->root, KIND_TARGET, day_of(DAY));

    assert_int_equal(sum.total, 25);
    assert_int_equal(sum.reporting, 4); /* of the records above */
}

/* Ten-ary, 100,000 nodes with 10 updates each: what grows faster than the tree shows here. */
static void large_strategy_is_built_and_asked(void **state UNUSED)
{
    enum { NODES = 100000, UPDATES = 10 };
    int32_t day = day_of(DAY);
    char code[16];

    for (int64_t id = 1; id <= NODES; id++) {
        bool leaf = id * 10 > NODES;
        struct node_row row = {.id = id,
                               .parent_id = id / 10,
                               .code = code,
                               .kind = leaf ? KIND_DELIVERABLE : KIND_TARGET,
                               .weight = (double)NAN,
                               .baseline = (double)NAN,
                               .target = (double)NAN};
        snprintf(code, sizeof code, "n%d", (int)id);
        assert_int_equal(tree_put_node(tree, &row), 0);
    }
    for (int i = 0; i < UPDATES; i++) {
        for (int64_t id = 1; id <= NODES; id++) {
            struct update row = {.id = NODES * (i + 1) + id,
                                 .percent = 10.0 * i,
                                 .date = date_from_day(day - UPDATES + i)};
            assert_int_equal(tree_put_update(tree, id, &row, 0, 1, "note", NULL), 0);
        }
    }
    assert_int_equal(tree_settle(tree), 0);
    assert_int_equal(tree->update_count, NODES * UPDATES);

    const struct result *result = rules_result(tree, tree->root, day);
    assert_int_equal(result->total, 90000);
    assert_number(result->work, 90);
    for (int64_t id = 1; id <= 1000; id++) {
        close_node("n99999", DAY, id % 2 ? HOW_ACHIEVED : HOW_REOPENED);
        assert_int_equal(rules_result(tree, tree->root, day)->delivered, id % 2);
    }
}

#define LIFE_SCIENCE_TEST(name)                                                                    \
    cmocka_unit_test_setup_teardown(name, life_science_setup, builder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LIFE_SCIENCE_TEST(life_science_2_2_is_off_track),
        LIFE_SCIENCE_TEST(life_science_4_2_and_4_4_are_not_assessed),
        LIFE_SCIENCE_TEST(life_science_8_2_is_off_track),
        LIFE_SCIENCE_TEST(life_science_gov_1_is_done),
        LIFE_SCIENCE_TEST(life_science_strategy_is_unknown),
        LIFE_SCIENCE_TEST(life_science_targets_that_report),
        BUILDER_TEST(large_strategy_is_built_and_asked),
    };

    return cmocka_run_group_tests_name("core: real data", tests, NULL, NULL);
}
