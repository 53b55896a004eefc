"""Cached replies are what a fresh one would be, whatever changed since, and stay when nothing that
they tell did."""

import copy
import datetime
import itertools
import json

import pytest

from conftest import make_template
from database import make_manager, submit
from harness import DATA

DOCUMENT = json.loads((DATA / "se-life-science-2019.json").read_text())
CODES = ["", "2", "2.2", "3", "3.1", "gov-3"]
TODAY = datetime.date.today().isoformat()


@pytest.fixture(scope="module")
def goald(make_daemon, life_science_template, scratch):
    template = make_template(make_daemon(template=life_science_template), scratch / "cache",
                             make_manager)
    daemon = make_daemon(template=template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


counter = itertools.count(1)


def ask(connection, code, spaces=0):
    """The reply to a call whose bytes differ by white space."""
    call = json.dumps({"method": "io.goald.Tracker.GetStatus",
                       "parameters": {"strategy": "ls", "code": code}})
    connection.send(call.encode() + b" " * spaces + b"\0")
    return connection.recv()


def ask_often(connection):
    for code in CODES * 3:
        assert "error" not in ask(connection, code)


def hits(goald):
    return goald.call("GetServerStatus")["cacheHits"]


def edited(edit):
    """An import of the document after an edit of it."""
    def change(goald, tmp_path):
        document = copy.deepcopy(DOCUMENT)
        edit(document)
        file = tmp_path / "edited.json"
        file.write_text(json.dumps(document))
        assert "(seq " in goald.goal("import", file).ok()
    return change


def node_of(document, code):
    return next(node for node in document["nodes"] if node["code"] == code)


def correct(goald, _):
    first = submit(goald, code="3.1", percent=10, date="2021-01-01")
    submit(goald, code="3.1", percent=20, date="2021-01-01", supersedes=first["updateId"],
           reason="misread")


CHANGES = {
    "an update of it": lambda goald, _: submit(goald, code="2.2", percent=33, state="at_risk"),
    "an update of a part": lambda goald, _: submit(goald, code="3.1", percent=44),
    "a correction": correct,
    "its title": edited(lambda d: node_of(d, "2.2").update(titles={"sv": "Nytt namn"})),
    "its due date": edited(lambda d: node_of(d, "2.2").update(due="2019-12-31")),
    "a new part": edited(lambda d: d["nodes"].append(
        {"code": "2.99", "parent": "2", "kind": "target", "titles": {"sv": "Nytt"},
         "due": "2020-01-01"})),
    "a closing": edited(lambda d: d["closings"].append(
        {"node": "2.2", "date": "2022-01-01", "how": "dropped"})),
    "a group's name": edited(lambda d: d["groups"][0].update(names={"sv": "En annan grupp"})),
    "a group's aim": edited(lambda d: d["groups"][0].update(aims=["2.2", "2"])),
    "a group's lead": edited(lambda d: d["groups"][0]["members"].append(
        {"organisation": "umea-universitet", "role": "chair"})),
    "an owner": edited(lambda d: node_of(d, "2.2").update(
        assignments=[{"organisation": "umea-universitet", "role": "owner"}])),
    "an owner's name": edited(lambda d: d["organisations"][0].update(names={"sv": "Kansliet"})),
    "how many targets it should have": edited(
        lambda d: d["strategy"].update(expected={"target": 31})),
    "its language": edited(lambda d: d["strategy"].update(language="en")),
}


@pytest.mark.parametrize("what", CHANGES)
def test_cached_status_is_what_a_fresh_one_is(goald, tmp_path, what):
    with goald.connect() as connection:
        ask_often(connection)
        CHANGES[what](goald, tmp_path)
        for code in CODES:
            cached = [ask(connection, code) for _ in range(3)]
            fresh = ask(connection, code, spaces=next(counter))
            assert cached == [fresh] * 3, (what, code)


def test_cached_status_outlives_changes_elsewhere(goald):
    with goald.connect() as connection:
        ask_often(connection)
        before = hits(goald)
        seq = submit(goald, code="4.4", percent=12)["seq"]
        assert [ask(connection, code)["parameters"]["seq"] for code in ("2.2", "3.1")] == [seq] * 2
        assert hits(goald) == before + 2
        ask(connection, "")  # what 4.4 is a part of
        assert hits(goald) == before + 2


def test_reply_is_kept_when_asked_twice(goald):
    with goald.connect() as connection:
        spaces = next(counter)
        before = goald.call("GetServerStatus")["cacheEntries"]
        ask(connection, "5", spaces)
        assert goald.call("GetServerStatus")["cacheEntries"] == before
        ask(connection, "5", spaces)
        assert goald.call("GetServerStatus")["cacheEntries"] == before + 1


def test_cached_status_survives_another_number_of_digits(goald):
    with goald.connect() as connection:
        ask_often(connection)
        seq = ask(connection, "2.2")["parameters"]["seq"]
        digits = len(str(seq))
        for _ in range(10 ** digits - seq if digits < 4 else 1):
            seq = submit(goald, code="4.4", percent=1)["seq"]
        assert ask(connection, "2.2") == ask(connection, "2.2", spaces=next(counter))
        assert ask(connection, "2.2")["parameters"]["seq"] == seq
