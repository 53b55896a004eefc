"""The journal as its readers see it: filtered by node, account and time, in words."""

import datetime
import json
import os
import time

import pytest

from database import submit
from harness import DATA, STRANGER


@pytest.fixture(scope="module")
def goald(managed):
    return managed


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


@pytest.mark.parametrize("bounds", [
    {"until": "0001-01-01"}, {"until": "1960-06-30"}, {"since": "9999"}, {"after": 2**63 - 1},
    {"before": -2**63}, {"since": "9999-12-31T23:59:59-23:59"}])
def test_time_without_entries_has_none(goald, bounds):
    assert seqs(goald, **bounds) == []


def test_log_of_long_entries_comes_to_its_end(goald):
    """What is more than a socket takes is written while it is read: whenever there is room again,
    the next reply follows."""
    for key in ("long", "longer"):
        goald.call("AddGroup", strategy="ls", key=key, kind="network", names={"sv": "X"},
                   areas=[f"area {number}" for number in range(50000)])
    for percent in range(30):
        submit(goald, code="1.1", percent=percent)
    for _ in range(10):
        assert len(entries(goald, limit=32)) == 32


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


# --- verified


def verify(goald, strategy="ls", as_uid=None, **parameters):
    replies = goald.stream("VerifyJournal", as_uid=as_uid, strategy=strategy, **parameters)
    findings = [reply["fault"] for reply in replies if reply.get("fault")]
    assert replies[-1]["faults"] == len(findings)
    return findings, replies[-1]


def found(goald, **parameters):
    return [(finding["what"], finding["seq"], finding["entity"], finding["fields"])
            for finding in verify(goald, **parameters)[0]]


def tamper(goald, sql):
    """What only who owns the tables can do, and only with the triggers off."""
    goald.psql(f"SET session_replication_role = replica; {sql}",
               role=goald.psql("SELECT rolname FROM pg_roles WHERE rolsuper LIMIT 1")[0][0])


@pytest.mark.parametrize("strategy", ["ls", "."])
def test_untouched_journal_verifies(goald, strategy):
    findings, last = verify(goald, strategy)
    assert findings == []
    head = entries(goald, strategy=strategy, limit=1)[0]
    assert (last["seq"], last["hash"]) == (head["seq"], head["hash"])
    assert last["done"] == last["total"] == 2 * head["seq"]


def test_changed_history_verifies(own_goald, tmp_path):
    """New versions, ended entities and corrections are all as the journal says."""
    change_document(own_goald, tmp_path, gov_3={"due": "2023-03-01"})
    change_document(own_goald, tmp_path, gov_3={"due": "2024-03-01"})
    first = submit(own_goald, percent=40)
    submit(own_goald, percent=4, supersedes=first["updateId"], reason="a typo")
    own_goald.call("GrantRole", uid=os.geteuid(), role="reader")
    own_goald.call("RevokeRole", uid=os.geteuid(), role="reader")
    assert found(own_goald) == [] and found(own_goald, strategy=".") == []


TAMPERED = {
    "payload": ("UPDATE goald.journal SET payload = replace(payload, '\"percent\":40', "
                "'\"percent\":90') WHERE strategy_id = 1 AND seq = {seq}",
                [("entry_changed", "{seq}", "update", None),
                 ("row_differs", "{seq}", "update", "percent")]),
    "no JSON": ("UPDATE goald.journal SET payload = 'x' WHERE strategy_id = 1 AND seq = {seq}",
                [("entry_changed", "{seq}", "update", None),
                 ("row_differs", "{seq}", "update", "payload")]),
    "hash": ("UPDATE goald.journal SET hash = sha256('x') WHERE strategy_id = 1 AND seq = {seq}",
             [("entry_changed", "{seq}", "update", None),
              ("entry_follows", "{next}", "update", None)]),
    "time": ("UPDATE goald.journal SET time = time + '1 us' WHERE strategy_id = 1 AND seq = {seq}",
             [("entry_changed", "{seq}", "update", None)]),
    "account": ("UPDATE goald.journal SET account_id = 999 WHERE strategy_id = 1 AND seq = {seq}",
                [("entry_changed", "{seq}", "update", None)]),
    "request": ("UPDATE goald.journal SET request_id = gen_random_uuid() "
                "WHERE strategy_id = 1 AND seq = {seq}",
                [("entry_changed", "{seq}", "update", None)]),
    "missing entry": ("DELETE FROM goald.journal WHERE strategy_id = 1 AND seq = {seq}",
                      [("entry_missing", "{next}", "update", "{seq} to {seq}"),
                       ("row_extra", "{seq}", "update", None)]),
    "missing last entry": ("DELETE FROM goald.journal WHERE strategy_id = 1 AND seq = {next}",
                           [("row_extra", "{next}", "update", None),
                            ("head", "{next}", None, None)]),
    "missing row": ("DELETE FROM goald.progress_update WHERE strategy_id = 1 AND id = {seq}",
                    [("row_missing", "{seq}", "update", None)]),
    "changed column": ("UPDATE goald.progress_update SET percent = 90, note = 'x' "
                       "WHERE strategy_id = 1 AND id = {seq}",
                       [("row_differs", "{seq}", "update", "note, percent")]),
    "extra row": ("INSERT INTO goald.aim (strategy_id, id, key, seq_from, group_id, node_id) "
                  "VALUES (1, {seq}, 'x', {seq}, 1, 1)",
                  [("row_extra", "{seq}", "aim", None)]),
    "extra row behind the end": (
        "INSERT INTO goald.aim (strategy_id, id, key, seq_from, group_id, node_id) "
        "VALUES (1, 99999, 'x', 99999, 1, 1)", [("row_extra", "99999", "aim", None)]),
    "ended row": ("UPDATE goald.node SET seq_to = {seq} WHERE strategy_id = 1 AND key = '2.2'",
                  [("row_ended", "{node}", "node", "{seq}")]),
    "chain row": ("UPDATE goald.chain SET hash = sha256('x') WHERE strategy_id = 1",
                  [("head", "{next}", None, None)]),
    "chain key": ("UPDATE goald.chain SET key = 'x' WHERE strategy_id = 1",
                  [("key", "{next}", None, "x")]),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_is_found_and_named(own_goald, what):
    sql, expected = TAMPERED[what]
    seq = submit(own_goald, percent=40)["seq"]
    names = {"seq": seq, "next": submit(own_goald, percent=41)["seq"],
             "node": own_goald.call("GetNode", strategy="ls", code="2.2")["changedSeq"]}
    assert found(own_goald) == []
    with own_goald.connect() as connection: # before the daemon sees what was done to its chain
        tamper(own_goald, sql.format(**names))
        replies = connection.stream("VerifyJournal", strategy="se-life-science-2019")
    findings = [reply["fault"] for reply in replies if reply.get("fault")]
    told = [(finding["what"], finding["seq"], finding["entity"], finding["fields"])
            for finding in findings]
    wanted = [(kind, int(at.format(**names)), entity, fields and fields.format(**names))
              for kind, at, entity, fields in expected]
    assert told == wanted
    assert all(finding["message"].startswith(f"entry {finding['seq']}") for finding in findings)


def test_taken_back_end_of_a_version_is_found(own_goald, tmp_path):
    entry = change_document(own_goald, tmp_path, gov_3={"due": "2023-03-01"})
    tamper(own_goald, f"UPDATE goald.node SET seq_to = {entry['seq'] + 1} "
                      f"WHERE strategy_id = 1 AND seq_to = {entry['seq']}")
    assert [finding[:3] for finding in found(own_goald)] == [
        ("row_not_ended", entry["seq"], "node"), ("row_ended", entry["id"], "node")]


def test_tampered_contact_data_is_found_and_erased_is_not(own_goald, tmp_path):
    change_document(own_goald, tmp_path, persons=[
        {"id": "berit", "name": "Berit Å"}, {"id": "carl", "name": "Carl"}])
    assert found(own_goald, strategy=".") == []
    tamper(own_goald, "UPDATE goald.contact SET value = NULL, salt = NULL WHERE value = 'Carl'")
    assert found(own_goald, strategy=".") == []
    tamper(own_goald, "UPDATE goald.contact SET value = 'Bert' WHERE value = 'Berit Å'")
    ((what, _, entity, fields),) = found(own_goald, strategy=".")
    assert (what, entity, fields) == ("row_differs", "contact", "digest")


def test_rewritten_journal_is_found_by_a_head_that_was_kept(goald):
    submit(goald, percent=5)
    head = entries(goald, limit=1)[0]
    kept = f"{head['seq']}:{head['hash']}"
    submit(goald, percent=6)
    assert found(goald, head=kept) == []
    wrong = f"{head['seq']}:{'0' * 64}"
    assert [finding[:2] for finding in found(goald, head=wrong)] == [("kept_head", head["seq"])]
    beyond = f"99999:{'0' * 64}"
    assert [finding[:2] for finding in found(goald, head=beyond)] == [("kept_head", 99999)]
    for bad in ("", "5", "x:y", f"5:{'0' * 63}", f"-5:{'0' * 64}"):
        with pytest.raises(goald.Error) as caught:
            verify(goald, head=bad)
        assert caught.value.parameters["field"] == "head"


@pytest.mark.root
def test_verifying_is_for_managers_auditors_and_admins(goald):
    for number, (role, strategy) in enumerate((("reader", None), ("auditor", None),
                                               ("manager", "ls"), ("admin", None))):
        goald.grant(56100 + number, role, strategy)

    def may(uid, strategy):
        try:
            goald.stream("VerifyJournal", as_uid=uid, strategy=strategy)
        except goald.Error as error:
            assert error.name.endswith(".NotPermitted")
            return False
        return True

    assert [may(uid, "ls") for uid in (STRANGER, 56100, 56101, 56102, 56103)] == [
        False, False, True, True, True]
    assert [may(uid, ".") for uid in (STRANGER, 56100, 56101, 56102, 56103)] == [
        False, False, True, False, True]


def test_goal_log_verify_exits_by_what_it_found(own_goald):
    head = entries(own_goald, limit=1)[0]
    text = own_goald.goal("log", "ls", "--verify").ok()
    assert text == (f"{head['seq']} entries verified, all well; the head is "
                    f"{head['seq']}:{head['hash']}\n")
    tamper(own_goald, "UPDATE goald.node SET due = '2031' WHERE strategy_id = 1 AND key = 'gov-3'")
    result = own_goald.goal("log", "ls", "--verify")
    assert result.code == 1 and "differ" not in result.stderr
    assert "(node " in result.stdout and "says something else than it, in: due" in result.stdout
    assert result.stdout.endswith(" entries verified, 1 fault\n")
    lines = own_goald.goal("log", "ls", "--verify", "--json")
    assert lines.code == 1 and json.loads(lines.stdout.splitlines()[-1])["faults"] == 1
    assert own_goald.goal("log", "ls", "--verify", "--limit", "3").code == 2
    assert own_goald.goal("log", "ls:2.2", "--verify").code == 2


def test_heads_are_logged(goald):
    for key in (".", "se-life-science-2019"):
        assert f"{key}: the journal's head is " in goald.log()


# --- what is not everybody's to see


@pytest.fixture
def waiting(own_goald, tmp_path):
    """A goald where an update of 2.2 waits for a manager; its id."""
    document = json.loads((DATA / "se-life-science-2019.json").read_text())
    document["strategy"]["acceptance"] = True
    document["updates"] += [{"id": "waits", "node": "2.2", "date": "2024-01-01", "percent": 77,
                             "note": "not yet", "decision": "waiting"}]
    (tmp_path / "waiting.json").write_text(json.dumps(document))
    own_goald.goal("import", tmp_path / "waiting.json").ok()
    (entry,) = [entry for entry in entries(own_goald, code="2.2", limit=3)
                if (entry.get("payload") or {}).get("waits")]
    assert entry["payload"]["percent"] == 77
    return own_goald, entry["seq"]


@pytest.mark.root
def test_update_that_waits_is_told_without_what_it_says(waiting):
    goald, seq = waiting
    (entry,) = [entry for entry in entries(goald, as_uid=STRANGER) if entry["seq"] == seq]
    assert {name for name, value in entry.items() if value is not None} == {
        "seq", "time", "account", "entity", "action", "hash"}
    assert entry["entity"] == "update"
    assert seq not in [e["seq"] for e in entries(goald, as_uid=STRANGER, code="2.2")]
    text = goald.goal("log", "ls", "-n", "3", uid=STRANGER).ok()
    assert "update (not yours to see)" in text and "77 %" not in text


@pytest.mark.root
def test_update_that_waits_is_watched_without_what_it_says(waiting):
    goald, seq = waiting
    goald.grant(56401, "auditor")
    for uid, node, expected in ((STRANGER, None, None), (STRANGER, "2.2", "skipped"),
                                (56401, "2.2", "update: 77 % “not yet”")):
        with goald.connect(uid=uid) as connection:
            connection.send_call("SubscribeEvents",
                                 {"strategy": "ls", "since": seq - 1, "code": node}, more=True)
            assert connection.recv_reply()["ready"]
            after = submit(goald, code="2.2", note="after it")["seq"]
            event = connection.recv_reply()
            if expected == "skipped":
                assert event["seq"] > seq
            else:
                assert (event["seq"], event.get("what")) == (seq, expected)
                assert ("key" in event) == (expected is not None)
            assert after > seq


@pytest.mark.root
def test_accepted_update_is_everybodys_and_the_decision_is_not(waiting):
    goald, seq = waiting
    goald.call("ReturnUpdate", strategy="ls", updateId=seq, note="what of the rest?")
    told = {entry["seq"]: entry for entry in entries(goald, as_uid=STRANGER)}
    returned = max(told)
    assert told[returned]["entity"] == "decision"
    assert told[returned].get("what") is told[seq].get("what") is None
    goald.call("AcceptUpdate", strategy="ls", updateId=seq)
    told = {entry["seq"]: entry for entry in entries(goald, as_uid=STRANGER)}
    assert told[seq]["what"] == "update: 77 % “not yet”"
    assert told[max(told)].get("what") is None
    mine = entries(goald, limit=1)[0]
    assert mine["what"].startswith("decision changed") or mine["what"].startswith("decision:")
