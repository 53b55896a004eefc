/*
 * Log lines. Each is made whole in a buffer on the stack and goes out in one write(), so lines of
 * several processes on one stderr don't mix. Nothing here is allocated; the state is the level
 * and the form, which is decided once, at the first line.
 */
#include "log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define LINE_MAX_LEN 4096

enum form { FORM_UNKNOWN, FORM_HUMAN, FORM_JOURNAL };

static int log_level = LOG_INFO;
static enum form log_form = FORM_UNKNOWN;

static const char *const level_names[] = {"EMERG",   "ALERT",  "CRIT", "ERROR",
                                          "WARNING", "NOTICE", "INFO", "DEBUG"};

/* systemd tells the device and inode of the stream that it connected; stderr may have been
 * redirected since. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
        return false;
    return fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

static enum form find_form(void)
{
    const char *wish = getenv("GOALD_LOG");

    if (wish && strcmp(wish, "journal") == 0)
        return FORM_JOURNAL;
    return stderr_is_journal() ? FORM_JOURNAL : FORM_HUMAN;
}

static size_t put_prefix(char *line, size_t size, int level)
{
    time_t now = time(NULL);
    char when[32] = "";
    struct tm tm;

    if (log_form == FORM_JOURNAL)
        return (size_t)snprintf(line, size, "<%d>", level);
    if (localtime_r(&now, &tm))
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
    return (size_t)snprintf(line, size, "%s goald[%d] %s ", when, (int)getpid(),
                            level_names[level]);
}

/* Copies the text with its control characters as \n, \t or \x1b, as far as it fits. */
static size_t put_escaped(char *line, size_t size, const char *text)
{
    size_t len = 0;

    for (const char *p = text; *p && len + 5 < size; p++) {
        unsigned char c = (unsigned char)*p;

        if (c == '\n' || c == '\t') {
            line[len++] = '\\';
            line[len++] = c == '\n' ? 'n' : 't';
        } else if (c < 0x20 || c == 0x7f) {
            len += (size_t)snprintf(line + len, size - len, "\\x%02x", c);
        } else {
            line[len++] = (char)c;
        }
    }
    return len;
}

void log_line(int level, const char *format, ...)
{
    char text[LINE_MAX_LEN], line[LINE_MAX_LEN + 64];
    va_list args;
    size_t len;

    if (level < LOG_EMERG || level > LOG_DEBUG || level > log_level)
        return;
    if (log_form == FORM_UNKNOWN)
        log_form = find_form();
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    len = put_prefix(line, sizeof(line), level);
    len += put_escaped(line + len, sizeof(line) - len - 1, text);
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0)
        return; /* there is nowhere left to say so */
}

void log_set_level(int level)
{
    log_level = level;
}
