"""What the tests of reminders share: a small strategy of its own for each test, and short calls.

Anna owns targets 1 (due 31 March 2026) and 2 (due 15 April), Bo owns deliverable 3 (due 10 March);
nobody hears of anybody else. So on 1 March due reminders are waiting for 1 (30 days) and 3 (14).
"""

import itertools
import json
import os

from database import new_id

RULES = ("due", "checkin", "review", "term", "escalation", "nudge")
DAY = "2026-03-01"
numbers = itertools.count(1)


def address(person):
    return f"{person}@example.org"


class Plan:
    """A strategy with its people; `goald` is who is called."""

    def __init__(self, goald, **more):
        number = next(numbers)
        self.goald, self.key = goald, f"plan-{number}"
        self.anna, self.bo = f"anna-{number}", f"bo-{number}"
        self.document = {
            "format": "goald-import-1",
            "strategy": {"key": self.key, "titles": {"en": "The plan", "sv": "Planen"},
                         "timeZone": "Europe/Stockholm", "language": "en",
                         "visibility": "public", **more},
            "persons": [self.person(self.anna), self.person(self.bo)],
            "nodes": [self.node("1", "target", "2026-03-31", self.anna),
                      self.node("2", "target", "2026-04-15", self.anna),
                      self.node("3", "deliverable", "2026-03-10", self.bo)],
        }
        self.bring_in()
        goald.grant(os.geteuid(), "manager", self.key)

    def bring_in(self):
        path = self.goald.folder / f"{self.key}.json"
        path.write_text(json.dumps(self.document))
        self.goald.goal("import", path, timeout=300).ok()

    def grow(self, count):
        """So many nodes below 1 with its due date; Anna's, for 1 is."""
        self.document["nodes"] += [
            {"code": f"x{number}", "kind": "target", "due": "2026-03-31", "parent": "1",
             "titles": {"en": f"Part {number}"}} for number in range(count)]
        self.bring_in()

    def crowd(self, count):
        """So many people more, each with a node that is due with 1; their keys."""
        people = [f"{self.key}-{number}" for number in range(count)]
        self.document["persons"] += [self.person(key) for key in people]
        self.document["nodes"] += [self.node(f"p{number}", "target", "2026-03-31", key)
                                   for number, key in enumerate(people)]
        self.bring_in()
        return people

    @staticmethod
    def person(key):
        return {"id": key, "name": key.title(), "email": address(key)}

    @staticmethod
    def node(code, kind, due, owner):
        return {"code": code, "kind": kind, "due": due, "titles": {"en": f"Node {code}"},
                "assignments": [{"role": "owner", "person": owner}]}

    def call(self, method, **parameters):
        return self.goald.call(method, strategy=self.key, **parameters)

    def claim(self, now=DAY, run=None, goald=None, **parameters):
        """The letters by their recipient's key."""
        replies = (goald or self.goald).stream("ClaimReminders", run=run or new_id(), now=now,
                                               strategy=self.key, **parameters)
        letters = [reply["letter"] for reply in replies if reply]
        assert len({letter["recipient"] for letter in letters}) == len(letters)
        return {letter["recipient"].removeprefix("person:"): letter for letter in letters}

    def settle(self, run, letter, outcome="sent", now=DAY, **parameters):
        return self.goald.call("SettleReminders", run=run, letter=letter["letter"],
                               outcome=outcome, now=now, **parameters)["settled"]

    def send(self, now=DAY):
        """Claims and sends all there is; what that was, by recipient."""
        run = new_id()
        letters = self.claim(now, run)
        for letter in letters.values():
            self.settle(run, letter, now=now)
        return {recipient: told(letter) for recipient, letter in letters.items()}

    def rows(self, columns="status, count(*)", more="GROUP BY status ORDER BY status"):
        return self.goald.psql(
            f"SELECT {columns} FROM goald.reminder r JOIN goald.chain c USING (strategy_id)"
            f" WHERE c.key = '{self.key}' {more}")

    def status(self):
        """How many rows have which status."""
        return {status: int(count) for status, count in self.rows()}


def told(letter):
    """What is in a letter: code, rule, step."""
    return [(item["code"], item["rule"], item["step"]) for item in letter["items"]]


def forget_runs(database):
    """The next run may be at any time."""
    database.psql("DELETE FROM goald.sending")
