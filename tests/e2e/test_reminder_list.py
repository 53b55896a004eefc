"""ListReminders and goal remind --list: what was sent, failed, is due and to come, and why somebody
gets nothing; and who may see that."""

import datetime
import json

import pytest

from database import new_id
from harness import STRANGER
from varlink import VarlinkError

pytestmark = pytest.mark.root  # it acts as several users

TODAY = datetime.datetime.now(datetime.timezone.utc).date()
ANNA, BO, EVA, MANAGER, AUDITOR, REMINDER, LONE = range(57001, 57008)


def day(days):
    return (TODAY + datetime.timedelta(days=days)).isoformat()


def node(code, due, *assignments, **more):
    return {"code": code, "kind": "target", "due": due, "titles": {"en": f"Node {code}"},
            "assignments": list(assignments), **more}


def role(name, **who):
    return {"role": name, **who}


PLAN = {
    "format": "goald-import-1",
    "strategy": {"key": "plan", "alias": "p", "titles": {"en": "The plan"}, "timeZone": "UTC",
                 "language": "en", "visibility": "public"},
    "organisations": [{"id": "agency", "names": {"en": "Agency"}}],
    "persons": [
        {"id": "anna", "name": "Anna Berg", "email": "anna@example.org"},
        {"id": "bo", "name": "Bo Ek", "email": "bo@example.org"},
        {"id": "eva", "name": "Eva Dahl"},
        {"id": "maya", "name": "Maya Lind", "email": "maya@example.org"},
    ],
    "groups": [
        {"id": "g", "kind": "working_group", "names": {"en": "Group g"}, "aims": ["3"],
         "members": [role("lead", person="bo"), role("secretary", person="anna"),
                     role("member", person="eva")]},
    ],
    "nodes": [
        node("1", day(7), role("owner", person="anna"), role("contributor", person="bo"),
             role("lead", person="bo", to=day(-1))),
        node("2", day(20), role("owner", person="bo"), role("lead", person="eva")),
        node("3", day(10)),
        node("4", day(5), role("owner", organisation="agency")),
        node("5", day(5), role("owner", person="anna")),
    ],
    "closings": [{"node": "5", "date": day(-10), "how": "dropped"}],
}


@pytest.fixture(scope="module")
def daemon(goald):
    path = goald.folder / "plan.json"
    path.write_text(json.dumps(PLAN))
    goald.goal("import", path).ok()
    for uid, person in ((ANNA, "anna"), (BO, "bo"), (EVA, "eva"), (MANAGER, "maya")):
        goald.call("AddAccount", uid=uid, person=person)
    goald.grant(MANAGER, "manager", "plan")
    goald.grant(AUDITOR, "auditor", "plan")
    goald.grant(REMINDER, "reminder", "plan")
    return goald


def reminders(daemon, uid=MANAGER, **parameters):
    replies = daemon.stream("ListReminders", as_uid=uid, strategy="plan", **parameters)
    return [reply["reminder"] for reply in replies if reply]


def told(found):
    return [(one["code"], one["rule"], one["step"], one["status"], one["recipient"], one["why"])
            for one in found if one["status"] != "none"]


def left_out(found):
    return {(one["recipient"] or one["rule"], one["reason"]) for one in found
            if one["status"] == "none"}


def test_what_is_due_and_to_come_is_listed_by_day(daemon):
    assert told(reminders(daemon, days=10)) == [
        ("1", "due", 7, "due", "person:anna", "owner"),
        ("2", "due", 30, "due", "person:bo", "owner"),
        ("3", "due", 14, "due", "person:bo", "aim"),
        ("4", "due", 7, "due", "person:maya", "unreached"),
        ("3", "due", 7, "to_come", "person:bo", "aim"),
        ("4", "due", 1, "to_come", "person:maya", "unreached"),
        ("4", "due", 0, "to_come", "person:maya", "unreached"),
        ("1", "due", 1, "to_come", "person:anna", "owner"),
        ("2", "due", 14, "to_come", "person:bo", "owner"),
        ("1", "due", 0, "to_come", "person:anna", "owner"),
        ("3", "due", 1, "to_come", "person:bo", "aim"),
        ("3", "due", 0, "to_come", "person:bo", "aim"),
    ]


def test_node_tells_who_is_left_out_and_why(daemon):
    assert left_out(reminders(daemon, code="1")) == {("person:bo", "other_role")}
    assert left_out(reminders(daemon, code="2")) == {("person:eva", "no_address")}
    assert left_out(reminders(daemon, code="3")) == set()
    assert left_out(reminders(daemon, code="4")) == {("organisation:agency", "no_address")}
    assert left_out(reminders(daemon, code="5")) == {(None, "closed")}


def test_person_is_told_why_they_are_not(daemon):
    found = reminders(daemon, person="anna", days=400)
    assert {one["recipient"] for one in found} == {"person:anna"}
    assert {(one["code"], one["reason"]) for one in found if one["status"] == "none"} == {
        ("3", "lead_told"), ("5", "closed")}
    found = reminders(daemon, person="eva")
    assert {(one["code"], one["reason"]) for one in found} == {
        ("2", "no_address"), ("3", "other_seat")}


def test_others_see_only_what_goes_to_themselves(daemon):
    for uid, person in ((ANNA, "anna"), (BO, "bo")):
        for parameters in ({}, {"code": "1"}, {"code": "3"}, {"person": person}):
            found = reminders(daemon, uid, **parameters)
            assert {one["recipient"] for one in found} <= {f"person:{person}"}
    assert told(reminders(daemon, ANNA)) == [
        line for line in told(reminders(daemon)) if line[4] == "person:anna"]
    assert reminders(daemon, STRANGER) == []
    assert reminders(daemon, STRANGER, code="1") == []


@pytest.mark.parametrize("person", ["bo", "nobody"])
def test_others_are_not_to_be_asked_about(daemon, person):
    for uid in (ANNA, STRANGER):
        with pytest.raises(VarlinkError) as refused:
            reminders(daemon, uid, person=person)
        assert refused.value.name.endswith(".NotPermitted")


def test_those_who_may_see_all(daemon):
    for uid in (AUDITOR, REMINDER, 0):
        assert told(reminders(daemon, uid)) == told(reminders(daemon))


def test_unknown_person_is_an_error(daemon):
    with pytest.raises(VarlinkError) as refused:
        reminders(daemon, person="nobody")
    assert refused.value.name.endswith(".NoSuchKey")


def test_manager_without_any_part_can_be_asked_about(daemon):
    daemon.call("AddPerson", key="lone", name="Lone Dam", email="lone@example.org")
    daemon.call("AddAccount", uid=LONE, person="lone")
    with pytest.raises(VarlinkError) as refused:
        reminders(daemon, person="lone")
    assert refused.value.name.endswith(".NoSuchKey")
    daemon.grant(LONE, "manager", "plan")
    assert {one["recipient"] for one in reminders(daemon, person="lone")} == {"person:lone"}
    daemon.call("RevokeRole", uid=LONE, role="manager", strategy="plan")


@pytest.mark.parametrize("days", [-1, 3661])
def test_days_have_their_bounds(daemon, days):
    with pytest.raises(VarlinkError) as refused:
        reminders(daemon, days=days)
    assert refused.value.parameters["field"] == "days"


def test_what_was_sent_and_failed_is_listed(daemon):
    run = new_id()
    letters = [reply["letter"] for reply in daemon.stream("ClaimReminders", run=run)]
    for letter in letters:
        sent = letter["recipient"] == "person:anna"
        daemon.call("SettleReminders", run=run, letter=letter["letter"],
                    outcome="sent" if sent else "failed", reason=None if sent else "no such user")
    found = [one for one in reminders(daemon) if one["id"]]
    by_status = {status: {one["recipient"] for one in found if one["status"] == status}
                 for status in ("sent", "skipped", "failed")}
    assert by_status == {"sent": {"person:anna"},
                         "skipped": {f"person:{key}" for key in ("anna", "bo", "maya")},
                         "failed": {"person:bo", "person:maya"}}
    assert {one["reason"] for one in found if one["status"] == "failed"} == {"no such user"}
    assert {one["reason"] for one in found if one["status"] == "skipped"} == {"newer"}
    assert not [one for one in reminders(daemon) if one["status"] == "due"]
    assert [one["status"] for one in reminders(daemon, BO) if one["id"]].count("sent") == 0


def test_list_reads_well(daemon):
    lines = daemon.goal("remind", "--list", "p:1", uid=MANAGER).ok().splitlines()
    assert lines[0].split() == ["WHEN", "STATUS", "ID", "WHAT", "RULE", "WHO", "WHY", "TITLE"]
    assert any("sent" in line and "due in 7 days" in line and "Anna Berg" in line
               for line in lines)
    assert any("to come" in line and "due in 1 day" in line for line in lines)
    assert any("none" in line and "Bo Ek" in line and "other role" in line for line in lines)
    failed = daemon.goal("remind", "--list", "p", "--person", "bo", uid=MANAGER).ok()
    assert "no such user" in failed
    own = daemon.goal("remind", "--list", "p", uid=ANNA).ok()
    assert "Anna Berg" in own and "Bo Ek" not in own


def test_what_gave_way_to_newer_ones_is_one_line(daemon):
    skipped = [one for one in reminders(daemon, code="1", person="anna")
               if one["reason"] == "newer"]
    assert len(skipped) == 2
    lines = daemon.goal("remind", "--list", "p:1", "--person", "anna", uid=MANAGER).ok().splitlines()
    [line] = [line for line in lines if "skipped" in line]
    assert "owner: newer, as 1 before it" in line


def test_list_is_json_too(daemon):
    lines = daemon.goal("remind", "--list", "p:2", "--json", uid=MANAGER).ok().splitlines()
    assert {json.loads(line)["reminder"]["code"] for line in lines} == {"2"}


def test_words_are_for_the_list_only(daemon):
    refused = daemon.goal("remind", "p")
    assert refused.code == 2 and "--list" in refused.stderr


def test_nudges_of_one_day_are_each_known(daemon):
    for message in ("How far are you?", "And now?"):
        daemon.call("NudgeNode", as_uid=MANAGER, strategy="plan", code="1", message=message)
        run = new_id()
        for reply in daemon.stream("ClaimReminders", run=run, strategy="plan"):
            daemon.call("SettleReminders", run=run, letter=reply["letter"]["letter"],
                        outcome="sent")
    # as on a later day, from which the list is to begin
    daemon.psql("UPDATE goald.reminder SET day = day - 1 WHERE rule = 'nudge'")
    assert [one for one in reminders(daemon, code="1", days=0) if one["status"] == "due"] == []
