/*
 * Running a command of somebody's choice: it may read nothing, say anything, end at once or never.
 * It is waited for by its pidfd, not by its output's end, for an MTA may leave a process behind.
 */
#include "deliver.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>

#include "harmless.h"
#include "text.h"

#define SAID_MAX 2000 /* bytes of what it says that are kept */
#define REASON_MAX 300
#define NOT_RUN 126 /* the shell's exit code where a command cannot be run; 127: there is none */
#define SIGNAL_BASE 128 /* with a signal's number the exit code where one ended the command */
#define TICK_MS 250
#define GRACE_MS 2000 /* between being asked to end and being ended */

struct child {
    pid_t pid;
    int in, out, pidfd; /* -1: closed */
    const char *text;
    size_t left;
    char said[SAID_MAX + 1];
    size_t n_said;
    struct progress *progress;
};

static void become(const char *command, int in, int out)
{
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl("/bin/sh", "sh", "-c", command, NULL);
    dprintf(STDERR_FILENO, "/bin/sh: %s", strerror(errno));
    _exit(127);
}

/* Its group is its own, so that what is typed at a terminal ends goal after this mail, and not this
 * mail. */
static int child_begin(const char *command, struct child *child)
{
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) < 0)
        return -errno;
    if (pipe2(out, O_CLOEXEC) < 0) {
        int error = -errno;
        close(in[0]);
        close(in[1]);
        return error;
    }
    child->pid = fork();
    if (child->pid == 0)
        become(command, in[0], out[1]);
    int error = child->pid < 0 ? -errno : 0;
    close(in[0]);
    close(out[1]);
    child->in = in[1];
    child->out = out[0];
    if (error < 0)
        return error;
    setpgid(child->pid, child->pid);
    fcntl(child->in, F_SETFL, O_NONBLOCK);
    fcntl(child->out, F_SETFL, O_NONBLOCK);
    child->pidfd = pidfd_open(child->pid, 0);
    return child->pidfd < 0 ? -errno : 0;
}

static void child_done(struct child *child)
{
    close_fd(&child->in);
    close_fd(&child->out);
    close_fd(&child->pidfd);
}

static void close_now(int *fd)
{
    close(*fd);
    *fd = -1;
}

/* Who does not read to the end has read enough: how it ends tells what became of it. */
static void write_some(struct child *child)
{
    ssize_t n = write(child->in, child->text, child->left);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        child->text += n;
        child->left -= (size_t)n;
    }
    if (n < 0 || child->left == 0)
        close_now(&child->in);
}

/* Keeps the first of what it says, and reads on so that it is not held up. Returns false when there
 * is nothing now. */
static bool read_some(struct child *child)
{
    char bytes[65536];
    ssize_t n = read(child->out, bytes, sizeof(bytes));
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        close_now(&child->out);
    if (n <= 0)
        return false;
    size_t room = SAID_MAX - child->n_said, kept = (size_t)n < room ? (size_t)n : room;
    memcpy(child->said + child->n_said, bytes, kept);
    child->n_said += kept;
    return true;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until it ends, or the time is up: -ETIMEDOUT. */
static int child_attend(struct child *child, int64_t until_ms)
{
    for (;;) {
        int64_t left = until_ms - now_ms();
        struct pollfd fds[] = {{.fd = child->pidfd, .events = POLLIN},
                               {.fd = child->in, .events = POLLOUT},
                               {.fd = child->out, .events = POLLIN}};
        if (left <= 0)
            return -ETIMEDOUT;
        int n =
            poll(fds, ARRAY_LEN(fds), (int)(child->progress && left > TICK_MS ? TICK_MS : left));
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0 && child->progress)
            progress_tick(child->progress);
        if (n <= 0)
            continue;
        if (fds[1].revents)
            write_some(child);
        if (fds[2].revents)
            read_some(child);
        if (fds[0].revents)
            return 0;
    }
}

/* Its whole group, asked first. Until it is waited for, no other group has its number. */
static void child_end(struct child *child)
{
    kill(-child->pid, SIGTERM);
    child_attend(child, now_ms() + GRACE_MS);
    kill(-child->pid, SIGKILL);
}

/* What it said, in one line; NULL if it was nothing. */
static char *words_said(struct child *child)
{
    child->said[child->n_said] = '\0';
    AUTO(free_ptr) char *line = harmless_line(child->said);
    char *begin = line + strspn(line, " ");
    for (size_t len = strlen(begin); len > 0 && begin[len - 1] == ' '; len--)
        begin[len - 1] = '\0';
    return *begin ? text_cut(begin, REASON_MAX) : NULL;
}

static char *reason_of(struct child *child, int status)
{
    AUTO(free_ptr) char *said = words_said(child);
    AUTO(free_ptr)
    char *how = WIFSIGNALED(status) ? text_format("signal %d", WTERMSIG(status))
                                    : text_format("exit code %d", WEXITSTATUS(status));
    return said ? text_format("%s: %s", how, said) : STEAL(how);
}

/* By a signal, or (the shell's word for it) something that it ran was. */
static bool was_ended(int status)
{
    return WIFSIGNALED(status) || (WIFEXITED(status) && WEXITSTATUS(status) > SIGNAL_BASE);
}

/* How a child that was attended to ended. */
static int child_result(struct child *child, int attended, int limit, char **ret_reason)
{
    int status = 0;
    if (attended < 0)
        child_end(child);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    while (child->out >= 0 && read_some(child))
        ;
    if (attended < 0)
        *ret_reason = text_format("the command took longer than %d seconds", limit);
    else if (status != 0)
        *ret_reason = reason_of(child, status);
    if (attended == 0 && WIFEXITED(status) && WEXITSTATUS(status) >= NOT_RUN && !was_ended(status))
        return -ENOENT;
    if (attended < 0 || was_ended(status))
        return -EINPROGRESS;
    return status != 0 ? -EIO : 0;
}

int deliver_run(const struct delivery *delivery, const char *text, size_t len, char **ret_reason)
{
    struct child child = {.in = -1,
                          .out = -1,
                          .pidfd = -1,
                          .text = text,
                          .left = len,
                          .progress = delivery->progress};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int r = child_begin(delivery->command, &child);
    if (r < 0) {
        if (child.pid > 0) {
            kill(-child.pid, SIGKILL);
            waitpid(child.pid, NULL, 0);
        }
        child_done(&child);
        *ret_reason = text_format("the command cannot be run (%s)", strerror(-r));
        return r;
    }
    sigaction(SIGPIPE, &ignore, &before);
    r = child_attend(&child, now_ms() + delivery->limit * 1000L);
    r = child_result(&child, r, delivery->limit, ret_reason);
    sigaction(SIGPIPE, &before, NULL);
    child_done(&child);
    return r;
}
