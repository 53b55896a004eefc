/*
 * The texts of a reminder: what waits for whom, the most urgent first, in the reader's language.
 */
#ifndef GOAL_MAIL_LETTER_H
#define GOAL_MAIL_LETTER_H

#include "send.h"

/* Writes what a Letter of ClaimReminders says; NULL or empty fields of it are left out. */
void letter_write(const json_t *letter, struct letter_texts *ret_texts);

#endif
