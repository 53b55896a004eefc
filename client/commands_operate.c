/*
 * The commands about oneself and the daemon, and their options. Constant; nobody owns anything.
 */
#include "commands.h"

static const struct option_row account_add_options[] = {
    {"realm", 0, "REALM", "the hosts that share its user number (the daemon's own)", NULL},
    {"person", 0, "KEY", "the person it is, by the key in the import document", NULL},
    {"name", 0, "NAME", "the name of a new person", NULL},
    {0},
};

static const struct option_row account_options[] = {
    {"realm", 0, "REALM", "the hosts that share its user number (the daemon's own)", NULL},
    {0},
};

static const struct option_row account_role_options[] = {
    {"realm", 0, "REALM", "the hosts that share its user number (the daemon's own)", NULL},
    {"everywhere", 0, NULL, "on all strategies, whatever GOAL_STRATEGY says", NULL},
    {0},
};

static const struct option_row call_options[] = {
    {"more", 0, NULL, "ask for all replies of a method that streams", NULL},
    {"oneway", 0, NULL, "ask for no reply", NULL},
    {0},
};

static const struct option_row outbox_drop_options[] = {
    {"all", 0, NULL, "drop everything", NULL},
    {0},
};

#define WORDS_ANY 1000

/* What every change does when it cannot be told to the daemon. */
#define OUTBOX_DETAILS                                                                             \
    "A change is kept here, and goal exits with 4, when the daemon or its database cannot be\n"    \
    "reached, when the connection breaks or the time is up before the answer, and when the\n"      \
    "daemon is too busy. It is kept for the address it was meant for, under its request id, so\n"  \
    "that it takes effect once however often it is sent; an update keeps the day it was made.\n\n" \
    "The next change sends what is kept first, in order. While that cannot be done, it is kept\n"  \
    "behind it. What the daemon refuses stays, with the reason, and holds up nothing: what is\n"   \
    "behind it is sent. It is tried again by `goal outbox send`; `goal outbox drop` gives it "     \
    "up.\n\n"                                                                                      \
    "Not kept: goal import (repeat it with its --request-id), goal call, --supersedes last, and\n" \
    "a change that you interrupt.\n\n"                                                             \
    "It is the folder $XDG_STATE_HOME/goal/outbox, or ~/.local/state/goal/outbox."

const struct command operate_commands[] = {
    {.name = "whoami",
     .topic = TOPIC_OPERATE,
     .arguments = "",
     .run = whoami_run,
     .summary = "who you are here, and what you may do",
     .methods = "WhoAmI"},
    {.name = "account list",
     .topic = TOPIC_OPERATE,
     .arguments = "",
     .run = account_list_run,
     .summary = "the accounts and their roles",
     .methods = "ListAccounts"},
    {.name = "account add",
     .topic = TOPIC_OPERATE,
     .arguments = "USER",
     .min_words = 1,
     .max_words = 1,
     .run = account_add_run,
     .options = account_add_options,
     .summary = "make an account for a user (name or number)",
     .examples = "goal account add anna --name \"Anna Berg\"",
     .methods = "AddAccount",
     .changes = true},
    {.name = "account grant",
     .topic = TOPIC_OPERATE,
     .arguments = "USER ROLE [KEY]",
     .min_words = 2,
     .max_words = 3,
     .run = account_grant_run,
     .options = account_role_options,
     .summary = "give it a role on one strategy; without KEY everywhere, on all strategies",
     .details =
         "Without KEY the role holds EVERYWHERE, on every strategy there is or will be "
         "(unless\nGOAL_STRATEGY is set: then on that one, but with --everywhere on all).\n\n"
         "Roles\n"
         "  reader    may read a members-only strategy\n"
         "  manager   may report on any node, change the strategy, and import\n"
         "  auditor   may read everything, the registry's journal too\n"
         "  admin     may make accounts, give rights and add new strategies\n"
         "  reminder  may send reminders and digests: cron's user\n"
         "  mail      may hand in the mails that come: the MTA's user",
     .examples = "goal account grant anna manager ls",
     .methods = "GrantRole",
     .changes = true},
    {.name = "account revoke",
     .topic = TOPIC_OPERATE,
     .arguments = "USER ROLE [KEY]",
     .min_words = 2,
     .max_words = 3,
     .run = account_revoke_run,
     .options = account_role_options,
     .summary = "take a role away again; without KEY the one that holds everywhere",
     .examples = "goal account revoke anna manager ls",
     .methods = "RevokeRole",
     .changes = true},
    {.name = "account disable",
     .topic = TOPIC_OPERATE,
     .arguments = "USER",
     .min_words = 1,
     .max_words = 1,
     .run = account_disable_run,
     .options = account_options,
     .summary = "let an account do nothing any more",
     .methods = "DisableAccount",
     .changes = true},
    {.name = "account enable",
     .topic = TOPIC_OPERATE,
     .arguments = "USER",
     .min_words = 1,
     .max_words = 1,
     .run = account_enable_run,
     .options = account_options,
     .summary = "let a disabled account act again",
     .methods = "DisableAccount",
     .changes = true},
    {.name = "outbox",
     .topic = TOPIC_OPERATE,
     .arguments = "",
     .run = outbox_run,
     .summary = "the changes that are kept until the daemon can be told",
     .details = OUTBOX_DETAILS,
     .methods = ""},
    {.name = "outbox send",
     .topic = TOPIC_OPERATE,
     .arguments = "[ID…]",
     .max_words = WORDS_ANY,
     .run = outbox_send_run,
     .summary = "send them now, in order, also those that were refused; or only some",
     .details = OUTBOX_DETAILS,
     .examples = "goal outbox send\ngoal outbox send 3f2a1b9c",
     .methods = ""},
    {.name = "outbox drop",
     .topic = TOPIC_OPERATE,
     .arguments = "[ID…]",
     .max_words = WORDS_ANY,
     .run = outbox_drop_run,
     .options = outbox_drop_options,
     .summary = "give up what is kept: what has an id there, or all",
     .details =
         "What is dropped is not sent any more. If its state is \"no answer\" it may have been\n"
         "made nevertheless: look (goal history, goal log).",
     .examples = "goal outbox drop 3f2a1b9c\ngoal outbox drop --all",
     .methods = ""},
    {.name = "server",
     .topic = TOPIC_OPERATE,
     .arguments = "",
     .run = server_run,
     .summary = "how the daemon is doing",
     .methods = "GetServerStatus"},
    {.name = "ping",
     .topic = TOPIC_OPERATE,
     .arguments = "",
     .run = ping_run,
     .summary = "does the daemon answer?",
     .methods = "Ping"},
    {.name = "call",
     .topic = TOPIC_OPERATE,
     .arguments = "METHOD [JSON|@FILE|-]",
     .min_words = 1,
     .max_words = 2,
     .run = call_run,
     .options = call_options,
     .summary = "call any method of any interface that the daemon has",
     .examples = "goal call GetStatus '{\"strategy\":\"ls\",\"code\":\"2.2\"}'\n"
                 "goal call org.varlink.service.GetInfo",
     .methods = ""},
    {.name = "introspect",
     .topic = TOPIC_OPERATE,
     .arguments = "[INTERFACE]",
     .max_words = 1,
     .run = introspect_run,
     .summary = "the daemon's interfaces, or the description of one",
     .methods = ""},
    {.name = "help",
     .topic = TOPIC_OPERATE,
     .arguments = "[COMMAND]",
     .max_words = 2,
     .run = help_run,
     .summary = "the help of goal or of a command",
     .methods = ""},
    {0},
};
