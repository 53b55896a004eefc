/*
 * A mail as RFC 5322 and MIME have it, made by GMime: a text, the same as HTML, and a calendar.
 * Whatever stands in the fields, the message has these headers and no others.
 */
#ifndef GOAL_MAIL_COMPOSE_H
#define GOAL_MAIL_COMPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

/* UTF-8; what may be NULL is left out of the mail. */
struct mail {
    const char *from;    /* an address, or "Name <address>" */
    const char *to_name; /* or NULL */
    const char *to_address;
    const char *subject;
    const char *message_id;       /* without <>; NULL: one is made */
    const char *reply_to;         /* an address, or NULL */
    const char *in_reply_to;      /* the Message-ID of what it answers, without <>; or NULL */
    const char *list_unsubscribe; /* addresses of RFC 2369: "<mailto:…>", or NULL */
    const char *language;         /* "sv", or NULL */
    const char *text;             /* lines end in "\n" */
    const char *html;             /* a whole document, or NULL */
    const char *calendar;         /* an iCalendar object that is published, or NULL */
    bool answer;                  /* to what somebody wrote: RFC 3834's auto-replied */
};

/*
 * The message, its lines ended by "\n" as sendmail takes them; to be freed. -EINVAL: an address
 * that is none (*ret_problem, to be freed, says which).
 */
int compose(const struct mail *mail, char **ret_message, size_t *ret_len,
            char **ret_problem) MUST_CHECK;

#endif
