/*
 * The table of keys, reading files and reloading. Every value, the defaults too, goes as text
 * through config_value_parse() (config_value.c).
 *
 * The caller of config_load() owns the struct; what is parsed on a failed load is freed here.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "complain.h"
#include "config_value.h"

#define KB 1024LL
#define MB (1024 * KB)
#define SECOND 1000LL
#define HOUR (3600 * SECOND)

#define LINE_LIMIT 8192

struct config_key {
    const char *name;
    enum config_type type;
    size_t offset;
    const char *fallback; /* the default, as it would stand in a file */
    bool reloadable;
    long long min, max; /* of integers, of sizes in bytes, of durations in milliseconds */
    const char *help;
};

#define MAIL_IN_NAME 31 /* with + and a token of 32 that makes the 64 of RFC 5321 */

#define KEY(name, type, fallback, reloadable, min, max, help)                                      \
    {                                                                                              \
#name, CONFIG_##type, offsetof(struct config, name), fallback, reloadable, min, max, help  \
    }

static const struct config_key keys[] = {
    KEY(address, ADDRESS, "unix:/run/goald/io.goald.Tracker", false, 0, 0,
        "Where goald listens: unix:/path, or unix:@name for an abstract socket.\n"
        "Not used when systemd hands over a socket."),
    KEY(database, STRING, "", false, 0, 0,
        "The PostgreSQL database, as a libpq connection string, for a role that may insert into\n"
        "the journal but not change it. Several hosts may be named:\n"
        "  host=db1,db2 dbname=goald user=goald target_session_attrs=read-write\n"
        "Empty: goald runs a private PostgreSQL of its own below state_directory."),
    KEY(owner_database, STRING, "", false, 0, 0,
        "The same database for the role that owns it; goald brings the schema up to date\n"
        "with it at each start, and grants the role of database what it needs.\n"
        "Empty: goald changes no schema, and refuses one that is not its own version's."),
    KEY(state_directory, PATH, "/var/lib/goald", false, 0, 0,
        "Where the private PostgreSQL keeps its data. Owned by goald's user, mode 0700."),
    KEY(postgresql_bin_directory, PATH, "", false, 0, 0,
        "Where initdb and postgres are, for the private PostgreSQL.\n"
        "Empty: the newest of /usr/lib/postgresql/*/bin, else $PATH."),
    KEY(user, STRING, "", false, 0, 0,
        "The user goald becomes when root starts it.\n"
        "Empty: goald, or postgres if there is no such user."),
    KEY(realm, STRING, "", false, 0, 0,
        "The name of the set of hosts that share user numbers; accounts belong to a realm.\n"
        "Empty: the host's name."),
    KEY(log_level, LEVEL, "info", true, 0, 0, "One of: error, warning, notice, info, debug."),
    KEY(max_connections, INTEGER, "10000", true, 1, 1000000, "Clients' connections at most."),
    KEY(max_connections_per_user, INTEGER, "1024", true, 1, 1000000,
        "Connections of one user at most; one more is closed at once."),
    KEY(message_limit, SIZE, "1M", true, 4 * KB, 1024 * MB,
        "A client's message at most; a longer one ends its connection."),
    KEY(output_limit, SIZE, "4M", true, 64 * KB, 1024 * MB,
        "Replies that wait for one client to read them at most. Above, it is\n"
        "disconnected; goald stops taking its calls long before."),
    KEY(buffer_limit_per_user, SIZE, "64M", true, 4 * MB, 64 * 1024 * MB,
        "Calls not yet whole and replies not yet read at most, in all connections of one\n"
        "user; several times message_limit. Above half of it goald reads nothing ahead;\n"
        "above it, a connection that adds to it is disconnected."),
    KEY(read_timeout, DURATION, "30s", true, SECOND, 24 * HOUR,
        "A client whose call has begun to come and is not whole after so long is\n"
        "disconnected. One that sends nothing may stay."),
    KEY(write_timeout, DURATION, "30s", true, SECOND, 24 * HOUR,
        "A client that reads nothing of what waits for it so long is disconnected."),
    KEY(drain_timeout, DURATION, "10s", true, 0, HOUR,
        "When goald stops: how long running calls may take to finish."),
    KEY(pool_writers, INTEGER, "4", false, 1, 100,
        "Connections to the database for changes, at most. One strategy's changes use one."),
    KEY(pool_readers, INTEGER, "4", false, 1, 100,
        "Connections to the database for loading, history and logs, at most."),
    KEY(pool_imports, INTEGER, "2", false, 1, 100,
        "Connections to the database for imports, at most."),
    KEY(connect_timeout, DURATION, "5s", false, 100, HOUR,
        "How long one attempt to connect to the database may take."),
    KEY(query_timeout, DURATION, "30s", false, 100, HOUR,
        "How long one query or one batch of changes may take."),
    KEY(wait_timeout, DURATION, "5s", false, 100, HOUR,
        "How long a call waits for a free connection before it is answered Unavailable."),
    KEY(in_doubt_timeout, DURATION, "30s", false, 100, HOUR,
        "When the connection breaks while a change is committed: how long goald tries to learn\n"
        "what became of it before the call is answered OutcomeUnknown."),
    KEY(poll_interval, DURATION, "1s", true, 100, HOUR,
        "How often goald looks for changes of other daemons on the same database, beside\n"
        "being notified of them."),
    KEY(write_queue, INTEGER, "10000", true, 1, 10000000,
        "Changes that wait to be written at most; one more is answered Overloaded."),
    KEY(import_limit, SIZE, "256M", true, 64 * KB, 1024 * MB,
        "An import's document at most, all its chunks together."),
    KEY(cache_size, SIZE, "64M", true, 0, 64 * 1024 * MB, "Memory for cached replies. 0: none."),
    KEY(mail_from, MAILBOX, "", false, 0, 0,
        "Whom reminders and digests come from; their Message-IDs end with its domain.\n"
        "Empty: goald at the host's name."),
    KEY(mail_in, MAILBOX, "", false, 0, MAIL_IN_NAME,
        "Where answers to mails go, if an alias there gives them to goal mail-in. Its mail\n"
        "system must deliver NAME+ANYTHING@DOMAIN to NAME@DOMAIN. NAME has at most 31 characters.\n"
        "Empty: answers are not taken."),
};

static const struct config_key *find_key(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

/* The key that was probably meant, or NULL. */
static const struct config_key *nearest_key(const char *name)
{
    const struct config_key *nearest = NULL;
    size_t best = 4; /* more than three wrong letters is another word */

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        size_t distance = config_distance(keys[i].name, name, best);

        if (distance < best) {
            best = distance;
            nearest = &keys[i];
        }
    }
    return nearest;
}

static void *field(struct config *config, const struct config_key *key)
{
    return (char *)config + key->offset;
}

static int set_value(struct config *config, const struct config_key *key, const char *value,
                     const char *where, char **ret_message)
{
    struct config_range range = {key->min, key->max};
    char problem[256];
    int r =
        config_value_parse(key->type, range, value, field(config, key), problem, sizeof(problem));

    return r == -EINVAL ? complain(r, ret_message, "%s: %s: %s", where, key->name, problem) : r;
}

static char *trim(char *text)
{
    char *end;

    while (isspace((unsigned char)*text))
        text++;
    end = text + strlen(text);
    while (end > text && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    return text;
}

static int find_key_or_complain(const char *name, const char *where,
                                const struct config_key **ret_key, char **ret_message)
{
    const struct config_key *key = find_key(name), *nearest;

    if (key) {
        *ret_key = key;
        return 0;
    }
    nearest = nearest_key(name);
    if (nearest)
        return complain(-EINVAL, ret_message, "%s: %s: no such key; did you mean %s?", where, name,
                        nearest->name);
    return complain(-EINVAL, ret_message, "%s: %s: no such key; goald --help lists them", where,
                    name);
}

/* Sets "key = value"; `text` is taken apart. *ret_key is the key, for who counts them. */
static int set_pair(struct config *config, char *text, const char *where,
                    const struct config_key **ret_key, char **ret_message)
{
    char *equals = strchr(text, '=');
    int r;

    if (!equals)
        return complain(-EINVAL, ret_message, "%s: expected key = value, not \"%s\"", where, text);
    *equals = '\0';
    r = find_key_or_complain(trim(text), where, ret_key, ret_message);
    return r < 0 ? r : set_value(config, *ret_key, trim(equals + 1), where, ret_message);
}

/* Reading one file: which line each key was set on, to refuse a second one. */
struct reading {
    struct config *config;
    const char *file;
    int line;
    int set_on[ARRAY_LEN(keys)];
};

static int read_line(struct reading *reading, char *text, char **ret_message)
{
    AUTO(free_ptr) char *where = NULL;
    const struct config_key *key;
    int *set_on, r;

    if (*text == '\0' || *text == '#' || strcmp(text, "[goald]") == 0)
        return 0;
    if (asprintf(&where, "%s:%d", reading->file, reading->line) < 0) {
        where = NULL;
        return -ENOMEM;
    }
    if (*text == '[')
        return complain(-EINVAL, ret_message, "%s: the only section is [goald]", where);
    r = set_pair(reading->config, text, where, &key, ret_message);
    if (r < 0)
        return r;
    set_on = &reading->set_on[key - keys];
    if (*set_on)
        return complain(-EINVAL, ret_message, "%s: %s: already set on line %d", where, key->name,
                        *set_on);
    *set_on = reading->line;
    return 0;
}

static int read_file(struct config *config, const char *file, char **ret_message)
{
    struct reading reading = {.config = config, .file = file};
    AUTO(close_file) FILE *in = fopen(file, "re");
    AUTO(free_ptr) char *text = NULL;
    size_t size = 0;
    ssize_t len;

    if (!in)
        return complain(-errno, ret_message, "%s: %s", file, strerror(errno));
    while ((len = getline(&text, &size, in)) >= 0) {
        int r;

        reading.line++;
        if (len > LINE_LIMIT || strlen(text) != (size_t)len)
            return complain(-EINVAL, ret_message, "%s:%d: not a line of text", file, reading.line);
        r = read_line(&reading, trim(text), ret_message);
        if (r < 0)
            return r;
    }
    if (ferror(in))
        return complain(-EIO, ret_message, "%s: %s", file, strerror(errno));
    return 0;
}

static int set_defaults(struct config *config, char **ret_message)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        int r = set_value(config, &keys[i], keys[i].fallback, "default", ret_message);

        if (r < 0)
            return r;
    }
    return 0;
}

static int set_settings(struct config *config, const char *const *settings, char **ret_message)
{
    for (size_t i = 0; settings && settings[i]; i++) {
        AUTO(free_ptr) char *text = strdup(settings[i]);
        const struct config_key *key;
        int r;

        if (!text)
            return -ENOMEM;
        r = set_pair(config, text, "--set", &key, ret_message);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Remembers where the values come from. */
static int keep_sources(struct config *config, const char *file, const char *const *settings)
{
    size_t n = 0;

    if (file && !(config->file = strdup(file)))
        return -ENOMEM;
    while (settings && settings[n])
        n++;
    config->settings = calloc(n + 1, sizeof(*config->settings));
    if (!config->settings)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!(config->settings[i] = strdup(settings[i])))
            return -ENOMEM;
    return 0;
}

int config_load(const char *file, const char *const *settings, struct config **ret_config,
                char **ret_message)
{
    AUTO(config_freep) struct config *config = calloc(1, sizeof(*config));
    int r;

    if (!config)
        return -ENOMEM;
    if (!file && access(CONFIG_FILE, F_OK) == 0)
        file = CONFIG_FILE;
    r = set_defaults(config, ret_message);
    if (r == 0 && file)
        r = read_file(config, file, ret_message);
    if (r == 0)
        r = set_settings(config, settings, ret_message);
    if (r == 0)
        r = keep_sources(config, file, settings);
    if (r < 0)
        return r;
    *ret_config = STEAL(config);
    return 0;
}

/* Exchanges two values of one key. */
static void swap_values(const struct config_key *key, struct config *a, struct config *b)
{
    size_t size = config_value_size(key->type);
    char buffer[sizeof(long long)];

    memcpy(buffer, field(a, key), size);
    memcpy(field(a, key), field(b, key), size);
    memcpy(field(b, key), buffer, size);
}

/* Takes the reloadable values over; the others that differ are named in *ret_message. */
static int take_over(struct config *config, struct config *fresh, char **ret_message)
{
    AUTO(free_ptr) char *text = NULL;
    AUTO(close_file) FILE *out = NULL;
    size_t size = 0;
    int kept = 0;

    out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct config_key *key = &keys[i];

        if (key->reloadable)
            continue;
        if (!config_value_equal(key->type, field(config, key), field(fresh, key)))
            fprintf(out, "%s%s", kept++ ? ", " : "changed only by a restart: ", key->name);
    }
    if (fflush(out) != 0)
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i].reloadable)
            swap_values(&keys[i], config, fresh);
    if (kept)
        return complain(0, ret_message, "%s", text);
    *ret_message = NULL;
    return 0;
}

int config_reload(struct config *config, char **ret_message)
{
    AUTO(config_freep) struct config *fresh = NULL;
    int r = config_load(config->file, (const char *const *)config->settings, &fresh, ret_message);

    return r < 0 ? r : take_over(config, fresh, ret_message);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        config_value_free(keys[i].type, field(config, &keys[i]));
    for (size_t i = 0; config->settings && config->settings[i]; i++)
        free(config->settings[i]);
    free(config->settings);
    free(config->file);
    free(config);
}

/* Each line of a text after "# ". */
static void print_comment(FILE *out, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        fprintf(out, "# %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void config_print_example(FILE *out)
{
    fputs("# The configuration of goald: /etc/goald/goald.conf. Every key with its default.\n"
          "# Sizes are bytes, or with k, M, G; durations are with ms, s, min, h.\n"
          "# Check it with goald --check-config. Keys marked [reload] change with SIGHUP\n"
          "# (systemctl reload goald), the others with a restart.\n\n"
          "[goald]\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct config_key *key = &keys[i];

        fputc('\n', out);
        print_comment(out, key->help);
        if (key->reloadable)
            fputs("# [reload]\n", out);
        fprintf(out, "#%s =%s%s\n", key->name, *key->fallback ? " " : "", key->fallback);
    }
}

void config_print_help(FILE *out)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        const struct config_key *key = &keys[i];
        size_t len = strcspn(key->help, "\n");

        fprintf(out, "  %-26s %.*s%s\n", key->name, (int)len, key->help,
                key->help[len] ? " …" : "");
        fprintf(out, "  %-26s (default: %s)\n", "", *key->fallback ? key->fallback : "empty");
    }
}
