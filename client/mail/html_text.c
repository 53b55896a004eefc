/*
 * Taking the tags off HTML; see html_text.h. Mail programs write a small part of the language: a
 * tag either ends a line, quotes, hides what is in it, or means nothing to us.
 */
#include "html_text.h"

#include <ctype.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "wire/util.h"

#define TAG_MAX 16
#define QUOTED_MAX 50 /* levels that are counted */

struct html {
    FILE *out;
    bool line_begun, blank_due;
    size_t quoted; /* levels */
};

static void put_character(struct html *html, const char *bytes, size_t len)
{
    if (!html->line_begun && html->quoted)
        fputs("> ", html->out);
    else if (html->blank_due && html->line_begun)
        fputc(' ', html->out);
    html->line_begun = true;
    html->blank_due = false;
    fwrite(bytes, 1, len, html->out);
}

static void end_line(struct html *html)
{
    if (!html->line_begun && html->quoted)
        fputc('>', html->out);
    fputc('\n', html->out);
    html->line_begun = false;
    html->blank_due = false;
}

/* --- characters --- */

static void put_code(struct html *html, uint32_t c)
{
    char utf8[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    if (c < 0x20 || c == 0x7f || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return;
    for (size_t i = len; i-- > 1; c >>= 6)
        utf8[i] = (char)(0x80 | (c & 0x3f));
    utf8[0] = (char)(len == 1 ? c : len == 2 ? 0xc0 | c : len == 3 ? 0xe0 | c : 0xf0 | c);
    put_character(html, utf8, len);
}

static const struct {
    const char *name;
    uint32_t code;
} entities[] = {
    {"amp", '&'},       {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},
    {"nbsp", ' '},      {"aring", 0xe5},   {"auml", 0xe4},    {"ouml", 0xf6},    {"oslash", 0xf8},
    {"aelig", 0xe6},    {"Aring", 0xc5},   {"Auml", 0xc4},    {"Ouml", 0xd6},    {"Oslash", 0xd8},
    {"AElig", 0xc6},    {"eacute", 0xe9},  {"uuml", 0xfc},    {"ndash", 0x2013}, {"mdash", 0x2014},
    {"hellip", 0x2026}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d},
    {"laquo", 0xab},    {"raquo", 0xbb},   {"bull", 0x2022},  {"middot", 0xb7},
};

/* "&aring;", "&#229;", "&#xe5;": returns what follows, or NULL for an & that is only one. */
static const char *take_entity(struct html *html, const char *text)
{
    size_t len = strcspn(text + 1, "; <&\n");
    const char *name = text + 1, *end = name + len;
    if (*end != ';' || len == 0 || len > 10)
        return NULL;
    if (*name == '#') {
        bool hex = name[1] == 'x' || name[1] == 'X';
        char *after;
        unsigned long code = strtoul(name + 1 + hex, &after, hex ? 16 : 10);
        if (after != end)
            return NULL;
        put_code(html, code > 0x10ffff ? 0 : code == 0xa0 ? ' ' : (uint32_t)code);
        return end + 1;
    }
    for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
        if (strlen(entities[i].name) == len && strncmp(entities[i].name, name, len) == 0) {
            put_code(html, entities[i].code);
            return end + 1;
        }
    }
    return NULL;
}

/* --- tags --- */

static bool is_any(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Behind a tag, quoted attributes and all. */
static const char *tag_end(const char *text)
{
    char quote = '\0';
    for (; *text; text++) {
        if (quote ? *text == quote : *text == '"' || *text == '\'')
            quote = quote ? '\0' : *text;
        else if (!quote && *text == '>')
            return text + 1;
    }
    return text;
}

/* Behind the end tag of what is not to be read. */
static const char *skip_element(const char *text, const char *name)
{
    size_t len = strlen(name);
    while ((text = strstr(text, "</"))) {
        if (strncasecmp(text + 2, name, len) == 0)
            return tag_end(text);
        text += 2;
    }
    return NULL;
}

static void apply_tag(struct html *html, const char *name, bool ends)
{
    static const char *const lines[] = {"p",  "div", "tr", "li", "ul",  "ol", "table",
                                        "h1", "h2",  "h3", "h4", "pre", NULL};
    if (strcmp(name, "br") == 0) {
        end_line(html);
    } else if (strcmp(name, "hr") == 0) {
        if (html->line_begun)
            end_line(html);
        fputs("________________________________\n", html->out);
    } else if (strcmp(name, "blockquote") == 0) {
        if (html->line_begun)
            end_line(html);
        if (!ends && html->quoted < QUOTED_MAX)
            html->quoted++;
        else if (ends && html->quoted > 0)
            html->quoted--;
    } else if (is_any(name, lines) && html->line_begun) {
        end_line(html);
    }
}

/* Outlook draws a line above what it quotes; Gmail puts it into a block of a class of its own. */
static bool begins_quote(const char *tag, size_t len)
{
    static const char *const marks[] = {"divRplyFwdMsg", "border-top:solid #", NULL};
    for (const char *const *mark = marks; *mark; mark++)
        if (memmem(tag, len, *mark, strlen(*mark)))
            return true;
    return false;
}

static const char *take_tag(struct html *html, const char *text)
{
    static const char *const hidden[] = {"style", "script", "head", "title", NULL};
    char name[TAG_MAX] = "";
    bool ends = text[1] == '/';
    size_t n = 0;
    if (strncmp(text, "<!--", 4) == 0) {
        const char *end = strstr(text, "-->");
        return end ? end + 3 : text + strlen(text);
    }
    for (const char *at = text + 1 + ends; isalnum((unsigned char)*at) && n + 1 < TAG_MAX; at++)
        name[n++] = (char)tolower((unsigned char)*at);
    const char *end = tag_end(text);
    if (!ends && is_any(name, hidden)) {
        const char *behind = skip_element(end, name);
        return behind ? behind : end;
    }
    apply_tag(html, name, ends);
    if (!ends && begins_quote(text, (size_t)(end - text)))
        apply_tag(html, "hr", false);
    return end;
}

char *html_text(const char *text)
{
    struct html html = {0};
    char *plain = NULL;
    size_t size;
    html.out = open_memstream(&plain, &size);
    if (!html.out)
        err(1, "memory");
    while (*text) {
        const char *next = NULL;
        if (*text == '<' &&
            (isalpha((unsigned char)text[1]) || (text[1] && strchr("/!?", text[1]))))
            next = take_tag(&html, text);
        else if (*text == '&')
            next = take_entity(&html, text);
        else if (isspace((unsigned char)*text))
            html.blank_due = true;
        else
            put_character(&html, text, 1);
        if (!next && *text == '&')
            put_character(&html, text, 1);
        text = next ? next : text + 1;
    }
    if (html.line_begun)
        end_line(&html);
    if (fclose(html.out) != 0)
        err(1, "memory");
    return plain;
}
