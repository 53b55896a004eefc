/*
 * What is in memory, as the rows of the journal's payloads: the members that an import would write,
 * in the same order, so that what is put again unchanged is found equal. New references; NULL if
 * there is no memory.
 */
#ifndef GOALD_METHODS_ROWS_H
#define GOALD_METHODS_ROWS_H

#include <jansson.h>

#include "core/tree.h"

json_t *row_of_node(const struct node *node);

#endif
