/*
 * ImportBegin and ImportChunk: sessions, and the staging of what they bring. A record's form is
 * checked as it comes, so that most errors are told while the document is still on its way.
 */
#include "methods/import.h"

#include <errno.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/tree.h"
#include "methods/import_session.h"
#include "methods/restore.h"
#include "methods/table.h"

#define SESSIONS_MAX 8
#define SESSIONS_OF_USER 2
#define FORGET_S 120

struct imports {
    struct event_base *base;
    struct session *sessions; /* a handful at most */
};

int imports_new(struct event_base *base, struct imports **ret_imports)
{
    struct imports *imports = calloc(1, sizeof(*imports));

    if (!imports)
        return -ENOMEM;
    imports->base = base;
    *ret_imports = imports;
    return 0;
}

void imports_free(struct imports *imports)
{
    if (!imports)
        return;
    while (imports->sessions) {
        struct session *session = imports->sessions;

        imports->sessions = session->next;
        session->imports = NULL;
        if (!session->committing)
            session_free(session);
    }
    free(imports);
}

size_t imports_count(const struct imports *imports)
{
    size_t count = 0;

    for (const struct session *session = imports->sessions; session; session = session->next)
        count++;
    return count;
}

void imports_left(void *tracker, const struct call_sink *sink)
{
    struct session *session = ((struct tracker *)tracker)->imports->sessions;

    restore_left(tracker, sink);
    while (session) {
        struct session *next = session->next;

        if (session->sink == sink && !session->committing)
            session_free(session);
        session = next;
    }
}

static bool imports_full(const struct imports *imports, uid_t uid)
{
    size_t count = 0, of_user = 0;

    for (const struct session *session = imports->sessions; session; session = session->next) {
        count++;
        of_user += session->uid == uid;
    }
    return count >= SESSIONS_MAX || of_user >= SESSIONS_OF_USER;
}

/* --- sessions --- */

void session_free(struct session *session)
{
    if (session->imports) {
        struct session **link = &session->imports->sessions;

        while (*link != session)
            link = &(*link)->next;
        *link = session->next;
    }
    if (session->timer)
        event_free(session->timer);
    document_done(&session->document);
    free(session->key);
    free(session);
}

static void session_freep(struct session **session)
{
    if (*session)
        session_free(*session);
}

static void on_forgotten(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    session_free(arg);
}

/* It was heard of. */
static int session_touch(struct session *session)
{
    const struct timeval delay = {FORGET_S, 0};

    return event_add(session->timer, &delay) < 0 ? -ENOMEM : 0;
}

static int session_new(struct imports *imports, const struct call *call,
                       struct session **ret_session)
{
    AUTO(session_freep) struct session *session = calloc(1, sizeof(*session));
    uuid_t token;
    int r;

    if (!session)
        return -ENOMEM;
    r = document_init(&session->document);
    if (r < 0)
        return r;
    session->key = strdup(param_text(call, "strategy"));
    session->timer = evtimer_new(imports->base, on_forgotten, session);
    if (!session->key || !session->timer || session_touch(session) < 0)
        return -ENOMEM;
    uuid_generate_random(token);
    uuid_unparse_lower(token, session->token);
    session->uid = call->peer.uid;
    session->sink = call->sink;
    session->dry_run = param_bool(call, "dryRun");
    session->imports = imports;
    session->next = imports->sessions;
    imports->sessions = session;
    *ret_session = STEAL(session);
    return 0;
}

/* The caller's own, of this connection; NULL: the caller has none of that name. */
static struct session *session_find(const struct call *call)
{
    const struct tracker *tracker = call->service;
    const char *token = param_text(call, "import");

    for (struct session *s = tracker->imports->sessions; s; s = s->next) {
        if (s->uid == call->peer.uid && s->sink == call->sink && !s->committing &&
            strcmp(s->token, token) == 0)
            return s;
    }
    return NULL;
}

/* --- rights --- */

struct slot *import_slot(struct store *store, const char *key)
{
    struct slot *const *slots;
    size_t n = store_strategies(store, &slots);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(slots[i]->key, key) == 0)
            return slots[i];
    }
    return NULL;
}

bool import_is_contribution(enum part part)
{
    return part == PART_UPDATES || part == PART_OBSERVATIONS;
}

/* A new strategy is an admin's to make. */
unsigned import_rights(const struct request *request, struct slot *slot)
{
    unsigned may;

    if (!slot)
        return request->may & MAY_ADMIN;
    may = rights_on(request->registry, &request->caller, slot->tree) & (MAY_ADMIN | MAY_MANAGER);
    if (!may && rights_any_duty(request->registry, &request->caller, slot->tree, slot_today(slot)))
        may = MAY_CONTRIBUTOR;
    return may;
}

/* Of a strategy that one may not read the answer is that of one that does not exist. */
const struct answer *import_permit(const struct request *request, struct slot *slot,
                                   const char *key, bool contribution)
{
    unsigned enough = MAY_ADMIN | MAY_MANAGER | (contribution ? MAY_CONTRIBUTOR : 0);
    bool reads = slot && request_may_read(request, slot);

    if (!reads && !store_loaded(request->store))
        return fail_unavailable(request->call);
    if (import_rights(request, slot) & enough)
        return NULL;
    return fail_not_permitted(request->call, reads ? "manager" : "admin", key);
}

/* Whom the caller means: what is imported without a record of its strategy may name it by alias. */
static struct slot *named_slot(struct store *store, const char *name)
{
    struct slot *slot = import_slot(store, name);

    return slot ? slot : store_strategy(store, name);
}

/* --- the methods --- */

static int take_request_id(const struct call *call, uuid_t ret_uuid)
{
    const char *given = param_text(call, "requestId");

    if (!given) {
        uuid_generate_random(ret_uuid);
        return 0;
    }
    return uuid_parse(given, ret_uuid) == 0 ? 0 : -EINVAL;
}

const struct answer *method_import_begin(struct call *call)
{
    struct tracker *tracker = call->service;
    const char *key = param_text(call, "strategy");
    const struct answer *answer;
    struct request request;
    struct session *session;
    struct refusal refusal;
    uuid_t request_id;

    request_caller(call, &request);
    if (!request.registry)
        return fail_unavailable(call);
    answer = import_permit(&request, named_slot(tracker->store, key), key, true);
    if (answer)
        return answer;
    if (import_check_key(key, &refusal) < 0)
        return fail_value(call, refusal.field, "%s", refusal.message);
    if (take_request_id(call, request_id) < 0)
        return fail_value(call, "requestId", "not a UUID");
    if (imports_full(tracker->imports, call->peer.uid) ||
        session_new(tracker->imports, call, &session) < 0)
        return fail_overloaded(call);
    uuid_unparse_lower(request_id, session->request_id);
    session->repeatable = param_given(call, "requestId");
    return call_reply(call, json_pack("{s:s}", "import", session->token));
}

/* -EINVAL: refused; -E2BIG: more than an import may have; -ENOMEM, -EIO. */
static int session_take(struct session *session, enum part part, const json_t *records,
                        size_t limit, struct refusal *refusal)
{
    struct staged_part *staged = &session->document.parts[part];
    size_t i;
    json_t *record;
    int r = 0;

    json_array_foreach (records, i, record) {
        r = import_check(part, staged->count, record, refusal);
        if (r == 0)
            r = document_add(&session->document, part, record);
        if (r == 0 && session->document.bytes > limit)
            r = -E2BIG;
        if (r < 0)
            break;
    }
    return r;
}

/* NULL: the caller may import records of that part. What each of them needs is planned later. */
static const struct answer *permit_part(struct call *call, const struct session *session,
                                        enum part part)
{
    struct request request;

    if (import_is_contribution(part))
        return NULL;
    request_caller(call, &request);
    return request.registry ? import_permit(&request, named_slot(request.store, session->key),
                                            session->key, false)
                            : fail_unavailable(call);
}

/* The first error ends the import. */
static const struct answer *fail_chunk(struct call *call, struct session *session, int error,
                                       const struct refusal *refusal)
{
    const struct tracker *tracker = call->service;

    session_free(session);
    if (error == -EINVAL)
        return fail_document(call, refusal->field, refusal->message);
    if (error == -E2BIG)
        return fail_value(call, "records", "the document takes more than %zu bytes",
                          tracker->import_limit);
    return fail_overloaded(call);
}

const struct answer *method_import_chunk(struct call *call)
{
    const struct tracker *tracker = call->service;
    struct session *session = session_find(call);
    const json_t *records = json_object_get(call->parameters, "records");
    int part = enum_parse(part_names, param_text(call, "part"));
    const struct answer *answer;
    struct refusal refusal;
    int r;

    if (!session)
        return fail_no_import(call, param_text(call, "import"));
    if (part < 0)
        return call_fail_parameter(call, "part");
    answer = permit_part(call, session, (enum part)part);
    if (answer) {
        session_free(session);
        return answer;
    }
    if (param_int(call, "first", 0) != (int64_t)session->document.parts[part].count)
        return fail_value(call, "first", "the next record of %s is number %zu", part_names[part],
                          session->document.parts[part].count);
    r = session_take(session, (enum part)part, records, tracker->import_limit, &refusal);
    if (r == 0)
        r = session_touch(session);
    if (r < 0)
        return fail_chunk(call, session, r, &refusal);
    return call_reply(call, json_pack("{s:I}", "received", (json_int_t)json_array_size(records)));
}

/* One commit at a time of each user: it takes the database for a while. */
static bool is_committing(const struct imports *imports, uid_t uid)
{
    for (const struct session *session = imports->sessions; session; session = session->next) {
        if (session->uid == uid && session->committing)
            return true;
    }
    return false;
}

/* Without a record of its strategy the import is of one that is there, named as one likes.
 * -ENOENT: none is. */
static int find_strategy(struct session *session, struct store *store)
{
    const struct slot *slot = named_slot(store, session->key);
    char *key;

    if (session->document.parts[PART_STRATEGY].count > 0)
        return 0;
    if (!slot)
        return -ENOENT;
    key = strdup(slot->key);
    if (!key)
        return -ENOMEM;
    free(session->key);
    session->key = key;
    return 0;
}

const struct answer *method_import_commit(struct call *call)
{
    const struct tracker *tracker = call->service;
    struct session *session = session_find(call);
    int r;

    if (!session)
        return fail_no_import(call, param_text(call, "import"));
    r = find_strategy(session, tracker->store);
    if (r == -ENOENT)
        return store_loaded(tracker->store) ? fail_no_strategy(call, session->key)
                                            : fail_unavailable(call);
    if (r < 0 || is_committing(session->imports, session->uid)) /* it may be asked for again */
        return fail_overloaded(call);
    event_del(session->timer);
    session->committing = true;
    return import_commit(call, session);
}
