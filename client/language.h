/*
 * Which language a user reads: what the command line says, else what the environment does.
 */
#ifndef GOAL_LANGUAGE_H
#define GOAL_LANGUAGE_H

/* The BCP 47 tag of a locale's name: nb-NO of "nb_NO.UTF-8". NULL for C, POSIX and what names no
 * language. The caller's to free. */
char *language_of_locale(const char *locale);

/* The language given (NULL: none was), else that of the locale for messages: LC_ALL, LC_MESSAGES or
 * LANG, the first that is set. NULL: none is wanted. The caller's to free. */
char *language_wanted(const char *given);

#endif
