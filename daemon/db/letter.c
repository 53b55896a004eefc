/* Letters by their tokens; see letter.h. */
#include "db/letter.h"

#include <string.h>

#include "db/row.h"
#include "log.h"

enum { STATEMENT_TOKEN, STATEMENT_NODES };

static const struct pg_statement token_statement = {
    "letter_token",
    "SELECT t.expires_at <= now(), t.person_id, c.value FROM goald.token t"
    " LEFT JOIN goald.contact c ON c.strategy_id = 0 AND c.key = t.person_id || '|email'"
    " AND c.seq_to IS NULL"
    " WHERE t.hash = decode($1::text, 'hex') AND t.purpose = 'reply'",
    1};

static const struct pg_statement nodes_statement = {
    "letter_nodes",
    "SELECT DISTINCT r.strategy_id, r.item_id FROM goald.token t"
    " JOIN goald.reminder r ON r.letter = t.letter AND r.recipient = 'person'"
    " AND r.recipient_id = t.person_id AND r.item = 'node'"
    " WHERE t.hash = decode($1::text, 'hex') AND t.purpose = 'reply' ORDER BY 1, 2",
    1};

/* An answer that was taken longer ago than ten minutes is not on its way any more: a write's
 * timeouts are shorter. Mails that could not be served come to be tried further apart than that. */
static const struct pg_statement take_statement = {
    "letter_take",
    "UPDATE goald.token SET used_for = decode($2::text, 'hex'), used_at = now(),"
    " takers = CASE WHEN used_at > now() - interval '10 minutes' THEN takers + 1 ELSE 1 END"
    " WHERE hash = decode($1::text, 'hex')"
    " AND (used_for IS NULL OR used_for = decode($2::text, 'hex')) RETURNING true",
    2};

static const struct pg_statement give_back_statement = {
    "letter_give_back",
    "UPDATE goald.token SET takers = takers - 1,"
    " used_for = CASE WHEN takers > 1 THEN used_for END,"
    " used_at = CASE WHEN takers > 1 THEN used_at END"
    " WHERE hash = decode($1::text, 'hex') AND used_for = decode($2::text, 'hex')"
    " RETURNING used_for IS NOT NULL",
    2};

static void read_send(struct pg_job *job, struct pg *pg)
{
    const char *params[] = {((struct letter *)job)->digest};

    pg_query(pg, &token_statement, params);
    pg_query(pg, &nodes_statement, params);
}

static void take_token(struct letter *letter, const PGresult *result)
{
    const char *address;

    if (PQntuples(result) == 0)
        return;
    letter->expired = row_bool(result, 0, 0);
    letter->person_id = row_int(result, 0, 1);
    address = row_text(result, 0, 2);
    letter->address = address ? strdup(address) : NULL;
    letter->failed |= address && !letter->address;
}

static void take_nodes(struct letter *letter, const PGresult *result)
{
    int n = PQntuples(result);

    letter->nodes = calloc((size_t)n + 1, sizeof(*letter->nodes));
    if (!letter->nodes) {
        letter->failed = true;
        return;
    }
    for (int row = 0; row < n; row++)
        letter->nodes[letter->n_nodes++] =
            (struct letter_node){(int32_t)row_int(result, row, 0), row_int(result, row, 1)};
}

static void read_result(struct pg_job *job, int index, const PGresult *result)
{
    struct letter *letter = (struct letter *)job;

    if (index == STATEMENT_TOKEN)
        take_token(letter, result);
    else
        take_nodes(letter, result);
}

static void letter_ended(struct pg_job *job, enum pg_outcome outcome, const struct pg_error *error)
{
    struct letter *letter = (struct letter *)job;

    if (outcome == PG_REFUSED)
        log_error("a letter that is answered: the database refused: %s", error->message);
    letter->ended(letter, outcome);
}

void letter_read(struct letter *letter, struct pool *pool)
{
    letter->job = (struct pg_job){.send = read_send, .result = read_result, .done = letter_ended};
    pool_run(pool, POOL_READ, &letter->job);
}

static void use_result(struct pg_job *job, int index UNUSED, const PGresult *result)
{
    ((struct letter *)job)->taken = PQntuples(result) > 0 && row_bool(result, 0, 0);
}

static void use(struct pg_job *job, struct pg *pg, const struct pg_statement *statement)
{
    const struct letter *letter = (const struct letter *)job;

    pg_query(pg, statement, (const char *[]){letter->digest, letter->used_for});
}

static void take_send(struct pg_job *job, struct pg *pg)
{
    use(job, pg, &take_statement);
}

static void give_back_send(struct pg_job *job, struct pg *pg)
{
    use(job, pg, &give_back_statement);
}

void letter_take(struct letter *letter, struct pool *pool)
{
    letter->job = (struct pg_job){.send = take_send, .result = use_result, .done = letter_ended};
    pool_run(pool, POOL_WRITE, &letter->job);
}

void letter_give_back(struct letter *letter, struct pool *pool)
{
    letter->job =
        (struct pg_job){.send = give_back_send, .result = use_result, .done = letter_ended};
    pool_run(pool, POOL_WRITE, &letter->job);
}

void letter_done(struct letter *letter)
{
    free(letter->address);
    free(letter->nodes);
}
