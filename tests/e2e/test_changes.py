"""Changes end to end: updates are accepted once, refused whole, remembered by their request id, and
stand in a journal whose chain verifies."""

import concurrent.futures
import datetime
import json
import os

import pytest

from database import (error_of, hammer, journal, journal_count, make_manager, new_id, submit,
                      try_call, verify_chain, verify_state)
from harness import CONTRIBUTOR


@pytest.fixture(scope="module")
def goald(managed):
    return managed


def refused(goald, code="2.2", **parameters):
    """The field that an update is refused for, after making sure that nothing was written."""
    before = journal_count(goald)
    name, details = error_of(goald, "SubmitUpdate", strategy="ls", code=code, **parameters)
    assert name == "InvalidValue", (name, details)
    assert journal_count(goald) == before
    return details["field"]


def in_days(days):
    return (datetime.date.today() + datetime.timedelta(days)).isoformat()


# --- accepted


def test_update_is_seen_at_once(goald):
    reply = submit(goald, percent=40, note="forty", state="at_risk", confidence="high",
                   evidence=["https://example.org/a"])
    status = goald.call("GetStatus", strategy="ls", code="2.2")
    assert status["seq"] == reply["seq"] == reply["updateId"]
    last = status["lastUpdate"]
    assert (last["id"], last["percent"], last["note"]) == (reply["updateId"], 40, "forty")
    assert last["evidence"] == ["https://example.org/a"]
    assert status["confidence"] == "high" and status["reportedState"] == "at_risk"


def test_update_of_the_strategy_itself_is_accepted(goald):
    reply = submit(goald, code=None, note="of the whole")
    assert goald.call("GetStatus", strategy="ls")["lastUpdate"]["id"] == reply["updateId"]


def test_update_counts_from_its_date(goald):
    earlier = submit(goald, code="1.1", percent=10, date="2021-05")
    later = submit(goald, code="1.1", percent=20, date="2022")
    submit(goald, code="1.1", percent=15, date="2021-06-01")
    status = goald.call("GetStatus", strategy="ls", code="1.1")
    assert earlier["seq"] < later["seq"]
    assert (status["lastUpdate"]["id"], status["progress"]) == (later["updateId"], 20)


def test_correction_takes_the_place_of_what_it_corrects(goald):
    wrong = submit(goald, code="1.2", percent=90)
    right = submit(goald, code="1.2", percent=9, supersedes=wrong["updateId"], reason="a typo")
    assert right["progress"] == 9
    listed = [reply["update"] for reply in goald.stream("ListUpdates", strategy="ls", code="1.2")]
    by_id = {update["id"]: update for update in listed}
    assert by_id[wrong["updateId"]]["supersededBy"] == right["updateId"]
    assert by_id[right["updateId"]]["reason"] == "a typo"


def test_correction_can_be_corrected(goald):
    first = submit(goald, code="1.3", percent=1)
    second = submit(goald, code="1.3", percent=2, supersedes=first["updateId"], reason="two")
    third = submit(goald, code="1.3", percent=3, supersedes=second["updateId"], reason="three")
    assert third["progress"] == 3


def test_no_change_is_an_update(goald):
    before = submit(goald, code="3.1", percent=30)
    reply = submit(goald, code="3.1", noChange=True)
    assert reply["updateId"] > before["updateId"]
    assert reply["progress"] == 30


def test_tomorrow_is_accepted_and_does_not_count_yet(goald):
    submit(goald, code="3.2", percent=10, date="2022-01-01")
    reply = submit(goald, code="3.2", percent=90, date=in_days(1))
    assert reply["progress"] == 10


def test_longest_note_is_kept_as_it_is(goald):
    note = "å" * 99_999 + "!"
    submit(goald, code="3.3", note=note)
    assert goald.call("GetStatus", strategy="ls", code="3.3")["lastUpdate"]["note"] == note


@pytest.mark.parametrize("note", ["a\nb\tc", "\"quotes\" and \\", "{}", "NULL", "null", "',--",
                                  "\U0001f600 \u2028", "%s%n", "å" * 1000, "{\"a\": [1,2]}"])
def test_note_comes_back_as_it_was_sent(goald, note):
    reply = submit(goald, code="4.1", note=note)
    listed = goald.stream("ListUpdates", strategy="ls", code="4.1", limit=1)
    assert listed[0]["update"]["id"] == reply["updateId"]
    assert listed[0]["update"]["note"] == note
    payload = goald.stream("ListJournal", strategy="ls", limit=1)[0]["payload"]
    assert payload["note"] == note


@pytest.mark.parametrize("percent", [0, 100, 0.5, 33.333333333333, 1e-9])
def test_percent_is_kept_exactly(goald, percent):
    submit(goald, code="4.1", percent=percent)
    payload = goald.stream("ListJournal", strategy="ls", limit=1)[0]["payload"]
    assert payload["percent"] == percent


# --- request ids


def test_repeated_request_gets_the_first_outcome(goald):
    request = {"percent": 41, "note": "once", "requestId": new_id()}
    first = submit(goald, **request)
    count = journal_count(goald)
    again = submit(goald, **request)
    assert (again["seq"], again["updateId"]) == (first["seq"], first["updateId"])
    assert again["requestId"] == first["requestId"] == request["requestId"]
    assert journal_count(goald) == count


def test_request_id_is_told_when_none_was_given(goald):
    reply = submit(goald, note="without one")
    last = goald.stream("ListJournal", strategy="ls", limit=1)[0]
    assert (last["seq"], last["requestId"]) == (reply["seq"], reply["requestId"])


def test_request_id_in_capitals_is_the_same(goald):
    request_id = new_id()
    first = submit(goald, note="case", requestId=request_id)
    assert submit(goald, note="case", requestId=request_id.upper())["seq"] == first["seq"]


def test_request_id_that_is_none_is_refused(goald):
    assert refused(goald, note="x", requestId="17") == "requestId"


def test_repeated_request_is_known_after_a_restart(own_goald):
    request = {"percent": 41, "requestId": new_id()}
    first = submit(own_goald, **request)
    own_goald.restart()
    assert submit(own_goald, **request)["seq"] == first["seq"]


def test_reused_request_id_is_refused(goald):
    request_id = new_id()
    first = submit(goald, percent=42, requestId=request_id)
    count = journal_count(goald)
    name, details = error_of(goald, "SubmitUpdate", strategy="ls", code="2.2", percent=43,
                             requestId=request_id)
    assert (name, details) == ("RequestIdReused", {"requestId": request_id, "seq": first["seq"]})
    assert journal_count(goald) == count


def test_reused_request_id_of_another_node_is_refused(goald):
    request_id = new_id()
    submit(goald, percent=42, requestId=request_id)
    assert error_of(goald, "SubmitUpdate", strategy="ls", code="1.1", percent=42,
                    requestId=request_id)[0] == "RequestIdReused"


@pytest.mark.root
def test_request_ids_are_each_accounts_own(own_goald):
    make_manager(own_goald, CONTRIBUTOR)
    request = {"strategy": "ls", "code": "2.2", "note": "mine", "requestId": new_id()}
    first = own_goald.call("SubmitUpdate", **request)
    other = own_goald.call("SubmitUpdate", as_uid=CONTRIBUTOR, **request)
    assert other["seq"] == first["seq"] + 1


def test_refused_request_is_not_remembered(goald):
    request_id = new_id()
    assert refused(goald, percent=101, requestId=request_id) == "percent"
    assert submit(goald, percent=99, requestId=request_id)["reportedPercent"] == 99


def test_repeated_request_that_would_now_be_refused_gets_the_first_outcome(goald):
    wrong = submit(goald, code="3.1", percent=90)
    request = {"percent": 9, "supersedes": wrong["updateId"], "reason": "typo",
               "requestId": new_id()}
    first = submit(goald, code="3.1", **request)
    again = submit(goald, code="3.1", **request)
    assert (again["seq"], again["updateId"]) == (first["seq"], first["updateId"])


def test_repeated_request_on_two_connections_is_done_once(goald):
    request = {"strategy": "ls", "code": "2.2", "percent": 44, "requestId": new_id()}
    count = journal_count(goald)
    with goald.connect() as one, goald.connect() as other:
        for _ in range(5):
            one.send_call("SubmitUpdate", request)
            other.send_call("SubmitUpdate", request)
        replies = [caller.recv_reply() for _ in range(5) for caller in (one, other)]
    assert len({(reply["seq"], reply["updateId"]) for reply in replies}) == 1
    assert journal_count(goald) == count + 1


def test_repeated_grant_that_changes_nothing_gets_the_first_outcome(goald):
    goald.call("AddAccount", uid=61001)
    request = {"uid": 61001, "role": "reader", "strategy": "ls", "requestId": new_id()}
    first = goald.call("GrantRole", **request)
    goald.call("AddAccount", uid=61002)
    assert goald.call("GrantRole", **request) == first


def test_request_id_reused_for_what_changes_nothing_is_refused(goald):
    request_id = new_id()
    goald.call("AddAccount", uid=61003)
    goald.call("GrantRole", uid=61003, role="reader", requestId=request_id)
    goald.call("GrantRole", uid=61003, role="auditor")
    assert error_of(goald, "GrantRole", uid=61003, role="auditor",
                    requestId=request_id)[0] == "RequestIdReused"


def test_change_that_changes_nothing_writes_nothing(goald):
    goald.call("AddAccount", uid=61004)
    first = goald.call("GrantRole", uid=61004, role="reader")
    count = journal_count(goald, 0)
    assert goald.call("GrantRole", uid=61004, role="reader") == first
    assert journal_count(goald, 0) == count


def test_repeated_account_gets_the_first_outcome(goald):
    request = {"uid": 61005, "name": "Anna Berg", "requestId": new_id()}
    first = goald.call("AddAccount", **request)
    assert goald.call("AddAccount", **request) == first
    assert error_of(goald, "AddAccount", uid=61005)[0] == "AlreadyExists"


# --- refused


@pytest.mark.parametrize("field, parameters", [
    ("percent", {"percent": 101}),
    ("percent", {"percent": -0.01}),
    ("percent", {"percent": 1e300}),
    ("date", {"percent": 1, "date": in_days(2)}),
    ("date", {"percent": 1, "date": in_days(800)[:4]}),
    ("date", {"percent": 1, "date": "2021-02-29"}),
    ("date", {"percent": 1, "date": "soon"}),
    ("state", {"state": "fine"}),
    ("state", {"state": "done"}),
    ("confidence", {"confidence": "utter"}),
    ("noChange", {}),
    ("noChange", {"evidence": []}),
    ("noChange", {"percent": 1, "noChange": True}),
    ("note", {"note": "x" * 100_001}),
    ("note", {"note": ""}),
    ("evidence[0]", {"evidence": ["notes.txt"]}),
    ("evidence[1]", {"evidence": ["https://a.example/", "javascript:alert(1)"]}),
    ("evidence", {"evidence": ["https://a.example/"] * 101}),
    ("reason", {"percent": 1, "supersedes": 1}),
    ("reason", {"percent": 1, "reason": "why not"}),
])
def test_bad_update_names_its_field_and_writes_nothing(goald, field, parameters):
    assert refused(goald, **parameters) == field


def test_note_with_a_nul_is_refused(goald):
    before = journal_count(goald)
    with goald.connect() as caller:
        caller.send_call("SubmitUpdate", {"strategy": "ls", "code": "2.2", "note": "a\0b"})
        reply = caller.recv()
    assert reply is None or "error" in reply
    assert journal_count(goald) == before
    submit(goald, note="goes on")


def test_unknown_code_is_named(goald):
    before = journal_count(goald)
    assert error_of(goald, "SubmitUpdate", strategy="ls", code="9.9", percent=1) == (
        "NoSuchNode", {"strategy": "se-life-science-2019", "code": "9.9"})
    assert journal_count(goald) == before


def test_unknown_update_to_correct_is_named(goald):
    before = journal_count(goald)
    assert error_of(goald, "SubmitUpdate", strategy="ls", code="2.2", percent=1,
                    supersedes=999_999, reason="x") == (
        "NoSuchUpdate", {"strategy": "se-life-science-2019", "updateId": 999_999})
    assert journal_count(goald) == before


def test_update_of_another_node_cannot_be_corrected(goald):
    other = submit(goald, code="6.1", percent=1)
    assert error_of(goald, "SubmitUpdate", strategy="ls", code="6.2", percent=1,
                    supersedes=other["updateId"], reason="x")[0] == "NoSuchUpdate"


def test_percent_after_closing_is_refused(goald):
    assert refused(goald, code="gov-6", percent=50, date="2021-05-29") == "percent"


def test_percent_on_the_day_of_closing_is_accepted(goald):
    submit(goald, code="gov-6", percent=99, date="2021-05-28")


def test_note_after_closing_is_accepted(goald):
    submit(goald, code="gov-6", note="still good", date="2023-01-01")


def test_second_correction_of_one_update_is_refused(goald):
    wrong = submit(goald, code="7.1", percent=1)["updateId"]
    submit(goald, code="7.1", percent=2, supersedes=wrong, reason="first")
    assert refused(goald, code="7.1", percent=3, supersedes=wrong, reason="late") == "supersedes"


def test_of_two_corrections_in_one_batch_one_wins(goald):
    for _ in range(5):
        wrong = submit(goald, code="7.1", percent=1)["updateId"]
        count = journal_count(goald)
        with goald.connect() as one, goald.connect() as other:
            for n, caller in enumerate((one, other)):
                caller.send_call("SubmitUpdate", {"strategy": "ls", "code": "7.1", "percent": n,
                                                  "supersedes": wrong, "reason": f"by {n}"})
            replies = [one.recv(), other.recv()]
        errors = [reply for reply in replies if "error" in reply]
        assert len(errors) == 1
        assert errors[0]["parameters"]["field"] == "supersedes"
        assert journal_count(goald) == count + 1


def test_bad_update_among_good_ones_fails_alone(goald):
    wrong = submit(goald, code="7.2", percent=1)["updateId"]
    count = journal_count(goald)
    callers = [goald.connect() for _ in range(12)]
    for n, caller in enumerate(callers):
        bad = {"supersedes": wrong, "reason": "one of three"} if n % 4 == 1 else {}
        caller.send_call("SubmitUpdate", {"strategy": "ls", "code": "7.2", "note": str(n), **bad})
    replies = [caller.recv() for caller in callers]
    for caller in callers:
        caller.close()
    failed = [n for n, reply in enumerate(replies) if "error" in reply]
    assert len(failed) == 2 and all(n % 4 == 1 for n in failed)
    assert journal_count(goald) == count + 10
    notes = {row["seq"]: json.loads(row["payload"]).get("note") for row in journal(goald)}
    for n, reply in enumerate(replies):
        if n not in failed:
            assert notes[str(reply["parameters"]["seq"])] == str(n)


# --- many at once


def test_concurrent_updates_are_each_in_the_journal_once(own_goald):
    before = len(journal(own_goald))
    acknowledged = hammer(own_goald, 20, 64)
    assert len(acknowledged) == 64 * 20
    rows = verify_chain(own_goald)
    assert len(rows) == before + 64 * 20
    written = {row["seq"]: row for row in rows}
    assert len({reply["seq"] for reply in acknowledged}) == len(acknowledged)
    for reply in acknowledged:
        row = written[str(reply["seq"])]
        assert (row["request"], row["id"]) == (reply["requestId"], str(reply["updateId"]))
        assert json.loads(row["payload"])["note"] == reply["note"]
    verify_state(own_goald)
    status = own_goald.call("GetStatus", strategy="ls")
    assert status["seq"] == len(rows)
    own_goald.restart()
    assert own_goald.call("GetStatus", strategy="ls", code="2.2")["updateCount"] >= 64 * 20


def test_long_pipeline_is_answered_in_order(goald):
    count = 700 # more than go into one batch
    with goald.connect(timeout=60) as caller:
        frame = b"".join(json.dumps({
            "method": "io.goald.Tracker.SubmitUpdate",
            "parameters": {"strategy": "ls", "code": "8.2", "note": f"n{n}"}}).encode() + b"\0"
            for n in range(count))
        caller.send(frame)
        seqs = [caller.recv_reply()["seq"] for _ in range(count)]
    assert seqs == list(range(seqs[0], seqs[0] + count))


def test_changes_of_registry_and_strategy_run_side_by_side(goald):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        updates = pool.submit(hammer, goald, 20, 4)
        accounts = [goald.call("AddAccount", uid=62000 + n, name=f"Person {n}") for n in range(30)]
        assert len(updates.result()) == 80
    assert len({reply["account"] for reply in accounts}) == 30
    verify_chain(goald)
    verify_chain(goald, 0)
    verify_state(goald)
    verify_state(goald, 0)


def test_many_refused_changes_are_each_answered(goald):
    goald.call("AddAccount", uid=61010)
    with goald.connect(timeout=60) as caller:
        frame = json.dumps({"method": "io.goald.Tracker.AddAccount",
                            "parameters": {"uid": 61010}}).encode() + b"\0"
        caller.send(frame * 500)
        names = {caller.recv()["error"] for _ in range(500)}
    assert names == {"io.goald.Tracker.AlreadyExists"}


def test_caller_who_goes_away_has_changed_all_or_nothing(goald):
    with goald.connect() as caller:
        caller.send_call("SubmitUpdate", {"strategy": "ls", "code": "2.2", "note": "and away"})
    reply = submit(goald, note="after it")
    notes = [json.loads(row["payload"]).get("note") for row in verify_chain(goald)]
    assert notes.count("and away") == 1
    assert notes[reply["seq"] - 1] == "after it"


def test_oneway_update_is_done_without_a_reply(goald):
    with goald.connect() as caller:
        caller.send_call("SubmitUpdate", {"strategy": "ls", "code": "2.2", "note": "oneway"},
                         oneway=True)
        assert caller.call("Ping") == {}
    submit(goald, note="behind it")
    notes = [json.loads(row["payload"]).get("note") for row in journal(goald)]
    assert notes.count("oneway") == 1


# --- what it leaves


def test_history_is_newest_first_by_date(goald):
    ids = [submit(goald, code="8.1", note=str(n), date=date)["updateId"]
           for n, date in enumerate(["2022-01-01", "2020", "2022-01-01", "2021-06"])]
    listed = goald.stream("ListUpdates", strategy="ls", code="8.1")
    mine = [reply["update"]["id"] for reply in listed if reply["update"]["id"] in ids]
    assert mine == [ids[2], ids[0], ids[3], ids[1]]


def test_log_is_newest_first_and_pages_by_before(goald):
    for n in range(3):
        submit(goald, code="8.1", note=str(n))
    seqs = [reply["seq"] for reply in goald.stream("ListJournal", strategy="ls", limit=3)]
    assert seqs == sorted(seqs, reverse=True) and len(seqs) == 3
    older = goald.stream("ListJournal", strategy="ls", limit=2, before=seqs[-1])
    assert [reply["seq"] for reply in older] == [seqs[-1] - 1, seqs[-1] - 2]


def test_log_tells_the_whole_journal_with_its_hashes(goald):
    listed = goald.stream("ListJournal", strategy="ls")
    rows = verify_chain(goald)
    assert [(str(reply["seq"]), reply["hash"]) for reply in reversed(listed)] == [
        (row["seq"], row["hash"]) for row in rows]
    assert [reply["payload"] for reply in reversed(listed)] == [
        json.loads(row["payload"]) for row in rows]


def test_registry_journal_holds_no_names(goald):
    goald.call("AddAccount", uid=61020, name="Unmistakable Name")
    assert "Unmistakable" not in json.dumps(journal(goald, 0))
    assert goald.psql("SELECT count(*) FROM goald.contact WHERE value = 'Unmistakable Name'"
                      " AND length(salt) = 16") == [["1"]]
    verify_chain(goald, 0)


def test_author_is_the_account_that_submitted(goald):
    submit(goald, code="8.1", note="by me")
    account = goald.psql(f"SELECT id FROM goald.account WHERE uid = {os.geteuid()}"
                         " AND seq_to IS NULL")[0][0]
    assert journal(goald)[-1]["account"] == account


def test_refused_update_changes_no_status(goald):
    before = goald.call("GetStatus", strategy="ls", code="2.2")
    assert try_call(goald, "SubmitUpdate", strategy="ls", code="2.2", percent=500) == "InvalidValue"
    assert goald.call("GetStatus", strategy="ls", code="2.2") == before
