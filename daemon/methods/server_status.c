/*
 * Ping, WhoAmI and GetServerStatus. The last asks the database how many subscriptions there were,
 * and waits a second at most for that: it is wanted most when something is wrong.
 */
#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <math.h>
#include <unistd.h>

#include "core/rules.h"
#include "db/row.h"
#include "methods/account.h"
#include "methods/cache.h"
#include "methods/fail.h"
#include "methods/value.h"
#include "methods/import.h"
#include "methods/table.h"

const struct answer *method_ping(struct call *call)
{
    return call_reply(call, json_object());
}

/* Nodes the caller has a duty on, as strategy:code. */
static json_t *describe_duties(struct request *request)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);
    json_t *duties = json_array();

    if (!request->caller.account || !request->caller.account->person_id)
        return duties; /* nobody's */
    for (size_t i = 0; i < n; i++) {
        const char *alias = slots[i]->tree->strategy.alias;
        const char *name = alias ? alias : slots[i]->key;
        int32_t today = slot_today(slots[i]);
        AUTO(free_ptr) struct node **nodes = NULL;

        if (!request_may_read(request, slots[i]) || tree_order(slots[i]->tree, &nodes) < 0)
            continue;
        for (size_t k = 0; k < slots[i]->tree->node_count; k++) {
            const struct node *node = nodes[k];

            if (rights_has_duty(request->registry, &request->caller, slots[i]->tree, node, today))
                json_array_append_new(duties, json_sprintf("%s:%s", name, node->code));
        }
    }
    return duties;
}

const struct answer *method_whoami(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, false, &request);
    const struct account *account;
    const struct person *person = NULL;

    if (answer)
        return answer;
    account = request.caller.account;
    if (account && account->person_id)
        person = registry_person(request.registry, account->person_id);
    return call_reply(
        call,
        json_pack("{s:s,s:I,s:o,s:s?,s:s?,s:b,s:b,s:o,s:o}", "realm", request.tracker->realm, "uid",
                  (json_int_t)call->peer.uid, "account",
                  account ? json_integer((json_int_t)account->id) : json_null(), "person",
                  person ? person->key : NULL, "name", person ? person->name : NULL, "builtinAdmin",
                  request.caller.builtin_admin, "disabled", account && account->disabled, "grants",
                  describe_grants(&request, account), "reportsOn", describe_duties(&request)));
}

static json_t *describe_pool(const struct store *store, json_t **ret_oldest)
{
    json_t *uses = json_array();
    int64_t oldest = 0;

    for (int use = 0; use < POOL_USES && store_pool(store); use++) {
        struct pool_stats stats;

        pool_stats(store_pool(store), (enum pool_use)use, &stats);
        if (stats.oldest_us > oldest)
            oldest = stats.oldest_us;
        json_array_append_new(uses, json_pack("{s:s,s:i,s:i,s:i,s:i,s:I,s:I,s:I}", "use",
                                              pool_use_names[use], "size", stats.size, "open",
                                              stats.open, "busy", stats.busy, "queued",
                                              stats.queued, "jobs", (json_int_t)stats.jobs,
                                              "failures", (json_int_t)stats.failures, "reconnects",
                                              (json_int_t)stats.reconnects));
    }
    *ret_oldest = oldest ? json_integer((json_int_t)(oldest / 1000)) : json_null();
    return uses;
}

static json_t *describe_loaded(struct store *store)
{
    struct slot *const *slots;
    size_t n = store_strategies(store, &slots);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct slot *slot = slots[i];
        int64_t lag = slot->checked_us ? (monotonic_us() - slot->checked_us) / 1000 : 0;

        json_array_append_new(
            array,
            json_pack("{s:s,s:I,s:I,s:I,s:I,s:o}", "strategy", slot->key, "seq",
                      (json_int_t)slot->tree->seq, "nodes", (json_int_t)slot->tree->node_count,
                      "updates", (json_int_t)slot->tree->update_count, "queued",
                      (json_int_t)slot->queued, "refreshLag",
                      slot->checked_us ? json_integer((json_int_t)lag) : json_null()));
    }
    return array;
}

/* "15.18", as PostgreSQL writes its version. */
static json_t *describe_version(int version)
{
    return version ? json_sprintf("%d.%d", version / 10000, version % 10000) : json_null();
}

static json_t *describe_database(const struct request *request)
{
    struct store *store = request->store;
    struct pool *pool = store_pool(store);
    const char *complaint = store_complaint(store);
    const char *error = *complaint ? complaint : pool ? pool_last_error(pool) : "";
    json_t *oldest, *uses = describe_pool(store, &oldest);

    return json_pack("{s:o,s:s,s:o,s:o,s:s?,s:b,s:o,s:o,s:I,s:i,s:o}", "schema",
                     store_schema(store) ? json_integer(store_schema(store)) : json_null(),
                     "database", store_reachable(store) ? "reachable" : "unreachable",
                     "serverVersion", describe_version(pool ? pool_server_version(pool) : 0),
                     "lastContact", value_time(pool ? pool_last_contact_us(pool) : 0), "lastError",
                     *error ? error : NULL, "privateCluster", store_options(store)->private_cluster,
                     "pool", uses, "oldestTransaction", oldest, "writeQueue",
                     (json_int_t)store_queued(store), "writeQueueLimit",
                     store_options(store)->write_queue, "strategies", describe_loaded(store));
}

/* `subscriptions` is taken. */
static const struct answer *reply_status(struct call *call, json_t *subscriptions)
{
    struct request request;
    struct cache_stats cache = {0};
    json_auto_t *database = NULL;
    json_t *status;

    request_caller(call, &request);
    if (request.tracker->cache)
        cache_stats(request.tracker->cache, &cache);
    database = describe_database(&request);
    status = json_pack("{s:s,s:i,s:I,s:i,s:I,s:I,s:I,s:I,s:I,s:i,s:i,s:[],s:i}", "version",
                       GOALD_VERSION, "ruleVersion", RULE_VERSION, "uptime",
                       (json_int_t)((monotonic_us() - request.tracker->started_us) / 1000000),
                       "pid", (int)getpid(), "cacheEntries", (json_int_t)cache.entries,
                       "cacheBytes", (json_int_t)cache.bytes, "cacheHits", (json_int_t)cache.hits,
                       "cacheMisses", (json_int_t)cache.misses, "imports",
                       (json_int_t)imports_count(request.tracker->imports), "connections", 0,
                       "connectionsRefused", 0, "users", "calls", 0);
    json_object_update(status, database);
    json_object_set_new(status, "subscriptions", subscriptions);
    if (request.tracker->server_status)
        request.tracker->server_status(request.tracker->server_arg, status);
    return call_reply(call, status);
}

struct status_call {
    struct pg_job job;
    struct call *call;     /* parked; NULL: answered */
    json_t *subscriptions; /* owned; NULL: not known */
    struct event *timer;
};

static const struct pg_statement count_statement = {
    "server_subscriptions",
    "SELECT e.event, coalesce(sum(c.count), 0)::bigint, coalesce(sum(c.count) FILTER"
    " (WHERE c.month = date_trunc('month', now() AT TIME ZONE 'UTC')::date), 0)::bigint"
    " FROM unnest('{asked,confirmed,unsubscribed,lapsed}'::text[])"
    " WITH ORDINALITY AS e(event, place) LEFT JOIN goald.subscription_count c USING (event)"
    " GROUP BY e.event, e.place ORDER BY e.place",
    0};

static void count_send(struct pg_job *job UNUSED, struct pg *pg)
{
    pg_query(pg, &count_statement, NULL);
}

static void count_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct status_call *status = (struct status_call *)job;

    status->subscriptions = json_array();
    for (int row = 0; row < PQntuples(result); row++)
        json_array_append_new(status->subscriptions,
                              json_pack("{s:s,s:I,s:I}", "event", row_text(result, row, 0), "total",
                                        (json_int_t)row_int(result, row, 1), "month",
                                        (json_int_t)row_int(result, row, 2)));
}

static void status_answer(struct status_call *status)
{
    struct call *call = STEAL(status->call);
    json_t *subscriptions = STEAL(status->subscriptions);

    if (call)
        call_end(reply_status(call, subscriptions ? subscriptions : json_null()));
    else
        json_decref(subscriptions);
}

static void count_late(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    status_answer(arg);
}

static void count_done(struct pg_job *job, enum pg_outcome outcome UNUSED,
                       const struct pg_error *error UNUSED)
{
    struct status_call *status = (struct status_call *)job;

    status_answer(status);
    event_free(status->timer);
    free(status);
}

const struct answer *method_server_status(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, false, &request);
    struct status_call *status;

    if (answer)
        return answer;
    if (!store_pool(request.store) || !store_reachable(request.store))
        return reply_status(call, json_null());
    status = calloc(1, sizeof(*status));
    if (!status)
        return fail_overloaded(call);
    status->timer = evtimer_new(store_options(request.store)->base, count_late, status);
    if (!status->timer || evtimer_add(status->timer, &(struct timeval){.tv_sec = 1}) < 0) {
        if (status->timer)
            event_free(status->timer);
        free(status);
        return fail_overloaded(call);
    }
    status->call = call;
    status->job = (struct pg_job){.send = count_send, .result = count_result, .done = count_done};
    pool_run(store_pool(request.store), POOL_READ, &status->job);
    return call_park(call);
}
