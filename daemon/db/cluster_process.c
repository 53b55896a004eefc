/*
 * Starting, adopting and watching a program; see cluster_process.h.
 */
#include "db/cluster_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

void process_init(struct process *process, void (*ended)(void *arg, const char *how), void *arg)
{
    *process = (struct process){.pidfd = -1, .ended = ended, .arg = arg};
}

void process_done(struct process *process)
{
    if (process->event)
        event_free(STEAL(process->event));
    close_fd(&process->pidfd);
    process->pidfd = -1;
    process->pid = 0;
}

/* Takes our child's status; that of an adopted process goes to somebody else. */
static void tell_end(const struct process *process, char *how, size_t size)
{
    int status;

    if (!process->is_child || waitpid(process->pid, &status, WNOHANG) != process->pid)
        snprintf(how, size, "ended");
    else if (WIFSIGNALED(status))
        snprintf(how, size, "was killed by signal %d", WTERMSIG(status));
    else
        snprintf(how, size, "exited with %d", WEXITSTATUS(status));
}

static void on_end(evutil_socket_t fd UNUSED, short events UNUSED, void *arg)
{
    struct process *process = arg;
    char how[64];

    tell_end(process, how, sizeof(how));
    process_done(process);
    process->ended(process->arg, how);
}

static int watch(struct process *process, struct event_base *base, pid_t pid, bool is_child)
{
    process->pidfd = pidfd_open(pid, 0);
    if (process->pidfd < 0)
        return -errno;
    process->pid = pid;
    process->is_child = is_child;
    process->event = event_new(base, process->pidfd, EV_READ, on_end, process);
    if (process->event && event_add(process->event, NULL) == 0)
        return 0;
    process_done(process);
    return -ENOMEM;
}

int process_adopt(struct process *process, struct event_base *base, pid_t pid)
{
    return watch(process, base, pid, false);
}

/* Our environment, but for what would change PostgreSQL's behaviour behind our back, and with
 * messages that we can read in its log. The strings stay ours. */
static char **make_environment(void)
{
    static const char *const dropped[] = {"PG", "LC_", "LANG", "NOTIFY_SOCKET=", "LISTEN_"};
    size_t n = 0, len = 0;
    char **env;

    while (environ[n])
        n++;
    env = calloc(n + 2, sizeof(*env));
    for (size_t i = 0; env && i < n; i++) {
        bool keep = true;

        for (size_t d = 0; d < ARRAY_LEN(dropped); d++)
            keep &= strncmp(environ[i], dropped[d], strlen(dropped[d])) != 0;
        if (keep)
            env[len++] = environ[i];
    }
    if (env)
        env[len] = (char *)(uintptr_t) "LC_ALL=C";
    return env;
}

/* Our handlers must not run in the child: libevent's would tell the parent of the child's signals.
 * So all are blocked from before the fork until here. */
static void reset_signals(void)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &action, NULL); /* some cannot be changed */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Between fork and exec: a session of its own, so that a terminal's Ctrl-C is not for it, and no
 * descriptors of ours. */
static _Noreturn void exec_child(const char *const *argv, char **env, int out, pid_t parent,
                                 bool dies_with_us)
{
    int in = open("/dev/null", O_RDONLY);

    setsid();
    reset_signals();
    umask(077);
    if (dies_with_us && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent))
        _exit(126);
    if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/") < 0)
        _exit(126);
    close_range(3, ~0U, 0);
    execve(argv[0], (char *const *)(uintptr_t)argv, env);
    dprintf(2, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static pid_t start(const char *const *argv, int out, bool dies_with_us)
{
    AUTO(free_ptr) char **env = make_environment();
    pid_t parent = getpid(), pid;
    sigset_t all, before;

    if (!env)
        return -ENOMEM;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid = fork();
    if (pid == 0)
        exec_child(argv, env, out, parent, dies_with_us);
    if (pid < 0)
        pid = -errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

int process_spawn(struct process *process, struct event_base *base, const char *const *argv,
                  const char *log, bool dies_with_us)
{
    AUTO(close_fd) int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pid_t pid;
    int r;

    if (out < 0)
        return -errno;
    pid = start(argv, out, dies_with_us);
    if (pid < 0)
        return pid;
    r = watch(process, base, pid, true);
    if (r < 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return r;
}

void process_signal(const struct process *process, int signal)
{
    if (process->pid > 0)
        (void)pidfd_send_signal(process->pidfd, signal, NULL, 0); /* gone: as well */
}

int process_wait(struct process *process, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = process->pidfd, .events = POLLIN};
    char how[64];
    int r;

    if (process->pid <= 0)
        return 0;
    do
        r = poll(&poll_fd, 1, timeout_ms);
    while (r < 0 && errno == EINTR);
    if (r <= 0)
        return r < 0 ? -errno : -ETIMEDOUT;
    tell_end(process, how, sizeof(how));
    process_done(process);
    return 0;
}

int process_first_line(const char *const *argv, char *line, size_t size)
{
    AUTO(close_file) FILE *in = NULL;
    bool fine;
    int ends[2], status;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    in = fdopen(ends[0], "r");
    pid = in ? start(argv, ends[1], true) : -ENOMEM;
    close(ends[1]);
    if (!in)
        close(ends[0]);
    if (pid < 0)
        return pid;
    fine = fgets(line, (int)size, in) != NULL;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!fine || status != 0)
        return -ENOEXEC;
    line[strcspn(line, "\n")] = '\0';
    return 0;
}
