/*
 * ListPartnership: what each side of a group brings to what the group works toward, what came of
 * it, and who benefits. It looks at the nodes that the group aims at or has a role on, at what is
 * below them and at what contributes to any of these.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/table.h"

/* What a line tells; in this order at each node. */
enum what { WHAT_CONTRIBUTES, WHAT_RESULT, WHAT_BENEFITS, WHAT_COUNT };

static const char *const what_names[] = {"contributes", "result", "benefits"};

struct partnership_stream {
    struct stream stream;
    struct call *call;
    int32_t strategy_id;
    int64_t group_id;
    struct walk walk;
    int64_t node_id; /* the one that is told about, or -1 */
    enum what what;
    int64_t after;  /* the id of the last assignment or link told of it */
    bool delivered; /* the node itself was told as a result */
};

static void partnership_stream_free(struct stream *stream)
{
    struct partnership_stream *list = (struct partnership_stream *)stream;

    walk_done(&list->walk);
    free(list);
}

/* --- which nodes, and whose --- */

static bool is_groups(const struct node *node, int64_t group_id)
{
    for (uint32_t i = 0; i < node->n_aims; i++) {
        if (node->aims[i]->group_id == group_id)
            return true;
    }
    for (uint32_t i = 0; i < node->n_assignments; i++) {
        if (node->assignments[i].holder == HOLDER_GROUP &&
            node->assignments[i].holder_id == group_id)
            return true;
    }
    return false;
}

/* Is the node, or one that it is below, the group's? */
static bool is_within(const struct node *node, int64_t group_id)
{
    while (node && !is_groups(node, group_id))
        node = node->parent;
    return node != NULL;
}

static bool is_in_scope(const struct node *node, int64_t group_id)
{
    for (const struct node *at = node; at; at = at->parent) {
        for (uint32_t i = 0; i < at->n_outgoing; i++) {
            if (is_within(at->outgoing[i]->to, group_id))
                return true;
        }
    }
    return is_within(node, group_id);
}

/* The organisation for which a person takes part in the group: the one they sit there for, else a
 * member to which they are affiliated; 0: none. */
static int64_t side_of_person(const struct request *request, int64_t group_id, int64_t person_id)
{
    const struct membership *m, *next;
    const struct affiliation *a, *next_affiliation;

    HASH_ITER (by_id, request->tree->memberships, m, next) {
        if (m->group_id == group_id && m->holder == HOLDER_PERSON && m->member_id == person_id &&
            m->via_id)
            return m->via_id;
    }
    HASH_ITER (by_id, request->tree->memberships, m, next) {
        if (m->group_id != group_id || m->holder != HOLDER_ORGANISATION)
            continue;
        HASH_ITER (by_id, request->registry->affiliations, a, next_affiliation) {
            if (a->person_id == person_id && a->organisation_id == m->member_id)
                return m->member_id;
        }
    }
    return 0;
}

static bool is_member(const struct request *request, int64_t group_id, enum holder holder,
                      int64_t id)
{
    const struct membership *m, *next;

    HASH_ITER (by_id, request->tree->memberships, m, next) {
        if (m->group_id == group_id && people_is_member(m, holder, id))
            return true;
    }
    return false;
}

/* The organisation or person that stands for the side which the holder of an assignment is on. */
static bool find_side(const struct request *request, int64_t group_id, const struct assignment *a,
                      enum holder *ret_holder, int64_t *ret_id)
{
    int64_t side = a->holder == HOLDER_PERSON ? side_of_person(request, group_id, a->holder_id) : 0;

    *ret_holder = side ? HOLDER_ORGANISATION : a->holder;
    *ret_id = side ? side : a->holder_id;
    return side ||
           (a->holder != HOLDER_GROUP && is_member(request, group_id, a->holder, a->holder_id));
}

/* --- telling --- */

static void write_party(struct writer *writer, const char *key, const struct request *request,
                        enum holder holder, int64_t id)
{
    writer_begin_object(writer, key);
    writer_text(writer, "kind", holder_names[holder]);
    writer_text(writer, "key", describe_holder_key(request, holder, id));
    writer_text(writer, "name", describe_holder_name(request, holder, id));
    writer_end_object(writer);
}

static void write_line(struct writer *writer, const struct request *request, enum what what,
                       const struct assignment *a, const struct link *link, int64_t group_id)
{
    enum holder side;
    int64_t side_id;

    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "line");
    writer_text(writer, "what", what_names[what]);
    describe_line(writer, "node", request, (double)NAN);
    if (what == WHAT_CONTRIBUTES && find_side(request, group_id, a, &side, &side_id))
        write_party(writer, "side", request, side, side_id);
    else
        writer_null(writer, "side");
    if (a)
        write_party(writer, "holder", request, a->holder, a->holder_id);
    else
        writer_null(writer, "holder");
    writer_text(writer, "role", a ? role_names[a->role] : NULL);
    describe_date(writer, "from", a ? a->from : (struct date){0});
    describe_date(writer, "to", a ? a->to : (struct date){0});
    describe_share(writer, a ? a->share : NULL);
    if (link)
        describe_link(writer, "link", request, link);
    else
        writer_null(writer, "link");
    writer_end_object(writer);
    writer_end_object(writer);
}

static const struct assignment *next_assignment(const struct partnership_stream *list,
                                                const struct request *request)
{
    const struct node *node = request->node;
    const struct assignment *next = NULL;
    enum holder side;
    int64_t side_id;

    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];
        bool benefits = a->role == ROLE_BENEFICIARY;

        if (a->id <= list->after || (next && a->id > next->id) ||
            benefits != (list->what == WHAT_BENEFITS))
            continue;
        if (benefits || find_side(request, list->group_id, a, &side, &side_id))
            next = a;
    }
    return next;
}

static const struct link *next_result(const struct partnership_stream *list,
                                      const struct node *node)
{
    const struct link *next = NULL;

    for (uint32_t i = 0; i < node->n_links; i++) {
        const struct link *link = &node->links[i];

        if (link->id > list->after && (!next || link->id < next->id) &&
            strcmp(link->type, "result") == 0)
            next = link;
    }
    return next;
}

static bool is_delivered(const struct request *request)
{
    const struct closing *closing = rules_closing(request->node, request->today);

    return kind_is_work((enum kind)request->node->kind) && closing && closing->how == HOW_ACHIEVED;
}

/* The next thing of this kind to tell of the node: true if it was told. */
static bool tell(struct partnership_stream *list, const struct request *request,
                 struct writer *writer)
{
    const struct assignment *a = NULL;
    const struct link *link = NULL;

    if (list->what != WHAT_RESULT) {
        a = next_assignment(list, request);
    } else if (!list->delivered && is_delivered(request)) {
        list->delivered = true;
        write_line(writer, request, WHAT_RESULT, NULL, NULL, list->group_id);
        return true;
    } else {
        link = next_result(list, request->node);
    }
    if (!a && !link)
        return false;
    list->after = a ? a->id : link->id;
    write_line(writer, request, list->what, a, link, list->group_id);
    return true;
}

/* The next line about the node at hand: true if there was one. */
static bool tell_node(struct partnership_stream *list, struct request *request,
                      struct writer *writer)
{
    request->node = list->node_id >= 0 ? tree_node(request->tree, list->node_id) : NULL;
    while (request->node && list->what < WHAT_COUNT) {
        if (tell(list, request, writer))
            return true;
        list->what++;
        list->after = 0;
    }
    list->node_id = -1;
    return false;
}

static void take_node(struct partnership_stream *list, const struct node *node)
{
    list->node_id = node->id;
    list->what = WHAT_CONTRIBUTES;
    list->after = 0;
    list->delivered = false;
}

static int partnership_stream_next(struct stream *stream, struct writer *writer)
{
    struct partnership_stream *list = (struct partnership_stream *)stream;
    struct request request;

    if (request_reopen(list->call, list->strategy_id, &request) < 0)
        return request_lost(list->call, stream);
    for (int i = 0; i < PEOPLE_SLICE; i++) {
        const struct node *node;

        if (tell_node(list, &request, writer))
            return 1;
        node = walk_next(&list->walk, request.tree);
        if (!node)
            return list->walk.failed ? -ENOMEM : 0;
        if (is_in_scope(node, list->group_id))
            take_node(list, node);
    }
    call_resume(list->call);
    return -EAGAIN;
}

const struct answer *method_list_partnership(struct call *call)
{
    struct request request;
    const char *key = param_text(call, "key");
    const struct answer *answer = request_open(call, true, &request);
    struct partnership_stream *list;
    const struct group *group;

    if (answer)
        return answer;
    group = tree_group_by_key(request.tree, key);
    if (!group)
        return fail_no_key(call, key);
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = partnership_stream_next;
    list->stream.free = partnership_stream_free;
    list->call = call;
    list->strategy_id = request.slot->id;
    list->group_id = group->id;
    list->node_id = -1;
    walk_begin(&list->walk, request.tree->root, UINT32_MAX);
    return call_stream(call, &list->stream);
}
