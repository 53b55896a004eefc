"""Lists in the order in which people count: 2.2 before 2.10, 1.a after 1.5, in whatever order the
nodes came."""

import csv
import io
import json
import random

import pytest

from test_data_sets import GOALS, GOALS_OPTIONS

FRUIT = ["9", "9.2", "9.10", "9.a", "9.b", "10", "10.1"]


def counted(code):
    """A key by which sorted() puts codes in order: numbers by size, then letters."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in code.split(".")]


def strategy(key):
    return {"key": key, "titles": {"en": key}, "timeZone": "UTC", "language": "en",
            "visibility": "public"}


def shuffled_goals():
    """The UN's goals, targets and indicators, their rows in some order; and their codes."""
    header, *rows = csv.reader(io.StringIO(GOALS.read_text()))
    random.Random(17).shuffle(rows)
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue(), [row[1] for row in rows]


@pytest.fixture(scope="module")
def codes(goald):
    """All codes of the strategy un-sdg, which came in some other order."""
    path = goald.folder / "un.json"
    path.write_text(json.dumps({"format": "goald-import-1", "strategy": strategy("un-sdg")}))
    goald.goal("import", path).ok()
    text, codes = shuffled_goals()
    assert codes != sorted(codes, key=counted)
    goald.goal("import", "-", *GOALS_OPTIONS, stdin=text).ok()
    return sorted(codes, key=counted)


@pytest.fixture(scope="module")
def fruit(goald):
    """Nodes that are all due on one day and serve one node."""
    nodes = [{"code": code, "kind": "deliverable", "titles": {"en": code}, "due": "2024",
              "serves": [{"node": "all"}]} for code in reversed(FRUIT)]
    nodes += [{"code": code, "kind": "initiative", "titles": {"en": code}}
              for code in ("all", "t10", "t9", "t1")]
    nodes.append({"code": "each", "kind": "deliverable", "titles": {"en": "Each"},
                  "serves": [{"node": code} for code in ("t10", "t9", "t1")]})
    path = goald.folder / "fruit.json"
    path.write_text(json.dumps({"format": "goald-import-1", "strategy": strategy("fruit"),
                                "nodes": nodes}))
    goald.goal("import", path).ok()
    return goald


@pytest.mark.parametrize("method", ["ListTree", "ListNodes"])
def test_nodes_come_in_order(goald, codes, method):
    found = [line["node"]["code"] for line in goald.stream(method, strategy="un-sdg")]
    assert [code for code in found if code] == codes
    assert [code for code in found if code.startswith("1.")] == [
        "1.1", "1.1.1", "1.2", "1.2.1", "1.2.2", "1.3", "1.3.1", "1.4", "1.4.1", "1.4.2", "1.5",
        "1.5.1", "1.5.2", "1.5.3", "1.5.4", "1.a", "1.a.1", "1.a.2", "1.a.3", "1.b", "1.b.1"]
    assert found[-3:] == ["17.19", "17.19.1", "17.19.2"]


def test_nodes_are_sorted_in_order(goald, codes):
    def listed(*options):
        return goald.goal("list", "un-sdg", "--columns", "code", "--format", "csv",
                          *options).ok().splitlines()[1:]

    assert [code for code in listed("--sort", "code") if code] == codes
    targets = listed("--kind", "target", "--sort", "parent,-code")
    assert targets[:7] == ["1.b", "1.a", "1.5", "1.4", "1.3", "1.2", "1.1"]
    assert targets[-2:] == ["17.2", "17.1"]


def test_parts_come_in_order(goald, codes):
    found = [line["node"]["code"] for line in
             goald.stream("ListNodes", strategy="un-sdg", partsOf="1")]
    assert found == ["1.1", "1.2", "1.3", "1.4", "1.5", "1.a", "1.b"]


def test_what_is_due_on_one_day_comes_in_order(fruit):
    found = [line["node"]["code"] for line in fruit.stream("ListDue", strategy="fruit")]
    assert found == FRUIT


def test_what_serves_and_is_served_comes_in_order(fruit):
    served = fruit.call("GetNode", strategy="fruit", code="all")["servedBy"]
    assert [one["code"] for one in served] == FRUIT
    serves = fruit.call("GetNode", strategy="fruit", code="each")["serves"]
    assert [one["code"] for one in serves] == ["t1", "t9", "t10"]


def test_persons_and_strategies_come_by_key_in_order(goald):
    for n in (10, 9, 1):
        nodes = [{"code": "1", "kind": "target", "titles": {"en": "One"},
                  "assignments": [{"person": f"order-{n}", "role": "owner"}]}]
        path = goald.folder / f"order-{n}.json"
        path.write_text(json.dumps({"format": "goald-import-1", "nodes": nodes,
                                    "persons": [{"id": f"order-{n}", "name": "A Person"}],
                                    "strategy": strategy(f"order-{n}")}))
        goald.goal("import", path).ok()
    found = [line["person"]["key"] for line in goald.stream("ListPersons")]
    assert [key for key in found if key.startswith("order-")] == ["order-1", "order-9", "order-10"]
    found = [line["strategy"] for line in goald.stream("ListStrategies")]
    assert [key for key in found if key.startswith("order-")] == ["order-1", "order-9", "order-10"]
