/*
 * Errors with a sentence. The sentence belongs to who asked.
 */
#include "complain.h"

#include <errno.h>
#include <stdarg.h>

int complain(int error, char **ret_message, const char *format, ...)
{
    va_list args;
    char *text;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return -ENOMEM;
    *ret_message = text;
    return error;
}
