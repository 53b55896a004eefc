/*
 * CheckStrategy: asks every check (finding.h) of all that it is about, in slices, and tells what is
 * found, one finding a reply. Each step meets the tree as it is then.
 */
#include <errno.h>

#include "core/walk.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/finding.h"
#include "methods/table.h"

#define SLICE 256

struct check_stream {
    struct stream stream;
    struct call *call;
    int32_t strategy_id;
    struct check_facts facts;
    size_t check;     /* the one that is being asked */
    struct walk walk; /* … of nodes … */
    size_t at;        /* … or of groups and kinds: those before were asked */
};

static void check_stream_free(struct stream *stream)
{
    struct check_stream *list = (struct check_stream *)stream;

    walk_done(&list->walk);
    check_facts_done(&list->facts);
    free(list);
}

static void next_check(struct check_stream *list, const struct tree *tree)
{
    list->check++;
    list->at = 0;
    walk_done(&list->walk);
    walk_begin(&list->walk, tree->root, UINT32_MAX);
}

/* The next thing that the check is about: 1 if it is found wanting, 0 if not, -ENOENT if there is
 * none any more. */
static int ask_node(struct check_stream *list, struct request *request, struct finding *finding)
{
    request->node = walk_next(&list->walk, request->tree);
    if (!request->node)
        return list->walk.failed ? -ENOMEM : -ENOENT;
    finding->node = request->node;
    return checks[list->check].node(&list->facts, request, finding);
}

static int ask_group(struct check_stream *list, const struct request *request,
                     struct finding *finding)
{
    const struct group_facts *group;

    if (list->at == list->facts.n_groups)
        return -ENOENT;
    group = &list->facts.groups[list->at++];
    finding->group = tree_group(request->tree, group->id);
    return finding->group && checks[list->check].group(&list->facts, request, group, finding);
}

static int ask_kind(struct check_stream *list, const struct request *request,
                    struct finding *finding)
{
    if (list->at > KIND_INDICATOR)
        return -ENOENT;
    return checks[list->check].kind(request, (enum kind)list->at++, finding);
}

static int ask_next(struct check_stream *list, struct request *request, struct finding *finding)
{
    const struct check *check = &checks[list->check];

    *finding = (struct finding){.days = -1, .count = -1, .expected = -1};
    if (check->node)
        return ask_node(list, request, finding);
    return check->group ? ask_group(list, request, finding) : ask_kind(list, request, finding);
}

static void write_number(struct writer *writer, const char *key, int64_t number)
{
    if (number >= 0)
        writer_int(writer, key, number);
    else
        writer_null(writer, key);
}

/* Who it is about: the group, or the holder of a role. */
static void write_who(struct writer *writer, const struct request *request,
                      const struct finding *finding)
{
    enum holder holder = finding->group ? HOLDER_GROUP : finding->holder;
    int64_t id = finding->group ? finding->group->id : finding->holder_id;

    writer_text(writer, "who", id ? holder_names[holder] : NULL);
    writer_text(writer, "key", id ? describe_holder_key(request, holder, id) : NULL);
    writer_text(writer, "name", id ? describe_holder_name(request, holder, id) : NULL);
}

static int write_finding(struct writer *writer, const struct request *request,
                         const struct check *check, const struct finding *finding)
{
    const struct node *node = finding->node;

    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "finding");
    writer_text(writer, "kind", check->name);
    writer_text(writer, "severity", check->severity);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "code", node ? node->code : NULL);
    if (node)
        describe_title(writer, "title", request, &node->titles);
    write_who(writer, request, finding);
    writer_text(writer, "other", finding->other);
    describe_date(writer, "date", finding->date);
    write_number(writer, "days", finding->days);
    write_number(writer, "count", finding->count);
    write_number(writer, "expected", finding->expected);
    writer_end_object(writer);
    writer_end_object(writer);
    return 1;
}

static int check_stream_next(struct stream *stream, struct writer *writer)
{
    struct check_stream *list = (struct check_stream *)stream;
    struct request request;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    for (int i = 0; i < SLICE && list->check < check_count; i++) {
        struct finding finding;
        int r = ask_next(list, &request, &finding);

        if (r == 1)
            return write_finding(writer, &request, &checks[list->check], &finding);
        if (r == -ENOENT)
            next_check(list, request.tree);
        else if (r < 0)
            return r;
    }
    if (list->check == check_count)
        return 0;
    call_resume(list->call);
    return -EAGAIN;
}

static const struct answer *read_span(struct call *call, const char *name, struct span *ret_span)
{
    const char *text = param_text(call, name);

    if (text && span_parse(text, ret_span) < 0)
        return fail_value(call, name, "not a span of time such as P12M: \"%s\"", text);
    return NULL;
}

const struct answer *method_check_strategy(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    struct span not_reviewed_for = {0};
    struct check_stream *list;

    if (!answer)
        answer = read_span(call, "notReviewedFor", &not_reviewed_for);
    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list || check_facts_init(&request, &list->facts) < 0) {
        free(list);
        return fail_overloaded(call);
    }
    list->stream.next = check_stream_next;
    list->stream.free = check_stream_free;
    list->call = call;
    list->strategy_id = request.slot->id;
    list->facts.not_reviewed_for = not_reviewed_for;
    walk_begin(&list->walk, request.tree->root, UINT32_MAX);
    return call_stream(call, &list->stream);
}
