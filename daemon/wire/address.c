/*
 * Parsing of addresses, and the two things one does with them. Owns nothing.
 */
#include "wire/address.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>

int address_parse(const char *text, struct address *ret_address)
{
    struct address address = {.socket.sun_family = AF_UNIX};
    const size_t room = sizeof(address.socket.sun_path);
    size_t len = strlen(text);

    if (strncmp(text, "unix:", 5) == 0) {
        text += 5;
        len = strcspn(text, ";");
    } else if (text[0] != '/' && text[0] != '@') {
        return strchr(text, ':') ? -EPROTONOSUPPORT : -EINVAL;
    }
    if ((text[0] != '/' && text[0] != '@') || len < 2)
        return -EINVAL;
    /* a path keeps its NUL; a name has a NUL in front instead, where the '@' is */
    if (len > room || (len == room && text[0] == '/'))
        return -ENAMETOOLONG;
    memcpy(address.socket.sun_path, text, len);
    address.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (text[0] == '/'));
    if (text[0] == '@')
        address.socket.sun_path[0] = '\0';
    *ret_address = address;
    return 0;
}

const char *address_error(int error)
{
    switch (error < 0 ? -error : error) {
    case EINVAL:
        return "not an address (unix:/path or unix:@name)";
    case EPROTONOSUPPORT:
        return "unknown kind of address (only unix: is supported)";
    case ENAMETOOLONG:
        return "address too long (a socket's path has at most 107 bytes)";
    case EEXIST:
        return "something that is not a socket is in the way";
    case EADDRINUSE:
        return "another program is listening there";
    default:
        return strerror(error < 0 ? -error : error);
    }
}

const char *address_path(const struct address *address)
{
    return address->socket.sun_path[0] ? address->socket.sun_path : NULL;
}

static int address_socket(int flags, int *ret_fd)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

int address_tag(int fd, const char *role)
{
    return fsetxattr(fd, "user.varlink", role, strlen(role), 0) < 0 ? -errno : 0;
}

int address_connect(const char *text, int *ret_fd)
{
    AUTO(close_fd) int fd = -1;
    struct address address;
    int r = address_parse(text, &address);

    if (r == 0)
        r = address_socket(0, &fd);
    if (r < 0)
        return r;
    (void)address_tag(fd, "client");
    if (connect(fd, (struct sockaddr *)&address.socket, address.len) < 0)
        return -errno;
    *ret_fd = fd;
    fd = -1;
    return 0;
}

enum { LOCK_TRIES = 20, LOCK_PAUSE_NS = 25 * 1000 * 1000 };

/* Removes the socket at the address if nobody answers on it. */
static int remove_stale(const struct address *address)
{
    AUTO(close_fd) int fd = -1;
    const char *path = address_path(address);
    struct stat st;
    int r;

    if (!path)
        return -EADDRINUSE;
    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    r = address_socket(SOCK_NONBLOCK, &fd);
    if (r < 0)
        return r;
    /* anything but a refusal, a full backlog for one, means that somebody is there */
    if (connect(fd, (struct sockaddr *)&address->socket, address->len) == 0 ||
        errno != ECONNREFUSED)
        return -EADDRINUSE;
    return unlink(path) < 0 ? -errno : 0;
}

/* The umask is the process's; nothing else runs between these lines. */
static int bind_open(int fd, const struct address *address)
{
    mode_t mask = umask(0111);
    int r = bind(fd, (const struct sockaddr *)&address->socket, address->len) < 0 ? -errno : 0;

    umask(mask);
    return r;
}

/* Locks the socket's folder until the descriptor is closed: between finding a dead socket and
 * listening on a new one, another program must not do the same. Anybody who may read the folder
 * may lock it, so it is tried for a moment only and then gone without. */
static int lock_folder(const char *path)
{
    AUTO(free_ptr) char *copy = path ? strdup(path) : NULL;
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    for (int i = 0; fd >= 0 && i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB) < 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
    return fd;
}

int address_listen(const struct address *address, int *ret_fd)
{
    const char *path = address_path(address);
    AUTO(close_fd) int fd = -1;
    AUTO(close_fd) int lock UNUSED = lock_folder(path);
    int r = address_socket(SOCK_NONBLOCK, &fd);

    if (r < 0)
        return r;
    r = bind_open(fd, address);
    if (r == -EADDRINUSE) {
        r = remove_stale(address);
        if (r == 0)
            r = bind_open(fd, address);
    }
    if (r < 0)
        return r;
    (void)address_tag(fd, "listen");
    if (path)
        (void)setxattr(path, "user.varlink", "entrypoint", strlen("entrypoint"), 0);
    if (listen(fd, SOMAXCONN) < 0)
        return -errno;
    *ret_fd = fd;
    fd = -1;
    return 0;
}
