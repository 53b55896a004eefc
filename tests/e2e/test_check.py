"""goal check: a strategy in which every check has something to find, and one that lacks nothing."""

import json

import pytest

from harness import MANAGER, STRANGER


def node(code, kind, parent=None, **more):
    return {"code": code, "kind": kind, "parent": parent, "titles": {"en": f"Node {code}"}, **more}


def role(name, **who):
    return {"role": name, **who}


def group(key, *members, **more):
    return {"id": key, "kind": "working_group", "names": {"en": f"Group {key}"},
            "members": list(members), **more}


def member(name, **who):
    return {"role": name, **who}


STRATEGY = {"titles": {"en": "The one"}, "timeZone": "UTC", "language": "en"}
WANTING = {
    "format": "goald-import-1",
    "strategy": {**STRATEGY, "key": "wanting", "visibility": "public",
                 "period": {"start": "2019", "end": "2090"},
                 "expected": {"priority": 1, "target": 4, "need": 1}},
    "organisations": [{"id": key, "names": {"en": key}} for key in ("agency", "silent")],
    "persons": [
        {"id": "ada", "name": "Ada", "email": "ada@example.org",
         "affiliations": [{"organisation": "agency", "as": "reporter"}]},
        {"id": "bo", "name": "Bo", "email": "bo@example.org",
         "affiliations": [{"organisation": "agency", "as": "member", "to": "2021"}]},
        {"id": "cy", "name": "Cy"},
    ],
    "groups": [
        group("well", member("lead", person="ada"), aims=["1.1"]),
        group("over", member("lead", person="ada"), aims=["1.1", "1.2"], termTo="2021"),
        group("left", member("chair", person="ada", to="2022-06")),
        group("mute", member("member", person="cy"),
              reviews=[{"date": "2020-01", "every": {"years": 1}}]),
        group("torn", member("lead", person="ada", source="the page"),
              member("lead", person="bo", source="the decision")),
        group("shared", member("chair", person="ada"), member("chair", person="bo")),
    ],
    "nodes": [
        node("1", "priority"),
        node("1.1", "target", "1", assignments=[role("owner", organisation="agency")]),
        node("1.2", "target", "1", assignments=[role("owner", organisation="agency", to="2020")]),
        node("i", "indicator", "1.1"),
        node("closed", "target", "1"),
        node("old", "initiative", "1", due="2020"),
        node("in-old", "deliverable", "old", assignments=[role("owner", organisation="silent")]),
        node("late", "deliverable", "old", due="2021"),
        node("early", "deliverable", "1", due="2018-12-31"),
        node("claimed", "deliverable", "1", assignments=[role("owner", person="bo")]),
        node("proven", "deliverable", "1"),
        node("both", "deliverable", "1", assignments=[role("owner", person="ada"),
                                                      role("owner", organisation="agency")]),
        node("promise", "initiative", "1", stage="planned"),
        node("kept", "initiative", "1", stage="planned"),
        node("does", "initiative", "kept", stage="ongoing",
             reviews=[{"date": "2020-01-31", "every": {"months": 1}}]),
        node("need", "need", "1"),
        node("need-2", "need", "1"),
        node("left-1", "deliverable", "1", assignments=[role("owner", person="bo")],
             reviews=[{"date": "2023-01-01", "person": "ada"}]),
    ],
    "updates": [
        {"id": "u1", "node": "1.1", "date": "2024-01-01", "note": "Well"},
        {"id": "u2", "node": "claimed", "date": "2024-01-01", "percent": 100},
        {"id": "u3", "node": "proven", "date": "2024-01-01", "percent": 100,
         "evidence": ["https://example.org/"]},
    ],
    "closings": [{"node": "closed", "date": "2021", "how": "dropped"}],
}
WHOLE = {
    "format": "goald-import-1",
    "strategy": {**STRATEGY, "key": "whole", "visibility": "members"},
    "organisations": WANTING["organisations"][:1],
    "persons": WANTING["persons"][:1],
    "groups": [group("g", member("lead", person="ada"), aims=["1"])],
    "nodes": [node("1", "target", assignments=[role("owner", organisation="agency")]),
              node("1.i", "indicator", "1")],
    "updates": [{"id": "u", "node": "1", "date": "2024-01-01", "note": "Fine"}],
}


@pytest.fixture(scope="module")
def daemon(goald):
    for document in (WANTING, WHOLE):
        path = goald.folder / f"{document['strategy']['key']}.json"
        path.write_text(json.dumps(document))
        goald.goal("import", path).ok()
    return goald


def findings(daemon, kind, *members, uid=None, **parameters):
    """What is found of a kind: the named members of each finding."""
    found = daemon.stream("CheckStrategy", as_uid=uid, strategy="wanting", **parameters)
    found = [one["finding"] for one in found if one["finding"]["kind"] == kind]
    return [one.get(members[0]) if len(members) == 1 else tuple(one.get(m) for m in members)
            for one in found]


@pytest.mark.parametrize("kind, members, expected", [
    ("two_owners", ("code", "count"), [("both", 2)]),
    ("leads_conflict", ("key", "other"), [("torn", "lead")]),
    ("due_outside_period", ("code", "other", "date"),
     [("early", "1", "2018-12-31"), ("late", "old", "2021")]),
    ("too_many", ("other", "count", "expected"), [("need", 2, 1)]),
    ("too_few", ("other", "count", "expected"), [("target", 3, 4)]),
    ("period_over", ("code", "other", "date"), [("in-old", "old", "2020"),
                                                 ("late", "old", "2020")]),
    ("claim_without_evidence", ("code",), ["claimed"]),
    ("owner_ended", ("code", "key", "date"), [("1.2", "agency", "2020")]),
    ("owner_has_left", ("code", "key", "date"), [("left-1", "bo", "2021")]),
    ("group_ended", ("key", "other", "count", "date"), [("over", "1.1", 2, "2021")]),
    ("group_members_ended", ("key", "date"), [("left", "2022-06-30")]),
    ("owner_unreachable", ("code", "who", "key"), [("in-old", "organisation", "silent")]),
    ("group_unreachable", ("key",), ["left", "mute"]),
    ("nobody_reached", ("code",), ["", "does", "early", "late", "old"]),
    ("review_overdue", ("code", "date"), [("does", "2020-02-29")]),
    ("group_review_overdue", ("key", "date"), [("mute", "2021-01")]),
    ("commitment_without_activity", ("code",), ["promise"]),
    ("need_without_activity", ("code",), ["need", "need-2"]),
    ("target_without_owner", ("code",), ["1.2"]),
    ("target_without_group", ("code",), []),
    ("target_without_indicator", ("code",), ["1.2"]),
    ("target_without_update", ("code",), ["1.2"]),
])
def test_check_finds(daemon, kind, members, expected):
    assert sorted(findings(daemon, kind, *members)) == sorted(expected)


def test_every_kind_has_been_found(daemon):
    """Each has its words in the client too, or the last resort would show."""
    text = daemon.goal("check", "wanting").ok()
    for line in text.splitlines():
        assert "_" not in line and len(line) <= 100, line


def test_reviews_older_than_asked_for_are_overdue(daemon):
    assert findings(daemon, "review_overdue", "code", notReviewedFor="P12M") == ["does", "left-1"]
    text = daemon.goal("check", "wanting", "--reviewed-before", "12m").ok()
    assert "left-1" in text
    with pytest.raises(daemon.Error) as refused:
        daemon.stream("CheckStrategy", strategy="wanting", notReviewedFor="a year")
    assert refused.value.parameters["field"] == "notReviewedFor"
    assert daemon.goal("check", "wanting", "--reviewed-before", "soon").code == 2


def test_findings_are_grouped_and_counted(daemon):
    text = daemon.goal("check", "wanting").ok()
    assert ("Targets that lack something (notice; owner 1, indicator 1, update 1)\n"
            "  1.2   Node 1.2  no owner, indicator, update\n") in text
    assert "More than one owner (error, 1)\n  both  Node both  2 owners\n" in text
    assert "Not all there yet (notice, 1)\n  3 of 4 targets\n" in text
    last = text.splitlines()[-1]
    assert last.endswith("found: 5 errors, 20 warnings, 4 notices"), last


def test_strict_ends_with_one_if_anything_is_found(daemon):
    assert daemon.goal("check", "wanting").code == 0
    assert daemon.goal("check", "wanting", "--strict").code == 1
    assert daemon.goal("check", "whole", "--strict").code == 0
    assert daemon.goal("check", "whole").ok() == "nothing is incomplete or contradictory\n"


def test_mailbox_or_address_makes_reachable(daemon):
    daemon.grant(MANAGER, "manager", "wanting")

    def change(method, uid=None, **parameters):
        daemon.call(method, as_uid=uid, **parameters)

    change("ChangeGroup", strategy="wanting", key="mute", mailbox="mute@example.org", uid=MANAGER)
    assert findings(daemon, "group_unreachable", "key") == ["left"]
    change("ChangeGroup", strategy="wanting", key="mute", clear=["mailbox"], uid=MANAGER)
    change("AddMember", strategy="wanting", group="mute", person="cy", role="secretary",
           uid=MANAGER)
    daemon.call("AddAccount", uid=57001, person="cy")  # an account alone gets no mail
    assert "mute" in findings(daemon, "group_unreachable", "key")
    change("ChangePerson", key="cy", email="cy@example.org")
    assert findings(daemon, "group_unreachable", "key") == ["left"]
    change("ChangePerson", key="cy", clear=["email"])
    change("ChangeOrganisation", key="silent", mailbox="post@silent.example")
    assert findings(daemon, "owner_unreachable", "code") == []
    change("ChangeOrganisation", key="silent", clear=["mailbox"])


def test_manager_with_an_address_gets_what_reaches_nobody(daemon):
    assert "late" in findings(daemon, "nobody_reached", "code")
    daemon.call("AddAccount", uid=57002, person="bo")
    daemon.call("GrantRole", uid=57002, role="manager", strategy="wanting")
    assert findings(daemon, "nobody_reached", "code") == []
    daemon.call("RevokeRole", uid=57002, role="manager", strategy="wanting")
    assert "late" in findings(daemon, "nobody_reached", "code")


@pytest.mark.root
def test_who_cannot_be_reached_is_for_managers(daemon):
    assert findings(daemon, "target_without_owner", "code", uid=STRANGER) == ["1.2"]
    assert findings(daemon, "owner_unreachable", "code", uid=STRANGER) == []
    assert findings(daemon, "group_unreachable", "key", uid=STRANGER) == []
    assert findings(daemon, "nobody_reached", "code", uid=STRANGER) == []
    daemon.grant(MANAGER, "manager", "wanting")
    assert findings(daemon, "owner_unreachable", "code", uid=MANAGER) == ["in-old"]
    assert "left" in findings(daemon, "group_unreachable", "key", uid=MANAGER)


@pytest.mark.root
def test_check_is_for_those_who_may_read(daemon):
    with pytest.raises(daemon.Error) as refused:
        daemon.stream("CheckStrategy", as_uid=STRANGER, strategy="whole")
    assert refused.value.name == "io.goald.Tracker.NoSuchStrategy"
    daemon.grant(STRANGER, "reader", "whole")
    assert daemon.stream("CheckStrategy", as_uid=STRANGER, strategy="whole") == []


def test_real_strategy_has_25_of_its_30_targets(life_science):
    text = life_science.goal("check", "ls").ok()
    assert "25 of 30 targets" in text and "aims at 2.2" in text
