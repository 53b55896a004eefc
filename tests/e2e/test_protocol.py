"""The protocol, to design.md part 6: what is answered, what closes the connection, what third-party
clients see, and that every method keeps to the interface file."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import uuid

import pytest

from harness import SANITIZER, TOP, clean_environment, wait_until
from interface import Interface
from varlink import INTERFACE, Varlink, VarlinkError

SERVICE = "org.varlink.service"
FILES = {INTERFACE: TOP / "daemon/wire/io.goald.Tracker.varlink",
         SERVICE: TOP / "daemon/wire/org.varlink.service.varlink"}
TRACKER = Interface(FILES[INTERFACE].read_text())
METHODS = Interface(FILES[SERVICE].read_text())
GET_INFO = b'{"method":"org.varlink.service.GetInfo"}\0'
PING = b'{"method":"io.goald.Tracker.Ping"}\0'
GO = pathlib.Path("/usr/share/gocode/src/github.com/varlink/go/cmd/varlink-go-certification")


@pytest.fixture(scope="module")
def daemon(life_science):
    """Whoever runs the tests manages the strategy."""
    life_science.grant(os.geteuid(), "manager", "ls")
    return life_science


@pytest.fixture
def connection(daemon):
    with daemon.connect() as connection:
        yield connection


def fails(connection, method, error, parameters=None, **flags):
    """Makes a call that must fail with that error; the error's parameters."""
    connection.send_call(method, parameters, **flags)
    with pytest.raises(VarlinkError) as caught:
        connection.recv_reply()
    assert caught.value.name == error
    return caught.value.parameters


# --- org.varlink.service


def test_get_info_names_the_interfaces(connection):
    info = connection.call(f"{SERVICE}.GetInfo")
    assert info["interfaces"] == [SERVICE, INTERFACE]
    assert (info["vendor"], info["product"]) == ("goald", "goald")


@pytest.mark.parametrize("name", FILES)
def test_description_is_the_file(connection, name):
    reply = connection.call(f"{SERVICE}.GetInterfaceDescription", interface=name)
    assert reply == {"description": FILES[name].read_text()}


def test_description_of_an_unknown_interface_is_not_found(connection):
    assert fails(connection, f"{SERVICE}.GetInterfaceDescription",
                 f"{SERVICE}.InterfaceNotFound", {"interface": "org.example.none"}
                 ) == {"interface": "org.example.none"}


def test_method_of_an_unknown_interface_is_not_found(connection):
    assert fails(connection, "org.example.none.Do", f"{SERVICE}.InterfaceNotFound"
                 ) == {"interface": "org.example.none"}


def test_unknown_method_is_not_found(connection):
    assert fails(connection, "Frobnicate", f"{SERVICE}.MethodNotFound"
                 ) == {"method": f"{INTERFACE}.Frobnicate"}


def test_method_without_an_interface_is_not_found(connection):
    connection.send(b'{"method":"Ping"}\0')
    assert connection.recv()["error"] == f"{SERVICE}.MethodNotFound"


def test_upgrade_is_refused(connection):
    assert fails(connection, "Ping", f"{SERVICE}.MethodNotImplemented", upgrade=True
                 ) == {"method": f"{INTERFACE}.Ping"}
    assert connection.call("Ping") == {}


# --- parameters


@pytest.mark.parametrize("method, parameters, named", [
    ("Ping", {"nope": 1}, "nope"),
    ("GetStatus", {"strateg": "ls"}, "strateg"),
    ("GetStatus", {"strategy": 5}, "strategy"),
    ("GetStatus", {"strategy": "l\0s"}, "strategy"),
    ("GetStatus", {"code": ["2.2"]}, "code"),
    ("ListUpdates", {"limit": 1.5}, "limit"),
    ("ListUpdates", {"limit": 1e30}, "limit"),
    ("ListUpdates", {"limit": 10 ** 30}, "limit"),
    ("ListUpdates", {"below": "yes"}, "below"),
    ("SubmitUpdate", {"evidence": ["https://example.org/", 1]}, "evidence[1]"),
    ("SubmitUpdate", {"evidence": [None]}, "evidence[0]"),
    ("SubmitUpdate", {"percent": "40"}, "percent"),
    ("ImportCommit", {}, "import"),
    ("ImportCommit", {"import": None}, "import"),
    ("ImportChunk", {"import": "x", "part": "bits", "first": 0, "records": []}, "part"),
    ("ImportChunk", {"import": "x", "part": "nodes", "first": 0, "records": [1]}, "records[0]"),
    ("AddAccount", {"uid": True}, "uid"),
    (f"{SERVICE}.GetInterfaceDescription", {}, "interface"),
])
def test_parameter_that_is_wrong_is_named(connection, method, parameters, named):
    assert fails(connection, method, f"{SERVICE}.InvalidParameter", parameters,
                 more=method.startswith("List")) == {"parameter": named}


@pytest.mark.parametrize("parameters", [b"", b',"parameters":null', b',"parameters":{}'])
def test_absent_null_and_empty_parameters_are_equal(connection, parameters):
    connection.send(b'{"method":"io.goald.Tracker.Ping"' + parameters + b"}\0")
    assert connection.recv_frame() == b"{}"


def test_null_is_as_good_as_an_absent_parameter(connection):
    absent = connection.call("GetStatus", strategy="ls", code="2.2")
    assert connection.call("GetStatus", strategy="ls", code="2.2", language=None) == absent


def test_integer_may_stand_for_a_float(connection):
    reply = connection.call("SubmitUpdate", strategy="ls", code="3.1", percent=7)
    assert reply["reportedPercent"] == 7 or reply["progress"] == 7


def test_message_cut_within_a_character_arrives(connection):
    parameters = fails(connection, "SubmitUpdate", f"{INTERFACE}.InvalidValue",
                       {"strategy": "ls", "state": "a" + "å" * 40})
    assert parameters["field"] == "state"
    assert "aå" in parameters["message"]


def test_long_value_in_a_message_arrives(connection):
    parameters = fails(connection, "ListNodes", f"{INTERFACE}.InvalidValue",
                       {"strategy": "ls", "kind": ["a" + "å" * 5000]}, more=True)
    assert parameters["field"] == "kind"


# --- lists


@pytest.mark.parametrize("method", [name for name in TRACKER.methods if name.startswith("List")])
def test_list_requires_more(connection, method):
    fields = TRACKER.methods[method][0][1]
    needs = [name for name, (kind, _) in fields.items() if kind != "nullable"]
    asked = CALLS[method][0] if needs else {"strategy": "ls"} if "strategy" in fields else {}
    assert fails(connection, method, f"{SERVICE}.ExpectedMore", asked) == {}


def test_every_reply_of_a_list_but_the_last_continues(connection):
    connection.send_call("ListTree", {"strategy": "ls", "code": "2"}, more=True)
    replies = [connection.recv()]
    while replies[-1].get("continues"):
        replies.append(connection.recv())
    assert len(replies) == len(connection.stream("ListTree", strategy="ls", code="2")) > 1
    assert [set(reply) for reply in replies[:-1]] == [{"parameters", "continues"}] * (
        len(replies) - 1)
    assert set(replies[-1]) == {"parameters"}


def test_empty_list_is_one_reply_without_parameters(connection):
    connection.send_call("ListNodes", {"strategy": "ls", "text": "no such words"}, more=True)
    assert connection.recv_frame() == b"{}"


def test_error_of_a_list_comes_without_continues(connection):
    connection.send_call("ListTree", {"strategy": "ls", "code": "99"}, more=True)
    assert set(connection.recv()) == {"error", "parameters"}


def test_more_on_a_method_that_does_not_stream_gets_one_reply(connection):
    connection.send_call("WhoAmI", more=True)
    connection.send(PING)
    assert set(connection.recv()) == {"parameters"}
    assert connection.recv_frame() == b"{}"


def test_more_on_a_change_gets_one_reply(connection):
    connection.send_call("SubmitUpdate", {"strategy": "ls", "code": "3.1", "note": "more"},
                         more=True)
    connection.send(PING)
    assert set(connection.recv()) == {"parameters"}
    assert connection.recv_frame() == b"{}"


# --- strictness


def call(members):
    return b'{"method":"io.goald.Tracker.Ping",' + members + b"}"


MALFORMED = {
    "nothing": b"",
    "space": b"  ",
    "no JSON": b"hello",
    "half an object": b'{"method":',
    "array": b"[]",
    "string": b'"io.goald.Tracker.Ping"',
    "number": b"1",
    "null": b"null",
    "two objects": PING[:-1] * 2,
    "text after it": PING[:-1] + b"x",
    "text before it": b"x" + PING[:-1],
    "byte order mark": b"\xef\xbb\xbf" + PING[:-1],
    "comment": PING[:-1] + b"/* */",
    "trailing comma": b'{"method":"io.goald.Tracker.Ping",}',
    "single quotes": b"{'method':'io.goald.Tracker.Ping'}",
    "not a number": call(b'"x.y":NaN'),
    "leading zero": call(b'"x.y":01'),
    "bad UTF-8": call(b'"x.y":"\xff"'),
    "overlong UTF-8": call(b'"x.y":"\xc0\xaf"'),
    "surrogate in UTF-8": call(b'"x.y":"\xed\xa0\x80"'),
    "lone surrogate": call(b'"x.y":"\\ud800"'),
    "bad escape": call(b'"x.y":"\\x41"'),
    "control character": call(b'"x.y":"\n"'),
    "nesting without end": call(b'"x.y":' + b"[" * 100000),
    "duplicate key": call(b'"method":"io.goald.Tracker.Ping"'),
    "duplicate parameter": call(b'"parameters":{"a":1,"a":1}'),
    "duplicate vendor's key": call(b'"x.y":1,"x.y":1'),
    "unknown key": call(b'"parameter":{}'),
    "reply's key": call(b'"continues":true'),
    "no method": b'{"parameters":{}}',
    "empty object": b"{}",
    "method null": b'{"method":null}',
    "method a number": b'{"method":1}',
    "method with a NUL": b'{"method":"io.goald.Tracker.Ping\\u0000"}',
    "more a number": call(b'"more":1'),
    "oneway a string": call(b'"oneway":"true"'),
    "upgrade an object": call(b'"upgrade":{}'),
    "oneway and more": call(b'"oneway":true,"more":true'),
    "more and upgrade": call(b'"more":true,"upgrade":true'),
    "oneway and upgrade": call(b'"oneway":true,"upgrade":true'),
    "parameters an array": call(b'"parameters":[]'),
    "parameters a string": call(b'"parameters":"x"'),
    "parameters false": call(b'"parameters":false'),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_call_closes_the_connection(daemon, connection, kind):
    with daemon.connect() as other:
        connection.send(PING + MALFORMED[kind] + b"\0")
        assert connection.recv_frame() == b"{}", "what came before is answered"
        assert connection.recv_frame() is None
        assert other.call("Ping") == {}


def test_call_after_a_malformed_one_is_not_run(daemon):
    with daemon.connect() as connection:
        submit = {"method": f"{INTERFACE}.SubmitUpdate", "parameters": {
            "strategy": "ls", "code": "3.1", "note": "after a malformed call"}}
        connection.send(b"{}\0" + json.dumps(submit).encode() + b"\0")
        assert connection.is_closed()
    newest = daemon.stream("ListUpdates", strategy="ls", code="3.1")
    assert "after a malformed call" not in [line["update"]["note"] for line in newest]


@pytest.mark.parametrize("members", [
    b'"com.example.trace":{"id":1}', b'"x.":null', b'".x":[1,[2]]', b'"more":false',
    b'"more":null', b'"oneway":false,"more":false,"upgrade":false', b'"oneway":null,"more":true',
])
def test_vendor_keys_and_flags_not_set_are_ignored(connection, members):
    connection.send(call(members) + b"\0")
    assert connection.recv_frame() == b"{}"


def test_white_space_is_no_matter(connection):
    connection.send(b'\n{ "method" :\t"io.goald.Tracker.Ping" }\r\n\0')
    assert connection.recv_frame() == b"{}"


# --- order


ONEWAY_FAILURES = [
    ("Frobnicate", None),
    ("org.example.none.Do", None),
    ("GetStatus", {"strategy": 5}),
    ("GetStatus", {"strategy": "nope"}),
    ("GetStatus", {"strategy": "ls"}),
    ("ListTree", {"strategy": "ls"}),
    ("SubmitUpdate", {"strategy": "ls", "code": "3.1", "percent": 101}),
]


@pytest.mark.parametrize("method, parameters", ONEWAY_FAILURES)
def test_oneway_gets_no_reply_not_even_an_error(connection, method, parameters):
    connection.send_call(method, parameters, oneway=True)
    connection.send(GET_INFO)
    assert connection.recv()["parameters"]["product"] == "goald"


def test_oneway_change_takes_effect_in_silence(connection):
    note = f"oneway {uuid.uuid4()}"
    connection.send_call("SubmitUpdate", {"strategy": "ls", "code": "3.1", "note": note},
                         oneway=True)
    connection.send(PING)
    assert connection.recv_frame() == b"{}"
    newest = connection.stream("ListUpdates", strategy="ls", code="3.1", limit=1)
    assert newest[0]["update"]["note"] == note


def test_replies_come_in_order_behind_a_slow_call(connection):
    calls = [{"method": f"{INTERFACE}.SubmitUpdate",
              "parameters": {"strategy": "ls", "code": "3.1", "note": "slow"}},
             {"method": f"{INTERFACE}.Ping"},
             {"method": f"{INTERFACE}.ListTree", "parameters": {"strategy": "ls", "depth": 0},
              "more": True},
             {"method": f"{INTERFACE}.GetStatus", "parameters": {"strategy": "ls", "code": "9"}},
             {"method": f"{INTERFACE}.SubmitUpdate",
              "parameters": {"strategy": "ls", "code": "3.1", "note": "slow again"}},
             {"method": f"{SERVICE}.GetInfo"}]
    connection.send(b"".join(json.dumps(call).encode() + b"\0" for call in calls))
    replies = [connection.recv() for _ in calls]
    assert "updateId" in replies[0]["parameters"]
    assert replies[1] == {}
    assert replies[2]["parameters"]["node"]["code"] == ""
    assert replies[3]["error"] == f"{INTERFACE}.NoSuchNode"
    assert replies[4]["parameters"]["updateId"] > replies[0]["parameters"]["updateId"]
    assert replies[5]["parameters"]["product"] == "goald"


def test_what_was_acknowledged_is_in_the_next_reply(connection):
    for percent in (11, 12, 13):
        connection.send_call("SubmitUpdate", {"strategy": "ls", "code": "3.2", "percent": percent})
        connection.send_call("GetStatus", {"strategy": "ls", "code": "3.2"})
        update_id = connection.recv_reply()["updateId"]
        last = connection.recv_reply()["lastUpdate"]
        assert (last["id"], last["percent"]) == (update_id, percent)


# --- replies


def test_floats_print_with_at_most_15_digits(connection):
    connection.call("SubmitUpdate", strategy="ls", code="3.3", percent=100 / 3)
    connection.send_call("ListJournal", {"strategy": "ls", "limit": 1}, more=True)
    frame = connection.recv_frame().decode()
    assert json.loads(frame)["parameters"]["payload"]["percent"] == pytest.approx(100 / 3)
    floats = re.findall(r":(-?\d+\.\d+)", frame)
    assert floats
    assert [text for text in floats if len(text.strip("-").replace(".", "")) > 15] == []


def test_a_tenth_stays_a_tenth(connection):
    connection.call("SubmitUpdate", strategy="ls", code="3.3", percent=0.1)
    connection.send_call("ListJournal", {"strategy": "ls", "limit": 1}, more=True)
    assert b'"percent":0.1,' in connection.recv_frame().replace(b"}", b",")


def import_calls(daemon):
    """The calls of an import, and of one that changes nothing."""
    document = {"key": "conformance", "titles": {"en": "Conformance"}, "timeZone": "UTC",
                "language": "en", "visibility": "public"}
    with daemon.connect() as connection:
        begun = connection.call("ImportBegin", strategy="conformance", dryRun=True)
        yield "ImportBegin", begun
        yield "ImportChunk", connection.call("ImportChunk", **begun, part="strategy", first=0,
                                             records=[document])
        yield "ImportCommit", connection.call("ImportCommit", **begun)


NODE = {"strategy": "ls", "code": "2.2"}
WHOLE = {"strategy": "ls"}
# Calls that must succeed, in this order, one method after the other.
CALLS = {
    "Ping": [{}],
    "WhoAmI": [{}],
    "GetServerStatus": [{}],
    "ListStrategies": [{}, {"language": "sv"}],
    "SubmitUpdate": [
        {**NODE, "percent": 33.3, "state": "at_risk", "confidence": "low", "note": "On the way",
         "evidence": ["https://example.org/a"], "date": "2024-05",
         "requestId": "6f1c1c3e-6d0b-4d54-8d8c-5b1de2b5a001"},
        {**WHOLE, "noChange": True}],
    "GetStatus": [NODE, WHOLE, {**WHOLE, "code": "gov-1", "language": "en"},
                  {**WHOLE, "code": "4.4"}],
    "ListTree": [WHOLE, {**NODE, "depth": 0, "language": "en"}],
    "ListNodes": [WHOLE, {**WHOLE, "partsOf": "2.2"}, {**WHOLE, "kind": ["deliverable"]}],
    "ListDue": [WHOLE, {**WHOLE, "days": 10000}],
    "ListChanges": [{**WHOLE, "from": "2021", "to": "2022"}, {**NODE, "from": "seq:150", "to": "2100"}],
    "CheckStrategy": [WHOLE, {**WHOLE, "notReviewedFor": "P1Y"}],
    "GetNode": [NODE, WHOLE, {**WHOLE, "code": "gov-1"}],
    "ListUpdates": [NODE, {**WHOLE, "below": True}],
    "ListJournal": [WHOLE, {"strategy": ".", "limit": 5}, {**NODE, "since": "2020-01-01"}],
    "VerifyJournal": [WHOLE, {"strategy": "."}],
    "ExportJournal": [WHOLE, {"strategy": "."}],
    "AddAccount": [{"uid": 61000, "name": "Anna Berg"}, {"uid": 61001, "realm": "elsewhere"}],
    "GrantRole": [{"uid": 61000, "role": "reader", "strategy": "ls"},
                  {"uid": 61000, "role": "auditor"}],
    "ListAccounts": [{}],
    "RevokeRole": [{"uid": 61000, "role": "reader", "strategy": "ls"}],
    "DisableAccount": [{"uid": 61000}, {"uid": 61000, "disabled": False}],
    "ExplainStatus": [NODE, WHOLE],
    "ExportStrategy": [WHOLE],
    "AddOrganisation": [{"key": "o9", "names": {"sv": "Nio", "en": "Nine"}}],
    "ChangeOrganisation": [{"key": "o9", "names": {"sv": "9"}, "clear": ["names.en"]}],
    "AddPerson": [{"key": "p9", "name": "Eva Holm", "email": "eva@example.org"}],
    "ChangePerson": [{"key": "p9", "newKey": "p8", "email": "holm@example.org"}],
    "AddAffiliation": [{"person": "p8", "organisation": "o9", "as": "reporter"}],
    "AddGroup": [{**WHOLE, "key": "g9", "kind": "partnership", "name": "Nio", "type": "students",
                  "areas": ["fish"]},
                 {**WHOLE, "key": "g8", "kind": "network", "name": "Fel"}],
    "ChangeGroup": [{**WHOLE, "key": "g9", "termFrom": "2024"}, {**WHOLE, "key": "g9"}],
    "AddMember": [{**WHOLE, "group": "g9", "person": "p8", "via": "o9", "role": "lead"},
                  {**WHOLE, "group": "g9", "organisation": "o9", "role": "member",
                   "area": "fish"}],
    "AddAim": [{**NODE, "group": "g9"}],
    "AddNode": [{**WHOLE, "kind": "deliverable", "newCode": "d9", "title": "Nio", "parent": "2.2"},
                {**WHOLE, "kind": "indicator", "newCode": "i9", "title": "Tal", "parent": "2.2",
                 "baseline": 0, "target": 10},
                {**WHOLE, "kind": "need", "title": "Fel"}],
    "ChangeNode": [{**WHOLE, "code": "d9", "due": "2030", "sectors": []}],
    "AssignRole": [{**WHOLE, "code": "d9", "role": "funder", "holder": "o9", "amount": 5,
                    "currency": "SEK"}],
    "AddLink": [{**WHOLE, "code": "d9", "type": "result", "url": "https://example.org/9",
                 "owner": "o9"}],
    "SetContribution": [{**WHOLE, "code": "d9", "serves": "4.4", "weight": 2}],
    "AddRelation": [{**WHOLE, "code": "d9", "kind": "depends_on", "toCode": "4.4"}],
    "RecordObservation": [{**WHOLE, "code": "i9", "value": 4, "date": "2024-05"}],
    "ListObservations": [{**WHOLE, "code": "i9"}],
    "RecordReview": [{**WHOLE, "code": "d9", "date": "2024", "by": "o9", "every": "P1Y"},
                     {**WHOLE, "group": "g9", "date": "2024"}],
    "CloseNode": [{**WHOLE, "code": "d9", "how": "achieved", "note": "Done"}],
    "AttachEvidence": [{**WHOLE, "code": "d9", "evidence": ["https://example.org/a"]}],
    "ListGroups": [WHOLE, {**WHOLE, "area": "fish"}],
    "GetGroup": [{**WHOLE, "key": "g9"}],
    "ListPartnership": [{**WHOLE, "key": "halsodata"}],
    "ListRoles": [{"kind": "organisation", "key": "vinnova"}, {"kind": "person", "key": "p8"},
                  {**WHOLE, "kind": "group", "key": "g9"}],
    "ListOrganisations": [{}, {**WHOLE, "text": "9"}],
    "GetOrganisation": [{"key": "o9"}],
    "ListPersons": [{}, WHOLE],
    "ListReminders": [NODE, {**WHOLE, "days": 3660}],
    "GetPerson": [{"key": "p8"}],
    "ReopenNode": [{**WHOLE, "code": "d9", "reason": "too early"}],
    "RemoveRelation": [{**WHOLE, "code": "d9", "kind": "depends_on", "toCode": "4.4"}],
    "RemoveContribution": [{**WHOLE, "code": "d9", "serves": "4.4"}],
    "RemoveLink": [{**WHOLE, "code": "d9", "url": "https://example.org/9"}],
    "EndAssignment": [{**WHOLE, "code": "d9", "role": "funder", "holder": "o9"}],
    "RemoveAim": [{**NODE, "group": "g9"}],
    "EndMembership": [{**WHOLE, "group": "g9", "person": "p8"}],
    "EndAffiliation": [{"person": "p8", "organisation": "o9"}],
    "ForgetPerson": [{"key": "p8", "newKey": "p7"}],
    "PutCalendar": [{"key": "FI", "days": ["2026-12-06"], "source": "a file"}],
    "ListCalendars": [{}],
    "ListCalendar": [WHOLE, {}, {**NODE, "language": "en"}],
    "ListHolidays": [{"calendar": "SE", "language": "nb"}, {"calendar": "FI", "year": 2026}],
    "RemoveCalendar": [{"key": "FI"}],
    "RemoveNode": [{**WHOLE, "code": "n1"}],
    "RemoveGroup": [{**WHOLE, "key": "g8"}],
    "ChangeStrategy": [{**WHOLE, "cadence": 30}],
    "SetReminderRule": [{**WHOLE, "rule": "due", "offsets": [21, 7, 0]}],
    "ListReminderRules": [WHOLE],
    "NudgeNode": [{**NODE, "message": "How far are you?"}],
    "Subscribe": [{"address": "eva@example.org", "topics": ["ls:2.2"], "frequency": "daily"}],
    "ListSubscriptions": [{}],
}
IMPORTS = {"ImportBegin", "ImportChunk", "ImportCommit"}
WATCHES = {"SubscribeEvents"}  # in test_watch.py
RESTORES = {"RestoreBegin", "RestoreChunk", "RestoreCommit"}  # in test_restore.py
REMINDERS = {"ClaimReminders", "SettleReminders", "RetryReminder"}  # in test_claims.py
# With a mail's token: in test_subscriptions.py and test_hand_in.py
TOKENS = {"ConfirmSubscription", "ChangeSubscription", "Unsubscribe", "HandInUpdate"}
DIGESTS = {"ClaimDigests", "SettleDigests"}  # in test_digests.py
# Of what only some have: in test_drafts.py and test_next.py
OWN = {"ListDrafts", "SubmitDraft", "DropDraft", "AcceptUpdate", "ReturnUpdate", "ListTasks"}


def replies_of(daemon, method, parameters):
    if method.startswith(("List", "Check", "Verify", "Export")):
        return daemon.stream(method, **parameters)
    return [daemon.call(method, **parameters)]


def test_replies_conform_to_the_interface(daemon):
    faults = []
    for method, calls in CALLS.items():
        for parameters in calls:
            replies = replies_of(daemon, method, parameters)
            assert replies, f"{method} {parameters}: no reply to look at"
            faults += [f"{method}{fault}" for reply in replies
                       for fault in TRACKER.faults(TRACKER.methods[method][1], reply)]
    for method, reply in import_calls(daemon):
        faults += [f"{method}{fault}"
                   for fault in TRACKER.faults(TRACKER.methods[method][1], reply)]
    assert faults == []


def test_every_method_is_among_the_calls_above():
    assert (set(CALLS) | IMPORTS | RESTORES | WATCHES | TOKENS | OWN | REMINDERS | DIGESTS
            == set(TRACKER.methods))


FAILURES = [
    ("NoSuchStrategy", "GetStatus", {"strategy": "nope"}),
    ("NoSuchStrategy", "GetStatus", {"strategy": "."}),
    ("NoSuchNode", "GetStatus", {"strategy": "ls", "code": "99"}),
    ("NoSuchNode", "ListNodes", {"strategy": "ls", "partsOf": "99"}),
    ("NoSuchUpdate", "SubmitUpdate", {**NODE, "supersedes": 999999, "reason": "x", "percent": 1}),
    ("NoSuchAccount", "GrantRole", {"uid": 61999, "role": "reader"}),
    ("NoSuchAccount", "DisableAccount", {"uid": 61999}),
    ("NoSuchKey", "ListNodes", {"strategy": "ls", "group": ["nobody"]}),
    ("NoSuchKey", "ListDue", {"strategy": "ls", "holder": ["nobody"]}),
    ("NoSuchKey", "AddAccount", {"uid": 61998, "person": "nobody"}),
    ("NoSuchImport", "ImportCommit", {"import": "nope"}),
    ("InvalidValue", "SubmitUpdate", {**NODE, "percent": 101}),
    ("InvalidValue", "SubmitUpdate", {**NODE, "percent": -1}),
    ("InvalidValue", "SubmitUpdate", {**NODE, "percent": 5e-324}),
    ("InvalidValue", "SubmitUpdate", {**NODE, "percent": 1, "date": "2021-13-01"}),
    ("InvalidValue", "SubmitUpdate", {**NODE, "percent": 1, "date": "2999-01-01"}),
    ("InvalidValue", "SubmitUpdate", {**NODE, "percent": 1, "requestId": "1"}),
    ("InvalidValue", "SubmitUpdate", NODE),
    ("InvalidValue", "GrantRole", {"uid": 61999, "role": "king"}),
    ("InvalidValue", "AddAccount", {"uid": -1}),
    ("InvalidValue", "AddAccount", {"uid": 65534}),
    ("InvalidValue", "ListTree", {"strategy": "ls", "depth": -1}),
    ("InvalidValue", "ListUpdates", {"strategy": "ls", "limit": 0}),
]


@pytest.mark.parametrize("error, method, parameters", FAILURES)
def test_error_is_as_the_interface_says(connection, error, method, parameters):
    told = fails(connection, method, f"{INTERFACE}.{error}", parameters,
                 more=method.startswith("List"))
    assert TRACKER.faults(TRACKER.errors[error], told) == []


def test_account_that_exists_is_refused_by_its_number(connection):
    connection.call("AddAccount", uid=61500)
    assert fails(connection, "AddAccount", f"{INTERFACE}.AlreadyExists", {"uid": 61500}
                 ) == {"field": "uid", "value": "61500"}


def test_same_request_id_gets_the_first_answer(connection):
    update = {"strategy": "ls", "code": "3.1", "note": "once", "requestId": str(uuid.uuid4())}
    first = connection.call("SubmitUpdate", **update)
    again = connection.call("SubmitUpdate", **update)
    assert (again["seq"], again["updateId"]) == (first["seq"], first["updateId"])


def test_request_id_used_for_something_else_is_refused(connection):
    update = {"strategy": "ls", "code": "3.1", "note": "once", "requestId": str(uuid.uuid4())}
    first = connection.call("SubmitUpdate", **update)
    told = fails(connection, "SubmitUpdate", f"{INTERFACE}.RequestIdReused",
                 {**update, "note": "twice"})
    assert told == {"requestId": update["requestId"], "seq": first["seq"]}


def test_refusals_are_not_remembered(connection):
    update = {"strategy": "ls", "code": "3.1", "requestId": str(uuid.uuid4())}
    fails(connection, "SubmitUpdate", f"{INTERFACE}.InvalidValue", {**update, "percent": 101})
    assert connection.call("SubmitUpdate", **update, percent=10)["requestId"] == update["requestId"]


# --- the source


def test_every_method_has_a_command():
    commands = "".join(path.read_text() for path in (TOP / "client").glob("commands*.c"))
    called = {name for names in re.findall(r'\.methods = "([^"]*)"', commands)
              for name in names.split()}
    assert called == set(TRACKER.methods)


def test_every_error_is_used_and_every_error_used_is_in_the_interface():
    used = set()
    for path in (TOP / "daemon").rglob("*.c"):
        used |= set(re.findall(r'ERROR\("(\w+)"\)|"io\.goald\.Tracker\.([A-Z]\w+)"',
                               path.read_text()))
    assert {a or b for a, b in used} - set(TRACKER.methods) == set(TRACKER.errors)


def test_interface_is_documented():
    undocumented = []
    lines = FILES[INTERFACE].read_text().splitlines()
    for before, line in zip(lines, lines[1:]):
        if re.match(r"(type|method|error) ", line) and not before.startswith("#"):
            undocumented.append(line)
    assert undocumented == []


# --- other people's clients


def test_socat_line_of_the_documentation_works(daemon):
    if not shutil.which("socat"):
        pytest.skip("socat is not installed")
    line = (r"""printf '{"method":"org.varlink.service.GetInfo"}\0' | """
            f"socat - UNIX-CONNECT:{daemon.socket_path}")
    done = subprocess.run(["sh", "-c", line], capture_output=True, timeout=60)
    assert done.stdout.endswith(b"\0")
    assert json.loads(done.stdout[:-1])["parameters"]["product"] == "goald"


@pytest.fixture
def certification(build, tmp_path):
    """The address of a running certification server, which ends in good order."""
    path = tmp_path / "certification"
    server = subprocess.Popen([build.folder / "varlink-certification", f"unix:{path}"],
                              stderr=subprocess.PIPE, text=True, env=clean_environment())
    try:
        wait_until(lambda: path.exists() or server.poll() is not None)
        yield f"unix:{path}"
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=60)
        assert server.returncode == 0 and not SANITIZER.search(log), log
    finally:
        server.kill()
        server.wait()


def certify(connection, call):
    """Test01 to Test11: each reply is the next one's argument. Returns End's answer."""
    name = "org.varlink.certification"
    client = call(f"{name}.Start")
    parameters = {}
    for number in range(1, 10):
        parameters = call(f"{name}.Test{number:02}", **client, **parameters)
    replies = connection.stream(f"{name}.Test10", **client, **parameters)
    connection.send_call(f"{name}.Test11", {**client, "last_more_replies":
                                            [reply["string"] for reply in replies]}, oneway=True)
    return call(f"{name}.End", **client)


def test_certification_is_passed(certification):
    with Varlink(certification) as connection:
        assert certify(connection, connection.call) == {"all_ok": True}


def test_certification_notices_a_changed_value(certification):
    def call(method, **parameters):
        if method.endswith("Test04"):
            with pytest.raises(VarlinkError, match="CertificationError"):
                connection.call(method, **{**parameters, "float": 1.5})
        return connection.call(method, **parameters)

    with Varlink(certification) as connection:
        assert certify(connection, call) == {"all_ok": False}


def test_certification_serves_its_interface(certification):
    text = (TOP / "tests/certification/org.varlink.certification.varlink").read_text()
    with Varlink(certification) as connection:
        reply = connection.call(f"{SERVICE}.GetInterfaceDescription",
                                interface="org.varlink.certification")
    assert reply["description"] == text


def test_go_client_certifies_us(certification, tmp_path):
    if not shutil.which("go") or not GO.is_dir():
        pytest.skip("golang-go and golang-github-varlink-go-dev are not installed")
    program = tmp_path / "certify"
    environment = clean_environment(GO111MODULE="off", GOPATH="/usr/share/gocode",
                                    GOCACHE=str(tmp_path / "cache"), GOFLAGS="-p=2")
    subprocess.run(["go", "build", "-o", program, "github.com/varlink/go/cmd/" + GO.name],
                   check=True, timeout=400, env=environment, cwd=tmp_path)
    done = subprocess.run([program, "-client", "-varlink", certification], capture_output=True,
                          text=True, timeout=60, env=clean_environment())
    assert "End: 'true'" in done.stdout, done.stdout
