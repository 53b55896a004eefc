/*
 * ListDrafts: updates that are not submitted yet, to those who may see them. They are few, and all
 * of them is in the tree.
 */
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"
#include "methods/value.h"

struct draft_list {
    struct stream stream;
    struct call *call;
    int32_t strategy_id;
    int64_t after; /* the id of the last one told */
};

static void draft_list_free(struct stream *stream)
{
    free(stream);
}

static bool may_see(const struct request *request, const struct draft *draft)
{
    return rights_see_drafts(request->registry, &request->caller, request->tree,
                             tree_node(request->tree, draft->node_id), request->today);
}

static void write_draft(struct writer *writer, const struct request *request,
                        const struct draft *draft)
{
    const struct node *node = tree_node(request->tree, draft->node_id);
    char author[ACCOUNT_TEXT_SIZE];

    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "draft");
    writer_int(writer, "id", draft->id);
    writer_text(writer, "code", node ? node->code : "");
    describe_date(writer, "date", draft->date);
    describe_number(writer, "percent", draft->percent);
    describe_word(writer, "state", state_names, draft->state);
    describe_word(writer, "confidence", confidence_names, draft->confidence);
    writer_text(writer, "note", draft->note);
    writer_text(writer, "author", account_text(request, draft->account_id, author));
    writer_raw(writer, "evidence", draft->evidence ? draft->evidence : "[]");
    describe_count(writer, "supersedes", draft->supersedes);
    writer_text(writer, "reason", draft->reason);
    writer_end_object(writer);
    writer_end_object(writer);
}

/* The drafts are few, and come in the order of their ids. */
static int draft_list_next(struct stream *stream, struct writer *writer)
{
    struct draft_list *list = (struct draft_list *)stream;
    const struct draft *draft, *tmp, *next = NULL;
    struct request request;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    HASH_ITER (by_id, request.tree->drafts, draft, tmp) {
        if (draft->id > list->after && (!next || draft->id < next->id) && may_see(&request, draft))
            next = draft;
    }
    if (!next)
        return 0;
    list->after = next->id;
    write_draft(writer, &request, next);
    return 1;
}

const struct answer *method_list_drafts(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    struct draft_list *list;

    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = draft_list_next;
    list->stream.free = draft_list_free;
    list->call = call;
    list->strategy_id = request.slot->id;
    return call_stream(call, &list->stream);
}
