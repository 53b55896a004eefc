/*
 * A program of the client: reads the command line, runs the command of the table and ends with its
 * exit code. Owns `struct goal` and everything in it.
 */
#include "program.h"

#include <err.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uuid/uuid.h>

#include "commands.h"
#include "complete.h"
#include "help.h"
#include "language.h"
#include "link.h"
#include "text.h"

#ifndef GOALD_VERSION
#define GOALD_VERSION "0.1"
#endif

/* Columns of the terminal, at most WIDTH_MAX, which is also what a pipe gets. */
static size_t output_width(void)
{
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= 20 && size.ws_col < WIDTH_MAX)
        return size.ws_col;
    return WIDTH_MAX;
}

static bool colour_wanted(void)
{
    const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(none && *none) && term && strcmp(term, "dumb") != 0;
}

static int set_timeout(struct goal *goal)
{
    const char *text = args_get(&goal->args, "timeout");
    long long seconds = text ? strtoll(text, NULL, 10) : 30;
    if (seconds < 0 || seconds > 86400)
        return goal_fail(EXIT_USAGE, "--timeout %s: from 0 to 86400 seconds", text);
    goal->timeout = (int)seconds;
    return EXIT_DONE;
}

static int set_request_id(struct goal *goal)
{
    const char *text = args_get(&goal->args, "request-id");
    uuid_t id;
    if (!goal->command->changes)
        return text ? goal_fail(EXIT_USAGE, "goal %s changes nothing: it takes no --request-id",
                                goal->command->name)
                    : EXIT_DONE;
    if (!text)
        uuid_generate_random(id);
    else if (uuid_parse(text, id) < 0)
        return goal_fail(EXIT_USAGE, "--request-id %s: not a UUID", text);
    uuid_unparse_lower(id, goal->request_id);
    return EXIT_DONE;
}

/* Checks the options' values as far as their rows know them. */
static int check_values(const struct goal *goal)
{
    for (size_t i = 0; i < goal->args.n_given; i++) {
        const struct option_row *row = goal->args.given[i].row;
        const char *value = goal->args.given[i].value;
        AUTO(free_ptr) char *word = word_canonical(value);
        if (row->words && *row->words && !word_in(row->words, word))
            return goal_fail(EXIT_USAGE, "--%s %s: possibilities are: %s", row->name, value,
                             row->words);
        if (row->words == option_number && !number_valid(value))
            return goal_fail(EXIT_USAGE, "--%s %s: not a whole number", row->name, value);
    }
    return EXIT_DONE;
}

static int check_arguments(struct goal *goal)
{
    const struct command *command = goal->command;
    if (goal->args.count < command->min_words || goal->args.count > command->max_words)
        return goal_fail(EXIT_USAGE, "it is: goal %s%s%s (goal help %s says more)", command->name,
                         *command->arguments ? " " : "", command->arguments, command->name);
    int exit = check_values(goal);
    if (exit == EXIT_DONE)
        exit = set_timeout(goal);
    return exit == EXIT_DONE ? set_request_id(goal) : exit;
}

/* Finds the command behind the options that stand before it, then reads all that follows it. */
static int read_command(struct goal *goal, int argc, char **argv)
{
    AUTO(free_ptr) char *problem = NULL;
    int taken = 0;
    if (args_parse(global_options, NULL, true, argc, argv, &goal->args, &problem) < 0)
        return goal_fail(EXIT_USAGE, "%s; goal --help lists them", problem);
    int count = goal->args.count;
    if (count == 0 && (args_has(&goal->args, "help") || args_has(&goal->args, "version")))
        return EXIT_DONE;
    goal->command = command_find(goal->args.words, count, &taken);
    if (!goal->command)
        return help_unknown(goal->args.words, count);
    argv += argc - count + taken - 1;
    argc = count - taken + 1;
    if (args_parse(global_options, goal->command->options, false, argc, argv, &goal->args,
                   &problem) < 0)
        return goal_fail(EXIT_USAGE, "%s; goal help %s lists them", problem, goal->command->name);
    return EXIT_DONE;
}

/* What the program does itself comes before what the table says. */
static int run_command(struct goal *goal, const struct program_run *own)
{
    for (; own->name; own++)
        if (strcmp(own->name, goal->command->name) == 0)
            return own->run(goal);
    return goal->command->run(goal);
}

static int run(struct goal *goal, const struct program_run *own)
{
    if (args_has(&goal->args, "version")) {
        fprintf(goal->out, "goal %s\n", GOALD_VERSION);
        return EXIT_DONE;
    }
    if (args_has(&goal->args, "help")) {
        help_print(goal->out, goal->command);
        return EXIT_DONE;
    }
    int exit = check_arguments(goal);
    if (exit != EXIT_DONE)
        return exit;
    goal->address = args_get(&goal->args, "address");
    goal->language = language_wanted(args_get(&goal->args, "language"));
    goal->json = args_has(&goal->args, "json");
    target_parse(args_word(&goal->args, 0), goal->strategy, &goal->target);
    return run_command(goal, own);
}

int program_main(int argc, char **argv, const struct program_run *own)
{
    text_init();
    struct goal goal = {.out = stdout,
                        .width = output_width(),
                        .colour = colour_wanted(),
                        .strategy = getenv("GOAL_STRATEGY")};
    if (argc > 1 && strcmp(argv[1], "__complete") == 0)
        return complete(&goal, argc > 2 ? argv[2] : "");
    goal.typed = calloc((size_t)argc + 1, sizeof(*argv)); /* reading them puts options first */
    if (!goal.typed)
        err(1, "memory");
    for (int i = 1; i < argc; i++)
        goal.typed[i - 1] = argv[i];
    int exit = read_command(&goal, argc, argv);
    if (exit == EXIT_DONE)
        exit = run(&goal, own);
    link_free(goal.link);
    free(goal.typed);
    free(goal.language);
    target_done(&goal.target);
    if (fflush(stdout) != 0 && exit == EXIT_DONE)
        exit = goal_fail(EXIT_REFUSED, "cannot write the output (%s)", strerror(errno));
    return exit;
}
