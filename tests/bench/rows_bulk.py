"""Large strategies: importing and loading one, what its nodes and updates take in memory, and what a
part of it was like in the past."""

import pathlib

import trees
from pgbench import Pgbench
from rows import Result, Sample, latency, row, run_pairs
from servers import settled_bytes

KEY = "big"
LOADS = 3
TABLES = (
    ("node", "id, seq_from, key, parent_id, kind, stage, titles, start, due, weight, baseline,"
             " target, cadence"),
    ("progress_update", "id, seq_from, node_id, date, percent, state, confidence, supersedes,"
                        " account_id, note, evidence"),
)


class Big:
    """The strategy in its stages: an empty database, the nodes, the updates; each is reached when
    it is first asked for, and what could be measured on the way is kept."""

    def __init__(self, context):
        self.context = context
        self.nodes, self.updates = context.options.big
        self.bytes = {}
        self.import_pairs = None
        self.failed = False  # the import is not tried again for the next row
        self.goald = context.goald("big")

    def memory(self):
        """The resident memory of a fresh goald."""
        if self.goald.is_running():
            self.goald.stop()
        self.context.goald("big")
        return settled_bytes(self.goald.pid)

    def with_nodes(self):
        if "nodes" not in self.bytes:
            self.bytes["empty"] = self.memory()
            self.context.strategy("big", KEY, trees.tree_nodes(self.nodes))
            self.bytes["nodes"] = self.memory()
        return self

    def with_updates(self):
        self.with_nodes()
        if self.failed:
            raise RuntimeError("the updates could not be imported")
        if self.import_pairs is None:
            self.failed = True
            self.import_pairs = self.run_import()
            self.bytes["updates"] = self.memory()
            self.failed = False
        return self

    def pairs_of_updates(self):
        below = trees.leaves(self.nodes)
        return ((i, below[i % len(below)]) for i in range(self.updates))

    def run_import(self):
        """goal import once, \\copy of the same rows before and after it."""
        document = self.context.document(KEY, updates=self.pairs_of_updates())
        rows = self.context.folder / "rows.tsv"
        with open(rows, "w") as out:
            for i, code in self.pairs_of_updates():
                out.write(f"u{i}\t{code}\t2026-01-01\t{i % 100}\t{trees.note(i)}\n")
        rows.chmod(0o644)
        self.context.goald("big")
        before = self.copy(rows)
        cpu = self.goald.cpu()
        took, added = self.goald.load_document(document)
        ours = Sample(added / took, (self.goald.cpu() - cpu) * 1e6 / added)
        if added != self.updates:
            raise RuntimeError(f"{added} updates were added, not {self.updates}")
        after = self.copy(rows)
        document.unlink()
        rows.unlink()
        return [(ours, before), (ours, after)]

    def copy(self, rows):
        server = self.context.server
        server.psql("DROP TABLE IF EXISTS plain_rows", "postgres")
        server.psql("CREATE TABLE plain_rows (id text, node text, date text, percent integer,"
                    " note text)", "postgres")
        cpu = server.cpu()
        took = server.timed_psql("postgres", f"\\copy plain_rows FROM '{rows}'")
        return Sample(self.updates / took, (server.cpu() - cpu) * 1e6 / self.updates)

    def load(self):
        """Seconds from goald's start until it is ready; its CPU time and PostgreSQL's, by row."""
        if self.goald.is_running():
            self.goald.stop()
        self.context.goald("big", start=False)
        cpu = self.context.server.cpu()
        took = self.goald.start_timed()
        return Sample(took, (self.goald.own_cpu() + self.context.server.cpu() - cpu) * 1e6 /
                      (self.nodes + self.updates))

    def unload(self):
        """COPY of the same rows and columns out of the database."""
        server = self.context.server
        cpu = server.cpu()
        took = server.timed_psql("big", *(
            f"COPY (SELECT {columns} FROM goald.{table} WHERE strategy_id = 1 AND seq_to IS NULL"
            " ORDER BY seq_from) TO STDOUT" for table, columns in TABLES))
        return Sample(took, (server.cpu() - cpu) * 1e6 / (self.nodes + self.updates))


def big(context):
    if not hasattr(context, "big"):
        context.big = Big(context)
    return context.big


@row("import", "import of 1,000,000 updates, rows/s", "psql \\copy", "rate", "≥ 0.10")
def import_(context):
    strategy = big(context).with_updates()
    return Result(strategy.import_pairs, ["one document; \\copy before and after it"])


@row("load", "load of 100,000 nodes, 1,000,000 updates", "COPY TO STDOUT", "s", "≤ 2.0")
def load(context):
    empty_goald = context.goald("empty")
    strategy = big(context).with_updates()
    pairs, starts = [], []
    strategy.load()
    for _ in range(min(LOADS, context.options.runs)):
        strategy.goald.stop()
        if empty_goald.is_running():
            empty_goald.stop()
        context.goald("empty", start=False)
        starts.append(empty_goald.start_timed())
        loaded = strategy.load()
        pairs.append((Sample(loaded.value - starts[-1], loaded.cpu_us), strategy.unload()))
    return Result(pairs, ["from start to READY, less that of an empty database: "
                          + ", ".join(f"{start:.2f} s" for start in starts)])


@row("mem-node", "memory of a node in the tree, texts aside", "–", "bytes", "≤ 400 bytes")
def memory_of_node(context):
    strategy = big(context).with_nodes()
    texts = sum(len(record["titles"]["en"]) + 1 + len(record["code"]) + 1
                for record in trees.tree_nodes(strategy.nodes))
    grown = strategy.bytes["nodes"] - strategy.bytes["empty"] - texts
    return Result([(Sample(grown / strategy.nodes), None)],
                  [f"a fresh goald's resident memory, less {texts / strategy.nodes:.0f} bytes of"
                   " title and code a node"])


@row("mem-update", "memory of an update in the tree, texts aside", "–", "bytes", "≤ 48 bytes")
def memory_of_update(context):
    strategy = big(context).with_updates()
    notes = min(len(trees.leaves(strategy.nodes)), strategy.updates) * (trees.NOTE_LENGTH + 1)
    grown = strategy.bytes["updates"] - strategy.bytes["nodes"] - notes
    return Result([(Sample(grown / strategy.updates), None)],
                  ["a fresh goald's resident memory, less the notes of each node's latest update"])


class AsOf:
    """The status of one node as it was known at the journal's last entry, and the same rows by hand:
    both read the database each time, through one connection, one call after the other."""

    SCRIPT = pathlib.Path(__file__).with_name("as_of_status.sql")

    def __init__(self, context):
        strategy = big(context).with_updates()
        self.context, self.goald = context, context.goald("big")
        # The last node with leaves two levels below it: its ten children have ninety of their own.
        code = str(strategy.nodes // 100 - 1)
        context.server.psql("VACUUM ANALYZE", "big")
        seq = context.server.psql("SELECT max(seq) FROM goald.journal WHERE strategy_id = 1",
                                  "big")[0][0]
        self.calls = context.calls("as-of", [trees.frame(
            "GetStatus", strategy=KEY, code=code, asOf="2026-12-31", knownAt=f"seq:{seq}")])
        self.script = Pgbench(context, "as-of", self.SCRIPT.read_text(), "big",
                              {"strategy": 1, "code": code, "seq": seq})

    def ours(self):
        return latency(self.context.measured(self.goald, self.calls, connections=1, depth=1))

    def by_hand(self):
        return latency(self.script.run(1, self.context.seconds, log=True))


@row("as-of", "as-of status, 100 nodes below, 1,000,000 updates", "a hand-written query", "us",
     "≤ 2.0")
def as_of(context):
    status = AsOf(context)
    return Result(run_pairs(context, status.ours, status.by_hand))
