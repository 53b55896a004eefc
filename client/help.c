/*
 * Help: the list of commands, one command's page, and the answer to a wrong one.
 */
#include "help.h"

#include <string.h>

#include "commands.h"
#include "text.h"

static void print_options(FILE *out, const char *heading, const struct option_row *rows)
{
    if (!rows)
        return;
    fprintf(out, "\n%s\n", heading);
    for (; rows->name; rows++) {
        char letter[5] = "    ";
        if (rows->letter)
            snprintf(letter, sizeof(letter), "-%c, ", rows->letter);
        AUTO(free_ptr)
        char *name = text_format("%s--%s%s%s", letter, rows->name, rows->value ? " " : "",
                                 rows->value ? rows->value : "");
        fprintf(out, "  %-24s  %s\n", name, rows->help);
        if (rows->words && *rows->words)
            fprintf(out, "  %-24s  (%s)\n", "", rows->words);
    }
}

static void print_command(FILE *out, const struct command *command)
{
    fprintf(out, "  %-16s %s\n", command->name, command->summary);
}

/* A line a command of a family ("account"). Returns how many. */
static size_t print_commands(FILE *out, const char *family)
{
    const struct command *command;
    size_t count = 0, len = strlen(family);
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (strncmp(command->name, family, len) != 0 || command->name[len] != ' ')
            continue;
        print_command(out, command);
        count++;
    }
    return count;
}

/* All of them, those that belong together under a heading. */
static void print_topics(FILE *out)
{
    static const char *const headings[TOPIC_COUNT] = {
        [TOPIC_ASK] = "Ask",
        [TOPIC_REPORT] = "Report",
        [TOPIC_KEEP] = "Keep a strategy",
        [TOPIC_WHO] = "Keep groups, organisations and persons",
        [TOPIC_JOURNAL] = "Journals and documents",
        [TOPIC_MAIL] = "Reminders and subscriptions",
        [TOPIC_OPERATE] = "You and the daemon",
    };
    const struct command *command;
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        fprintf(out, "%s%s\n", topic > 0 ? "\n" : "", headings[topic]);
        for (size_t i = 0; (command = command_at(i)); i++)
            if (command->topic == (enum topic)topic)
                print_command(out, command);
    }
}

/* Of a command that is also the first word of others: those. */
static void print_family(FILE *out, const char *name)
{
    AUTO(free_ptr) char *list = NULL;
    size_t size;
    FILE *memory = open_memstream(&list, &size);
    if (!memory)
        return;
    size_t count = print_commands(memory, name);
    fclose(memory);
    if (count > 0)
        fprintf(out, "\n%s", list);
}

static void print_list(FILE *out)
{
    fputs("goal asks and tells goald, which tracks a strategy's goals and the work toward them.\n\n"
          "goal [OPTION…] COMMAND [ARGUMENT…]\n\n",
          out);
    print_topics(out);
    print_options(out, "Options", global_options);
    fputs("\nKEY:CODE names a node (ls:2.2), KEY alone the strategy. KEY may be left out (:2.2) "
          "where\n"
          "GOAL_STRATEGY names it, or where there is only one. A word without a colon is a "
          "strategy's\n"
          "key; if there is none of that key, it is taken as a code of the default strategy.\n\n"
          "The daemon is looked for at --address, else GOAL_ADDRESS, else "
          "/run/goald/io.goald.Tracker,\n"
          "else $XDG_RUNTIME_DIR/goald/io.goald.Tracker.\n\n"
          "Exit codes: 0 done, 1 refused or failed, 2 usage, 3 nothing by that name, 4 daemon or\n"
          "database not reachable or too busy: a change was kept (goal help outbox), 5 not "
          "permitted.\n",
          out);
}

static void print_examples(FILE *out, const char *examples)
{
    fputs("\nExamples\n", out);
    text_wrap(out, examples, 2, 1000); /* lines to copy are not broken */
}

void help_print(FILE *out, const struct command *command)
{
    if (!command) {
        print_list(out);
        return;
    }
    fprintf(out, "goal %s%s%s%s\n\n", command->name, command->options ? " [OPTION…]" : "",
            *command->arguments ? " " : "", command->arguments);
    fprintf(out, "%s\n", command->summary);
    print_family(out, command->name);
    if (command->details)
        fprintf(out, "\n%s\n", command->details);
    if (command->alias)
        fprintf(out, "\nThe same as goal %s.\n", command->alias);
    print_options(out, "Options", command->options);
    print_options(out, "Options of all commands", global_options);
    if (command->examples)
        print_examples(out, command->examples);
}

#define LONGEST 24

/* How many letters to change, add or take away to make one word the other (Levenshtein); words
 * longer than LONGEST are far from everything. */
static size_t word_distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], la = strlen(a), lb = strlen(b);
    if (la > LONGEST || lb > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[lb];
}

/* The command whose name is nearest, if it is near enough to have been meant. */
static const char *nearest(const char *word)
{
    const struct command *command;
    const char *best = NULL;
    size_t least = 3;
    for (size_t i = 0; (command = command_at(i)); i++) {
        const char *names[] = {command->name, command->alias};
        for (size_t n = 0; n < ARRAY_LEN(names) && names[n]; n++) {
            size_t distance = word_distance(word, names[n]);
            if (distance < least && distance < strlen(names[n]) - 1) {
                least = distance;
                best = names[n];
            }
        }
    }
    return best;
}

/* Commands that begin with the word and a blank: those of its family; NULL: there are none. */
static char *possibilities(const char *word)
{
    AUTO(free_ptr) char *family = text_format("%s ", word);
    const struct command *command;
    char *own = NULL;
    for (size_t i = 0; (command = command_at(i)); i++)
        if (strncmp(command->name, family, strlen(family)) == 0)
            text_append(&own, ", ", "%s", command->name);
    return own;
}

/* "account" without its second word: the list of the family on stderr. Returns false for a word
 * that is no family's. */
static bool fail_family(const char *word)
{
    AUTO(free_ptr) char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);
    if (!out)
        return false;
    size_t count = print_commands(out, word);
    fclose(out);
    if (count > 0) {
        list[size - 1] = '\0'; /* goal_fail() ends the line itself */
        goal_fail(EXIT_USAGE, "%s what?\n%s", word, list);
    }
    return count > 0;
}

int help_unknown(char *const *words, int count)
{
    AUTO(free_ptr) char *one = text_copy(count > 0 ? words[0] : "");
    AUTO(free_ptr) char *two = count > 1 ? text_format("%s %s", words[0], words[1]) : NULL;
    if (count > 0 && (!two || words[1][0] == '-') && fail_family(one))
        return EXIT_USAGE;
    AUTO(free_ptr) char *list = possibilities(one);
    const char *meant = count > 0 ? nearest(two ? two : one) : NULL;
    if (!meant && two)
        meant = nearest(one);
    AUTO(free_ptr) char *hint = meant ? text_format("; did you mean %s?", meant) : text_copy("");
    const char *more = meant ? "" : "; `goal help` lists the commands";
    AUTO(free_ptr)
    char *what = count == 0 ? text_copy("say which command")
                            : text_format("there is no command %s", two && list ? two : one);
    AUTO(free_ptr)
    char *text = list ? text_format("%s%s\npossibilities are: %s", what, hint, list)
                      : text_format("%s%s%s", what, hint, more);
    AUTO(free_ptr) char *memory = NULL;
    size_t size;
    FILE *out = open_memstream(&memory, &size);
    if (!out)
        return EXIT_USAGE;
    text_wrap(out, text, 0, WIDTH_MAX - 6);
    fclose(out);
    memory[size - 1] = '\0'; /* goal_fail() ends the line itself */
    return goal_fail(EXIT_USAGE, "%s", memory);
}

int help_run(struct goal *goal)
{
    const struct command *command = NULL;
    int taken;
    if (goal->args.count > 0) {
        command = command_find(goal->args.words, goal->args.count, &taken);
        if (!command && goal->args.count == 1 && print_commands(goal->out, goal->args.words[0]) > 0)
            return EXIT_DONE;
        if (!command)
            return help_unknown(goal->args.words, goal->args.count);
    }
    help_print(goal->out, command);
    return EXIT_DONE;
}
