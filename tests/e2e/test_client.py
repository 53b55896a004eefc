"""goal against a running goald: every command, its exit codes, --json, help and completion."""

import json
import os
import pathlib
import pty
import signal
import socket
import subprocess
import threading
import uuid

import pytest

from harness import DATA, MANAGER, STRANGER, TOP, clean_environment

DOCUMENT = DATA / "se-life-science-2019.json"
COMMANDS = ["status", "tree", "list", "due", "matrix", "next", "check", "show", "update", "history", "log",
            "verify", "strategies", "import", "whoami", "account list", "account add",
            "account grant", "account revoke",
            "account disable", "account enable", "outbox", "outbox send",
            "outbox drop", "server", "ping", "call", "introspect", "help",
            "restore", "watch"]


def lines(result):
    return result.ok().splitlines()


def objects(result):
    return [json.loads(line) for line in lines(result)]


def assert_fits(text, width=100):
    """Without wide characters a character is a column."""
    for line in text.splitlines():
        assert len(line) <= width, line
        assert line == line.rstrip(), line


@pytest.fixture(scope="module")
def managed(life_science):
    """The life science strategy, managed by who runs the tests."""
    return manage(life_science)


def manage(daemon):
    me = os.geteuid()
    daemon.goal("account", "add", me, "--name", "Test Person").ok()
    daemon.goal("account", "grant", me, "manager", "ls").ok()
    return daemon


# --- questions


def test_ping_answers(life_science):
    assert lines(life_science.goal("ping")) == ["the daemon answers"]


def test_status_of_a_target_fits_a_minister(life_science):
    text = life_science.goal("status", "ls:2.2").ok()
    assert_fits(text)
    head, state, work, who, last, *parts = text.splitlines()
    assert head == "ls:2.2  Ökat nyttjande av hälsodata för forskning och innovation"
    assert state == "State   OFF TRACK  1 of 2 deliverables overdue, no update on it"
    assert work == ("Work    1/2 delivered · outcome not assessed "
                    "(no indicator, no reported figure)")
    assert who.startswith("Who     working group Hälsodata (") and "owner: none" in who
    assert last.startswith("Last    20") and " days)  \"" in last
    assert parts[0].startswith("Parts   gov-1  delivered 2023 ")
    assert parts[1].startswith("        gov-3  OVERDUE ")


def test_status_of_the_strategy_says_how_many_targets_are_known(life_science):
    text = life_science.goal("status", "ls").ok()
    assert_fits(text)
    assert "25 of 30 targets known" in text
    assert "State   UNKNOWN" in text


def test_status_of_delivered_work_says_so(life_science):
    text = life_science.goal("status", "ls:gov-1").ok()
    assert "State   DONE" in text
    assert "Closed  delivered 2023" in text


def test_status_takes_key_alias_and_bare_code(life_science):
    by_alias = life_science.goal("status", "ls:2.2", "--json").ok()
    assert life_science.goal("status", "se-life-science-2019:2.2", "--json").ok() == by_alias
    assert life_science.goal("status", ":2.2", "--json").ok() == by_alias
    assert life_science.goal("status", "2.2", "--json").ok() == by_alias
    with_default = life_science.goal("status", "2.2", "--json", env={"GOAL_STRATEGY": "ls"})
    assert with_default.ok() == by_alias


def test_status_without_key_is_the_only_strategy(life_science):
    assert objects(life_science.goal("status", "--json"))[0]["kind"] == "strategy"


def test_tree_has_a_line_a_node(life_science):
    text = life_science.goal("tree", "ls").ok()
    assert_fits(text)
    nodes = objects(life_science.goal("tree", "ls", "--json"))
    assert len(text.splitlines()) == len(nodes) + 1
    assert "25 of 30 targets known" in text.splitlines()[1]
    assert "OFF TRACK gov-3" in text


def test_tree_of_a_priority_stops_at_the_depth(life_science):
    text = life_science.goal("tree", "ls:2", "--depth", "1").ok()
    assert "─2.2 " in text
    assert "gov-3 " not in text.replace("OFF TRACK gov-3", "")


def test_list_filters(life_science):
    found = objects(life_science.goal("list", "ls", "--kind", "deliverable", "--json"))
    assert len(found) == 10
    text = life_science.goal("list", "ls", "--state", "off-track").ok()
    assert_fits(text)
    assert "2.2 " in text and "4.4 " not in text


def test_list_of_a_node_is_its_parts(life_science):
    found = objects(life_science.goal("list", "ls:2.2", "--json"))
    assert [one["node"]["code"] for one in found] == ["gov-1", "gov-3"]


def test_list_that_nothing_fits_says_so(life_science):
    assert life_science.goal("list", "ls", "--text", "nowhere").ok() == "nothing fits\n"
    assert life_science.goal("list", "ls", "--text", "nowhere", "--json").ok() == ""


def test_due_begins_with_the_most_urgent(life_science):
    text = life_science.goal("due", "ls").ok()
    assert_fits(text)
    days = [int(line.split()[1]) for line in text.splitlines() if line.startswith("OVERDUE")]
    assert days and days == sorted(days, reverse=True)


def test_show_has_the_addresses_on_lines_of_their_own(life_science):
    text = life_science.goal("show", "ls:gov-1").ok()
    assert any(line.strip().startswith("https://") and " " not in line.strip()
               for line in text.splitlines())


def test_show_of_the_strategy_tells_its_settings(life_science):
    text = life_science.goal("show", "ls").ok()
    assert "alias ls" in text and "Europe/Stockholm" in text


def test_history_has_the_newest_first(life_science):
    text = life_science.goal("history", "ls:2.2").ok()
    assert_fits(text)
    updates = [one["update"] for one in
               objects(life_science.goal("history", "ls", "--below", "--limit", "5", "--json"))]
    assert len(updates) == 5


def test_log_is_the_journal(life_science):
    text = life_science.goal("log", "ls", "--limit", "3").ok()
    assert_fits(text)
    assert len(text.splitlines()) == 4


def test_strategies_lists_the_strategy(life_science):
    text = life_science.goal("strategies").ok()
    assert_fits(text)
    assert "se-life-science-2019" in text


@pytest.mark.root
def test_whoami_of_a_stranger_may_read(life_science):
    text = life_science.goal("whoami", uid=STRANGER).ok()
    assert str(STRANGER) in text and "public" in text


def test_server_is_readable(life_science):
    text = life_science.goal("server").ok()
    assert_fits(text)
    assert "reachable" in text and "private cluster" in text


def test_call_makes_any_call(life_science, tmp_path):
    reply = objects(life_science.goal("call", "GetStatus", '{"strategy":"ls","code":"2.2"}'))[0]
    assert reply["state"] == "off_track"
    info = objects(life_science.goal("call", "org.varlink.service.GetInfo"))[0]
    assert "io.goald.Tracker" in info["interfaces"]
    nodes = objects(life_science.goal("call", "ListTree", '{"strategy":"ls"}', "--more"))
    assert len(nodes) > 40
    file = tmp_path / "parameters.json"
    file.write_text('{"strategy":"ls"}')
    from_file = life_science.goal("call", "GetStatus", f"@{file}").ok()
    assert life_science.goal("call", "GetStatus", "-", stdin=file.read_text()).ok() == from_file
    assert life_science.goal("call", "Ping", "--oneway").ok() == ""


def test_introspect_shows_the_interface_file(life_science):
    assert "io.goald.Tracker" in life_science.goal("introspect").ok()
    file = TOP / "daemon" / "wire" / "io.goald.Tracker.varlink"
    assert life_science.goal("introspect", "io.goald.Tracker").ok() == file.read_text()


@pytest.mark.parametrize("command", [
    ("status", "ls:2.2"), ("tree", "ls"), ("list", "ls"), ("due", "ls"), ("show", "ls:2.2"),
    ("history", "ls:2.2"), ("log", "ls"), ("strategies",), ("whoami",), ("server",), ("ping",),
    ("introspect",), ("account", "list")])
def test_json_prints_objects_a_line(life_science, command):
    for one in objects(life_science.goal(*command, "--json")):
        assert isinstance(one, dict)


def test_output_has_no_escape_sequences_without_a_terminal(life_science):
    assert "\033" not in life_science.goal("tree", "ls", env={"TERM": "xterm"}).ok()


# --- changes


def test_update_says_what_it_did(new_goald):
    daemon = manage(new_goald(empty=False).start())
    result = lines(daemon.goal("update", "ls:4.4", "--percent", "40%", "-m", "Halvvägs",
                               "--evidence", "https://example.org/a",
                               "--evidence", "https://example.org/b", "--confidence", "low"))
    assert result[0].startswith("4.4 reported 40 %; its progress is 40 %; state ")
    number = int(result[1].split()[1])
    assert result[1] == f"update {number} recorded as seq {number}"
    status = objects(daemon.goal("status", "ls:4.4", "--json"))[0]
    assert status["lastUpdate"]["id"] == number
    assert status["lastUpdate"]["note"] == "Halvvägs"
    assert len(status["lastUpdate"]["evidence"]) == 2

    daemon.goal("update", "ls:4.4", "--supersedes", "last", "--reason", "skrivfel",
                "--percent", "30").ok()
    text = daemon.goal("history", "ls:4.4").ok()
    assert f"[corrects {number}: skrivfel]" in text and "[corrected by" in text

    daemon.goal("report", "4.4", "-F", "-", stdin="Från standard in\n",
                env={"GOAL_STRATEGY": "ls"}).ok()
    assert "Från standard in" in daemon.goal("show", "ls:4.4").ok()
    daemon.goal("update", "ls:4.4", "--no-change").ok()


def test_update_under_one_request_id_counts_once(new_goald):
    daemon = manage(new_goald(empty=False).start())
    command = ("update", "ls:4.4", "--percent", "10", "--request-id", str(uuid.uuid4()), "--json")
    assert daemon.goal(*command).ok() == daemon.goal(*command).ok()
    other = daemon.goal(*[word if word != "10" else "11" for word in command])
    assert other.code == 1 and "was used for another change" in other.stderr


def test_import_twice_changes_nothing(new_goald):
    daemon = new_goald().start()
    dry = daemon.goal("import", DOCUMENT, "--dry-run").ok()
    assert dry.startswith("would add ") and daemon.goal("strategies", "--json").ok() == ""
    assert ", changed 0, unchanged 0 (seq " in daemon.goal("import", DOCUMENT).ok()
    piped = daemon.goal("import", "-", "--dry-run", stdin=DOCUMENT.read_text()).ok()
    assert piped.startswith("would add 0, change 0, ")
    assert daemon.goal("import", DOCUMENT).ok().startswith("added 0, changed 0, unchanged ")


def test_import_names_file_and_place_of_an_error(life_science, tmp_path):
    document = json.loads(DOCUMENT.read_text())
    document["nodes"][12]["due"] = "2021-13-01"
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(document))
    result = life_science.goal("import", file)
    assert result.code == 1
    assert f'{file}: nodes[12].due: not a date: "2021-13-01"' in result.stderr


def test_import_names_line_and_column_of_bad_json(life_science, tmp_path):
    file = tmp_path / "bad.json"
    file.write_text('{"format": "goald-import-1",\n "strategy": }')
    result = life_science.goal("import", file)
    assert result.code == 1 and f"{file}:" in result.stderr and ": 2:" in result.stderr


def test_accounts_are_made_granted_revoked_and_disabled(new_goald):
    daemon = new_goald(empty=False).start()
    user = str(MANAGER)
    daemon.goal("account", "add", user, "--name", "Anna Berg").ok()
    daemon.goal("account", "grant", user, "manager", "ls").ok()
    text = daemon.goal("account", "list").ok()
    assert_fits(text)
    assert "Anna Berg" in text and "manager of " in text
    daemon.goal("account", "revoke", user, "manager", "ls").ok()
    assert "manager of " not in daemon.goal("account", "list").ok()
    daemon.goal("account", "disable", user).ok()
    assert "DISABLED" in daemon.goal("account", "list").ok()
    daemon.goal("account", "enable", user).ok()
    assert "DISABLED" not in daemon.goal("account", "list").ok()


# --- a note from an editor


def edit(program, folder, *args, address):
    """goal update on a terminal, with an editor that writes a note; returns its code and what it
    said."""
    editor = folder / "editor"
    editor.write_text("#!/bin/sh\necho 'Skriven för hand' > \"$1\"\n")
    editor.chmod(0o755)
    main, side = pty.openpty()
    environment = clean_environment(GOAL_ADDRESS=address, EDITOR=str(editor), TMPDIR=str(folder))
    environment.pop("VISUAL", None)
    try:
        done = subprocess.run([program, "update", *args], stdin=side, stdout=side, timeout=60,
                              stderr=subprocess.PIPE, text=True, env=environment)
    finally:
        os.close(main)
        os.close(side)
    return done.returncode, done.stderr


def test_note_of_an_editor_is_kept_until_it_is_recorded(build, managed, tmp_path):
    code, error = edit(build.goal, tmp_path, "ls:9.9", address=managed.address)
    assert code == 3 and "your note is kept in " in error
    [kept] = tmp_path.glob("goal-*")
    assert str(kept) in error and kept.read_text() == "Skriven för hand\n"
    kept.unlink()
    code, error = edit(build.goal, tmp_path, "ls:4.4", address=managed.address)
    assert (code, error) == (0, "") and not list(tmp_path.glob("goal-*"))
    assert "Skriven för hand" in managed.goal("show", "ls:4.4").ok()


@pytest.mark.parametrize("options", [
    ["--supersedes", "last"], ["--reason", "x"], ["--supersedes", "x", "--reason", "x"]])
def test_editor_comes_after_the_options_are_checked(build, tmp_path, options):
    code, error = edit(build.goal, tmp_path, "ls:2.2", *options, address=f"unix:{tmp_path}/none")
    assert code == 2 and "kept" not in error


# --- exit codes


def test_exit_1_for_what_is_refused(managed):
    result = managed.goal("update", "ls:2.2", "--percent", "101")
    assert result.code == 1 and "percent" in result.stderr and "nothing was changed" in result.stderr


@pytest.mark.parametrize("command", [
    ("status", "--colour"), ("status", "a", "b"), ("list", "--state", "bad"), ("update", "ls:2.2"),
    ("update", "ls", "--percent", "much"), ("update", "ls", "--date", "2021-13", "--percent", "1"),
    ("tree", "--depth", "x"), ("import",), ("account", "grant", "0", "king"), ("account",),
    ("call", "Ping", "{"), ("call", "Ping", "--more", "--oneway"), ("status", "--timeout", "-1"),
    ("status", "--request-id", str(uuid.uuid4())), ("update", "ls", "--request-id", "x"), ()])
def test_exit_2_for_a_wrong_command_line(life_science, command):
    result = life_science.goal(*command)
    assert result.code == 2 and result.stderr.startswith("goal: ") and not result.stdout


@pytest.mark.parametrize("command", [
    ("status", "nowhere"), ("status", "nowhere:2.2"), ("status", "ls:9.9"), ("tree", "ls:9.9"),
    ("list", "ls", "--group", "nobody"), ("call", "Nothing"), ("call", "a.b.C"),
    ("introspect", "a.b"), ("account", "grant", "4000000", "reader"),
    ("account", "add", "no-such-user-here"),
    ("update", "ls:2.2", "--supersedes", "999999", "--reason", "x", "--percent", "1")])
def test_exit_3_for_what_does_not_exist(managed, command):
    result = managed.goal(*command)
    assert result.code == 3 and result.stderr.startswith("goal: ")
    assert "{" not in result.stderr


def test_exit_4_without_a_daemon(build, tmp_path):
    result = build.run_goal("ping", address=f"unix:{tmp_path}/none")
    assert result.code == 4 and "no daemon at" in result.stderr


@pytest.mark.root
def test_exit_5_for_what_is_not_permitted(life_science):
    result = life_science.goal("update", "ls:2.2", "--percent", "1", uid=STRANGER)
    assert result.code == 5
    assert "you may not report on 2.2 in " in result.stderr
    assert "`goal whoami` shows what you report on" in result.stderr


# --- help and completion


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_names_it(build, command):
    text = build.run_goal(*command.split(), "--help").ok()
    assert text.startswith(f"goal {command}")
    assert build.run_goal("help", *command.split()).ok() == text
    for line in text.splitlines():
        assert len(line) <= 100, line


def test_help_lists_every_command(build):
    text = build.run_goal("--help").ok()
    for command in COMMANDS:
        assert f"\n  {command} " in text
    assert_fits(text)


def test_help_of_a_family_lists_it(build):
    text = build.run_goal("help", "account").ok()
    assert_fits(text)
    assert len(text.splitlines()) == 6 and "  account list " in text
    for command in (["account"], ["account", "--help"]):
        result = build.run_goal(*command)
        assert result.code == 2 and text in result.stderr and not result.stdout


def test_help_of_grant_says_what_roles_may_do(build):
    text = build.run_goal("help", "account", "grant").ok()
    assert "EVERYWHERE" in text
    for role in ("reader", "manager", "auditor", "admin", "reminder", "mail"):
        assert f"\n  {role} " in text


def test_wrong_command_shows_what_was_meant(build):
    result = build.run_goal("stauts")
    assert result.code == 2
    assert result.stderr == "goal: there is no command stauts; did you mean status?\n"
    assert "`goal help` lists the commands" in build.run_goal("colour").stderr


def test_wrong_command_of_a_family_shows_the_family(build):
    result = build.run_goal("account", "ad")
    assert "did you mean account add?" in result.stderr and "introspect" not in result.stderr


def test_version_is_told(build):
    assert build.run_goal("--version").ok().startswith("goal ")


def complete(program, line):
    return program("__complete", line).ok().split()


def test_completion_knows_columns(build):
    assert complete(build.run_goal, "goal list --sort pri") == ["priority"]
    assert complete(build.run_goal, "goal list --columns code,sta") == [
        "code,stage", "code,state", "code,start", "code,stale"]


def test_completion_knows_commands_options_and_values(build):
    assert complete(build.run_goal, "goal st") == ["status", "strategies", "strategy"]
    assert "grant" in complete(build.run_goal, "goal account ")
    assert "--percent" in complete(build.run_goal, "goal update --p")
    assert complete(build.run_goal, "goal list --state a") == ["at_risk"]


def test_completion_asks_the_daemon_for_strategies_and_codes(life_science):
    assert complete(life_science.goal, "goal status l") == ["ls"]
    assert "2.2" in complete(life_science.goal, "goal status ls:2.")


def test_completion_file_is_short_and_calls_back():
    text = pathlib.Path(TOP / "client" / "completion.bash").read_text()
    assert len(text.splitlines()) <= 9 and "__complete" in text
    subprocess.run(["bash", "-n", TOP / "client" / "completion.bash"], check=True)


# --- a daemon that misbehaves


class Silent:
    """Accepts one connection, answers with what it was given, and keeps the connection open."""

    def __init__(self, path, answer=b"", close=False):
        self.address = f"unix:{path}"
        self.answer, self.close_at_once = answer, close
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.asked = threading.Event()
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        connection, _ = self.listener.accept()
        with connection:
            connection.recv(65536)
            self.asked.set()
            connection.sendall(self.answer)
            if not self.close_at_once:
                self.done.wait(30)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join(30)
        self.listener.close()


def test_silence_ends_in_exit_4(build, tmp_path):
    with Silent(tmp_path / "s") as server:
        result = build.run_goal("ping", "--timeout", "1", address=server.address)
    assert result.code == 4 and "no answer within 1 seconds" in result.stderr


def test_closed_connection_says_how_to_repeat_a_change(build, tmp_path):
    with Silent(tmp_path / "s", close=True) as server:
        result = build.run_goal("update", "ls:2.2", "--percent", "1", address=server.address)
    assert result.code == 4 and "could not be kept" in result.stderr
    assert "--request-id" in result.stderr


def test_something_else_on_the_socket_is_named(build, tmp_path):
    with Silent(tmp_path / "s", answer=b"HTTP/1.1 400\0") as server:
        result = build.run_goal("ping", address=server.address)
    assert result.code == 1 and "does not speak Varlink" in result.stderr


@pytest.mark.parametrize("method,known", [
    ("SubmitUpdate", False), ("org.example.Get", False), ("GetStatus", True), ("Ping", True),
    ("org.varlink.service.GetInfo", True)])
def test_call_says_what_is_not_known(build, tmp_path, method, known):
    with Silent(tmp_path / "s", close=True) as server:
        result = build.run_goal("call", method, address=server.address)
    assert result.code == 4 and ("nothing was changed" in result.stderr) == known
    assert ("whether anything was changed is not known" in result.stderr) != known


def test_something_else_on_the_socket_may_have_made_the_change(build, tmp_path):
    with Silent(tmp_path / "s", answer=b"HTTP/1.1 400\0") as server:
        result = build.run_goal("update", "ls:2.2", "--percent", "1", address=server.address)
    assert "does not speak Varlink; whether the change was made is not known" in result.stderr


UPDATE = ["update", "ls:2.2", "--percent", "1"]


@pytest.mark.parametrize("number,command,expected", [
    (signal.SIGINT, ["call", "SubmitUpdate"],
     "interrupted; whether anything was changed is not known"),
    (signal.SIGINT, ["status", "ls"], "interrupted; nothing was changed"),
    (signal.SIGINT, UPDATE, "is not known: repeat the command with --request-id"),
    (signal.SIGTERM, UPDATE, "is not known: repeat the command with --request-id"),
    (signal.SIGHUP, UPDATE, "is not known: repeat the command with --request-id")])
def test_interrupt_says_what_became_of_it(build, tmp_path, number, command, expected):
    with Silent(tmp_path / "s") as server:
        process = subprocess.Popen(
            [build.goal, *command], stderr=subprocess.PIPE, text=True,
            env=clean_environment(GOAL_ADDRESS=server.address))
        assert server.asked.wait(30)
        process.send_signal(number)
        _, error = process.communicate(timeout=30)
    assert process.returncode == -number
    assert expected in error
