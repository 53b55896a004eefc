"""Rows of the table: what a row is, how pairs are run in turn, what comes out of them."""

import dataclasses
import re
import statistics

ROWS = []
WARM_UP = 0.5  # seconds


@dataclasses.dataclass
class Sample:
    """One run of one side: a figure in the row's unit, and the servers' CPU time of a call."""

    value: float
    cpu_us: float | None = None


@dataclasses.dataclass
class Result:
    """The pairs of a row, and what else should be said of it."""

    pairs: list[tuple[Sample, Sample | None]]
    notes: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Row:
    name: str
    what: str
    against: str
    unit: str  # rate, us, s, bytes
    reach: str  # "≥ 1.0": of the ratio; "≤ 400 bytes": of the figure itself; "": only told
    run: object

    @property
    def is_absolute(self):
        return "bytes" in self.reach

    def is_met(self, figure):
        sign, number = re.match(r"(≥|≤) ([\d.]+)", self.reach).groups()
        return figure >= float(number) if sign == "≥" else figure <= float(number)


def row(name, what, against, unit, reach):
    def register(run):
        ROWS.append(Row(name, what, against, unit, reach, run))
        return run

    return register


def run_pairs(context, ours, against, runs=None):
    """Both in turn; short first runs are not counted: they fill caches and warm up the servers."""
    context.seconds = min(WARM_UP, context.options.seconds)
    try:
        ours()
        against()
    finally:
        context.seconds = context.options.seconds
    return [(ours(), against()) for _ in range(runs or context.options.runs)]


def rate(report):
    return Sample(report["rate"], report["cpu_us"])


def latency(report):
    return Sample(report["p50_us"], report["cpu_us"])


def per_call(report):
    return Sample(1e6 / report["rate"], report["cpu_us"])


def median_of(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def summarise(row_, result):
    """The row as the table and the JSON show it."""
    ours = [pair[0] for pair in result.pairs]
    against = [pair[1] for pair in result.pairs if pair[1]]
    ratio = median_of([a.value / b.value for a, b in result.pairs if b and b.value])
    figure = median_of([sample.value for sample in ours]) if row_.is_absolute else ratio
    return {
        "row": row_.name, "what": row_.what, "against": row_.against, "unit": row_.unit,
        "reach": row_.reach, "ratio": ratio,
        "met": row_.is_met(figure) if row_.reach and figure is not None else None,
        "ours": median_of([sample.value for sample in ours]),
        "ours_cpu_us": median_of([sample.cpu_us for sample in ours]),
        "theirs": median_of([sample.value for sample in against]),
        "theirs_cpu_us": median_of([sample.cpu_us for sample in against]),
        "pairs": [[a.value, b.value if b else None] for a, b in result.pairs],
        "notes": result.notes,
    }
