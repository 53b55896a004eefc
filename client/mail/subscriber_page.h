/*
 * What mails to subscribers have in common: which topics, how often, and the words that change it
 * when they are the answer. In the language of words_begin().
 */
#ifndef GOAL_MAIL_SUBSCRIBER_PAGE_H
#define GOAL_MAIL_SUBSCRIBER_PAGE_H

#include <jansson.h>

#include "page.h"

/* "weekly" as the reader says it. */
const char *frequency_words(const char *frequency);

/* A frequency and topics as an item; the topics are texts, or have a title too. */
void page_subscription(struct page *page, const char *heading, const char *frequency,
                       const json_t *topics);

/* How to answer, for who has a confirmed subscription. */
void page_commands(struct page *page);

#endif
