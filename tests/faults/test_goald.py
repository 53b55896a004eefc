"""goald itself ends, killed or told to, while many clients make changes."""

import random
import signal

from audit import audit, heads
from callers import LOST, Load
from database import paused
from settings import SEED, SHORT_LIMITS, times


def test_goald_killed_at_any_moment_loses_and_doubles_nothing(server, on):
    goald = on(server)
    before, kills = heads(server), times(5, 100)
    rng = random.Random(SEED)
    with Load(goald) as load:
        for _ in range(kills):
            load.wait(rng.randint(1, 120))
            load.ending.wait(rng.uniform(0, 0.02))
            goald.kill()
            goald.start()
        load.wait(1)
    audit("goald killed", server, load, before, [goald, on(server)], {"kills": kills})


def written(server):
    return {row[0] for row in server.psql(
        "SELECT request_id FROM goald.journal WHERE request_id IS NOT NULL")}


def stop(goald):
    """As systemd does it, and sees it."""
    goald.send_signal(signal.SIGTERM)
    assert goald.wait_notify("STOPPING", "1")
    assert goald.wait_notify("STATUS")["STATUS"] == "letting running calls end"
    assert goald.wait() == 0, goald.log()


def test_goald_told_to_stop_answers_all_that_it_began(server, on):
    goald = on(server)
    before, stops = heads(server), times(3, 40)
    rng = random.Random(SEED)
    earlier, untold = written(server), {}
    with Load(goald) as load:
        for _ in range(stops):
            load.wait(rng.randint(1, 120))
            stop(goald)
            now = written(server)
            untold.update({number: load.era for number in now - earlier})
            earlier = now
            load.era += 1
            goald.start()
        load.wait(1)
    for request in load.requests:
        if request.reply is not None and untold.get(request.id) == request.era:
            del untold[request.id]
    audit("goald told to stop", server, load, before, [goald, on(server)],
          {"stops": stops, "written without an answer": len(untold)})
    assert untold == {}, "they were written when goald stopped, and their callers were not told"


def test_goald_told_to_stop_while_postgresql_stands_still_ends(server, on):
    goald = on(server, drain_timeout="1s", **SHORT_LIMITS)
    before, stops = heads(server), times(1, 10)
    with Load(goald) as load:
        for _ in range(stops):
            load.wait(20)
            with paused(server.process.pid):
                load.ending.wait(0.1)
                stop(goald)
            goald.start()
        load.wait(1)
    assert load.count((LOST, "OutcomeUnknown", "Unavailable")) > 0
    audit("told to stop while PostgreSQL stands still", server, load, before,
          [goald, on(server)], {"stops": stops})
