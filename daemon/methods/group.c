/*
 * Groups: ListGroups, the groups of a strategy that fit all the filters; GetGroup, everything about
 * one but its work (ListRoles and ListPartnership tell that).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/table.h"

static int compare_nodes(const void *a, const void *b)
{
    return code_compare((*(const struct node *const *)a)->code,
                        (*(const struct node *const *)b)->code);
}

/* The codes of the nodes that the group works toward. */
static void write_aims(struct writer *writer, const struct tree *tree, const struct group *group)
{
    AUTO(free_ptr)
    const struct node **nodes =
        calloc(HASH_CNT(by_id, tree->aims) + 1, sizeof(const struct node *));
    const struct aim *aim, *next;
    size_t count = 0;

    writer->failed |= !nodes;
    writer_begin_array(writer, "aims");
    HASH_ITER (by_id, tree->aims, aim, next) {
        if (nodes && aim->group_id == group->id)
            nodes[count++] = aim->node;
    }
    if (nodes)
        qsort(nodes, count, sizeof(const struct node *), compare_nodes);
    for (size_t i = 0; i < count; i++)
        writer_text(writer, NULL, nodes[i]->code);
    writer_end_array(writer);
}

/* The day on which a group is looked at: today, or the last day of its term. */
static int32_t day_of(const struct request *request, const struct group *group)
{
    return people_group_ended(group, request->today) ? date_last_day(group->term_to)
                                                     : request->today;
}

/* --- the filters --- */

/* What belongs to the list; -1 or NULL: not asked for. The texts are the call's. */
struct filter {
    int kind, role, ended;
    const char *type, *area;
    int64_t goal;       /* a node's id; -1: not asked for */
    enum holder holder; /* of the member … */
    int64_t member;     /* … or -1 */
};

static bool has_area(const struct group *group, const char *area)
{
    for (size_t i = 0; group->areas && i < group->areas->count; i++) {
        if (text_has(group->areas->items[i], area))
            return true;
    }
    return false;
}

/* Does the group aim at the node or at something below it? */
static bool aims_at(const struct tree *tree, const struct group *group, int64_t node_id)
{
    const struct aim *aim, *next;

    HASH_ITER (by_id, tree->aims, aim, next) {
        const struct node *at = aim->group_id == group->id ? aim->node : NULL;

        while (at && at->id != node_id)
            at = at->parent;
        if (at)
            return true;
    }
    return false;
}

static bool group_fits(const struct filter *filter, const struct request *request,
                       const struct group *group)
{
    return (filter->kind < 0 || group->kind == filter->kind) &&
           (filter->ended < 0 || people_group_ended(group, request->today) == filter->ended) &&
           (!filter->type || (group->type && text_has(group->type, filter->type))) &&
           (!filter->area || has_area(group, filter->area)) &&
           (filter->goal < 0 || aims_at(request->tree, group, filter->goal));
}

static bool member_fits(const struct filter *filter, const struct membership *m)
{
    return (filter->role < 0 || m->role == (enum role)filter->role) &&
           (filter->member < 0 || people_is_member(m, filter->holder, filter->member));
}

/* Leaves of the members those that hold on the day; returns how many. */
static size_t select_current(const struct group *group, int32_t day,
                             const struct membership **members, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (people_member_current(group, members[i], day))
            members[kept++] = members[i];
    }
    return kept;
}

static size_t select_fitting(const struct filter *filter, const struct membership **members,
                             size_t count)
{
    enum people_answering answering =
        filter->area ? people_answering(members, count, filter->area) : ANSWERS_ANY;
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (member_fits(filter, members[i]) &&
            (!filter->area || people_answers(members[i], answering, filter->area)))
            members[kept++] = members[i];
    }
    return kept;
}

/* --- ListGroups --- */

struct group_stream {
    struct stream stream;
    struct call *call;
    int32_t strategy_id;
    struct filter filter;
    int64_t *groups; /* ids, by key */
    size_t count, at;
};

static void group_stream_free(struct stream *stream)
{
    struct group_stream *list = (struct group_stream *)stream;

    free(list->groups);
    free(list);
}

/* What a line and the whole have in common. */
static void write_group(struct writer *writer, const struct request *request,
                        const struct group *group)
{
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "key", group->key);
    writer_text(writer, "kind", group_kind_names[group->kind]);
    writer_text(writer, "type", group->type);
    describe_title(writer, "name", request, &group->names);
    describe_date(writer, "termFrom", group->term_from);
    describe_date(writer, "termTo", group->term_to);
    writer_bool(writer, "ended", people_group_ended(group, request->today));
    write_aims(writer, request->tree, group);
}

static void write_members(struct writer *writer, const char *key, const struct request *request,
                          const struct group *group, const struct membership *const *members,
                          size_t count)
{
    writer_begin_array(writer, key);
    for (size_t i = 0; i < count; i++)
        people_write_member(writer, NULL, request, group, members[i]);
    writer_end_array(writer);
}

static const struct group *parent_of(const struct request *request, const struct group *group)
{
    return group->parent_id ? tree_group(request->tree, group->parent_id) : NULL;
}

static void write_line(struct writer *writer, const struct request *request,
                       const struct group *group, const struct membership *const *members,
                       size_t count)
{
    const struct group *parent = parent_of(request, group);

    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "group");
    write_group(writer, request, group);
    writer_text(writer, "parent", parent ? parent->key : NULL);
    describe_words(writer, "areas", group->areas);
    write_members(writer, "members", request, group, members, count);
    writer_end_object(writer);
    writer_end_object(writer);
}

/* Tells the group if it fits: 1; 0: it does not. */
static int tell_group(const struct group_stream *list, const struct request *request,
                      const struct group *group, struct writer *writer)
{
    const struct filter *filter = &list->filter;
    AUTO(free_ptr) const struct membership **members = NULL;
    size_t count;
    int r = group_fits(filter, request, group)
                ? people_members(request->tree, group, &members, &count)
                : 0;

    if (r < 0 || !members)
        return r;
    count = select_current(group, day_of(request, group), members, count);
    count = select_fitting(filter, members, count);
    if (count == 0 && (filter->role >= 0 || filter->member >= 0))
        return 0;
    write_line(writer, request, group, members, count);
    return 1;
}

static int group_stream_next(struct stream *stream, struct writer *writer)
{
    struct group_stream *list = (struct group_stream *)stream;
    struct request request;
    int r = 0;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    while (r == 0 && list->at < list->count) {
        const struct group *group = tree_group(request.tree, list->groups[list->at++]);

        r = group ? tell_group(list, &request, group, writer) : 0;
    }
    return r;
}

static const struct answer *read_words(struct call *call, struct filter *filter)
{
    const char *kind = param_text(call, "kind"), *role = param_text(call, "role");

    filter->kind = kind ? enum_parse(group_kind_names, kind) : -1;
    filter->role = role ? enum_parse(role_names, role) : -1;
    if (kind && filter->kind < 0)
        return fail_value(call, "kind", "there is no kind \"%s\" of group", kind);
    if (role && filter->role < 0)
        return fail_value(call, "role", "there is no role \"%s\"", role);
    filter->ended = param_given(call, "ended") ? param_bool(call, "ended") : -1;
    filter->type = param_text(call, "type");
    filter->area = param_text(call, "area");
    return NULL;
}

/* An organisation or a person who takes part in the strategy. */
static const struct answer *read_member(const struct request *request, struct filter *filter)
{
    const char *key = param_text(request->call, "member");
    const struct organisation *organisation = registry_organisation_by_key(request->registry, key);
    const struct person *person = registry_person_by_key(request->registry, key);

    filter->member = -1;
    if (!key)
        return NULL;
    if (organisation &&
        people_take_part(request->registry, request->tree, HOLDER_ORGANISATION, organisation->id)) {
        filter->holder = HOLDER_ORGANISATION;
        filter->member = organisation->id;
        return NULL;
    }
    if (person && people_take_part(request->registry, request->tree, HOLDER_PERSON, person->id)) {
        filter->holder = HOLDER_PERSON;
        filter->member = person->id;
        return NULL;
    }
    return fail_no_key(request->call, key);
}

static const struct answer *read_filter(const struct request *request, struct filter *ret_filter)
{
    const char *goal = param_text(request->call, "goal");
    const struct node *node = goal ? tree_node_by_code(request->tree, goal) : NULL;
    const struct answer *answer = read_words(request->call, ret_filter);

    if (!answer && goal && !node)
        answer = fail_no_node(request->call, request->slot->key, goal);
    ret_filter->goal = node ? node->id : -1;
    return answer ? answer : read_member(request, ret_filter);
}

static int compare_groups(const void *a, const void *b)
{
    return code_compare((*(const struct group *const *)a)->key,
                        (*(const struct group *const *)b)->key);
}

/* The ids of the strategy's groups, by key. */
static int gather_groups(struct group_stream *list, const struct tree *tree)
{
    size_t n = HASH_CNT(by_id, tree->groups_by_id);
    AUTO(free_ptr) const struct group **groups = calloc(n + 1, sizeof(const struct group *));
    const struct group *group, *next;

    list->groups = calloc(n + 1, sizeof(*list->groups));
    if (!groups || !list->groups)
        return -ENOMEM;
    HASH_ITER (by_id, tree->groups_by_id, group, next)
        groups[list->count++] = group;
    qsort(groups, n, sizeof(const struct group *), compare_groups);
    for (size_t i = 0; i < n; i++)
        list->groups[i] = groups[i]->id;
    return 0;
}

const struct answer *method_list_groups(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    struct filter filter;
    struct group_stream *list;

    if (!answer)
        answer = read_filter(&request, &filter);
    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = group_stream_next;
    list->stream.free = group_stream_free;
    list->call = call;
    list->strategy_id = request.slot->id;
    list->filter = filter;
    if (gather_groups(list, request.tree) < 0) {
        group_stream_free(&list->stream);
        return fail_overloaded(call);
    }
    return call_stream(call, &list->stream);
}

/* --- GetGroup --- */

static void write_children(struct writer *writer, const struct request *request,
                           const struct group *group)
{
    const struct group *child, *next;

    writer_begin_array(writer, "children");
    HASH_ITER (by_id, request->tree->groups_by_id, child, next) {
        if (child->parent_id == group->id)
            people_write_group_name(writer, NULL, request, child);
    }
    writer_end_array(writer);
}

/* Each area with those of the members who answer for it. */
static void write_areas(struct writer *writer, const struct request *request,
                        const struct group *group, const struct membership *const *members,
                        size_t count)
{
    writer_begin_array(writer, "areas");
    for (size_t i = 0; group->areas && i < group->areas->count; i++) {
        const char *area = group->areas->items[i];
        enum people_answering answering = people_answering(members, count, area);

        writer_begin_object(writer, NULL);
        writer_text(writer, "name", area);
        writer_begin_array(writer, "contacts");
        for (size_t k = 0; k < count; k++) {
            if (people_answers(members[k], answering, area))
                people_write_member(writer, NULL, request, group, members[k]);
        }
        writer_end_array(writer);
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

static const struct answer *reply_group(const struct request *request, const struct group *group)
{
    const struct group *parent = parent_of(request, group);
    AUTO(free_ptr) const struct membership **members = NULL;
    json_auto_t *names = texts_to_json(&group->names);
    struct writer writer = {};
    size_t count, current;

    if (people_members(request->tree, group, &members, &count) < 0)
        return fail_overloaded(request->call);
    call_begin_reply(&writer);
    writer_begin_object(&writer, NULL);
    write_group(&writer, request, group);
    writer_json(&writer, "names", names);
    writer_text(&writer, "mailbox", group->mailbox);
    if (parent)
        people_write_group_name(&writer, "parent", request, parent);
    else
        writer_null(&writer, "parent");
    write_children(&writer, request, group);
    describe_review(&writer, "review", request, group_reviews(request->tree, group->id));
    write_members(&writer, "members", request, group, members, count);
    current = select_current(group, day_of(request, group), members, count);
    write_areas(&writer, request, group, members, current);
    writer_int(&writer, "seq", request->tree->seq);
    writer_end_object(&writer);
    return call_reply_written(request->call, &writer);
}

const struct answer *method_group(struct call *call)
{
    struct request request;
    const char *key = param_text(call, "key");
    const struct answer *answer = request_open(call, true, &request);
    const struct group *group;

    if (answer)
        return answer;
    group = tree_group_by_key(request.tree, key);
    return group ? reply_group(&request, group) : fail_no_key(call, key);
}
