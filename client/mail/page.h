/*
 * A page that is written as plain text and as HTML at once, so that both say the same: paragraphs,
 * headings, and items with labelled lines. What it is given may be from others; it makes it
 * harmless.
 */
#ifndef GOAL_MAIL_PAGE_H
#define GOAL_MAIL_PAGE_H

#include <stdio.h>

#include "wire/util.h"

struct page {
    FILE *text, *html;
    char *text_memory, *html_memory;
    size_t text_size, html_size;
};

/* `language` is the page's, "sv". */
void page_begin(struct page *page, const char *language);

/* Ends it. What it gives is the caller's to free. */
void page_end(struct page *page, char **ret_text, char **ret_html);

void page_paragraph(struct page *page, const char *text);
void page_heading(struct page *page, const char *text);

/* What the labelled lines below it are about: "2.2", "Ökat nyttjande". The code may be NULL. */
void page_item(struct page *page, const char *code, const char *title);
void page_item_end(struct page *page);

/* A line of an item: "Due", "2026-11-15". What somebody wrote keeps its lines. Nothing for NULL or
 * "". */
void page_line(struct page *page, const char *label, const char *text);

/* The same, of what is to be typed as it is: it is not broken into lines. */
void page_typed(struct page *page, const char *label, const char *text);

/* An example of what may be written, on a line of its own. */
void page_example(struct page *page, const char *text);

#endif
