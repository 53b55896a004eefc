"""The servers to measure, each ended by whoever made it: PostgreSQL with default durability, Redis
without persistence, and goald on a database of that PostgreSQL. All run as the same user, with Unix
sockets only. What each has used of the processors is read from /proc.
"""

import json
import os
import pathlib
import signal
import subprocess
import time

from database import Postgres, children
from harness import Daemon, clean_environment, wait_until

READY_TIMEOUT = 600
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pid, reaped=False):
    """Seconds of processor time; with `reaped` also those of its children that have ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ends before or while this is read
        return 0.0
    fields = text.rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15 if reaped else 13])) / TICKS


def resident_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"no VmRSS of {pid}")


def settled_bytes(pid):
    """The resident memory once it stands still."""
    last = resident_bytes(pid)
    for _ in range(20):
        time.sleep(0.25)
        now = resident_bytes(pid)
        if now == last:
            break
        last = now
    return last


class Server(Postgres):
    """PostgreSQL as initdb sets it up, with checksums as goald's private cluster has them; only the
    number of connections and the socket differ from the defaults. `closing`, an exit stack, stops
    it."""

    def __init__(self, folder, closing):
        self.closing = closing
        super().__init__(folder)

    def make(self):
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "tester", "-E", "UTF8",
                 "--locale=C", "--data-checksums")
        self.start()
        self.psql("CREATE ROLE goald_owner LOGIN", "postgres", "tester")
        self.psql("CREATE ROLE goald LOGIN", "postgres", "tester")

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, "-k", self.folder, "-c",
                 "listen_addresses=", "-c", "max_connections=200"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env=clean_environment(), **self.who())
        self.closing.callback(self.stop)
        wait_until(lambda: subprocess.run(
            [self.bin / "pg_isready", "-q", "-h", self.folder]).returncode == 0)
        return self

    def create(self, database):
        self.psql(f"CREATE DATABASE {database} OWNER goald_owner", "postgres", "tester")

    def copy(self, database, source, role="tester"):
        """Makes `database` from a dump of `source`, which may be in use."""
        self.create(database)
        common = ["-h", self.folder, "-U", role]
        dump = subprocess.Popen([self.bin / "pg_dump", *common, source], stdout=subprocess.PIPE,
                                env=clean_environment(), cwd="/")
        load = subprocess.run(
            [self.bin / "psql", *common, "-Xq", "-v", "ON_ERROR_STOP=1", "-d", database],
            stdin=dump.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=clean_environment(), cwd="/")
        dump.stdout.close()
        if dump.wait() != 0 or load.returncode != 0:
            raise RuntimeError(f"copying {source} failed: {load.stderr}")
        self.psql("VACUUM ANALYZE", database)

    def timed_psql(self, database, *commands):
        """Seconds that psql takes over the commands, as a whole process; output is dropped."""
        args = [word for command in commands for word in ("-c", command)]
        begin = time.monotonic()
        done = subprocess.run(
            [self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "tester",
             "-d", database, *args],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=clean_environment(),
            cwd="/")
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return time.monotonic() - begin

    def cpu(self):
        """Backends that have ended count: the postmaster has reaped them."""
        pid = self.process.pid
        return cpu_of(pid, reaped=True) + sum(map(cpu_of, children(pid)))


class Redis:
    """A Redis that keeps nothing; `closing`, an exit stack, stops it."""

    def __init__(self, folder, closing):
        self.folder = folder
        folder.mkdir(mode=0o755)
        self.socket_path = folder / "s"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket_path, "--unixsocketperm",
             "777", "--save", "", "--appendonly", "no", "--logfile", "", "--daemonize", "no"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=folder, env=clean_environment())
        closing.callback(self.stop)
        wait_until(self.socket_path.exists)

    @property
    def pid(self):
        return self.process.pid

    def command(self, *words, stdin=""):
        done = subprocess.run(["redis-cli", "-s", self.socket_path, *words], input=stdin,
                              capture_output=True, text=True, env=clean_environment(), timeout=60)
        if done.returncode != 0 or "ERR" in done.stdout:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def fill(self, sizes):
        """Keys k0, k1 … with values of the sizes given."""
        self.command("FLUSHALL")
        self.command(stdin="".join(f"SET k{i} {'v' * size}\n" for i, size in enumerate(sizes)))

    def fill_list(self, sizes):
        """The list l with values of the sizes given."""
        self.command("FLUSHALL")
        self.command(stdin="".join(f"RPUSH l {'v' * size}\n" for size in sizes))

    def cpu(self):
        return cpu_of(self.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


class Goald(Daemon):
    """A goald on one database of the server; stopped and started again at will."""

    def __init__(self, build, folder, server, database):
        info = f"host={server.folder} dbname={database} user="
        super().__init__(build, folder, {
            "database": info + "goald", "owner_database": info + "goald_owner",
            "max_connections_per_user": 20000, "max_connections": 20000, "import_limit": "1024M",
            "query_timeout": "600s", "wait_timeout": "60s"})
        self.server, self.database = server, database

    @property
    def pid(self):
        return self.process.pid

    def start_timed(self):
        """Seconds from the start of the process until it is ready: all strategies are loaded."""
        begin = time.monotonic()
        self.spawn()
        self.wait_notify("READY", "1", READY_TIMEOUT)
        return time.monotonic() - begin

    def stop(self):
        """One that does not end, because it is at work on what a row gave up, is killed."""
        try:
            super().stop()
        except subprocess.TimeoutExpired:
            self.kill()

    def own_cpu(self):
        return cpu_of(self.pid)

    def cpu(self):
        """With what PostgreSQL does for it, and for nobody else while this is measured."""
        return self.own_cpu() + self.server.cpu()

    def load_document(self, path):
        """Seconds that `goal import` takes as a whole process."""
        begin = time.monotonic()
        done = self.goal("import", path, "--json", "--timeout", READY_TIMEOUT,
                         timeout=READY_TIMEOUT + 30)
        took = time.monotonic() - begin
        if done.code != 0:
            raise RuntimeError(f"goal import: {done.stderr.strip()}")
        return took, json.loads(done.stdout)["added"]
