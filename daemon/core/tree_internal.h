/*
 * What the files of the tree share among themselves. Nobody outside core/tree*.c includes it.
 */
#ifndef GOALD_CORE_TREE_INTERNAL_H
#define GOALD_CORE_TREE_INTERNAL_H

#include "core/tree.h"

/* Clears the results of the node and of what depends on it: its parent, what it serves, and so on
 * up. Stops at what has no valid result, because nothing that depends on that has one either. */
void node_invalidate(struct node *node);

/* rules_blocks.c: what was summed up over the child's block does not hold any more. */
void blocks_forget(struct node *parent, const struct node *child);

/* The same for all the node's children; to be called before their order changes. */
void blocks_free(struct node *node);

/* Puts the node on the list of what tree_settle() looks at. */
int tree_unsettle(struct tree *tree, struct node *node) MUST_CHECK;

/* Takes the node out of its parent's children. Results are the caller's to clear, before. */
void node_detach(struct node *node);

/* Unties a contribution from both of its ends and frees it. */
void contribution_free(struct contribution *contribution);

/* Takes the aim off its node and out of the tree, and frees it. */
void aim_free(struct tree *tree, struct aim *aim);

/* Frees a node that nothing refers to any more, with what it owns. */
void node_free(struct node *node);

/* Frees groups, memberships and aims. */
void tree_free_people(struct tree *tree);

/* Brings updates that a fresh tree took as they came into their order. */
void node_order_updates(struct node *node);

void link_done(struct link *link);
void closing_done(struct closing *closing);

/* tree_extra.c: what few nodes have. node_extra() gives the node's, made if need be; NULL: no
 * memory.
 */
struct extra *node_extra(struct node *node);
void extra_free(struct extra *extra);
void reviews_done(struct reviews *reviews);

/* tree_measure.c: the measure takes what the row says; observations stay. */
int measure_put(struct node *node, const struct node_row *row) MUST_CHECK;
void measure_free(struct measure *measure);

/* Frees drafts, what waits, and groups' reviews. */
void tree_free_extras(struct tree *tree);

/* A copy of the text in *ret_copy; NULL for NULL. */
int copy_string(const char *from, char **ret_copy) MUST_CHECK;

/* A new number for a walk that marks the nodes it has seen. */
uint32_t tree_next_walk(const struct tree *tree);

#endif
