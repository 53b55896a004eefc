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
 * that begin with # are left out; an empty note is refused. The note stays in a file of its own,
 * whose path goes to goal->note_file, for the caller to remove once it is recorded. */
int note_edit(struct goal *goal, char **ret_note);

/* Says that an edited note was not lost, and how to send it. */
void note_kept(const struct goal *goal);

/* The text without comment lines, and without blank lines and blanks at its ends; in place. */
char *note_strip(char *text);

#endif
