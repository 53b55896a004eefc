/*
 * The commands about groups, organisations and persons, and their options. Constant; nobody owns
 * anything.
 */
#include "commands.h"

#define GROUP_KINDS "advisory_group working_group centre partnership network"
#define MEMBER_ROLES "lead chair secretary member secondment contact"

static const struct option_row group_options[] = {
    {"kind", 'k', "KIND", "only of this kind", GROUP_KINDS},
    {"type", 0, "WORDS", "only what has these words in its type", NULL},
    {"area", 0, "WORDS", "only with such an area; MEMBERS are then whom to contact about it", NULL},
    {"goal", 'g', "CODE", "only what aims at this node, or at something below it", NULL},
    {"member", 'm', "KEY", "only where this organisation or person is in", NULL},
    {"role", 0, "ROLE", "only with members of this role; MEMBERS are these", MEMBER_ROLES},
    {"current", 0, NULL, "only where the term has not ended", NULL},
    {"ended", 0, NULL, "only where the term has ended", NULL},
    {0},
};

static const struct option_row people_options[] = {
    {"strategy", 's', "KEY", "only in this strategy", NULL},
    {"text", 0, "WORDS", "of a list: only what has these words in its key or name", NULL},
    {"current", 0, NULL, "of one: only the roles that hold today", NULL},
    {0},
};

#define GROUP_OPTIONS                                                                              \
    {"kind", 'k', "KIND", "what it is", GROUP_KINDS},                                              \
        {"type", 0, "TEXT", "a word for what sort of it: university, students, …", NULL},          \
        {"name", 0, "TEXT", "its name; en=TEXT in a language; may be given again", NULL},          \
        {"parent", 'p', "GROUP", "the group it belongs to", NULL},                                 \
        {"area", 0, "TEXT", "what it knows about; may be given again", NULL},                      \
        {"mailbox", 0, "ADDRESS", "the address of its function, for reminders", NULL},             \
        {"term-from", 0, "DATE", "when its term begins", NULL},                                    \
    {                                                                                              \
        "term-to", 0, "DATE", "when its term ends: its members' rights end with it", NULL          \
    }

static const struct option_row group_add_options[] = {GROUP_OPTIONS, {0}};

static const struct option_row group_change_options[] = {
    GROUP_OPTIONS,
    {"key", 0, "GROUP", "another key for it", NULL},
    {0},
};

static const struct option_row join_options[] = {
    {"org", 'o', "KEY", "the organisation that becomes a member", NULL},
    {"person", 'p', "KEY", "the person who becomes a member", NULL},
    {"role", 'r', "ROLE", "what it is in the group", MEMBER_ROLES},
    {"via", 0, "KEY", "the organisation that the person sits there for", NULL},
    {"seat", 0, "TEXT", "the seat it takes, in words", NULL},
    {"area", 0, "TEXT", "the group's area that it answers for", NULL},
    {"from", 0, "DATE", "since when", NULL},
    {"to", 0, "DATE", "until when", NULL},
    {"source", 0, "TEXT", "where this is known from", NULL},
    {0},
};

static const struct option_row leave_options[] = {
    {"org", 'o', "KEY", "the organisation that leaves", NULL},
    {"person", 'p', "KEY", "the person who leaves", NULL},
    {"to", 0, "DATE", "its last day (today)", NULL},
    {"role", 'r', "ROLE", "which membership, where there are several", MEMBER_ROLES},
    {"seat", 0, "TEXT", "likewise", NULL},
    {"from", 0, "DATE", "likewise", NULL},
    {"mistake", 0, NULL, "it was never true: remove it", NULL},
    {0},
};

static const struct option_row aim_options[] = {
    {"remove", 0, NULL, "take the aim away again", NULL},
    {0},
};

static const struct option_row org_options[] = {
    {"name", 0, "LANGUAGE=TEXT", "its name in a language; may be given again", NULL},
    {"mailbox", 0, "ADDRESS", "the address of its function, for reminders", NULL},
    {0},
};

static const struct option_row person_add_options[] = {
    {"name", 0, "TEXT", "the person's name", NULL},
    {"email", 0, "ADDRESS", "the person's address", NULL},
    {0},
};

static const struct option_row person_change_options[] = {
    {"name", 0, "TEXT", "the person's name", NULL},
    {"email", 0, "ADDRESS", "the person's address", NULL},
    {"key", 0, "KEY", "another key", NULL},
    {0},
};

static const struct option_row forget_options[] = {
    {"new-key", 0, "KEY", "another key, which tells nothing of the person: p17", NULL},
    {0},
};

static const struct option_row person_join_options[] = {
    {"as", 0, "WORD", "what the person is there", "member reporter"},
    {"from", 0, "DATE", "since when", NULL},
    {"to", 0, "DATE", "until when", NULL},
    {0},
};

static const struct option_row person_leave_options[] = {
    {"to", 0, "DATE", "the last day (today)", NULL},
    {"as", 0, "WORD", "which affiliation, where there are several", "member reporter"},
    {"from", 0, "DATE", "likewise", NULL},
    {"mistake", 0, NULL, "it was never true: remove it", NULL},
    {0},
};

#define SHARED_DETAILS                                                                             \
    "Organisations and persons are shared by all strategies: a manager may add new ones, what\n"   \
    "is there is for admins to change."

#define MAIL_LANGUAGE                                                                              \
    "Mails to the person are in the language that --language gives (none: each strategy's own)."

const struct command people_commands[] = {
    {.name = "group",
     .topic = TOPIC_ASK,
     .arguments = "[KEY[:GROUP]]",
     .max_words = 1,
     .run = group_run,
     .options = group_options,
     .summary = "the groups that fit; with a group, its members and its work",
     .examples = "goal group ls:halsodata\n"
                 "goal group ls --goal 2.2\n"
                 "goal group ls --role secondment --current",
     .methods = "ListGroups GetGroup ListRoles"},
    {.name = "group add",
     .topic = TOPIC_WHO,
     .arguments = "KEY:GROUP",
     .min_words = 1,
     .max_words = 1,
     .run = group_add_run,
     .options = group_add_options,
     .summary = "add a group",
     .examples = "goal group add ki:klimat --kind network --type university --name Klimatnätverket "
                 "--area \"klimat och hälsa\"",
     .methods = "AddGroup",
     .changes = true},
    {.name = "group change",
     .topic = TOPIC_WHO,
     .arguments = "KEY:GROUP",
     .min_words = 1,
     .max_words = 1,
     .run = group_change_run,
     .options = group_change_options,
     .summary = "change a group, or end its term",
     .details =
         "What is not named stays. The value none takes one away: --term-to none. Of areas all\n"
         "are given.",
     .examples = "goal group change ls:halsodata --term-to 2027-12-31",
     .methods = "ChangeGroup",
     .changes = true},
    {.name = "group remove",
     .topic = TOPIC_WHO,
     .arguments = "KEY:GROUP",
     .min_words = 1,
     .max_words = 1,
     .run = group_remove_run,
     .summary = "remove a group that was added by mistake: nothing refers to it",
     .methods = "RemoveGroup",
     .changes = true},
    {.name = "group join",
     .topic = TOPIC_WHO,
     .arguments = "KEY:GROUP",
     .min_words = 1,
     .max_words = 1,
     .run = group_join_run,
     .options = join_options,
     .summary = "make an organisation or a person a member",
     .details = "The same member, role, seat and --from again change the rest.",
     .examples = "goal group join ls:halsodata --person karin-ek --role secretary --via vinnova "
                 "--from 2026-01\n"
                 "goal group join ki:kris --org msb --role secondment --area beredskap",
     .methods = "AddMember",
     .changes = true},
    {.name = "group leave",
     .topic = TOPIC_WHO,
     .arguments = "KEY:GROUP",
     .min_words = 1,
     .max_words = 1,
     .run = group_leave_run,
     .options = leave_options,
     .summary = "end a membership; its rights end with it",
     .examples = "goal group leave ls:halsodata --person karin-ek --to 2026-12-31",
     .methods = "EndMembership",
     .changes = true},
    {.name = "group aim",
     .topic = TOPIC_WHO,
     .arguments = "KEY:GROUP CODE",
     .min_words = 2,
     .max_words = 2,
     .run = group_aim_run,
     .options = aim_options,
     .summary = "let a group work toward a node, or no longer",
     .examples = "goal group aim ls:halsodata 2.2\ngoal group aim ls:halsodata 2.2 --remove",
     .methods = "AddAim RemoveAim",
     .changes = true},
    {.name = "partnership",
     .topic = TOPIC_ASK,
     .arguments = "KEY:GROUP",
     .min_words = 1,
     .max_words = 1,
     .run = partnership_run,
     .summary = "what each side of a group contributes, its results and who benefits",
     .details =
         "What the group aims at or has a role on is looked at, what is below that, and what\n"
         "contributes to any of it. Results are delivered work and links of the type result.",
     .examples = "goal partnership ki:beredskap",
     .methods = "GetGroup ListPartnership"},
    {.name = "org",
     .topic = TOPIC_ASK,
     .arguments = "[ORGANISATION]",
     .max_words = 1,
     .run = org_run,
     .options = people_options,
     .summary = "the organisations that take part; with one, its roles everywhere",
     .examples = "goal org\ngoal org vinnova --current",
     .methods = "ListOrganisations GetOrganisation ListRoles"},
    {.name = "org add",
     .topic = TOPIC_WHO,
     .arguments = "ORGANISATION",
     .min_words = 1,
     .max_words = 1,
     .run = org_add_run,
     .options = org_options,
     .summary = "add an organisation",
     .details = SHARED_DETAILS,
     .examples = "goal org add kth --name sv=\"Kungliga Tekniska högskolan\" --mailbox "
                 "registrator@kth.example",
     .methods = "AddOrganisation",
     .changes = true},
    {.name = "org change",
     .topic = TOPIC_WHO,
     .arguments = "ORGANISATION",
     .min_words = 1,
     .max_words = 1,
     .run = org_change_run,
     .options = org_options,
     .summary = "change an organisation's names or mailbox; en= and none take one away",
     .details = SHARED_DETAILS,
     .examples = "goal org change kth --name en=\"Royal Institute of Technology\"",
     .methods = "ChangeOrganisation",
     .changes = true},
    {.name = "person",
     .topic = TOPIC_ASK,
     .arguments = "[PERSON]",
     .max_words = 1,
     .run = person_run,
     .options = people_options,
     .summary = "the persons who take part; with one, their roles everywhere",
     .examples = "goal person --strategy ls\ngoal person karin-ek",
     .methods = "ListPersons GetPerson ListRoles"},
    {.name = "person add",
     .topic = TOPIC_WHO,
     .arguments = "PERSON",
     .min_words = 1,
     .max_words = 1,
     .run = person_add_run,
     .options = person_add_options,
     .summary = "add a person",
     .details = SHARED_DETAILS
     "\n\n"
     "The name and the address can be erased later, the key cannot: the journal holds it for\n"
     "ever. A key that is no name (p17) is the better one.\n\n" MAIL_LANGUAGE,
     .examples = "goal person add p17 --name \"Karin Ek\" --email karin@example.org --language nb",
     .methods = "AddPerson",
     .changes = true},
    {.name = "person change",
     .topic = TOPIC_WHO,
     .arguments = "PERSON",
     .min_words = 1,
     .max_words = 1,
     .run = person_change_run,
     .options = person_change_options,
     .summary = "change a person's name, address, language or key; none takes one away",
     .details = SHARED_DETAILS "\n\n" MAIL_LANGUAGE,
     .examples = "goal person change p17 --email none",
     .methods = "ChangePerson",
     .changes = true},
    {.name = "person forget",
     .topic = TOPIC_WHO,
     .arguments = "PERSON",
     .min_words = 1,
     .max_words = 1,
     .run = person_forget_run,
     .options = forget_options,
     .summary = "erase a person's name and address, for admins",
     .details =
         "They are erased in all versions, with the salts of the digests that the journal holds "
         "of\n"
         "them: no list, log or answer about the past shows them any more. What the person did\n"
         "stays, under the key. Where the key is itself a name, give another one with --new-key:\n"
         "it is shown from then on, but the journal keeps the old key, as it keeps everything, "
         "and\n"
         "answers about the past show it. Notes are not searched for names.\n\n"
         "Backups, and PostgreSQL's files until they are vacuumed, may still hold what was erased.",
     .examples = "goal person forget karin-ek --new-key p17",
     .methods = "ForgetPerson",
     .changes = true},
    {.name = "person join",
     .topic = TOPIC_WHO,
     .arguments = "PERSON ORGANISATION",
     .min_words = 2,
     .max_words = 2,
     .run = person_join_run,
     .options = person_join_options,
     .summary = "say that a person belongs to an organisation, or reports for it",
     .details =
         "A reporter may report on all that the organisation has a role on, in every strategy.",
     .examples = "goal person join p17 vinnova --as reporter --from 2026-01",
     .methods = "AddAffiliation",
     .changes = true},
    {.name = "person leave",
     .topic = TOPIC_WHO,
     .arguments = "PERSON ORGANISATION",
     .min_words = 2,
     .max_words = 2,
     .run = person_leave_run,
     .options = person_leave_options,
     .summary = "end that; a reporter's rights end with it",
     .examples = "goal person leave p17 vinnova --to 2026-12-31",
     .methods = "EndAffiliation",
     .changes = true},
    {0},
};
