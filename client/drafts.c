/*
 * Updates that do not count yet: goal drafts, goal submit and goal drafts drop for working groups,
 * goal inbox, goal accept and goal return for managers. A word names one as "ID" or "KEY:ID".
 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "edit.h"
#include "history.h"
#include "text.h"

/* --- lists --- */

static void build_drafts(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListDrafts", .more = true};
    asks[0].parameters = goal_parameters(goal, NULL, false);
}

static void print_drafts(const struct goal *goal, const json_t *replies)
{
    history_print_as(goal, replies, "draft", true, "no draft; `goal update --draft` makes one");
}

int drafts_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_drafts, print_drafts);
}

static void build_inbox(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListUpdates", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", false);
    json_object_set_new(asks[0].parameters, "below", json_true());
    set_text(asks[0].parameters, "decision",
             args_has(&goal->args, "returned") ? "returned" : "waiting");
}

static void print_inbox(const struct goal *goal, const json_t *replies)
{
    history_print_as(goal, replies, "update", true,
                     args_has(&goal->args, "returned") ? "nothing was returned"
                                                       : "no update waits for a manager");
}

int inbox_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_inbox, print_inbox);
}

/* --- changes --- */

/* "217" is of the default strategy: the number is never taken for a strategy's key. */
static int take_number(struct goal *goal, const char *field, json_t **ret_content)
{
    struct target *target = &goal->target;
    const char *word = args_word(&goal->args, 0);
    if (number_valid(word)) {
        target_done(target);
        target->strategy = goal->strategy ? text_copy(goal->strategy) : NULL;
        target->code = text_copy(word);
    }
    if (!target->code || !number_valid(target->code))
        return goal_fail(EXIT_USAGE,
                         "%s: a number, as `goal drafts` or `goal inbox` lists it, or "
                         "KEY:NUMBER",
                         word);
    *ret_content = json_pack("{s:I}", field, (json_int_t)strtoll(target->code, NULL, 10));
    return EXIT_DONE;
}

static int run(struct goal *goal, const struct edit_command *command, const char *field)
{
    json_t *content = NULL;
    int exit = take_number(goal, field, &content);
    return exit == EXIT_DONE ? edit_run(goal, command, content) : exit;
}

int submit_run(struct goal *goal)
{
    static const struct edit_command command = {"SubmitDraft", NULL, NULL, "submitted"};
    return run(goal, &command, "draft");
}

int drafts_drop_run(struct goal *goal)
{
    static const struct edit_command command = {"DropDraft", NULL, NULL, "dropped"};
    return run(goal, &command, "draft");
}

static const struct edit_row note_rows[] = {
    {"message", "note", EDIT_TEXT, NULL},
    {0},
};

int accept_run(struct goal *goal)
{
    static const struct edit_command command = {"AcceptUpdate", NULL, note_rows,
                                                "has an update accepted"};
    return run(goal, &command, "updateId");
}

int return_run(struct goal *goal)
{
    static const struct edit_command command = {"ReturnUpdate", NULL, note_rows,
                                                "has an update returned"};
    if (!args_has(&goal->args, "message"))
        return goal_fail(EXIT_USAGE, "say with -m why it is returned");
    return run(goal, &command, "updateId");
}
