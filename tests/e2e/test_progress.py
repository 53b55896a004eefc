"""The bar of what is long: on a terminal, when it takes more than a moment."""

import contextlib
import json
import os
import pty
import socket
import subprocess
import threading

import pytest

from faked import FakeDaemon
from harness import clean_environment
from letters import Ledger, letter

TABLE = "node,date,percent\n1.1,2024-05-31,40\n1.2,2024-05-31,50\n"
OPTIONS = ("--csv", "updates", "--strategy", "s")
ANSWERS = {
    "ImportBegin": {"import": "x"},
    "ImportChunk": {"received": 2},
    "ImportCommit": {"strategy": "s", "seq": 2, "added": 2, "changed": 0, "unchanged": 0,
                     "dryRun": False, "requestId": "r"},
    "VerifyJournal": {"seq": 2, "faults": 0, "hash": "00"},
}
# the stream's reply that comes before
BEFORE = {"VerifyJournal": {"done": 1, "total": 2}}


class SlowDaemon:
    """Takes an import, or verifies; the answer to one method waits until it is told to go on."""

    def __init__(self, path, slow=None):
        self.address = f"unix:{path}"
        self.slow, self.go_on = slow, threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        connection, _ = self.listener.accept()
        received = b""
        with connection, contextlib.suppress(BrokenPipeError):
            while data := connection.recv(65536):
                *calls, received = (received + data).split(b"\0")
                for call in calls:
                    method = json.loads(call)["method"].split(".")[-1]
                    if method in BEFORE:
                        before = json.dumps({"parameters": BEFORE[method], "continues": True})
                        connection.sendall(before.encode() + b"\0")
                    if method == self.slow:
                        self.go_on.wait(60)
                    reply = json.dumps({"parameters": ANSWERS[method]})
                    connection.sendall(reply.encode() + b"\0")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.go_on.set()
        self.thread.join(60)
        self.listener.close()


class Gate:
    """What waits for a line of the pipe goes on when it is set."""

    def __init__(self, path, lines):
        os.mkfifo(path)
        self.pipe, self.lines = os.open(path, os.O_RDWR), lines

    def set(self):
        os.write(self.pipe, b"\n" * self.lines)
        self.lines = 0


def import_on_terminal(build, daemon, path, seen=None):
    return on_terminal(build, daemon, seen, ["import", path, *OPTIONS],
                       "added 2, changed 0, unchanged 0 (seq 2)\n")


def on_terminal(build, daemon, seen, words, told):
    """What goal wrote on the terminal; once it has written what is to be seen, the daemon goes on."""
    main, side = pty.openpty()
    done = subprocess.Popen([build.goal, *words], stdin=side, stderr=side,
                            stdout=subprocess.PIPE, text=True,
                            env=clean_environment(GOAL_ADDRESS=daemon.address))
    os.close(side)
    written = b""
    try:
        while data := os.read(main, 4096):
            written += data
            if seen and seen.encode() in written:
                daemon.go_on.set()
    except OSError:  # what a terminal says at its end
        pass
    os.close(main)
    assert done.communicate(timeout=60)[0] == told
    assert done.returncode == 0
    return written.decode()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    return path


@pytest.mark.parametrize("slow, seen", [
    ("ImportBegin", "] 0 of 2 records"),
    ("ImportChunk", "] 0 of 2 records"),
    ("ImportCommit", "all is sent, and is written: 1 s"),
])
def test_bar_is_drawn_while_it_takes_long_and_taken_away(build, tmp_path, table, slow, seen):
    with SlowDaemon(tmp_path / "s", slow) as daemon:
        written = import_on_terminal(build, daemon, table, seen)
    assert seen in written
    assert written.endswith("\r\x1b[K")


def test_bar_is_drawn_of_a_stream(build, tmp_path):
    with SlowDaemon(tmp_path / "s", "VerifyJournal") as daemon:
        written = on_terminal(build, daemon, "] 1 of 2 entries verified", ["log", "s", "--verify"],
                              "2 entries verified, all well; the head is 2:00\n")
    assert "] 1 of 2 entries verified" in written
    assert written.endswith("\r\x1b[K")


def test_bar_is_drawn_while_a_mail_is_delivered(build, tmp_path):
    ledger = Ledger(letter(1), letter(2))
    with FakeDaemon(tmp_path / "s", ledger.answer) as daemon:
        daemon.go_on = Gate(tmp_path / "gate", 2)
        written = on_terminal(build, daemon, "] 0 of 2 mails",
                              ["remind", "--sendmail", f"read x <{tmp_path}/gate"], "")
    assert written.endswith("\r\x1b[K")
    assert len(ledger.settled) == 2


def test_bar_is_not_drawn_of_what_is_quick(build, tmp_path, table):
    with SlowDaemon(tmp_path / "s") as daemon:
        assert import_on_terminal(build, daemon, table) == ""


def test_bar_is_not_drawn_without_a_terminal(build, tmp_path, table):
    with SlowDaemon(tmp_path / "s", "ImportChunk") as daemon:
        done = build.run_goal("import", table, *OPTIONS, "--timeout", "1", address=daemon.address)
    assert done.code == 4
    assert done.stderr.startswith("goal: no answer within 1 seconds (--timeout)")
