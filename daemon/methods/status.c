/* GetStatus: how a node stands today. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "db/moment.h"
#include "db/row.h"
#include "methods/cache.h"
#include "methods/describe.h"
#include "methods/edition.h"
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

static void write_reasons(struct writer *writer, const struct request *request,
                          const PGresult *editions)
{
    struct reason reasons[REASONS_MAX];
    bool shared, superseded = edition_superseded(request, editions, &shared);
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

/* What a status tells that may not be in the tree. */
struct found {
    bool texts; /* the latest update's */
    int64_t account;
    const char *note, *evidence; /* evidence: a JSON array's text */
    const PGresult *editions;    /* see edition.h */
};

static void write_texts(struct writer *writer, const struct request *request,
                        const struct found *found)
{
    char buffer[ACCOUNT_TEXT_SIZE];

    writer_text(writer, "note", found->note);
    writer_text(writer, "author",
                found->texts ? account_text(request, found->account, buffer) : NULL);
    if (found->texts)
        writer_raw(writer, "evidence", found->evidence ? found->evidence : "[]");
    else
        writer_null(writer, "evidence");
}

static void write_last_update(struct writer *writer, const struct request *request,
                              const struct update *last, const struct found *found)
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
    write_texts(writer, request, found);
    writer_null(writer, "supersedes");
    writer_null(writer, "reason");
    writer_null(writer, "supersededBy");
    writer_null(writer, "recorded");
    writer_null(writer, "decision");
    writer_null(writer, "decisionNote");
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
                         const struct result *result, const struct found *found)
{
    describe_standing(writer, result);
    describe_word(writer, "progressSource", source_names, result->source);
    /* the group's own figure, shown beside what came from elsewhere */
    describe_number(writer, "reportedPercent",
                    result->source != SOURCE_REPORTED ? result->percent : (double)NAN);
    writer_text(writer, "reportedState", state_names[result->reported]);
    writer_text(writer, "pacedState", state_names[result->paced]);
    writer_text(writer, "partsState", state_names[result->parts]);
    write_reasons(writer, request, found->editions);
    describe_word(writer, "confidence", confidence_names, result->confidence);
    describe_outlook(writer, result);
    describe_day(writer, "lastActivity", result->last_activity);
    writer_int(writer, "forecastMissing", result->has_forecast ? 0 : result->forecast_missing);
    describe_closing(writer, "closing", result->closing);
    writer_int(writer, "parts", result->part_count);
}

static void write_status(struct writer *writer, const struct request *request,
                         const struct found *found)
{
    const struct node *node = request->node;
    const struct result *result = rules_result(request->tree, request->node, request->today);

    writer_begin_object(writer, NULL);
    writer_text(writer, "strategy", request->slot->key);
    writer_text(writer, "code", node->code);
    writer_text(writer, "kind", kind_names[node->kind]);
    describe_title(writer, "title", request, &node->titles);
    describe_word(writer, "stage", stage_names, node->stage);
    write_result(writer, request, result, found);
    describe_date(writer, "start", node->start);
    describe_date(writer, "due", rules_due(node));
    describe_holders(writer, "owners", request, ROLE_OWNER, true);
    describe_groups(writer, "groups", request);
    writer_int(writer, "updateCount", (int64_t)rules_update_count(node, request->today));
    write_last_update(writer, request, rules_last_update(node, request->today), found);
    describe_ground(writer, request);
    write_targets(writer, request);
    writer_end_object(writer);
}

static void keep_status(const struct request *request)
{
    bool shared;

    (void)edition_superseded(request, NULL, &shared);
    if (shared)
        cache_keep_status(request);
}

static const struct answer *reply_status(const struct request *request, const struct found *found)
{
    struct writer writer = {};

    call_begin_reply(&writer);
    write_status(&writer, request, found);
    return call_reply_written(request->call, &writer);
}

/*
 * The latest update on the day may not be the one whose texts the tree holds: a correction brought
 * an older one back, or tomorrow's was submitted already. Its texts are fetched then; and of the
 * past, which editions there were.
 */
enum { FETCH_TEXTS, FETCH_EDITIONS, FETCH_STATEMENTS };

struct fetch {
    struct pg_job job;
    struct call *call; /* parked */
    int32_t strategy_id;
    int64_t update_id;     /* 0: none */
    int64_t editions_time; /* 0: not asked for */
    PGresult *results[FETCH_STATEMENTS];
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
    if (fetch->editions_time)
        edition_send(pg, fetch->strategy_id, fetch->editions_time);
}

static void fetch_result(struct pg_job *job, int index, const PGresult *result)
{
    ((struct fetch *)job)->results[index] = PQcopyResult(result, PG_COPYRES_TUPLES);
}

static const struct answer *fetch_answer(struct fetch *fetch)
{
    struct request request;
    const struct answer *answer = request_open(fetch->call, true, &request);
    const PGresult *texts = fetch->results[FETCH_TEXTS];
    struct found found = {.editions = fetch->results[FETCH_EDITIONS]};
    const struct update *last;

    if (answer)
        return answer;
    last = rules_last_update(request.node, request.today);
    if (last && last->id != fetch->update_id) /* overtaken by another update */
        return method_status(fetch->call);
    if (PQntuples(texts) == 0) /* no update; or the database is gone, or has another past */
        return reply_status(&request, &found);
    found.texts = true;
    found.account = row_int(texts, 0, 0);
    found.note = row_text(texts, 0, 1);
    found.evidence = row_text(texts, 0, 2);
    if (tree_put_latest(request.tree, request.node->id, fetch->update_id, found.account, found.note,
                        found.evidence) == 0)
        keep_status(&request);
    return reply_status(&request, &found);
}

static void fetch_done(struct pg_job *job, enum pg_outcome outcome UNUSED,
                       const struct pg_error *error UNUSED)
{
    struct fetch *fetch = (struct fetch *)job;

    call_end(fetch_answer(fetch));
    for (size_t i = 0; i < FETCH_STATEMENTS; i++)
        PQclear(fetch->results[i]);
    free(fetch);
}

static const struct answer *fetch_start(const struct request *request, const struct update *last)
{
    struct fetch *fetch = calloc(1, sizeof(*fetch));

    if (!fetch)
        return fail_overloaded(request->call);
    fetch->job = (struct pg_job){.send = fetch_send, .result = fetch_result, .done = fetch_done};
    fetch->call = request->call;
    fetch->strategy_id = request->slot->id;
    fetch->update_id = last ? last->id : 0;
    fetch->editions_time = edition_is_past(request) ? request->moment->time_us : 0;
    pool_run(store_pool(request->store), POOL_READ, &fetch->job);
    return call_park(request->call);
}

const struct answer *method_status(struct call *call)
{
    struct request request;
    const struct answer *answer = request_open(call, true, &request);
    const struct update *last;
    const struct latest *latest;
    struct found found = {0};

    if (answer)
        return answer;
    last = rules_last_update(request.node, request.today);
    latest = request.node->latest;
    if ((last && (!latest || latest->id != last->id)) || edition_is_past(&request)) {
        if (store_reachable(request.store))
            return fetch_start(&request, last);
        return reply_status(&request, &found);
    }
    if (last)
        found = (struct found){true, latest->account, latest->note, latest->evidence, NULL};
    keep_status(&request);
    return reply_status(&request, &found);
}
