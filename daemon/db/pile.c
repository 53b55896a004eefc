/* Memory in large blocks; see pile.h. */
#include "db/pile.h"

#include <stdalign.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)256 << 10) /* large enough to be unmapped when it is freed */

struct pile_block {
    struct pile_block *next;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

static struct pile_block *block_new(struct pile *pile, size_t size)
{
    size_t room = size > BLOCK_SIZE - sizeof(struct pile_block)
                      ? size
                      : BLOCK_SIZE - sizeof(struct pile_block);
    struct pile_block *block = malloc(sizeof(*block) + room);

    if (!block)
        return NULL;
    *block = (struct pile_block){.next = pile->blocks, .size = room};
    pile->blocks = block;
    return block;
}

void *pile_take(struct pile *pile, size_t size)
{
    const size_t unit = alignof(max_align_t);
    size_t whole = (size + unit - 1) / unit * unit;
    struct pile_block *block = pile->blocks;

    if (!block || block->size - block->used < whole)
        block = block_new(pile, whole);
    if (!block)
        return NULL;
    block->used += whole;
    return block->bytes + block->used - whole;
}

void *pile_copy(struct pile *pile, const void *bytes, size_t size)
{
    void *copy = pile_take(pile, size);

    return copy ? memcpy(copy, bytes, size) : NULL;
}

void pile_done(struct pile *pile)
{
    while (pile->blocks) {
        struct pile_block *block = pile->blocks;

        pile->blocks = block->next;
        free(block);
    }
}
