/*
 * The day it is in a time zone, by the system's zone files. Nothing is owned here.
 */
#ifndef GOALD_DB_ZONE_H
#define GOALD_DB_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/util.h"

/* Is there such a zone ("Europe/Stockholm")? */
bool zone_exists(const char *zone);

/* The day number in the zone at a time (seconds since 1970, UTC), and until when it holds. */
void zone_day(const char *zone, int64_t now, int32_t *ret_day, int64_t *ret_until);

#endif
