"""goald as its operator meets it: configuration, signals, readiness, restarts, systemd."""

import concurrent.futures
import json
import os
import signal
import subprocess

import pytest

from harness import DAEMON_USER, STRANGER, TOP, clean_environment, wait_until
from varlink import Varlink, VarlinkError


# --- configuration


def check_config(build, folder, text):
    file = folder / "goald.conf"
    file.write_text(text)
    return build.run_goald("--config", file, "--check-config")


def test_check_config_accepts_a_good_file(build, tmp_path):
    assert check_config(build, tmp_path, "[goald]\nlog_level = debug\n").code == 0


def test_check_config_names_file_line_and_key(build, tmp_path):
    result = check_config(build, tmp_path, "[goald]\nquery_timeout = soon\n")
    assert result.code == 1
    assert f"{tmp_path}/goald.conf:2: query_timeout: expected a duration" in result.stderr


def test_check_config_suggests_the_nearest_key(build, tmp_path):
    result = check_config(build, tmp_path, "adress = unix:/tmp/x\n")
    assert result.code == 1
    assert "did you mean address?" in result.stderr


def test_check_config_refuses_a_bad_setting(build):
    result = build.run_goald("--set", "write_queue=none", "--check-config")
    assert result.code == 1
    assert "--set: write_queue:" in result.stderr


def test_print_config_is_the_example_file(build):
    example = (TOP / "systemd" / "goald.conf").read_text()
    assert build.run_goald("--print-config").ok() == example


def test_example_file_is_a_good_configuration(build):
    build.run_goald("--config", TOP / "systemd" / "goald.conf", "--check-config").ok()


def test_help_lists_every_key(build):
    text = build.run_goald("--help").ok()
    example = (TOP / "systemd" / "goald.conf").read_text().splitlines()
    keys = [line[1:].split(" ")[0] for line in example if line[:1] == "#" and " = " in f"{line} "
            and line[1:2].isalpha()]
    assert len(keys) > 15
    assert [key for key in keys if key not in text] == []


def test_unknown_option_is_a_usage_error(build):
    assert build.run_goald("--frobnicate").code == 2


def test_version_is_told(build):
    assert build.run_goald("--version").ok().startswith("goald 0.")


# --- start, reload, stop


def test_start_tells_ready_and_status(new_goald):
    goald = new_goald()
    goald.spawn()
    goald.wait_ready()
    goald.goal("ping").ok()


def test_daemon_runs_as_the_unprivileged_user(goald):
    lines = open(f"/proc/{goald.process.pid}/status").read().splitlines()
    uids = next(line for line in lines if line.startswith("Uid:")).split()[1:]
    name = subprocess.run(["id", "-u", DAEMON_USER], capture_output=True, text=True).stdout.strip()
    assert set(uids) == {name}


def test_socket_is_open_to_every_user(goald):
    assert goald.socket_path.stat().st_mode & 0o777 == 0o666


def test_postgresql_listens_on_no_tcp_port(goald):
    inodes = {os.readlink(f"/proc/{goald.postmaster_pid()}/fd/{fd}")
              for fd in os.listdir(f"/proc/{goald.postmaster_pid()}/fd")}
    tcp = [line.split()[9] for name in ("tcp", "tcp6")
           for line in open(f"/proc/net/{name}").read().splitlines()[1:]]
    assert not inodes & {f"socket:[{inode}]" for inode in tcp}


def test_reload_tells_its_begin_and_end(new_goald):
    goald = new_goald().start()
    goald.write_config(log_level="debug")
    goald.send_signal(signal.SIGHUP)
    assert int(goald.wait_notify("RELOADING", "1")["MONOTONIC_USEC"]) > 0
    goald.wait_ready()


def test_reload_names_what_needs_a_restart(new_goald):
    goald = new_goald().start()
    goald.write_config(realm="elsewhere")
    goald.reload()
    assert "changed only by a restart: realm" in goald.log()
    goald.goal("ping").ok()


def test_bad_reload_is_told_and_changes_nothing(new_goald):
    goald = new_goald().start()
    goald.write_config(write_queue="many")
    goald.reload()
    assert "write_queue: expected a whole number" in goald.log()
    assert goald.call("GetServerStatus")["writeQueueLimit"] == 10000


def test_reload_changes_a_limit(new_goald):
    goald = new_goald().start()
    goald.write_config(write_queue=77)
    goald.reload()
    assert goald.call("GetServerStatus")["writeQueueLimit"] == 77


def test_sigterm_tells_stopping_and_ends_all(new_goald):
    goald = new_goald().start()
    with goald.connect() as connection:
        connection.call("Ping")
        goald.send_signal(signal.SIGTERM)
        goald.wait_notify("STOPPING", "1")
        assert goald.wait() == 0
        assert connection.is_closed()
    assert goald.postmaster_pid() is None
    assert not list(goald.cluster.glob("postmaster.pid"))
    assert not goald.socket_path.exists()


def test_sigint_stops_as_sigterm_does(new_goald):
    goald = new_goald().start()
    goald.send_signal(signal.SIGINT)
    assert goald.wait() == 0


def submit_until_closed(connection, count):
    """Pipelines updates of ls:2.2 and returns the ids of those that were acknowledged."""
    acknowledged = []
    try:
        for n in range(count):
            connection.send_call("SubmitUpdate", {"strategy": "ls", "code": "2.2",
                                                  "note": f"note {n}"})
    except OSError:
        pass
    while (reply := connection.recv()) is not None:
        if "error" not in reply:
            acknowledged.append(reply["parameters"]["updateId"])
        if len(acknowledged) == count:
            break
    return acknowledged


def stored_updates(goald):
    replies = goald.stream("ListUpdates", strategy="ls", code="2.2")
    return {reply["update"]["id"] for reply in replies if reply.get("update")}


def interrupt_updates(goald, interrupt):
    """Interrupts goald amid a thousand updates; returns what it had acknowledged."""
    with goald.connect() as connection, concurrent.futures.ThreadPoolExecutor(1) as pool:
        connection.call("SubmitUpdate", strategy="ls", code="2.2", note="first")
        running = pool.submit(submit_until_closed, connection, 1000)
        interrupt()
        return running.result(timeout=60)


def test_sigterm_finishes_what_it_acknowledges(new_goald):
    goald = new_goald(empty=False).start()
    goald.grant(os.geteuid(), "manager", "ls")
    acknowledged = interrupt_updates(goald, goald.stop)
    goald.start()
    assert set(acknowledged) <= stored_updates(goald)


def test_kill_loses_no_acknowledged_update(new_goald):
    goald = new_goald(empty=False).start()
    goald.grant(os.geteuid(), "manager", "ls")
    acknowledged = interrupt_updates(goald, goald.kill)
    goald.start()
    assert set(acknowledged) <= stored_updates(goald)


def test_restart_after_kill_adopts_the_cluster(new_goald):
    goald = new_goald().start()
    postmaster = goald.postmaster_pid()
    assert postmaster
    goald.kill()
    assert goald.postmaster_pid() == postmaster
    goald.start()
    assert goald.postmaster_pid() == postmaster
    goald.goal("ping").ok()


def test_stale_pid_file_is_survived(new_goald):
    goald = new_goald().start()
    goald.kill()
    goald.stop_postmaster(signal.SIGKILL)
    goald.start()
    goald.goal("ping").ok()


def test_ended_postmaster_is_started_again(new_goald):
    goald = new_goald(empty=False).start()
    goald.grant(os.geteuid(), "manager", "ls")
    goald.stop_postmaster()

    def accepts_changes():
        try:
            goald.call("SubmitUpdate", strategy="ls", code="2.2", note="back again")
        except VarlinkError as error:
            assert error.name.split(".")[-1] in ("Unavailable", "OutcomeUnknown")
            return False
        return True

    wait_until(accepts_changes)


def test_second_goald_on_the_same_socket_is_refused(goald):
    result = goald.build.run_goald("--config", goald.config_file)
    assert result.code == 1
    assert "run/s" in result.stderr
    goald.goal("ping").ok()


def test_socket_left_behind_is_replaced(new_goald):
    goald = new_goald().start()
    goald.kill()
    assert goald.socket_path.exists()
    goald.start()
    goald.goal("ping").ok()


def test_state_directory_open_to_others_is_refused(new_goald):
    goald = new_goald()
    goald.state.chmod(0o777)
    goald.spawn()
    assert goald.wait() == 1
    assert "may be written by others" in goald.log()


@pytest.mark.root
def test_state_directory_of_another_is_refused(new_goald):
    goald = new_goald()
    os.chown(goald.state, STRANGER, STRANGER)
    goald.spawn()
    assert goald.wait() == 1
    assert "belongs to user number 54321" in goald.log()


@pytest.mark.root
def test_unknown_user_is_refused(new_goald):
    goald = new_goald(config={"user": "no-such-user"})
    goald.spawn()
    assert goald.wait() == 1
    assert "there is no user no-such-user" in goald.log()


# --- the log


def test_log_has_priorities_for_the_journal(new_goald):
    goald = new_goald().start(env={"GOALD_LOG": "journal"})
    goald.stop()
    ours = [line for line in goald.log().splitlines() if line.startswith("<")]
    assert ours
    assert all(line[1] in "01234567" and line[2] == ">" for line in ours)


# --- systemd


def test_server_status_tells_the_operator(goald):
    status = goald.call("GetServerStatus")
    assert status["database"] == "reachable"
    assert status["privateCluster"] is True
    assert status["schema"] >= 1
    assert {(line["event"], line["total"], line["month"]) for line in status["subscriptions"]} == {
        (event, 0, 0) for event in ("asked", "confirmed", "unsubscribed", "lapsed")}
    assert status["serverVersion"].startswith("15")
    assert status["pid"] == goald.process.pid


def test_server_command_shows_the_status(goald):
    text = goald.goal("server").ok()
    assert "reachable" in text


def test_socket_activation_serves_the_first_caller(new_goald):
    goald = new_goald()
    path = goald.folder / "activated"
    goald.spawn(wrapper=["systemd-socket-activate", "-l", path, "-E", "NOTIFY_SOCKET",
                         "-E", "ASAN_OPTIONS"])
    wait_until(path.exists)
    with Varlink(f"unix:{path}", timeout=60) as connection:
        assert connection.call("org.varlink.service.GetInfo")["vendor"]
    assert not goald.socket_path.exists()
    goald.stop()
    assert path.exists(), "the socket is systemd's, not goald's to remove"


def test_watchdog_is_fed(new_goald):
    goald = new_goald().start(env={"WATCHDOG_USEC": "200000"})
    goald.wait_notify("WATCHDOG", "1", timeout=10)


# How exposed each service may be, by systemd's own count of 0 to 100. Those that run sendmail must
# leave its set-ID bits alone, which rules out most of what else confines a service.
EXPOSURE = {"goald": 20, "goald-remind": 65, "goald-digest": 65}


def unit_files(build, folder):
    """The units as installed, but with the programs where this build has them."""
    for source in (TOP / "systemd").glob("*.[st]*"):
        text = source.read_text().replace("/usr/sbin/goald", str(build.goald))
        (folder / source.name).write_text(text.replace("/usr/bin/goal ", f"{build.goal} "))
    return sorted(path for path in folder.iterdir()
                  if path.suffix in (".service", ".socket", ".timer"))


def test_units_pass_systemd_analyze_verify(build, tmp_path):
    units = unit_files(build, tmp_path)
    assert len(units) == 6
    done = subprocess.run(["systemd-analyze", "verify", *units],
                          capture_output=True, text=True, env=clean_environment())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", EXPOSURE)
def test_service_is_well_confined(build, tmp_path, name):
    unit_files(build, tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE[name]}",
         "--no-pager", tmp_path / f"{name}.service"],
        capture_output=True, text=True, env=clean_environment())
    assert done.returncode == 0, done.stdout


def settings(name):
    """(name, value) of a unit's settings."""
    lines = (TOP / "systemd" / name).read_text().splitlines()
    return [tuple(line.split("=", 1)) for line in lines if line[:1].isalpha()]


@pytest.mark.parametrize("name", ["goald-remind.service", "goald-digest.service"])
def test_sendmail_keeps_its_set_id_bits(name):
    """systemd.exec(5), NoNewPrivileges=: these settings imply it where there is a User=."""
    implying = ("NoNewPrivileges", "DynamicUser", "LockPersonality", "MemoryDenyWriteExecute",
                "PrivateDevices", "PrivateUsers", "ProtectClock", "ProtectHostname",
                "ProtectKernel", "Restrict", "SystemCall")
    assert [setting for setting, _ in settings(name) if setting.startswith(implying)] == []


@pytest.mark.parametrize("name, times", [("remind", 5), ("digest", 12 * 24 * 7)])
def test_timer_starts_so_often_a_week(name, times):
    timer = dict(settings(f"goald-{name}.timer"))
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--base-time=2023-12-31 23:59:59 UTC",
         f"--iterations={times + 1}", f"{timer['OnCalendar']} UTC"],
        capture_output=True, text=True, check=True, env=clean_environment(TZ="UTC"))
    starts = [line.split()[-3] for line in done.stdout.splitlines()
              if "elapse: " in line or "Iter. #" in line]
    assert starts[times - 1] < "2024-01-08" <= starts[times]
    assert timer["Persistent"] == "true"


@pytest.mark.root
def test_sysusers_and_tmpfiles_make_user_and_folders(tmp_path):
    (tmp_path / "etc").mkdir()
    for tool, file in (("systemd-sysusers", "goald.sysusers"),
                       ("systemd-tmpfiles --create", "goald.tmpfiles")):
        subprocess.run([*tool.split(), f"--root={tmp_path}", TOP / "systemd" / file], check=True,
                       capture_output=True, env=clean_environment())
    lines = (tmp_path / "etc" / "passwd").read_text().splitlines()
    users = {line.split(":")[0]: int(line.split(":")[2]) for line in lines}
    state = (tmp_path / "var/lib/goald").stat()
    assert (state.st_uid, state.st_mode & 0o7777) == (users["goald"], 0o700)
    assert users["goald-mail"] != users["goald"]
    assert (tmp_path / "run/goald").stat().st_mode & 0o7777 == 0o755


def test_service_starts_the_socket_of_the_default_address():
    example = (TOP / "systemd" / "goald.conf").read_text()
    listen = (TOP / "systemd" / "goald.socket").read_text()
    path = next(line for line in listen.splitlines() if line.startswith("ListenStream="))
    assert f"#address = unix:{path.split('=')[1]}\n" in example


def test_get_info_names_the_interfaces(goald):
    info = goald.call("org.varlink.service.GetInfo")
    assert "io.goald.Tracker" in info["interfaces"]
    assert info["version"] in goald.build.run_goald("--version").ok()


def test_socat_gets_an_answer(goald):
    done = subprocess.run(
        ["socat", "-t5", "-", f"UNIX-CONNECT:{goald.socket_path}"], capture_output=True,
        input=b'{"method":"org.varlink.service.GetInfo"}\0', timeout=30, check=True)
    assert done.stdout.endswith(b"\0")
    assert "parameters" in json.loads(done.stdout[:-1])
