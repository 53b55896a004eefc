/*
 * The commands of goal-mail by name; what they are called with stands in the table of all commands.
 */
#include "runs.h"

#include "mail/holidays.h"
#include "remind.h"

const struct program_run mail_runs[] = {
    {"remind", remind_run},
    {"holidays import", holidays_import_run},
    {0},
};
