/*
 * Making calls: connecting, the target of a command, batches of calls in one write, and what is
 * said when that fails. Replies belong to the batch; asks_done() frees them.
 */
#include "goal.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "dates.h"
#include "link.h"
#include "note.h"
#include "outbox.h"
#include "output.h"
#include "text.h"

#define SYSTEM_SOCKET "/run/goald/io.goald.Tracker"

int goal_fail(enum exit_code exit, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text;
    if (vasprintf(&text, format, args) < 0)
        err(1, "memory");
    va_end(args);
    AUTO(free_ptr) char *harmless = text_clean_lines(text);
    free(text);
    fflush(stdout);
    fprintf(stderr, "goal: %s\n", harmless);
    return (int)exit;
}

int goal_fail_error(const char *prefix, const char *error, const json_t *parameters)
{
    AUTO(free_ptr) char *sentence = error_sentence(error, parameters);
    return goal_fail(error_exit(error), "%s%s%s", prefix ? prefix : "", prefix ? ": " : "",
                     sentence);
}

char *goal_address(const struct goal *goal)
{
    const char *given = goal->address ? goal->address : getenv("GOAL_ADDRESS");
    if (given && *given)
        return text_copy(given);
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (access(SYSTEM_SOCKET, F_OK) == 0 || !runtime || !*runtime)
        return text_copy(SYSTEM_SOCKET);
    char *own = text_format("%s/goald/io.goald.Tracker", runtime);
    if (access(own, F_OK) == 0)
        return own;
    free(own);
    return text_copy(SYSTEM_SOCKET);
}

int goal_connect(struct goal *goal)
{
    if (goal->link)
        return EXIT_DONE;
    AUTO(free_ptr) char *address = goal_address(goal);
    int r = link_open(address, goal->timeout, &goal->link);
    if (r == 0)
        return goal->command->changes && !args_has(&goal->args, "dry-run") ? outbox_send_first(goal)
                                                                           : EXIT_DONE;
    if (r == -EINVAL)
        return goal_fail(EXIT_USAGE, "%s is no address: give unix:/path, unix:@name or /path",
                         address);
    return goal_fail(EXIT_AWAY,
                     "no daemon at %s (%s); start goald, or name its socket with --address or "
                     "GOAL_ADDRESS",
                     address, strerror(-r));
}

/* What became of a change whose answer did not come. */
static const char *unknown_outcome(const struct goal *goal, bool interrupt, char buffer[160])
{
    if (goal->settling)
        return interrupt && goal->command->changes
                   ? "what is kept in the outbox stays there; this change was neither sent nor kept"
                   : "what is kept in the outbox stays there";
    if (!goal->at_stake)
        return "nothing was changed";
    if (!*goal->request_id) /* goal call: what it sent is the caller's own */
        return "whether anything was changed is not known: look (goal log) before you repeat it";
    if (goal->unsettled && !interrupt) /* what to do about it is said when it is kept */
        return "whether the change was made is not known";
    snprintf(buffer, 160,
             "whether the change was made is not known: repeat the command with --request-id %s, "
             "it takes effect once",
             goal->request_id);
    return buffer;
}

int goal_fail_link(const struct goal *goal, int error)
{
    char buffer[160];
    const char *outcome = unknown_outcome(goal, error == -EINTR, buffer);
    switch (error) {
    case -EINTR:
        goal_fail(EXIT_REFUSED, "interrupted; %s", outcome);
        if (goal->note_file)
            note_kept(goal);
        signal(link_interrupt(), SIG_DFL);
        raise(link_interrupt()); /* so that the shell sees what ended it */
        return EXIT_REFUSED;
    case -ETIMEDOUT:
        return goal_fail(EXIT_AWAY, "no answer within %d seconds (--timeout); %s", goal->timeout,
                         outcome);
    case -ECONNRESET:
        return goal_fail(EXIT_AWAY, "the daemon closed the connection; %s", outcome);
    case -EMSGSIZE:
        return goal_fail(EXIT_REFUSED, "the answer is too large; %s",
                         goal->at_stake ? outcome : "ask for less");
    case -EBADMSG:
        return goal_fail(EXIT_REFUSED, "what answers there does not speak Varlink%s%s",
                         goal->at_stake ? "; " : "", goal->at_stake ? outcome : "");
    default:
        return goal_fail(EXIT_AWAY, "the connection failed (%s); %s", strerror(-error), outcome);
    }
}

void target_parse(const char *word, const char *default_strategy, struct target *ret)
{
    const char *colon = word ? strchr(word, ':') : NULL;
    struct target target = {.code = text_copy(colon ? colon + 1 : "")};
    if (colon && colon > word)
        target.strategy = text_format("%.*s", (int)(colon - word), word);
    else if (word && !colon && *word)
        target.strategy = text_copy(word);
    else if (default_strategy && *default_strategy)
        target.strategy = text_copy(default_strategy);
    target.doubtful = word && *word && !colon;
    *ret = target;
}

void target_done(struct target *target)
{
    free(target->strategy);
    free(target->code);
    *target = (struct target){0};
}

/* The word was no strategy's key: takes it as a code of the default strategy. */
static void target_becomes_code(const struct goal *goal, struct target *target)
{
    free(target->code);
    target->code = target->strategy;
    target->strategy = goal->strategy ? text_copy(goal->strategy) : NULL;
    target->doubtful = false;
}

void set_text(json_t *parameters, const char *field, const char *text)
{
    if (text && json_object_set_new(parameters, field, json_string(text)) < 0)
        errx(EXIT_USAGE, "%s: not UTF-8", field);
}

void set_option(const struct goal *goal, json_t *parameters, const char *option, const char *field)
{
    set_text(parameters, field, args_get(&goal->args, option));
}

void set_word(const struct goal *goal, json_t *parameters, const char *option, const char *field)
{
    const char *given = args_get(&goal->args, option);
    if (!given)
        return;
    AUTO(free_ptr) char *word = word_canonical(given);
    set_text(parameters, field, word);
}

void set_number(const struct goal *goal, json_t *parameters, const char *option, const char *field)
{
    const char *text = args_get(&goal->args, option);
    if (text)
        json_object_set_new(parameters, field, json_integer(strtoll(text, NULL, 10)));
}

/* --as-of and --known-at of the commands that have them. */
static void set_moment(const struct goal *goal, json_t *parameters)
{
    const char *as_of = args_get(&goal->args, "as-of");
    char date[11];
    if (as_of && dates_argument(as_of, time(NULL), date) == 0)
        as_of = *date ? date : NULL; /* null: the strategy's today */
    set_text(parameters, "asOf", as_of);
    set_option(goal, parameters, "known-at", "knownAt");
}

json_t *goal_parameters(const struct goal *goal, const char *code_field, bool language)
{
    json_t *parameters = json_object();
    set_text(parameters, "strategy", goal->target.strategy);
    if (code_field && goal->target.code && *goal->target.code)
        set_text(parameters, code_field, goal->target.code);
    if (language)
        set_text(parameters, "language", goal->language);
    set_moment(goal, parameters);
    return parameters;
}

/* Keeps one reply of a call. */
static void keep_reply(struct ask *ask, struct link_reply *reply)
{
    if (reply->error) {
        ask->error = STEAL(reply->error);
        ask->error_parameters = STEAL(reply->parameters);
    } else if (!ask->more) {
        ask->reply = STEAL(reply->parameters);
    } else if (json_object_size(reply->parameters) > 0) { /* an empty stream ends in {} */
        json_array_append_new(ask->reply, STEAL(reply->parameters));
    }
}

static int receive_all(struct goal *goal, struct ask *ask)
{
    if (ask->more)
        ask->reply = json_array();
    for (bool continues = true; continues;) {
        struct link_reply reply = {0};
        int r = link_receive(goal->link, &reply);
        if (r < 0)
            return goal_fail_link(goal, r);
        continues = reply.continues;
        keep_reply(ask, &reply);
        link_reply_done(&reply);
    }
    return EXIT_DONE;
}

static char *method_name(const struct ask *ask)
{
    return strchr(ask->method, '.') ? text_copy(ask->method)
                                    : text_format(TRACKER "%s", ask->method);
}

static bool is_change(const struct ask *ask)
{
    return json_object_get(ask->parameters, "requestId") != NULL;
}

/* A change is asked by itself: it is the only call of its batch. */
static void expect(struct goal *goal, const struct ask *ask)
{
    AUTO(free_ptr) char *method = method_name(ask);
    outbox_expect(goal, method, ask->parameters);
}

/* Queues the calls, sends them in one go and reads the answers in order. */
static int exchange(struct goal *goal, struct ask *asks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_change(&asks[i]))
            expect(goal, &asks[i]);
    int exit = goal_connect(goal);
    for (size_t i = 0; exit == EXIT_DONE && i < count; i++) {
        AUTO(free_ptr) char *method = method_name(&asks[i]);
        goal->at_stake |= is_change(&asks[i]);
        int r =
            link_call(goal->link, method, STEAL(asks[i].parameters), asks[i].more ? LINK_MORE : 0);
        if (r < 0)
            exit = goal_fail_link(goal, r);
    }
    for (size_t i = 0; exit == EXIT_DONE && i < count; i++)
        exit = receive_all(goal, &asks[i]);
    if (exit == EXIT_DONE && goal->unsettled)
        outbox_answered(goal, asks[0].error);
    return exit;
}

void asks_done(struct ask *asks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_decref(asks[i].parameters);
        json_decref(asks[i].reply);
        json_decref(asks[i].error_parameters);
        free(asks[i].error);
        asks[i] = (struct ask){0};
    }
}

static bool failed_with(const struct ask *ask, const char *error)
{
    return ask->error && strcmp(ask->error, error) == 0;
}

int goal_ask(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks),
             struct ask *asks, size_t count)
{
    build(goal, asks);
    int exit = exchange(goal, asks, count);
    if (exit != EXIT_DONE || !goal->target.doubtful ||
        !failed_with(&asks[0], TRACKER "NoSuchStrategy"))
        return exit;
    AUTO(free_ptr) char *word = text_copy(goal->target.strategy);
    target_becomes_code(goal, &goal->target);
    asks_done(asks, count);
    build(goal, asks);
    exit = exchange(goal, asks, count);
    if (exit != EXIT_DONE)
        return exit;
    if (failed_with(&asks[0], TRACKER "NoSuchNode") ||
        failed_with(&asks[0], TRACKER "NoSuchStrategy") ||
        failed_with(&asks[0], TRACKER "StrategyNeeded"))
        return goal_fail(EXIT_NOTHING,
                         "there is no strategy %s%s%s; `goal strategies` lists those you may read, "
                         "and a node is named KEY:CODE",
                         word, goal->target.strategy ? ", nor a node of that code in " : "",
                         goal->target.strategy ? goal->target.strategy : "");
    return EXIT_DONE;
}

/* A change without an answer may have been meant with its word as a code. */
static void expect_code(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks))
{
    struct ask ask = {0};
    target_becomes_code(goal, &goal->target);
    build(goal, &ask);
    outbox_expect_also(goal, ask.parameters);
    asks_done(&ask, 1);
}

/* A field is the option of that name: knownAt is --known-at. */
int goal_fail_question(const struct goal *goal, const char *name, const json_t *error)
{
    if (strcmp(name, TRACKER "InvalidValue") != 0)
        return goal_fail_error(NULL, name, error);
    const char *field = get_text(error, "field"), *message = get_text(error, "message");
    AUTO(free_ptr) char *option = text_copy("");
    for (const char *c = field ? field : ""; *c; c++)
        text_append(&option, "", *c >= 'A' && *c <= 'Z' ? "-%c" : "%c", *c | 0x20);
    const char *value = args_get(&goal->args, option);
    if (!value)
        return goal_fail(EXIT_REFUSED, "%s: %s", field, message);
    return goal_fail(EXIT_REFUSED, "--%s %s: %s", option, value, message);
}

/* Says the first refusal. The node that was meant goes with it: some sentences name it. */
static int first_refusal(const struct goal *goal, const struct ask *asks, size_t count)
{
    const char *code = goal->target.code;
    for (size_t i = 0; i < count; i++) {
        if (!asks[i].error)
            continue;
        if (code && *code && !json_object_get(asks[i].error_parameters, "code"))
            json_object_set_new(asks[i].error_parameters, "code", json_string(code));
        if (!goal->command->changes)
            return goal_fail_question(goal, asks[i].error, asks[i].error_parameters);
        return goal_fail_error(NULL, asks[i].error, asks[i].error_parameters);
    }
    return EXIT_DONE;
}

int goal_ask_all(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks),
                 struct ask *asks, size_t count)
{
    int exit = goal_ask(goal, build, asks, count);
    if (exit == EXIT_DONE)
        exit = first_refusal(goal, asks, count);
    if (goal->unsettled && goal->target.doubtful)
        expect_code(goal, build);
    return outbox_settle(goal, exit);
}

int goal_ask_one(struct goal *goal, struct ask *ask)
{
    int exit = exchange(goal, ask, 1);
    return outbox_settle(goal, exit == EXIT_DONE ? first_refusal(goal, ask, 1) : exit);
}
