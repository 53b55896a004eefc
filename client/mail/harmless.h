/*
 * Text from others on its way into a mail: nothing in it may begin a header, a line of its own, or
 * turn the direction of what stands behind it. What is returned is the caller's to free.
 */
#ifndef GOAL_MAIL_HARMLESS_H
#define GOAL_MAIL_HARMLESS_H

#include <stdbool.h>

/* One line: line breaks and tabs become spaces, other control characters and those that turn the
 * writing direction are left out. What joins letters and emoji stays. NULL is "". */
char *harmless_line(const char *text);

/* The same, but line breaks stay, as "\n". */
char *harmless_lines(const char *text);

/* The same as harmless_line(), for a header's field: nor does anything in it look like an encoded
 * word, which a reader would decode. */
char *harmless_header(const char *text);

/* Is it an address as mails are sent to: letters and digits of ASCII, dots, one @? Quoted local
 * parts, comments and routes are none. */
bool harmless_address(const char *address);

/* The text with & < > " as HTML has them. */
char *harmless_html(const char *text);

#endif
