/*
 * Whether a later edition has taken a strategy's place. A relation of that other strategy says so,
 * which not everybody may read. The trees tell it of the present; of what was known in the past the
 * database does.
 */
#ifndef GOALD_METHODS_EDITION_H
#define GOALD_METHODS_EDITION_H

#include "db/pg.h"
#include "methods/request.h"

/* Is it the strategy itself that is asked about, as it was known in the past? Then the database has
 * to be asked. */
bool edition_is_past(const struct request *request);

/* Queues the statement that tells which strategies superseded that one at that time. */
void edition_send(struct pg *pg, int32_t strategy_id, int64_t time_us);

/* Has a later edition that the caller may read taken its place? Of the past `known` has the
 * statement's rows, or is NULL if they could not be had. *ret_shared: everybody would get the same
 * answer. */
bool edition_superseded(const struct request *request, const PGresult *known, bool *ret_shared);

/* Does a later edition remind of the dates on that day? It has begun; and it is not for members
 * alone where the strategy is not: of that, those whom it would silence may not know. */
bool edition_in_force(struct store *store, const struct slot *slot, int32_t day);

#endif
