/*
 * Addresses that mail can be sent to, as they may stand in a mail's header without any quoting:
 * nothing that passes can end a header or begin another one. Pure.
 */
#ifndef GOALD_CORE_MAILADDRESS_H
#define GOALD_CORE_MAILADDRESS_H

#include <stdbool.h>

#define MAILADDRESS_MAX 254 /* bytes, as RFC 5321 limits a path */
#define MAILADDRESS_SIZE (MAILADDRESS_MAX + 1)

/* LOCAL@DOMAIN in ASCII: words joined by dots, then names of hosts joined by dots (one of the other
 * scripts in its ASCII form, xn--…); neither quotes nor comments nor an address in brackets. NULL
 * is none. */
bool mailaddress_valid(const char *text);

/* What two spellings of a valid address have in common: all of it in lower case, for nobody tells
 * mailboxes apart by it. Returns `buffer`. */
const char *mailaddress_key(const char *address, char buffer[MAILADDRESS_SIZE]);

/* LOCAL+TAG@DOMAIN, which mail systems deliver as LOCAL@DOMAIN; the caller's to free. NULL: the
 * address is empty, or there is no memory. */
char *mailaddress_tagged(const char *address, const char *tag);

#endif
