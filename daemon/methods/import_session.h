/*
 * An import from its begin to its end. Owned by the `struct imports` that it is in; whoever ends
 * it calls session_free(). Shared by import.c and import_commit.c alone.
 */
#ifndef GOALD_METHODS_IMPORT_SESSION_H
#define GOALD_METHODS_IMPORT_SESSION_H

#include "methods/import_document.h"
#include "methods/request.h"

struct session {
    struct imports *imports;
    struct session *next;
    char token[UUID_TEXT_SIZE];   /* what the caller knows it by */
    char *key;                    /* the strategy's */
    uid_t uid;                    /* whose it is, and … */
    const struct call_sink *sink; /* … of which connection; only compared, it may be gone */
    bool dry_run, committing;
    bool repeatable; /* the request id came from the caller */
    char request_id[UUID_TEXT_SIZE];
    struct document document;
    struct event *timer;
};

void session_free(struct session *session);

/* The strategy of exactly that key, or NULL: an alias is not one. */
struct slot *import_slot(struct store *store, const char *key);

/* The rights by which the caller may import into the strategy of that slot (NULL: a new one): MAY_
 * bits, 0 for none. MAY_CONTRIBUTOR is for what import_is_contribution() takes, and holds where the
 * caller may report on some node, at least. */
unsigned import_rights(const struct request *request, struct slot *slot);

/* May the part be imported by a contributor? */
bool import_is_contribution(enum part part);

/* NULL if the caller may import a whole strategy, or what a contributor may; else the refusal. */
const struct answer *import_permit(const struct request *request, struct slot *slot,
                                   const char *key, bool contribution) MUST_CHECK;

/* Plans, commits and answers; from here on the session frees itself. */
const struct answer *import_commit(struct call *call, struct session *session) MUST_CHECK;

#endif
