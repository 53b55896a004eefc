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

#define CLOSING_OPTIONS                                                                            \
    {"date", 'd', "DATE", "the day it counts from (today)", NULL},                                 \
        {"reason", 'r', "TEXT", "why", NULL},                                                      \
        {"note", 'm', "TEXT", "looking back: what was learned", NULL},                             \
    {                                                                                              \
        "evidence", 'e', "URL", "what proves it; may be given again", NULL                         \
    }

static const struct option_row close_options[] = {
    {"achieved", 0, NULL, "it was reached, or delivered", NULL},
    {"missed", 0, NULL, "it was not, and will not be", NULL},
    {"dropped", 0, NULL, "it was given up", NULL},
    CLOSING_OPTIONS,
    {0},
};

static const struct option_row reopen_options[] = {CLOSING_OPTIONS, {0}};

static const struct option_row reviewed_options[] = {
    {"by", 'b', "HOLDER", "who reviewed it: org:KEY, person:KEY, group:KEY", NULL},
    {"every", 0, "SPAN", "when the next one is due: 12m, 1y", NULL},
    {"date", 'd', "DATE", "the day (today)", NULL},
    {"group", 'g', "KEY", "a group instead of a node", NULL},
    {"message", 'm', "TEXT", "a note", NULL},
    {0},
};

static const struct option_row rule_options[] = {
    {"offsets", 0, "LIST", "days before that day: 30,7,0 (escalation: before each step); none",
     NULL},
    {"every", 0, "DAYS", "after that day again every so many days; none", NULL},
    {"working", 0, NULL, "the offsets are working days", NULL},
    {"calendar", 0, NULL, "they are calendar days", NULL},
    {"off", 0, NULL, "do not remind", NULL},
    {"on", 0, NULL, "do again", NULL},
    {0},
};

static const struct option_row nudge_options[] = {
    {"message", 'm', "TEXT", "what is said to them", NULL},
    {0},
};

static const struct option_row observe_options[] = {
    {"date", 'd', "DATE", "the day it speaks of (today)", NULL},
    {"where", 'w', "DIMENSION=VALUE", "of a part only: region=SE110; may be given again", NULL},
    {"source", 's', "TEXT", "where it is from", NULL},
    {"supersedes", 0, "ID", "the observation that this one corrects; last: the latest one", NULL},
    {"reason", 'r', "TEXT", "why it is corrected", NULL},
    {0},
};

static const struct option_row serve_options[] = {
    {"weight", 'w', "NUMBER", "its weight there (1)", NULL},
    {"remove", 0, NULL, "it serves it no more", NULL},
    {0},
};

#define ROLE_OPTIONS                                                                               \
    {"owner", 0, "HOLDER", "answers for it: org:KEY, person:KEY, group:KEY", NULL},                \
        {"lead", 0, "HOLDER", "leads the work", NULL},                                             \
        {"contributor", 0, "HOLDER", "takes part in the work", NULL},                              \
        {"partner", 0, "HOLDER", "is a partner in it", NULL},                                      \
        {"funder", 0, "HOLDER", "pays for it", NULL},                                              \
        {"beneficiary", 0, "HOLDER", "gains by it", NULL},                                         \
        {"reviewer", 0, "HOLDER", "reviews it", NULL},                                             \
    {                                                                                              \
        "contact", 0, "HOLDER", "is to be asked about it", NULL                                    \
    }

static const struct option_row assign_options[] = {
    ROLE_OPTIONS,
    {"from", 0, "DATE", "since when", NULL},
    {"to", 0, "DATE", "its last day", NULL},
    {"amount", 0, "NUMBER", "of a funder: how much", NULL},
    {"currency", 0, "CODE", "… of what: SEK, NOK, EUR", NULL},
    {"note", 'm', "TEXT", "what they bring", NULL},
    {0},
};

static const struct option_row unassign_options[] = {
    ROLE_OPTIONS,
    {"to", 0, "DATE", "its last day (today)", NULL},
    {"from", 0, "DATE", "which, of several terms", NULL},
    {"mistake", 0, NULL, "it was never so", NULL},
    {0},
};

static const struct option_row link_options[] = {
    {"type", 0, "WORD", "what it is: page, report, decision, data, … (page)", NULL},
    {"title", 0, "TEXT", "its title", NULL},
    {"owner", 0, "KEY", "the organisation whose it is", NULL},
    {0},
};

static const struct option_row unlink_options[] = {
    {"type", 0, "WORD", "which, of several of that address", NULL},
    {0},
};

#define STRATEGY_OPTIONS                                                                           \
    {"alias", 0, "KEY", "a shorter name", NULL}, {"issuer", 0, "TEXT", "whose it is", NULL},       \
        {"start", 0, "DATE", "the first day of its period", NULL},                                 \
        {"end", 0, "DATE", "the last day of its period", NULL},                                    \
        {"visibility", 0, "WORD", "who may read it", "public members"},                            \
        {"cadence", 0, "DAYS", "how often to report, at least", NULL},                             \
        {"calendar", 0, "NAME", "the calendar of its working days", NULL},                         \
        {"time-zone", 0, "ZONE", "where its days begin: Europe/Stockholm", NULL},                  \
    {                                                                                              \
        "default-language", 0, "LANGUAGE", "of titles without a language", NULL                    \
    }

static const struct option_row strategy_add_options[] = {
    {"title", 0, "LANGUAGE=TEXT", "its title in a language; may be given again", NULL},
    STRATEGY_OPTIONS,
    {0},
};

static const struct option_row strategy_options[] = {
    {"title", 0, "TEXT", "its title; en=TEXT in a language; may be given again", NULL},
    STRATEGY_OPTIONS,
    {"acceptance", 0, "WORD", "do updates count only once accepted?", "on off"},
    {"expected", 0, "KIND=NUMBER", "how many there should be; may be given again", NULL},
    {"sector", 0, "KEY=TITLE", "a sector that nodes may have; may be given again", NULL},
    {"remove-sector", 0, "KEY", "a sector that no node has any more", NULL},
    {0},
};

#define NONE_DETAILS                                                                               \
    "What is not named stays. The value none takes one away: --due none.\n"                        \
    "A title without a language is in --language, else in the strategy's own;\n"                   \
    "en= takes the English one away."

const struct command edit_commands[] = {
    {.name = "add",
     .topic = TOPIC_KEEP,
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
     .topic = TOPIC_KEEP,
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
     .topic = TOPIC_KEEP,
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
     .topic = TOPIC_KEEP,
     .arguments = NODE,
     .min_words = 1,
     .max_words = 1,
     .run = remove_run,
     .summary = "remove a node that was added by mistake: nothing refers to it",
     .examples = "goal remove ls:2.9",
     .methods = "RemoveNode",
     .changes = true},
    {.name = "close",
     .topic = TOPIC_REPORT,
     .arguments = NODE,
     .min_words = 1,
     .max_words = 1,
     .run = close_run,
     .options = close_options,
     .summary = "close a node: achieved, missed or dropped",
     .details = "A contributor may close the work they report on; all else is for managers.",
     .examples = "goal close ls:gov-3 --achieved --date 2024-11-30 --evidence "
                 "https://example.org/report\n"
                 "goal close ls:2.9 --dropped --reason \"the budget went elsewhere\"",
     .methods = "CloseNode",
     .changes = true},
    {.name = "reopen",
     .topic = TOPIC_REPORT,
     .arguments = NODE,
     .min_words = 1,
     .max_words = 1,
     .run = reopen_run,
     .options = reopen_options,
     .summary = "open a closed node again",
     .examples = "goal reopen ls:gov-3 --reason \"the register was switched off again\"",
     .methods = "ReopenNode",
     .changes = true},
    {.name = "evidence",
     .topic = TOPIC_REPORT,
     .arguments = NODE " URL…",
     .min_words = 2,
     .max_words = 100,
     .run = evidence_run,
     .summary = "add evidence to a node that was closed",
     .examples = "goal evidence ls:gov-3 https://example.org/report",
     .methods = "AttachEvidence",
     .changes = true},
    {.name = "serve",
     .topic = TOPIC_KEEP,
     .arguments = NODE " CODE",
     .min_words = 2,
     .max_words = 2,
     .run = serve_run,
     .options = serve_options,
     .summary = "let a node serve another one beside its parent",
     .examples = "goal serve ls:gov-1 4.1 --weight 2\ngoal serve ls:gov-1 4.1 --remove",
     .methods = "SetContribution RemoveContribution",
     .changes = true},
    {.name = "assign",
     .topic = TOPIC_KEEP,
     .arguments = "[KEY[:CODE]]",
     .max_words = 1,
     .run = assign_run,
     .options = assign_options,
     .summary = "give an organisation, person or group a role on it",
     .examples = "goal assign ls:2.2 --owner org:vinnova --from 2024\n"
                 "goal assign ls:2.2 --funder org:vinnova --amount 100000000 --currency SEK",
     .methods = "AssignRole",
     .changes = true},
    {.name = "unassign",
     .topic = TOPIC_KEEP,
     .arguments = "[KEY[:CODE]]",
     .max_words = 1,
     .run = unassign_run,
     .options = unassign_options,
     .summary = "end somebody's role on it",
     .examples = "goal unassign ls:2.2 --owner org:vinnova --to 2024-12-31",
     .methods = "EndAssignment",
     .changes = true},
    {.name = "link",
     .topic = TOPIC_KEEP,
     .arguments = NODE " URL",
     .min_words = 2,
     .max_words = 2,
     .run = add_link_run,
     .options = link_options,
     .summary = "link a document or page to it",
     .examples = "goal link ls:gov-1 https://example.org/dir --type decision --title "
                 "\"Dir. 2022:41\"",
     .methods = "AddLink",
     .changes = true},
    {.name = "unlink",
     .topic = TOPIC_KEEP,
     .arguments = NODE " URL",
     .min_words = 2,
     .max_words = 2,
     .run = remove_link_run,
     .options = unlink_options,
     .summary = "take such a link away",
     .examples = "goal unlink ls:gov-1 https://example.org/dir",
     .methods = "RemoveLink",
     .changes = true},
    {.name = "relate",
     .topic = TOPIC_KEEP,
     .arguments = NODE " RELATION [KEY:]CODE",
     .min_words = 3,
     .max_words = 3,
     .run = relate_run,
     .summary = "say how it is related to another node, also of another strategy",
     .details = "Relations are supersedes, split_from, merged_from, depends_on and related. KEY: "
                "names\nanother strategy as a whole.",
     .examples = "goal relate ls:2.2 split_from old:2\n"
                 "goal relate ls: supersedes old:\n"
                 "goal relate ls:2.2 depends_on 4.1",
     .methods = "AddRelation",
     .changes = true},
    {.name = "unrelate",
     .topic = TOPIC_KEEP,
     .arguments = NODE " RELATION [KEY:]CODE",
     .min_words = 3,
     .max_words = 3,
     .run = unrelate_run,
     .summary = "take that back",
     .examples = "goal unrelate ls:2.2 depends_on 4.1",
     .methods = "RemoveRelation",
     .changes = true},
    {.name = "reviewed",
     .topic = TOPIC_REPORT,
     .arguments = "[KEY[:CODE]]",
     .max_words = 1,
     .run = reviewed_run,
     .options = reviewed_options,
     .summary = "record that a node or a group was reviewed",
     .examples = "goal reviewed ls:2.2 --by person:karin-ek --every 12m\n"
                 "goal reviewed ls:group:halsodata --by org:vinnova",
     .methods = "RecordReview",
     .changes = true},
    {.name = "nudge",
     .topic = TOPIC_REPORT,
     .arguments = "KEY[:CODE]",
     .min_words = 1,
     .max_words = 1,
     .run = nudge_run,
     .options = nudge_options,
     .summary = "ask those who answer for a node for an update now, for managers",
     .details = "It goes out with the next reminders, unless an update comes before. A newer "
                "question\ntakes the place of an older one.",
     .examples = "goal nudge ls:2.2 -m \"The board meets on Monday.\"",
     .methods = "NudgeNode",
     .changes = true},
    {.name = "rules",
     .topic = TOPIC_ASK,
     .arguments = "[KEY]",
     .max_words = 1,
     .run = rules_run,
     .summary = "how a strategy reminds people of due dates, check-ins, reviews and terms",
     .methods = "ListReminderRules"},
    {.name = "rule",
     .topic = TOPIC_KEEP,
     .arguments = "KEY RULE",
     .min_words = 2,
     .max_words = 2,
     .run = rule_run,
     .options = rule_options,
     .summary = "change how a strategy reminds people",
     .details =
         "RULE is due, checkin, review, term or escalation: of what is overdue without an update "
         "the\n"
         "group's lead is told, then the target's owner, then the strategy's manager, each after "
         "the\n"
         "days that --offsets has for it. What is not named stays; default is as goald has it.",
     .examples = "goal rule ls due --offsets 30,7,0 --every 14\n"
                 "goal rule ls escalation --offsets 10,10 --working\n"
                 "goal rule ls term --off",
     .methods = "SetReminderRule",
     .changes = true},
    {.name = "observe",
     .topic = TOPIC_REPORT,
     .arguments = NODE " VALUE",
     .min_words = 2,
     .max_words = 2,
     .run = observe_run,
     .options = observe_options,
     .summary = "record an indicator's value on a day",
     .examples = "goal observe ls:ind-1 42,5 --date 2024-12-31 --source SCB\n"
                 "goal observe ls:ind-1 12 --where region=SE110",
     .methods = "RecordObservation ListObservations",
     .changes = true},
    {.name = "strategy add",
     .topic = TOPIC_KEEP,
     .arguments = "KEY",
     .min_words = 1,
     .max_words = 1,
     .run = strategy_add_run,
     .options = strategy_add_options,
     .summary = "begin a new strategy, for admins",
     .details =
         "Its title, language, time zone and who may read it are needed. What else it has\n"
         "comes by goal strategy change, goal add, goal group add and so on, from its managers:\n"
         "goal account grant makes them.",
     .examples = "goal strategy add ny --title sv=\"En ny strategi\" --default-language sv "
                 "--time-zone Europe/Stockholm --visibility public",
     .methods = "ImportBegin ImportChunk ImportCommit",
     .changes = true},
    {.name = "strategy change",
     .topic = TOPIC_KEEP,
     .arguments = "[KEY]",
     .max_words = 1,
     .run = strategy_change_run,
     .options = strategy_options,
     .summary = "change what a strategy is called, asks for and has",
     .details = NONE_DETAILS,
     .examples = "goal strategy change ls --cadence 90 --acceptance on\n"
                 "goal strategy change ls --sector food=\"Mat\" --expected target=30",
     .methods = "ChangeStrategy",
     .changes = true},
    {0},
};
