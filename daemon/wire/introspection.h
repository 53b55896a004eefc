/*
 * org.varlink.service, which every service has: its handlers. Private to
 * service.c, which gives it a look into the service.
 */
#ifndef GOALD_WIRE_INTROSPECTION_H
#define GOALD_WIRE_INTROSPECTION_H

#include "wire/service.h"

extern const struct service_method introspection_methods[];

/* service.c's: GetInfo's reply (a new reference, NULL without memory), and the description of an
 * interface (the service's string, NULL if there is none). */
json_t *introspection_info(void *service);
const char *introspection_text(void *service, const char *interface);

#endif
