/*
 * The daemon itself and the caller: goal ping, goal server, goal whoami.
 */
#include "about.h"

#include <err.h>
#include <string.h>

#include "account.h"
#include "commands.h"
#include "output.h"
#include "table.h"
#include "text.h"

#define LABEL_WIDTH 13 /* columns */

static void fact(const struct goal *goal, const char *label, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* A label and its facts, broken between words into as many lines as they need. */
static void fact(const struct goal *goal, const char *label, const char *format, ...)
{
    va_list args;
    char *text = NULL, *lines = NULL;
    size_t size;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    FILE *memory = open_memstream(&lines, &size);
    if (len < 0 || !memory)
        err(1, "memory");
    AUTO(free_ptr) char *clean = text_clean(text);
    text_wrap(memory, *clean ? clean : DASH, LABEL_WIDTH, goal->width);
    fclose(memory);
    memcpy(lines, label, strlen(label)); /* over the first line's indent */
    fputs(lines, goal->out);
    free(lines);
    free(text);
}

static void build_ping(const struct goal *goal UNUSED, struct ask *asks)
{
    asks[0] = (struct ask){.method = "Ping"};
}

static void ping_print(const struct goal *goal, const json_t *reply UNUSED)
{
    fprintf(goal->out, "the daemon answers\n");
}

int ping_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_ping, ping_print);
}

void whoami_print(const struct goal *goal, const json_t *me)
{
    const char *name = get_text(me, "name"), *person = get_text(me, "person");
    const char *realm = get_text(me, "realm");
    AUTO(free_ptr) char *user = user_words(get_int(me, "uid", -1));
    AUTO(free_ptr) char *grants = grants_words(get_list(me, "grants"));
    AUTO(free_ptr) char *reports = json_words(json_object_get(me, "reportsOn"));
    fact(goal, "User", "%s of realm %s", user, realm ? realm : "");
    if (!json_is_integer(json_object_get(me, "account")))
        fact(goal, "Account", "none");
    else
        fact(goal, "Account", "%ld%s%s%s%s%s%s", get_int(me, "account", 0), name ? ", " : "",
             name ? name : "", person ? " [" : "", person ? person : "", person ? "]" : "",
             get_flag(me, "disabled") ? ", DISABLED: it may do nothing" : "");
    if (get_flag(me, "builtinAdmin"))
        fact(goal, "May",
             "administer accounts and strategies, as root or the daemon's own user%s%s",
             *grants ? "; " : "", grants);
    else
        fact(goal, "May", "%s", *grants ? grants : "read the strategies that are public");
    fact(goal, "Reports on", "%s", *reports ? reports : "nothing by assignment or membership");
}

static void build_whoami(const struct goal *goal UNUSED, struct ask *asks)
{
    asks[0] = (struct ask){.method = "WhoAmI"};
}

int whoami_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_whoami, whoami_print);
}

/* "3 days 4:05:06" */
static char *uptime_text(long seconds)
{
    long days = seconds / 86400, rest = seconds % 86400;
    AUTO(free_ptr)
    char *clock = text_format("%ld:%02ld:%02ld", rest / 3600, rest / 60 % 60, rest % 60);
    AUTO(free_ptr) char *text = days_text(days);
    return days > 0 ? text_format("%s %s", text, clock) : text_copy(clock);
}

static void print_database(const struct goal *goal, const json_t *server)
{
    const char *version = get_text(server, "serverVersion"), *state = get_text(server, "database");
    const char *contact = get_text(server, "lastContact"), *error = get_text(server, "lastError");
    AUTO(free_ptr) char *schema = json_words(json_object_get(server, "schema"));
    AUTO(free_ptr) char *oldest = json_words(json_object_get(server, "oldestTransaction"));
    fact(goal, "Database", "%s%s%s, schema %s%s", state ? state : "unknown",
         version ? ", PostgreSQL " : "", version ? version : "", *schema ? schema : DASH,
         get_flag(server, "privateCluster") ? ", private cluster" : "");
    fact(goal, "Contact", "last %s", contact ? contact : "never");
    if (error)
        fact(goal, "Last error", "%s", error);
    fact(goal, "Oldest job", *oldest ? "%s ms" : "%s", *oldest ? oldest : "none runs");
}

static void print_load(const struct goal *goal, const json_t *server)
{
    fact(goal, "Writes", "%ld of at most %ld wait", get_int(server, "writeQueue", 0),
         get_int(server, "writeQueueLimit", 0));
    fact(goal, "Cache", "%ld replies, %ld bytes, %ld hits, %ld misses",
         get_int(server, "cacheEntries", 0), get_int(server, "cacheBytes", 0),
         get_int(server, "cacheHits", 0), get_int(server, "cacheMisses", 0));
    fact(goal, "Imports", "%ld run", get_int(server, "imports", 0));
    fact(goal, "Calls", "%ld since the start", get_int(server, "calls", 0));
    fact(goal, "Connections", "%ld open, %ld refused", get_int(server, "connections", 0),
         get_int(server, "connectionsRefused", 0));
}

/* "12 asked, 9 confirmed, 1 unsubscribed, 2 lapsed" */
static char *counts_text(const json_t *counts, const char *field)
{
    char *text = NULL;
    size_t i;
    json_t *one;
    json_array_foreach (counts, i, one)
        text_append(&text, ", ", "%ld %s", get_int(one, field, 0), get_text(one, "event"));
    return text;
}

static void print_subscriptions(const struct goal *goal, const json_t *server)
{
    const json_t *counts = get_list(server, "subscriptions");
    AUTO(free_ptr) char *total = counts_text(counts, "total");
    AUTO(free_ptr) char *month = counts_text(counts, "month");
    if (total)
        fact(goal, "Subscribers", "%s; this month %s", total, month);
}

static void print_numbers(const struct goal *goal, const json_t *list, const struct column *columns,
                          const char *const *fields, size_t count)
{
    AUTO(table_freep) struct table *table = table_new(columns, count);
    size_t i;
    json_t *one;
    json_array_foreach (list, i, one) {
        int line = table_add(table, -1);
        for (size_t c = 0; c < count; c++) {
            const json_t *value = json_object_get(one, fields[c]);
            AUTO(free_ptr)
            char *text = strcmp(fields[c], "uid") == 0 ? user_words((long)json_integer_value(value))
                                                       : json_words(value);
            table_set(table, line, c, *text ? text : DASH);
        }
    }
    if (table_lines(table) > 0)
        fputc('\n', goal->out);
    table_print(table, goal->out, &(struct table_print){.width = goal->width, .headings = true});
}

static void print_tables(const struct goal *goal, const json_t *server)
{
    static const struct column users[] = {{.name = "USER"},
                                          {.name = "CONNECTIONS", .flags = COLUMN_RIGHT}};
    static const char *const user_fields[] = {"uid", "connections"};
    static const struct column pool[] = {{.name = "DATABASE FOR"},
                                         {.name = "SIZE", .flags = COLUMN_RIGHT},
                                         {.name = "OPEN", .flags = COLUMN_RIGHT},
                                         {.name = "BUSY", .flags = COLUMN_RIGHT},
                                         {.name = "QUEUED", .flags = COLUMN_RIGHT},
                                         {.name = "JOBS", .flags = COLUMN_RIGHT},
                                         {.name = "FAILED", .flags = COLUMN_RIGHT},
                                         {.name = "RECONNECTS", .flags = COLUMN_RIGHT}};
    static const char *const pool_fields[] = {"use",    "size", "open",     "busy",
                                              "queued", "jobs", "failures", "reconnects"};
    static const struct column strategies[] = {
        {.name = "STRATEGY", .flags = COLUMN_CUT}, {.name = "SEQ", .flags = COLUMN_RIGHT},
        {.name = "NODES", .flags = COLUMN_RIGHT},  {.name = "UPDATES", .flags = COLUMN_RIGHT},
        {.name = "QUEUED", .flags = COLUMN_RIGHT}, {.name = "LAG (ms)", .flags = COLUMN_RIGHT}};
    static const char *const strategy_fields[] = {"strategy", "seq",    "nodes",
                                                  "updates",  "queued", "refreshLag"};
    print_numbers(goal, get_list(server, "users"), users, user_fields, ARRAY_LEN(users));
    print_numbers(goal, get_list(server, "pool"), pool, pool_fields, ARRAY_LEN(pool));
    print_numbers(goal, get_list(server, "strategies"), strategies, strategy_fields,
                  ARRAY_LEN(strategies));
}

void server_print(const struct goal *goal, const json_t *server)
{
    const char *version = get_text(server, "version");
    AUTO(free_ptr) char *up = uptime_text(get_int(server, "uptime", 0));
    fact(goal, "goald", "%s, rules version %ld, process %ld", version ? version : "",
         get_int(server, "ruleVersion", 0), get_int(server, "pid", 0));
    fact(goal, "Up for", "%s", up);
    print_database(goal, server);
    print_load(goal, server);
    print_subscriptions(goal, server);
    print_tables(goal, server);
}

static void build_server(const struct goal *goal UNUSED, struct ask *asks)
{
    asks[0] = (struct ask){.method = "GetServerStatus"};
}

int server_run(struct goal *goal)
{
    return goal_ask_and_print(goal, build_server, server_print);
}
