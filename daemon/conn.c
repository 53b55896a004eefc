/*
 * A connection's life on the event loop. Whatever happens to it (bytes came, the peer reads again,
 * a parked call was answered) only puts it into its user's queue. on_round() goes through the
 * queues, one connection of each user in turn, and gives each a conn_turn(): read, take steps while
 * there is something to do, write all replies at once, decide what to wait for. A round ends after
 * a while, for the event loop to look who else came; what is left goes on in the next.
 *
 * So no handler ever runs inside another one's call_reply(), and a connection is freed only by its
 * own turn. Descriptors stay watched for a while when their connections wait for a turn: to be
 * told again costs less than to change what is watched.
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

/* So often a connection that waits for its turn is reported before it is watched no more. */
enum { REPORTS_MAX = 64 };

/* As much is read at once when much waits in all connections of the user. */
enum { READ_CAREFULLY = 4 << 10 };

struct conn {
    struct call_sink sink; /* first: the sink's functions cast it back */
    struct conn_owner *owner;
    struct conn_user *user; /* the owner's, as is data */
    void *data;
    TAILQ_ENTRY(conn) entry; /* in the user's queue while `queued` */
    uint64_t id;
    struct peer peer;
    int fd;
    struct frame in;
    const char *fresh; /* in its turn: what was just read and is not in `in` yet */
    size_t fresh_len;
    struct buffer out;
    size_t accounted;  /* bytes of its buffers that its user's sum has */
    struct call *call; /* being answered, or NULL */
    bool streaming;    /* `call` is a stream that may be pulled */
    bool queued, in_turn;
    bool readable; /* there is something to read, reported so often since its last turn: */
    int reports;
    bool more;        /* its last turn ended before its work did */
    bool timed;       /* `late` runs */
    bool ended;       /* the peer sends no more, or we take no more */
    bool half_closed; /* the peer sends no more; `read` waits for it to leave altogether */
    bool gone;        /* it left: replies are dropped */
    bool broken;      /* a reply could not be made */
    bool progress;    /* the peer took bytes since the write timeout was set */
    struct event read, write, late;
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

static void conn_enqueue(struct conn *conn)
{
    struct conn_owner *owner = conn->owner;

    if (conn->queued || conn->in_turn)
        return;
    if (TAILQ_EMPTY(&owner->ready) && !owner->in_round)
        event_active(owner->round, EV_TIMEOUT, 0);
    if (TAILQ_EMPTY(&conn->user->ready))
        TAILQ_INSERT_TAIL(&owner->ready, conn->user, entry);
    TAILQ_INSERT_TAIL(&conn->user->ready, conn, entry);
    conn->queued = true;
}

static void conn_dequeue(struct conn *conn)
{
    if (!conn->queued)
        return;
    TAILQ_REMOVE(&conn->user->ready, conn, entry);
    if (TAILQ_EMPTY(&conn->user->ready))
        TAILQ_REMOVE(&conn->owner->ready, conn->user, entry);
    conn->queued = false;
}

/* Brings its user's sum up to date. */
static void conn_account(struct conn *conn)
{
    size_t bytes = conn->in.bytes.capacity + conn->out.capacity;

    conn->user->bytes += bytes - conn->accounted;
    conn->accounted = bytes;
}

/* The user may be gone before its last connection is freed. */
static void conn_leave_user(struct conn *conn)
{
    if (!conn->user)
        return;
    conn_dequeue(conn);
    conn->user->bytes -= conn->accounted;
    conn->user = NULL;
}

void conn_free(struct conn *conn)
{
    if (!conn)
        return;
    conn_leave_user(conn);
    event_del(&conn->read);
    event_del(&conn->write);
    event_del(&conn->late);
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
    conn_leave_user(conn);
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
    conn->fresh_len = 0;
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

static void sink_over(struct call_sink *sink, struct call *call UNUSED)
{
    struct conn *conn = (struct conn *)sink;

    conn->call = NULL;
    conn->streaming = false;
    conn_enqueue(conn);
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
    conn_enqueue(conn);
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

/* Too much waits in all connections of its user for any to take or read ahead. */
static bool conn_is_careful(const struct conn *conn)
{
    return conn->user->bytes > conn->owner->limits.user / 2;
}

static bool conn_output_is_full(const struct conn *conn)
{
    return conn->out.len >= (conn_is_careful(conn) ? 1 : conn->owner->limits.output_low);
}

/* What was read and not taken is kept. */
static void conn_keep_fresh(struct conn *conn)
{
    if (conn->fresh_len > 0 && frame_append(&conn->in, conn->fresh, conn->fresh_len) < 0)
        conn->broken = true;
    conn->fresh_len = 0;
}

/* As frame_next(). A frame that came whole is taken where it was read, without a copy. */
static int conn_next_frame(struct conn *conn, const char **ret_frame, size_t *ret_len)
{
    size_t limit = conn->owner->limits.message, len;
    const char *end = NULL;

    if (conn->fresh_len > 0)
        end = memchr(conn->fresh, '\0', conn->fresh_len);
    if (!end) {
        conn_keep_fresh(conn);
        return frame_next(&conn->in, limit, ret_frame, ret_len);
    }
    len = (size_t)(end - conn->fresh);
    if (len > limit)
        return -EMSGSIZE;
    *ret_frame = conn->fresh;
    *ret_len = len;
    conn->fresh = end + 1;
    conn->fresh_len -= len + 1;
    return 1;
}

static void conn_set(struct event *event, bool on, const struct timeval *timeout)
{
    if (!on)
        event_del(event);
    else if (event_add(event, timeout) < 0)
        log_error("event_add: out of memory");
}

/* Starts or stops the time that a call may take to come. */
static void conn_time(struct conn *conn, bool on)
{
    int ms = conn->owner->limits.read_timeout_ms;
    const struct timeval timeout = {ms / 1000, ms % 1000 * 1000};

    if (on != conn->timed)
        conn_set(&conn->late, on, &timeout);
    conn->timed = on;
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
    r = conn_next_frame(conn, &frame, &len);
    if (r == 0)
        return false;
    if (r < 0) {
        conn->owner->refused++;
        conn_log(conn, LOG_INFO, "closing: a call longer than %zu bytes",
                 conn->owner->limits.message);
        conn_stop(conn);
        return false;
    }
    conn_time(conn, false); /* the next one has its own time */
    conn_take(conn, frame, len);
    return true;
}

/* True if the turn ended before the work did. Answers from the cache need no clock. */
static bool conn_work(struct conn *conn)
{
    struct conn_owner *owner = conn->owner;
    int64_t end = owner->now_ns + (int64_t)owner->limits.turn_us * 1000;

    for (int i = 0; i < owner->limits.calls_a_turn; i++) {
        uint64_t cached = owner->cached;

        if (!conn_step(conn))
            return false;
        if (owner->cached == cached && now_ns() >= end)
            break;
    }
    return true;
}

/* Calls that come now would have to wait. */
static bool conn_is_busy(const struct conn *conn)
{
    return conn->call || conn_output_is_full(conn);
}

/* Is reading on useful? Not while too much waits. After the peer's end of input only its leaving
 * can be read; while replies wait to be written, writing tells that. */
static bool conn_wants_input(struct conn *conn)
{
    size_t limit = conn->owner->limits.message;

    if (conn->half_closed)
        return !conn->gone && conn->out.len == 0;
    if (conn->ended)
        return false;
    if (conn_is_busy(conn))
        return !conn_is_careful(conn) &&
               frame_size(&conn->in) < (limit < READ_AHEAD ? limit : READ_AHEAD);
    return true;
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

static bool conn_is_finished(struct conn *conn)
{
    if (conn->broken)
        return true;
    if (!conn->ended || conn->more)
        return false;
    if (conn->gone) /* calls that it sent before it left are still to be run */
        return !conn->call || conn->call->stream || !frame_pending(&conn->in);
    return !conn->call && conn->out.len == 0;
}

/* Only what is needed is watched. Input is edge-triggered after the peer's end of input, and must
 * not be watched together with output then. */
static void conn_watch(struct conn *conn)
{
    bool input = conn_wants_input(conn);

    if (!input)
        conn_watch_input(conn, false);
    conn_watch_output(conn);
    if (input)
        conn_watch_input(conn, true);
    conn_time(conn, input && !conn->more && !conn_is_busy(conn) && frame_size(&conn->in) > 0);
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
    conn_enqueue(conn);
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
}

/* Whole calls that wait come first: then nothing more is read. */
static void conn_read(struct conn *conn)
{
    char *scratch = conn->owner->scratch;
    bool readable = conn->readable && !conn->more && !conn->half_closed && !conn->broken &&
                    conn_wants_input(conn);
    ssize_t n;

    conn->readable = false; /* reported again if it still is */
    conn->reports = 0;
    if (!readable)
        return;
    n = recv(conn->fd, scratch, conn_is_careful(conn) ? READ_CAREFULLY : CONN_SCRATCH_SIZE, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        conn_read_end(conn);
        return;
    }
    conn->fresh = scratch;
    conn->fresh_len = (size_t)n;
    if (conn->call || frame_size(&conn->in) > 0)
        conn_keep_fresh(conn);
}

/* What is too much for one peer, or makes its user's share too much, ends the connection. */
static void conn_check_limits(struct conn *conn)
{
    const struct conn_limits *limits = &conn->owner->limits;
    size_t before = conn->accounted;

    conn_account(conn);
    if (conn->out.len > limits->output) {
        conn_log(conn, LOG_WARNING, "dropped: it does not read, and %zu bytes wait for it",
                 conn->out.len);
        conn->broken = true;
    } else if (conn->user->bytes > limits->user && conn->accounted > before) {
        conn_log(conn, LOG_WARNING, "dropped: %zu bytes wait in its user's connections",
                 conn->user->bytes);
        conn->broken = true;
    }
}

/* Its memory goes to the next, if it needs none. */
static void conn_return_spare(struct conn *conn)
{
    struct conn_owner *owner = conn->owner;

    if (conn->out.len == 0 && !owner->spare.data && conn->out.capacity <= CONN_SCRATCH_SIZE) {
        owner->spare = conn->out;
        conn->out = (struct buffer){};
    } else {
        buffer_trim(&conn->out);
    }
}

/* May free the connection. */
static void conn_turn(struct conn *conn)
{
    bool full;

    conn->in_turn = true;
    if (!conn->out.data) {
        conn->out = conn->owner->spare;
        conn->owner->spare = (struct buffer){};
    }
    conn_read(conn);
    conn->more = conn_work(conn);
    conn_keep_fresh(conn);
    full = conn_output_is_full(conn);
    conn_flush(conn);
    /* The peer read meanwhile: nothing else would tell that there is room for what had to wait. */
    conn->more |= full && !conn_output_is_full(conn);
    conn->in_turn = false;
    conn_return_spare(conn);
    conn_check_limits(conn);
    if (conn_is_finished(conn)) {
        conn_end(conn);
        return;
    }
    conn_watch(conn);
    if (conn->more)
        conn_enqueue(conn);
}

static void on_round(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    const struct timeval at_once = {};
    struct conn_owner *owner = arg;
    struct conn_user *user;
    int64_t end;

    owner->now_ns = now_ns();
    end = owner->now_ns + (int64_t)owner->limits.round_us * 1000;
    owner->in_round = true;
    while ((user = TAILQ_FIRST(&owner->ready))) {
        struct conn *conn = TAILQ_FIRST(&user->ready);

        conn_dequeue(conn);
        if (!TAILQ_EMPTY(&user->ready)) { /* the user's next one waits for all others' */
            TAILQ_REMOVE(&owner->ready, user, entry);
            TAILQ_INSERT_TAIL(&owner->ready, user, entry);
        }
        conn_turn(conn);
        owner->now_ns = now_ns();
        if (owner->now_ns >= end)
            break;
    }
    owner->in_round = false;
    if (!TAILQ_EMPTY(&owner->ready))
        conn_set(owner->round, true, &at_once);
}

static void on_read(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct conn *conn = arg;

    conn->readable = true;
    if (++conn->reports == REPORTS_MAX)
        event_del(&conn->read); /* its turn has it watched again */
    conn_enqueue(conn);
}

static void on_write(evutil_socket_t fd UNUSED, short what, void *arg)
{
    struct conn *conn = arg;

    if (what & EV_TIMEOUT) {
        conn_log(conn, LOG_WARNING, "dropped: it did not read for %d ms, and %zu bytes wait for it",
                 conn->owner->limits.write_timeout_ms, conn->out.len);
        conn->broken = true;
    }
    conn_enqueue(conn);
}

static void on_late(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct conn *conn = arg;

    conn_log(conn, LOG_WARNING, "dropped: its call did not end in %d ms, after %zu bytes",
             conn->owner->limits.read_timeout_ms, frame_size(&conn->in));
    conn->broken = true;
    conn_enqueue(conn);
}

int conn_owner_init(struct conn_owner *owner)
{
    TAILQ_INIT(&owner->ready);
    owner->round = evtimer_new(owner->base, on_round, owner);
    return owner->round ? 0 : -ENOMEM;
}

void conn_owner_done(struct conn_owner *owner)
{
    if (owner->round)
        event_free(owner->round);
    buffer_done(&owner->spare);
}

void conn_user_init(struct conn_user *user)
{
    *user = (struct conn_user){};
    TAILQ_INIT(&user->ready);
}

int conn_new(struct conn_owner *owner, struct conn_user *user, int fd, const struct peer *peer,
             struct conn **ret_conn)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    if (!conn) {
        close(fd);
        return -ENOMEM;
    }
    conn->sink = (struct call_sink){sink_send, sink_over, sink_streaming};
    conn->owner = owner;
    conn->user = user;
    conn->peer = *peer;
    conn->fd = fd;
    conn->id = ++owner->last_id;
    event_assign(&conn->read, owner->base, fd, EV_READ | EV_PERSIST, on_read, conn);
    event_assign(&conn->write, owner->base, fd, EV_WRITE, on_write, conn);
    evtimer_assign(&conn->late, owner->base, on_late, conn);
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
    conn_enqueue(conn);
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
