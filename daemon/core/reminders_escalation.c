/*
 * Escalations: overdue without an update, somebody further up is told, step by step. A step is
 * planned its grace after the one before it was settled, so it is the ledger that says where an
 * escalation stands. Who nobody is to be told passes at once.
 */
#include "core/reminders_internal.h"

/* What an escalation stands at, while its steps are gone through. */
struct stair {
    struct matter matter;
    int64_t last_known; /* the highest step in the ledger of this version; 0: none */
    int64_t due;        /* the step that is due or open on the day; 0: none is yet */
    int32_t base;       /* the next step's grace begins after that day */
};

static bool is_of_step(const struct stair *stair, const struct ledger_row *row, int64_t step)
{
    return row->version == stair->matter.verdict.version && row->step == step;
}

/* The first day on which one of its rows was settled, be it sent, skipped or given up; DAY_NONE:
 * none was. */
static int32_t settled_on(const struct stair *stair, int64_t step)
{
    int32_t day = DAY_NONE;

    for (size_t i = 0; i < stair->matter.rows.count; i++) {
        const struct ledger_row *row = &stair->matter.rows.rows[i];

        if (is_of_step(stair, row, step) && !row->open && row->status != LEDGER_CLAIMED &&
            (day == DAY_NONE || row->changed < day))
            day = row->changed;
    }
    return day;
}

static bool in_ledger(const struct stair *stair, int64_t step, const struct addressee *addressee)
{
    for (size_t i = 0; i < stair->matter.rows.count; i++) {
        const struct ledger_row *row = &stair->matter.rows.rows[i];

        if (is_of_step(stair, row, step) && row->recipient == addressee->holder &&
            row->recipient_id == addressee->id)
            return true;
    }
    return false;
}

static int find_recipients(struct stair *stair, int64_t step)
{
    struct reminders *run = stair->matter.run;

    run->recipients.count = 0;
    return recipients_of(&run->book, stair->matter.view, stair->matter.item, REMIND_ESCALATION,
                         step, &run->recipients);
}

/* The step at which the escalation stands: its recipients were found. */
static int stand(struct stair *stair, struct step step)
{
    const struct matter *matter = &stair->matter;
    struct remind_results *results = &matter->run->results;
    bool due = step.planned <= matter->view->day;
    int r = 0;

    if (due)
        stair->due = step.step;
    else if (step.planned > (int64_t)matter->view->day + matter->run->ahead)
        return 0;
    for (size_t i = 0; r == 0 && i < matter->run->recipients.count; i++) {
        const struct addressee *addressee = &matter->run->recipients.items[i];

        if (!in_ledger(stair, step.step, addressee))
            r = add_occurrence(due ? &results->due : &results->to_come, matter, addressee, step);
    }
    return r;
}

/* Of a step's recipients some may have been told and others not: a run has a limit. They are told
 * until the next step's turn (of the last step: for as long as its own grace), if they are so
 * beside one who was told, and not in the place of that one. */
static int tell_rest(struct stair *stair, struct step step, int32_t settled)
{
    const struct matter *matter = &stair->matter;
    const struct reminder_rule *rule = &matter->run->rules[REMIND_ESCALATION];
    uint32_t next =
        (uint32_t)step.step < rule->n_offsets ? (uint32_t)step.step : (uint32_t)step.step - 1;
    bool beside = false;
    int r;

    if (matter->view->day >= days_after(rule, matter->view->workdays, settled, rule->offsets[next]))
        return 0;
    r = find_recipients(stair, step.step);
    for (size_t i = 0; r == 0 && i < matter->run->recipients.count; i++)
        beside |= in_ledger(stair, step.step, &matter->run->recipients.items[i]);
    return r == 0 && beside ? stand(stair, step) : r;
}

/* 1: it stands there; 0: it has passed that step. */
static int climb(struct stair *stair, int64_t number)
{
    const struct reminder_rule *rule = &stair->matter.run->rules[REMIND_ESCALATION];
    struct step step = {number, days_after(rule, stair->matter.view->workdays, stair->base,
                                           rule->offsets[number - 1])};
    int32_t settled = settled_on(stair, number);
    int r;

    if (settled != DAY_NONE || number < stair->last_known) {
        stair->base = settled != DAY_NONE ? settled : step.planned;
        return number < stair->last_known ? 0 : tell_rest(stair, step, settled);
    }
    r = find_recipients(stair, number);
    if (r == 0 && (number == stair->last_known || stair->matter.run->recipients.count > 0)) {
        r = stand(stair, step);
        return r < 0 ? r : 1;
    }
    stair->base = step.planned;
    return r;
}

static int climb_all(struct stair *stair)
{
    const struct reminder_rule *rule = &stair->matter.run->rules[REMIND_ESCALATION];
    int r = 0;

    for (size_t i = 0; i < stair->matter.rows.count; i++) {
        const struct ledger_row *row = &stair->matter.rows.rows[i];

        if (row->version == stair->matter.verdict.version && row->step > stair->last_known)
            stair->last_known = row->step;
    }
    for (uint32_t i = 1; r == 0 && i <= rule->n_offsets && i <= REMINDER_GRACES; i++)
        r = climb(stair, i);
    return r < 0 ? r : 0;
}

/* An open row is held against those whom its own step speaks to. */
static int settle_open(struct stair *stair)
{
    struct matter *matter = &stair->matter;
    int r = 0;

    for (size_t i = 0; r == 0 && i < matter->rows.count; i++) {
        const struct ledger_row *row = &matter->rows.rows[i];
        const struct addressee *way = NULL;
        enum settle_reason reason;

        if (!row->open)
            continue;
        if (!matter->verdict.silent) {
            r = find_recipients(stair, row->step);
            way = find_addressee(&matter->run->recipients, row);
        }
        reason = judge_row(matter, row, way);
        if (!reason && row->step < stair->due)
            reason = SETTLE_NEWER;
        if (r == 0)
            r = add_open(&matter->run->results, row, matter->item, way, reason);
    }
    return r;
}

static struct verdict verdict_of(const struct reminders *run, const struct remind_view *view,
                                 const struct node *node, bool open)
{
    struct verdict verdict = verdict_silent(SETTLE_NOT);
    int32_t due;

    if (run->rules[REMIND_ESCALATION].off)
        return verdict_silent(SETTLE_RULE_OFF);
    if (!open)
        return verdict_silent(SETTLE_CLOSED);
    if (is_superseded(view, REMIND_ESCALATION))
        return verdict_silent(SETTLE_SUPERSEDED);
    verdict.heard = last_report(node, view->day);
    if (node->result.schedule != SCHEDULE_OVERDUE) {
        verdict.silent = SETTLE_MOVED;
        return verdict;
    }
    due = date_last_day(rules_due(node));
    verdict.version = verdict.heard > due ? verdict.heard : due;
    return verdict;
}

int settle_escalation(struct reminders *run, const struct remind_view *view,
                      const struct item *item, bool open, struct ledger_range rows)
{
    struct stair stair = {.matter = {.run = run,
                                     .view = view,
                                     .item = item,
                                     .rule = REMIND_ESCALATION,
                                     .verdict = verdict_of(run, view, item->node, open),
                                     .rows = ledger_by_rule(rows, REMIND_ESCALATION)}};
    int r = 0;

    if (stair.matter.verdict.silent && stair.matter.rows.count == 0)
        return 0;
    stair.base = stair.matter.verdict.version;
    if (!stair.matter.verdict.silent)
        r = climb_all(&stair);
    return r == 0 ? settle_open(&stair) : r;
}
