/*
 * gettext takes the language from LANGUAGE, and looks there again when its counter of catalogs has
 * moved. It does so in every locale but C and POSIX, and C.UTF-8 is there on every machine.
 */
#include "words.h"

#include <err.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "errors.h"
#include "program.h"
#include "text.h"

#define DOMAIN "goald"

/* By the first part of a language's tag. Who reads nynorsk, or just "Norwegian", reads bokmål
 * rather than English. */
static const struct {
    const char *tag, *language;
} languages[] = {
    {"sv", "sv"},
    {"nb", "nb"},
    {"nn", "nb"},
    {"no", "nb"},
};

extern int _nl_msg_cat_cntr; /* gettext's manual: to be raised when LANGUAGE has changed */

static const char *chosen = "en";
static char *language_before; /* LANGUAGE of the environment */

static void find_catalogs(void)
{
    AUTO(free_ptr) char *built = program_beside("locale");
    AUTO(free_ptr) char *installed = program_beside(GOAL_LOCALE);
    const char *folder = access(built, X_OK) == 0 ? built : installed;
    if (!bindtextdomain(DOMAIN, folder) || !bind_textdomain_codeset(DOMAIN, "UTF-8") ||
        !textdomain(DOMAIN))
        err(EXIT_REFUSED, "memory");
}

static void set_language(const char *language)
{
    int r = language ? setenv("LANGUAGE", language, 1) : unsetenv("LANGUAGE");
    if (r < 0)
        err(EXIT_REFUSED, "memory");
    _nl_msg_cat_cntr++;
}

static const char *language_there(const char *tag)
{
    size_t len = tag ? strcspn(tag, "-_") : 0;
    for (size_t i = 0; i < ARRAY_LEN(languages); i++)
        if (len == strlen(languages[i].tag) && strncasecmp(tag, languages[i].tag, len) == 0)
            return languages[i].language;
    return "en";
}

void words_begin(const char *language)
{
    static bool found;
    if (!found)
        find_catalogs();
    found = true;
    words_end();
    const char *before = getenv("LANGUAGE");
    language_before = before ? text_copy(before) : NULL;
    chosen = language_there(language);
    set_language(chosen);
    setlocale(LC_MESSAGES, "C.UTF-8");
}

void words_end(void)
{
    if (strcmp(setlocale(LC_MESSAGES, NULL), "C") == 0)
        return;
    setlocale(LC_MESSAGES, "C");
    set_language(language_before);
    free(language_before);
    language_before = NULL;
    chosen = "en";
}

const char *words_language(void)
{
    return chosen;
}
