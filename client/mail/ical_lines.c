/* An iCalendar's lines; see ical_lines.h. */
#include "mail/ical_lines.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define DEEP 8      /* components within components */
#define NAME_MAX 64 /* of a component */
#define SHOWN 40    /* columns of a line that is wrong */

struct lines {
    size_t line; /* from 1 */
    size_t depth;
    char open[DEEP][NAME_MAX]; /* the components that are not ended yet */
    bool ended;                /* the first one was */
    char *problem;
};

static int wrong(struct lines *lines, const char *what, const char *line, size_t len)
{
    AUTO(free_ptr) char *text = text_format("%.*s", (int)len, line);
    AUTO(free_ptr) char *clean = text_clean(text), *cut = text_cut(clean, SHOWN);
    lines->problem = text_format("line %zu: %s%s%s", lines->line, what, *cut ? ": " : "", cut);
    return -EINVAL;
}

static int begin(struct lines *lines, const char *name, size_t len)
{
    if (lines->depth == DEEP)
        return wrong(lines, "too many components within each other", "", 0);
    if (len == 0 || len >= NAME_MAX)
        return wrong(lines, "not a component's name", name, len);
    if (lines->depth == 0 && (len != 9 || strncasecmp(name, "VCALENDAR", len) != 0))
        return wrong(lines, "not an iCalendar: it begins", name, len);
    snprintf(lines->open[lines->depth++], NAME_MAX, "%.*s", (int)len, name);
    return 0;
}

static int end(struct lines *lines, const char *name, size_t len)
{
    const char *open = lines->depth ? lines->open[lines->depth - 1] : "";
    if (strlen(open) != len || strncasecmp(open, name, len) != 0)
        return wrong(lines, "ends a component that was not begun", name, len);
    lines->ended |= --lines->depth == 0;
    return 0;
}

/* A line that goes on from the one before has no name of its own. */
static int check_line(struct lines *lines, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    json_auto_t *text = json_stringn(line, len);
    if (!text)
        return wrong(lines, "not UTF-8", "", 0);
    if (len == 0 || *line == ' ' || *line == '\t')
        return 0;
    if (len > 6 && strncasecmp(line, "BEGIN:", 6) == 0)
        return begin(lines, line + 6, len - 6);
    if (lines->depth == 0)
        return wrong(lines, "not an iCalendar", line, len);
    if (len > 4 && strncasecmp(line, "END:", 4) == 0)
        return end(lines, line + 4, len - 4);
    /* the value of a property that was folded at once may begin on the next line */
    if (!colon && line[len + strspn(line + len, "\r\n")] != ' ')
        return wrong(lines, "not a property", line, len);
    return 0;
}

/* A text with a NUL in it ends there for all who read it. */
static int check_nul(struct lines *lines, const char *text, size_t len)
{
    if (strlen(text) == len)
        return 0;
    for (lines->line = 1; *text; text++)
        lines->line += *text == '\n';
    return wrong(lines, "there is a NUL byte in it", "", 0);
}

int ical_lines_check(const char *text, size_t len, char **ret_problem)
{
    struct lines lines = {0};
    const char *end_of_text = text + len;
    int r = check_nul(&lines, text, len);
    while (r == 0 && text < end_of_text) {
        size_t line = strcspn(text, "\n");
        bool last = text + line == end_of_text;
        size_t blank = line > 0 && text[line - 1] == '\r';
        lines.line++;
        r = check_line(&lines, text, line - blank);
        text += line + !last;
    }
    if (r == 0 && lines.depth > 0)
        r = wrong(&lines, "the file ends within", lines.open[lines.depth - 1], NAME_MAX - 1);
    else if (r == 0 && !lines.ended)
        r = wrong(&lines, "not an iCalendar: there is nothing in it", "", 0);
    *ret_problem = r < 0 ? lines.problem : NULL;
    return r;
}
