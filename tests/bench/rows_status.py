"""Status against Redis: asked again and again, while updates are committed, and never before; and
the command as a whole process."""

import json
import subprocess

import trees
from context import beside
from harness import clean_environment
from rows import Result, Sample, rate, row, run_pairs

CONNECTIONS = 50
ASKED = 1000
UPDATE_RATE = 1000


class Status:
    """The strategy s, 1,000 calls about it, and Redis with values of its replies' sizes."""

    def __init__(self, context):
        count = context.options.nodes
        codes = trees.some(count, ASKED)
        self.context = context
        self.goald = context.strategy("hot", "s", trees.tree_nodes(count),
                                      trees.leaf_updates(count))
        calls = trees.status_calls("s", codes)
        self.calls = context.calls("status", calls)
        self.updates = context.calls(
            "s-updates", trees.update_calls(["s"], range(1, count + 1), 20000))
        with self.goald.connect() as connection:
            self.sizes = [reply_size(connection, call) for call in calls]
        context.redis.fill(self.sizes)
        self.gets = context.calls("gets", [f"GET k{i}" for i in range(len(codes))])

    def ours(self, depth, **options):
        return rate(self.context.measured(self.goald, self.calls, connections=CONNECTIONS,
                                          depth=depth, **options))

    def redis(self, depth):
        return rate(self.context.measured(self.context.redis, self.gets, connections=CONNECTIONS,
                                          depth=depth, redis=True))

    def sizes_note(self):
        return f"replies of {min(self.sizes)} to {max(self.sizes)} bytes"


def reply_size(connection, call):
    connection.send(call.encode() + b"\0")
    return len(connection.recv_frame())


def repeated(context, depth):
    status = Status(context)
    pairs = run_pairs(context, lambda: status.ours(depth), lambda: status.redis(depth))
    return Result(pairs, [status.sizes_note()])


def unique(context, depth):
    status = Status(context)
    pairs = run_pairs(context, lambda: status.ours(depth, unique=True),
                      lambda: status.redis(depth))
    return Result(pairs)


def busy(context, depth):
    status = Status(context)
    rates = []

    def beside_updates():
        with beside(context, status.goald, status.updates, connections=64,
                    rate=UPDATE_RATE) as reports:
            sample = status.ours(depth)
        rates.append(reports[0]["rate"])
        return sample

    pairs = run_pairs(context, beside_updates, lambda: status.ours(depth))
    reached = ", ".join(f"{value:.0f}" for value in rates[1:])
    return Result(pairs, [f"updates a second reached: {reached} (of {UPDATE_RATE});"
                          " CPU is all of goald's and PostgreSQL's, by status"])


@row("status-d1", "status again, 50 connections, depth 1", "Redis GET", "rate", "≥ 1.0")
def status_1(context):
    return repeated(context, 1)


@row("status-d16", "status again, 50 connections, depth 16", "Redis GET", "rate", "≥ 1.0")
def status_16(context):
    return repeated(context, 16)


@row("status-busy-d1", "the same, 1,000 updates/s, depth 1", "without them", "rate", "≥ 0.4")
def status_busy_1(context):
    return busy(context, 1)


@row("status-busy-d16", "the same, 1,000 updates/s, depth 16", "without them", "rate", "≥ 0.4")
def status_busy_16(context):
    return busy(context, 16)


@row("status-new-d1", "status never asked before, depth 1", "Redis GET", "rate", "≥ 0.3")
def status_new_1(context):
    return unique(context, 1)


@row("status-new-d16", "status never asked before, depth 16", "Redis GET", "rate", "≥ 0.2")
def status_new_16(context):
    return unique(context, 16)


@row("process", "goal status, the whole process", "redis-cli get", "us", "≤ 1.5")
def process(context):
    status = Status(context)
    words = [context.spawn, str(context.options.rounds), context.build.goal, "status", "s:111",
             "--", "redis-cli", "-s", context.redis.socket_path, "get", "k0"]
    pairs = []
    for _ in range(context.options.runs):
        done = subprocess.run(words, capture_output=True, text=True, timeout=300,
                              env=clean_environment(GOAL_ADDRESS=status.goald.address))
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        pairs.append(tuple(Sample(side["took_us"], side["cpu_us"])
                           for side in json.loads(done.stdout)))
    return Result(pairs, ["CPU is the client's own"])
