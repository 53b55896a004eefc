/*
 * Runs two commands in turn, many times, and prints what they took as whole processes, from the
 * spawn to the end, as one JSON object: medians of the time and of the processor time.
 *
 *   spawn ROUNDS COMMAND ARGUMENT… -- COMMAND ARGUMENT…
 *
 * A command's output goes to /dev/null; the first that fails ends all.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct command {
    char **argv;
    double *took_us, *cpu_us; /* of each round */
};

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double time_us(struct timeval time)
{
    return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static int run(struct command *command, const posix_spawn_file_actions_t *actions, long round)
{
    double start = now_us();
    struct rusage usage;
    pid_t pid;
    int status, r = posix_spawnp(&pid, command->argv[0], actions, NULL, command->argv, environ);

    if (r != 0)
        return -r;
    while (wait4(pid, &status, 0, &usage) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    command->took_us[round] = now_us() - start;
    command->cpu_us[round] = time_us(usage.ru_utime) + time_us(usage.ru_stime);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(double *values, long count)
{
    qsort(values, (size_t)count, sizeof(*values), compare);
    return values[count / 2];
}

/* The arguments' last half begins after "--", which becomes the first half's end. */
static int read_commands(char **argv, struct command commands[2], long *ret_rounds)
{
    long rounds = strtol(argv[1], NULL, 10);

    if (rounds <= 0)
        return -EINVAL;
    commands[0].argv = argv + 2;
    for (char **word = argv + 2; *word; word++) {
        if (strcmp(*word, "--") != 0)
            continue;
        *word = NULL;
        commands[1].argv = word + 1;
        *ret_rounds = rounds;
        return *commands[0].argv && *commands[1].argv ? 0 : -EINVAL;
    }
    return -EINVAL;
}

static int run_all(struct command commands[2], long rounds)
{
    posix_spawn_file_actions_t actions;
    int r = 0;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (long round = 0; round < rounds && r == 0; round++) {
        for (int i = 0; i < 2 && r == 0; i++) {
            r = run(&commands[i], &actions, round);
            if (r < 0)
                fprintf(stderr, "spawn: %s: %s\n", commands[i].argv[0],
                        r == -ECHILD ? "failed" : strerror(-r));
        }
    }
    posix_spawn_file_actions_destroy(&actions);
    return r;
}

static void report(struct command commands[2], long rounds)
{
    for (int i = 0; i < 2; i++)
        printf("%s{\"took_us\":%.1f,\"cpu_us\":%.1f}", i ? "," : "[",
               median(commands[i].took_us, rounds), median(commands[i].cpu_us, rounds));
    printf("]\n");
}

int main(int argc, char **argv)
{
    struct command commands[2] = {0};
    long rounds = 0;
    int r = 0;

    if (argc < 2 || read_commands(argv, commands, &rounds) < 0) {
        fputs("usage: spawn ROUNDS COMMAND ARGUMENT… -- COMMAND ARGUMENT…\n", stderr);
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        commands[i].took_us = calloc((size_t)rounds, sizeof(double));
        commands[i].cpu_us = calloc((size_t)rounds, sizeof(double));
        if (!commands[i].took_us || !commands[i].cpu_us)
            r = -ENOMEM;
    }
    if (r == 0)
        r = run_all(commands, rounds);
    if (r == 0)
        report(commands, rounds);
    for (int i = 0; i < 2; i++) {
        free(commands[i].took_us);
        free(commands[i].cpu_us);
    }
    return r < 0;
}
