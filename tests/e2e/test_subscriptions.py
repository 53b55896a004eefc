"""Subscriptions over the interface: who may ask for what, confirming, changing, stopping, and that
nothing is left of whom goald forgets."""

import subprocess

import pytest

from harness import DAEMON_USER, IS_ROOT, STRANGER
from test_rights import TRACKER
from subscribers import (ADMIN, FREQUENCIES, MANAGER, OTHER, OTHER_ADDRESS, OWN, OWN_ADDRESS,
                         READER, confirm, filled, goald_, subscribe, subscribed, subscription,
                         subscriptions, token_for, topics_of)

pytestmark = pytest.mark.root  # it acts as several users
ADDRESS = "kari.nordmann@example.no"


def refused(goald, method, uid=STRANGER, **parameters):
    """(short name, parameters) of the error."""
    with pytest.raises(goald.Error) as caught:
        if method.startswith("List"):
            goald.stream(method, as_uid=uid, **parameters)
        else:
            goald.call(method, as_uid=uid, **parameters)
    return caught.value.name.rsplit(".", 1)[-1], caught.value.parameters


def refused_topic(goald, topic, uid=STRANGER, address=ADDRESS):
    return refused(goald, "Subscribe", uid, address=address, topics=[topic], frequency="daily")


# --- topics


@pytest.mark.parametrize("topic, called, title", [
    ("open", "o", "Den öppna"), ("o", "o", "Den öppna"),
    ("open:1.1", "o:1.1", "Node 1.1"), ("group:o:health", "group:o:health", "Group health"),
    ("org:agency", "org:agency", "The agency"), ("org:open:agency", "org:o:agency", "The agency"),
    ("sector:food", "sector:food", None), ("sector:o:food", "sector:o:food", "Food"),
])
def test_topic_is_called_as_it_is_now(goald_, topic, called, title):
    assert subscribe(goald_, ADDRESS, topic)["topics"] == [called]
    confirm(goald_, ADDRESS)
    assert subscription(goald_, ADDRESS)["topics"] == [
        {"topic": called, "title": title, "gone": False}]


@pytest.mark.parametrize("topic, error, told", [
    ("nope", "NoSuchStrategy", {"strategy": "nope"}),
    ("", "NoSuchStrategy", {"strategy": ""}),
    ("nope:1.1", "NoSuchStrategy", {"strategy": "nope"}),
    ("o:9", "NoSuchNode", {"strategy": "o", "code": "9"}),
    ("group:o:nobody", "NoSuchKey", {"key": "nobody"}),
    ("group:health", "NoSuchStrategy", {"strategy": "health"}),
    ("org:nobody", "NoSuchKey", {"key": "nobody"}),
    ("sector:sports", "NoSuchKey", {"key": "sports"}),
    ("sector:o:sports", "NoSuchKey", {"key": "sports"}),
])
def test_unknown_topic_is_refused(goald_, topic, error, told):
    assert refused_topic(goald_, topic) == (error, told)


def test_what_the_public_may_not_read_is_refused_as_what_is_not_there(goald_):
    for uid in (STRANGER, READER, MANAGER, ADMIN, 0):
        assert refused_topic(goald_, "closed", uid) == ("NoSuchStrategy", {"strategy": "closed"})
        assert refused_topic(goald_, "c:1", uid) == ("NoSuchStrategy", {"strategy": "c"})
        assert refused_topic(goald_, "org:hidden", uid) == ("NoSuchKey", {"key": "hidden"})
        assert refused_topic(goald_, "sector:secret", uid) == ("NoSuchKey", {"key": "secret"})


def test_own_address_may_be_told_what_its_person_may_read(goald_):
    address = OWN_ADDRESS.upper()
    told = subscribe(goald_, address, "closed", "c:1", "org:hidden", "group:c:inner", uid=OWN)
    assert told == {"confirm": True, "topics": ["c", "c:1", "org:hidden", "group:c:inner"]}
    assert refused_topic(goald_, "closed", OTHER, OWN_ADDRESS)[0] == "NoSuchStrategy"
    assert refused_topic(goald_, "closed", OTHER, OTHER_ADDRESS)[0] == "NoSuchStrategy"


def test_topics_are_needed_and_bounded(goald_):
    for topics in ([], ["o"] * 101):
        error, told = refused(goald_, "Subscribe", address=ADDRESS, topics=topics,
                              frequency="daily")
        assert (error, told["field"]) == ("InvalidValue", "topics")


def test_topic_follows_a_code_and_says_that_its_node_is_gone(goald_):
    goald_.call("AddNode", as_uid=MANAGER, strategy="open", parent="2", newCode="2.7",
                kind="target", title="Seven")
    subscribed(goald_, ADDRESS, "o:2.7", "o:2.1")
    goald_.call("ChangeNode", as_uid=MANAGER, strategy="open", code="2.7", newCode="2.8")
    assert topics_of(subscription(goald_, ADDRESS)) == ["o:2.1", "o:2.8"]
    goald_.call("RemoveNode", as_uid=MANAGER, strategy="open", code="2.8")
    assert subscription(goald_, ADDRESS)["topics"][1] == {
        "topic": "o:2.7", "title": None, "gone": True}


# --- what is no address


@pytest.mark.parametrize("address", [
    "kari", "kari@", "@example.no", "a@b\nBcc: victim@example.org", "a@b\r\nSubject: x",
    "a@b.c, d@e.f", "Kari <a@b.c>", "a b@c.d", "a@b.c\x00", "a@" + "b" * 64 + ".no",
    "a" * 65 + "@b.no", "æ@example.no"])
def test_malformed_address_is_refused_and_not_repeated(goald_, address):
    for method, parameters in (("Subscribe", {"topics": ["o"], "frequency": "daily"}),
                               ("ListSubscriptions", {})):
        try:
            error, told = refused(goald_, method, address=address, **parameters)
        except ConnectionError:
            assert "\0" in address # no JSON that anybody takes
            continue
        assert error in ("InvalidValue", "InvalidParameter")
        assert address not in str(told)
    assert goald_.psql("SELECT count(*) FROM goald.subscriber") == [["0"]]


@pytest.mark.parametrize("field, value", [("frequency", "hourly"), ("frequency", ""),
                                          ("language", "no such"), ("language", "")])
def test_wrong_value_is_refused(goald_, field, value):
    parameters = {"address": ADDRESS, "topics": ["o"], "frequency": "daily", field: value}
    error, told = refused(goald_, "Subscribe", **parameters)
    assert (error, told["field"]) == ("InvalidValue", field)


# --- confirming


def test_nothing_holds_before_it_is_confirmed(goald_):
    assert subscribe(goald_, ADDRESS, "o:1.1", frequency="daily", language="nb")["confirm"] is True
    waiting, = subscriptions(goald_, ADMIN, address=ADDRESS)
    assert (waiting["confirmed"], waiting["frequency"], waiting["language"]) == (None, "daily",
                                                                                "nb")
    assert confirm(goald_, ADDRESS) == {"frequency": "daily", "topics": ["o:1.1"]}
    assert subscription(goald_, ADDRESS)["confirmed"]


def test_reply_is_the_same_whether_the_address_is_subscribed(goald_):
    first = subscribe(goald_, ADDRESS, "o:1.1")
    confirm(goald_, ADDRESS)
    assert subscribe(goald_, ADDRESS, "o:1.1") == first
    assert subscribe(goald_, ADDRESS.upper(), "o:1.1", uid=ADMIN) == first


def test_what_others_ask_of_a_confirmed_address_waits_for_it(goald_):
    subscribed(goald_, ADDRESS, "o:1.1", frequency="monthly", language="nb")
    subscribe(goald_, ADDRESS, "o:2.1", frequency="immediate", uid=MANAGER)
    unchanged = subscription(goald_, ADDRESS)
    assert (unchanged["frequency"], topics_of(unchanged)) == ("monthly", ["o:1.1"])
    assert confirm(goald_, ADDRESS) == {"frequency": "immediate", "topics": ["o:1.1", "o:2.1"]}
    changed, = subscriptions(goald_, ADMIN, address=ADDRESS)
    assert (changed["frequency"], topics_of(changed), changed["language"]) == (
        "immediate", ["o:1.1", "o:2.1"], "nb")


def test_person_changes_their_confirmed_address_at_once(goald_):
    subscribed(goald_, OWN_ADDRESS, "closed", uid=OWN)
    assert subscribe(goald_, OWN_ADDRESS, "o:1", "c:1", uid=OWN, frequency="daily",
                     language="nb") == {"confirm": False, "topics": ["o:1", "c:1"]}
    own, = subscriptions(goald_, OWN)
    assert own["frequency"] == "daily" and own["language"] == "nb" and own["person"] == "own"
    assert sorted(topics_of(own)) == ["c", "c:1", "o:1"]


def test_token_confirms_what_its_mail_said_and_nothing_later(goald_):
    subscribe(goald_, ADDRESS, "o:1.1")
    token = token_for(goald_, ADDRESS, "confirm")
    goald_.psql("UPDATE goald.subscriber SET letter = 'on its way'")
    subscribe(goald_, ADDRESS, "o:2.1", frequency="immediate")
    told = goald_.call("ConfirmSubscription", token=token)
    assert told == {"frequency": "weekly", "topics": ["o:1.1"]}
    assert confirm(goald_, ADDRESS) == {"frequency": "immediate", "topics": ["o:1.1", "o:2.1"]}


def test_one_user_adds_nothing_to_what_another_asked(goald_):
    subscribe(goald_, ADDRESS, "o:1.1")
    token = token_for(goald_, ADDRESS, "confirm")
    subscribe(goald_, ADDRESS, "o:2.1", uid=MANAGER)
    assert goald_.call("ConfirmSubscription", token=token)["topics"] == ["o:1.1"]


def test_what_one_asks_before_the_mail_is_one_question(goald_):
    subscribe(goald_, ADDRESS, "o:1.1")
    subscribe(goald_, ADDRESS, "o:2.1", "o:1.1", frequency="daily")
    assert len(subscriptions(goald_, ADMIN, address=ADDRESS)) == 1
    assert confirm(goald_, ADDRESS) == {"frequency": "daily", "topics": ["o:1.1", "o:2.1"]}


def test_used_token_is_refused(goald_):
    for n in range(2): # the first makes the subscription, the second becomes part of it
        subscribe(goald_, ADDRESS, "o:1.1")
        token = token_for(goald_, ADDRESS, "confirm")
        goald_.call("ConfirmSubscription", token=token)
        assert refused(goald_, "ConfirmSubscription", token=token) == ("UsedToken", {})


def test_token_that_confirmed_is_one_of_the_subscription(goald_):
    for frequency in ("daily", "monthly"):  # it makes the subscription, or becomes part of it
        subscribe(goald_, ADDRESS, "o:1.1")
        token = token_for(goald_, ADDRESS, "confirm")
        goald_.call("ConfirmSubscription", token=token)
        assert goald_.call("ChangeSubscription", token=token, frequency=frequency) == {
            "frequency": frequency, "topics": ["o:1.1"]}
    days = goald_.psql("SELECT extract(day FROM min(expires_at) - now()) FROM goald.token"
                       " WHERE used_at IS NOT NULL")
    assert int(days[0][0]) > 365
    goald_.call("Unsubscribe", token=token)
    assert subscriptions(goald_, ADMIN, address=ADDRESS) == []


TOKEN_METHODS = ["ConfirmSubscription", "ChangeSubscription", "Unsubscribe", "ListSubscriptions"]


@pytest.mark.parametrize("method", TOKEN_METHODS)
def test_unknown_token_is_refused(goald_, method):
    for token in ("", "x", "a" * 32, "a" * 31 + "1", "é" * 16, "a" * 100000):
        assert refused(goald_, method, token=token) == ("NoSuchToken", {})


@pytest.mark.parametrize("method", TOKEN_METHODS)
def test_expired_token_is_refused(goald_, method):
    subscribe(goald_, ADDRESS, "o:1.1")
    if method != "ConfirmSubscription":
        confirm(goald_, ADDRESS)
    purpose = "confirm" if method == "ConfirmSubscription" else "subscription"
    token = token_for(goald_, ADDRESS, purpose, "-1 second")
    assert refused(goald_, method, token=token) == ("ExpiredToken", {})


def test_token_is_good_for_its_purpose_only(goald_):
    subscribe(goald_, ADDRESS, "o:1.1")
    token = token_for(goald_, ADDRESS, "confirm")
    assert refused(goald_, "ChangeSubscription", token=token, frequency="daily") == (
        "NoSuchToken", {})
    confirm(goald_, ADDRESS)
    token = token_for(goald_, ADDRESS)
    assert refused(goald_, "ConfirmSubscription", token=token) == ("NoSuchToken", {})


def test_token_may_be_written_in_capitals(goald_):
    subscribed(goald_, ADDRESS, "o:1.1")
    token = token_for(goald_, ADDRESS).upper()
    assert goald_.call("ChangeSubscription", token=token, frequency="daily")["frequency"] == "daily"


def test_replies_conform_to_the_interface(goald_):
    replies = {"Subscribe": subscribe(goald_, ADDRESS, "o:1.1"),
               "ConfirmSubscription": confirm(goald_, ADDRESS)}
    token = token_for(goald_, ADDRESS)
    replies["ListSubscriptions"] = goald_.stream("ListSubscriptions", token=token)[0]
    replies["ChangeSubscription"] = goald_.call("ChangeSubscription", token=token)
    replies["Unsubscribe"] = goald_.call("Unsubscribe", token=token)
    for method, reply in replies.items():
        assert TRACKER.faults(TRACKER.methods[method][1], reply) == []


# --- limits


def test_account_may_have_so_many_unconfirmed(goald_):
    for n in range(50):
        subscribe(goald_, f"a{n}@example.org", "o", uid=OTHER)
    error, told = refused(goald_, "Subscribe", OTHER, address=ADDRESS, topics=["o"],
                          frequency="daily")
    assert (error, told["field"]) == ("InvalidValue", "address")
    subscribe(goald_, "a7@example.org", "o:1", uid=OTHER)  # it was asked for before
    subscribe(goald_, ADDRESS, "o", uid=MANAGER)
    confirm(goald_, "a3@example.org")
    subscribe(goald_, ADDRESS, "o", uid=OTHER)


def test_address_may_have_so_many_topics(goald_):
    goald_.psql("INSERT INTO goald.subscriber (address, address_key, frequency, asked_by, asked_at,"
                f" confirmed_at) VALUES ('{ADDRESS}', '{ADDRESS}', 'daily', 0, now(), now())")
    goald_.psql("INSERT INTO goald.topic SELECT id, 1, 'node', 1000000 + n, '', 'o:x'"
                " FROM goald.subscriber, generate_series(1, 99) n")
    subscribe(goald_, ADDRESS, "o:1.1", "o:2.1")
    error, told = refused(goald_, "ConfirmSubscription",
                          token=token_for(goald_, ADDRESS, "confirm"))
    assert (error, told["field"]) == ("InvalidValue", "token")
    assert len(subscription(goald_, ADDRESS)["topics"]) == 99


def test_topics_asked_for_one_after_the_other_are_bounded_too(goald_):
    subscribe(goald_, ADDRESS, "o:1.1")
    goald_.psql("INSERT INTO goald.topic SELECT id, 1, 'node', 1000000 + n, '', 'o:x'"
                " FROM goald.subscriber, generate_series(1, 99) n")
    error, told = refused_topic(goald_, "o:2.1")
    assert (error, told["field"]) == ("InvalidValue", "topics")
    assert goald_.psql("SELECT count(*) FROM goald.topic") == [["100"]]


# --- changing


def test_frequency_is_changed_by_token(goald_):
    subscribed(goald_, ADDRESS, "o:1.1")
    for frequency in FREQUENCIES:
        told = goald_.call("ChangeSubscription", as_uid=STRANGER, frequency=frequency,
                           token=token_for(goald_, ADDRESS))
        assert told == {"frequency": frequency, "topics": ["o:1.1"]}
        assert subscription(goald_, ADDRESS)["frequency"] == frequency
    error, told = refused(goald_, "ChangeSubscription", token=token_for(goald_, ADDRESS),
                          frequency="hourly")
    assert (error, told["field"]) == ("InvalidValue", "frequency")


def test_topics_are_removed_by_token(goald_):
    subscribed(goald_, ADDRESS, "open:1.1", "o:2", "sector:food")
    token = token_for(goald_, ADDRESS)
    told = goald_.call("ChangeSubscription", token=token, removeTopics=["o:1.1", "sector:food"])
    assert told == {"frequency": "weekly", "topics": ["o:2"]}
    assert topics_of(subscription(goald_, ADDRESS)) == ["o:2"]
    error, told = refused(goald_, "ChangeSubscription", token=token, removeTopics=["o:2"])
    assert (error, told["field"]) == ("InvalidValue", "removeTopics")
    assert "unsubscribe" in told["message"]


def test_topic_is_removed_by_what_it_was_called_too(goald_):
    subscribed(goald_, ADDRESS, "open:1.1", "o:2")
    told = goald_.call("ChangeSubscription", token=token_for(goald_, ADDRESS),
                       removeTopics=["open:1.1"])
    assert told["topics"] == ["o:2"]


def test_nothing_is_changed_where_a_topic_is_not_subscribed_to(goald_):
    subscribed(goald_, ADDRESS, "o:1.1", "o:2")
    error, told = refused(goald_, "ChangeSubscription", token=token_for(goald_, ADDRESS),
                          frequency="daily", removeTopics=["o:2", "o:1.2"])
    assert (error, told["field"]) == ("InvalidValue", "removeTopics")
    unchanged = subscription(goald_, ADDRESS)
    assert (unchanged["frequency"], topics_of(unchanged)) == ("weekly", ["o:1.1", "o:2"])


# --- stopping


def rows_with(goald, text):
    """The tables that have the text in any column."""
    tables = [row[0] for row in goald.psql(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'goald'::regnamespace"
        " AND c.relkind IN ('r', 'v')")]
    return [table for table in tables if goald.psql(
        f"SELECT count(*) FROM goald.\"{table}\" t WHERE strpos(lower(t::text), lower('{text}'))"
        " > 0") != [["0"]]]


def dump(goald):
    lines = goald.postmaster_lines()
    prefix = ["runuser", "-u", DAEMON_USER, "--"] if IS_ROOT else []
    done = subprocess.run([*prefix, "pg_dump", "-h", lines[4], "-p", lines[3], "-U", "goald_owner",
                           "goald"], capture_output=True, text=True, timeout=60, check=True,
                          cwd="/")
    return done.stdout.lower()


def test_unsubscribing_forgets(goald_):
    subscribed(goald_, ADDRESS, "o:1.1", "sector:food")
    subscribe(goald_, ADDRESS.title(), "o:2", uid=MANAGER)
    assert rows_with(goald_, ADDRESS) == ["subscriber"]
    token = token_for(goald_, ADDRESS)
    assert goald_.call("Unsubscribe", as_uid=STRANGER, token=token) == {}
    assert rows_with(goald_, ADDRESS) == []
    assert ADDRESS not in dump(goald_)
    assert ADDRESS not in goald_.log().lower()
    for table in ("subscriber", "topic", "told", "token"):
        assert goald_.psql(f"SELECT count(*) FROM goald.{table}") == [["0"]]
    assert goald_.psql("SELECT event, sum(count) FROM goald.subscription_count"
                       " GROUP BY event ORDER BY event") == [
        ["asked", "2"], ["confirmed", "1"], ["unsubscribed", "2"]]
    goald_.psql("INSERT INTO goald.subscription_count VALUES"
                " ('asked', 'weekly', '2020-01-01', 40), ('lapsed', 'weekly', '2020-01-01', 3)")
    assert goald_.call("GetServerStatus")["subscriptions"] == [
        {"event": "asked", "total": 42, "month": 2}, {"event": "confirmed", "total": 1, "month": 1},
        {"event": "unsubscribed", "total": 2, "month": 2},
        {"event": "lapsed", "total": 3, "month": 0}]
    words = " ".join(goald_.goal("server").ok().split())
    assert ("Subscribers 42 asked, 1 confirmed, 2 unsubscribed, 3 lapsed; this month 2 asked, "
            "1 confirmed, 2 unsubscribed, 0 lapsed") in words
    assert refused(goald_, "Unsubscribe", token=token) == ("NoSuchToken", {})


def test_who_is_asked_to_confirm_may_have_the_address_forgotten(goald_):
    subscribe(goald_, ADDRESS, "o:1.1")
    goald_.call("Unsubscribe", token=token_for(goald_, ADDRESS, "confirm"))
    assert rows_with(goald_, ADDRESS) == []


def test_others_stay(goald_):
    subscribed(goald_, "a@example.org", "o")
    subscribed(goald_, ADDRESS, "o")
    goald_.call("Unsubscribe", token=token_for(goald_, ADDRESS))
    assert [s["address"] for s in subscriptions(goald_, ADMIN)] == ["a@example.org"]


def test_person_whose_address_is_erased_is_forgotten_as_subscriber(goald_):
    address = "short.stay@example.org"
    goald_.call("AddPerson", key="short", name="Short Stay", email=address)
    goald_.call("AddAccount", uid=55390, person="short")
    subscribed(goald_, address, "o", uid=55390)
    subscribed(goald_, ADDRESS, "o")
    assert "subscriber" in rows_with(goald_, address)
    goald_.call("ForgetPerson", key="short", newKey="gone")
    assert rows_with(goald_, address) == []
    assert [s["address"] for s in subscriptions(goald_, ADMIN)] == [ADDRESS]


# --- who sees what


def test_subscriptions_are_shown_to_whom_they_concern(goald_):
    subscribed(goald_, ADDRESS, "o:1.1", "sector:food")
    subscribed(goald_, OWN_ADDRESS, "closed", uid=OWN)
    subscribed(goald_, OTHER_ADDRESS, "org:agency")
    assert len(subscriptions(goald_, ADMIN)) == 3
    assert [s["address"] for s in subscriptions(goald_, OWN)] == [OWN_ADDRESS]
    assert [s["address"] for s in subscriptions(goald_, OTHER)] == [OTHER_ADDRESS]
    assert [(s["address"], topics_of(s)) for s in subscriptions(goald_, MANAGER)] == [
        (ADDRESS, ["o:1.1"])]
    assert subscriptions(goald_, STRANGER) == subscriptions(goald_, READER) == []


def test_nobody_learns_whether_anothers_address_is_subscribed(goald_):
    subscribed(goald_, OWN_ADDRESS, "closed", uid=OWN)
    for uid in (STRANGER, OTHER, READER, MANAGER):
        assert subscriptions(goald_, uid, address=OWN_ADDRESS) == []
        assert subscriptions(goald_, uid, address="nobody@example.org") == []
    for uid in (OWN, ADMIN):
        assert [s["address"] for s in subscriptions(goald_, uid, address=OWN_ADDRESS.upper())
                ] == [OWN_ADDRESS]


def test_token_shows_what_its_address_has(goald_):
    subscribed(goald_, ADDRESS, "o:1.1")
    subscribe(goald_, ADDRESS, "o:2", uid=MANAGER)
    subscribed(goald_, OTHER_ADDRESS, "o")
    shown = subscriptions(goald_, token=token_for(goald_, ADDRESS))
    assert [(bool(s["confirmed"]), topics_of(s)) for s in shown] == [
        (True, ["o:1.1"]), (False, ["o:2"])]
    error, told = refused(goald_, "ListSubscriptions", address=ADDRESS,
                          token=token_for(goald_, ADDRESS))
    assert (error, told["field"]) == ("InvalidValue", "token")


def test_topics_are_named_as_their_reader_may_see_them(goald_):
    subscribed(goald_, OWN_ADDRESS, "c:1", uid=OWN)
    token = token_for(goald_, OWN_ADDRESS)
    named, = subscriptions(goald_, STRANGER, token=token)
    assert named["topics"] == [{"topic": "c:1", "title": "Node 1", "gone": False}]
    goald_.psql("UPDATE goald.subscriber SET address = 'x@example.org',"
                " address_key = 'x@example.org'") # it is the person's no more
    named, = subscriptions(goald_, STRANGER, token=token)
    assert named["topics"] == [{"topic": "c:1", "title": None, "gone": True}]
    assert named["person"] is None


def test_many_subscriptions_are_listed(goald_):
    for n in range(3):
        goald_.psql(
            "WITH s AS (INSERT INTO goald.subscriber (address, address_key, frequency, asked_by,"
            f" asked_at, confirmed_at) SELECT a, a, 'daily', 0, now(), now() FROM (SELECT 'a{n}-'"
            " || i || '@example.org' AS a FROM generate_series(1, 90) i) x RETURNING id)"
            " INSERT INTO goald.topic SELECT id, 1, 'strategy', 0, '', 'o' FROM s")
    assert len({s["address"] for s in subscriptions(goald_, ADMIN)}) == 270
    assert len(subscriptions(goald_, MANAGER)) == 270
