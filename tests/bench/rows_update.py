"""Durable updates against PostgreSQL alone, and several strategies against one."""

import trees
from pgbench import FUNCTION_CALL, STATEMENTS, plain_insert, rival
from rows import Result, latency, rate, row, run_pairs

CLIENTS = 64
CALLS = 20000


class Updates:
    def __init__(self, context, strategies=1):
        count = context.options.nodes
        keys = [f"u{i}" for i in range(1, strategies + 1)]
        self.context, self.count = context, count
        for key in keys:
            self.goald = context.strategy("hot", key, trees.tree_nodes(count),
                                          trees.leaf_updates(count))
        self.one = context.calls("u1", trees.update_calls(keys[:1], range(1, count + 1), CALLS))
        self.all = context.calls("u-all", trees.update_calls(keys, range(1, count + 1), CALLS))

    def ours(self, path=None, connections=CLIENTS):
        return self.context.measured(self.goald, path or self.one, connections=connections, depth=1)

    def node_ids(self):
        """The first and last id of a strategy's nodes: random ones between are updated."""
        found = self.context.server.psql(
            "SELECT min(id), max(id) FROM goald.node WHERE strategy_id = 1", "hot")
        return tuple(map(int, found[0]))


def against_pgbench(context, make, clients, figure):
    log = figure is latency
    updates = Updates(context)
    script = make(updates)
    return Result(run_pairs(context, lambda: figure(updates.ours(connections=clients)),
                            lambda: figure(script.run(clients, context.seconds, log))))


def same_writes(context, text):
    return against_pgbench(
        context, lambda updates: rival(context, "hot", updates.node_ids(), text), CLIENTS, rate)


@row("update-same", "durable update, 64 connections", "pgbench, the same writes", "rate", "≥ 5")
def update_same(context):
    return same_writes(context, STATEMENTS)


@row("update-function", "durable update, 64 connections", "the same in a function", "rate", "≥ 5")
def update_function(context):
    return same_writes(context, FUNCTION_CALL)


@row("update-insert", "durable update, 64 connections", "pgbench, plain INSERT", "rate", "≥ 1.5")
def update_insert(context):
    return against_pgbench(
        context, lambda updates: plain_insert(context, (1, updates.count)), CLIENTS, rate)


@row("update-latency", "update, 1 connection (median)", "pgbench, plain INSERT", "us", "≤ 2.5")
def update_latency(context):
    return against_pgbench(
        context, lambda updates: plain_insert(context, (1, updates.count)), 1, latency)


@row("update-four", "four strategies at once, 64 connections each", "one strategy", "rate", "≥ 1.3")
def update_four(context):
    updates = Updates(context, 4)
    return Result(run_pairs(context, lambda: rate(updates.ours(updates.all, 4 * CLIENTS)),
                            lambda: rate(updates.ours(updates.one))))
