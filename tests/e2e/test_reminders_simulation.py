"""400 days of the life science strategy, with cron run at random beside it, against a second
implementation of the rules of reminders (tests/reference/reminders.py).

Days are skipped, runs doubled, two at once; sendmail fails, goal is killed at some letter, before or
after it was taken, and goald too. Each run is compared with the reference, and now and then the whole
ledger. In the end cron comes back after years. GOALD_SIMULATION_SEED=N lives another life.
"""

import collections
import datetime
import os
import pathlib
import random
import shutil
import sys
import zoneinfo

import pytest

from database import make_manager
from harness import REMINDER, TOP, Build, Daemon
from simulation import MANAGERS, ONE, Cron, Life, hand_in

sys.path.insert(0, str(TOP / "tests" / "reference"))

from reminders import Day, Ledger, World  # noqa: E402

DAYS = 400
FIRST = datetime.date(2023, 10, 2)
SEED = int(os.environ.get("GOALD_SIMULATION_SEED", 2019))
UTC = datetime.timezone.utc
STOCKHOLM = zoneinfo.ZoneInfo("Europe/Stockholm")

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def plain_build(scratch):
    source = pathlib.Path(os.environ.get("GOALD_PLAIN_BUILD", TOP / "build" / "plain"))
    folder = scratch / "simulated"
    folder.mkdir(mode=0o755)
    for program in ("goald", "goal", "goal-mail"):
        shutil.copy(source / program, folder)
    return Build(folder)


@pytest.fixture
def goald(plain_build, scratch, life_science_template):
    """A goald of the plain build, with managers who can be reached, and cron's account."""
    daemon = Daemon(plain_build, scratch / "simulation", template=life_science_template)
    try:
        daemon.start()
        make_manager(daemon)
        yield daemon
    finally:
        daemon.close()


def moment(day, minutes=0):
    return datetime.datetime.combine(day, datetime.time(7), UTC) + minutes * ONE / 1440


class Simulation:
    def __init__(self, goald, folder, seed):
        self.goald = goald
        self.random = random.Random(seed)
        self.life = Life(self.random, FIRST, DAYS)
        hand_in(goald, self.life.document)
        for number, name in enumerate(MANAGERS):
            goald.call("AddAccount", uid=70000 + number, person=name)
            goald.call("GrantRole", uid=70000 + number, role="manager", strategy="ls")
        goald.grant(REMINDER, "reminder")
        self.world = World(self.life.document, MANAGERS)
        self.cron = Cron(goald, folder)
        self.ledger = Ledger()
        self.ids = {}  # Message-IDs by the reference's letters
        self.mails = collections.defaultdict(list)  # by occurrence: (mail, was a run killed)
        self.counts = collections.Counter()

    def chance(self, share):
        return self.random.random() < share

    # A day

    def live(self, day):
        """What happens, and cron."""
        for _ in range(self.random.choices([0, 1, 2], [5, 4, 1])[0]):
            part = self.life.happen(day, Day(self.world, day).moment)
            if part:
                hand_in(self.goald, part)
        if self.chance(0.02):
            self.nudge(day)
        if self.chance(0.25):
            self.counts["days skipped"] += 1
            return
        self.tick(day, moment(day))
        if self.chance(0.15):
            self.tick(day, moment(day, self.random.choice([5, 25, 90, 400])))

    def nudge(self, day):
        """Asked for today, by the real clock: it is sent when cron is there, too."""
        code = self.random.choice(self.life.open_nodes(Day(self.world, day).moment))
        reply = self.goald.call("NudgeNode", strategy="ls", code=code, message="Hur går det?")
        today = datetime.datetime.now(STOCKHOLM).date()
        self.world.nudges[code] = reply["seq"], today, len(self.life.document["updates"])

    def plan(self, killing):
        """What sendmail is to do, letter by letter."""
        words = ["fail" if self.chance(0.1) else "ok" for _ in range(60)]
        if killing and self.chance(0.12):
            words[self.random.randrange(4)] = self.random.choice(["dead", "taken-dead"])
        elif killing and self.chance(0.03):
            words[self.random.randrange(3)] = "goald"
        elif killing and self.chance(0.006):
            words[self.random.randrange(2)] = "away"
        return words

    # A run, or two at once

    def tick(self, day, now, killing=True, failing=True):
        found = Day(self.world, day)
        due, still, dead, _ = found.findings(self.ledger, now)
        if not (due or still or dead) and not self.chance(0.15):
            self.counts["runs left out, nothing is due"] += 1
            return
        expected = self.ledger.claim(found, now)
        # Not where something is sent again: what else there is may come with the other run, or not
        two = self.chance(0.15) and not any(again for _, again in expected.values())
        plan = self.plan(killing) if failing else []
        if two:
            plan = ["ok" if word in ("goald", "away") else word for word in plan]
        way = "--sendmail" if self.chance(0.25) else "--exec"
        runs = [self.cron.start(["remind"], now, way, plan) for _ in range(1 + two)]
        codes = self.cron.finish(runs)
        self.counts["runs"] += len(runs)
        self.counts["runs in pairs"] += 2 * two
        self.judge(day, now, expected, runs, codes)

    def judge(self, day, now, expected, runs, codes):
        """What was sent is what was expected; then the reference's ledger learns of it."""
        where = f"seed {SEED}, {now}, {[str(run.folder) for run in runs]}"
        mails = [mail for run in runs for mail in run.mails]
        left = dict(expected)
        for mail in mails:
            recipient = self.recipient_of(mail)
            assert recipient in left, f"{where}: {recipient} is not to get this"
            keys, again = left.pop(recipient)
            self.compare(mail, keys, again, where)
            self.note(mail, keys, day, now)
        interrupted = {mail.did for mail in mails} & {"dead", "taken-dead", "away"}
        if not interrupted:
            assert not left, f"{where}: nothing was sent to {left}"
        self.counts["runs killed"] += sum(map(Cron.was_killed, codes))
        self.counts["goald killed"] += sum(mail.did in ("goald", "away") for mail in mails)
        for run, code in zip(runs, codes):
            self.check_end(run, code, where)

    def check_end(self, run, code, where):
        """Silent if all is well; 1 if something could not be sent; 4 if goald went away."""
        did = [mail.did for mail in run.mails]
        if Cron.was_killed(code):
            assert set(did) & {"dead", "taken-dead"}, where
        elif "away" in did:
            assert code == 4 and run.stderr, (where, code, run.stderr)
        elif "fail" in did:
            assert code == 1 and "451 4.3.0" in run.stderr, (where, code, run.stderr)
        else:
            assert (code, run.stdout, run.stderr) == (0, "", ""), (where, code, run.stderr)

    def addresses(self):
        """{address: recipient}"""
        found = {}
        for part, kind, field in (("persons", "person", "email"), ("groups", "group", "mailbox"),
                                  ("organisations", "organisation", "mailbox")):
            for record in self.life.document[part]:
                address = record.get(field) or f"{record['id']}@grupper.example"
                found[address] = kind, record["id"]
        return found

    def recipient_of(self, mail):
        (address,) = mail.message["To"].addresses
        recipient = self.addresses()[address.addr_spec]
        if recipient[0] == "person":
            assert address.display_name == self.world.named("persons", recipient[1])["name"]
        return recipient

    def compare(self, mail, keys, again, where):
        """The same occurrences, as --exec tells them, or as the text of the mail does."""
        if mail.letter:
            assert told_in(mail) == tell(keys), where
            assert mail.letter["again"] == again, where
        text = mail.message.get_body(("plain",)).get_content()
        for key in keys:
            if key.item[0] in ("node", "assignment") and key.item[1]:
                assert key.item[1] in text, f"{where}: {key} is not in\n{text}"
        letter = self.ledger.rows[keys[0]].letter
        assert self.ids.setdefault(letter, mail.message_id) == mail.message_id, where

    def note(self, mail, keys, day, now):
        for key in keys:
            if mail.taken:
                self.mails[key].append(mail)
        if mail.did in ("ok", "fail", "goald"):
            self.ledger.settle(keys, mail.taken, day, now)
        self.counts[f"letters: {mail.did}"] += 1

    # The whole ledger

    def names(self):
        """What ids are: {(item, id): name}."""
        found = {("node", 0): ""}
        for kind, sql in (("node", "SELECT id, key FROM goald.node"),
                          ("group", 'SELECT id, key FROM goald."group"'),
                          ("person", "SELECT id, key FROM goald.person"),
                          ("organisation", "SELECT id, key FROM goald.organisation")):
            found |= {(kind, int(number)): key for number, key in self.goald.psql(sql)}
        for number, group, holder, member, role in self.goald.psql(
                "SELECT id, group_id, holder, holder_id, role FROM goald.membership"):
            found["membership", int(number)] = (
                found["group", int(group)], (holder, found[holder, int(member)]), role)
        for number, node, holder, who, role in self.goald.psql(
                "SELECT id, node_id, holder, holder_id, role FROM goald.assignment"):
            found["assignment", int(number)] = (
                found["node", int(node)], (holder, found[holder, int(who)]), role)
        return found

    def stored(self):
        """{what it is: (status, reason)} of goald's ledger."""
        names, rows = self.names(), {}
        for rule, item, number, version, step, kind, who, status, reason in self.goald.psql(
                "SELECT rule, item, item_id, version, step, recipient, recipient_id, status,"
                " coalesce(reason, '') FROM goald.reminder"):
            name = names[item, int(number)]
            item = (item, *(name if isinstance(name, tuple) else (name,)))
            rows[rule, item, version, int(step), (kind, names[kind, int(who)])] = status, reason
        return rows

    def check_ledger(self):
        stored = self.stored()
        expected = {(key.rule, key.item, key.version.isoformat(), key.step, key.recipient): row
                    for key, row in self.ledger.rows.items()}
        assert stored.keys() == expected.keys(), (
            SEED, stored.keys() - expected.keys(), expected.keys() - stored.keys())
        for name, row in expected.items():
            status, reason = stored[name]
            assert status == row.status, (SEED, name, row, status)
            assert status != "skipped" or reason in row.reasons, (SEED, name, row, reason)

    def check_mails(self):
        """Sent once, but for those whose run was killed between sending and settling; then it was
        the same mail."""
        for key, row in self.ledger.rows.items():
            mails = self.mails[key]
            repeated = mails[:-1] if row.status == "sent" else mails
            assert row.status != "sent" or mails, (SEED, key)
            assert {mail.did for mail in repeated} <= {"taken-dead", "away"}, (SEED, key)
            assert len({mail.message_id for mail in mails}) <= 1, (SEED, key)
            self.counts["sent twice, as the same mail"] += len(mails) > 1

    def figures(self):
        """What became of the reminders, by rule, and what the runs went through."""
        table = collections.Counter()
        for key, row in self.ledger.rows.items():
            given_up = row.status == "failed" and row.at is None
            table[key.rule, "given up" if given_up else row.status] += 1
        rules = sorted({rule for rule, _ in table})
        columns = sorted({column for _, column in table})
        yield f"seed {SEED}, {DAYS} days from {FIRST}"
        yield f"{'':12}" + "".join(f"{column:>10}" for column in columns)
        for rule in rules:
            yield f"{rule:12}" + "".join(f"{table[rule, column]:10}" for column in columns)
        yield "; ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        yield "happened: " + ", ".join(f"{name} {count}" for name, count
                                       in sorted(self.life.counts.items()))


def told_in(mail):
    """What --exec tells of a letter's items …"""
    return collections.Counter(
        (item["rule"], item["code"] if item.get("code") is not None else item["group"],
         item["date"], item["step"]) for item in mail.letter["items"])


def tell(keys):
    """… as these would be told."""
    return collections.Counter((key.rule, key.item[1], key.version.isoformat(), key.step)
                               for key in keys)


def test_every_reminder_is_sent_once(goald, tmp_path, report):
    simulation = Simulation(goald, tmp_path, SEED)
    day = FIRST
    for day in (FIRST + n * ONE for n in range(DAYS)):
        simulation.live(day)
        if (day - FIRST).days % 50 == 49:
            simulation.check_ledger()
    for day in (day + n * ONE for n in range(1, 5)):
        simulation.tick(day, moment(day), killing=False, failing=False)
    now = datetime.datetime.now(STOCKHOLM)
    simulation.tick(now.date(), now.astimezone(UTC).replace(microsecond=0), killing=False)
    simulation.check_ledger()
    simulation.check_mails()
    for line in simulation.figures():
        report(line)
    assert not [row for row in simulation.ledger.rows.values() if row.status == "claimed"]
