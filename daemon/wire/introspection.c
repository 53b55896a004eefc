/*
 * The handlers of org.varlink.service (org.varlink.service.varlink: the members are UAPI.20's, the
 * words ours).
 */
#include "wire/introspection.h"

#include "wire/error.h"

static const struct answer *get_info(struct call *call)
{
    return call_reply(call, introspection_info(call->service));
}

static const struct answer *get_interface_description(struct call *call)
{
    json_t *name = json_object_get(call->parameters, "interface");
    const char *text = introspection_text(call->service, json_string_value(name));

    if (!text)
        return call_fail(call, ERROR_INTERFACE_NOT_FOUND, json_pack("{s:O}", "interface", name));
    return call_reply(call, json_pack("{s:s}", "description", text));
}

const struct service_method introspection_methods[] = {
    {"GetInfo", get_info}, {"GetInterfaceDescription", get_interface_description}, {}};
