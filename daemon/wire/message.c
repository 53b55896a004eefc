/*
 * Parsing and composing of Varlink messages. A composed message is written member by member
 * around its parameters, so that no JSON object is built for the envelope.
 */
#include "wire/message.h"

#include <errno.h>
#include <string.h>

enum { PARSE_FLAGS = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL };

/* The integer that a float stands for, or NULL if it is none or a double cannot tell. */
static json_t *as_integer(const json_t *value)
{
    const double exact = 9007199254740992; /* 2^53 */
    double x = json_real_value(value);

    if (!json_is_real(value) || x > exact || x < -exact || x != (double)(json_int_t)x)
        return NULL;
    return json_integer((json_int_t)x);
}

static void restore_integers(json_t *value)
{
    const char *key;
    json_t *item, *integer;
    size_t i;

    json_object_foreach (value, key, item) {
        restore_integers(item);
        if ((integer = as_integer(item)))
            json_object_set_new(value, key, integer);
    }
    json_array_foreach (value, i, item) {
        restore_integers(item);
        if ((integer = as_integer(item)))
            json_array_set_new(value, i, integer);
    }
}

/* An integer beyond 64 bits does not make it bad JSON: read as a float, it is the checker's to
 * accept where a float may stand, and to refuse by name where an integer must. */
static int message_load(const char *frame, size_t len, json_t **ret_root)
{
    json_error_t error;
    json_auto_t *root = json_loadb(frame, len, PARSE_FLAGS, &error);

    if (!root && json_error_code(&error) == json_error_numeric_overflow) {
        root = json_loadb(frame, len, PARSE_FLAGS | JSON_DECODE_INT_AS_REAL, &error);
        restore_integers(root);
    }
    if (!root)
        return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
    if (!json_is_object(root))
        return -EBADMSG;
    *ret_root = STEAL(root);
    return 0;
}

/* A flag is a nullable bool: null is as good as absent. */
static int parse_flag(const json_t *value, bool *ret_flag)
{
    if (!json_is_boolean(value) && !json_is_null(value))
        return -EBADMSG;
    *ret_flag = json_is_true(value);
    return 0;
}

static int parse_text(const json_t *value, const char **ret_text)
{
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
        return -EBADMSG;
    *ret_text = json_string_value(value);
    return 0;
}

static int parse_parameters(json_t *value, json_t **ret_parameters)
{
    if (!json_is_object(value) && !json_is_null(value))
        return -EBADMSG;
    *ret_parameters = json_object_size(value) > 0 ? value : NULL;
    return 0;
}

/* Members without a dot belong to the specification, so an unknown one is an error; the others
 * are vendors' and ignored. */
static int parse_unknown(const char *key)
{
    return strchr(key, '.') ? 0 : -EBADMSG;
}

static int parse_call_member(struct message_call *call, const char *key, json_t *value)
{
    if (strcmp(key, "method") == 0)
        return parse_text(value, &call->method);
    if (strcmp(key, "parameters") == 0)
        return parse_parameters(value, &call->parameters);
    if (strcmp(key, "oneway") == 0)
        return parse_flag(value, &call->oneway);
    if (strcmp(key, "more") == 0)
        return parse_flag(value, &call->more);
    if (strcmp(key, "upgrade") == 0)
        return parse_flag(value, &call->upgrade);
    return parse_unknown(key);
}

int message_parse_call(const char *frame, size_t len, struct message_call *ret_call)
{
    json_auto_t *root = NULL;
    struct message_call call = {};
    const char *key;
    json_t *value;
    int r = message_load(frame, len, &root);

    if (r < 0)
        return r;
    json_object_foreach (root, key, value) {
        r = parse_call_member(&call, key, value);
        if (r < 0)
            return r;
    }
    if (!call.method || call.oneway + call.more + call.upgrade > 1)
        return -EBADMSG;
    call.root = STEAL(root);
    *ret_call = call;
    return 0;
}

void message_call_done(struct message_call *call)
{
    json_decref(call->root);
    *call = (struct message_call){};
}

static int parse_reply_member(struct message_reply *reply, const char *key, json_t *value)
{
    if (strcmp(key, "parameters") == 0)
        return parse_parameters(value, &reply->parameters);
    if (strcmp(key, "continues") == 0)
        return parse_flag(value, &reply->continues);
    if (strcmp(key, "error") == 0)
        return json_is_null(value) ? 0 : parse_text(value, &reply->error);
    return parse_unknown(key);
}

int message_parse_reply(const char *frame, size_t len, struct message_reply *ret_reply)
{
    json_auto_t *root = NULL;
    struct message_reply reply = {};
    const char *key;
    json_t *value;
    int r = message_load(frame, len, &root);

    if (r < 0)
        return r;
    json_object_foreach (root, key, value) {
        r = parse_reply_member(&reply, key, value);
        if (r < 0)
            return r;
    }
    if (reply.error && reply.continues)
        return -EBADMSG;
    reply.root = STEAL(root);
    *ret_reply = reply;
    return 0;
}

void message_reply_done(struct message_reply *reply)
{
    json_decref(reply->root);
    *reply = (struct message_reply){};
}

static int write_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

static int write_dumped(const char *bytes, size_t len, void *buffer)
{
    return buffer_append(buffer, bytes, len);
}

/* Floats print with 15 digits: enough for what people enter, and 0.1 stays 0.1. */
static int write_json(struct buffer *buffer, const json_t *value)
{
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);

    return json_dump_callback(value, write_dumped, buffer, flags) < 0 ? -ENOMEM : 0;
}

/* `before` is what stands in front of the member: the opening brace or a comma. */
static int write_parameters(struct buffer *buffer, const char *before, const json_t *parameters)
{
    int r = write_text(buffer, before);

    if (r < 0)
        return r;
    r = write_text(buffer, "\"parameters\":");
    return r < 0 ? r : write_json(buffer, parameters);
}

static int write_string(struct buffer *buffer, const char *before, const char *text)
{
    json_auto_t *string = json_string(text);
    int r = string ? write_text(buffer, before) : -EINVAL;

    return r < 0 ? r : write_json(buffer, string);
}

/* Takes back what was written since `len`, if the last step failed. */
static int write_end(struct buffer *buffer, size_t len, int r)
{
    if (r == 0)
        r = buffer_append(buffer, "}", 2); /* with its NUL: the frame's end */
    if (r < 0)
        buffer->len = len;
    return r;
}

static bool is_given(const json_t *parameters)
{
    return parameters && json_object_size(parameters) > 0;
}

static bool is_bad(const json_t *parameters)
{
    return parameters && !json_is_object(parameters);
}

int message_write_call(struct buffer *buffer, const struct message_call *call)
{
    size_t len = buffer->len;
    int r = is_bad(call->parameters) ? -EINVAL : write_string(buffer, "{\"method\":", call->method);

    if (r == 0 && is_given(call->parameters))
        r = write_parameters(buffer, ",", call->parameters);
    if (r == 0 && call->oneway)
        r = write_text(buffer, ",\"oneway\":true");
    if (r == 0 && call->more)
        r = write_text(buffer, ",\"more\":true");
    if (r == 0 && call->upgrade)
        r = write_text(buffer, ",\"upgrade\":true");
    return write_end(buffer, len, r);
}

int message_write_reply(struct buffer *buffer, const json_t *parameters)
{
    size_t len = buffer->len;
    int r = is_bad(parameters) ? -EINVAL : 0;

    if (r == 0 && is_given(parameters))
        r = write_parameters(buffer, "{", parameters);
    else if (r == 0)
        r = write_text(buffer, "{");
    return write_end(buffer, len, r);
}

int message_write_error(struct buffer *buffer, const char *error, const json_t *parameters)
{
    size_t len = buffer->len;
    int r = is_bad(parameters) ? -EINVAL : write_string(buffer, "{\"error\":", error);

    if (r == 0 && is_given(parameters))
        r = write_parameters(buffer, ",", parameters);
    return write_end(buffer, len, r);
}
