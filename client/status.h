/*
 * The status of a node as text, from the replies of GetStatus and ListNodes{partsOf}.
 */
#ifndef GOAL_STATUS_H
#define GOAL_STATUS_H

#include "goal.h"

/* A line that says which moment the answer is about; none if that is now. */
void status_print_moment(const struct goal *goal, const json_t *status);

/* The first line: name and title. */
void status_print_head(const struct goal *goal, const json_t *status);

/* How the user named the node: "ls:2.2" in the user's own word for the strategy. */
char *status_name(const struct goal *goal, const json_t *status);

/* "State", "Closed", "Work", "Progress" and so on: all lines but the first and the parts. */
void status_print_facts(const struct goal *goal, const json_t *status, const json_t *parts);

/* The whole status; `parts` is a list of {node}. */
void status_print(const struct goal *goal, const json_t *status, const json_t *parts);

/* "Parts": a line a part; `parts` is a list of {node}. */
void status_print_parts(const struct goal *goal, const json_t *parts);

/* The last line, if the database is out of reach. */
void status_print_note(const struct goal *goal, const json_t *status);

/* A labelled line, cut to the width. */
void status_line(const struct goal *goal, const char *label, const char *text);

/* The same, unless there is no text or it is empty. */
void status_fact(const struct goal *goal, const char *label, const char *text);

#endif
