/*
 * Reading an answer; see reply.h. A line is looked at by itself: which node, how far, what state;
 * what follows is the note, up to the next line that reports on a node.
 */
#include "reply.h"

#include <ctype.h>
#include <err.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "own_words.h"
#include "text.h"

struct reading {
    const struct spoken *spoken;
    const struct reply_node *nodes;
    size_t n_nodes;
    struct reply *reply;
    struct reply_entry *current; /* that a note belongs to */
    bool lost;                   /* what follows belongs to a line that was a fault */
};

/* What a line says. */
struct said {
    bool named, other; /* it begins with a node's code; with one that the reminder did not name */
    bool which;        /* … that stands for more than one */
    size_t node;
    bool progress;  /* a percentage or a state */
    int problem;    /* enum reply_problem; 0: none */
    double percent; /* NAN: none */
    const char *state;
    const char *rest; /* behind all that */
    bool colon;       /* behind the code */
};

/* --- parts of a line --- */

static const char *skip(const char *text, const char *what)
{
    return text + strspn(text, what);
}

/* What may stand between a percentage and a state, or before a note: also dashes. */
static const char *skip_separators(const char *text)
{
    static const char *const dashes[] = {"–", "—", "•", "·"};
    for (;;) {
        const char *before = text;
        text = skip(text, " \t,;:.()/&+-");
        for (size_t i = 0; i < ARRAY_LEN(dashes); i++)
            if (strncmp(text, dashes[i], strlen(dashes[i])) == 0)
                text += strlen(dashes[i]);
        if (text == before)
            return text;
    }
}

static const char *skip_bullet(const char *text)
{
    static const char *const bullets[] = {"- ", "* ", "• ", "· ", "– "};
    for (size_t i = 0; i < ARRAY_LEN(bullets); i++)
        if (strncmp(text, bullets[i], strlen(bullets[i])) == 0)
            return skip(text + strlen(bullets[i]), " ");
    return text;
}

/* Behind the figures of a number, or NULL: none stands there. */
static const char *number_end(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    if (whole == 0)
        return NULL;
    const char *end = text + whole;
    if ((*end == '.' || *end == ',') && isdigit((unsigned char)end[1]))
        end += 1 + strspn(end + 1, "0123456789");
    return end;
}

/* Behind "62,5 %", or NULL. */
static const char *percent_end(const struct spoken *spoken, const char *text)
{
    const char *end = number_end(text);
    if (!end)
        return NULL;
    end = skip(end, " ");
    if (*end == '%')
        return end + 1;
    size_t word = spoken_match(spoken, MEANS_PERCENT, end);
    return word > 0 ? end + word : NULL;
}

/* The number that stands there, its decimals behind a point or a comma. */
static double percent_value(const char *text)
{
    AUTO(free_ptr) char *number = text_format("%.*s", (int)(number_end(text) - text), text);
    char *comma = strchr(number, ',');
    if (comma)
        *comma = '.';
    return strtod(number, NULL);
}

/* "-5 %" and "50–60 %" are no percentages, and neither is "60" alone. */
static bool is_no_percent(const struct spoken *spoken, const char *text)
{
    const char *end = number_end(text);
    if (!end && strchr("+-~<>=", *text) && *text)
        return percent_end(spoken, skip(text, "+-~<>= ")) != NULL;
    if (!end)
        return false;
    end = skip(end, " ");
    if (!*end)
        return true;
    const char *further = skip_separators(end);
    return further != end && percent_end(spoken, further) != NULL;
}

static const char *take_percent(const struct reading *reading, const char *text, struct said *said)
{
    const char *end = percent_end(reading->spoken, text);
    if (!end) {
        if (is_no_percent(reading->spoken, text))
            said->problem = REPLY_PERCENT;
        return text;
    }
    if (!isnan(said->percent))
        said->problem = REPLY_PERCENT;
    said->percent = percent_value(text);
    said->progress = true;
    if (said->percent > 100)
        said->problem = REPLY_PERCENT;
    const char *behind = skip(end, " ");
    size_t complete = spoken_match(reading->spoken, MEANS_COMPLETE, behind);
    return complete > 0 ? behind + complete : end;
}

/* A state, unless another one, a denial or a question mark makes it unclear. */
static const char *take_state(const struct reading *reading, const char *text, struct said *said)
{
    static const char *const names[] = {"on_track", "at_risk", "off_track"};
    const struct spoken *spoken = reading->spoken;
    enum meaning state, other;
    size_t not = spoken_match(spoken, MEANS_NOT, text);
    size_t len = spoken_match_any(spoken, MEANS_ON_TRACK, MEANS_OFF_TRACK, text, &state);
    if (len == 0) {
        if (not > 0 && spoken_match_any(spoken, MEANS_ON_TRACK, MEANS_OFF_TRACK,
                                        skip(text + not, " "), &other) > 0)
            said->problem = REPLY_STATE;
        return text;
    }
    text += len;
    said->state = names[state];
    said->progress = true;
    const char *next = skip(text, " ");
    size_t or = spoken_match(spoken, MEANS_OR, next);
    next = skip_separators(next + or);
    if (spoken_match_any(spoken, MEANS_ON_TRACK, MEANS_OFF_TRACK, next, &other) > 0 &&
        other != state)
        said->problem = REPLY_STATE;
    return text;
}

/* --- codes --- */

/* Bytes of a code that the line begins with, as a word; 0: it does not. */
static size_t code_length(const char *text, const char *strategy, const char *code)
{
    AUTO(free_ptr)
    char *whole = !strategy ? text_copy(code)
                  : *code   ? text_format("%s:%s", strategy, code)
                            : text_copy(strategy);
    size_t len = strlen(whole);
    const char *end = text + len;
    if (len == 0 || strncasecmp(text, whole, len) != 0 || isalnum((unsigned char)*end) ||
        (*end && strchr(".,-_:", *end) && isalnum((unsigned char)end[1]) &&
         !(*end == ':' && isdigit((unsigned char)end[1]))))
        return 0;
    return len;
}

static size_t node_length(const char *text, const struct reply_node *node)
{
    size_t bare = code_length(text, NULL, node->code);
    size_t full = code_length(text, node->strategy, node->code);
    size_t short_one = node->alias ? code_length(text, node->alias, node->code) : 0;
    return full > short_one ? full : short_one > bare ? short_one : bare;
}

/* A code of those that were named: the longest that fits. */
static size_t take_named(const struct reading *reading, const char *text, struct said *said)
{
    size_t longest = 0;
    for (size_t i = 0; i < reading->n_nodes; i++) {
        size_t len = node_length(text, &reading->nodes[i]);
        if (len > 0 && len == longest)
            said->which = true;
        if (len > longest) {
            longest = len;
            said->node = i;
            said->which = false;
        }
    }
    said->named = longest > 0;
    return longest;
}

/* A word that looks like a code: it has a figure, or a colon within. */
static size_t code_like(const char *text)
{
    size_t len = strcspn(text, " \t"), figures = 0, colons = 0;
    while (len > 0 && strchr(":.,", text[len - 1]))
        len--;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!isalnum(c) && !strchr(".-_:", c))
            return 0;
        figures += isdigit(c) != 0;
        colons += c == ':';
    }
    return figures || colons ? len : 0;
}

/* "2.2", "Target 2.2" */
static const char *take_code(const struct reading *reading, const char *text, struct said *said)
{
    if (percent_end(reading->spoken, text))
        return text;
    size_t len = take_named(reading, text, said);
    if (len == 0) {
        size_t word = strcspn(text, " ");
        const char *next = skip(text + word, " ");
        size_t plain = strcspn(text, "0123456789.,:;%-_ ");
        if (word > 0 && plain == word && (len = take_named(reading, next, said)) > 0)
            text = next;
    }
    if (len == 0) {
        len = code_like(text);
        said->other = len > 0;
    }
    text += len;
    said->colon = len > 0 && *text == ':';
    return len > 0 ? skip_bullet(skip(text, " \t:.,;")) : text;
}

/* --- a line --- */

/* "on track, 60 % of the hospitals", "60 % of the hospitals" */
static bool is_of_something(const struct reading *reading, const struct said *said)
{
    return !isnan(said->percent) &&
           spoken_match(reading->spoken, MEANS_OF, skip(said->rest, " ")) > 0;
}

static void read_progress(const struct reading *reading, const char *text, struct said *said)
{
    const char *end = take_percent(reading, text, said);
    if (!said->problem)
        end = take_state(reading, isnan(said->percent) ? end : skip_separators(end), said);
    if (said->state && isnan(said->percent)) {
        const char *next = skip_separators(end);
        if (percent_end(reading->spoken, next))
            end = take_percent(reading, next, said);
    }
    said->rest = end;
    if (!said->progress)
        return;
    if (percent_end(reading->spoken, skip_separators(end)) && !said->problem)
        said->problem = REPLY_PERCENT;
    if (*skip(end, " ") == '?' || is_of_something(reading, said))
        said->problem = REPLY_UNCLEAR;
}

static struct said read_line(const struct reading *reading, const char *line)
{
    struct said said = {.percent = (double)NAN};
    const char *text = take_code(reading, skip_bullet(line), &said);
    read_progress(reading, text, &said);
    if (said.other && !said.progress && !said.problem) { /* a word like any other */
        said.other = false;
        read_progress(reading, skip_bullet(line), &said);
    }
    return said;
}

/* --- an answer --- */

static void add_fault(struct reading *reading, enum reply_problem problem, const char *line)
{
    struct reply *reply = reading->reply;
    reading->current = NULL;
    reading->lost = true;
    if (reply->n_faults == REPLY_FAULTS)
        return;
    reply->faults = reallocarray(reply->faults, reply->n_faults + 1, sizeof(*reply->faults));
    if (!reply->faults)
        err(1, "memory");
    reply->faults[reply->n_faults++] =
        (struct reply_fault){.problem = problem, .line = text_copy(line)};
}

static void add_note(struct reading *reading, const char *text, const char *separator)
{
    text = reading->current->note ? text : skip_separators(text);
    if (*text || reading->current->note)
        text_append(&reading->current->note, separator, "%s", text);
}

static bool is_reported(const struct reply *reply, size_t node)
{
    for (size_t i = 0; i < reply->n_entries; i++)
        if (reply->entries[i].node == node)
            return true;
    return false;
}

static void add_entry(struct reading *reading, const struct said *said, size_t node)
{
    struct reply *reply = reading->reply;
    reply->entries = reallocarray(reply->entries, reply->n_entries + 1, sizeof(*reply->entries));
    if (!reply->entries)
        err(1, "memory");
    reading->current = &reply->entries[reply->n_entries++];
    reading->lost = false;
    *reading->current =
        (struct reply_entry){.node = node, .percent = said->percent, .state = said->state};
    add_note(reading, said->rest, "\n");
}

/* A line that reports on a node which it names, or on the only one there is. */
static void take_report(struct reading *reading, const struct said *said, const char *line)
{
    size_t node = said->named ? said->node : 0;
    if (said->problem)
        add_fault(reading, (enum reply_problem)said->problem, line);
    else if (said->other)
        add_fault(reading, REPLY_OTHER_NODE, line);
    else if (said->which || (!said->named && reading->n_nodes != 1))
        add_fault(reading, REPLY_WHICH_NODE, line);
    else if (is_reported(reading->reply, node))
        add_fault(reading, REPLY_TWICE, line);
    else
        add_entry(reading, said, node);
}

/* Does the line begin a report, or go on with the note of the one before? */
static bool is_report(const struct reading *reading, const struct said *said)
{
    bool begun = reading->current || reading->lost;
    if (said->progress || said->problem)
        return !begun || said->named || said->other || !*skip_separators(said->rest);
    return said->named && said->colon;
}

static void take_line(struct reading *reading, const char *line)
{
    struct said said = read_line(reading, line);
    if (is_report(reading, &said)) {
        if (!said.progress && !said.problem)
            said.problem = REPLY_UNCLEAR;
        take_report(reading, &said, line);
    } else if (reading->current) {
        add_note(reading, line, "\n");
    } else if (!reading->lost && *line && !own_words_greet(line)) {
        add_fault(reading, REPLY_UNCLEAR, line);
    }
}

static void trim_notes(struct reply *reply)
{
    for (size_t i = 0; i < reply->n_entries; i++) {
        char *note = reply->entries[i].note;
        size_t len = note ? strlen(note) : 0;
        while (len > 0 && isspace((unsigned char)note[len - 1]))
            note[--len] = '\0';
        if (note && len == 0) {
            free(note);
            reply->entries[i].note = NULL;
        }
    }
}

void reply_parse(const struct spoken *spoken, const char *own, const struct reply_node *nodes,
                 size_t n_nodes, struct reply *ret_reply)
{
    struct reading reading = {
        .spoken = spoken, .nodes = nodes, .n_nodes = n_nodes, .reply = ret_reply};
    *ret_reply = (struct reply){0};
    while (*own) {
        size_t len = strcspn(own, "\n");
        AUTO(free_ptr) char *line = text_format("%.*s", (int)len, own);
        take_line(&reading, line);
        own += len + (own[len] == '\n');
    }
    trim_notes(ret_reply);
    if (ret_reply->n_entries == 0 && ret_reply->n_faults == 0)
        add_fault(&reading, REPLY_NOTHING, "");
}

void reply_done(struct reply *reply)
{
    for (size_t i = 0; i < reply->n_entries; i++)
        free(reply->entries[i].note);
    for (size_t i = 0; i < reply->n_faults; i++)
        free(reply->faults[i].line);
    free(reply->entries);
    free(reply->faults);
    *reply = (struct reply){0};
}
