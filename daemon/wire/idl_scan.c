/*
 * The lexical rules of UAPI.20's parsing expression grammar, Unicode's blanks among them.
 */
#include "wire/idl_scan.h"

#include <stdint.h>
#include <string.h>

/* ASCII only, whatever the locale. */
static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
    return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_letter_or_digit(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* The character of three UTF-8 bytes at `at`, 0 if there is none. */
static uint32_t three_bytes(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;

    if ((b[0] & 0xf0) != 0xe0 || (b[1] & 0xc0) != 0x80 || (b[2] & 0xc0) != 0x80)
        return 0;
    return (uint32_t)(b[0] & 0x0f) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3f);
}

/* Length of the end of line at `at`, 0 if there is none. */
static size_t line_end(const char *at)
{
    uint32_t c;

    if (*at == '\n')
        return 1;
    if (*at == '\r')
        return at[1] == '\n' ? 2 : 1;
    c = three_bytes(at);
    return c == 0x2028 || c == 0x2029 ? 3 : 0;
}

/* Length of the blank at `at`, 0 if there is none. */
static size_t blank(const char *at)
{
    uint32_t c;

    if (*at == ' ' || *at == '\t')
        return 1;
    if (at[0] == '\xc2' && at[1] == '\xa0')
        return 2;
    c = three_bytes(at);
    if (c == 0xfeff || c == 0x1680 || c == 0x180e || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
        c == 0x205f || c == 0x3000)
        return 3;
    return 0;
}

static const char *rest_of_line(const char *at)
{
    while (*at && line_end(at) == 0)
        at++;
    return at;
}

void scan_skip(struct scan *scan)
{
    const char *at = scan->at;
    bool fresh = at == scan->text; /* nothing but blanks on this line so far */
    size_t n;

    scan->line_break = false;
    scan->comment = NULL;
    for (;;) {
        if ((n = blank(at)) > 0) {
            at += n;
        } else if ((n = line_end(at)) > 0) {
            if (fresh) /* an empty line parts a comment from what follows */
                scan->comment = NULL;
            scan->line_break = fresh = true;
            at += n;
        } else if (*at == '#') {
            if (fresh && !scan->comment)
                scan->comment = at;
            at = rest_of_line(at);
            at += line_end(at);
            scan->line_break = fresh = true;
        } else {
            break;
        }
    }
    scan->at = scan->end = at;
}

/* One component of an interface name: hyphens stand only between letters and digits. */
static size_t name_component(const char *at)
{
    size_t len = 0, i = 0;

    if (!is_letter_or_digit(at[0]))
        return 0;
    for (;; i++) {
        if (is_letter_or_digit(at[i]))
            len = i + 1;
        else if (at[i] != '-')
            return len;
    }
}

size_t scan_interface_name(const char *at)
{
    size_t len = is_letter(at[0]) ? name_component(at) : 0;
    size_t first = len, n;

    while (len > 0 && at[len] == '.' && (n = name_component(at + len + 1)) > 0)
        len += 1 + n;
    return len > first ? len : 0;
}

size_t scan_member_name(const char *at)
{
    size_t len = 0;

    if (!is_upper(at[0]))
        return 0;
    while (is_letter_or_digit(at[len]))
        len++;
    return len;
}

size_t scan_field_name(const char *at)
{
    size_t len = 0;

    if (!is_letter(at[0]))
        return 0;
    while (is_letter_or_digit(at[len]) || (at[len] == '_' && is_letter_or_digit(at[len + 1])))
        len++;
    return len;
}

size_t scan_word(const char *at)
{
    size_t len = 0;

    while (is_letter_or_digit(at[len]) || at[len] == '_')
        len++;
    return len;
}

void scan_doc(const char *comment, const char *end, char *ret_doc)
{
    char *out = ret_doc;
    const char *at = comment, *start;

    while (at < end) {
        at += strcspn(at, "#") + 1;
        if (at > end) /* only blanks were left */
            break;
        start = *at == ' ' ? at + 1 : at;
        at = rest_of_line(at);
        if (out > ret_doc)
            *out++ = '\n';
        if (at > start)
            out = mempcpy(out, start, (size_t)(at - start));
        at += line_end(at);
    }
    *out = '\0';
}

void scan_place(const struct scan *scan, const char *place, int *ret_line, int *ret_column)
{
    int line = 1, column = 1;
    const char *at = scan->text;
    size_t n;

    while (at < place && *at) {
        n = line_end(at);
        if (n > 0) {
            line++;
            column = 1;
        } else if ((*at & 0xc0) != 0x80) { /* not in the middle of a character */
            column++;
        }
        at += n > 0 ? n : 1;
    }
    *ret_line = line;
    *ret_column = column;
}
