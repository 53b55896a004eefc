"""Lists of nodes: filters that combine, over a strategy in which every filter has something to find
and something to leave out."""

import json

import pytest

from harness import STRANGER

AGES_AGO, LONG_TO_COME = "2020-12-31", "2099-12-31"


def node(code, kind, parent=None, **more):
    return {"code": code, "kind": kind, "parent": parent, "titles": {"en": f"Node {code}"}, **more}


def role(name, **who):
    return {"role": name, **who}


DOCUMENT = {
    "format": "goald-import-1",
    "strategy": {"key": "lists", "titles": {"en": "Lists"}, "timeZone": "UTC", "language": "en",
                 "visibility": "members", "period": {"start": "2019", "end": "2098"}},
    "organisations": [{"id": key, "names": {"en": f"The {key}"}} for key in ("agency", "school")],
    "persons": [{"id": "ada", "name": "Ada"}],
    "groups": [
        {"id": "care", "kind": "working_group", "names": {"en": "Care"}, "aims": ["1.1"]},
        {"id": "data", "kind": "working_group", "names": {"en": "Data"}},
    ],
    "nodes": [
        node("1", "priority"),
        node("1.1", "target", "1", assignments=[role("owner", organisation="agency")]),
        node("1.2", "target", "1", due="2021",
             assignments=[role("lead", person="ada"), role("partner", organisation="agency"),
                          role("owner", organisation="school", to="2020")]),
        node("1.10", "target", "1"),
        node("i", "indicator", "1.1", baseline=0, target=10),
        node("d-1", "deliverable", "1.1", due=AGES_AGO, stage="ongoing"),
        node("d-2", "deliverable", "1.1", due=LONG_TO_COME, stage="ongoing",
             assignments=[role("contributor", group="data")]),
        node("set", "initiative", "1", due=AGES_AGO),
        node("in-1", "initiative", "set", stage="planned"),
        node("in-2", "initiative", "set", stage="planned"),
        node("in-2.a", "initiative", "in-2", stage="ongoing"),
        node("in-3", "initiative", "set", stage="planned"),
        node("in-3.a", "initiative", "in-3", stage="ongoing"),
        node("need-1", "need", "1"),
        node("need-2", "need", "1"),
        node("need-3", "need", "1"),
        node("in-4", "initiative", "set", serves=[{"node": "need-1"}]),
        node("in-5", "initiative", "set", serves=[{"node": "need-2"}]),
    ],
    "updates": [{"id": "u", "node": "1.1", "date": "2024-05-01", "percent": 40,
                 "state": "at_risk"},
                {"id": "v", "node": "1.2", "date": "2024-05-01", "state": "on_track"}],
    "closings": [{"node": "in-3.a", "date": "2020-06-01", "how": "achieved"},
                 {"node": "in-4", "date": "2020-06-01", "how": "achieved"},
                 {"node": "in-5", "date": "2020-06-01", "how": "dropped"}],
}


@pytest.fixture(scope="module")
def daemon(goald):
    path = goald.folder / "lists.json"
    path.write_text(json.dumps(DOCUMENT))
    goald.goal("import", path).ok()
    return goald


def codes(daemon, *options):
    found = daemon.goal("list", "lists", *options, "--json").ok().splitlines()
    return [json.loads(line)["node"]["code"] for line in found]


# --- filters


def test_values_of_one_filter_are_any_of_them(daemon):
    assert codes(daemon, "--kind", "indicator") == ["i"]
    assert codes(daemon, "--kind", "indicator", "--kind", "priority") == ["1", "i"]
    assert codes(daemon, "--kind", "target", "--state", "at_risk", "--state", "off-track") == [
        "1.1", "1.2"]


def test_filters_combine(daemon):
    assert codes(daemon, "--kind", "deliverable", "--stage", "ongoing", "--schedule", "overdue"
                 ) == ["d-1"]
    assert codes(daemon, "--kind", "target", "--without", "owner", "--text", "1.1") == ["1.10"]


def test_group_is_at_work_by_aim_or_role(daemon):
    assert codes(daemon, "--group", "care") == ["1.1"]
    assert codes(daemon, "--group", "care", "--group", "data") == ["1.1", "d-2"]


def test_aim_is_no_role(daemon):
    assert codes(daemon, "--group", "care", "--role", "contributor") == []
    assert codes(daemon, "--group", "data", "--role", "contributor") == ["d-2"]


def test_role_is_that_of_those_who_are_named(daemon):
    assert codes(daemon, "--organisation", "agency") == ["1.1", "1.2"]
    assert codes(daemon, "--organisation", "agency", "--role", "owner") == ["1.1"]
    assert codes(daemon, "--organisation", "agency", "--person", "ada") == ["1.2"]
    assert codes(daemon, "--holder", "ada", "--holder", "data") == ["d-2", "1.2"]


def test_role_of_nobody_in_particular_is_anybodys(daemon):
    assert codes(daemon, "--role", "lead", "--role", "contributor") == ["d-2", "1.2"]


def test_role_that_has_ended_does_not_count(daemon):
    assert codes(daemon, "--organisation", "school") == []
    assert "1.2" in codes(daemon, "--kind", "target", "--without", "owner")


def test_due_before_and_after_leave_the_date_itself_out(daemon):
    assert codes(daemon, "--due-before", "2020-12-31", "--kind", "deliverable") == []
    assert codes(daemon, "--due-before", "2021", "--kind", "deliverable") == ["d-1"]
    assert codes(daemon, "--due-after", "2020", "--due-before", "2022") == ["1.2"]
    assert codes(daemon, "--due-after", "2021", "--kind", "deliverable") == ["d-2"]


def test_expired_looks_at_the_nearest_due_date_above(daemon):
    found = codes(daemon, "--kind", "initiative", "--expired")
    assert found == ["set", "in-1", "in-2", "in-2.a"]
    assert "in-1" not in codes(daemon, "--kind", "initiative", "--schedule", "overdue")


def test_open_is_neither_done_nor_closed(daemon):
    found = codes(daemon, "--kind", "initiative", "--open")
    assert "in-1" in found and "in-3.a" not in found and "in-5" not in found


@pytest.mark.parametrize("what, kind, expected", [
    ("owner", "target", ["1.2", "1.10"]),
    ("group", "target", ["1.2", "1.10"]),
    ("indicator", "target", ["1.2", "1.10"]),
    ("update", "target", ["1.10"]),
    ("due", "target", ["1.1", "1.10"]),
    ("sector", "priority", ["1"]),
])
def test_without(daemon, what, kind, expected):
    assert codes(daemon, "--kind", kind, "--without", what) == expected


def test_need_is_without_activity_if_what_served_it_was_dropped(daemon):
    assert codes(daemon, "--kind", "need", "--without", "activity") == ["need-2", "need-3"]


def test_commitment_wants_an_activity_that_goes_on(daemon):
    assert codes(daemon, "--stage", "planned", "--without", "activity") == ["in-1", "in-3"]


def test_below_and_parts_of(daemon):
    assert codes(daemon, "--parts-of", "need-1") == ["in-4"]
    found = daemon.goal("list", "lists:set", "--stage", "planned", "--json").ok().splitlines()
    assert [json.loads(line)["node"]["code"] for line in found] == ["in-1", "in-2", "in-3"]


def test_due_takes_filters_too(daemon):
    found = daemon.goal("due", "lists", "--kind", "target", "--json").ok().splitlines()
    assert [json.loads(line)["node"]["code"] for line in found] == ["1.2"]
    text = daemon.goal("due", "lists", "--holder", "data", "--days", 99999).ok()
    assert "d-2" in text and "d-1" not in text


@pytest.mark.parametrize("parameters, field", [
    ({"kind": ["target", "nothing"]}, "kind"), ({"state": ["good"]}, "state"),
    ({"role": ["chair"]}, "role"), ({"without": ["money"]}, "without"),
    ({"dueBefore": "soon"}, "dueBefore"), ({"dueAfter": "2024-02-30"}, "dueAfter"),
    ({"sector": ["food"]}, "sector"), ({"group": ["care"] * 51}, "group"),
])
def test_value_that_is_none_is_named(daemon, parameters, field):
    with pytest.raises(daemon.Error) as refused:
        daemon.stream("ListNodes", strategy="lists", **parameters)
    assert refused.value.name == "io.goald.Tracker.InvalidValue"
    assert refused.value.parameters["field"] == field


def test_word_that_is_none_is_refused_with_those_there_are(daemon):
    result = daemon.goal("list", "lists", "--without", "money")
    assert result.code == 2 and "owner group indicator" in result.stderr


def test_empty_list_of_values_asks_for_nothing(daemon):
    assert len(daemon.stream("ListNodes", strategy="lists", kind=[], group=[])) == 1 + len(
        DOCUMENT["nodes"])


@pytest.mark.root
def test_list_is_for_those_who_may_read(daemon):
    with pytest.raises(daemon.Error) as refused:
        daemon.stream("ListNodes", as_uid=STRANGER, strategy="lists", kind=["target"])
    assert refused.value.name == "io.goald.Tracker.NoSuchStrategy"
    daemon.grant(STRANGER, "reader", "lists")
    assert len(daemon.stream("ListNodes", as_uid=STRANGER, strategy="lists",
                             kind=["target"])) == 3
