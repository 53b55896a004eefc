/*
 * ListSubscriptions: by a mail's token what its address has; else the caller's own, and those that
 * they manage, of which they see what they manage and nothing else.
 */
#include <errno.h>
#include <string.h>

#include "core/mailaddress.h"
#include "db/params.h"
#include "db/row.h"
#include "db/token.h"
#include "methods/fail.h"
#include "methods/pages.h"
#include "methods/people.h"
#include "methods/subscription.h"
#include "methods/table.h"
#include "methods/topic.h"
#include "methods/value.h"

#define PAGE_SUBSCRIBERS 100

struct subscription_list {
    struct pages pages; /* first */
    bool by_token;
    bool asked, over;            /* the token was looked at; the last page has come */
    char hex[2 * HASH_SIZE + 1]; /* the token's digest */
    char key[MAILADDRESS_SIZE];  /* of one address only; "": of any */
    int64_t after;
};

static const struct pg_statement token_statement = {
    "list_subscriptions_token",
    "SELECT CASE WHEN k.expires_at > now() THEN s.address_key END"
    " FROM goald.token k JOIN goald.subscriber s ON s.id = k.subscriber_id"
    " WHERE k.hash = decode($1, 'hex')",
    1};

enum {
    AT_ID,
    AT_ADDRESS,
    AT_PERSON,
    AT_FREQUENCY,
    AT_LANGUAGE,
    AT_ASKED,
    AT_CONFIRMED,
    AT_TOLD,
    AT_NEXT,
    AT_FAULT,
    AT_TOPICS,
    AT_OWN
};

/* $1 after which id, $2 an address's key or null, $3 all of them?, $4 the caller's person or null,
 * $5 strategies, $6 how many. */
static const struct pg_statement list_statement = {
    "list_subscriptions",
    "SELECT * FROM (SELECT s.id, s.address, " SUBSCRIBER_PERSON ", s.frequency, s.language,"
    " (extract(epoch FROM s.asked_at) * 1000000)::bigint,"
    " (extract(epoch FROM s.confirmed_at) * 1000000)::bigint,"
    " (extract(epoch FROM s.told_at) * 1000000)::bigint, CASE WHEN s.confirmed_at IS NOT NULL"
    " THEN (extract(epoch FROM coalesce(s.retry_at, s.next_at)) * 1000000)::bigint END,"
    " s.error, " SUBSCRIBER_TOPICS ","
    " EXISTS (SELECT FROM goald.contact c WHERE c.strategy_id = 0 AND c.seq_to IS NULL"
    " AND c.key = $4::bigint || '|email' AND lower(c.value) = s.address_key) AS own"
    " FROM goald.subscriber s WHERE s.id > $1::bigint AND ($2::text IS NULL OR s.address_key = $2))"
    " AS l WHERE $3::boolean OR own OR EXISTS (SELECT FROM goald.topic t"
    " WHERE t.subscriber_id = l.id AND t.strategy_id = ANY ($5::integer[]))"
    " ORDER BY id LIMIT $6::integer",
    6};

static bool manages(const struct request *request, const struct slot *slot)
{
    return rights_on(request->registry, &request->caller, slot ? slot->tree : NULL) &
           (MAY_MANAGER | MAY_ADMIN);
}

/* The strategies that the caller manages, as a parameter; NULL for want of memory. */
static const char *managed_strategies(const struct request *request, struct param_list *list)
{
    struct slot *const *slots;
    size_t n = store_strategies(request->store, &slots);

    for (size_t i = 0; i < n; i++) {
        if (manages(request, slots[i]))
            param_list_add_number(list, slots[i]->id);
    }
    return param_list_close(list);
}

static bool list_more(const struct pages *pages)
{
    return !((const struct subscription_list *)pages)->over;
}

static bool list_send(struct pages *pages, struct pg *pg)
{
    struct subscription_list *list = (struct subscription_list *)pages;
    AUTO(param_list_done) struct param_list managed_list = PARAM_LIST_ARRAY;
    char after[PARAM_NUMBER_SIZE], person[PARAM_NUMBER_SIZE], limit[PARAM_NUMBER_SIZE];
    struct request request;
    const char *managed;
    int64_t own;
    bool all;

    if (list->by_token && !list->asked) {
        pg_query(pg, &token_statement, (const char *[]){list->hex});
        return true;
    }
    request_caller(pages->call, &request);
    managed = managed_strategies(&request, &managed_list);
    if (!managed)
        return false;
    own = request.caller.account ? request.caller.account->person_id : 0;
    all = list->by_token || manages(&request, NULL);
    pg_query(pg, &list_statement,
             (const char *[]){param_number(list->after, after), *list->key ? list->key : NULL,
                              all ? "t" : "f", own ? param_number(own, person) : NULL, managed,
                              param_number(PAGE_SUBSCRIBERS, limit)});
    return true;
}

static bool is_token(const PGresult *result)
{
    return PQnfields(result) == 1;
}

static void list_arrived(struct pages *pages, const PGresult *result)
{
    struct subscription_list *list = (struct subscription_list *)pages;
    int n = PQntuples(result);

    if (!is_token(result)) {
        list->over = n < PAGE_SUBSCRIBERS;
        list->after = n ? row_int(result, n - 1, AT_ID) : list->after;
        return;
    }
    list->asked = true;
    if (n == 0)
        pages->stream.error = TRACKER_ERROR("NoSuchToken");
    else if (!row_text(result, 0, 0))
        pages->stream.error = TRACKER_ERROR("ExpiredToken");
    else
        snprintf(list->key, sizeof(list->key), "%s", row_text(result, 0, 0));
}

/* The topics that are to be shown; `whole`: all of them. */
static json_t *describe_topics(const struct request *request, const struct topics *topics,
                               bool whole)
{
    json_auto_t *array = json_array();

    for (size_t i = 0; i < topics->count; i++) {
        const struct topic *topic = &topics->items[i];
        const struct slot *slot =
            topic->strategy_id ? store_slot(request->store, topic->strategy_id) : NULL;
        struct topic_name name;

        if (!whole && (!slot || !slot->tree || !manages(request, slot)))
            continue;
        if (topic_name(request, topic, &name) < 0)
            return NULL;
        json_array_append_new(array, json_pack("{s:s,s:s?,s:b}", "topic", name.text, "title",
                                               name.title, "gone", name.gone));
        free(name.text);
    }
    return STEAL(array);
}

/* A person's key, for who may know of them. */
static const char *person_key(const struct request *request, int64_t id, bool whole)
{
    const struct person *person = id ? registry_person(request->registry, id) : NULL;

    return person && (whole || people_known(request, HOLDER_PERSON, id)) ? person->key : NULL;
}

static json_t *list_row(struct pages *pages, const struct request *request, const PGresult *result,
                        int row)
{
    const struct subscription_list *list = (const struct subscription_list *)pages;
    AUTO(topics_done) struct topics topics = {0};
    AUTO(free_ptr) char *reply_to = NULL;
    struct request reader = *request;
    bool whole;

    if (is_token(result))
        return json_null();
    whole = list->by_token || row_bool(result, row, AT_OWN) || manages(request, NULL);
    if (list->by_token) /* what the token's holder sees, not who asks for them */
        reader.caller = subscription_caller(request->registry, row_int(result, row, AT_PERSON));
    if (topics_from_json(row_text(result, row, AT_TOPICS), &topics) < 0)
        return NULL;
    if (list->by_token)
        reply_to = mailaddress_tagged(request->tracker->mail_in, param_text(pages->call, "token"));
    return json_pack(
        "{s:{s:s,s:s?,s:s,s:s?,s:o,s:o,s:o,s:o,s:s?,s:o,s:s?,s:s?}}", "subscription", "address",
        row_text(result, row, AT_ADDRESS), "person",
        person_key(request, row_int(result, row, AT_PERSON), whole), "frequency",
        row_text(result, row, AT_FREQUENCY), "language", row_text(result, row, AT_LANGUAGE),
        "asked", value_time(row_int(result, row, AT_ASKED)), "confirmed",
        value_time(row_int(result, row, AT_CONFIRMED)), "last",
        value_time(row_int(result, row, AT_TOLD)), "next",
        value_time(row_int(result, row, AT_NEXT)), "error", row_text(result, row, AT_FAULT),
        "topics", describe_topics(&reader, &topics, whole), "from",
        list->by_token ? request->tracker->mail_from : NULL, "replyTo", reply_to);
}

static void list_free(struct pages *pages)
{
    free(pages);
}

/* NULL, or what is wrong with the parameters. */
static const struct answer *take_parameters(struct call *call, struct subscription_list *list)
{
    const char *address = param_text(call, "address"), *token = param_text(call, "token");

    if (address && token)
        return fail_value(call, "token", "not beside an address: it is its holder's");
    if (address && !mailaddress_valid(address))
        return fail_value(call, "address", "not a mail address");
    if (address)
        mailaddress_key(address, list->key);
    list->by_token = token != NULL;
    return token && token_digest(token, list->hex) < 0 ? fail_no_token(call) : NULL;
}

const struct answer *method_list_subscriptions(struct call *call)
{
    struct request request;
    const struct answer *answer = people_open(call, &request);
    struct subscription_list *list;

    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    pages_init(&list->pages, call, request.store, 0);
    list->pages.needs = MAY_ANYBODY;
    list->pages.more = list_more;
    list->pages.send = list_send;
    list->pages.row = list_row;
    list->pages.arrived = list_arrived;
    list->pages.free = list_free;
    answer = take_parameters(call, list);
    if (answer) {
        free(list);
        return answer;
    }
    return call_stream(call, &list->pages.stream);
}
