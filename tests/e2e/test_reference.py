"""GetStatus and ListTree against a second, plain implementation of the rules (tests/reference/rules.py)."""

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
DAYS = ("2020-06", "2022-12-31", "2024-02-29")
# The reasons that are compared, and what is compared of them
SAID = {"overdue": ("days",), "parts_overdue": ("count",), "reported": ("days",)}
REASONS = {*SAID, "behind_schedule", "no_parts", "stale", "unevidenced"}
DECIMALS = {"coverage": 4}


@pytest.fixture(scope="module")
def elsewhere(make_daemon, empty_template):
    """Another goald without any strategy."""
    daemon = make_daemon(template=empty_template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


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


def differences(expected, told):
    """{field: (by the text, by goald)} of what differs."""
    told["closing"] = told["closing"] and told["closing"]["how"]
    told["reasons"] = {reason["kind"]: {name: reason[name] for name in SAID.get(reason["kind"], ())}
                       for reason in told.get("reasons", []) if reason["kind"] in REASONS}
    return {field: (value, told[field]) for field, value in expected.items()
            if not is_equal(value, told[field], DECIMALS.get(field, 2))}


def compare(connection, seed, documents, **when):
    """What differs in all nodes, by place: of their statuses, and of their lines in the tree."""
    key, strategy = f"random-{seed}", known(documents)
    replies = statuses(connection, key, sorted(strategy.nodes), **when)
    lines = [line["node"] for line in connection.stream("ListTree", strategy=key, **when)]
    moment = Moment(strategy, datetime.date.fromisoformat(replies[0]["asOf"]))
    assert {line["code"] for line in lines} == set(strategy.nodes)
    found = {}
    for tell, all_told in ((moment.status, replies), (moment.line, lines)):
        for told in all_told:
            code = told["code"]
            found[seed, code, tell.__name__, *when.values()] = differences(tell(code), told)
    return {place: different for place, different in found.items() if different}


@pytest.mark.parametrize("first", range(0, STRATEGIES, BATCH))
def test_every_status_is_what_the_text_says(goald, first):
    """Of today, and of earlier days as known now or after one of the documents."""
    different = {}
    with goald.connect() as connection:
        for seed in range(first, first + BATCH):
            documents = Generator(seed, TREES_IN_A_STRATEGY).documents()
            seqs = [import_document(connection, document) for document in documents]
            different |= compare(connection, seed, documents)
            for number, day in enumerate(DAYS):
                known_at = {"knownAt": f"seq:{seqs[number]}"} if seed % 4 else {}
                there = documents[:number + 1] if known_at else documents
                different |= compare(connection, seed, there, asOf=day, **known_at)
    assert different == {}


@pytest.mark.parametrize("seed", range(STRATEGIES, STRATEGIES + 5))
def test_every_status_comes_back_from_an_export(goald, elsewhere, tmp_path, seed):
    documents = Generator(seed, TREES_IN_A_STRATEGY).documents()
    path = tmp_path / "export.json"
    with goald.connect() as connection:
        for document in documents:
            import_document(connection, document)
    goald.goal("export", f"random-{seed}", path).ok()
    elsewhere.goal("import", path).ok()
    assert elsewhere.goal("export", f"random-{seed}").ok() == path.read_text()
    with elsewhere.connect() as connection:
        assert compare(connection, seed, documents) == {}
        assert compare(connection, seed, documents, asOf=DAYS[1]) == {}


def check_explanation(moment, code, told):
    """The parts are those of the text, and what each counts for adds up to the progress."""
    parts = {part["code"]: part for part in told["parts"]}
    counting = {part for part, line in parts.items() if line["leftOut"] is None}
    assert counting == set(moment.parts(code))
    sources = moment.source_parts(code)
    assert {part for part, line in parts.items() if line["counted"]} == set(sources)
    for part, weight in moment.parts(code).items():
        assert is_equal(weight, parts[part]["weight"], 6)
        assert is_equal(moment.progress(part), parts[part]["progress"])
        share = weight * (moment.progress(part) or 0) / sum(sources.values()) \
            if part in sources else None
        assert is_equal(share, parts[part]["share"], 4)
    if sources:
        shares = sum(parts[part]["share"] for part in sources)
        assert abs(shares - told["progress"]) <= 0.005 + 0.00005 * len(sources) + 1e-7


@pytest.mark.parametrize("seed", range(STRATEGIES + 5, STRATEGIES + 15))
def test_every_explanation_adds_up(goald, seed):
    documents = Generator(seed, TREES_IN_A_STRATEGY).documents()
    strategy = known(documents)
    with goald.connect() as connection:
        for document in documents:
            import_document(connection, document)
        for code in strategy.nodes:
            told = connection.call("ExplainStatus", strategy=f"random-{seed}", code=code,
                                   asOf=DAYS[2])
            moment = Moment(strategy, datetime.date.fromisoformat(DAYS[2]))
            check_explanation(moment, code, told)
