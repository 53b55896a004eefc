/*
 * goal update: submits progress on a node and says what it did there.
 */
#include "update.h"

#include <string.h>
#include <time.h>

#include "commands.h"
#include "dates.h"
#include "edit.h"
#include "link.h"
#include "note.h"
#include "output.h"
#include "text.h"

#define NOTE_FILE_MAX 100000 /* bytes; the daemon's limit */

static const char *const content_options[] = {"percent", "state",    "confidence", "message",
                                              "file",    "evidence", "no-change"};

static bool nothing_given(const struct goal *goal)
{
    for (size_t i = 0; i < ARRAY_LEN(content_options); i++)
        if (args_has(&goal->args, content_options[i]))
            return false;
    return true;
}

/* Asked for last: whoever writes a note in an editor has a command line without mistakes. */
static int edit_note(struct goal *goal, char **ret_note)
{
    link_free(goal->link); /* a daemon does not wait while somebody writes */
    goal->link = NULL;
    return note_edit(goal, ret_note);
}

static int set_note(struct goal *goal, json_t *content)
{
    const char *file = args_get(&goal->args, "file");
    AUTO(free_ptr) char *text = NULL;
    size_t len;
    int exit = EXIT_DONE;
    if (file && args_has(&goal->args, "message"))
        return goal_fail(EXIT_USAGE, "--message or --file, not both");
    if (file)
        exit = file_read(file, NOTE_FILE_MAX, &text, &len);
    else if (nothing_given(goal) && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        exit = edit_note(goal, &text);
    else if (nothing_given(goal))
        return goal_fail(EXIT_USAGE, "nothing to report: give --percent, --state, --confidence, "
                                     "-m, -F or --evidence, or say --no-change");
    if (exit != EXIT_DONE)
        return exit;
    if (file) /* notes of a file may hold lines with # */
        while (len > 0 && strchr(" \t\r\n", text[len - 1]))
            text[--len] = '\0';
    set_text(content, "note", text ? text : args_get(&goal->args, "message"));
    return EXIT_DONE;
}

static int set_figures(struct goal *goal, json_t *content)
{
    const char *percent = args_get(&goal->args, "percent"), *date = args_get(&goal->args, "date");
    double value;
    char sent[11];
    if (percent && dates_percent(percent, &value) < 0)
        return goal_fail(EXIT_USAGE, "--percent %s: not a number", percent);
    if (percent)
        json_object_set_new(content, "percent", json_real(value));
    if (date && dates_argument(date, time(NULL), sent) < 0)
        return goal_fail(EXIT_USAGE,
                         "--date %s: not a date (2024-05-31, 2024-05, 2024, today or yesterday)",
                         date);
    if (date && *sent)
        set_text(content, "date", sent);
    else if (date || !args_has(&goal->args, "supersedes")) /* a correction has its update's date */
        dates_today(time(NULL), goal->day);
    set_word(goal, content, "state", "state");
    set_word(goal, content, "confidence", "confidence");
    return EXIT_DONE;
}

static void set_evidence(const struct goal *goal, json_t *content)
{
    const char *url;
    json_auto_t *list = json_array();
    for (size_t i = 0; (url = args_get_nth(&goal->args, "evidence", i)); i++)
        json_array_append_new(list, json_string(url));
    if (json_array_size(list) > 0)
        json_object_set(content, "evidence", list);
}

static void build_status(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "GetStatus"};
    asks[0].parameters = goal_parameters(goal, "code", false);
}

static const json_t *last_update(const json_t *status)
{
    return get_object(status, "lastUpdate");
}

static const struct edit_corrected updates = {"update", "an update", build_status, last_update};

static int read_content(struct goal *goal, json_t *content)
{
    int exit = set_figures(goal, content);
    if (exit == EXIT_DONE)
        exit = edit_correction(goal, &updates, content);
    if (exit == EXIT_DONE)
        exit = set_note(goal, content);
    if (exit != EXIT_DONE)
        return exit;
    set_evidence(goal, content);
    if (args_has(&goal->args, "draft"))
        json_object_set_new(content, "draft", json_true());
    if (args_has(&goal->args, "no-change"))
        json_object_set_new(content, "noChange", json_true());
    set_text(content, "requestId", goal->request_id);
    return EXIT_DONE;
}

/* What the progress comes from: "its progress is computed from 2 indicators: 63 %" */
static char *effect_words(const json_t *reply, const json_t *content)
{
    char buffer[32];
    double progress, sent;
    const char *source = get_text(reply, "progressSource");
    long count = get_int(reply, "sourceCount", 0);
    if (!get_real(reply, "progress", &progress))
        return text_copy("its progress is unknown");
    percent_text(progress, buffer);
    if (source && strcmp(source, "indicators") == 0)
        return text_format("its progress is computed from %ld indicator%s: %s", count,
                           count == 1 ? "" : "s", buffer);
    if (source && strcmp(source, "parts") == 0)
        return text_format("its progress is computed from %ld part%s: %s", count,
                           count == 1 ? "" : "s", buffer);
    if (source && strcmp(source, "closing") == 0)
        return text_format("it is closed as achieved: %s", buffer);
    if (get_flag(reply, "waits"))
        return text_format("until then its progress stays %s", buffer);
    if (get_real(content, "percent", &sent) && (sent < progress - 0.005 || sent > progress + 0.005))
        return text_format("its progress stays %s, a later update says so", buffer);
    return text_format("its progress is %s", buffer);
}

void update_print(const struct goal *goal, const json_t *reply, const json_t *content)
{
    char buffer[32];
    double sent;
    const char *code = get_text(reply, "code"), *state = get_text(content, "state");
    AUTO(free_ptr) char *effect = effect_words(reply, content);
    AUTO(free_ptr) char *shown = state_text(get_text(reply, "state"));
    AUTO(free_ptr) char *said = text_copy("");
    if (get_real(content, "percent", &sent))
        text_append(&said, ", ", "%s", percent_text(sent, buffer));
    if (state) {
        AUTO(free_ptr) char *word = word_text(state);
        text_append(&said, ", ", "%s", word);
    }
    if (!*said)
        text_append(&said, "", "%s", get_flag(content, "noChange") ? "no change" : "a note");
    AUTO(free_ptr)
    char *line =
        get_flag(reply, "draft")
            ? text_format("%s: %s kept as a draft",
                          code && *code ? code : get_text(reply, "strategy"), said)
            : text_format("%s reported %s; %s%s; state %s",
                          code && *code ? code : get_text(reply, "strategy"), said,
                          get_flag(reply, "waits") ? "it waits for a manager to accept it; " : "",
                          effect, shown);
    AUTO(free_ptr) char *clean = text_clean(line);
    if (get_flag(reply, "draft"))
        fprintf(goal->out, "%s\n`goal submit %s:%ld` submits it, `goal drafts` lists yours\n",
                clean, goal->target.strategy ? goal->target.strategy : get_text(reply, "strategy"),
                get_int(reply, "updateId", 0));
    else
        fprintf(goal->out, "%s\nupdate %ld recorded as seq %ld\n", clean,
                get_int(reply, "updateId", 0), get_int(reply, "seq", 0));
}

static void build(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "SubmitUpdate"};
    asks[0].parameters = goal_parameters(goal, "code", false);
    json_object_update(asks[0].parameters, goal->content);
}

/* An edited note stays until it is recorded, or kept in the outbox. */
static void settle_note(struct goal *goal, int exit)
{
    if (!goal->note_file)
        return;
    if (exit == EXIT_DONE || goal->kept)
        unlink(goal->note_file);
    else
        note_kept(goal);
    free(STEAL(goal->note_file));
}

int update_run(struct goal *goal)
{
    json_auto_t *content = json_object();
    struct ask ask = {0};
    int exit = read_content(goal, content);
    if (exit != EXIT_DONE)
        return exit;
    goal->content = content;
    exit = goal_ask_all(goal, build, &ask, 1);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        update_print(goal, ask.reply, content);
    settle_note(goal, exit);
    asks_done(&ask, 1);
    return exit;
}
