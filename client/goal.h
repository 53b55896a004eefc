/*
 * What every command works with: the command line as it was understood, where output goes, and
 * the calls it makes. `main` owns it all and frees it at the end.
 */
#ifndef GOAL_GOAL_H
#define GOAL_GOAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "args.h"
#include "errors.h"
#include "wire/util.h"

#define TRACKER "io.goald.Tracker."
#define WIDTH_MAX 100

struct goal;

/*
 * The strategy and node that a command is about. "ls:2.2" is both, "ls" a strategy, ":2.2" a node
 * of the default strategy: GOAL_STRATEGY, else the only one there is. A word without a colon that
 * is no strategy's key is tried as a code of the default strategy.
 */
struct target {
    char *strategy; /* NULL: the default the daemon has */
    char *code;     /* "": the strategy itself */
    bool doubtful;  /* a word without a colon */
};

/* A call of a batch: what is asked, and after ask() what was answered. */
struct ask {
    const char *method; /* without the interface: "GetStatus" */
    json_t *parameters; /* owned until it is sent */
    bool more;
    json_t *reply; /* an object, or with `more` an array of them; NULL with an error */
    char *error;   /* in full, or NULL */
    json_t *error_parameters;
};

/* Where a command stands in the list of all. */
enum topic {
    TOPIC_ASK,
    TOPIC_REPORT,
    TOPIC_KEEP,
    TOPIC_WHO,
    TOPIC_JOURNAL,
    TOPIC_MAIL,
    TOPIC_OPERATE,
    TOPIC_COUNT,
};

/* A command: its line of the help, its options, and what it does. */
struct command {
    const char *name; /* one word, or two: "account add" */
    enum topic topic;
    const char *alias;     /* or NULL */
    const char *arguments; /* for the help: "[KEY[:CODE]]" */
    int min_words, max_words;
    const char *summary;
    int (*run)(struct goal *goal);
    const struct option_row *options; /* its own, or NULL */
    const char *details;              /* more for its help: lines, or NULL */
    const char *examples;             /* lines, or NULL */
    const char *methods;              /* that it calls, separated by blanks */
    bool changes;                     /* takes a request id */
};

struct goal {
    const struct command *command;
    struct args args;
    const char *address;  /* --address, or NULL */
    char *language;       /* to read titles in: --language, else the environment's; NULL: neither */
    const char *strategy; /* GOAL_STRATEGY, or NULL */
    char request_id[37];  /* of a change: --request-id, or a new one */
    int timeout;          /* seconds */
    bool json, colour;
    size_t width; /* columns of output */
    FILE *out;
    struct link *link;     /* NULL until the first call */
    struct target target;  /* the command's first word */
    char **typed;          /* the command line's words, in the order in which they were typed */
    bool at_stake;         /* a change was sent: without its answer, its outcome is unknown */
    bool settling;         /* a change of the outbox is being sent */
    bool kept;             /* the change is in the outbox now */
    json_t *unsettled;     /* the change that has no answer yet; owned by outbox.c */
    char day[11];          /* of a change: the day it speaks of where it names none, else "" */
    const char *day_field; /* what that is called; NULL: "date" */
    json_t *content;       /* what a change says; owned by the command */
    char *note_file;       /* an edited note, until it is recorded; owned by update_run() */
};

/* Says what is wrong, on stderr, and gives the exit code back. */
int goal_fail(enum exit_code exit, const char *format, ...) PRINTF_LIKE(2, 3);

/* Says what an error of the daemon means. `prefix` (or NULL) goes in front: a file's name. */
int goal_fail_error(const char *prefix, const char *error, const json_t *parameters);

/* The same of a question: a value that cannot be is told by the option that said it. */
int goal_fail_question(const struct goal *goal, const char *name, const json_t *error);

/* Says why waiting for the daemon failed: a negative errno of the link. */
int goal_fail_link(const struct goal *goal, int error);

/* Connects, if that was not done yet. Returns an exit code, having said what is wrong. */
int goal_connect(struct goal *goal);

/* Where the daemon is looked for; the caller frees it. */
char *goal_address(const struct goal *goal);

/* Reads "KEY:CODE" into *ret (to be freed by target_done()); pure. NULL is the default. */
void target_parse(const char *word, const char *default_strategy, struct target *ret);
void target_done(struct target *target);

/* Parameters that a command's calls begin with: the target's strategy and code (`code_field` may
 * be another name for it, or NULL), the language if one is asked for. */
json_t *goal_parameters(const struct goal *goal, const char *code_field, bool language);

/* Sets an optional parameter unless the text is NULL. */
void set_text(json_t *parameters, const char *field, const char *text);

/* Sets it from the option of that name, if that was given: as it is; as a word, "off-track" for
 * "off_track"; as a whole number, which it was checked to be. */
void set_option(const struct goal *goal, json_t *parameters, const char *option, const char *field);
void set_word(const struct goal *goal, json_t *parameters, const char *option, const char *field);
void set_number(const struct goal *goal, json_t *parameters, const char *option, const char *field);

/*
 * Makes the calls, all in one write, and reads their answers. `build` fills in the calls' methods
 * and parameters from goal->target; it runs again if the target turns out to be a code. Returns an
 * exit code: EXIT_DONE also where the daemon refused, which asks[].error then says.
 */
int goal_ask(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks),
             struct ask *asks, size_t count);

/* The same, and says what is wrong if the daemon refused one of them. */
int goal_ask_all(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks),
                 struct ask *asks, size_t count);

/* One call without a target, its parameters taken; a refusal is said. */
int goal_ask_one(struct goal *goal, struct ask *ask);

void asks_done(struct ask *asks, size_t count);

/* Prints a reply, or each of a list, as one JSON object a line. */
void goal_print_json(const struct goal *goal, const json_t *reply);

/* Makes one call and prints what it answers: with --json as it came, else through `print`. */
int goal_ask_and_print(struct goal *goal, void (*build)(const struct goal *goal, struct ask *asks),
                       void (*print)(const struct goal *goal, const json_t *reply));

/* Prints a table with headings, or says that nothing is in it. */
struct table;
void goal_print_table(const struct goal *goal, const struct table *table, const char *nothing);

#endif
