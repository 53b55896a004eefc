/*
 * goal subscribe, subscriptions, unsubscribe and confirm: what an address is told about by mail.
 * Whoever has the token of a mail needs nothing else.
 */
#include <string.h>

#include "commands.h"
#include "edit.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* --- changing --- */

/* Says what an answer has: the frequency, and the topics. */
static void say(const struct goal *goal, const char *what, const json_t *reply)
{
    const char *frequency = get_text(reply, "frequency");
    AUTO(free_ptr) char *topics = json_words(get_list(reply, "topics"));
    AUTO(free_ptr)
    char *line =
        text_format("%s: %s%s%s", what, topics, frequency ? ", " : "", frequency ? frequency : "");
    AUTO(free_ptr) char *clean = text_clean(line);
    fprintf(goal->out, "%s\n", clean);
}

/* Makes the call; `what` begins the line that says what was done, NULL: it is said elsewhere. */
static int call(struct goal *goal, const char *method, json_t *parameters, const char *what)
{
    struct ask ask = {.method = method, .parameters = parameters};
    int exit = goal_ask_one(goal, &ask);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE && what)
        say(goal, what, ask.reply);
    else if (exit == EXIT_DONE)
        say(goal,
            get_flag(ask.reply, "confirm") ? "a mail asks the address to confirm" : "subscribed",
            ask.reply);
    asks_done(&ask, 1);
    return exit;
}

int subscribe_run(struct goal *goal)
{
    static const struct edit_row rows[] = {{"topic", "topics", EDIT_LIST, NULL},
                                           {"frequency", "frequency", EDIT_WORD, NULL},
                                           {"language", "language", EDIT_TEXT, NULL},
                                           {0}};
    if (!args_has(&goal->args, "topic"))
        return goal_fail(EXIT_USAGE, "say with --topic what it is about");
    if (!args_has(&goal->args, "frequency"))
        return goal_fail(EXIT_USAGE, "say with --frequency how often mails may come: immediate, "
                                     "daily, weekly or monthly");
    json_auto_t *parameters = json_object();
    set_text(parameters, "address", args_word(&goal->args, 0));
    int exit = edit_read(goal, rows, parameters);
    return exit == EXIT_DONE ? call(goal, "Subscribe", STEAL(parameters), NULL) : exit;
}

static json_t *token_parameters(const char *token)
{
    json_t *parameters = json_object();
    set_text(parameters, "token", token);
    return parameters;
}

int confirm_run(struct goal *goal)
{
    return call(goal, "ConfirmSubscription", token_parameters(args_word(&goal->args, 0)),
                "confirmed");
}

int unsubscribe_run(struct goal *goal)
{
    struct ask ask = {.method = "Unsubscribe",
                      .parameters = token_parameters(args_word(&goal->args, 0))};
    int exit = goal_ask_one(goal, &ask);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        fprintf(goal->out, "forgotten: the address is deleted, no more mails are sent to it\n");
    asks_done(&ask, 1);
    return exit;
}

/* --- listing --- */

enum {
    LIST_ADDRESS,
    LIST_FREQUENCY,
    LIST_TOPIC,
    LIST_CONFIRMED,
    LIST_NEXT,
    LIST_ERROR,
    LIST_TITLE
};

static const struct column list_columns[] = {
    [LIST_ADDRESS] = {.name = "ADDRESS"},
    [LIST_FREQUENCY] = {.name = "MAILS"},
    [LIST_TOPIC] = {.name = "TOPIC"},
    [LIST_CONFIRMED] = {.name = "CONFIRMED"},
    [LIST_NEXT] = {.name = "NEXT"},
    [LIST_ERROR] = {.name = "FAILED", .flags = COLUMN_CUT},
    [LIST_TITLE] = {.name = "TITLE", .flags = COLUMN_CUT | COLUMN_DROP, .min = 10},
};

/* The day of a time. */
static char *day_of(const char *time)
{
    return time ? text_format("%.10s", time) : NULL;
}

static void add_subscriber(struct table *table, int line, const json_t *subscription)
{
    const char *confirmed = get_text(subscription, "confirmed");
    AUTO(free_ptr) char *since = confirmed ? day_of(confirmed) : text_copy("waits");
    AUTO(free_ptr) char *next = day_of(get_text(subscription, "next"));
    table_set(table, line, LIST_ADDRESS, get_text(subscription, "address"));
    table_set(table, line, LIST_FREQUENCY, get_text(subscription, "frequency"));
    table_set(table, line, LIST_CONFIRMED, since);
    table_set(table, line, LIST_NEXT, confirmed ? next : NULL);
    table_set(table, line, LIST_ERROR, get_text(subscription, "error"));
}

/* A line a topic; the first one has what is the subscriber's. */
static void add_subscription(struct table *table, const json_t *subscription)
{
    size_t i;
    json_t *topic;
    json_array_foreach (get_list(subscription, "topics"), i, topic) {
        int line = table_add(table, -1);
        if (i == 0)
            add_subscriber(table, line, subscription);
        table_set(table, line, LIST_TOPIC, get_text(topic, "topic"));
        table_set(table, line, LIST_TITLE,
                  get_flag(topic, "gone") ? "(is not there any more)" : get_text(topic, "title"));
    }
}

static void print_list(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(list_columns, ARRAY_LEN(list_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        add_subscription(table, get_object(reply, "subscription"));
    goal_print_table(goal, table, "no subscriptions");
}

static int list(struct goal *goal)
{
    struct ask ask = {.method = "ListSubscriptions", .parameters = json_object(), .more = true};
    set_text(ask.parameters, "address", args_word(&goal->args, 0));
    set_option(goal, ask.parameters, "token", "token");
    int exit = goal_ask_one(goal, &ask);
    if (exit == EXIT_DONE && goal->json)
        goal_print_json(goal, ask.reply);
    else if (exit == EXIT_DONE)
        print_list(goal, ask.reply);
    asks_done(&ask, 1);
    return exit;
}

int subscriptions_run(struct goal *goal)
{
    static const struct edit_row rows[] = {{"frequency", "frequency", EDIT_WORD, NULL},
                                           {"remove", "removeTopics", EDIT_LIST, NULL},
                                           {0}};
    const char *token = args_get(&goal->args, "token");
    bool changes = args_has(&goal->args, "frequency") || args_has(&goal->args, "remove");
    if (token && args_word(&goal->args, 0))
        return goal_fail(EXIT_USAGE, "an address or --token, not both");
    if (!changes)
        return list(goal);
    if (!token)
        return goal_fail(EXIT_USAGE, "changing a subscription takes the --token of one of its "
                                     "mails");
    json_auto_t *parameters = token_parameters(token);
    int exit = edit_read(goal, rows, parameters);
    return exit == EXIT_DONE ? call(goal, "ChangeSubscription", STEAL(parameters), "changed")
                             : exit;
}
