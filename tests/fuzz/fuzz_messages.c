/*
 * Fuzz target: what a connection brings, from its bytes to the replies. Frames are cut, looked up
 * in the cache, parsed, checked and handled as daemon/conn.c does it; the store is faked
 * (faked_store.h). Each reply is held against the interface, and a cached one against what the
 * handler says anew.
 *
 * An input that begins with a byte below 9 says by its first four bytes how it is sent: who calls;
 * what becomes of changes and jobs; how many bytes come at a time; after how many of these the
 * peer leaves. Any other is sent as a whole by root. A NUL is added at its end. Everything lives
 * for one input but the service and the store.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdint.h>
#include <string.h>

#include "faked_store.h"
#include "log.h"
#include "methods/cache.h"
#include "methods/import.h"
#include "methods/restore.h"
#include "methods/watch.h"
#include "methods/table.h"
#include "wire/check.h"
#include "wire/error.h"
#include "wire/frame.h"
#include "wire/interfaces.h"
#include "wire/message.h"
#include "wire/service.h"

#define CACHE_BYTES 8192   /* so that it overflows */
#define IMPORT_BYTES 65536 /* likewise */
#define STEPS_MAX 100000

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A connection. */
struct line {
    struct call_sink sink; /* first */
    struct peer peer;
    struct frame in;
    struct call *call;
    bool streaming, ended;
    struct buffer replies; /* to the last frame */
};

/* How the input is to be sent. */
struct manner {
    uid_t uid;
    struct faked_fate fate;
    size_t chunk, leave_after; /* 0: all at once; not before the end */
};

static struct event_base *base;
static struct store *store;
static struct service *service;
static struct tracker tracker;

/* --- what must hold of a reply --- */

#define MUST_HOLD(what)                                                                            \
    do {                                                                                           \
        if (!(what)) {                                                                             \
            fprintf(stderr, "broken: %s\n", #what);                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The member of a full name such as io.goald.Tracker.Ping, or NULL. */
static const struct idl_member *find_member(enum idl_member_kind kind, const char *full_name)
{
    const char *dot = strrchr(full_name, '.');
    AUTO(free_ptr) char *name = dot ? strndup(full_name, (size_t)(dot - full_name)) : NULL;
    const struct idl *idl = name ? service_interface(service, name) : NULL;

    return idl ? idl_find(idl, kind, dot + 1) : NULL;
}

static void check_parameters(const struct idl_type *type, const json_t *parameters)
{
    json_auto_t *none = json_object();
    char path[CHECK_PATH_SIZE];

    if (check_object(type, parameters ? parameters : none, path) < 0) {
        fprintf(stderr, "not as the interface says: %s\n", path);
        abort();
    }
}

static void check_reply(const struct call *call, const char *bytes, size_t len, bool last)
{
    struct message_reply reply;
    const struct idl_member *member;

    MUST_HOLD(bytes && len > 0 && bytes[len - 1] == '\0' && !memchr(bytes, 0, len - 1));
    MUST_HOLD(!call->oneway);
    MUST_HOLD(message_parse_reply(bytes, len - 1, &reply) == 0);
    MUST_HOLD(reply.continues == !last && (last || call->more));
    if (reply.error) {
        member = find_member(IDL_ERROR, reply.error);
        MUST_HOLD(last && member);
        check_parameters(member->type, reply.parameters);
    } else if (reply.parameters || !call->more) {
        member = find_member(IDL_METHOD, call->method);
        MUST_HOLD(member);
        check_parameters(member->output, reply.parameters);
    }
    message_reply_done(&reply);
}

/* --- the connection --- */

static void call_over(struct line *line)
{
    line->call = NULL;
    line->streaming = false;
}

static void line_send(struct call_sink *sink, struct call *call, const char *bytes, size_t len,
                      bool last)
{
    struct line *line = (struct line *)sink;

    MUST_HOLD(call == line->call);
    check_reply(call, bytes, len, last);
    MUST_HOLD(buffer_append(&line->replies, bytes, len) == 0);
    if (last)
        call_over(line);
}

static void line_over(struct call_sink *sink, struct call *call)
{
    struct line *line = (struct line *)sink;

    MUST_HOLD(call == line->call && call->oneway);
    call_over(line);
}

static void line_streaming(struct call_sink *sink, struct call *call)
{
    struct line *line = (struct line *)sink;

    MUST_HOLD(call == line->call && call->more);
    line->streaming = true;
}

/* One turn of the call that is under way; false: it waits for more than this can give. */
static bool line_go_on(struct line *line)
{
    if (!line->streaming)
        return faked_store_turn(store);
    line->streaming = false;
    if (call_pull(line->call) > 0)
        line->streaming = true;
    return true;
}

static void line_finish_call(struct line *line)
{
    for (int i = 0; line->call; i++)
        MUST_HOLD(i < STEPS_MAX && line_go_on(line));
}

static void line_call(struct line *line, const char *frame, size_t len)
{
    int r = service_receive(service, &line->peer, frame, len, &line->sink, &line->call);

    MUST_HOLD(r == 0 || r == -EBADMSG);
    line->ended = r < 0;
    if (r == 0)
        service_dispatch(service, line->call);
}

/* What the cache has must be what the handler would say now. */
static void line_check_cached(struct line *line, const char *frame, size_t len, const char *bytes,
                              size_t n)
{
    AUTO(buffer_done) struct buffer cached = {0};

    MUST_HOLD(buffer_append(&cached, bytes, n) == 0);
    buffer_consume(&line->replies, line->replies.len);
    line_call(line, frame, len);
    line_finish_call(line);
    MUST_HOLD(line->replies.len == n &&
              memcmp(buffer_bytes(&line->replies), buffer_bytes(&cached), n) == 0);
}

static void line_take(struct line *line, const char *frame, size_t len)
{
    const char *bytes;
    size_t n;

    buffer_consume(&line->replies, line->replies.len);
    if (service_lookup(service, &line->peer, frame, len, &bytes, &n))
        line_check_cached(line, frame, len, bytes, n);
    else
        line_call(line, frame, len);
}

/* All that can be done now; with `leave` set what waits is left waiting. */
static void line_work(struct line *line, bool leave)
{
    const char *frame;
    size_t len;

    while (!line->ended) {
        if (line->call && leave)
            return;
        line_finish_call(line);
        if (frame_next(&line->in, FRAME_LIMIT, &frame, &len) <= 0)
            return;
        line_take(line, frame, len);
    }
}

/* As a connection ends: what was submitted goes on without it. */
static void line_done(struct line *line)
{
    if (line->call && line->call->parked)
        line->call->sink = NULL;
    else
        call_free(line->call);
    service_left(service, &line->sink);
    frame_done(&line->in);
    buffer_done(&line->replies);
    for (int i = 0; faked_store_turn(store); i++)
        MUST_HOLD(i < STEPS_MAX);
}

static void line_run(const struct manner *manner, const char *bytes, size_t len)
{
    struct line line = {.sink = {.send = line_send, .over = line_over, .streaming = line_streaming},
                        .peer = {.uid = manner->uid, .gid = manner->uid, .pid = 1}};
    size_t chunk = manner->chunk ? manner->chunk : len, chunks = 0;

    for (size_t at = 0; at < len && !line.ended; at += chunk) {
        bool leave = ++chunks == manner->leave_after;

        MUST_HOLD(frame_append(&line.in, bytes + at, len - at < chunk ? len - at : chunk) == 0);
        line_work(&line, leave);
        if (leave)
            break;
    }
    line_done(&line);
}

/* --- the input --- */

static struct manner manner_of(const uint8_t **bytes, size_t *len)
{
    static const uid_t uids[] = {0,
                                 FAKED_MANAGER,
                                 FAKED_CONTRIBUTOR,
                                 FAKED_AUDITOR,
                                 FAKED_DISABLED,
                                 FAKED_STRANGER,
                                 65534,
                                 (uid_t)-1,
                                 0};
    struct manner manner = {.fate = {.reachable = true, .loaded = true}};
    const uint8_t *b = *bytes;

    if (*len < 4 || b[0] >= ARRAY_LEN(uids))
        return manner;
    manner.uid = uids[b[0]];
    manner.fate.reachable = !(b[1] & 1);
    manner.fate.loaded = !(b[1] & 2);
    manner.fate.job = (enum pg_outcome)(b[1] >> 2 & 3);
    manner.fate.change = (enum change_outcome)((b[1] >> 4) % (CHANGE_UNKNOWN + 1));
    if (manner.fate.change == CHANGE_REFUSED)
        manner.fate.change = CHANGE_DONE;
    manner.chunk = b[2];
    manner.leave_after = b[3];
    *bytes += 4;
    *len -= 4;
    return manner;
}

static const struct answer *gate(struct call *call)
{
    return methods_gate(call);
}

static void start(void)
{
    static struct service_method handlers[256]; /* ended by an empty one */
    static const struct service_interface interfaces[2] = {
        {.description = interface_io_goald_Tracker, .methods = handlers}};
    struct service_options options = {
        .vendor = "goald",
        .product = "goald",
        .version = GOALD_VERSION,
        .url = "https://goald.io/",
        .interfaces = interfaces,
        .data = &tracker,
        .gate = gate,
        .lookup = cache_lookup,
        .left = imports_left,
    };
    char error[SERVICE_ERROR_SIZE];

    MUST_HOLD(method_count < ARRAY_LEN(handlers));
    for (size_t i = 0; i < method_count; i++)
        handlers[i] = (struct service_method){method_table[i].name, method_table[i].handler};
    log_set_level(LOG_EMERG);
    base = event_base_new();
    store = faked_store_new(base);
    MUST_HOLD(service_new(&options, &service, error) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct manner manner = manner_of(&bytes, &len);
    AUTO(free_ptr) char *input = malloc(len + 1);

    if (!service)
        start();
    MUST_HOLD(input);
    if (len)
        memcpy(input, bytes, len);
    input[len] = '\0';
    tracker = (struct tracker){.store = store,
                               .moments = (struct moments *)store, /* faked too */
                               .realm = FAKED_REALM,
                               .own_uid = 990,
                               .import_limit = IMPORT_BYTES,
                               .mail_from = "goald@localhost",
                               .mail_in = ""};
    MUST_HOLD(cache_new(CACHE_BYTES, &tracker.cache) == 0);
    MUST_HOLD(imports_new(base, &tracker.imports) == 0);
    MUST_HOLD(watches_new(store, &tracker.watches) == 0);
    faked_store_begin(store, &manner.fate);
    line_run(&manner, input, len + 1);
    imports_free(tracker.imports);
    restore_free(&tracker);
    watches_free(tracker.watches);
    cache_free(tracker.cache);
    return 0;
}
