/*
 * The private cluster's configuration: who may connect, and where. Written anew before every
 * start, so that a changed user or folder is followed; an operator's own settings belong in
 * postgresql.conf or ALTER SYSTEM and stay. The cluster_files_…() here are of cluster_files.h.
 */
#include "db/cluster_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "log.h"

#define INCLUDE_LINE "include_if_exists = 'goald.conf'"
#define TEMPORARY_NAME "goald-postgresql-"

/* --- the socket's folder ------------------------------------------------------------------- */

/* A comma separates hosts in a conninfo and folders in postgresql.conf. */
static bool fits_socket(const char *dir)
{
    struct sockaddr_un address;
    char path[PATH_MAX];

    return snprintf(path, sizeof(path), "%s/.s.PGSQL.%d", dir, CLUSTER_PORT) <
               (int)sizeof(address.sun_path) &&
           !strchr(dir, ',');
}

/* A folder that nobody else can get into, below the first place where one can be made. */
static int make_temporary(char **ret_dir)
{
    const char *places[] = {getenv("RUNTIME_DIRECTORY"), getenv("XDG_RUNTIME_DIR"), "/tmp"};

    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        AUTO(free_ptr) char *dir = NULL;

        if (!places[i] || places[i][0] != '/')
            continue;
        if (asprintf(&dir, "%s/" TEMPORARY_NAME "XXXXXX", places[i]) < 0) {
            dir = NULL;
            return -ENOMEM;
        }
        if (fits_socket(dir) && mkdtemp(dir)) {
            *ret_dir = STEAL(dir);
            return 0;
        }
    }
    return -ENAMETOOLONG;
}

static int make_socket_dir(struct cluster_files *files)
{
    AUTO(free_ptr) char *dir = NULL;
    int r;

    if (asprintf(&dir, "%s/run", files->root) < 0) {
        dir = NULL;
        return -ENOMEM;
    }
    if (!fits_socket(dir)) {
        free(STEAL(dir));
        r = make_temporary(&dir);
        if (r < 0)
            return r;
        log_notice("private cluster: its socket is in %s, because the state directory's path is "
                   "too long for one",
                   dir);
    } else if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
        return -errno;
    }
    if (chmod(dir, 0700) < 0)
        return -errno;
    free(files->socket_dir);
    files->socket_dir = STEAL(dir);
    return 0;
}

void cluster_files_remove_socket_dir(struct cluster_files *files)
{
    if (files->socket_dir && strstr(files->socket_dir, "/" TEMPORARY_NAME))
        rmdir(files->socket_dir);
    free(STEAL(files->socket_dir));
}

/* --- files --------------------------------------------------------------------------------- */

static int write_whole(const char *path, const char *text)
{
    AUTO(close_file) FILE *out = fopen(path, "we");

    if (!out)
        return -errno;
    if (fputs(text, out) < 0 || fflush(out) != 0 || fsync(fileno(out)) < 0)
        return -EIO;
    return 0;
}

/* Replaces a file in the data folder. */
static int replace(const struct cluster_files *files, const char *name, const char *text)
{
    char path[PATH_MAX], new_path[PATH_MAX];
    int r;

    snprintf(path, sizeof(path), "%s/%s", files->data, name);
    snprintf(new_path, sizeof(new_path), "%s/%s.new", files->data, name);
    r = write_whole(new_path, text);
    if (r == 0 && rename(new_path, path) < 0)
        r = -errno;
    return r;
}

static int replace_format(const struct cluster_files *files, const char *name, const char *format,
                          ...) PRINTF_LIKE(3, 4);

static int replace_format(const struct cluster_files *files, const char *name, const char *format,
                          ...)
{
    AUTO(free_ptr) char *text = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0) {
        text = NULL;
        return -ENOMEM;
    }
    return replace(files, name, text);
}

/* A value in postgresql.conf: quotes are doubled. */
static int quote(const char *text, char *quoted, size_t size)
{
    size_t len = 0;

    for (const char *p = text; *p; p++) {
        if (len + 3 > size)
            return -ENAMETOOLONG;
        if (*p == '\'' || *p == '\\')
            quoted[len++] = *p;
        quoted[len++] = *p;
    }
    quoted[len] = '\0';
    return 0;
}

static int write_settings(const struct cluster_files *files)
{
    char dir[2 * sizeof(struct sockaddr_un)];
    int r = quote(files->socket_dir, dir, sizeof(dir));

    if (r < 0)
        return r;
    return replace_format(files, "goald.conf",
                          "# Written by goald before each start. To change something here, use\n"
                          "# ALTER SYSTEM, which overrides it.\n"
                          "cluster_name = 'goald'\n"
                          "listen_addresses = ''\n"
                          "port = %d\n"
                          "unix_socket_directories = '%s'\n"
                          "unix_socket_permissions = 0700\n"
                          "max_connections = 40\n"
                          "logging_collector = off\n"
                          "log_destination = 'stderr'\n"
                          "log_checkpoints = off\n"
                          "timezone = 'UTC'\n"
                          "log_timezone = 'UTC'\n",
                          CLUSTER_PORT, dir);
}

/* Has postgresql.conf, which stays the operator's, take goald.conf in. */
static int include_settings(const struct cluster_files *files)
{
    AUTO(close_file) FILE *conf = NULL;
    char path[PATH_MAX], line[1024];
    bool included = false;

    snprintf(path, sizeof(path), "%s/postgresql.conf", files->data);
    conf = fopen(path, "r+e");
    if (!conf)
        return -errno;
    while (fgets(line, sizeof(line), conf))
        included |= strncmp(line, INCLUDE_LINE, strlen(INCLUDE_LINE)) == 0;
    if (included)
        return 0;
    if (fseek(conf, 0, SEEK_END) < 0 || fputs("\n" INCLUDE_LINE "\n", conf) < 0 ||
        fflush(conf) != 0 || fsync(fileno(conf)) < 0)
        return -EIO;
    return 0;
}

int cluster_files_configure(struct cluster_files *files)
{
    int r = make_socket_dir(files);

    if (r == 0)
        r = write_settings(files);
    if (r == 0)
        r = include_settings(files);
    if (r == 0)
        r = replace(files, "pg_hba.conf",
                    "# Written by goald before each start: only the user that runs goald, through\n"
                    "# the Unix socket.\n"
                    "local all all peer map=goald\n");
    if (r == 0)
        r = replace_format(files, "pg_ident.conf",
                           "# Written by goald before each start.\n"
                           "goald \"%s\" goald_owner\n"
                           "goald \"%s\" goald\n",
                           files->user, files->user);
    return r;
}
