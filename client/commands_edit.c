/*
 * The commands that change a strategy one thing at a time, and their options. Constant; nobody owns
 * anything.
 */
#include "commands.h"

#define KINDS "priority target need initiative deliverable indicator"
#define NODE "KEY:CODE"

/* What a new node may have, and an old one may get. */
#define NODE_OPTIONS                                                                               \
    {"kind", 'k', "KIND", "what it is", KINDS},                                                    \
        {"title", 0, "TEXT", "its title; en=TEXT in a language; may be given again", NULL},        \
        {"stage", 's', "STAGE", "of work: what we want to do, or what we do",                      \
         "planned ongoing none"},                                                                  \
        {"start", 0, "DATE", "when it starts", NULL},                                              \
        {"due", 'd', "DATE", "when it is due", NULL},                                              \
        {"due-after", 0, "SPAN", "due so long after the start: 5y, 18m, 30d", NULL},               \
        {"weight", 'w', "NUMBER", "its weight among its parent's parts (1)", NULL},                \
        {"cadence", 0, "DAYS", "how often to report, at least", NULL},                             \
        {"baseline", 0, "NUMBER", "of an indicator: the value at 0 %", NULL},                      \
        {"target", 0, "NUMBER", "of an indicator: the value at 100 %", NULL},                      \
        {"unit", 0, "TEXT", "of an indicator: what it is counted in", NULL},                       \
        {"direction", 0, "WORD", "of an indicator: where it shall go", "up down none"},            \
    {                                                                                              \
        "sector", 0, "KEY", "a sector it belongs to; may be given again", NULL                     \
    }

static const struct option_row add_options[] = {
    NODE_OPTIONS,
    {"parent", 'p', "CODE", "the node it is below (the strategy)", NULL},
    {0},
};

static const struct option_row change_options[] = {
    NODE_OPTIONS,
    {"parent", 'p', "CODE", "the node it is below", NULL},
    {"code", 0, "CODE", "another code for it", NULL},
    {0},
};

static const struct option_row move_options[] = {
    {"under", 'u', "CODE", "the node it shall be below; none: the strategy", NULL},
    {0},
};

#define NONE_DETAILS                                                                               \
    "What is not named stays. The value none takes one away: --due none.\n"                        \
    "A title without a language is in --language, else in the strategy's own;\n"                   \
    "en= takes the English one away."

const struct command edit_commands[] = {
    {.name = "add",
     .arguments = "[KEY[:CODE]]",
     .max_words = 1,
     .run = add_run,
     .options = add_options,
     .summary = "add a node; without a code it gets the next free one of n1, n2, …",
     .examples =
         "goal add ls:2.9 --kind target --title \"Ett nytt mål\" --title en=\"A new target\" "
         "--parent 2\n"
         "goal add ls --kind deliverable --title \"En rapport\" --parent 2.2 --due 2026-06",
     .methods = "AddNode",
     .changes = true},
    {.name = "change",
     .arguments = NODE,
     .min_words = 1,
     .max_words = 1,
     .run = change_run,
     .options = change_options,
     .summary = "change a node",
     .details = NONE_DETAILS,
     .examples = "goal change ls:2.9 --due 2027-12-31 --title en=\"A better title\"\n"
                 "goal change ls:2.9 --due none --weight 2",
     .methods = "ChangeNode",
     .changes = true},
    {.name = "move",
     .arguments = NODE,
     .min_words = 1,
     .max_words = 1,
     .run = move_run,
     .options = move_options,
     .summary = "put a node, and what is below it, below another one",
     .examples = "goal move ls:2.9 --under 3",
     .methods = "ChangeNode",
     .changes = true},
    {.name = "remove",
     .arguments = NODE,
     .min_words = 1,
     .max_words = 1,
     .run = remove_run,
     .summary = "remove a node that was added by mistake: nothing refers to it",
     .examples = "goal remove ls:2.9",
     .methods = "RemoveNode",
     .changes = true},
    {0},
};
