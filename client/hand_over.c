/*
 * Becoming goal-mail. It stands beside goal where both were built, and in a folder for programs
 * that nobody types where they are installed.
 */
#include <err.h>
#include <errno.h>
#include <string.h>

#include "program.h"
#include "text.h"

/* GOAL_LIBEXEC is the installed one's folder, seen from goal's own: a prefix may be chosen late. */
static const char *const places[] = {"goal-mail", GOAL_LIBEXEC "/goal-mail"};

char *program_beside(const char *path)
{
    char own[4096];
    ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
    if (len < 0)
        err(EXIT_REFUSED, "/proc/self/exe");
    own[len] = '\0';
    char *slash = strrchr(own, '/');
    return text_format("%.*s/%s", slash ? (int)(slash - own) : 0, own, path);
}

/* The command line as it was, the program's name too: what goal-mail says comes from goal. */
static char **command_line(const struct goal *goal)
{
    size_t count = 0;
    while (goal->typed[count])
        count++;
    char **line = calloc(count + 2, sizeof(*line));
    if (!line)
        err(EXIT_REFUSED, "memory");
    line[0] = program_invocation_name;
    memcpy(line + 1, goal->typed, count * sizeof(*line));
    return line;
}

int program_hand_over(struct goal *goal)
{
    AUTO(free_ptr) char **line = command_line(goal);
    AUTO(free_ptr) char *tried = NULL;
    int error = ENOENT;
    fflush(stdout);
    for (size_t i = 0; i < ARRAY_LEN(places) && error == ENOENT; i++) {
        AUTO(free_ptr) char *program = program_beside(places[i]);
        execv(program, line);
        error = errno;
        text_append(&tried, " or ", "%s", program);
    }
    return goal_fail(EXIT_REFUSED,
                     "goal %s is done by a program of its own, which cannot be run: "
                     "%s (%s)",
                     goal->command->name, tried, strerror(error));
}
