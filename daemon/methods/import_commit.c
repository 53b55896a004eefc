/*
 * ImportCommit: reads what is there and submits the change, which is planned when its turn has
 * come. What the journals have got between the two is read then, so that steady updates by others
 * do not keep an import out. A dry run goes the same way and takes its entries away in the end.
 * Once submitted, the change is carried out even if the caller goes away; before, it is dropped
 * then.
 */
#include <errno.h>
#include <string.h>

#include "methods/fail.h"
#include "methods/import_plan.h"
#include "methods/import_session.h"

#define TRIES 5
#define PLAN_US 2000     /* of planning in a turn of the loop … */
#define PLAN_RECORDS 32u /* … looking at the clock this often */

struct commit {
    struct change change; /* first: the store hands it back */
    struct session *session;
    struct call *call;
    struct tracker *tracker;
    struct existing *existing;
    struct existing_fetch *fetch; /* running, or NULL */
    struct import_plan import;
    struct planner *planner; /* at work on `import`, or NULL */
    struct caller caller;    /* whose plan it is */
    struct refusal refusal;
    size_t added, changed, unchanged;
    int64_t seq;    /* the strategy's, once that is done */
    unsigned plans; /* made with `existing` */
    int tries;
    int error; /* of the last plan or fetch */
};

static void commit_free(struct commit *commit)
{
    existing_forget(commit->fetch);
    planner_free(commit->planner);
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

    if (document->parts[PART_STRATEGY].count == 0) /* the one that is there */
        return 0;
    strategy = document_record(document, PART_STRATEGY, 0);
    if (!strategy)
        return -ENOMEM;
    return check_names(commit, field_text(strategy, "key"), field_text(strategy, "alias"),
                       &commit->refusal);
}

/* Have the journals moved on since the rows were read? */
static bool is_behind(const struct commit *commit, const struct plan *plan)
{
    return commit->existing->registry_seq < plan->registry->base_seq ||
           commit->existing->strategy_seq < plan->strategy->base_seq;
}

/* Is the daemon behind what was read, or has another import made the strategy? */
static bool is_stale(const struct commit *commit, const struct plan *plan)
{
    struct store *store = commit->tracker->store;

    if (commit->existing->registry_seq > plan->registry->base_seq ||
        commit->existing->strategy_seq > plan->strategy->base_seq)
        return true;
    return !plan->slot &&
           (import_slot(store, commit->session->key) != NULL || !store_loaded(store));
}

/* Is all of it what a contributor may import? */
static bool is_contribution(const struct session *session)
{
    for (int part = 0; part < PART_COUNT; part++) {
        if (session->document.parts[part].count > 0 && !import_is_contribution((enum part)part))
            return false;
    }
    return true;
}

/* Has the caller the right still? The plan is made later than the call came. */
static int check_rights(struct commit *commit, unsigned *ret_may)
{
    struct request request;
    unsigned may;

    request_caller(commit->call, &request);
    may = request.registry
              ? import_rights(&request, import_slot(request.store, commit->session->key))
              : 0;
    if (!may || (may == MAY_CONTRIBUTOR && !is_contribution(commit->session)))
        return -EACCES;
    commit->caller = request.caller;
    *ret_may = may;
    return 0;
}

/* What a relation may lead to: a strategy that the importer reads. */
static const struct tree *find_strategy(void *arg, const char *key)
{
    struct commit *commit = arg;
    struct slot *slot = store_strategy(commit->tracker->store, key);
    struct request request;

    request_caller(commit->call, &request);
    return slot && request.registry && request_may_read(&request, slot) ? slot->tree : NULL;
}

static int planner_start(struct commit *commit, const struct plan *plan)
{
    unsigned may;
    int r = check_rights(commit, &may);

    if (r == 0)
        r = check_strategy(commit);
    if (r < 0)
        return r;
    commit->import = (struct import_plan){
        .document = &commit->session->document,
        .existing = commit->existing,
        .registry = store_registry(commit->tracker->store),
        .tree = plan->slot ? plan->slot->tree : NULL,
        .now = time_now_us() / 1000000,
        .account = commit->change.account,
        .is_admin = may & MAY_ADMIN,
        .contributor = may == MAY_CONTRIBUTOR ? &commit->caller : NULL,
        .find_strategy = find_strategy,
        .find_arg = commit,
        .number = ++commit->plans,
        .refusal = &commit->refusal,
    };
    return planner_new(&commit->import, &commit->planner);
}

/* Goes on with the planner's work for a while. */
static int planner_turn(struct commit *commit, const struct plan *plan)
{
    int64_t until = monotonic_us() + PLAN_US;
    int r;

    if (commit->import.registry != store_registry(commit->tracker->store) ||
        commit->import.tree != (plan->slot ? plan->slot->tree : NULL))
        return -ESTALE; /* a failover took them away */
    commit->import.registry_entries = plan->registry;
    commit->import.strategy_entries = plan->strategy;
    do
        r = planner_work(commit->planner, PLAN_RECORDS);
    while (r > 0 && monotonic_us() < until);
    return r > 0 ? PLAN_MORE : r;
}

static int commit_read_on(struct commit *commit, const struct plan *plan);

static int plan_some(struct commit *commit, const struct plan *plan)
{
    int r = commit->error;

    if (commit->fetch)
        return PLAN_WAIT;
    if (r == 0 && !commit->planner) {
        if (is_stale(commit, plan))
            return -ESTALE;
        if (is_behind(commit, plan))
            return commit_read_on(commit, plan);
        r = planner_start(commit, plan);
    }
    return r == 0 ? planner_turn(commit, plan) : r;
}

/* The plan is whole. */
static void plan_finish(struct commit *commit, const struct plan *plan)
{
    const struct import_plan *import = &commit->import;

    commit->added = import->added;
    commit->changed = import->changed;
    commit->unchanged = import->unchanged;
    if (commit->session->dry_run) {
        entries_truncate(plan->registry, 0);
        entries_truncate(plan->strategy, 0);
    }
    commit->seq = entries_next_seq(plan->strategy) - 1;
}

static int commit_plan(struct change *change, struct plan *plan)
{
    struct commit *commit = (struct commit *)change;
    int r;

    if (!plan->further) {
        commit->error = 0;
        planner_free(STEAL(commit->planner));
    }
    r = plan_some(commit, plan);
    if (r > 0)
        return r;
    planner_free(STEAL(commit->planner));
    if (r == 0)
        plan_finish(commit, plan);
    commit->error = r;
    return r;
}

/* --- reading and submitting --- */

static void commit_fetch(struct commit *commit);

static const struct answer *permit(const struct session *session, const struct request *request)
{
    return import_permit(request, import_slot(request->store, session->key), session->key,
                         is_contribution(session));
}

static const struct answer *fail_rights(struct commit *commit)
{
    const struct answer *answer;
    struct request request;

    request_caller(commit->call, &request);
    answer = request.registry ? permit(commit->session, &request) : NULL;
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
    else if (commit->error == -ENOTCONN || commit->error == -EIO)
        commit_end(commit, fail_unavailable(call));
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
        .repeatable = session->repeatable && !session->dry_run,
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

static void commit_fetched(void *arg, int error, struct existing *existing)
{
    struct commit *commit = arg;

    commit->fetch = NULL;
    existing_free(commit->existing);
    commit->existing = existing;
    commit->plans = 0;
    if (!commit->call->sink) /* nothing was submitted, and nobody waits for it any more */
        commit_end(commit, fail_overloaded(commit->call));
    else if (error < 0)
        commit_end(commit, error == -ENOMEM ? fail_overloaded(commit->call)
                                            : fail_unavailable(commit->call));
    else
        commit_submit(commit);
}

static const char *update_key(void *arg, size_t index)
{
    const struct commit *commit = arg;

    return commit->session->document.parts[PART_UPDATES].records[index].key;
}

static void commit_fetch(struct commit *commit)
{
    struct store *store = commit->tracker->store;
    const struct slot *slot = import_slot(store, commit->session->key);
    struct existing_wanted wanted = {
        .update_key = update_key, .done = commit_fetched, .arg = commit};

    if (slot) {
        wanted.strategy_id = slot->id;
        wanted.n_updates = commit->session->document.parts[PART_UPDATES].count;
    }
    if (!commit->call->sink || !store_reachable(store))
        commit_end(commit, fail_unavailable(commit->call));
    else if (existing_fetch(store_pool(store), &wanted, &commit->fetch) < 0)
        commit_end(commit, fail_overloaded(commit->call));
}

static void commit_read(void *arg, int error, struct existing *existing UNUSED)
{
    struct commit *commit = arg;

    commit->fetch = NULL;
    commit->error = error;
}

/* Brings what was read forward to where the trees are now: its turn has come, so they stay there.
 * It is little, and the loop turns meanwhile. */
static int commit_read_on(struct commit *commit, const struct plan *plan)
{
    struct existing_wanted wanted = {
        .strategy_id = plan->slot ? plan->slot->id : 0,
        .known = commit->existing,
        .registry_seq = plan->registry->base_seq,
        .strategy_seq = plan->strategy->base_seq,
        .done = commit_read,
        .arg = commit,
    };
    int r = existing_fetch(store_pool(commit->tracker->store), &wanted, &commit->fetch);

    return r < 0 ? r : PLAN_WAIT;
}

const struct answer *import_commit(struct call *call, struct session *session)
{
    struct commit *commit = calloc(1, sizeof(*commit));
    const struct answer *answer;
    struct request request;

    request_caller(call, &request);
    answer = request.registry ? permit(session, &request) : fail_unavailable(call);
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
