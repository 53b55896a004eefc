/*
 * goal remind: what is reminded of is for the daemon to know, how it reads for letter.c, and whom
 * it reaches for send.c.
 */
#include "remind.h"

#include "letter.h"
#include "remind_show.h"
#include "send.h"

int remind_run(struct goal *goal)
{
    static const struct send_kind reminders = {
        .claim = "ClaimReminders",
        .settle = "SettleReminders",
        .field = "letter",
        .write = letter_write,
        .show = remind_show,
    };
    return send_run(goal, &reminders);
}
