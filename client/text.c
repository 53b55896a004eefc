/*
 * Making text harmless, measuring and cutting it. Works on wide characters of the UTF-8 locale
 * that text_init() chose; every function returns memory of the caller's.
 */
#include "text.h"

#include <err.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#define REPLACEMENT L'\uFFFD'
#define ELLIPSIS "…"

static bool plain;

void text_init(void)
{
    setlocale(LC_CTYPE, ""); /* the rest stays C: figures and messages are the same for everybody */
    plain = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    if (plain)
        setlocale(LC_CTYPE, "C.UTF-8");
}

bool text_is_plain(void)
{
    return plain;
}

bool text_is_deceptive(wchar_t c)
{
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0x061c;
}

static wchar_t harmless(wchar_t c, bool keep_lines)
{
    if (c == L'\n')
        return keep_lines ? c : L' ';
    if (c == L'\t')
        return L' ';
    if (iswcntrl((wint_t)c) || text_is_deceptive(c) || wcwidth(c) < 0)
        return REPLACEMENT;
    return c;
}

static char *clean(const char *text, bool keep_lines)
{
    size_t left, size;
    char *cleaned = NULL;
    if (!text)
        text = "";
    left = strlen(text);
    FILE *out = open_memstream(&cleaned, &size);
    if (!out)
        err(1, "memory");
    mbstate_t in = {0}, back = {0};
    while (left > 0) {
        wchar_t c;
        size_t taken = mbrtowc(&c, text, left, &in);
        if (taken == 0 || taken > left) {
            taken = 1;
            c = REPLACEMENT;
            memset(&in, 0, sizeof(in));
        }
        char bytes[MB_LEN_MAX];
        size_t len = wcrtomb(bytes, harmless(c, keep_lines), &back);
        if (len != (size_t)-1)
            fwrite(bytes, 1, len, out);
        text += taken;
        left -= taken;
    }
    if (fclose(out) != 0)
        err(1, "memory");
    return cleaned;
}

char *text_clean(const char *text)
{
    return clean(text, false);
}

char *text_clean_lines(const char *text)
{
    return clean(text, true);
}

/* Bytes of `text` that fit into `width` columns; their width goes to *ret_used. */
static size_t fitting(const char *text, size_t width, size_t *ret_used)
{
    size_t taken = 0, used = 0, left = strlen(text);
    mbstate_t state = {0};
    while (left > 0) {
        wchar_t c;
        size_t len = mbrtowc(&c, text + taken, left, &state);
        if (len == 0 || len > left) {
            len = 1;
            c = L'?';
            memset(&state, 0, sizeof(state));
        }
        int columns = wcwidth(c);
        size_t step = columns > 0 ? (size_t)columns : 0;
        if (used + step > width)
            break;
        used += step;
        taken += len;
        left -= len;
    }
    *ret_used = used;
    return taken;
}

size_t text_width(const char *text)
{
    size_t used;
    fitting(text, (size_t)-1, &used);
    return used;
}

char *text_cut(const char *text, size_t width)
{
    if (text_width(text) <= width)
        return text_copy(text);
    if (width == 0)
        return text_copy("");
    size_t used, len = fitting(text, width - 1, &used);
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return text_format("%.*s" ELLIPSIS, (int)len, text);
}

/* Bytes of the next line: up to a line break, else to the last space that fits, else what fits. */
static size_t line_length(const char *text, size_t width)
{
    size_t used, fits = fitting(text, width, &used);
    const char *end = strchr(text, '\n');
    if (end && (size_t)(end - text) <= fits)
        return (size_t)(end - text);
    if (text[fits] == '\0' || text[fits] == ' ')
        return fits;
    for (size_t i = fits; i > 0; i--)
        if (text[i - 1] == ' ')
            return i - 1;
    return fits > 0 ? fits : strlen(text); /* a column too narrow for anything: give up cutting */
}

void text_wrap(FILE *out, const char *text, size_t indent, size_t width)
{
    size_t room = width > indent + 10 ? width - indent : 10;
    while (*text) {
        size_t len = line_length(text, room);
        if (len > 0)
            fprintf(out, "%*s", (int)indent, "");
        fprintf(out, "%.*s\n", (int)len, text);
        text += len;
        if (*text == '\n' || *text == ' ')
            text++;
    }
}

static char *format_list(const char *format, va_list args)
{
    char *text;
    if (vasprintf(&text, format, args) < 0)
        err(1, "memory");
    return text;
}

char *text_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = format_list(format, args);
    va_end(args);
    return text;
}

void text_append(char **text, const char *separator, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    AUTO(free_ptr) char *tail = format_list(format, args);
    va_end(args);
    bool first = !*text || !**text;
    char *joined = text_format("%s%s%s", first ? "" : *text, first ? "" : separator, tail);
    free(*text);
    *text = joined;
}

char *text_copy(const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        err(1, "memory");
    return copy;
}
