/*
 * Moments as callers write them: a day, a month or a year in a time zone, or an RFC 3339 time.
 * Nothing is owned here.
 */
#ifndef GOALD_DB_INSTANT_H
#define GOALD_DB_INSTANT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/util.h"

/* The moment in microseconds since 1970, UTC. Of a date the first one in the zone, or (`end`) the
 * last one. A time has a zone of its own: "2024-05-31T08:15:02.5+02:00"; of a second written
 * without decimals `end` is its last microsecond. -EINVAL for anything else. */
int instant_parse(const char *text, const char *zone, bool end, int64_t *ret_us) MUST_CHECK;

#endif
