/*
 * What goald tells systemd (sd_notify): ready, reloading, stopping, a status line, and that it is
 * alive. Nothing happens when nobody asked. The processes that goald starts must not inherit
 * NOTIFY_SOCKET, or postgres would speak for goald (db/cluster_process.c takes it away).
 */
#ifndef GOALD_NOTIFY_H
#define GOALD_NOTIFY_H

#include <event2/event.h>

#include "wire/util.h"

void notify_ready(void);
/* A reload has begun; notify_ready() tells its end. */
void notify_reloading(void);
void notify_stopping(void);
/* One line for `systemctl status`. */
void notify_status(const char *format, ...) PRINTF_LIKE(1, 2);

/* Says WATCHDOG=1 from the loop, twice in each period that systemd wants a sign of life in.
 * *ret_event is NULL if it wants none, else the caller's, to free with event_free(). */
int notify_watchdog_start(struct event_base *base, struct event **ret_event) MUST_CHECK;

#endif
