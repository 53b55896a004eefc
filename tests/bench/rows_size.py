"""What a tree's size costs: updates and status at several sizes against 1,000 nodes, ten-ary."""

import trees
from rows import ROWS, Result, Row, latency, per_call, run_pairs

ASKED = 1000
CALLS = 20000
RUNS = 3  # at most: there are many of these rows


class Size:
    """One tree and the calls about it."""

    def __init__(self, context, name):
        self.context = context
        flat = name == "flat"
        count = context.options.sizes[name]
        self.goald = context.strategy(
            "size", name, trees.flat_nodes(count) if flat else trees.tree_nodes(count))
        below = range(2, count + 2) if flat else trees.leaves(count)
        asked = [below[i - 1] for i in trees.some(len(below), ASKED)]
        updates = trees.update_calls([name], asked, CALLS)
        root = trees.frame("GetStatus", strategy=name)
        self.status = context.calls(f"{name}-status", trees.status_calls(name, asked))
        self.updates = context.calls(f"{name}-updates", updates)
        self.turns = context.calls(
            f"{name}-turns", [line for update in updates for line in (update, root)])

    def run(self, path, figure, **options):
        return figure(self.context.measured(self.goald, path, **options))

    def update_rate(self):
        return self.run(self.updates, per_call, connections=64, depth=1)

    def update_latency(self):
        return self.run(self.updates, latency, connections=1, depth=1)

    def hot_status(self):
        return self.run(self.status, per_call, connections=50, depth=16)

    def status_after(self):
        return self.run(self.turns, latency, connections=1, depth=1, turn=2)


MEASURES = (
    ("update", Size.update_rate, "time of an update, 64 connections"),
    ("latency", Size.update_latency, "update, 1 connection (median)"),
    ("status", Size.hot_status, "time of a hot status, depth 16"),
    ("after", Size.status_after, "root's status right after an update"),
)
SIZES = (("10k", "10,000 nodes", "≤ 1.3"), ("100k", "100,000 nodes", "≤ 1.3"),
         ("flat", "10,000 children", "≤ 2"))


def compare(name, measure):
    def run(context):
        base, size = Size(context, "1k"), Size(context, name)
        return Result(run_pairs(context, lambda: measure(size), lambda: measure(base),
                                min(context.options.runs, RUNS)))

    return run


for size_name, words, reach in SIZES:
    for measure_name, function, text in MEASURES:
        ROWS.append(Row(f"size-{measure_name}-{size_name}", f"{text}, {words}", "1,000 nodes", "us",
                        reach, compare(size_name, function)))
