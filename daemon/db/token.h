/*
 * Tokens that mails carry: whoever has one may do one thing without a login. What is kept of it is
 * its digest, in goald.token. Nothing is owned here.
 */
#ifndef GOALD_DB_TOKEN_H
#define GOALD_DB_TOKEN_H

#include "db/journal.h"

#define TOKEN_TEXT_SIZE 33 /* 160 bits as 32 letters and digits, and NUL */

/* A new one, in lower case: mailers and people may change that, for it goes into addresses. */
void token_new(char ret_text[TOKEN_TEXT_SIZE]);

/* The digest of what somebody says is a token, in hexadecimal, whatever the case of its letters.
 * -EINVAL: no token looks like that. -EIO: the digest failed. */
int token_digest(const char *text, char ret_hex[2 * HASH_SIZE + 1]) MUST_CHECK;

#endif
