"""Letters as a daemon gives them, mails as a command gets them, and what reads both back."""

import email
import email.policy
import json

from faked import FakeDaemon

RECORD = """#!/bin/sh
# Writes each mail into a file of its own.
n=$(ls "$(dirname "$0")/mails" | wc -l)
cat >"$(dirname "$0")/mails/$n"
"""


def item(**fields):
    """A ReminderItem: target 2.2, 12 days overdue."""
    return {"strategy": "se-ls", "alias": "ls", "item": "node",
            "strategyTitle": "En nationell strategi för life science",
            "code": "2.2", "title": "Ökat nyttjande av hälsodata", "kind": "target", "group": None,
            "rule": "due", "step": -7, "date": "2026-11-15", "planned": "2026-11-22", "days": -12,
            "why": "owner", "via": None, "viaName": None, "message": None, "by": None,
            "percent": 40.0, "state": "at_risk", "lastUpdate": "2026-05-12", "uid": "due-31.ls.goald",
            "sequence": 31, **fields}


def letter(number=1, items=None, **fields):
    return {"letter": f"{number:032x}", "messageId": f"{number:032x}@goald.example",
            "recipient": f"person:p{number}", "name": "Åsa Öberg",
            "address": f"p{number}@agency.example", "language": "sv", "from": "goald@goald.example",
            "replyTo": None, "again": False, "expires": "2026-11-27T12:10:00Z",
            "items": items or [item()], **fields}


class Ledger:
    """What the fake daemon knows: letters to be claimed once, and how each was settled."""

    def __init__(self, *letters):
        self.waiting = list(letters)
        self.settled = []

    def claim(self, parameters):
        limit = parameters["limit"]
        taken = self.waiting[:limit]
        if not parameters.get("dryRun"):
            self.waiting = self.waiting[limit:]
        return [{"letter": one} for one in taken]

    def settle(self, parameters):
        self.settled.append(parameters)
        return [{"settled": 1}]

    def answer(self, method, parameters):
        return {"ClaimReminders": self.claim, "SettleReminders": self.settle}[method](parameters)

    def outcomes(self):
        return [(one["letter"], one["outcome"]) for one in self.settled]


class Outbound:
    """A sendmail that records, and goal remind that uses it."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        (folder / "mails").mkdir()
        self.sendmail = folder / "sendmail"
        self.sendmail.write_text(RECORD)
        self.sendmail.chmod(0o755)

    def remind(self, ledger, *args, command=None, answer=None, **kwargs):
        command = self.sendmail if command is None else command
        self.daemon = FakeDaemon(self.folder / "s", answer or ledger.answer)
        try:
            with self.daemon as daemon:
                return self.build.run_goal("remind", *(("--sendmail", command) if command else ()),
                                           *args, address=daemon.address, **kwargs)
        finally:
            (self.folder / "s").unlink()

    def raw(self):
        files = sorted((self.folder / "mails").iterdir(), key=lambda path: int(path.name))
        return [file.read_bytes() for file in files]

    def mails(self):
        return [parse(raw) for raw in self.raw()]

    def objects(self):
        return [json.loads(raw) for raw in self.raw()]


def parse(raw):
    """The mail as Python's email package reads it, which must find no fault with it."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    parts = list(mail.walk())
    assert [part.defects for part in parts] == [[] for _ in parts]
    assert max(len(line) for line in raw.splitlines()) <= 998
    assert b"\r" not in raw
    return mail


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def calendar_of(mail):
    """The properties of the calendar's events: [{name: value}]; None: there is no calendar."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return None
    part, = parts
    assert part.get_param("method") == "PUBLISH" and part.get_param("charset") == "utf-8"
    raw = part.get_payload(decode=True)
    lines = raw.split(b"\r\n")
    assert lines.pop() == b"" and max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    unfolded = raw.decode().replace("\r\n ", "").split("\r\n")
    assert unfolded[0] == "BEGIN:VCALENDAR" and "METHOD:PUBLISH" in unfolded
    events = "\n".join(unfolded).split("BEGIN:VEVENT\n")[1:]
    return [dict(line.split(":", 1) for line in event.partition("\nEND:VEVENT")[0].split("\n"))
            for event in events]


def html_of(mail):
    return mail.get_body(("html",)).get_content()
