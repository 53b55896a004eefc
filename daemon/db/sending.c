/* The clock of what is sent; see sending.h. */
#include "db/sending.h"

#include "db/params.h"
#include "db/row.h"

/* Two runs that begin at once may come here in the wrong order, and clocks of two hosts differ a
 * little: a minute too early is taken for the last run's time. */
static const struct pg_statement clock_statement = {
    "sending_clock",
    "WITH clock AS (SELECT now() + CASE WHEN $5::boolean THEN interval '1 day'"
    "  ELSE interval '1 minute' END AS latest, coalesce('1970-01-01Z'::timestamptz"
    "  + $3::bigint * interval '1 microsecond', now()) AS at),"
    " last AS (SELECT at FROM goald.sending WHERE kind = $1),"
    " moved AS (INSERT INTO goald.sending AS s (kind, run, at)"
    "  SELECT $1, $2::uuid, at FROM clock WHERE NOT $4::boolean AND at <= latest"
    "  ON CONFLICT (kind) DO UPDATE SET run = excluded.run, at = greatest(s.at, excluded.at)"
    "  WHERE excluded.at >= s.at - interval '1 minute' RETURNING s.at)"
    " SELECT (extract(epoch FROM coalesce((SELECT at FROM moved), at)) * 1000000)::bigint,"
    " (extract(epoch FROM (SELECT at FROM last)) * 1000000)::bigint, at > latest,"
    " NOT $4::boolean AND NOT EXISTS (SELECT FROM moved) FROM clock",
    5};

static const struct pg_statement prune_statement = {
    "sending_prune", "DELETE FROM goald.token WHERE expires_at < now() - interval '30 days'", 0};

void sending_prune(struct pg *pg)
{
    pg_query(pg, &prune_statement, NULL);
}

void sending_query(struct pg *pg, const char *kind, const char *run, int64_t now_us, bool trial,
                   bool ahead)
{
    char now[PARAM_NUMBER_SIZE];

    pg_query(pg, &clock_statement,
             (const char *[]){kind, run, now_us ? param_number(now_us, now) : NULL,
                              trial ? "t" : "f", ahead ? "t" : "f"});
}

void sending_read(const PGresult *result, struct sending *ret_sending)
{
    struct sending sending = {.at_us = row_int(result, 0, 0),
                              .last_us = row_int(result, 0, 1),
                              .late = row_bool(result, 0, 2)};

    sending.early = !sending.late && row_bool(result, 0, 3);
    *ret_sending = sending;
}
