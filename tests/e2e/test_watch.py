"""Watching: entries as they commit, resumable, by node, and only for those who may read them."""

import contextlib
import json
import os
import select
import signal
import subprocess
import threading

import pytest

from database import submit
from harness import STRANGER, clean_environment


@pytest.fixture(scope="module")
def goald(managed):
    return managed


@contextlib.contextmanager
def watching(goald, as_uid=None, **parameters):
    """A connection whose watch is ready."""
    with goald.connect(uid=as_uid) as connection:
        connection.send_call("SubscribeEvents", {"strategy": "ls", **parameters}, more=True)
        ready = connection.recv_reply()
        assert ready["ready"] is True
        connection.begins = ready["seq"]
        yield connection


def is_quiet(connection, goald):
    """Nothing was sent until a call that came later was answered and the journal followed."""
    goald.call("Ping")
    return b"\0" not in connection.buffer and not select.select([connection.socket], [], [], 0.2)[0]


def test_event_tells_what_the_log_does(goald):
    with watching(goald) as connection:
        reply = submit(goald, percent=40, note="forty")
        event = connection.recv_reply()
    entry = goald.stream("ListJournal", strategy="ls", limit=1)[0]
    assert event["seq"] == reply["seq"] == connection.begins + 1
    assert {name: entry[name] for name in event} == event
    assert (event["code"], event["what"]) == ("2.2", "update: 40 % “forty”")


def test_watch_begins_behind_since(goald):
    first = submit(goald, percent=1)["seq"]
    second = submit(goald, percent=2)["seq"]
    with watching(goald, since=first - 1) as connection:
        assert [connection.recv_reply()["seq"] for _ in range(2)] == [first, second]
        assert is_quiet(connection, goald)


def test_whole_journal_is_told_in_pages(goald):
    head = submit(goald, percent=3)["seq"]
    with watching(goald, since=0) as connection:
        assert [connection.recv_reply()["seq"] for _ in range(head)] == list(range(1, head + 1))


def test_since_beyond_the_end_waits_for_it(goald):
    head = submit(goald, percent=4)["seq"]
    with watching(goald, since=head + 1) as connection:
        submit(goald, percent=5)
        assert is_quiet(connection, goald)
        assert connection.begins == head + 1
        assert submit(goald, percent=6)["seq"] == connection.recv_reply()["seq"]


def test_node_is_watched_with_what_is_below_it(goald):
    with watching(goald, code="2") as connection:
        submit(goald, code="4.4", percent=1)
        below = submit(goald, code="2.2", percent=7)["seq"]
        submit(goald, code="1.1", percent=1)
        deeper = submit(goald, code="gov-3", note="x")["seq"]
        of_strategy = submit(goald, code=None, note="whole")["seq"]
        own = submit(goald, code="2", note="y")["seq"]
        assert [connection.recv_reply()["seq"] for _ in range(3)] == [below, deeper, own]
        assert of_strategy < own


def test_nudge_is_told_of_its_node_and_a_rule_of_the_strategy(goald):
    with watching(goald, code="2") as of_node, watching(goald) as of_all:
        rule = goald.call("SetReminderRule", strategy="ls", rule="due", every=14)["seq"]
        nudge = goald.call("NudgeNode", strategy="ls", code="2.2", message="?")["seq"]
        assert of_node.recv_reply()["seq"] == nudge
        assert [of_all.recv_reply()["seq"] for _ in range(2)] == [rule, nudge]


def test_other_daemons_commits_are_told(server, on):
    one, two = on(server), on(server)
    with watching(one) as connection:
        seq = submit(two, percent=8)["seq"]
        assert connection.recv_reply()["seq"] == seq


def test_registrys_events_are_for_auditors_and_admins(goald):
    with watching(goald, strategy=".") as connection:
        goald.call("AddAccount", uid=57001)
        event = connection.recv_reply()
        assert event["entity"] == "account" and event["code"] is None
    with pytest.raises(goald.Error) as caught:
        with watching(goald, as_uid=STRANGER, strategy="."):
            pass
    assert caught.value.name.endswith(".NotPermitted")


def test_refused_watches_are_named(goald):
    def error(**parameters):
        with pytest.raises(goald.Error) as caught:
            with watching(goald, **parameters):
                pass
        return caught.value.name.rsplit(".", 1)[-1]

    assert error(strategy="nothing") == "NoSuchStrategy"
    assert error(code="nothing") == "NoSuchNode"
    assert error(since=-1) == "InvalidValue"
    assert error(strategy=".", code="2") == "InvalidValue"
    with pytest.raises(goald.Error) as caught:
        goald.call("SubscribeEvents", strategy="ls")
    assert caught.value.name.endswith(".ExpectedMore")


@pytest.mark.root
def test_disabled_account_is_cut_off(goald):
    goald.grant(57002, "reader", "ls")
    with watching(goald, as_uid=57002) as connection:
        submit(goald, percent=9)
        connection.recv_reply()
        goald.call("DisableAccount", uid=57002)
        with pytest.raises(goald.Error) as caught:
            connection.recv_reply()
        assert caught.value.name.endswith(".NotPermitted")


@pytest.mark.root
def test_reader_who_loses_the_right_is_cut_off(own_goald, tmp_path):
    document = json.loads(own_goald.goal("export", "ls").ok())
    document["strategy"]["visibility"] = "members"
    (tmp_path / "members.json").write_text(json.dumps(document))
    own_goald.goal("import", tmp_path / "members.json").ok()
    own_goald.grant(57003, "reader", "ls")
    with watching(own_goald, as_uid=57003) as connection:
        seq = submit(own_goald, percent=9)["seq"]
        assert connection.recv_reply()["seq"] == seq
        own_goald.call("RevokeRole", uid=57003, role="reader", strategy="ls")
        with pytest.raises(own_goald.Error) as caught:
            connection.recv_reply()
        assert caught.value.name.endswith(".NoSuchStrategy")
    with pytest.raises(own_goald.Error):
        with watching(own_goald, as_uid=57003):
            pass


def test_many_watchers_are_told_the_same(own_goald):
    with contextlib.ExitStack() as stack:
        watchers = [stack.enter_context(watching(own_goald)) for _ in range(150)]
        jobs = sum(use["jobs"] for use in own_goald.call("GetServerStatus")["pool"]
                   if use["use"] == "read")
        seqs = [submit(own_goald, percent=percent)["seq"] for percent in range(10)]
        for watcher in watchers:
            assert [watcher.recv_reply()["seq"] for _ in seqs] == seqs
        after = sum(use["jobs"] for use in own_goald.call("GetServerStatus")["pool"]
                    if use["use"] == "read")
    assert after - jobs < 150  # and not 1,500: those at the same place share a page


def test_watcher_who_leaves_is_forgotten(own_goald):
    for _ in range(5):
        with watching(own_goald, since=0) as connection:
            connection.recv_reply()
    submit(own_goald, percent=1)
    assert own_goald.call("Ping") == {}


def test_nothing_is_missing_or_double_across_a_restart(own_goald):
    with watching(own_goald) as connection:
        first = submit(own_goald, percent=1)["seq"]
        assert connection.recv_reply()["seq"] == first
        own_goald.stop()
        assert connection.is_closed()
    own_goald.start()
    second = submit(own_goald, percent=2)["seq"]
    with watching(own_goald, since=first) as connection:
        third = submit(own_goald, percent=3)["seq"]
        assert [connection.recv_reply()["seq"] for _ in range(2)] == [second, third]


# --- goal watch


class GoalWatch:
    """A goal watch in the background."""

    def __init__(self, goald, *args):
        self.process = subprocess.Popen(
            [goald.build.goal, "watch", *map(str, args)], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(GOAL_ADDRESS=goald.address))
        self.watchdog = threading.Timer(60, self.process.kill)
        self.watchdog.start()

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.watchdog.cancel()
        self.process.kill()
        self.process.communicate()


def test_goal_watch_prints_a_line_a_change(goald):
    head = submit(goald, percent=10)["seq"]
    with GoalWatch(goald, "ls:2.2", "--since", head - 1) as watch:
        words = watch.line().split("  ")
        assert (words[1], words[3], words[4]) == (str(head), "2.2", "update: 10 %")
        submit(goald, code="1.1", percent=1)
        second = submit(goald, percent=11)["seq"]
        assert watch.line().split("  ")[1] == str(second)


def test_goal_watch_reconnects_by_itself(own_goald):
    head = submit(own_goald, percent=10)["seq"]
    with GoalWatch(own_goald, "ls", "--since", head - 1, "--json") as watch:
        assert json.loads(watch.line())["ready"] is True
        assert json.loads(watch.line())["seq"] == head
        own_goald.restart()
        second = submit(own_goald, percent=11)["seq"]
        assert json.loads(watch.line()) == {"ready": True, "seq": head}
        assert json.loads(watch.line())["seq"] == second
        own_goald.stop()
        own_goald.start()
        third = submit(own_goald, percent=12)["seq"]
        assert json.loads(watch.line())["ready"] is True
        assert json.loads(watch.line())["seq"] == third


def test_goal_watch_ends_by_an_interrupt(goald):
    head = submit(goald, percent=10)["seq"]
    with GoalWatch(goald, "ls", "--since", head - 1) as watch:
        watch.line()
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(20) == -signal.SIGINT


def test_goal_watch_says_what_is_wrong(goald):
    assert goald.goal("watch", "nothing").code == 3
    assert goald.goal("watch", "ls:nothing").code == 3
    assert goald.goal("watch", ".", uid=STRANGER if os.geteuid() == 0 else None).code in (0, 5)
