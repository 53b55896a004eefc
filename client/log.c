/*
 * goal log: a strategy's journal, or what of it is about a node, by somebody, of a time.
 */
#include "log.h"

#include <pwd.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "dates.h"
#include "journal.h"
#include "output.h"
#include "table.h"
#include "text.h"

#define HASH_SHOWN 12 /* hexadecimal digits */

enum { LOG_SEQ, LOG_TIME, LOG_ACCOUNT, LOG_CODE, LOG_WHAT, LOG_HASH };

static const struct column log_columns[] = {
    [LOG_SEQ] = {.name = "SEQ", .flags = COLUMN_RIGHT},
    [LOG_TIME] = {.name = "TIME (UTC)"},
    [LOG_ACCOUNT] = {.name = "BY", .flags = COLUMN_CUT | COLUMN_DROP, .max = 16},
    [LOG_CODE] = {.name = "CODE", .flags = COLUMN_CUT, .max = 12},
    [LOG_WHAT] = {.name = "WHAT", .flags = COLUMN_CUT},
    [LOG_HASH] = {.name = "HASH", .flags = COLUMN_DROP},
};

/* "2024-05-31T08:15:02.123456Z" as "2024-05-31 08:15:02" */
char *time_text(const char *time)
{
    char *text = text_format("%.19s", time ? time : "");
    char *separator = strchr(text, 'T');
    if (separator)
        *separator = ' ';
    return text;
}

char *entry_text(const json_t *entry)
{
    const char *what = get_text(entry, "what"), *entity = get_text(entry, "entity");
    return what ? text_copy(what) : text_format("%s (not yours to see)", entity ? entity : "");
}

static void add_entry(struct table *table, const json_t *entry)
{
    int line = table_add(table, -1);
    const char *code = get_text(entry, "code"), *hash = get_text(entry, "hash");
    AUTO(free_ptr) char *seq = text_format("%ld", get_int(entry, "seq", 0));
    AUTO(free_ptr) char *time = time_text(get_text(entry, "time"));
    AUTO(free_ptr) char *what = entry_text(entry);
    AUTO(free_ptr) char *digits = text_format("%.*s", HASH_SHOWN, hash ? hash : "");
    table_set(table, line, LOG_SEQ, seq);
    table_set(table, line, LOG_TIME, time);
    table_set(table, line, LOG_ACCOUNT, get_text(entry, "account"));
    table_set(table, line, LOG_CODE, code && !*code ? "(strategy)" : code);
    table_set(table, line, LOG_WHAT, what);
    table_set(table, line, LOG_HASH, digits);
}

void log_print(const struct goal *goal, const json_t *replies)
{
    AUTO(table_freep)
    struct table *table = table_new(log_columns, ARRAY_LEN(log_columns));
    size_t i;
    json_t *reply;
    json_array_foreach (replies, i, reply)
        if (json_is_integer(json_object_get(reply, "seq")))
            add_entry(table, reply);
    goal_print_table(goal, table, "no entry");
}

/* A user's name becomes the number; what is no user of this machine is a person's key. */
static void set_account(const struct goal *goal, json_t *parameters)
{
    const char *by = args_get(&goal->args, "by");
    const struct passwd *user = by && !number_valid(by) ? getpwnam(by) : NULL;
    AUTO(free_ptr) char *uid = user ? text_format("%u", user->pw_uid) : NULL;
    set_text(parameters, "account", uid ? uid : by);
}

/* A day or a time, today and yesterday too. */
static void set_moment(const struct goal *goal, json_t *parameters, const char *option)
{
    const char *value = args_get(&goal->args, option);
    time_t now = time(NULL);
    char date[11] = "";
    if (value && dates_argument(value, now, date) == 0 && !*date)
        dates_today(now, date);
    set_text(parameters, option, *date ? date : value);
}

static void build_log(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "ListJournal", .more = true};
    asks[0].parameters = goal_parameters(goal, "code", true);
    set_account(goal, asks[0].parameters);
    set_moment(goal, asks[0].parameters, "since");
    set_moment(goal, asks[0].parameters, "until");
    set_number(goal, asks[0].parameters, "after", "after");
    set_number(goal, asks[0].parameters, "before", "before");
    if (args_has(&goal->args, "limit"))
        set_number(goal, asks[0].parameters, "limit", "limit");
    else
        json_object_set_new(asks[0].parameters, "limit", json_integer(20));
}

/* What a whole journal is asked for has no filters. */
static int check_whole(const struct goal *goal, const char *option)
{
    static const char *const filters[] = {"by", "since", "until", "after", "before", "limit"};
    for (size_t i = 0; i < ARRAY_LEN(filters); i++)
        if (args_has(&goal->args, filters[i]))
            return goal_fail(EXIT_USAGE, "--%s takes the whole journal: not --%s", option,
                             filters[i]);
    if (*goal->target.code)
        return goal_fail(EXIT_USAGE, "--%s takes a strategy's whole journal: goal log KEY --%s",
                         option, option);
    return EXIT_DONE;
}

int log_run(struct goal *goal)
{
    if (args_has(&goal->args, "verify")) {
        int exit = check_whole(goal, "verify");
        return exit == EXIT_DONE ? journal_verify(goal) : exit;
    }
    if (args_has(&goal->args, "export")) {
        int exit = check_whole(goal, "export");
        return exit == EXIT_DONE
                   ? journal_export(goal, goal->target.strategy, args_get(&goal->args, "export"))
                   : exit;
    }
    if (args_has(&goal->args, "head"))
        return goal_fail(EXIT_USAGE, "--head is what --verify compares with");
    return goal_ask_and_print(goal, build_log, log_print);
}
