/*
 * Addresses of services: "unix:/path" and "unix:@name" (Linux' abstract namespace), also without
 * the "unix:". What follows a ';' in the form with a scheme is a property for others: ignored.
 */
#ifndef GOALD_WIRE_ADDRESS_H
#define GOALD_WIRE_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

#include "wire/util.h"

struct address {
    struct sockaddr_un socket;
    socklen_t len; /* exact: for an abstract name it tells where the name ends */
};

/* -EINVAL: no path or name in it; -EPROTONOSUPPORT: another scheme; -ENAMETOOLONG. */
int address_parse(const char *text, struct address *ret_address) MUST_CHECK;

/* What is wrong, in words, for the errors of this file; strerror() for others. */
const char *address_error(int error);

/* The path in the file system, or NULL for an abstract name. */
const char *address_path(const struct address *address);

/* Connects, waiting as long as it takes; the descriptor is close-on-exec. */
int address_connect(const char *text, int *ret_fd) MUST_CHECK;

/* Binds and listens; the descriptor is non-blocking and close-on-exec. A socket file that nobody
 * answers on is replaced, in one piece even if two programs try; one that somebody answers on is
 * -EADDRINUSE, and any other file there -EEXIST. Everybody may connect (mode 0666). */
int address_listen(const struct address *address, int *ret_fd) MUST_CHECK;

/* Marks a socket's inode with its role ("listen", "server", "client") where the kernel can;
 * otherwise a negative errno, which is no error. */
int address_tag(int fd, const char *role);

#endif
