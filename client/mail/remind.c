/*
 * goal remind: what is reminded of is for the daemon to know, how it reads for letter.c, and whom
 * it reaches for send.c.
 */
#include "remind.h"

#include <string.h>

#include "letter.h"
#include "output.h"
#include "remind_show.h"
#include "send.h"

static void print_retried(const struct goal *goal, const json_t *reply)
{
    long count = get_int(reply, "retried", 0);
    if (count == 0) {
        fprintf(goal->out, "no reminder that failed waits to be sent\n");
        return;
    }
    fprintf(goal->out, "%ld %s tried again by the next run\n", count,
            count == 1 ? "reminder is" : "reminders are");
}

static void build_retry(const struct goal *goal, struct ask *asks)
{
    asks[0] = (struct ask){.method = "RetryReminder", .parameters = json_object()};
    set_option(goal, asks[0].parameters, "strategy", "strategy");
    if (strcmp(args_get(&goal->args, "retry"), "all") != 0)
        set_number(goal, asks[0].parameters, "retry", "id");
}

static int retry(struct goal *goal)
{
    const char *which = args_get(&goal->args, "retry");
    if (strcmp(which, "all") != 0 && !number_valid(which))
        return goal_fail(EXIT_USAGE, "--retry %s: a reminder's number, or all", which);
    return goal_ask_and_print(goal, build_retry, print_retried);
}

int remind_run(struct goal *goal)
{
    static const struct send_kind reminders = {
        .claim = "ClaimReminders",
        .settle = "SettleReminders",
        .field = "letter",
        .keeps = true,
        .write = letter_write,
        .show = remind_show,
    };
    return args_has(&goal->args, "retry") ? retry(goal) : send_run(goal, &reminders);
}
