/*
 * ListJournal: a journal's entries, the newest first, all of them or those about a node, by an
 * account, or of a time. Bounded page by page: a node's entries are found by the state tables, and
 * where those of an account are looked for, only so many entries at a time are looked through.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/instant.h"
#include "db/row.h"
#include "methods/entry.h"
#include "methods/fail.h"
#include "methods/journal.h"
#include "methods/pages.h"
#include "methods/people.h"
#include "methods/table.h"

#define ACCOUNTS_MOST 32 /* of one person */
#define WINDOW 100000    /* entries that one statement looks through for an account's */

static const struct pg_statement bounds_statement = {
    "list_journal_bounds",
    "SELECT CASE WHEN $2::timestamptz IS NULL THEN 0"
    " ELSE goald.seq_at($1::integer, $2::timestamptz) END,"
    " CASE WHEN $3::timestamptz IS NULL"
    " THEN (SELECT seq FROM goald.chain WHERE strategy_id = $1::integer)"
    " ELSE goald.seq_at($1::integer, $3::timestamptz) END",
    3};

static const struct pg_statement journal_statement = {
    "list_journal",
    "SELECT " ENTRY_COLUMNS " FROM goald.journal j WHERE j.strategy_id = $1::integer"
    " AND j.seq > $2::bigint AND j.seq < $3::bigint"
    " AND ($5::bigint[] IS NULL OR j.account_id = ANY ($5::bigint[]))"
    " ORDER BY j.seq DESC LIMIT $4::integer",
    5};

/* OFFSET 0: each entry is looked up by itself, whatever the statistics say. */
static const struct pg_statement node_statement = {
    "list_journal_node",
    "SELECT " ENTRY_COLUMNS " FROM (SELECT DISTINCT s.seq"
    " FROM goald.node_seqs($1::integer, $5::bigint, $2::bigint, $3::bigint, $4::integer) AS s(seq)"
    " ORDER BY s.seq DESC LIMIT $4::integer) w CROSS JOIN LATERAL"
    " (SELECT x.* FROM goald.journal x WHERE x.strategy_id = $1::integer AND x.seq = w.seq"
    " OFFSET 0) j ORDER BY w.seq DESC",
    5};

struct journal_list {
    struct pages pages;
    int64_t after, before, left;
    int64_t node_id; /* -1: whatever it is about */
    int64_t low;     /* the page on its way looks at what is after this */
    int limit;       /* and brings so many rows at most */
    char since[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE]; /* "": not asked for */
    bool bounded; /* `after` and `before` are within the times and the journal's end */
    int64_t accounts[ACCOUNTS_MOST];
    size_t n_accounts;
    bool by_account;
};

static bool journal_list_more(const struct pages *pages)
{
    const struct journal_list *list = (const struct journal_list *)pages;

    return list->before > 0 && list->before - 1 > list->after && list->left > 0;
}

/* The accounts as an array's text. */
static void accounts_text(const struct journal_list *list, char *buffer, size_t size)
{
    size_t len = (size_t)snprintf(buffer, size, "{");

    for (size_t i = 0; i < list->n_accounts; i++)
        len += (size_t)snprintf(buffer + len, size - len, "%s%" PRId64, i ? "," : "",
                                list->accounts[i]);
    snprintf(buffer + len, size - len, "}");
}

static bool journal_list_send(struct pages *pages, struct pg *pg)
{
    struct journal_list *list = (struct journal_list *)pages;
    char strategy[16], low[24], before[24], limit[24], node[24], accounts[ACCOUNTS_MOST * 21 + 3];
    bool by_node = list->node_id >= 0;

    snprintf(strategy, sizeof(strategy), "%" PRId32, list->pages.strategy_id);
    if (!list->bounded) {
        pg_query(pg, &bounds_statement,
                 (const char *[]){strategy, *list->since ? list->since : NULL,
                                  *list->until ? list->until : NULL});
        return true;
    }
    list->limit = list->left < PAGE_ROWS ? (int)list->left : PAGE_ROWS;
    list->low = list->after;
    if (list->by_account && !by_node && list->before - WINDOW - 1 > list->after)
        list->low = list->before - WINDOW - 1;
    snprintf(low, sizeof(low), "%" PRId64, list->low);
    snprintf(before, sizeof(before), "%" PRId64, list->before);
    snprintf(limit, sizeof(limit), "%d", list->limit);
    snprintf(node, sizeof(node), "%" PRId64, list->node_id);
    accounts_text(list, accounts, sizeof(accounts));
    pg_query(pg, by_node ? &node_statement : &journal_statement,
             (const char *[]){strategy, low, before, limit,
                              by_node            ? node
                              : list->by_account ? accounts
                                                 : NULL});
    return true;
}

static void take_bounds(struct journal_list *list, const PGresult *result)
{
    int64_t after = row_int(result, 0, 0), last = row_int(result, 0, 1);

    if (after > list->after)
        list->after = after;
    if (last + 1 < list->before)
        list->before = last + 1;
    list->bounded = true;
}

static bool is_bounds(const PGresult *result)
{
    return PQnfields(result) == 2;
}

static void journal_list_arrived(struct pages *pages, const PGresult *result)
{
    struct journal_list *list = (struct journal_list *)pages;
    int n = PQntuples(result);

    if (is_bounds(result))
        take_bounds(list, result);
    else
        list->before = n == list->limit ? row_int(result, n - 1, 0) : list->low + 1;
}

static bool is_by(const struct journal_list *list, int64_t account)
{
    size_t i = 0;

    while (i < list->n_accounts && list->accounts[i] != account)
        i++;
    return i < list->n_accounts;
}

static json_t *journal_list_row(struct pages *pages, const struct request *request,
                                const PGresult *result, int row)
{
    struct journal_list *list = (struct journal_list *)pages;
    AUTO(entry_done) struct entry_row entry = {0};
    json_t *reply;
    bool hidden;

    if (is_bounds(result))
        return json_null();
    entry_read(result, row, &entry);
    hidden = entry_is_hidden(&entry, request);
    /* To be told of a node's hidden entry would be to be told the node. */
    if ((list->by_account && !is_by(list, entry.account)) || (hidden && list->node_id >= 0))
        return json_null();
    list->left--;
    reply = entry_reply(&entry, request, hidden);
    if (reply && !hidden && entry.payload)
        json_object_set(reply, "payload", entry.payload);
    if (reply && !hidden)
        json_object_set_new(reply, "requestId",
                            entry.request_id ? json_string(entry.request_id) : json_null());
    return reply;
}

static void journal_list_free(struct pages *pages)
{
    free(pages);
}

/* --- the parameters --- */

/* A user number, "realm:uid" or a person's key, as account ids. Whom the caller has no way to know
 * is as one who is not there. */
static int take_accounts(const struct request *request, struct journal_list *list)
{
    const char *text = param_text(request->call, "account");
    const char *colon = text ? strrchr(text, ':') : NULL, *digits = colon ? colon + 1 : text;
    bool is_uid = digits && *digits && strspn(digits, "0123456789") == strlen(digits);
    const struct person *person;
    const struct account *account, *next;

    if (!text)
        return 0;
    list->by_account = true;
    if (is_uid) {
        AUTO(free_ptr)
        char *realm =
            colon ? strndup(text, (size_t)(colon - text)) : strdup(request->tracker->realm);
        int64_t uid = strtoll(digits, NULL, 10);

        account = realm ? registry_account_of(request->registry, realm, uid) : NULL;
        if (account)
            list->accounts[list->n_accounts++] = account->id;
        if (!colon) /* a built-in administrator may have none */
            list->accounts[list->n_accounts++] = -1 - uid;
        return realm ? 0 : -ENOMEM;
    }
    person = registry_person_by_key(request->registry, text);
    if (!person || !people_known(request, HOLDER_PERSON, person->id))
        return -ENOENT;
    HASH_ITER (by_id, request->registry->accounts, account, next) {
        if (account->person_id == person->id && list->n_accounts < ACCOUNTS_MOST)
            list->accounts[list->n_accounts++] = account->id;
    }
    return 0;
}

/* A moment as the database reads it. `since` becomes the last moment before it. */
static int take_moment(const struct request *request, const char *name, bool end,
                       char ret_text[TIME_TEXT_SIZE])
{
    const char *text = param_text(request->call, name);
    const char *zone = request->tree ? request->tree->strategy.time_zone : "UTC";
    int64_t us;
    int r = text ? instant_parse(text, zone, end, &us) : 0;

    if (text && r == 0)
        time_format(end ? us : us - 1, ret_text);
    return r;
}

static const struct answer *list_parameters(struct call *call, const struct request *request,
                                            struct journal_list *list)
{
    const char *code = param_text(call, "code");
    int r;

    list->after = param_int(call, "after", 0);
    list->before = param_int(call, "before", INT64_MAX);
    list->left = param_int(call, "limit", INT64_MAX);
    list->node_id = code && *code ? request->node->id : -1;
    if (list->left < 1)
        return fail_value(call, "limit", "must be at least 1");
    if (list->after < 0)
        return fail_value(call, "after", "must not be negative");
    if (take_moment(request, "since", false, list->since) < 0)
        return fail_value(call, "since", "neither a date nor an RFC 3339 time");
    if (take_moment(request, "until", true, list->until) < 0)
        return fail_value(call, "until", "neither a date nor an RFC 3339 time");
    r = take_accounts(request, list);
    if (r < 0)
        return r == -ENOENT ? fail_no_key(call, param_text(call, "account"))
                            : fail_overloaded(call);
    list->bounded = !*list->since && !*list->until && !list->by_account;
    return NULL;
}

const struct answer *method_list_journal(struct call *call)
{
    struct request request;
    const struct answer *answer = journal_open(call, MAY_READER, &request);
    struct journal_list *list;

    if (answer)
        return answer;
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    pages_init(&list->pages, call, request.store, journal_id(&request));
    list->pages.more = journal_list_more;
    list->pages.send = journal_list_send;
    list->pages.row = journal_list_row;
    list->pages.arrived = journal_list_arrived;
    list->pages.free = journal_list_free;
    answer = list_parameters(call, &request, list);
    if (answer) {
        free(list);
        return answer;
    }
    return call_stream(call, &list->pages.stream);
}
