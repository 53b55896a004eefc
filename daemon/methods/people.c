/* What the methods about people share; see people.h. */
#include "methods/people.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "methods/describe.h"
#include "methods/fail.h"

/* --- of whom one may know --- */

bool people_read_all(const struct request *request)
{
    return rights_on(request->registry, &request->caller, NULL) & (MAY_AUDITOR | MAY_ADMIN);
}

static bool is_caller(const struct request *request, enum holder holder, int64_t id)
{
    const struct account *account = request->caller.account;

    return holder == HOLDER_PERSON && account && account->person_id == id;
}

static unsigned rights_in(const struct request *request, const struct slot *slot)
{
    return rights_on(request->registry, &request->caller, slot->tree);
}

bool people_known(const struct request *request, enum holder holder, int64_t id)
{
    struct slot *const *slots;
    bool anywhere = false, manages = false;
    size_t n = store_strategies(request->store, &slots);

    if (people_read_all(request) || is_caller(request, holder, id))
        return true;
    for (size_t i = 0; i < n; i++) {
        bool part = people_take_part(request->registry, slots[i]->tree, holder, id);

        if (part && request_may_read(request, slots[i]))
            return true;
        anywhere |= part;
        manages |= (rights_in(request, slots[i]) & MAY_MANAGER) != 0;
    }
    return manages && !anywhere;
}

bool people_manages(const struct request *request)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);

    if (rights_on(request->registry, &request->caller, NULL) & (MAY_MANAGER | MAY_ADMIN))
        return true;
    for (size_t i = 0; i < n; i++) {
        if (rights_in(request, slots[i]) & (MAY_MANAGER | MAY_ADMIN))
            return true;
    }
    return false;
}

bool people_contact_known(const struct request *request, int64_t person_id)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);

    if (is_caller(request, HOLDER_PERSON, person_id) ||
        rights_on(request->registry, &request->caller, NULL) & MAY_ADMIN)
        return true;
    for (size_t i = 0; i < n; i++) {
        if (rights_in(request, slots[i]) & (MAY_MANAGER | MAY_ADMIN) &&
            people_take_part(request->registry, slots[i]->tree, HOLDER_PERSON, person_id))
            return true;
    }
    return false;
}

const struct answer *people_open(struct call *call, struct request *ret_request)
{
    const struct answer *answer = request_open(call, false, ret_request);

    return !answer && !ret_request->registry ? fail_unavailable(call) : answer;
}

const struct answer *people_scope(const struct request *request, struct slot **ret_slot)
{
    const char *key = param_text(request->call, "strategy");
    struct slot *slot = key ? store_strategy(request->store, key) : NULL;

    if (slot && !request_may_read(request, slot))
        slot = NULL;
    if (!slot && !store_loaded(request->store))
        return fail_unavailable(request->call);
    if (!slot && key)
        return fail_no_strategy(request->call, key);
    *ret_slot = slot;
    return NULL;
}

const struct answer *people_fail_unknown(struct call *call, const char *key)
{
    const struct tracker *tracker = call->service;

    return store_loaded(tracker->store) ? fail_no_key(call, key) : fail_unavailable(call);
}

int32_t people_today(void)
{
    return (int32_t)(time_now_us() / INT64_C(86400000000));
}

const char *people_organisation_name(const struct request *request,
                                     const struct organisation *organisation)
{
    const char *fallback = request->tree ? request->tree->strategy.language : NULL;

    return organisation ? texts_get(&organisation->names, request->language, fallback) : NULL;
}

/* --- the walk --- */

int people_walk_begin(struct people_walk *walk, const struct request *request,
                      const struct slot *only)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);

    *walk = (struct people_walk){.call = request->call};
    walk->strategies = calloc(n ? n : 1, sizeof(*walk->strategies));
    if (!walk->strategies)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!only || slots[i] == only)
            walk->strategies[walk->count++] = slots[i]->id;
    }
    return 0;
}

static void leave_strategy(struct people_walk *walk)
{
    walk_done(&walk->walk);
    walk->open = false;
    walk->at++;
}

/* Opens the request on the strategy at hand. */
static int enter_strategy(struct people_walk *walk, struct request *request)
{
    int32_t id = walk->strategies[walk->at];

    if (request->slot && request->slot->id == id)
        return 0;
    return request_reopen(walk->call, id, request);
}

int people_walk_next(struct people_walk *walk, struct request *request)
{
    while (walk->at < walk->count) {
        if (enter_strategy(walk, request) < 0) { /* not the caller's to read (any more) */
            leave_strategy(walk);
            continue;
        }
        if (!walk->open)
            walk_begin(&walk->walk, request->tree->root, UINT32_MAX);
        walk->open = true;
        request->node = walk_next(&walk->walk, request->tree);
        if (request->node)
            return 1;
        if (walk->walk.failed)
            return -ENOMEM;
        leave_strategy(walk);
    }
    return 0;
}

void people_walk_done(struct people_walk *walk)
{
    walk_done(&walk->walk);
    free(walk->strategies);
    *walk = (struct people_walk){0};
}

/* --- members --- */

static int rank(const struct membership *membership)
{
    static const enum role order[] = {ROLE_LEAD,   ROLE_CHAIR,   ROLE_SECRETARY,
                                      ROLE_MEMBER, ROLE_CONTACT, ROLE_SECONDMENT};
    int i = 0;

    while (i < (int)ARRAY_LEN(order) && order[i] != membership->role)
        i++;
    return i;
}

static int compare_members(const void *a, const void *b)
{
    const struct membership *left = *(const struct membership *const *)a;
    const struct membership *right = *(const struct membership *const *)b;
    int order = rank(left) - rank(right);

    return order ? order : (left->id > right->id) - (left->id < right->id);
}

int people_members(const struct tree *tree, const struct group *group,
                   const struct membership ***ret_members, size_t *ret_count)
{
    const struct membership **members = NULL, *m, *next;
    size_t count = 0;

    members = calloc(HASH_CNT(by_id, tree->memberships) + 1, sizeof(struct membership *));
    if (!members)
        return -ENOMEM;
    HASH_ITER (by_id, tree->memberships, m, next) {
        if (m->group_id == group->id)
            members[count++] = m;
    }
    qsort(members, count, sizeof(struct membership *), compare_members);
    *ret_members = members;
    *ret_count = count;
    return 0;
}

bool people_answers(const struct membership *m, enum people_answering answering, const char *area)
{
    switch (answering) {
    case ANSWERS_OWN:
        return m->area && text_has(m->area, area);
    case ANSWERS_CONTACT:
        return !m->area && m->role == ROLE_CONTACT;
    case ANSWERS_LEAD:
        return !m->area && (m->role == ROLE_LEAD || m->role == ROLE_CHAIR);
    case ANSWERS_ANY:
        break;
    }
    return !m->area;
}

enum people_answering people_answering(const struct membership *const *members, size_t count,
                                       const char *area)
{
    for (int answering = ANSWERS_OWN; answering < ANSWERS_ANY; answering++) {
        for (size_t i = 0; i < count; i++) {
            if (people_answers(members[i], (enum people_answering)answering, area))
                return (enum people_answering)answering;
        }
    }
    return ANSWERS_ANY;
}

void people_write_group_name(struct writer *writer, const char *key, const struct request *request,
                             const struct group *group)
{
    writer_begin_object(writer, key);
    writer_text(writer, "key", group->key);
    writer_text(writer, "kind", group_kind_names[group->kind]);
    describe_title(writer, "name", request, &group->names);
    writer_bool(writer, "ended", people_group_ended(group, request->today));
    writer_end_object(writer);
}

void people_write_member(struct writer *writer, const char *key, const struct request *request,
                         const struct group *group, const struct membership *m)
{
    const struct organisation *via =
        m->via_id ? registry_organisation(request->registry, m->via_id) : NULL;

    writer_begin_object(writer, key);
    writer_text(writer, "kind", holder_names[m->holder]);
    writer_text(writer, "key", describe_holder_key(request, m->holder, m->member_id));
    writer_text(writer, "name", describe_holder_name(request, m->holder, m->member_id));
    writer_text(writer, "role", role_names[m->role]);
    writer_text(writer, "seat", m->seat);
    writer_text(writer, "area", m->area);
    writer_text(writer, "via", via ? via->key : NULL);
    writer_text(writer, "viaName", people_organisation_name(request, via));
    describe_date(writer, "from", m->from);
    describe_date(writer, "to", m->to);
    writer_bool(writer, "current", people_member_current(group, m, request->today));
    writer_text(writer, "source", m->source);
    writer_end_object(writer);
}

/* --- affiliations and strategies --- */

void people_write_affiliation(struct writer *writer, const struct request *request,
                              const struct affiliation *a)
{
    const struct person *person = registry_person(request->registry, a->person_id);
    const struct organisation *organisation =
        registry_organisation(request->registry, a->organisation_id);

    writer_begin_object(writer, NULL);
    writer_text(writer, "person", person ? person->key : "");
    writer_text(writer, "personName", person ? person->name : NULL);
    writer_text(writer, "organisation", organisation ? organisation->key : "");
    writer_text(writer, "organisationName", people_organisation_name(request, organisation));
    writer_text(writer, "as", a->reporter ? "reporter" : "member");
    describe_date(writer, "from", a->from);
    describe_date(writer, "to", a->to);
    writer_bool(writer, "current", rights_current(a->from, a->to, people_today()));
    writer_end_object(writer);
}

void people_write_strategies(struct writer *writer, const char *key, const struct request *request,
                             enum holder holder, int64_t id)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);

    writer_begin_array(writer, key);
    for (size_t i = 0; i < n; i++) {
        if (people_take_part(request->registry, slots[i]->tree, holder, id) &&
            request_may_read(request, slots[i]))
            writer_text(writer, NULL, slots[i]->key);
    }
    writer_end_array(writer);
}
