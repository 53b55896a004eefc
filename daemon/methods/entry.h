/*
 * An entry of a journal as the log and the watch tell of it: which node it is about, who may see
 * what it says, and what it did in words. A `struct entry_row` owns what it has read; its texts
 * point into the result it came from.
 */
#ifndef GOALD_METHODS_ENTRY_H
#define GOALD_METHODS_ENTRY_H

#include <libpq-fe.h>

#include "methods/request.h"

/* What a statement about `goald.journal j` selects, in this order. The version that the entry ended
 * is looked up where there may be one. */
#define ENTRY_COLUMNS                                                                              \
    "j.seq, (extract(epoch FROM j.\"time\") * 1000000)::bigint, j.account_id, j.entity, j.action," \
    " j.entity_id, j.request_id::text, j.payload, encode(j.hash, 'hex'),"                          \
    " CASE WHEN j.action = 'end' OR j.entity_id <> j.seq THEN"                                     \
    " (SELECT v.content::text FROM goald.version v WHERE v.entity = j.entity"                      \
    " AND v.strategy_id = j.strategy_id AND v.seq_to = j.seq AND v.id = j.entity_id) END"

struct entry_row {
    int64_t seq, time_us, account, id;
    const char *entity, *action, *request_id, *hash;
    json_t *payload; /* NULL: it cannot be read */
    json_t *before;  /* what the entry ended, or NULL */
    bool end;
};

void entry_read(const PGresult *result, int row, struct entry_row *ret_entry);
void entry_done(struct entry_row *entry);

/* The node it is about, or on which hangs what it is about: 0 is the strategy itself, -1 none.
 * `ret_other`, of a contribution, is the node it serves, else -1. */
int64_t entry_node(const struct entry_row *entry, int64_t *ret_other);

/* That node's code; of one that is gone, the one it had; NULL: there is none, or it is not known.
 */
const char *entry_code(const struct entry_row *entry, const struct request *request);

/* Is what it says kept from the caller: a draft, or an update that nobody has accepted? */
bool entry_is_hidden(const struct entry_row *entry, const struct request *request);

/* What it did, in words: "update 40 %", "due 2022-12-01 → 2023-03-01". The caller frees it; NULL:
 * there is no memory. */
char *entry_words(const struct entry_row *entry, const struct request *request);

/* The members that the log and the watch share: seq, time, account, entity, action and hash, and
 * what is told unless it is kept from the caller: id, key, code, what. NULL: there is no memory. */
json_t *entry_reply(const struct entry_row *entry, const struct request *request, bool hidden);

#endif
