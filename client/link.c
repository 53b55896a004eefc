/*
 * The connection: an output buffer, the frames read so far, and a poll loop that writes and reads
 * at once, so that neither side waits for the other to read. The link owns its descriptor and
 * buffers.
 *
 * Interrupts are let in only while it waits: the handler's flag then ends the wait with -EINTR, and
 * the command says what became of the change before it dies of the signal.
 */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "wire/address.h"
#include "wire/buffer.h"
#include "wire/frame.h"
#include "wire/message.h"

#define TICK_MS 250

struct link {
    int fd;
    int timeout;   /* seconds; 0: none */
    bool heedless; /* of signals */
    void (*tick)(void *arg);
    void *tick_arg;
    struct buffer out;
    struct frame in;
};

/* What ends goal politely while it waits: at the keyboard, by timeout(1), a stopped service, a
 * closed terminal. */
static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t interrupted; /* by this signal */

static void on_interrupt(int signo)
{
    interrupted = signo;
}

int link_interrupt(void)
{
    return interrupted;
}

int link_open(const char *address, int timeout, struct link **ret_link)
{
    int fd;
    int r = address_connect(address, &fd);
    if (r < 0)
        return r;
    struct link *link = calloc(1, sizeof(*link));
    if (!link) {
        close(fd);
        return -ENOMEM;
    }
    link->fd = fd;
    link->timeout = timeout;
    *ret_link = link;
    return 0;
}

void link_set_timeout(struct link *link, int timeout)
{
    link->timeout = timeout;
}

void link_set_tick(struct link *link, void (*tick)(void *arg), void *arg)
{
    link->tick = tick;
    link->tick_arg = arg;
}

void link_set_interruptible(struct link *link, bool interruptible)
{
    link->heedless = !interruptible;
}

void link_free(struct link *link)
{
    if (!link)
        return;
    close_fd(&link->fd);
    buffer_done(&link->out);
    frame_done(&link->in);
    free(link);
}

int link_call(struct link *link, const char *method, json_t *parameters, int flags)
{
    json_auto_t *owned = parameters;
    struct message_call call = {.method = method,
                                .parameters = owned,
                                .more = flags & LINK_MORE,
                                .oneway = flags & LINK_ONEWAY};
    return message_write_call(&link->out, &call);
}

static int write_some(struct link *link)
{
    ssize_t n =
        send(link->fd, buffer_bytes(&link->out), link->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : errno == EPIPE ? -ECONNRESET : -errno;
    buffer_consume(&link->out, (size_t)n);
    return 0;
}

static int read_some(struct link *link)
{
    char bytes[65536];
    ssize_t n = recv(link->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    if (n == 0)
        return -ECONNRESET;
    return frame_append(&link->in, bytes, (size_t)n);
}

/* Interrupts are let in. How long it waits at most: a tick, or as long as it may. */
static int poll_once(struct link *link, struct pollfd *pfd)
{
    const struct timespec limit = {.tv_sec = link->timeout}, step = {.tv_nsec = TICK_MS * 1000000};
    sigset_t open_mask;
    sigprocmask(SIG_BLOCK, NULL, &open_mask);
    for (size_t i = 0; i < ARRAY_LEN(interrupts) && !link->heedless; i++)
        sigdelset(&open_mask, interrupts[i]);
    int n = ppoll(pfd, 1, link->tick ? &step : link->timeout > 0 ? &limit : NULL, &open_mask);
    return n < 0 ? -errno : n;
}

/* Waits until a byte can move either way. */
static int wait_ready(struct link *link, bool reading, short *ret_ready)
{
    bool writing = link->out.len > 0;
    struct pollfd pfd = {.fd = link->fd,
                         .events = (short)((reading ? POLLIN : 0) | (writing ? POLLOUT : 0))};
    long ticks = 0, most = link->timeout * 1000L / TICK_MS;
    for (;;) {
        if (interrupted && !link->heedless)
            return -EINTR;
        int n = poll_once(link, &pfd);
        if (n > 0)
            break;
        if (n < 0 && n != -EINTR)
            return n;
        if (n == 0 && (!link->tick || (link->timeout > 0 && ++ticks >= most)))
            return -ETIMEDOUT;
        if (n == 0)
            link->tick(link->tick_arg);
    }
    *ret_ready = pfd.revents;
    return 0;
}

/* One round of waiting, writing and reading. */
static int turn(struct link *link, bool reading)
{
    short ready = 0;
    int r = wait_ready(link, reading, &ready);
    if (r < 0)
        return r;
    if (ready & (POLLIN | POLLHUP | POLLERR) && reading)
        r = read_some(link);
    else if (ready & (POLLHUP | POLLERR))
        r = -ECONNRESET;
    if (r == 0 && ready & POLLOUT)
        r = write_some(link);
    return r;
}

/* Mostly the reply is there after one write and one read: no wait before the first write. */
static int receive_frame(struct link *link, const char **ret_frame, size_t *ret_len)
{
    int r = link->out.len > 0 ? write_some(link) : 0;
    while (r == 0) {
        r = frame_next(&link->in, LINK_REPLY_MAX, ret_frame, ret_len);
        if (r != 0)
            return r < 0 ? r : 0;
        r = turn(link, true);
    }
    return r;
}

static int flush(struct link *link)
{
    int r = 0;
    while (r == 0 && link->out.len > 0)
        r = turn(link, false);
    return r;
}

/* Their handlers and mask while waiting, and what they were before. */
struct guard {
    struct sigaction actions[ARRAY_LEN(interrupts)];
    sigset_t mask;
};

static void guard_begin(struct guard *guard)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigset_t block;
    sigemptyset(&block);
    for (size_t i = 0; i < ARRAY_LEN(interrupts); i++)
        sigaddset(&block, interrupts[i]);
    sigprocmask(SIG_BLOCK, &block, &guard->mask);
    for (size_t i = 0; i < ARRAY_LEN(interrupts); i++) {
        sigaction(interrupts[i], &action, &guard->actions[i]);
        if (guard->actions[i].sa_handler == SIG_IGN) /* as under nohup: stays ignored */
            sigaction(interrupts[i], &guard->actions[i], NULL);
    }
}

static void guard_end(struct guard *guard)
{
    sigprocmask(SIG_SETMASK, &guard->mask, NULL); /* a signal that waits sets the flag now */
    for (size_t i = 0; i < ARRAY_LEN(interrupts); i++)
        sigaction(interrupts[i], &guard->actions[i], NULL);
}

int link_flush(struct link *link)
{
    struct guard guard;
    guard_begin(&guard);
    int r = flush(link);
    guard_end(&guard);
    return r;
}

static int take_reply(const struct message_reply *message, struct link_reply *ret_reply)
{
    struct link_reply reply = {.continues = message->continues};
    reply.parameters = message->parameters ? json_incref(message->parameters) : json_object();
    reply.error = message->error ? strdup(message->error) : NULL;
    if (!reply.parameters || (message->error && !reply.error)) {
        link_reply_done(&reply);
        return -ENOMEM;
    }
    *ret_reply = reply;
    return 0;
}

int link_receive(struct link *link, struct link_reply *ret_reply)
{
    struct guard guard;
    const char *frame = NULL;
    size_t len = 0;
    guard_begin(&guard);
    int r = receive_frame(link, &frame, &len);
    guard_end(&guard);
    struct message_reply message;
    if (r == 0)
        r = message_parse_reply(frame, len, &message);
    if (r < 0)
        return r;
    r = take_reply(&message, ret_reply);
    message_reply_done(&message);
    return r;
}

void link_reply_done(struct link_reply *reply)
{
    json_decref(reply->parameters);
    free(reply->error);
    *reply = (struct link_reply){0};
}
