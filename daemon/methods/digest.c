/*
 * ClaimDigests and SettleDigests. A claim is a stream whose steps alternate between the database
 * and the loop: it claims some subscribers, then for each reads the journals' entries page by page,
 * keeps the latest that fall under the topics, has the mail's token stored and tells the mail. Who
 * has nothing to be told is settled on the way. What a stream that ends early has claimed comes to
 * another run when its lease is over.
 */
#include <errno.h>
#include <string.h>

#include "db/row.h"
#include "db/token.h"
#include "log.h"
#include "methods/digest.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/sending.h"
#include "methods/subscription.h"
#include "methods/table.h"
#include "methods/value.h"

#define MAILS 50         /* unless the caller says how many */
#define MAILS_MOST 1000  /* what they may say */
#define ENTRIES_MOST 200 /* of a mail */
#define SLICE 50         /* entries in a step */
#define REASON_MOST 500  /* bytes of what a mail system said */

struct digest_stream;

/* What is asked of the database; outlives its stream when the connection is closed meanwhile. */
struct errand {
    struct pg_job job;
    struct digest_stream *list; /* NULL: nobody waits any more */
    void (*send)(struct digest_stream *list, struct pg *pg);
    PGresult *results[4];
    int count;
};

/* The mail at hand. */
struct mail {
    int64_t id, person;
    bool asks; /* it asks to confirm */
    struct topics topics;
    json_t *windows;
    size_t window; /* the one being read */
    int32_t strategy_id;
    int64_t after, before; /* entries still to be read of it */
    bool readable;         /* the subscriber may read it */
    struct gone_node *gone;
    json_t *entries; /* the newest first, a strategy before the next one's */
    size_t first;    /* how many of the strategy at hand */
    size_t most;     /* of that one, so that each has its share */
    size_t omitted;
    char token[TOKEN_TEXT_SIZE], hex[2 * HASH_SIZE + 1];
};

struct digest_stream {
    struct stream stream;
    struct call *call;
    struct tracker *tracker;
    struct digest_claim claim;
    int64_t now_us;
    size_t left;            /* mails to be told */
    struct errand *errand;  /* on its way, or NULL */
    struct errand *answers; /* the last one that came back, or NULL */
    int error;
    int (*step)(struct digest_stream *list, struct writer *writer);
    PGresult *claimed; /* mails; NULL: none */
    int row;
    PGresult *page; /* entries of the mail at hand; NULL: none */
    int at;
    struct mail mail;
};

static int step_claim(struct digest_stream *list, struct writer *writer);
static int step_mail(struct digest_stream *list, struct writer *writer);
static int step_window(struct digest_stream *list, struct writer *writer);

/* --- asking the database --- */

static void errand_free(struct errand *errand)
{
    if (!errand)
        return;
    for (int i = 0; i < errand->count; i++)
        PQclear(errand->results[i]);
    free(errand);
}

static void errand_send(struct pg_job *job, struct pg *pg)
{
    struct errand *errand = (struct errand *)job;

    if (errand->list)
        errand->send(errand->list, pg);
}

static void errand_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct errand *errand = (struct errand *)job;

    if (errand->count < (int)ARRAY_LEN(errand->results))
        errand->results[errand->count++] = PQcopyResult(result, PG_COPYRES_TUPLES);
}

static void errand_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct errand *errand = (struct errand *)job;
    struct digest_stream *list = errand->list;

    if (outcome == PG_REFUSED)
        log_error("digests were refused by the database: %s", error->message);
    if (!list) {
        errand_free(errand);
        return;
    }
    list->errand = NULL;
    list->answers = errand;
    if (outcome != PG_DONE)
        list->error = -ENOTCONN;
    call_resume(list->call);
}

/* Goes on with `step` when the answers are there. */
static int ask(struct digest_stream *list, enum pool_use use,
               void (*send)(struct digest_stream *list, struct pg *pg),
               int (*step)(struct digest_stream *list, struct writer *writer))
{
    struct errand *errand = calloc(1, sizeof(*errand));

    errand_free(STEAL(list->answers));
    if (!errand)
        return -ENOMEM;
    if (!store_reachable(list->tracker->store)) {
        free(errand);
        return -ENOTCONN;
    }
    errand->job =
        (struct pg_job){.send = errand_send, .result = errand_result, .done = errand_done};
    errand->list = list;
    errand->send = send;
    list->errand = errand;
    list->step = step;
    pool_run(store_pool(list->tracker->store), use, &errand->job);
    return -EAGAIN;
}

/* The answer to the last errand's statement of that index, which is the caller's now; NULL: there
 * was no memory for it. */
static PGresult *take_answer(struct digest_stream *list, int index)
{
    struct errand *answers = list->answers;

    return answers && index < answers->count ? STEAL(answers->results[index]) : NULL;
}

/* Goes on with `step` in another turn of the loop. */
static int later(struct digest_stream *list,
                 int (*step)(struct digest_stream *list, struct writer *writer))
{
    list->step = step;
    call_resume(list->call);
    return -EAGAIN;
}

/* --- the mail at hand --- */

static void mail_done(struct mail *mail)
{
    topics_done(&mail->topics);
    json_decref(mail->windows);
    json_decref(mail->entries);
    gone_done(&mail->gone);
    *mail = (struct mail){0};
}

static int next_mail(struct digest_stream *list)
{
    mail_done(&list->mail);
    list->row++;
    return later(list, step_mail);
}

/* What the call is about as the subscriber sees it, open on that strategy (0: none). -ENOTCONN: it
 * is not there at the moment. */
static int open_reader(struct digest_stream *list, int32_t strategy_id, struct request *ret_request)
{
    struct request request;
    struct slot *slot;

    request_caller(list->call, &request);
    if (!request.registry)
        return -ENOTCONN;
    request.caller = subscription_caller(request.registry, list->mail.person);
    request.language = row_text(list->claimed, list->row, CLAIM_LANGUAGE);
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

/* Theirs, else that of the first topic's strategy. */
static const char *mail_language(const struct digest_stream *list, const struct request *request)
{
    const struct topics *topics = &list->mail.topics;

    if (request->language)
        return request->language;
    for (size_t i = 0; i < topics->count; i++) {
        const struct slot *slot = store_slot(request->store, topics->items[i].strategy_id);

        if (topics->items[i].strategy_id && slot && slot->tree)
            return slot->tree->strategy.language;
    }
    return "en";
}

static json_t *mail_id(const struct digest_stream *list)
{
    const char *domain = strchr(list->tracker->mail_from, '@');

    return json_sprintf("%s%s", row_text(list->claimed, list->row, CLAIM_LETTER),
                        domain ? domain : "@localhost");
}

static json_t *in_order(const json_t *newest_first)
{
    json_t *entries = json_array();

    for (size_t i = json_array_size(newest_first); i > 0; i--)
        json_array_append(entries, json_array_get(newest_first, i - 1));
    return entries;
}

static json_t *describe_mail(const struct digest_stream *list, const struct request *request)
{
    const struct mail *mail = &list->mail;
    const PGresult *claimed = list->claimed;
    const char *mail_in = list->tracker->mail_in;
    int row = list->row;

    return json_pack("{s:{s:s,s:o,s:s,s:s,s:s,s:s,s:s?,s:s,s:s?,s:b,s:o,s:o,s:o,s:o,s:I}}",
                     "digest", "letter", row_text(claimed, row, CLAIM_LETTER), "messageId",
                     mail_id(list), "address", row_text(claimed, row, CLAIM_ADDRESS), "language",
                     mail_language(list, request), "frequency",
                     row_text(claimed, row, CLAIM_FREQUENCY), "kind",
                     mail->asks ? "confirm" : "digest", "token", *mail->token ? mail->token : NULL,
                     "from", list->tracker->mail_from, "mailIn", *mail_in ? mail_in : NULL, "again",
                     row_bool(claimed, row, CLAIM_AGAIN), "expires",
                     value_time(row_int(claimed, row, CLAIM_EXPIRES)), "since",
                     value_time(row_int(claimed, row, CLAIM_TOLD)), "topics",
                     topics_texts(request, &mail->topics), "entries", in_order(mail->entries),
                     "omitted", (json_int_t)mail->omitted);
}

static int tell_mail(struct digest_stream *list, struct writer *writer)
{
    struct request request;
    int r = open_reader(list, 0, &request);

    if (r == 0)
        r = writer_take(writer, describe_mail(list, &request));
    if (r < 0)
        return r;
    mail_done(&list->mail);
    list->row++;
    list->left--;
    list->step = step_mail;
    return 1;
}

static void send_token(struct digest_stream *list, struct pg *pg)
{
    digest_put_token(pg, &list->claim, list->mail.id, list->mail.hex, list->mail.asks);
}

static int step_token(struct digest_stream *list, struct writer *writer)
{
    PGresult *result = take_answer(list, 0);
    bool stands = result && PQntuples(result) == 1;

    PQclear(result);
    return stands ? tell_mail(list, writer) : next_mail(list);
}

static void send_nothing(struct digest_stream *list, struct pg *pg)
{
    digest_settle(pg, list->claim.run, row_text(list->claimed, list->row, CLAIM_LETTER), true, NULL,
                  list->claim.at_us);
}

static int step_settled(struct digest_stream *list, struct writer *writer UNUSED)
{
    return next_mail(list);
}

/* All of it was read. */
static int end_mail(struct digest_stream *list, struct writer *writer)
{
    struct mail *mail = &list->mail;
    bool empty = !mail->asks && json_array_size(mail->entries) == 0;

    if (list->claim.trial)
        return empty ? next_mail(list) : tell_mail(list, writer);
    if (empty)
        return ask(list, POOL_WRITE, send_nothing, step_settled);
    token_new(mail->token);
    if (token_digest(mail->token, mail->hex) < 0)
        return -ENOMEM;
    return ask(list, POOL_WRITE, send_token, step_token);
}

/* --- its entries --- */

static void send_page(struct digest_stream *list, struct pg *pg)
{
    const struct mail *mail = &list->mail;

    digest_send_page(pg, mail->strategy_id, mail->after, mail->before);
}

static void send_window(struct digest_stream *list, struct pg *pg)
{
    digest_send_gone(pg, list->mail.strategy_id, list->mail.after);
    send_page(list, pg);
}

/* The latest are told. Those of a strategy go before those of the strategies before it. */
static int add_entry(struct mail *mail, const struct request *request,
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

static int step_page(struct digest_stream *list, struct writer *writer UNUSED);

static int step_entries(struct digest_stream *list, struct writer *writer UNUSED)
{
    struct mail *mail = &list->mail;
    int end = list->at + SLICE, count = PQntuples(list->page), r;
    struct request request;

    r = open_reader(list, mail->strategy_id, &request);
    for (; r == 0 && list->at < end && list->at < count; list->at++) {
        AUTO(entry_done) struct entry_row entry;

        entry_read(list->page, list->at, &entry);
        mail->before = entry.seq;
        r = add_entry(mail, &request, &entry);
    }
    if (r < 0)
        return r;
    if (list->at < count)
        return later(list, step_entries);
    PQclear(STEAL(list->page));
    if (count == DIGEST_PAGE)
        return ask(list, POOL_READ, send_page, step_page);
    mail->window++;
    return later(list, step_window);
}

static int step_page(struct digest_stream *list, struct writer *writer)
{
    list->page = take_answer(list, list->answers->count - 1);
    list->at = 0;
    return list->page ? step_entries(list, writer) : -ENOMEM;
}

static int step_first_page(struct digest_stream *list, struct writer *writer)
{
    PGresult *gone = take_answer(list, 0);
    int r = gone ? gone_read(gone, &list->mail.gone) : -ENOMEM;

    PQclear(gone);
    return r < 0 ? r : step_page(list, writer);
}

/* The next journal, if there is one. One that the subscriber may not read is told as if nothing had
 * happened there. */
static int step_window(struct digest_stream *list, struct writer *writer)
{
    struct mail *mail = &list->mail;
    const json_t *window = json_array_get(mail->windows, mail->window);
    int64_t upto = json_integer_value(json_array_get(window, 2));
    struct request request;
    int r;

    if (!window)
        return end_mail(list, writer);
    gone_done(&mail->gone);
    mail->first = 0;
    mail->most = (ENTRIES_MOST - json_array_size(mail->entries)) /
                 (json_array_size(mail->windows) - mail->window);
    mail->strategy_id = (int32_t)json_integer_value(json_array_get(window, 0));
    mail->after = json_integer_value(json_array_get(window, 1));
    mail->before = upto + 1;
    r = open_reader(list, mail->strategy_id, &request);
    if (r < 0)
        return r;
    if (request.tree->seq < upto)
        return -ENOTCONN; /* it was loaded anew, from a database that is behind */
    if (!request_may_read(&request, request.slot)) {
        mail->window++;
        return later(list, step_window);
    }
    return ask(list, POOL_READ, send_window, step_first_page);
}

/* --- claiming --- */

static int begin_mail(struct digest_stream *list)
{
    struct mail *mail = &list->mail;
    const PGresult *claimed = list->claimed;
    int row = list->row;

    mail->id = row_int(claimed, row, CLAIM_ID);
    mail->asks = row_bool(claimed, row, CLAIM_ASKS);
    mail->person = row_int(claimed, row, CLAIM_PERSON);
    mail->windows = json_loads(row_text(claimed, row, CLAIM_WINDOWS), 0, NULL);
    mail->entries = json_array();
    list->claim.after = mail->id;
    if (!mail->windows || !mail->entries)
        return -ENOMEM;
    return topics_from_json(row_text(claimed, row, CLAIM_TOPICS), &mail->topics);
}

static int step_mail(struct digest_stream *list, struct writer *writer)
{
    int r;

    if (list->row == PQntuples(list->claimed))
        return list->left > 0 ? step_claim(list, writer) : 0;
    r = begin_mail(list);
    return r < 0 ? r : step_window(list, writer);
}

static int step_read(struct digest_stream *list, struct writer *writer)
{
    PQclear(list->claimed);
    list->claimed = take_answer(list, 0);
    list->row = 0;
    if (!list->claimed)
        return -ENOMEM;
    return PQntuples(list->claimed) > 0 ? step_mail(list, writer) : 0;
}

static void send_read(struct digest_stream *list, struct pg *pg)
{
    int r = digest_claim_read(pg, &list->claim, list->claimed);

    if (r < 0)
        list->error = r;
}

/* Goes past all that were claimed, for one of them may be forgotten already. */
static int step_claimed(struct digest_stream *list, struct writer *writer UNUSED)
{
    int count;

    PQclear(list->claimed);
    list->claimed = take_answer(list, 0);
    if (!list->claimed)
        return -ENOMEM;
    count = PQntuples(list->claimed);
    if (count == 0)
        return 0;
    list->claim.after = row_int(list->claimed, count - 1, 0);
    return ask(list, POOL_WRITE, send_read, step_read);
}

static void send_claim(struct digest_stream *list, struct pg *pg)
{
    int r = digest_claim_send(pg, list->tracker->store, &list->claim);

    if (r < 0)
        list->error = r;
}

static int step_claim(struct digest_stream *list, struct writer *writer UNUSED)
{
    list->claim.limit = list->left;
    return list->claim.trial ? ask(list, POOL_READ, send_claim, step_read)
                             : ask(list, POOL_WRITE, send_claim, step_claimed);
}

static void send_prune(struct digest_stream *list, struct pg *pg)
{
    digest_prune(pg, list->claim.at_us);
}

static int step_clock(struct digest_stream *list, struct writer *writer)
{
    PGresult *result = take_answer(list, 0);
    struct sending clock;

    if (!result)
        return -ENOMEM;
    sending_read(result, &clock);
    PQclear(result);
    if (clock.early || clock.late)
        return sending_refuse_stream(&list->stream, &clock);
    list->claim.at_us = clock.at_us;
    return list->claim.trial ? step_claim(list, writer)
                             : ask(list, POOL_WRITE, send_prune, step_claim);
}

static void send_clock(struct digest_stream *list, struct pg *pg)
{
    sending_query(pg, SENDING_DIGESTS, list->claim.run, list->now_us, list->claim.trial);
}

static int step_begin(struct digest_stream *list, struct writer *writer UNUSED)
{
    return ask(list, POOL_WRITE, send_clock, step_clock);
}

/* --- the stream --- */

static int digests_next(struct stream *stream, struct writer *writer)
{
    struct digest_stream *list = (struct digest_stream *)stream;
    int r = list->error;

    if (list->errand)
        return -EAGAIN;
    if (r == 0)
        r = list->step(list, writer);
    if (r < 0 && r != -EAGAIN && !stream->error)
        stream->error = r == -ENOMEM ? TRACKER_ERROR("Overloaded") : TRACKER_ERROR("Unavailable");
    return r;
}

static void digests_free(struct stream *stream)
{
    struct digest_stream *list = (struct digest_stream *)stream;

    if (list->errand)
        list->errand->list = NULL;
    errand_free(list->answers);
    mail_done(&list->mail);
    PQclear(list->claimed);
    PQclear(list->page);
    free(list);
}

const struct answer *method_claim_digests(struct call *call)
{
    int64_t limit = param_int(call, "limit", MAILS);
    struct request request;
    const struct answer *answer = people_open(call, &request);
    struct digest_stream *list;

    if (answer)
        return answer;
    if (limit < 1 || limit > MAILS_MOST)
        return fail_value(call, "limit", "must be 1 to %d", MAILS_MOST);
    list = calloc(1, sizeof(*list));
    if (!list)
        return fail_overloaded(call);
    answer = sending_open(call, list->claim.run, &list->now_us);
    if (answer) {
        free(list);
        return answer;
    }
    list->stream = (struct stream){.next = digests_next, .free = digests_free};
    list->call = call;
    list->tracker = request.tracker;
    list->claim.trial = param_bool(call, "dryRun");
    list->left = (size_t)limit;
    list->step = step_begin;
    return call_stream(call, &list->stream);
}

/* --- SettleDigests --- */

struct settling {
    struct pg_job job;
    struct call *call; /* parked */
    char run[UUID_TEXT_SIZE];
    int64_t now_us;
    char outcome[16];
};

static void settling_send(struct pg_job *job, struct pg *pg)
{
    const struct settling *settling = (const struct settling *)job;
    const char *reason = param_text(settling->call, "reason");
    bool sent = strcmp(param_text(settling->call, "outcome"), "sent") == 0;
    size_t len = reason ? strnlen(reason, REASON_MOST) : 0;
    AUTO(free_ptr) char *copy = NULL;

    while (reason && reason[len] && len > 0 && ((unsigned char)reason[len] & 0xc0) == 0x80)
        len--; /* it ends between two characters */
    copy = reason ? strndup(reason, len) : NULL;
    digest_settle(pg, settling->run, param_text(settling->call, "letter"), sent, copy,
                  settling->now_us);
}

static void settling_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    struct settling *settling = (struct settling *)job;

    if (PQntuples(result) == 1)
        snprintf(settling->outcome, sizeof(settling->outcome), "%s", row_text(result, 0, 0));
}

static const struct answer *settling_answer(const struct settling *settling)
{
    if (strcmp(settling->outcome, "lost") == 0)
        return call_fail(settling->call, TRACKER_ERROR("NoSuchLetter"),
                         json_pack("{s:s}", "letter", param_text(settling->call, "letter")));
    return call_reply(settling->call, json_pack("{s:i}", "settled",
                                                strcmp(settling->outcome, "settled") == 0 ? 1 : 0));
}

static void settling_done(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct settling *settling = (struct settling *)job;

    call_end(outcome == PG_DONE ? settling_answer(settling)
                                : subscription_fail_job(settling->call, outcome, error));
    free(settling);
}

const struct answer *method_settle_digests(struct call *call)
{
    const char *outcome = param_text(call, "outcome");
    struct settling *settling;
    const struct answer *answer;
    struct request request;

    request_caller(call, &request);
    if (strcmp(outcome, "sent") != 0 && strcmp(outcome, "failed") != 0)
        return fail_value(call, "outcome", "must be sent or failed");
    if (!store_reachable(request.store))
        return fail_unavailable(call);
    settling = calloc(1, sizeof(*settling));
    if (!settling)
        return fail_overloaded(call);
    answer = sending_open(call, settling->run, &settling->now_us);
    if (answer) {
        free(settling);
        return answer;
    }
    settling->job =
        (struct pg_job){.send = settling_send, .result = settling_result, .done = settling_done};
    settling->call = call;
    pool_run(store_pool(request.store), POOL_WRITE, &settling->job);
    return call_park(call);
}
