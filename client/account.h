/*
 * Accounts as text, from the replies of ListAccounts and WhoAmI.
 */
#ifndef GOAL_ACCOUNT_H
#define GOAL_ACCOUNT_H

#include "goal.h"

/* The roles there are, separated by blanks. */
#define ACCOUNT_ROLES_ALL "reader manager auditor reminder mail admin"

void accounts_print(const struct goal *goal, const json_t *replies);

/* "manager of ls, auditor everywhere"; "" for none. The caller's to free, as is the next. */
char *grants_words(const json_t *grants);

/* "anna (1000)", or the number where this machine has no name for it. */
char *user_words(long uid);

#endif
