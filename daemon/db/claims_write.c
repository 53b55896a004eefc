/*
 * Claiming, in one transaction; see claims.h. It begins by locking the clock's row: two runs take
 * their turns, so that of a letter that lapsed one of them has all and the other nothing, and no
 * two wait for each other's rows. Who would hold the lock for long is shown the door by
 * PostgreSQL's limit for idle transactions.
 *
 * Rows are inserted before it is known what the letter is called, for that follows from what
 * was really inserted: until then its item's place stands there, which nobody else sees.
 *
 * A COMMIT whose outcome is in doubt needs no question afterwards: the caller is told that it
 * failed and sends nothing, and what was claimed after all is taken over when the lease ends.
 */
#include "db/claims_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/params.h"
#include "db/row.h"
#include "log.h"
#include "wire/writer.h"

static const struct pg_statement begin_statement = {"claims_begin", "BEGIN", 0};
static const struct pg_statement commit_statement = {"claims_commit", "COMMIT", 0};
static const struct pg_statement rollback_statement = {"claims_rollback", "ROLLBACK", 0};

static const struct pg_statement lock_statement = {
    "claims_lock", "SELECT FROM goald.sending WHERE kind = 'remind' FOR UPDATE", 0};

static const struct pg_statement addresses_statement = {
    "claims_addresses",
    "SELECT person_id, value FROM goald.contact WHERE strategy_id = 0 AND kind = 'email'"
    " AND seq_to IS NULL AND value IS NOT NULL AND person_id IN"
    " (SELECT value::bigint FROM json_array_elements_text($1::json))",
    1};

/* Open rows that are not due any more. What another run holds is that run's. */
static const struct pg_statement skip_statement = {
    "claims_skip",
    "UPDATE goald.reminder r SET status = 'skipped', reason = w.reason, lease_until = NULL,"
    " retry_at = NULL, run = $1::uuid, changed_at = " CLAIMS_AT ", day = w.day"
    " FROM json_to_recordset($3::json) AS w(strategy integer, id bigint, day date, reason text)"
    " WHERE r.strategy_id = w.strategy AND r.id = w.id AND (r.status = 'failed'"
    " OR (r.status = 'claimed' AND r.lease_until <= " CLAIMS_AT "))",
    3};

static const struct pg_statement retake_statement = {
    "claims_retake",
    "WITH w AS MATERIALIZED (SELECT r.strategy_id, r.id, w.day, w.place"
    "  FROM json_to_recordset($3::json) AS w(strategy integer, id bigint, day date, place bigint)"
    "  JOIN goald.reminder r ON r.strategy_id = w.strategy AND r.id = w.id"
    "  WHERE (r.status = 'failed' AND r.retry_at <= " CLAIMS_AT ")"
    "  OR (r.status = 'claimed' AND r.lease_until <= " CLAIMS_AT ") FOR UPDATE OF r SKIP LOCKED)"
    " UPDATE goald.reminder r SET doubtful = r.doubtful OR r.status = 'claimed',"
    " status = 'claimed', run = $1::uuid, attempts = attempts + 1,"
    " lease_until = " CLAIMS_AT " + " SENDING_LEASE ", retry_at = NULL, reason = NULL,"
    " changed_at = " CLAIMS_AT ", day = w.day FROM w"
    " WHERE r.strategy_id = w.strategy_id AND r.id = w.id RETURNING r.id, w.place",
    3};

static const struct pg_statement insert_statement = {
    "claims_insert",
    "INSERT INTO goald.reminder (strategy_id, rule, item, item_id, version, step, recipient,"
    " recipient_id, planned, status, why, reason, letter, run, attempts, lease_until, changed_at,"
    " day) SELECT strategy, rule, item, item_id, version, step, recipient, recipient_id, planned,"
    " CASE WHEN reason IS NULL THEN 'claimed' ELSE 'skipped' END, why, reason, place::text,"
    " $1::uuid, CASE WHEN reason IS NULL THEN 1 ELSE 0 END,"
    " CASE WHEN reason IS NULL THEN " CLAIMS_AT " + " SENDING_LEASE " END, " CLAIMS_AT ", day"
    " FROM json_to_recordset($3::json) AS w(strategy integer, rule text, item text, item_id bigint,"
    " version date, step bigint, recipient text, recipient_id bigint, planned date, day date,"
    " why text, reason text, place bigint)"
    " ON CONFLICT DO NOTHING RETURNING id, letter::bigint",
    3};

static const struct pg_statement letters_statement = {
    "claims_letters",
    "UPDATE goald.reminder r SET letter = w.letter"
    " FROM json_to_recordset($1::json) AS w(strategy integer, id bigint, letter text)"
    " WHERE r.strategy_id = w.strategy AND r.id = w.id",
    1};

/* Mails come back in their own time, whatever time the run has. */
static const struct pg_statement tokens_statement = {
    "claims_tokens",
    "INSERT INTO goald.token (hash, purpose, letter, person_id, expires_at)"
    " SELECT decode(hash, 'hex'), 'reply', letter, person, now() + interval '30 days'"
    " FROM json_to_recordset($1::json) AS w(hash text, letter text, person bigint)",
    1};

int claims_error(enum pg_outcome outcome, const struct pg_error *error, const char *what)
{
    if (outcome == PG_DONE)
        return 0;
    if (outcome != PG_REFUSED)
        return outcome == PG_LOST ? -ECONNRESET : -ENOTCONN;
    log_error("%s was refused by the database: %s", what, error->message);
    return -EIO;
}

/* What a statement's result is for. */
enum { FOR_NOTHING, FOR_ADDRESSES, FOR_ROWS };

static void note(struct claims *claims, int what)
{
    claims->sent[claims->n_sent++] = (unsigned char)what;
}

static void send_plain(struct claims *claims, struct pg *pg, const struct pg_statement *statement)
{
    note(claims, FOR_NOTHING);
    pg_query(pg, statement, NULL);
}

/* A list's text, once it is whole; NULL for want of memory. */
static const char *list_end(struct writer *writer)
{
    writer_end_array(writer);
    writer_bytes(writer, "", 1);
    return writer_failed(writer) ? NULL : buffer_bytes(&writer->buffer);
}

/* Queues a statement about a list: alone, or behind the run and its time. */
static void send_list(struct claims *claims, struct pg *pg, const struct pg_statement *statement,
                      struct writer *list, int what)
{
    const char *text = list_end(list);
    char at[PARAM_NUMBER_SIZE];

    if (!text) {
        claims->error = -ENOMEM;
        return;
    }
    param_number(claims->at_us, at);
    note(claims, what);
    pg_query(pg, statement,
             statement->n_params == 1 ? (const char *[]){text}
                                      : (const char *[]){claims->run, at, text});
}

/* --- first: whom it can be sent to --- */

static void send_addresses(struct claims *claims, struct pg *pg)
{
    AUTO(writer_done) struct writer list = {0};

    writer_begin_array(&list, NULL);
    for (size_t i = 0; i < claims->n_letters; i++) {
        if (claims->letters[i].recipient == HOLDER_PERSON)
            writer_int(&list, NULL, claims->letters[i].recipient_id);
    }
    send_list(claims, pg, &addresses_statement, &list, FOR_ADDRESSES);
}

static void claims_send(struct pg_job *job, struct pg *pg)
{
    struct claims *claims = (struct claims *)job;

    if (!claims->trial) {
        send_plain(claims, pg, &begin_statement);
        send_plain(claims, pg, &lock_statement);
    }
    send_addresses(claims, pg);
}

static void take_address(struct claims *claims, int64_t person_id, const char *address)
{
    for (size_t i = 0; i < claims->n_letters; i++) {
        struct claims_letter *letter = &claims->letters[i];

        if (letter->recipient != HOLDER_PERSON || letter->recipient_id != person_id)
            continue;
        free(letter->address);
        letter->address = strdup(address);
        if (!letter->address)
            claims->error = -ENOMEM;
    }
}

/* --- then: the rows --- */

static void write_day(struct writer *list, const char *key, int32_t day)
{
    char text[DATE_TEXT_SIZE];

    writer_text(list, key, date_format(date_from_day(day), text));
}

static void write_occurrence(struct writer *list, const struct occurrence *o)
{
    writer_text(list, "rule", remind_rule_names[o->rule]);
    writer_text(list, "item", remind_item_names[o->item]);
    writer_int(list, "item_id", o->item_id);
    write_day(list, "version", o->version);
    writer_int(list, "step", o->step);
    writer_text(list, "recipient", holder_names[o->recipient]);
    writer_int(list, "recipient_id", o->recipient_id);
    write_day(list, "planned", o->planned);
    writer_text(list, "why", remind_why_names[o->why]);
}

/* A row that is there by its id, or a new one. */
static void write_skips(struct writer *list, const struct claims_skip *skips, size_t count,
                        bool there)
{
    for (size_t i = 0; i < count; i++) {
        if ((skips[i].row_id != 0) != there)
            continue;
        writer_begin_object(list, NULL);
        writer_int(list, "strategy", skips[i].strategy_id);
        write_day(list, "day", skips[i].day);
        writer_text(list, "reason", settle_reason_names[skips[i].reason]);
        if (there)
            writer_int(list, "id", skips[i].row_id);
        else
            write_occurrence(list, &skips[i].occurrence);
        writer_end_object(list);
    }
}

/* Where an item is, as a number. */
#define PLACE(letter, item) ((int64_t)(letter) << 32 | (int64_t)(item))

static void write_items(struct writer *list, const struct claims *claims, size_t at, bool there)
{
    const struct claims_letter *letter = &claims->letters[at];

    for (size_t i = 0; i < letter->n_items; i++) {
        const struct claims_item *item = &letter->items[i];

        if ((item->row_id != 0) != there)
            continue;
        writer_begin_object(list, NULL);
        writer_int(list, "strategy", item->strategy_id);
        write_day(list, "day", item->day);
        writer_int(list, "place", PLACE(at, i));
        if (there)
            writer_int(list, "id", item->row_id);
        else
            write_occurrence(list, &item->occurrence);
        writer_end_object(list);
    }
}

static void send_skips(struct claims *claims, struct pg *pg)
{
    AUTO(writer_done) struct writer list = {0};

    writer_begin_array(&list, NULL);
    write_skips(&list, claims->skips, claims->n_skips, true);
    for (size_t i = 0; i < claims->n_letters; i++)
        write_skips(&list, claims->letters[i].skips, claims->letters[i].n_skips, true);
    send_list(claims, pg, &skip_statement, &list, FOR_NOTHING);
}

static void send_items(struct claims *claims, struct pg *pg, bool there)
{
    AUTO(writer_done) struct writer list = {0};

    writer_begin_array(&list, NULL);
    for (size_t i = 0; i < claims->n_letters; i++) {
        if (!there)
            write_skips(&list, claims->letters[i].skips, claims->letters[i].n_skips, false);
        write_items(&list, claims, i, there);
    }
    send_list(claims, pg, there ? &retake_statement : &insert_statement, &list, FOR_ROWS);
}

/* Who cannot be reached gets no letter, and nothing is noted of it. */
static void drop_unreached(struct claims *claims)
{
    for (size_t i = 0; i < claims->n_letters; i++) {
        if (!claims->letters[i].address)
            claims->letters[i].n_items = claims->letters[i].n_skips = 0;
    }
}

static void take_row(struct claims *claims, int64_t id, int64_t place)
{
    size_t letter = (size_t)(place >> 32), item = (size_t)(place & UINT32_MAX);

    claims->letters[letter].items[item].row_id = id;
    claims->letters[letter].items[item].got = true;
}

static void claims_result(struct pg_job *job, int index, const PGresult *result)
{
    struct claims *claims = (struct claims *)job;
    int what = claims->sent[index];

    for (int row = 0; what != FOR_NOTHING && row < PQntuples(result); row++) {
        if (what == FOR_ADDRESSES)
            take_address(claims, row_int(result, row, 0), row_text(result, row, 1));
        else if (row_text(result, row, 1)) /* what is skipped has no place */
            take_row(claims, row_int(result, row, 0), row_int(result, row, 1));
    }
}

/* --- last: what was got makes the letters --- */

static void keep_got(struct claims_letter *letter, bool all)
{
    size_t kept = 0;

    for (size_t i = 0; i < letter->n_items; i++) {
        if (letter->items[i].got || all)
            letter->items[kept++] = letter->items[i];
    }
    letter->n_items = kept;
}

#define KEY_SIZE 128

static int compare_keys(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The same occurrences for the same recipient are the same letter, whoever sends it. */
static int letter_name(struct claims_letter *letter)
{
    AUTO(free_ptr) char(*keys)[KEY_SIZE] = calloc(letter->n_items + 1, KEY_SIZE);
    AUTO(buffer_done) struct buffer text = {0};
    unsigned char digest[HASH_SIZE];
    char hex[2 * HASH_SIZE + 1];
    int r = 0;

    if (!keys)
        return -ENOMEM;
    for (size_t i = 0; i < letter->n_items; i++) {
        const struct occurrence *o = &letter->items[i].occurrence;

        snprintf(keys[i], KEY_SIZE, "%" PRId32 " %s %s %" PRId64 " %" PRId32 " %" PRId64 "\n",
                 letter->items[i].strategy_id, remind_rule_names[o->rule],
                 remind_item_names[o->item], o->item_id, o->version, (int64_t)o->step);
    }
    qsort(keys, letter->n_items, KEY_SIZE, compare_keys);
    snprintf(keys[letter->n_items], KEY_SIZE, "%s %" PRId64, holder_names[letter->recipient],
             letter->recipient_id);
    for (size_t i = 0; i <= letter->n_items && r == 0; i++)
        r = buffer_append(&text, keys[i], strlen(keys[i]));
    if (r == 0)
        r = digest_text(buffer_bytes(&text), text.len, digest);
    if (r < 0)
        return r;
    hash_to_hex(digest, hex);
    snprintf(letter->id, sizeof(letter->id), "%.*s", LETTER_ID_SIZE - 1, hex);
    return 0;
}

static int name_letters(struct claims *claims)
{
    int r = 0;

    for (size_t i = 0; i < claims->n_letters && r == 0; i++) {
        struct claims_letter *letter = &claims->letters[i];

        keep_got(letter, claims->trial);
        if (letter->n_items > 0 && !letter->id[0])
            r = letter_name(letter);
    }
    return r;
}

static void send_letters(struct claims *claims, struct pg *pg)
{
    AUTO(writer_done) struct writer list = {0};

    writer_begin_array(&list, NULL);
    for (size_t i = 0; i < claims->n_letters; i++) {
        const struct claims_letter *letter = &claims->letters[i];

        for (size_t k = 0; k < letter->n_items && !letter->again; k++) {
            writer_begin_object(&list, NULL);
            writer_int(&list, "strategy", letter->items[k].strategy_id);
            writer_int(&list, "id", letter->items[k].row_id);
            writer_text(&list, "letter", letter->id);
            writer_end_object(&list);
        }
    }
    send_list(claims, pg, &letters_statement, &list, FOR_NOTHING);
}

static void send_tokens(struct claims *claims, struct pg *pg)
{
    AUTO(writer_done) struct writer list = {0};

    writer_begin_array(&list, NULL);
    for (size_t i = 0; i < claims->n_letters; i++) {
        struct claims_letter *letter = &claims->letters[i];
        char digest[2 * HASH_SIZE + 1];

        if (letter->n_items == 0 || !letter->answerable)
            continue;
        token_new(letter->token);
        if (token_digest(letter->token, digest) < 0) {
            claims->error = -EIO;
            return;
        }
        writer_begin_object(&list, NULL);
        writer_text(&list, "hash", digest);
        writer_text(&list, "letter", letter->id);
        writer_int(&list, "person", letter->recipient_id);
        writer_end_object(&list);
    }
    send_list(claims, pg, &tokens_statement, &list, FOR_NOTHING);
}

/* --- the job --- */

static void send_end(struct claims *claims, struct pg *pg)
{
    bool fine = claims->error == 0 && claims->arg;

    send_plain(claims, pg, fine ? &commit_statement : &rollback_statement);
    claims->ended = true;
}

static void send_rows(struct claims *claims, struct pg *pg)
{
    drop_unreached(claims);
    send_skips(claims, pg);
    send_items(claims, pg, true);
    send_items(claims, pg, false);
}

static void send_names(struct claims *claims, struct pg *pg)
{
    int r = name_letters(claims);

    if (r < 0) {
        claims->error = r;
        return;
    }
    send_letters(claims, pg);
    send_tokens(claims, pg);
}

/* A trial ends with the addresses. */
static bool claims_more(struct pg_job *job, struct pg *pg)
{
    struct claims *claims = (struct claims *)job;

    if (claims->trial) {
        drop_unreached(claims);
        claims->error = name_letters(claims);
        return false;
    }
    if (claims->ended)
        return false;
    if (claims->arg && claims->error == 0 && claims->step++ == 0) {
        send_rows(claims, pg);
        return true;
    }
    if (claims->arg && claims->error == 0)
        send_names(claims, pg);
    send_end(claims, pg);
    return true;
}

static void claims_end(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct claims *claims = (struct claims *)job;

    claims->done(claims, claims->error ? claims->error : claims_error(outcome, error, "a claim"));
}

void claims_write(struct pool *pool, struct claims *claims)
{
    claims->job = (struct pg_job){
        .send = claims_send, .result = claims_result, .more = claims_more, .done = claims_end};
    pool_run(pool, claims->trial ? POOL_READ : POOL_WRITE, &claims->job);
}

void claims_free(struct claims *claims)
{
    if (!claims)
        return;
    for (size_t i = 0; i < claims->n_letters; i++) {
        free(claims->letters[i].items);
        free(claims->letters[i].skips);
        free(claims->letters[i].address);
    }
    free(claims->letters);
    free(claims->skips);
    free(claims);
}
