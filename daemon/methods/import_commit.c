/*
 * ImportCommit: reads what is there, plans, and submits the change. The plan holds only for the
 * rows that were read, so it refuses itself when a journal has moved on since, and all begins
 * anew. Once submitted, the change is carried out even if the caller goes away; before, it is
 * dropped then.
 */
#include <errno.h>
#include <string.h>

#include "methods/fail.h"
#include "methods/import_plan.h"
#include "methods/import_session.h"

#define TRIES 5

struct commit {
    struct change change; /* first: the store hands it back */
    struct session *session;
    struct call *call;
    struct tracker *tracker;
    struct existing *existing;
    struct refusal refusal;
    size_t added, changed, unchanged;
    int64_t seq;    /* the strategy's, once that is done */
    unsigned plans; /* made with `existing` */
    bool is_admin;
    int tries;
    int error; /* of the last plan */
};

static void commit_free(struct commit *commit)
{
    existing_free(commit->existing);
    if (commit->session)
        session_free(commit->session);
    free(commit);
}

/* Ends it with an answer that its call was given. */
static void commit_end(struct commit *commit, const struct answer *answer)
{
    call_end(answer);
    commit_free(commit);
}

static void commit_reply(struct commit *commit)
{
    const struct session *session = commit->session;

    commit_end(commit, call_reply(commit->call,
                                  json_pack("{s:s,s:I,s:I,s:I,s:I,s:b,s:s}", "strategy",
                                            session->key, "seq", (json_int_t)commit->seq, "added",
                                            (json_int_t)commit->added, "changed",
                                            (json_int_t)commit->changed, "unchanged",
                                            (json_int_t)commit->unchanged, "dryRun",
                                            session->dry_run, "requestId", session->request_id)));
}

/* --- planning --- */

/* A key and an alias name one strategy only. Which one has them may not be the caller's to know. */
static int check_names(const struct commit *commit, const char *key, const char *alias,
                       struct refusal *refusal)
{
    struct slot *const *slots;
    size_t n = store_strategies(commit->tracker->store, &slots);

    if (strcmp(key, commit->session->key) != 0)
        return refuse(refusal, "strategy.key", "the import began with another one");
    for (size_t i = 0; i < n; i++) {
        const char *other = slots[i]->tree->strategy.alias;

        if (strcmp(slots[i]->key, key) == 0)
            continue;
        if (other && strcmp(other, key) == 0)
            return refuse(refusal, "strategy.key", "is taken");
        if (alias && (strcmp(slots[i]->key, alias) == 0 || (other && strcmp(other, alias) == 0)))
            return refuse(refusal, "strategy.alias", "is taken");
    }
    return 0;
}

static int check_strategy(struct commit *commit)
{
    const struct document *document = &commit->session->document;
    json_auto_t *strategy = NULL;

    if (document->parts[PART_STRATEGY].count == 0)
        return refuse(&commit->refusal, "strategy", "missing");
    strategy = document_record(document, PART_STRATEGY, 0);
    if (!strategy)
        return -ENOMEM;
    return check_names(commit, field_text(strategy, "key"), field_text(strategy, "alias"),
                       &commit->refusal);
}

/* Have the journals moved on since they were read, or has another import made the strategy? */
static bool is_stale(const struct commit *commit, const struct plan *plan)
{
    struct store *store = commit->tracker->store;

    if (plan->registry->base_seq != commit->existing->registry_seq ||
        plan->strategy->base_seq != commit->existing->strategy_seq)
        return true;
    return !plan->slot &&
           (import_slot(store, commit->session->key) != NULL || !store_loaded(store));
}

/* Has the caller the right still? The plan is made later than the call came. */
static int check_rights(struct commit *commit)
{
    struct request request;
    unsigned may;

    request_caller(commit->call, &request);
    may = request.registry ? import_rights(&request, commit->session->key) : 0;
    commit->is_admin = may & MAY_ADMIN;
    return may ? 0 : -EACCES;
}

static int plan_now(struct commit *commit, struct plan *plan)
{
    int r = check_rights(commit);
    struct import_plan import = {
        .document = &commit->session->document,
        .existing = commit->existing,
        .registry = store_registry(commit->tracker->store),
        .tree = plan->slot ? plan->slot->tree : NULL,
        .now = time_now_us() / 1000000,
        .account = commit->change.account,
        .is_admin = commit->is_admin,
        .number = ++commit->plans,
        .registry_entries = plan->registry,
        .strategy_entries = plan->strategy,
        .refusal = &commit->refusal,
    };

    if (r == 0)
        r = is_stale(commit, plan) ? -ESTALE : check_strategy(commit);
    if (r == 0)
        r = import_plan(&import);
    if (r < 0)
        return r;
    commit->added = import.added;
    commit->changed = import.changed;
    commit->unchanged = import.unchanged;
    commit->seq = entries_next_seq(plan->strategy) - 1;
    return 0;
}

static int commit_plan(struct change *change, struct plan *plan)
{
    struct commit *commit = (struct commit *)change;

    commit->error = plan_now(commit, plan);
    return commit->error;
}

/* --- reading, trying, submitting --- */

static void commit_fetch(struct commit *commit);

static const struct answer *fail_rights(struct commit *commit)
{
    const struct answer *answer;
    struct request request;

    request_caller(commit->call, &request);
    answer = request.registry ? import_permit(&request, commit->session->key) : NULL;
    return answer ? answer : fail_unavailable(commit->call); /* they came and went */
}

/* The plan could not be made. */
static void commit_refused(struct commit *commit)
{
    struct call *call = commit->call;

    if (commit->error == -ESTALE && ++commit->tries < TRIES)
        commit_fetch(commit);
    else if (commit->error == -EINVAL)
        commit_end(commit, fail_document(call, commit->refusal.field, commit->refusal.message));
    else if (commit->error == -EACCES)
        commit_end(commit, fail_rights(commit));
    else
        commit_end(commit, fail_overloaded(call));
}

static void commit_done(struct change *change, enum change_outcome outcome)
{
    struct commit *commit = (struct commit *)change;

    switch (outcome) {
    case CHANGE_DONE:
        commit_reply(commit);
        break;
    case CHANGE_REPEATED:
        commit->seq = change->seq;
        commit->added = commit->changed = 0;
        commit->unchanged = document_count(&commit->session->document);
        commit_reply(commit);
        break;
    case CHANGE_REFUSED:
        commit_refused(commit);
        break;
    default:
        commit_end(commit, request_fail_change(commit->call, change, outcome));
    }
}

static void commit_submit(struct commit *commit)
{
    struct store *store = commit->tracker->store;
    const struct session *session = commit->session;
    struct slot *slot = import_slot(store, session->key);
    int r;

    commit->change = (struct change){
        .slot = store_registry_slot(store),
        .also = slot,
        .new_key = slot ? NULL : session->key,
        .account = commit->change.account,
        .alone = true,
        .repeatable = session->repeatable,
        .plan = commit_plan,
        .done = commit_done,
    };
    memcpy(commit->change.request_id, session->request_id, sizeof(session->request_id));
    r = document_digest(&session->document, commit->change.digest);
    if (r == 0)
        r = store_submit(&commit->change);
    if (r < 0)
        commit_end(commit, request_fail_submit(commit->call, r));
}

/* Plans what would be done, for nobody to write. */
static void commit_try(struct commit *commit)
{
    struct store *store = commit->tracker->store;
    const struct registry *registry = store_registry(store);
    struct slot *slot = import_slot(store, commit->session->key);
    AUTO(entries_done) struct entries of_registry = {0}, of_strategy = {0};
    struct plan plan = {store, &of_registry, &of_strategy, slot};

    if (!registry) {
        commit_end(commit, fail_unavailable(commit->call));
        return;
    }
    entries_init(&of_registry, 0, registry->seq, registry->hash);
    if (slot)
        entries_init(&of_strategy, slot->id, slot->tree->seq, slot->tree->hash);
    else
        entries_init(&of_strategy, store_next_id(store), 0, journal_genesis);
    commit->error = plan_now(commit, &plan);
    if (commit->error < 0) {
        commit_refused(commit);
        return;
    }
    commit->seq = slot ? slot->tree->seq : 0;
    commit_reply(commit);
}

static void commit_fetched(void *arg, int error, struct existing *existing)
{
    struct commit *commit = arg;

    existing_free(commit->existing);
    commit->existing = existing;
    commit->plans = 0;
    if (!commit->call->sink) /* nothing was submitted, and nobody waits for it any more */
        commit_end(commit, fail_overloaded(commit->call));
    else if (error < 0)
        commit_end(commit, error == -ENOMEM ? fail_overloaded(commit->call)
                                            : fail_unavailable(commit->call));
    else if (commit->session->dry_run)
        commit_try(commit);
    else
        commit_submit(commit);
}

static json_t *update_keys(const struct document *document)
{
    const struct staged_part *updates = &document->parts[PART_UPDATES];
    json_t *keys = json_array();

    for (size_t i = 0; i < updates->count; i++)
        json_array_append_new(keys, json_string(updates->records[i].key));
    return keys;
}

static void commit_fetch(struct commit *commit)
{
    struct store *store = commit->tracker->store;
    const struct slot *slot = import_slot(store, commit->session->key);

    if (!commit->call->sink || !store_reachable(store))
        commit_end(commit, fail_unavailable(commit->call));
    else if (existing_fetch(store_pool(store), slot ? slot->id : 0,
                            update_keys(&commit->session->document), commit_fetched, commit) < 0)
        commit_end(commit, fail_overloaded(commit->call));
}

const struct answer *import_commit(struct call *call, struct session *session)
{
    struct commit *commit = calloc(1, sizeof(*commit));
    const struct answer *answer;
    struct request request;

    request_caller(call, &request);
    answer = request.registry ? import_permit(&request, session->key) : fail_unavailable(call);
    if (answer || !commit) {
        session_free(session);
        free(commit);
        return answer ? answer : fail_overloaded(call);
    }
    commit->session = session;
    commit->call = call;
    commit->tracker = call->service;
    commit->change.account = request_account(&request);
    answer = call_park(call);
    commit_fetch(commit);
    return answer;
}
