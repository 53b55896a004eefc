/*
 * Builds small strategies with people for the tests of the reminders, runs them on a day, and
 * writes what came of it as text, a line an occurrence in a fixed order:
 *
 *     due 1 owner person 201 step 7 of 2024-06-30 planned 2024-06-23
 */
#ifndef GOALD_TESTS_REMINDERS_BUILDER_H
#define GOALD_TESTS_REMINDERS_BUILDER_H

#include "core_builder.h"

#include "core/registry.h"
#include "core/reminders.h"
#include "core/rights.h"

#include <stdio.h>
#include <stdlib.h>

enum { ANNA = 201, BO = 202, CARIN = 203, DAG = 204, MAYA = 209, SILENT = 210 };
enum { AGENCY = 101, OFFICE = 102 };
enum { GROUP = 301, OTHER_GROUP = 302 };

static struct registry *registry;
static struct ledger ledger;
static const struct workdays *workdays;

static UNUSED void put_person(int64_t id, bool address)
{
    char key[2] = {(char)('a' + id - 200), 0};

    assert_int_equal(registry_put_person(registry, id, key, NULL), 0);
    if (address)
        registry_put_contact(registry, id, CONTACT_EMAIL, 1000 + id);
}

static UNUSED void put_organisation(int64_t id, const char *mailbox)
{
    char key[2] = {(char)('a' + id - 100), 0};
    struct organisation row = {.id = id, .key = key, .mailbox = (char *)mailbox};

    assert_int_equal(registry_put_organisation(registry, &row), 0);
}

static UNUSED void report_for(int64_t person, int64_t organisation)
{
    struct affiliation row = {
        .id = ++last_id, .person_id = person, .organisation_id = organisation, .reporter = true};

    assert_int_equal(registry_put_affiliation(registry, &row), 0);
}

static UNUSED void make_manager(int64_t person, int32_t strategy_id)
{
    struct account account = {
        .id = ++last_id, .uid = 1000 + last_id, .person_id = person, .realm = (char *)"r"};
    struct grant grant = {.id = ++last_id,
                          .account_id = account.id,
                          .strategy_id = strategy_id,
                          .role = RIGHT_ROLE_MANAGER};

    assert_int_equal(registry_put_account(registry, &account), 0);
    assert_int_equal(registry_put_grant(registry, &grant), 0);
}

static UNUSED void put_group(int64_t id, const char *mailbox, const char *ends)
{
    char key[2] = {(char)('a' + id - 300), 0};
    struct group row = {.id = id, .key = key, .mailbox = (char *)mailbox, .term_to = date_of(ends)};

    assert_int_equal(tree_put_group(tree, &row), 0);
}

static UNUSED int64_t seat(int64_t group_id, enum role role, enum holder holder, int64_t member,
                           const char *ends)
{
    struct membership row = {.id = ++last_id,
                             .group_id = group_id,
                             .member_id = member,
                             .holder = holder,
                             .role = role,
                             .to = date_of(ends)};

    assert_int_equal(tree_put_membership(tree, &row), 0);
    return row.id;
}

static UNUSED void aim(int64_t group_id, const char *code)
{
    assert_int_equal(tree_put_aim(tree, ++last_id, group_id, node_of(code)->id), 0);
}

static UNUSED int64_t assign(const char *code, enum role role, enum holder holder, int64_t id,
                             const char *ends)
{
    struct assignment row = {
        .id = ++last_id, .holder_id = id, .holder = holder, .role = role, .to = date_of(ends)};

    assert_int_equal(tree_put_assignment(tree, node_of(code)->id, &row), 0);
    return row.id;
}

static UNUSED void own(const char *code, int64_t person)
{
    assign(code, ROLE_OWNER, HOLDER_PERSON, person, NULL);
}

static UNUSED void set_rule(enum remind_rule rule, struct reminder_setting setting)
{
    setting.id = ++last_id;
    tree_put_reminder_setting(tree, rule, &setting);
}

/* Switches all other rules off. (A nudge is only where there is one.) */
static UNUSED void only(enum remind_rule rule)
{
    for (int other = 0; other < REMIND_NUDGE; other++) {
        if (other != (int)rule)
            set_rule((enum remind_rule)other, (struct reminder_setting){.off = true});
    }
}

static bool superseded; /* a later edition of the strategy is in force */

static int reminders_setup(void **state)
{
    static const struct workdays week = {.of = WORKDAYS_WEEK};

    workdays = &week;
    if (builder_setup(state) < 0 || registry_new(&registry) < 0)
        return -1;
    last_id = 1000;
    superseded = false;
    for (int64_t id = ANNA; id <= MAYA; id++)
        put_person(id, true);
    put_person(SILENT, false);
    return 0;
}

static int reminders_teardown(void **state)
{
    ledger_done(&ledger);
    registry_free(registry);
    return builder_teardown(state);
}

#define REMINDERS_TEST(name)                                                                       \
    cmocka_unit_test_setup_teardown(name, reminders_setup, reminders_teardown)

/* --- a run, and what came of it --- */

static UNUSED const char *day_text(int32_t day)
{
    static char texts[8][DATE_TEXT_SIZE];
    static unsigned next;

    return date_format(date_from_day(day), texts[next++ % 8]);
}

static int write_occurrence(char *line, size_t size, const char *what, const struct occurrence *o)
{
    const struct node *node = o->node_id == NODE_NONE ? NULL : tree_node(tree, o->node_id);
    char item[64];

    if (o->item == ITEM_NODE)
        snprintf(item, sizeof(item), "%s", node && node->code ? node->code : "-");
    else
        snprintf(item, sizeof(item), "%s %lld", remind_item_names[o->item], (long long)o->item_id);
    return snprintf(line, size, "%s %s %s %s %s %lld step %lld of %s planned %s", what, item,
                    remind_rule_names[o->rule], remind_why_names[o->why],
                    holder_names[o->recipient], (long long)o->recipient_id, (long long)o->step,
                    day_text(o->version), day_text(o->planned));
}

#define LINE 160
static char lines[400][LINE];
static size_t n_lines;

static int compare_lines(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void add_line(const char *what, const struct occurrence *o, const char *end)
{
    int n = write_occurrence(lines[n_lines], LINE, what, o);

    assert_true(n_lines < 400 && n > 0 && n < LINE);
    snprintf(lines[n_lines++] + n, LINE - (size_t)n, "%s%s", *end ? " " : "", end);
}

/* What is due and skipped becomes rows of the ledger as a run without trouble would write them. */
static UNUSED void ledger_write(const struct occurrence *o, enum ledger_status status, bool open,
                                int32_t day)
{
    struct ledger_row row = {.id = ++last_id,
                             .item_id = o->item_id,
                             .recipient_id = o->recipient_id,
                             .step = o->step,
                             .item = o->item,
                             .rule = o->rule,
                             .recipient = o->recipient,
                             .why = o->why,
                             .version = o->version,
                             .planned = o->planned,
                             .changed = day,
                             .status = status,
                             .open = open};

    assert_int_equal(ledger_add(&ledger, &row), 0);
}

static struct ledger ledger_copy(void)
{
    struct ledger copy = {0};

    for (size_t i = 0; i < ledger.count; i++)
        assert_int_equal(ledger_add(&copy, &ledger.rows[i]), 0);
    return copy;
}

static struct reminders *run_reminders(int32_t day, int32_t ahead)
{
    struct remind_view view = {registry, tree, workdays, day, superseded};
    struct ledger rows = ledger_copy();
    struct reminders *run;
    int r;

    assert_int_equal(reminders_begin(&view, &rows, ahead, &run), 0);
    do
        r = reminders_some(run, &view, 2);
    while (r == 1);
    assert_int_equal(r, 0);
    return run;
}

static const char *text_of_lines(void)
{
    static char text[sizeof(lines)];

    qsort(lines, n_lines, LINE, compare_lines);
    text[0] = 0;
    for (size_t i = 0; i < n_lines; i++)
        strcat(strcat(text, i ? "\n" : ""), lines[i]);
    return text;
}

/* All that a day's run finds; the ledger stays as it is. */
static UNUSED const char *look(const char *date, int32_t ahead)
{
    struct reminders *run = run_reminders(day_of(date), ahead);
    const struct remind_results *results = reminders_results(run);

    n_lines = 0;
    for (size_t i = 0; i < results->due.count; i++)
        add_line("due", &results->due.items[i], "");
    for (size_t i = 0; i < results->n_skipped; i++)
        add_line("skip", &results->skipped[i].occurrence,
                 settle_reason_names[results->skipped[i].reason]);
    for (size_t i = 0; i < results->n_open; i++)
        add_line("open", &results->open[i].occurrence,
                 settle_reason_names[results->open[i].reason]);
    for (size_t i = 0; i < results->to_come.count; i++)
        add_line("to come", &results->to_come.items[i], "");
    reminders_free(run);
    return text_of_lines();
}

static void settle_row(int64_t id, enum settle_reason reason, int32_t day)
{
    for (size_t i = 0; i < ledger.count; i++) {
        if (ledger.rows[i].id != id)
            continue;
        ledger.rows[i].status = reason ? LEDGER_SKIPPED : LEDGER_SENT;
        ledger.rows[i].open = false;
        ledger.rows[i].changed = day;
    }
}

/* A run whose mails all arrive (or all fail): what was due, and what was still open, is returned.
 */
static UNUSED const char *send(const char *date, bool fail)
{
    int32_t day = day_of(date);
    struct reminders *run = run_reminders(day, 0);
    const struct remind_results *results = reminders_results(run);

    n_lines = 0;
    for (size_t i = 0; i < results->due.count; i++) {
        add_line("due", &results->due.items[i], "");
        ledger_write(&results->due.items[i], fail ? LEDGER_FAILED : LEDGER_SENT, fail, day);
    }
    for (size_t i = 0; i < results->n_skipped; i++)
        ledger_write(&results->skipped[i].occurrence, LEDGER_SKIPPED, false, day);
    for (size_t i = 0; i < results->n_open; i++) {
        add_line("open", &results->open[i].occurrence,
                 settle_reason_names[results->open[i].reason]);
        if (results->open[i].reason || !fail)
            settle_row(results->open[i].id, results->open[i].reason, day);
    }
    reminders_free(run);
    return text_of_lines();
}

#endif
