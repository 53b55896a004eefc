/*
 * Strategies that change at random for more than a year, with runs that come late or not at all and
 * mails that fail: whatever happens, nothing is sent twice, nothing is sent after something newer,
 * and what is open is settled or sent in the end.
 */
#include "reminders_builder.h"

#define DAYS 420
#define STRATEGIES 12

/* Numbers that are the same in every run. */
static uint32_t seed;

static int32_t below(int32_t end)
{
    seed = seed * 1664525 + 1013904223;
    return (int32_t)((seed >> 16) % (uint32_t)end);
}

static const char *const codes[] = {"1", "1.1", "1.2", "d1", "d2", "d3"};
enum { CODES = 6 };

static const char *some_code(void)
{
    return codes[below(CODES)];
}

static const char *some_date(int32_t around)
{
    static char text[DATE_TEXT_SIZE];
    struct date date = date_from_day(around + below(120) - 30);

    if (below(8) == 0)
        date.day = 0; /* a month */
    return date_format(date, text);
}

static void put_node(const char *code, int32_t day)
{
    const char *parent = code[0] == 'd' ? code[1] == '3' ? "1.2" : "1.1" : code[1] ? "1" : NULL;
    const struct spec spec = {.code = code,
                              .parent = parent,
                              .kind = code[0] == 'd' ? KIND_DELIVERABLE : KIND_TARGET,
                              .start = "2024",
                              .due = below(4) ? some_date(day) : NULL};
    struct node *node = tree_node_by_code(tree, code);
    struct node_row row = row_of(&spec, node ? node->id : ++last_id);

    row.cadence = 20 + below(3) * 20;
    assert_int_equal(tree_put_node(tree, &row), 0);
    assert_int_equal(tree_settle(tree), 0);
}

static int64_t some_person(void)
{
    return ANNA + below(4);
}

static void change_role(const char *code, int32_t day)
{
    struct node *node = node_of(code);
    char ends[DATE_TEXT_SIZE];

    if (node->n_assignments > 0 && below(2))
        tree_end_assignment(tree, node->id, node->assignments[0].id);
    else
        assign(code, below(2) ? ROLE_OWNER : ROLE_LEAD, HOLDER_PERSON, some_person(),
               below(3) ? NULL : date_format(date_from_day(day + below(90)), ends));
}

static void change_seat(void)
{
    if (tree->memberships && below(2))
        tree_end_membership(tree, tree->memberships->id);
    else
        seat(GROUP,
             below(2)   ? ROLE_LEAD
             : below(2) ? ROLE_CHAIR
                        : ROLE_SECRETARY,
             HOLDER_PERSON, some_person(), NULL);
}

static void nudge(const char *code, int32_t day)
{
    struct nudge row = {
        .id = 1, .seq_from = ++last_id, .account_id = 1, .date = date_from_day(day)};

    assert_int_equal(tree_put_nudge(tree, node_of(code)->id, &row), 0);
}

static void review_node(const char *code, int32_t day)
{
    struct review row = {
        .id = ++last_id, .date = date_from_day(day), .every = {.days = 20 + below(100)}};

    assert_int_equal(tree_put_review(tree, false, node_of(code)->id, &row), 0);
}

static void change_rule(void)
{
    static const struct reminder_setting settings[] = {
        {.off = true},
        {.has_working = true, .rule = {.working = true}},
        {.has_offsets = true, .rule = {.n_offsets = 3, .offsets = {20, 5, 2}}},
        {.has_every = true, .rule = {.every = 3}},
    };
    enum remind_rule rule = (enum remind_rule)below(REMIND_ESCALATION);

    if (below(2))
        tree_end_reminder_setting(tree, rule);
    else
        set_rule(rule, settings[below(4)]);
}

static void change_something(int32_t day)
{
    char today[DATE_TEXT_SIZE];

    date_format(date_from_day(day), today);
    switch (below(9)) {
    case 0:
        put_node(some_code(), day);
        break;
    case 1:
        change_role(some_code(), day);
        break;
    case 2:
        change_seat();
        break;
    case 3:
        close_node(some_code(), today, below(3) ? HOW_REOPENED : HOW_MISSED);
        break;
    case 4:
        nudge(some_code(), day);
        break;
    case 5:
        review_node(some_code(), day);
        break;
    case 6:
        change_rule();
        break;
    default:
        report(some_code(), today, below(90));
    }
}

static void build(int32_t day)
{
    set_period("2024", "2025");
    for (int i = 0; i < CODES; i++)
        put_node(codes[i], day);
    put_group(GROUP, NULL, "2025-01-31");
    aim(GROUP, "1.1");
    seat(GROUP, ROLE_LEAD, HOLDER_PERSON, ANNA, NULL);
    own("1", BO);
    own("d1", CARIN);
    make_manager(MAYA, 1);
}

/* --- what must hold of the ledger --- */

static bool same_series(const struct ledger_row *a, const struct ledger_row *b)
{
    return a->item == b->item && a->item_id == b->item_id && a->rule == b->rule &&
           a->version == b->version && a->recipient == b->recipient &&
           a->recipient_id == b->recipient_id;
}

/* Rows stand in the order in which they were written; the skipped ones behind those that are sent
 * on the same day. */
static void check_ledger(void)
{
    for (size_t i = 0; i < ledger.count; i++) {
        const struct ledger_row *row = &ledger.rows[i];

        for (size_t k = 0; k < i; k++) {
            const struct ledger_row *before = &ledger.rows[k];

            if (!same_series(row, before))
                continue;
            assert_int_not_equal(row->step, before->step);
            if (row->status != LEDGER_SKIPPED && row->rule != REMIND_NUDGE &&
                before->status != LEDGER_SKIPPED)
                assert_true(row->planned > before->planned);
        }
    }
}

static bool same_occurrence(const struct occurrence *a, const struct occurrence *b)
{
    return a->item == b->item && a->item_id == b->item_id && a->rule == b->rule &&
           a->version == b->version && a->step == b->step && a->recipient == b->recipient &&
           a->recipient_id == b->recipient_id;
}

static void check_run(const struct remind_results *results, int32_t day)
{
    const struct occurrence *due = results->due.items;

    for (size_t i = 0; i < results->due.count; i++) {
        assert_true(due[i].planned <= day);
        for (size_t k = 0; k < i; k++)
            assert_false(same_occurrence(&due[i], &due[k]));
    }
    for (size_t i = 0; i < results->n_open; i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(results->open[i].id, results->open[k].id);
    }
}

static size_t count_open(void)
{
    size_t count = 0;

    for (size_t i = 0; i < ledger.count; i++)
        count += ledger.rows[i].open;
    return count;
}

/* A run in which each mail may fail; all that is open must have been looked at. */
static void run_on(int32_t day, int32_t failures)
{
    struct reminders *run = run_reminders(day, 0);
    const struct remind_results *results = reminders_results(run);

    check_run(results, day);
    assert_int_equal(results->n_open, count_open());
    for (size_t i = 0; i < results->n_open; i++) {
        if (results->open[i].reason || below(100) >= failures)
            settle_row(results->open[i].id, results->open[i].reason, day);
    }
    for (size_t i = 0; i < results->due.count; i++) {
        bool fails = below(100) < failures;

        ledger_write(&results->due.items[i], fails ? LEDGER_FAILED : LEDGER_SENT, fails, day);
    }
    for (size_t i = 0; i < results->n_skipped; i++)
        ledger_write(&results->skipped[i].occurrence, LEDGER_SKIPPED, false, day);
    reminders_free(run);
}

static void live(int32_t first)
{
    for (int32_t day = first; day < first + DAYS; day++) {
        for (int32_t changes = below(3); changes-- > 0;)
            change_something(day);
        if (below(4) == 0)
            continue; /* cron did not come */
        run_on(day, 20);
        if (below(5) == 0)
            run_on(day, 0);
    }
    run_on(first + DAYS, 0);
    assert_int_equal(count_open(), 0);
    assert_string_equal(send("2025-02-24", false), "");
}

static void nothing_is_sent_twice_whatever_happens(void **state)
{
    size_t rows = 0;

    for (int i = 0; i < STRATEGIES; i++) {
        int32_t first = day_of("2025-02-24") - DAYS;

        seed = (uint32_t)i;
        build(first);
        live(first);
        check_ledger();
        rows += ledger.count;
        reminders_teardown(state);
        assert_int_equal(reminders_setup(state), 0);
    }
    assert_true(rows > (size_t)100 * STRATEGIES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REMINDERS_TEST(nothing_is_sent_twice_whatever_happens),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
