/*
 * Reading a command line with getopt_long, the option rows made into what it wants. Keeps pointers
 * into argv only.
 */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <string.h>

#include "text.h"

#define ROWS_MAX 48
#define FIRST_LONG 256 /* getopt's values for options; letters are below */

const char option_number[] = "";

/* getopt's view of the rows. */
struct options {
    const struct option_row *rows[ROWS_MAX];
    struct option longs[ROWS_MAX + 1];
    char shorts[2 + 2 * ROWS_MAX + 1];
    int count;
};

static void add_rows(struct options *options, const struct option_row *rows)
{
    size_t len = strlen(options->shorts);
    for (; rows && rows->name && options->count < ROWS_MAX; rows++) {
        int at = options->count++;
        options->rows[at] = rows;
        options->longs[at] = (struct option){
            rows->name, rows->value ? required_argument : no_argument, NULL, FIRST_LONG + at};
        if (rows->letter)
            options->shorts[len++] = rows->letter;
        if (rows->letter && rows->value)
            options->shorts[len++] = ':';
    }
}

static const struct option_row *row_of(const struct options *options, int found)
{
    if (found >= FIRST_LONG)
        return options->rows[found - FIRST_LONG];
    for (int i = 0; i < options->count; i++)
        if (options->rows[i]->letter == found)
            return options->rows[i];
    return NULL;
}

bool word_in(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words; len > 0 && (at = strstr(at, word)); at += len) {
        bool begins = at == words || at[-1] == ' ';
        if (begins && (at[len] == ' ' || at[len] == '\0'))
            return true;
    }
    return false;
}

char *word_canonical(const char *value)
{
    char *word = text_copy(value);
    for (char *c = word; *c; c++)
        if (*c == '-' || *c == ' ')
            *c = '_';
    return word;
}

bool number_valid(const char *text)
{
    char *end;
    errno = 0;
    (void)strtoll(text, &end, 10);
    return end != text && !*end && errno == 0;
}

int number_read(const char *text, double *ret_number)
{
    AUTO(free_ptr) char *copy = text_copy(text);
    char *comma = strchr(copy, ','), *end;
    if (comma)
        *comma = '.';
    double number = strtod(copy, &end);
    if (end == copy || *end || !isfinite(number) || copy[strspn(copy, "+-0123456789.eE")])
        return -EINVAL;
    *ret_number = number;
    return 0;
}

static int take(const struct option_row *row, const char *value, struct args *args,
                char **ret_problem)
{
    if (args->n_given == ARGS_OPTIONS_MAX) {
        *ret_problem = text_format("at most %d options", ARGS_OPTIONS_MAX);
        return -EINVAL;
    }
    args->given[args->n_given].row = row;
    args->given[args->n_given++].value = value ? value : "";
    return 0;
}

static int refuse(const struct options *options, int found, const char *text, char **ret_problem)
{
    const struct option_row *row = optopt ? row_of(options, optopt) : NULL;
    if (found == ':' && row)
        *ret_problem = text_format("--%s needs a value: %s", row->name, row->value);
    else if (row)
        *ret_problem = text_format("--%s takes no value", row->name);
    else if (optopt && strncmp(text, "--", 2) != 0)
        *ret_problem = text_format("there is no option -%c", optopt);
    else
        *ret_problem = text_format("there is no option %s", text);
    return -EINVAL;
}

int args_parse(const struct option_row *global, const struct option_row *own, bool until_word,
               int argc, char **argv, struct args *args, char **ret_problem)
{
    struct options options = {.count = 0};
    strcpy(options.shorts, until_word ? "+:" : ":");
    add_rows(&options, global);
    add_rows(&options, own);
    optind = 0; /* glibc: begin anew */
    opterr = 0;
    int found;
    while ((found = getopt_long(argc, argv, options.shorts, options.longs, NULL)) != -1) {
        if (found == '?' || found == ':')
            return refuse(&options, found, argv[optind - 1], ret_problem);
        int r = take(row_of(&options, found), optarg, args, ret_problem);
        if (r < 0)
            return r;
    }
    args->words = argv + optind;
    args->count = argc - optind;
    return 0;
}

const char *args_get_nth(const struct args *args, const char *name, size_t n)
{
    for (size_t i = 0; i < args->n_given; i++)
        if (strcmp(args->given[i].row->name, name) == 0 && n-- == 0)
            return args->given[i].value;
    return NULL;
}

const char *args_get(const struct args *args, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < args->n_given; i++)
        if (strcmp(args->given[i].row->name, name) == 0)
            value = args->given[i].value;
    return value;
}

bool args_has(const struct args *args, const char *name)
{
    return args_get(args, name) != NULL;
}

const char *args_word(const struct args *args, int n)
{
    return n < args->count ? args->words[n] : NULL;
}
