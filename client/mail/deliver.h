/*
 * Handing on what was composed: to a command of the MTA's, to one that takes JSON, or to standard
 * output.
 */
#ifndef GOAL_MAIL_DELIVER_H
#define GOAL_MAIL_DELIVER_H

#include <jansson.h>

#include "goal.h"
#include "progress.h"

#define DELIVER_LIMIT 60 /* seconds that a command has */

enum delivery_way { DELIVER_SENDMAIL, DELIVER_EXEC, DELIVER_PRINT };

struct delivery {
    enum delivery_way way;
    const char *command;       /* for sh -c */
    int limit;                 /* seconds */
    FILE *out;                 /* of DELIVER_PRINT */
    struct progress *progress; /* drawn again while a command runs; or NULL */
};

/* What the command line says; returns an exit code. */
int delivery_chosen(const struct goal *goal, struct delivery *ret_delivery);

/*
 * Delivers one mail: the message, or with DELIVER_EXEC the object, to which the message is added.
 * 0: it was taken. Otherwise *ret_reason, to be freed, says in one line why not.
 */
int deliver(const struct delivery *delivery, const char *message, size_t len, json_t *object,
            char **ret_reason) MUST_CHECK;

/*
 * Runs the command by sh -c with the text on its standard input. When its time is up it is ended,
 * with all that it began. 0: it ended with 0, whether it read the text or not. Else
 * *ret_reason has what it said on its standard error or output, or how it ended; -ENOENT: there is
 * no such command, and the next mail will fare no better; -EINPROGRESS: it was ended, by a signal
 * or by us, and perhaps the mail is out.
 */
int deliver_run(const struct delivery *delivery, const char *text, size_t len,
                char **ret_reason) MUST_CHECK;

#endif
