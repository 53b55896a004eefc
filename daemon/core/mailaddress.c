/* The form of mail addresses; see mailaddress.h. */
#include "core/mailaddress.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define LOCAL_MAX 64
#define LABEL_MAX 63

/* Independent of the locale. */
static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_letter_or_digit(text[i]) && !strchr("!#$%&'*+-/=?^_`{|}~", text[i]))
            return false;
    }
    return len > 0;
}

static bool is_label(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_letter_or_digit(text[i]) && text[i] != '-')
            return false;
    }
    return len > 0 && len <= LABEL_MAX && text[0] != '-' && text[len - 1] != '-';
}

/* Does each of the parts that dots make hold? */
static bool are_all(const char *text, size_t len, bool (*holds)(const char *, size_t))
{
    const char *end = text + len, *dot;

    for (; (dot = memchr(text, '.', (size_t)(end - text))); text = dot + 1) {
        if (!holds(text, (size_t)(dot - text)))
            return false;
    }
    return holds(text, (size_t)(end - text));
}

bool mailaddress_valid(const char *text)
{
    size_t len = text ? strnlen(text, MAILADDRESS_SIZE) : 0, local;
    const char *at = len > 0 && len <= MAILADDRESS_MAX ? strchr(text, '@') : NULL;

    if (!at || *text == '-') /* programs that are given it would take it for an option */
        return false;
    local = (size_t)(at - text);
    return local <= LOCAL_MAX && are_all(text, local, is_word) &&
           are_all(at + 1, len - local - 1, is_label);
}

const char *mailaddress_key(const char *address, char buffer[MAILADDRESS_SIZE])
{
    size_t len = strnlen(address, MAILADDRESS_MAX);

    for (size_t i = 0; i < len; i++)
        buffer[i] = address[i] >= 'A' && address[i] <= 'Z' ? (char)(address[i] + 32) : address[i];
    buffer[len] = '\0';
    return buffer;
}

char *mailaddress_tagged(const char *address, const char *tag)
{
    const char *at = strchr(address, '@');
    char *tagged;

    if (!at || asprintf(&tagged, "%.*s+%s%s", (int)(at - address), address, tag, at) < 0)
        return NULL;
    return tagged;
}
