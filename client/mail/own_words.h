/*
 * What the writer of a mail wrote in it, without what they answer: no quoted lines, no line that
 * says who wrote them, no signature and no closing, whichever program put them there and whether
 * the answer stands above, below or in between. Pure.
 */
#ifndef GOAL_MAIL_OWN_WORDS_H
#define GOAL_MAIL_OWN_WORDS_H

#include <stdbool.h>

/* The lines of their own, each without blanks at its ends, invisible characters taken out. Of UTF-8
 * text; the caller's to free. */
char *own_words(const char *text);

/* Does a line only greet or thank? */
bool own_words_greet(const char *line);

#endif
