"""Rule version 1 a second time, plainly, written from the text of the rules and not from the daemon.

A `Moment` is what was known of a strategy at one time, seen as of one day. It works out every node's
numbers and words, one short method a rule, in the order in which the rules are written. Nothing is
rounded here, and unknown is None.
"""

import calendar
import dataclasses
import datetime
import functools
import math

OUTCOMES = ("strategy", "priority", "target", "need")
WORK = ("initiative", "deliverable")
CLOSE = 1e-9
SEVERITY = ("unknown", "on_track", "at_risk", "off_track")


# What is known


@dataclasses.dataclass
class Node:
    code: str
    kind: str
    parent: str | None = None
    start: str | None = None
    due: str | dict | None = None
    weight: float | None = None
    cadence: int | None = None
    baseline: float | None = None
    target: float | None = None
    direction: str | None = None
    serves: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Record:
    """An update, observation or closing; `id` tells which was recorded first."""

    id: int
    node: str
    date: str
    percent: float | None = None
    state: str | None = None
    confidence: str | None = None
    evidence: bool = False
    supersedes: int | None = None
    accepted: bool = True
    value: float | None = None
    breakdown: dict | None = None
    how: str | None = None


@dataclasses.dataclass
class Strategy:
    cadence: int | None
    nodes: dict  # by code; the strategy itself is "", its period is its start and due
    updates: list
    observations: list
    closings: list


# Dates


def first_day(text):
    parts = [int(part) for part in text.split("-")]
    return datetime.date(*(parts + [1, 1])[:3])


def last_day(text):
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return datetime.date(parts[0], 12, 31)
    if len(parts) == 2:
        return datetime.date(*parts, calendar.monthrange(*parts)[1])
    return datetime.date(*parts)


def later(day, months, days):
    """So much later; a day that the month does not have is its last."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return (datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
            + datetime.timedelta(days=days))


def so_long_after(start, due):
    """As precise as the start, if nothing finer is added to it: a year after "2021" is "2022"."""
    months, days = 12 * (due.get("years") or 0) + (due.get("months") or 0), due.get("days") or 0
    finest = 10 if days else 7 if months % 12 else 4
    return later(first_day(start), months, days).isoformat()[:10 if finest > len(start)
                                                             else len(start)]


def in_order(records):
    return sorted(records, key=lambda record: (last_day(record.date), record.id))


def rule(method):
    """What a method of one code finds is worked out once."""
    name = method.__name__

    @functools.wraps(method)
    def look(self, code):
        key = name, code
        if key not in self.found:
            self.found[key] = method(self, code)
        return self.found[key]

    return look


class Moment:
    def __init__(self, strategy, day):
        self.strategy = strategy
        self.day = day
        self.found = {}
        self.children = {code: [] for code in strategy.nodes}
        self.servers = {code: [] for code in strategy.nodes}
        for node in strategy.nodes.values():
            if node.code != "":
                self.children[node.parent or ""].append(node.code)
            for served in node.serves:
                self.servers[served].append(node.code)
        self.updates_of = self.effective(strategy.updates)
        self.observations_of = self.effective(strategy.observations)
        self.closings_of = self.effective(strategy.closings)

    def effective(self, records):
        """By node, in order: what counts on the day and was neither corrected nor left unaccepted."""
        records = [record for record in records if record.accepted]
        corrected = {record.supersedes for record in records}
        found = {code: [] for code in self.strategy.nodes}
        for record in in_order(records):
            if record.id not in corrected and last_day(record.date) <= self.day:
                found[record.node].append(record)
        return found

    def kind(self, code):
        return self.strategy.nodes[code].kind

    # Effective values

    def last_of(self, code, field):
        values = [getattr(update, field) for update in self.updates_of[code]]
        return next((value for value in reversed(values) if value is not None), None)

    def percent(self, code):
        return self.last_of(code, "percent")

    def points(self, code):
        """An indicator's observations without breakdown."""
        return [seen for seen in self.observations_of[code] if not seen.breakdown]

    def closing(self, code):
        """The closing in force."""
        events = self.closings_of[code]
        return events[-1] if events and events[-1].how != "reopened" else None

    def closed(self, code):
        """How it is closed, or None."""
        closing = self.closing(code)
        return closing and closing.how

    # Parts

    @rule
    def parts(self, code):
        """{code: weight}, of a child its own weight if it has one, else a contribution's, else 1."""
        if self.kind(code) == "indicator":
            return {}
        nodes = self.strategy.nodes
        found = {server: nodes[server].serves[code] or 1 for server in self.servers[code]}
        found |= {child: nodes[child].weight or found.get(child, 1)
                  for child in self.children[code]}
        return {part: weight for part, weight in found.items() if self.counts(part)}

    def counts(self, code):
        """Whether it is anybody's part."""
        node = self.strategy.nodes[code]
        measured = node.baseline is not None and node.target is not None
        return self.closed(code) != "dropped" and (node.kind != "indicator" or measured)

    def parts_of_kind(self, code, kinds):
        return {part: weight for part, weight in self.parts(code).items()
                if self.kind(part) in kinds}

    def mean(self, parts, value):
        """Σ w·value / Σ w, an unknown value as 0; None if none is known."""
        values = {part: value(part) for part in parts}
        if all(found is None for found in values.values()):
            return None
        return (sum(weight * (values[part] or 0) for part, weight in parts.items())
                / sum(parts.values()))

    # Progress

    def measured(self, code, value):
        """An indicator's progress at a value."""
        node = self.strategy.nodes[code]
        if value is None or node.baseline is None or node.target is None:
            return None
        if node.baseline == node.target:
            down = node.direction == "down"
            reached = value <= node.target + CLOSE if down else value >= node.target - CLOSE
            return 100.0 if reached else 0.0
        return min(100, max(0, 100 * (value - node.baseline) / (node.target - node.baseline)))

    @rule
    def progress_and_source(self, code):
        if self.kind(code) == "indicator":
            points = self.points(code)
            progress = self.measured(code, points[-1].value if points else None)
            return progress, None
        if self.closed(code) == "achieved":
            return 100, "closing"
        if self.kind(code) in WORK:
            sources = [("parts", WORK)]
        else:
            sources = [("indicators", ("indicator",)), ("parts", OUTCOMES)]
        for source, kinds in sources:
            mean = self.mean(self.parts_of_kind(code, kinds), self.progress)
            if mean is not None:
                return mean, source
        percent = self.percent(code)
        return percent, None if percent is None else "reported"

    def progress(self, code):
        return self.progress_and_source(code)[0]

    def source(self, code):
        return self.progress_and_source(code)[1]

    def reported_percent(self, code):
        return None if self.source(code) == "reported" else self.percent(code)

    def source_parts(self, code):
        """The parts that made its progress, those among them that are unknown too."""
        kinds = {"indicators": ("indicator",),
                 "parts": WORK if self.kind(code) in WORK else OUTCOMES}
        return self.parts_of_kind(code, kinds.get(self.source(code), ()))

    @rule
    def coverage(self, code):
        kind = self.kind(code)
        if kind in WORK:
            return None
        if kind == "indicator" or self.progress(code) is None:
            return float(self.progress(code) is not None)
        if self.source(code) in ("closing", "reported"):
            return 1
        return self.mean(self.source_parts(code), self.coverage)

    # Work

    @rule
    def units(self, code):
        """The work nodes without work parts at it and anywhere below."""
        own = self.kind(code) in WORK and not self.parts_of_kind(code, WORK)
        return frozenset([code] if own else []).union(
            *(self.units(part) for part in self.parts(code)))

    @rule
    def work_progress(self, code):
        def of(part):
            return self.progress(part) if self.kind(part) in WORK else self.work_progress(part)

        parts = {part: weight for part, weight in self.parts(code).items()
                 if self.kind(part) in WORK
                 or self.kind(part) in OUTCOMES and self.has_work(part)}
        return self.mean(parts, of)

    @rule
    def has_work(self, code):
        return any(self.kind(part) in WORK or self.has_work(part) for part in self.parts(code))

    @rule
    def work(self, code):
        """Of work, the counts alone, with itself."""
        units = self.units(code)
        return {
            "progress": self.work_progress(code) if self.kind(code) in OUTCOMES else None,
            "total": len(units),
            "delivered": sum(self.closed(unit) == "achieved" for unit in units),
            "overdue": sum(self.schedule(unit) == "overdue" for unit in units),
            "reported": sum(self.progress(unit) is not None for unit in units),
        }

    # Done and schedule

    @rule
    def done(self, code):
        closed = self.closed(code)
        if closed in ("missed", "dropped"):
            return False
        if closed == "achieved":
            return True
        if self.kind(code) not in OUTCOMES:
            progress = self.progress(code)
            return progress is not None and progress >= 100 - CLOSE
        parts = (self.parts_of_kind(code, ("indicator",)) or self.parts_of_kind(code, OUTCOMES))
        return bool(parts) and all(self.done(part) for part in parts)

    def start(self, code):
        """Its own, else its nearest ancestor's, else the period's."""
        node = self.strategy.nodes[code]
        if node.start or code == "":
            return node.start
        return self.start(node.parent or "")

    def due_day(self, code):
        due, start = self.strategy.nodes[code].due, self.start(code)
        if isinstance(due, dict):
            due = so_long_after(start, due) if start else None
        return last_day(due) if due else None

    @rule
    def schedule(self, code):
        due, start = self.due_day(code), self.start(code)
        if self.closed(code) in ("missed", "dropped"):
            return "closed"
        if self.done(code):
            return "done"
        if due is None:
            return "unscheduled"
        if self.day > due:
            return "overdue"
        return "upcoming" if start and self.day < first_day(start) else "running"

    # State

    def reported_state(self, code):
        return self.last_of(code, "state") or "unknown"

    @rule
    def paced_state(self, code):
        schedule = self.schedule(code)
        if schedule in ("overdue", "upcoming"):
            return {"overdue": "off_track", "upcoming": "on_track"}[schedule]
        so_far = self.progress(code)
        if so_far is None and self.kind(code) in OUTCOMES:
            so_far = self.work_progress(code)
        if schedule != "running" or not self.start(code) or so_far is None:
            return "unknown"
        start, due = first_day(self.start(code)), self.due_day(code)
        expected = 100 if due == start else 100 * (self.day - start).days / (due - start).days
        expected = min(100, max(0, expected))
        if so_far >= 0.90 * expected - CLOSE:
            return "on_track"
        return "at_risk" if so_far >= 0.75 * expected - CLOSE else "off_track"

    @rule
    def parts_state(self, code):
        parts = self.parts(code)
        if not parts:
            return "unknown"
        total = sum(parts.values())

        def share(*states):
            return sum(weight for part, weight in parts.items()
                       if self.state(part) in states) / total

        if share("off_track") >= 0.25 - CLOSE:
            return "off_track"
        if share("off_track", "at_risk") >= 0.25 - CLOSE:
            return "at_risk"
        if share("unknown") > 0.5 + CLOSE or all(self.done(part) for part in parts):
            return "unknown"
        return "on_track"

    @rule
    def state(self, code):
        closed = self.closed(code)
        if closed in ("missed", "dropped"):
            return {"missed": "off_track", "dropped": "unknown"}[closed]
        if self.done(code):
            return "done"
        axes = (self.reported_state(code), self.paced_state(code), self.parts_state(code))
        return max(axes, key=SEVERITY.index)

    # Evidence, staleness, forecast

    def evidence(self, code):
        percent = self.percent(code)
        achieved = self.closed(code) == "achieved"
        if not achieved and (percent is None or percent < 100 - CLOSE):
            return "not_needed"
        claims = [*self.updates_of[code], *([self.closing(code)] if achieved else [])]
        return "evidenced" if any(claim.evidence for claim in claims) else "unevidenced"

    @rule
    def below(self, code):
        """Everything below it over children and contributions, dropped ones too."""
        direct = {*self.children[code], *self.servers[code]}
        return direct.union(*(self.below(lower) for lower in direct))

    @rule
    def last_activity(self, code):
        days = [last_day(record.date)
                for node in {code} | self.below(code)
                for records in (self.updates_of, self.observations_of, self.closings_of)
                for record in records[node]]
        return max(days, default=None)

    def stale(self, code):
        cadence = self.strategy.nodes[code].cadence or self.strategy.cadence
        since = self.last_activity(code)
        if since is None and self.start(code):
            since = first_day(self.start(code))
        waits = self.schedule(code) in ("running", "overdue", "unscheduled")
        return bool(waits and cadence and since and (self.day - since).days > cadence)

    def over(self, code):
        return self.done(code) or self.closing(code) is not None

    @rule
    def forecast_and_missing(self, code):
        if self.over(code):
            return None, 0
        if self.source(code) not in ("indicators", "parts"):
            return self.line_at_100(code), 0
        open_parts = [part for part in self.source_parts(code) if not self.over(part)]
        forecasts = [self.forecast_and_missing(part)[0] for part in open_parts]
        missing = forecasts.count(None)
        return (max(forecasts) if forecasts and not missing else None), missing

    def line_at_100(self, code):
        """The first day at which the line through the last five points is at 100."""
        if self.kind(code) == "indicator":
            points = [(seen.date, self.measured(code, seen.value)) for seen in self.points(code)]
        else:
            points = [(update.date, update.percent) for update in self.updates_of[code]]
        points = [(last_day(date).toordinal(), y) for date, y in points if y is not None][-5:]
        if len({x for x, _ in points}) < 2:
            return None
        middle_x = sum(x for x, _ in points) / len(points)
        middle_y = sum(y for _, y in points) / len(points)
        slope = (sum((x - middle_x) * (y - middle_y) for x, y in points)
                 / sum((x - middle_x) ** 2 for x, _ in points))
        if slope <= CLOSE:
            return None
        days = middle_x + (100 - middle_y) / slope - self.day.toordinal()
        if days > 100 * 366:
            return None
        found = self.day + datetime.timedelta(days=max(0, math.ceil(days - CLOSE)))
        return found if found <= later(self.day, 1200, 0) else None

    # Reasons

    def reasons(self, code):
        """{kind: what it is told with} of those that the rules leave no doubt of."""
        if self.over(code):
            return {}
        found = {}
        if self.schedule(code) == "overdue":
            found["overdue"] = {"days": (self.day - self.due_day(code)).days}
        late = [part for part in self.parts(code) if self.schedule(part) == "overdue"]
        if late:
            found["parts_overdue"] = {"count": len(late)}
        bad = ("at_risk", "off_track")
        if self.schedule(code) == "running" and self.paced_state(code) in bad:
            found["behind_schedule"] = {}
        if self.reported_state(code) in bad:
            said = [update for update in self.updates_of[code] if update.state][-1]
            found["reported"] = {"days": (self.day - last_day(said.date)).days}
        if self.kind(code) in OUTCOMES and not self.parts(code):
            found["no_parts"] = {}
        if self.stale(code):
            found["stale"] = {}
        if self.evidence(code) == "unevidenced":
            found["unevidenced"] = {}
        return found

    # Counts

    def targets(self, code):
        """The targets at or below it in the tree, and how many of them have an update."""
        below = [code, *self.under(code)]
        targets = [lower for lower in below if self.kind(lower) == "target"]
        return len(targets), sum(bool(self.updates_of[target]) for target in targets)

    def under(self, code):
        for child in self.children[code]:
            yield child
            yield from self.under(child)

    # All of it

    def status(self, code):
        """What GetStatus says, as far as the rules speak of it."""
        work = self.work(code)
        forecast, missing = self.forecast_and_missing(code)
        last = self.last_activity(code)
        return {
            "kind": self.kind(code), "reasons": self.reasons(code),
            "progress": self.progress(code), "progressSource": self.source(code),
            "reportedPercent": self.reported_percent(code), "coverage": self.coverage(code),
            "work": work,
            "done": self.done(code), "schedule": self.schedule(code), "state": self.state(code),
            "reportedState": self.reported_state(code), "pacedState": self.paced_state(code),
            "partsState": self.parts_state(code),
            "confidence": self.last_of(code, "confidence"),
            "closing": self.closed(code), "parts": len(self.parts(code)),
            "updateCount": len(self.updates_of[code]),
            "evidence": self.evidence(code), "stale": self.stale(code),
            "lastActivity": last and last.isoformat(),
            "forecast": forecast and forecast.isoformat(), "forecastMissing": missing,
        }

    def line(self, code):
        """What ListTree says, as far as the rules speak of it."""
        status = self.status(code)
        due = self.due_day(code)
        targets, reporting = self.targets(code)
        return {name: status[name] for name in
                ("kind", "progress", "coverage", "work", "done", "schedule", "state", "closing",
                 "evidence", "stale", "forecast")} | {
            "targets": targets, "targetsReporting": reporting,
            "daysLeft": due and (due - self.day).days,
        }
