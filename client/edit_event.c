/*
 * goal close, reopen, evidence, reviewed and observe: what happened to a node on a day.
 */
#include <string.h>

#include "commands.h"
#include "edit.h"
#include "output.h"
#include "text.h"

/* --- closings --- */

static const struct edit_row closing_rows[] = {
    {"date", "date", EDIT_DAY, NULL},
    {"reason", "reason", EDIT_TEXT, NULL},
    {"note", "note", EDIT_TEXT, NULL},
    {"evidence", "evidence", EDIT_LIST, NULL},
    {0},
};

int close_run(struct goal *goal)
{
    static const char *const words[] = {"achieved", "missed", "dropped"};
    const char *how = NULL;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!args_has(&goal->args, words[i]))
            continue;
        if (how)
            return goal_fail(EXIT_USAGE, "--%s or --%s, not both", how, words[i]);
        how = words[i];
    }
    if (!how)
        return goal_fail(EXIT_USAGE, "say how: --achieved, --missed or --dropped");
    AUTO(free_ptr) char *done = text_format("closed as %s", how);
    const struct edit_command command = {"CloseNode", "code", closing_rows, done};
    return edit_run(goal, &command, json_pack("{s:s}", "how", how));
}

int reopen_run(struct goal *goal)
{
    static const struct edit_command command = {"ReopenNode", "code", closing_rows, "reopened"};
    if (!args_has(&goal->args, "reason"))
        return goal_fail(EXIT_USAGE, "say with --reason why it is reopened");
    return edit_run(goal, &command, NULL);
}

int evidence_run(struct goal *goal)
{
    static const struct edit_command command = {"AttachEvidence", "code", NULL,
                                                "has more evidence now"};
    json_t *content = json_object();
    for (int i = 1; args_word(&goal->args, i); i++)
        edit_add(content, "evidence", args_word(&goal->args, i));
    return edit_run(goal, &command, content);
}

/* --- reviews --- */

/* "group:KEY" and "ls:group:KEY" name a group. */
static void take_group(struct goal *goal, json_t *content)
{
    struct target *target = &goal->target;
    const char *code = target->code;
    if (target->strategy && strcmp(target->strategy, "group") == 0 && *code) {
        set_text(content, "group", code);
        free(target->strategy);
        target->strategy = goal->strategy && *goal->strategy ? text_copy(goal->strategy) : NULL;
    } else if (strncmp(code, "group:", 6) == 0) {
        set_text(content, "group", code + 6);
    } else {
        return;
    }
    free(target->code);
    target->code = text_copy("");
}

int reviewed_run(struct goal *goal)
{
    static const struct edit_row rows[] = {
        {"date", "date", EDIT_DAY, NULL},     {"by", "by", EDIT_TEXT, NULL},
        {"every", "every", EDIT_SPAN, NULL},  {"group", "group", EDIT_TEXT, NULL},
        {"message", "note", EDIT_TEXT, NULL}, {0},
    };
    static const struct edit_command command = {"RecordReview", "code", rows, "reviewed"};
    json_t *content = json_object();
    take_group(goal, content);
    return edit_run(goal, &command, content);
}

/* --- observations --- */

static int take_breakdown(const struct goal *goal, json_t *content)
{
    const char *value;
    for (size_t i = 0; (value = args_get_nth(&goal->args, "where", i)); i++) {
        const char *equals = strchr(value, '=');
        json_t *breakdown = json_object_get(content, "breakdown");
        if (!equals || equals == value || !equals[1])
            return goal_fail(EXIT_USAGE, "--where %s: it is DIMENSION=VALUE", value);
        AUTO(free_ptr) char *dimension = text_format("%.*s", (int)(equals - value), value);
        if (!breakdown) {
            breakdown = json_object();
            json_object_set_new(content, "breakdown", breakdown);
        }
        set_text(breakdown, dimension, equals + 1);
    }
    return EXIT_DONE;
}

static void build_last(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListObservations", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", false);
    json_object_set_new(asks[0].parameters, "counting", json_true());
    json_object_set_new(asks[0].parameters, "limit", json_integer(1));
}

static const json_t *last_observation(const json_t *replies)
{
    return get_object(json_array_get(replies, 0), "observation");
}

static const struct edit_corrected observations = {"observation", "an observation", build_last,
                                                   last_observation};

int observe_run(struct goal *goal)
{
    static const struct edit_row today[] = {
        {"date", "date", EDIT_DAY, NULL}, {"source", "source", EDIT_TEXT, NULL}, {0}};
    static const struct edit_row corrected[] = {
        {"date", "date", EDIT_DATE, NULL}, {"source", "source", EDIT_TEXT, NULL}, {0}};
    bool corrects = args_has(&goal->args, "supersedes");
    const char *value = args_word(&goal->args, 1);
    AUTO(free_ptr) char *done = text_format("observed at %s", value);
    const struct edit_command command = {"RecordObservation", "code", corrects ? corrected : today,
                                         done};
    json_auto_t *content = json_object();
    double number;
    if (number_read(value, &number) < 0)
        return goal_fail(EXIT_USAGE, "%s: not a number", value);
    json_object_set_new(content, "value", json_real(number));
    int exit = take_breakdown(goal, content);
    if (exit == EXIT_DONE)
        exit = edit_correction(goal, &observations, content);
    return exit == EXIT_DONE ? edit_run(goal, &command, STEAL(content)) : exit;
}
