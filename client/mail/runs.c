/*
 * The commands of goal-mail by name; what they are called with stands in the table of all commands.
 */
#include "runs.h"

#include "digest.h"
#include "mail/calendar_run.h"
#include "mail/holidays.h"
#include "mail/mail_in.h"
#include "remind.h"

const struct program_run mail_runs[] = {
    {"digest", digest_run},     {"mail-in", mail_in_run},
    {"remind", remind_run},     {"holidays import", holidays_import_run},
    {"calendar", calendar_run}, {0},
};
