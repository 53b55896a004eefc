"""The rules by which a strategy reminds people, and asking for an update now."""

import json
import uuid

import pytest

from database import error_of, journal, journal_count, make_manager, verify_chain, verify_state
from edits import add, edit, refused
from harness import STRANGER
from interface import Interface
from test_protocol import FILES
from varlink import INTERFACE

TRACKER = Interface(FILES[INTERFACE].read_text())


@pytest.fixture(scope="module")
def ls(life_science):
    make_manager(life_science)
    return life_science


def change(goald, rule, **parameters):
    """The answer, which is as the interface says and the same when it is asked for again."""
    call = {"strategy": "ls", "rule": rule, "requestId": str(uuid.uuid4()), **parameters}
    told = goald.call("SetReminderRule", **call)
    assert TRACKER.faults(TRACKER.methods["SetReminderRule"][1], told) == []
    assert goald.call("SetReminderRule", **call) == told
    return told


def rules(goald, **options):
    told = goald.stream("ListReminderRules", strategy="ls", **options)
    for one in told:
        assert TRACKER.faults(TRACKER.methods["ListReminderRules"][1], one) == []
    return {one["rule"]["rule"]: one["rule"] for one in told}


def what(goald):
    return goald.stream("ListJournal", strategy="ls", limit=1)[0]["what"]


def test_rules_serve_without_being_set(ls):
    told = rules(ls)
    assert list(told) == ["due", "checkin", "review", "term", "escalation"]
    assert told["due"] == {"rule": "due", "off": False, "offsets": [30, 14, 7, 1, 0], "every": 7,
                           "working": False, "own": []}
    assert (told["checkin"]["offsets"], told["checkin"]["every"]) == ([], 7)
    assert (told["term"]["offsets"], told["term"]["every"]) == ([30, 7], None)
    assert (told["escalation"]["offsets"], told["escalation"]["working"]) == ([5, 5, 5], True)


def test_rule_is_set_bit_by_bit_and_as_by_default_again(ls):
    told = change(ls, "due", offsets=[10, 0])
    assert (told["rule"], told["changed"], told["id"]) == ("due", True, told["seq"])
    assert what(ls) == "rule of reminders: due offsets [10,0]"
    assert not change(ls, "due", offsets=[10, 0])["changed"]
    change(ls, "due", every=0, working=True)
    assert rules(ls)["due"] == {"rule": "due", "off": False, "offsets": [10, 0], "every": 0,
                                "working": True, "own": ["offsets", "every", "working"]}
    change(ls, "due", off=True)
    assert what(ls) == "rule of reminders changed: due offsets [10,0] working days; off false → true"
    change(ls, "due", off=False, clear=["offsets", "every", "working"])
    assert rules(ls)["due"]["own"] == [] and rules(ls)["due"]["every"] == 7
    assert what(ls).startswith("rule of reminders ended: due")
    assert not change(ls, "due", clear=["every"])["changed"]


def test_no_offsets_are_something_else_than_the_default(ls):
    change(ls, "review", offsets=[])
    assert (rules(ls)["review"]["offsets"], rules(ls)["review"]["own"]) == ([], ["offsets"])
    change(ls, "review", every=60)
    assert (rules(ls)["review"]["offsets"], rules(ls)["review"]["every"]) == ([], 60)
    change(ls, "review", clear=["offsets", "every"])
    assert rules(ls)["review"]["offsets"] == [14, 0]


@pytest.mark.parametrize("rule, parameters, field", [
    ("nudge", {"off": True}, "rule"),
    ("Due", {"off": True}, "rule"),
    ("due", {"offsets": [7, 14]}, "offsets"),
    ("due", {"offsets": [7, 7]}, "offsets"),
    ("due", {"offsets": [7, -1]}, "offsets[1]"),
    ("due", {"offsets": [3651]}, "offsets[0]"),
    ("due", {"offsets": list(range(17, 0, -1))}, "offsets"),
    ("due", {"every": -1}, "every"),
    ("due", {"every": 2**40}, "every"),
    ("due", {"every": 7, "clear": ["every"]}, "clear[0]"),
    ("due", {"clear": ["off"]}, "clear[0]"),
    ("due", {"clear": ["rule"]}, "clear[0]"),
    ("checkin", {"offsets": [1]}, "offsets"),
    ("checkin", {"working": True}, "working"),
    ("term", {"every": 7}, "every"),
    ("escalation", {"every": 7}, "every"),
    ("escalation", {"offsets": [5, 5, 5, 5]}, "offsets"),
])
def test_rule_that_cannot_be_is_refused(ls, rule, parameters, field):
    assert refused(ls, "SetReminderRule", rule=rule, **parameters) == field


def test_rules_are_in_the_document_of_the_strategy(ls, new_goald, tmp_path):
    change(ls, "escalation", offsets=[10, 5], working=False)
    change(ls, "term", off=True)
    change(ls, "checkin", every=0)
    change(ls, "review", offsets=[])
    path = tmp_path / "ls.json"
    ls.goal("export", "ls", path).ok()
    document = json.loads(path.read_text())
    assert document["strategy"]["reminders"] == [
        {"rule": "escalation", "offsets": [10, 5], "working": False}, {"rule": "term", "off": True},
        {"rule": "checkin", "every": 0}, {"rule": "review", "offsets": []}]
    before = journal_count(ls)
    ls.goal("import", path).ok()
    assert journal_count(ls) == before
    other = new_goald().start()
    other.goal("import", path).ok()
    other.goal("export", "ls", tmp_path / "again.json").ok()
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()
    assert list(rules(other).values()) == list(rules(ls).values())
    document["strategy"]["reminders"] = [{"rule": "checkin", "every": 14}]
    path.write_text(json.dumps(document))
    ls.goal("import", path).ok()
    assert rules(ls)["checkin"]["every"] == 14 and rules(ls)["term"]["off"]


@pytest.mark.root
def test_rules_are_told_to_readers_and_set_by_managers(ls):
    assert len(rules(ls, as_uid=STRANGER)) == 5
    before = journal_count(ls)
    for method, parameters in (("SetReminderRule", {"rule": "due", "off": True}),
                               ("NudgeNode", {"code": "2.2"})):
        name, told = error_of(ls, method, as_uid=STRANGER, strategy="ls", **parameters)
        assert (name, told["needed"]) == ("NotPermitted", "manager")
    assert journal_count(ls) == before


def test_commands_show_and_set_rules(ls):
    def goal(*args):
        return " ".join(ls.goal(*args).ok().split())

    for rule in ("due", "escalation", "term", "checkin", "review"):
        ls.goal("rule", "ls", rule, "--on").ok()
    assert goal("rule", "ls", "due", "--offsets", "20,5,0", "--every", "none", "--working"
                ).startswith("se-life-science-2019 has changed its rule due (seq ")
    assert "due 20 and 5 working days before, and on the day strategy" in goal(
        "rules", "ls")
    assert goal("rule", "ls", "due", "--offsets", "default", "--every", "default", "--calendar"
                ).startswith("se-life-science-2019 has")
    assert "due 30, 14, 7 and 1 days before, and on the day every 7 days strategy" in goal(
        "rules", "ls")
    goal("rule", "ls", "escalation", "--offsets", "3,4", "--working")
    assert "escalation 3 and 4 working days overdue without an update" in goal("rules", "ls")
    goal("rule", "ls", "term", "--off")
    assert "term off" in goal("rules", "ls")
    assert goal("rule", "ls", "term", "--off") == (
        f"se-life-science-2019: nothing to change (seq {seq(ls)})")
    for args in ((), ("--offsets", "soon"), ("--every", "x"), ("--on", "--off"),
                 ("--working", "--calendar")):
        assert ls.goal("rule", "ls", "due", *args).code == 2
    assert ls.goal("rule", "ls", "never", "--off").code == 2
    assert ls.goal("rule", "ls", "due", "--offsets", "5,30").code == 1


def seq(goald):
    return goald.stream("ListJournal", strategy="ls", limit=1)[0]["seq"]


# --- nudges


def test_nudge_takes_the_place_of_an_older_one(ls):
    first = edit(ls, "NudgeNode", "2.2", message="Hur går det?")
    assert TRACKER.faults(TRACKER.methods["NudgeNode"][1], first) == []
    assert first["id"] == first["seq"] and what(ls) == "nudge: “Hur går det?”"
    assert ls.stream("ListJournal", strategy="ls", limit=1)[0]["code"] == "2.2"
    second = edit(ls, "NudgeNode", "2.2")
    assert (second["id"], second["changed"]) == (first["id"], True)
    third = edit(ls, "NudgeNode", "2.2")
    assert third["changed"], "the same question again is another one"
    live = ls.psql("SELECT count(*), max(seq_from) FROM goald.nudge WHERE seq_to IS NULL")
    assert live == [["1", str(third["seq"])]]


def test_nudge_under_a_request_id_asks_once(ls):
    request = str(uuid.uuid4())
    first = edit(ls, "NudgeNode", "2.3", requestId=request)
    before = journal_count(ls)
    assert edit(ls, "NudgeNode", "2.3", requestId=request) == first
    assert journal_count(ls) == before


def test_nudge_is_for_what_is_open(ls):
    assert edit(ls, "NudgeNode", None)["code"] == ""  # the strategy as a whole
    edit(ls, "CloseNode", "4.1", how="dropped", reason="x")
    assert refused(ls, "NudgeNode", code="4.1") == "code"
    assert refused(ls, "NudgeNode", code="2.2", message="x" * 1001) == "message"
    assert error_of(ls, "NudgeNode", strategy="ls", code="none")[0] == "NoSuchNode"


def test_nudged_node_is_not_removed(ls):
    add(ls, "x9")
    edit(ls, "NudgeNode", "x9")
    assert ls.goal("remove", "ls:x9").code == 1


def test_nudge_tells_whom_it_reaches(new_goald):
    goald = new_goald(empty=False).start()
    make_manager(goald)
    add(goald, "x")
    assert edit(goald, "NudgeNode", "x")["reaches"] == []
    goald.call("AddPerson", key="chef", name="Carl Chef", email="carl@example.org")
    goald.call("AddAccount", uid=57010, person="chef")
    goald.call("GrantRole", uid=57010, role="manager", strategy="ls")
    chef = {"kind": "person", "key": "chef", "name": "Carl Chef", "why": "unreached"}
    assert edit(goald, "NudgeNode", "x")["reaches"] == [chef]
    assert "nobody who answers for it has an address: it reaches Carl Chef (seq" in goald.goal(
        "nudge", "ls:x").ok()
    goald.call("AddPerson", key="p17", name="Karin Ek", email="karin@example.org")
    edit(goald, "AssignRole", "x", role="owner", holder="person:p17")
    goald.call("ChangeOrganisation", key="vinnova", mailbox="post@vinnova.example")
    edit(goald, "AssignRole", "x", role="lead", holder="org:vinnova")
    assert edit(goald, "NudgeNode", "x")["reaches"] == [
        {"kind": "person", "key": "p17", "name": "Karin Ek", "why": "owner"},
        {"kind": "organisation", "key": "vinnova", "name": "Vinnova", "why": "lead"}]
    assert "reminders; it reaches Karin Ek, Vinnova (seq " in goald.goal("nudge", "ls:x").ok()


def test_nudge_by_command(ls):
    assert ls.goal("nudge", "ls:2.2", "-m", "Styrelsen möts på måndag.").ok().startswith(
        "2.2 will be asked about with the next reminders; it reaches nobody: goal check (seq ")
    assert what(ls) == "nudge changed: note – → Styrelsen möts på måndag."


def test_rules_and_nudges_are_followed_verified_and_restored(ls, new_goald, tmp_path):
    change(ls, "due", offsets=[9], every=3)
    edit(ls, "NudgeNode", "2.2", message="?")
    assert ls.stream("VerifyJournal", strategy="ls")[-1]["faults"] == 0
    verify_chain(ls)
    verify_state(ls)
    told = rules(ls)
    ls.restart()
    assert rules(ls) == told
    other = new_goald().start()
    for strategy in (".", "ls"):
        ls.goal("export", "--journal", strategy, tmp_path / "journal").ok()
        other.goal("restore", tmp_path / "journal").ok()
        assert other.stream("VerifyJournal", strategy=strategy)[-1]["faults"] == 0
    assert rules(other) == told
    assert [row["payload"] for row in journal(other)] == [row["payload"] for row in journal(ls)]


def test_past_with_nudges_is_answered(ls):
    moment = f"seq:{edit(ls, 'NudgeNode', '2.2')['seq']}"
    status = ls.call("GetStatus", strategy="ls", code="2.2", knownAt=moment)
    assert status["code"] == "2.2"
    assert len(ls.stream("ListTree", strategy="ls", knownAt=moment)) == len(
        ls.stream("ListTree", strategy="ls"))
