"""Two goalds on one database, with clients of both, and notifications that come or don't."""

import contextlib

from audit import audit, heads
from callers import Load
from database import repeating
from harness import wait_until
from settings import SHORT_LIMITS, times

LISTENING = "query ILIKE '%LISTEN \"goald\"%' OR query ILIKE 'LISTEN%'"


def test_two_goalds_without_notifications_end_with_equal_trees(server, on, line):
    lines = [line(), line()]
    goalds = [on(server, host=each.folder) for each in lines]
    before, rounds = heads(server), times(2, 15)
    with Load(*goalds) as load:
        for _ in range(rounds):
            load.wait(80)
            for each in lines:
                each.deaf = True
            load.wait(150)
            for each in lines:
                each.deaf = False
    audit("two goalds, notifications swallowed", server, load, before, [*goalds, on(server)],
          {"rounds": rounds})


def test_two_goalds_whose_listeners_are_ended_end_with_equal_trees(server, on):
    goalds = [on(server), on(server)]
    before, ended = heads(server), []
    with contextlib.ExitStack() as stack:
        load = stack.enter_context(Load(*goalds))
        stack.enter_context(
            repeating(lambda: ended.append(server.terminate(f"({LISTENING})")), 0.05))
        load.wait(times(200, 10000))
    assert sum(ended) > 0
    audit("two goalds, listeners ended", server, load, before, [*goalds, on(server)],
          {"terminated": sum(ended)})


def test_one_of_two_goalds_killed_leaves_the_other_right(server, on):
    stays, goes = on(server), on(server)
    before, kills = heads(server), times(2, 30)
    with Load(stays, goes) as load:
        for _ in range(kills):
            load.wait(50)
            goes.kill()
            load.wait(50)
            goes.start()
        load.wait(80)
    audit("one of two goalds killed", server, load, before, [stays, goes, on(server)],
          {"kills": kills})


def test_lock_of_a_connection_that_died_silently_ends(server, on, line):
    """A goald that lost too often locks the strategy's head; its connection dies with that."""
    path = line()
    goalds = [on(server, **SHORT_LIMITS), on(server, host=path.folder, **SHORT_LIMITS)]
    before, deaths = heads(server), times(1, 10)
    with Load(*goalds) as load:
        for number in range(1, deaths + 1):
            path.at_lock = True
            wait_until(lambda number=number: path.cuts == number)
            load.wait(100, timeout=30)
    audit("lock of a dead connection", server, load, before, [*goalds, on(server)],
          {"deaths": deaths})
