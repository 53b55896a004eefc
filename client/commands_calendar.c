/*
 * The commands about calendars, and their options. Constant; nobody owns anything.
 */
#include "commands.h"

#include "program.h"

static const struct option_row holidays_options[] = {
    {"year", 0, "YEAR", "another year than this one", option_number},
    {0},
};

static const struct option_row import_options[] = {
    {"from", 0, "YEAR", "expand what repeats from this year on (last year)", option_number},
    {"to", 0, "YEAR", "… up to and with this one (ten years ahead)", option_number},
    {"source", 0, "TEXT", "where the days are from (the file's name)", NULL},
    {0},
};

static const struct option_row calendar_options[] = {
    {"person", 'p', "KEY", "only what this person reports on and holds", NULL},
    {0},
};

const struct command calendar_commands[] = {
    {.name = "calendar",
     .topic = TOPIC_ASK,
     .arguments = "[KEY[:CODE]]",
     .max_words = 1,
     .run = program_hand_over,
     .options = calendar_options,
     .summary = "deadlines, reviews and term ends as an iCalendar file",
     .details =
         "Of a strategy, of a node and what lies below it, or of all strategies that you may "
         "read.\n"
         "Calendar programs know each date by its UID, and take a newer SEQUENCE for the date "
         "that\n"
         "holds; what was dropped or removed is cancelled. A month or a year counts on its last\n"
         "day. The same state gives the same bytes, so a file that did not change need not be "
         "sent.",
     .examples = "goal calendar ls >ls.ics\ngoal calendar --person karin-ek --language sv",
     .methods = "ListCalendar"},
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
    {.name = "holidays import",
     .topic = TOPIC_KEEP,
     .arguments = "CALENDAR FILE.ics|-",
     .min_words = 2,
     .max_words = 2,
     .run = program_hand_over,
     .options = import_options,
     .summary = "make a calendar of the whole days in an iCalendar file, for admins",
     .details =
         "Each event of one or more whole days is days off; what has a time of day, or is\n"
         "cancelled, is left out. What repeats is expanded for the years of --from and --to,\n"
         "without its exceptions. The days take the place of those that the calendar had.",
     .examples = "goal holidays import FI finland.ics\n"
                 "goal holidays import FI finland.ics --from 2025 --to 2040",
     .methods = "PutCalendar",
     .changes = true},
    {.name = "holidays remove",
     .topic = TOPIC_KEEP,
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
