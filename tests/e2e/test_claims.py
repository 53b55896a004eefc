"""ClaimReminders, SettleReminders, RetryReminder: every occurrence is in one run's hands at a time,
whatever becomes of the runs."""

import concurrent.futures
import hashlib
import itertools
import re
import socket

import pytest

from claims import DAY, Plan, address, forget_runs, told
from database import Proxy, error_of, new_id, try_call
from harness import wait_until

# Behind 1 March at noon in UTC: the lease has not, and has just ended.
WITHIN_LEASE, AFTER_LEASE = "2026-03-01T12:09:59Z", "2026-03-01T12:10:00Z"
NEXT_DAY = "2026-03-02"


@pytest.fixture
def plan(goald):
    forget_runs(goald)
    return Plan(goald)


def claim_error(goald, **parameters):
    """(short name, parameters) of the error that a claim ends with, and the replies before it."""
    replies = []
    parameters = {"run": new_id(), "now": DAY, **parameters}
    with goald.connect() as connection:
        connection.send_call("ClaimReminders", parameters, more=True)
        while True:
            reply = connection.recv()
            if "error" in reply:
                return reply["error"].rsplit(".", 1)[-1], reply.get("parameters"), replies
            assert reply.get("continues"), f"no error, but {reply}"
            replies.append(reply["parameters"])


# --- what is claimed


def test_letters_are_claimed_once(plan):
    run = new_id()
    letters = plan.claim(run=run)
    assert {key: told(letter) for key, letter in letters.items()} == {
        plan.anna: [("1", "due", 30)], plan.bo: [("3", "due", 14)]}
    assert plan.claim() == {}
    assert plan.claim(run=run) == {}
    for letter in letters.values():
        assert plan.settle(run, letter) == 1
    assert plan.claim() == {}
    assert plan.status() == {"sent": 2, "skipped": 1}  # of 3 the one of 30 days


def test_letter_says_all_that_a_mail_needs(plan):
    letter = plan.claim()[plan.anna]
    assert letter["messageId"].startswith(letter["letter"] + "@")
    assert letter["from"].startswith("goald@")
    assert {key: letter[key] for key in ("name", "address", "language", "replyTo", "again",
                                         "expires")} == {
        "name": plan.anna.title(), "address": address(plan.anna), "language": "en",
        "replyTo": None, "again": False, "expires": "2026-03-01T12:10:00.000000Z"}
    item = letter["items"][0]
    assert item.pop("uid").endswith(f".{plan.key}.goald")
    assert item.pop("sequence") > 0
    assert item == {
        "strategy": plan.key, "alias": None, "strategyTitle": "The plan", "code": "1",
        "kind": "target", "title": "Node 1", "group": None, "item": "node", "rule": "due",
        "step": 30, "date": "2026-03-31", "planned": "2026-03-01", "days": 30, "why": "owner",
        "via": None, "viaName": None, "message": None, "by": None, "percent": None,
        "state": "unknown", "lastUpdate": None}


def test_letter_has_the_most_urgent_first(plan):
    plan.call("CloseNode", code="3", how="dropped", date="2026-03-01")
    letter = plan.claim(now="2026-04-01")[plan.anna]
    assert told(letter) == [("1", "due", 0), ("2", "due", 14)]
    assert [item["days"] for item in letter["items"]] == [-1, 14]


def test_letter_speaks_the_recipients_language(plan):
    plan.goald.call("ChangePerson", key=plan.anna, language="sv")
    letters = plan.claim()
    assert letters[plan.anna]["language"] == "sv"
    assert letters[plan.anna]["items"][0]["strategyTitle"] == "Planen"
    assert letters[plan.bo]["items"][0]["strategyTitle"] == "The plan"


def test_letter_goes_to_a_functions_mailbox(plan):
    plan.call("AddGroup", key="board", kind="working_group", name="The board",
              mailbox="board@example.org")
    plan.call("EndAssignment", code="3", role="owner", holder=plan.bo, mistake=True)
    plan.call("AssignRole", code="3", role="owner", holder="group:board")
    letter = plan.claim()["group:board"]
    assert (letter["address"], letter["name"]) == ("board@example.org", "The board")


def test_letter_names_the_group_by_which_it_comes(plan):
    plan.goald.call("ChangePerson", key=plan.anna, language="sv")
    plan.call("AddGroup", key="board", kind="working_group",
              names={"en": "The board", "sv": "Styrelsen"})
    plan.call("AddMember", group="board", person=plan.anna, role="lead")
    plan.call("EndAssignment", code="3", role="owner", holder=plan.bo, mistake=True)
    plan.call("AssignRole", code="3", role="owner", holder="group:board")
    lines = [reply["reminder"] for reply in plan.goald.stream(
        "ListReminders", strategy=plan.key, code="3", days=3660)]
    assert {(line["via"], line["viaName"]) for line in lines if line["recipient"]} == {
        ("group:board", "The board")}
    items = {item["code"]: item for item in plan.claim()[plan.anna]["items"]}
    assert (items["3"]["via"], items["3"]["viaName"]) == ("board", "Styrelsen")
    assert items["1"]["viaName"] is None


def test_who_lost_their_address_gets_nothing(plan):
    plan.goald.call("ForgetPerson", key=plan.bo)
    assert set(plan.claim()) == {plan.anna}


def test_newest_of_those_missed_is_sent_and_the_others_are_settled(plan):
    assert plan.send("2026-04-01")[plan.anna] == [("1", "due", 0), ("2", "due", 14)]
    assert plan.rows("step, status, reason", f"AND item_id = {node_id(plan, '1')} ORDER BY step") == [
        ["0", "sent", ""], *(["%d" % step, "skipped", "newer"] for step in (1, 7, 14, 30))]
    assert plan.send("2026-04-01") == {}
    assert ("1", "due", -7) in plan.send("2026-04-09")[plan.anna]


def test_skipped_days_and_doubled_runs_change_nothing(plan):
    sent = [plan.send(day).get(plan.anna) for day in (
        "2026-03-01", "2026-03-01", "2026-03-09", "2026-03-30", "2026-03-30")]
    assert sent == [[("1", "due", 30)], None, None, [("1", "due", 1), ("2", "due", 30)], None]


def test_limit_takes_the_most_urgent_recipients(plan):
    assert set(plan.claim(limit=1)) == {plan.bo}
    assert set(plan.claim(limit=1)) == {plan.anna}


def test_escalation_reaches_all_who_are_in_turn_whatever_the_limit(plan):
    people = plan.crowd(3)
    plan.document["groups"] = [{"id": f"group-{plan.key}", "kind": "working_group",
                                "names": {"en": "The group"}, "aims": ["3"],
                                "members": [{"role": "lead", "person": key} for key in people]}]
    plan.bring_in()
    escalated = []
    for day in range(20, 28):
        now, run = f"2026-03-{day}", new_id()
        for key, letter in plan.claim(now, run, limit=1).items():
            plan.settle(run, letter, now=now)
            escalated += [key for _, rule, _ in told(letter) if rule == "escalation"]
    assert sorted(escalated) == sorted(people)


def test_recipient_gets_one_letter_a_run(plan):
    run = new_id()
    letter = plan.claim(run=run)[plan.anna]
    plan.settle(run, letter, "failed")
    assert plan.claim(NEXT_DAY, run) == {}
    assert set(plan.claim(NEXT_DAY)) == {plan.anna, plan.bo}


def test_letter_holds_so_many_items_and_the_next_run_has_the_rest(plan):
    plan.grow(220)
    sizes = []
    while letters := plan.claim():
        sizes.append({key: len(letter["items"]) for key, letter in letters.items()})
    assert sizes == [{plan.anna: 200, plan.bo: 1}, {plan.anna: 21}]


# --- runs that die


def test_letter_is_taken_over_when_its_lease_has_ended(plan):
    first = plan.claim()
    assert plan.claim(WITHIN_LEASE) == {}
    second = plan.claim(AFTER_LEASE)
    assert set(second) == set(first)
    for key, letter in second.items():
        assert letter["again"]
        assert letter["expires"] == "2026-03-01T12:20:00.000000Z"
        for name in ("letter", "messageId"):
            assert letter[name] == first[key][name]
        assert told(letter) == told(first[key])


def test_letter_taken_over_is_not_the_first_runs_any_more(plan):
    first, second = new_id(), new_id()
    letter = plan.claim(run=first)[plan.bo]
    plan.claim(AFTER_LEASE, second)
    assert error_of(plan.goald, "SettleReminders", run=first, letter=letter["letter"],
                    outcome="sent") == ("NoSuchLetter", {"letter": letter["letter"]})
    assert plan.settle(second, letter) == 1


def test_first_run_may_still_settle_what_nobody_took_over(plan):
    run = new_id()
    letter = plan.claim(run=run)[plan.bo]
    assert plan.settle(run, letter, now=NEXT_DAY) == 1
    assert plan.bo not in plan.claim(NEXT_DAY)


def test_what_was_answered_meanwhile_is_not_in_a_letter_taken_over(plan):
    plan.call("ChangeNode", code="2", due="2026-03-31")
    first = plan.claim()[plan.anna]
    assert told(first) == [("1", "due", 30), ("2", "due", 30)]
    plan.call("CloseNode", code="1", how="achieved", date="2026-03-01")
    second = plan.claim(AFTER_LEASE)[plan.anna]
    assert (second["letter"], told(second)) == (first["letter"], [("2", "due", 30)])
    assert plan.rows("reason", "AND step = 30 AND status = 'skipped' ORDER BY 1") == [
        ["closed"], ["newer"]]


def test_letter_that_may_be_out_remains_it_though_it_fails_then(plan):
    """The first run may have sent it: in another letter it would be another mail."""
    first, second = plan.claim()[plan.anna], new_id()
    plan.settle(second, plan.claim(AFTER_LEASE, second)[plan.anna], "failed", AFTER_LEASE)
    plan.call("ChangeNode", code="2", due="2026-03-31")
    again = plan.claim(NEXT_DAY)[plan.anna]
    assert (again["letter"], again["again"]) == (first["letter"], True)
    assert told(again) == told(first)


def test_letter_that_was_answered_altogether_is_settled(plan):
    plan.claim()
    plan.call("CloseNode", code="3", how="dropped", date="2026-03-01")
    assert set(plan.claim(AFTER_LEASE)) == {plan.anna}
    assert plan.status() == {"claimed": 1, "skipped": 2}


def test_moved_date_ends_what_was_claimed_and_begins_anew(plan):
    first = plan.claim()[plan.bo]
    plan.call("ChangeNode", code="3", due="2026-03-15")
    second = plan.claim(AFTER_LEASE)[plan.bo]
    assert second["letter"] != first["letter"]
    assert not second["again"]
    assert (told(second), second["items"][0]["date"]) == ([("3", "due", 14)], "2026-03-15")
    assert ["moved"] in plan.rows("reason", "AND status = 'skipped'")


def test_letter_that_every_run_dies_with_is_given_up(plan):
    hours = (f"2026-03-01T{hour:02}:00:00Z" for hour in itertools.count(1))
    for _ in range(6):
        assert set(plan.claim(next(hours))) == {plan.anna, plan.bo}
    assert plan.claim(next(hours)) == {}
    assert plan.rows("DISTINCT status, retry_at IS NULL", "AND letter IS NOT NULL") == [
        ["failed", "t"]]


# --- what cannot be sent


def test_settling_again_changes_nothing(plan):
    run = new_id()
    letter = plan.claim(run=run)[plan.anna]
    for outcome in ("failed", "failed", "sent", "sent", "failed"):
        assert plan.settle(run, letter, outcome, reason="no route") == 1
    assert plan.rows("status, reason, attempts", "AND step = 30 AND letter IS NOT NULL") == [
        ["sent", "", "1"]]


def test_letter_is_not_settled_far_ahead_of_the_clock(plan):
    """What failed then would not be tried again before that."""
    run = new_id()
    letter = plan.claim(run=run)[plan.anna]
    with pytest.raises(plan.goald.Error) as caught:
        plan.settle(run, letter, "failed", now="2999-01-01")
    assert caught.value.name.endswith(".InvalidValue")
    assert caught.value.parameters["field"] == "now"
    assert plan.rows("status", "AND letter IS NOT NULL AND step = 30") == [["claimed"]]
    assert plan.settle(run, letter) == 1


def test_failed_letter_is_tried_again_after_longer_and_longer_pauses(plan):
    plan.call("CloseNode", code="1", how="dropped", date="2026-02-01")
    plan.call("ChangeNode", code="3", due="2026-03-15")  # its next reminder is on 8 March
    times = ["2026-03-01T12:00:00Z", "2026-03-01T12:10:00Z", "2026-03-01T13:10:00Z",
             "2026-03-01T19:10:00Z", "2026-03-02T19:10:00Z", "2026-03-03T19:10:00Z"]
    early = ["2026-03-01T12:09:59Z", "2026-03-01T13:09:59Z", "2026-03-01T19:09:59Z",
             "2026-03-02T19:09:59Z", "2026-03-03T19:09:59Z"]
    letters = set()
    for number, time in enumerate(times):
        run = new_id()
        letter = plan.claim(time, run)[plan.bo]
        assert not letter["again"]
        letters.add(letter["messageId"])
        plan.settle(run, letter, "failed", time, reason="greylisted")
        if number < len(early):
            assert plan.claim(early[number]) == {}
    assert len(letters) == 1
    assert plan.claim("2026-03-07") == {}
    assert plan.rows("status, reason, retry_at", "AND letter IS NOT NULL") == [
        ["failed", "greylisted", ""]]


def test_failed_letter_goes_with_what_is_due_besides(plan):
    run = new_id()
    plan.settle(run, plan.claim(run=run)[plan.anna], "failed")
    plan.call("ChangeNode", code="2", due="2026-04-01")
    letter = plan.claim(NEXT_DAY)[plan.anna]
    assert told(letter) == [("1", "due", 30), ("2", "due", 30)]
    assert not letter["again"]


def test_what_was_said_of_an_address_goes_with_it(plan):
    run = new_id()
    plan.settle(run, plan.claim(run=run)[plan.bo], "failed", reason=f"no {address(plan.bo)} here")
    plan.goald.psql("UPDATE goald.reminder SET retry_at = NULL WHERE status = 'failed'")
    plan.claim()
    assert ["failed", f"no {address(plan.bo)} here"] in plan.rows("status, reason", "")
    plan.goald.call("ForgetPerson", key=plan.bo)
    plan.claim()
    assert ["failed", ""] in plan.rows("status, reason", "")
    assert address(plan.bo) not in str(everything(plan.goald))


def fail_for_good(plan):
    run = new_id()
    for letter in plan.claim(run=run).values():
        plan.settle(run, letter, "failed")
    plan.goald.psql("UPDATE goald.reminder SET retry_at = NULL, attempts = 6"
                    " WHERE status = 'failed'")


def test_given_up_is_retried_when_asked_for(plan):
    fail_for_good(plan)
    assert plan.claim(NEXT_DAY) == {}
    number = int(plan.rows("id", f"AND item_id = {node_id(plan, '1')} AND status = 'failed'")[0][0])
    assert plan.call("RetryReminder", id=number) == {"retried": 1}
    assert {key: told(letter) for key, letter in plan.claim(NEXT_DAY).items()} == {
        plan.anna: [("1", "due", 30)]}


def test_letter_that_may_be_out_is_retried_whole(plan):
    plan.call("ChangeNode", code="2", due="2026-03-31")
    first, run = plan.claim()[plan.anna], new_id()
    plan.settle(run, plan.claim(AFTER_LEASE, run)[plan.anna], "failed", AFTER_LEASE)
    plan.goald.psql("UPDATE goald.reminder SET retry_at = NULL WHERE status = 'failed'")
    number = int(plan.rows("id", "AND status = 'failed' LIMIT 1")[0][0])
    assert plan.call("RetryReminder", id=number) == {"retried": 2}
    second = plan.claim(NEXT_DAY)[plan.anna]
    assert (second["messageId"], told(second)) == (first["messageId"], told(first))


def test_all_that_failed_is_retried_when_asked_for(plan):
    fail_for_good(plan)
    assert plan.call("RetryReminder") == {"retried": 2}
    assert set(plan.claim(NEXT_DAY)) == {plan.anna, plan.bo}
    assert plan.call("RetryReminder") == {"retried": 0}


def test_only_what_failed_is_retried(plan):
    plan.send()
    number = int(plan.rows("id", "AND status = 'sent' LIMIT 1")[0][0])
    for wrong in (number, 999_999):
        assert error_of(plan.goald, "RetryReminder", id=wrong) == ("NoSuchReminder",
                                                                   {"id": wrong})


def node_id(plan, code):
    return int(plan.goald.psql(
        "SELECT n.id FROM goald.node n JOIN goald.chain c USING (strategy_id)"
        f" WHERE c.key = '{plan.key}' AND n.key = '{code}' AND seq_to IS NULL")[0][0])


# --- trials and clocks


def everything(database):
    return database.psql("SELECT * FROM goald.reminder ORDER BY id") + database.psql(
        "SELECT * FROM goald.sending") + database.psql("SELECT * FROM goald.token")


def test_dry_run_tells_the_same_and_writes_nothing(plan):
    plan.claim(limit=1)
    before = everything(plan.goald)
    dry = plan.claim(AFTER_LEASE, dryRun=True)
    assert everything(plan.goald) == before
    wet = plan.claim(AFTER_LEASE)
    assert dry == wet
    assert {key: letter["again"] for key, letter in dry.items()} == {plan.anna: False,
                                                                     plan.bo: True}


def test_dry_run_may_be_at_any_time(plan):
    plan.claim("2026-03-10")
    assert plan.claim("2026-03-01", dryRun=True) == {}


def test_run_before_the_last_one_is_refused(plan):
    plan.claim("2026-03-10T08:00:00Z")
    before = everything(plan.goald)
    assert claim_error(plan.goald, now="2026-03-10T07:58:59Z") == (
        "ClockSetBack", {"last": "2026-03-10T08:00:00.000000Z"}, [])
    assert everything(plan.goald) == before
    assert plan.claim("2026-03-10T07:59:01Z") == {}  # two hosts' clocks


def test_run_in_the_future_is_refused(plan):
    name, details, _ = claim_error(plan.goald, now="2999-01-01")
    assert (name, details["field"]) == ("InvalidValue", "now")
    assert plan.goald.psql("SELECT * FROM goald.sending") == []


def test_run_without_a_time_is_now(plan):
    plan.claim(now=None)
    assert plan.goald.psql("SELECT now() - at < '1 minute' FROM goald.sending") == [["t"]]
    assert claim_error(plan.goald)[0] == "ClockSetBack"


@pytest.mark.parametrize("field, value", [
    ("run", "1"), ("now", "soon"), ("now", "2026-03"), ("now", "2026-02-30"), ("limit", 0),
    ("limit", 1001)])
def test_wrong_value_is_refused(plan, field, value):
    name, details, _ = claim_error(plan.goald, **{field: value})
    assert (name, details["field"]) == ("InvalidValue", field)


def test_outcome_is_sent_or_failed(plan):
    name, details = error_of(plan.goald, "SettleReminders", run=new_id(), letter="x",
                             outcome="lost")
    assert (name, details["field"]) == ("InvalidValue", "outcome")


# --- at the same time


def test_two_runs_at_once_share_the_letters(plan):
    crowd = plan.crowd(40)
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(lambda _: plan.claim(limit=20), range(4)))
    claimed = [key for run in runs for key in run]
    assert len(claimed) == len(set(claimed))
    claimed += plan.claim()
    assert sorted(claimed) == sorted([plan.anna, plan.bo, *crowd])


def test_letter_is_taken_over_whole_by_one_of_two(plan):
    plan.call("ChangeNode", code="2", due="2026-03-31")
    plan.claim()
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(lambda _: plan.claim(AFTER_LEASE), range(4)))
    takers = [run[plan.anna] for run in runs if plan.anna in run]
    assert [told(letter) for letter in takers] == [[("1", "due", 30), ("2", "due", 30)]]


def test_calls_are_answered_while_a_large_strategy_is_searched(plan):
    """Were the loop held, a search would let one call or two through: ten of them not 50."""
    plan.grow(10_000)
    answered = 0
    with plan.goald.connect(timeout=60) as claimer, plan.goald.connect() as other:
        for _ in range(10):
            claimer.send_call("ClaimReminders", {"run": new_id(), "now": DAY, "dryRun": True,
                                                 "strategy": plan.key}, more=True)
            claimer.socket.setblocking(False)
            while not arrived(claimer):
                other.call("Ping")
                answered += 1
            claimer.socket.settimeout(60)
            reply = claimer.recv()
            assert len(reply["parameters"]["letter"]["items"]) in (1, 200)
            while reply.get("continues"):
                reply = claimer.recv()
            if answered > 50:
                break
    assert answered > 50


def arrived(connection):
    """Is a reply there, or its beginning?"""
    try:
        return len(connection.socket.recv(1, socket.MSG_PEEK)) == 1
    except BlockingIOError:
        return False


# --- editions


def later_edition(plan, **more):
    return Plan(plan.goald, relations=[{"kind": "supersedes", "strategy": plan.key}], **more)


def why_not(plan):
    lines = [reply["reminder"] for reply in plan.goald.stream(
        "ListReminders", strategy=plan.key, code="1")]
    return {line["rule"] for line in lines if line["reason"] == "superseded"}


def test_later_edition_in_force_reminds_of_dates_instead(plan):
    later = later_edition(plan)
    assert plan.claim() == {}
    assert why_not(plan) == {"due", "checkin", "escalation"}
    assert set(later.claim()) == {later.anna, later.bo}
    plan.call("NudgeNode", code="1", message="Still to be closed")
    assert told(plan.claim(None, dryRun=True)[plan.anna])[0][:2] == ("1", "nudge")
    later.call("RemoveRelation", kind="supersedes", toStrategy=plan.key)
    assert why_not(plan) == set()
    assert set(plan.claim()) == {plan.anna, plan.bo}


def test_edition_that_came_meanwhile_settles_what_failed(plan):
    run = new_id()
    plan.settle(run, plan.claim(run=run)[plan.anna], "failed", reason="full")
    later_edition(plan)
    assert plan.claim(NEXT_DAY) == {}
    assert ["2", "superseded"] in plan.rows(
        "count(*), reason", "AND status = 'skipped' GROUP BY reason")


@pytest.mark.parametrize("more", [{"period": {"start": "2026-03-02"}}, {"visibility": "members"}])
def test_edition_that_has_not_begun_or_is_hidden_silences_nobody(plan, more):
    later_edition(plan, **more)
    assert set(plan.claim()) == {plan.anna, plan.bo}


def test_editions_that_supersede_each_other_silence_neither(plan):
    later = later_edition(plan)
    plan.call("AddRelation", kind="supersedes", toStrategy=later.key)
    assert plan.claim() and later.claim()


# --- replies


def test_token_whose_time_was_up_long_ago_goes(plan):
    plan.goald.psql(
        "INSERT INTO goald.token (hash, purpose, letter, person_id, expires_at)"
        " SELECT sha256(days::text::bytea), 'reply', 'old', 1, now() - days * interval '1 day'"
        " FROM unnest(ARRAY[29, 31]) days")
    plan.claim(dryRun=True)
    assert plan.goald.psql("SELECT count(*) FROM goald.token WHERE letter = 'old'") == [["2"]]
    plan.claim()
    assert plan.goald.psql("SELECT count(*) FROM goald.token WHERE letter = 'old'") == [["1"]]


def test_reply_goes_to_a_token_that_only_this_letter_has(new_goald):
    goald = new_goald({"mail_in": "answers@example.org", "mail_from": "goald@example.org"}).start()
    plan = Plan(goald)
    goald.call("AddAccount", uid=60001, person=plan.anna)
    first, second = plan.claim(), plan.claim(AFTER_LEASE)
    assert first[plan.anna]["from"] == "goald@example.org"
    assert first[plan.anna]["messageId"] == first[plan.anna]["letter"] + "@example.org"
    assert first[plan.bo]["replyTo"] is None  # no account that could write the update
    tokens = [re.fullmatch(r"answers\+([a-z2-7]{32})@example\.org", run[plan.anna]["replyTo"])[1]
              for run in (first, second)]
    assert goald.psql("SELECT encode(hash, 'hex'), purpose, letter, person_id,"
                      " expires_at > now() + '29 days' FROM goald.token ORDER BY 1") == sorted(
        [hashlib.sha256(token.encode()).hexdigest(), "reply", first[plan.anna]["letter"],
         person_id(plan), "t"] for token in tokens)
    assert plan.claim("2026-03-31", dryRun=True)[plan.anna]["replyTo"] is None


def person_id(plan):
    return plan.goald.psql(f"SELECT id FROM goald.person WHERE key = '{plan.anna}'")[0][0]


# --- rights


@pytest.fixture
def two_plans(goald):
    """Two strategies of which one is for members, and who reminds on both, one, or none."""
    forget_runs(goald)
    goald.psql("DELETE FROM goald.reminder")
    plans = Plan(goald), Plan(goald, visibility="members")
    for number, uid in enumerate(range(56001, 56005)):
        goald.grant(uid, ("reminder", "reminder", "manager", "reader")[number],
                    (None, plans[1].key, plans[1].key, plans[1].key)[number])
    yield plans
    for uid, role in ((56001, "reminder"), (56002, "reminder"), (56003, "manager"),
                      (56004, "reader")):
        goald.call("RevokeRole", uid=uid, role=role,
                   strategy=None if uid == 56001 else plans[1].key)


EVERYWHERE, ONE_OF_THEM, MANAGER, READER = range(56001, 56005)


def claimed(goald, uid, **parameters):
    replies = goald.stream("ClaimReminders", as_uid=uid, run=new_id(),
                           **{"now": DAY, "limit": 1000, **parameters})
    return sorted({item["strategy"] for reply in replies if reply
                   for item in reply["letter"]["items"]})


@pytest.mark.root
def test_who_reminds_everywhere_claims_in_all_strategies(goald, two_plans):
    assert set(claimed(goald, EVERYWHERE)) >= {plan.key for plan in two_plans}


@pytest.mark.root
def test_who_reminds_on_a_strategy_claims_there_alone(goald, two_plans):
    public, closed = two_plans
    assert claimed(goald, ONE_OF_THEM) == [closed.key]
    for strategy, error in ((public.key, "NotPermitted"), ("nothing", "NoSuchStrategy")):
        with pytest.raises(goald.Error, match=error):
            claimed(goald, ONE_OF_THEM, strategy=strategy)


@pytest.mark.root
def test_manager_may_try_and_not_claim(goald, two_plans):
    assert claimed(goald, MANAGER, dryRun=True) == [two_plans[1].key]
    for uid, dry in ((MANAGER, False), (READER, True)):
        with pytest.raises(goald.Error, match="NotPermitted"):
            claimed(goald, uid, dryRun=dry, strategy=two_plans[1].key)
    with pytest.raises(goald.Error, match="NoSuchStrategy"):
        claimed(goald, 56999, strategy=two_plans[1].key)


@pytest.mark.root
def test_who_may_not_is_told_who_may(goald, two_plans):
    def needed(ask, *args, **parameters):
        with pytest.raises(goald.Error, match="NotPermitted") as caught:
            ask(*args, **parameters)
        return caught.value.parameters["needed"]

    for where in ({}, {"strategy": two_plans[0].key}):
        assert needed(claimed, goald, READER, **where) == "reminder or admin"
        assert needed(claimed, goald, READER, dryRun=True, **where) == "reminder, manager or admin"
        assert needed(goald.call, "RetryReminder", as_uid=READER, **where
                      ) == "reminder, manager or admin"


@pytest.mark.root
def test_only_who_reminds_everywhere_may_be_ahead_for_it_holds_others_back(goald, two_plans):
    later = goald.psql("SELECT to_char(now() + interval '23 hours', 'YYYY-MM-DD') ||"
                       " to_char(now() + interval '23 hours', '\"T\"HH24:MI:SS\"Z\"')")[0][0]
    with pytest.raises(goald.Error, match="too far ahead"):
        claimed(goald, ONE_OF_THEM, now=later)
    claimed(goald, MANAGER, now=later, dryRun=True)
    claimed(goald, ONE_OF_THEM, now=None)
    claimed(goald, EVERYWHERE, now=later)
    with pytest.raises(goald.Error, match="ClockSetBack"):
        claimed(goald, ONE_OF_THEM, now=None)


@pytest.mark.root
def test_letter_of_two_strategies_is_left_to_who_reminds_on_both(goald, two_plans):
    public, closed = two_plans
    closed.call("AssignRole", code="1", role="lead", holder=public.anna)
    assert set(claimed(goald, EVERYWHERE)) >= {public.key, closed.key}
    assert taken_over(goald, ONE_OF_THEM) == {closed.anna, closed.bo}
    assert taken_over(goald, EVERYWHERE) >= {public.anna, public.bo}


def taken_over(goald, uid):
    """Whose letters the user gets when all leases have ended."""
    replies = goald.stream("ClaimReminders", as_uid=uid, run=new_id(), now=AFTER_LEASE,
                           limit=1000)
    return {reply["letter"]["recipient"].removeprefix("person:") for reply in replies
            if reply and reply["letter"]["again"]}


@pytest.mark.root
def test_only_who_reminds_settles(goald, two_plans):
    plan, run = two_plans[1], new_id()
    letter = plan.claim(run=run)[plan.anna]
    settling = {"run": run, "letter": letter["letter"], "outcome": "sent", "now": DAY}
    for uid in (MANAGER, READER, 56999):
        with pytest.raises(goald.Error, match="NotPermitted"):
            goald.call("SettleReminders", as_uid=uid, **settling)
    assert goald.call("SettleReminders", as_uid=ONE_OF_THEM, **settling) == {"settled": 1}
    public = two_plans[0].claim(run=run)[two_plans[0].anna]
    with pytest.raises(goald.Error, match="NoSuchLetter"):
        goald.call("SettleReminders", as_uid=ONE_OF_THEM,
                   **{**settling, "letter": public["letter"]})


@pytest.mark.root
def test_manager_retries_in_the_own_strategy(goald, two_plans):
    for plan in two_plans:
        run = new_id()
        for letter in plan.claim(run=run).values():
            plan.settle(run, letter, "failed")
    assert goald.call("RetryReminder", as_uid=MANAGER) == {"retried": 2}
    with pytest.raises(goald.Error, match="NotPermitted"):
        goald.call("RetryReminder", as_uid=MANAGER, strategy=two_plans[0].key)
    with pytest.raises(goald.Error, match="NotPermitted"):
        goald.call("RetryReminder", as_uid=READER)


# --- the database and other daemons


def test_strategy_that_cannot_be_looked_at_is_left_out_and_told(new_goald):
    goald = new_goald().start()
    plan, broken = Plan(goald), Plan(goald)
    before = broken.claim("2026-03-01")
    goald.psql(f"UPDATE goald.node SET parent_id = 999 WHERE key = '3' AND strategy_id ="
               f" (SELECT strategy_id FROM goald.chain WHERE key = '{broken.key}')")
    goald.restart()
    error, _, replies = claim_error(goald, now="2026-03-03")
    assert error == "Unavailable"
    assert {reply["letter"]["recipient"] for reply in replies} == {
        f"person:{plan.anna}", f"person:{plan.bo}"}
    assert broken.status() == {"claimed": len(before), "skipped": 1}
    assert set(plan.claim("2026-03-04")) == {plan.anna, plan.bo}


def test_daemons_on_one_database_share_the_letters(server, on):
    daemons = [on(server), on(server)]
    plan = Plan(daemons[0])
    plan.crowd(20)
    wait_until(lambda: all(try_call(goald, "GetStatus", strategy=plan.key, code="p19") != "NoSuchNode"
                           for goald in daemons))
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        runs = list(threads.map(lambda n: plan.claim(goald=daemons[n % 2], limit=15), range(4)))
    claimed_by = [key for run in runs for key in run] + list(plan.claim())
    assert len(claimed_by) == len(set(claimed_by)) == 22
    assert plan.claim() == {}


def test_daemon_knows_what_was_changed_through_another(server, on):
    """Each claim is the other daemon's, right behind a change: no tree is behind for it."""
    one, other = on(server), on(server)
    plan = Plan(one)
    wait_until(lambda: try_call(other, "GetStatus", strategy=plan.key) != "NoSuchStrategy")
    plan.claim()
    for day in range(11, 21):
        plan.call("ChangeNode", code="3", due=f"2026-03-{day}")
        letters = plan.claim(f"2026-03-02T{day}:00:00Z", goald=other)
        assert letters[plan.bo]["items"][0]["date"] == f"2026-03-{day}"


@pytest.fixture
def proxy(server, tmp_path):
    proxy = Proxy(tmp_path / "proxy", server.folder)
    try:
        yield proxy
    finally:
        proxy.close()


@pytest.mark.parametrize("cut, mark, done", [
    ("before", b"claims_insert", False), ("after", b"claims_insert", False),
    ("after", b"claims_tokens", True)])
def test_claim_that_is_cut_loses_nothing(server, on, proxy, cut, mark, done):
    goald = on(server, host=proxy.folder)
    plan = Plan(goald)
    proxy.arm(cut, mark=mark)
    assert claim_error(goald) == ("Unavailable", None, [])
    assert server.psql("SELECT count(*) FROM goald.reminder WHERE status = 'claimed'") == [
        ["2" if done else "0"]]
    wait_until(lambda: goald.call("GetServerStatus")["database"] == "reachable", 20)
    letters = plan.claim(AFTER_LEASE)
    assert {key: letter["again"] for key, letter in letters.items()} == {plan.anna: done,
                                                                         plan.bo: done}


def test_settling_that_is_cut_may_be_repeated(server, on, proxy):
    goald = on(server, host=proxy.folder)
    plan, run = Plan(goald), new_id()
    letter = plan.claim(run=run)[plan.anna]
    proxy.arm("after", mark=b"claims_settle")
    settling = {"run": run, "letter": letter["letter"], "outcome": "failed", "now": DAY}
    assert error_of(goald, "SettleReminders", **settling)[0] == "OutcomeUnknown"
    wait_until(lambda: try_call(goald, "SettleReminders", **settling) == {"settled": 1}, 20)
    assert server.psql("SELECT attempts FROM goald.reminder WHERE status = 'failed'") == [["1"]]


def test_claim_while_the_database_is_away_is_refused(server, on):
    goald = on(server)
    server.stop()
    wait_until(lambda: goald.call("GetServerStatus")["database"] == "unreachable")
    assert claim_error(goald)[0] == "Unavailable"
    assert error_of(goald, "SettleReminders", run=new_id(), letter="x",
                    outcome="sent")[0] == "Unavailable"
    assert error_of(goald, "RetryReminder")[0] == "Unavailable"


def test_caller_who_leaves_while_it_is_claimed_takes_nothing_with_them(plan):
    plan.grow(3000)
    with plan.goald.connect() as connection:
        connection.send_call("ClaimReminders", {"run": new_id(), "now": DAY,
                                                "strategy": plan.key}, more=True)
        plan.goald.call("Ping")
    plan.goald.call("Ping")
    letters = {**plan.claim(), **plan.claim(AFTER_LEASE)}
    assert set(letters) == {plan.anna, plan.bo}
