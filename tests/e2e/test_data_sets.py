"""The public data sets of tests/data: each is imported whole, and again without a change."""

import collections
import csv
import json
import re

import pytest

from harness import DATA

# By file: how many nodes of each kind it has, and how many it should have
DOCUMENTS = {
    "se-life-science-2019": ({"priority": 8, "target": 25, "deliverable": 10},
                             {"priority": 8, "target": 30}),
    "e-halsa-2025": ({"priority": 5, "target": 21}, {"priority": 5, "target": 21}),
    "fhi-2019-2024": ({"priority": 3, "initiative": 13}, {"priority": 9}),
    "kth-partnerships": ({"initiative": 7, "target": 1}, {}),
    "ki-health-crises": ({"priority": 1, "initiative": 1}, {}),
    "un-sdg": ({}, {"priority": 17, "target": 169, "indicator": 252}),
}
LANGUAGES = ("en", "nb", "fr", "de")
GOALS = DATA / "un-sdg.csv"
GOALS_OPTIONS = ["--csv", "nodes", "--strategy", "un-sdg", "--value", "kind:goal=priority",
                 *(word for language in LANGUAGES
                   for word in ("--map", f"title_{language}=titles.{language}"))]
RECORDS = DATA / "uk-sdg-status-history.csv"
# What the words of the records, typing errors among them, stand for: the table of data/README.md
NOTES = {"notstarted": "UK reporting status: not started",
         "notstarted\r": "UK reporting status: not started",
         "inprogress": "UK reporting status: in progress",
         "complete": "UK reporting status: complete",
         "complete\r": "UK reporting status: complete",
         "complete ": "UK reporting status: complete"}
RECORDS_OPTIONS = ["--csv", "updates", "--strategy", "un-sdg", "--ignore", "commit",
                   "--ignore", "old", "--map", "ts=date", "--map", "indicator=node",
                   "--map", "new=note", "--set", "evidence=https://github.com/ONSdigital/sdg-data",
                   *(word for cell, note in NOTES.items()
                     for word in ("--value", f"note:{cell}={note}"))]


def read(name):
    return json.loads((DATA / f"{name}.json").read_text())


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def goal_import(goald, path, options=()):
    return json.loads(goald.goal("import", path, *options, "--json").ok())


def import_set(goald, name):
    return goal_import(goald, DATA / f"{name}.json")


def tree(goald, strategy, **parameters):
    lines = goald.stream("ListTree", strategy=strategy, **parameters)
    return {line["node"]["code"]: line["node"] for line in lines if line["node"]["code"]}


@pytest.fixture(scope="module")
def sets(goald):
    """A goald with all the documents: they share one registry."""
    for name in DOCUMENTS:
        import_set(goald, name)
    return goald


@pytest.mark.parametrize("name", DOCUMENTS)
def test_set_is_imported_whole(sets, name):
    kinds, expected = DOCUMENTS[name]
    nodes = tree(sets, name)
    assert collections.Counter(node["kind"] for node in nodes.values()) == kinds
    assert sets.call("GetNode", strategy=name)["expected"] == expected
    titles = {record["code"]: record["titles"] for record in read(name).get("nodes", [])}
    assert {code: sets.call("GetNode", strategy=name, code=code)["titles"]
            for code in nodes} == titles


@pytest.mark.parametrize("name", DOCUMENTS)
def test_set_again_changes_nothing(sets, name):
    again = import_set(sets, name)
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


# The Norwegian institute's strategy


def test_area_that_was_planned_again_has_the_initiatives_of_both_periods(sets):
    periods = collections.Counter((node["start"], node["due"]) for node in
                                  tree(sets, "fhi", code="norge-i-verden").values()
                                  if node["kind"] == "initiative")
    assert periods == {("2020", "2021"): 4, ("2021", "2022"): 2}


def test_initiatives_of_the_expired_period_are_overdue(sets):
    late = {node["code"] for node in tree(sets, "fhi").values() if node["schedule"] == "overdue"}
    assert late == {node["code"] for node in read("fhi-2019-2024")["nodes"] if "due" in node}
    assert len(late) == 13


# The partnerships


def test_deadline_after_a_start_that_is_not_known_is_none(sets):
    status = sets.call("GetStatus", strategy="kth", code="medtechlabs-1")
    assert (status["start"], status["due"], status["schedule"]) == (None, None, "unscheduled")


def test_partners_take_part_in_their_joint_initiatives(sets):
    holders = sets.call("GetNode", strategy="kth", code="itrl")["holders"]
    assert {(holder["key"], holder["role"]) for holder in holders} == \
        {("kth", "partner"), ("scania", "partner"), ("ericsson", "partner"), ("itrl", "funder")}


# The UN's goals


@pytest.fixture(scope="module")
def goals(sets):
    return goal_import(sets, GOALS, GOALS_OPTIONS)


def test_goals_are_imported_in_four_languages(sets, goals):
    assert goals["added"] == 438
    nodes = tree(sets, "sdg")
    assert collections.Counter(node["kind"] for node in nodes.values()) == \
        DOCUMENTS["un-sdg"][1]
    for row in rows(GOALS):
        node = sets.call("GetNode", strategy="sdg", code=row["code"])
        assert node["titles"] == {language: row[f"title_{language}"] for language in LANGUAGES}
        assert nodes[row["code"]]["parent"] == row["parent"]


def test_goals_again_change_nothing(sets, goals):
    again = goal_import(sets, GOALS, GOALS_OPTIONS)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 438)


@pytest.fixture(scope="module")
def refused(sets, goals, scratch):
    """The lines of the records that are refused, each left out once it was, and the others."""
    lines = RECORDS.read_bytes().decode().split("\n")
    path, found = scratch / "records.csv", []
    while True:
        path.write_bytes("\n".join(lines).encode())
        path.chmod(0o644)
        done = sets.goal("import", path, *RECORDS_OPTIONS, "--dry-run")
        if done.returncode == 0:
            return found, path
        place = re.search(r"records\.csv:(\d+):3 \(indicator\): (.*)", done.stderr)
        assert place and int(place[1]) not in found, done.stderr
        found.append(int(place[1]))
        lines[found[-1] - 1] = ""


def test_records_of_indicators_that_are_none_are_refused_by_line(refused):
    codes = {row["code"] for row in rows(GOALS)}
    unknown = [line for line, row in enumerate(rows(RECORDS), 2) if row["indicator"] not in codes]
    assert refused[0] == unknown
    assert len(unknown) == 29


def test_records_are_imported_as_dated_notes(sets, refused):
    first = goal_import(sets, refused[1], RECORDS_OPTIONS)
    assert (first["added"], first["changed"]) == (531 - 29, 0)
    again = goal_import(sets, refused[1], RECORDS_OPTIONS)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 531 - 29)
    found = sets.stream("ListUpdates", strategy="sdg", below=True, limit=1000)
    told = collections.Counter((line["update"]["code"], line["update"]["date"],
                                line["update"]["note"]) for line in found)
    codes = {row["code"] for row in rows(GOALS)}
    assert told == collections.Counter(
        (row["indicator"], row["ts"][:10], NOTES[row["new"]]) for row in rows(RECORDS)
        if row["indicator"] in codes)


def test_reporting_status_is_no_progress(sets, refused):
    status = sets.call("GetStatus", strategy="sdg", code="1.2.1")
    assert (status["progress"], status["reportedState"], status["done"]) == \
        (None, "unknown", False)


def test_goals_and_records_come_back_from_an_export(sets, refused, new_goald, tmp_path):
    goal_import(sets, refused[1], RECORDS_OPTIONS)
    path, other = tmp_path / "export.json", new_goald().start()
    sets.goal("export", "sdg", path).ok()
    added = goal_import(other, path)["added"]
    assert added == 1 + 438 + 531 - 29
    assert other.goal("export", "sdg").ok() == path.read_text()
    again = goal_import(sets, path)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, added)
