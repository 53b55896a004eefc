/*
 * Varlink messages: calls and replies as JSON objects. Parsing is strict (design.md part 6): what
 * has no well-defined answer is -EBADMSG, and the connection it came from is to be closed.
 */
#ifndef GOALD_WIRE_MESSAGE_H
#define GOALD_WIRE_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>

#include "wire/buffer.h"

/* All pointers point into `root`, which message_call_done() gives up. */
struct message_call {
    json_t *root;
    const char *method;
    json_t *parameters; /* NULL if absent, null or given as {} */
    bool oneway, more, upgrade;
};

struct message_reply {
    json_t *root;
    const char *error;  /* NULL: the call succeeded */
    json_t *parameters; /* as above */
    bool continues;
};

/* Strings may hold an escaped NUL, and integers beyond 64 bits come as floats: the checker refuses
 * both by name (check.h). A number that not even a double can hold is -EBADMSG. */
int message_parse_call(const char *frame, size_t len, struct message_call *ret_call) MUST_CHECK;
void message_call_done(struct message_call *call);

int message_parse_reply(const char *frame, size_t len, struct message_reply *ret_reply) MUST_CHECK;
void message_reply_done(struct message_reply *reply);

/* These append a whole frame, NUL included; -ENOMEM (or -EINVAL for parameters that are no
 * object) leaves the buffer as it was. Parameters NULL or {} are left out. */
int message_write_call(struct buffer *buffer, const struct message_call *call) MUST_CHECK;
int message_write_reply(struct buffer *buffer, const json_t *parameters) MUST_CHECK;
int message_write_error(struct buffer *buffer, const char *error,
                        const json_t *parameters) MUST_CHECK;

#endif
