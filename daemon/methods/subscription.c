/*
 * Subscribe: asks for an address to be told of topics. Who asks for their own confirmed address
 * changes its row; all others get a row of their own, which the address has to confirm. All of it
 * is one transaction, with the address and the asking account locked, for what may be done depends
 * on what is there. The address stands in no message and no log.
 */
#include <errno.h>
#include <string.h>

#include "core/mailaddress.h"
#include "db/params.h"
#include "db/row.h"
#include "log.h"
#include "methods/fail.h"
#include "methods/import_values.h"
#include "methods/people.h"
#include "methods/subscription.h"
#include "methods/table.h"
#include "methods/topic.h"

#define UNCONFIRMED_MOST 50 /* of one account */

const char *const frequency_names[] = {"immediate", "daily", "weekly", "monthly", NULL};

/* A call's transaction, step by step; the index of a step's first statement is not needed, for
 * each has its own columns. */
struct asking {
    struct pg_job job;
    struct call *call; /* parked; NULL: it was answered */
    int64_t account, person;
    char key[MAILADDRESS_SIZE];
    enum { AT_STATE, AT_ROW, AT_TOPICS, AT_END } step;
    struct topics topics;
    bool own;               /* the address is that of the caller's person */
    int64_t confirmed, row; /* the address's confirmed row; that which is to have the topics */
    int64_t waiting;        /* unconfirmed rows of the account */
    int64_t n_topics;       /* of the row, in the end */
};

static const struct pg_statement begin_statement = {"subscribe_begin", "BEGIN", 0};
static const struct pg_statement commit_statement = {"subscribe_commit", "COMMIT", 0};

static const struct pg_statement lock_statement = {
    "subscribe_lock",
    "SELECT goald.lock_address($1), pg_advisory_xact_lock(hashtextextended('account', $2::bigint))",
    2};

/* $1 address key, $2 account, $3 the caller's person or null. A row of the caller's own that no
 * mail has asked about takes more topics. */
static const struct pg_statement state_statement = {
    "subscribe_state",
    "SELECT EXISTS (SELECT FROM goald.contact WHERE strategy_id = 0 AND seq_to IS NULL"
    "  AND key = $3::bigint || '|email' AND lower(value) = $1),"
    " (SELECT id FROM goald.subscriber WHERE address_key = $1 AND confirmed_at IS NOT NULL),"
    " (SELECT id FROM goald.subscriber WHERE address_key = $1 AND asked_by = $2::bigint"
    "  AND confirmed_at IS NULL AND letter IS NULL FOR UPDATE),"
    " (SELECT count(*) FROM goald.subscriber WHERE asked_by = $2::bigint"
    "  AND confirmed_at IS NULL)",
    3};

static const struct pg_statement insert_statement = {
    "subscribe_insert",
    "INSERT INTO goald.subscriber (address, address_key, frequency, language, person_id, asked_by,"
    " asked_at) VALUES ($1, $2, $3, $4, $5::bigint, $6::bigint, now())"
    " RETURNING id, goald.count_subscription('asked', frequency)",
    6};

static const struct pg_statement update_statement = {
    "subscribe_update",
    "UPDATE goald.subscriber SET frequency = $2, language = coalesce($3, language),"
    " person_id = coalesce($4::bigint, person_id), next_at = goald.next_digest($2, told_at)"
    " WHERE id = $1::bigint RETURNING id",
    4};

static const struct pg_statement topics_statement = {
    "subscribe_topics",
    "INSERT INTO goald.topic (subscriber_id, strategy_id, kind, item_id, sector, said)"
    " SELECT $1::bigint, t.* FROM jsonb_to_recordset($2::jsonb)"
    " AS t (strategy_id integer, kind text, item_id bigint, sector text, said text)"
    " ON CONFLICT DO NOTHING",
    2};

static const struct pg_statement follow_statement = {
    "subscribe_follow",
    "SELECT count(*), (SELECT goald.follow_topics(id) FROM goald.subscriber"
    "  WHERE id = $1::bigint AND confirmed_at IS NOT NULL)"
    " FROM goald.topic WHERE subscriber_id = $1::bigint",
    1};

static void asking_free(struct asking *asking)
{
    topics_done(&asking->topics);
    free(asking);
}

static void asking_send(struct pg_job *job, struct pg *pg)
{
    const struct asking *asking = (const struct asking *)job;
    char account[PARAM_NUMBER_SIZE], person[PARAM_NUMBER_SIZE];

    param_number(asking->account, account);
    pg_query(pg, &begin_statement, NULL);
    pg_query(pg, &lock_statement, (const char *[]){asking->key, account});
    pg_query(pg, &state_statement,
             (const char *[]){asking->key, account,
                              asking->person ? param_number(asking->person, person) : NULL});
}

static void asking_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct asking *asking = (struct asking *)job;

    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        return;
    if (asking->step == AT_STATE && PQnfields(result) == 4) {
        asking->own = row_bool(result, 0, 0);
        asking->confirmed = row_int(result, 0, 1);
        asking->row = row_int(result, 0, 2);
        asking->waiting = row_int(result, 0, 3);
    } else if (asking->step == AT_ROW) {
        asking->row = row_int(result, 0, 0);
    } else if (asking->step == AT_TOPICS) {
        asking->n_topics = row_int(result, 0, 0);
    }
}

/* Does what is asked for hold without being confirmed? */
static bool holds_at_once(const struct asking *asking)
{
    return asking->own && asking->confirmed != 0;
}

/* What the caller asks for, now that it is known whose the address is; NULL, or the refusal. */
static const struct answer *judge(struct asking *asking)
{
    struct call *call = asking->call;
    struct request request;
    const struct answer *answer = people_open(call, &request);

    if (!answer)
        answer = topics_find(&request, json_object_get(call->parameters, "topics"), !asking->own,
                             &asking->topics);
    if (answer)
        return answer;
    if (!holds_at_once(asking) && asking->row == 0 && asking->waiting >= UNCONFIRMED_MOST)
        return fail_value(call, "address", "%d addresses that you asked for were not confirmed yet",
                          UNCONFIRMED_MOST);
    return NULL;
}

static void send_row(const struct asking *asking, struct pg *pg)
{
    const char *frequency = param_text(asking->call, "frequency");
    const char *language = param_text(asking->call, "language");
    int64_t id = holds_at_once(asking) ? asking->confirmed : asking->row;
    char row[PARAM_NUMBER_SIZE], account[PARAM_NUMBER_SIZE], text[PARAM_NUMBER_SIZE];
    const char *person = asking->own ? param_number(asking->person, text) : NULL;

    if (id)
        pg_query(pg, &update_statement,
                 (const char *[]){param_number(id, row), frequency, language, person});
    else
        pg_query(pg, &insert_statement,
                 (const char *[]){param_text(asking->call, "address"), asking->key, frequency,
                                  language, person, param_number(asking->account, account)});
}

static int send_topics(const struct asking *asking, struct pg *pg)
{
    json_auto_t *topics = topics_to_json(&asking->topics);
    AUTO(free_ptr) char *text = topics ? json_dumps(topics, JSON_COMPACT) : NULL;
    char row[PARAM_NUMBER_SIZE];

    if (!text)
        return -ENOMEM;
    param_number(asking->row, row);
    pg_query(pg, &topics_statement, (const char *[]){row, text});
    pg_query(pg, &follow_statement, (const char *[]){row});
    return 0;
}

/* The transaction ends without being committed. */
static bool refuse_asking(struct asking *asking, const struct answer *answer)
{
    call_end(answer);
    asking->call = NULL;
    return false;
}

static bool asking_more(struct pg_job *job, struct pg *pg)
{
    struct asking *asking = (struct asking *)job;
    const struct answer *answer;

    switch (asking->step++) {
    case AT_STATE:
        answer = judge(asking);
        if (answer)
            return refuse_asking(asking, answer);
        send_row(asking, pg);
        return true;
    case AT_ROW:
        if (send_topics(asking, pg) < 0)
            return refuse_asking(asking, fail_overloaded(asking->call));
        return true;
    case AT_TOPICS:
        if (asking->n_topics > SUBSCRIPTION_TOPICS)
            return refuse_asking(asking, fail_value(asking->call, "topics", "at most %d of one",
                                                    SUBSCRIPTION_TOPICS));
        pg_query(pg, &commit_statement, NULL);
        return true;
    default:
        return false;
    }
}

static const struct answer *reply(const struct asking *asking)
{
    struct call *call = asking->call;
    struct request request;
    const struct answer *answer = people_open(call, &request);

    if (answer)
        return answer;
    return call_reply(call, json_pack("{s:b,s:o}", "confirm", !holds_at_once(asking), "topics",
                                      topics_texts(&request, &asking->topics)));
}

static void asking_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct asking *asking = (struct asking *)job;

    if (asking->call)
        call_end(outcome == PG_DONE ? reply(asking)
                                    : subscription_fail_job(asking->call, outcome, error));
    asking_free(asking);
}

struct caller subscription_caller(const struct registry *registry, int64_t person_id)
{
    return (struct caller){.account = registry_person_account(registry, person_id)};
}

const struct answer *subscription_fail_job(struct call *call, enum pg_outcome outcome,
                                           const struct pg_error *error)
{
    if (outcome == PG_LOST)
        return fail_unknown_outcome(call, "");
    if (outcome == PG_REFUSED)
        log_error("a subscription was refused by the database: %s", error->message);
    return fail_unavailable(call);
}

const struct answer *subscription_check_frequency(struct call *call)
{
    const char *word = param_text(call, "frequency");

    return word && enum_parse(frequency_names, word) < 0
               ? fail_value(call, "frequency", "not immediate, daily, weekly or monthly")
               : NULL;
}

static const struct answer *check(struct call *call)
{
    static const struct field language = {"language", TYPE_LANGUAGE, false, NULL, NULL};
    const json_t *given = json_object_get(call->parameters, "language");
    const struct place place = {NULL, "language", 0};
    struct refusal refusal;

    if (!mailaddress_valid(param_text(call, "address")))
        return fail_value(call, "address", "not a mail address");
    if (param_given(call, "language") && value_check(&language, given, &place, &refusal) < 0)
        return fail_value(call, refusal.field, "%s", refusal.message);
    return subscription_check_frequency(call);
}

const struct answer *method_subscribe(struct call *call)
{
    struct request request;
    const struct answer *answer = people_open(call, &request);
    struct asking *asking;

    if (!answer)
        answer = check(call);
    if (answer)
        return answer;
    if (!store_reachable(request.store))
        return fail_unavailable(call);
    asking = calloc(1, sizeof(*asking));
    if (!asking)
        return fail_overloaded(call);
    asking->job = (struct pg_job){
        .send = asking_send, .result = asking_result, .more = asking_more, .done = asking_done};
    asking->call = call;
    asking->account = request_account(&request);
    asking->person = request.caller.account ? request.caller.account->person_id : 0;
    mailaddress_key(param_text(call, "address"), asking->key);
    pool_run(store_pool(request.store), POOL_WRITE, &asking->job);
    return call_park(call);
}
