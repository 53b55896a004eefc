"""The strategies to measure on: import documents, calls and keys, made and not stored.

A node's code is its number; node n of a ten-ary tree is a child of node (n - 1) // 10, where 0 is
the strategy. The first two levels are priorities and targets, all below them is work.
"""

import json
import random

PERIOD = {"start": "2024-01-01", "end": "2030-12-31"}
NOTE_LENGTH = 60


def note(number):
    """A text of NOTE_LENGTH bytes that differs from number to number."""
    return f"{number:>9}: reported by the group at its monthly meeting".ljust(NOTE_LENGTH, ".")


def title(number):
    return f"Better access to health data, part {number}"


def parent(number, arity):
    return (number - 1) // arity


def depth(number, arity):
    return 1 if number <= arity else 1 + depth(parent(number, arity), arity)


def is_leaf(number, count, arity):
    return arity * number + 1 > count


def kind(number, count, arity):
    if is_leaf(number, count, arity):
        return "deliverable"
    return ("priority", "target", "initiative")[min(depth(number, arity), 3) - 1]


def record(number, word, above=None):
    fields = {"code": str(number), "kind": word, "titles": {"en": title(number)},
              "start": "2025-01-01", "due": "2029-12-31"}
    return {**fields, "parent": str(above)} if above else fields


def tree_nodes(count, arity=10):
    return (record(number, kind(number, count, arity), parent(number, arity))
            for number in range(1, count + 1))


def flat_nodes(count):
    """Node 1 is the one parent of all others."""
    yield record(1, "initiative")
    yield from (record(number, "deliverable", 1) for number in range(2, count + 2))


def update(identity, code):
    return (f'{{"id":"u{identity}","node":"{code}","date":"2026-01-01",'
            f'"percent":{identity % 100},"note":"{note(identity)}"}}')


def write_document(path, key, nodes=(), updates=()):
    """One import document; nodes are records, updates (identity, code) pairs."""
    strategy = {"key": key, "titles": {"en": f"Strategy {key}"}, "timeZone": "Europe/Stockholm",
                "language": "en", "visibility": "public", "period": PERIOD, "cadence": 90}
    with open(path, "w") as out:
        out.write(f'{{"format":"goald-import-1","strategy":{json.dumps(strategy)}')
        for part, records in (("nodes", map(json.dumps, nodes)),
                              ("updates", (update(*pair) for pair in updates))):
            out.write(f',"{part}":[')
            for i, text in enumerate(records):
                out.write(("," if i else "") + text)
            out.write("]")
        out.write("}\n")
    path.chmod(0o644)


def leaves(count, arity=10):
    """The numbers of the nodes without children."""
    return range((count - 1) // arity + 1, count + 1)


def leaf_updates(count, times=1):
    """Updates of the leaves in turn, `times` each on average."""
    below = leaves(count)
    return ((i, below[i % len(below)]) for i in range(times * len(below)))


def some(count, wanted):
    """At most `wanted` node numbers, the same ones each time."""
    return random.Random(1).sample(range(1, count + 1), min(count, wanted))


def frame(method, more=False, **parameters):
    call = {"method": f"io.goald.Tracker.{method}", "parameters": parameters}
    return json.dumps({**call, "more": True} if more else call, separators=(",", ":"))


def status_calls(key, codes):
    return [frame("GetStatus", strategy=key, code=str(code)) for code in codes]


def update_calls(keys, codes, count):
    """Updates of random nodes of the strategies, all different; without requestId."""
    chance = random.Random(2)
    return [frame("SubmitUpdate", strategy=chance.choice(keys), code=str(chance.choice(codes)),
                  percent=chance.randrange(101), note=note(i)) for i in range(count)]
