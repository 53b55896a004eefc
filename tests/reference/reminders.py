"""The rules of reminders a second time, plainly, written from their text and not from the daemon.

A `World` is an import document with what it does not hold: managers, nudges. `Day` works out for one
day which occurrences there are and which of them a ledger leaves to be sent; `Ledger` is what became
of them. Items, recipients and nodes go by their names in the document, never by numbers.
"""

import dataclasses
import datetime

from rules import OUTCOMES, Moment, first_day, last_day, later
from strategies import known

ONE = datetime.timedelta(days=1)
ROLES = ("owner", "lead", "contributor", "partner", "funder", "beneficiary", "reviewer", "contact")
SKIPPED_MOST = 60  # earlier steps that are written with a newer one; …
SKIPPED_FIRST = 5  # … with the first of a series


# Working days


def easter(year):
    """Sunday after the first full moon of spring, by Gauss, as Lichtenberg mended it."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    s = 2 - (3 * k + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + s) % 7
    return datetime.date(year, 3, 1) + datetime.timedelta(days=og + 7 - (og - sz) % 7 - 1)


def weekday_from(day, weekday):
    """The first such weekday (Monday 0) on or after the day."""
    return day + datetime.timedelta(days=(weekday - day.weekday()) % 7)


def swedish_days_off(year):
    date, sunday = datetime.date, easter(year)
    midsummer = weekday_from(date(year, 6, 20), 5)
    return {date(year, 1, 1), date(year, 1, 6), sunday - 2 * ONE, sunday + ONE, date(year, 5, 1),
            sunday + 39 * ONE, date(year, 6, 6), midsummer - ONE, midsummer,
            weekday_from(date(year, 10, 31), 5), date(year, 12, 24), date(year, 12, 25),
            date(year, 12, 26), date(year, 12, 31)}


def is_worked(day):
    return day.weekday() < 5 and day not in swedish_days_off(day.year)


def worked_days_after(day, count):
    step = ONE if count > 0 else -ONE
    while count:
        day += step
        if is_worked(day):
            count -= 1 if count > 0 else -1
    return day


# What is known


@dataclasses.dataclass
class Setting:
    offsets: list
    every: int
    working: bool = False


SETTINGS = {
    "due": Setting([30, 14, 7, 1, 0], 7),
    "checkin": Setting([0], 7),
    "review": Setting([14, 0], 30),
    "term": Setting([30, 7], 0),
    "escalation": Setting([5, 5, 5], 0, True),
}


@dataclasses.dataclass
class World:
    document: dict
    managers: list = dataclasses.field(default_factory=list)
    nudges: dict = dataclasses.field(default_factory=dict)  # by code: (seq, day)
    seqs: dict = dataclasses.field(default_factory=dict)  # of updates by id, where it matters
    settings: dict = dataclasses.field(default_factory=lambda: dict(SETTINGS))

    def node(self, code):
        if code == "":
            return self.document["strategy"]
        return next(node for node in self.document["nodes"] if node["code"] == code)

    def group(self, key):
        return next(group for group in self.document["groups"] if group["id"] == key)

    def named(self, part, key):
        return next(record for record in self.document[part] if record["id"] == key)


def holder_of(record):
    return next((kind, record[kind]) for kind in ("person", "organisation", "group")
                if record.get(kind))


# The ledger


@dataclasses.dataclass(frozen=True)
class Key:
    rule: str
    item: tuple
    version: datetime.date
    step: int
    recipient: tuple

    def series(self):
        return self.rule, self.item, self.version, self.recipient


# How long a run has for what it claimed, and the pauses after which what failed is tried again
LEASE = datetime.timedelta(minutes=10)
PAUSES = [datetime.timedelta(minutes=10), datetime.timedelta(hours=1), datetime.timedelta(hours=6),
          datetime.timedelta(days=1), datetime.timedelta(days=1)]


@dataclasses.dataclass
class Row:
    planned: datetime.date
    status: str  # claimed, sent, failed, skipped
    day: datetime.date  # on which it was claimed last, or skipped
    attempts: int = 0
    at: datetime.datetime | None = None  # claimed: the lease's end; failed: when to try again

    doubtful: bool = False  # a run that had it was lost: the mail may be out
    reasons: set | None = None  # of one that was skipped: which are right
    letter: object = None

    def is_open(self):
        """Whether something may still become of it: it is claimed, or failed and not given up."""
        return self.status in ("claimed", "failed") and self.at is not None

    def is_free(self, now):
        """Whether a run may take it."""
        return self.is_open() and self.at <= now


# A day


@dataclasses.dataclass
class Matter:
    """What a rule says of an item: about which day, when, to whom."""

    version: datetime.date
    steps: list  # (step, planned), in order, up to the day
    answered: datetime.date | None  # steps planned up to then are
    recipients: list
    recipients_of: dict | None = None  # by step, of an escalation


class Day:
    def __init__(self, world, day):
        self.world = world
        self.day = day
        self.moment = Moment(known([world.document]), day)

    def is_current(self, record, start="from", end="to"):
        since, until = record.get(start), record.get(end)
        return ((not since or first_day(since) <= self.day)
                and (not until or self.day <= last_day(until)))

    # Who reads what is sent to whom

    def readers(self, holder):
        kind, key = holder
        if kind == "person":
            return [holder] if self.world.named("persons", key).get("email") else []
        if kind == "organisation":
            return self.readers_of_organisation(key)
        group = self.world.group(key)
        if not self.is_current(group, "termFrom", "termTo"):
            return []
        if group.get("mailbox"):
            return [holder]
        return self.heads(key)

    def readers_of_organisation(self, key):
        if self.world.named("organisations", key).get("mailbox"):
            return [("organisation", key)]
        return [reader for person in self.world.document["persons"]
                for tie in person.get("affiliations", [])
                if tie["organisation"] == key and tie["as"] == "reporter" and self.is_current(tie)
                for reader in self.readers(("person", person["id"]))]

    def heads(self, group):
        return (self.seated(group, "lead") or self.seated(group, "chair")
                or self.seated(group, "secretary"))

    def seated(self, group, role):
        if not self.is_current(self.world.group(group), "termFrom", "termTo"):
            return []
        return [reader for member in self.world.group(group).get("members", [])
                if member["role"] == role and self.is_current(member)
                for reader in self.readers(holder_of(member))]

    def managers(self):
        return [reader for person in self.world.managers
                for reader in self.readers(("person", person))]

    def is_in_term(self, holder):
        """A group that has ended, or has not begun, holds nothing."""
        return holder[0] != "group" or self.is_current(self.world.group(holder[1]), "termFrom",
                                                       "termTo")

    def assigned(self, code, *roles):
        holders = [holder_of(record) for record in self.world.node(code).get("assignments", [])
                   if record["role"] in roles and self.is_current(record)]
        return [holder for holder in holders if self.is_in_term(holder)]

    def groups_of(self, code, *roles):
        """Those that aim at it or have one of the roles on it."""
        aiming = [("group", group["id"]) for group in self.world.document["groups"]
                  if code in group.get("aims", []) and self.is_in_term(("group", group["id"]))]
        tied = [holder for holder in self.assigned(code, *roles) if holder[0] == "group"]
        return list(dict.fromkeys(aiming + tied))

    def own_duties(self, code):
        return self.assigned(code, "owner", "lead") or self.groups_of(code, *ROLES)

    def ways_up(self, code):
        while code:
            yield code
            code = self.moment.strategy.nodes[code].parent or ""
        yield ""

    def or_managers(self, readers):
        return list(dict.fromkeys(readers)) or list(dict.fromkeys(self.managers()))

    def recipients(self, code):
        for place in self.ways_up(code):
            duties = self.own_duties(place)
            if duties:
                return self.or_managers([reader for holder in duties
                                         for reader in self.readers(holder)])
        return self.or_managers([])

    # What there is to say

    def steps(self, rule, base, until=None):
        """(step, planned) up to the day."""
        setting, found = self.world.settings[rule], []
        last = min(self.day, until) if until else self.day
        for offset in setting.offsets:
            planned = (worked_days_after(base, -offset) if setting.working
                       else base - offset * ONE)
            found.append((offset, planned))
        if setting.every:
            days = range(setting.every, (last - base).days + 1, setting.every)
            found += [(-after, base + after * ONE) for after in days]
        return [(step, planned) for step, planned in found if planned <= last]

    def is_open(self, code):
        return not self.moment.over(code)

    def last_report(self, code):
        """The day of the last update or observation of the node itself."""
        days = [last_day(record.date) for record in self.moment.updates_of[code]
                + self.moment.observations_of[code]]
        return max(days, default=None)

    def due(self, code):
        about = self.moment.due_day(code)
        if about is None or not self.is_open(code):
            return None
        return Matter(about, self.steps("due", about), self.last_report(code),
                      self.recipients(code))

    def cycle_end(self, code):
        """The day by which something should be heard of it. What is heard shortly before answers
        for that cycle, and the next one follows on it; else a cycle begins on the day."""
        node, moment = self.moment.strategy.nodes[code], self.moment
        cadence = node.cadence or moment.strategy.cadence
        if not cadence:
            return None
        within = 1 if cadence <= 7 else 7 if cadence <= 31 else 14
        days = sorted(last_day(record.date) for place in {code} | moment.below(code)
                      for records in (moment.updates_of, moment.observations_of,
                                      moment.closings_of)
                      for record in records[place])
        start = moment.start(code)
        end = first_day(start) + cadence * ONE if start else None
        for day in days:
            if end is None:
                end = day + cadence * ONE
            elif end - within * ONE <= day <= end:
                end += cadence * ONE
            else:
                end = max(end, day + cadence * ONE)
        return end

    def checkin(self, code):
        moment = self.moment
        if (not self.is_open(code) or not moment.stale(code) or not self.own_duties(code)
                or moment.schedule(code) == "overdue"):
            return None
        end, due, start = self.cycle_end(code), moment.due_day(code), moment.start(code)
        first = max(end + ONE, first_day(start)) if due and start else end + ONE
        return Matter(end, self.steps("checkin", first, due), None, self.recipients(code))

    def review(self, item, record):
        reviews = [review for review in record.get("reviews", [])
                   if last_day(review["date"]) <= self.day]
        if not reviews or (item[0] == "node" and not self.is_open(item[1])):
            return None
        last = max(reviews, key=lambda review: last_day(review["date"]))
        if not last.get("every"):
            return None
        every = last["every"]
        about = later(last_day(last["date"]),
                      12 * every.get("years", 0) + every.get("months", 0), every.get("days", 0))
        return Matter(about, self.steps("review", about), None, self.review_recipients(item))

    def review_recipients(self, item):
        kind, key = item
        if kind == "group":
            return self.or_managers(self.readers(("group", key)))
        reviewers = self.assigned(key, "reviewer")
        if not reviewers:
            return self.recipients(key)
        return self.or_managers([reader for holder in reviewers for reader in self.readers(holder)])

    def term(self, record, since, until, readers):
        about = last_day(record[until])
        if self.day > about or (record.get(since) and self.day < first_day(record[since])):
            return None
        return Matter(about, self.steps("term", about, about), None, readers)

    def terms(self):
        for group in self.world.document["groups"]:
            name, end = group["id"], group.get("termTo")
            if end:
                readers = [*self.or_managers(self.readers(("group", name))), *self.managers()]
                yield ("group", name), self.term(group, "termFrom", "termTo",
                                                 list(dict.fromkeys(readers)))
            for member in group.get("members", []):
                if member.get("to") and not (end and last_day(end) < last_day(member["to"])):
                    item = ("membership", name, holder_of(member), member["role"])
                    yield item, self.term(member, "from", "to", self.holders(member))
        for code in filter(self.is_open, self.moment.strategy.nodes):
            for record in self.world.node(code).get("assignments", []):
                if record["role"] in ("owner", "lead") and record.get("to"):
                    item = ("assignment", code, holder_of(record), record["role"])
                    yield item, self.term(record, "from", "to", self.holders(record))

    def holders(self, record):
        return self.or_managers(self.readers(holder_of(record)))

    def nudge(self, code):
        seq, day, before = self.world.nudges.get(code, (None, None, 0))
        answered = any(update.id >= before
                       for update in self.moment.updates_of[code]) if seq else True
        if answered or not self.is_open(code) or day > self.day:
            return None
        return Matter(day, [(seq, day)], None, self.recipients(code))

    # Escalation

    def escalation_readers(self, code, step):
        if step == 1:
            for place in self.ways_up(code):
                groups = self.groups_of(place, "owner", "lead")
                if groups:
                    return [reader for _, key in groups for reader in self.heads(key)]
            return []
        if step == 2:
            return self.owners_above(code)
        return self.managers()

    def owners_above(self, code):
        """Of the nearest target that has owners, else of another outcome, else of the strategy."""
        for kinds in ({"target"}, {*OUTCOMES} - {"target", "strategy"}, {"strategy"}):
            for place in self.ways_up(code):
                owners = self.assigned(place, "owner")
                if self.moment.kind(place) in kinds and owners:
                    return [reader for holder in owners for reader in self.readers(holder)]
        return []

    def escalation(self, code, ledger):
        if not self.is_open(code) or self.moment.schedule(code) != "overdue":
            return None
        about = max(self.moment.due_day(code), self.last_report(code) or datetime.date.min)
        matter, base = Matter(about, [], None, [], {}), about
        rows = [(key.step, row) for key, row in ledger.rows.items()
                if (key.rule, key.item, key.version) == ("escalation", ("node", code), about)]
        told = [(key.step, key.recipient) for key in ledger.rows
                if (key.rule, key.item, key.version) == ("escalation", ("node", code), about)]
        last = max((step for step, _ in rows), default=0)
        for step, grace in enumerate(self.world.settings["escalation"].offsets, 1):
            planned = worked_days_after(base, grace)
            readers = list(dict.fromkeys(self.escalation_readers(code, step)))
            settled = [row.day for known, row in rows if known == step and not row.is_open()]
            matter.recipients_of[step] = readers
            if settled or step < last or not (readers or step == last):
                base = min(settled, default=planned)
                # Who is told beside one who was told already is, until the next step's turn
                following = self.world.settings["escalation"].offsets[step:step + 1] or [grace]
                beside = any(known == step and recipient in readers for known, recipient in told)
                if (settled and step == last and beside
                        and planned <= self.day < worked_days_after(base, following[0])):
                    matter.steps.append((step, planned))
                continue
            if planned <= self.day:
                matter.steps.append((step, planned))
            break
        return matter

    # All of it

    def matters(self, ledger):
        """(rule, item, matter) of everything that has something to say."""
        for code in self.moment.strategy.nodes:
            item = ("node", code)
            for rule, matter in (("due", self.due(code)), ("checkin", self.checkin(code)),
                                 ("review", self.review(item, self.world.node(code))),
                                 ("escalation", self.escalation(code, ledger)),
                                 ("nudge", self.nudge(code))):
                if matter:
                    yield rule, item, matter
        for group in self.world.document["groups"]:
            item = ("group", group["id"])
            if self.is_current(group, "termFrom", "termTo"):
                matter = self.review(item, group)
                if matter:
                    yield "review", item, matter
        for item, matter in self.terms():
            if matter:
                yield "term", item, matter

    def is_answered(self, matter, planned):
        return matter.answered is not None and planned <= matter.answered

    # What a ledger leaves to be sent

    def findings(self, ledger, now):
        """What a run at `now` finds: what is to be sent, by recipient; the open rows among that; the
        open rows that are not to be sent any more, each with the reasons that are right; and what
        each recipient missed before the newest."""
        due, skipped, still = {}, {}, set()
        matters = {(rule, item): matter for rule, item, matter in self.matters(ledger)}
        for (rule, item), matter in matters.items():
            for key, planned in self.newest_by_recipient(rule, item, matter):
                rows = ledger.series(key)
                latest = max((row.planned for row in rows.values()), default=None)
                known = latest and latest >= planned and rule not in ("escalation", "nudge")
                if key in rows or known or self.is_answered(matter, planned):
                    continue
                due.setdefault(key.recipient, {})[key] = planned
                if rule != "escalation":
                    skipped.setdefault(key.recipient, {}).update(
                        self.missed(matter, key, latest, rows))
        dead = {}
        for key, row in ledger.rows.items():
            if row.is_free(now) or (row.status == "failed" and row.is_open()):
                reasons = self.not_to_be_sent(key, row, matters.get((key.rule, key.item)))
                if reasons:
                    dead[key] = reasons
                elif row.is_free(now):
                    still.add(key)
        return due, still, dead, skipped

    def urgency(self, key):
        """What comes first: of two letters to somebody the one with the most urgent in it."""
        rules = ("due", "checkin", "review", "term", "escalation", "nudge")
        return key.version, rules.index(key.rule), self.place(key.item)

    def place(self, item):
        codes = [node["code"] for node in self.world.document["nodes"]]
        return (item[0], codes.index(item[1]) if item[1] in codes else -1, *map(str, item))

    def newest_by_recipient(self, rule, item, matter):
        if rule == "escalation":
            for step, planned in matter.steps:
                for recipient in matter.recipients_of[step]:
                    yield Key(rule, item, matter.version, step, recipient), planned
        elif matter.steps:
            step, planned = matter.steps[-1]
            for recipient in matter.recipients:
                yield Key(rule, item, matter.version, step, recipient), planned

    def missed(self, matter, newest, latest, rows):
        found = {}
        most = SKIPPED_MOST if rows else SKIPPED_FIRST
        for step, planned in matter.steps[-2:-2 - most:-1]:
            key = dataclasses.replace(newest, step=step)
            if (latest and planned <= latest) or self.is_answered(matter, planned):
                break
            if key not in rows:
                found[key] = planned
        return found

    def not_to_be_sent(self, key, row, matter):
        """The reasons of which one is right, or None."""
        if matter is None or matter.version != key.version:
            return self.reasons_of_nothing(key)
        if self.is_answered(matter, row.planned):
            return {"updated"}
        recipients = (self.escalation_readers(key.item[1], key.step) if key.rule == "escalation"
                      else matter.recipients)
        if key.recipient not in recipients:
            return {"not_addressed"}
        if key.rule == "nudge" and key.step != matter.steps[-1][0]:
            return {"newer"}
        if matter.steps and (matter.steps[-1][0] > key.step if key.rule == "escalation"
                             else matter.steps[-1][1] > row.planned):
            return {"newer"}
        return None

    def reasons_of_nothing(self, key):
        kind, *name = key.item
        if kind == "node" and not self.is_open(name[0]):
            return {"closed"}
        return {"due": {"moved"}, "review": {"moved"}, "term": {"moved", "ended", "gone"},
                "checkin": {"updated", "early", "overdue", "moved"},
                "escalation": {"updated", "moved"}, "nudge": {"updated", "gone"}}[key.rule]


class Ledger:
    def __init__(self):
        self.rows = {}
        self.by_series = {}
        self.letters = 0

    def series(self, key):
        return self.by_series.get(key.series(), {})

    def put(self, key, row):
        assert key not in self.rows
        self.rows[key] = row
        self.by_series.setdefault(key.series(), {})[key] = row

    def claim(self, found, now):
        """Takes all that a run at `now` may take: {recipient: (keys, again)}. Who is sent a letter
        once more gets nothing else in that run."""
        for row in self.rows.values():
            if row.status == "claimed" and row.is_free(now) and row.attempts > len(PAUSES):
                row.status, row.at = "failed", None
        due, still, dead, skipped = found.findings(self, now)
        for key, reasons in dead.items():
            self.skip(key, reasons, found.day)
        lapsed = {key: self.rows[key] for key in still
                  if self.rows[key].status == "claimed" or self.rows[key].doubtful}
        letters = {}
        for recipient in {*due, *(key.recipient for key in still)}:
            urgent = min((key for key in lapsed if key.recipient == recipient),
                         key=found.urgency, default=None)
            again = urgent is not None
            open_keys = [key for key in still if key.recipient == recipient
                         and (not again or self.rows[key].letter == self.rows[urgent].letter)]
            new = {} if again else due.get(recipient, {})
            for key, planned in new.items():
                self.put(key, Row(planned, "claimed", found.day))
            for key, planned in ({} if again else skipped.get(recipient, {})).items():
                self.put(key, Row(planned, "skipped", found.day, reasons={"newer"}))
            letters[recipient] = [*open_keys, *new], again
            self.take(letters[recipient][0], again, found.day, now)
        return letters

    def take(self, keys, again, day, now):
        self.letters += 1
        for key in keys:
            row = self.rows[key]
            row.doubtful |= again
            row.status, row.day, row.at = "claimed", day, now + LEASE
            row.attempts += 1
            row.letter = row.letter if again else self.letters

    def skip(self, key, reasons, day):
        row = self.rows[key]
        row.status, row.reasons, row.day, row.at = "skipped", reasons, day, None

    def settle(self, keys, sent, day, now):
        for key in keys:
            row = self.rows[key]
            row.day, row.at = day, None
            row.status = "sent" if sent else "failed"
            if not sent and row.attempts <= len(PAUSES):
                row.at = now + PAUSES[row.attempts - 1]
