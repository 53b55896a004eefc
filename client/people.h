/*
 * The words and tables that goal group, goal partnership, goal org, goal person and goal show
 * share. What is returned as `char *` is the caller's.
 */
#ifndef GOAL_PEOPLE_H
#define GOAL_PEOPLE_H

#include "goal.h"

/* "2020-03 to 2022", "from 2020", "to 2022"; "" without any date. */
char *term_words(const json_t *object, const char *from, const char *to);

/* "Karin Ek (secretary, for KI)" */
char *member_words(const json_t *member);

/* All of them, joined. */
char *members_words(const json_t *members);

/* What a holder brings: "5000000 SEK, two researchers"; "" for nothing. */
char *brings_words(const json_t *role);

/* The roles that ListRoles told, a line each: those of one role only, or without those of one.
 * `asked` is the organisation or person that was asked about, who may have roles in several
 * strategies; NULL for a group. */
void roles_print(const struct goal *goal, const char *label, const json_t *replies,
                 const char *only, const char *without, const char *asked);

/* An address on a line of its own, never cut, so that it can be copied; where it belongs before. */
void people_address(const struct goal *goal, const char *code, const char *url);

/* The heading: "vinnova  Vinnova". */
void people_head(const struct goal *goal, const char *key, const char *name);

/* The names, or titles, in the languages that were not shown. */
void people_names(const struct goal *goal, const char *label, const json_t *names,
                  const char *shown);

/* "2024-03-01 by Vinnova, next due 2025-03-01"; nothing where there was none. */
void people_review(const struct goal *goal, const json_t *review);

#endif
