"""A request is done once, however often, wherever and whenever it is sent, while others are
busy."""

import concurrent.futures
import random

from audit import audit, heads, index, note
from callers import Load
from database import error_of, journal_count, new_id, verify_chain
from settings import SEED, times

PLACE = {"strategy": "ls", "code": "2.2"}


def count_of(server, request):
    return int(server.psql("SELECT count(*) FROM goald.journal"
                           f" WHERE request_id = '{request['requestId']}'")[0][0])


def send_at_once(goalds, request):
    """One call on several connections before any is answered; the outcomes."""
    callers = [goald.connect(timeout=60) for goald in goalds]
    for caller in callers:
        caller.send_call("SubmitUpdate", request)
    replies = [caller.recv_reply() for caller in callers]
    for caller in callers:
        caller.close()
    return {(reply["seq"], reply["updateId"], reply["requestId"]) for reply in replies}


def test_request_sent_at_once_on_many_connections_is_done_once(server, on):
    one, other = on(server), on(server)
    before, rounds = heads(server), times(15, 500)
    with Load(one, other, callers=4) as load:
        for number in range(rounds):
            request = {**PLACE, "note": f"at once {number}", "requestId": new_id()}
            goalds = [(one, one), (one, other), (other, one, other)][number % 3]
            outcomes = send_at_once(goalds, request)
            assert len(outcomes) == 1, outcomes
            assert count_of(server, request) == 1
            name, details = error_of(goalds[-1], "SubmitUpdate", **{**request, "note": "other"})
            assert name == "RequestIdReused"
            assert details["seq"] == next(iter(outcomes))[0]
    assert not load.failures
    verify_chain(server)
    rows, doubled = index(server, before)
    acknowledged = [request for request in load.requests if request.reply is not None]
    lost = sum(request.id not in rows for request in acknowledged)
    note("sent at once on several connections", {
        "rounds": rounds, "acknowledged": len(acknowledged), "lost": lost, "doubled": doubled})
    assert (lost, doubled) == (0, 0)


def test_connection_broken_during_the_commit_gives_each_its_one_outcome(server, on, line):
    path = line()
    goald = on(server, host=path.folder)
    before, cuts = heads(server), times(12, 300)
    rng = random.Random(SEED)
    with Load(goald) as load:
        for _ in range(cuts):
            path.arm(rng.choice(("before", "after")))
            load.wait(rng.randint(5, 30))
    assert path.cuts >= cuts // 2
    audit("broken during the commit", server, load, before, [goald, on(server)],
          {"cuts": path.cuts})


def end_a_writer(server):
    """Ends a backend between its first write and its commit, as soon as there is one."""
    server.psql("""DO $$ BEGIN FOR n IN 1 .. 1000 LOOP
        IF EXISTS (SELECT pg_terminate_backend(pid) FROM pg_locks
                   WHERE relation = 'goald.chain'::regclass AND mode = 'RowExclusiveLock')
        THEN RETURN; END IF;
        PERFORM pg_sleep(0.001);
        END LOOP; RAISE 'nobody writes'; END $$""")


def test_backends_ended_while_they_write_give_each_its_one_outcome(server, on):
    goald = on(server)
    before, rounds = heads(server), times(12, 300)
    rng = random.Random(SEED)
    with Load(goald) as load:
        for _ in range(rounds):
            load.wait(rng.randint(1, 20))
            end_a_writer(server)
    audit("writing backends ended", server, load, before, [goald, on(server)],
          {"terminated": rounds})


def test_bad_change_among_many_fails_alone(server, on):
    """One that only the database refuses: it takes the whole batch down, which is then tried
    change by change."""
    goald = on(server)
    server.psql("ALTER TABLE goald.progress_update ADD CONSTRAINT no_swearing"
                " CHECK (note NOT LIKE '%damn%')")
    before, rounds = heads(server), times(15, 500)

    def swear(number):
        return error_of(goald, "SubmitUpdate", **PLACE, note=f"damn {number}", requestId=new_id())

    with Load(goald) as load, concurrent.futures.ThreadPoolExecutor(4) as pool:
        errors = list(pool.map(swear, range(rounds)))
    assert {(name, details["field"]) for name, details in errors} == {
        ("InvalidValue", "no_swearing")}
    assert "Unavailable" not in {outcome for request in load.requests
                                 for outcome in request.outcomes}
    audit("bad changes in batches", server, load, before, [goald, on(server)],
          {"bad changes": rounds})


def test_same_requests_after_a_kill_get_their_first_outcomes(server, on):
    goald = on(server)
    requests = [{**PLACE, "note": f"{number}", "requestId": new_id()} for number in range(20)]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        first = list(pool.map(lambda request: goald.call("SubmitUpdate", **request), requests))
    count = journal_count(server)
    goald.kill()
    goald.start()
    again = [goald.call("SubmitUpdate", **request) for request in requests]
    assert [(r["seq"], r["updateId"]) for r in again] == [
        (r["seq"], r["updateId"]) for r in first]
    assert journal_count(server) == count
