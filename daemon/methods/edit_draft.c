/*
 * What becomes of updates that do not count yet: SubmitDraft and DropDraft, for whoever may report
 * on the draft's node; AcceptUpdate and ReturnUpdate, a manager's word on an update that waits.
 * A draft's row has the members that its update will have.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "db/tables.h"
#include "methods/edit.h"
#include "methods/payload.h"
#include "methods/table.h"
#include "methods/update.h"

/* --- drafts --- */

/* The draft that a call names, if the caller may report on its node. */
static int find_draft(struct edit *edit, const struct draft **ret_draft)
{
    int64_t id = param_int(edit->call, "draft", 0);
    const struct draft *draft = tree_draft(edit->tree, id);
    const struct node *node = draft ? tree_node(edit->tree, draft->node_id) : NULL;
    struct request request;

    request_caller(edit->call, &request);
    if (node && !(rights_on(request.registry, &request.caller, edit->tree) & MAY_MANAGER) &&
        !rights_contribute(request.registry, &request.caller, edit->tree, node, edit->today)) {
        if (rights_see_drafts(request.registry, &request.caller, edit->tree, node, edit->today))
            return edit_forbid(edit, "contributor to the node, or manager");
        node = NULL; /* who may not see it does not learn that it is there */
    }
    if (!node)
        return edit_refuse(edit, "draft", "there is no draft %" PRId64, id);
    edit->node_id = node->id; /* for the answer */
    *ret_draft = draft;
    return 0;
}

static int set_text(json_t *row, const char *column, const char *text)
{
    return !text || json_object_set_new(row, column, json_string(text)) == 0 ? 0 : -ENOMEM;
}

/* The update's row, in the order of one that is submitted at once. */
static int update_row(const struct edit *edit, const struct draft *draft, json_t *row)
{
    json_auto_t *evidence = draft->evidence ? json_loads(draft->evidence, 0, NULL) : NULL;
    char date[DATE_TEXT_SIZE];
    int r = payload_id(row, "node_id", draft->node_id);

    if (r == 0)
        r = set_text(row, "date", date_format(draft->date, date));
    if (r == 0 && !isnan(draft->percent))
        r = json_object_set_new(row, "percent", json_real(draft->percent)) < 0 ? -ENOMEM : 0;
    if (r == 0)
        r = set_text(row, "state", draft->state ? state_names[draft->state] : NULL);
    if (r == 0)
        r = set_text(row, "confidence",
                     draft->confidence ? confidence_names[draft->confidence] : NULL);
    if (r == 0)
        r = set_text(row, "note", draft->note);
    if (r == 0)
        r = payload_take(row, "evidence", evidence);
    if (r == 0 && draft->supersedes)
        r = payload_id(row, "supersedes", draft->supersedes);
    if (r == 0)
        r = set_text(row, "reason", draft->reason);
    return r == 0 ? payload_id(row, "account_id", edit->change.account) : r;
}

static int put_update(struct edit *edit, const struct draft *draft)
{
    const struct table *table = table_of("update");
    json_auto_t *row = json_object();
    struct request request;
    bool by_manager;
    int r = row ? update_row(edit, draft, row) : -ENOMEM;

    request_caller(edit->call, &request);
    by_manager = rights_on(request.registry, &request.caller, edit->tree) & MAY_MANAGER;
    if (r == 0 && report_waits(edit->tree, by_manager))
        r = json_object_set_new(row, "waits", json_true()) < 0 ? -ENOMEM : 0;
    if (r < 0)
        return r;
    return entries_put(edit->entries, table, 0, false, NULL, STEAL(row), NULL, edit->change.account,
                       NULL);
}

static int plan_submit(struct edit *edit)
{
    const struct draft *draft = NULL;
    int r = find_draft(edit, &draft);

    if (r < 0)
        return r;
    const struct report report = {draft->date, draft->percent, draft->supersedes};

    r = report_check(&report, tree_node(edit->tree, draft->node_id), edit->today, &edit->refusal);
    if (r == -ENOENT)
        return edit_refuse(edit, "draft", "there is no update %" PRId64 " for it to correct",
                           draft->supersedes);
    if (r == 0)
        r = entries_end(edit->entries, table_of("draft"), draft->id, NULL, edit->change.account);
    return r == 0 ? put_update(edit, draft) : r;
}

static int plan_drop(struct edit *edit)
{
    const struct draft *draft = NULL;
    int r = find_draft(edit, &draft);

    return r == 0 ? edit_end(edit, draft->id, NULL) : r;
}

/* The node of what was made. Of a repeated call, whose draft is gone, it has to be looked for. */
static const struct node *node_of(const struct edit *edit, const struct tree *tree)
{
    const struct node *node = tree_node(tree, edit->node_id);

    for (size_t at = 0; node && !node_update(node, edit->change.id);)
        node = tree_next_node(tree, &at);
    return node;
}

static void write_submitted(const struct edit *edit, struct writer *writer)
{
    const struct tree *tree = edit->change.slot->tree;
    const struct node *node = tree ? node_of(edit, tree) : NULL;

    writer_text(writer, "code", node ? node->code : "");
    writer_bool(writer, "waits", tree && tree_waiting(tree, edit->change.id));
}

const struct answer *method_submit_draft(struct call *call)
{
    static const struct edit_kind kind = {
        .entity = "draft", .without_code = true, .plan = plan_submit, .answer = write_submitted};

    return edit_submit(call, &kind);
}

const struct answer *method_drop_draft(struct call *call)
{
    static const struct edit_kind kind = {
        .entity = "draft", .without_code = true, .plan = plan_drop};

    return edit_submit(call, &kind);
}

/* --- a manager's word --- */

static const struct edit_field decision_fields[] = {
    EDIT_VALUE("note", TYPE_LONG, "note"),
};

/* Accepting what corrects something takes that out, which somebody else may have corrected since.
 */
static int check_corrected(struct edit *edit, const struct waiting *waiting)
{
    const struct node *node = tree_node(edit->tree, waiting->node_id);
    const struct update *old = node_update(node, waiting->supersedes);

    if (waiting->supersedes && old && old->superseded_by)
        return edit_refuse(edit, "updateId",
                           "it corrects update %" PRId64
                           ", which was corrected already, by %" PRId64,
                           old->id, old->superseded_by);
    return 0;
}

static int put_decision(struct edit *edit, const struct waiting *waiting, bool accepted)
{
    json_auto_t *row = json_pack("{s:I,s:I,s:b}", "update_id", (json_int_t)waiting->id, "node_id",
                                 (json_int_t)waiting->node_id, "accepted", accepted);
    char key[24];
    int r = row ? set_text(row, "note", param_text(edit->call, "note")) : -ENOMEM;

    if (r == 0 && accepted && waiting->supersedes)
        r = payload_id(row, "supersedes", waiting->supersedes);
    snprintf(key, sizeof(key), "%" PRId64, waiting->id);
    edit->node_id = waiting->node_id;
    return r == 0 ? edit_put(edit, waiting->decision_id, key, NULL, row) : r;
}

static int decide(struct edit *edit, bool accepted)
{
    int64_t id = param_int(edit->call, "updateId", 0);
    const struct waiting *waiting = tree_waiting(edit->tree, id);
    int r = 0;

    if (!waiting)
        return edit_refuse(edit, "updateId", "no update %" PRId64 " waits for a manager", id);
    if (!accepted && waiting->decision_id)
        return edit_refuse(edit, "updateId", "update %" PRId64 " was returned already", id);
    if (accepted)
        r = check_corrected(edit, waiting);
    return r == 0 ? put_decision(edit, waiting, accepted) : r;
}

static int plan_accept(struct edit *edit)
{
    return decide(edit, true);
}

static int plan_return(struct edit *edit)
{
    return decide(edit, false);
}

static int check_note(struct edit *edit, const struct request *request UNUSED)
{
    return param_given(edit->call, "note") ? 0 : edit_refuse(edit, "note", "say why");
}

static void write_decided(const struct edit *edit, struct writer *writer)
{
    const struct tree *tree = edit->change.slot->tree;
    const struct node *node = tree ? tree_node(tree, edit->node_id) : NULL;

    writer_text(writer, "code", node ? node->code : "");
}

const struct answer *method_accept_update(struct call *call)
{
    static const struct edit_kind kind = {.entity = "decision",
                                          .fields = decision_fields,
                                          .n_fields = ARRAY_LEN(decision_fields),
                                          .without_code = true,
                                          .plan = plan_accept,
                                          .answer = write_decided};

    return edit_submit(call, &kind);
}

const struct answer *method_return_update(struct call *call)
{
    static const struct edit_kind kind = {.entity = "decision",
                                          .fields = decision_fields,
                                          .n_fields = ARRAY_LEN(decision_fields),
                                          .without_code = true,
                                          .check = check_note,
                                          .plan = plan_return,
                                          .answer = write_decided};

    return edit_submit(call, &kind);
}
