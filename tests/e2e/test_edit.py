"""Nodes added, changed, moved and removed, and what holds for every editing method: refused whole
with the field named, nothing written where nothing changes, done once under a request id."""

import json

import pytest

from database import error_of, journal, journal_count, new_id, submit
from edits import add, edit, node, refused, writes_nothing
from harness import DATA


@pytest.fixture(scope="module")
def goald(managed):
    return managed


def change(goald, code, **parameters):
    return edit(goald, "ChangeNode", code, **parameters)


# --- adding


def test_added_node_is_there_at_once(goald):
    reply = add(goald, "2.9", parent="2", titles={"sv": "Nytt mål", "en": "New target"},
                start="2024", due="2026-12-31", weight=2, cadence=90)
    assert (reply["code"], reply["changed"], reply["id"]) == ("2.9", True, reply["seq"])
    found = node(goald, "2.9")
    assert found["titles"] == {"sv": "Nytt mål", "en": "New target"}
    assert (found["kind"], found["parent"], found["start"], found["due"], found["weight"],
            found["cadence"]) == ("target", "2", "2024", "2026-12-31", 2, 90)
    assert found["changedSeq"] == reply["seq"]
    assert "2.9" in [line["node"]["code"] for line in goald.stream("ListTree", strategy="ls",
                                                                   code="2")]


def test_plain_title_is_in_the_strategys_language(goald):
    goald.call("AddNode", strategy="ls", newCode="p-1", kind="need", title="Behov")
    assert node(goald, "p-1")["titles"] == {"sv": "Behov"}
    change(goald, "p-1", title="Annat behov", titles={"en": "Need"})
    assert node(goald, "p-1")["titles"] == {"sv": "Annat behov", "en": "Need"}


def test_node_without_a_code_gets_the_next_free_one(goald):
    codes = [add(goald, titles={"sv": "Utan kod"})["code"] for _ in range(2)]
    first = int(codes[0][1:])
    assert codes == [f"n{first}", f"n{first + 1}"]
    add(goald, f"n{first + 2}")
    assert add(goald)["code"] == f"n{first + 3}"


def test_node_without_a_parent_is_directly_below_the_strategy(goald):
    add(goald, "top-1", kind="priority")
    assert node(goald, "top-1")["parent"] == ""


def test_indicator_has_a_measure(goald):
    add(goald, "ind-1", kind="indicator", parent="2.1", baseline=0, target=12.5, unit="%",
        direction="up")
    change(goald, "ind-1", weight=2)
    found = node(goald, "ind-1")
    assert (found["baseline"], found["target"], found["unit"], found["direction"]) == (
        0, 12.5, "%", "up")


def test_due_date_follows_the_start(goald):
    add(goald, "rel-1", kind="initiative", start="2024-03-01", dueAfter="P1Y6M")
    assert (node(goald, "rel-1")["due"], node(goald, "rel-1")["dueAfter"]) == ("2025-09-01", "P1Y6M")
    change(goald, "rel-1", start="2025-03-01")
    assert node(goald, "rel-1")["due"] == "2026-09-01"
    change(goald, "rel-1", due="2030")
    assert (node(goald, "rel-1")["due"], node(goald, "rel-1")["dueAfter"]) == ("2030", None)
    change(goald, "rel-1", dueAfter="P2Y")
    assert node(goald, "rel-1")["due"] == "2027-03-01"


ADDING = {"newCode": "x", "kind": "target", "titles": {"sv": "X"}}


@pytest.mark.parametrize("field, parameters", [
    ("newCode", {"newCode": "2.2"}),
    ("newCode", {"newCode": ""}),
    ("newCode", {"newCode": "a\nb"}),
    ("newCode", {"newCode": "x" * 201}),
    ("kind", {"kind": "strategy"}),
    ("kind", {"kind": "goal"}),
    ("parent", {"parent": "nowhere"}),
    ("titles", {"titles": {}}),
    ("titles", {"titles": None}),
    ("title", {"titles": None, "title": ""}),
    ("titles.sv", {"titles": {"sv": ""}}),
    ("titles.svenska-som-talas", {"titles": {"svenska-som-talas": "X", "e": "X"}}),
    ("stage", {"stage": "planned"}),
    ("stage", {"kind": "deliverable", "stage": "closed"}),
    ("start", {"start": "soon"}),
    ("due", {"due": "2021-02-29"}),
    ("due", {"start": "2024-02", "due": "2024-01"}),
    ("cadence", {"cadence": 0}),
    ("weight", {"weight": 0}),
    ("weight", {"weight": -1}),
    ("weight", {"weight": 5e-324}),
    ("baseline", {"kind": "indicator", "baseline": -1e-310}),
    ("baseline", {"baseline": 1}),
    ("target", {"target": 1}),
    ("unit", {"unit": "kg"}),
    ("direction", {"kind": "indicator", "direction": "sideways"}),
    ("direction", {"direction": "up"}),
    ("sectors[0]", {"sectors": ["food"]}),
    ("sectors", {"sectors": ["food"] * 1001}),
    ("dueAfter", {"dueAfter": "5 years"}),
    ("dueAfter", {"dueAfter": "P5Y", "due": "2030"}),
    ("requestId", {"requestId": "17"}),
])
def test_bad_node_names_its_field_and_writes_nothing(goald, field, parameters):
    if field == "titles.svenska-som-talas":
        field = "titles.e"
    assert refused(goald, "AddNode", **{**ADDING, **parameters}) == field


def test_towers_are_refused(goald):
    parent = add(goald, "t", kind="initiative")["code"]
    for level in range(2, 257):
        parent = add(goald, f"t{level}", kind="initiative", parent=parent)["code"]
    assert refused(goald, "AddNode", newCode="t257", kind="initiative", titles={"sv": "X"},
                   parent=parent) == "parent"
    add(goald, "u", kind="initiative")
    add(goald, "u2", kind="initiative", parent="u")
    assert refused(goald, "ChangeNode", code="u", parent="t255") == "parent"
    change(goald, "u", parent="t254")


# --- changing


def test_what_is_not_named_stays(goald):
    add(goald, "c-1", parent="2", titles={"sv": "Före", "en": "Before"}, due="2026", weight=3)
    reply = change(goald, "c-1", titles={"en": "After"}, due="2027-06")
    found = node(goald, "c-1")
    assert found["titles"] == {"sv": "Före", "en": "After"}
    assert (found["due"], found["weight"], found["parent"]) == ("2027-06", 3, "2")
    assert found["changedSeq"] == reply["seq"]


def test_cleared_fields_are_gone(goald):
    add(goald, "c-2", titles={"sv": "Två", "en": "Two"}, due="2026", start="2025", weight=3)
    change(goald, "c-2", clear=["due", "weight", "titles.en"])
    found = node(goald, "c-2")
    assert (found["titles"], found["due"], found["weight"]) == ({"sv": "Två"}, None, None)
    assert found["start"] == "2025"


def test_node_whose_parent_is_cleared_is_directly_below_the_strategy(goald):
    add(goald, "c-4", parent="2.1")
    change(goald, "c-4", clear=["parent"])
    assert node(goald, "c-4")["parent"] == ""
    assert writes_nothing(goald, "ChangeNode", code="c-4", clear=["parent"])


def test_change_that_changes_nothing_writes_nothing(goald):
    add(goald, "c-3", kind="indicator", titles={"sv": "B", "en": "A"}, weight=2, baseline=1,
        target=3, cadence=10, start="2020", due="2030")
    count = journal_count(goald)
    reply = change(goald, "c-3", titles={"en": "A", "sv": "B"}, weight=2.0, target=3,
                   clear=["stage"])
    assert (reply["changed"], reply["id"], reply["code"]) == (False, None, "c-3")
    assert journal_count(goald) == count


def test_edited_node_is_equal_to_the_same_one_imported(goald):
    """Rows look alike whoever wrote them: an import of what is there changes nothing."""
    document = json.loads((DATA / "se-life-science-2019.json").read_text())
    wanted = next(item for item in document["nodes"] if item["code"] == "gov-3")
    change(goald, "gov-3", weight=7)
    change(goald, "gov-3", clear=["weight"], titles=wanted["titles"])
    result = goald.goal("import", DATA / "se-life-science-2019.json", "--dry-run", "--json").ok()
    told = json.loads(result)
    assert (told["added"], told["changed"]) == (0, 0), told


def test_moved_node_takes_what_is_below_along(goald):
    add(goald, "m-1", kind="initiative", parent="1")
    add(goald, "m-1-1", kind="deliverable", parent="m-1")
    change(goald, "m-1", parent="2")
    assert node(goald, "m-1")["parent"] == "2"
    below = [line["node"]["code"] for line in goald.stream("ListNodes", strategy="ls", below="2")]
    assert {"m-1", "m-1-1"} <= set(below)
    change(goald, "m-1", parent="")
    assert node(goald, "m-1")["parent"] == ""


def test_node_can_get_another_code(goald):
    add(goald, "typo")
    submit(goald, code="typo", percent=5)
    reply = change(goald, "typo", newCode="r-1")
    assert (reply["changed"], reply["code"]) == (True, "r-1")
    assert goald.call("GetStatus", strategy="ls", code="r-1")["progress"] == 5
    assert error_of(goald, "GetNode", strategy="ls", code="typo")[0] == "NoSuchNode"


@pytest.mark.parametrize("field, parameters", [
    ("parent", {"parent": "2.1"}),             # itself
    ("parent", {"parent": "nowhere"}),
    ("newCode", {"newCode": "2.2"}),
    ("stage", {"stage": "planned"}),
    ("baseline", {"baseline": 1}),
    ("kind", {"kind": "strategy"}),
    ("due", {"start": "2030", "due": "2029"}),
    ("clear[0]", {"clear": ["kind"]}),
    ("clear[1]", {"clear": ["due", "colour"]}),
    ("clear[0]", {"clear": ["titles"]}),
    ("clear[0]", {"clear": ["due"], "due": "2027"}),
    ("titles", {"clear": ["titles.sv", "titles.en"]}),
])
def test_bad_change_names_its_field_and_writes_nothing(goald, field, parameters):
    assert refused(goald, "ChangeNode", code="2.1", **parameters) == field


def test_kind_cannot_leave_a_field_behind(goald):
    add(goald, "k-1", kind="indicator", target=3)
    assert refused(goald, "ChangeNode", code="k-1", kind="target") == "target"
    change(goald, "k-1", kind="target", clear=["target"])
    assert node(goald, "k-1")["kind"] == "target"


def test_start_cannot_pass_the_due_date(goald):
    add(goald, "k-2", due="2025-06")
    assert refused(goald, "ChangeNode", code="k-2", start="2025-07-01") == "start"


def test_cycles_are_refused(goald):
    add(goald, "y-1", kind="initiative")
    add(goald, "y-2", kind="initiative", parent="y-1")
    add(goald, "y-3", kind="initiative", parent="y-2")
    assert refused(goald, "ChangeNode", code="y-1", parent="y-3") == "parent"


def test_strategy_itself_is_no_node(goald):
    assert refused(goald, "ChangeNode", weight=2) == "code"
    assert refused(goald, "RemoveNode") == "code"


def test_unknown_node_is_named(goald):
    assert error_of(goald, "ChangeNode", strategy="ls", code="9.9", weight=1) == (
        "NoSuchNode", {"strategy": "se-life-science-2019", "code": "9.9"})


# --- removing


def test_removed_node_is_gone_and_its_code_free(goald):
    add(goald, "d-1", parent="2")
    reply = goald.call("RemoveNode", strategy="ls", code="d-1")
    assert (reply["changed"], reply["code"]) == (True, "d-1")
    assert error_of(goald, "GetNode", strategy="ls", code="d-1")[0] == "NoSuchNode"
    last = journal(goald)[-1]
    assert (last["entity"], last["action"], last["id"]) == ("node", "end", str(reply["id"]))
    assert add(goald, "d-1", parent="1")["id"] != reply["id"]


@pytest.mark.parametrize("code", ["2", "2.2", "gov-3", "gov-6"])
def test_node_that_something_refers_to_stays(goald, code):
    assert refused(goald, "RemoveNode", code=code) == "code"
    node(goald, code)


def test_reported_node_stays(goald):
    add(goald, "d-2")
    submit(goald, code="d-2", note="something")
    assert refused(goald, "RemoveNode", code="d-2") == "code"


# --- from the command line


def test_node_is_kept_by_commands(goald):
    said = goald.goal("add", "ls:g-1", "--kind", "deliverable", "--title", "En rapport", "--title",
                      "en=A report", "--parent", "2", "--due", "2030-06", "--weight", "1,5",
                      "--stage", "planned").ok()
    assert said.startswith("g-1 added (seq ")
    assert goald.goal("change", "ls:g-1", "--due", "none", "--stage", "ongoing", "--title",
                      "en=").ok().startswith("g-1 changed")
    assert goald.goal("move", "ls:g-1", "--under", "ls:3").ok().startswith("g-1 moved")
    found = node(goald, "g-1")
    assert (found["titles"], found["due"], found["stage"], found["parent"], found["weight"]) == (
        {"sv": "En rapport"}, None, "ongoing", "3", 1.5)
    assert goald.goal("move", "ls:g-1", "--under", "ls:3").ok().startswith(
        "g-1: nothing to change")
    goald.goal("move", "ls:g-1", "--under", "none").ok()
    assert node(goald, "g-1")["parent"] == ""
    assert goald.goal("remove", "ls:g-1").ok().startswith("g-1 removed")


def test_node_without_a_code_is_told_its_own(goald):
    told = json.loads(goald.goal("add", "ls", "--kind", "initiative", "--title", "Utan", "--start",
                                 "2024-01", "--due-after", "1y6m", "--json").ok())
    found = node(goald, told["code"])
    assert (found["dueAfter"], found["due"]) == ("P1Y6M", "2025-07")


def test_wrong_option_is_told_and_nothing_is_sent(goald):
    before = journal_count(goald)
    for options in (["--weight", "much"], ["--due-after", "5"], ["--due", "soon"],
                    ["--stage", "closed"]):
        assert goald.goal("change", "ls:2.1", *options).code == 2
    assert goald.goal("change", "ls:2.1", "--stage", "planned").code == 1
    assert journal_count(goald) == before


# --- request ids


def test_repeated_addition_gets_the_first_outcome(goald):
    request = {"strategy": "ls", "kind": "need", "titles": {"sv": "En gång"},
               "requestId": new_id()}
    first = goald.call("AddNode", **request)
    add(goald)
    count = journal_count(goald)
    assert goald.call("AddNode", **request) == first
    assert journal_count(goald) == count


def test_repeated_change_and_removal_get_the_first_outcome(goald):
    add(goald, "q-1")
    request = {"strategy": "ls", "code": "q-1", "weight": 4, "requestId": new_id()}
    first = goald.call("ChangeNode", **request)
    assert goald.call("ChangeNode", **request) == first
    change(goald, "q-1", weight=5)
    assert goald.call("ChangeNode", **request) == first
    assert node(goald, "q-1")["weight"] == 5


def test_reused_request_id_is_refused(goald):
    request_id = new_id()
    first = add(goald, "q-2", requestId=request_id)
    name, details = error_of(goald, "AddNode", strategy="ls", newCode="q-3", kind="target",
                             titles={"sv": "X"}, requestId=request_id)
    assert (name, details["seq"]) == ("RequestIdReused", first["seq"])


def test_many_changes_at_once_each_see_what_came_before(goald):
    callers = [goald.connect() for _ in range(8)]
    for caller in callers:
        caller.send_call("AddNode", {"strategy": "ls", "kind": "need", "titles": {"sv": "Många"}})
    codes = {caller.recv_reply()["code"] for caller in callers}
    for caller in callers:
        caller.close()
    assert len(codes) == 8
