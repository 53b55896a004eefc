/* GetStatus: how a node stands today. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "db/row.h"
#include "methods/cache.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"

static json_t *describe_reasons(const struct request *request)
{
    struct reason reasons[REASONS_MAX];
    size_t n = rules_reasons(request->tree, request->node, request->today, reasons);
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        const struct reason *reason = &reasons[i];

        json_array_append_new(
            array, json_pack("{s:s,s:s?,s:o,s:o}", "kind", reason_names[reason->kind], "code",
                             reason->code, "days",
                             reason->days >= 0 ? json_integer(reason->days) : json_null(), "count",
                             reason->count >= 0 ? json_integer(reason->count) : json_null()));
    }
    return array;
}

/* An update's texts, which the tree holds for the latest update only. */
struct texts_of {
    int64_t account;
    const char *note, *evidence; /* evidence: a JSON array's text */
};

static json_t *describe_last_update(const struct request *request, const struct update *last,
                                    const struct texts_of *texts)
{
    json_t *evidence = texts && texts->evidence ? json_loads(texts->evidence, 0, NULL) : NULL;

    if (!last)
        return json_null();
    return json_pack("{s:I,s:s,s:o,s:o,s:s?,s:s?,s:s?,s:o,s:o,s:n,s:n,s:n,s:n}", "id",
                     (json_int_t)last->id, "code", request->node->code, "date",
                     describe_date(last->date), "percent", describe_number(last->percent), "state",
                     last->state == STATE_UNKNOWN ? NULL : state_names[last->state], "confidence",
                     last->confidence == CONFIDENCE_NONE ? NULL
                                                         : confidence_names[last->confidence],
                     "note", texts ? texts->note : NULL, "author",
                     texts ? describe_account(request, texts->account) : json_null(), "evidence",
                     evidence ? evidence
                     : texts  ? json_array()
                              : json_null(),
                     "supersedes", "reason", "supersededBy", "recorded");
}

static int set_targets(const struct request *request, json_t *status)
{
    struct reporting targets;

    if (request->node->id != 0) /* of a strategy only */
        return json_object_set_new(status, "targets", json_null()) |
               json_object_set_new(status, "targetsExpected", json_null()) |
               json_object_set_new(status, "targetsReporting", json_null());
    targets = rules_reporting(request->tree, request->node, KIND_TARGET, request->today);
    return json_object_set_new(status, "targets", json_integer(targets.total)) |
           json_object_set_new(status, "targetsExpected",
                               describe_expected(request->tree, KIND_TARGET)) |
           json_object_set_new(status, "targetsReporting", json_integer(targets.reporting));
}

static const char *word_or_null(const char *const *names, int value)
{
    return value ? names[value] : NULL;
}

/* What the rules say of it. */
static json_t *describe_result(const struct request *request, const struct result *result)
{
    bool shown_beside = result->source != SOURCE_REPORTED && !isnan(result->percent);

    return json_pack("{s:o,s:s?,s:o,s:o,s:o,s:b,s:s,s:s,s:s,s:s,s:s,s:o,s:s?,s:o,s:I}", "progress",
                     describe_number(result->progress), "progressSource",
                     word_or_null(source_names, result->source), "reportedPercent",
                     shown_beside ? describe_number(result->percent) : json_null(), "coverage",
                     describe_share(result->coverage), "work", describe_work(result), "done",
                     result->done, "schedule", schedule_names[result->schedule], "state",
                     state_names[result->state], "reportedState", state_names[result->reported],
                     "pacedState", state_names[result->paced], "partsState",
                     state_names[result->parts], "reasons", describe_reasons(request), "confidence",
                     word_or_null(confidence_names, result->confidence), "closing",
                     describe_closing(result->closing), "parts", (json_int_t)result->part_count);
}

static json_t *describe_status(const struct request *request, const struct texts_of *texts)
{
    const struct node *node = request->node;
    const struct result *result = rules_result(request->tree, request->node, request->today);
    const struct update *last = rules_last_update(node, request->today);
    json_t *status =
        json_pack("{s:s,s:s,s:s,s:o,s:s?}", "strategy", request->slot->key, "code", node->code,
                  "kind", kind_names[node->kind], "title", describe_title(request, &node->titles),
                  "stage", word_or_null(stage_names, node->stage));
    json_auto_t *computed = describe_result(request, result);
    json_auto_t *rest = json_pack(
        "{s:o,s:o,s:o,s:o,s:I,s:o,s:I,s:o,s:i,s:o}", "start", describe_date(node->start), "due",
        describe_date(node->due), "owners", describe_holders(request, node, ROLE_OWNER, true),
        "groups", describe_groups(request, node), "updateCount",
        (json_int_t)rules_update_count(node, request->today), "lastUpdate",
        describe_last_update(request, last, texts), "seq", (json_int_t)request->tree->seq, "asOf",
        describe_date(date_from_day(request->today)), "ruleVersion", RULE_VERSION, "lastContact",
        store_reachable(request->store)
            ? json_null()
            : describe_time(pool_last_contact_us(store_pool(request->store))));

    if (json_object_update(status, computed) || json_object_update(status, rest) ||
        set_targets(request, status)) {
        json_decref(status);
        return NULL;
    }
    return status;
}

/*
 * The latest update on the day may not be the one whose texts the tree holds: a correction brought
 * an older one back, or tomorrow's was submitted already. Its texts are fetched then.
 */
struct fetch {
    struct pg_job job;
    struct call *call; /* parked */
    int32_t strategy_id;
    int64_t update_id;
    PGresult *result;
};

static const struct pg_statement texts_statement = {
    "update_texts",
    "SELECT account_id, note, evidence FROM goald.progress_update"
    " WHERE strategy_id = $1::integer AND seq_from = $2::bigint",
    2};

static void fetch_send(struct pg_job *job, struct pg *pg)
{
    struct fetch *fetch = (struct fetch *)job;
    char strategy[16], id[24];
    const char *params[] = {strategy, id};

    snprintf(strategy, sizeof(strategy), "%" PRId32, fetch->strategy_id);
    snprintf(id, sizeof(id), "%" PRId64, fetch->update_id);
    pg_query(pg, &texts_statement, params);
}

static void fetch_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    ((struct fetch *)job)->result = PQcopyResult(result, PG_COPYRES_TUPLES);
}

static const struct answer *fetch_answer(struct fetch *fetch)
{
    struct request request;
    const struct answer *answer = request_open(fetch->call, true, &request);
    const struct update *last;
    struct texts_of texts = {0};

    if (answer)
        return answer;
    last = rules_last_update(request.node, request.today);
    if (last && last->id != fetch->update_id) /* overtaken by another update */
        return method_status(fetch->call);
    if (PQntuples(fetch->result) == 0) /* the database is gone, or has another past */
        return call_reply(fetch->call, describe_status(&request, NULL));
    texts.account = row_int(fetch->result, 0, 0);
    texts.note = row_text(fetch->result, 0, 1);
    texts.evidence = row_text(fetch->result, 0, 2);
    if (tree_put_latest(request.tree, request.node->id, fetch->update_id, texts.account, texts.note,
                        texts.evidence) == 0)
        cache_keep(&request);
    return call_reply(fetch->call, describe_status(&request, &texts));
}

static void fetch_done(struct pg_job *job, enum pg_outcome outcome UNUSED,
                       const struct pg_error *error UNUSED)
{
    struct fetch *fetch = (struct fetch *)job;

    call_end(fetch_answer(fetch));
    PQclear(fetch->result);
    free(fetch);
}

static const struct answer *fetch_texts(const struct request *request, int64_t update_id)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));

    if (!fetch)
        return fail_overloaded(request->call);
    fetch->job = (struct pg_job){.send = fetch_send, .result = fetch_result, .done = fetch_done};
    fetch->call = request->call;
    fetch->strategy_id = request->slot->id;
    fetch->update_id = update_id;
    pool_run(store_pool(request->store), POOL_READ, &fetch->job);
    return call_park(request->call);
}

const struct answer *method_status(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    const struct update *last;
    const struct latest *latest;
    struct texts_of texts = {0};

    if (answer)
        return answer;
    last = rules_last_update(request.node, request.today);
    latest = request.node->latest;
    if (last && (!latest || latest->id != last->id)) {
        if (store_reachable(request.store))
            return fetch_texts(&request, last->id);
        return call_reply(call, describe_status(&request, NULL));
    }
    if (last)
        texts = (struct texts_of){latest->account, latest->note, latest->evidence};
    cache_keep(&request);
    return call_reply(call, describe_status(&request, &texts));
}
