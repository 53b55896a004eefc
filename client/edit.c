/*
 * The way of a change from options to a call, and its answer in a line; see edit.h.
 */
#include "edit.h"

#include <string.h>
#include <time.h>

#include "dates.h"
#include "output.h"
#include "text.h"

/* The change on its way; one a process. */
static const struct edit_command *running;
static bool is_shared; /* its first word names no strategy */
static edit_words *more_words;

const char *edit_code(const struct goal *goal, const char *word)
{
    const char *key = goal->target.strategy;
    size_t len = key ? strlen(key) : 0;
    if (*word == ':')
        return word + 1;
    return len && strncmp(word, key, len) == 0 && word[len] == ':' ? word + len + 1 : word;
}

void edit_add(json_t *content, const char *field, const char *text)
{
    json_t *list = json_object_get(content, field);
    json_auto_t *one = json_object();
    if (!list) {
        list = json_array();
        json_object_set_new(content, field, list);
    }
    set_text(one, field, text);
    json_array_append(list, json_object_get(one, field));
}

/* The length of a language tag before "=", else 0. */
static size_t language_length(const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t first = strspn(value, letters), len;
    if (first < 2 || first > 8)
        return 0;
    len = first + strspn(value + first, "-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789");
    return value[len] == '=' ? len : 0;
}

/* "en=Text", "en=" to take it away, or a text alone, which is in --language or the strategy's. */
static int set_texts(const struct goal *goal, json_t *content, const struct edit_row *row,
                     const char *value)
{
    size_t len = language_length(value);
    const char *given =
        args_get(&goal->args, "language"); /* not the environment's: it is written */
    AUTO(free_ptr)
    char *language = len ? text_format("%.*s", (int)len, value) : given ? text_copy(given) : NULL;
    const char *text = len ? value + len + 1 : value;
    if (!language && !row->plain)
        return goal_fail(EXIT_USAGE, "--%s: say in which language: --%s sv=\"%s\"", row->option,
                         row->option, value);
    if (!language) {
        set_text(content, row->plain, text);
    } else if (!*text) {
        AUTO(free_ptr) char *name = text_format("%s.%s", row->field, language);
        edit_add(content, "clear", name);
    } else {
        json_t *texts = json_object_get(content, row->field);
        if (!texts) {
            texts = json_object();
            json_object_set_new(content, row->field, texts);
        }
        set_text(texts, language, text);
    }
    return EXIT_DONE;
}

static int set_date(json_t *content, const struct edit_row *row, const char *value)
{
    char date[11];
    if (dates_argument(value, time(NULL), date) < 0)
        return goal_fail(EXIT_USAGE,
                         "--%s %s: not a date (2024-05-31, 2024-05, 2024, today or yesterday)",
                         row->option, value);
    if (!*date && row->type == EDIT_DAY)
        return EXIT_DONE; /* as if it was not given */
    if (!*date)
        dates_today(time(NULL), date);
    set_text(content, row->field, date);
    return EXIT_DONE;
}

static int set_span(json_t *content, const struct edit_row *row, const char *value)
{
    char span[24];
    if (dates_span(value, span) < 0)
        return goal_fail(EXIT_USAGE, "--%s %s: not a span of time (5y, 18m, 1y6m or 30d)",
                         row->option, value);
    set_text(content, row->field, span);
    return EXIT_DONE;
}

static int set_number_of(json_t *content, const struct edit_row *row, const char *value)
{
    double number;
    if (number_read(value, &number) < 0)
        return goal_fail(EXIT_USAGE, "--%s %s: not a number", row->option, value);
    json_object_set_new(content, row->field, json_real(number));
    return EXIT_DONE;
}

/* One value of an option. */
static int set_value(struct goal *goal, json_t *content, const struct edit_row *row,
                     const char *value)
{
    bool one = row->type != EDIT_LIST && row->type != EDIT_TEXTS && row->type != EDIT_FLAG;
    if (one && strcmp(value, EDIT_NONE) == 0) {
        if (row->type == EDIT_CODE)
            set_text(content, row->field, "");
        else
            edit_add(content, "clear", row->field);
        return EXIT_DONE;
    }
    switch (row->type) {
    case EDIT_TEXT:
        set_text(content, row->field, value);
        return EXIT_DONE;
    case EDIT_WORD:
        set_word(goal, content, row->option, row->field);
        return EXIT_DONE;
    case EDIT_COUNT:
        set_number(goal, content, row->option, row->field);
        return EXIT_DONE;
    case EDIT_NUMBER:
        return set_number_of(content, row, value);
    case EDIT_DATE:
    case EDIT_DAY:
        return set_date(content, row, value);
    case EDIT_SPAN:
        return set_span(content, row, value);
    case EDIT_CODE:
        set_text(content, row->field, edit_code(goal, value));
        return EXIT_DONE;
    case EDIT_LIST:
        edit_add(content, strcmp(value, EDIT_NONE) == 0 ? "clear" : row->field,
                 strcmp(value, EDIT_NONE) == 0 ? row->field : value);
        return EXIT_DONE;
    case EDIT_TEXTS:
        return set_texts(goal, content, row, value);
    case EDIT_FLAG:
        json_object_set_new(content, row->field, json_true());
        return EXIT_DONE;
    }
    return EXIT_DONE;
}

void edit_keep_day(struct goal *goal, const char *field)
{
    dates_today(time(NULL), goal->day);
    goal->day_field = field;
}

/* All values of an option that may be given again, else the last one. */
static int set_row(struct goal *goal, json_t *content, const struct edit_row *row)
{
    bool again = row->type == EDIT_LIST || row->type == EDIT_TEXTS;
    const char *value = args_get(&goal->args, row->option);
    int exit = EXIT_DONE;
    if (row->type == EDIT_DAY && !value)
        value = "today";
    if (!value)
        return EXIT_DONE;
    if (!again) {
        exit = set_value(goal, content, row, value);
        if (row->type == EDIT_DAY && !json_object_get(content, row->field))
            edit_keep_day(goal, row->field);
        return exit;
    }
    for (size_t i = 0; exit == EXIT_DONE && (value = args_get_nth(&goal->args, row->option, i));
         i++)
        exit = set_value(goal, content, row, value);
    return exit;
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = running->method};
    asks[0].parameters =
        is_shared ? json_object() : goal_parameters(goal, running->code_field, false);
    json_object_update(asks[0].parameters, goal->content);
}

/* What was changed, as the answer or else the call names it. */
static const char *subject(const struct goal *goal, const json_t *reply)
{
    const char *asked = is_shared ? get_text(goal->content, "person") : goal->target.code;
    const char *names[] = {get_text(reply, "code"), get_text(reply, "key"), asked,
                           get_text(goal->content, "group"), get_text(reply, "strategy")};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i] && *names[i])
            return names[i];
    return "";
}

/* "2.9 added (seq 12)" */
static void say(const struct goal *goal, const json_t *reply)
{
    AUTO(free_ptr)
    char *line = text_format("%s%s%s", subject(goal, reply),
                             get_flag(reply, "changed") ? " " : ": nothing to change",
                             get_flag(reply, "changed") ? running->done : "");
    if (get_flag(reply, "waits"))
        text_append(&line, "; ", "it waits for a manager to accept it");
    if (more_words)
        more_words(reply, &line);
    AUTO(free_ptr) char *clean = text_clean(line);
    fprintf(goal->out, "%s (seq %ld)\n", clean, get_int(reply, "seq", 0));
}

int edit_read(struct goal *goal, const struct edit_row *rows, json_t *content)
{
    int exit = EXIT_DONE;
    for (const struct edit_row *row = rows; row && row->option && exit == EXIT_DONE; row++)
        exit = set_row(goal, content, row);
    return exit;
}

int edit_run(struct goal *goal, const struct edit_command *command, json_t *content)
{
    json_auto_t *owned = content ? content : json_object();
    struct ask ask = {0};
    int exit = edit_read(goal, command->rows, owned);
    if (exit != EXIT_DONE)
        return exit;
    set_text(owned, "requestId", goal->request_id);
    goal->content = owned;
    running = command;
    exit = goal_ask_all(goal, build, &ask, 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        say(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

int edit_run_saying(struct goal *goal, const struct edit_command *command, json_t *content,
                    edit_words *words)
{
    more_words = words;
    return edit_run(goal, command, content);
}

int edit_run_shared(struct goal *goal, const struct edit_command *command, json_t *content)
{
    is_shared = true;
    return edit_run(goal, command, content);
}

/* --supersedes last */
static int take_last(struct goal *goal, const struct edit_corrected *corrected, json_t *content)
{
    struct ask ask = {0};
    int exit = goal_ask_all(goal, corrected->build, &ask, 1);
    const json_t *last = exit == EXIT_DONE ? corrected->last(ask.reply) : NULL;
    if (exit == EXIT_AWAY)
        goal_fail(EXIT_AWAY,
                  "it was not kept for later: only the daemon knows which %s is the last; "
                  "--supersedes ID does without",
                  corrected->kind);
    if (exit == EXIT_DONE && !last)
        exit = goal_fail(EXIT_NOTHING, "there is no %s to correct", corrected->kind);
    else if (exit == EXIT_DONE)
        json_object_set(content, "supersedes", json_object_get(last, "id"));
    asks_done(&ask, 1);
    return exit;
}

int edit_correction(struct goal *goal, const struct edit_corrected *corrected, json_t *content)
{
    const char *id = args_get(&goal->args, "supersedes");
    const char *reason = args_get(&goal->args, "reason");
    set_text(content, "reason", reason);
    if (!id)
        return reason ? goal_fail(EXIT_USAGE, "--reason belongs to --supersedes") : EXIT_DONE;
    if (!reason)
        return goal_fail(EXIT_USAGE, "say with --reason why %s %s is corrected", corrected->kind,
                         id);
    if (strcmp(id, "last") == 0)
        return take_last(goal, corrected, content);
    if (!number_valid(id))
        return goal_fail(EXIT_USAGE, "--supersedes %s: %s's number, or last", id, corrected->one);
    set_number(goal, content, "supersedes", "supersedes");
    return EXIT_DONE;
}
