/*
 * A script: statements sent one after another on one connection of its own, as migrations and the
 * making of the private cluster need them. Connects again, and starts from the beginning, for as
 * long as the server cannot be reached. The caller owns the script and frees it, also from done().
 */
#ifndef GOALD_DB_SCRIPT_H
#define GOALD_DB_SCRIPT_H

#include <event2/event.h>

#include "db/pg.h"

/* Without parameters it goes by the simple protocol and may be several statements. The strings
 * only have to last until next() returns to the script. */
struct script_step {
    const char *sql;
    int n_params;
    const char *const *params;
};

struct script_calls {
    /* The next step: 1 with it filled, 0 when there is none, negative errno to stop with. `first`
     * on every new connection. */
    int (*next)(void *arg, bool first, struct script_step *ret_step);
    /* Each of a step's results that is not an error; negative errno to stop with. May be NULL. */
    int (*result)(void *arg, const PGresult *result);
    /* Told each time the server cannot be reached. May be NULL. */
    void (*unreachable)(void *arg, const char *message);
    /* Told once: 0; -EIO with the server's message; or what next() or result() stopped with, and
     * an empty message. */
    void (*done)(void *arg, int error, const char *message);
};

struct script_options {
    const char *conninfo;
    int connect_timeout_ms, step_timeout_ms;
    int retry_first_ms, retry_most_ms; /* doubling */
};

struct script;

int script_start(struct event_base *base, const struct script_options *options,
                 const struct script_calls *calls, void *arg,
                 struct script **ret_script) MUST_CHECK;
void script_free(struct script *script);

/* Whether a transaction is open, as of the last result. */
bool script_in_transaction(const struct script *script);

#endif
