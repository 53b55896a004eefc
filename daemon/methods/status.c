/* GetStatus: how a node stands today. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "db/moment.h"
#include "db/row.h"
#include "methods/cache.h"
#include "methods/describe.h"
#include "methods/fail.h"
#include "methods/table.h"
#include "methods/value.h"

/* A number, null for a negative one. */
static void write_given(struct writer *writer, const char *key, int32_t number)
{
    if (number >= 0)
        writer_int(writer, key, number);
    else
        writer_null(writer, key);
}

/* Does the relation of another strategy say that it takes this one's place? */
static bool supersedes(const struct slot *other, const struct slot *slot)
{
    const struct extra *extra = other->tree->root->extra;

    for (uint32_t i = 0; extra && other != slot && i < extra->n_relations; i++) {
        const struct relation *relation = &extra->relations[i];

        if (relation->kind == RELATION_SUPERSEDES && relation->to_strategy == slot->id &&
            relation->to_node == 0)
            return true;
    }
    return false;
}

/* Has a later edition that the caller may read taken the strategy's place? *ret_shared: everybody
 * would get the same answer. Of what was known in the past it is not told: that stands in the other
 * strategy's past. */
static bool is_superseded(const struct request *request, bool *ret_shared)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);
    bool told = false;

    *ret_shared = true;
    if (request->node->id != 0 || (request->moment && request->moment->known_at))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!supersedes(slots[i], request->slot))
            continue;
        told |= request_may_read(request, slots[i]);
        *ret_shared &= !slots[i]->tree->strategy.members_only;
    }
    return told;
}

static void write_reasons(struct writer *writer, const struct request *request)
{
    struct reason reasons[REASONS_MAX];
    bool shared, superseded = is_superseded(request, &shared);
    size_t n = rules_reasons(request->tree, request->node, request->today, superseded, reasons);

    writer_begin_array(writer, "reasons");
    for (size_t i = 0; i < n; i++) {
        writer_begin_object(writer, NULL);
        writer_text(writer, "kind", reason_names[reasons[i].kind]);
        writer_text(writer, "code", reasons[i].code);
        write_given(writer, "days", reasons[i].days);
        write_given(writer, "count", reasons[i].count);
        writer_end_object(writer);
    }
    writer_end_array(writer);
}

/* An update's texts, which the tree holds for the latest update only. */
struct texts_of {
    int64_t account;
    const char *note, *evidence; /* evidence: a JSON array's text */
};

static void write_texts(struct writer *writer, const struct request *request,
                        const struct texts_of *texts)
{
    char buffer[ACCOUNT_TEXT_SIZE];

    writer_text(writer, "note", texts ? texts->note : NULL);
    writer_text(writer, "author", texts ? account_text(request, texts->account, buffer) : NULL);
    if (texts)
        writer_raw(writer, "evidence", texts->evidence ? texts->evidence : "[]");
    else
        writer_null(writer, "evidence");
}

static void write_last_update(struct writer *writer, const struct request *request,
                              const struct update *last, const struct texts_of *texts)
{
    if (!last) {
        writer_null(writer, "lastUpdate");
        return;
    }
    writer_begin_object(writer, "lastUpdate");
    writer_int(writer, "id", last->id);
    writer_text(writer, "code", request->node->code);
    describe_date(writer, "date", last->date);
    describe_number(writer, "percent", last->percent);
    describe_word(writer, "state", state_names, last->state);
    describe_word(writer, "confidence", confidence_names, last->confidence);
    write_texts(writer, request, texts);
    writer_null(writer, "supersedes");
    writer_null(writer, "reason");
    writer_null(writer, "supersededBy");
    writer_null(writer, "recorded");
    writer_end_object(writer);
}

static void write_targets(struct writer *writer, const struct request *request)
{
    struct reporting targets;

    if (request->node->id != 0) { /* of a strategy only */
        writer_null(writer, "targets");
        writer_null(writer, "targetsExpected");
        writer_null(writer, "targetsReporting");
        return;
    }
    targets = rules_reporting(request->tree, request->node, KIND_TARGET, request->today);
    writer_int(writer, "targets", targets.total);
    describe_count(writer, "targetsExpected",
                   request->tree->strategy.expected.of_kind[KIND_TARGET]);
    writer_int(writer, "targetsReporting", targets.reporting);
}

/* What the rules say of it. */
static void write_result(struct writer *writer, const struct request *request,
                         const struct result *result)
{
    describe_standing(writer, result);
    describe_word(writer, "progressSource", source_names, result->source);
    /* the group's own figure, shown beside what came from elsewhere */
    describe_number(writer, "reportedPercent",
                    result->source != SOURCE_REPORTED ? result->percent : (double)NAN);
    writer_text(writer, "reportedState", state_names[result->reported]);
    writer_text(writer, "pacedState", state_names[result->paced]);
    writer_text(writer, "partsState", state_names[result->parts]);
    write_reasons(writer, request);
    describe_word(writer, "confidence", confidence_names, result->confidence);
    describe_outlook(writer, result);
    describe_day(writer, "lastActivity", result->last_activity);
    writer_int(writer, "forecastMissing", result->has_forecast ? 0 : result->forecast_missing);
    describe_closing(writer, "closing", result->closing);
    writer_int(writer, "parts", result->part_count);
}

static void write_status(struct writer *writer, const struct request *request,
                         const struct texts_of *texts)
{
    const struct node *node = request->node;
    const struct result *result = rules_result(request->tree, request->node, request->today);

    writer_begin_object(writer, NULL);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "code", node->code);
    writer_text(writer, "kind", kind_names[node->kind]);
    describe_title(writer, "title", request, &node->titles);
    describe_word(writer, "stage", stage_names, node->stage);
    write_result(writer, request, result);
    describe_date(writer, "start", node->start);
    describe_date(writer, "due", rules_due(node));
    describe_holders(writer, "owners", request, ROLE_OWNER, true);
    describe_groups(writer, "groups", request);
    writer_int(writer, "updateCount", (int64_t)rules_update_count(node, request->today));
    write_last_update(writer, request, rules_last_update(node, request->today), texts);
    describe_ground(writer, request);
    write_targets(writer, request);
    writer_end_object(writer);
}

static void keep_status(const struct request *request)
{
    bool shared;

    (void)is_superseded(request, &shared);
    if (shared)
        cache_keep_status(request);
}

static const struct answer *reply_status(const struct request *request,
                                         const struct texts_of *texts)
{
    struct writer writer = {};

    call_begin_reply(&writer);
    write_status(&writer, request, texts);
    return call_reply_written(request->call, &writer);
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
        return reply_status(&request, NULL);
    texts.account = row_int(fetch->result, 0, 0);
    texts.note = row_text(fetch->result, 0, 1);
    texts.evidence = row_text(fetch->result, 0, 2);
    if (tree_put_latest(request.tree, request.node->id, fetch->update_id, texts.account, texts.note,
                        texts.evidence) == 0)
        keep_status(&request);
    return reply_status(&request, &texts);
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
        return reply_status(&request, NULL);
    }
    if (last)
        texts = (struct texts_of){latest->account, latest->note, latest->evidence};
    keep_status(&request);
    return reply_status(&request, &texts);
}
