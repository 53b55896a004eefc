/*
 * The list of commands and of their options: here those that ask, report and take in and out; the
 * other commands_*.c have the rest. Constant; nobody owns anything.
 */
#include "commands.h"

#include <string.h>

#include "csv_fields.h"
#include "filters.h"
#include "view.h"

#define STATES "on_track at_risk off_track"

const struct option_row global_options[] = {
    {"address", 'a', "ADDRESS", "the daemon's socket: unix:/path, unix:@name or /path", NULL},
    {"json", 'j', NULL, "print replies as they came, one JSON object a line", NULL},
    {"language", 'l', "LANGUAGE", "of titles: sv, nb-NO, … (LC_ALL, LC_MESSAGES or LANG)", NULL},
    {"timeout", 't', "SECONDS", "how long to wait for an answer (30; 0: for ever)", option_number},
    {"request-id", 0, "UUID", "of a change: under the same id it takes effect once", NULL},
    {"help", 'h', NULL, "show the help of goal or of a command", NULL},
    {"version", 'V', NULL, "show the version", NULL},
    {0},
};

/* Of every command that answers about the past; goal_parameters() sends them. */
/* clang-format off */
#define MOMENT_OPTIONS                                                                             \
    {"as-of", 0, "DATE", "how it stood at the end of that day: 2024-05-31, 2024-05, yesterday",    \
     NULL},                                                                                        \
    {"known-at", 0, "T", "only what was known then: a date, an RFC 3339 time, or seq:N", NULL}
/* clang-format on */

static const struct option_row moment_options[] = {
    MOMENT_OPTIONS,
    {0},
};

static const struct option_row export_options[] = {
    MOMENT_OPTIONS,
    {"journal", 0, NULL,
     "the journal as it stands, which goal verify checks and goal restore "
     "brings back",
     NULL},
    {0},
};

static const struct option_row diff_options[] = {
    {"known-at", 0, "T", "how it stood by what was known then; \"then\": at the end of each day",
     NULL},
    {0},
};

static const struct option_row tree_options[] = {
    {"depth", 'd', "LEVELS", "how many levels below it", option_number},
    MOMENT_OPTIONS,
    COLUMNS_ROW,
    FORMAT_ROW,
    {0},
};

static const struct option_row list_options[] = {
    FILTER_ROWS,
    STANDING_ROWS,
    {"parts-of", 0, "CODE", "only its parts: its children and what contributes to it", NULL},
    MOMENT_OPTIONS,
    COLUMNS_ROW,
    SORT_ROW,
    FORMAT_ROW,
    {0},
};

static const struct option_row due_options[] = {
    {"days", 'd', "DAYS", "how many days ahead to look (90)", option_number},
    FILTER_ROWS,
    MOMENT_OPTIONS,
    COLUMNS_ROW,
    SORT_ROW,
    FORMAT_ROW,
    {0},
};

static const struct option_row matrix_options[] = {
    {"rows", 0, "KIND", "what the rows are: nodes of this kind; or what --columns may be", NULL},
    {"columns", 'c', "WHAT", "sector, group, organisation, person, state, stage, priority, …",
     NULL},
    FILTER_ROWS,
    STANDING_ROWS,
    FORMAT_ROW,
    {0},
};

static const struct option_row next_options[] = {
    {"days", 'd', "DAYS", "how many days ahead to look (30)", option_number},
    {0},
};

static const struct option_row check_options[] = {
    {"strict", 0, NULL, "end with exit code 1 if anything is found", NULL},
    {"reviewed-before", 0, "SPAN", "also what was last reviewed longer ago: 12m, 1y, 30d", NULL},
    {0},
};

static const struct option_row history_options[] = {
    {"below", 'b', NULL, "the updates of everything below it too", NULL},
    {"limit", 'n', "NUMBER", "only the newest so many", option_number},
    {0},
};

static const struct option_row observations_options[] = {
    {"limit", 'n', "NUMBER", "only the newest so many", option_number},
    MOMENT_OPTIONS,
    {0},
};

static const struct option_row log_options[] = {
    {"by", 0, "WHO", "only by this user (name or number) or person (key)", NULL},
    {"since", 0, "TIME", "only from this day or time on: 2024-05-31, 2024-05-31T08:00:00Z", NULL},
    {"until", 0, "TIME", "only up to this day or time", NULL},
    {"after", 0, "SEQ", "only entries after this one", option_number},
    {"before", 0, "SEQ", "only entries before this one", option_number},
    {"limit", 'n', "NUMBER", "only the newest so many (20)", option_number},
    {"verify", 0, NULL, "recompute the journal's chain, compare the state with it, tell faults",
     NULL},
    {"head", 0, "SEQ:HASH", "with --verify: a head that was kept elsewhere", NULL},
    {"export", 0, "FILE", "write the whole journal to a file as it stands (- is standard output)",
     NULL},
    {0},
};

static const struct option_row watch_options[] = {
    {"since", 0, "SEQ", "first all entries behind this one", option_number},
    {0},
};

static const struct option_row verify_options[] = {
    {"head", 0, "SEQ:HASH", "a head that was kept elsewhere", NULL},
    {0},
};

static const struct option_row update_options[] = {
    {"percent", 'p', "NUMBER", "how much is done: 40, 40% or 12,5", NULL},
    {"state", 's', "STATE", "how it stands", STATES},
    {"confidence", 'c', "WORD", "how sure that is", "low medium high"},
    {"date", 'd', "DATE", "the day it speaks of: 2024-05-31, 2024-05, 2024, today, yesterday",
     NULL},
    {"message", 'm', "TEXT", "the note", NULL},
    {"file", 'F', "FILE", "the note from a file; - is standard input", NULL},
    {"evidence", 'e', "URL", "what proves it; may be given again", NULL},
    {"no-change", 0, NULL, "nothing new since the last update", NULL},
    {"supersedes", 0, "ID", "the update that this one replaces as a whole; last: the latest one",
     NULL},
    {"reason", 0, "TEXT", "why it is corrected", NULL},
    {"draft", 0, NULL, "keep it as a draft, for your group to see", NULL},
    {0},
};

static const struct option_row inbox_options[] = {
    {"returned", 0, NULL, "what a manager gave back", NULL},
    {0},
};

static const struct option_row decision_options[] = {
    {"message", 'm', "TEXT", "what you say of it", NULL},
    {0},
};

static const struct option_row import_options[] = {
    {"dry-run", 'n', NULL, "check and count, change nothing", NULL},
    {"strategy", 's', "KEY", "the strategy that is there, of what has no record of it", NULL},
    {"csv", 0, "PART", "FILE is CSV; what its rows are", csv_parts},
    {"map", 0, "HEADER=FIELD", "which field a column is, if its header does not say it", NULL},
    {"value", 0, "FIELD:CELL=VALUE", "what a cell stands for; an empty VALUE: for nothing", NULL},
    {"set", 0, "FIELD=VALUE", "the value where there is no cell, or an empty one", NULL},
    {"ignore", 0, "HEADER", "leave that column out", NULL},
    {"separator", 0, "WORD", "what parts cells, if the first line does not tell",
     "comma semicolon tab"},
    {"list-separator", 0, "TEXT", "what parts a list's items beside line breaks (|)", NULL},
    {"dates", 0, "ORDER", "how dates are written that are not 2024-05-31", "ymd dmy mdy"},
    {0},
};

#define NODE "[KEY[:CODE]]"

#define IMPORT_DETAILS                                                                             \
    "CSV is UTF-8 with a row of headers; cells are parted by comma, semicolon or tab. Fields "     \
    "are\n"                                                                                        \
    "those of the import document, nested ones by dots, and a header that is one needs no "        \
    "--map:\n"                                                                                     \
    "code, titles.sv, due.years, links.1.url, assignments.1.organisation, breakdown.region.\n"     \
    "Lists (evidence, sectors) are parted by line breaks or |.\n\n"                                \
    "An update or observation without an id gets one that follows from what it says: the same\n"   \
    "row again changes nothing, an edited one is a new one.\n\n"                                   \
    "A contributor may import updates and observations of what they report on.\n\n"                \
    "--map, --value, --set and --ignore may be given again."

static const struct command commands[] = {
    {.name = "status",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = status_run,
     .options = moment_options,
     .summary = "how a strategy or a node stands, and why",
     .examples = "goal status ls:2.2\ngoal status ls\n"
                 "goal status ls:2.2 --as-of 2021-06-30 --known-at 2021-07-15",
     .methods = "GetStatus ListNodes"},
    {.name = "why",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = why_run,
     .options = moment_options,
     .summary = "the sum behind a status, with all that it is made of",
     .examples = "goal why ls:2.2\ngoal why ls:2.2 --json",
     .methods = "ExplainStatus"},
    {.name = "tree",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = tree_run,
     .options = tree_options,
     .summary = "everything below it, a line a node",
     .details = VIEW_DETAILS,
     .examples = "goal tree ls\ngoal tree ls:2 --depth 1",
     .methods = "ListTree"},
    {.name = "list",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = list_run,
     .options = list_options,
     .summary = "the nodes that fit; with a code, of those below it",
     .details = VIEW_DETAILS,
     .examples = "goal list ls --state off_track --state at_risk\n"
                 "goal list ls --kind target --without group\n"
                 "goal list ls --organisation vinnova --role owner --due-before 2025\n"
                 "goal list ls --kind deliverable --columns groups,code,state,title,links",
     .methods = "ListNodes ListStrategies"},
    {.name = "due",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = due_run,
     .options = due_options,
     .summary = "what is overdue or falls due, the most urgent first",
     .details = VIEW_DETAILS,
     .examples = "goal due ls --days 30\ngoal due ls --format csv --columns code,due,owner",
     .methods = "ListDue"},
    {.name = "matrix",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = matrix_run,
     .options = matrix_options,
     .summary = "which nodes go with which sectors, groups, states …, with totals",
     .details = "Where the rows are nodes, × marks what goes together; else it is counted. A node\n"
                "counts once in a total, whatever number of the columns it is in.",
     .examples = "goal matrix ls --rows initiative --columns sector\n"
                 "goal matrix ls --rows priority --columns state --kind target",
     .methods = "ListNodes"},
    {.name = "diff",
     .topic = TOPIC_ASK,
     .arguments = "KEY[:CODE] FROM TO",
     .min_words = 3,
     .max_words = 3,
     .run = diff_run,
     .options = diff_options,
     .summary = "what changed between two days, the most serious first",
     .details =
         "FROM and TO are dates, or moments of the journal: seq:120, 2024-05-31T14:00:00Z.\n"
         "Nodes and dates are compared as they were recorded at the end of both days; how it\n"
         "stood, on both days by what is known now. With --known-at then, and with moments of\n"
         "the journal, by what was known at each.",
     .examples = "goal diff ls 2024-09-30 2024-12-31\n"
                 "goal diff ls:2.2 2023 2024 --known-at then\ngoal diff ls seq:120 seq:217",
     .methods = "ListChanges"},
    {.name = "next",
     .topic = TOPIC_ASK,
     .arguments = "",
     .run = next_run,
     .options = next_options,
     .summary = "all that you must do now, in every strategy, the most urgent first",
     .examples = "goal next\ngoal next --days 7",
     .methods = "ListTasks"},
    {.name = "check",
     .topic = TOPIC_ASK,
     .arguments = "[KEY]",
     .max_words = 1,
     .run = check_run,
     .options = check_options,
     .summary = "what is incomplete or contradictory in a strategy",
     .details = "An error contradicts itself, a warning needs somebody to act, a notice is not "
                "there yet.\nWho cannot be reached is told to managers, auditors and admins.",
     .examples = "goal check ls\ngoal check ls --strict --reviewed-before 12m",
     .methods = "CheckStrategy"},
    {.name = "show",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = show_run,
     .options = moment_options,
     .summary = "everything that is written about it",
     .examples = "goal show ls:gov-1",
     .methods = "GetNode GetStatus ListNodes ListObservations"},
    {.name = "update",
     .topic = TOPIC_REPORT,
     .alias = "report",
     .arguments = NODE,
     .max_words = 1,
     .run = update_run,
     .options = update_options,
     .summary = "submit progress",
     .details = "Where the daemon cannot be told, it is kept and sent later: goal help outbox.",
     .examples = "goal update ls:2.2 --percent 40 -m \"Half is in\" "
                 "--evidence https://example.org/report\n"
                 "goal update ls:2.2 --no-change\n"
                 "goal update ls:2.2 --supersedes last --reason \"a typing error\" --percent 30",
     .methods = "SubmitUpdate GetStatus",
     .changes = true},
    {.name = "drafts",
     .topic = TOPIC_REPORT,
     .arguments = "[KEY]",
     .max_words = 1,
     .run = drafts_run,
     .summary = "updates of yours or your group's that are not submitted yet",
     .examples = "goal update ls:2.2 --percent 40 --draft\ngoal drafts",
     .methods = "ListDrafts"},
    {.name = "submit",
     .topic = TOPIC_REPORT,
     .arguments = "[KEY:]ID",
     .min_words = 1,
     .max_words = 1,
     .run = submit_run,
     .summary = "submit a draft",
     .examples = "goal submit ls:217",
     .methods = "SubmitDraft",
     .changes = true},
    {.name = "drafts drop",
     .topic = TOPIC_REPORT,
     .arguments = "[KEY:]ID",
     .min_words = 1,
     .max_words = 1,
     .run = drafts_drop_run,
     .summary = "give a draft up",
     .examples = "goal drafts drop ls:217",
     .methods = "DropDraft",
     .changes = true},
    {.name = "inbox",
     .topic = TOPIC_REPORT,
     .arguments = NODE,
     .max_words = 1,
     .run = inbox_run,
     .options = inbox_options,
     .summary = "updates that wait for a manager to accept them",
     .details = "Where a strategy asks for it (goal strategy change --acceptance on), an update "
                "counts once a\nmanager has accepted it. Those who report on a node see what of it "
                "waits or was returned, too.",
     .examples = "goal inbox ls\ngoal inbox ls --returned",
     .methods = "ListUpdates"},
    {.name = "accept",
     .topic = TOPIC_REPORT,
     .arguments = "[KEY:]ID",
     .min_words = 1,
     .max_words = 1,
     .run = accept_run,
     .options = decision_options,
     .summary = "let an update that waits count",
     .examples = "goal accept ls:217",
     .methods = "AcceptUpdate",
     .changes = true},
    {.name = "return",
     .topic = TOPIC_REPORT,
     .arguments = "[KEY:]ID",
     .min_words = 1,
     .max_words = 1,
     .run = return_run,
     .options = decision_options,
     .summary = "give an update that waits back, and say why",
     .examples = "goal return ls:217 -m \"the report is missing\"",
     .methods = "ReturnUpdate",
     .changes = true},
    {.name = "history",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = history_run,
     .options = history_options,
     .summary = "its updates, the newest first",
     .examples = "goal history ls:2.2\ngoal history ls --below --limit 10",
     .methods = "ListUpdates"},
    {.name = "observations",
     .topic = TOPIC_ASK,
     .arguments = NODE,
     .max_words = 1,
     .run = observations_run,
     .options = observations_options,
     .summary = "an indicator's values, the newest first",
     .examples = "goal observations ls:i-1\ngoal observations ls:i-1 --as-of 2023",
     .methods = "ListObservations"},
    {.name = "log",
     .topic = TOPIC_JOURNAL,
     .arguments = NODE,
     .max_words = 1,
     .run = log_run,
     .options = log_options,
     .summary = "who changed what and when, the newest first (. is the registry's journal)",
     .examples = "goal log ls --limit 50\ngoal log ls:2.2 --since 2024-01-01\n"
                 "goal log . --by anna\ngoal log ls --verify",
     .methods = "ListJournal VerifyJournal ExportJournal"},
    {.name = "watch",
     .topic = TOPIC_JOURNAL,
     .arguments = NODE,
     .max_words = 1,
     .run = watch_run,
     .options = watch_options,
     .summary = "tell of changes as they are made; with a code, of those at or below it",
     .details = "A line a change, or with --json an object. It ends when it is interrupted, or the "
                "right to\n"
                "read is gone. When the daemon goes away it waits for it, and misses nothing.",
     .examples = "goal watch ls\ngoal watch ls:2.2 --since 217 --json",
     .methods = "SubscribeEvents GetNode"},
    {.name = "verify",
     .topic = TOPIC_JOURNAL,
     .arguments = "FILE",
     .min_words = 1,
     .max_words = 1,
     .run = verify_run,
     .options = verify_options,
     .summary = "check a journal that was taken out (goal log --export), without a daemon",
     .examples = "goal verify ls.journal\ngoal verify ls.journal --head 217:5d0c…",
     .methods = ""},
    {.name = "restore",
     .topic = TOPIC_JOURNAL,
     .arguments = "FILE",
     .min_words = 1,
     .max_words = 1,
     .run = restore_run,
     .summary = "bring back a journal that was taken out, with its history (for admins)",
     .details =
         "The database must not have the strategy yet, and its registry must be the one beside "
         "which\nthe journal was taken out: into an empty database the registry's journal (.) goes "
         "first,\nthen each strategy's.",
     .examples = "goal restore registry.journal\ngoal restore ls.journal",
     .methods = "RestoreBegin RestoreChunk RestoreCommit",
     .changes = true},
    {.name = "strategies",
     .topic = TOPIC_ASK,
     .arguments = "",
     .run = strategies_run,
     .summary = "the strategies you may read",
     .methods = "ListStrategies"},
    {.name = "export",
     .topic = TOPIC_JOURNAL,
     .arguments = "[KEY] [FILE]",
     .max_words = 2,
     .run = export_run,
     .options = export_options,
     .summary = "write a strategy as an import document, or its journal with all its history",
     .details =
         "An export imported into an empty database gives the same strategy: exported again, "
         "it is the\nsame file. Persons' addresses are in it for admins only, drafts never. "
         "Without FILE it goes to\nstandard output.",
     .examples = "goal export ls ls.json\ngoal export ls --known-at 2024-12-31 | less\n"
                 "goal export --journal ls ls.journal",
     .methods = "ExportStrategy ExportJournal"},
    {.name = "import",
     .topic = TOPIC_JOURNAL,
     .arguments = "FILE",
     .min_words = 1,
     .max_words = 1,
     .run = import_run,
     .options = import_options,
     .summary = "import a strategy from a JSON document, or rows from CSV (- is standard input)",
     .details = IMPORT_DETAILS,
     .examples = "goal import se-life-science-2019.json --dry-run\n"
                 "goal import updates.csv --csv updates --strategy ls --map Kod=node "
                 "--value \"state:På väg=on_track\"\n"
                 "goal import goals.csv --csv nodes --strategy un --map \"Titel (sv)\"=titles.sv "
                 "--set kind=target",
     .methods = "ImportBegin ImportChunk ImportCommit",
     .changes = true},
    {0},
};

static const struct command *const families[] = {
    commands,      people_commands,  edit_commands, operate_commands, subscription_commands,
    mail_commands, calendar_commands};

const struct command *command_at(size_t i)
{
    for (size_t f = 0; f < ARRAY_LEN(families); f++)
        for (const struct command *command = families[f]; command->name; command++)
            if (i-- == 0)
                return command;
    return NULL;
}

static const struct command *by_name(const char *name)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++)
        if (strcmp(command->name, name) == 0 ||
            (command->alias && strcmp(command->alias, name) == 0))
            return command;
    return NULL;
}

const struct command *command_find(char *const *words, int count, int *ret_words)
{
    char two[64];
    if (count == 0)
        return NULL;
    *ret_words = 2;
    int len = count > 1 ? snprintf(two, sizeof(two), "%s %s", words[0], words[1]) : 0;
    const struct command *command = len > 0 && (size_t)len < sizeof(two) ? by_name(two) : NULL;
    if (command)
        return command;
    *ret_words = 1;
    return by_name(words[0]);
}
