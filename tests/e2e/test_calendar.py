"""Dates as an iCalendar: what is in it, what of it stays the same, and what grows."""

import datetime
import itertools
import json
import subprocess

import icalendar
import pytest

from harness import STRANGER, clean_environment
from interface import Interface
from test_protocol import FILES
from test_rights import CLOSED, OPEN, member, node
from varlink import INTERFACE, VarlinkError

TRACKER = Interface(FILES[INTERFACE].read_text())
HOSTILE = "a,b;c\\d: \"e\" Åäö 𝄞\tf" + "ö" * 90
PLAN = {
    "format": "goald-import-1",
    "strategy": {"key": "plan", "titles": {"sv": "Planen", "en": "The plan"}, "timeZone": "UTC",
                 "language": "en", "visibility": "public",
                 "period": {"start": "2020-03", "end": "2029"}},
    "persons": [{"id": "ann", "name": "Ann, Ö"}, {"id": "bo", "name": "Bo"}],
    "groups": [
        {"id": "data", "kind": "working_group", "names": {"en": "Data"}, "termTo": "2127-06",
         "members": [member("lead", person="ann", to="2126-12-31"), member("member", person="bo")],
         "reviews": [{"date": "2024-05-01", "every": {"years": 1}}]}],
    "nodes": [
        node("1", "priority", None, start="2021"),
        node("1.1", "target", "1", member("owner", person="ann", to="2128-02"), due="2026-02",
             reviews=[{"date": "2025-01-15", "every": {"months": 18}}]),
        node("1.1.a", "deliverable", "1.1", due={"after": "start", "years": 2}),
        node("1.2", "target", "1", due="2025"),
        {**node("2", "priority"), "titles": {"en": HOSTILE}, "due": "2026-05-31"},
    ],
}


NUMBERS = itertools.count(1)


def bring_in(daemon, document):
    path = daemon.folder / "document.json"
    path.write_text(json.dumps(document))
    daemon.goal("import", path).ok()


class Plan:
    """A strategy of a test's own, in the daemon of all of them."""

    def __init__(self, daemon):
        self.daemon, self.key = daemon, f"plan{next(NUMBERS)}"
        bring_in(daemon, {**PLAN, "strategy": {**PLAN["strategy"], "key": self.key}})
        daemon.grant(0, "manager", self.key)

    def edit(self, method, code=None, **parameters):
        return self.daemon.call(method, strategy=self.key, code=code, **parameters)

    def change(self, method, **parameters):
        return self.daemon.call(method, strategy=self.key, **parameters)

    def events(self, **parameters):
        return events(self.daemon, strategy=self.key, **parameters)

    def one(self, **fields):
        """The one event that has these, whatever else."""
        [found] = [event for event in self.events().values()
                   if all(event[name] == value for name, value in fields.items())]
        return found

    def due(self, code):
        return self.one(code=code, kind="due")

    def file(self, *words):
        return calendar_of(self.daemon, f"{self.key}{words[0] if words else ''}", *words[1:])


@pytest.fixture
def plan(goald):
    return Plan(goald)


def events(daemon, as_uid=None, **parameters):
    """By UID, checked against the interface."""
    replies = daemon.stream("ListCalendar", as_uid=as_uid, **parameters)
    for reply in replies:
        assert TRACKER.faults(TRACKER.methods["ListCalendar"][1], reply) == []
    told = {reply["event"]["uid"]: reply["event"] for reply in replies}
    assert len(told) == len(replies), "a UID stands there twice"
    return told


def calendar_of(daemon, *words):
    """What goal calendar writes, its line ends as they are."""
    done = subprocess.run([daemon.build.goal, "calendar", *words], capture_output=True, check=True,
                          env=clean_environment(GOAL_ADDRESS=daemon.address), timeout=60)
    assert not done.stderr, done.stderr
    return done.stdout.decode()


def parsed(text):
    """The calendar by another reader, which takes nothing that is not well-formed."""
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    calendar = icalendar.Calendar.from_ical(text)
    found = {str(event["UID"]): event for event in calendar.walk("VEVENT")}
    assert not calendar.errors and not any(event.errors for event in found.values())
    return calendar, found


# --- what there is


def test_calendar_has_due_dates_reviews_and_terms(plan):
    told = plan.events()
    assert sorted((event["date"], event["kind"], event["code"], event["group"], event["name"])
                  for event in told.values()) == [
        ("2023-12-31", "due", "1.1.a", None, None),
        ("2025-05-01", "review", None, "data", None),
        ("2025-12-31", "due", "1.2", None, None),
        ("2026-02-28", "due", "1.1", None, None),
        ("2026-05-31", "due", "2", None, None),
        ("2026-07-15", "review", "1.1", None, None),
        ("2029-12-31", "due", "", None, None),
        ("2126-12-31", "term", None, "data", "Ann, Ö"),
        ("2127-06-30", "term", None, "data", None),
        ("2128-02-29", "term", "1.1", None, "Ann, Ö"),
    ]
    assert {event["status"] for event in told.values()} == {"confirmed"}
    assert all(uid.endswith(f".{plan.key}.goald") for uid in told)
    due = plan.events(language="sv")[f"due-0.{plan.key}.goald"]
    assert (due["title"], due["strategyTitle"], due["holder"]) == ("Planen", "Planen", None)
    term = plan.one(code="1.1", kind="term")
    assert (term["holder"], term["role"]) == ("person:ann", "owner")


def test_calendar_of_a_node_is_of_what_lies_below(plan):
    assert sorted(event["code"] for event in plan.events(code="1.1").values()
                  ) == ["1.1", "1.1", "1.1", "1.1.a"]
    with pytest.raises(VarlinkError, match="NoSuchNode"):
        plan.events(code="9")


def test_calendar_of_a_person_is_of_what_they_report_on_and_hold(plan):
    def told(key):
        return sorted((event["kind"], event["code"] or event["group"])
                      for event in plan.events(person=key).values())

    assert told("ann") == [("due", "1.1"), ("due", "1.1.a"), ("review", "1.1"), ("review", "data"),
                           ("term", "1.1"), ("term", "data"), ("term", "data")]
    assert told("bo") == [("review", "data"), ("term", "data")]
    with pytest.raises(VarlinkError, match="NoSuchKey"):
        plan.events(person="nobody")


def test_changed_is_when_the_journal_says(plan):
    event = plan.due("1.2")
    [entry] = plan.daemon.stream("ListJournal", strategy=plan.key, after=event["sequence"] - 1,
                                 before=event["sequence"] + 1)
    assert entry["time"] == event["changed"]


# --- what moves, and what is no more


def grew(after, before):
    """Is it the same event, later?"""
    return after["uid"] == before["uid"] and after["sequence"] > before["sequence"] \
        and after["changed"] >= before["changed"]


def test_sequence_grows_when_a_date_moves(plan):
    before = plan.due("1.2")
    plan.edit("ChangeNode", "1.2", due="2026-01")
    after = plan.due("1.2")
    assert (after["date"], after["status"]) == ("2026-01-31", "confirmed")
    assert grew(after, before)
    plan.edit("SubmitUpdate", "1.2", percent=40)
    assert plan.due("1.2") == after  # what is reported moves nothing


def test_sequence_of_a_relative_date_grows_with_the_start(plan):
    seen = plan.due("1.1.a")
    for code, parameters, date in [
        ("1", {"start": "2022"}, "2024-12-31"),
        ("1.1", {"start": "2023-02"}, "2025-02-28"),
        ("1", {"start": "2019"}, "2025-02-28"),  # another start counts
        ("1.1", {"clear": ["start"]}, "2021-12-31"),
        ("1", {"clear": ["start"]}, "2022-03-31"),  # the period's
    ]:
        plan.edit("ChangeNode", code, **parameters)
        now = plan.due("1.1.a")
        assert now["date"] == date
        assert grew(now, seen) == (date != seen["date"])
        seen = now


def test_dropped_is_cancelled_until_it_is_reopened(plan):
    before = plan.due("1.1")
    plan.edit("CloseNode", "1.1", how="dropped", reason="no money")
    assert {event["kind"]: event["status"] for event in plan.events(code="1.1").values()
            if event["code"] == "1.1"} == {"due": "cancelled", "review": "cancelled",
                                           "term": "confirmed"}
    dropped = plan.due("1.1")
    assert grew(dropped, before)
    plan.edit("ReopenNode", "1.1", reason="money")
    assert plan.due("1.1")["status"] == "confirmed" and grew(plan.due("1.1"), dropped)


@pytest.mark.parametrize("code, field, due", [("1.2", "due", "2030"), ("1.1.a", "dueAfter", "2031")])
def test_date_that_is_taken_away_is_cancelled(plan, code, field, due):
    before = plan.due(code)
    plan.edit("ChangeNode", code, clear=[field])
    after = plan.due(code)
    assert (after["status"], after["date"]) == ("cancelled", before["date"])
    assert grew(after, before)
    plan.edit("ChangeNode", code, title="Renamed")
    assert (plan.due(code)["sequence"], plan.due(code)["title"]) == (after["sequence"], "Renamed")
    plan.edit("ChangeNode", code, due=due)
    assert plan.due(code)["status"] == "confirmed" and grew(plan.due(code), after)


def test_removed_node_is_cancelled(plan):
    before = plan.due("1.1.a")
    plan.edit("RemoveNode", "1.1.a")
    after = plan.due("1.1.a")
    assert (after["status"], after["title"], after["date"]) == (
        "cancelled", "Node 1.1.a", before["date"])
    assert grew(after, before)
    assert after["uid"] in plan.events(code="1.1") and after["uid"] not in plan.events(code="1.2")


def test_term_that_moves_grows_and_one_that_was_a_mistake_is_cancelled(plan):
    before = plan.one(group="data", role="lead")
    plan.change("AddMember", group="data", person="ann", role="lead", to="2126-10-31")
    moved = plan.one(group="data", role="lead")
    assert moved["date"] == "2126-10-31" and grew(moved, before)
    plan.change("EndMembership", group="data", person="ann", mistake=True)
    gone = plan.one(group="data", role="lead")
    assert (gone["status"], gone["date"]) == ("cancelled", "2126-10-31") and grew(gone, moved)


def test_owners_term_that_was_a_mistake_is_cancelled(plan):
    before = plan.one(code="1.1", kind="term")
    plan.edit("EndAssignment", "1.1", role="owner", holder="person:ann", mistake=True)
    gone = plan.one(code="1.1", kind="term")
    assert (gone["status"], gone["name"]) == ("cancelled", "Ann, Ö") and grew(gone, before)


def test_group_without_a_term_any_more_is_cancelled(plan):
    before = plan.one(group="data", kind="term", holder=None)
    plan.change("ChangeGroup", key="data", clear=["termTo"])
    after = plan.one(group="data", kind="term", holder=None)
    assert (after["status"], after["date"]) == ("cancelled", "2127-06-30") and grew(after, before)


def test_review_moves_with_the_next_one(plan):
    before = plan.one(code="1.1", kind="review")
    plan.edit("RecordReview", "1.1", date="2025-06-01", every="P1Y")
    moved = plan.one(code="1.1", kind="review")
    assert moved["date"] == "2026-06-01" and grew(moved, before)
    plan.edit("RecordReview", "1.1", date="2025-07-01")
    gone = plan.one(code="1.1", kind="review")
    assert (gone["status"], gone["date"]) == ("cancelled", "2026-06-01") and grew(gone, moved)


def test_review_that_names_no_next_one_any_more_is_cancelled(plan):
    before = plan.one(group="data", kind="review")
    plan.change("RecordReview", group="data", date="2024-05-01", clear=["every"])
    gone = plan.one(group="data", kind="review")
    assert (gone["status"], gone["date"]) == ("cancelled", before["date"]) and grew(gone, before)


# --- whose it is


@pytest.mark.root
def test_calendar_is_of_what_the_caller_may_read(new_goald):
    daemon = new_goald().start()
    due = {"due": "2026-01"}
    bring_in(daemon, {**OPEN, "nodes": [{**one, **due} for one in OPEN["nodes"]]})
    bring_in(daemon, {**CLOSED, "nodes": [{**one, **due} for one in CLOSED["nodes"]]})
    daemon.grant(57001, "reader", "closed")
    daemon.call("AddAccount", uid=57002, person="own")

    def strategies(uid, **parameters):
        return {event["strategy"] for event in events(daemon, as_uid=uid, **parameters).values()}

    assert strategies(STRANGER) == {"open"}
    assert strategies(57001) == {"open", "closed"}
    assert strategies(57002) == {"open", "closed"}  # who has a duty there reads it
    assert strategies(57001, strategy="closed") == {"closed"}
    with pytest.raises(VarlinkError, match="NoSuchStrategy"):
        events(daemon, as_uid=STRANGER, strategy="closed")
    assert strategies(STRANGER, person="own") == {"open"}


# --- the file


def test_goal_calendar_is_read_by_others(plan):
    calendar, found = parsed(plan.file())
    assert (calendar["VERSION"], calendar["CALSCALE"], "METHOD" in calendar) == (
        "2.0", "GREGORIAN", False)
    assert calendar["PRODID"].startswith("-//goald//goal ")
    assert str(calendar["X-WR-CALNAME"]) == "The plan"
    told = plan.events()
    assert set(found) == set(told)
    for uid, event in found.items():
        assert event["DTSTART"].dt == datetime.date.fromisoformat(told[uid]["date"])
        assert event["DTSTART"].params["VALUE"] == "DATE" and "DTEND" not in event
        assert event["SEQUENCE"] == told[uid]["sequence"]
        assert event["STATUS"] == told[uid]["status"].upper()
        assert event["DTSTAMP"].dt.strftime("%Y-%m-%dT%H:%M:%S") == told[uid]["changed"][:19]
    summaries = {str(event["SUMMARY"]) for event in found.values()}
    assert {"Due: 1.1 Node 1.1", "Review due: Data", "Term ends: Ann, Ö, Data",
            "Term ends: Data"} < summaries


def test_goal_calendar_escapes_and_folds_titles(plan):
    _, found = parsed(plan.file(":2"))
    [event] = found.values()
    assert str(event["SUMMARY"]) == "Due: 2 " + HOSTILE.replace("\t", " ")


def test_goal_calendar_is_the_same_for_the_same_state(plan):
    before = plan.file()
    assert plan.file() == before
    plan.daemon.restart()
    assert plan.file() == before
    starts = [line for line in before.splitlines() if line.startswith("DTSTART")]
    assert starts == sorted(starts)
    plan.edit("ChangeNode", "1.2", due="2026")
    assert plan.file() != before


def test_goal_calendar_says_what_is_cancelled(plan):
    plan.edit("RemoveNode", "1.1.a")
    plan.edit("CloseNode", "1.2", how="dropped", reason="x")
    _, found = parsed(plan.file())
    assert {str(event["SUMMARY"]) for event in found.values()
            if event["STATUS"] == "CANCELLED"} == {"Due: 1.1.a Node 1.1.a", "Due: 1.2 Node 1.2"}


def test_goal_calendar_of_a_person_in_their_language(plan):
    _, found = parsed(plan.file("", "--person", "ann", "--language", "sv"))
    assert "Förfaller: 1.1 Node 1.1" in {str(event["SUMMARY"]) for event in found.values()}
    daemon = plan.daemon
    assert daemon.goal("calendar", "--person", "nobody").code == 3
    assert daemon.goal("calendar", f"{plan.key}:9").code == 3
    assert daemon.goal("calendar", "nothing").code == 3


def test_goal_calendar_of_all_strategies_has_no_name(plan):
    other = Plan(plan.daemon)
    calendar, found = parsed(calendar_of(plan.daemon))
    assert "X-WR-CALNAME" not in calendar
    assert {*plan.events(), *other.events()} < set(found)


def test_goal_calendar_holds_more_than_a_page(goald):
    nodes = [{**node(f"n{i}", "target"), "due": f"20{25 + i % 9}"} for i in range(1200)]
    bring_in(goald, {**PLAN, "nodes": nodes, "groups": []})
    _, found = parsed(calendar_of(goald, "plan"))
    assert len(found) == 1201
    first = json.loads(goald.goal("calendar", "plan", "--json").ok().splitlines()[0])
    assert first["event"]["uid"] in found
