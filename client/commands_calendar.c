/*
 * The commands about calendars, and their options. Constant; nobody owns anything.
 */
#include "commands.h"

#include "program.h"

static const struct option_row holidays_options[] = {
    {"year", 0, "YEAR", "another year than this one", option_number},
    {0},
};

const struct command calendar_commands[] = {
    {.name = "holidays",
     .topic = TOPIC_ASK,
     .arguments = "[CALENDAR]",
     .max_words = 1,
     .run = holidays_run,
     .options = holidays_options,
     .summary = "the calendars that working days may follow; with one, its days off in a year",
     .details =
         "Working days are Monday to Friday without the days off of the strategy's calendar\n"
         "(goal strategy change KEY --calendar SE). SE and NO are computed from the laws of "
         "Sweden\n"
         "and Norway; those of other countries come from a file, with goal holidays import.",
     .examples = "goal holidays\ngoal holidays SE --year 2027",
     .methods = "ListCalendars ListHolidays"},
    {.name = "holidays remove",
     .topic = TOPIC_OPERATE,
     .arguments = "CALENDAR",
     .min_words = 1,
     .max_words = 1,
     .run = holidays_remove_run,
     .summary = "remove a calendar that no strategy names, for admins",
     .examples = "goal holidays remove FI",
     .methods = "RemoveCalendar",
     .changes = true},
    {0},
};
