"""Digests over the interface: who is told what, when, once; claims, takeovers, retries."""

import json
import threading

import pytest

from harness import STRANGER
from database import error_of, submit
from subscribers import (ADMIN, MANAGER, OTHER, OTHER_ADDRESS, OWN, OWN_ADDRESS, REMINDER, confirm,
                         filled, forget_all, goald_, new_run, subscribe, subscribed, subscription,
                         subscriptions, token_for)
from test_rights import TRACKER

pytestmark = pytest.mark.root  # it acts as several users
ADDRESS, SECOND = "kari.nordmann@example.no", "second@example.org"
DAY = "2024-03-{:02d}T07:00:00Z"
T1, T2, T3, T8, T9 = (DAY.format(day) for day in (1, 2, 3, 8, 9))


def claim(goald, now=None, run=None, uid=REMINDER, **parameters):
    replies = goald.stream("ClaimDigests", as_uid=uid, run=run or new_run(), now=now, **parameters)
    return [reply["digest"] for reply in replies if reply.get("digest")]


def settle(goald, run, digest, outcome="sent", now=None, uid=REMINDER, **more):
    return goald.call("SettleDigests", as_uid=uid, run=run, letter=digest["letter"],
                      outcome=outcome, now=now, **more)["settled"]


def send(goald, now=None, outcome="sent", **parameters):
    """A run that sends all there is."""
    run = new_run()
    who = {name: uid for name, uid in parameters.items() if name == "uid"}
    digests = claim(goald, now, run, **parameters)
    for digest in digests:
        assert settle(goald, run, digest, outcome, now, **who) == 1
    return digests


def told(digest):
    return [entry["seq"] for entry in digest["entries"]]


def update(goald, code="1.1", strategy="open", uid=None, **parameters):
    """The seq of an update by a manager (of closed: by who has a duty there)."""
    uid = uid or (MANAGER if strategy == "open" else OWN)
    return goald.call("SubmitUpdate", as_uid=uid, strategy=strategy, code=code,
                      **{"percent": 40, **parameters})["seq"]


def edit(goald, method, uid=MANAGER, **parameters):
    return goald.call(method, as_uid=uid, strategy="open", **parameters)["seq"]


def only(digests):
    assert len(digests) == 1
    return digests[0]


# --- what a digest is


def test_digest_tells_what_changed(goald_):
    subscribed(goald_, ADDRESS, "o:1.1", language="en")
    seq = update(goald_, percent=40, note="Halfway")
    digest = only(send(goald_, T1))
    entry = goald_.stream("ListJournal", strategy="open", limit=1)[0]
    assert digest["entries"] == [{
        "strategy": "open", "strategyTitle": "The open one", "code": "1.1", "title": "Node 1.1",
        "group": None, "entity": "update", "what": "update: 40 % “Halfway”",
        "facts": {"action": "added", "date": entry["time"][:10], "percent": 40, "note": "Halfway",
                  "kind": "target"},
        "time": entry["time"], "seq": seq}]
    assert TRACKER.faults(TRACKER.methods["ClaimDigests"][1], {"digest": digest}) == []
    assert (digest["kind"], digest["address"], digest["frequency"], digest["topics"],
            digest["again"], digest["omitted"], digest["since"]) == (
        "digest", ADDRESS, "weekly", ["o:1.1"], False, 0, None)
    assert digest["messageId"].startswith(digest["letter"] + "@") and len(digest["letter"]) == 32
    assert digest["expires"] == "2024-03-01T07:10:00.000000Z"


def test_digest_is_in_the_subscribers_language(goald_):
    subscribed(goald_, ADDRESS, "o:1.1")
    update(goald_)
    digest = only(send(goald_))
    assert digest["language"] == "sv"  # the strategy's
    assert digest["entries"][0]["strategyTitle"] == "Den öppna"


def test_nothing_before_it_was_confirmed_is_told(goald_):
    subscribe(goald_, ADDRESS, "o")
    update(goald_)
    confirm(goald_, ADDRESS)
    assert send(goald_) == []


def test_what_an_immediate_one_is_told_is_told_once(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    first = update(goald_)
    assert told(only(send(goald_, T1))) == [first]
    assert send(goald_, T1) == []
    second, third = update(goald_), update(goald_)
    assert told(only(send(goald_, T1))) == [second, third]


def test_entries_are_in_order(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    seqs = [update(goald_, percent=n) for n in range(5)]
    assert told(only(send(goald_))) == seqs


def test_entries_of_a_node_stand_together(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    first, second, third = update(goald_, "2.1"), update(goald_, "1.1"), update(goald_, "2.1")
    fourth = edit(goald_, "ChangeGroup", key="idle", names={"en": "Idle!"})
    assert told(only(send(goald_))) == [fourth, second, first, third]


def facts(goald, method, **parameters):
    """Of what the entry says, all but the kind of its node."""
    subscribed(goald, ADDRESS, "o", frequency="immediate", language="en")
    edit(goald, method, **parameters)
    told_ = only(send(goald))["entries"][-1]["facts"]
    return {name: value for name, value in told_.items() if name != "kind"}


def test_change_is_told_with_both_sides(goald_):
    edit(goald_, "AddNode", newCode="3", kind="target", title="Three", due="2030")
    assert facts(goald_, "ChangeNode", code="3", parent="2", due="2031-05", sectors=["food"]) == {
        "action": "changed", "due": "2031-05", "other": "2 Node 2", "changes": [
            {"field": "parent", "before": "The open one", "after": "2 Node 2"},
            {"field": "due", "before": "2030", "after": "2031-05"},
            {"field": "sectors", "before": None, "after": "Food"}]}


def test_person_is_named_while_the_role_is_theirs(goald_):
    role = {"code": "2", "role": "contact", "holder": "person:own"}
    told_ = facts(goald_, "AssignRole", **role)
    assert (told_["holder"], told_["role"]) == ("Person own", "contact")
    forget_all(goald_)
    told_ = facts(goald_, "EndAssignment", mistake=True, **role)
    assert (told_["action"], told_["holder"]) == ("removed", "own")


def test_relation_to_what_is_closed_names_nothing_of_it(goald_):
    relation = {"code": "2", "kind": "depends_on", "toStrategy": "closed", "toCode": "1"}
    subscribed(goald_, OWN_ADDRESS, "o", uid=OWN, frequency="immediate")
    goald_.grant(OWN, "manager", "open")
    edit(goald_, "AddRelation", uid=OWN, **relation)
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    edit(goald_, "RemoveRelation", uid=OWN, **relation)
    goald_.call("RevokeRole", uid=OWN, role="manager", strategy="open")
    last = {digest["address"]: digest["entries"][-1]["facts"] for digest in send(goald_)}
    assert last[OWN_ADDRESS]["other"] == "1 Node 1" and "other" not in last[ADDRESS]


def test_long_note_is_cut(goald_):
    note = "å" * 600
    told_ = facts(goald_, "SubmitUpdate", code="2", note=note, percent=1)["note"]
    assert told_ == "å" * 500 + "…"


def test_of_much_evidence_the_first_is_told(goald_):
    evidence = [f"https://example.org/{n}" for n in range(9)]
    told_ = facts(goald_, "SubmitUpdate", code="2", evidence=evidence, percent=1)
    assert told_["evidence"] == evidence[:5]


# --- topics


@pytest.mark.parametrize("topic, codes", [
    ("o", {"1.1", "1.1.a", "1.2", "1.3", "2.1", None}),
    ("o:1", {"1.1", "1.1.a", "1.2", "1.3"}),
    ("o:1.1", {"1.1", "1.1.a"}),
    ("o:1.1.a", {"1.1.a"}),
    ("group:o:health", {"1.1"}),      # which it aims at
    ("group:o:idle", {"1.2"}),        # to which it is assigned
    ("org:agency", {"1.3"}),
    ("org:o:agency", {"1.3"}),
    ("sector:food", {"1.1", "1.1.a"}),
    ("sector:o:food", {"1.1", "1.1.a"}),
    ("sector:work", set()),
])
def test_topic_tells_of_these_nodes(goald_, topic, codes):
    subscribed(goald_, ADDRESS, topic, frequency="immediate")
    for code in ("1.1", "1.1.a", "1.2", "1.3", "2.1", None):
        update(goald_, code)
    digests = send(goald_)
    assert {entry["code"] or None for digest in digests for entry in digest["entries"]} == codes


def test_group_and_organisation_tell_of_their_own(goald_):
    subscribed(goald_, ADDRESS, "group:o:health", frequency="immediate")
    subscribed(goald_, SECOND, "org:agency", frequency="immediate")
    edit(goald_, "ChangeGroup", key="health", names={"en": "Health!"})
    edit(goald_, "AddMember", group="health", organisation="agency", role="member")
    edit(goald_, "AddAim", group="health", code="2.1")
    edit(goald_, "AssignRole", code="2.1", role="funder", holder="agency")
    edit(goald_, "EndMembership", group="health", organisation="agency", mistake=True)
    edit(goald_, "RemoveAim", group="health", code="2.1")
    edit(goald_, "EndAssignment", code="2.1", role="funder", holder="agency", mistake=True)
    edit(goald_, "RecordReview", group="health", by="person:own")
    health, agency = sorted(send(goald_), key=lambda digest: digest["address"])
    assert [entry["entity"] for entry in health["entries"]] == [
        "group", "membership", "membership", "review", "aim", "aim"]
    assert [entry["group"] for entry in health["entries"]] == ["health"] * 4 + [None] * 2
    assert {entry["title"] for entry in health["entries"]} == {"Health!", "Node 2.1"}
    assert [entry["entity"] for entry in agency["entries"]] == [
        "membership", "membership", "assignment", "assignment"]


def test_topic_follows_its_node(goald_):
    edit(goald_, "AddNode", newCode="2.5", parent="2", kind="target", title="Five")
    edit(goald_, "AddNode", newCode="2.5.a", parent="2.5", kind="deliverable", title="A")
    subscribed(goald_, ADDRESS, "o:2.5", frequency="immediate")
    update(goald_, "2.5.a")
    edit(goald_, "ChangeNode", code="2.5", newCode="2.6")
    edit(goald_, "ChangeNode", code="2.5.a", parent="2.1")  # away: that it went is told
    update(goald_, "2.5.a")                                 # and nothing of it afterwards
    edit(goald_, "ChangeNode", code="2.5.a", parent="2.6")  # back
    edit(goald_, "ChangeNode", code="2.5.a", parent="2.1")
    digest = only(send(goald_))
    assert digest["topics"] == ["o:2.6"]
    assert [entry["what"].split(":")[0] for entry in digest["entries"]] == [
        "node changed", "node changed", "node changed"]


def test_what_is_gone_is_told_where_it_was(goald_):
    edit(goald_, "AddNode", newCode="2.7", parent="2", kind="target", title="Seven")
    edit(goald_, "AddNode", newCode="2.7.a", parent="2.7", kind="deliverable", title="A")
    subscribed(goald_, ADDRESS, "o:2.7", "sector:o:work", frequency="immediate")
    subscribed(goald_, SECOND, "o:2", frequency="immediate")
    link = {"code": "2.7.a", "url": "https://example.org/a"}
    seqs = [edit(goald_, "AddLink", type="page", **link), edit(goald_, "RemoveLink", **link),
            edit(goald_, "ChangeNode", code="2.7.a", title="B"),
            edit(goald_, "RemoveNode", code="2.7.a"),
            edit(goald_, "RemoveNode", code="2.7")]
    for digest in send(goald_):
        assert told(digest) == seqs[-1:] + seqs[:-1]
        assert [(entry["code"], entry["title"]) for entry in digest["entries"]] == [
            ("2.7", "Seven")] + [("2.7.a", "B")] * 4
    assert subscription(goald_, ADDRESS)["topics"][0]["gone"] is True


def test_sector_that_is_taken_away_is_told(goald_):
    subscribed(goald_, ADDRESS, "sector:work", frequency="immediate")
    edit(goald_, "ChangeNode", code="2.1", sectors=["work"])
    edit(goald_, "ChangeNode", code="2.1", clear=["sectors"])
    update(goald_, "2.1")
    assert len(only(send(goald_))["entries"]) == 1  # as it is now it has none


def test_every_strategy_means_those_that_come_later_too(goald_, tmp_path):
    subscribed(goald_, ADDRESS, "sector:food", frequency="immediate")
    path = tmp_path / "later.json"
    path.write_text(json.dumps({
        "format": "goald-import-1",
        "strategy": {"key": "later", "titles": {"en": "Later"}, "timeZone": "UTC",
                     "language": "en", "visibility": "public",
                     "sectors": [{"id": "food", "titles": {"en": "Food"}}]},
        "nodes": [{"code": "1", "kind": "target", "titles": {"en": "One"}, "sectors": ["food"]},
                  {"code": "2", "kind": "target", "titles": {"en": "Two"}}]}))
    goald_.goal("import", path).ok()
    digest = only(send(goald_))
    assert [(entry["strategy"], entry["code"]) for entry in digest["entries"]] == [("later", "1")]


def test_topic_of_a_new_strategy_begins_now(goald_):
    subscribed(goald_, OWN_ADDRESS, "o", uid=OWN, frequency="immediate")
    update(goald_, "1", "closed")
    subscribe(goald_, OWN_ADDRESS, "c", uid=OWN, frequency="immediate")
    seq = update(goald_, "1", "closed")
    digest = only(send(goald_))
    assert [(entry["strategy"], entry["seq"]) for entry in digest["entries"]] == [("closed", seq)]


# --- rights


def test_outside_address_is_told_nothing_of_what_is_closed_by_then(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    subscribed(goald_, OWN_ADDRESS, "o", "c", uid=OWN, frequency="immediate")
    goald_.call("GrantRole", uid=OWN, role="reader", strategy="open")
    update(goald_)
    edit(goald_, "ChangeStrategy", visibility="members")
    digest = only(send(goald_))
    assert digest["address"] == OWN_ADDRESS
    edit(goald_, "ChangeStrategy", visibility="public")
    seq = update(goald_)
    digests = send(goald_)
    assert len(digests) == 2
    # that it was opened again is the first that the outside address hears
    assert next(told(d) for d in digests if d["address"] == ADDRESS) == [seq - 1, seq]


def test_persons_rights_hold_while_the_address_is_theirs(goald_):
    goald_.call("AddPerson", key="mover", name="Mo Ver", email="mover@example.org")
    goald_.call("AddAccount", uid=55391, person="mover")
    goald_.call("GrantRole", uid=55391, role="reader", strategy="closed")
    subscribed(goald_, "mover@example.org", "c", uid=55391, frequency="immediate")
    seq = update(goald_, "1", "closed")
    assert told(only(send(goald_))) == [seq]
    goald_.call("DisableAccount", uid=55391)
    update(goald_, "1", "closed")
    assert send(goald_) == []
    goald_.call("DisableAccount", uid=55391, disabled=False)
    seq = update(goald_, "1", "closed")
    assert told(only(send(goald_))) == [seq]
    goald_.call("ChangePerson", key="mover", email="elsewhere@example.org")
    update(goald_, "1", "closed")
    assert send(goald_) == []


def test_all_of_an_organisation_is_told_where_one_may_read(goald_):
    subscribed(goald_, ADDRESS, "sector:food", frequency="immediate")
    subscribed(goald_, OWN_ADDRESS, "sector:food", uid=OWN, frequency="immediate")
    inner, outer = update(goald_, "1", "closed"), update(goald_, "1.1")
    seqs = {digest["address"]: sorted((entry["strategy"], entry["seq"])
                                      for entry in digest["entries"]) for digest in send(goald_)}
    assert seqs == {ADDRESS: [("open", outer)],
                    OWN_ADDRESS: [("closed", inner), ("open", outer)]}


def test_drafts_and_nudges_are_told_to_nobody(goald_):
    subscribed(goald_, OTHER_ADDRESS, "o", uid=OTHER, frequency="immediate")
    goald_.grant(OTHER, "manager", "open")
    goald_.call("SubmitUpdate", as_uid=OTHER, strategy="open", code="1.1", percent=99,
                note="secret", draft=True)
    edit(goald_, "NudgeNode", code="1.2", message="Please")
    assert send(goald_) == []
    goald_.call("RevokeRole", uid=OTHER, role="manager", strategy="open")


def test_update_that_waits_is_told_when_it_is_accepted(goald_):
    goald_.grant(OWN, "reader", "open")
    edit(goald_, "AssignRole", code="2.1", role="lead", holder="person:own")
    edit(goald_, "ChangeStrategy", acceptance=True)
    try:
        subscribed(goald_, ADDRESS, "o:2.1", frequency="immediate")
        first = update(goald_, "2.1", uid=OWN, percent=31)
        second = update(goald_, "2.1", uid=OWN, percent=32)
        third = update(goald_, "2.1", uid=OWN, percent=33)
        assert send(goald_) == []
        edit(goald_, "ReturnUpdate", updateId=second, note="Not so")
        assert send(goald_) == []
        seq = edit(goald_, "AcceptUpdate", updateId=first)
        digest = only(send(goald_))
        assert [(entry["entity"], entry["code"], entry["what"], entry["seq"])
                for entry in digest["entries"]] == [("update", "2.1", "update: 31 %", seq)]
        # within one window it is told once
        fourth = update(goald_, "2.1", uid=OWN, percent=34)
        seqs = [edit(goald_, "AcceptUpdate", updateId=id) for id in (fourth, third)]
        assert told(only(send(goald_))) == seqs
    finally:
        edit(goald_, "ChangeStrategy", acceptance=False)


# --- when


def test_frequency_is_kept(goald_):
    for frequency in ("immediate", "daily", "weekly", "monthly"):
        subscribed(goald_, f"{frequency}@example.org", "o", frequency=frequency)
    due = {}
    for day in (1, 2, 3, 8, 9, 31):
        update(goald_)
        due[day] = sorted(d["frequency"] for d in send(goald_, DAY.format(day)))
    update(goald_)
    due[32] = sorted(d["frequency"] for d in send(goald_, "2024-04-01T06:00:00Z"))
    some = ["daily", "immediate"]
    assert due == {1: ["daily", "immediate", "monthly", "weekly"], 2: some, 3: some,
                   8: some + ["weekly"], 9: some, 31: some + ["weekly"],
                   32: some + ["monthly"]}


def test_run_a_moment_earlier_than_yesterdays_is_not_too_early(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="daily")
    update(goald_)
    assert len(send(goald_, "2024-03-01T07:00:09Z")) == 1
    update(goald_)
    assert send(goald_, "2024-03-01T23:59:59Z") == []
    assert len(send(goald_, "2024-03-02T07:00:01Z")) == 1


def test_nothing_is_sent_where_nothing_changed_and_the_next_one_is_in_time(goald_):
    subscribed(goald_, ADDRESS, "o:2", frequency="weekly")
    update(goald_, "1.1")
    assert send(goald_, T1) == []
    seq = update(goald_, "2.1")
    assert send(goald_, T2) == []
    digest = only(send(goald_, T8))
    assert told(digest) == [seq]
    assert digest["since"] == "2024-03-01T07:00:00.000000Z"


def test_new_frequency_holds_from_the_last_digest(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="monthly")
    update(goald_)
    assert len(send(goald_, T1)) == 1
    goald_.call("ChangeSubscription", token=token_for(goald_, ADDRESS), frequency="daily")
    update(goald_)
    assert len(send(goald_, T2)) == 1
    goald_.call("ChangeSubscription", token=token_for(goald_, ADDRESS), frequency="weekly")
    update(goald_)
    assert send(goald_, T8) == [] and len(send(goald_, T9)) == 1


def test_long_digest_tells_the_latest_and_how_many_more(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    seqs = [update(goald_, percent=n % 100) for n in range(230)]
    digest = only(send(goald_))
    assert told(digest) == seqs[-200:] and digest["omitted"] == 30
    assert send(goald_) == []


def test_strategies_share_a_long_digest(goald_):
    subscribed(goald_, OWN_ADDRESS, "o", "c", uid=OWN, frequency="immediate")
    outer = [update(goald_, percent=n % 100) for n in range(210)]
    inner = [update(goald_, "1", "closed", percent=n) for n in range(3)]
    digest = only(send(goald_))
    assert told(digest) == outer[-100:] + inner and digest["omitted"] == 110


# --- confirming


def test_address_is_asked_once_to_confirm(goald_):
    subscribe(goald_, ADDRESS, "o:1.1", "sector:food", frequency="immediate", language="nb")
    digest = only(send(goald_))
    assert (digest["kind"], digest["topics"], digest["frequency"], digest["language"],
            digest["entries"]) == ("confirm", ["sector:food", "o:1.1"], "immediate", "nb", [])
    assert send(goald_) == []
    assert goald_.call("ConfirmSubscription", as_uid=STRANGER, token=digest["token"]) == {
        "frequency": "immediate", "topics": ["sector:food", "o:1.1"]}
    assert send(goald_) == []
    update(goald_)
    assert only(send(goald_))["kind"] == "digest"


def test_address_is_asked_once_a_day_whoever_asks(goald_):
    for uid, topic in ((STRANGER, "o:1"), (MANAGER, "o:2"), (ADMIN, "o:1.1")):
        subscribe(goald_, ADDRESS, topic, uid=uid)
    assert [d["topics"] for d in send(goald_, T1)] == [["o:1"]]
    assert send(goald_, "2024-03-02T06:59:00Z") == []
    assert [d["topics"] for d in send(goald_, T2)] == [["o:2"]]
    assert [d["topics"] for d in send(goald_, T3)] == [["o:1.1"]]


def test_account_asks_an_address_again_when_it_has_answered(goald_):
    subscribe(goald_, ADDRESS, "o:1")
    first = only(send(goald_, T1))
    subscribe(goald_, ADDRESS, "o:2")
    assert send(goald_, T3) == []
    goald_.call("ConfirmSubscription", token=first["token"])
    assert [d["topics"] for d in send(goald_, T3) if d["kind"] == "confirm"] == [["o:2"]]


def test_account_asks_an_address_again_when_its_question_has_lapsed(goald_):
    subscribe(goald_, ADDRESS, "o:1")
    send(goald_, T1)
    subscribe(goald_, ADDRESS, "o:2")
    assert send(goald_, T8) == []
    assert [d["topics"] for d in send(goald_, T9)] == [["o:2"]]


def test_account_that_waits_for_an_answer_does_not_hold_up_others(goald_):
    subscribe(goald_, ADDRESS, "o:1")
    send(goald_, T1)
    subscribe(goald_, ADDRESS, "o:2")
    subscribe(goald_, ADDRESS, "o:1.1", uid=MANAGER)
    assert [d["topics"] for d in send(goald_, T2)] == [["o:1.1"]]
    assert send(goald_, T8) == []


def test_two_questions_to_an_address_are_not_claimed_at_once(goald_):
    subscribe(goald_, ADDRESS, "o:1")
    subscribe(goald_, ADDRESS, "o:2", uid=MANAGER)
    assert len(claim(goald_, T1)) == 1 and claim(goald_, T1) == []


def test_who_does_not_confirm_is_forgotten(goald_):
    subscribe(goald_, ADDRESS, "o:1")
    token = only(send(goald_, T1))["token"]
    send(goald_, T8)
    assert len(subscriptions(goald_, ADMIN)) == 1
    send(goald_, T9)
    assert subscriptions(goald_, ADMIN) == []
    assert error_of(goald_, "ConfirmSubscription", token=token)[0] == "NoSuchToken"
    assert goald_.psql("SELECT event, count FROM goald.subscription_count ORDER BY event") == [
        ["asked", "1"], ["lapsed", "1"]]


def test_confirmed_are_not_asked_and_do_not_lapse(goald_):
    subscribed(goald_, ADDRESS, "o:2.1")
    goald_.psql("UPDATE goald.subscriber SET asked_at = '2020-01-01'")
    assert send(goald_, T1) == [] and subscription(goald_, ADDRESS)


def test_token_of_a_digest_changes_and_ends_the_subscription(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    update(goald_)
    first = only(send(goald_))["token"]
    update(goald_)
    second = only(send(goald_))["token"]
    assert first != second
    assert goald_.call("ChangeSubscription", token=first, frequency="daily")
    goald_.call("Unsubscribe", token=second)
    assert error_of(goald_, "Unsubscribe", token=first)[0] == "NoSuchToken"


def test_tokens_are_stored_hashed_and_go_when_their_time_is_long_up(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    update(goald_)
    token = only(send(goald_))["token"]
    assert goald_.psql(f"SELECT count(*) FROM goald.token t WHERE t::text LIKE '%{token}%'"
                       ) == [["0"]]
    goald_.psql("UPDATE goald.token SET expires_at = now() - interval '31 days'")
    send(goald_)
    assert goald_.psql("SELECT count(*) FROM goald.token") == [["0"]]


# --- claims


def test_claimed_one_is_not_claimed_again(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    update(goald_)
    run = new_run()
    assert len(claim(goald_, T1, run)) == 1
    assert claim(goald_, T1) == claim(goald_, T1, run) == []


def test_run_that_died_is_taken_over_with_the_same_letter(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    seq = update(goald_)
    run = new_run()
    first = only(claim(goald_, T1, run))
    later = update(goald_)
    assert claim(goald_, "2024-03-01T07:09:59Z") == []
    other = new_run()
    again = only(claim(goald_, "2024-03-01T07:10:00Z", other))
    assert again["again"] is True and again["token"] != first["token"]
    changed = {"again", "token", "expires"}
    assert ({name: value for name, value in again.items() if name not in changed}
            == {name: value for name, value in first.items() if name not in changed})
    assert told(again) == [seq]
    assert error_of(goald_, "SettleDigests", run=run, letter=first["letter"], outcome="sent"
                    )[0] == "NoSuchLetter"
    assert settle(goald_, other, again, now=T2) == 1
    assert told(only(send(goald_, T3))) == [later]


def test_run_that_hangs_up_is_taken_over(goald_):
    for n in range(5):
        subscribed(goald_, f"a{n}@example.org", "o", frequency="immediate")
    seq = update(goald_)
    with goald_.connect() as connection:
        connection.send_call("ClaimDigests", {"run": new_run(), "now": T1}, more=True)
        first = connection.recv_reply()["digest"]
    assert first["address"] == "a0@example.org"
    digests = send(goald_, "2024-03-01T07:10:00Z")
    assert [told(digest) for digest in digests] == [[seq]] * 5
    assert all(digest["again"] for digest in digests)


def test_many_subscribers_are_told(goald_):
    goald_.psql(
        "INSERT INTO goald.subscriber (address, address_key, frequency, asked_by, asked_at,"
        " confirmed_at) SELECT 'a' || i || '@example.org', 'a' || i || '@example.org', 'weekly', 0,"
        " now(), now() FROM generate_series(1, 300) i;"
        " INSERT INTO goald.topic SELECT id, 1, 'strategy', 0, '', 'o' FROM goald.subscriber;"
        " SELECT goald.follow_topics(id) FROM goald.subscriber")
    seq = update(goald_)
    digests = claim(goald_, limit=1000)
    assert [told(digest) for digest in digests] == [[seq]] * 300
    assert len({digest["letter"] for digest in digests}) == 300


def test_letter_that_failed_is_tried_again_as_the_same_and_then_given_up(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="daily")
    seqs = [update(goald_)]
    letters = []
    # after 10 minutes, 1 hour, 6 hours, 1 day, 1 day
    for now in ("2024-03-01T07:00:00Z", "2024-03-01T07:10:00Z", "2024-03-01T08:10:00Z",
                "2024-03-01T14:10:00Z", "2024-03-02T14:10:00Z", "2024-03-03T14:10:00Z"):
        run = new_run()
        digest = only(claim(goald_, now, run))
        letters.append(digest["letter"])
        assert digest["again"] is (len(letters) > 1)
        assert settle(goald_, run, digest, "failed", now, reason="mailbox full") == 1
        assert claim(goald_, now) == []
        seqs.append(update(goald_))
    assert len(set(letters)) == 1
    assert subscription(goald_, ADDRESS)["error"] == "mailbox full"
    assert claim(goald_, "2024-03-04T14:09:59Z") == []
    digest = only(send(goald_, "2024-03-04T14:10:00Z"))
    assert told(digest) == seqs and digest["letter"] not in letters
    assert subscription(goald_, ADDRESS)["error"] is None


def test_letter_that_may_be_out_is_never_told_again_in_another(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="daily")
    seq = update(goald_)
    first = only(claim(goald_, T1))  # it was sent, and then the run died
    later = update(goald_)
    for day in range(2, 12):
        run = new_run()
        for digest in claim(goald_, DAY.format(day), run):
            assert (digest["letter"], told(digest)) == (first["letter"], [seq])
            settle(goald_, run, digest, "failed", DAY.format(day))
    digest = only(send(goald_, DAY.format(13)))
    assert (digest["letter"], told(digest)) == (first["letter"], [seq])
    assert told(only(send(goald_, DAY.format(14)))) == [later]


def test_question_that_failed_is_tried_again(goald_):
    subscribe(goald_, ADDRESS, "o")
    first = only(send(goald_, T1, "failed"))
    assert send(goald_, "2024-03-01T07:09:00Z") == []
    again = only(send(goald_, "2024-03-01T07:10:00Z"))
    assert again["letter"] == first["letter"] and again["again"] is True
    assert goald_.call("ConfirmSubscription", token=first["token"])
    assert error_of(goald_, "ConfirmSubscription", token=again["token"])[0] == "UsedToken"


def test_settling_again_changes_nothing(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    update(goald_)
    run = new_run()
    digest = only(claim(goald_, T1, run))
    for outcome in ("sent", "sent", "failed"):
        assert settle(goald_, run, digest, outcome, T1) == 1
    assert send(goald_, T2) == [] and subscription(goald_, ADDRESS)["error"] is None


def test_settling_far_ahead_of_the_clock_is_refused(goald_):
    """Or the next digest would not come before that."""
    subscribed(goald_, ADDRESS, "o", frequency="weekly")
    update(goald_)
    run = new_run()
    digest = only(claim(goald_, T1, run))
    error, told_ = error_of(goald_, "SettleDigests", run=run, letter=digest["letter"],
                            outcome="sent", now="2999-01-01")
    assert (error, told_["field"]) == ("InvalidValue", "now")
    assert settle(goald_, run, digest, now=T1) == 1  # it was still to be settled
    update(goald_)
    assert len(send(goald_, T8)) == 1


def test_settling_for_who_is_forgotten_is_no_error(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    update(goald_)
    run = new_run()
    digest = only(claim(goald_, T1, run))
    goald_.call("Unsubscribe", token=digest["token"])
    assert settle(goald_, run, digest, now=T1) == 0


def test_limit_is_kept_and_nobody_is_passed_over(goald_):
    addresses = [f"a{n}@example.org" for n in range(7)]
    for address in addresses:
        subscribed(goald_, address, "o:2" if address == "a0@example.org" else "o:1.1")
    update(goald_, "1.1")
    run = new_run()
    found = []
    while digests := claim(goald_, T1, run, limit=2):
        assert len(digests) <= 2
        found += [digest["address"] for digest in digests]
    assert found == addresses[1:]


def test_dry_run_shows_what_would_be_sent_and_changes_nothing(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    subscribe(goald_, SECOND, "o")
    update(goald_)
    tables = ("subscriber", "told", "token", "sending", "subscription_count")
    state = [goald_.psql(f"SELECT * FROM goald.{table} ORDER BY 1") for table in tables]
    shown = claim(goald_, T1, dryRun=True)
    assert [(d["kind"], d["token"]) for d in shown] == [("digest", None), ("confirm", None)]
    assert state == [goald_.psql(f"SELECT * FROM goald.{table} ORDER BY 1") for table in tables]
    sent = send(goald_, T1)
    assert [d["letter"] for d in sent] == [d["letter"] for d in shown]
    assert [told(d) for d in sent] == [told(d) for d in shown]


def test_clock_that_was_set_back_is_refused(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    send(goald_, T8)
    update(goald_)
    with pytest.raises(goald_.Error) as caught:
        claim(goald_, T1)
    assert caught.value.name.endswith(".ClockSetBack")
    assert caught.value.parameters == {"last": "2024-03-08T07:00:00.000000Z"}
    with pytest.raises(goald_.Error) as caught:
        claim(goald_, "2999-01-01")
    assert caught.value.parameters["field"] == "now"
    assert len(claim(goald_, T1, dryRun=True)) == 1
    assert len(send(goald_, "2024-03-08")) == 1  # its noon


@pytest.mark.parametrize("field, value", [("run", "x"), ("now", "yesterday"), ("now", "2024-03"),
                                          ("limit", 0), ("limit", 1001)])
def test_wrong_value_of_a_claim_is_refused(goald_, field, value):
    with pytest.raises(goald_.Error) as caught:
        goald_.stream("ClaimDigests", as_uid=REMINDER, **{"run": new_run(), field: value})
    assert caught.value.name.endswith(".InvalidValue")
    assert caught.value.parameters["field"] == field


def test_wrong_outcome_is_refused(goald_):
    error, told_ = error_of(goald_, "SettleDigests", run=new_run(), letter="x", outcome="lost")
    assert (error, told_["field"]) == ("InvalidValue", "outcome")


def test_who_reminds_on_one_strategy_sends_no_digests(goald_):
    goald_.grant(55392, "reminder", "open")
    with pytest.raises(goald_.Error) as caught:
        claim(goald_, T1, uid=55392)
    assert caught.value.name.endswith(".NotPermitted")


# --- at once


def test_nothing_is_lost_or_told_twice_under_updates_and_two_runs(goald_):
    addresses = [f"a{n}@example.org" for n in range(4)]
    for address in addresses:
        subscribed(goald_, address, "o", frequency="immediate")
    seqs, got, done = [], [], threading.Event()

    def report(connection):
        try:
            while len(got) < 30 and len(seqs) < 5000:
                seqs.append(connection.call("SubmitUpdate", strategy="open", code="1.1",
                                            percent=len(seqs) % 100)["seq"])
        finally:
            done.set()

    def run(connection, often):
        """Sends what there is, but for every so often that fails, and its time comes at once."""
        while not done.is_set():
            id = new_run()
            for reply in connection.stream("ClaimDigests", run=id):
                digest = reply.get("digest")
                if not digest:
                    continue
                fails = often and len(got) % often == 0
                if not fails:
                    got.append((digest["address"], told(digest)))
                connection.call("SettleDigests", run=id, letter=digest["letter"],
                                outcome="failed" if fails else "sent")
            goald_.psql("UPDATE goald.subscriber SET retry_at = now() WHERE retry_at IS NOT NULL")

    with goald_.connect(uid=MANAGER) as reporter, goald_.connect() as one, goald_.connect() as two:
        threads = [threading.Thread(target=report, args=(reporter,)),
                   threading.Thread(target=run, args=(one, 0)),
                   threading.Thread(target=run, args=(two, 3))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for _ in range(2):  # what failed last, and what came after it
        goald_.psql("UPDATE goald.subscriber SET retry_at = now() WHERE retry_at IS NOT NULL")
        got += [(digest["address"], told(digest)) for digest in send(goald_)]
    assert len(got) > 30
    for address in addresses:
        assert sorted(seq for whose, entries in got if whose == address
                      for seq in entries) == seqs


def test_two_daemons_tell_each_entry_once(server, on):
    one, two = on(server), on(server)
    one.call("Subscribe", address=ADDRESS, topics=["ls"], frequency="immediate")
    server.psql("UPDATE goald.subscriber SET confirmed_at = now();"
                " SELECT goald.follow_topics(id) FROM goald.subscriber")
    seqs, got = [], []
    for n in range(12):
        seqs.append(submit(one, percent=n)["seq"])
        for daemon in (two, one)[:1 + n % 2]:  # the other may not have followed yet
            got += [told(digest) for digest in send(daemon, uid=None)]
    got += [told(digest) for digest in send(one, uid=None)]
    assert sum(got, []) == seqs
