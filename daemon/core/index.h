/*
 * Indexes of a tree's nodes: open addressing over pointers, 11 to 16 bytes a node where a uthash
 * handle is 56. A tree has one by id and one by code. An index owns its slots, not the nodes.
 */
#ifndef GOALD_CORE_INDEX_H
#define GOALD_CORE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "wire/util.h"

struct node;

struct index {
    struct node **slots; /* NULL: empty */
    size_t room, count;
};

struct node *index_by_id(const struct index *index, int64_t id);
struct node *index_by_code(const struct index *index, const char *code);

/* The node must not be in the index. 0 or -ENOMEM. */
int index_put_id(struct index *index, struct node *node) MUST_CHECK;
int index_put_code(struct index *index, struct node *node) MUST_CHECK;

/* Nothing happens if another node, or none, has that id or code. */
void index_take_id(struct index *index, const struct node *node);
void index_take_code(struct index *index, const struct node *node);

#endif
