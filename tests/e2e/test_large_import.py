"""Imports whose rows go to the database in portions: more than one batch may hold at once."""

import json
import threading

import pytest

from database import make_manager, submit, verify_chain, verify_state
from harness import DATA, wait_until

ROWS = 25000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The document's text, with so many updates more."""
    document = json.loads((DATA / "se-life-science-2019.json").read_text())
    document["updates"] += [{"id": f"large-{i}", "node": "2.2", "date": f"2021-05-{i % 28 + 1:02}",
                             "percent": i % 101, "note": f"step {i}"} for i in range(ROWS)]
    return json.dumps(document)


@pytest.fixture
def goald(make_daemon, life_science_template):
    daemon = make_daemon(template=life_science_template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture
def path(large, tmp_path):
    path = tmp_path / "large.json"
    path.write_text(large)
    return path


def has_lock(goald):
    """Is the import between its BEGIN and its COMMIT?"""
    return goald.psql("SELECT 1 FROM pg_stat_activity WHERE state <> 'idle'"
                      " AND xact_start IS NOT NULL AND query LIKE 'INSERT INTO goald.journal%'")


def test_large_import_is_one_unbroken_chain(goald, path):
    done = json.loads(goald.goal("import", path, "--json").ok())
    assert done["added"] == ROWS
    rows = verify_chain(goald)
    assert [row["request"] != "" for row in rows[-ROWS:]] == [False] * (ROWS - 1) + [True]
    verify_state(goald)
    assert goald.call("GetStatus", strategy="ls", code="2.2")["lastUpdate"]["note"] != ""


def test_large_import_again_changes_nothing(goald, path):
    first = json.loads(goald.goal("import", path, "--json").ok())
    again = json.loads(goald.goal("import", path, "--json").ok())
    assert (again["seq"], again["added"], again["changed"]) == (first["seq"], 0, 0)


def test_calls_are_answered_while_a_large_import_runs(goald, path):
    importing = threading.Thread(target=lambda: goald.goal("import", path))
    importing.start()
    asked = 0
    while importing.is_alive():
        assert goald.call("GetStatus", strategy="ls", code="2.2")["code"] == "2.2"
        asked += 1
    importing.join()
    assert asked > 5


def test_large_import_whose_connection_breaks_is_whole_or_not_there(goald, path):
    before = len(verify_chain(goald))
    answers = []
    importing = threading.Thread(target=lambda: answers.append(goald.goal("import", path)))
    importing.start()
    wait_until(lambda: has_lock(goald) or not importing.is_alive(), timeout=60)
    goald.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE state <> 'idle' AND query LIKE 'INSERT INTO goald.journal%'")
    importing.join()
    added = len(verify_chain(goald)) - before
    assert added == (ROWS if answers[0].returncode == 0 else 0), answers[0].stderr
    verify_state(goald)


def test_update_that_waits_for_a_large_import_comes_after_it(goald, path):
    make_manager(goald)
    importing = threading.Thread(target=lambda: goald.goal("import", path))
    importing.start()
    wait_until(lambda: has_lock(goald) or not importing.is_alive(), timeout=60)
    reply = submit(goald, percent=77)
    importing.join()
    assert reply["seq"] == len(verify_chain(goald))
    assert goald.call("GetStatus", strategy="ls", code="2.2")["lastUpdate"]["percent"] == 77
