/*
 * goal call and goal introspect: any method of any interface, and what interfaces there are.
 */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "link.h"
#include "note.h"
#include "output.h"
#include "text.h"

#define PARAMETERS_MAX (64u << 20)
#define SERVICE "org.varlink.service."

/* The parameters: JSON, @FILE, or - for standard input. */
static int read_parameters(const char *word, json_t **ret_parameters)
{
    AUTO(free_ptr) char *text = NULL;
    size_t len;
    json_error_t error;
    if (!word) {
        *ret_parameters = json_object();
        return EXIT_DONE;
    }
    bool file = word[0] == '@' || strcmp(word, "-") == 0;
    const char *name = word[0] == '@' ? word + 1 : word;
    int exit = EXIT_DONE;
    if (file)
        exit = file_read(name, PARAMETERS_MAX, &text, &len);
    else
        text = text_copy(word);
    if (exit != EXIT_DONE)
        return exit;
    json_auto_t *parameters = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!parameters)
        return goal_fail(EXIT_USAGE, "%s:%d:%d: %s", file ? name : "parameters", error.line,
                         error.column, error.text);
    if (!json_is_object(parameters))
        return goal_fail(EXIT_USAGE, "the parameters are not a JSON object");
    *ret_parameters = STEAL(parameters);
    return EXIT_DONE;
}

/* Prints the replies as they come: a stream may have no end. */
static int print_replies(struct goal *goal)
{
    for (bool continues = true; continues;) {
        struct link_reply reply = {0};
        int r = link_receive(goal->link, &reply), exit = EXIT_DONE;
        if (r < 0)
            return goal_fail_link(goal, r);
        continues = reply.continues;
        if (reply.error)
            exit = goal_fail_error(strrchr(reply.error, '.') + 1, reply.error, reply.parameters);
        else
            json_line(goal->out, reply.parameters);
        fflush(goal->out);
        link_reply_done(&reply);
        if (exit != EXIT_DONE)
            return exit;
    }
    return EXIT_DONE;
}

/* Methods that are known to change nothing. Of any other nobody here knows. */
static bool is_read(const char *method)
{
    static const char *const begins[] = {SERVICE,          TRACKER "Get",    TRACKER "List",
                                         TRACKER "Verify", TRACKER "Export", TRACKER "Subscribe"};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (strncmp(method, begins[i], strlen(begins[i])) == 0)
            return true;
    return strcmp(method, TRACKER "Ping") == 0 || strcmp(method, TRACKER "WhoAmI") == 0;
}

int call_run(struct goal *goal)
{
    const char *word = args_word(&goal->args, 0);
    bool oneway = args_has(&goal->args, "oneway"), more = args_has(&goal->args, "more");
    json_t *parameters;
    if (oneway && more)
        return goal_fail(EXIT_USAGE, "--more or --oneway, not both");
    AUTO(free_ptr)
    char *method = strchr(word, '.') ? text_copy(word) : text_format(TRACKER "%s", word);
    int exit = read_parameters(args_word(&goal->args, 1), &parameters);
    if (exit != EXIT_DONE)
        return exit;
    exit = goal_connect(goal);
    if (exit != EXIT_DONE) {
        json_decref(parameters);
        return exit;
    }
    goal->at_stake = !is_read(method);
    int r = link_call(goal->link, method, parameters,
                      (more ? LINK_MORE : 0) | (oneway ? LINK_ONEWAY : 0));
    if (r == 0)
        r = link_flush(goal->link);
    if (r < 0)
        return goal_fail_link(goal, r);
    return oneway ? EXIT_DONE : print_replies(goal);
}

static void print_info(const struct goal *goal, const json_t *info)
{
    static const char *const fields[] = {"vendor", "product", "version", "url"};
    size_t i;
    json_t *interface;
    for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
        const char *text = get_text(info, fields[f]);
        AUTO(free_ptr) char *clean = text_clean(text ? text : "");
        fprintf(goal->out, "%-10s %s\n", fields[f], clean);
    }
    json_array_foreach (get_list(info, "interfaces"), i, interface) {
        AUTO(free_ptr) char *clean = text_clean(json_string_value(interface));
        fprintf(goal->out, "%-10s %s\n", i == 0 ? "interfaces" : "", clean);
    }
}

static void print_description(const struct goal *goal, const json_t *reply)
{
    const char *description = get_text(reply, "description");
    AUTO(free_ptr) char *clean = text_clean_lines(description ? description : "");
    fputs(clean, goal->out);
}

static void build_info(const struct goal *goal UNUSED, struct ask *asks)
{
    asks[0] = (struct ask){.method = SERVICE "GetInfo"};
}

static void build_description(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = SERVICE "GetInterfaceDescription"};
    asks[0].parameters = json_object();
    set_text(asks[0].parameters, "interface", args_word(&goal->args, 0));
}

int introspect_run(struct goal *goal)
{
    if (goal->args.count == 0)
        return goal_ask_and_print(goal, build_info, print_info);
    return goal_ask_and_print(goal, build_description, print_description);
}
