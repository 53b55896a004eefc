/*
 * The ways to deliver; see deliver.h. What --print writes is a mailbox file ("mboxrd"): a line
 * begins each mail, and lines in it that look like that one are quoted.
 */
#include "deliver.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "text.h"

#define SENDMAIL_PROGRAM "/usr/sbin/sendmail"
#define SENDMAIL SENDMAIL_PROGRAM " -t -i"

int delivery_chosen(const struct goal *goal, struct delivery *ret_delivery)
{
    const struct args *args = &goal->args;
    struct delivery delivery = {.command = SENDMAIL, .limit = DELIVER_LIMIT, .out = goal->out};
    if (args_has(args, "sendmail") + args_has(args, "exec") + args_has(args, "print") > 1)
        return goal_fail(EXIT_USAGE, "--sendmail, --exec or --print: one of them");
    if (args_has(args, "sendmail"))
        delivery.command = args_get(args, "sendmail");
    if (args_has(args, "exec")) {
        delivery.way = DELIVER_EXEC;
        delivery.command = args_get(args, "exec");
    }
    if (args_has(args, "print"))
        delivery.way = DELIVER_PRINT;
    if (!*delivery.command)
        return goal_fail(EXIT_USAGE, "say which command");
    if (strcmp(delivery.command, SENDMAIL) == 0 && delivery.way == DELIVER_SENDMAIL &&
        !args_has(args, "dry-run") && access(SENDMAIL_PROGRAM, X_OK) < 0)
        return goal_fail(EXIT_REFUSED,
                         SENDMAIL_PROGRAM ": %s; install an MTA, or name a command with --sendmail "
                                          "or --exec",
                         strerror(errno));
    *ret_delivery = delivery;
    return EXIT_DONE;
}

static bool looks_like_a_beginning(const char *line)
{
    return strncmp(line + strspn(line, ">"), "From ", 5) == 0;
}

static int print_mail(FILE *out, const char *message, char **ret_reason)
{
    char when[32];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &tm);
    fprintf(out, "From goald %s\n", when);
    for (const char *line = message; *line;) {
        size_t len = strcspn(line, "\n");
        fprintf(out, "%s%.*s\n", looks_like_a_beginning(line) ? ">" : "", (int)len, line);
        line += line[len] ? len + 1 : len;
    }
    fputc('\n', out);
    if (fflush(out) == 0 && !ferror(out))
        return 0;
    *ret_reason = text_format("cannot write the output (%s)", strerror(errno));
    return -EIO;
}

static int exec_object(const struct delivery *delivery, const char *message, json_t *object,
                       char **ret_reason)
{
    json_object_set_new(object, "message", json_string(message));
    AUTO(free_ptr) char *text = json_dumps(object, JSON_COMPACT);
    if (!text) {
        *ret_reason = text_copy("the mail is not UTF-8");
        return -EILSEQ;
    }
    return deliver_run(delivery, text, strlen(text), ret_reason);
}

int deliver(const struct delivery *delivery, const char *message, size_t len, json_t *object,
            char **ret_reason)
{
    switch (delivery->way) {
    case DELIVER_PRINT:
        return print_mail(delivery->out, message, ret_reason);
    case DELIVER_EXEC:
        return exec_object(delivery, message, object, ret_reason);
    default:
        return deliver_run(delivery, message, len, ret_reason);
    }
}
