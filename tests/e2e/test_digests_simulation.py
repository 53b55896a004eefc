"""Digests with an unreliable cron: updates at random, runs at random, mails that fail, runs that are
killed before or after a mail was taken, two at once, and goald killed. In the end each subscriber was
told every entry of their topic once, in order: nothing falls between two windows.
GOALD_SIMULATION_SEED=N does other things.
"""

import collections
import datetime
import os
import random

import pytest

from database import make_manager, new_id, submit
from harness import REMINDER

SEED = int(os.environ.get("GOALD_SIMULATION_SEED", 2019))
TICKS = 200
UTC = datetime.timezone.utc
SUBSCRIBERS = {  # address: topic, frequency
    "allt@example.org": ("ls", "weekly"), "genast@example.org": ("ls", "immediate"),
    "tva@xn--exempel-2za.se": ("ls:2", "immediate"),
    "dag@example.org": ("ls:2", "daily"), "ett@example.org": ("ls:2.2", "daily"),
    "vecka@example.org": ("ls:4", "weekly"), "manad@example.org": ("ls:4.4", "monthly"),
    "o.brien@example.org": ("ls:1", "monthly"),
}

pytestmark = pytest.mark.root


class Digests:
    def __init__(self, goald, seed):
        self.goald, self.random = goald, random.Random(seed)
        self.now = datetime.datetime(2024, 1, 1, 7, tzinfo=UTC)
        self.parents = {reply["node"]["code"]: reply["node"].get("parent") for reply
                        in goald.stream("ListNodes", strategy="ls") if reply.get("node")}
        self.updates = []  # (seq, code)
        self.taken = collections.defaultdict(list)  # by address: the mails that were taken
        self.settled = collections.Counter()  # how often each letter was settled as sent
        self.counts = collections.Counter()

    def subscribe_all(self):
        for address, (topic, frequency) in SUBSCRIBERS.items():
            self.goald.call("Subscribe", address=address, topics=[topic], frequency=frequency)
        run = new_id()
        for digest in self.claim(run):
            assert digest["kind"] == "confirm"
            self.goald.call("ConfirmSubscription", token=digest["token"])
        assert self.claim(new_id()) == []

    def time(self):
        return self.now.isoformat().replace("+00:00", "Z")

    def claim(self, run):
        replies = self.goald.stream("ClaimDigests", as_uid=REMINDER, run=run, now=self.time())
        return [reply["digest"] for reply in replies if reply.get("digest")]

    def chance(self, share):
        return self.random.random() < share

    # A run

    def begin(self):
        """A run claims what there is; how it deals with each mail is drawn beforehand."""
        run = new_id()
        return run, self.claim(run)

    def finish(self, run, digests, calm):
        self.counts["runs"] += 1
        for digest in digests:
            fate = "ok" if calm else self.random.choices(
                ["ok", "fail", "dead", "taken-dead", "goald"], [80, 10, 3, 5, 2])[0]
            self.counts[f"mails: {fate}"] += 1
            if fate in ("ok", "taken-dead", "goald"):
                self.taken[digest["address"]].append(digest)
            if fate == "goald":
                self.goald.kill()
                self.goald.start()
            if fate in ("dead", "taken-dead"):
                return
            self.settle(run, digest, fate)

    def settle(self, run, digest, fate):
        outcome = "failed" if fate == "fail" else "sent"
        self.goald.call("SettleDigests", as_uid=REMINDER, run=run, letter=digest["letter"],
                        outcome=outcome, reason="451" if fate == "fail" else None,
                        now=self.time())
        self.settled[digest["letter"]] += outcome == "sent"

    def tick(self, calm=False):
        for _ in range(0 if calm else self.random.choice([0, 0, 1, 1, 2, 3])):
            code = self.random.choice(list(self.parents))
            reply = submit(self.goald, code=code, note=f"Nyhet {len(self.updates)} – åäö")
            self.updates.append((reply["seq"], code))
        self.now += datetime.timedelta(minutes=self.random.choice([5, 11, 60, 1400, 1440, 2900]))
        runs = [self.begin() for _ in range(1 + (not calm and self.chance(0.2)))]
        for run, digests in runs:
            self.finish(run, digests, calm)

    # What each was to be told

    def is_below(self, code, topic):
        while code and code != topic:
            code = self.parents.get(code)
        return code == topic

    def expected(self, address):
        node = SUBSCRIBERS[address][0].partition(":")[2]
        return [seq for seq, code in self.updates if not node or self.is_below(code, node)]

    def check(self, address):
        where = f"seed {SEED}, {address}"
        letters = {}
        for mail in self.taken[address]:
            before = letters.setdefault(mail["letter"], mail)
            assert mail["entries"] == before["entries"], where
            assert mail["messageId"] == before["messageId"], where
            assert mail is before or mail["again"], where
        told = [seq for mail in letters.values()
                for seq in sorted(entry["seq"] for entry in mail["entries"])]
        assert told == self.expected(address), where
        assert all(mail["omitted"] == 0 for mail in letters.values()), where
        for letter in letters:
            assert self.settled[letter] == 1, (where, letter)
        self.counts["sent twice, as the same mail"] += len(self.taken[address]) - len(letters)
        return len(letters), len(told)


def test_every_entry_is_told_once(new_goald, report):
    goald = new_goald(empty=False).start()
    make_manager(goald)
    goald.grant(REMINDER, "reminder")
    digests = Digests(goald, SEED)
    digests.subscribe_all()
    for _ in range(TICKS):
        digests.tick()
    for _ in range(60):
        digests.tick(calm=True)
    told = {address: digests.check(address) for address in SUBSCRIBERS}
    report(f"seed {SEED}, {len(digests.updates)} updates")
    for address, (topic, frequency) in SUBSCRIBERS.items():
        report(f"{address:26}{frequency:12}{topic:8}{told[address][0]:4} mails, "
               f"{told[address][1]:4} entries")
    report("; ".join(f"{name} {count}" for name, count in sorted(digests.counts.items())))
