/*
 * A Varlink service: who it is, the interfaces it has, and the handlers of their methods. It turns
 * a frame into a call, checks it against the interface and runs its handler. It answers
 * org.varlink.service itself. Owns the parsed interfaces; immutable once made.
 */
#ifndef GOALD_WIRE_SERVICE_H
#define GOALD_WIRE_SERVICE_H

#include "wire/call.h"
#include "wire/idl.h"

/* A NULL handler: the interface has the method, this service (on purpose) does not yet; it answers
 * MethodNotImplemented. */
struct service_method {
    const char *name; /* unqualified */
    call_handler *handler;
};

struct service_interface {
    const char *description;              /* the .varlink text */
    const struct service_method *methods; /* ended by a NULL name */
};

struct service_options {
    const char *vendor, *product, *version, *url; /* copied by nobody: they outlive the service */
    const struct service_interface *interfaces;   /* ended by a NULL description; only read here */
    void *data;                                   /* every call's `service` */
    /* Runs after the check and before the handler: returns an answer, or NULL to go on. */
    const struct answer *(*gate)(struct call *call);
    /* Asked before anything is parsed: are the bytes of the reply known? They are used before the
     * next call of any function of the service. NULL: no cache, and calls keep no frame. */
    bool (*lookup)(void *data, const struct peer *peer, const char *frame, size_t len,
                   const char **ret_bytes, size_t *ret_len);
    /* Told when a connection is over: what was begun on it is not coming to an end. May be NULL. */
    void (*left)(void *data, const struct call_sink *sink);
};

struct service;

enum { SERVICE_ERROR_SIZE = 256 };

/* -EINVAL, told in ret_error: an interface that does not parse, a method without an entry in the
 * table or an entry without a method. */
int service_new(const struct service_options *options, struct service **ret_service,
                char ret_error[SERVICE_ERROR_SIZE]) MUST_CHECK;
void service_free(struct service *service);

/* The parsed interface of that name, or NULL. */
const struct idl *service_interface(const struct service *service, const char *name);

/* See service_options.lookup. */
bool service_lookup(struct service *service, const struct peer *peer, const char *frame, size_t len,
                    const char **ret_bytes, size_t *ret_len);

/* See service_options.left. */
void service_left(struct service *service, const struct call_sink *sink);

/* Makes a call of a frame. -EBADMSG: not a call at all, the connection is to be closed. */
int service_receive(struct service *service, const struct peer *peer, const char *frame, size_t len,
                    struct call_sink *sink, struct call **ret_call) MUST_CHECK;

/* Checks the call and runs its handler. The answer, an error's too, goes to the call's sink,
 * perhaps before this returns. */
void service_dispatch(struct service *service, struct call *call);

#endif
