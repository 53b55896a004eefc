/*
 * goal mail-in: does what a mail says that the MTA pipes here, and answers it. What a mail means
 * follows from its token alone: it answers a reminder, or is a subscriber's.
 *
 *   mail_in.c               reads the mail, tells the two apart, says to the MTA what became of it
 *   mail_in_reply.c         progress that somebody reports in answer to a reminder
 *   mail_in_subscription.c  confirming, changing and ending a subscription
 *
 * Answers go to the address that the daemon has under the token, never to the mail's sender.
 */
#ifndef GOAL_MAIL_MAIL_IN_H
#define GOAL_MAIL_MAIL_IN_H

#include "deliver.h"
#include "incoming.h"
#include "page.h"
#include "spoken.h"

struct mail_in {
    struct goal *goal;
    struct delivery delivery;
    struct incoming incoming;
    struct spoken spoken;
    char *own; /* the writer's own words */
};

int mail_in_run(struct goal *goal);

/* --- for its other files; what they return are exit codes of goal --- */

/* Makes a call; its parameters are taken. A refusal is not said: ask->error has it. */
int mail_in_ask(struct mail_in *in, struct ask *ask);

/* Says a refusal, if there was one; that the caller may not passes, as being out of reach does. */
int mail_in_refused(const struct ask *ask);

/* Whom an answer goes to, as the daemon says: address, name, language, from, replyTo. */
struct answer {
    const json_t *to;
    struct page page;
};

/* Begins an answer in the reader's language, and sends it; between the two it is written. */
void answer_begin(struct answer *answer, const json_t *to);
int answer_send(struct mail_in *in, struct answer *answer);

int mail_in_reply(struct mail_in *in, const json_t *letter);
int mail_in_subscription(struct mail_in *in);

#endif
