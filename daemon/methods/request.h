/*
 * What a handler knows about the call before it begins: who calls, what they may do, which
 * strategy and node they mean. The gate (table.c) has resolved and checked the same before, so a
 * handler's request_open() cannot fail for want of rights.
 *
 * Nothing here is owned: a request lives on the handler's stack and points into the store, so it
 * must not outlive the turn of the loop. A parked call opens it anew.
 */
#ifndef GOALD_METHODS_REQUEST_H
#define GOALD_METHODS_REQUEST_H

#include "core/rights.h"
#include "db/store.h"
#include "wire/call.h"

struct cache;
struct moment;
struct moments;
struct imports;
struct restoring;
struct watches;

/* What all handlers work on: call->service. Owned by main. */
struct tracker {
    struct store *store;
    struct cache *cache;         /* NULL: none */
    struct imports *imports;     /* those that have begun */
    struct restoring *restoring; /* the one that has begun, or NULL */
    struct watches *watches;
    struct moments *moments; /* answers about the past; NULL: none are given */
    const char *realm;
    int64_t own_uid;       /* the daemon's user: a built-in administrator */
    size_t import_limit;   /* bytes that one import may stage */
    const char *mail_from; /* an address: whom mails come from */
    const char *mail_in;   /* the address that takes answers to them, or "" */
    int64_t started_us;    /* CLOCK_MONOTONIC */
    /* fills in what only the server knows (GetServerStatus); may be NULL in tests */
    void (*server_status)(void *arg, json_t *status);
    void *server_arg;
};

struct request {
    struct call *call;
    struct tracker *tracker;
    struct store *store;
    const struct registry *registry; /* NULL while it is not loaded */
    struct caller caller;            /* with the rights of the present */
    unsigned may;      /* MAY_ bits: on the strategy, if the method has one, else everywhere */
    struct slot *slot; /* the strategy's, or NULL */
    struct tree *tree;
    struct node *node;
    int32_t today;
    /* The past that is asked about, or NULL. Then tree, registry, node and today are those of that
     * moment; the slot, the caller and what they may are the present's. */
    const struct moment *moment;
    const char *language; /* asked for, else the strategy's; NULL without either */
};

/* Resolves the caller, and for a method with a strategy that and the node. Returns NULL, or the
 * answer that refuses the call: NoSuchStrategy, StrategyNeeded, NoSuchNode, Unavailable. */
const struct answer *request_open(struct call *call, bool with_strategy,
                                  struct request *ret_request) MUST_CHECK;

/* Without the node. */
const struct answer *request_open_strategy(struct call *call,
                                           struct request *ret_request) MUST_CHECK;

/* The gate's request goes to the handler that runs next: its request_open() gets that one instead
 * of looking everything up again. Only for calls whose handler begins with request_open(). NULL:
 * what was handed on and not taken is forgotten. */
void request_hand_on(const struct request *request);

/* Resolves the caller alone. */
void request_caller(struct call *call, struct request *ret_request);

/* For a call that goes on: opens the strategy that it began with again, quietly. -ENOENT: it is
 * gone, or no longer the caller's to read. */
int request_reopen(struct call *call, int32_t strategy_id, struct request *ret_request) MUST_CHECK;

/* Ends a stream whose strategy could not be opened again: what was sent is not all there was. */
int request_lost(const struct call *call, struct stream *stream) MUST_CHECK;

/* Finds the organisation, person or group of that key, if it takes part in the strategy: who takes
 * part in others only is not to be found out here. */
bool holder_find(const struct request *request, enum holder holder, const char *key,
                 int64_t *ret_id) MUST_CHECK;

/* A parameter, or NULL (0, NAN, false) if it is absent or null. The types are the interface's. */
const char *param_text(const struct call *call, const char *name);
int64_t param_int(const struct call *call, const char *name, int64_t absent);
double param_double(const struct call *call, const char *name);
bool param_bool(const struct call *call, const char *name);
bool param_given(const struct call *call, const char *name);

/* The caller's account's id; without one, as a built-in administrator may be, -1 - uid, so that the
 * journal tells who it was. */
int64_t request_account(const struct request *request);

/* May the caller read that loaded strategy? */
bool request_may_read(const struct request *request, struct slot *slot);

/* Fills in a change's request id (the caller's `requestId`, else a new one), the digest of the
 * call, the account. NULL, or the answer: InvalidValue for what is no UUID. */
const struct answer *request_sign(const struct request *request, struct change *change) MUST_CHECK;

/* Answers for an outcome other than CHANGE_DONE and CHANGE_REPEATED (and CHANGE_REFUSED, which the
 * method answers itself). */
const struct answer *request_fail_change(struct call *call, const struct change *change,
                                         enum change_outcome outcome) MUST_CHECK;

/* Answers for store_submit()'s errors. */
const struct answer *request_fail_submit(struct call *call, int error) MUST_CHECK;

#endif
