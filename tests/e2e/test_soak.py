"""A million calls against the release build: the memory of goald, and of its PostgreSQL, must not
grow with them. And a short life of it under valgrind.

GOALD_PLAIN_BUILD is a build without sanitizers, for these hold freed memory back.
"""

import json
import os
import pathlib
import shutil

import pytest

from database import Postgres, children, make_manager, new_id
from harness import DATA, TOP, Build, Daemon
from varlink import INTERFACE

CALLS = int(os.environ.get("GOALD_SOAK_CALLS", 1_000_000))
BURST = 200  # calls sent at a time
CONNECTIONS = 8
PAGE = os.sysconf("SC_PAGE_SIZE")
GROWTH = 4 << 20  # bytes; a call that lost eight would have lost twice as much
VALGRIND = ("valgrind", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite", "--trace-children=no",
            "--child-silent-after-fork=yes")


@pytest.fixture(scope="module")
def plain_build(scratch):
    source = pathlib.Path(os.environ.get("GOALD_PLAIN_BUILD", TOP / "build" / "plain"))
    folder = scratch / "plain"
    folder.mkdir(mode=0o755)
    for program in ("goald", "goal"):
        shutil.copy(source / program, folder)
    return Build(folder)


@pytest.fixture
def plain_goald(plain_build, scratch, life_science_template):
    """A goald of that build with the life science strategy, `ls`; not started."""
    daemon = Daemon(plain_build, scratch / "soaked", template=life_science_template)
    yield daemon
    daemon.close()


def resident(pid):
    """Bytes of memory that the process has of its own: what it shares with others not counted."""
    fields = pathlib.Path(f"/proc/{pid}/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * PAGE


def backends(goald):
    """The processes of its PostgreSQL: the postmaster and its children."""
    postmaster = goald.postmaster_pid()
    return [postmaster, *children(postmaster)]


def frame(method, parameters, **flags):
    return json.dumps({"method": f"{INTERFACE}.{method}", "parameters": parameters,
                       **flags}).encode() + b"\0"


def bursts():
    """(bytes, how many last replies they get), without end: what people and programs ask, the same
    again and never asked before, lists, refusals."""
    same = [frame("GetStatus", {"strategy": "ls", "code": code})
            for code in ("2.2", "4.4", "1", "", "2.1")]
    lists = [frame("ListDue", {"strategy": "ls", "days": 30}, more=True),
             frame("ListNodes", {"strategy": "ls", "kind": ["deliverable"]}, more=True)]
    number = 0
    while True:
        calls = []
        while len(calls) < BURST:
            number += 1
            calls += same
            calls.append(frame("GetStatus", {"strategy": "ls", "code": "2.2"})[:-1]
                         + b" " * (number % 50) + b"\n" * (number % 7) + b"\0")
            calls.append(frame("GetStatus", {"strategy": "ls", "code": f"no-{number}"}))
            calls.append(frame("GetNode", {"strategy": "ls", "code": "2.2"}))
            calls.append(frame("WhoAmI", {}))
            calls.append(frame("Nothing", {"number": number}))
        calls.append(lists[number % 2])
        if number % 50 == 0:
            calls.append(frame("ListJournal", {"strategy": "ls", "limit": 20}, more=True))
        if number % 100 == 0:
            calls.append(frame("SubmitUpdate", {"strategy": "ls", "code": "2.2", "note": "soak",
                                                "requestId": new_id()}))
        yield b"".join(calls), len(calls)


def run_calls(goald, source, wanted):
    """Makes so many calls, pipelined on connections in turn; how many were made, and the errors."""
    made, errors = 0, 0
    connections = [goald.connect(timeout=60) for _ in range(CONNECTIONS)]
    try:
        while made < wanted:
            for connection in connections:
                data, count = next(source)
                connection.send(data)
                replies = read_replies(connection.socket, count)
                errors += replies.count(b'"error":')
                made += count
    finally:
        for connection in connections:
            connection.close()
    return made, errors


def read_replies(sock, count):
    """All bytes up to the last reply of the last call."""
    parts, seen = [], 0
    while seen < count:
        part = sock.recv(1 << 20)
        assert part, "goald closed the connection"
        parts.append(part)
        # what continues is no last reply; a mark may be cut between two reads
        whole = b"".join(parts[-2:])
        before = b"".join(parts[-2:-1])
        seen += last_replies(whole) - last_replies(before)
    return b"".join(parts)


def last_replies(data):
    return data.count(b"\0") - data.count(b'"continues":true}\0')


def test_memory_does_not_grow_over_a_million_calls(plain_goald):
    plain_goald.start()
    make_manager(plain_goald)
    source = bursts()
    # the cache is full, the pool has its connections, their caches are warm
    run_calls(plain_goald, source, CALLS // 5)
    pids = [plain_goald.process.pid, *backends(plain_goald)]
    before = {pid: resident(pid) for pid in pids}
    made, errors = run_calls(plain_goald, source, CALLS - CALLS // 5)
    after = {pid: resident(pid) for pid in pids if pathlib.Path(f"/proc/{pid}").exists()}
    grown = {pid: after[pid] - before[pid] for pid in after}
    print(f"{made} calls, {errors} errors, grown by {grown}")
    assert made >= CALLS * 4 // 5
    assert made // 10 < errors < made // 3, "a mix of what is answered and what is refused"
    assert {pid: size for pid, size in grown.items() if size > GROWTH} == {}


@pytest.fixture
def watched_goald(plain_build, scratch):
    """A goald under valgrind, which knows no pidfd_open(): its PostgreSQL is not its own."""
    server = Postgres(scratch / "watched-pg").start()
    daemon = Daemon(plain_build, scratch / "watched", server.config(realm="test"))
    try:
        daemon.spawn(wrapper=VALGRIND)
        daemon.wait_ready()
        yield daemon
    finally:
        daemon.close()
        server.stop()


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not there")
def test_life_is_clean_under_valgrind(watched_goald):
    goald = watched_goald
    goald.goal("import", DATA / "se-life-science-2019.json", timeout=120).ok()
    make_manager(goald)
    run_calls(goald, bursts(), 1000)
    for number in range(20):
        goald.call("SubmitUpdate", strategy="ls", code="2.2", percent=number, note="v")
    with pytest.raises(goald.Error):
        goald.call("SubmitUpdate", strategy="ls", code="2.2", percent=101)
    assert goald.goal("import", DATA / "import" / "n_own_parent.json").code != 0
    assert len(goald.stream("ListUpdates", strategy="ls", code="2.2")) >= 20
    with goald.connect() as connection:
        connection.send(b'{"method":"' + b"x" * 3000)
    goald.reload()
    goald.stop()
    assert "ERROR SUMMARY: 0 errors" in goald.log(), goald.log()
