"""Who may do what (design.md part 7), in both directions: what is permitted and what is refused.

Two small strategies: `open` is public, `closed` is for members. Every person in them has an
account, whose user number is PERSONS[key]; ROLES are the accounts with rights that were granted.
"""

import json
import uuid

import pytest

from harness import STRANGER, wait_until
from interface import Interface
from test_protocol import FILES
from varlink import INTERFACE, VarlinkError

pytestmark = pytest.mark.root  # it acts as several users

TRACKER = Interface(FILES[INTERFACE].read_text())
OVERFLOW = 65534
ROOT = 0
ROLES = {"reader": 55001, "manager": 55002, "auditor": 55003, "auditor of closed": 55004,
         "admin": 55005, "disabled": 55006, "reminder": 55007, "admin of open": 55008,
         "disabled admin": 55009, "no role": 55010, "mail": 55011}
PERSONS = {key: 55100 + n for n, key in enumerate((
    "own", "ended", "future", "grouped", "lead", "chair", "secretary", "seconded", "contact",
    "left", "termed", "reporter", "staff", "former-reporter", "group-reporter", "owner",
    "bystander"))}
ORGANISATIONS = ("agency", "ministry")


def person(key, *affiliations):
    return {"id": key, "name": f"Person {key}",
            "affiliations": [dict(zip(("organisation", "as", "from", "to"), item))
                             for item in affiliations]}


def group(key, members, aims=(), term_to=None):
    return {"id": key, "kind": "working_group", "names": {"en": f"Group {key}"},
            "aims": list(aims), "termTo": term_to, "members": members}


def node(code, kind, parent=None, *assignments, **more):
    return {"code": code, "kind": kind, "parent": parent, "titles": {"en": f"Node {code}"},
            "assignments": list(assignments), **more}


def member(role, **who):
    return {"role": role, **who}


def strategy(key, visibility):
    return {"key": key, "alias": key[0], "titles": {"en": f"The {key} one"}, "timeZone": "UTC",
            "language": "en", "visibility": visibility}


OPEN = {
    "format": "goald-import-1",
    "strategy": strategy("open", "public"),
    "organisations": [{"id": key, "names": {"en": key}} for key in ORGANISATIONS],
    "persons": [
        *(person(key) for key in PERSONS if "report" not in key and key != "staff"),
        person("reporter", ("agency", "reporter")),
        person("staff", ("agency", "member")),
        person("former-reporter", ("agency", "reporter", "2019", "2020")),
        person("group-reporter", ("ministry", "reporter")),
    ],
    "groups": [
        group("assigned", [
            member("member", person="grouped"), member("contact", person="contact"),
            member("secondment", person="seconded"),
            member("member", person="left", **{"from": "2019", "to": "2020"}),
            member("member", organisation="ministry")]),
        group("aimed", [
            member("lead", person="lead"), member("chair", person="chair"),
            member("secretary", person="secretary")], aims=["1.4"]),
        group("over", [member("member", person="termed")], aims=["1.4"], term_to="2020-12-31"),
    ],
    "nodes": [
        node("1", "priority"),
        node("1.1", "target", "1", member("contributor", person="own"),
             member("lead", person="ended", to="2020-12-31"),
             member("lead", person="future", **{"from": "2999"})),
        node("1.1.a", "deliverable", "1.1"),
        node("1.1.b", "initiative", "1.1", member("owner", person="owner")),
        node("1.1.b.1", "deliverable", "1.1.b"),
        node("1.1.c", "initiative", "1.1", member("owner", person="owner", to="2020")),
        node("1.1.d", "initiative", "1.1", member("partner", organisation="ministry")),
        node("1.2", "target", "1", member("lead", group="assigned")),
        node("1.3", "target", "1", member("lead", organisation="agency")),
        node("1.3.a", "deliverable", "1.3", serves=[{"node": "1.1"}]),
        node("1.4", "target", "1"),
    ],
}
CLOSED = {
    "format": "goald-import-1",
    "strategy": strategy("closed", "members"),
    "organisations": [{"id": "hidden", "names": {"en": "hidden"}}],
    "persons": [person("own")],
    "nodes": [node("1", "target", None, member("lead", person="own"),
                   member("partner", organisation="hidden"))],
    "updates": [{"id": "u", "node": "1", "date": "2024-01-01", "note": "Not for everybody"}],
}


@pytest.fixture(scope="module")
def imported(goald):
    """The daemon with both strategies and all accounts."""
    folder = goald.folder
    for document in (OPEN, CLOSED):
        path = folder / f"{document['strategy']['key']}.json"
        path.write_text(json.dumps(document))
        goald.goal("import", path).ok()
    for key, uid in PERSONS.items():
        goald.call("AddAccount", uid=uid, person=key)
    for uid in ROLES.values():
        goald.call("AddAccount", uid=uid)
    grants = [("reader", "reader", "closed"), ("manager", "manager", "open"),
              ("auditor", "auditor", None), ("auditor of closed", "auditor", "closed"),
              ("admin", "admin", None), ("reminder", "reminder", None),
              ("mail", "mail", None),
              ("disabled", "manager", "open"), ("admin of open", "admin", "open"),
              ("disabled admin", "admin", None)]
    for name, role, key in grants:
        goald.call("GrantRole", uid=ROLES[name], role=role, strategy=key)
    goald.call("DisableAccount", uid=ROLES["disabled"])
    goald.call("DisableAccount", uid=ROLES["disabled admin"])
    return goald


def asked(daemon, method, who, /, **parameters):
    """The error's name and parameters, or None and the replies."""
    try:
        if method.startswith(("List", "Check", "Claim")):
            return None, daemon.stream(method, as_uid=who, **parameters)
        return None, [daemon.call(method, as_uid=who, **parameters)]
    except VarlinkError as error:
        return error.name.split(".")[-1], error.parameters


def refusal(daemon, method, who, /, **parameters):
    return asked(daemon, method, who, **parameters)[0]


# --- method × role


EVERYBODY = {"root", "stranger", "overflow", *PERSONS,
             *(name for name in ROLES if not name.startswith("disabled"))}
REGISTRY_READERS = {"root", "auditor", "admin"}
ADMINS = {"root", "admin"}
# Who may report on something in the strategy "open".
CONTRIBUTORS = {"own", "owner", "grouped", "lead", "chair", "secretary", "reporter",
                "group-reporter"}
AUDITORS = {"root", "auditor", "admin", "admin of open"}  # of the open strategy
REMINDERS = {"root", "admin", "admin of open", "reminder"}
DIGESTS = {"root", "admin", "reminder"}  # everywhere
RUN = "3f0e9b52-54a1-4f0a-9b1e-6f2d3c4b5a69"
MANAGERS_OF_ANY = {"root", "admin", "admin of open", "manager"}
UIDS = {"root": ROOT, "stranger": STRANGER, "overflow": OVERFLOW, **ROLES, **PERSONS}
# A call of each method that changes nothing, and who may make it. All others get NotPermitted.
MATRIX = {
    "Ping": ({}, set(UIDS)),
    "WhoAmI": ({}, set(UIDS)),
    "GetServerStatus": ({}, REGISTRY_READERS),
    "ListStrategies": ({}, EVERYBODY),
    "GetStatus": ({"strategy": "open", "code": "1.1"}, EVERYBODY),
    "ListTree": ({"strategy": "open"}, EVERYBODY),
    "ListNodes": ({"strategy": "open"}, EVERYBODY),
    "ListDue": ({"strategy": "open"}, EVERYBODY),
    "CheckStrategy": ({"strategy": "open"}, EVERYBODY),
    "ListTasks": ({}, EVERYBODY),
    "GetNode": ({"strategy": "open", "code": "1.1"}, EVERYBODY),
    "ListUpdates": ({"strategy": "open", "code": "1.1"}, EVERYBODY),
    "ExplainStatus": ({"strategy": "open", "code": "1.1"}, EVERYBODY),
    "ListChanges": ({"strategy": "open", "from": "2024", "to": "2025"}, EVERYBODY),
    "ExportStrategy": ({"strategy": "open"}, REGISTRY_READERS | {"manager", "admin of open"}),
    "ListDrafts": ({"strategy": "open"}, EVERYBODY),
    "SubmitDraft": ({"strategy": "open", "draft": 1}, EVERYBODY), # of one's own
    "DropDraft": ({"strategy": "open", "draft": 1}, EVERYBODY), # of one's own
    "AcceptUpdate": ({"strategy": "open", "updateId": 999_999}, {"manager"}),
    "ReturnUpdate": ({"strategy": "open", "updateId": 999_999, "note": "x"}, {"manager"}),
    "ListObservations": ({"strategy": "open", "code": "1.1"}, EVERYBODY),
    "ListJournal": ({"strategy": "open", "limit": 1}, EVERYBODY),
    "ListGroups": ({"strategy": "open"}, EVERYBODY),
    "GetGroup": ({"strategy": "open", "key": "assigned"}, EVERYBODY),
    "ListPartnership": ({"strategy": "open", "key": "assigned"}, EVERYBODY),
    "ListRoles": ({"kind": "organisation", "key": "agency"}, EVERYBODY),
    "ListOrganisations": ({}, EVERYBODY),
    "GetOrganisation": ({"key": "agency"}, EVERYBODY),
    "ListPersons": ({}, EVERYBODY),
    "GetPerson": ({"key": "own"}, EVERYBODY),
    "VerifyJournal": ({"strategy": "open"}, {*AUDITORS, "manager"}),
    "SubscribeEvents": ({"strategy": "open", "since": -1}, EVERYBODY),
    "ExportJournal": ({"strategy": "open"}, {*AUDITORS, "manager"}),
    "RestoreBegin": ({"header": {"format": "", "strategy": 0, "key": "", "seq": 0, "hash": "",
                                 "registrySeq": 0, "registryHash": ""}}, ADMINS),
    "RestoreChunk": ({"restore": "none", "entries": []}, ADMINS),
    "RestoreCommit": ({"restore": "none"}, ADMINS),
    "SubmitUpdate": ({"strategy": "open", "code": "1.1", "percent": 101},
                     {"manager", "own"}),
    "HandInUpdate": ({"token": "none", "from": "", "entries": []}, {"mail"}),
    "ImportBegin": ({"strategy": "open", "requestId": "no UUID"},
                    {"root", "admin", "admin of open", "manager", *CONTRIBUTORS}),
    "ImportChunk": ({"import": "none", "part": "nodes", "first": 0, "records": []}, EVERYBODY),
    "ImportCommit": ({"import": "none"}, EVERYBODY),
    "AddNode": ({"strategy": "open", "kind": "need", "titles": {}}, {"manager"}),
    "ChangeNode": ({"strategy": "open", "code": "1.1", "weight": -1}, {"manager"}),
    "RemoveNode": ({"strategy": "open", "code": "1.1"}, {"manager"}),
    "CloseNode": ({"strategy": "open", "code": "1.1.a", "how": "lost"}, {"manager", "own"}),
    "ReopenNode": ({"strategy": "open", "code": "1.1", "reason": "x"}, {"manager"}),
    "AttachEvidence": ({"strategy": "open", "code": "1.1", "evidence": []}, {"manager", "own"}),
    "SetContribution": ({"strategy": "open", "code": "1.1", "serves": "x"}, {"manager"}),
    "RemoveContribution": ({"strategy": "open", "code": "1.1", "serves": "x"}, {"manager"}),
    "AssignRole": ({"strategy": "open", "code": "1.1", "role": "owner", "holder": "x"},
                   {"manager"}),
    "EndAssignment": ({"strategy": "open", "code": "1.1", "role": "owner", "holder": "x"},
                      {"manager"}),
    "AddLink": ({"strategy": "open", "code": "1.1", "type": "page", "url": "x"}, {"manager"}),
    "RemoveLink": ({"strategy": "open", "code": "1.1", "url": "x"}, {"manager"}),
    "AddRelation": ({"strategy": "open", "code": "1.1", "kind": "x"}, {"manager"}),
    "RemoveRelation": ({"strategy": "open", "code": "1.1", "kind": "x"}, {"manager"}),
    "RecordReview": ({"strategy": "open", "code": "1.1", "every": "x"}, {"manager"}),
    "RecordObservation": ({"strategy": "open", "code": "1.1", "value": 1}, {"manager", "own"}),
    "NudgeNode": ({"strategy": "open", "code": "1.1", "message": ""}, {"manager"}),
    "SetReminderRule": ({"strategy": "open", "rule": "x"}, {"manager"}),
    "ListReminderRules": ({"strategy": "open"}, EVERYBODY),
    "ChangeStrategy": ({"strategy": "open", "cadence": 0}, {"manager"}),
    "AddOrganisation": ({"key": "a:b", "names": {}}, MANAGERS_OF_ANY),
    "ChangeOrganisation": ({"key": "nobody"}, ADMINS),
    "AddPerson": ({"key": "a:b"}, MANAGERS_OF_ANY),
    "ChangePerson": ({"key": "nobody"}, ADMINS),
    "ForgetPerson": ({"key": "nobody"}, ADMINS),
    "AddAffiliation": ({"person": "nobody", "organisation": "agency", "as": "member"}, ADMINS),
    "EndAffiliation": ({"person": "nobody", "organisation": "agency"}, ADMINS),
    "PutCalendar": ({"key": "SE", "days": []}, ADMINS),
    "RemoveCalendar": ({"key": "nothing"}, ADMINS),
    "ListCalendars": ({}, EVERYBODY),
    "ListCalendar": ({"strategy": "open"}, EVERYBODY),
    "ListHolidays": ({"calendar": "SE"}, EVERYBODY),
    "AddGroup": ({"strategy": "open", "key": "assigned", "kind": "network", "name": "x"},
                 {"manager"}),
    "ChangeGroup": ({"strategy": "open", "key": "nothing"}, {"manager"}),
    "RemoveGroup": ({"strategy": "open", "key": "nothing"}, {"manager"}),
    "AddMember": ({"strategy": "open", "group": "nothing", "role": "lead", "person": "own"},
                  {"manager"}),
    "EndMembership": ({"strategy": "open", "group": "nothing", "person": "own"}, {"manager"}),
    "AddAim": ({"strategy": "open", "code": "1.1", "group": "nothing"}, {"manager"}),
    "RemoveAim": ({"strategy": "open", "code": "1.1", "group": "nothing"}, {"manager"}),
    "ListDrafts": ({"strategy": "open"}, EVERYBODY),
    "SubmitDraft": ({"strategy": "open", "draft": 1}, EVERYBODY),
    "DropDraft": ({"strategy": "open", "draft": 1}, EVERYBODY),
    "AcceptUpdate": ({"strategy": "open", "updateId": 1}, {"manager"}),
    "ReturnUpdate": ({"strategy": "open", "updateId": 1, "note": "x"}, {"manager"}),
    "ClaimReminders": ({"run": RUN}, REMINDERS),
    "ListReminders": ({"strategy": "open"}, EVERYBODY),
    "SettleReminders": ({"run": RUN, "letter": "none", "outcome": "sent"}, REMINDERS),
    "RetryReminder": ({"id": 999_999}, {*REMINDERS, "manager"}),
    "Subscribe": ({"address": "x", "topics": [], "frequency": "daily"}, EVERYBODY),
    "ListSubscriptions": ({}, EVERYBODY),
    "ConfirmSubscription": ({"token": "x"}, EVERYBODY),
    "ChangeSubscription": ({"token": "x"}, EVERYBODY),
    "Unsubscribe": ({"token": "x"}, EVERYBODY),
    "ClaimDigests": ({"run": "no UUID"}, DIGESTS),
    "SettleDigests": ({"run": RUN, "letter": "none", "outcome": "lost"}, DIGESTS),
    "ListAccounts": ({}, REGISTRY_READERS),
    "AddAccount": ({"uid": OVERFLOW}, ADMINS),
    "GrantRole": ({"uid": 59999, "role": "reader"}, ADMINS),
    "RevokeRole": ({"uid": 59999, "role": "reader"}, ADMINS),
    "DisableAccount": ({"uid": 59999}, ADMINS),
}


def test_matrix_has_every_method():
    assert set(MATRIX) == set(TRACKER.methods)


@pytest.mark.parametrize("method", MATRIX)
def test_method_is_for_these_and_nobody_else(imported, method):
    parameters, expected = MATRIX[method]
    permitted = {name for name, uid in UIDS.items()
                 if refusal(imported, method, uid, **parameters) != "NotPermitted"}
    assert permitted == expected


@pytest.mark.parametrize("method", ["SubmitUpdate", "ListAccounts", "GrantRole", "ImportBegin"])
def test_refusal_says_what_is_needed(imported, method):
    error, told = asked(imported, method, STRANGER, **MATRIX[method][0])
    assert error == "NotPermitted"
    assert TRACKER.faults(TRACKER.errors[error], told) == []
    assert told["method"] == f"{INTERFACE}.{method}"
    assert told["needed"]


def test_registrys_journal_is_for_auditors_and_admins(imported):
    permitted = {name for name, uid in UIDS.items()
                 if refusal(imported, "ListJournal", uid, strategy=".", limit=1) is None}
    assert permitted == REGISTRY_READERS


def test_every_use_of_an_admins_right_is_in_the_registrys_journal(imported):
    imported.call("AddAccount", as_uid=ROLES["admin"], uid=55900)
    newest = imported.stream("ListJournal", strategy=".", limit=1)[0]
    assert (newest["entity"], newest["action"]) == ("account", "put")
    assert newest["account"].endswith(f":{ROLES['admin']}")
    assert newest["payload"]["uid"] == 55900


def test_daemons_own_user_is_an_admin(imported):
    lines = open(f"/proc/{imported.process.pid}/status").read().splitlines()
    uid = int(next(line for line in lines if line.startswith("Uid:")).split()[1])
    assert uid != ROOT
    assert imported.call("WhoAmI", as_uid=uid)["builtinAdmin"] is True
    assert refusal(imported, "ListAccounts", uid) is None


def test_disabled_account_is_told_so(imported):
    for parameters in ({"strategy": "open"}, {"strategy": "closed"}, {"strategy": "nothing"}, {}):
        error, told = asked(imported, "GetStatus", ROLES["disabled"], **parameters)
        assert (error, told["needed"]) == ("NotPermitted", "an account that is not disabled")
        assert told.get("strategy") is None


def test_enabled_account_may_act_again(imported):
    imported.call("AddAccount", uid=55901)
    imported.call("DisableAccount", uid=55901)
    assert refusal(imported, "ListStrategies", 55901) == "NotPermitted"
    assert imported.call("WhoAmI", as_uid=55901)["disabled"] is True
    imported.call("DisableAccount", uid=55901, disabled=False)
    assert refusal(imported, "ListStrategies", 55901) is None


# --- contributors


@pytest.mark.parametrize("key, code, may", [
    ("own", "1.1", True),
    ("own", "1.1.a", True),            # below, nobody owns it
    ("own", "1.1.b", False),           # somebody else owns it
    ("own", "1.1.b.1", False),         # and what is below it
    ("own", "1.1.c", True),            # its owner's term has ended
    ("own", "1.1.d", True),            # a partner is no owner
    ("own", "1", False),               # above
    ("own", "", False),
    ("own", "1.2", False),             # beside
    ("own", "1.3.a", False),           # it serves 1.1, but is not below it
    ("owner", "1.1.b", True),
    ("owner", "1.1.b.1", True),
    ("owner", "1.1", False),
    ("owner", "1.1.c", False),         # no longer
    ("ended", "1.1", False),
    ("future", "1.1", False),
    ("grouped", "1.2", True),          # member of the group that is assigned
    ("contact", "1.2", False),         # no role that reports
    ("seconded", "1.2", False),
    ("left", "1.2", False),
    ("group-reporter", "1.2", True),   # reports for an organisation in that group
    ("group-reporter", "1.1.d", True),  # and for one that is assigned
    ("group-reporter", "1.1", False),
    ("reporter", "1.3", True),         # reports for the organisation that is assigned
    ("reporter", "1.3.a", True),
    ("staff", "1.3", False),           # affiliated, but not to report
    ("former-reporter", "1.3", False),
    ("lead", "1.4", True),             # of the group that is aimed at it
    ("chair", "1.4", True),
    ("secretary", "1.4", True),
    ("lead", "1.2", False),
    ("termed", "1.4", False),          # the group's term has ended
    ("bystander", "1.1", False),
])
def test_contributor_by_duty(imported, key, code, may):
    error = refusal(imported, "SubmitUpdate", PERSONS[key], strategy="open", code=code,
                    note=f"from {key}")
    assert error == (None if may else "NotPermitted")


def test_contributor_closes_the_work_he_reports_on(imported):
    def call(who, method, code, **parameters):
        return refusal(imported, method, UIDS[who], strategy="open", code=code, **parameters)

    assert call("grouped", "CloseNode", "1.1.a", how="achieved") == "NotPermitted"  # not his
    assert call("own", "CloseNode", "1.1.b", how="achieved") == "NotPermitted"  # another's
    assert call("own", "CloseNode", "1.1", how="achieved") == "NotPermitted"  # an outcome
    assert call("own", "CloseNode", "1.1.a", how="achieved", date="2024-01-01") is None
    assert call("own", "AttachEvidence", "1.1.a", evidence=["https://example.org/a"]) is None
    assert call("grouped", "AttachEvidence", "1.1.a",
                evidence=["https://example.org/b"]) == "NotPermitted"
    assert call("own", "CloseNode", "1.1.a", how="missed") == "NotPermitted"  # it is closed
    assert call("own", "ReopenNode", "1.1.a", reason="x") == "NotPermitted"
    assert call("manager", "CloseNode", "1.1", how="missed") is None
    assert call("own", "AttachEvidence", "1.1", evidence=["https://example.org/a"]) is None
    assert call("manager", "ReopenNode", "1.1", reason="a test") is None
    assert call("manager", "ReopenNode", "1.1.a", reason="a test") is None


def test_contributor_observes_his_indicators(imported):
    imported.call("AddNode", as_uid=ROLES["manager"], strategy="open", newCode="1.1.i",
                  kind="indicator", parent="1.1", title="Measured")
    call = {"strategy": "open", "code": "1.1.i", "value": 3}
    assert refusal(imported, "RecordObservation", PERSONS["own"], **call) is None
    assert refusal(imported, "RecordObservation", PERSONS["grouped"], **call) == "NotPermitted"
    assert refusal(imported, "CloseNode", PERSONS["own"], strategy="open", code="1.1.i",
                   how="achieved") == "NotPermitted"


def test_what_makes_up_a_strategy_is_not_a_contributors(imported):
    """Not even of what is theirs, nor the manager's of another strategy."""
    for method, parameters in (("AddNode", {"kind": "need", "title": "x"}),
                               ("ChangeNode", {"code": "1.1.a", "weight": 2}),
                               ("RemoveNode", {"code": "1.1.a"}),
                               ("SetContribution", {"code": "1.1.a", "serves": "1.2"}),
                               ("AssignRole", {"code": "1.1", "role": "owner",
                                               "holder": "person:own"}),
                               ("RecordReview", {"code": "1.1"}),
                               ("ChangeStrategy", {"cadence": 3})):
        assert refusal(imported, method, PERSONS["own"], strategy="open",
                       **parameters) == "NotPermitted"
        assert refusal(imported, method, ROLES["manager"], strategy="closed",
                       **parameters) == "NoSuchStrategy"


def test_contributors_update_is_in_his_name(imported):
    reply = imported.call("SubmitUpdate", as_uid=PERSONS["own"], strategy="open", code="1.1",
                          note="mine")
    newest = imported.stream("ListUpdates", strategy="open", code="1.1", limit=1)[0]["update"]
    assert (newest["id"], newest["author"]) == (reply["updateId"], "Person own")


@pytest.mark.parametrize("key, codes", [
    ("own", ["c:1", "o:1.1"]), ("grouped", ["o:1.2"]), ("lead", ["o:1.4"]),
    ("reporter", ["o:1.3"]), ("group-reporter", ["o:1.1.d", "o:1.2"]),
    ("ended", []), ("termed", []), ("bystander", []),
])
def test_whoami_tells_what_one_reports_on(imported, key, codes):
    told = imported.call("WhoAmI", as_uid=PERSONS[key])
    readable = {line["alias"] for line in imported.stream("ListStrategies",
                                                             as_uid=PERSONS[key])}
    assert sorted(told["reportsOn"]) == [code for code in codes if code.split(":")[0] in readable]
    assert (told["person"], told["name"]) == (key, f"Person {key}")


def test_contributors_right_ends_with_his_account(imported):
    imported.call("AddAccount", uid=55902, realm="elsewhere", person="own")
    assert refusal(imported, "SubmitUpdate", 55902, strategy="open", code="1.1", note="x"
                   ) == "NotPermitted", "another realm's user number"


# --- a strategy for members only


CLOSED_READERS = {"root", "reader", "auditor", "auditor of closed", "admin"}
STRATEGY_METHODS = ["GetStatus", "ListTree", "ListNodes", "ListDue", "GetNode", "ListUpdates",
                    "CheckStrategy", "ListJournal", "ListGroups"]


@pytest.mark.parametrize("name", ["closed", "c"])
@pytest.mark.parametrize("method", STRATEGY_METHODS)
def test_closed_strategy_is_not_there_for_others(imported, method, name):
    answers = {who: refusal(imported, method, uid, strategy=name) for who, uid in UIDS.items()
               if who in ROLES or who in ("root", "stranger", "overflow", "bystander")}
    expected = {who: None if who in CLOSED_READERS else
                "NotPermitted" if who.startswith("disabled") else "NoSuchStrategy"
                for who in answers}
    assert answers == expected


@pytest.mark.parametrize("method", [*STRATEGY_METHODS, "SubmitUpdate"])
def test_closed_strategy_is_refused_as_one_that_does_not_exist(imported, method):
    more = {"code": "1", "note": "x"} if method == "SubmitUpdate" else {}
    _, closed = asked(imported, method, STRANGER, strategy="closed", **more)
    _, nothing = asked(imported, method, STRANGER, strategy="nothing", **more)
    assert closed == {"strategy": "closed"}
    assert nothing == {"strategy": "nothing"}


def test_closed_strategy_is_read_by_who_has_a_duty_in_it(imported):
    own = PERSONS["own"]
    assert imported.call("GetStatus", as_uid=own, strategy="closed")["strategy"] == "closed"
    assert refusal(imported, "SubmitUpdate", own, strategy="closed", code="1", note="mine") is None
    assert "c:1" in imported.call("WhoAmI", as_uid=own)["reportsOn"]
    assert refusal(imported, "GetStatus", PERSONS["bystander"], strategy="closed"
                   ) == "NoSuchStrategy"


def test_who_takes_part_in_a_closed_strategy_is_not_told(imported):
    for who in (STRANGER, ROLES["manager"]):
        assert asked(imported, "ListNodes", who, strategy="open", holder=["hidden"]
                     ) == ("NoSuchKey", {"key": "hidden"})
    assert refusal(imported, "ListNodes", ROLES["reader"], strategy="closed", holder=["hidden"]
                   ) is None
    assert refusal(imported, "ListNodes", STRANGER, strategy="open", holder=["agency"]) is None


def test_code_of_a_closed_strategy_is_not_told(imported):
    for code in ("1", "99"):
        assert asked(imported, "GetStatus", STRANGER, strategy="closed", code=code
                     ) == ("NoSuchStrategy", {"strategy": "closed"})


def test_import_into_a_closed_strategy_is_refused_as_into_a_new_one(imported):
    _, closed = asked(imported, "ImportBegin", STRANGER, strategy="closed")
    _, nothing = asked(imported, "ImportBegin", STRANGER, strategy="nothing")
    assert {**closed, "strategy": None} == {**nothing, "strategy": None}


def test_closed_strategy_is_listed_for_its_readers_only(imported):
    def listed(uid):
        return [line["strategy"] for line in imported.stream("ListStrategies", as_uid=uid)]

    assert listed(STRANGER) == ["open"]
    assert listed(ROLES["manager"]) == ["open"]
    assert listed(OVERFLOW) == ["open"]
    assert listed(ROLES["reader"]) == ["closed", "open"]
    assert listed(ROLES["auditor"]) == ["closed", "open"]


def test_strategy_left_out_is_the_only_one_that_the_caller_reads(imported):
    assert imported.call("GetStatus", as_uid=STRANGER)["strategy"] == "open"
    assert asked(imported, "GetStatus", ROLES["reader"]
                 ) == ("StrategyNeeded", {"strategies": ["closed", "open"]})


def test_error_about_strategies_names_none_that_is_closed(imported):
    document = {**CLOSED, "strategy": strategy("second", "public"), "updates": []}
    path = imported.folder / "second.json"
    path.write_text(json.dumps(document))
    imported.goal("import", path).ok()
    try:
        assert asked(imported, "GetStatus", STRANGER
                     ) == ("StrategyNeeded", {"strategies": ["open", "second"]})
    finally:
        set_visibility(imported, "second", "members")
    assert imported.call("GetStatus", as_uid=STRANGER)["strategy"] == "open"


def test_whoami_names_no_closed_strategy(imported):
    for key in ("bystander", "lead"):
        told = json.dumps(imported.call("WhoAmI", as_uid=PERSONS[key]))
        assert "closed" not in told


def set_visibility(daemon, key, visibility):
    path = daemon.folder / f"{key}-{visibility}.json"
    path.write_text(json.dumps({"format": "goald-import-1", "strategy": strategy(key, visibility)}))
    daemon.goal("import", path).ok()


def test_reader_may_not_change_anything(imported):
    reader = ROLES["reader"]
    assert refusal(imported, "SubmitUpdate", reader, strategy="closed", code="1", note="x"
                   ) == "NotPermitted"
    assert refusal(imported, "ImportBegin", reader, strategy="closed") == "NotPermitted"


def test_manager_of_one_strategy_is_nobody_in_another(imported):
    manager = ROLES["manager"]
    assert refusal(imported, "SubmitUpdate", manager, strategy="open", code="1.4", note="x"
                   ) is None
    assert refusal(imported, "SubmitUpdate", manager, strategy="closed", code="1", note="x"
                   ) == "NoSuchStrategy"


# --- the overflow user


def test_overflow_user_is_a_stranger(imported):
    told = imported.call("WhoAmI", as_uid=OVERFLOW)
    assert (told["account"], told["builtinAdmin"], told["grants"]) == (None, False, [])


def test_overflow_user_can_have_no_account(imported):
    assert asked(imported, "AddAccount", ROOT, uid=OVERFLOW)[1]["field"] == "uid"
    assert refusal(imported, "GrantRole", ROOT, uid=OVERFLOW, role="admin") in (
        "InvalidValue", "NoSuchAccount")


def test_overflow_user_is_no_admin_even_where_goald_runs_as_it(make_daemon):
    daemon = make_daemon({"user": "nobody"})
    try:
        daemon.start()
        assert daemon.call("WhoAmI")["builtinAdmin"] is True, "root"
        assert daemon.call("WhoAmI", as_uid=OVERFLOW)["builtinAdmin"] is False
        assert refusal(daemon, "ListAccounts", OVERFLOW) == "NotPermitted"
    finally:
        daemon.close()


# --- cached replies


def test_who_reminds_sees_what_goes_out_of_a_strategy_for_members(imported):
    sender = ROLES["reminder"]
    assert refusal(imported, "ListReminders", sender, strategy="closed") is None
    assert refusal(imported, "ListReminders", sender, strategy="closed", code="1") is None
    name, parameters = asked(imported, "ListReminders", sender)
    assert name == "StrategyNeeded" and {"closed", "open"} <= set(parameters["strategies"])
    for who in (STRANGER, PERSONS["bystander"], ROLES["manager"], ROLES["mail"]):
        assert refusal(imported, "ListReminders", who, strategy="closed") == "NoSuchStrategy"
    for method in ("GetStatus", "ListNodes", "ListReminderRules", "ListJournal"):
        assert refusal(imported, method, sender, strategy="closed") == "NoSuchStrategy"


ASKED_TWICE = [("GetStatus", {"strategy": "closed", "code": "1"}),
               ("GetNode", {"strategy": "closed", "code": "1"}),
               ("GetStatus", {"strategy": "c"})]


@pytest.mark.parametrize("method, parameters", ASKED_TWICE)
def test_cached_reply_is_not_for_another(imported, method, parameters):
    for _ in range(2):  # the second one is cached
        assert refusal(imported, method, ROLES["reader"], **parameters) is None
        assert refusal(imported, method, ROOT, **parameters) is None
    hits = imported.call("GetServerStatus")["cacheHits"]
    assert refusal(imported, method, ROLES["reader"], **parameters) is None
    assert imported.call("GetServerStatus")["cacheHits"] == hits + 1
    assert refusal(imported, method, STRANGER, **parameters) == "NoSuchStrategy"
    assert refusal(imported, method, OVERFLOW, **parameters) == "NoSuchStrategy"
    assert refusal(imported, method, ROLES["disabled"], **parameters) == "NotPermitted"


def test_cached_reply_ends_with_the_right(imported):
    uid, reader = 55903, {"uid": 55903, "role": "reader", "strategy": "closed"}
    imported.call("AddAccount", uid=uid)
    with imported.connect(uid=uid) as connection:
        def readable():
            connection.send_call("GetStatus", {"strategy": "closed"})
            return "error" not in connection.recv()

        for _ in range(2):
            assert not readable()
            imported.call("GrantRole", **reader)
            assert [readable() for _ in range(3)] == [True] * 3
            imported.call("RevokeRole", **reader)
            assert [readable() for _ in range(2)] == [False] * 2


def test_cached_reply_ends_with_the_account(imported):
    uid = 55904
    imported.call("AddAccount", uid=uid)
    with imported.connect(uid=uid) as connection:
        for _ in range(3):
            assert connection.call("GetStatus", strategy="open", code="1")["code"] == "1"
        imported.call("DisableAccount", uid=uid)
        with pytest.raises(VarlinkError, match="NotPermitted"):
            connection.call("GetStatus", strategy="open", code="1")


def test_cached_public_reply_ends_with_the_visibility(new_goald):
    daemon = new_goald().start()
    set_visibility(daemon, "open", "public")
    for uid in (STRANGER, ROOT, STRANGER):
        assert refusal(daemon, "GetStatus", uid, strategy="open") is None
    set_visibility(daemon, "open", "members")
    assert refusal(daemon, "GetStatus", STRANGER, strategy="open") == "NoSuchStrategy"
    assert refusal(daemon, "GetStatus", ROOT, strategy="open") is None
    set_visibility(daemon, "open", "public")
    assert refusal(daemon, "GetStatus", STRANGER, strategy="open") is None


@pytest.mark.parametrize("parameters", [{}, {"strategy": None}, {"strategy": ""}])
def test_cached_reply_without_a_strategy_depends_on_who_reads_what(new_goald, parameters):
    daemon = new_goald().start()
    set_visibility(daemon, "closed", "members")
    set_visibility(daemon, "open", "public")
    for _ in range(2):
        assert daemon.call("GetStatus", as_uid=STRANGER, **parameters)["strategy"] == "open"
        assert refusal(daemon, "GetStatus", ROOT, **parameters) == "StrategyNeeded"
    set_visibility(daemon, "closed", "public")
    assert refusal(daemon, "GetStatus", STRANGER, **parameters) == "StrategyNeeded"


def test_numbers_do_not_depend_on_who_asks(imported):
    replies = [imported.call("GetStatus", as_uid=uid, strategy="open", code="1.1")
               for uid in (ROOT, STRANGER, PERSONS["own"], ROLES["manager"])]
    assert replies == [replies[0]] * 4


# --- request ids


def test_request_id_of_one_account_is_not_anothers(imported):
    update = {"strategy": "open", "code": "1.1", "note": "same id", "requestId": str(uuid.uuid4())}
    first = imported.call("SubmitUpdate", as_uid=PERSONS["own"], **update)
    other = imported.call("SubmitUpdate", as_uid=ROLES["manager"], **update)
    assert first["updateId"] != other["updateId"]


def test_import_of_one_user_is_not_anothers(imported):
    begun = imported.call("ImportBegin", strategy="open")
    for uid in (STRANGER, ROLES["manager"], ROLES["admin"]):
        assert refusal(imported, "ImportCommit", uid, **begun) == "NoSuchImport"
        assert refusal(imported, "ImportChunk", uid, **begun, part="nodes", first=0, records=[]
                       ) == "NoSuchImport"


def test_manager_imports_into_his_strategy(imported):
    path = imported.folder / "again.json"
    path.write_text(json.dumps(OPEN))
    path.chmod(0o644)
    imported.goal("import", path, uid=ROLES["manager"]).ok()
    wait_until(lambda: imported.call("GetServerStatus")["imports"] <= 1)


def test_log_does_not_tell_whom_another_strategy_hides(imported):
    document = {"format": "goald-import-1", "strategy": strategy("vault", "members"),
                "persons": [person("insider")],
                "nodes": [node("1", "target", None, member("lead", person="insider"))]}
    path = imported.folder / "vault.json"
    path.write_text(json.dumps(document))
    imported.goal("import", path).ok()
    for who in (ROLES["manager"], ROLES["auditor of closed"], STRANGER):
        for key in ("insider", "nobody"):
            assert asked(imported, "ListJournal", who, strategy="open", account=key
                         ) == ("NoSuchKey", {"key": key})
    assert refusal(imported, "ListJournal", ROLES["auditor"], strategy="open",
                   account="insider") is None


def test_closed_strategy_is_not_told_while_another_cannot_be_loaded(new_goald, tmp_path):
    goald = new_goald().start()
    for document in (OPEN, CLOSED):
        path = tmp_path / "document.json"
        path.write_text(json.dumps(document))
        goald.goal("import", path).ok()
    goald.psql("UPDATE goald.node SET parent_id = 9999 WHERE strategy_id = 1 AND key = '1.1'")
    goald.stop()
    goald.spawn()
    wait_until(lambda: "open: cannot be loaded" in goald.log() and
               refusal(goald, "GetStatus", ROOT, strategy="closed") is None)
    for key in ("closed", "nowhere"):
        assert refusal(goald, "ImportBegin", STRANGER, strategy=key) == "Unavailable"
