/*
 * A mail that came in, as far as it matters here: whom it says it is from, what token it carries,
 * what was written, and whether a person wrote it. Nothing in it is to be trusted. Read by GMime,
 * within limits; `struct incoming` owns its texts.
 */
#ifndef GOAL_MAIL_INCOMING_H
#define GOAL_MAIL_INCOMING_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/util.h"

#define INCOMING_MAX (16u << 20)   /* bytes of a mail, with what is attached */
#define INCOMING_TEXT (256u << 10) /* bytes of its text that are read */
#define TOKEN_LEN 32

struct incoming {
    char *from;                /* the address alone; NULL: there is none, or more than one */
    char *subject;             /* in one line; "" without one */
    char *message_id;          /* without <>; NULL: none that is of use */
    char *text;                /* what it says, UTF-8; "" if there is nothing to read */
    char token[TOKEN_LEN + 1]; /* in lower case; "" without one */
    const char
        *automatic; /* why it is taken for one that no person wrote; NULL: it is not. Static */
};

/* Reads a mail; `recipient` is the address it came to, if that is known, else NULL. Bytes that are
 * no mail are one without anything in it. */
void incoming_read(const char *bytes, size_t len, const char *recipient,
                   struct incoming *ret_incoming);
void incoming_done(struct incoming *incoming);

#endif
