/*
 * One libpq connection and its socket's events; see pglink.h. The event `io` is taken away before
 * every call of PQconnectPoll(), because that may close the socket and open the next host's under
 * the same number.
 */
#include "db/pglink.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

int64_t pg_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void pg_timer_set(struct event *timer, int ms)
{
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    if (ms < 0)
        event_del(timer);
    else
        event_add(timer, &delay);
}

void pg_error_set(struct pg_error *error, const char *message)
{
    size_t len = 0;

    *error = (struct pg_error){0};
    for (const char *p = message; *p && len + 1 < sizeof(error->message); p++) {
        char c = *p == '\n' || *p == '\t' ? ' ' : *p;

        if (c == ' ' && (len == 0 || error->message[len - 1] == ' '))
            continue;
        error->message[len++] = c;
    }
    while (len > 0 && error->message[len - 1] == ' ')
        len--;
    error->message[len] = '\0';
}

/* Classes that end a connection: 08 connection exceptions, 57P0x the server is stopping. */
static bool sqlstate_is_final(const char *sqlstate)
{
    return strncmp(sqlstate, "08", 2) == 0 || strncmp(sqlstate, "57P0", 4) == 0;
}

bool pg_error_read(struct pg_error *error, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

    pg_error_set(error, primary ? primary : PQresultErrorMessage(result));
    if (!sqlstate) /* libpq's own: the server did not say anything */
        return true;
    snprintf(error->sqlstate, sizeof(error->sqlstate), "%s", sqlstate);
    snprintf(error->constraint, sizeof(error->constraint), "%s", constraint ? constraint : "");
    return sqlstate_is_final(sqlstate) ||
           (severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0));
}

void pglink_blame(struct pglink *link, const char *format, ...)
{
    char message[sizeof(link->error.message)];
    va_list args;

    if (link->error.message[0])
        return;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    pg_error_set(&link->error, message);
}

/* A server that ends an idle connection says why in what libpq takes for a notice. */
static void on_notice(void *arg, const PGresult *result)
{
    struct pglink *link = arg;
    struct pg_error error;

    if (pg_error_read(&error, result) && error.sqlstate[0] && !link->error.message[0])
        link->error = error;
}

static void on_io(evutil_socket_t fd, short events, void *arg);

void pglink_rest(struct pglink *link)
{
    if (link->io)
        event_del(link->io);
    link->fd = -1;
    link->events = 0;
}

bool pglink_wait(struct pglink *link, short events)
{
    evutil_socket_t fd = PQsocket(link->conn);

    if (fd == link->fd && events == link->events)
        return true;
    pglink_rest(link);
    if (fd < 0 ||
        event_assign(link->io, link->base, fd, (short)(events | EV_PERSIST), on_io, link) ||
        event_add(link->io, NULL))
        return false;
    link->fd = fd;
    link->events = events;
    return true;
}

static void connect_failed(struct pglink *link)
{
    pglink_blame(link, "%s", PQerrorMessage(link->conn));
    pglink_close(link);
    link->calls->failed(link->arg);
}

static void connect_done(struct pglink *link)
{
    link->connecting = false;
    pg_timer_set(link->timer, -1);
    if (PQsetnonblocking(link->conn, 1) != 0)
        connect_failed(link);
    else
        link->calls->opened(link->arg);
}

static void connect_step(struct pglink *link)
{
    PostgresPollingStatusType status;
    bool waiting = false;

    pglink_rest(link);
    status = PQconnectPoll(link->conn);
    if (status == PGRES_POLLING_OK) {
        connect_done(link);
        return;
    }
    if (status == PGRES_POLLING_READING)
        waiting = pglink_wait(link, EV_READ);
    else if (status == PGRES_POLLING_WRITING)
        waiting = pglink_wait(link, EV_WRITE);
    if (!waiting)
        connect_failed(link);
}

static void on_io(evutil_socket_t fd UNUSED, short events, void *arg)
{
    struct pglink *link = arg;

    if (link->connecting)
        connect_step(link);
    else
        link->calls->ready(link->arg, events);
}

static void on_timer(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct pglink *link = arg;

    pglink_blame(link, "no connection within %d ms", link->timeout_ms);
    connect_failed(link);
}

int pglink_init(struct pglink *link, struct event_base *base, const struct pglink_calls *calls,
                void *arg)
{
    *link = (struct pglink){.base = base, .fd = -1, .calls = calls, .arg = arg};
    link->io = event_new(base, -1, 0, on_io, link);
    link->timer = event_new(base, -1, 0, on_timer, link);
    return link->io && link->timer ? 0 : -ENOMEM;
}

void pglink_done(struct pglink *link)
{
    pglink_close(link);
    if (link->io)
        event_free(STEAL(link->io));
    if (link->timer)
        event_free(STEAL(link->timer));
}

/* What stands before "dbname" is a default that the conninfo may override; what stands after it
 * is not to be overridden. A dead peer is noticed after a minute at most. */
static PGconn *connect_start(const char *conninfo)
{
    static const char *const keys[] = {
        "keepalives_idle", "keepalives_interval", "keepalives_count",          "tcp_user_timeout",
        "dbname",          "client_encoding",     "fallback_application_name", NULL,
    };
    const char *const values[] = {"30", "10", "3", "30000", conninfo, "UTF8", "goald", NULL};

    return PQconnectStartParams(keys, values, 1);
}

int pglink_open(struct pglink *link, const char *conninfo, int timeout_ms)
{
    pglink_close(link);
    link->error = (struct pg_error){0};
    link->timeout_ms = timeout_ms;
    link->conn = connect_start(conninfo);
    if (!link->conn) {
        pglink_blame(link, "out of memory");
        return -ENOMEM;
    }
    PQsetNoticeReceiver(link->conn, on_notice, link);
    if (PQstatus(link->conn) == CONNECTION_BAD || !pglink_wait(link, EV_WRITE)) {
        pglink_blame(link, "%s", PQerrorMessage(link->conn));
        pglink_close(link);
        return -ECONNREFUSED;
    }
    link->connecting = true;
    pg_timer_set(link->timer, timeout_ms);
    return 0;
}

void pglink_close(struct pglink *link)
{
    if (link->timer)
        event_del(link->timer);
    pglink_rest(link);
    link->connecting = false;
    if (link->conn)
        PQfinish(STEAL(link->conn));
}

bool pglink_read(struct pglink *link)
{
    if (PQconsumeInput(link->conn))
        return true;
    if (!link->error.message[0])
        pg_error_set(&link->error, PQerrorMessage(link->conn));
    return false;
}

bool pglink_is_alive(struct pglink *link)
{
    if (PQstatus(link->conn) != CONNECTION_OK)
        pglink_blame(link, "%s", PQerrorMessage(link->conn));
    return !link->error.message[0];
}
