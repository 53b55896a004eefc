/*
 * What is in memory, as the rows of the journal's payloads: the members that an import would write,
 * in the same order, so that what is put again unchanged is found equal. New references; NULL if
 * there is no memory.
 */
#ifndef GOALD_METHODS_ROWS_H
#define GOALD_METHODS_ROWS_H

#include <jansson.h>

#include "core/registry.h"
#include "core/tree.h"

json_t *row_of_node(const struct node *node);
json_t *row_of_closing(const struct node *node, const struct closing *closing);
json_t *row_of_assignment(const struct node *node, const struct assignment *assignment);
json_t *row_of_link(const struct node *node, const struct link *link);
json_t *row_of_contribution(const struct contribution *contribution);
/* Of a node, or of the group of that id. */
json_t *row_of_review(const char *subject, int64_t subject_id, const struct review *review);
json_t *row_of_reminder_rule(enum remind_rule rule, const struct reminder_setting *setting);
json_t *row_of_strategy(const struct tree *tree);
json_t *row_of_group(const struct group *group);
json_t *row_of_membership(const struct membership *membership);
json_t *row_of_organisation(const struct organisation *organisation);
json_t *row_of_person(const struct person *person);
json_t *row_of_affiliation(const struct affiliation *affiliation);
json_t *row_of_days_off(const struct days_off *days_off);

#endif
