/*
 * A run: every item is asked of every rule, and what the rule says is settled against the ledger.
 * See reminders.h and, for what the parts do, reminders_internal.h.
 */
#include "core/reminders_internal.h"

#include <stdlib.h>

#include "core/array.h"
#include "core/lacks.h"
#include "core/rules.h"

const char *const settle_reason_names[] = {
    [SETTLE_NOT] = "",
    [SETTLE_NEWER] = "newer",
    [SETTLE_CLOSED] = "closed",
    [SETTLE_UPDATED] = "updated",
    [SETTLE_EARLY] = "early",
    [SETTLE_MOVED] = "moved",
    [SETTLE_OVERDUE] = "overdue",
    [SETTLE_ENDED] = "ended",
    [SETTLE_NOT_ADDRESSED] = "not_addressed",
    [SETTLE_RULE_OFF] = "rule_off",
    [SETTLE_GONE] = "gone",
    NULL,
};

/* Of a rule's steps that were missed before the newest, so many go into the ledger: a strategy that
 * is imported years late does not write its history. */
#define SKIPPED_MAX 60

int reminders_begin(const struct remind_view *view, struct ledger *ledger, int32_t ahead,
                    struct reminders **ret_run)
{
    struct reminders *run = calloc(1, sizeof(*run));

    if (!run || address_book_init(view->registry, view->tree, view->day, &run->book) < 0) {
        free(run);
        return -ENOMEM;
    }
    for (int rule = 0; rule < REMIND_RULES; rule++)
        run->rules[rule] = tree_reminder_rule(view->tree, (enum remind_rule)rule);
    run->ahead = ahead;
    run->seq = view->tree->seq;
    run->birth = view->tree->birth;
    run->ledger = *ledger;
    *ledger = (struct ledger){0};
    ledger_order(&run->ledger);
    walk_begin(&run->walk, view->tree->root, UINT32_MAX);
    *ret_run = run;
    return 0;
}

void reminders_free(struct reminders *run)
{
    if (!run)
        return;
    free(run->results.due.items);
    free(run->results.to_come.items);
    free(run->results.skipped);
    free(run->results.open);
    free(run->recipients.items);
    ledger_done(&run->ledger);
    address_book_done(&run->book);
    walk_done(&run->walk);
    free(run);
}

const struct remind_results *reminders_results(const struct reminders *run)
{
    return &run->results;
}

/* --- results --- */

static int add_occurrence(struct occurrences *list, const struct occurrence *occurrence)
{
    if (ARRAY_RESERVE(list->items, list->count) < 0)
        return -ENOMEM;
    list->items[list->count++] = *occurrence;
    return 0;
}

static int add_skipped(struct remind_results *results, const struct occurrence *occurrence,
                       enum settle_reason reason)
{
    if (ARRAY_RESERVE(results->skipped, results->n_skipped) < 0)
        return -ENOMEM;
    results->skipped[results->n_skipped++] = (struct skipped){*occurrence, reason};
    return 0;
}

static struct occurrence occurrence_of_row(const struct ledger_row *row)
{
    return (struct occurrence){
        .item_id = row->item_id,
        .recipient_id = row->recipient_id,
        .node_id = row->item == ITEM_NODE ? row->item_id : NODE_NONE,
        .step = row->step,
        .item = row->item,
        .rule = row->rule,
        .recipient = row->recipient,
        .version = row->version,
        .planned = row->planned,
    };
}

/* `way`: of who gets it, if it is still to be sent. */
static int add_open(struct remind_results *results, const struct ledger_row *row,
                    const struct item *item, const struct addressee *way, enum settle_reason reason)
{
    struct open_row open = {row->id, occurrence_of_row(row), reason};

    if (ARRAY_RESERVE(results->open, results->n_open) < 0)
        return -ENOMEM;
    if (item && item->node)
        open.occurrence.node_id = item->node->id;
    if (way) {
        open.occurrence.why = way->why;
        open.occurrence.via = way->via;
        open.occurrence.via_id = way->via_id;
    }
    results->open[results->n_open++] = open;
    return 0;
}

/* --- what a rule says of an item, against the ledger --- */

/* What is being settled. */
struct matter {
    struct reminders *run;
    const struct remind_view *view;
    const struct item *item;
    enum remind_rule rule;
    struct verdict verdict;
    struct ledger_range rows; /* of this rule and item */
    uint32_t planned;         /* how many steps of the series are, up to the day */
    struct step newest;       /* the last of them, if there is one */
};

static bool has_open(struct ledger_range rows)
{
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i].open)
            return true;
    }
    return false;
}

static const struct addressee *find_recipient(const struct addressees *list,
                                              const struct ledger_row *row)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].holder == row->recipient && list->items[i].id == row->recipient_id)
            return &list->items[i];
    }
    return NULL;
}

static enum settle_reason judge_row(const struct matter *matter, const struct ledger_row *row,
                                    const struct addressee *way)
{
    const struct verdict *verdict = &matter->verdict;

    if (verdict->silent)
        return verdict->silent;
    if (row->version != verdict->version)
        return SETTLE_MOVED;
    if (row->planned <= verdict->answered)
        return SETTLE_UPDATED;
    if (!way)
        return SETTLE_NOT_ADDRESSED;
    if (matter->planned > 0 && row->step != matter->newest.step &&
        row->planned < matter->newest.planned)
        return SETTLE_NEWER;
    return SETTLE_NOT;
}

static int settle_open(struct matter *matter)
{
    struct reminders *run = matter->run;
    int r = 0;

    for (size_t i = 0; r == 0 && i < matter->rows.count; i++) {
        const struct ledger_row *row = &matter->rows.rows[i];
        const struct addressee *way = find_recipient(&run->recipients, row);

        if (row->open)
            r = add_open(&run->results, row, matter->item, way, judge_row(matter, row, way));
    }
    return r;
}

static struct occurrence occurrence_of(const struct matter *matter,
                                       const struct addressee *recipient, struct step step)
{
    return (struct occurrence){
        .item_id = matter->item->id,
        .recipient_id = recipient->id,
        .node_id = matter->item->node ? matter->item->node->id : NODE_NONE,
        .via_id = recipient->via_id,
        .step = step.step,
        .item = matter->item->kind,
        .rule = matter->rule,
        .why = recipient->why,
        .recipient = recipient->holder,
        .via = recipient->via,
        .version = matter->verdict.version,
        .planned = step.planned,
    };
}

static bool has_step(struct ledger_range rows, int64_t step)
{
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i].step == step)
            return true;
    }
    return false;
}

/* The steps before the newest that the ledger does not know and nothing answers. */
static int skip_older(const struct matter *matter, const struct addressee *recipient,
                      struct ledger_range rows, int32_t known)
{
    int r = 0, skipped = 0;
    struct step step;

    for (uint32_t i = matter->planned - 1; r == 0 && i-- > 0 && skipped < SKIPPED_MAX; skipped++) {
        if (!series_step(&matter->verdict.series, i, &step) || step.planned <= known ||
            step.planned <= matter->verdict.answered)
            break;
        if (has_step(rows, step.step))
            continue;

        struct occurrence occurrence = occurrence_of(matter, recipient, step);
        r = add_skipped(&matter->run->results, &occurrence, SETTLE_NEWER);
    }
    return r;
}

/* The newest step is due unless the ledger has it, or one that was planned as late. */
static int settle_recipient(const struct matter *matter, const struct addressee *recipient)
{
    struct ledger_range rows =
        ledger_to(matter->rows, recipient->holder, recipient->id, matter->verdict.version);
    int32_t known = rows.count ? rows.rows[rows.count - 1].planned : DAY_NONE;
    struct occurrence occurrence;
    int r;

    if (matter->newest.planned <= matter->verdict.answered ||
        (rows.count > 0 && known >= matter->newest.planned) || has_step(rows, matter->newest.step))
        return 0;
    occurrence = occurrence_of(matter, recipient, matter->newest);
    r = add_occurrence(&matter->run->results.due, &occurrence);
    return r == 0 ? skip_older(matter, recipient, rows, known) : r;
}

/* All that is planned before the day it is about, and the first after it. */
static int add_to_come(const struct matter *matter, const struct addressee *recipient)
{
    const struct series *series = &matter->verdict.series;
    int32_t last = matter->view->day + matter->run->ahead;
    struct step step;
    int r = 0;

    for (uint32_t i = matter->planned; r == 0 && series_step(series, i, &step); i++) {
        struct occurrence occurrence = occurrence_of(matter, recipient, step);

        if (step.planned > last)
            break;
        r = add_occurrence(&matter->run->results.to_come, &occurrence);
        if (i >= series->rule->n_offsets)
            break;
    }
    return r;
}

static int find_recipients(struct matter *matter)
{
    struct reminders *run = matter->run;

    run->recipients.count = 0;
    return recipients_of_node(&run->book, matter->view, matter->item->node, &run->recipients);
}

static int settle_series(struct matter *matter)
{
    const struct series *series = &matter->verdict.series;
    const struct addressees *list = &matter->run->recipients;
    int r;

    matter->planned = series_count(series, matter->view->day);
    if (matter->planned > 0)
        (void)series_step(series, matter->planned - 1, &matter->newest);
    if (matter->planned == 0 && matter->run->ahead == 0 && !has_open(matter->rows))
        return 0;
    r = find_recipients(matter);
    for (size_t i = 0; r == 0 && i < list->count; i++) {
        if (matter->planned > 0)
            r = settle_recipient(matter, &list->items[i]);
        if (r == 0 && matter->run->ahead > 0)
            r = add_to_come(matter, &list->items[i]);
    }
    return r;
}

static int settle_rule(struct reminders *run, const struct remind_view *view,
                       const struct item *item, enum remind_rule rule,
                       const struct verdict *verdict, struct ledger_range rows)
{
    struct matter matter = {.run = run,
                            .view = view,
                            .item = item,
                            .rule = rule,
                            .verdict = *verdict,
                            .rows = ledger_by_rule(rows, rule)};
    int r = 0;

    run->recipients.count = 0;
    if (run->rules[rule].off)
        matter.verdict = verdict_silent(SETTLE_RULE_OFF);
    if (!matter.verdict.silent)
        r = settle_series(&matter);
    return r == 0 ? settle_open(&matter) : r;
}

/* --- the items --- */

static int visit_node(struct reminders *run, const struct remind_view *view, struct node *node)
{
    const struct item item = {ITEM_NODE, node->id, node};
    struct ledger_range rows = ledger_items(&run->ledger, ITEM_NODE, node->id);
    bool open = result_is_open(rules_result(view->tree, node, view->day));
    struct verdict verdict = open ? verdict_of_due(run, view, node) : verdict_silent(SETTLE_CLOSED);

    if (verdict.silent && rows.count == 0)
        return 0;
    return settle_rule(run, view, &item, REMIND_DUE, &verdict, rows);
}

/* What no item was met for is gone, unless the tree changed and it was missed. */
static int settle_unseen(struct reminders *run, const struct remind_view *view)
{
    int r = 0;

    if (view->tree->birth != run->birth || view->tree->seq != run->seq)
        return 0;
    for (size_t i = 0; r == 0 && i < run->ledger.count; i++) {
        const struct ledger_row *row = &run->ledger.rows[i];

        if (row->open && !row->seen)
            r = add_open(&run->results, row, NULL, NULL, SETTLE_GONE);
    }
    return r;
}

int reminders_some(struct reminders *run, const struct remind_view *view, size_t nodes)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < nodes; i++) {
        struct node *node = walk_next(&run->walk, view->tree);

        if (!node)
            return run->walk.failed ? -ENOMEM : settle_unseen(run, view);
        r = visit_node(run, view, node);
    }
    return r < 0 ? r : 1;
}
