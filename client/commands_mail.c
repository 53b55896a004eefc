/*
 * The commands of goal-mail, and their options. Constant; nobody owns anything.
 */
#include "commands.h"

#include "program.h"

/* The options of all commands that send. */
/* clang-format off */
#define DELIVER_ROWS                                                                               \
    {"sendmail", 0, "COMMAND", "takes each mail on its standard input (/usr/sbin/sendmail -t -i)", \
     NULL},                                                                                        \
    {"exec", 0, "COMMAND", "takes each on its standard input as one JSON object instead", NULL},   \
    {"print", 0, NULL, "write them to standard output instead, as a mailbox file has them", NULL}
/* clang-format on */

static const struct option_row remind_options[] = {
    {"dry-run", 'n', NULL, "only say who would get what; with --print show the mails", NULL},
    {"strategy", 0, "KEY", "only what this strategy reminds of", NULL},
    {"limit", 0, "NUMBER", "mails at most", option_number},
    {"list", 0, NULL, "send nothing; list what was sent, failed, is due and to come", NULL},
    {"person", 'p', "KEY", "with --list: only to them, and why they are not told", NULL},
    {"days", 'd', "N", "with --list: so many back and ahead (30)", option_number},
    {"now", 0, "TIME", "as if it were then: a date, or an RFC 3339 time", NULL},
    {"retry", 0, "ID", "send nothing; have this reminder (or: all) tried again by the next run",
     NULL},
    DELIVER_ROWS,
    {0},
};

static const struct option_row digest_options[] = {
    {"dry-run", 'n', NULL, "only say who would get what; with --print show the mails", NULL},
    {"limit", 0, "NUMBER", "mails at most", option_number},
    {"now", 0, "TIME", "as if it were then: a date, or an RFC 3339 time", NULL},
    DELIVER_ROWS,
    {0},
};

static const struct option_row mail_in_options[] = {
    {"recipient", 0, "ADDRESS", "that the mail came to, where its headers may not say it", NULL},
    DELIVER_ROWS,
    {0},
};

const struct command mail_commands[] = {
    {.name = "remind",
     .topic = TOPIC_MAIL,
     .arguments = "[STRATEGY[:CODE]]",
     .max_words = 1,
     .run = remind_start,
     .options = remind_options,
     .summary = "remind people of what is due, late or to be said; for cron",
     .details =
         "Each recipient gets one mail with all that waits, the most urgent first, in their "
         "language.\nEvery reminder is sent once: several runs at a time, runs that come late and "
         "runs that die\nleave nothing out and repeat nothing, but for a mail that was on its way "
         "just then, which\nhas the same Message-ID. What could not be sent is tried again by "
         "later runs, after longer\nand longer pauses.\n\n"
         "COMMAND is run by sh -c for each mail, and has a minute. Its exit code says whether the "
         "mail\nwas taken; what it says is kept as the reason if not. The object of --exec is the "
         "letter as\nthe daemon gives it, with subject, text, html and the whole message.\n\n"
         "With --list it sends nothing and shows what became of the reminders of the last 30 "
         "days, what\nis due and what is to come in the next 30; of a node or a person also why "
         "somebody is not\ntold. Who does not manage the strategy sees what goes to themselves.\n\n"
         "It says nothing when all is well. Exit codes: 0 all is sent or nothing was to be, 1 "
         "something\ncould not be sent, 4 the daemon or its database cannot be reached.",
     .examples = "goal remind --dry-run --strategy ls\n"
                 "goal remind --dry-run --print | less\n"
                 "goal remind --sendmail 'msmtp -t'\n"
                 "goal remind --exec /usr/local/bin/to-our-chat\n"
                 "goal remind --list ls:2.2 --days 90\n"
                 "goal remind --list ls --person anna",
     .methods = "ListReminders ClaimReminders SettleReminders RetryReminder"},
    {.name = "digest",
     .topic = TOPIC_MAIL,
     .arguments = "",
     .run = program_hand_over,
     .options = digest_options,
     .summary = "tell subscribers what changed, at the frequency they chose; for cron",
     .details =
         "Each gets what changed since their last mail, from the journal: nothing falls between "
         "two mails and\nnothing comes twice. Where nothing changed, nothing is sent. An address "
         "that was subscribed is\nasked to confirm first. It sends as `goal remind` does, and ends "
         "with the same exit codes.",
     .examples = "goal digest --dry-run\ngoal digest --dry-run --print | less",
     .methods = "ClaimDigests SettleDigests"},
    {.name = "mail-in",
     .topic = TOPIC_MAIL,
     .arguments = "",
     .run = program_hand_over,
     .options = mail_in_options,
     .summary = "do what a mail says that the MTA pipes here, and answer it",
     .details =
         "The mail is read on standard input. The token that goald's mails carry says what it is "
         "about:\nan answer to a reminder reports progress (\"60 % on track\" and a note; \"2.2: "
         "60 %\" where\nthe reminder named several), a subscriber's confirms (\"confirm\"), "
         "changes (\"weekly\"), shows\n(\"show\") or ends (\"unsubscribe\") a subscription. "
         "English, Swedish and Norwegian are\nunderstood. What is not clear is answered with what "
         "was not understood, and nothing is done.\nAnswers go to the address that the daemon has "
         "under the token, never to the sender's.\n\n"
         "Mails of programs (absence notes, bounces, lists) are passed over. Who runs it needs the "
         "mail\nrole. Exit codes are those of sysexits.h: 0 done, 65 the mail cannot be used "
         "(its token is\nunknown, too old or used), 77 it is not from whom the reminder went to, "
         "75 try again later.",
     .examples = "# /etc/aliases, with plus-addressing:  goald: \"|/usr/bin/goal mail-in\"\n"
                 "goal mail-in --print <mail",
     .methods = "HandInUpdate"},
    {0},
};
