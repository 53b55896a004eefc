/*
 * Which PostgreSQL to run on which data: finds the programs, refuses data of another major
 * version, locks the folder; cluster_files_init() of cluster_files.h.
 */
#include "db/cluster_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "db/cluster_process.h"

#define OLDEST_MAJOR 15
#define NEWEST_MAJOR 99

static int fail(int error, char **ret_message, const char *format, ...) PRINTF_LIKE(3, 4);

static int fail(int error, char **ret_message, const char *format, ...)
{
    char *message;
    va_list args;

    va_start(args, format);
    if (vasprintf(&message, format, args) < 0)
        message = NULL;
    va_end(args);
    *ret_message = message;
    return error;
}

static bool has_programs(const char *bin)
{
    char initdb[PATH_MAX], postgres[PATH_MAX];

    snprintf(initdb, sizeof(initdb), "%s/initdb", bin);
    snprintf(postgres, sizeof(postgres), "%s/postgres", bin);
    return access(initdb, X_OK) == 0 && access(postgres, X_OK) == 0;
}

static bool has_data(const struct cluster_files *files, int major)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%d/PG_VERSION", files->root, major);
    return access(path, F_OK) == 0;
}

/* Some other major version that there is data of; 0: none. */
static int other_data(const struct cluster_files *files)
{
    for (int major = NEWEST_MAJOR; major > 0; major--)
        if (major != files->major && has_data(files, major))
            return major;
    return 0;
}

/* Debian's place: the newest that there is data of, else the newest. */
static int choose_packaged(struct cluster_files *files)
{
    char bin[PATH_MAX];

    for (int major = NEWEST_MAJOR; major >= OLDEST_MAJOR; major--) {
        snprintf(bin, sizeof(bin), "/usr/lib/postgresql/%d/bin", major);
        if (!has_programs(bin) || (files->bin && !has_data(files, major)))
            continue;
        free(files->bin);
        files->bin = strdup(bin);
        if (!files->bin)
            return -ENOMEM;
        if (has_data(files, major))
            break;
    }
    return files->bin ? 0 : -ENOENT;
}

static int choose_in_path(struct cluster_files *files)
{
    const char *path = getenv("PATH");
    AUTO(free_ptr) char *copy = strdup(path ? path : "");
    char *rest = copy;
    const char *dir;

    while (rest && (dir = strsep(&rest, ":"))) {
        if (dir[0] != '/' || !has_programs(dir))
            continue;
        files->bin = strdup(dir);
        return files->bin ? 0 : -ENOMEM;
    }
    return -ENOENT;
}

/* "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" */
static int ask_major(struct cluster_files *files)
{
    AUTO(free_ptr) char *postgres = NULL;
    const char *number;
    char line[128];
    int r;

    if (asprintf(&postgres, "%s/postgres", files->bin) < 0) {
        postgres = NULL;
        return -ENOMEM;
    }
    r = process_first_line((const char *const[]){postgres, "-V", NULL}, line, sizeof(line));
    if (r < 0)
        return r;
    number = strpbrk(line, "0123456789");
    files->major = number ? (int)strtol(number, NULL, 10) : 0;
    return 0;
}

static int choose(struct cluster_files *files, const char *bin_directory, char **ret_message)
{
    int r;

    if (bin_directory) {
        files->bin = strdup(bin_directory);
        r = files->bin ? 0 : -ENOMEM;
    } else {
        r = choose_packaged(files);
        if (r == -ENOENT)
            r = choose_in_path(files);
    }
    if (r == -ENOENT || (r == 0 && !has_programs(files->bin)))
        return fail(-ENOENT, ret_message,
                    "no initdb and postgres %s%s: install postgresql, or name a database server "
                    "in the configuration",
                    bin_directory ? "in " : "found", bin_directory ? bin_directory : "");
    if (r == 0)
        r = ask_major(files);
    if (r < 0)
        return fail(r, ret_message, "%s/postgres: %s", files->bin, strerror(-r));
    if (files->major < OLDEST_MAJOR)
        return fail(-EINVAL, ret_message, "%s has PostgreSQL %d: goald needs %d or newer",
                    files->bin, files->major, OLDEST_MAJOR);
    return 0;
}

static int refuse_other_major(const struct cluster_files *files, char **ret_message)
{
    int other = other_data(files);

    if (has_data(files, files->major) || other == 0)
        return 0;
    return fail(-EINVAL, ret_message,
                "%s/%d holds data of PostgreSQL %d, but the PostgreSQL found in %s is %d: install "
                "postgresql-%d, or carry the data over to %s/%d with pg_upgrade or pg_dump",
                files->root, other, other, files->bin, files->major, other, files->root,
                files->major);
}

static int find_user(struct cluster_files *files, char **ret_message)
{
    const struct passwd *user;

    if (geteuid() == 0)
        return fail(-EPERM, ret_message,
                    "PostgreSQL refuses to run as root: start goald as another user");
    user = getpwuid(geteuid());
    if (!user)
        return fail(-EPERM, ret_message,
                    "user number %u has no name, which PostgreSQL needs: add it to /etc/passwd",
                    (unsigned)geteuid());
    files->user = strdup(user->pw_name);
    return files->user ? 0 : -ENOMEM;
}

static int make_dir(const char *path, char **ret_message)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return fail(-errno, ret_message, "%s: %s", path, strerror(errno));
}

/* One goald a folder. The lock goes with the process, however it ends, and children do not have
 * it. */
static int take_lock(struct cluster_files *files, char **ret_message)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/lock", files->root);
    files->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (files->lock_fd < 0)
        return fail(-errno, ret_message, "%s: %s", path, strerror(errno));
    if (fcntl(files->lock_fd, F_SETLK, &lock) < 0)
        return fail(-EBUSY, ret_message, "another goald runs on %s", files->root);
    return 0;
}

static int name_files(struct cluster_files *files)
{
    if (asprintf(&files->data, "%s/%d", files->root, files->major) < 0) {
        files->data = NULL;
        return -ENOMEM;
    }
    if (asprintf(&files->log, "%s/postgres.log", files->root) < 0) {
        files->log = NULL;
        return -ENOMEM;
    }
    return 0;
}

int cluster_files_init(struct cluster_files *files, const char *state_directory,
                       const char *bin_directory, char **ret_message)
{
    int r;

    *files = (struct cluster_files){.lock_fd = -1};
    *ret_message = NULL;
    r = find_user(files, ret_message);
    if (r < 0)
        return r;
    if (asprintf(&files->root, "%s/postgresql", state_directory) < 0) {
        files->root = NULL;
        return -ENOMEM;
    }
    if (strlen(files->root) > PATH_MAX - 256)
        return fail(-ENAMETOOLONG, ret_message, "%s: too long", state_directory);
    r = make_dir(state_directory, ret_message);
    if (r == 0)
        r = make_dir(files->root, ret_message);
    if (r == 0)
        r = take_lock(files, ret_message);
    if (r == 0)
        r = choose(files, bin_directory, ret_message);
    if (r == 0)
        r = refuse_other_major(files, ret_message);
    return r == 0 ? name_files(files) : r;
}
