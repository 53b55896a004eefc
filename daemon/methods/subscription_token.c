/*
 * What the holder of a mail's token may do without a login: ConfirmSubscription,
 * ChangeSubscription, Unsubscribe. The database takes the token and locks its address; then, in the
 * same transaction, what it is for is done.
 */
#include <errno.h>
#include <string.h>

#include "core/array.h"
#include "db/params.h"
#include "db/row.h"
#include "db/token.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/subscription.h"
#include "methods/table.h"
#include "methods/topic.h"

struct token_call;

/* One a method: the statement that takes the token ($1, in hexadecimal), and what is done then:
 * queues statements, or returns a refusal. NULL: the first statement does it all. */
struct token_kind {
    const struct pg_statement *take;
    const struct answer *(*act)(struct token_call *token, struct pg *pg);
    const struct answer *(*reply)(const struct token_call *token);
};

struct token_call {
    struct pg_job job;
    const struct token_kind *kind;
    struct call *call; /* parked; NULL: it was answered */
    char hex[2 * HASH_SIZE + 1];
    enum { AT_TOKEN, AT_ACT, AT_END } step;
    char outcome[16];
    int64_t id, person; /* the subscriber's row, and whose address it is, or 0 */
    char frequency[16];
    struct topics topics;
};

static const struct pg_statement begin_statement = {"token_begin", "BEGIN", 0};
static const struct pg_statement commit_statement = {"token_commit", "COMMIT", 0};

#define TAKE_SQL(what) "SELECT k.outcome, k.who FROM " what " k"

static const struct pg_statement confirm_statement = {
    "token_confirm", TAKE_SQL("goald.confirm_subscription(decode($1, 'hex'), $2::integer)"), 2};
static const struct pg_statement change_take_statement = {
    "token_change", TAKE_SQL("goald.take_token(decode($1, 'hex'), '{subscription}')"), 1};
static const struct pg_statement any_take_statement = {
    "token_any", TAKE_SQL("goald.take_token(decode($1, 'hex'), '{subscription,confirm}')"), 1};

static const struct pg_statement subscriber_statement = {
    "token_subscriber",
    "SELECT s.frequency, " SUBSCRIBER_PERSON ", " SUBSCRIBER_TOPICS
    " FROM goald.token k JOIN goald.subscriber s ON s.id = k.subscriber_id"
    " WHERE k.hash = decode($1, 'hex')",
    1};

static const struct pg_statement frequency_statement = {
    "token_frequency",
    "UPDATE goald.subscriber SET frequency = $2, next_at = goald.next_digest($2, told_at)"
    " WHERE id = $1::bigint",
    2};

static const struct pg_statement remove_statement = {
    "token_remove",
    "DELETE FROM goald.topic t USING jsonb_to_recordset($2::jsonb)"
    " AS g (strategy_id integer, kind text, item_id bigint, sector text)"
    " WHERE t.subscriber_id = $1::bigint AND (t.strategy_id, t.kind, t.item_id, t.sector)"
    " = (g.strategy_id, g.kind, g.item_id, g.sector)",
    2};

static const struct pg_statement follow_statement = {"token_follow",
                                                     "SELECT goald.follow_topics($1::bigint)", 1};

static const struct pg_statement forget_statement = {
    "token_forget",
    "SELECT goald.forget_subscribers(ARRAY(SELECT o.id FROM goald.subscriber s"
    " JOIN goald.subscriber o USING (address_key) WHERE s.id = $1::bigint), 'unsubscribed')",
    1};

/* --- the transaction --- */

static void token_send(struct pg_job *job, struct pg *pg)
{
    const struct token_call *token = (const struct token_call *)job;
    char most[PARAM_NUMBER_SIZE];

    param_number(SUBSCRIPTION_TOPICS, most);
    pg_query(pg, &begin_statement, NULL);
    pg_query(pg, token->kind->take, (const char *[]){token->hex, most});
    pg_query(pg, &subscriber_statement, (const char *[]){token->hex});
}

static void token_result(struct pg_job *job, int index, const PGresult *result)
{
    struct token_call *token = (struct token_call *)job;

    if (token->step != AT_TOKEN || PQntuples(result) != 1)
        return;
    if (index == 1) {
        snprintf(token->outcome, sizeof(token->outcome), "%s", row_text(result, 0, 0));
        token->id = row_int(result, 0, 1);
    } else {
        snprintf(token->frequency, sizeof(token->frequency), "%s", row_text(result, 0, 0));
        token->person = row_int(result, 0, 1);
        if (topics_from_json(row_text(result, 0, 2), &token->topics) < 0)
            snprintf(token->outcome, sizeof(token->outcome), "unread");
    }
}

/* NULL: the token is valid. */
static const struct answer *judge(const struct token_call *token)
{
    if (strcmp(token->outcome, "valid") == 0)
        return NULL;
    if (strcmp(token->outcome, "expired") == 0)
        return fail_expired_token(token->call);
    if (strcmp(token->outcome, "used") == 0)
        return fail_used_token(token->call);
    if (strcmp(token->outcome, "full") == 0)
        return fail_value(token->call, "token", "at most %d topics of one address",
                          SUBSCRIPTION_TOPICS);
    if (strcmp(token->outcome, "unread") == 0)
        return fail_overloaded(token->call);
    return fail_no_token(token->call);
}

static bool token_more(struct pg_job *job, struct pg *pg)
{
    struct token_call *token = (struct token_call *)job;
    const struct answer *answer;

    if (++token->step == AT_END)
        return false;
    answer = judge(token);
    if (!answer && token->kind->act)
        answer = token->kind->act(token, pg);
    if (answer) { /* the transaction ends without being committed */
        call_end(answer);
        token->call = NULL;
        return false;
    }
    pg_query(pg, &commit_statement, NULL);
    return true;
}

static void token_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct token_call *token = (struct token_call *)job;

    if (token->call)
        call_end(outcome == PG_DONE ? token->kind->reply(token)
                                    : subscription_fail_job(token->call, outcome, error));
    topics_done(&token->topics);
    free(token);
}

static const struct answer *take_token(struct call *call, const struct token_kind *kind)
{
    struct request request;
    const struct answer *answer = people_open(call, &request);
    struct token_call *token;

    if (!answer)
        answer = subscription_check_frequency(call);
    if (answer)
        return answer;
    if (!store_reachable(request.store))
        return fail_unavailable(call);
    token = calloc(1, sizeof(*token));
    if (!token)
        return fail_overloaded(call);
    if (token_digest(param_text(call, "token"), token->hex) < 0) {
        free(token);
        return fail_no_token(call);
    }
    token->job = (struct pg_job){
        .send = token_send, .result = token_result, .more = token_more, .done = token_done};
    token->kind = kind;
    token->call = call;
    pool_run(store_pool(request.store), POOL_WRITE, &token->job);
    return call_park(call);
}

/* --- what the subscriber has --- */

/* Opens the call as the subscriber sees the topics. */
static const struct answer *open_as_reader(const struct token_call *token,
                                           struct request *ret_request)
{
    const struct answer *answer = people_open(token->call, ret_request);

    if (!answer)
        ret_request->caller = subscription_caller(ret_request->registry, token->person);
    return answer;
}

static const struct answer *reply_subscription(const struct token_call *token)
{
    struct request request;
    const struct answer *answer = open_as_reader(token, &request);

    if (answer)
        return answer;
    return call_reply(token->call, json_pack("{s:s,s:o}", "frequency", token->frequency, "topics",
                                             topics_texts(&request, &token->topics)));
}

/* --- ConfirmSubscription --- */

static const struct token_kind confirming = {.take = &confirm_statement,
                                             .reply = reply_subscription};

const struct answer *method_confirm_subscription(struct call *call)
{
    return take_token(call, &confirming);
}

/* --- ChangeSubscription --- */

/* Takes the topic of that name out of the first and into the second. */
static bool move_topic(const struct request *request, const char *name, struct topics *from,
                       struct topics *to)
{
    for (size_t i = 0; i < from->count; i++) {
        if (!topic_is_called(request, &from->items[i], name))
            continue;
        to->items[to->count++] = from->items[i];
        ARRAY_REMOVE(from->items, from->count, i);
        return true;
    }
    return false;
}

/* What is to be removed, out of the token's topics. */
static const struct answer *take_removed(struct token_call *token, const json_t *names,
                                         struct topics *removed)
{
    struct request request;
    const struct answer *answer = open_as_reader(token, &request);
    const json_t *name;
    size_t i;

    if (answer)
        return answer;
    removed->items = calloc(token->topics.count + 1, sizeof(*removed->items));
    if (!removed->items)
        return fail_overloaded(token->call);
    json_array_foreach (names, i, name) {
        if (!move_topic(&request, json_string_value(name), &token->topics, removed))
            return fail_value(token->call, "removeTopics", "not subscribed to \"%.200s\"",
                              json_string_value(name));
    }
    if (token->topics.count == 0)
        return fail_value(token->call, "removeTopics",
                          "nothing would be left: unsubscribe instead");
    return NULL;
}

static const struct answer *act_change(struct token_call *token, struct pg *pg)
{
    const char *frequency = param_text(token->call, "frequency");
    const json_t *names = json_object_get(token->call->parameters, "removeTopics");
    AUTO(topics_done) struct topics removed = {0};
    const struct answer *answer = take_removed(token, names, &removed);
    json_auto_t *topics = NULL;
    AUTO(free_ptr) char *text = NULL;
    char id[PARAM_NUMBER_SIZE];

    if (answer)
        return answer;
    topics = topics_to_json(&removed);
    text = topics ? json_dumps(topics, JSON_COMPACT) : NULL;
    if (!text)
        return fail_overloaded(token->call);
    param_number(token->id, id);
    if (frequency) {
        snprintf(token->frequency, sizeof(token->frequency), "%s", frequency);
        pg_query(pg, &frequency_statement, (const char *[]){id, frequency});
    }
    pg_query(pg, &remove_statement, (const char *[]){id, text});
    pg_query(pg, &follow_statement, (const char *[]){id});
    return NULL;
}

static const struct token_kind changing = {
    .take = &change_take_statement, .act = act_change, .reply = reply_subscription};

const struct answer *method_change_subscription(struct call *call)
{
    return take_token(call, &changing);
}

/* --- Unsubscribe --- */

static const struct answer *act_forget(struct token_call *token, struct pg *pg)
{
    char id[PARAM_NUMBER_SIZE];

    pg_query(pg, &forget_statement, (const char *[]){param_number(token->id, id)});
    return NULL;
}

static const struct answer *reply_forgotten(const struct token_call *token)
{
    return call_reply(token->call, json_object());
}

static const struct token_kind forgetting = {
    .take = &any_take_statement, .act = act_forget, .reply = reply_forgotten};

const struct answer *method_unsubscribe(struct call *call)
{
    return take_token(call, &forgetting);
}
