"""Runs goald and goal for the tests: one folder per daemon, readiness and reloads by sd_notify.

As root the daemons run as DAEMON_USER, whom PostgreSQL accepts; otherwise as who runs the tests.
"""

import dataclasses
import os
import pathlib
import pwd
import queue
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

from varlink import Varlink, VarlinkError

TOP = pathlib.Path(__file__).resolve().parents[2]
DATA = TOP / "tests" / "data"
IS_ROOT = os.geteuid() == 0
DAEMON_USER = "postgres" if IS_ROOT else pwd.getpwuid(os.geteuid()).pw_name
# Local users; no account is theirs until a test makes one. They need no entry in /etc/passwd.
STRANGER, CONTRIBUTOR, MANAGER, AUDITOR, REMINDER = range(54321, 54326)
START_TIMEOUT = 60
STOP_TIMEOUT = 60
SANITIZER = re.compile(r"(ERROR: \w+Sanitizer|runtime error:).*")


def clean_environment(**more):
    kept = ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TMPDIR")
    base = {name: os.environ[name] for name in kept if name in os.environ}
    return {"LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **base, **more}


def wait_until(condition, timeout=STOP_TIMEOUT):
    """Looks until condition() is true; for what sends no event."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s"
        time.sleep(0.02)


@dataclasses.dataclass
class Result:
    returncode: int
    stdout: str
    stderr: str

    @property
    def code(self):
        return self.returncode

    def ok(self):
        """The output of what must have worked."""
        assert self.returncode == 0, self
        return self.stdout


@dataclasses.dataclass
class Build:
    """Where the programs are: copies, so that other users can run them wherever the build is."""

    folder: pathlib.Path

    @property
    def goald(self):
        return self.folder / "goald"

    @property
    def goal(self):
        return self.folder / "goal"

    def run_goal(self, *args, address=None, uid=None, stdin="", env=None, timeout=60):
        extra = {"GOAL_ADDRESS": address} if address else {}
        who = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        done = subprocess.run(
            [self.goal, *map(str, args)], input=stdin, capture_output=True, text=True,
            timeout=timeout, env=clean_environment(**extra, **(env or {})), cwd=TOP, **who)
        assert not SANITIZER.search(done.stderr), done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def run_goald(self, *args, env=None, timeout=60):
        done = subprocess.run(
            [self.goald, *map(str, args)], capture_output=True, text=True, timeout=timeout,
            stdin=subprocess.DEVNULL, env=clean_environment(**(env or {})))
        assert not SANITIZER.search(done.stderr), done.stderr
        return Result(done.returncode, done.stdout, done.stderr)


class NotifySocket:
    """Receives sd_notify messages; only those of the daemon itself count. A thread reads them all,
    for the kernel keeps but a few, and who sends one more waits."""

    def __init__(self, path):
        self.path = path
        path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(str(path))
        path.chmod(0o666)
        self.messages = queue.SimpleQueue()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while True:
            data, control, _, _ = self.socket.recvmsg(8192, socket.CMSG_SPACE(12))
            if not control:
                return
            self.messages.put((struct.unpack("iII", control[0][2])[0], data))

    def close(self):
        self.socket.shutdown(socket.SHUT_RD)
        self.thread.join(5)
        self.socket.close()
        self.path.unlink(missing_ok=True)

    def receive(self, timeout):
        """(pid, {name: value}) of the next message; None if there is none in time."""
        try:
            pid, data = self.messages.get(timeout=max(timeout, 0.001))
        except queue.Empty:
            return None
        lines = data.decode().splitlines()
        return pid, dict(line.split("=", 1) for line in lines if "=" in line)


class Daemon:
    """A goald in a folder of its own: config file, log, state, socket."""

    Error = VarlinkError
    stranger, contributor, manager, auditor, reminder = (
        STRANGER, CONTRIBUTOR, MANAGER, AUDITOR, REMINDER)

    def __init__(self, build, folder, config=None, template=None):
        self.build = build
        self.folder = folder
        self.folder.mkdir(mode=0o755)
        self.config_file = folder / "goald.conf"
        self.log_file = folder / "goald.log"
        self.state = folder / "state"
        self.socket_path = folder / "run" / "s"
        self.address = f"unix:{self.socket_path}"
        self.config = {"address": self.address, "state_directory": str(self.state),
                       "user": DAEMON_USER, **(config or {})}
        self.notify = NotifySocket(folder / "notify")
        self.process = None
        self.status = ""
        if template:
            subprocess.run(["cp", "-a", "--reflink=auto", template, self.state], check=True)

    # --- its life

    def write_config(self, **changes):
        """Changes keys of the config file; None takes one out."""
        self.config = {key: value for key, value in {**self.config, **changes}.items()
                       if value is not None}
        lines = [f"{key} = {value}\n" for key, value in self.config.items()]
        self.config_file.write_text("[goald]\n" + "".join(lines))

    def spawn(self, *args, wrapper=(), env=None):
        """Starts the process and returns at once."""
        assert not self.is_running()
        self.write_config()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, self.build.goald, "--config", self.config_file, *args],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env=clean_environment(NOTIFY_SOCKET=str(self.notify.path), **(env or {})))

    def start(self, *args, **kwargs):
        self.spawn(*args, **kwargs)
        self.wait_ready()
        return self

    def wait_notify(self, name, value=None, timeout=START_TIMEOUT):
        """Waits for the daemon to send NAME (=VALUE), and returns the whole message."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            received = self.notify.receive(min(left, 0.5))
            if received and received[0] == self.process.pid:
                message = received[1]
                self.status = message.get("STATUS", self.status)
                if name in message and value in (None, message[name]):
                    return message
            elif received is None and self.process.poll() is not None:
                raise AssertionError(f"goald ended with {self.process.returncode}\n{self.log()}")
        raise AssertionError(f"no {name} from goald in {timeout} s\n{self.log()}")

    def wait_ready(self):
        self.wait_notify("READY", "1")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=STOP_TIMEOUT):
        """Its exit code; negative for a signal."""
        return self.process.wait(timeout)

    def stop(self):
        """SIGTERM, and a clean end."""
        self.send_signal(signal.SIGTERM)
        code = self.wait()
        assert code == 0, f"goald ended with {code}\n{self.log()}"

    def kill(self):
        """SIGKILL: its PostgreSQL runs on."""
        self.send_signal(signal.SIGKILL)
        self.wait()

    def reload(self):
        self.send_signal(signal.SIGHUP)
        self.wait_notify("RELOADING", "1")
        self.wait_ready()

    def restart(self):
        self.stop()
        self.start()

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def close(self):
        """Ends all that runs in the folder and removes it; the log must be without reports."""
        try:
            if self.is_running():
                self.stop()
            found = SANITIZER.search(self.log())
            assert not found, self.log()
        finally:
            if self.is_running():
                self.kill()
            self.stop_postmaster()
            self.notify.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- its PostgreSQL

    @property
    def cluster(self):
        """The data folder of its private cluster."""
        return next((self.state / "postgresql").glob("*/PG_VERSION")).parent

    def postmaster_lines(self):
        pid_files = list(self.state.glob("postgresql/*/postmaster.pid"))
        return pid_files[0].read_text().splitlines() if pid_files else []

    def postmaster_pid(self):
        """The process number of the running postmaster, or None."""
        lines = self.postmaster_lines()
        if not lines:
            return None
        try:
            folder = os.readlink(f"/proc/{int(lines[0])}/cwd")
        except OSError:
            return None
        return int(lines[0]) if folder.startswith(str(self.state)) else None

    def stop_postmaster(self, number=signal.SIGINT, timeout=STOP_TIMEOUT):
        """Ends the postmaster behind goald's back; SIGINT is a fast shutdown."""
        pid = self.postmaster_pid()
        if pid is None:
            return
        process = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(process, number)
            wait_until(lambda: self.postmaster_pid() != pid, timeout)
        finally:
            os.close(process)

    def psql(self, sql, database="goald", role="goald_owner"):
        """The rows of a query as lists of texts, asked as the cluster's superuser."""
        lines = self.postmaster_lines()
        prefix = ["runuser", "-u", DAEMON_USER, "--"] if IS_ROOT else []
        done = subprocess.run(
            [*prefix, "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\x1f", "-h", lines[4],
             "-p", lines[3], "-U", role, "-d", database, "-c", sql],
            capture_output=True, text=True, env=clean_environment(), cwd="/", timeout=60)
        assert done.returncode == 0, done.stderr
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    # --- its clients

    def connect(self, uid=None, **kwargs):
        return Varlink(self.address, uid=uid, **kwargs)

    def call(self, method, as_uid=None, **parameters):
        """One call on a connection of its own, by another user if as_uid is given."""
        with self.connect(uid=as_uid) as connection:
            return connection.call(method, **parameters)

    def stream(self, method, as_uid=None, **parameters):
        with self.connect(uid=as_uid) as connection:
            return connection.stream(method, **parameters)

    def grant(self, uid, role, strategy=None):
        """Makes an account for the user, if there is none, and gives it a role."""
        try:
            self.call("AddAccount", uid=uid)
        except VarlinkError as error:
            assert error.name.endswith(".AlreadyExists"), error
        self.call("GrantRole", uid=uid, role=role, strategy=strategy)

    def goal(self, *args, **kwargs):
        return self.build.run_goal(*args, address=self.address, **kwargs)
