/*
 * Making text harmless for a mail; see harmless.h. Works on UTF-8 by g_utf8.
 */
#include "harmless.h"

#include <err.h>
#include <glib.h>
#include <string.h>

#include "errors.h"
#include "text.h"

#define LOCAL_MAX 64    /* RFC 5321 */
#define ADDRESS_MAX 254 /* RFC 3696's erratum: what fits into a path of RFC 5321 */

/* The embeddings, overrides and isolates; the marks, which turn only themselves, may stay. */
static bool turns_direction(gunichar c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static bool breaks_line(gunichar c)
{
    return c == '\n' || c == 0x85 || c == 0x2028 || c == 0x2029;
}

/* What is written in place of a character; 0: nothing. */
static gunichar harmless(gunichar c, bool keep_lines)
{
    if (breaks_line(c))
        return keep_lines ? '\n' : ' ';
    if (c == '\t' || c == '\v' || c == '\f')
        return ' ';
    if (g_unichar_iscntrl(c) || turns_direction(c) || c == 0xfeff)
        return 0;
    return c;
}

static char *clean(const char *text, bool keep_lines)
{
    AUTO(free_ptr) char *valid = g_utf8_make_valid(text ? text : "", -1);
    char *cleaned = malloc(strlen(valid) + 1), *end = cleaned;
    if (!cleaned)
        err(EXIT_REFUSED, "memory");
    for (const char *c = valid; *c; c = g_utf8_next_char(c)) {
        gunichar kept = harmless(g_utf8_get_char(c), keep_lines);
        if (*c == '\r' && c[1] != '\n')
            kept = keep_lines ? '\n' : ' ';
        if (kept)
            end += g_unichar_to_utf8(kept, end); /* never longer than what it stands for */
    }
    *end = '\0';
    return cleaned;
}

char *harmless_line(const char *text)
{
    return clean(text, false);
}

char *harmless_lines(const char *text)
{
    return clean(text, true);
}

char *harmless_header(const char *text)
{
    AUTO(free_ptr) char *line = harmless_line(text);
    char *header = text_copy("");
    const char *begin = line, *found;
    for (; (found = strstr(begin, "=?")); begin = found + 1)
        text_append(&header, "", "%.*s ", (int)(found + 1 - begin), begin);
    text_append(&header, "", "%s", begin);
    return header;
}

/* Atoms of RFC 5322 with single dots between them. */
static bool is_dotted(const char *text, size_t len, const char *specials)
{
    bool begun = false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && !begun)
            return false;
        begun = text[i] != '.';
        if (begun && !g_ascii_isalnum(text[i]) && !strchr(specials, text[i]))
            return false;
    }
    return begun;
}

bool harmless_address(const char *address)
{
    const char *at = address ? strrchr(address, '@') : NULL;
    if (!at || at - address > LOCAL_MAX || strlen(address) > ADDRESS_MAX || address[0] == '-')
        return false;
    return is_dotted(address, (size_t)(at - address), "!#$%&'*+-/=?^_`{|}~") &&
           is_dotted(at + 1, strlen(at + 1), "-");
}

char *harmless_html(const char *text)
{
    char *html = NULL;
    size_t size;
    FILE *out = open_memstream(&html, &size);
    if (!out)
        err(EXIT_REFUSED, "memory");
    for (; *text; text++) {
        const char *entity = *text == '&'   ? "&amp;"
                             : *text == '<' ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity)
            fputs(entity, out);
        else
            fputc(*text, out);
    }
    if (fclose(out) != 0)
        err(EXIT_REFUSED, "memory");
    return html;
}
