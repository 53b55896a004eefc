/*
 * What is written to people is written in their language. English stands in the source, the others
 * in client/po, and one process goes from one language to the next.
 */
#ifndef GOAL_MAIL_WORDS_H
#define GOAL_MAIL_WORDS_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text /* to be translated where it is used */

/* From here on _() and ngettext() speak the language ("nb", "sv-FI"); NULL or one that is not
 * there: English. */
void words_begin(const char *language);

/* English again, and for the programs that are begun the environment as it was. */
void words_end(void);

/* The language that was chosen, of those there are: "sv", "nb" or "en". */
const char *words_language(void);

#endif
