/* What a run has found, and which letters become of it. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "methods/claim.h"

#define STRATEGY 1
#define TODAY 20000
#define MANY 4000

static struct gathering gathering;
static struct claims *claims;
static struct registry *registry;

static int set_up(void **state UNUSED)
{
    claims = calloc(1, sizeof(*claims));
    return claims ? registry_new(&registry) : -1;
}

static int tear_down(void **state UNUSED)
{
    gathering_done(&gathering);
    claims_free(claims);
    registry_free(registry);
    return 0;
}

/* About a node that is due in so many days. */
static struct occurrence occurrence(int64_t node, int64_t person, int32_t days)
{
    return (struct occurrence){.item_id = node,
                               .recipient_id = person,
                               .recipient = HOLDER_PERSON,
                               .version = TODAY + days,
                               .planned = TODAY};
}

static void find(int64_t node, int64_t person, int32_t days)
{
    struct occurrence due = occurrence(node, person, days);
    const struct remind_results results = {.due = {&due, 1}};

    assert_int_equal(gathering_take(&gathering, STRATEGY, TODAY, &results), 0);
}

/* A row that lapsed, found to be still due. */
static void find_lapsed(int64_t row, int64_t node, int64_t person, const char *letter)
{
    const struct claims_row note = {.row = {.id = row}, .open = CLAIMS_LAPSED, .letter = letter};
    struct open_row open = {.id = row, .occurrence = occurrence(node, person, 5)};
    const struct remind_results results = {.open = &open, .n_open = 1};

    assert_int_equal(gathering_note(&gathering, STRATEGY, &note), 0);
    assert_int_equal(gathering_take(&gathering, STRATEGY, TODAY, &results), 0);
}

static void choose(size_t limit)
{
    const struct request request = {.registry = registry};

    assert_int_equal(gathering_choose(&gathering, &request, limit, false, claims), 0);
}

static void assert_letter(size_t at, int64_t person, size_t items, int64_t first_node)
{
    const struct claims_letter *letter = &claims->letters[at];

    assert_true(at < claims->n_letters);
    assert_int_equal(letter->recipient_id, person);
    assert_int_equal(letter->n_items, items);
    assert_int_equal(letter->items[0].occurrence.item_id, first_node);
}

static void recipients_come_by_what_is_most_urgent(void **state UNUSED)
{
    find(1, 10, 30);
    find(2, 11, -3);
    find(3, 10, -7);
    find(4, 12, 0);
    choose(2);
    assert_int_equal(claims->n_letters, 2);
    assert_letter(0, 10, 2, 3);
    assert_letter(1, 11, 1, 2);
}

static void letter_holds_the_most_urgent_of_many(void **state UNUSED)
{
    for (int32_t i = 0; i < 2 * LETTER_ITEMS; i++)
        find(1 + i, 10, 2 * LETTER_ITEMS - i);
    choose(5);
    assert_int_equal(claims->n_letters, 1);
    assert_letter(0, 10, LETTER_ITEMS, 2 * LETTER_ITEMS);
    assert_int_equal(claims->letters[0].items[LETTER_ITEMS - 1].occurrence.version,
                     TODAY + LETTER_ITEMS);
}

static void who_was_served_gets_nothing(void **state UNUSED)
{
    assert_int_equal(gathering_serve(&gathering, 0, HOLDER_PERSON, 10), 0);
    find(1, 10, 0);
    find_lapsed(7, 2, 10, "letter");
    choose(5);
    assert_int_equal(claims->n_letters, 0);
}

static void groups_of_two_strategies_are_two(void **state UNUSED)
{
    struct occurrence due = occurrence(1, 10, 0);
    const struct remind_results results = {.due = {&due, 1}};

    due.recipient = HOLDER_GROUP;
    assert_int_equal(gathering_take(&gathering, 1, TODAY, &results), 0);
    assert_int_equal(gathering_serve(&gathering, 2, HOLDER_GROUP, 10), 0);
    assert_int_equal(gathering_take(&gathering, 2, TODAY, &results), 0);
    assert_int_equal(HASH_CNT(by_key, gathering.parties), 2);
}

static void lapsed_letter_is_taken_over_alone(void **state UNUSED)
{
    find(1, 10, -9);
    find_lapsed(7, 2, 10, "one");
    find_lapsed(8, 3, 10, "two");
    find_lapsed(9, 4, 10, "one");
    choose(5);
    assert_int_equal(claims->n_letters, 1);
    assert_letter(0, 10, 2, 2);
    assert_int_equal(claims->letters[0].items[1].row_id, 9);
    assert_string_equal(claims->letters[0].id, "one");
    assert_true(claims->letters[0].again);
}

static void letter_seen_in_part_is_left_to_others(void **state UNUSED)
{
    static const struct claims_row elsewhere = {
        .row = {.id = 70}, .open = CLAIMS_LAPSED, .letter = "one"};

    find(1, 10, 3);
    find_lapsed(7, 2, 10, "one");
    find_lapsed(8, 3, 11, "two");
    assert_int_equal(gathering_note(&gathering, STRATEGY + 1, &elsewhere), 0);
    assert_int_equal(gathering_leave_out(&gathering, STRATEGY + 1), 0);
    choose(5);
    assert_int_equal(claims->n_letters, 2);
    assert_letter(0, 10, 1, 1);
    assert_false(claims->letters[0].again);
    assert_letter(1, 11, 1, 3);
}

/* A run died with a letter to each; of every other one the rest is in a strategy of others. */
static void each_of_many_lapsed_letters_is_judged_for_itself(void **state UNUSED)
{
    char letter[LETTER_ID_SIZE];

    for (int64_t i = 0; i < MANY; i++) {
        const struct claims_row part = {
            .row = {.id = MANY + i}, .open = CLAIMS_LAPSED, .letter = letter, .spread = true};

        snprintf(letter, sizeof(letter), "%" PRId64, i);
        if (i % 2)
            assert_int_equal(gathering_note(&gathering, STRATEGY, &part), 0);
        find_lapsed(1 + i, 1 + i, 1 + i, letter);
    }
    choose(MANY);
    assert_int_equal(claims->n_letters, MANY / 2);
    for (size_t i = 0; i < claims->n_letters; i++)
        assert_int_equal(claims->letters[i].recipient_id % 2, 1);
}

static void row_that_waits_is_left_alone(void **state UNUSED)
{
    static const struct claims_row note = {.row = {.id = 7}, .open = CLAIMS_WAITS};
    struct open_row open = {.id = 7, .occurrence = occurrence(1, 10, 0)};
    const struct remind_results results = {.open = &open, .n_open = 1};

    assert_int_equal(gathering_note(&gathering, STRATEGY, &note), 0);
    assert_int_equal(gathering_take(&gathering, STRATEGY, TODAY, &results), 0);
    choose(5);
    assert_int_equal(claims->n_letters, 0);
    assert_int_equal(claims->n_skips, 0);
}

static void open_row_that_was_answered_is_skipped(void **state UNUSED)
{
    struct open_row open = {.id = 7, .occurrence = occurrence(1, 10, 0), .reason = SETTLE_CLOSED};
    const struct remind_results results = {.open = &open, .n_open = 1};

    assert_int_equal(gathering_take(&gathering, STRATEGY, TODAY, &results), 0);
    choose(5);
    assert_int_equal(claims->n_letters, 0);
    assert_int_equal(claims->n_skips, 1);
    assert_int_equal(claims->skips[0].row_id, 7);
    assert_int_equal(claims->skips[0].reason, SETTLE_CLOSED);
}

/* Two of a series that were missed, and a due one of another series behind them. */
static void skipped_go_with_what_takes_their_place(void **state UNUSED)
{
    struct occurrence due[2] = {occurrence(1, 10, 0), occurrence(2, 11, 1)};
    struct skipped skipped[2] = {{due[0], SETTLE_NEWER}, {due[0], SETTLE_NEWER}};
    const struct remind_results results = {.due = {due, 2}, .skipped = skipped, .n_skipped = 2};

    assert_int_equal(gathering_take(&gathering, STRATEGY, TODAY, &results), 0);
    choose(5);
    assert_letter(0, 10, 1, 1);
    assert_int_equal(claims->letters[0].n_skips, 2);
    assert_int_equal(claims->letters[1].n_skips, 0);
}

static void run_writes_so_many_rows_and_at_least_a_letter(void **state UNUSED)
{
    struct occurrence due = occurrence(1, 10, 0);
    struct skipped *skipped = calloc(CLAIM_ROWS, sizeof(*skipped));
    const struct remind_results results = {
        .due = {&due, 1}, .skipped = skipped, .n_skipped = CLAIM_ROWS};

    assert_non_null(skipped);
    for (size_t i = 0; i < CLAIM_ROWS; i++)
        skipped[i] = (struct skipped){due, SETTLE_NEWER};
    assert_int_equal(gathering_take(&gathering, STRATEGY, TODAY, &results), 0);
    free(skipped);
    find(2, 10, 5);
    find(3, 11, 5);
    choose(5);
    assert_int_equal(claims->n_letters, 1);
    assert_letter(0, 10, 1, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(recipients_come_by_what_is_most_urgent),
        TEST(letter_holds_the_most_urgent_of_many),
        TEST(who_was_served_gets_nothing),
        TEST(groups_of_two_strategies_are_two),
        TEST(lapsed_letter_is_taken_over_alone),
        TEST(letter_seen_in_part_is_left_to_others),
        TEST(each_of_many_lapsed_letters_is_judged_for_itself),
        TEST(row_that_waits_is_left_alone),
        TEST(open_row_that_was_answered_is_skipped),
        TEST(skipped_go_with_what_takes_their_place),
        TEST(run_writes_so_many_rows_and_at_least_a_letter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
