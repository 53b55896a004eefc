/*
 * Answering of calls (call.h): composes the reply, hands it to the sink, ends the call's life.
 */
#include "wire/call.h"

#include <errno.h>
#include <string.h>

#include "wire/error.h"
#include "wire/message.h"

/* What every answer points to; never looked at. */
static const char answer_token;
#define ANSWERED ((const struct answer *)&answer_token)

/* What stands before a reply's parameters, and room for most replies. */
#define REPLY_BEGIN "{\"parameters\":"
#define REPLY_ROOM 2048
#define SPARE_MOST 16384

/* The memory of a reply that was sent, which the next one takes; empty while it is taken. */
static struct buffer spare;

void call_free(struct call *call)
{
    if (!call)
        return;
    if (call->stream)
        call->stream->free(call->stream);
    if (call->kept)
        call->free_kept(call->kept);
    buffer_done(&call->held);
    json_decref(call->parameters);
    json_decref(call->message);
    free(call);
}

/* Gives the sink a composed frame, or the news that there is none. */
static void call_send(struct call *call, const struct buffer *frame, bool last)
{
    if (!call->sink)
        return;
    if (frame)
        call->sink->send(call->sink, call, buffer_bytes(frame), frame->len, last);
    else
        call->sink->send(call->sink, call, NULL, 0, last);
}

/* True if the caller wants no answer; it is told to the sink. */
static bool call_is_silent(struct call *call)
{
    if (call->oneway && call->sink)
        call->sink->over(call->sink, call);
    return call->oneway || !call->sink;
}

/* The last answer: consumes the call. NULL: none could be made. */
static const struct answer *call_finish(struct call *call, const struct buffer *frame, bool keep)
{
    if (!call_is_silent(call)) {
        if (frame && keep && !call->stream && call->keep)
            call->keep(call, buffer_bytes(frame), frame->len);
        call_send(call, frame, true);
    }
    call_free(call);
    return ANSWERED;
}

const struct answer *call_reply(struct call *call, json_t *parameters)
{
    AUTO(buffer_done) struct buffer frame = {};
    int r = parameters ? message_write_reply(&frame, parameters) : -ENOMEM;

    json_decref(parameters);
    return call_finish(call, r == 0 ? &frame : NULL, true);
}

static void reply_done(struct writer *writer)
{
    if (spare.data || writer->buffer.capacity > SPARE_MOST)
        writer_done(writer);
    else
        spare = (struct buffer){.data = writer->buffer.data, .capacity = writer->buffer.capacity};
}

void call_begin_reply(struct writer *writer)
{
    writer->buffer = spare;
    spare = (struct buffer){};
    if (buffer_reserve(&writer->buffer, REPLY_ROOM) < 0)
        writer->failed = true;
    writer_bytes(writer, REPLY_BEGIN, strlen(REPLY_BEGIN));
}

/* The envelope's end, with the frame's NUL. */
static void end_reply(struct writer *writer, bool continues)
{
    static const char more[] = ",\"continues\":true}", last[] = "}";

    if (continues)
        writer_bytes(writer, more, sizeof(more));
    else
        writer_bytes(writer, last, sizeof(last));
}

const struct answer *call_reply_written(struct call *call, struct writer *writer)
{
    const struct answer *answer;

    end_reply(writer, false);
    answer = call_finish(call, writer->failed ? NULL : &writer->buffer, true);
    reply_done(writer);
    return answer;
}

const struct answer *call_fail(struct call *call, const char *error, json_t *parameters)
{
    AUTO(buffer_done) struct buffer frame = {};
    int r = message_write_error(&frame, error, parameters);

    json_decref(parameters);
    return call_finish(call, r == 0 ? &frame : NULL, false);
}

const struct answer *call_fail_parameter(struct call *call, const char *parameter)
{
    return call_fail(call, ERROR_INVALID_PARAMETER, json_pack("{s:s}", "parameter", parameter));
}

const struct answer *call_stream(struct call *call, struct stream *stream)
{
    if (!call->more || !call->sink) {
        stream->free(stream);
        return call_fail(call, ERROR_EXPECTED_MORE, NULL);
    }
    call->stream = stream;
    call->frame = NULL;
    call->sink->streaming(call->sink, call);
    return ANSWERED;
}

const struct answer *call_park(struct call *call)
{
    call->parked = true;
    call->frame = NULL;
    return ANSWERED;
}

/* Sends a reply that is known not to be the last one, and gives it up. */
static void call_continue(struct call *call, struct buffer *reply)
{
    AUTO(reply_done) struct writer writer = {.buffer = *reply};

    *reply = (struct buffer){};
    end_reply(&writer, true);
    call_send(call, writer.failed ? NULL : &writer.buffer, false);
}

static void continue_held(struct call *call)
{
    if (call->held.len > 0)
        call_continue(call, &call->held);
}

/* The last reply is the one that was held back, or one without parameters. */
static void call_end_stream(struct call *call)
{
    struct writer writer = {.buffer = call->held};

    if (writer.buffer.len == 0) {
        call_end(call_reply(call, json_object()));
        return;
    }
    call->held = (struct buffer){};
    call_end(call_reply_written(call, &writer));
}

static void call_fail_stream(struct call *call)
{
    struct stream *stream = call->stream;
    json_t *parameters = STEAL(stream->error_parameters);

    continue_held(call);
    if (stream->error) {
        call_end(call_fail(call, stream->error, parameters));
        return;
    }
    json_decref(parameters);
    call_end(call_finish(call, NULL, false)); /* a stream that does not say why */
}

/* One step: at most one reply goes out, so that the sink can stop in between. */
int call_pull(struct call *call)
{
    AUTO(reply_done) struct writer writer = {};
    int r;

    call_begin_reply(&writer);
    r = call->stream->next(call->stream, &writer);
    if (r > 0 && writer.failed)
        r = -ENOMEM;
    switch (r) {
    case 1:
        continue_held(call);
        call->held = writer.buffer;
        writer.buffer = (struct buffer){};
        return 1;
    case 2:
        continue_held(call);
        call_continue(call, &writer.buffer);
        return 1;
    case 0:
        call_end_stream(call);
        return 0;
    case -EAGAIN:
        return 0;
    default:
        call_fail_stream(call);
        return 0;
    }
}

void call_resume(struct call *call)
{
    if (call->sink)
        call->sink->streaming(call->sink, call);
}
