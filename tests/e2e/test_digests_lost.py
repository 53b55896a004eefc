"""Mails to subscribers that run after run does not come back with: perhaps it is what they die of."""

import datetime

import pytest

from database import error_of
from subscribers import (ADMIN, filled, goald_, new_run, subscribe, subscribed, subscription,
                         subscriptions)
from test_digests import ADDRESS, T1, T2, T8, T9, claim, only, send, settle, told, update

pytestmark = pytest.mark.root  # it acts as several users
# When a mail that its runs die with is tried: a moment too early, and when its time has surely come;
# and when it is given up.
DIED = ((None, "2024-03-01T07:00:00Z"), ("2024-03-01T07:09:59Z", "2024-03-01T07:10:00Z"),
        ("2024-03-01T08:09:59Z", "2024-03-01T09:10:00Z"),
        ("2024-03-01T15:09:59Z", "2024-03-01T21:10:00Z"),
        ("2024-03-02T21:09:59Z", "2024-03-03T21:10:00Z"),
        ("2024-03-04T21:09:59Z", "2024-03-05T21:10:00Z"))
GIVEN_UP = ("2024-03-05T21:19:59Z", "2024-03-05T21:20:00Z")


def die_with_it(goald):
    """Runs that do not come back, one after the other; the mail that they had."""
    mails = []
    for early, now in DIED:
        assert early is None or claim(goald, early) == []
        mails.append(only(claim(goald, now)))
    assert len({mail["letter"] for mail in mails}) == 1
    for now in GIVEN_UP:
        assert claim(goald, now) == []
    return mails[0]


def test_digest_that_runs_die_of_is_given_up_and_not_told_again(goald_):
    subscribed(goald_, ADDRESS, "o", frequency="immediate")
    update(goald_)
    first = die_with_it(goald_)
    assert subscription(goald_, ADDRESS)["error"] == "no run that had it came back"
    later = update(goald_)
    assert claim(goald_, "2024-03-06T21:19:59Z") == []
    digest = only(send(goald_, "2024-03-06T21:20:00Z"))
    assert (told(digest), digest["again"]) == ([later], False)
    assert digest["letter"] != first["letter"]
    assert subscription(goald_, ADDRESS)["error"] is None


def test_digests_that_were_claimed_with_one_that_runs_die_of_are_sent(goald_):
    addresses = [f"a{n}@example.org" for n in range(8)]
    for address in addresses:
        subscribed(goald_, address, "o", frequency="immediate")
    update(goald_)
    sent, now = [], datetime.datetime(2024, 3, 1, 7, tzinfo=datetime.timezone.utc)
    for _ in range(576):  # four days
        run = new_run()
        for digest in claim(goald_, now.isoformat(), run):
            if digest["address"] == addresses[0]:
                break  # it dies
            settle(goald_, run, digest, now=now.isoformat())
            sent.append(digest["address"])
        if len(sent) == 7:
            break
        now += datetime.timedelta(minutes=10)
    assert sorted(sent) == addresses[1:]


def test_question_that_runs_die_of_is_given_up_and_its_week_goes_on(goald_):
    subscribe(goald_, ADDRESS, "o")
    token = die_with_it(goald_)["token"]
    assert only(subscriptions(goald_, ADMIN))["error"] == "no run that had it came back"
    assert claim(goald_, T8) == [] and len(subscriptions(goald_, ADMIN)) == 1
    assert claim(goald_, "2024-03-08T07:00:01Z") == [] and subscriptions(goald_, ADMIN) == []
    assert error_of(goald_, "ConfirmSubscription", token=token)[0] == "NoSuchToken"


def test_week_to_confirm_begins_when_the_question_can_have_been_read(goald_):
    subscribe(goald_, ADDRESS, "o")
    send(goald_, T1, "failed")
    assert len(send(goald_, T2)) == 1
    assert send(goald_, T9) == [] and len(subscriptions(goald_, ADMIN)) == 1
    assert send(goald_, "2024-03-09T07:00:01Z") == [] and subscriptions(goald_, ADMIN) == []
