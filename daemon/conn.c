/*
 * A connection's life on the event loop. Whatever happens to it (bytes came, the peer reads again,
 * a parked call was answered) leads to conn_turn(): take steps while there is something to do,
 * then write all replies at once, then decide what to wait for.
 *
 * Answers that come from elsewhere only append to the output and wake the connection through its
 * `again` event, so no handler ever runs inside another one's call_reply(), and the connection is
 * freed only by its own events.
 */
#include "conn.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "log.h"
#include "wire/frame.h"

/* While a call is being answered, this much of what follows is read ahead. */
enum { READ_AHEAD = 64 << 10 };

/* Longest turn. */
enum { TURN_NS = 2000000 };

struct conn {
    struct call_sink sink; /* first: the sink's functions cast it back */
    struct conn_owner *owner;
    void *data; /* the owner's */
    uint64_t id;
    struct peer peer;
    int fd;
    struct frame in;
    struct buffer out;
    struct call *call; /* being answered, or NULL */
    bool streaming;    /* `call` is a stream that may be pulled */
    bool in_turn;
    bool ended;       /* the peer sends no more, or we take no more */
    bool half_closed; /* the peer sends no more; `read` waits for it to leave altogether */
    bool gone;        /* it left: replies are dropped */
    bool broken;      /* a reply could not be made */
    bool progress;    /* the peer took bytes since the write timeout was set */
    struct event read, write, again;
};

_Static_assert(sizeof(struct conn) <= 1024, "an idle connection is to stay below 1 KiB");

#define conn_log(conn, level, format, ...)                                                         \
    log_line(level, "c%llu uid %u: " format, (unsigned long long)(conn)->id,                       \
             (unsigned)(conn)->peer.uid, ##__VA_ARGS__)

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void conn_free(struct conn *conn)
{
    if (!conn)
        return;
    event_del(&conn->read);
    event_del(&conn->write);
    event_del(&conn->again);
    if (conn->call && conn->call->parked && !conn->call->stream)
        conn->call->sink = NULL; /* it is answered later, to nobody */
    else
        call_free(conn->call);
    service_left(conn->owner->service, &conn->sink);
    frame_done(&conn->in);
    buffer_done(&conn->out);
    close_fd(&conn->fd);
    free(conn);
}

static void conn_end(struct conn *conn)
{
    conn_log(conn, LOG_DEBUG, "closed");
    conn->owner->closed(conn->owner, conn);
    conn_free(conn);
}

/* The peer is away: nothing can be told to it any more. */
static void conn_lose(struct conn *conn)
{
    conn->gone = conn->ended = true;
    buffer_done(&conn->out);
}

/* Takes no more calls. What was answered already still goes out. */
static void conn_stop(struct conn *conn)
{
    conn->ended = true;
    frame_done(&conn->in);
}

/* One send() takes what fits into the socket; more fits only after the peer has read. */
static void conn_flush(struct conn *conn)
{
    ssize_t n;

    if (conn->out.len == 0)
        return;
    do {
        n = send(conn->fd, buffer_bytes(&conn->out), conn->out.len, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        if (errno != EAGAIN)
            conn_lose(conn);
        return;
    }
    conn->progress = true;
    buffer_consume(&conn->out, (size_t)n);
}

static void conn_append(struct conn *conn, const char *bytes, size_t len)
{
    if (!conn->gone && buffer_append(&conn->out, bytes, len) < 0)
        conn->broken = true;
}

static void conn_wake(struct conn *conn)
{
    if (!conn->in_turn)
        event_active(&conn->again, EV_TIMEOUT, 0);
}

static void sink_over(struct call_sink *sink, struct call *call UNUSED)
{
    struct conn *conn = (struct conn *)sink;

    conn->call = NULL;
    conn->streaming = false;
    conn_wake(conn);
}

static void sink_send(struct call_sink *sink, struct call *call, const char *bytes, size_t len,
                      bool last)
{
    struct conn *conn = (struct conn *)sink;

    if (bytes)
        conn_append(conn, bytes, len);
    else
        conn->broken = true;
    if (last)
        sink_over(sink, call);
}

static void sink_streaming(struct call_sink *sink, struct call *call UNUSED)
{
    struct conn *conn = (struct conn *)sink;

    conn->streaming = true;
    conn_wake(conn);
}

/* Answers one frame, from the cache if it is there. */
static void conn_take(struct conn *conn, const char *frame, size_t len)
{
    struct conn_owner *owner = conn->owner;
    const char *bytes;
    size_t n;
    int r;

    owner->calls++;
    if (service_lookup(owner->service, &conn->peer, frame, len, &bytes, &n)) {
        owner->cached++;
        conn_append(conn, bytes, n);
        return;
    }
    r = service_receive(owner->service, &conn->peer, frame, len, &conn->sink, &conn->call);
    if (r < 0) {
        owner->refused++;
        conn_log(conn, LOG_DEBUG, "closing: %s", r == -EBADMSG ? "not a call" : strerror(-r));
        conn_stop(conn);
        return;
    }
    service_dispatch(owner->service, conn->call);
}

static bool conn_output_is_full(const struct conn *conn)
{
    return conn->out.len >= conn->owner->limits.output_low;
}

/* Does one thing: a stream's next reply or one call. False: there is nothing to do now. */
static bool conn_step(struct conn *conn)
{
    const char *frame;
    size_t len;
    int r;

    if (conn_output_is_full(conn))
        conn_flush(conn);
    if (conn->broken || conn_output_is_full(conn))
        return false;
    if (conn->call) {
        if (!conn->streaming)
            return false;
        conn->streaming = false; /* the stream may say call_resume() while it is pulled */
        if (call_pull(conn->call) > 0)
            conn->streaming = true;
        return true;
    }
    r = frame_next(&conn->in, conn->owner->limits.message, &frame, &len);
    if (r == 0)
        return false;
    if (r < 0) {
        conn->owner->refused++;
        conn_log(conn, LOG_INFO, "closing: a call longer than %zu bytes",
                 conn->owner->limits.message);
        conn_stop(conn);
        return false;
    }
    conn_take(conn, frame, len);
    return true;
}

/* True if the turn ended before the work did. */
static bool conn_work(struct conn *conn)
{
    int64_t end = now_ns() + TURN_NS;

    for (int i = 0; i < conn->owner->limits.calls_a_turn; i++) {
        if (!conn_step(conn))
            return false;
        if (now_ns() >= end)
            break;
    }
    return true;
}

/* Is reading on useful? Not while whole calls wait or too much does. After the peer's end of input
 * only its leaving can be read; while replies wait to be written, writing tells that. */
static bool conn_wants_input(struct conn *conn, bool more)
{
    size_t limit = conn->owner->limits.message;

    if (conn->half_closed)
        return !conn->gone && conn->out.len == 0;
    if (conn->ended || more)
        return false;
    if (conn->call || conn_output_is_full(conn))
        return frame_size(&conn->in) < (limit < READ_AHEAD ? limit : READ_AHEAD);
    return true;
}

static void conn_set(struct event *event, bool on, const struct timeval *timeout)
{
    if (!on)
        event_del(event);
    else if (event_add(event, timeout) < 0)
        log_error("event_add: out of memory");
}

static void conn_watch_input(struct conn *conn, bool on)
{
    if (on != (event_pending(&conn->read, EV_READ, NULL) != 0))
        conn_set(&conn->read, on, NULL);
}

/* Waits for the peer to read, and gives it a new delay whenever it did. */
static void conn_watch_output(struct conn *conn)
{
    int ms = conn->owner->limits.write_timeout_ms;
    struct timeval timeout = {ms / 1000, ms % 1000 * 1000};
    bool on = conn->out.len > 0, pending = event_pending(&conn->write, EV_WRITE, NULL) != 0;

    if (on ? !pending || conn->progress : pending)
        conn_set(&conn->write, on, &timeout);
    conn->progress = false;
}

static bool conn_is_finished(struct conn *conn, bool more)
{
    if (conn->broken)
        return true;
    if (!conn->ended || more)
        return false;
    if (conn->gone) /* calls that it sent before it left are still to be run */
        return !conn->call || conn->call->stream || !frame_pending(&conn->in);
    return !conn->call && conn->out.len == 0;
}

/* Only what is needed is watched. Input is edge-triggered after the peer's end of input, and must
 * not be watched together with output then. */
static void conn_watch(struct conn *conn, bool more)
{
    const struct timeval at_once = {};
    bool input = conn_wants_input(conn, more);

    if (!input)
        conn_watch_input(conn, false);
    conn_watch_output(conn);
    if (input)
        conn_watch_input(conn, true);
    if (more)
        conn_set(&conn->again, true, &at_once);
}

/* After each event: steps, output, and what to wait for. May free the connection. */
static void conn_turn(struct conn *conn)
{
    bool more;

    conn->in_turn = true;
    more = conn_work(conn);
    conn->in_turn = false;
    conn_flush(conn);
    if (conn->out.len > conn->owner->limits.output) {
        conn_log(conn, LOG_WARNING, "dropped: it does not read, and %zu bytes wait for it",
                 conn->out.len);
        conn->broken = true;
    }
    if (conn_is_finished(conn, more)) {
        conn_end(conn);
        return;
    }
    buffer_trim(&conn->out);
    conn_watch(conn, more);
}

/* Both directions closed, not only the peer's output. */
static bool peer_is_gone(int fd)
{
    struct pollfd poll_fd = {.fd = fd};

    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & (POLLHUP | POLLERR));
}

static void on_hangup(evutil_socket_t fd, short what UNUSED, void *arg)
{
    struct conn *conn = arg;

    if (peer_is_gone(fd))
        conn_lose(conn);
    conn_turn(conn);
}

/* A peer that only closed its output still gets its replies. An edge-triggered event tells when it
 * leaves: a level-triggered one would report the end of input for ever. */
static void conn_read_end(struct conn *conn)
{
    conn->ended = conn->half_closed = true;
    event_del(&conn->read);
    if (peer_is_gone(conn->fd))
        conn_lose(conn);
    else
        event_assign(&conn->read, conn->owner->base, conn->fd, EV_READ | EV_ET | EV_PERSIST,
                     on_hangup, conn);
    conn_turn(conn);
}

static void on_read(evutil_socket_t fd, short what UNUSED, void *arg)
{
    struct conn *conn = arg;
    char *scratch = conn->owner->scratch;
    ssize_t n = recv(fd, scratch, CONN_SCRATCH_SIZE, 0);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        conn_read_end(conn);
        return;
    }
    if (frame_append(&conn->in, scratch, (size_t)n) < 0)
        conn->broken = true;
    conn_turn(conn);
}

static void on_write(evutil_socket_t fd UNUSED, short what, void *arg)
{
    struct conn *conn = arg;

    if (what & EV_TIMEOUT) {
        conn_log(conn, LOG_WARNING, "dropped: it did not read for %d ms, and %zu bytes wait for it",
                 conn->owner->limits.write_timeout_ms, conn->out.len);
        conn->broken = true;
    }
    conn_flush(conn);
    conn_turn(conn);
}

static void on_again(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    conn_turn(arg);
}

int conn_new(struct conn_owner *owner, int fd, const struct peer *peer, struct conn **ret_conn)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    if (!conn) {
        close(fd);
        return -ENOMEM;
    }
    conn->sink = (struct call_sink){sink_send, sink_over, sink_streaming};
    conn->owner = owner;
    conn->peer = *peer;
    conn->fd = fd;
    conn->id = ++owner->last_id;
    event_assign(&conn->read, owner->base, fd, EV_READ | EV_PERSIST, on_read, conn);
    event_assign(&conn->write, owner->base, fd, EV_WRITE, on_write, conn);
    event_assign(&conn->again, owner->base, -1, 0, on_again, conn);
    if (event_add(&conn->read, NULL) < 0) {
        conn_free(conn);
        return -ENOMEM;
    }
    conn_log(conn, LOG_DEBUG, "connected, pid %d", (int)peer->pid);
    *ret_conn = conn;
    return 0;
}

void conn_drain(struct conn *conn)
{
    conn_stop(conn);
    conn_wake(conn);
}

void conn_set_data(struct conn *conn, void *data)
{
    conn->data = data;
}

void *conn_data(const struct conn *conn)
{
    return conn->data;
}

size_t conn_memory(const struct conn *conn)
{
    return sizeof(*conn) + conn->in.bytes.capacity + conn->out.capacity;
}
