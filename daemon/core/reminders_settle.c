/*
 * What a rule says of an item, held against what the ledger knows of it: which step is due to whom,
 * which ones it takes the place of, and what becomes of those that are still open.
 */
#include "core/reminders_internal.h"

#include "core/array.h"

/* Of the steps that were missed before the newest, so many go into the ledger: where it knows of
 * none of the series, only the last few, so that a strategy that is imported years late does not
 * write its history. */
#define SKIPPED_MAX 60
#define SKIPPED_FIRST 5

/* --- results --- */

static struct occurrence occurrence_of(const struct matter *matter,
                                       const struct addressee *addressee, struct step step)
{
    const struct item *item = matter->item;

    return (struct occurrence){
        .item_id = item->id,
        .recipient_id = addressee->id,
        .node_id = item->node ? item->node->id : NODE_NONE,
        .via_id = addressee->via_id,
        .step = step.step,
        .item = item->kind,
        .rule = matter->rule,
        .why = addressee->why,
        .recipient = addressee->holder,
        .via = addressee->via,
        .version = matter->verdict.version,
        .planned = step.planned,
    };
}

int add_occurrence(struct occurrences *list, const struct matter *matter,
                   const struct addressee *addressee, struct step step)
{
    if (ARRAY_RESERVE(list->items, list->count) < 0)
        return -ENOMEM;
    list->items[list->count++] = occurrence_of(matter, addressee, step);
    return 0;
}

static int add_skipped(const struct matter *matter, const struct addressee *addressee,
                       struct step step)
{
    struct remind_results *results = &matter->run->results;

    if (ARRAY_RESERVE(results->skipped, results->n_skipped) < 0)
        return -ENOMEM;
    results->skipped[results->n_skipped++] =
        (struct skipped){occurrence_of(matter, addressee, step), SETTLE_NEWER};
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
        .why = row->why,
        .recipient = row->recipient,
        .version = row->version,
        .planned = row->planned,
    };
}

int add_open(struct remind_results *results, const struct ledger_row *row, const struct item *item,
             const struct addressee *way, enum settle_reason reason)
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

/* --- open rows --- */

const struct addressee *find_addressee(const struct addressees *list, const struct ledger_row *row)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].holder == row->recipient && list->items[i].id == row->recipient_id)
            return &list->items[i];
    }
    return NULL;
}

/* Why the row is of another version: it was heard of the item since, if that is what moves it. */
static enum settle_reason judge_moved(const struct verdict *verdict, const struct ledger_row *row)
{
    if (verdict->heard == DAY_NONE)
        return SETTLE_MOVED;
    if (verdict->heard > row->version)
        return SETTLE_UPDATED;
    if (verdict->early == 0) /* an escalation: it began on the day when it was heard of last */
        return SETTLE_MOVED;
    return verdict->heard >= row->version - verdict->early ? SETTLE_EARLY : SETTLE_MOVED;
}

enum settle_reason judge_row(const struct matter *matter, const struct ledger_row *row,
                             const struct addressee *way)
{
    const struct verdict *verdict = &matter->verdict;
    int64_t seq = verdict->series.seq;

    if (verdict->silent)
        return verdict->silent == SETTLE_MOVED ? judge_moved(verdict, row) : verdict->silent;
    if (seq && row->step != seq)
        return SETTLE_NEWER;
    if (row->version != verdict->version)
        return judge_moved(verdict, row);
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
        const struct addressee *way = find_addressee(&run->recipients, row);

        if (row->open)
            r = add_open(&run->results, row, matter->item, way, judge_row(matter, row, way));
    }
    return r;
}

static bool has_open(struct ledger_range rows)
{
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i].open)
            return true;
    }
    return false;
}

/* --- what is due, and to come --- */

static bool has_step(struct ledger_range rows, int64_t step)
{
    for (size_t i = 0; i < rows.count; i++) {
        if (rows.rows[i].step == step)
            return true;
    }
    return false;
}

/* The steps before the newest that are planned after all that the ledger knows and that nothing
 * answers. */
static int skip_older(const struct matter *matter, const struct addressee *addressee,
                      struct ledger_range rows)
{
    const struct verdict *verdict = &matter->verdict;
    int32_t known = rows.count ? rows.rows[rows.count - 1].planned : DAY_NONE;
    uint32_t most = rows.count ? SKIPPED_MAX : SKIPPED_FIRST;
    uint32_t end = matter->planned > most ? matter->planned - 1 - most : 0;
    struct step step;
    int r = 0;

    for (uint32_t i = matter->planned - 1; r == 0 && i-- > end;) {
        if (!series_step(&verdict->series, i, &step) || step.planned <= known ||
            step.planned <= verdict->answered)
            break;
        if (!has_step(rows, step.step))
            r = add_skipped(matter, addressee, step);
    }
    return r;
}

/* Does the ledger have the newest step, or one that was planned as late? Two nudges may be of one
 * day. */
static bool is_known(const struct matter *matter, struct ledger_range rows)
{
    if (has_step(rows, matter->newest.step))
        return true;
    return rows.count > 0 && !matter->verdict.series.seq &&
           rows.rows[rows.count - 1].planned >= matter->newest.planned;
}

static int settle_addressee(const struct matter *matter, const struct addressee *addressee)
{
    struct ledger_range rows =
        ledger_to(matter->rows, addressee->holder, addressee->id, matter->verdict.version);
    int r;

    if (matter->newest.planned <= matter->verdict.answered || is_known(matter, rows))
        return 0;
    r = add_occurrence(&matter->run->results.due, matter, addressee, matter->newest);
    return r == 0 ? skip_older(matter, addressee, rows) : r;
}

/* All that is planned up to the day it is about, and the first after it. */
static int add_to_come(const struct matter *matter, const struct addressee *addressee)
{
    const struct series *series = &matter->verdict.series;
    int64_t last = (int64_t)matter->view->day + matter->run->ahead;
    struct step step;
    int r = 0;

    for (uint32_t i = matter->planned;
         r == 0 && series_step(series, i, &step) && step.planned <= last; i++) {
        r = add_occurrence(&matter->run->results.to_come, matter, addressee, step);
        if (i >= series->rule->n_offsets)
            break;
    }
    return r;
}

static int settle_series(struct matter *matter)
{
    struct reminders *run = matter->run;
    int r;

    matter->planned = series_count(&matter->verdict.series, matter->view->day);
    if (matter->planned > 0)
        (void)series_step(&matter->verdict.series, matter->planned - 1, &matter->newest);
    if (matter->planned == 0 && run->ahead == 0 && !has_open(matter->rows))
        return 0;
    r = recipients_of(&run->book, matter->view, matter->item, matter->rule, 0, &run->recipients);
    for (size_t i = 0; r == 0 && i < run->recipients.count; i++) {
        if (matter->planned > 0)
            r = settle_addressee(matter, &run->recipients.items[i]);
        if (r == 0 && run->ahead > 0)
            r = add_to_come(matter, &run->recipients.items[i]);
    }
    return r;
}

int settle(struct reminders *run, const struct remind_view *view, const struct item *item,
           enum remind_rule rule, const struct verdict *verdict, struct ledger_range rows)
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
