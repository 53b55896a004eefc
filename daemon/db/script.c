/*
 * Statements one after another on one connection; see script.h. Owns its link and timer.
 */
#include "db/script.h"

#include <errno.h>
#include <string.h>

#include "db/pglink.h"

struct script {
    struct pglink link;
    struct event *timer;
    struct script_options options;
    char *conninfo;
    const struct script_calls *calls;
    void *arg;
    int retry_ms;
    bool running; /* a step has been sent; otherwise the timer waits to connect */
};

/* The caller may free the script in done(): nothing may touch it afterwards. */
static void stop(struct script *script, int error, const char *message)
{
    pg_timer_set(script->timer, -1);
    pglink_close(&script->link);
    script->calls->done(script->arg, error, message);
}

static void try_later(struct script *script)
{
    if (script->link.conn)
        pglink_blame(&script->link, "%s", PQerrorMessage(script->link.conn));
    pglink_close(&script->link);
    script->running = false;
    pg_timer_set(script->timer, script->retry_ms);
    script->retry_ms *= 2;
    if (script->retry_ms > script->options.retry_most_ms)
        script->retry_ms = script->options.retry_most_ms;
    if (script->calls->unreachable)
        script->calls->unreachable(script->arg, script->link.error.message);
}

static void connect_now(struct script *script)
{
    if (pglink_open(&script->link, script->conninfo, script->options.connect_timeout_ms) < 0)
        try_later(script);
}

static bool send_step(struct script *script, const struct script_step *step)
{
    PGconn *conn = script->link.conn;

    if (step->n_params == 0)
        return PQsendQuery(conn, step->sql);
    return PQsendQueryParams(conn, step->sql, step->n_params, NULL, step->params, NULL, NULL, 0);
}

static bool send_and_wait(struct script *script)
{
    int flush = PQflush(script->link.conn);

    return flush >= 0 && pglink_wait(&script->link, flush > 0 ? EV_READ | EV_WRITE : EV_READ);
}

static void next_step(struct script *script, bool first)
{
    struct script_step step = {0};
    int r = script->calls->next(script->arg, first, &step);

    if (r <= 0) {
        stop(script, r, "");
        return;
    }
    script->running = true;
    pg_timer_set(script->timer, script->options.step_timeout_ms);
    if (!send_step(script, &step) || !send_and_wait(script))
        try_later(script);
}

/* Takes what has arrived. 1: the step's last result has; 0: not yet; -ENOTCONN: the connection is
 * gone; else what to stop with. */
static int take_results(struct script *script)
{
    while (!PQisBusy(script->link.conn)) {
        PGresult *result = PQgetResult(script->link.conn);
        bool final = false;
        int r = 0;

        if (!result)
            return 1;
        if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
            final = pg_error_read(&script->link.error, result);
            r = final ? -ENOTCONN : -EIO;
        } else if (script->calls->result) {
            r = script->calls->result(script->arg, result);
        }
        PQclear(result);
        if (r < 0)
            return r;
    }
    return 0;
}

static void on_ready(void *arg, short events)
{
    struct script *script = arg;
    bool alive = !(events & EV_READ) || pglink_read(&script->link);
    int r = take_results(script);

    if (r == -EIO)
        stop(script, -EIO, script->link.error.message);
    else if (r < 0 && r != -ENOTCONN)
        stop(script, r, "");
    else if (r == -ENOTCONN || !alive || !pglink_is_alive(&script->link))
        try_later(script);
    else if (r > 0)
        next_step(script, false);
    else if (!send_and_wait(script))
        try_later(script);
}

static void on_opened(void *arg)
{
    struct script *script = arg;

    script->retry_ms = script->options.retry_first_ms;
    next_step(script, true);
}

static void on_failed(void *arg)
{
    try_later(arg);
}

static void on_timer(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct script *script = arg;

    if (script->running) {
        pglink_blame(&script->link, "no answer within %d ms", script->options.step_timeout_ms);
        try_later(script);
    } else {
        connect_now(script);
    }
}

int script_start(struct event_base *base, const struct script_options *options,
                 const struct script_calls *calls, void *arg, struct script **ret_script)
{
    static const struct pglink_calls link_calls = {on_opened, on_failed, on_ready};
    struct script *script = calloc(1, sizeof(*script));

    if (!script)
        return -ENOMEM;
    script->options = *options;
    script->calls = calls;
    script->arg = arg;
    script->retry_ms = options->retry_first_ms;
    script->conninfo = strdup(options->conninfo);
    script->timer = event_new(base, -1, 0, on_timer, script);
    if (pglink_init(&script->link, base, &link_calls, script) < 0 || !script->conninfo ||
        !script->timer) {
        script_free(script);
        return -ENOMEM;
    }
    pg_timer_set(script->timer, 0); /* nothing is called back before the loop runs */
    *ret_script = script;
    return 0;
}

void script_free(struct script *script)
{
    if (!script)
        return;
    pglink_done(&script->link);
    if (script->timer)
        event_free(script->timer);
    free(script->conninfo);
    free(script);
}

bool script_in_transaction(const struct script *script)
{
    return PQtransactionStatus(script->link.conn) == PQTRANS_INTRANS;
}
