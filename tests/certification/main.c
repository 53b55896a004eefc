/*
 * varlink-certification ADDRESS: goald's server, connection and wire code, serving the public
 * certification interface, so that other people's clients can certify that code (and theirs).
 * Ends on SIGTERM or SIGINT; takes a socket from LISTEN_FDS too.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "certify.h"
#include "log.h"
#include "server.h"
#include "wire/interfaces.h"

enum { DRAIN_MS = 2000 };

struct program {
    struct event_base *base;
    struct certify *certify;
    struct service *service;
    struct server *server;
    struct event *terminate, *interrupt;
};

static void on_drained(void *arg)
{
    struct program *program = arg;

    event_base_loopexit(program->base, NULL);
}

static void on_signal(evutil_socket_t number UNUSED, short what UNUSED, void *arg)
{
    struct program *program = arg;

    server_drain(program->server, DRAIN_MS, on_drained, program);
}

static int program_start(struct program *program, const char *address, char *error)
{
    const struct service_interface interfaces[] = {
        {interface_org_varlink_certification, certify_methods}, {}};
    struct service_options service = {
        .vendor = "goald",
        .product = "Varlink certification",
        .version = GOALD_VERSION,
        .url = "https://uapi-group.org/specifications/specs/varlink/",
        .interfaces = interfaces,
    };
    struct server_options server = {
        .address = address, .limits = SERVER_DEFAULT_LIMITS, .ended = on_drained, .arg = program};
    int r = certify_new(&program->certify);

    service.data = program->certify;
    if (r == 0)
        r = service_new(&service, &program->service, error);
    if (r < 0)
        return r;
    program->base = server.base = event_base_new();
    server.service = program->service;
    if (!program->base)
        return -ENOMEM;
    program->terminate = evsignal_new(program->base, SIGTERM, on_signal, program);
    program->interrupt = evsignal_new(program->base, SIGINT, on_signal, program);
    if (!program->terminate || event_add(program->terminate, NULL) < 0 || !program->interrupt ||
        event_add(program->interrupt, NULL) < 0)
        return -ENOMEM;
    return server_new(&server, &program->server, error);
}

static void program_done(struct program *program)
{
    server_free(program->server);
    if (program->terminate)
        event_free(program->terminate);
    if (program->interrupt)
        event_free(program->interrupt);
    if (program->base)
        event_base_free(program->base);
    service_free(program->service);
    certify_free(program->certify);
}

int main(int argc, char **argv)
{
    AUTO(program_done) struct program program = {};
    char error[SERVICE_ERROR_SIZE] = "";
    int r;

    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: varlink-certification ADDRESS\n");
        return 2;
    }
    r = program_start(&program, argc > 1 ? argv[1] : NULL, error);
    if (r < 0) {
        log_error("%s", *error ? error : strerror(-r));
        return 1;
    }
    event_base_dispatch(program.base);
    return 0;
}
