/*
 * sd_notify, through libsystemd. Failures don't matter to goald and are left to systemd's own
 * timeouts. Owns nothing but the watchdog's event until it is handed on.
 */
#include "notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <systemd/sd-daemon.h>
#include <time.h>

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

void notify_reloading(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
               (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_status(const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    sd_notifyf(0, "STATUS=%s", text);
}

static void watchdog_due(evutil_socket_t fd UNUSED, short events UNUSED, void *arg UNUSED)
{
    sd_notify(0, "WATCHDOG=1");
}

int notify_watchdog_start(struct event_base *base, struct event **ret_event)
{
    struct event *event;
    struct timeval half;
    uint64_t period_us;
    int r = sd_watchdog_enabled(0, &period_us);

    if (r <= 0) {
        *ret_event = NULL;
        return r;
    }
    half.tv_sec = (time_t)(period_us / 2 / 1000000);
    half.tv_usec = (suseconds_t)(period_us / 2 % 1000000);
    event = event_new(base, -1, EV_PERSIST, watchdog_due, NULL);
    if (!event)
        return -ENOMEM;
    if (event_add(event, &half) < 0) {
        event_free(event);
        return -ENOMEM;
    }
    *ret_event = event;
    return 0;
}
