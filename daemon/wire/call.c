/*
 * Answering of calls (call.h): composes the reply, hands it to the sink, ends the call's life.
 */
#include "wire/call.h"

#include <errno.h>

#include "wire/error.h"
#include "wire/message.h"

/* What every answer points to; never looked at. */
static const char answer_token;
#define ANSWERED ((const struct answer *)&answer_token)

void call_free(struct call *call)
{
    if (!call)
        return;
    if (call->stream)
        call->stream->free(call->stream);
    json_decref(call->held);
    json_decref(call->parameters);
    json_decref(call->message);
    free(call->frame);
    free(call);
}

/* Gives the sink the composed frame, or the news that there is none (r < 0). */
static void call_send(struct call *call, const struct buffer *frame, int r, bool last)
{
    if (!call->sink)
        return;
    if (r < 0)
        call->sink->send(call->sink, call, NULL, 0, last);
    else
        call->sink->send(call->sink, call, buffer_bytes(frame), frame->len, last);
}

/* True if the caller wants no answer; it is told to the sink. */
static bool call_is_silent(struct call *call)
{
    if (call->oneway && call->sink)
        call->sink->over(call->sink, call);
    return call->oneway || !call->sink;
}

/* The last answer: consumes the parameters and the call. */
static const struct answer *call_finish(struct call *call, const char *error, json_t *parameters)
{
    AUTO(buffer_done) struct buffer frame = {};
    int r;

    if (!call_is_silent(call)) {
        if (error)
            r = message_write_error(&frame, error, parameters);
        else
            r = parameters ? message_write_reply(&frame, parameters, false) : -ENOMEM;
        if (r == 0 && !error && !call->stream && call->keep)
            call->keep(call, buffer_bytes(&frame), frame.len);
        call_send(call, &frame, r, true);
    }
    json_decref(parameters);
    call_free(call);
    return ANSWERED;
}

const struct answer *call_reply(struct call *call, json_t *parameters)
{
    return call_finish(call, NULL, parameters);
}

const struct answer *call_fail(struct call *call, const char *error, json_t *parameters)
{
    return call_finish(call, error, parameters);
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
    call->sink->streaming(call->sink, call);
    return ANSWERED;
}

const struct answer *call_park(struct call *call)
{
    call->parked = true;
    return ANSWERED;
}

/* Sends an object that is known not to be the last one, and gives it up. */
static void call_continue(struct call *call, json_t *parameters)
{
    AUTO(buffer_done) struct buffer frame = {};
    int r = message_write_reply(&frame, parameters, true);

    json_decref(parameters);
    call_send(call, &frame, r, false);
}

static void call_end_stream(struct call *call)
{
    struct stream *stream = call->stream;
    json_t *parameters = STEAL(stream->error_parameters);

    if (call->held)
        call_continue(call, STEAL(call->held));
    if (stream->error) {
        call_end(call_fail(call, stream->error, parameters));
        return;
    }
    call_send(call, NULL, -EINVAL, true); /* a stream that does not say why */
    json_decref(parameters);
    call_free(call);
}

/* One step: at most one reply goes out, so that the sink can stop in between. */
int call_pull(struct call *call)
{
    json_t *object = NULL;
    int r = call->stream->next(call->stream, &object);

    switch (r) {
    case 1:
        if (call->held)
            call_continue(call, call->held);
        call->held = object;
        return 1;
    case 2:
        if (call->held)
            call_continue(call, STEAL(call->held));
        call_continue(call, object);
        return 1;
    case 0:
        call_end(call_reply(call, call->held ? STEAL(call->held) : json_object()));
        return 0;
    case -EAGAIN:
        return 0;
    default:
        call_end_stream(call);
        return 0;
    }
}

void call_resume(struct call *call)
{
    if (call->sink)
        call->sink->streaming(call->sink, call);
}
