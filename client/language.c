/*
 * Languages from the names of locales. Nothing is asked of the C library, for a locale that is not
 * installed tells the user's language as well.
 */
#include "language.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* "nb_NO.UTF-8@modifier": the language, the country, and what says nothing of either. */
char *language_of_locale(const char *locale)
{
    size_t len = strcspn(locale, ".@"), letters = 0;
    while (letters < len && isalpha((unsigned char)locale[letters]))
        letters++;
    bool named = (letters == 2 || letters == 3) &&
                 (letters == len || locale[letters] == '_' || locale[letters] == '-');
    if (!named)
        return NULL;
    char *tag = text_format("%.*s", (int)len, locale);
    for (char *c = tag; *c; c++)
        *c = *c == '_' ? '-' : *c;
    return tag;
}

char *language_wanted(const char *given)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    if (given)
        return text_copy(given);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *locale = getenv(names[i]);
        if (locale && *locale)
            return language_of_locale(locale);
    }
    return NULL;
}
