/*
 * Telling an answer from what it quotes; see own_words.h. The ways of the mail programs are tables;
 * their lines are compared in lower case.
 */
#include "own_words.h"

#include <ctype.h>
#include <err.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "text.h"

#define ATTRIBUTION_LINES 3 /* that it may be wrapped into */

struct lines {
    char **items;
    size_t count;
};

static void lines_done(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->items[i]);
    free(lines->items);
}

/* Takes blanks off both ends, makes every kind of blank the same, drops what is not to be seen. */
static char *plain_line(const char *text, size_t len)
{
    char *line = NULL;
    size_t size;
    FILE *out = open_memstream(&line, &size);
    if (!out)
        err(1, "memory");
    mbstate_t in = {0};
    for (size_t at = 0; at < len;) {
        wchar_t c;
        size_t taken = mbrtowc(&c, text + at, len - at, &in);
        if (taken == 0 || taken > len - at) {
            taken = 1;
            in = (mbstate_t){0};
        } else if (iswspace((wint_t)c) || c == 0xa0 || c == 0x202f) {
            fputc(' ', out);
        } else if (!iswcntrl((wint_t)c) && !text_is_deceptive(c)) {
            fwrite(text + at, 1, taken, out);
        }
        at += taken;
    }
    if (fclose(out) != 0)
        err(1, "memory");
    while (size > 0 && line[size - 1] == ' ')
        line[--size] = '\0';
    size_t lead = strspn(line, " ");
    memmove(line, line + lead, size - lead + 1);
    return line;
}

static void split(const char *text, struct lines *lines)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        lines->items = reallocarray(lines->items, lines->count + 1, sizeof(*lines->items));
        if (!lines->items)
            err(1, "memory");
        lines->items[lines->count++] = plain_line(text, len);
        text += len + (text[len] == '\n');
    }
}

/* Does the line begin with one of these, in either case? They end with a NULL. */
static const char *begins_with(const char *line, const char *const *words)
{
    for (; *words; words++)
        if (strncasecmp(line, *words, strlen(*words)) == 0)
            return line + strlen(*words);
    return NULL;
}

static bool is_one_of(const char *line, const char *const *words)
{
    for (; *words; words++) {
        size_t len = strlen(*words);
        if (strncasecmp(line, *words, len) == 0 && line[len + strspn(line + len, " ,.!")] == '\0')
            return true;
    }
    return false;
}

/* --- what ends an answer --- */

static bool ends_with_signature(const char *line)
{
    static const char *const devices[] = {
        "sent from my ",     "sent from mail ",   "sent from outlook", "get outlook for ",
        "skickat från ",     "skickades från ",   "hämta outlook ",    "sendt fra ",
        "skaff deg outlook", "last ned outlook ", "hent outlook ",     NULL};
    static const char *const closings[] = {"mvh",
                                           "med vänlig hälsning",
                                           "med vänliga hälsningar",
                                           "vänliga hälsningar",
                                           "hälsningar",
                                           "vänligen",
                                           "bästa hälsningar",
                                           "allt gott",
                                           "vennlig hilsen",
                                           "med vennlig hilsen",
                                           "med vennleg helsing",
                                           "hilsen",
                                           "beste hilsen",
                                           "vh",
                                           "best regards",
                                           "kind regards",
                                           "regards",
                                           "best wishes",
                                           "best",
                                           "with kind regards",
                                           "cheers",
                                           "sincerely",
                                           "yours sincerely",
                                           "all the best",
                                           NULL};
    return strcmp(line, "--") == 0 || begins_with(line, devices) || is_one_of(line, closings);
}

static bool is_rule(const char *line)
{
    size_t len = strspn(line, "_");
    return len >= 10 && !line[len];
}

/* "-----Original Message-----" in any language. */
static bool is_divider(const char *line)
{
    size_t len = strlen(line);
    return len > 12 && strncmp(line, "-----", 5) == 0 && strcmp(line + len - 5, "-----") == 0;
}

static bool is_header(const char *line)
{
    static const char *const names[] = {
        "from:", "från:", "fra:", "sent:",    "skickat:", "sendt:", "date:", "datum:", "dato:",
        "to:",   "till:", "til:", "subject:", "ämne:",    "Ämne:",  "emne:", NULL};
    char plain[32];
    size_t n = 0;
    for (; *line && n + 1 < sizeof(plain); line++) /* Outlook's are bold: "*From:* …" */
        if (*line != '*')
            plain[n++] = *line;
    plain[n] = '\0';
    return begins_with(plain, names) != NULL;
}

/* Outlook's block of headers, at least two of them. */
static bool is_header_block(const struct lines *lines, size_t at)
{
    return is_header(lines->items[at]) && at + 1 < lines->count && is_header(lines->items[at + 1]);
}

/* --- what says who is quoted --- */

static bool says_wrote(const char *text)
{
    static const char *const words[] = {" wrote:", " skrev:",   " skrev ",
                                        " wrote ", " schrieb ", NULL};
    size_t len = strlen(text);
    if (len == 0 || text[len - 1] != ':' || !strpbrk(text, "@<0123456789"))
        return false;
    for (const char *const *word = words; *word; word++)
        if (strcasestr(text, *word))
            return true;
    return false;
}

/* May the line be the first of several? It has a year, or begins as they do. */
static bool may_go_on(const char *line)
{
    static const char *const begins[] = {"on ", "den ", "skrev ", "am ", "le ", NULL};
    return begins_with(line, begins) || strstr(line, " 20") || strstr(line, "skrev");
}

/* So many lines are "On …, … wrote:", wrapped or not; 0: it is none. */
static size_t attribution(const struct lines *lines, size_t at)
{
    AUTO(free_ptr) char *joined = NULL;
    for (size_t n = 0; n < ATTRIBUTION_LINES && at + n < lines->count; n++) {
        const char *line = lines->items[at + n];
        if (!*line || *line == '>')
            return 0;
        text_append(&joined, " ", "%s", line);
        if (says_wrote(joined))
            return n + 1;
        if (!may_go_on(lines->items[at]))
            return 0;
    }
    return 0;
}

/* Are the lines that follow quoted with >, so that what is quoted has an end? */
static bool marked_below(const struct lines *lines, size_t at)
{
    while (at < lines->count && !*lines->items[at])
        at++;
    return at < lines->count && *lines->items[at] == '>';
}

static bool ends_here(const struct lines *lines, size_t at)
{
    const char *line = lines->items[at];
    return ends_with_signature(line) || is_rule(line) || is_divider(line) ||
           is_header_block(lines, at) || strncasecmp(line, "begin forwarded message", 23) == 0;
}

char *own_words(const char *text)
{
    AUTO(lines_done) struct lines lines = {0};
    char *own = NULL;
    size_t size;
    FILE *out = open_memstream(&own, &size);
    if (!out)
        err(1, "memory");
    split(text, &lines);
    for (size_t at = 0; at < lines.count && !ends_here(&lines, at); at++) {
        if (*lines.items[at] == '>')
            continue;
        size_t who = attribution(&lines, at);
        if (who > 0 && !marked_below(&lines, at + who))
            break;
        if (who > 0)
            at += who - 1;
        else
            fprintf(out, "%s\n", lines.items[at]);
    }
    if (fclose(out) != 0)
        err(1, "memory");
    return own;
}

bool own_words_greet(const char *line)
{
    static const char *const words[] = {"hejsan", "hej",  "hello",  "hei",   "hi",   "dear",
                                        "hallo",  "tack", "thanks", "thank", "takk", "good",
                                        "god",    "morn", "kära",   "kjære", NULL};
    const char *rest = begins_with(line, words);
    size_t blanks = 0;
    if (!rest || isalnum((unsigned char)*rest) || strpbrk(line, "0123456789%:"))
        return false;
    for (const char *at = rest; *at; at++) {
        blanks += *at == ' ';
        if (strchr(",.!", *at) && at[strspn(at, ",.! ")] && at != rest)
            return false;
    }
    return blanks <= 2;
}
