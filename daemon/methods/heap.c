/* The usual binary heap: an item's children are at 2i + 1 and 2i + 2; see heap.h. */
#include "methods/heap.h"

#include "core/array.h"

static bool is_before(const struct heap_item *a, const struct heap_item *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->id < b->id;
}

int heap_push(struct heap *heap, struct heap_item item)
{
    size_t at = heap->count;

    if (ARRAY_RESERVE(heap->items, heap->count) < 0)
        return -ENOMEM;
    heap->count++;
    for (; at > 0 && is_before(&item, &heap->items[(at - 1) / 2]); at = (at - 1) / 2)
        heap->items[at] = heap->items[(at - 1) / 2];
    heap->items[at] = item;
    return 0;
}

bool heap_pop(struct heap *heap, struct heap_item *ret_item)
{
    struct heap_item last;
    size_t at = 0;

    if (heap->count == 0)
        return false;
    *ret_item = heap->items[0];
    last = heap->items[--heap->count];
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && is_before(&heap->items[child + 1], &heap->items[child]))
            child++;
        if (!is_before(&heap->items[child], &last))
            break;
        heap->items[at] = heap->items[child];
    }
    heap->items[at] = last;
    return true;
}

void heap_done(struct heap *heap)
{
    free(heap->items);
    *heap = (struct heap){0};
}
