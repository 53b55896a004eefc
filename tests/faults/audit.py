"""The audit that ends each scenario: what was acknowledged is in the journal once and as it was
told; what was refused is not; the journal's chain, its state tables and every daemon's tree
agree."""

import json

from callers import ANSWERED, LOST, NOT_WRITTEN
from database import verify_chain, verify_state, wait_seq
from harness import wait_until
from varlink import VarlinkError

FIGURES = []  # a line for each scenario, printed when all have ended
REPEATED = 20  # acknowledged requests that are sent once more


def heads(server):
    """Where both journals stand."""
    return {strategy: int(server.psql(
        f"SELECT seq FROM goald.chain WHERE strategy_id = {strategy}")[0][0])
        for strategy in (0, 1)}


def without_times(reply):
    return {key: value for key, value in reply.items() if key != "lastContact"}


def picture(daemon):
    """All that a daemon says of the strategy and of the registry."""
    tree = daemon.stream("ListTree", strategy="ls")
    codes = [reply["node"]["code"] for reply in tree]
    with daemon.connect(timeout=60) as caller:
        status = {code: without_times(caller.call("GetStatus", strategy="ls", code=code or None))
                  for code in codes}
        nodes = {code: caller.call("GetNode", strategy="ls", code=code or None) for code in codes}
        due = caller.stream("ListDue", strategy="ls", days=3650)
        accounts = caller.stream("ListAccounts")
        strategies = caller.stream("ListStrategies")
    return {"tree": tree, "status": status, "nodes": nodes, "due": due, "accounts": accounts,
            "strategies": strategies}


def wait_registry(daemon, server):
    """Until a daemon knows all accounts."""
    count = int(server.psql("SELECT count(*) FROM goald.account WHERE seq_to IS NULL")[0][0])
    wait_until(lambda: len(daemon.stream("ListAccounts")) == count, 60)


def trees_equal(server, daemons):
    """Each daemon gives the same answers as the last one, which has loaded everything afresh."""
    for daemon in daemons:
        wait_seq(daemon, heads(server)[1], 60)
        wait_registry(daemon, server)
    fresh = picture(daemons[-1])
    for daemon in daemons[:-1]:
        followed = picture(daemon)
        for part, expected in fresh.items():
            assert followed[part] == expected, f"{part} differs from a fresh load"


def index(server, before):
    """The journals' rows since the scenario began, by request id; none has two."""
    rows = {}
    doubled = 0
    for strategy, seq in before.items():
        for row in verify_chain(server, strategy):
            if int(row["seq"]) <= seq:
                continue
            assert row["request"], f"entry {row['seq']} is nobody's"
            doubled += row["request"] in rows
            rows[row["request"]] = (strategy, row)
        verify_state(server, strategy)
    return rows, doubled


def is_as_told(request, row):
    """An acknowledged request's row has the seq, the id and the content that were told."""
    strategy, entry = row
    payload = json.loads(entry["payload"])
    same = (strategy == request.strategy and int(entry["seq"]) == request.reply["seq"]
            and int(entry["id"]) == request.entity)
    if request.method == "SubmitUpdate":
        same = same and payload["note"] == request.parameters["note"]
    return same


def call_until_available(caller, request):
    """goald may still be finding its way back to the database."""
    replies = []

    def is_answered():
        try:
            replies.append(caller.call(request.method, **request.parameters))
        except VarlinkError as error:
            assert error.name.rsplit(".", 1)[-1] in NOT_WRITTEN, error
        return replies

    wait_until(is_answered)
    return replies[0]


def repeat_some(daemons, requests, server):
    """A repeated request gets its first outcome, from every daemon, and changes nothing."""
    before = heads(server)
    step = max(1, len(requests) // REPEATED)
    for daemon in daemons:
        with daemon.connect(timeout=60) as caller:
            for request in requests[::step]:
                again = call_until_available(caller, request)
                names = ("seq", "updateId", "account", "code")
                first = [request.reply.get(name) for name in names]
                assert [again.get(name) for name in names] == first, request
    assert heads(server) == before


def audit(title, server, load, before, daemons, faults, may_lose=()):
    """Compares everything and notes the figures. `daemons` ends with one that was started after
    the load; `before`: heads() before it; may_lose: requests whose loss is expected."""
    assert not load.failures, load.failures[:3]
    rows, doubled = index(server, before)
    acknowledged = [request for request in load.requests if request.reply is not None]
    allowed = {id(request) for request in may_lose}
    kept = [request for request in acknowledged if request.id in rows]
    lost = len(acknowledged) - len(kept)
    lost_expected = sum(id(request) in allowed for request in acknowledged
                        if request.id not in rows)
    refused = [request for request in load.requests if not request.may_be_written]
    told = {name: load.count((name,)) for name in (*NOT_WRITTEN, "OutcomeUnknown")}
    told["connections broken"] = load.count((LOST,))
    note(title, {**faults, "acknowledged": len(acknowledged), "answers": load.count((ANSWERED,)),
                 **told, "lost": lost - lost_expected, "doubled": doubled,
                 **({"lost by failover, as expected": lost_expected} if may_lose else {})})
    assert (lost - lost_expected, doubled) == (0, 0)
    assert [request for request in kept if not is_as_told(request, rows[request.id])] == []
    assert [request for request in refused if request.id in rows] == []
    assert rows.keys() <= {request.id for request in load.requests}
    trees_equal(server, daemons)
    repeat_some(daemons, kept, server)


def note(title, figures):
    FIGURES.append(f"{title}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
