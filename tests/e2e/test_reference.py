"""GetStatus against a second, plain implementation of the rules (tests/reference/rules.py)."""

import datetime
import sys

import pytest

from harness import TOP

sys.path.insert(0, str(TOP / "tests" / "reference"))

from rules import Moment  # noqa: E402
from strategies import Generator, known  # noqa: E402

TREES, TREES_IN_A_STRATEGY = 1000, 5
STRATEGIES = TREES // TREES_IN_A_STRATEGY
BATCH = 20  # strategies in a test
DAYS = (datetime.date(2020, 6, 30), datetime.date(2022, 12, 31), datetime.date(2024, 2, 29))
# The reasons that are compared, and what is compared of them
SAID = {"overdue": ("days",), "parts_overdue": ("count",), "reported": ("days",)}
REASONS = {*SAID, "behind_schedule", "no_parts"}
DECIMALS = {"coverage": 4}


def as_importable(document):
    """Without what the import does not take yet."""
    nodes = [{name: value for name, value in node.items()
              if name != "direction" and not isinstance(value, dict) or name == "titles"}
             for node in document["nodes"]]
    updates = [{name: value for name, value in update.items() if name != "decision"}
               for update in document.get("updates", []) if "supersedes" not in update]
    strategy = {name: value for name, value in document["strategy"].items()
                if name != "acceptance"}
    return document | {"strategy": strategy, "nodes": nodes, "updates": updates,
                       "observations": []}


def import_document(connection, document):
    """Hands a document in; returns the seq it made."""
    name = connection.call("ImportBegin", strategy=document["strategy"]["key"])["import"]
    for part in ("strategy", "nodes", "updates", "closings", "observations"):
        records = document.get(part, [])
        records = [records] if isinstance(records, dict) else records
        if records:
            connection.call("ImportChunk", **{"import": name}, part=part, first=0,
                            records=records)
    return connection.call("ImportCommit", **{"import": name})["seq"]


def statuses(connection, strategy, codes, **moment):
    """GetStatus of all the nodes, asked at once."""
    replies = []
    for first in range(0, len(codes), 50):
        some = codes[first:first + 50]
        for code in some:
            connection.send_call("GetStatus", {"strategy": strategy, "code": code, **moment})
        replies += [connection.recv_reply() for _ in some]
    return replies


def is_equal(expected, told, decimals=2):
    """Numbers are told with two decimals, a share of 1 with four."""
    if isinstance(expected, dict):
        return set(expected) == set(told) and all(is_equal(expected[name], told[name])
                                                  for name in expected)
    if isinstance(expected, (int, float)) and not isinstance(expected, bool):
        return (isinstance(told, (int, float)) and told == round(told, decimals)
                and abs(expected - told) <= 0.5 * 10 ** -decimals + 1e-7)
    return expected == told


def differences(moment, code, reply):
    """{field: (by the text, by goald)} of what differs."""
    expected = moment.status(code)
    expected["reasons"] = {kind: said for kind, said in expected["reasons"].items()
                           if kind in REASONS}
    reply["closing"] = reply["closing"] and reply["closing"]["how"]
    reply["reasons"] = {reason["kind"]: {name: reason[name] for name in SAID.get(reason["kind"], ())}
                        for reason in reply["reasons"] if reason["kind"] in REASONS}
    return {field: (value, reply.get(field)) for field, value in expected.items()
            if field in reply and not is_equal(value, reply.get(field), DECIMALS.get(field, 2))}


def compare(connection, seed, documents, **moment):
    """What differs in all nodes, by place."""
    strategy = known(documents)
    replies = statuses(connection, f"random-{seed}", sorted(strategy.nodes), **moment)
    there = Moment(strategy, datetime.date.fromisoformat(replies[0]["asOf"]))
    found = {(seed, reply["code"], *moment.values()): differences(there, reply["code"], reply)
             for reply in replies}
    return {place: different for place, different in found.items() if different}


@pytest.mark.parametrize("first", range(0, STRATEGIES, BATCH))
def test_every_status_is_what_the_text_says(goald, first):
    different = {}
    with goald.connect() as connection:
        for seed in range(first, first + BATCH):
            documents = [as_importable(document) for document in
                         Generator(seed, TREES_IN_A_STRATEGY).documents()]
            for number, document in enumerate(documents, 1):
                import_document(connection, document)
                different |= compare(connection, seed, documents[:number])
    assert different == {}
