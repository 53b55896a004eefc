"""Lists against Redis sending as many bytes."""

import trees
from rows import Result, rate, row, run_pairs

FILTERS = {"kind": ["deliverable"], "dueBefore": "2030-06-01", "text": "health data"}


class Listed:
    """A ten-ary tree whose deliverables, nine nodes of ten, fit three filters, and a Redis list with
    a value for each of goald's replies, as long as that.

    LRANGE does what can be compared: it goes through a list and sends each of its items in a frame
    of its own, of as many bytes. Redis is faster where all are one value, which it only copies into
    its socket, and which nobody could filter: the row's note tells that too."""

    def __init__(self, context):
        count = context.options.listed
        self.context = context
        self.goald = context.strategy("list", "l", trees.tree_nodes(count),
                                      trees.leaf_updates(count))
        call = trees.frame("ListNodes", more=True, strategy="l", **FILTERS)
        self.calls = context.calls("list", [call])
        self.ranges = context.calls("list-range", ["LRANGE l 0 -1"])
        self.get = context.calls("list-get", ["GET k0"])
        with self.goald.connect() as connection:
            self.sizes = reply_sizes(connection, call)
        if len(self.sizes) != len(trees.leaves(count)):
            raise RuntimeError(f"{len(self.sizes)} nodes were listed")

    def ours(self):
        return rate(self.context.measured(self.goald, self.calls, connections=1, depth=1,
                                          stream=True))

    def redis(self, path):
        return rate(self.context.measured(self.context.redis, path, connections=1, depth=1,
                                          redis=True))

    def note(self):
        self.context.redis.fill([sum(self.sizes)])
        value = self.redis(self.get).value
        return (f"{len(self.sizes):,} nodes, {sum(self.sizes):,} bytes;"
                f" GET of one value as long: {value:,.0f}/s")


def reply_sizes(connection, call):
    """The bytes of each reply of a stream."""
    connection.send(call.encode() + b"\0")
    sizes = []
    while not sizes or frame.endswith(b'"continues":true}'):
        frame = connection.recv_frame()
        sizes.append(len(frame))
    return sizes


@row("list", "list of 10,000 nodes, three filters", "LRANGE, as many bytes", "rate", "≥ 0.2")
def list_(context):
    listed = Listed(context)
    context.redis.fill_list(listed.sizes)
    pairs = run_pairs(context, listed.ours, lambda: listed.redis(listed.ranges))
    return Result(pairs, [listed.note()])
