/*
 * Text on its way to a terminal: made harmless, measured and cut in columns. What is returned as
 * `char *` is the caller's to free; all of it ends the program when memory does.
 */
#ifndef GOAL_TEXT_H
#define GOAL_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <wchar.h>

#include "wire/util.h"

/* Sets what characters are: the user's locale, but always UTF-8, which is what the daemon speaks.
 */
void text_init(void);

/* Was the locale another one, so that drawings should be in ASCII? */
bool text_is_plain(void);

/* Does the character reorder or hide what stands around it? */
bool text_is_deceptive(wchar_t c);

/* The text with every control character, line break and change of writing direction replaced. */
char *text_clean(const char *text);

/* The same, but line breaks stay. */
char *text_clean_lines(const char *text);

/* Columns that a cleaned text takes. */
size_t text_width(const char *text);

/* The text cut to `width` columns, with an ellipsis at the end if something was cut off. */
char *text_cut(const char *text, size_t width);

/* The text broken between words into lines of `width` columns, each begun by `indent` spaces. */
void text_wrap(FILE *out, const char *text, size_t indent, size_t width);

char *text_format(const char *format, ...) PRINTF_LIKE(1, 2);

/* Appends to *text with `separator` in between, unless *text is NULL or empty. */
void text_append(char **text, const char *separator, const char *format, ...) PRINTF_LIKE(3, 4);

char *text_copy(const char *text);

#endif
