/*
 * Numbered migrations from sql/, embedded in the program: each in a transaction of its own under
 * an advisory lock, recorded in goald.migration with the digest of its text. A newer schema than
 * the program's is refused.
 */
#ifndef GOALD_DB_MIGRATE_H
#define GOALD_DB_MIGRATE_H

#include "db/pool.h"

struct migration {
    int number;
    const char *name, *sql;
};

/* Embedded by the build, in order, ended by number 0. */
extern const struct migration migrations[];

/* The number of the last embedded migration. */
int migrate_newest(void);

struct migrate;

/* Brings the database that `owner_conninfo` names up to date, then grants the daemon's role
 * (`daemon_role`) what it needs through goald.grant_daemon(). `done` is called once: 0, or a
 * negative errno with a message (-EPROTO: the schema is newer than the program). It retries for as
 * long as the server cannot be reached. */
int migrate_start(struct event_base *base, const char *owner_conninfo, const char *daemon_role,
                  void (*done)(void *arg, int error, const char *message), void *arg,
                  struct migrate **ret_migrate) MUST_CHECK;
void migrate_free(struct migrate *migrate);

#endif
