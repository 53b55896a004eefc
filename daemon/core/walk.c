/* A step goes down to the first child, else to the next sibling, else up; see walk.h. */
#include "core/walk.h"

#include "core/array.h"

void walk_begin(struct walk *walk, const struct node *top, uint32_t levels)
{
    *walk = (struct walk){.top = top->id, .levels = levels};
}

void walk_done(struct walk *walk)
{
    free(walk->steps);
    *walk = (struct walk){.begun = true};
}

static struct node *walk_enter(struct walk *walk, struct node *node, uint32_t at)
{
    if (ARRAY_RESERVE(walk->steps, walk->count) < 0) {
        walk->failed = true;
        return NULL;
    }
    walk->steps[walk->count++] = (struct walk_step){node->id, at};
    return node;
}

/* The child behind the one that was left at that step. */
static struct node *sibling(const struct node *parent, struct walk_step left, uint32_t *ret_at)
{
    uint32_t at = left.at;

    if (at < parent->n_children && parent->children[at]->id == left.id) {
        at++;
    } else { /* the children have changed */
        for (uint32_t i = 0; i < parent->n_children; i++)
            if (parent->children[i]->id == left.id)
                at = i + 1;
    }
    *ret_at = at;
    return at < parent->n_children ? parent->children[at] : NULL;
}

struct node *walk_next(struct walk *walk, const struct tree *tree)
{
    struct node *node;

    if (!walk->begun) {
        walk->begun = true;
        node = tree_node(tree, walk->top);
        return node ? walk_enter(walk, node, 0) : NULL;
    }
    if (walk->count > 0 && walk->count <= walk->levels) {
        node = tree_node(tree, walk->steps[walk->count - 1].id);
        if (node && node->n_children > 0)
            return walk_enter(walk, node->children[0], 0);
    }
    while (walk->count > 1) {
        struct walk_step left = walk->steps[--walk->count];
        const struct node *parent = tree_node(tree, walk->steps[walk->count - 1].id);
        uint32_t at;

        node = parent ? sibling(parent, left, &at) : NULL;
        if (node)
            return walk_enter(walk, node, at);
    }
    walk->count = 0;
    return NULL;
}
