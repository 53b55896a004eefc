/*
 * Commands that change one thing: their options become the parameters of a method by a table, and
 * the answer is said in one line. Static tables; nothing is owned here.
 */
#ifndef GOAL_EDIT_H
#define GOAL_EDIT_H

#include "goal.h"

/* What a node may be to another one, separated by blanks. */
#define EDIT_RELATIONS "supersedes split_from merged_from depends_on related"

/* The rules of reminders that can be set, likewise. */
#define EDIT_RULES "due checkin review term escalation"

/* How an option's value is sent. */
enum edit_type {
    EDIT_TEXT,
    EDIT_WORD,   /* "off-track" as off_track */
    EDIT_COUNT,  /* a whole number, as its row checks */
    EDIT_NUMBER, /* "12,5" */
    EDIT_DATE,   /* also today and yesterday */
    EDIT_DAY,    /* the same, of what happens on a day: today, if it is not given */
    EDIT_SPAN,   /* "5y" as P5Y */
    EDIT_CODE,   /* of a node, with or without the strategy's key */
    EDIT_LIST,   /* of texts: the option may be given again */
    EDIT_TEXTS,  /* "en=Text" by language; without one it is the field's second name, if any */
    EDIT_FLAG,
};

/* What takes a value away: --due none. */
#define EDIT_NONE "none"

struct edit_row {
    const char *option, *field;
    enum edit_type type;
    const char *plain; /* of EDIT_TEXTS: the field of a text without a language */
};

struct edit_command {
    const char *method;
    const char *code_field;      /* what the code of the first word is sent as */
    const struct edit_row *rows; /* ended by one without an option; NULL: none */
    const char *done;            /* "added": what is said was done */
};

/* Puts the options' values into the parameters. */
int edit_read(struct goal *goal, const struct edit_row *rows, json_t *content);

/* Runs one: `content` are parameters from elsewhere, taken, or NULL. */
int edit_run(struct goal *goal, const struct edit_command *command, json_t *content);

/* Adds what else is to be said of an answer to its line. */
typedef void edit_words(const json_t *reply, char **line);

int edit_run_saying(struct goal *goal, const struct edit_command *command, json_t *content,
                    edit_words *words);

/* The field is today's date if it is not given: if the change is sent on a later day, it says so.
 */
void edit_keep_day(struct goal *goal, const char *field);

/* What --supersedes and --reason correct: records of one kind. */
struct edit_corrected {
    const char *kind, *one; /* "update", "an update" */
    /* asks for the last one, which stands in the reply; NULL: there is none */
    void (*build)(const struct goal *goal, struct ask *asks);
    const json_t *(*last)(const json_t *reply);
};

/* Puts into the parameters which record is corrected (--supersedes, "last" is asked for) and why;
 * neither without the other. Returns an exit code. */
int edit_correction(struct goal *goal, const struct edit_corrected *corrected, json_t *content);

/* Adds a text to a list of the parameters. */
void edit_add(json_t *content, const char *field, const char *text);

/* The same for a change of what strategies share: the first word names none. */
int edit_run_shared(struct goal *goal, const struct edit_command *command, json_t *content);

/* A code as a word or an option has it: "ls:2.2" and ":2.2" are 2.2 of the strategy that the first
 * word names. */
const char *edit_code(const struct goal *goal, const char *word);

#endif
