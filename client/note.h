/*
 * The note of an update: from -m, from a file, from standard input or from the user's editor.
 */
#ifndef GOAL_NOTE_H
#define GOAL_NOTE_H

#include "goal.h"

/* Reads a file whole (- is standard input), at most `max` bytes; the text is the caller's. Says
 * what is wrong and returns an exit code. */
int file_read(const char *path, size_t max, char **ret_text, size_t *ret_len);

/* Lets the user write the note in VISUAL or EDITOR, below a template that names the node. Lines
 * that begin with # are left out; an empty note is refused. */
int note_edit(const struct goal *goal, char **ret_note);

/* The text without comment lines, and without blank lines and blanks at its ends; in place. */
char *note_strip(char *text);

#endif
