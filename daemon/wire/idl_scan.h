/*
 * The lexical half of the interface parser: what is ignored, comments kept as documentation, names
 * and words. Private to idl.c and idl_scan.c. Owns nothing; documentation is copied into the
 * interface's memory.
 */
#ifndef GOALD_WIRE_IDL_SCAN_H
#define GOALD_WIRE_IDL_SCAN_H

#include "wire/idl.h"

struct scan {
    const char *text, *at; /* NUL-terminated text; where we are */
    /* set by scan_skip(): */
    bool line_break;           /* it crossed the end of a line */
    const char *comment, *end; /* the comment lines right before `at`: [comment, end), or NULL */
};

/* Skips white space, ends of lines and comments. */
void scan_skip(struct scan *scan);

/* Length of a name of that kind at `at`, 0 if there is none. */
size_t scan_interface_name(const char *at);
size_t scan_member_name(const char *at);
size_t scan_field_name(const char *at);

/* Length of the word of letters, digits and underscores at `at`. */
size_t scan_word(const char *at);

/* Takes the text of a comment block (see scan.comment) into `ret_doc`, which has room for
 * end - comment bytes: the '#' and one space are dropped from each line. */
void scan_doc(const char *comment, const char *end, char *ret_doc);

/* Line and column of a place, both from 1. */
void scan_place(const struct scan *scan, const char *place, int *ret_line, int *ret_column);

#endif
