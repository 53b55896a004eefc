/*
 * What was done, as a digest tells it: an entry of a journal as a sentence and labelled lines below
 * it, in the language of words_begin().
 */
#ifndef GOAL_MAIL_CHANGE_WORDS_H
#define GOAL_MAIL_CHANGE_WORDS_H

#include <jansson.h>

#include "page.h"

/* Writes the lines of an item. What is of a kind that is not known here is told as the daemon tells
 * it. */
void page_change(struct page *page, const json_t *entry);

#endif
