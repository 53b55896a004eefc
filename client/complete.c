/*
 * goal __complete LINE, which completion.bash calls. Commands, options and their values come from
 * the table of commands; strategies and codes from the daemon if it answers within a second, and
 * silently from nowhere if it does not.
 */
#include "complete.h"

#include <string.h>

#include "account.h"
#include "commands.h"
#include "edit.h"
#include "link.h"
#include "outbox.h"
#include "output.h"
#include "text.h"
#include "view.h"

#define WORDS_MAX 64

static void offer(const struct goal *goal, const char *candidate, const char *begun)
{
    if (strncmp(candidate, begun, strlen(begun)) == 0)
        fprintf(goal->out, "%s\n", candidate);
}

/* The words of the table at one place: the first words of commands, or the second of a family. */
static void offer_commands(const struct goal *goal, const char *family, const char *begun)
{
    const struct command *command;
    size_t skip = family ? strlen(family) + 1 : 0;
    AUTO(free_ptr) char *shown = text_copy(" ");
    for (size_t i = 0; (command = command_at(i)); i++) {
        const char *name = command->name;
        if (family && (strncmp(name, family, skip - 1) != 0 || name[skip - 1] != ' '))
            continue;
        AUTO(free_ptr)
        char *word = text_format("%.*s", (int)strcspn(name + skip, " "), name + skip);
        if (!word_in(shown, word))
            offer(goal, word, begun);
        text_append(&shown, " ", "%s", word);
        if (command->alias && !family)
            offer(goal, command->alias, begun);
    }
}

static void offer_options(const struct goal *goal, const struct option_row *rows, const char *begun)
{
    for (; rows && rows->name; rows++) {
        AUTO(free_ptr) char *option = text_format("--%s", rows->name);
        offer(goal, option, begun);
    }
}

static void offer_words(const struct goal *goal, const char *words, const char *begun)
{
    AUTO(free_ptr) char *list = text_copy(words);
    char *saved = NULL;
    for (char *word = strtok_r(list, " ", &saved); word; word = strtok_r(NULL, " ", &saved))
        offer(goal, word, begun);
}

/* The names of columns, behind those that were typed already. */
static void offer_columns(const struct goal *goal, const char *begun)
{
    const char *comma = strrchr(begun, ',');
    int typed = comma ? (int)(comma + 1 - begun) : 0;
    for (size_t i = 0; i < node_column_count; i++) {
        AUTO(free_ptr)
        char *all = text_format("%.*s%s", typed, begun, node_columns[i].name);
        offer(goal, all, begun);
    }
}

static const struct option_row *find_option(const struct option_row *rows, const char *word)
{
    for (; rows && rows->name; rows++)
        if ((strncmp(word, "--", 2) == 0 && strcmp(word + 2, rows->name) == 0) ||
            (word[0] == '-' && rows->letter && word[1] == rows->letter && !word[2]))
            return rows;
    return NULL;
}

/* One streaming call, its answers in a list; NULL if the daemon has none. */
static json_t *fetch(struct goal *goal, const char *method, json_t *parameters)
{
    AUTO(free_ptr) char *address = goal_address(goal);
    json_auto_t *owned = parameters, *replies = json_array();
    goal->timeout = 1;
    if (!goal->link && link_open(address, goal->timeout, &goal->link) < 0)
        return NULL;
    if (link_call(goal->link, method, STEAL(owned), LINK_MORE) < 0)
        return NULL;
    for (bool continues = true; continues;) {
        struct link_reply reply = {0};
        if (link_receive(goal->link, &reply) < 0)
            return NULL;
        continues = reply.continues;
        json_array_append(replies, reply.parameters);
        link_reply_done(&reply);
    }
    return STEAL(replies);
}

/* A word of a reply, nothing in it that a terminal would act on. */
static void offer_clean(const struct goal *goal, const char *word, const char *begun)
{
    AUTO(free_ptr) char *clean = text_clean(word ? word : "");
    if (*clean)
        offer(goal, clean, begun);
}

static void offer_strategies(struct goal *goal, const char *begun)
{
    json_auto_t *replies = fetch(goal, TRACKER "ListStrategies", NULL);
    size_t i;
    json_t *one;
    json_array_foreach (replies, i, one) {
        const char *alias = get_text(one, "alias");
        offer_clean(goal, alias ? alias : get_text(one, "strategy"), begun);
    }
}

/* What a stream lists under `member`, by the field that names it. */
static void offer_listed(struct goal *goal, const char *method, json_t *parameters,
                         const char *member, const char *field, const char *begun)
{
    json_auto_t *replies = fetch(goal, method, parameters);
    size_t i;
    json_t *one;
    json_array_foreach (replies, i, one)
        offer_clean(goal, get_text(get_object(one, member), field), begun);
}

/* The same of the strategy that the word begins with. */
static void offer_of_strategy(struct goal *goal, const char *method, const char *member,
                              const char *field, const char *word)
{
    struct target target;
    target_parse(word, goal->strategy, &target);
    json_t *parameters = json_object();
    set_text(parameters, "strategy", target.strategy);
    offer_listed(goal, method, parameters, member, field, target.code);
    target_done(&target);
}

static void offer_argument(struct goal *goal, const struct command *command, int place,
                           const char *begun)
{
    bool role = strstr(command->arguments, "ROLE") != NULL;
    if (command->run == help_run)
        offer_commands(goal, NULL, begun);
    else if (strstr(command->arguments, "ID"))
        outbox_offer(goal, offer, begun);
    else if (strstr(command->arguments, "RELATION") && place == 1)
        offer_words(goal, EDIT_RELATIONS, begun);
    else if (strstr(command->arguments, "RULE") && place == 1)
        offer_words(goal, EDIT_RULES, begun);
    else if (role && place == 1)
        offer_words(goal, ACCOUNT_ROLES_ALL, begun);
    else if (strstr(command->arguments, "CODE") && place == 0 && strchr(begun, ':'))
        offer_of_strategy(goal, TRACKER "ListNodes", "node", "code", begun);
    else if (strstr(command->arguments, "GROUP") && place == 0 && strchr(begun, ':'))
        offer_of_strategy(goal, TRACKER "ListGroups", "group", "key", begun);
    else if (strstr(command->arguments, "ORGANISATION") && place == 0 &&
             !strstr(command->arguments, "PERSON"))
        offer_listed(goal, TRACKER "ListOrganisations", NULL, "organisation", "key", begun);
    else if (strstr(command->arguments, "PERSON") && place == 0)
        offer_listed(goal, TRACKER "ListPersons", NULL, "person", "key", begun);
    else if (strstr(command->arguments, "ORGANISATION") && place == 1)
        offer_listed(goal, TRACKER "ListOrganisations", NULL, "organisation", "key", begun);
    else if (strstr(command->arguments, "KEY") && place == (role ? 2 : 0))
        offer_strategies(goal, begun);
}

/* What the words before say: a command, an option that waits for its value, and how many arguments
 * the command has already. */
struct place {
    const struct command *command;
    const struct option_row *waiting;
    const char *family;
    int arguments;
};

static struct place find_place(char **words, int count)
{
    struct place place = {0};
    char *plain[WORDS_MAX];
    int n = 0, taken = 0;
    for (int i = 0; i < count; i++) {
        if (words[i][0] != '-') {
            plain[n++] = words[i];
        } else {
            const struct option_row *row = find_option(global_options, words[i]);
            if (!row)
                row = find_option(place.command ? place.command->options : NULL, words[i]);
            if (row && row->value && i + 1 == count)
                place.waiting = row;
            else if (row && row->value)
                i++;
        }
        if (n == 1 || n == 2) /* "outbox" is a command, and the first word of another */
            place.command = command_find(plain, n, &taken);
    }
    place.family = n == 1 || (!place.command && n > 0) ? plain[0] : NULL;
    place.arguments = place.command ? n - taken : 0;
    return place;
}

static void offer_next(struct goal *goal, char **words, int count)
{
    const char *begun = words[count - 1];
    struct place place = find_place(words, count - 1);
    if (place.waiting && place.waiting->words == option_columns) {
        offer_columns(goal, begun);
    } else if (place.waiting && place.waiting->words) {
        offer_words(goal, place.waiting->words, begun);
    } else if (place.waiting) {
        return; /* a file, a number, a text: the shell's own completion */
    } else if (begun[0] == '-') {
        offer_options(goal, place.command ? place.command->options : NULL, begun);
        offer_options(goal, global_options, begun);
    } else if (!place.command) {
        offer_commands(goal, place.family, begun);
    } else {
        if (place.family)
            offer_commands(goal, place.family, begun);
        offer_argument(goal, place.command, place.arguments, begun);
    }
}

int complete(struct goal *goal, const char *line)
{
    AUTO(free_ptr) char *copy = text_copy(line);
    char *words[WORDS_MAX], *saved = NULL;
    static char empty[] = "";
    int count = 0;
    for (char *word = strtok_r(copy, " \t", &saved); word && count < WORDS_MAX - 1;
         word = strtok_r(NULL, " \t", &saved))
        if (count > 0 || word != copy) /* without the program's name */
            words[count++] = word;
        else
            words[count++] = empty;
    if (count == 0)
        return EXIT_DONE;
    size_t len = strlen(line);
    if (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
        words[count++] = empty;
    if (count > 1)
        offer_next(goal, words + 1, count - 1);
    link_free(goal->link);
    goal->link = NULL;
    return EXIT_DONE;
}
