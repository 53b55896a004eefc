/*
 * A claimed mail while it is made: the journals that it tells of, one after the other, and the
 * entries that fall under its topics.
 */
#include <errno.h>
#include <string.h>

#include "db/row.h"
#include "methods/digest.h"
#include "methods/sending.h"
#include "methods/subscription.h"
#include "methods/value.h"

#define ENTRIES_MOST 200

int digest_mail_begin(struct digest_mail *mail, const PGresult *claimed, int row)
{
    *mail = (struct digest_mail){.claimed = claimed,
                                 .row = row,
                                 .id = row_int(claimed, row, CLAIM_ID),
                                 .asks = row_bool(claimed, row, CLAIM_ASKS),
                                 .person = row_int(claimed, row, CLAIM_PERSON)};
    mail->windows = json_loads(row_text(claimed, row, CLAIM_WINDOWS), 0, NULL);
    mail->entries = json_array();
    if (!mail->windows || !mail->entries)
        return -ENOMEM;
    return topics_from_json(row_text(claimed, row, CLAIM_TOPICS), &mail->topics);
}

void digest_mail_done(struct digest_mail *mail)
{
    topics_done(&mail->topics);
    json_decref(mail->windows);
    json_decref(mail->entries);
    gone_done(&mail->gone);
    *mail = (struct digest_mail){0};
}

int digest_mail_open(const struct digest_mail *mail, struct call *call, int32_t strategy_id,
                     struct request *ret_request)
{
    struct request request;
    struct slot *slot;

    request_caller(call, &request);
    if (!request.registry)
        return -ENOTCONN;
    request.caller = subscription_caller(request.registry, mail->person);
    request.language = row_text(mail->claimed, mail->row, CLAIM_LANGUAGE);
    if (strategy_id) {
        slot = store_slot(request.store, strategy_id);
        if (!slot || !slot->tree)
            return -ENOTCONN;
        request.slot = slot;
        request.tree = slot->tree;
        request.today = slot_today(slot);
    }
    *ret_request = request;
    return 0;
}

int digest_mail_turn(struct digest_mail *mail, struct call *call)
{
    const json_t *window;

    while ((window = json_array_get(mail->windows, mail->window))) {
        int64_t upto = json_integer_value(json_array_get(window, 2));
        size_t left = json_array_size(mail->windows) - mail->window++;
        struct request request;
        int r;

        gone_done(&mail->gone);
        mail->first = 0;
        mail->most = (ENTRIES_MOST - json_array_size(mail->entries)) / left;
        mail->strategy_id = (int32_t)json_integer_value(json_array_get(window, 0));
        mail->after = json_integer_value(json_array_get(window, 1));
        mail->before = upto + 1;
        r = digest_mail_open(mail, call, mail->strategy_id, &request);
        if (r < 0)
            return r;
        if (request.tree->seq < upto)
            return -ENOTCONN; /* it was loaded anew, from a database that is behind */
        if (request_may_read(&request, request.slot))
            return 1;
    }
    return 0;
}

int digest_mail_add(struct digest_mail *mail, const struct request *request,
                    const struct entry_row *entry)
{
    if (!digest_tells(request, mail->gone, &mail->topics, entry))
        return 0;
    if (mail->first >= mail->most) {
        mail->omitted++;
        return 0;
    }
    return json_array_insert_new(mail->entries, mail->first++,
                                 digest_entry(request, mail->gone, entry)) < 0
               ? -ENOMEM
               : 0;
}

/* --- as it is told --- */

static const char *member_text(const json_t *entry, const char *name)
{
    const char *text = json_string_value(json_object_get(entry, name));

    return text ? text : "";
}

/* Theirs, else that of the first topic's strategy. */
static const char *mail_language(const struct digest_mail *mail, const struct request *request)
{
    if (request->language)
        return request->language;
    for (size_t i = 0; i < mail->topics.count; i++) {
        int32_t id = mail->topics.items[i].strategy_id;
        const struct slot *slot = id ? store_slot(request->store, id) : NULL;

        if (slot && slot->tree)
            return slot->tree->strategy.language;
    }
    return "en";
}

/* Of what is about the strategy itself, groups and nodes; each by name, then as it happened. */
static int compare_entries(const void *a, const void *b)
{
    json_t *const *x = a, *const *y = b;
    const char *codes[] = {member_text(*x, "code"), member_text(*y, "code")};
    const char *groups[] = {member_text(*x, "group"), member_text(*y, "group")};
    json_int_t seqs[] = {json_integer_value(json_object_get(*x, "seq")),
                         json_integer_value(json_object_get(*y, "seq"))};
    int by_code = code_compare(codes[0], codes[1]), by_group = strcmp(groups[0], groups[1]);

    return by_code ? by_code : by_group ? by_group : (seqs[0] > seqs[1]) - (seqs[0] < seqs[1]);
}

static bool same_strategy(const json_t *a, const json_t *b)
{
    return strcmp(member_text(a, "strategy"), member_text(b, "strategy")) == 0;
}

/* As the interface has them, out of the strategies last one first. */
static json_t *in_order(const json_t *newest_first)
{
    size_t count = json_array_size(newest_first), begin = 0;
    AUTO(free_ptr) json_t **sorted = calloc(count + 1, sizeof(*sorted));
    json_t *entries = sorted ? json_array() : NULL;

    for (size_t i = 0; sorted && i < count; i++)
        sorted[i] = json_array_get(newest_first, count - 1 - i);
    for (size_t i = 1; sorted && i <= count; i++)
        if (i == count || !same_strategy(sorted[begin], sorted[i])) {
            qsort(sorted + begin, i - begin, sizeof(*sorted), compare_entries);
            begin = i;
        }
    for (size_t i = 0; entries && i < count; i++)
        json_array_append(entries, sorted[i]);
    return entries;
}

json_t *digest_mail_describe(const struct digest_mail *mail, struct call *call)
{
    const struct tracker *tracker = call->service;
    const PGresult *claimed = mail->claimed;
    int row = mail->row;
    const char *letter = row_text(claimed, row, CLAIM_LETTER);
    struct request request;

    if (digest_mail_open(mail, call, 0, &request) < 0)
        return NULL;
    return json_pack(
        "{s:{s:s,s:o,s:s,s:s,s:s,s:s,s:s?,s:s,s:s?,s:b,s:o,s:o,s:o,s:o,s:I}}", "digest", "letter",
        letter, "messageId", sending_message_id(tracker, letter), "address",
        row_text(claimed, row, CLAIM_ADDRESS), "language", mail_language(mail, &request),
        "frequency", row_text(claimed, row, CLAIM_FREQUENCY), "kind",
        mail->asks ? "confirm" : "digest", "token", *mail->token ? mail->token : NULL, "from",
        tracker->mail_from, "mailIn", *tracker->mail_in ? tracker->mail_in : NULL, "again",
        row_bool(claimed, row, CLAIM_AGAIN), "expires",
        value_time(row_int(claimed, row, CLAIM_EXPIRES)), "since",
        value_time(row_int(claimed, row, CLAIM_TOLD)), "topics",
        topics_texts(&request, &mail->topics), "entries", in_order(mail->entries), "omitted",
        (json_int_t)mail->omitted);
}
