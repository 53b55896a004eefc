/*
 * ListRoles: what an organisation, a person or a group does in the strategies that the caller may
 * read: roles on nodes, aims, memberships, links that are theirs; one a reply.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/array.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/table.h"

enum place { PLACE_ASSIGNMENT, PLACE_AIM, PLACE_MEMBERSHIP, PLACE_LINK };

struct role_stream {
    struct stream stream;
    struct people_walk walk;
    enum holder holder;
    int64_t id;
    bool current;    /* only what holds today */
    int64_t node_id; /* where these were found … */
    struct found {
        enum place place;
        int64_t id;
    } * found; /* … and not told yet */
    size_t count, at;
};

static void role_stream_free(struct stream *stream)
{
    struct role_stream *list = (struct role_stream *)stream;

    people_walk_done(&list->walk);
    free(list->found);
    free(list);
}

/* --- finding --- */

static int add_found(struct role_stream *list, enum place place, int64_t id)
{
    if (ARRAY_RESERVE(list->found, list->count) < 0)
        return -ENOMEM;
    list->found[list->count++] = (struct found){place, id};
    return 0;
}

static int find_memberships(struct role_stream *list, const struct request *request)
{
    const struct membership *m, *next;
    int r = 0;

    HASH_ITER (by_id, request->tree->memberships, m, next) {
        const struct group *group = tree_group(request->tree, m->group_id);
        bool fits = group && people_is_member(m, list->holder, list->id) &&
                    (!list->current || people_member_current(group, m, request->today));

        if (fits && r == 0)
            r = add_found(list, PLACE_MEMBERSHIP, m->id);
    }
    return r;
}

static int find_on_node(struct role_stream *list, const struct request *request)
{
    const struct node *node = request->node;
    int r = 0;

    for (uint32_t i = 0; i < node->n_aims && list->holder == HOLDER_GROUP && r == 0; i++) {
        if (node->aims[i]->group_id == list->id)
            r = add_found(list, PLACE_AIM, node->aims[i]->id);
    }
    for (uint32_t i = 0; i < node->n_assignments && r == 0; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->holder == list->holder && a->holder_id == list->id &&
            (!list->current || rights_current(a->from, a->to, request->today)))
            r = add_found(list, PLACE_ASSIGNMENT, a->id);
    }
    for (uint32_t i = 0; i < node->n_links && list->holder == HOLDER_ORGANISATION && r == 0; i++) {
        if (node->links[i].owner_id == list->id)
            r = add_found(list, PLACE_LINK, node->links[i].id);
    }
    return r;
}

/* What is found at a node; a strategy's memberships are found at the strategy itself. */
static int find_places(struct role_stream *list, const struct request *request)
{
    int r = 0;

    list->count = list->at = 0;
    list->node_id = request->node->id;
    if (request->node->id == 0 && list->holder != HOLDER_GROUP)
        r = find_memberships(list, request);
    return r < 0 ? r : find_on_node(list, request);
}

/* --- telling --- */

/* What is told of a place; NULL and 0 where it has none. */
struct duty {
    const char *on, *role;
    const struct link *link;
    const struct group *group;
    const struct membership *membership;
    struct date from, to;
    const struct share *share;
    bool current;
};

static bool take_assignment(const struct request *request, int64_t id, struct duty *duty)
{
    const struct node *node = request->node;

    for (uint32_t i = 0; i < node->n_assignments; i++) {
        const struct assignment *a = &node->assignments[i];

        if (a->id != id)
            continue;
        *duty = (struct duty){.on = "node",
                              .role = role_names[a->role],
                              .from = a->from,
                              .to = a->to,
                              .share = a->share,
                              .current = rights_current(a->from, a->to, request->today)};
        return true;
    }
    return false;
}

static bool take_link(const struct request *request, int64_t id, struct duty *duty)
{
    for (uint32_t i = 0; i < request->node->n_links; i++) {
        if (request->node->links[i].id != id)
            continue;
        *duty = (struct duty){
            .on = "link", .role = "owner", .link = &request->node->links[i], .current = true};
        return true;
    }
    return false;
}

static bool take_aim(const struct request *request, int64_t id, struct duty *duty)
{
    for (uint32_t i = 0; i < request->node->n_aims; i++) {
        const struct aim *aim = request->node->aims[i];
        const struct group *group = tree_group(request->tree, aim->group_id);

        if (aim->id != id || !group)
            continue;
        *duty = (struct duty){.on = "node",
                              .role = "aim",
                              .current =
                                  rights_current(group->term_from, group->term_to, request->today)};
        return true;
    }
    return false;
}

static bool take_membership(const struct request *request, int64_t id, struct duty *duty)
{
    const struct membership *m = NULL;
    const struct group *group;

    HASH_FIND(by_id, request->tree->memberships, &id, sizeof(id), m);
    group = m ? tree_group(request->tree, m->group_id) : NULL;
    if (!group)
        return false;
    *duty = (struct duty){.on = "group",
                          .role = role_names[m->role],
                          .group = group,
                          .membership = m,
                          .from = m->from,
                          .to = m->to,
                          .current = people_member_current(group, m, request->today)};
    return true;
}

/* Is what was found still there? */
static bool take_found(const struct request *request, struct found found, struct duty *duty)
{
    switch (found.place) {
    case PLACE_ASSIGNMENT:
        return take_assignment(request, found.id, duty);
    case PLACE_AIM:
        return take_aim(request, found.id, duty);
    case PLACE_MEMBERSHIP:
        return take_membership(request, found.id, duty);
    case PLACE_LINK:
        return take_link(request, found.id, duty);
    }
    return false;
}

static void write_membership(struct writer *writer, const struct request *request,
                             const struct duty *duty)
{
    if (duty->group)
        people_write_group_name(writer, "group", request, duty->group);
    else
        writer_null(writer, "group");
    if (duty->membership)
        people_write_member(writer, "member", request, duty->group, duty->membership);
    else
        writer_null(writer, "member");
}

static void write_role(struct writer *writer, const struct request *request,
                       const struct duty *duty)
{
    writer_begin_object(writer, NULL);
    writer_begin_object(writer, "role");
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "on", duty->on);
    writer_text(writer, "role", duty->role);
    if (duty->group)
        writer_null(writer, "node");
    else
        describe_line(writer, "node", request, (double)NAN);
    write_membership(writer, request, duty);
    if (duty->link)
        describe_link(writer, "link", request, duty->link);
    else
        writer_null(writer, "link");
    describe_date(writer, "from", duty->from);
    describe_date(writer, "to", duty->to);
    writer_bool(writer, "current", duty->current);
    describe_share(writer, duty->share);
    writer_end_object(writer);
    writer_end_object(writer);
}

/* The next of what was found and not told yet: 1; 0: there is none. */
static int tell_found(struct role_stream *list, struct request *request, struct writer *writer)
{
    struct duty duty;

    if (list->at == list->count)
        return 0;
    if (!request->slot &&
        request_reopen(list->walk.call, list->walk.strategies[list->walk.at], request) < 0)
        return 0;
    request->node = tree_node(request->tree, list->node_id);
    while (request->node && list->at < list->count) {
        if (take_found(request, list->found[list->at++], &duty)) {
            write_role(writer, request, &duty);
            return 1;
        }
    }
    return 0;
}

static int role_stream_next(struct stream *stream, struct writer *writer)
{
    struct role_stream *list = (struct role_stream *)stream;
    struct request request = {0};

    for (int i = 0; i < PEOPLE_SLICE; i++) {
        int r = tell_found(list, &request, writer);

        if (r != 0)
            return r;
        r = people_walk_next(&list->walk, &request);
        if (r == 1)
            r = find_places(list, &request);
        else
            return r;
        if (r < 0)
            return r;
    }
    call_resume(list->walk.call);
    return -EAGAIN;
}

/* --- the method --- */

/* Whom the call asks about; refuses whom the caller may not know of. */
static const struct answer *read_holder(const struct request *request, struct role_stream *list)
{
    const char *kind = param_text(request->call, "kind"), *key = param_text(request->call, "key");
    const struct organisation *organisation;
    const struct person *person;
    const struct group *group;

    list->holder = (enum holder)enum_parse(holder_names, kind);
    switch (list->holder) {
    case HOLDER_ORGANISATION:
        organisation = registry_organisation_by_key(request->registry, key);
        list->id = organisation ? organisation->id : 0;
        break;
    case HOLDER_PERSON:
        person = registry_person_by_key(request->registry, key);
        list->id = person ? person->id : 0;
        break;
    case HOLDER_GROUP:
        group = tree_group_by_key(request->tree, key);
        list->id = group ? group->id : 0;
        break;
    }
    if (list->id && (list->holder == HOLDER_GROUP || people_known(request, list->holder, list->id)))
        return NULL;
    return people_fail_unknown(request->call, key);
}

const struct answer *method_list_roles(struct call *call)
{
    struct request request;
    bool group = strcmp(param_text(call, "kind"), holder_names[HOLDER_GROUP]) == 0;
    const struct answer *answer =
        group ? request_open(call, true, &request) : people_open(call, &request);
    struct role_stream *list;
    struct slot *scope = NULL;

    if (!answer)
        answer = people_scope(&request, &scope);
    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    list->stream.next = role_stream_next;
    list->stream.free = role_stream_free;
    list->current = param_bool(call, "current");
    answer = read_holder(&request, list);
    if (!answer && people_walk_begin(&list->walk, &request, group ? request.slot : scope) < 0)
        answer = fail_overloaded(call);
    if (answer) {
        role_stream_free(&list->stream);
        return answer;
    }
    return call_stream(call, &list->stream);
}
