/*
 * Errors with a sentence: for start-up and reload, where the operator needs to know what to do.
 */
#ifndef GOALD_COMPLAIN_H
#define GOALD_COMPLAIN_H

#include "wire/util.h"

/* Makes *ret_message, which the caller frees, and returns `error`; -ENOMEM if there is no memory
 * for it. */
int complain(int error, char **ret_message, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
