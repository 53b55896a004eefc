"""The commands about subscriptions: goal subscribe, subscriptions, unsubscribe, confirm."""

import json

import pytest

from harness import STRANGER
from subscribers import (ADMIN, OTHER, OWN, OWN_ADDRESS, filled, goald_, subscribed, subscription,
                         subscriptions, token_for, topics_of)

pytestmark = pytest.mark.root  # it acts as several users
ADDRESS = "kari@example.no"


def subscribe(goald, address, *topics, uid=STRANGER, frequency="weekly", more=()):
    args = [word for topic in topics for word in ("--topic", topic)]
    return goald.goal("subscribe", address, *args, "--frequency", frequency, *more, uid=uid)


def test_subscribe_says_what_comes_next(goald_):
    told = subscribe(goald_, ADDRESS, "open:1.1", "sector:food", more=("--language", "nb")).ok()
    assert told == "a mail asks the address to confirm: o:1.1, sector:food\n"
    [waiting] = subscriptions(goald_, ADMIN)
    assert (waiting["frequency"], waiting["language"]) == ("weekly", "nb")
    assert waiting.get("confirmed") is None


def test_own_address_that_is_confirmed_needs_no_mail(goald_):
    subscribed(goald_, OWN_ADDRESS, "open", uid=OWN)
    assert subscribe(goald_, OWN_ADDRESS, "closed:1", uid=OWN).ok() == "subscribed: c:1\n"


@pytest.mark.parametrize("args, code, said", [
    (("a@b.c", "--topic", "open"), 2, "--frequency"),
    (("a@b.c", "--frequency", "daily"), 2, "--topic"),
    (("a@b.c", "--topic", "open", "--frequency", "hourly"), 2, "immediate daily weekly monthly"),
    (("a@b", "c@d", "--topic", "open", "--frequency", "daily"), 2, "ADDRESS"),
    (("a b@c.d", "--topic", "open", "--frequency", "daily"), 1, "address"),
    (("a@b.c\r\nBcc: d@e.f", "--topic", "open", "--frequency", "daily"), 1, "address"),
    (("a@b.c", "--topic", "nope", "--frequency", "daily"), 3, "there is no strategy nope"),
    (("a@b.c", "--topic", "open:9", "--frequency", "daily"), 3, "9"),
    (("a@b.c", "--topic", "closed", "--frequency", "daily"), 3, "closed"),
])
def test_subscribe_refuses(goald_, args, code, said):
    result = goald_.goal("subscribe", *args, uid=STRANGER)
    assert (result.code, result.stdout) == (code, "") and said in result.stderr
    assert subscriptions(goald_, ADMIN) == []


def test_token_confirms_changes_and_forgets(goald_):
    subscribe(goald_, ADDRESS, "open:1.1", "sector:food").ok()
    token = token_for(goald_, ADDRESS, "confirm")
    assert goald_.goal("confirm", token, uid=STRANGER).ok() == (
        "confirmed: sector:food, o:1.1, weekly\n")
    token = token_for(goald_, ADDRESS)
    told = goald_.goal("subscriptions", "--token", token, "--frequency", "monthly", "--remove",
                       "sector:food", uid=STRANGER).ok()
    assert told == "changed: o:1.1, monthly\n"
    assert topics_of(subscription(goald_, ADDRESS)) == ["o:1.1"]
    assert "forgotten" in goald_.goal("unsubscribe", token, uid=STRANGER).ok()
    assert subscriptions(goald_, ADMIN) == []
    for command in (("unsubscribe", token), ("confirm", token), ("subscriptions", "--token", token)):
        result = goald_.goal(*command, uid=STRANGER)
        assert result.code == 3 and "token" in result.stderr


def test_subscriptions_are_listed_in_one_place(goald_):
    subscribed(goald_, ADDRESS, "open:1.1", "group:o:health", frequency="daily")
    subscribed(goald_, OWN_ADDRESS, "open", uid=OWN)
    subscribe(goald_, "new@example.org", "sector:food").ok()
    lines = goald_.goal("subscriptions", uid=ADMIN).ok().splitlines()
    assert lines[0].split() == ["ADDRESS", "MAILS", "TOPIC", "CONFIRMED", "NEXT", "TITLE"] or (
        lines[0].split() == ["ADDRESS", "MAILS", "TOPIC", "CONFIRMED", "TITLE"])
    assert len(lines) == 5
    assert [line.split()[:3] for line in lines[1:]] == [
        [ADDRESS, "daily", "group:o:health"], ["o:1.1", "Node", "1.1"],
        [OWN_ADDRESS, "weekly", "o"], ["new@example.org", "weekly", "sector:food"]]
    assert "waits" in lines[4]
    one = goald_.goal("subscriptions", ADDRESS, uid=ADMIN).ok()
    assert ADDRESS in one and OWN_ADDRESS not in one
    assert OWN_ADDRESS in goald_.goal("subscriptions", uid=OWN).ok()
    assert "no subscriptions" in goald_.goal("subscriptions", uid=OTHER).ok()
    by_token = goald_.goal("subscriptions", "--token", token_for(goald_, ADDRESS), "--json",
                           uid=STRANGER).ok()
    assert json.loads(by_token)["subscription"]["address"] == ADDRESS


@pytest.mark.parametrize("args", [("a@b.c", "--token", "x"), ("--frequency", "daily"),
                                  ("--remove", "open")])
def test_subscriptions_needs_one_way_to_say_whose(goald_, args):
    assert goald_.goal("subscriptions", *args, uid=STRANGER).code == 2
