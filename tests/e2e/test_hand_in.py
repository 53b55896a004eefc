"""HandInUpdate: what is reported by mail is the addressee's, on what the reminder named, once."""

import concurrent.futures

import pytest

from database import error_of, verify_chain, verify_state
from harness import STRANGER
from answered import ADDRESSES, BOSS, KARI, MAIL, fill, letter, new_token

pytestmark = pytest.mark.root  # it acts as several users


@pytest.fixture(scope="module")
def daemon(goald):
    yield fill(goald)
    verify_chain(goald)
    verify_state(goald)


def hand_in(daemon, token, *entries, sender=ADDRESSES["kari"], uid=MAIL):
    return daemon.call("HandInUpdate", as_uid=uid, token=token, entries=list(entries),
                       **{"from": sender})


def refused(daemon, token, *entries, sender=ADDRESSES["kari"], uid=MAIL):
    """The error, after making sure that nothing was written."""
    before = updates(daemon)
    error = error_of(daemon, "HandInUpdate", as_uid=uid, token=token, entries=list(entries),
                     **{"from": sender})
    assert updates(daemon) == before
    return error


def updates(daemon):
    return [len(daemon.stream("ListUpdates", as_uid=BOSS, strategy=key, below=True))
            for key in ("alfa", "beta")]


def last(daemon, strategy, code):
    return daemon.stream("ListUpdates", as_uid=BOSS, strategy=strategy, code=code)[0]["update"]


def test_update_is_the_addressees(daemon):
    token = letter(daemon, "kari", "alfa:1")
    told = hand_in(daemon, token, {"percent": 60, "state": "on_track", "note": "Går bra"})
    update = last(daemon, "alfa", "1")
    assert told["entries"] == [{"strategy": "alfa", "code": "1", "seq": update["id"],
                                "waits": False}]
    assert (update["percent"], update["state"], update["note"], update["author"]) == (
        60, "on_track", "Går bra", "Kari Nordström")


def test_answer_says_where_to_answer(daemon):
    token = letter(daemon, "kari", "alfa:1", "beta:b2", "alfa:")
    told = hand_in(daemon, token)
    assert (told["address"], told["name"], told["language"]) == (
        "Kari.Nordmann@example.no", "Kari Nordström", "sv")
    assert told["nodes"] == [
        {"strategy": "alfa", "alias": "al", "code": "", "title": "Strategi alfa"},
        {"strategy": "alfa", "alias": "al", "code": "1", "title": "Mål 1"},
        {"strategy": "beta", "alias": None, "code": "b2", "title": "Mål b2"}]
    assert told["entries"] == []
    other = hand_in(daemon, letter(daemon, "bo", "alfa:3"), sender=ADDRESSES["bo"])
    assert other["language"] == "sv"


def test_same_mail_again_has_no_further_effect(daemon):
    token = letter(daemon, "kari", "alfa:1", "alfa:2")
    entries = ({"code": "1", "percent": 10}, {"code": "al:2", "state": "at_risk"})
    first = hand_in(daemon, token, *entries)
    before = updates(daemon)
    assert hand_in(daemon, token.upper(), *entries, sender="kari.nordmann@EXAMPLE.no") == first
    assert updates(daemon) == before
    assert [e["seq"] for e in first["entries"]] == [last(daemon, "alfa", code)["id"]
                                                   for code in ("1", "2")]


def test_other_content_under_a_used_token_is_refused(daemon):
    token = letter(daemon, "kari", "alfa:1", "alfa:2")
    hand_in(daemon, token, {"code": "1", "percent": 10})
    assert refused(daemon, token, {"code": "1", "percent": 11})[0] == "UsedToken"
    assert refused(daemon, token, {"code": "2", "percent": 10})[0] == "UsedToken"
    assert refused(daemon, token, {"code": "1", "percent": 10}, {"code": "2", "percent": 10}
                   )[0] == "UsedToken"
    used = daemon.psql("SELECT count(*) FROM goald.token WHERE used_at IS NOT NULL")
    assert int(used[0][0]) > 0


def test_several_strategies_in_one_mail(daemon):
    token = letter(daemon, "kari", "alfa:1", "beta:1", "beta:b2")
    entries = ({"code": "alfa:1", "percent": 20}, {"code": "beta:1", "percent": 30},
               {"code": "b2", "percent": 40})
    told = hand_in(daemon, token, *entries)
    assert [(e["strategy"], e["code"], e["seq"]) for e in told["entries"]] == [
        (key, code, last(daemon, key, code)["id"])
        for key, code in (("alfa", "1"), ("beta", "1"), ("beta", "b2"))]
    assert hand_in(daemon, token, *entries) == told


def test_used_token_is_used_for_the_other_strategies_too(daemon):
    token = letter(daemon, "kari", "alfa:1", "beta:1")
    first = {"code": "alfa:1", "percent": 20}
    told = hand_in(daemon, token, first)
    assert refused(daemon, token, {"code": "beta:1", "percent": 30})[0] == "UsedToken"
    assert refused(daemon, token, first, {"code": "beta:1", "percent": 30})[0] == "UsedToken"
    assert hand_in(daemon, token, first) == told


def both(daemon, token, first, second):
    """What two mails get that come at the same moment: the entries, or the error."""
    def one(connection, entries):
        try:
            return connection.call("HandInUpdate", token=token, entries=entries,
                                   **{"from": ADDRESSES["kari"]})["entries"]
        except daemon.Error as error:
            return error.name.rsplit(".", 1)[-1]

    with (daemon.connect(uid=MAIL) as a, daemon.connect(uid=MAIL) as b,
          concurrent.futures.ThreadPoolExecutor(2) as threads):
        return list(threads.map(one, (a, b), (first, second)))


def test_of_two_answers_at_once_one_is_taken(daemon):
    for percent in range(1, 11):
        token = letter(daemon, "kari", "alfa:1", "beta:1")
        before = updates(daemon)
        told = both(daemon, token, [{"code": "alfa:1", "percent": percent}],
                    [{"code": "beta:1", "percent": percent}])
        assert told.count("UsedToken") == 1
        assert sum(updates(daemon)) == sum(before) + 1


def test_same_mail_twice_at_once_is_one(daemon):
    for percent in range(11, 16):
        token = letter(daemon, "kari", "alfa:1", "beta:1")
        entries = [{"code": place, "percent": percent} for place in ("alfa:1", "beta:1")]
        before = updates(daemon)
        first, second = both(daemon, token, entries, entries)
        assert first == second and len(first) == 2
        assert sum(updates(daemon)) == sum(before) + 2


def test_all_of_a_mail_or_nothing(daemon):
    token = letter(daemon, "kari", "alfa:1", "alfa:2", "beta:1")
    good = {"code": "alfa:1", "percent": 50}
    for bad, field in (({"code": "alfa:2", "percent": 101}, "entries[1].percent"),
                       ({"code": "alfa:2", "percent": 5e-324}, "entries[1].percent"),
                       ({"code": "alfa:2", "state": "done"}, "entries[1].state"),
                       ({"code": "alfa:2", "note": ""}, "entries[1].note"),
                       ({"code": "alfa:2"}, "entries[1].percent"),
                       ({"code": "alfa:1", "percent": 1}, "entries[1].code"),
                       ({"code": "alfa:3", "percent": 1}, "entries[1].code"),
                       ({"code": "1", "percent": 1}, "entries[1].code"),
                       ({"code": "", "percent": 1}, "entries[1].code"),
                       ({"percent": 1}, "entries[1].code")):
        name, told = refused(daemon, token, good, bad)
        assert (name, told["field"]) == ("InvalidValue", field)
    # what was refused did not use the token
    assert len(hand_in(daemon, token, good)["entries"]) == 1


def test_closed_node_of_another_strategy_stops_the_whole_mail(daemon):
    token = letter(daemon, "kari", "alfa:1", "beta:b2")
    daemon.call("CloseNode", as_uid=BOSS, strategy="beta", code="b2", how="dropped",
                date="2024-01-01", reason="x")
    entries = ({"code": "alfa:1", "percent": 51}, {"code": "b2", "percent": 52})
    assert refused(daemon, token, *entries)[1]["field"] == "entries[1].percent"
    daemon.call("ReopenNode", as_uid=BOSS, strategy="beta", code="b2", reason="x")
    assert len(hand_in(daemon, token, *entries)["entries"]) == 2


def test_forged_reply_is_refused(daemon):
    token = letter(daemon, "kari", "alfa:1")
    for sender in ("bo@example.org", "kari.nordmann@example.no.evil.example", "kari", "",
                   "Kari <kari.nordmann@example.no>", "kari.nordmann@example.no\r\nBcc: a@b.c"):
        assert refused(daemon, token, {"percent": 1}, sender=sender)[0] == "AddresseeNotPermitted"
        assert refused(daemon, token, sender=sender)[0] == "AddresseeNotPermitted"


def test_address_is_the_one_that_the_person_has_now(daemon):
    token = letter(daemon, "bo", "alfa:3")
    daemon.call("ChangePerson", key="bo", email="bo@new.example")
    assert refused(daemon, token, {"percent": 1}, sender="bo@example.org")[0] == "AddresseeNotPermitted"
    told = hand_in(daemon, token, {"percent": 1}, sender="bo@new.example")
    assert told["address"] == "bo@new.example"
    daemon.call("ChangePerson", key="bo", email=ADDRESSES["bo"])


def test_token_that_is_none_or_too_old(daemon):
    for token in (new_token(), "", "x", "1" * 32, "ä" * 32, "a" * 10000):
        assert refused(daemon, token, {"percent": 1}) == ("NoSuchToken", {})
    old = letter(daemon, "kari", "alfa:1", expires="now()")
    assert refused(daemon, old, {"percent": 1}) == ("ExpiredToken", {})


@pytest.mark.parametrize("who, node", [
    ("guest", "alfa:6"),    # has no account
    ("gone", "alfa:5"),     # whose account is disabled
    ("bo", "alfa:1"),       # may not report on it
    ("mute", "alfa:4"),     # has no address
])
def test_addressee_without_the_right_is_refused(daemon, who, node):
    token = letter(daemon, who, node)
    sender = ADDRESSES[who] or "mute@example.org"
    name, told = refused(daemon, token, {"percent": 1}, sender=sender)
    assert name == "AddresseeNotPermitted" and told["needed"]


def test_right_is_that_of_today(daemon):
    token = letter(daemon, "kari", "alfa:2")
    daemon.call("EndAssignment", as_uid=BOSS, strategy="alfa", code="2", role="owner",
                holder="person:kari", mistake=True)
    assert refused(daemon, token, {"percent": 1})[0] == "AddresseeNotPermitted"
    daemon.call("AssignRole", as_uid=BOSS, strategy="alfa", code="2", role="owner",
                holder="person:kari")
    hand_in(daemon, token, {"percent": 1})


def test_manager_may_answer_for_what_was_escalated(daemon):
    token = letter(daemon, "boss", "alfa:1")
    hand_in(daemon, token, {"percent": 77}, sender=ADDRESSES["boss"])
    assert last(daemon, "alfa", "1")["author"] == "Boss Nordström"


def test_node_that_is_gone_was_not_named(daemon):
    daemon.call("AddNode", as_uid=BOSS, strategy="alfa", kind="target", newCode="9", title="x")
    token = letter(daemon, "boss", "alfa:9", "alfa:1")
    daemon.call("RemoveNode", as_uid=BOSS, strategy="alfa", code="9")
    sender = ADDRESSES["boss"]
    assert [n["code"] for n in hand_in(daemon, token, sender=sender)["nodes"]] == ["1"]
    assert refused(daemon, token, {"code": "9", "percent": 1}, sender=sender)[0] == "InvalidValue"
    hand_in(daemon, token, {"percent": 78}, sender=sender) # the only one left


def test_update_waits_where_it_has_to(daemon):
    daemon.call("ChangeStrategy", as_uid=BOSS, strategy="alfa", acceptance=True)
    mine = hand_in(daemon, letter(daemon, "kari", "alfa:1"), {"percent": 61})
    boss = hand_in(daemon, letter(daemon, "boss", "alfa:2"), {"percent": 62},
                   sender=ADDRESSES["boss"])
    daemon.call("ChangeStrategy", as_uid=BOSS, strategy="alfa", acceptance=False)
    assert (mine["entries"][0]["waits"], boss["entries"][0]["waits"]) == (True, False)


def test_only_the_mail_role_hands_in(daemon):
    token = letter(daemon, "kari", "alfa:1")
    for uid in (0, KARI, BOSS, STRANGER):
        assert refused(daemon, token, {"percent": 1}, uid=uid)[0] == "NotPermitted"


def test_refused_answer_leaves_the_letter_to_another(daemon):
    daemon.call("CloseNode", as_uid=BOSS, strategy="alfa", code="2", how="dropped",
                date="2024-01-01", reason="x")
    token = letter(daemon, "kari", "alfa:1", "alfa:2")
    for percent in (1, 2):
        assert refused(daemon, token, {"code": "alfa:2", "percent": percent})[0] == "InvalidValue"
    hand_in(daemon, token, {"code": "alfa:1", "percent": 3})
    assert refused(daemon, token, {"code": "alfa:2", "percent": 2})[0] == "UsedToken"


def test_answer_that_a_daemon_died_with_is_the_only_one_until_it_comes_again(daemon):
    content, other = {"code": "beta:1", "percent": 4}, {"code": "alfa:1", "percent": 5}
    done, token = (letter(daemon, "kari", "alfa:1", "beta:1") for _ in range(2))

    def hash_of(text):
        return f"sha256('{text}')"

    def died(ago):
        daemon.psql("UPDATE goald.token SET takers = 1, used_for = (SELECT used_for FROM goald.token"
                    f" WHERE hash = {hash_of(done)}), used_at = now() - interval '{ago}'"
                    f" WHERE hash = {hash_of(token)}")

    hand_in(daemon, done, content)
    died("1 minute")
    assert refused(daemon, token, other)[0] == "UsedToken"
    daemon.call("CloseNode", as_uid=BOSS, strategy="beta", code="1", how="dropped",
                date="2024-01-01", reason="x")
    # it may still be on its way, so the letter is nobody else's yet, and nothing is said
    assert refused(daemon, token, content)[0] == "Overloaded"
    assert refused(daemon, token, other)[0] == "UsedToken"
    died("11 minutes")
    assert refused(daemon, token, content)[0] == "InvalidValue"
    hand_in(daemon, token, other)
    daemon.call("ReopenNode", as_uid=BOSS, strategy="beta", code="1", reason="x")
    assert refused(daemon, token, content)[0] == "UsedToken"
