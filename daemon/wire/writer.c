/*
 * The JSON writer; see writer.h. Room is asked for once a value, so that most bytes cost a copy.
 */
#include "wire/writer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* A number's text at most, and what an escape makes of one byte. */
enum { NUMBER_ROOM = 32, ESCAPED = 6 };

/* Where to write up to `len` bytes, or NULL: the writer has failed. */
static char *writer_room(struct writer *writer, size_t len)
{
    struct buffer *buffer = &writer->buffer;

    if (writer->failed)
        return NULL;
    if (buffer_reserve(buffer, len) < 0) {
        writer->failed = true;
        return NULL;
    }
    return buffer_bytes(buffer) + buffer->len;
}

/* Counts what was written into the room, up to `end`. */
static void writer_wrote(struct writer *writer, const char *end)
{
    writer->buffer.len = (size_t)(end - buffer_bytes(&writer->buffer));
}

static char *put(char *at, const char *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

/* A comma, the key, and room for `len` bytes of a value. */
static char *writer_value(struct writer *writer, const char *key, size_t key_len, size_t len)
{
    char *at = writer_room(writer, key_len + 4 + len);

    if (!at)
        return NULL;
    if (writer->comma)
        *at++ = ',';
    writer->comma = true;
    if (key) {
        *at++ = '"';
        at = put(at, key, key_len);
        at = put(at, "\":", 2);
    }
    return at;
}

static void writer_word(struct writer *writer, const char *key, size_t key_len, const char *word,
                        size_t len)
{
    char *at = writer_value(writer, key, key_len, len);

    if (at)
        writer_wrote(writer, put(at, word, len));
}

static void writer_begin(struct writer *writer, const char *key, const char *brace)
{
    writer_word(writer, key, writer_key_length(key), brace, 1);
    writer->comma = false;
}

static void writer_end(struct writer *writer, const char *brace)
{
    writer_bytes(writer, brace, 1);
    writer->comma = true;
}

void writer_begin_object(struct writer *writer, const char *key)
{
    writer_begin(writer, key, "{");
}

void writer_end_object(struct writer *writer)
{
    writer_end(writer, "}");
}

void writer_begin_array(struct writer *writer, const char *key)
{
    writer_begin(writer, key, "[");
}

void writer_end_array(struct writer *writer)
{
    writer_end(writer, "]");
}

void writer_put_null(struct writer *writer, const char *key, size_t key_len)
{
    writer_word(writer, key, key_len, "null", 4);
}

void writer_put_bool(struct writer *writer, const char *key, size_t key_len, bool value)
{
    if (value)
        writer_word(writer, key, key_len, "true", 4);
    else
        writer_word(writer, key, key_len, "false", 5);
}

/* The digits of a number, at least `width` of them. */
static char *put_digits(char *at, uint64_t value, int width)
{
    int n = 1;

    for (uint64_t rest = value / 10; rest > 0; rest /= 10)
        n++;
    if (n < width)
        n = width;
    for (int i = n; i-- > 0; value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + n;
}

void writer_put_int(struct writer *writer, const char *key, size_t key_len, int64_t value)
{
    char *at = writer_value(writer, key, key_len, NUMBER_ROOM);

    if (!at)
        return;
    if (value < 0)
        *at++ = '-';
    writer_wrote(writer, put_digits(at, value < 0 ? -(uint64_t)value : (uint64_t)value, 1));
}

/* What stands in a string as it is: all but quote, backslash and what is below the space. */
static size_t plain_length(const char *text)
{
    size_t n = 0;

    while ((unsigned char)text[n] >= ' ' && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

static char *put_escape(char *at, char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
                                   ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
    unsigned char byte = (unsigned char)c;

    *at++ = '\\';
    if (letters[byte]) {
        *at++ = letters[byte];
        return at;
    }
    at = put(at, "u00", 3);
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 15];
    return at;
}

/* A text of which `plain` bytes stand as they are, and then comes something to escape. */
static void writer_escaped(struct writer *writer, const char *key, size_t key_len, const char *text,
                           size_t plain)
{
    char *at = writer_value(writer, key, key_len, plain + ESCAPED * strlen(text + plain) + 2);

    if (!at)
        return;
    *at++ = '"';
    for (;;) {
        at = put(at, text, plain);
        text += plain;
        if (!*text)
            break;
        at = put_escape(at, *text++);
        plain = plain_length(text);
    }
    *at++ = '"';
    writer_wrote(writer, at);
}

void writer_put_text(struct writer *writer, const char *key, size_t key_len, const char *text)
{
    size_t plain = text ? plain_length(text) : 0;
    char *at;

    if (!text) {
        writer_put_null(writer, key, key_len);
        return;
    }
    if (text[plain]) {
        writer_escaped(writer, key, key_len, text, plain);
        return;
    }
    at = writer_value(writer, key, key_len, plain + 2);
    if (!at)
        return;
    *at++ = '"';
    at = put(at, text, plain);
    *at++ = '"';
    writer_wrote(writer, at);
}

/* Beyond this a double has no decimals left that this arithmetic would keep. */
static void writer_large(struct writer *writer, const char *key, double value)
{
    json_auto_t *number = json_real(value);

    writer_json(writer, key, number);
}

void writer_put_decimal(struct writer *writer, const char *key, size_t key_len, double value,
                        int decimals)
{
    static const uint64_t scales[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    uint64_t scale = scales[decimals], whole, rest;
    char *at;

    if (!isfinite(value)) {
        writer_put_null(writer, key, key_len);
        return;
    }
    if (fabs(value) >= 1e9) {
        writer_large(writer, key, value);
        return;
    }
    at = writer_value(writer, key, key_len, NUMBER_ROOM);
    if (!at)
        return;
    whole = (uint64_t)round(fabs(value) * (double)scale);
    if (value < 0 && whole > 0)
        *at++ = '-';
    rest = whole % scale;
    at = put_digits(at, whole / scale, 1);
    *at++ = '.';
    for (; decimals > 1 && rest % 10 == 0; decimals--)
        rest /= 10;
    writer_wrote(writer, put_digits(at, rest, decimals > 0 ? decimals : 1));
}

static int write_dumped(const char *bytes, size_t len, void *writer)
{
    writer_bytes(writer, bytes, len);
    return writer_failed(writer) ? -1 : 0;
}

void writer_json(struct writer *writer, const char *key, const json_t *value)
{
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15);

    writer_word(writer, key, writer_key_length(key), "", 0);
    if (!value || json_dump_callback(value, write_dumped, writer, flags) < 0)
        writer->failed = true;
}

void writer_raw(struct writer *writer, const char *key, const char *json)
{
    writer_word(writer, key, writer_key_length(key), json, strlen(json));
}

int writer_take(struct writer *writer, json_t *object)
{
    writer_json(writer, NULL, object);
    json_decref(object);
    return writer->failed ? -ENOMEM : 0;
}

void writer_bytes(struct writer *writer, const char *bytes, size_t len)
{
    char *at = writer_room(writer, len);

    if (at)
        writer_wrote(writer, put(at, bytes, len));
}
