/*
 * The commands about subscriptions, and their options. Constant; nobody owns anything.
 */
#include "commands.h"

#define FREQUENCIES "immediate daily weekly monthly"

static const struct option_row subscribe_options[] = {
    {"topic", 0, "TOPIC", "what to be told about; may be given again", NULL},
    {"frequency", 'f', "HOW", "one for all mails to the address", FREQUENCIES},
    {0},
};

static const struct option_row subscriptions_options[] = {
    {"token", 0, "TOKEN", "of the address that got a mail with it", NULL},
    {"frequency", 'f', "HOW", "with --token: another one from now on", FREQUENCIES},
    {"remove", 0, "TOPIC", "with --token: no longer about this; may be given again", NULL},
    {0},
};

const struct command subscription_commands[] = {
    {.name = "subscribe",
     .topic = TOPIC_MAIL,
     .arguments = "ADDRESS",
     .min_words = 1,
     .max_words = 1,
     .run = subscribe_run,
     .options = subscribe_options,
     .summary = "tell an address by mail what changes",
     .details =
         "A TOPIC is a strategy (\"ls\"), a node with what lies below it (\"ls:2.2\"), a group "
         "(\"group:ls:halsodata\"),\nan organisation (\"org:vinnova\", \"org:ls:vinnova\") or a "
         "sector (\"sector:food\", \"sector:ls:food\").\n\n"
         "The address is asked to confirm, by a mail that `goal digest` sends; nothing else is "
         "sent before.\nTopics that are asked for later are added; the frequency is that which was "
         "asked for last.\nThe first mail comes as soon as something changes, the next ones at "
         "that "
         "frequency.\n--language says in which language the mails are.",
     .examples = "goal subscribe kari@example.no --topic ls:2.2 --topic sector:food "
                 "--frequency weekly",
     .methods = "Subscribe"},
    {.name = "subscriptions",
     .topic = TOPIC_MAIL,
     .arguments = "[ADDRESS]",
     .max_words = 1,
     .run = subscriptions_run,
     .options = subscriptions_options,
     .summary = "who is told what, and how often",
     .details = "Your own, or those that you manage: of one address, or of all.",
     .examples = "goal subscriptions kari@example.no\n"
                 "goal subscriptions --token TOKEN --frequency monthly",
     .methods = "ListSubscriptions ChangeSubscription"},
    {.name = "unsubscribe",
     .topic = TOPIC_MAIL,
     .arguments = "TOKEN",
     .min_words = 1,
     .max_words = 1,
     .run = unsubscribe_run,
     .summary = "end a subscription, and forget its address",
     .details = "The TOKEN stands in each mail. No login is needed: whoever has the mail may.",
     .methods = "Unsubscribe"},
    {.name = "confirm",
     .topic = TOPIC_MAIL,
     .arguments = "TOKEN",
     .min_words = 1,
     .max_words = 1,
     .run = confirm_run,
     .summary = "confirm a subscription, with the token of the mail that asks for it",
     .methods = "ConfirmSubscription"},
    {0},
};
