/*
 * The commands of goal-mail, and their options. Constant; nobody owns anything.
 */
#include "commands.h"

#include "program.h"

static const struct option_row remind_options[] = {
    {"now", 0, "TIME", "as if it were then: a date, or an RFC 3339 time", NULL},
    {"dry-run", 'n', NULL, "only say who would get what", NULL},
    {"strategy", 0, "KEY", "only what this strategy reminds of", NULL},
    {"limit", 0, "NUMBER", "mails at most", option_number},
    {0},
};

const struct command mail_commands[] = {
    {.name = "remind",
     .topic = TOPIC_OPERATE,
     .arguments = "",
     .run = program_hand_over,
     .options = remind_options,
     .summary = "remind people of what is due, late or to be said; for cron",
     .examples = "goal remind --dry-run --strategy ls",
     .methods = ""},
    {0},
};
