"""A large import is broken off at any moment: it is there whole or not at all, and the same one
sent again is done once."""

import random
import signal

from audit import audit, heads
from callers import Load
from database import new_id, verify_chain, verify_state
from harness import wait_until
from settings import SEED, times

NODES, UPDATES, SLICE = 50, times(2000, 20000), 2000


def make_document(key):
    nodes = [{"code": f"{n}", "kind": "target", "titles": {"en": f"Target {n}"}}
             for n in range(1, NODES + 1)]
    updates = [{"id": f"u{n}", "node": f"{1 + n % NODES}",
                "date": f"20{10 + n % 10}-05-{1 + n % 28:02}",
                "percent": n % 101, "note": f"update {n}"} for n in range(UPDATES)]
    strategy = {"key": key, "titles": {"en": key}, "timeZone": "Europe/Stockholm",
                "language": "en", "visibility": "public"}
    return {"strategy": [strategy], "nodes": nodes, "updates": updates}


def stage(caller, key, request):
    """Hands the document in; the import's name."""
    name = caller.call("ImportBegin", strategy=key, requestId=request)["import"]
    for part, records in make_document(key).items():
        for first in range(0, len(records), SLICE):
            caller.call("ImportChunk", **{"import": name}, part=part, first=first,
                        records=records[first:first + SLICE])
    return name


def import_once(goald, key, request, strike=lambda: None):
    """The reply, or None: broken off."""
    try:
        with goald.connect(timeout=120) as caller:
            name = stage(caller, key, request)
            caller.send_call("ImportCommit", {"import": name})
            strike()
            return caller.recv_reply()
    except (ConnectionError, OSError):
        return None
    except goald.Error as error:
        assert error.name.rsplit(".", 1)[-1] in ("Unavailable", "OutcomeUnknown"), error
        return None


def strategy_of(server, key):
    rows = server.psql(f"SELECT strategy_id FROM goald.chain WHERE key = '{key}'")
    return int(rows[0][0]) if rows else None


def test_import_broken_off_is_whole_or_absent(server, on):
    goald = on(server)
    before, rounds = heads(server), times(3, 24)
    rng = random.Random(SEED)
    whole = None

    def kill():
        goald.kill()
        goald.start()

    def end_postgresql():
        server.stop(signal.SIGQUIT)
        server.start()

    strikes = [kill, server.terminate, end_postgresql]
    left_whole = 0
    with Load(goald, callers=4) as load:
        for number in range(rounds):
            key, request = f"broken-{number}", new_id()

            def strike(number=number):
                load.ending.wait(rng.uniform(0, 1.0))
                strikes[number % len(strikes)]()

            reply = import_once(goald, key, request, strike)
            strategy = strategy_of(server, key)
            assert reply is None or strategy is not None
            left_whole += strategy is not None
            wait_until(lambda: (import_once(goald, key, request) or {}).get("requestId")
                       == request, 120)
            strategy = strategy_of(server, key)
            count = len(verify_chain(server, strategy))
            whole = whole or count
            assert count == whole >= NODES + UPDATES
            verify_state(server, strategy)
        load.wait(1)
    audit("imports broken off", server, load, before, [goald, on(server)],
          {"imports": rounds, "whole when looked at": left_whole})
