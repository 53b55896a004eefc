"""goal next: what somebody has to do, over all strategies that they may read."""

import datetime
import json

import pytest

from harness import MANAGER, STRANGER

pytestmark = pytest.mark.root  # it acts as several users

ADA, BO, CY = 58001, 58002, 58003
TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def day(days):
    return (TODAY + datetime.timedelta(days=days)).isoformat()


def node(code, kind, parent=None, **more):
    return {"code": code, "kind": kind, "parent": parent, "titles": {"en": f"Node {code}"}, **more}


def owner(**who):
    return {"role": "owner", **who}


def strategy(key, **more):
    return {"key": key, "titles": {"en": key}, "timeZone": "UTC", "language": "en",
            "visibility": "members", **more}


PERSONS = [{"id": "ada", "name": "Ada"},
           {"id": "bo", "name": "Bo",
            "affiliations": [{"organisation": "agency", "as": "reporter"}]},
           {"id": "cy", "name": "Cy"}]
ORGANISATIONS = [{"id": "agency", "names": {"en": "Agency"}}]
ONE = {
    "format": "goald-import-1", "persons": PERSONS, "organisations": ORGANISATIONS,
    "strategy": strategy("one", alias="o", cadence=30),
    "groups": [
        {"id": "g", "kind": "working_group", "names": {"en": "Group g"}, "aims": ["1"],
         "termTo": day(20), "reviews": [{"date": day(-400), "every": {"years": 1}}],
         "members": [{"role": "secretary", "person": "ada"}]},
        {"id": "h", "kind": "working_group", "names": {"en": "Group h"},
         "members": [{"role": "member", "person": "ada", "to": day(500)}]},
    ],
    "nodes": [
        node("1", "target", start="2020"),
        node("late", "deliverable", "1", due=day(-5)),
        node("soon", "deliverable", "1", due=day(10)),
        node("someday", "deliverable", "1", due=day(100)),
        node("theirs", "deliverable", due=day(-9), assignments=[owner(person="cy")]),
        node("done", "deliverable", "1", due=day(-7)),
        node("org", "deliverable", due=day(-2), assignments=[owner(organisation="agency")],
             reviews=[{"date": day(-20), "every": {"days": 30}}]),
    ],
    "updates": [{"id": "u", "node": "1", "date": day(-50), "note": "Then"}],
    "closings": [{"node": "done", "date": day(-100), "how": "achieved"}],
}
TWO = {
    "format": "goald-import-1", "persons": PERSONS, "organisations": ORGANISATIONS,
    "strategy": strategy("two"),
    "nodes": [node("x", "deliverable", due=day(-30), assignments=[owner(person="ada")]),
              node("y", "deliverable", due=day(-30), assignments=[owner(person="cy")])],
}


@pytest.fixture(scope="module")
def daemon(goald):
    for document in (ONE, TWO):
        path = goald.folder / f"{document['strategy']['key']}.json"
        path.write_text(json.dumps(document))
        goald.goal("import", path).ok()
    for uid, person in ((ADA, "ada"), (BO, "bo"), (CY, "cy")):
        goald.call("AddAccount", uid=uid, person=person)
    return goald


def tasks(daemon, uid, **parameters):
    """(kind, strategy:code or group, days left) of each."""
    found = [one["task"] for one in daemon.stream("ListTasks", as_uid=uid, **parameters)]
    return [(one["kind"], f"{one['strategy']}:{one.get('code') or one['group']}",
             one.get("daysLeft")) for one in found]


def year_of(days):
    """Days from today to a year after the date so many days away."""
    start = TODAY + datetime.timedelta(days=days)
    try:
        end = start.replace(year=start.year + 1)
    except ValueError:
        end = start.replace(year=start.year + 1, day=28)
    return (end - TODAY).days


def test_the_most_urgent_comes_first_over_all_strategies(daemon):
    assert tasks(daemon, ADA) == [
        ("review", "one:g", year_of(-400)),
        ("overdue", "two:x", -30),
        ("stale", "one:1", -20),
        ("overdue", "one:late", -5),
        ("due", "one:soon", 10),
        ("term", "one:g", 20),
    ]


def test_tasks_are_of_what_one_reports_on(daemon):
    found = {task[1] for task in tasks(daemon, ADA)}
    assert not {"one:theirs", "one:done", "two:y", "one:someday"} & found
    assert tasks(daemon, CY) == [("overdue", "two:y", -30), ("overdue", "one:theirs", -9)]


def test_reporter_has_the_organisations_tasks(daemon):
    assert tasks(daemon, BO) == [("overdue", "one:org", -2), ("review", "one:org", 10)]


def test_days_say_how_far_ahead(daemon):
    assert ("due", "one:someday", 100) in tasks(daemon, ADA, days=100)
    assert ("term", "one:h", 500) in tasks(daemon, ADA, days=500)
    assert "due" not in {task[0] for task in tasks(daemon, ADA, days=0)}
    with pytest.raises(daemon.Error) as refused:
        daemon.stream("ListTasks", days=-1)
    assert refused.value.parameters["field"] == "days"


def test_same_nodes_as_whoami_names(daemon):
    duties = daemon.call("WhoAmI", as_uid=CY)["reportsOn"]
    assert {duty.replace("o:", "one:") if duty.startswith("o:") else duty
            for duty in duties} == {task[1] for task in tasks(daemon, CY)}


def updates(daemon, uid):
    """What is to be done about updates: (kind, update's id, code)."""
    found = [one["task"] for one in daemon.stream("ListTasks", as_uid=uid)]
    return [(one["kind"], one["updateId"], one["code"]) for one in found if one.get("updateId")]


def test_drafts_and_updates_that_wait_are_tasks(daemon):
    daemon.grant(MANAGER, "manager", "one")
    daemon.call("ChangeStrategy", as_uid=MANAGER, strategy="one", acceptance=True)
    draft = daemon.call("SubmitUpdate", as_uid=CY, strategy="one", code="theirs", percent=10,
                        draft=True)["updateId"]
    assert updates(daemon, CY) == [("draft", draft, "theirs")]
    assert updates(daemon, ADA) == updates(daemon, MANAGER) == []
    assert f"goal submit o:{draft}" in daemon.goal("next", uid=CY).ok()
    update = daemon.call("SubmitDraft", as_uid=CY, strategy="one", draft=draft)["id"]
    assert updates(daemon, CY) == [] and updates(daemon, MANAGER) == [
        ("waiting", update, "theirs")]
    assert f"goal accept o:{update}" in daemon.goal("next", uid=MANAGER).ok()
    daemon.call("ReturnUpdate", as_uid=MANAGER, strategy="one", updateId=update, note="Why?")
    assert updates(daemon, MANAGER) == updates(daemon, ADA) == []
    assert updates(daemon, CY) == [("returned", update, "theirs")]
    text = daemon.goal("next", uid=CY).ok()
    assert f"goal update o:theirs --supersedes {update} --reason …" in text
    again = daemon.call("SubmitUpdate", as_uid=CY, strategy="one", code="theirs", percent=10,
                        supersedes=update, reason="Better")["updateId"]
    assert updates(daemon, CY) == []
    assert updates(daemon, MANAGER) == [("waiting", again, "theirs")]
    daemon.call("AcceptUpdate", as_uid=MANAGER, strategy="one", updateId=again)
    assert updates(daemon, MANAGER) == []
    daemon.call("ChangeStrategy", as_uid=MANAGER, strategy="one", acceptance=False)


def test_stranger_has_nothing_to_do(daemon):
    assert tasks(daemon, STRANGER) == []
    assert daemon.goal("next", uid=STRANGER).ok().startswith("nothing waits for you")


def test_manager_without_a_person_reports_on_nothing(daemon):
    daemon.grant(MANAGER, "manager", "one")
    assert tasks(daemon, MANAGER) == []


def test_disabled_account_is_told_so(daemon):
    daemon.call("AddAccount", uid=58009, person="cy")
    daemon.call("DisableAccount", uid=58009)
    with pytest.raises(daemon.Error) as refused:
        daemon.stream("ListTasks", as_uid=58009)
    assert refused.value.name == "io.goald.Tracker.NotPermitted"


def test_each_task_says_what_to_type(daemon):
    text = daemon.goal("next", uid=ADA).ok()
    assert all(len(line) <= 100 for line in text.splitlines()), text
    assert "goal update o:late --percent … -m …" in text
    assert "goal update o:1 --no-change" in text and "goal reviewed o:group:g" in text
    assert "OVERDUE 30 days" in text and "in 20 days" in text


def test_update_takes_staleness_away(daemon):
    daemon.call("SubmitUpdate", as_uid=ADA, strategy="one", code="1", note="Now")
    assert "stale" not in {task[0] for task in tasks(daemon, ADA)}
