"""What the tests of subscriptions and digests share: two strategies, `open` (alias o) for all and
`closed` (alias c) for members, people with addresses, and the tokens that mails would carry.
"""

import base64
import hashlib
import json
import os
import uuid

import pytest

from harness import STRANGER
from test_rights import group, member, node, strategy

# Users with accounts: OWN reads `closed` by a duty there; MANAGER manages `open`.
OWN, OTHER, MANAGER, READER, REMINDER, ADMIN = range(55300, 55306)
OWN_ADDRESS, OTHER_ADDRESS = "Own.Person@example.org", "other@example.org"
FREQUENCIES = ("immediate", "daily", "weekly", "monthly")


def person(key, address):
    return {"id": key, "name": f"Person {key}", "email": address}


def sector(key):
    return {"id": key, "titles": {"en": key.title()}}


OPEN = {
    "format": "goald-import-1",
    "strategy": {**strategy("open", "public"), "language": "sv",
                 "titles": {"en": "The open one", "sv": "Den öppna"},
                 "sectors": [sector("food"), sector("work")]},
    "organisations": [{"id": "agency", "names": {"en": "The agency"}}],
    "persons": [person("own", OWN_ADDRESS), person("other", OTHER_ADDRESS)],
    "groups": [group("health", [member("lead", person="other")], aims=["1.1"]),
               group("idle", [member("member", organisation="agency")])],
    "nodes": [
        node("1", "priority"),
        node("1.1", "target", "1", sectors=["food"]),
        node("1.1.a", "deliverable", "1.1"),
        node("1.2", "target", "1", member("lead", group="idle")),
        node("1.3", "target", "1", member("partner", organisation="agency")),
        node("2", "priority"),
        node("2.1", "target", "2"),
    ],
}
CLOSED = {
    "format": "goald-import-1",
    "strategy": {**strategy("closed", "members"),
                 "sectors": [sector("food"), sector("secret")]},
    "organisations": [{"id": "hidden", "names": {"en": "hidden"}}],
    "persons": [person("own", OWN_ADDRESS)],
    "groups": [group("inner", [member("lead", person="own")])],
    "nodes": [node("1", "target", None, member("lead", person="own"),
                   member("partner", organisation="hidden"), sectors=["food"])],
}


def fill(goald):
    """Imports both and makes the accounts."""
    for document in (OPEN, CLOSED):
        path = goald.folder / f"{document['strategy']['key']}.json"
        path.write_text(json.dumps(document))
        goald.goal("import", path).ok()
    goald.call("AddAccount", uid=OWN, person="own")
    goald.call("AddAccount", uid=OTHER, person="other")
    goald.grant(MANAGER, "manager", "open")
    goald.grant(READER, "reader", "closed")
    goald.grant(REMINDER, "reminder")
    goald.grant(ADMIN, "admin")
    return goald


def forget_all(goald):
    """No subscriber, and no run, was ever there."""
    goald.psql("DELETE FROM goald.subscriber; DELETE FROM goald.subscription_count;"
               " DELETE FROM goald.sending")


@pytest.fixture(scope="module")
def filled(goald):
    """The module's goald with both strategies."""
    return fill(goald)


@pytest.fixture
def goald_(filled):
    """The same, without subscribers."""
    forget_all(filled)
    return filled


def subscribe(goald, address, *topics, uid=STRANGER, frequency="weekly", **more):
    return goald.call("Subscribe", as_uid=uid, address=address, topics=list(topics),
                      frequency=frequency, **more)


def token_for(goald, address, purpose="subscription", expires="1 day"):
    """A token as a mail to the address would have it; of `confirm` that of what was asked last."""
    token = base64.b32encode(os.urandom(20)).decode().lower()
    made = goald.psql(
        "INSERT INTO goald.token (hash, purpose, subscriber_id, expires_at)"
        f" SELECT '\\x{hashlib.sha256(token.encode()).hexdigest()}', '{purpose}', id,"
        f" now() + interval '{expires}' FROM goald.subscriber"
        f" WHERE address_key = lower('{address}')"
        f" AND (confirmed_at IS NULL) = ('{purpose}' = 'confirm')"
        " ORDER BY id DESC LIMIT 1 RETURNING 1")
    assert made == [["1"]]
    return token


def confirm(goald, address):
    return goald.call("ConfirmSubscription", as_uid=STRANGER,
                      token=token_for(goald, address, "confirm"))


def subscribed(goald, address, *topics, uid=STRANGER, **more):
    """Subscribes an address and confirms it."""
    subscribe(goald, address, *topics, uid=uid, **more)
    confirm(goald, address)


def subscriptions(goald, uid=STRANGER, **parameters):
    replies = goald.stream("ListSubscriptions", as_uid=uid, **parameters)
    return [reply["subscription"] for reply in replies if reply.get("subscription")]


def subscription(goald, address):
    """The confirmed one, as an admin sees it."""
    return next(s for s in subscriptions(goald, ADMIN, address=address) if s["confirmed"])


def topics_of(subscription):
    return [topic["topic"] for topic in subscription["topics"]]


def new_run():
    return str(uuid.uuid4())
