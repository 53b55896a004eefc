/*
 * ClaimDigests: a stream whose steps alternate between the database and the loop. It claims some
 * subscribers, then for each reads the journals' entries page by page, keeps the latest that fall
 * under the topics, has the mail's token stored and tells the mail. Who has nothing to be told is
 * settled on the way. What a stream that ends early has claimed comes to another run when its lease
 * is over.
 */
#include <errno.h>

#include "db/row.h"
#include "db/token.h"
#include "log.h"
#include "methods/digest.h"
#include "methods/fail.h"
#include "methods/people.h"
#include "methods/sending.h"
#include "methods/table.h"

#define MAILS 50        /* unless the caller says how many */
#define MAILS_MOST 1000 /* what they may say */
#define SLICE 50        /* entries in a step */

struct digest_stream;

/* What is asked of the database; outlives its stream when the connection is closed meanwhile. */
struct errand {
    struct pg_job job;
    struct digest_stream *list; /* NULL: nobody waits any more */
    void (*send)(struct digest_stream *list, struct pg *pg);
    PGresult *results[4];
    int count;
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
    struct digest_mail mail;
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

static int next_mail(struct digest_stream *list)
{
    digest_mail_done(&list->mail);
    list->row++;
    return later(list, step_mail);
}

static int tell_mail(struct digest_stream *list, struct writer *writer)
{
    int r = writer_take(writer, digest_mail_describe(&list->mail, list->call));

    if (r < 0)
        return r;
    digest_mail_done(&list->mail);
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
    struct digest_mail *mail = &list->mail;
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
    const struct digest_mail *mail = &list->mail;

    digest_send_page(pg, mail->strategy_id, mail->after, mail->before);
}

static void send_window(struct digest_stream *list, struct pg *pg)
{
    digest_send_gone(pg, list->mail.strategy_id, list->mail.after);
    send_page(list, pg);
}

static int step_page(struct digest_stream *list, struct writer *writer);

static int step_entries(struct digest_stream *list, struct writer *writer UNUSED)
{
    struct digest_mail *mail = &list->mail;
    int end = list->at + SLICE, count = PQntuples(list->page), r;
    struct request request;

    r = digest_mail_open(mail, list->call, mail->strategy_id, &request);
    for (; r == 0 && list->at < end && list->at < count; list->at++) {
        AUTO(entry_done) struct entry_row entry;

        entry_read(list->page, list->at, &entry);
        mail->before = entry.seq;
        r = digest_mail_add(mail, &request, &entry);
    }
    if (r < 0)
        return r;
    if (list->at < count)
        return later(list, step_entries);
    PQclear(STEAL(list->page));
    if (count == DIGEST_PAGE)
        return ask(list, POOL_READ, send_page, step_page);
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

/* The next journal, if there is one. */
static int step_window(struct digest_stream *list, struct writer *writer)
{
    int r = digest_mail_turn(&list->mail, list->call);

    if (r < 0)
        return r;
    return r == 0 ? end_mail(list, writer) : ask(list, POOL_READ, send_window, step_first_page);
}

/* --- claiming --- */

static int step_mail(struct digest_stream *list, struct writer *writer)
{
    int r;

    if (list->row == PQntuples(list->claimed))
        return list->left > 0 ? step_claim(list, writer) : 0;
    r = digest_mail_begin(&list->mail, list->claimed, list->row);
    list->claim.after = list->mail.id;
    return r < 0 ? r : step_window(list, writer);
}

static int step_read(struct digest_stream *list, struct writer *writer)
{
    PQclear(list->claimed);
    list->claimed = take_answer(list, 0);
    list->row = 0;
    if (!list->claimed)
        return -ENOMEM;
    return list->claim.trial && PQntuples(list->claimed) == 0 ? 0 : step_mail(list, writer);
}

static void send_read(struct digest_stream *list, struct pg *pg)
{
    int r = digest_claim_read(pg, &list->claim, list->claimed);

    if (r < 0)
        list->error = r;
}

/* Goes past all that were claimed: some may be forgotten by the time they are read. */
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
    sending_query(pg, SENDING_DIGESTS, list->claim.run, list->now_us, list->claim.trial, true);
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
    digest_mail_done(&list->mail);
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
