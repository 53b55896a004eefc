/*
 * The configuration: one row a key in config.c (name, type, default as text, reloadable, help),
 * from which parser, example file and --help come. Values: defaults < file < command line.
 *
 * A struct config owns its strings; config_free() frees all. It is never half changed: a file is
 * parsed whole into a new one, and only then swapped in.
 */
#ifndef GOALD_CONFIG_H
#define GOALD_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "wire/util.h"

#define CONFIG_FILE "/etc/goald/goald.conf"

/* Strings are never NULL; "" is "not given". Durations are in milliseconds, sizes in bytes. */
struct config {
    char *address;
    char *database, *owner_database;
    char *state_directory, *postgresql_bin_directory;
    char *user;
    char *realm;
    int log_level; /* syslog's LOG_ERR … LOG_DEBUG */
    int max_connections, max_connections_per_user;
    size_t message_limit, output_limit, buffer_limit_per_user;
    int read_timeout, write_timeout, drain_timeout;
    int pool_writers, pool_readers, pool_imports;
    int connect_timeout, query_timeout, wait_timeout, in_doubt_timeout;
    int poll_interval;
    int write_queue;
    size_t import_limit, cache_size;
    char *mail_from, *mail_in;

    /* where it came from, for a reload */
    char *file;      /* NULL: none */
    char **settings; /* the command line's "key=value", ended by NULL; NULL: none */
};

/* Reads `file` (NULL: CONFIG_FILE if it exists) and then `settings`, "key=value" strings ended by
 * NULL (NULL: none). On failure (-EINVAL for what is written in it) *ret_message says what is
 * wrong and where, "FILE:LINE: key: …"; the caller frees it. */
int config_load(const char *file, const char *const *settings, struct config **ret_config,
                char **ret_message) MUST_CHECK;

/* Reads the same file again and swaps the values in. A key that can't change while goald runs
 * keeps its value, and its string stays where it is. *ret_message is NULL, or what to tell the
 * operator: which keys need a restart, or on failure why nothing changed. The caller frees it. */
int config_reload(struct config *config, char **ret_message) MUST_CHECK;

void config_free(struct config *config);

static inline void config_freep(struct config **config)
{
    config_free(*config);
}

/* The commented example file: every key with its help and default. systemd/goald.conf is this. */
void config_print_example(FILE *out);

/* The keys with their defaults, for --help. */
void config_print_help(FILE *out);

#endif
