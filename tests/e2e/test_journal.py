"""The journal as its readers see it: filtered by node, account and time, in words."""

import datetime
import json
import os
import time

import pytest

from conftest import make_template
from database import make_manager, submit
from harness import DATA, STRANGER


@pytest.fixture(scope="module")
def template(make_daemon, life_science_template, scratch):
    """The state directory of a goald that has ls, and a manager: who runs the tests."""
    return make_template(make_daemon(template=life_science_template), scratch / "journal",
                         make_manager)


@pytest.fixture(scope="module")
def goald(make_daemon, template):
    daemon = make_daemon(template=template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


def entries(goald, as_uid=None, **parameters):
    return goald.stream("ListJournal", as_uid=as_uid, **{"strategy": "ls", **parameters})


def seqs(goald, **parameters):
    return [entry["seq"] for entry in entries(goald, **parameters)]


def change_document(goald, tmp_path, persons=(), **changes):
    """Imports ls again with members of nodes changed, and persons more."""
    document = json.loads((DATA / "se-life-science-2019.json").read_text())
    document["persons"] = [*document.get("persons", []), *persons]
    for code, members in changes.items():
        node = next(node for node in document["nodes"] if node["code"] == code.replace("_", "-"))
        node.update(members)
    file = tmp_path / "changed.json"
    file.write_text(json.dumps(document))
    goald.goal("import", file).ok()
    return entries(goald, limit=1)[0]


# --- filters


def test_log_of_a_node_is_what_hangs_on_it(goald):
    update = submit(goald, percent=40, note="forty")
    other = submit(goald, code="4.4", percent=10)
    listed = entries(goald, code="2.2")
    assert listed[0]["seq"] == update["seq"] and other["seq"] not in [e["seq"] for e in listed]
    assert {entry["code"] for entry in listed} <= {"2.2", None}
    assert {"node", "update", "aim"} <= {entry["entity"] for entry in listed}


def test_log_of_a_node_is_the_journals_entries_about_it(goald):
    node = goald.call("GetNode", strategy="ls", code="gov-1")
    everything = entries(goald)
    (made,) = [e for e in everything if e["entity"] == "node" and e["key"] == "gov-1"]

    def is_about(entry):
        payload = entry["payload"]
        return (entry["entity"] == "node" and entry["id"] == made["id"]
                or made["id"] in (payload.get("node_id"), payload.get("from_id"),
                                  payload.get("to_id")))

    expected = [entry["seq"] for entry in everything if is_about(entry)]
    assert seqs(goald, code="gov-1") == expected and len(expected) > 2
    assert node["changedSeq"] in expected


def test_node_and_limit_combine_by_pages(goald):
    whole = seqs(goald, code="2.2")
    assert seqs(goald, code="2.2", limit=2) == whole[:2]
    assert seqs(goald, code="2.2", limit=2, before=whole[1]) == whole[2:4]
    assert seqs(goald, code="2.2", after=whole[2]) == whole[:2]


def test_log_is_by_an_account(goald):
    uid = os.geteuid()
    mine = submit(goald, percent=41)["seq"]
    assert seqs(goald, account=str(uid), limit=1) == [mine]
    realm = goald.call("WhoAmI")["realm"]
    assert seqs(goald, account=f"{realm}:{uid}", limit=1) == [mine]
    assert seqs(goald, account="59999") == []
    assert seqs(goald, account=f"elsewhere:{uid}") == []
    assert seqs(goald, account=str(uid), code="2.2", limit=1) == [mine]


def test_log_is_by_a_person(goald, tmp_path):
    change_document(goald, tmp_path, persons=[{"id": "berit", "name": "Berit Å"}])
    goald.call("AddAccount", uid=56001, person="berit")
    goald.call("GrantRole", uid=56001, role="manager", strategy="ls")
    key = "berit"
    reply = goald.call("SubmitUpdate", as_uid=56001, strategy="ls", code="1.1", percent=3)
    assert seqs(goald, account=key) == [reply["seq"]]
    assert entries(goald, account=key)[0]["account"] == "Berit Å"
    assert error_of_stream(goald, account="nobody-there") == "NoSuchKey"
    # who takes no part in the strategy is not to be found out by a reader
    assert error_of_stream(goald, as_uid=STRANGER, account=key) == "NoSuchKey"


def error_of_stream(goald, as_uid=None, **parameters):
    with pytest.raises(goald.Error) as caught:
        entries(goald, as_uid=as_uid, **parameters)
    return caught.value.name.rsplit(".", 1)[-1]


def test_log_is_of_a_time(goald):
    first = submit(goald, percent=42)["seq"]
    time.sleep(0.01)
    between = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    second = submit(goald, percent=43)["seq"]
    assert seqs(goald, since=between) == [second]
    assert seqs(goald, until=between, limit=1) == [first]
    today = datetime.datetime.now(datetime.timezone.utc).date()
    assert seqs(goald, since=(today + datetime.timedelta(2)).isoformat()) == []
    assert seqs(goald, until="2019") == []
    assert second in seqs(goald, since=(today - datetime.timedelta(2)).isoformat())


@pytest.mark.parametrize("field, value", [("since", "yesterday"), ("until", "2024-02-30"),
                                          ("since", ""), ("limit", 0), ("after", -1)])
def test_bad_filter_is_named(goald, field, value):
    with pytest.raises(goald.Error) as caught:
        entries(goald, **{field: value})
    assert caught.value.name.endswith(".InvalidValue")
    assert caught.value.parameters["field"] == field


def test_node_of_the_registry_is_refused(goald):
    with pytest.raises(goald.Error) as caught:
        entries(goald, strategy=".", code="2.2")
    assert caught.value.parameters["field"] == "code"


def test_registrys_log_takes_the_filters(goald):
    goald.call("AddAccount", uid=56002)
    newest = entries(goald, strategy=".", limit=1)[0]
    assert newest["what"] == f"account: {goald.call('WhoAmI')['realm']}:56002"
    assert entries(goald, strategy=".", account="59998") == []


# --- in words


def test_update_is_told_in_words(goald):
    first = submit(goald, code="3.1", percent=40, state="on_track", note="Half is in")
    assert entries(goald, limit=1)[0]["what"] == "update: 40 % on_track “Half is in”"
    submit(goald, code="3.1", percent=4, supersedes=first["updateId"], reason="a typo")
    assert entries(goald, limit=1)[0]["what"] == (
        f"update: 4 % instead of {first['updateId']} because: a typo")


def test_moved_due_date_is_told_in_words(goald, tmp_path):
    entry = change_document(goald, tmp_path, gov_3={"due": "2023-03-01"})
    assert entry["what"] == "node changed: due 2022-12-01 → 2023-03-01"
    assert (entry["code"], entry["entity"], entry["action"]) == ("gov-3", "node", "put")


def test_ended_entity_is_told_by_what_it_was(goald):
    goald.call("AddAccount", uid=56003)
    goald.call("GrantRole", uid=56003, role="reader", strategy="ls")
    goald.call("RevokeRole", uid=56003, role="reader", strategy="ls")
    realm = goald.call("WhoAmI")["realm"]
    assert entries(goald, strategy=".", limit=1)[0]["what"] == (
        f"right ended: reader to {realm}:56003 on se-life-science-2019")


def test_long_note_is_cut_at_a_character(goald):
    submit(goald, code="3.2", note="å" * 1000)
    what = entries(goald, limit=1)[0]["what"]
    assert what.endswith("å…”") and len(what) < 100


# --- goal log


def test_goal_log_shows_who_when_what_and_hash(goald):
    submit(goald, code="3.3", percent=7)
    newest = entries(goald, limit=1)[0]
    lines = goald.goal("log", "ls:3.3", "--limit", "1").ok().splitlines()
    assert lines[0].split() == ["SEQ", "TIME", "(UTC)", "BY", "CODE", "WHAT", "HASH"]
    assert lines[1].split()[0] == str(newest["seq"]) and "update: 7 %" in lines[1]
    assert newest["hash"][:12] in lines[1]
    told = json.loads(goald.goal("log", "ls:3.3", "-n", "1", "--json").ok())
    assert told["hash"] == newest["hash"] and len(told["hash"]) == 64


def test_goal_log_takes_user_names_and_dates(goald):
    text = goald.goal("log", "ls", "--by", "root", "--since", "2020-01-01").ok()
    assert len(text.splitlines()) > 2
    assert goald.goal("log", "ls", "--until", "2019-01-01").ok() == "no entry\n"
    assert goald.goal("log", ".", "--limit", "2").ok().count("\n") == 3


def test_goal_log_takes_a_code_alone(goald):
    done = goald.goal("log", "2.2", "--json", "--limit", "1", env={"GOAL_STRATEGY": "ls"})
    assert json.loads(done.ok())["code"] == "2.2"
    assert goald.goal("log", "ls:nothing").code == 3
