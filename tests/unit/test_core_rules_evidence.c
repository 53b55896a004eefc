/* Evidence, staleness and forecast of nodes, and the reasons they give. */
#include "core_builder.h"

#define DAY "2024-06-30"

static const struct result *result(const char *code)
{
    return result_on(code, DAY);
}

/* ---- evidence ---- */

static int64_t show(const char *code, const char *date, double percent, int64_t supersedes)
{
    struct update update = {.percent = percent, .date = date_of(date), .has_evidence = true};

    return put_update(code, update, supersedes);
}

static void evidence_is_needed_of_what_is_said_to_be_reached(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    assert_int_equal(result("d")->evidence, EVIDENCE_NOT_NEEDED);
    report("d", "2024-01", 99);
    assert_int_equal(result("d")->evidence, EVIDENCE_NOT_NEEDED);
    report("d", "2024-02", 100);
    assert_int_equal(result("d")->evidence, EVIDENCE_MISSING);
    report("d", "2024-03", 90);
    assert_int_equal(result("d")->evidence, EVIDENCE_NOT_NEEDED);
    close_node("d", "2024-04", HOW_ACHIEVED);
    assert_int_equal(result("d")->evidence, EVIDENCE_MISSING);
    close_node("d", "2024-05", HOW_REOPENED);
    assert_int_equal(result("d")->evidence, EVIDENCE_NOT_NEEDED);
}

static void evidence_may_stand_in_any_update_that_counts(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    int64_t shown = show("d", "2024-01", 50, 0);
    report("d", "2024-02", 100);
    assert_int_equal(result("d")->evidence, EVIDENCE_GIVEN);
    assert_int_equal(rules_linked_update(node_of("d"), day_of(DAY))->id, shown);
    correct("d", "2024-01", 50, shown); /* without the link */
    assert_int_equal(result("d")->evidence, EVIDENCE_MISSING);
    show("d", "2024-07", 100, 0); /* tomorrow's */
    assert_int_equal(result("d")->evidence, EVIDENCE_MISSING);
    assert_int_equal(result_on("d", "2024-07-31")->evidence, EVIDENCE_GIVEN);
}

static void evidence_that_waits_does_not_count(void **state UNUSED)
{
    struct update update = {
        .percent = 100, .date = date_of("2024-02"), .has_evidence = true, .waits = true};

    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-01", 100);
    int64_t id = put_update("d", update, 0);
    assert_int_equal(result("d")->evidence, EVIDENCE_MISSING);
    assert_int_equal(tree_put_decision(tree, ++last_id, node_of("d")->id, id, true, 0), 0);
    assert_int_equal(result("d")->evidence, EVIDENCE_GIVEN);
}

static void put_closing(const char *date, enum how how)
{
    struct closing row = {.id = ++last_id, .date = date_of(date), .how = how, .has_evidence = true};

    assert_int_equal(tree_put_closing(tree, node_of("d")->id, &row), 0);
}

static void evidence_may_stand_in_the_closing(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-01", 100);
    put_closing("2024-02", HOW_MISSED); /* shows that it was not reached */
    assert_int_equal(result("d")->evidence, EVIDENCE_MISSING);
    put_closing("2024-03", HOW_ACHIEVED);
    assert_int_equal(result("d")->evidence, EVIDENCE_GIVEN);
}

/* ---- staleness: a cadence of 30 days ---- */

static struct node *add_cadent(const char *code, const char *parent, enum kind kind)
{
    struct node_row row =
        row_of(&(struct spec){.code = code, .parent = parent, .kind = kind}, ++last_id);

    row.cadence = 30;
    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_int_equal(tree_settle(tree), 0);
    return node_of(code);
}

static void assert_heard_of(const char *code, const char *date)
{
    assert_int_equal(result(code)->last_activity, day_of(date));
}

static void stale_is_more_than_the_cadence(void **state UNUSED)
{
    add_cadent("d", NULL, KIND_DELIVERABLE);
    report("d", "2024-05-31", 10);
    assert_false(result("d")->stale);
    assert_true(result_on("d", "2024-07-01")->stale);
    assert_false(result_on("d", "2024-05-30")->stale); /* nothing is heard of it, and no start */
    report_state("d", "2024-07-01", STATE_ON_TRACK);
    assert_false(result_on("d", "2024-07-31")->stale);
}

static void stale_takes_the_strategys_cadence(void **state UNUSED)
{
    struct strategy row = {.key = (char *)"plan"};

    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-05-01", 10);
    assert_false(result("d")->stale);
    row.cadence = 59;
    assert_int_equal(tree_put_strategy(tree, &row, &(struct texts){0}, 1), 0);
    assert_true(result("d")->stale);
    assert_true(result("")->stale);
    row.cadence = 60;
    assert_int_equal(tree_put_strategy(tree, &row, &(struct texts){0}, 1), 0);
    assert_false(result("d")->stale);
}

static void stale_without_activity_is_counted_from_the_start(void **state UNUSED)
{
    set_period("2024-05", "2025");
    add_cadent("d", NULL, KIND_DELIVERABLE);
    assert_false(result_on("d", "2024-05-31")->stale);
    assert_true(result_on("d", "2024-06-01")->stale);
    assert_int_equal(result("d")->last_activity, DAY_NONE);
}

static void stale_is_only_what_something_should_be_heard_of(void **state UNUSED)
{
    add_cadent("d", NULL, KIND_DELIVERABLE);
    report("d", "2024-01", 10);
    assert_true(result("d")->stale);
    close_node("d", "2024-02", HOW_DROPPED);
    assert_false(result("d")->stale);
    close_node("d", "2024-03", HOW_REOPENED);
    assert_true(result("d")->stale);
    report("d", "2024-04", 100);
    assert_false(result("d")->stale); /* done */
}

static void activity_is_of_anything_below(void **state UNUSED)
{
    ADD("1", NULL, PRIORITY);
    ADD("1.1", "1", TARGET);
    ADD("d", NULL, DELIVERABLE);
    ADD("e", "d", DELIVERABLE);
    contribute("d", "1.1", 1);
    assert_int_equal(result("1")->last_activity, DAY_NONE);
    report("e", "2024-04-05", 10);
    assert_heard_of("1", "2024-04-05");
    close_node("e", "2024-05-06", HOW_DROPPED); /* nobody's part any more */
    assert_heard_of("1", "2024-05-06");
    assert_heard_of("1.1", "2024-05-06");
    close_node("e", "2024-06-07", HOW_REOPENED);
    assert_heard_of("1", "2024-06-07");
    report("e", "2024-07-08", 20);
    assert_heard_of("1", "2024-06-07");
}

static void activity_is_of_observations_too(void **state UNUSED)
{
    struct observation row = {.date = date_of("2024-05-05"), .value = 5, .has_breakdown = true};

    ADD("t", NULL, TARGET);
    ADD("i", "t", INDICATOR); /* without baseline and target: nobody's part */
    int64_t first = observe("i", "2024-03-03", 3);
    assert_heard_of("t", "2024-03-03");
    row.id = ++last_id;
    assert_int_equal(tree_put_observation(tree, node_of("i")->id, &row, 0), 0);
    assert_heard_of("t", "2024-05-05");
    row = (struct observation){.id = row.id + 1, .date = date_of("2024-02-02"), .value = 2};
    assert_int_equal(tree_put_observation(tree, node_of("i")->id, &row, row.id - 1), 0);
    assert_heard_of("t", "2024-03-03");
    row = (struct observation){.id = row.id + 1, .date = date_of("2024-02-03"), .value = 2};
    assert_int_equal(tree_put_observation(tree, node_of("i")->id, &row, first), 0);
    assert_heard_of("t", "2024-02-03");
}

static void activity_that_was_corrected_or_waits_is_none(void **state UNUSED)
{
    struct update waits = {.date = date_of("2024-05"), .percent = 1, .waits = true};

    ADD("d", NULL, DELIVERABLE);
    int64_t wrong = report("d", "2024-04-04", 10);
    put_update("d", waits, 0);
    assert_heard_of("d", "2024-04-04");
    correct("d", "2024-02-02", 10, wrong);
    assert_heard_of("d", "2024-02-02");
}

static void activity_of_many_children_is_the_latest(void **state UNUSED)
{
    char code[16];

    ADD("t", NULL, TARGET);
    for (int i = 0; i < 300; i++) {
        snprintf(code, sizeof code, "t.%d", i);
        ADD(code, "t", DELIVERABLE);
    }
    report("t.250", "2024-03-03", 1);
    assert_heard_of("t", "2024-03-03");
    report("t.7", "2024-05-05", 1);
    assert_heard_of("t", "2024-05-05");
    close_node("t.7", "2024-05-06", HOW_DROPPED);
    assert_heard_of("t", "2024-05-06");
}

/* ---- forecast ---- */

static const char *forecast(const char *code)
{
    static char text[DATE_TEXT_SIZE];
    const struct result *r = result(code);

    return r->has_forecast ? date_format(date_from_day(r->forecast), text) : "-";
}

static uint32_t missing(const char *code)
{
    const struct result *r = result(code);

    return r->has_forecast ? 0 : r->forecast_missing;
}

/* A quarter of a percent a day that reaches 100 at the end of `month`. */
static void rise(const char *code, int month)
{
    struct date end = {2024, (int8_t)month, 0};
    int32_t day = date_last_day(end);
    char first[DATE_TEXT_SIZE], second[DATE_TEXT_SIZE];

    date_format(date_from_day(day - 360), first);
    date_format(date_from_day(day - 320), second);
    report(code, first, 10);
    report(code, second, 20);
}

static void forecast_is_of_the_last_five_percents(void **state UNUSED)
{
    struct point points[FORECAST_POINTS];

    ADD("d", NULL, DELIVERABLE);
    report("d", "2024-01-01", 90); /* the sixth from the end */
    for (int8_t month = 1; month <= 5; month++) {
        struct update update = {.date = {2024, month, 2}, .percent = month};
        put_update("d", update, 0);
        report_state("d", "2024-06-01", STATE_ON_TRACK);
    }
    report("d", "2024-07-01", 80); /* not yet */
    result("d");
    assert_int_equal(rules_points(node_of("d"), day_of(DAY), points), FORECAST_POINTS);
    assert_number(points[0].percent, 1);
    assert_number(points[4].percent, 5);
    assert_string_equal(forecast("d"), "2032-03-11");
}

static void forecast_is_of_an_indicators_progress(void **state UNUSED)
{
    struct observation part = {.date = date_of("2024-06-29"), .value = 0, .has_breakdown = true};

    ADD("i", NULL, INDICATOR, .baseline = 200, .target = 0);
    observe("i", "2024-06-01", 200);
    observe("i", "2024-06-11", 180); /* 10 % in 10 days */
    part.id = ++last_id;
    assert_int_equal(tree_put_observation(tree, node_of("i")->id, &part, 0), 0);
    assert_string_equal(forecast("i"), "2024-09-09");
}

static void forecast_is_the_latest_of_the_parts_that_made_the_progress(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("a", "t", TARGET);
    ADD("b", "t", TARGET);
    ADD("w", "t", DELIVERABLE);
    rise("a", 8);
    rise("b", 7);
    rise("w", 12);
    assert_string_equal(forecast("t"), "2024-08-31");
    assert_int_equal(missing("t"), 0);
    close_node("a", "2024-06", HOW_MISSED); /* closed: no forecast is asked of it */
    assert_string_equal(forecast("t"), "2024-07-31");
    assert_string_equal(forecast("a"), "-");
}

static void forecast_is_missing_if_a_part_has_none(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    ADD("a", "t", TARGET);
    ADD("b", "t", TARGET);
    ADD("c", "t", TARGET); /* unknown */
    rise("a", 7);
    report("b", "2024-01", 10);
    assert_string_equal(forecast("t"), "-");
    assert_int_equal(missing("t"), 2);
    close_node("c", "2024-06", HOW_DROPPED);
    assert_int_equal(missing("t"), 1);
    close_node("b", "2024-06", HOW_ACHIEVED);
    assert_int_equal(missing("t"), 0);
    assert_string_equal(forecast("t"), "2024-07-31");
}

static void forecast_of_work_is_that_of_its_work(void **state UNUSED)
{
    ADD("m", NULL, INITIATIVE);
    ADD("d", "m", DELIVERABLE);
    rise("m", 12);
    assert_string_equal(forecast("m"), "2024-12-31"); /* nothing below is known */
    rise("d", 9);
    assert_string_equal(forecast("m"), "2024-09-30");
}

static void forecast_of_what_is_done_or_closed_is_none(void **state UNUSED)
{
    ADD("d", NULL, DELIVERABLE);
    rise("d", 9);
    close_node("d", "2024-04", HOW_ACHIEVED);
    assert_string_equal(forecast("d"), "-");
    close_node("d", "2024-05", HOW_DROPPED);
    assert_string_equal(forecast("d"), "-");
    close_node("d", "2024-06", HOW_REOPENED);
    assert_string_equal(forecast("d"), "2024-09-30");
}

/* ---- reasons ---- */

static bool has_reason(const char *code, enum reason_kind kind, bool superseded, int32_t days)
{
    struct reason reasons[REASONS_MAX];
    size_t n = rules_reasons(tree, node_of(code), day_of(DAY), superseded, reasons);

    for (size_t i = 0; i < n; i++)
        if (reasons[i].kind == kind)
            return reasons[i].days == days;
    return false;
}

static void reasons_tell_how_long_nothing_was_heard(void **state UNUSED)
{
    add_cadent("d", NULL, KIND_DELIVERABLE);
    report("d", "2024-05-01", 10);
    assert_true(has_reason("d", REASON_STALE, false, 60));
}

static void reasons_tell_of_claims_that_nothing_shows(void **state UNUSED)
{
    ADD("t", NULL, TARGET);
    report("t", "2024-05-01", 100);
    assert_true(has_reason("t", REASON_UNEVIDENCED, false, -1));
    show("t", "2024-05-02", 100, 0);
    assert_false(has_reason("t", REASON_UNEVIDENCED, false, -1));
}

static void reasons_tell_of_a_later_edition_last(void **state UNUSED)
{
    struct reason reasons[REASONS_MAX];
    size_t n = rules_reasons(tree, tree->root, day_of(DAY), true, reasons);

    assert_int_equal(reasons[n - 1].kind, REASON_SUPERSEDED_EDITION);
    assert_false(has_reason("", REASON_SUPERSEDED_EDITION, false, -1));
    close_node("", "2024", HOW_ACHIEVED);
    assert_true(has_reason("", REASON_SUPERSEDED_EDITION, true, -1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUILDER_TEST(evidence_is_needed_of_what_is_said_to_be_reached),
        BUILDER_TEST(evidence_may_stand_in_any_update_that_counts),
        BUILDER_TEST(evidence_that_waits_does_not_count),
        BUILDER_TEST(evidence_may_stand_in_the_closing),
        BUILDER_TEST(stale_is_more_than_the_cadence),
        BUILDER_TEST(stale_takes_the_strategys_cadence),
        BUILDER_TEST(stale_without_activity_is_counted_from_the_start),
        BUILDER_TEST(stale_is_only_what_something_should_be_heard_of),
        BUILDER_TEST(activity_is_of_anything_below),
        BUILDER_TEST(activity_is_of_observations_too),
        BUILDER_TEST(activity_that_was_corrected_or_waits_is_none),
        BUILDER_TEST(activity_of_many_children_is_the_latest),
        BUILDER_TEST(forecast_is_of_the_last_five_percents),
        BUILDER_TEST(forecast_is_of_an_indicators_progress),
        BUILDER_TEST(forecast_is_the_latest_of_the_parts_that_made_the_progress),
        BUILDER_TEST(forecast_is_missing_if_a_part_has_none),
        BUILDER_TEST(forecast_of_work_is_that_of_its_work),
        BUILDER_TEST(forecast_of_what_is_done_or_closed_is_none),
        BUILDER_TEST(reasons_tell_how_long_nothing_was_heard),
        BUILDER_TEST(reasons_tell_of_claims_that_nothing_shows),
        BUILDER_TEST(reasons_tell_of_a_later_edition_last),
    };

    return cmocka_run_group_tests_name("core/rules: evidence", tests, NULL, NULL);
}
