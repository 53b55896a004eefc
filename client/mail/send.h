/*
 * A run that sends: claims letters, writes each as a mail, delivers it and settles it at once,
 * until there is none. What the letters say is for who calls it.
 */
#ifndef GOAL_MAIL_SEND_H
#define GOAL_MAIL_SEND_H

#include "goal.h"

/* What a letter says, beside what every letter has (to whom, from whom, its id). The texts are
 * freed by who asked for them; what may be NULL is not in the mail. */
struct letter_texts {
    char *subject, *text, *html;
    char *calendar;
    char *list_unsubscribe;
    char *reply_to; /* NULL: as the letter says */
};

struct send_kind {
    const char *claim, *settle; /* methods */
    const char *field;          /* what a reply has a letter in */
    bool keeps;                 /* the daemon keeps a letter that was not settled as it is */
    void (*write)(const json_t *letter, struct letter_texts *ret_texts);
    void (*show)(const struct goal *goal, const json_t *letters); /* of a dry run */
};

/* The whole command: the options are those of DELIVER_ROWS with --dry-run, --now and --limit. 0:
 * all is sent, or nothing was to be; 1: something could not be sent; 4: the daemon could not be
 * reached. */
int send_run(struct goal *goal, const struct send_kind *kind);

#endif
