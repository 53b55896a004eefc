/*
 * What a claim of digests asks of the database. One statement picks who is due, fixes how far each
 * journal is told (as far as this daemon's trees have followed) and gives the mail its id, which
 * follows from that: so who dies is taken over with the same mail. Others that claim meanwhile pass
 * over what is locked.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "db/params.h"
#include "db/row.h"
#include "db/sending.h"
#include "methods/digest.h"
#include "methods/subscription.h"

/* How far journals may be told: $3 strategies, $4 seqs. */
#define KNOWN_SQL                                                                                  \
    "known AS (SELECT * FROM unnest($3::integer[], $4::bigint[]) AS k (strategy_id, seq)),"

/* Does a topic of the subscriber `s` fall into the strategy of `k`? */
#define FOLLOWS_SQL                                                                                \
    " EXISTS (SELECT FROM goald.topic t WHERE t.subscriber_id = s.id"                              \
    "  AND t.strategy_id IN (0, k.strategy_id))"

/* Who is due: $1 run, $2 its time, $5 how many, $6 after which id. A run gives each only one mail;
 * an address is asked to confirm once a day, what was asked first before the rest, and by an
 * account only when its last question was answered or has lapsed; a mail that tells more than this
 * daemon knows is left to another. */
#define DUE_SQL                                                                                    \
    " due AS (SELECT s.*, (s.lease_until IS NOT NULL OR s.retry_at IS NOT NULL) AS again"          \
    " FROM goald.subscriber s WHERE s.id > $6::bigint AND s.run IS DISTINCT FROM $1::uuid"         \
    " AND CASE WHEN s.lease_until IS NOT NULL THEN s.lease_until <= $2::timestamptz + "            \
    "(" SENDING_LEASE " - goald.takeover_after(s.letter, s.attempts))"                             \
    "  WHEN s.retry_at IS NOT NULL THEN s.retry_at <= $2::timestamptz"                             \
    "  WHEN s.confirmed_at IS NULL THEN s.letter IS NULL"                                          \
    "   AND NOT goald.is_asked(s.address_key, s.asked_by) AND NOT EXISTS"                          \
    "   (SELECT FROM goald.subscriber o WHERE o.address_key = s.address_key AND o.id <> s.id"      \
    "    AND (o.confirm_sent_at > $2::timestamptz - interval '1 day'"                              \
    "     OR (o.confirmed_at IS NULL AND o.letter IS NULL AND o.id < s.id"                         \
    "      AND NOT goald.is_asked(o.address_key, o.asked_by))))"                                   \
    "  ELSE coalesce(s.next_at <= $2::timestamptz, true)"                                          \
    "   AND (s.frequency <> 'immediate' OR EXISTS (SELECT FROM known k LEFT JOIN goald.told d"     \
    "    ON d.strategy_id = k.strategy_id AND d.subscriber_id = s.id"                              \
    "    WHERE k.seq > coalesce(d.seq, 0) AND" FOLLOWS_SQL ")) END"                                \
    " AND NOT EXISTS (SELECT FROM goald.told d LEFT JOIN known k USING (strategy_id)"              \
    "  WHERE d.subscriber_id = s.id AND d.claimed_to > coalesce(k.seq, -1))"                       \
    " ORDER BY s.id LIMIT $5::integer"

/* What is told of each journal: of a mail that was on its way before, the same as then. */
#define WINDOWS_SQL                                                                                \
    "windows AS (SELECT s.id, s.again, k.strategy_id, coalesce(d.seq, 0) AS seq,"                  \
    " CASE WHEN s.again THEN d.claimed_to ELSE k.seq END AS upto"                                  \
    " FROM due s CROSS JOIN known k LEFT JOIN goald.told d"                                        \
    " ON d.subscriber_id = s.id AND d.strategy_id = k.strategy_id"                                 \
    " WHERE s.confirmed_at IS NOT NULL AND" FOLLOWS_SQL                                            \
    " AND CASE WHEN s.again THEN d.claimed_to ELSE k.seq END > coalesce(d.seq, 0))"

#define LETTER_SQL                                                                                 \
    "CASE WHEN u.again THEN u.letter ELSE left(encode(sha256(convert_to(concat_ws(' ',"            \
    " CASE WHEN u.confirmed_at IS NULL THEN 'confirm' ELSE 'digest' END, u.id,"                    \
    " (SELECT string_agg(format('%s:%s:%s', w.strategy_id, w.seq, w.upto), ' '"                    \
    "  ORDER BY w.strategy_id) FROM windows w WHERE w.id = u.id)), 'UTF8')), 'hex'), 32) END"

/* A subscriber whom another run has told between this statement's beginning and its lock is told
 * nothing: `told` is looked at again as it is then. */
static const struct pg_statement claim_statement = {
    "digest_claim",
    "WITH " KNOWN_SQL DUE_SQL " FOR UPDATE OF s SKIP LOCKED), " WINDOWS_SQL ","
    " marked AS (INSERT INTO goald.told AS d (subscriber_id, strategy_id, seq, claimed_to)"
    "  SELECT id, strategy_id, seq, upto FROM windows WHERE NOT again"
    "  ON CONFLICT (subscriber_id, strategy_id) DO UPDATE SET claimed_to = excluded.claimed_to"
    "  WHERE d.seq = excluded.seq AND d.claimed_to IS NULL),"
    " claimed AS (UPDATE goald.subscriber s SET run = $1::uuid, retry_at = NULL,"
    "  attempts = CASE WHEN u.again THEN s.attempts + 1 ELSE 1 END,"
    "  doubtful = s.doubtful OR s.lease_until IS NOT NULL,"
    "  lapses_at = CASE WHEN s.doubtful OR s.lease_until IS NOT NULL THEN s.lapses_at"
    "   WHEN s.confirmed_at IS NULL THEN $2::timestamptz + interval '7 days' END,"
    "  lease_until = $2::timestamptz + " SENDING_LEASE ", letter = " LETTER_SQL ","
    "  confirm_sent_at = CASE WHEN s.confirmed_at IS NULL THEN $2::timestamptz"
    "   ELSE s.confirm_sent_at END FROM due u WHERE s.id = u.id RETURNING s.id, u.again)"
    " SELECT id, again FROM claimed ORDER BY id",
    6};

/* The columns are those of digest.h. */
static const struct pg_statement trial_statement = {
    "digest_trial",
    "WITH " KNOWN_SQL DUE_SQL "), " WINDOWS_SQL " SELECT s.id, s.confirmed_at IS NULL, s.address,"
    " s.language, s.frequency, " SUBSCRIBER_PERSON ", " LETTER_SQL ","
    " (extract(epoch FROM s.told_at) * 1000000)::bigint, " SUBSCRIBER_TOPICS ","
    " (SELECT coalesce(jsonb_agg(jsonb_build_array(w.strategy_id, w.seq, w.upto)"
    "  ORDER BY w.strategy_id), '[]') FROM windows w WHERE w.id = s.id),"
    " (extract(epoch FROM $2::timestamptz + " SENDING_LEASE ") * 1000000)::bigint, s.again"
    " FROM due s JOIN due u USING (id) ORDER BY s.id",
    6};

/* What a claim has claimed: $1 ids, $2 again?, $3 run. Topics are read only now: nothing was added
 * since to what a mail asks to confirm. */
static const struct pg_statement read_statement = {
    "digest_read",
    "SELECT s.id, s.confirmed_at IS NULL, s.address, s.language, s.frequency,"
    " " SUBSCRIBER_PERSON ", s.letter,"
    " (extract(epoch FROM s.told_at) * 1000000)::bigint, " SUBSCRIBER_TOPICS ","
    " (SELECT coalesce(jsonb_agg(jsonb_build_array(d.strategy_id, d.seq, d.claimed_to)"
    "  ORDER BY d.strategy_id), '[]') FROM goald.told d"
    "  WHERE d.subscriber_id = s.id AND d.claimed_to IS NOT NULL),"
    " (extract(epoch FROM s.lease_until) * 1000000)::bigint, c.again"
    " FROM unnest($1::bigint[], $2::boolean[]) AS c (id, again)"
    " JOIN goald.subscriber s USING (id)"
    " WHERE s.run = $3::uuid AND s.lease_until IS NOT NULL ORDER BY s.id",
    3};

static const struct pg_statement lapse_statement = {
    "digest_lapse",
    "SELECT goald.forget_subscribers(ARRAY(SELECT id FROM goald.subscriber"
    " WHERE confirmed_at IS NULL"
    " AND coalesce(lapses_at, asked_at + interval '7 days') < $1::timestamptz), 'lapsed')",
    1};

/* A mail that so many runs died with is not tried any more: perhaps it is what they die of. It may
 * be out, so that what it told is not told again. */
static const struct pg_statement lost_statement = {
    "digest_lost",
    "WITH lost AS (UPDATE goald.subscriber SET lease_until = NULL, doubtful = false,"
    "  error = 'no run that had it came back',"
    "  next_at = greatest(goald.next_digest(frequency, $1::timestamptz),"
    "   $1::timestamptz + interval '1 day')"
    "  WHERE lease_until <= $1::timestamptz AND goald.retry_after(attempts) IS NULL RETURNING id)"
    " UPDATE goald.told d SET seq = claimed_to, claimed_to = NULL FROM lost"
    " WHERE d.subscriber_id = lost.id AND claimed_to IS NOT NULL",
    1};

/* A promoted standby may be behind what was told. */
static const struct pg_statement clamp_statement = {
    "digest_clamp",
    "UPDATE goald.told d SET seq = least(d.seq, c.seq), claimed_to = least(d.claimed_to, c.seq)"
    " FROM goald.chain c WHERE c.strategy_id = d.strategy_id"
    " AND greatest(d.seq, d.claimed_to) > c.seq",
    0};

static const struct pg_statement token_statement = {
    "digest_token",
    "INSERT INTO goald.token (hash, purpose, subscriber_id, expires_at)"
    " SELECT decode($1, 'hex'), CASE WHEN $2::boolean THEN 'confirm' ELSE 'subscription' END, id,"
    " greatest(now(), $3::timestamptz) + CASE WHEN $2::boolean THEN interval '7 days'"
    " ELSE interval '400 days' END FROM goald.subscriber"
    " WHERE id = $4::bigint AND run = $5::uuid AND lease_until IS NOT NULL"
    " AND (confirmed_at IS NULL) = $2::boolean RETURNING 1",
    5};

static const struct pg_statement settle_statement = {
    "digest_settle",
    "SELECT goald.settle_digest($1::uuid, $2, $3::boolean, $4,"
    " coalesce($5::timestamptz, now()))",
    5};

void digest_prune(struct pg *pg, int64_t at_us)
{
    char at[TIME_TEXT_SIZE];

    sending_prune(pg);
    pg_query(pg, &lapse_statement, (const char *[]){time_format(at_us, at)});
    pg_query(pg, &lost_statement, (const char *[]){at});
    pg_query(pg, &clamp_statement, NULL);
}

int digest_claim_send(struct pg *pg, struct store *store, const struct digest_claim *claim)
{
    AUTO(param_list_done)
    struct param_list strategies = PARAM_LIST_ARRAY, seqs = PARAM_LIST_ARRAY;
    const char *known[2];
    char at[TIME_TEXT_SIZE], limit[PARAM_NUMBER_SIZE], after[PARAM_NUMBER_SIZE];
    struct slot *const *slots;
    size_t n = store_strategies(store, &slots);

    for (size_t i = 0; i < n; i++) {
        param_list_add_number(&strategies, slots[i]->id);
        param_list_add_number(&seqs, slots[i]->tree->seq);
    }
    known[0] = param_list_close(&strategies);
    known[1] = param_list_close(&seqs);
    if (!known[0] || !known[1])
        return -ENOMEM;
    pg_query(pg, claim->trial ? &trial_statement : &claim_statement,
             (const char *[]){claim->run, time_format(claim->at_us, at), known[0], known[1],
                              param_number((int64_t)claim->limit, limit),
                              param_number(claim->after, after)});
    return 0;
}

int digest_claim_read(struct pg *pg, const struct digest_claim *claim, const PGresult *claimed)
{
    AUTO(param_list_done) struct param_list ids = PARAM_LIST_ARRAY, again = PARAM_LIST_ARRAY;
    const char *params[] = {NULL, NULL, claim->run};

    for (int row = 0; row < PQntuples(claimed); row++) {
        param_list_add(&ids, row_text(claimed, row, 0));
        param_list_add(&again, row_text(claimed, row, 1));
    }
    params[0] = param_list_close(&ids);
    params[1] = param_list_close(&again);
    if (!params[0] || !params[1])
        return -ENOMEM;
    pg_query(pg, &read_statement, params);
    return 0;
}

void digest_put_token(struct pg *pg, const struct digest_claim *claim, int64_t subscriber,
                      const char *hex, bool asks)
{
    char at[TIME_TEXT_SIZE], id[PARAM_NUMBER_SIZE];

    pg_query(pg, &token_statement,
             (const char *[]){hex, asks ? "t" : "f", time_format(claim->at_us, at),
                              param_number(subscriber, id), claim->run});
}

void digest_settle(struct pg *pg, const char *run, const char *letter, bool sent,
                   const char *reason, int64_t at_us)
{
    char at[TIME_TEXT_SIZE];

    pg_query(pg, &settle_statement,
             (const char *[]){run, letter, sent ? "t" : "f", reason,
                              at_us ? time_format(at_us, at) : NULL});
}
