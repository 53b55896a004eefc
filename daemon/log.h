/*
 * The log: lines on stderr. In front stands journald's "<N>" priority when stderr is the journal
 * (JOURNAL_STREAM) or GOALD_LOG=journal asks for it, else the time, the pid and the level.
 * Everybody may log; nobody logs and returns the same error.
 */
#ifndef GOALD_LOG_H
#define GOALD_LOG_H

#include <syslog.h>

#include "wire/util.h"

/* One line; `level` is syslog's LOG_ERR … LOG_DEBUG. Control characters come out escaped. */
void log_line(int level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* What is below this is dropped; may change on reload. */
void log_set_level(int level);

#endif
