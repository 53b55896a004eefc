/*
 * A PostgreSQL of its own for a unit test, and a loop to wait on: in a new folder under /tmp, on a
 * Unix socket only, as an unprivileged user. A test program owns one `struct pgtest` at a time;
 * pgtest_done() stops the server and removes the folder.
 */
#ifndef TESTS_UNIT_SUPPORT_PGTEST_H
#define TESTS_UNIT_SUPPORT_PGTEST_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

struct pgtest {
    char dir[64];       /* 0700; the cluster is in data/, the socket in dir itself */
    char conninfo[128]; /* of its superuser, whose name is "tester" */
    pid_t pid;          /* the postmaster; 0: not running */
};

/* Becomes nobody, if it is root: PostgreSQL refuses to run as root. First thing in main(). */
void pgtest_drop_root(void);

/* A new private folder under /tmp, as `ret_dir` of at least 64 bytes; and its removal. */
void pgtest_make_dir(char *ret_dir);
void pgtest_remove_dir(const char *dir);

/* The folder of initdb and postgres. */
const char *pgtest_bin(void);

/* Runs a program to its end; its exit status, -1 if it was killed. Its output is dropped. */
int pgtest_command(const char *const *argv);

/* All of these end the program with a message if they fail. */
void pgtest_init(struct pgtest *server); /* initdb and start */
void pgtest_start(struct pgtest *server);
void pgtest_stop(struct pgtest *server, int signal); /* waits for its end */
void pgtest_done(struct pgtest *server);

/* Runs SQL on a connection of its own; the first value of the answer, "" if there is none, in a
 * static buffer. */
const char *pgtest_sql(const char *conninfo, const char *sql);

/* Runs the loop until the flag is true or a generous time is over; the flag. */
bool pgtest_loop(struct event_base *base, const bool *flag);
/* The same for a condition. */
bool pgtest_loop_until(struct event_base *base, bool (*holds)(void *arg), void *arg);

#endif
