/* The errors of io.goald.Tracker; see fail.h. */
#include "methods/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "db/store.h"
#include "methods/request.h"

const struct answer *fail_no_strategy(struct call *call, const char *strategy)
{
    return call_fail(call, TRACKER_ERROR("NoSuchStrategy"),
                     json_pack("{s:s}", "strategy", strategy));
}

const struct answer *fail_no_node(struct call *call, const char *strategy, const char *code)
{
    return call_fail(call, TRACKER_ERROR("NoSuchNode"),
                     json_pack("{s:s,s:s}", "strategy", strategy, "code", code));
}

const struct answer *fail_no_update(struct call *call, const char *strategy, int64_t id)
{
    return call_fail(call, TRACKER_ERROR("NoSuchUpdate"),
                     json_pack("{s:s,s:I}", "strategy", strategy, "updateId", (json_int_t)id));
}

const struct answer *fail_no_account(struct call *call, const char *realm, int64_t uid)
{
    return call_fail(call, TRACKER_ERROR("NoSuchAccount"),
                     json_pack("{s:s,s:I}", "realm", realm, "uid", (json_int_t)uid));
}

const struct answer *fail_no_key(struct call *call, const char *key)
{
    return call_fail(call, TRACKER_ERROR("NoSuchKey"), json_pack("{s:s}", "key", key));
}

const struct answer *fail_no_import(struct call *call, const char *import)
{
    return call_fail(call, TRACKER_ERROR("NoSuchImport"), json_pack("{s:s}", "import", import));
}

const struct answer *fail_no_token(struct call *call)
{
    return call_fail(call, TRACKER_ERROR("NoSuchToken"), NULL);
}

const struct answer *fail_expired_token(struct call *call)
{
    return call_fail(call, TRACKER_ERROR("ExpiredToken"), NULL);
}

const struct answer *fail_used_token(struct call *call)
{
    return call_fail(call, TRACKER_ERROR("UsedToken"), NULL);
}

/* Bytes of the character that begins at `text`; 0: it was cut off. */
static size_t whole_character(const char *text)
{
    unsigned char first = (unsigned char)*text;
    size_t n = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;

    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

/* A message that quotes what a client sent may have been cut within a character, which JSON cannot
 * hold: what is left of the character goes. */
static void drop_cut_characters(char *text)
{
    char *to = text;

    while (*text) {
        size_t n = whole_character(text);

        memmove(to, text, n);
        to += n;
        text += n ? n : 1;
    }
    *to = '\0';
}

/* An error that names a place and says what is wrong there. */
static const struct answer *fail_at(struct call *call, const char *error, const char *key,
                                    const char *place, const char *message)
{
    struct refusal copy;

    snprintf(copy.field, sizeof(copy.field), "%s", place);
    snprintf(copy.message, sizeof(copy.message), "%s", message);
    drop_cut_characters(copy.field);
    drop_cut_characters(copy.message);
    return call_fail(call, error, json_pack("{s:s,s:s}", key, copy.field, "message", copy.message));
}

const struct answer *fail_value(struct call *call, const char *field, const char *format, ...)
{
    char message[512];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return fail_at(call, TRACKER_ERROR("InvalidValue"), "field", field, message);
}

const struct answer *fail_document(struct call *call, const char *place, const char *message)
{
    return fail_at(call, TRACKER_ERROR("InvalidDocument"), "place", place, message);
}

const struct answer *fail_not_permitted(struct call *call, const char *needed, const char *strategy)
{
    return call_fail(call, TRACKER_ERROR("NotPermitted"),
                     json_pack("{s:s,s:s,s:s?}", "method", call->method, "needed", needed,
                               "strategy", strategy));
}

const struct answer *fail_exists(struct call *call, const char *field, const char *value)
{
    return call_fail(call, TRACKER_ERROR("AlreadyExists"),
                     json_pack("{s:s,s:s}", "field", field, "value", value));
}

const struct answer *fail_unavailable(struct call *call)
{
    const struct tracker *tracker = call->service;
    struct pool *pool = store_pool(tracker->store);
    int64_t contact = pool ? pool_last_contact_us(pool) : 0;
    char text[TIME_TEXT_SIZE];

    return call_fail(
        call, TRACKER_ERROR("Unavailable"),
        json_pack("{s:s?}", "lastContact", contact ? time_format(contact, text) : NULL));
}

const struct answer *fail_overloaded(struct call *call)
{
    return call_fail(call, TRACKER_ERROR("Overloaded"), NULL);
}

const struct answer *fail_reused(struct call *call, const char *request_id, int64_t seq)
{
    return call_fail(call, TRACKER_ERROR("RequestIdReused"),
                     json_pack("{s:s,s:I}", "requestId", request_id, "seq", (json_int_t)seq));
}

const struct answer *fail_unknown_outcome(struct call *call, const char *request_id)
{
    return call_fail(call, TRACKER_ERROR("OutcomeUnknown"),
                     json_pack("{s:s}", "requestId", request_id));
}

int refuse(struct refusal *refusal, const char *field, const char *format, ...)
{
    va_list args;

    snprintf(refusal->field, sizeof(refusal->field), "%s", field);
    va_start(args, format);
    vsnprintf(refusal->message, sizeof(refusal->message), format, args);
    va_end(args);
    return -EINVAL;
}
