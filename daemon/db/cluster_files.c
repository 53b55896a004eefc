/*
 * The private cluster's folders: making them, the pid file, the log; see cluster_files.h. Choosing
 * the programs is in cluster_choose.c, the configuration in cluster_config.c.
 */
#include "db/cluster_files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

/* A log that is longer than this when postgres is started is put aside. */
#define LOG_BYTES (16 << 20)

void cluster_files_done(struct cluster_files *files)
{
    free(STEAL(files->bin));
    free(STEAL(files->root));
    free(STEAL(files->data));
    free(STEAL(files->making));
    free(STEAL(files->log));
    free(STEAL(files->socket_dir));
    free(STEAL(files->user));
    close_fd(&files->lock_fd);
    files->lock_fd = -1;
}

bool cluster_files_exist(const struct cluster_files *files)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/PG_VERSION", files->data);
    return access(path, F_OK) == 0;
}

/* --- making ------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *ftw UNUSED)
{
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

static void remove_interrupted(const struct cluster_files *files)
{
    char pattern[PATH_MAX];
    glob_t found = {0};

    snprintf(pattern, sizeof(pattern), "%s/making-*", files->root);
    if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            nftw(found.gl_pathv[i], remove_one, 16, FTW_DEPTH | FTW_PHYS);
    globfree(&found);
}

int cluster_files_prepare(struct cluster_files *files)
{
    remove_interrupted(files);
    free(STEAL(files->making));
    if (asprintf(&files->making, "%s/making-%d-XXXXXX", files->root, files->major) < 0) {
        files->making = NULL;
        return -ENOMEM;
    }
    return mkdtemp(files->making) ? 0 : -errno;
}

int cluster_files_accept(struct cluster_files *files)
{
    AUTO(close_fd) int dir = open(files->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0 || rename(files->making, files->data) < 0 || fsync(dir) < 0)
        return -errno;
    free(STEAL(files->making));
    return 0;
}

/* --- the postmaster ------------------------------------------------------------------------ */

/* A line of the pid file, from 1: pid, data folder, start, port, socket folder, ... */
static int read_line(const char *path, int number, char *line, size_t size)
{
    AUTO(close_file) FILE *in = fopen(path, "re");

    if (!in)
        return -errno;
    for (int i = 0; i < number; i++)
        if (!fgets(line, (int)size, in))
            return -EAGAIN;
    if (!strchr(line, '\n'))
        return -EAGAIN;
    line[strcspn(line, "\n")] = '\0';
    return 0;
}

static pid_t read_pid(const char *path)
{
    char line[64];
    long pid;

    if (read_line(path, 1, line, sizeof(line)) < 0)
        return 0;
    pid = strtol(line, NULL, 10);
    return pid > 1 && pid <= INT_MAX ? (pid_t)pid : 0;
}

/* A postmaster works in its data folder, so a process of another program, of another cluster, or
 * with a number that was given again is told apart. */
bool cluster_files_is_postmaster(const struct cluster_files *files, pid_t pid)
{
    char path[64], program[PATH_MAX];
    struct stat where, data;
    const char *name;
    ssize_t len;

    snprintf(path, sizeof(path), "/proc/%d/cwd", (int)pid);
    if (stat(path, &where) < 0 || stat(files->data, &data) < 0 || where.st_dev != data.st_dev ||
        where.st_ino != data.st_ino)
        return false;
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    len = readlink(path, program, sizeof(program) - 1);
    if (len < 0)
        return false;
    program[len] = '\0';
    name = strrchr(program, '/');
    return name && strncmp(name, "/postgres", 9) == 0; /* maybe " (deleted)" by an upgrade */
}

pid_t cluster_files_postmaster(const struct cluster_files *files)
{
    char path[PATH_MAX];
    pid_t pid;

    snprintf(path, sizeof(path), "%s/postmaster.pid", files->data);
    pid = read_pid(path);
    return pid > 0 && cluster_files_is_postmaster(files, pid) ? pid : 0;
}

int cluster_files_read_socket_dir(struct cluster_files *files)
{
    char path[PATH_MAX], line[PATH_MAX];
    char *dir;
    int r;

    snprintf(path, sizeof(path), "%s/postmaster.pid", files->data);
    r = read_line(path, 5, line, sizeof(line));
    if (r < 0)
        return -EAGAIN;
    dir = strdup(line);
    if (!dir)
        return -ENOMEM;
    free(files->socket_dir);
    files->socket_dir = dir;
    return 0;
}

static void remove_if_misleading(const char *path)
{
    pid_t pid = read_pid(path);

    if (pid > 0 && kill(pid, 0) == 0)
        unlink(path);
}

void cluster_files_remove_stale(const struct cluster_files *files)
{
    char path[PATH_MAX];

    if (access("/proc/self/exe", F_OK) < 0) /* then nobody's identity can be told */
        return;
    snprintf(path, sizeof(path), "%s/postmaster.pid", files->data);
    remove_if_misleading(path);
    if (!files->socket_dir)
        return;
    snprintf(path, sizeof(path), "%s/.s.PGSQL.%d.lock", files->socket_dir, CLUSTER_PORT);
    remove_if_misleading(path);
}

/* --- the log ------------------------------------------------------------------------------- */

void cluster_files_begin_log(struct cluster_files *files)
{
    char old[PATH_MAX];
    struct stat st;

    files->log_from = 0;
    if (stat(files->log, &st) < 0)
        return;
    snprintf(old, sizeof(old), "%s.1", files->log);
    if (st.st_size < LOG_BYTES || rename(files->log, old) < 0)
        files->log_from = st.st_size;
}

static bool tells_failure(const char *line)
{
    if (strstr(line, "the database system is ")) /* starting up, and the like */
        return false;
    return strstr(line, "FATAL") || strstr(line, "PANIC") || strstr(line, "error:");
}

void cluster_files_last_words(const struct cluster_files *files, char *line, size_t size)
{
    AUTO(close_file) FILE *in = fopen(files->log, "re");
    char read[512];
    bool found = false;

    line[0] = '\0';
    if (!in)
        return;
    if (fseek(in, files->log_from, SEEK_SET) < 0)
        return;
    while (fgets(read, sizeof(read), in)) {
        bool failure = tells_failure(read);

        if (read[0] == '\n' || (found && !failure))
            continue;
        found = failure;
        read[strcspn(read, "\n")] = '\0';
        snprintf(line, size, "%s", read);
    }
}
