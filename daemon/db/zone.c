/*
 * Days in time zones. glibc reads a zone only through TZ, so the zone is set for the moment of the
 * question; the daemon has one thread, and the answer is kept until the day ends.
 */
#include "db/zone.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "core/date.h"

#define ZONE_FOLDER "/usr/share/zoneinfo/"

bool zone_exists(const char *zone)
{
    char path[sizeof(ZONE_FOLDER) + 64];
    struct stat st;

    if (!*zone || *zone == '/' || strstr(zone, "..") ||
        strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-") !=
            strlen(zone))
        return false;
    if (snprintf(path, sizeof(path), "%s%s", ZONE_FOLDER, zone) >= (int)sizeof(path))
        return false;
    return strcmp(zone, "UTC") == 0 || (stat(path, &st) == 0 && S_ISREG(st.st_mode));
}

void zone_day(const char *zone, int64_t now, int32_t *ret_day, int64_t *ret_until)
{
    const char *old = getenv("TZ");
    AUTO(free_ptr) char *saved = old ? strdup(old) : NULL;
    time_t t = (time_t)now, midnight;
    struct tm tm;

    setenv("TZ", zone, 1);
    tzset();
    localtime_r(&t, &tm);
    *ret_day = date_first_day((struct date){.year = (int16_t)(tm.tm_year + 1900),
                                            .month = (int8_t)(tm.tm_mon + 1),
                                            .day = (int8_t)tm.tm_mday});
    tm.tm_mday++;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    tm.tm_isdst = -1;
    midnight = mktime(&tm);
    *ret_until = midnight > t ? midnight : t + 1;
    if (saved)
        setenv("TZ", saved, 1);
    else
        unsetenv("TZ");
    tzset();
}
