"""Peers that misbehave, come in numbers, or leave early: nobody else notices."""

import contextlib
import fcntl
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import uuid

import pytest

from harness import DAEMON_USER, IS_ROOT, STRANGER, clean_environment, wait_until
from varlink import INTERFACE, Varlink

MESSAGE_LIMIT = 1 << 20
PING = b'{"method":"io.goald.Tracker.Ping"}\0'
# Freed memory is kept for a while by the sanitizer; a test that measures memory wants it back.
LITTLE_QUARANTINE = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}


def padded_ping(size):
    """A ping of exactly that many bytes, without its NUL."""
    head, tail = b'{"method":"io.goald.Tracker.Ping","x.padding":"', b'"}'
    return head + b"a" * (size - len(head) - len(tail)) + tail


def memory_mib(daemon):
    """Resident memory of the process."""
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) // 1024


def send_in_background(connection, data):
    """Sends as much as the daemon takes; it may close the connection before the end."""
    def send():
        with contextlib.suppress(OSError):
            connection.socket.sendall(data)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@contextlib.contextmanager
def held_journal(daemon):
    """Keeps the database from writing, so that changes stay parked. Yields a function that lets it
    go on; leaving does so too."""
    host, port = daemon.postmaster_lines()[4], daemon.postmaster_lines()[3]
    prefix = ["runuser", "-u", DAEMON_USER, "--"] if IS_ROOT else []
    psql = subprocess.Popen(
        [*prefix, "psql", "-XAtq", "-h", host, "-p", port, "-U", "goald_owner", "-d", "goald"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment(), cwd="/")
    try:
        psql.stdin.write("BEGIN; LOCK TABLE goald.journal IN SHARE MODE;\n\\echo held\n")
        psql.stdin.flush()
        assert psql.stdout.readline() == "held\n"

        def release():
            if psql.poll() is None:
                psql.communicate("ROLLBACK;\n\\q\n", timeout=60)

        yield release
        release()
    finally:
        psql.kill()
        psql.wait()
        psql.stdin.close()
        psql.stdout.close()


def wait_parked(daemon):
    """Until a change waits for the lock that held_journal() holds."""
    wait_until(lambda: daemon.psql("SELECT count(*) FROM pg_locks WHERE NOT granted") != [["0"]])


def park_update(daemon, connection, note):
    connection.send_call("SubmitUpdate", {"strategy": "ls", "code": "2.2", "note": note})
    wait_parked(daemon)


def has_update(daemon, note):
    newest = daemon.stream("ListUpdates", strategy="ls", code="2.2", limit=5)
    return note in [line["update"]["note"] for line in newest]


@pytest.fixture
def new_daemon(new_goald):
    """Starts a goald with the life science strategy, whose manager is whoever runs the tests."""
    def make(config=None, **kwargs):
        daemon = new_goald(config=config, empty=False).start(**kwargs)
        daemon.grant(os.geteuid(), "manager", "ls")
        return daemon

    return make


@pytest.fixture(scope="module")
def shared(life_science):
    life_science.grant(os.geteuid(), "manager", "ls")
    return life_science


def connections(daemon):
    """How many the daemon counts, the asking one left out."""
    return daemon.call("GetServerStatus")["connections"] - 1


# --- sizes


def test_message_at_the_limit_works(goald):
    with goald.connect() as connection:
        connection.send(padded_ping(MESSAGE_LIMIT) + b"\0")
        assert connection.recv_frame() == b"{}"


def test_message_over_the_limit_closes_the_connection(goald):
    with goald.connect() as connection, goald.connect() as other:
        sender = send_in_background(connection, PING + padded_ping(MESSAGE_LIMIT + 1) + b"\0")
        assert connection.recv_frame() == b"{}", "what came before is answered"
        assert connection.is_closed()
        sender.join()
        assert other.call("Ping") == {}


def test_message_without_end_closes_the_connection(goald):
    with goald.connect() as connection:
        sender = send_in_background(connection, b"a" * (8 * MESSAGE_LIMIT))
        assert connection.is_closed()
        sender.join()


def test_message_limit_can_be_configured(new_goald):
    goald = new_goald(config={"message_limit": "4k"}).start()
    with goald.connect() as connection:
        connection.send(padded_ping(4096) + b"\0")
        assert connection.recv_frame() == b"{}"
        connection.send(padded_ping(4097) + b"\0")
        assert connection.is_closed()


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_deep_nesting_is_refused(goald, opening):
    with goald.connect() as connection:
        connection.send(b'{"method":"io.goald.Tracker.Ping","parameters":{"x":'
                        + opening * 100000 + b"\0")
        assert connection.is_closed()
    assert goald.call("Ping") == {}


def test_nesting_that_is_read_is_checked_whole(goald):
    value = []
    for _ in range(900):
        value = [value]
    with goald.connect() as connection:
        connection.send_call("ImportChunk", {"import": "none", "part": "nodes", "first": 0,
                                             "records": [{"deep": value}]})
        assert connection.recv()["error"] == f"{INTERFACE}.NoSuchImport"


# --- slow ones


def test_byte_at_a_time_is_answered_and_holds_nobody_up(shared):
    frame = json.dumps({"method": f"{INTERFACE}.GetStatus",
                        "parameters": {"strategy": "ls", "code": "2.2"}}).encode() + b"\0"
    with shared.connect() as slow, shared.connect() as other:
        for i in range(len(frame)):
            slow.send(frame[i:i + 1])
            assert other.call("Ping") == {}
        assert slow.recv_reply()["code"] == "2.2"


def test_client_that_never_reads_is_dropped_and_holds_nobody_up(new_daemon):
    daemon = new_daemon(config={"write_timeout": "2s"}, env=LITTLE_QUARANTINE)
    frame = json.dumps({"method": f"{INTERFACE}.ListTree", "more": True,
                        "parameters": {"strategy": "ls"}}).encode() + b"\0"
    pings = 0
    with daemon.connect() as other:
        other.stream("ListTree", strategy="ls")
        before = memory_mib(daemon)
        with daemon.connect() as stuck:
            # Its answers together would be more than 50 MiB.
            sender = send_in_background(stuck, frame * 3000)
            while "did not read for 2000 ms" not in daemon.log():
                assert other.call("Ping") == {}
                assert memory_mib(daemon) < before + 30
                pings += 1
                assert pings < 10 ** 6
            sender.join()
        assert pings > 0
        assert other.call("Ping") == {}
    wait_until(lambda: connections(daemon) == 0)


def test_call_that_does_not_end_drops_its_peer_and_idle_ones_stay(new_goald):
    goald = new_goald(config={"read_timeout": "1s"}).start()
    with goald.connect() as idle, goald.connect() as slow, goald.connect() as silent:
        assert idle.call("Ping") == {}
        silent.send(PING[:10])
        slow.socket.settimeout(0.05)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(1000): # never silent for long
                slow.send(b" ")
                with contextlib.suppress(TimeoutError):
                    assert slow.socket.recv(1) == b""
                    break
            else:
                pytest.fail("a byte now and then keeps it open")
        assert silent.is_closed()
        assert idle.call("Ping") == {}
    assert goald.log().count("its call did not end in 1000 ms") == 2


@pytest.mark.root
def test_unfinished_calls_of_one_user_are_bounded_together(new_goald):
    goald = new_goald(config={"buffer_limit_per_user": "8M"}).start(env=LITTLE_QUARANTINE)
    half = padded_ping(MESSAGE_LIMIT)[:600000]
    before = memory_mib(goald)
    with contextlib.ExitStack() as stack, goald.connect() as other:
        whole = stack.enter_context(goald.connect(uid=STRANGER))
        for _ in range(60):
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                stack.enter_context(goald.connect(uid=STRANGER)).send(half)
        wait_until(lambda: "bytes wait in its user's connections" in goald.log())
        assert memory_mib(goald) - before < 30
        assert whole.call("Ping") == {}, "what comes whole is answered"
        other.send(padded_ping(MESSAGE_LIMIT) + b"\0")
        assert other.recv_frame() == b"{}", "another user has a share of their own"


def test_stream_goes_on_when_a_slow_reader_reads_again(shared):
    count = 40
    frame = json.dumps({"method": f"{INTERFACE}.ListTree", "more": True,
                        "parameters": {"strategy": "ls"}}).encode() + b"\0"
    with shared.connect() as slow, shared.connect() as other:
        whole = len(other.stream("ListTree", strategy="ls"))
        slow.send(frame * count)
        for _ in range(100):
            assert other.call("Ping") == {}
        replies = [slow.recv() for _ in range(count * whole)]
        assert [i for i, reply in enumerate(replies) if "continues" not in reply] == list(
            range(whole - 1, count * whole, whole))


# --- many


@pytest.fixture
def many_files():
    """Lets the tests themselves have ten thousand connections open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 10500:
        pytest.skip("the hard limit of open files is too low")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 10500), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_ten_thousand_connections_are_each_answered(new_daemon, many_files):
    daemon = new_daemon(config={"max_connections": "11000", "max_connections_per_user": "11000"})
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(daemon.connect()) for _ in range(10000)]
        for peer in peers:
            peer.send(PING)
        assert {peer.recv_frame() for peer in peers} == {b"{}"}
        with daemon.connect() as other:
            update = other.call("SubmitUpdate", strategy="ls", code="2.2", percent=40)
            status = other.call("GetStatus", strategy="ls", code="2.2")
            assert status["lastUpdate"]["id"] == update["updateId"]
        assert connections(daemon) == 10000
    wait_until(lambda: connections(daemon) == 0)


# Calls that get no reply, so that nobody has to read them; each is new to the cache.
FLOOD = r"""
import socket, sys
peers = [socket.socket(socket.AF_UNIX) for _ in range(100)]
call = '{{"method":"io.goald.Tracker.GetStatus","oneway":true,{}"parameters":{{"strategy":"ls"}}}}\0'
for i, peer in enumerate(peers):
    peer.connect(sys.argv[1])
    peer.sendall(call.format(" " * (i + 1)).encode())
print("connected", flush=True)
sys.stdin.readline()
for i, peer in enumerate(peers):
    blanks = [f"{bin(i * 500 + j)[2:].replace('0', ' ').replace('1', chr(9))}" for j in range(500)]
    peer.setblocking(False)
    peer.send("".join(map(call.format, blanks)).encode())
print("sent", flush=True)
sys.stdin.readline()
"""


@pytest.mark.root
def test_flood_of_one_user_leaves_others_their_turn(new_daemon):
    """Between two calls of one user only a few of the flood's are served: were each of its
    connections served as long as it has something to say, it would be thousands."""
    daemon = new_daemon()
    flood = subprocess.Popen([sys.executable, "-c", FLOOD, daemon.socket_path], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             user=STRANGER, group=STRANGER, extra_groups=[])
    with flood, daemon.connect() as other:
        assert flood.stdout.readline() == "connected\n"
        flood.stdin.write("go\n")
        flood.stdin.flush()
        counts = [calls_of(other)]
        while len(counts) < 10000 and counts[-1] < 1000:
            counts.append(calls_of(other))
        while len(counts) < 10000 and counts[-1] < 15000:
            counts.append(calls_of(other))
        assert flood.stdout.readline() == "sent\n"
        flood.stdin.close()
    between = sorted(after - before for before, after in zip(counts, counts[1:])
                     if before >= 1000)
    assert counts[-1] >= 15000, "the flood was served as well"
    assert between[len(between) // 2] < 500
    assert len(between) > 30


def calls_of(connection):
    """How many all have made."""
    return connection.call("GetServerStatus")["calls"]


def test_held_call_keeps_nothing_of_what_it_ignores(new_daemon):
    daemon = new_daemon(env=LITTLE_QUARANTINE)
    padding = b"[]," * 300000 + b"1"
    call = (b'{"method":"io.goald.Tracker.ListTree","more":true,"x.y":[' + padding + b"]}\0")
    before = memory_mib(daemon)
    with contextlib.ExitStack() as stack:
        for _ in range(10): # nobody reads: the streams stay
            connection = stack.enter_context(daemon.connect())
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.socket.sendall(call)
            connection.socket.recv(1)
        # parsed whole, one such call takes some 50 MiB
        assert memory_mib(daemon) - before < 200


def test_lock_on_the_sockets_folder_does_not_keep_it_from_starting(new_goald):
    daemon = new_goald()
    folder = daemon.socket_path.parent
    folder.mkdir(mode=0o755, exist_ok=True)
    if IS_ROOT:
        shutil.chown(folder, DAEMON_USER)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        daemon.start()
        daemon.call("Ping")
    finally:
        os.close(descriptor)


def test_ten_thousand_pipelined_pings_get_ten_thousand_replies(goald):
    with goald.connect() as connection:
        sender = send_in_background(connection, PING * 10000)
        assert {connection.recv_frame() for _ in range(10000)} == {b"{}"}
        sender.join()
        assert connection.call("Ping") == {}


@pytest.mark.root
def test_user_over_the_limit_is_refused_and_others_are_not(new_goald):
    daemon = new_goald(config={"max_connections_per_user": "5"}).start()
    with contextlib.ExitStack() as stack:
        mine = [stack.enter_context(daemon.connect()) for _ in range(5)]
        assert [connection.call("Ping") for connection in mine] == [{}] * 5
        with daemon.connect() as one_more:
            assert one_more.is_closed()
        with daemon.connect(uid=STRANGER) as other:
            assert other.call("Ping") == {}
        mine[0].close()
        wait_until(lambda: is_served(daemon))
        assert mine[1].call("GetServerStatus")["connectionsRefused"] >= 1
    assert "too many connections" in daemon.log()


def is_served(daemon):
    """Does a new connection get an answer?"""
    with daemon.connect() as connection:
        with contextlib.suppress(BrokenPipeError):
            connection.send(PING)
        return connection.recv_frame() == b"{}"


def test_connections_in_all_are_limited(new_goald):
    daemon = new_goald(config={"max_connections": "3"}).start()
    with contextlib.ExitStack() as stack:
        mine = [stack.enter_context(daemon.connect()) for _ in range(3)]
        assert [connection.call("Ping") for connection in mine] == [{}] * 3
        with daemon.connect() as one_more:
            assert one_more.is_closed()
    wait_until(lambda: is_served(daemon))


def test_accept_pauses_without_descriptors_and_recovers(new_daemon):
    daemon = new_daemon(wrapper=["prlimit", "--nofile=64:160"])
    limits = pathlib.Path(f"/proc/{daemon.process.pid}/limits").read_text()
    assert [line.split()[3:5] for line in limits.splitlines()
            if line.startswith("Max open files")] == [["160", "160"]], "raised to the hard limit"
    with contextlib.ExitStack() as stack, daemon.connect() as early:
        early.call("Ping")
        filling = [stack.enter_context(daemon.connect()) for _ in range(200)]
        wait_until(lambda: "can't accept connections" in daemon.log())
        assert early.call("Ping") == {}
        assert early.call("GetStatus", strategy="ls", code="2.2")["code"] == "2.2"
        for connection in filling[:120]:
            connection.close()
        with daemon.connect() as late:
            assert late.call("Ping") == {}
        assert filling[-1].call("Ping") == {}, "it waited in the backlog"
    assert daemon.log().count("can't accept connections") < 20


def is_written(daemon, connection):
    """Is the database there for a change?"""
    with contextlib.suppress(daemon.Error):
        return "updateId" in connection.call("SubmitUpdate", strategy="ls", code="2.2", note="x")
    return False


def test_descriptors_for_the_database_are_left(new_daemon):
    daemon = new_daemon(wrapper=["prlimit", "--nofile=160:160"])
    assert "leaves room for" in daemon.log(), "max_connections is more than the limit allows"
    with contextlib.ExitStack() as stack, daemon.connect() as early:
        early.call("Ping")
        for _ in range(200):
            stack.enter_context(daemon.connect())
        wait_until(lambda: "can't accept connections" in daemon.log())
        daemon.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE usename = 'goald'")
        wait_until(lambda: is_written(daemon, early))


# --- leaving


def test_half_closed_connection_gets_its_replies(shared):
    nodes = len(shared.stream("ListTree", strategy="ls", depth=1))
    with shared.connect() as connection:
        connection.send(PING)
        connection.send_call("SubmitUpdate", {"strategy": "ls", "code": "2.2", "note": "half"})
        connection.send_call("ListTree", {"strategy": "ls", "depth": 1}, more=True)
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.recv() == {}
        assert "updateId" in connection.recv()["parameters"]
        assert len(list(iter(connection.recv, None))) == nodes


def test_half_a_call_at_the_end_is_dropped(goald):
    with goald.connect() as connection:
        connection.send(PING + PING[:10])
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.recv_frame() == b"{}"
        assert connection.recv_frame() is None


def test_leaving_amid_a_stream_is_no_matter(shared):
    for read in (0, 1, 5):
        with shared.connect() as connection:
            for _ in range(20):
                connection.send_call("ListUpdates", {"strategy": "ls", "below": True}, more=True)
            for _ in range(read):
                connection.recv()
    wait_until(lambda: connections(shared) == 0)


def test_leaving_amid_an_update_does_not_undo_it(new_daemon):
    daemon = new_daemon()
    note = f"left {uuid.uuid4()}"
    with held_journal(daemon):
        with daemon.connect() as connection:
            park_update(daemon, connection, note)
        wait_until(lambda: connections(daemon) == 0)
    wait_until(lambda: has_update(daemon, note))
    assert daemon.call("Ping") == {}


def test_reads_go_on_while_updates_are_parked(new_daemon):
    daemon = new_daemon()
    with held_journal(daemon) as release, daemon.connect() as writer, daemon.connect() as reader:
        park_update(daemon, writer, "parked")
        writer.send(PING)
        assert reader.call("GetStatus", strategy="ls", code="2.2")["code"] == "2.2"
        assert reader.stream("ListTree", strategy="ls")
        release()
        assert "updateId" in writer.recv_reply()
        assert writer.recv_frame() == b"{}", "it waited behind the update"


def test_sigterm_amid_an_update_lets_it_end(new_daemon):
    daemon = new_daemon()
    with held_journal(daemon) as release, daemon.connect() as connection:
        park_update(daemon, connection, "the last one")
        connection.send(PING)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait_notify("STOPPING", "1")
        wait_until(lambda: not daemon.socket_path.exists())
        release()
        assert "updateId" in connection.recv_reply()
        assert connection.recv_frame() is None, "calls behind it are not taken any more"
    assert daemon.wait() == 0
    daemon.start()
    assert has_update(daemon, "the last one")


def test_drain_ends_at_its_deadline(new_daemon):
    daemon = new_daemon(config={"drain_timeout": "1s"})
    with held_journal(daemon) as release, daemon.connect() as connection:
        park_update(daemon, connection, "too late")
        daemon.send_signal(signal.SIGTERM)
        assert connection.is_closed()
        release()
    assert daemon.wait() == 0


# --- a connection that the service manager accepted


HAND_OVER = """
import os, socket, sys
connected = socket.socket(socket.AF_UNIX)
connected.connect(sys.argv[1])
os.dup2(connected.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_connected_socket_is_served_and_its_end_is_ours(new_goald):
    daemon = new_goald(empty=False)
    path = daemon.folder / "accepted"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        daemon.start(wrapper=[sys.executable, "-c", HAND_OVER, path])
        connection = Varlink.__new__(Varlink)
        connection.socket, connection.buffer = listener.accept()[0], b""
        connection.socket.settimeout(20)
    with connection:
        assert connection.call("GetStatus", strategy="ls", code="2.2")["code"] == "2.2"
        assert connection.call("WhoAmI")["uid"] == os.geteuid()
        assert not daemon.socket_path.exists(), "it listens nowhere"
    assert daemon.wait() == 0
