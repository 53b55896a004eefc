"""A strategy's life in fast motion: who is in it, what happens to it, and cron beside it.

`Life` keeps the document that the reference (tests/reference/reminders.py) reads and hands every
change of it to goald; `Cron` runs goal remind as an unreliable machine would, and tells what its
sendmail was given. Everything follows from a seed.
"""

import copy
import dataclasses
import datetime
import email
import email.policy
import functools
import json
import signal
import subprocess
import time

from harness import DATA, REMINDER, clean_environment

ONE = datetime.timedelta(days=1)
PEOPLE = [("asa-oberg", "Åsa Öberg", "sv"), ("bjorn-aerlig", "Bjørn Ærlig", "nb"),
          ("zoe-lukasiewicz", "Zoë Łukasiewicz", "en"), ("jose-nunez", "José Núñez", "en"),
          ("ozgur-sahin", "Özgür Şahin", "sv"), ("inger-odegard", "Inger Ødegård", "nb"),
          ("li-wei", "李伟", "en"), ("katerina-omega", "Κατερίνα Ωμέγα", None),
          ("nan-obrien", "Anna \"Nan\" O’Brien, dr. <nan>", "en"),
          ("lasse-larsson", "Lars-Åke Larsson-Ståhl af den långa namnraden i Västra Götaland", "sv"),
          ("siv-asp", "Siv Äspö", None), ("par-alm", "Pär Alm", "sv")]
NO_ADDRESS = "par-alm"
UNREACHABLE = "lasse-larsson@example.org"
MANAGERS = ["asa-oberg", "siv-asp"]
MAILBOXES = {"vinnova": "funktion@vinnova.example", "swedish-medtech": "kansli@medtech.example"}
REPORTED_FOR = {"regeringskansliet": ["inger-odegard", "li-wei"], "astrazeneca-sverige": []}


def iso(day):
    return day.isoformat()


class Life:
    """The life science strategy, its people and what happens to it."""

    def __init__(self, random, first, days):
        self.random, self.first, self.days = random, first, days
        self.document = json.loads((DATA / "se-life-science-2019.json").read_text())
        self.document["strategy"]["cadence"] = 150
        self.number = 0
        self.counts = {}
        self.add_people()
        for group in self.document["groups"]:
            self.fill_group(group)
        for node in self.document["nodes"]:
            self.fill_node(node)

    def chance(self, share):
        return self.random.random() < share

    def date(self, least, most):
        return iso(self.first + self.random.randint(least, most) * ONE)

    def person(self):
        return self.random.choice(PEOPLE)[0]

    def add_people(self):
        for name, full, language in PEOPLE:
            person = {"id": name, "name": full, "affiliations": []}
            if name != NO_ADDRESS:
                person["email"] = f"{name}@example.org"
            if language:
                person["language"] = language
            self.document["persons"].append(person)
        for organisation in self.document["organisations"]:
            if organisation["id"] in MAILBOXES:
                organisation["mailbox"] = MAILBOXES[organisation["id"]]
            for name in REPORTED_FOR.get(organisation["id"], []):
                person = next(p for p in self.document["persons"] if p["id"] == name)
                person["affiliations"].append({"organisation": organisation["id"],
                                               "as": "reporter"})

    def fill_group(self, group):
        group["termTo"] = self.date(150, 350) if self.chance(0.3) else "2031-12-31"
        if self.chance(0.4):
            group["mailbox"] = f"{group['id']}@grupper.example"
        for role in self.random.choice([["lead"], ["secretary"], ["lead", "secretary"], []]):
            member = {"person": self.person(), "role": role}
            if self.chance(0.5):
                member["to"] = self.date(20, 380)
            group["members"].append(member)
        if self.chance(0.5):
            group["reviews"] = [{"date": self.date(-300, -20), "every": {"months": 9}}]

    def fill_node(self, node):
        holders = [{"person": self.person()}, {"person": self.person()},
                   {"organisation": self.random.choice([*MAILBOXES, *REPORTED_FOR])},
                   {"group": self.random.choice(self.document["groups"])["id"]}, None]
        holder = self.random.choice(holders)
        assignments = node.setdefault("assignments", [])
        if holder:
            record = {**holder, "role": self.random.choice(["owner", "owner", "lead"])}
            if not any(record.items() <= other.items() for other in assignments):
                assignments.append(record)
            if self.chance(0.2):
                record["to"] = self.date(10, 390)
        if self.chance(0.1):
            assignments.append({"person": self.person(), "role": "reviewer"})
        if self.chance(0.15):
            node["cadence"] = self.random.choice([7, 30, 60])
        if self.chance(0.15):
            node["reviews"] = [{"date": self.date(-330, -10), "every": {"months": 6}}]
        if self.chance(0.15):
            node["start"] = self.date(-300, 0)
            node["due"] = {"after": "start", "months": self.random.randint(10, 20)}
        elif self.chance(0.35):
            node["due"] = self.date(5, 380)

    # What happens; each returns the part of the document that changed, or None

    def open_nodes(self, moment):
        return [code for code in moment.strategy.nodes if code and not moment.over(code)]

    def node(self, code):
        return next(node for node in self.document["nodes"] if node["code"] == code)

    def update(self, day, moment):
        update = {"id": f"s{self.number}", "node": self.random.choice(self.open_nodes(moment)),
                  "date": iso(day - self.random.choice([0, 0, 0, 1, 4]) * ONE), "note": "Läget"}
        if self.chance(0.5):
            update["percent"] = self.random.choice([10, 40, 60, 95, 100])
        if moment.closings_of[update["node"]]:
            update.pop("percent", None)
        self.document["updates"].append(update)
        return {"updates": [update]}

    def close(self, day, moment):
        closing = {"node": self.random.choice(self.open_nodes(moment)), "date": iso(day),
                   "how": self.random.choice(["achieved", "missed", "dropped"])}
        self.document["closings"].append(closing)
        return {"closings": [closing]}

    def reopen(self, day, moment):
        closed = [code for code in moment.strategy.nodes if code and moment.closing(code)]
        if not closed:
            return None
        closing = {"node": self.random.choice(closed), "date": iso(day), "how": "reopened"}
        self.document["closings"].append(closing)
        return {"closings": [closing]}

    def move(self, day, moment):
        node = self.node(self.random.choice(self.open_nodes(moment)))
        if isinstance(node.get("due"), dict):
            node["start"] = iso(datetime.date.fromisoformat(node["start"])
                                + self.random.randint(-20, 20) * ONE)
        elif node.get("due") and self.chance(0.1):
            del node["due"]
        elif not node.get("start"):
            node["due"] = iso(day + self.random.randint(-10, 120) * ONE)
        return {"nodes": [node]}

    def hand_over(self, day, moment):
        node = self.node(self.random.choice(self.open_nodes(moment)))
        owners = [record for record in node["assignments"] if record["role"] == "owner"]
        new = self.person()
        if any(record.get("person") == new for record in owners):
            return None
        for record in owners:
            if not record.get("to") and (record.get("from") or "") < iso(day):
                record["to"] = iso(day - ONE)
        node["assignments"].append({"person": new, "role": "owner", "from": iso(day)})
        return {"nodes": [node]}

    def review(self, day, moment):
        reviewed = [node for node in self.document["nodes"] if node.get("reviews")]
        node = self.random.choice(reviewed)
        if any(review["date"] == iso(day) for review in node["reviews"]):
            return None
        node["reviews"].append({"date": iso(day), "every": {"months": 5}})
        return {"nodes": [node]}

    def switch_mailbox(self, day, moment):
        group = self.random.choice(self.document["groups"])
        if not group.pop("mailbox", None):
            group["mailbox"] = f"{group['id']}@grupper.example"
        return {"groups": [group]}

    EVENTS = {"update": 12, "close": 1.2, "reopen": 0.8, "move": 3, "hand_over": 2, "review": 1,
              "switch_mailbox": 0.3}

    def happen(self, day, moment):
        """Something happens on that day."""
        self.number += 1
        names, weights = zip(*self.EVENTS.items())
        name = self.random.choices(names, weights)[0]
        part = getattr(self, name)(day, moment)
        if part:
            self.counts[name] = self.counts.get(name, 0) + 1
        return copy.deepcopy(part)


def hand_in(goald, document):
    """Imports a document, or a part of one."""
    with goald.connect() as connection:
        name = connection.call("ImportBegin", strategy="se-life-science-2019")["import"]
        for part in ("strategy", "organisations", "persons", "groups", "nodes", "updates",
                     "closings"):
            records = document.get(part, [])
            records = [records] if isinstance(records, dict) else records
            if records:
                connection.call("ImportChunk", **{"import": name}, part=part, first=0,
                                records=records)
        return connection.call("ImportCommit", **{"import": name})


# Sendmail, as the plan of its run has it; to one address it never gets through. What is to happen at
# a letter:
#   ok          it is taken
#   fail        it is refused
#   dead        goal is killed before it is taken …
#   taken-dead  … or after: it was sent, and nobody settles it
#   goald       goald is killed after it was taken, and started again …
#   away        … or not, before goal has given up to settle it
SENDMAIL = """#!/bin/sh
n=1
while [ -e "$SIMULATION/$n" ]; do n=$((n + 1)); done
cat >"$SIMULATION/$n"
i=0 word=ok
for word in $(cat "$SIMULATION/plan"); do
    i=$((i + 1))
    [ $i = $n ] && break
    word=ok
done
[ $word = ok ] && grep -q "$NEVER" "$SIMULATION/$n" && word=fail
echo "$word" >"$SIMULATION/$n.did"
case $word in
fail) echo "451 4.3.0 try again later" >&2; exit 75 ;;
dead | taken-dead) kill -KILL "$(cat "$SIMULATION/pid")" ;;
goald | away)
    : >"$SIMULATION/kill"
    until [ -e "$SIMULATION/killed" ]; do sleep 0.01; done ;;
esac
exit 0
"""


@dataclasses.dataclass
class Mail:
    """What sendmail was given once, and what it did."""

    did: str
    message: email.message.EmailMessage
    letter: dict | None  # what --exec gives

    @property
    def message_id(self):
        return self.message["Message-ID"].strip("<> \n")

    @property
    def taken(self):
        return self.did not in ("fail", "dead")


class Run:
    """A goal remind (or digest) that runs or ran."""

    def __init__(self, folder, command, way, plan):
        self.folder, self.way = folder, way
        folder.mkdir(mode=0o777)
        folder.chmod(0o777)
        (folder / "plan").write_text(" ".join(plan))
        self.process = subprocess.Popen(
            ["sh", "-c", 'echo $$ >"$SIMULATION/pid"; exec "$@"', "sh", *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            user=REMINDER, group=REMINDER, extra_groups=[], cwd="/",
            env=clean_environment(SIMULATION=str(folder), NEVER=UNREACHABLE))

    def wait(self, goald):
        """Kills goald when the plan says so."""
        while self.process.poll() is None:
            if (self.folder / "kill").exists() and not (self.folder / "killed").exists():
                self.kill(goald)
            time.sleep(0.004)
        self.stdout, self.stderr = self.process.communicate()
        return self.process.returncode

    def kill(self, goald):
        goald.kill()
        (self.folder / "killed").touch()
        if "away" not in [mail.did for mail in self.read()]:
            goald.start()

    @functools.cached_property
    def mails(self):
        """What sendmail was given, once it is over."""
        return self.read()

    def read(self):
        found = []
        for n in range(1, 1 + sum(path.suffix == ".did" for path in self.folder.iterdir())):
            data = (self.folder / str(n)).read_bytes()
            letter = json.loads(data) if self.way == "--exec" else None
            text = letter["message"].encode() if letter else data
            found.append(Mail((self.folder / f"{n}.did").read_text().strip(),
                              email.message_from_bytes(text, policy=email.policy.default),
                              letter))
        return found


class Cron:
    """Starts runs; each has a folder of its own."""

    def __init__(self, goald, folder):
        self.goald, self.folder, self.count = goald, folder, 0
        folder.chmod(0o755)
        self.sendmail = folder / "sendmail"
        self.sendmail.write_text(SENDMAIL)
        self.sendmail.chmod(0o755)

    def start(self, command, now, way="--exec", plan=()):
        self.count += 1
        words = [self.goald.build.goal, "--address", self.goald.address, *command,
                 "--now", now.strftime("%Y-%m-%dT%H:%M:%SZ"), way, self.sendmail]
        return Run(self.folder / str(self.count), words, way, plan)

    def finish(self, runs):
        """Waits for them; the exit codes."""
        codes = [run.wait(self.goald) for run in runs]
        if not self.goald.is_running():
            self.goald.start()
        return codes

    @staticmethod
    def was_killed(code):
        return code == -signal.SIGKILL
