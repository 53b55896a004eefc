"""goal's outbox: what is kept when the daemon cannot be told, what is sent when, and what of it.

A Gate stands between goal and the daemon: closed, there is no daemon; open, it passes everything;
swallowing, it passes the calls and loses the answers.
"""

import concurrent.futures
import fcntl
import json
import os
import pty
import shutil
import signal
import socket
import stat
import subprocess
import threading
import uuid

import pytest

from harness import DATA, STRANGER, clean_environment

DOCUMENT = DATA / "se-life-science-2019.json"


class Gate:
    def __init__(self, path, daemon):
        self.path, self.daemon = path, daemon
        self.address = f"unix:{path}"
        self.listener = self.thread = None
        self.passed = 0

    def open(self, swallow=False):
        self.close()
        self.swallow = swallow
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve, args=(self.listener,))
        self.thread.start()

    def close(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.thread.join(60)
            self.listener.close()
            self.path.unlink()
            self.listener = None

    def serve(self, listener):
        """One connection after the other."""
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            daemon = socket.socket(socket.AF_UNIX)
            with client, daemon:
                daemon.connect(str(self.daemon.socket_path))
                client.settimeout(60)
                daemon.settimeout(60)
                self.pass_calls(client, daemon)

    def pass_calls(self, client, daemon):
        while calls := read_frames(client):
            count = calls.count(b"\0")
            daemon.sendall(calls)
            answers = read_frames(daemon, count)
            self.passed += count
            if self.swallow:
                return
            client.sendall(answers)


def read_frames(peer, count=1):
    """So many whole messages, or more; b"" at the end."""
    frames = b""
    while frames.count(b"\0") < count or not frames.endswith(b"\0"):
        if not (piece := peer.recv(65536)):
            return b""
        frames += piece
    return frames


class Answer:
    """Answers every call on every connection with the same bytes (None: not at all)."""

    def __init__(self, path, answer):
        self.address = f"unix:{path}"
        self.answer = answer
        self.asked, self.done = threading.Event(), threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                while read_frames(client):
                    self.asked.set()
                    if self.answer is None:
                        self.done.wait(60)
                        break
                    client.sendall(self.answer)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(60)
        self.listener.close()


class Outbox:
    """goal with an outbox of its own."""

    def __init__(self, build, folder, address):
        self.build, self.address = build, address
        self.env = {"XDG_STATE_HOME": str(folder / "state")}
        self.folder = folder / "state" / "goal" / "outbox"

    def goal(self, *args, address=None, env=None, **kwargs):
        return self.build.run_goal(*args, address=address or self.address,
                                   env={**self.env, **(env or {})}, **kwargs)

    def files(self):
        return sorted(self.folder.glob("*.json"))

    def entries(self):
        return [json.loads(line) for line in self.goal("outbox", "--json").ok().splitlines()]

    def keep(self, *args, **kwargs):
        result = self.goal(*args, **kwargs)
        assert result.code == 4 and "goal: kept in the outbox as " in result.stderr, result
        assert result.stdout == ""
        return result

    def rewrite(self, place, change):
        """Changes an entry behind goal's back."""
        file = self.files()[place]
        entry = json.loads(file.read_text())
        change(entry)
        file.write_text(json.dumps(entry))


@pytest.fixture(scope="module")
def managed(life_science):
    me = os.geteuid()
    life_science.goal("account", "add", me, "--name", "Test Person").ok()
    life_science.goal("account", "grant", me, "manager", "ls").ok()
    return life_science


@pytest.fixture
def gate(managed, tmp_path):
    gate = Gate(tmp_path / "s", managed)
    yield gate
    gate.close()


@pytest.fixture
def outbox(build, gate, tmp_path):
    return Outbox(build, tmp_path, gate.address)


@pytest.fixture
def alone(build, tmp_path):
    """Without a daemon."""
    return Outbox(build, tmp_path, f"unix:{tmp_path}/s")


def notes(daemon, code="ls:2.2"):
    """The notes of a node's updates, the newest first."""
    lines = daemon.goal("history", code, "--json").ok().splitlines()
    return [json.loads(line)["update"]["note"] for line in lines]


def update(note, *more):
    return "update", "ls:2.2", "-m", note, *more


def unique():
    return str(uuid.uuid4())


# --- keeping


def test_change_is_kept_where_no_daemon_is(alone):
    result = alone.keep("update", "ls:2.2", "--percent", "40", "-m", "Half is in")
    assert "no daemon at " in result.stderr
    [entry] = alone.entries()
    assert entry["id"][:8] in result.stderr
    assert entry["command"] == "goal update ls:2.2 --percent 40 -m 'Half is in'"
    assert entry["address"] == alone.address and entry["sent"] is False
    [parameters] = entry["tries"]
    assert parameters["requestId"] == entry["id"] and parameters["percent"] == 40


def test_folder_and_files_are_the_users_alone(alone):
    alone.keep(*update("x"))
    assert stat.S_IMODE(alone.folder.stat().st_mode) == 0o700
    [file] = alone.files()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    alone.folder.chmod(0o755)
    alone.keep(*update("y"))
    assert stat.S_IMODE(alone.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("command", [
    ("account", "add", "0"), ("account", "grant", "0", "reader"),
    ("account", "revoke", "0", "reader"), ("account", "disable", "0"), ("account", "enable", "0"),
    ("report", "ls", "--no-change")])
def test_every_change_is_kept(alone, command):
    alone.keep(*command)
    assert len(alone.entries()) == 1


@pytest.mark.parametrize("error", ["Unavailable", "OutcomeUnknown", "Overloaded"])
def test_change_is_kept_that_the_daemon_cannot_take_now(build, tmp_path, error):
    answer = json.dumps({"error": f"io.goald.Tracker.{error}", "parameters": {}}).encode() + b"\0"
    with Answer(tmp_path / "s", answer) as server:
        outbox = Outbox(build, tmp_path, server.address)
        outbox.keep(*update("x"))
        assert outbox.entries()[0]["sent"] is True
        assert outbox.goal("outbox", "send").code == 4
        assert len(outbox.files()) == 1


def test_change_is_kept_that_gets_no_answer_in_time(build, tmp_path):
    with Answer(tmp_path / "s", None) as server:
        outbox = Outbox(build, tmp_path, server.address)
        result = outbox.keep(*update("x", "--timeout", "1"))
    assert "no answer within 1 seconds" in result.stderr and "takes effect once" in result.stderr


def test_refused_change_is_not_kept(outbox, gate):
    gate.open()
    assert outbox.goal("update", "ls:9.9", "--no-change").code == 3
    assert outbox.goal("update", "ls:2.2", "--percent", "101").code == 1
    assert not outbox.folder.exists()


def test_wrong_address_is_a_usage_error_and_keeps_nothing(alone):
    assert alone.goal(*update("x"), address="nonsense").code == 2
    assert not alone.folder.exists()


def test_interrupted_change_is_not_kept(build, tmp_path):
    with Answer(tmp_path / "s", None) as server:
        outbox = Outbox(build, tmp_path, server.address)
        process = subprocess.Popen(
            [build.goal, *update("x")], stderr=subprocess.PIPE, text=True,
            env=clean_environment(GOAL_ADDRESS=server.address, **outbox.env))
        assert server.asked.wait(30)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert "repeat the command with --request-id" in error and not outbox.folder.exists()


def test_import_is_not_kept_and_says_how_to_repeat_it(alone):
    result = alone.goal("import", DOCUMENT)
    assert result.code == 4 and "an import is not kept in the outbox" in result.stderr
    assert "--request-id" in result.stderr and not alone.folder.exists()
    dry = alone.goal("import", DOCUMENT, "--dry-run")
    assert dry.code == 4 and "outbox" not in dry.stderr


def test_correction_of_the_last_update_is_not_kept(alone):
    result = alone.goal(*update("x", "--supersedes", "last", "--reason", "y"))
    assert result.code == 4 and "not kept" in result.stderr and not alone.folder.exists()


def test_change_is_kept_under_its_request_id_once(alone):
    request = unique()
    alone.keep(*update("x", "--request-id", request))
    again = alone.goal(*update("x", "--request-id", request))
    assert again.code == 4 and "is kept under that request id already" in again.stderr
    other = alone.goal(*update("y", "--request-id", request))
    assert other.code == 1 and "another change is kept under that request id" in other.stderr
    assert [entry["id"] for entry in alone.entries()] == [request]


def at_once(number, work):
    with concurrent.futures.ThreadPoolExecutor(number) as pool:
        return [future.result() for future in [pool.submit(work, i) for i in range(number)]]


def test_changes_kept_at_once_have_each_their_place(alone):
    for _ in range(3):
        at_once(8, lambda i: alone.keep(*update(f"at once {i}")))
    numbers = [file.name.split("-")[0] for file in alone.files()]
    assert numbers == [f"{number:08}" for number in range(1, 25)]


def test_request_id_is_kept_once_however_many_come_at_once(alone):
    for _ in range(3):
        request = unique()
        at_once(8, lambda i, request=request: alone.goal(*update("x", "--request-id", request)))
        assert [entry["id"] for entry in alone.entries()].count(request) == 1


def test_note_of_an_editor_is_kept_in_the_outbox(alone, build, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\necho 'By hand' > \"$1\"\n")
    editor.chmod(0o755)
    main, side = pty.openpty()
    try:
        done = subprocess.run(
            [build.goal, "update", "ls:2.2"], stdin=side, stdout=side, stderr=subprocess.PIPE,
            text=True, timeout=60, env=clean_environment(
                GOAL_ADDRESS=alone.address, VISUAL=str(editor), TMPDIR=str(tmp_path), **alone.env))
    finally:
        os.close(main)
        os.close(side)
    assert done.returncode == 4 and "your note is kept in" not in done.stderr
    assert alone.entries()[0]["tries"][0]["note"] == "By hand"
    assert not list(tmp_path.glob("goal-*"))


# --- where


def test_without_a_place_the_request_id_is_told(alone):
    result = alone.goal(*update("x"), env={"XDG_STATE_HOME": "", "HOME": ""})
    assert result.code == 4 and "neither XDG_STATE_HOME nor HOME" in result.stderr
    assert "repeat the command with --request-id" in result.stderr


def test_home_that_is_not_there_is_not_made(alone, tmp_path):
    result = alone.goal(*update("x"), env={"XDG_STATE_HOME": "", "HOME": f"{tmp_path}/none"})
    assert result.code == 4 and "could not be kept" in result.stderr
    assert not (tmp_path / "none").exists()


def test_relative_state_folder_is_ignored(alone, tmp_path):
    alone.keep(*update("x"), env={"XDG_STATE_HOME": "state", "HOME": str(tmp_path)})
    assert list((tmp_path / ".local" / "state" / "goal" / "outbox").glob("00000001-*.json"))


def test_link_in_place_of_the_folder_is_not_followed(alone, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    alone.folder.parent.mkdir(parents=True)
    alone.folder.symlink_to(tmp_path / "elsewhere")
    result = alone.goal(*update("x"))
    assert result.code == 4 and "could not be kept" in result.stderr
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.root
def test_outbox_of_another_user_is_left_alone(outbox, gate):
    outbox.keep(*update("x"))
    shutil.chown(outbox.folder, STRANGER, STRANGER)
    assert outbox.goal("outbox").code == 1
    result = outbox.goal(*update("x"))
    assert result.code == 4 and "it is another user's" in result.stderr
    gate.open()
    outbox.goal(*update("y")).ok()
    assert gate.passed == 1


# --- sending


def test_next_change_sends_what_is_kept_first_in_order(outbox, gate, managed):
    first, second, third = (unique() for _ in range(3))
    outbox.keep(*update(first))
    assert "behind others" in outbox.keep(*update(second)).stderr
    gate.open()
    result = outbox.goal(*update(third))
    assert result.ok().startswith("2.2 reported ")
    assert result.stderr.count("goal: sent ") == 2
    assert notes(managed)[:3] == [third, second, first]
    assert outbox.goal("outbox").ok() == "the outbox is empty\n"


def test_question_sends_nothing(outbox, gate):
    outbox.keep(*update(unique()))
    gate.open()
    outbox.goal("status", "ls:2.2").ok()
    assert len(outbox.files()) == 1


def test_dry_run_of_an_import_sends_nothing(outbox, gate):
    outbox.keep(*update(unique()))
    gate.open()
    outbox.goal("import", DOCUMENT, "--dry-run").ok()
    assert len(outbox.files()) == 1


def test_import_sends_what_is_kept_first(outbox, gate, managed):
    note = unique()
    outbox.keep(*update(note))
    gate.open()
    outbox.goal("import", DOCUMENT).ok()
    assert notes(managed)[0] == note and not outbox.files()


def test_send_sends_now(outbox, gate, managed):
    first, second = unique(), unique()
    outbox.keep(*update(first))
    outbox.keep(*update(second))
    assert outbox.goal("outbox", "send").code == 4
    gate.open()
    assert outbox.goal("outbox", "send").ok() == "2 sent, 0 left\n"
    assert notes(managed)[:2] == [second, first]
    assert outbox.goal("outbox", "send").ok() == "0 sent, 0 left\n"


def test_send_of_one_leaves_the_others(outbox, gate):
    outbox.keep(*update(unique()))
    outbox.keep(*update(unique()))
    gate.open()
    chosen = outbox.entries()[1]["id"]
    assert outbox.goal("outbox", "send", chosen[:8]).ok() == "1 sent, 0 left\n"
    assert [entry["id"] for entry in outbox.entries()] != [chosen]
    assert len(outbox.files()) == 1


def test_lost_answer_counts_once(outbox, gate, managed):
    note = unique()
    gate.open(swallow=True)
    result = outbox.keep(*update(note))
    assert "whether the change was made is not known" in result.stderr
    assert " no answer  goal update " in outbox.goal("outbox").ok()
    assert outbox.goal("outbox", "send").code == 4
    assert notes(managed).count(note) == 1
    gate.open()
    outbox.goal("outbox", "send").ok()
    assert notes(managed).count(note) == 1 and not outbox.files()


def test_lost_answer_is_settled_on_a_later_day_too(outbox, gate, managed):
    note = unique()
    gate.open(swallow=True)
    outbox.keep(*update(note))
    outbox.rewrite(0, lambda entry: entry["tries"][0].update(date="2024-02-29"))
    gate.open()
    outbox.goal("outbox", "send").ok()
    assert notes(managed).count(note) == 1 and not outbox.files()


def test_update_keeps_the_day_it_was_made(outbox, gate, managed):
    note = unique()
    outbox.keep("update", "ls:3", "-m", note)
    today = outbox.entries()[0]["made"]
    assert outbox.entries()[0]["tries"][0]["date"][:4] == today[:4]
    outbox.rewrite(0, lambda entry: entry["tries"][0].update(date="2024-02-29"))
    gate.open()
    outbox.goal("outbox", "send").ok()
    lines = managed.goal("history", "ls:3", "--json").ok().splitlines()
    [found] = [one for one in map(json.loads, lines) if one["update"]["note"] == note]
    assert found["update"]["date"] == "2024-02-29"


def test_correction_keeps_the_date_of_what_it_corrects(alone):
    alone.keep(*update("x", "--supersedes", "7", "--reason", "y"))
    assert "date" not in alone.entries()[0]["tries"][0]


def test_bare_word_is_sent_as_a_code_where_it_is_no_strategy(outbox, gate, managed):
    note = unique()
    outbox.keep("update", "2.2", "-m", note, env={"GOAL_STRATEGY": "ls"})
    gate.open()
    outbox.goal("outbox", "send").ok()
    assert notes(managed)[0] == note


def test_change_is_kept_behind_others_while_they_cannot_be_sent(outbox, gate, managed):
    first, second = unique(), unique()
    outbox.keep(*update(first))
    gate.open(swallow=True)
    result = outbox.keep(*update(second))
    kept = outbox.entries()[0]
    assert "what is kept in the outbox stays there" in result.stderr
    assert f"next in the outbox is {kept['id'][:8]}: {kept['command']}" in result.stderr
    assert kept["sent"] is True
    assert second not in notes(managed)
    gate.open()
    outbox.goal("outbox", "send").ok()
    assert notes(managed)[:2] == [second, first]


def test_what_is_refused_stays_and_holds_up_nothing(outbox, gate, managed):
    first, second = unique(), unique()
    outbox.keep("update", "ls:9.9", "--no-change")
    outbox.keep(*update(first))
    gate.open()
    result = outbox.goal(*update(second))
    assert result.code == 0 and "goal: refused " in result.stderr and "no 9.9" in result.stderr
    assert notes(managed)[:2] == [second, first]
    text = outbox.goal("outbox").ok()
    assert "REFUSED" in text and ": there is no 9.9 in " in text
    passed = gate.passed
    assert outbox.goal(*update(unique())).stderr == "" and gate.passed == passed + 1
    again = outbox.goal("outbox", "send")
    assert again.code == 3 and again.stdout == "0 sent, 1 left\n"


def test_what_is_for_another_address_stays(outbox, gate, tmp_path):
    outbox.keep(*update("x"), address=f"unix:{tmp_path}/other")
    outbox.keep(*update(unique()))
    gate.open()
    outbox.goal(*update(unique())).ok()
    [entry] = outbox.entries()
    assert entry["address"] == f"unix:{tmp_path}/other"
    assert f"{tmp_path}/other"[:20] in outbox.goal("outbox").ok()
    assert "1 for another address" in outbox.goal("outbox", "send").ok()


def test_address_with_and_without_scheme_is_one(outbox, gate, tmp_path):
    outbox.keep(*update(unique()), address=f"{tmp_path}/s")
    gate.open()
    outbox.goal(*update(unique())).ok()
    assert not outbox.files()


def test_change_reaches_a_daemon_that_is_started_again(new_goald, build, tmp_path):
    note = unique()
    daemon = new_goald(empty=False)
    outbox = Outbox(build, tmp_path, daemon.address)
    daemon.start()
    daemon.goal("account", "add", os.geteuid()).ok()
    daemon.goal("account", "grant", os.geteuid(), "manager", "ls").ok()
    daemon.stop()
    outbox.keep(*update(note))
    daemon.start()
    outbox.goal("update", "ls:3", "--no-change").ok()
    assert notes(daemon)[0] == note and not outbox.files()


def test_goals_at_once_send_each_change_once_in_order(outbox, gate, managed, build):
    expected = [unique() for _ in range(12)]
    for note in expected:
        outbox.keep(*update(note))
    sends = [subprocess.Popen([build.goal, "outbox", "send"], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL,
                              env=clean_environment(GOAL_ADDRESS=managed.address, **outbox.env))
             for _ in range(3)]
    for process in sends:
        assert process.communicate(timeout=60)[0].endswith(" (`goal outbox`, --address)\n")
        assert process.returncode == 0
    gate.open()
    sends = [subprocess.Popen([build.goal, "outbox", "send"], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL,
                              env=clean_environment(GOAL_ADDRESS=gate.address, **outbox.env))
             for _ in range(3)]
    said = [process.communicate(timeout=60)[0] for process in sends]
    assert sum(int(line.split()[0]) for line in said) == len(expected), said
    assert gate.passed == len(expected)
    assert notes(managed)[:len(expected)] == expected[::-1]


def test_changes_at_once_are_all_kept(alone, build):
    goals = [subprocess.Popen([build.goal, *update(str(i))], stderr=subprocess.DEVNULL,
                              env=clean_environment(GOAL_ADDRESS=alone.address, **alone.env))
             for i in range(12)]
    assert [process.wait(60) for process in goals] == [4] * 12
    assert sorted(int(entry["tries"][0]["note"]) for entry in alone.entries()) == list(range(12))


def test_change_waits_no_longer_than_its_timeout_for_another_goal(outbox, gate):
    outbox.keep(*update(unique()))
    gate.open()
    with open(outbox.folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = outbox.keep(*update(unique(), "--timeout", "1"))
        assert "another goal is sending" in result.stderr and gate.passed == 0
    outbox.goal("outbox", "send").ok()
    assert gate.passed == 2


# --- showing and dropping


def test_outbox_lists_what_is_kept(alone):
    alone.keep("update", "ls:2.2", "-m", "word " * 100)
    head, line = alone.goal("outbox").ok().splitlines()
    assert head.split() == ["ID", "MADE", "STATE", "COMMAND"] and len(line) <= 100
    assert line.startswith(alone.entries()[0]["id"][:8]) and " not sent  goal update ls:2.2" in line


def test_empty_outbox_says_so(alone):
    assert alone.goal("outbox").ok() == "the outbox is empty\n"
    assert alone.goal("outbox", "--json").ok() == ""
    assert alone.goal("outbox", "send").ok() == "0 sent, 0 left\n"
    assert alone.goal("outbox", "send", "--json").ok() == '{"sent":0,"left":0,"elsewhere":0}\n'
    assert alone.goal("outbox", "drop", "--all").ok() == "the outbox is empty\n"


def test_drop_gives_up_what_it_names(alone):
    for note in "abc":
        alone.keep(*update(note))
    ids = [entry["id"] for entry in alone.entries()]
    assert alone.goal("outbox", "drop", ids[1][:8]).ok().startswith(f"dropped {ids[1][:8]}: goal ")
    assert [entry["id"] for entry in alone.entries()] == [ids[0], ids[2]]
    alone.goal("outbox", "drop", "--all").ok()
    assert not alone.files()


@pytest.mark.parametrize("words,code", [
    ([], 2), (["--all", "00000000"], 2), (["00000000"], 3), ([""], 3)])
def test_drop_needs_to_know_what(alone, words, code):
    request = "1" + unique()[1:]
    alone.keep(*update("x", "--request-id", request))
    assert alone.goal("outbox", "drop", *words).code == code
    assert len(alone.files()) == 1


def test_what_is_not_of_the_outbox_is_told_and_left_alone(outbox, gate, managed, tmp_path):
    note = unique()
    outbox.keep(*update("broken"))
    outbox.keep(*update(note))
    broken, _ = outbox.files()
    broken.write_text("{")
    link = outbox.folder / f"00000000-{unique()}.json"
    link.symlink_to(broken)
    (outbox.folder / f"00000000-{unique()}.json").mkdir()
    os.mkfifo(outbox.folder / f"00000000-{unique()}.json")
    (outbox.folder / "notes.txt").write_text("mine")
    stolen = outbox.folder / f"00000000-{unique()}.json"
    stolen.write_text(json.dumps({"format": "goal-outbox-1"}))
    result = outbox.goal("outbox")
    assert result.ok().count("goal update") == 1
    assert result.stderr.count("goal: left alone: ") == 6
    for problem in ("not JSON", "a link", "no file", "not of the outbox", "incomplete"):
        assert f": {problem}\n" in result.stderr
    gate.open()
    outbox.goal("outbox", "send").ok()
    assert notes(managed)[0] == note and len(list(outbox.folder.iterdir())) == 7


def test_half_written_entry_of_a_crash_is_no_entry(alone):
    alone.keep(*update("x"))
    (alone.folder / f".draft-{unique()}").write_text("{")
    result = alone.goal("outbox")
    assert result.ok().count("goal update") == 1 and result.stderr == ""


def test_completion_knows_the_outbox(alone):
    alone.keep(*update("x"))
    name = alone.entries()[0]["id"][:8]
    assert alone.goal("__complete", "goal outbox ").ok().split() == ["send", "drop"]
    assert alone.goal("__complete", "goal outbox drop ").ok().split() == [name]
    assert alone.goal("__complete", f"goal outbox send {name[:3]}").ok().split() == [name]
