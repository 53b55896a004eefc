"""The public data sets of tests/data: each is imported whole, and again without a change."""

import collections
import json

import pytest

from harness import DATA

# By file: how many nodes of each kind it has, and how many it should have
DOCUMENTS = {
    "se-life-science-2019": ({"priority": 8, "target": 25, "deliverable": 10},
                             {"priority": 8, "target": 30}),
    "e-halsa-2025": ({"priority": 5, "target": 21}, {"priority": 5, "target": 21}),
}


def read(name):
    return json.loads((DATA / f"{name}.json").read_text())


def goal_import(goald, name):
    return json.loads(goald.goal("import", DATA / f"{name}.json", "--json").ok())


def tree(goald, strategy):
    lines = goald.stream("ListTree", strategy=strategy)
    return {line["node"]["code"]: line["node"] for line in lines if line["node"]["code"]}


@pytest.fixture(scope="module")
def sets(goald):
    """A goald with all of them: they share one registry."""
    for name in DOCUMENTS:
        goal_import(goald, name)
    return goald


@pytest.mark.parametrize("name", DOCUMENTS)
def test_set_is_imported_whole(sets, name):
    kinds, expected = DOCUMENTS[name]
    nodes = tree(sets, name)
    assert collections.Counter(node["kind"] for node in nodes.values()) == kinds
    assert sets.call("GetNode", strategy=name)["expected"] == expected
    titles = {record["code"]: record["titles"] for record in read(name)["nodes"]}
    assert {code: sets.call("GetNode", strategy=name, code=code)["titles"]
            for code in nodes} == titles


@pytest.mark.parametrize("name", DOCUMENTS)
def test_set_again_changes_nothing(sets, name):
    again = goal_import(sets, name)
    assert (again["added"], again["changed"]) == (0, 0)


def test_numbers_of_two_strategies_name_different_targets(sets):
    def title(place):
        return sets.goal("status", place).ok().splitlines()[0]

    assert title("ls:2.2") == \
        "ls:2.2  Ökat nyttjande av hälsodata för forskning och innovation"
    assert title("eh:2.2") == "eh:2.2  Moderniserade verksamhetssystem inom socialtjänsten"
    assert title("eh:4.4") == \
        "eh:4.4  Förvaltningsgemensam digital infrastruktur för informationsutbyte"
    assert title("ls:4.4") != title("eh:4.4")
