/*
 * One Varlink call from its arrival to its last reply, and the only ways to answer it.
 *
 * A handler returns a `const struct answer *`, which can only be had from call_reply(),
 * call_fail*(), call_stream() or call_park(): a handler that forgets to answer does not compile.
 *
 * Ownership: the connection that read a call owns it until the handler parks it; a parked call may
 * outlive its connection (then `sink` is NULL and answers go nowhere). Whoever answers last ends
 * the call's life: after call_reply(), call_fail*() or the end of a stream the pointer is dead.
 */
#ifndef GOALD_WIRE_CALL_H
#define GOALD_WIRE_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire/util.h"
#include "wire/writer.h"

struct call;
struct answer; /* never defined: there is nothing to look into */

/* Who is at the other end of the socket: SO_PEERCRED, read when the connection was accepted. */
struct peer {
    uid_t uid;
    gid_t gid;
    pid_t pid;
};

/* Where answers go; conn.c has the one of a socket, tests have their own. */
struct call_sink {
    /* Takes `len` bytes of a whole frame, its NUL included; `last` when the call is over.
     * The bytes are the sink's only during this call. NULL bytes: no reply could be made (out of
     * memory); the connection has to be closed, since the next reply would pass for this one. */
    void (*send)(struct call_sink *sink, struct call *call, const char *bytes, size_t len,
                 bool last);
    /* A oneway call is over and there is nothing to send. */
    void (*over)(struct call_sink *sink, struct call *call);
    /* More of the stream can be taken: the sink calls call_pull() when it has room. */
    void (*streaming)(struct call_sink *sink, struct call *call);
};

/*
 * A stream's next reply. next() writes its parameters, one object, and returns 1; or it writes
 * nothing and returns 0 at the end, -EAGAIN when the next one has to be waited for (call_resume()
 * tells when to go on; called before next() returns, it only lets others have their turn), or
 * another negative errno, which ends the stream with the error that next() has put into the fields
 * below.
 *
 * A reply is held back until it is known whether another follows, because the last one must not
 * say `continues`. A watch, whose next event may be long in coming, returns 2 instead of 1: the
 * reply is sent at once, and if the stream ends after it, in a reply without parameters.
 *
 * free() may be called at any time from the event loop: it withdraws what the stream waits for.
 */
struct stream {
    int (*next)(struct stream *stream, struct writer *writer);
    void (*free)(struct stream *stream);
    const char *error;        /* full name, static */
    json_t *error_parameters; /* may be NULL; the call takes the reference */
};

struct call {
    const char *method; /* full name; lives as long as the call */
    json_t *parameters; /* checked against the interface; an object, never NULL */
    bool more, oneway, upgrade;
    struct peer peer;
    void *service; /* what the service's handlers work on (the store, a test's state) */
    /* The call's own bytes without the NUL, the cache's key: the connection's, there only until the
     * handler returns. NULL: parked, or the service has no cache. */
    const char *frame;
    size_t frame_len;
    /* set by the handler that wants its reply kept: called with the reply's bytes before they
     * are sent, never for an error or a stream */
    void (*keep)(struct call *call, const char *bytes, size_t len);
    /* What the handlers keep for the call until it is over, and how that is freed; or NULL. */
    void *kept;
    void (*free_kept)(void *kept);
    /* the rest belongs to call.c, service.c and the sink */
    json_t *message;        /* the string that method points into */
    struct call_sink *sink; /* NULL: the connection is gone */
    struct stream *stream;
    struct buffer held; /* a stream's next reply up to its parameters' end, or empty */
    bool parked;
};

typedef const struct answer *call_handler(struct call *call);

/* Answers with parameters (reference stolen). NULL means that they could not be made: then the
 * connection is closed rather than told a success without content. */
const struct answer *call_reply(struct call *call, json_t *parameters) MUST_CHECK;

/* The same in two steps, for a reply that is written rather than built: begin, write one object,
 * reply. The writer may come empty, and is the call's from call_reply_written() on. */
void call_begin_reply(struct writer *writer);
const struct answer *call_reply_written(struct call *call, struct writer *writer) MUST_CHECK;

/* Fails with `error`, a full name such as "io.goald.Tracker.NoSuchNode" (parameters stolen). */
const struct answer *call_fail(struct call *call, const char *error, json_t *parameters) MUST_CHECK;

/* org.varlink.service.InvalidParameter, naming the field. */
const struct answer *call_fail_parameter(struct call *call, const char *parameter) MUST_CHECK;

/* Streams one object a reply; the call must have come with `more` (else ExpectedMore is sent).
 * Takes the stream; the last object goes out without `continues`, an empty stream ends in a
 * reply without parameters. */
const struct answer *call_stream(struct call *call, struct stream *stream) MUST_CHECK;

/* Answers later: from an event, with one of the above through call_end(). */
const struct answer *call_park(struct call *call) MUST_CHECK;

/* Marks the answer to a parked call as given: call_end(call_reply(call, …)). */
static inline void call_end(const struct answer *answer UNUSED)
{
}

/* Sends the stream's next reply. Returns 1 if there may be more, 0 if it is over (the call is dead
 * then, and the sink was told `last`) or waits. */
int call_pull(struct call *call);

/* A stream that said -EAGAIN has something again. */
void call_resume(struct call *call);

/* Frees it without an answer, its stream too: the connection is gone. For a parked call without a
 * stream set `sink` to NULL instead. */
void call_free(struct call *call);

#endif
