/*
 * Dropping privileges. Everything is checked through open descriptors, so a folder can't be
 * exchanged between the check and the change of its owner. Nothing outlives a call.
 */
#include "privileges.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "complain.h"

/* The user to become. The entry is libc's and holds until the next lookup. */
static int find_user(const char *name, const struct passwd **ret_user, char **ret_message)
{
    const struct passwd *user = getpwnam(*name ? name : "goald");

    if (!user && !*name)
        user = getpwnam("postgres");
    if (!user)
        return complain(-ENOENT, ret_message,
                        "there is no user %s to run as; make one, or name one with --set user=NAME",
                        *name ? name : "goald");
    if (user->pw_uid == 0)
        return complain(-EINVAL, ret_message, "user %s is root; goald runs as another", name);
    *ret_user = user;
    return 0;
}

/* mkdir -p for all but the last part of `path`. Parents are root's, or ours, as mkdir makes
 * them. */
static int make_parents(const char *path)
{
    AUTO(free_ptr) char *copy = strdup(path);

    if (!copy)
        return -ENOMEM;
    for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0755) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

/* Makes the folder, or opens the one that is there. */
static int open_folder(const char *path, mode_t mode, int *ret_fd, bool *ret_made)
{
    int r = make_parents(path), fd;
    bool made;

    if (r < 0)
        return r;
    made = mkdir(path, mode) == 0;
    if (!made && errno != EEXIST)
        return -errno;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    *ret_made = made;
    return 0;
}

static bool is_empty(int fd)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    int entries = 0;

    if (!folder) {
        close_fd(&copy);
        return false;
    }
    while (entries <= 2 && readdir(folder))
        entries++;
    closedir(folder);
    return entries <= 2; /* "." and ".." */
}

/* An empty folder of root's was made for us, by an administrator or a package. */
static int take_folder(int fd, bool made, uid_t uid, gid_t gid)
{
    struct stat st;

    if (geteuid() != 0)
        return 0;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!made && (st.st_uid != 0 || !is_empty(fd)))
        return 0;
    return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

static int check_state_directory(int fd, const char *path, uid_t uid, char **ret_message)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return complain(-errno, ret_message, "%s: %s", path, strerror(errno));
    if (st.st_uid != uid)
        return complain(-EPERM, ret_message,
                        "%s belongs to user number %u, goald runs as %u; "
                        "change its owner or set another state_directory",
                        path, st.st_uid, uid);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return complain(-EPERM, ret_message, "%s may be written by others; chmod 700 it", path);
    return 0;
}

static int prepare_state_directory(const char *path, uid_t uid, gid_t gid, char **ret_message)
{
    AUTO(close_fd) int fd = -1;
    bool made;
    int r = open_folder(path, 0700, &fd, &made);

    if (r == 0)
        r = take_folder(fd, made, uid, gid);
    if (r < 0)
        return complain(r, ret_message, "state directory %s: %s", path, strerror(-r));
    return check_state_directory(fd, path, uid, ret_message);
}

/* The socket's folder may be a shared one such as /run: only one that we make becomes the
 * user's. */
static int prepare_socket_folder(const char *socket_path, uid_t uid, gid_t gid, char **ret_message)
{
    AUTO(free_ptr) char *path = strdup(socket_path);
    AUTO(close_fd) int fd = -1;
    char *slash;
    bool made;
    int r;

    if (!path)
        return -ENOMEM;
    slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    *slash = '\0';
    r = open_folder(path, 0755, &fd, &made);
    if (r == 0 && made && fchmod(fd, 0755) < 0)
        r = -errno;
    if (r == 0 && made && geteuid() == 0 && fchown(fd, uid, gid) < 0)
        r = -errno;
    return r < 0 ? complain(r, ret_message, "socket's folder %s: %s", path, strerror(-r)) : 0;
}

/* Becomes the user, and makes sure that root can't be had back. */
static int become(const struct passwd *user, char **ret_message)
{
    uid_t uid = user->pw_uid;
    gid_t gid = user->pw_gid;

    if (initgroups(user->pw_name, gid) < 0 || setresgid(gid, gid, gid) < 0 ||
        setresuid(uid, uid, uid) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return complain(-errno, ret_message, "can't become user %s: %s", user->pw_name,
                        strerror(errno));
    if (setuid(0) == 0 || seteuid(0) == 0 || getuid() != uid || geteuid() != uid ||
        getgid() != gid || getegid() != gid)
        return complain(-EPERM, ret_message, "root could be had back after becoming %s",
                        user->pw_name);
    return 0;
}

int privileges_drop(const struct privileges_options *options, char **ret_message)
{
    const struct passwd *user = NULL;
    uid_t uid = geteuid();
    gid_t gid = getegid();
    int r = 0;

    if (uid == 0) {
        r = find_user(options->user, &user, ret_message);
        if (r < 0)
            return r;
        uid = user->pw_uid;
        gid = user->pw_gid;
    }
    if (options->state_directory)
        r = prepare_state_directory(options->state_directory, uid, gid, ret_message);
    if (r == 0 && options->socket_path)
        r = prepare_socket_folder(options->socket_path, uid, gid, ret_message);
    if (r == 0 && user)
        r = become(user, ret_message);
    return r;
}
