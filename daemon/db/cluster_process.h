/*
 * A program that the private cluster runs or found running: started in a session of its own,
 * watched on the loop through a pidfd. Embedded by its owner; process_done() forgets the program
 * and lets it run.
 */
#ifndef GOALD_DB_CLUSTER_PROCESS_H
#define GOALD_DB_CLUSTER_PROCESS_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire/util.h"

struct process {
    pid_t pid; /* 0: none */
    int pidfd;
    bool is_child;
    struct event *event;
    void (*ended)(void *arg, const char *how); /* "exited with 1"; it is forgotten already */
    void *arg;
};

void process_init(struct process *process, void (*ended)(void *arg, const char *how), void *arg);
void process_done(struct process *process);

/* Starts argv[0], an absolute path, its output appended to `log`. With `dies_with_us` it is killed
 * when goald ends, however that happens. */
int process_spawn(struct process *process, struct event_base *base, const char *const *argv,
                  const char *log, bool dies_with_us) MUST_CHECK;

/* Watches a process that somebody else started. What identifies it is to be checked afterwards:
 * from then on the number cannot become another's unnoticed. */
int process_adopt(struct process *process, struct event_base *base, pid_t pid) MUST_CHECK;

void process_signal(const struct process *process, int signal);

/* Waits for its end without the loop; ended() is not called. -ETIMEDOUT. */
int process_wait(struct process *process, int timeout_ms) MUST_CHECK;

/* The first line that a program prints, without its line end. Blocks until it has ended. */
int process_first_line(const char *const *argv, char *line, size_t size) MUST_CHECK;

#endif
