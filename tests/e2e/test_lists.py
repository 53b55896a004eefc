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
                 "visibility": "members", "period": {"start": "2019", "end": "2098"}, "cadence": 90,
                 "sectors": [{"id": "food", "titles": {"en": "Food"}},
                             {"id": "work", "titles": {"en": "Work life"}}]},
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
        node("d-1", "deliverable", "1.1", due=AGES_AGO, stage="ongoing", sectors=["food"],
             links=[{"type": "data", "url": "https://example.org/data", "owner": "school"},
                    {"type": "result", "url": "https://example.org/result"}],
             reviews=[{"date": "2023-05-01", "person": "ada"}]),
        node("d-2", "deliverable", "1.1", due=LONG_TO_COME, stage="ongoing",
             assignments=[role("contributor", group="data")]),
        node("set", "initiative", "1", due=AGES_AGO),
        node("in-1", "initiative", "set", stage="planned", sectors=["work", "food"],
             relations=[{"kind": "depends_on", "node": "d-1"}]),
        node("in-2", "initiative", "set", stage="planned"),
        node("in-2.a", "initiative", "in-2", stage="ongoing"),
        node("in-3", "initiative", "set", stage="planned"),
        node("in-3.a", "initiative", "in-3", stage="ongoing"),
        node("need-1", "need", "1"),
        node("need-2", "need", "1"),
        node("need-3", "need", "1"),
        node("in-4", "initiative", "set", serves=[{"node": "need-1"}]),
        node("in-6", "initiative", "set", stage="planned"),
        node("in-7", "initiative", "1", stage="ongoing",
             relations=[{"kind": "related", "node": "in-6"}]),
        node("in-5", "initiative", "set", serves=[{"node": "need-2"}]),
    ],
    "updates": [{"id": "u", "node": "1.1", "date": "2024-05-01", "percent": 40,
                 "state": "at_risk", "note": "=Half, \"as planned\"\nand more"},
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
    assert found == ["set", "in-1", "in-2", "in-2.a", "in-6"]
    assert "in-1" not in codes(daemon, "--kind", "initiative", "--schedule", "overdue")


def test_stale_and_unevidenced(daemon):
    assert codes(daemon, "--stale", "--kind", "target") == ["1.1", "1.2", "1.10"]
    assert codes(daemon, "--unevidenced") == ["in-3.a", "in-4"]
    csv = daemon.goal("list", "lists", "--unevidenced", "--columns", "code,evidence,stale",
                      "--format", "csv").ok()
    assert csv == "code,evidence,stale\nin-3.a,unevidenced,false\nin-4,unevidenced,false\n"


def test_late_and_confidence(daemon):
    """Four points on a line of ten percent a year from 2020 on: done at the end of 2029."""
    line = [(f"{2020 + n}-12-31", 10 * n) for n in range(1, 5)]
    document = {"format": "goald-import-1", "strategy": {**DOCUMENT["strategy"], "key": "late"}}
    document["nodes"] = [
        node("late", "deliverable", due="2028"), node("in-time", "deliverable", due="2040"),
        node("undated", "deliverable"), node("unknown", "deliverable", due="2028")]
    document["updates"] = [
        {"id": f"{code}-{date}", "node": code, "date": date, "percent": percent,
         **({"confidence": sure} if sure else {})}
        for code, sure in (("late", "low"), ("in-time", "high"), ("undated", None))
        for date, percent in line]
    daemon.goal("import", "-", stdin=json.dumps(document)).ok()

    def found(*options):
        return [line["node"]["code"] for line in map(json.loads, daemon.goal(
            "list", "late", *options, "--json").ok().splitlines())]

    assert found("--late") == ["late"]
    assert found("--confidence", "low", "--confidence", "high") == ["in-time", "late"]
    assert found("--confidence", "medium") == []
    assert daemon.goal("list", "late", "--confidence", "sure").returncode == 2


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


def test_sector(daemon):
    assert codes(daemon, "--sector", "food") == ["d-1", "in-1"]
    assert codes(daemon, "--sector", "work", "--sector", "food", "--kind", "initiative") == [
        "in-1"]


def test_below_and_parts_of(daemon):
    assert codes(daemon, "--parts-of", "need-1") == ["in-4"]
    found = daemon.goal("list", "lists:set", "--stage", "planned", "--json").ok().splitlines()
    assert [json.loads(line)["node"]["code"] for line in found] == ["in-1", "in-2", "in-3", "in-6"]


def test_due_takes_filters_too(daemon):
    found = daemon.goal("due", "lists", "--kind", "target", "--json").ok().splitlines()
    assert [json.loads(line)["node"]["code"] for line in found] == ["1.2"]
    text = daemon.goal("due", "lists", "--holder", "data", "--days", 99999).ok()
    assert "d-2" in text and "d-1" not in text


# --- columns


def table(daemon, *options):
    return daemon.goal("list", "lists", *options).ok()


def test_all_deliverables_on_one_page_with_links(daemon):
    text = table(daemon, "--kind", "deliverable", "--columns", "code,due,groups,links",
                 "--sort", "-due")
    assert text == (
        "CODE  DUE         GROUPS  LINKS\n"
        "d-2   2099-12-31  Data\n"
        "d-1   2020-12-31          https://example.org/data, https://example.org/result\n")


def test_what_depends_on_another_sectors_data(daemon):
    found = daemon.goal("list", "lists", "--columns", "code,relations,sources", "--format", "csv",
                        "--kind", "initiative", "--sector", "work").ok()
    assert found == "code,relations,sources\nin-1,depends on lists:d-1,\n"
    found = daemon.goal("list", "lists", "--columns", "code,sources", "--format", "csv",
                        "--kind", "deliverable").ok()
    assert found == "code,sources\nd-1,school\nd-2,\n"


def test_csv_is_quoted_and_without_formulas(daemon):
    found = daemon.goal("list", "lists", "--text", "1.1", "--kind", "target", "--columns",
                        "code,percent,note,owner", "--format", "csv").ok()
    assert found == ('code,percent,note,owner\n'
                     '1.1,40.0,"\'=Half, ""as planned""\nand more",The agency\n'
                     '1.10,,,\n')


def test_json_has_the_columns_typed(daemon):
    found = json.loads(table(daemon, "--kind", "deliverable", "--format", "json", "--columns",
                             "code,sectors,reviewed,priority,stage,days", "--sort", "-code"))
    assert [one["code"] for one in found] == ["d-2", "d-1"]
    assert found[1]["sectors"] == ["food"] and found[1]["reviewed"] == "2023-05-01"
    assert found[1]["priority"] == "1" and found[1]["stage"] == "ongoing"
    assert found[1]["days"] < 0 < found[0]["days"]


def test_tree_in_chosen_columns(daemon):
    text = daemon.goal("tree", "lists:1.1", "--columns", "code,kind,stage").ok()
    assert text.splitlines()[1:3] == ["1.1    target", "├─d-1  deliverable  ongoing"]
    csv = daemon.goal("tree", "lists:1.1", "--format", "csv").ok()
    assert csv.startswith("code,depth,parent,kind,") and "\nd-1,3,1.1,deliverable," in csv


def test_due_in_chosen_columns(daemon):
    found = daemon.goal("due", "lists", "--columns", "code,due", "--format", "csv",
                        "--sort", "-due").ok()
    assert found == "code,due\n1.2,2021\nd-1,2020-12-31\nset,2020-12-31\n"


def test_column_that_is_none_is_refused_with_those_there_are(daemon):
    result = daemon.goal("list", "lists", "--columns", "code,colour")
    assert result.code == 2 and "no column colour" in result.stderr and "title" in result.stderr
    assert daemon.goal("list", "lists", "--sort", "-colour").code == 2


def test_columns_are_not_for_replies_as_they_came(daemon):
    assert daemon.goal("list", "lists", "--json", "--columns", "code").code == 2


def test_line_carries_only_what_was_asked_for(daemon):
    line = daemon.stream("ListNodes", strategy="lists", text="d-1")[0]["node"]
    assert not {"links", "sectors", "note", "stage"} & set(line)
    asked = daemon.stream("ListNodes", strategy="lists", text="d-1", fields=["links"])[0]["node"]
    assert set(asked) - set(line) == {"links"}


def test_matrix_of_initiatives_by_sector(daemon):
    text = daemon.goal("matrix", "lists", "--rows", "initiative", "--columns", "sector",
                       "--stage", "planned", "--format", "csv").ok()
    assert text == ("code,title,food,work,none,total\n"
                    "in-1,Node in-1,1,1,0,1\nin-2,Node in-2,0,0,1,1\nin-3,Node in-3,0,0,1,1\n"
                    "in-6,Node in-6,0,0,1,1\n")
    text = daemon.goal("matrix", "lists", "--rows", "initiative", "--columns", "sector",
                       "--sector", "food").ok()
    assert text == ("CODE   TITLE      food  work  TOTAL\n"
                    "in-1   Node in-1     ×     ×      1\n"
                    "TOTAL                1     1      1\n")


def test_matrix_counts_where_rows_are_no_nodes(daemon):
    found = json.loads(daemon.goal("matrix", "lists", "--rows", "organisation", "--columns",
                                   "state", "--kind", "target", "--format", "json").ok())
    assert found == [
        {"row": "The agency", "total": 2, "cells": {"off_track": 2, "unknown": 0}},
        {"row": "none", "total": 1, "cells": {"off_track": 0, "unknown": 1}}]


def test_matrix_shows_a_dash_where_nothing_is(daemon):
    text = daemon.goal("matrix", "lists", "--rows", "kind", "--columns", "stage",
                       "--kind", "deliverable", "--kind", "need").ok()
    assert text == ("KIND         ongoing  none  TOTAL\n"
                    "deliverable        2     –      2\n"
                    "need               –     3      3\n"
                    "TOTAL              2     3      5\n")
    assert daemon.goal("matrix", "lists", "--rows", "initiative", "--columns", "state",
                       "--text", "nowhere").ok() == "nothing fits\n"


def test_matrix_counts_nodes_of_a_kind_by_their_priority(daemon):
    found = json.loads(daemon.goal("matrix", "lists", "--rows", "priority", "--columns", "kind",
                                   "--kind", "target", "--format", "json").ok())
    assert sum(row["cells"]["target"] for row in found) == 3
    assert daemon.goal("matrix", "lists", "--rows", "target", "--columns", "state",
                       "--kind", "need").code == 2


def test_question_tells_what_cannot_be_by_its_option(daemon):
    result = daemon.goal("list", "lists", "--sector", "nowhere")
    assert result.stderr.startswith("goal: --sector nowhere: ")
    result = daemon.goal("status", "lists", "--known-at", "seq:99999")
    assert result.stderr.startswith("goal: --known-at seq:99999: ")


def test_matrix_needs_two_sides_that_there_are(daemon):
    assert daemon.goal("matrix", "lists", "--rows", "initiative").code == 2
    result = daemon.goal("matrix", "lists", "--rows", "initiative", "--columns", "colour")
    assert result.code == 2 and "sector group" in result.stderr


@pytest.mark.root
def test_relation_to_what_one_may_not_read_is_not_told(daemon):
    other = {"format": "goald-import-1", "nodes": [
        node("x", "initiative", relations=[{"kind": "depends_on", "strategy": "lists",
                                            "node": "d-1"}])],
             "strategy": {"key": "other", "titles": {"en": "Other"}, "timeZone": "UTC",
                          "language": "en", "visibility": "public"}}
    path = daemon.folder / "other.json"
    path.write_text(json.dumps(other))
    daemon.goal("import", path).ok()

    def relations(uid):
        return daemon.stream("ListNodes", as_uid=uid, strategy="other", text="x",
                             fields=["relations"])[0]["node"]["relations"]

    assert relations(STRANGER) == []
    assert relations(None) == [{"kind": "depends_on", "strategy": "lists", "code": "d-1",
                                "title": "Node d-1"}]


@pytest.mark.parametrize("parameters, field", [
    ({"fields": ["colour"]}, "fields"),
    ({"kind": ["target", "nothing"]}, "kind"), ({"state": ["good"]}, "state"),
    ({"role": ["chair"]}, "role"), ({"without": ["money"]}, "without"),
    ({"dueBefore": "soon"}, "dueBefore"), ({"dueAfter": "2024-02-30"}, "dueAfter"),
    ({"sector": ["money"]}, "sector"), ({"group": ["care"] * 51}, "group"),
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
