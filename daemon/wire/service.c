/*
 * The service: a table of all methods, sorted by full name, and the way of a call through it.
 */
#include "wire/service.h"

#include <errno.h>
#include <string.h>

#include "wire/check.h"
#include "wire/error.h"
#include "wire/interfaces.h"
#include "wire/introspection.h"
#include "wire/message.h"

struct entry {
    char *name; /* full */
    const struct idl_member *member;
    call_handler *handler;
    bool builtin; /* org.varlink.service's */
};

struct service {
    struct service_options options;
    struct idl **interfaces; /* org.varlink.service first */
    size_t interface_count;
    struct entry *entries;
    size_t entry_count;
};

static const struct service_interface builtin = {interface_org_varlink_service,
                                                 introspection_methods};

static int entry_compare(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static const struct entry *service_find(const struct service *service, const char *name)
{
    const struct entry key = {.name = (char *)name};

    return bsearch(&key, service->entries, service->entry_count, sizeof(key), entry_compare);
}

const struct idl *service_interface(const struct service *service, const char *name)
{
    for (size_t i = 0; i < service->interface_count; i++)
        if (strcmp(service->interfaces[i]->name, name) == 0)
            return service->interfaces[i];
    return NULL;
}

static int add_entry(struct service *service, const struct idl *idl,
                     const struct idl_member *member, const struct service_method *method)
{
    size_t size = (service->entry_count + 1) * sizeof(*service->entries);
    struct entry *entries = realloc(service->entries, size);
    struct entry *entry;

    if (!entries)
        return -ENOMEM;
    service->entries = entries;
    entry = &entries[service->entry_count];
    *entry = (struct entry){
        .member = member, .handler = method->handler, .builtin = service->interface_count == 0};
    if (asprintf(&entry->name, "%s.%s", idl->name, member->name) < 0)
        return -ENOMEM;
    service->entry_count++;
    return 0;
}

static const struct service_method *find_method(const struct service_method *methods,
                                                const char *name)
{
    for (; methods->name; methods++)
        if (strcmp(methods->name, name) == 0)
            return methods;
    return NULL;
}

/* The interface's methods and the table's must be the same. */
static int add_entries(struct service *service, const struct idl *idl,
                       const struct service_method *methods, char *error)
{
    for (const struct service_method *m = methods; m->name; m++) {
        if (!idl_find(idl, IDL_METHOD, m->name) || find_method(methods, m->name) != m) {
            snprintf(error, SERVICE_ERROR_SIZE, "%s: no method for the handler %s", idl->name,
                     m->name);
            return -EINVAL;
        }
    }
    for (const struct idl_member *member = idl->members; member; member = member->next) {
        const struct service_method *method;
        int r;

        if (member->kind != IDL_METHOD)
            continue;
        method = find_method(methods, member->name);
        if (!method) {
            snprintf(error, SERVICE_ERROR_SIZE, "%s: no handler for the method %s", idl->name,
                     member->name);
            return -EINVAL;
        }
        r = add_entry(service, idl, member, method);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_interface(struct service *service, const struct service_interface *interface,
                         char *error)
{
    AUTO(idl_freep) struct idl *idl = NULL;
    struct idl_error where;
    struct idl **interfaces;
    int r = idl_parse(interface->description, &idl, &where);

    if (r == -EINVAL)
        snprintf(error, SERVICE_ERROR_SIZE, "interface, line %d, column %d: %s", where.line,
                 where.column, where.message);
    if (r < 0)
        return r;
    if (service_interface(service, idl->name)) {
        snprintf(error, SERVICE_ERROR_SIZE, "the interface %s is there twice", idl->name);
        return -EINVAL;
    }
    r = add_entries(service, idl, interface->methods, error);
    if (r < 0)
        return r;
    interfaces =
        reallocarray(service->interfaces, service->interface_count + 1, sizeof(struct idl *));
    if (!interfaces)
        return -ENOMEM;
    service->interfaces = interfaces;
    interfaces[service->interface_count++] = STEAL(idl);
    return 0;
}

void service_free(struct service *service)
{
    if (!service)
        return;
    for (size_t i = 0; i < service->entry_count; i++)
        free(service->entries[i].name);
    for (size_t i = 0; i < service->interface_count; i++)
        idl_free(service->interfaces[i]);
    free(service->entries);
    free(service->interfaces);
    free(service);
}

static void service_freep(struct service **service)
{
    service_free(*service);
}

int service_new(const struct service_options *options, struct service **ret_service,
                char ret_error[SERVICE_ERROR_SIZE])
{
    AUTO(service_freep) struct service *service = calloc(1, sizeof(*service));
    int r;

    if (!service)
        return -ENOMEM;
    service->options = *options;
    r = add_interface(service, &builtin, ret_error);
    for (const struct service_interface *i = options->interfaces; r == 0 && i->description; i++)
        r = add_interface(service, i, ret_error);
    if (r < 0)
        return r;
    qsort(service->entries, service->entry_count, sizeof(*service->entries), entry_compare);
    *ret_service = STEAL(service);
    return 0;
}

json_t *introspection_info(void *service_ptr)
{
    const struct service *service = service_ptr;
    json_auto_t *names = json_array();

    for (size_t i = 0; i < service->interface_count; i++)
        if (json_array_append_new(names, json_string(service->interfaces[i]->name)) < 0)
            return NULL;
    return json_pack("{s:s, s:s, s:s, s:s, s:O}", "vendor", service->options.vendor, "product",
                     service->options.product, "version", service->options.version, "url",
                     service->options.url, "interfaces", names);
}

const char *introspection_text(void *service, const char *interface)
{
    const struct idl *idl = service_interface(service, interface);

    return idl ? idl->text : NULL;
}

bool service_lookup(struct service *service, const struct peer *peer, const char *frame, size_t len,
                    const char **ret_bytes, size_t *ret_len)
{
    const struct service_options *options = &service->options;

    return options->lookup && options->lookup(options->data, peer, frame, len, ret_bytes, ret_len);
}

void service_left(struct service *service, const struct call_sink *sink)
{
    if (service->options.left)
        service->options.left(service->options.data, sink);
}

static void call_freep(struct call **call)
{
    call_free(*call);
}

int service_receive(struct service *service, const struct peer *peer, const char *frame, size_t len,
                    struct call_sink *sink, struct call **ret_call)
{
    AUTO(call_freep) struct call *call = calloc(1, sizeof(*call));
    struct message_call message;
    int r = call ? message_parse_call(frame, len, &message) : -ENOMEM;

    if (r < 0)
        return r;
    /* The root may hold a megabyte of what nobody asks for; a call may live long. */
    call->message = json_incref(json_object_get(message.root, "method"));
    call->method = message.method;
    call->parameters = message.parameters ? json_incref(message.parameters) : json_object();
    json_decref(message.root);
    call->more = message.more;
    call->oneway = message.oneway;
    call->upgrade = message.upgrade;
    call->peer = *peer;
    call->service = service->options.data;
    call->sink = sink;
    if (!call->parameters)
        return -ENOMEM;
    if (service->options.lookup) {
        call->frame = frame;
        call->frame_len = len;
    }
    *ret_call = STEAL(call);
    return 0;
}

static const struct answer *fail_unknown(const struct service *service, struct call *call)
{
    const char *dot = strrchr(call->method, '.');
    AUTO(free_ptr) char *interface = NULL;

    if (dot)
        interface = strndup(call->method, (size_t)(dot - call->method));
    if (interface && !service_interface(service, interface))
        return call_fail(call, ERROR_INTERFACE_NOT_FOUND,
                         json_pack("{s:s}", "interface", interface));
    return call_fail(call, ERROR_METHOD_NOT_FOUND, json_pack("{s:s}", "method", call->method));
}

void service_dispatch(struct service *service, struct call *call)
{
    const struct entry *entry = service_find(service, call->method);
    const struct answer *answer = NULL;
    char path[CHECK_PATH_SIZE];

    if (!entry) {
        call_end(fail_unknown(service, call));
        return;
    }
    /* no method can be upgraded, and any reply but an error would say that it was */
    if (!entry->handler || call->upgrade) {
        call_end(call_fail(call, ERROR_METHOD_NOT_IMPLEMENTED,
                           json_pack("{s:s}", "method", call->method)));
        return;
    }
    if (check_object(entry->member->type, call->parameters, path) < 0) {
        call_end(call_fail_parameter(call, path));
        return;
    }
    if (entry->builtin)
        call->service = service;
    else if (service->options.gate)
        answer = service->options.gate(call);
    call_end(answer ? answer : entry->handler(call));
}
