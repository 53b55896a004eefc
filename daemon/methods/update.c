/*
 * SubmitUpdate: a working group's progress on a node. The form is checked on arrival, the rest in
 * submission_plan() against the tree that the batch is validated with.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/rules.h"
#include "db/tables.h"
#include "methods/check.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"
#include "methods/update.h"

/* Begins with the change, so that the store's pointer is the submission's. */
struct submission {
    struct change change;
    struct call *call; /* parked */
    int64_t node_id;
    struct report report;
    bool draft, by_manager;
    char *code;            /* as asked for, to say what is no longer there */
    struct writer payload; /* the row's members behind those that identify it */
    struct refusal refusal;
    bool node_gone, no_update;
};

static void submission_free(struct submission *submission)
{
    writer_done(&submission->payload);
    free(submission->code);
    free(submission);
}

static void submission_freep(struct submission **submission)
{
    if (*submission)
        submission_free(*submission);
}

static int check_percent(const struct report *report, const struct node *node,
                         struct refusal *refusal)
{
    const struct closing *closing;
    char text[DATE_TEXT_SIZE];

    if (isnan(report->percent))
        return 0;
    closing = rules_closing(node, date_last_day(report->date));
    if (!closing || date_last_day(closing->date) >= date_last_day(report->date))
        return 0;
    return refuse(refusal, "percent",
                  "%s was closed as %s on %s; it can be reported on once a manager has reopened it",
                  node->code, how_names[closing->how], date_format(closing->date, text));
}

static int check_supersedes(const struct report *report, const struct node *node,
                            struct refusal *refusal)
{
    const struct update *old;

    if (report->supersedes == 0)
        return 0;
    old = node_update(node, report->supersedes);
    if (!old)
        return -ENOENT;
    if (old->superseded_by)
        return refuse(refusal, "supersedes",
                      "update %" PRId64 " was corrected already, by %" PRId64, old->id,
                      old->superseded_by);
    return 0;
}

int report_check(const struct report *report, const struct node *node, int32_t today,
                 struct refusal *refusal)
{
    int r = 0;

    if (date_last_day(report->date) > today + 1)
        r = refuse(refusal, "date", "is more than a day ahead");
    if (r == 0)
        r = check_percent(report, node, refusal);
    return r == 0 ? check_supersedes(report, node, refusal) : r;
}

bool report_waits(const struct tree *tree, bool by_manager)
{
    return tree->strategy.acceptance && !by_manager;
}

int report_put(const struct plan *plan, const struct table *table, const struct writer *members,
               bool waits, int64_t account)
{
    int64_t id = entries_next_seq(plan->strategy);
    char *text;

    if (asprintf(&text, "{\"id\":%" PRId64 ",\"key\":null,%.*s%s}", id, (int)members->buffer.len,
                 buffer_bytes(&members->buffer), waits ? ",\"waits\":true" : "") < 0)
        return -ENOMEM;
    return entries_put_text(plan->strategy, table, id, text, account);
}

static int put_row(const struct submission *submission, const struct plan *plan)
{
    const struct table *table = table_of(submission->draft ? "draft" : "update");
    bool waits = !submission->draft && report_waits(plan->slot->tree, submission->by_manager);

    return report_put(plan, table, &submission->payload, waits, submission->change.account);
}

static int submission_plan(struct change *change, struct plan *plan)
{
    struct submission *submission = (struct submission *)change;
    const struct node *node = tree_node(plan->slot->tree, submission->node_id);
    int r;

    submission->node_gone = !node;
    if (!node)
        return -ENOENT;
    r = report_check(&submission->report, node, slot_today(change->slot), &submission->refusal);
    submission->no_update = r == -ENOENT;
    return r < 0 ? r : put_row(submission, plan);
}

/* How many parts made the progress. */
static json_int_t source_count(const struct request *request, const struct result *result)
{
    AUTO(free_ptr) struct rules_part *parts = NULL;
    bool indicators = result->source == SOURCE_INDICATORS;
    bool work = kind_is_work((enum kind)request->node->kind);
    json_int_t count = 0;
    size_t n;

    if ((!indicators && result->source != SOURCE_PARTS) ||
        rules_parts(request->tree, request->node, request->today, &parts, &n) < 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        enum kind kind = (enum kind)parts[i].node->kind;

        count += indicators ? kind == KIND_INDICATOR
                 : work     ? kind_is_work(kind)
                            : kind_is_outcome(kind);
    }
    return count;
}

/* The result of the node as the caller may see it now, or NULL. */
static const struct result *submission_result(const struct submission *submission,
                                              struct request *request)
{
    if (request_reopen(submission->call, submission->change.slot->id, request) < 0)
        return NULL;
    request->node = tree_node(request->tree, submission->node_id);
    return request->node ? rules_result(request->tree, request->node, request->today) : NULL;
}

static bool waits_now(const struct submission *submission, int64_t id)
{
    const struct tree *tree = submission->change.slot->tree;

    return !submission->draft && tree && tree_waiting(tree, id);
}

/* What the update did. */
static const struct answer *submission_reply(struct submission *submission)
{
    const struct change *change = &submission->change;
    struct writer writer = {0};
    struct request request;
    const struct result *result = submission_result(submission, &request);

    call_begin_reply(&writer);
    writer_begin_object(&writer, NULL);
    writer_int(&writer, "seq", change->seq);
    writer_int(&writer, "updateId", change->id);
    writer_text(&writer, "strategy", change->slot->key);
    writer_text(&writer, "code", submission->code);
    describe_number(&writer, "reportedPercent", result ? result->percent : (double)NAN);
    describe_number(&writer, "progress", result ? result->progress : (double)NAN);
    writer_text(&writer, "progressSource",
                result && result->source ? source_names[result->source] : NULL);
    writer_int(&writer, "sourceCount", result ? source_count(&request, result) : 0);
    writer_text(&writer, "state", state_names[result ? result->state : STATE_UNKNOWN]);
    writer_bool(&writer, "draft", submission->draft);
    writer_bool(&writer, "waits", waits_now(submission, change->id));
    writer_text(&writer, "requestId", change->request_id);
    writer_end_object(&writer);
    return call_reply_written(submission->call, &writer);
}

static const struct answer *submission_answer(struct submission *submission,
                                              enum change_outcome outcome)
{
    struct call *call = submission->call;
    const char *key = submission->change.slot->key;

    switch (outcome) {
    case CHANGE_DONE:
    case CHANGE_REPEATED:
        return submission_reply(submission);
    case CHANGE_REFUSED:
        if (submission->node_gone)
            return fail_no_node(call, key, submission->code);
        if (submission->no_update)
            return fail_no_update(call, key, submission->report.supersedes);
        if (!*submission->refusal.field)
            return fail_overloaded(call);
        return fail_value(call, submission->refusal.field, "%s", submission->refusal.message);
    default:
        return request_fail_change(call, &submission->change, outcome);
    }
}

static void submission_done(struct change *change, enum change_outcome outcome)
{
    struct submission *submission = (struct submission *)change;

    call_end(submission_answer(submission, outcome));
    submission_free(submission);
}

int report_check_content(const json_t *content, double *ret_percent, struct refusal *refusal)
{
    const json_t *percent = json_object_get(content, "percent");
    double value = json_is_number(percent) ? json_number_value(percent) : (double)NAN;
    int r;

    if (value < 0 || value > 100)
        return refuse(refusal, "percent", "must be from 0 to 100");
    if (check_is_tiny(value))
        return refuse(refusal, "percent", "too near 0");
    r = check_member_word(content, "state", state_names, STATE_ON_TRACK, STATE_OFF_TRACK, refusal);
    if (r == 0)
        r = check_member_text(content, "note", CHECK_LONG_TEXT, refusal);
    if (r == 0)
        *ret_percent = value;
    return r;
}

/* What can be told from the parameters alone. */
static int check_form(const struct request *request, struct submission *submission,
                      struct refusal *refusal)
{
    const struct call *call = request->call;
    const char *date = param_text(call, "date"), *reason = param_text(call, "reason");
    bool says = param_given(call, "percent") || param_given(call, "state") ||
                param_given(call, "confidence") || param_given(call, "note") ||
                json_array_size(json_object_get(call->parameters, "evidence"));
    const struct update *corrected;
    int r;

    submission->report.supersedes = param_int(call, "supersedes", 0);
    corrected = node_update(request->node, submission->report.supersedes);
    submission->report.date = corrected ? corrected->date : date_from_day(request->today);
    if (date &&
        (date_parse(date, &submission->report.date) < 0 || !date_given(submission->report.date)))
        return refuse(refusal, "date", "not a date: \"%.40s\"", date);
    r = report_check_content(call->parameters, &submission->report.percent, refusal);
    if (r < 0)
        return r;
    if (says == param_bool(call, "noChange"))
        return refuse(refusal, "noChange",
                      says ? "there is news with it" : "nothing is said; is there no change?");
    if (submission->report.supersedes && (!reason || !*reason))
        return refuse(refusal, "reason", "a correction needs a reason");
    if (reason && !submission->report.supersedes)
        return refuse(refusal, "reason", "only a correction has a reason");
    r = check_word(call, "confidence", confidence_names, CONFIDENCE_LOW, CONFIDENCE_HIGH, refusal);
    if (r == 0)
        r = check_text(call, "reason", CHECK_LONG_TEXT, refusal);
    if (r == 0)
        r = check_addresses(json_object_get(call->parameters, "evidence"), "evidence", refusal);
    return r;
}

void report_write(struct writer *writer, int64_t node_id, struct date date, const json_t *content,
                  int64_t account)
{
    static const char *const names[] = {"percent",  "state",      "confidence", "note",
                                        "evidence", "supersedes", "reason"};
    char text[DATE_TEXT_SIZE];

    writer_int(writer, "node_id", node_id);
    writer_text(writer, "date", date_format(date, text));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const json_t *value = json_object_get(content, names[i]);

        if (value && !json_is_null(value))
            writer_json(writer, names[i], value);
    }
    writer_int(writer, "account_id", account);
}

const struct answer *method_submit_update(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    AUTO(submission_freep) struct submission *submission = NULL;
    int r;

    if (answer)
        return answer;
    submission = calloc(1, sizeof(*submission));
    if (!submission)
        return fail_overloaded(call);
    if (check_form(&request, submission, &submission->refusal) < 0)
        return fail_value(call, submission->refusal.field, "%s", submission->refusal.message);
    submission->call = call;
    submission->node_id = request.node->id;
    submission->draft = param_bool(call, "draft");
    submission->by_manager = request.may & MAY_MANAGER;
    submission->code = strdup(request.node->code);
    report_write(&submission->payload, submission->node_id, submission->report.date,
                 call->parameters, request_account(&request));
    submission->change.slot = request.slot;
    submission->change.plan = submission_plan;
    submission->change.done = submission_done;
    answer = request_sign(&request, &submission->change);
    if (answer)
        return answer;
    if (!submission->code || writer_failed(&submission->payload))
        return fail_overloaded(call);
    r = store_submit(&submission->change);
    if (r < 0)
        return request_fail_submit(call, r);
    submission = NULL;
    return call_park(call);
}
