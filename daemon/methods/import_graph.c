/*
 * Cycles are found by taking the vertices away from the top, whole before part; see
 * import_graph.h. Linear in vertices and edges, and without recursion.
 */
#include "core/hash.h"

#include "methods/import_graph.h"

#include <errno.h>
#include <stdbool.h>

struct vertex {
    int64_t id;
    unsigned level;
    size_t ways;  /* up, that are still to be walked */
    bool visited; /* in search of the cycle */
    struct edge *up, *down;
    struct vertex *next; /* of those whose turn it is */
    UT_hash_handle by_id;
};

void graph_done(struct graph *graph)
{
    HASH_CLEAR(by_id, graph->vertices);
    pile_done(&graph->pile);
    *graph = (struct graph){0};
}

static struct vertex *graph_vertex(struct graph *graph, int64_t id)
{
    struct vertex *vertex = NULL;

    HASH_BY_ID(graph->vertices, id, vertex);
    if (vertex)
        return vertex;
    vertex = pile_take(&graph->pile, sizeof(*vertex));
    if (!vertex)
        return NULL;
    *vertex = (struct vertex){.id = id};
    return HASH_PUT_ID(graph->vertices, vertex) < 0 ? NULL : vertex;
}

int graph_add(struct graph *graph, int64_t from_id, int64_t to_id, int64_t record, int64_t item)
{
    struct vertex *from = graph_vertex(graph, from_id), *to = graph_vertex(graph, to_id);
    struct edge *edge = from && to ? pile_take(&graph->pile, sizeof(*edge)) : NULL;

    if (!edge)
        return -ENOMEM;
    *edge = (struct edge){from, to, record, item, from->up, to->down};
    from->up = to->down = edge;
    from->ways++;
    return 0;
}

/* Takes away all that no cycle holds up; their levels are known then. */
static void graph_level(struct graph *graph)
{
    struct vertex *vertex, *next, *ready = NULL;

    HASH_ITER (by_id, graph->vertices, vertex, next) {
        if (vertex->ways > 0)
            continue;
        vertex->next = ready;
        ready = vertex;
    }
    while (ready) {
        vertex = ready;
        ready = vertex->next;
        for (struct edge *edge = vertex->down; edge; edge = edge->next_down) {
            if (edge->from->level <= vertex->level)
                edge->from->level = vertex->level + 1;
            if (--edge->from->ways > 0)
                continue;
            edge->from->next = ready;
            ready = edge->from;
        }
    }
}

/* The way up that leads on to the cycle. */
static const struct edge *edge_held_up(const struct vertex *vertex)
{
    const struct edge *edge = vertex->up;

    while (edge->to->ways == 0)
        edge = edge->next_up;
    return edge;
}

/* From a vertex that is on a cycle or below one. */
static const struct edge *blame_cycle(struct vertex *vertex)
{
    const struct edge *edge;

    for (; !vertex->visited; vertex = edge_held_up(vertex)->to)
        vertex->visited = true;
    edge = edge_held_up(vertex);
    while (edge->record == EDGE_EXISTING && edge->to != vertex)
        edge = edge_held_up(edge->to);
    return edge;
}

/* From a vertex that is too high up: along the way that made it so. */
static const struct edge *blame_tower(const struct vertex *vertex)
{
    const struct edge *edge = NULL;

    while (vertex->level > 0) {
        for (edge = vertex->up; edge->to->level + 1 != vertex->level;)
            edge = edge->next_up;
        if (edge->record != EDGE_EXISTING)
            break;
        vertex = edge->to;
    }
    return edge;
}

int graph_check(struct graph *graph, unsigned levels, const struct edge **ret_edge)
{
    struct vertex *vertex, *next;

    graph_level(graph);
    HASH_ITER (by_id, graph->vertices, vertex, next) {
        if (vertex->ways > 0) {
            *ret_edge = blame_cycle(vertex);
            return -ELOOP;
        }
    }
    HASH_ITER (by_id, graph->vertices, vertex, next) {
        if (vertex->level > levels) {
            *ret_edge = blame_tower(vertex);
            return -EMLINK;
        }
    }
    return 0;
}
