"""What the tests of the database side need: a PostgreSQL of their own, a proxy before it that cuts
connections, a caller who may change everything, and the journal verified by other code than
goald's.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import uuid

from harness import DAEMON_USER, IS_ROOT, clean_environment, wait_until

STATE_TABLES = {"strategy": "strategy", "node": "node", "link": "link",
                "contribution": "contribution", "group": '"group"', "membership": "membership",
                "aim": "aim", "assignment": "assignment", "update": "progress_update",
                "closing": "closing", "organisation": "organisation", "person": "person",
                "contact": "contact", "affiliation": "affiliation", "account": "account",
                "role_grant": "role_grant", "relation": "relation", "review": "review",
                "decision": "decision", "draft": "draft", "observation": "observation",
                "reminder_rule": "reminder_rule", "nudge": "nudge", "calendar": "calendar"}


def make_manager(goald, uid=None):
    """Gives a user (who runs the tests) an account and the manager's role on ls."""
    uid = os.geteuid() if uid is None else uid
    goald.call("AddAccount", uid=uid)
    goald.call("GrantRole", uid=uid, role="manager", strategy="ls")


def new_id():
    return str(uuid.uuid4())


def submit(goald, code="2.2", **parameters):
    return goald.call("SubmitUpdate", strategy="ls", code=code, **parameters)


def error_of(goald, method, **parameters):
    """(short name, parameters) of the error that a call gets."""
    try:
        reply = goald.call(method, **parameters)
    except goald.Error as error:
        return error.name.rsplit(".", 1)[-1], error.parameters
    raise AssertionError(f"{method} was accepted: {reply}")


def try_call(goald, method, **parameters):
    """The reply, or the short name of the error."""
    try:
        return goald.call(method, **parameters)
    except goald.Error as error:
        return error.name.rsplit(".", 1)[-1]


# --- the journal


def journal(database, strategy=1):
    """The rows of a journal, as objects of texts; `database` is what has psql()."""
    names = ("seq", "time", "account", "request", "digest", "entity", "action", "id", "payload",
             "prev", "hash")
    rows = database.psql(
        "SELECT seq, to_char(\"time\" AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
        " account_id, coalesce(request_id::text, ''), coalesce(encode(request_digest, 'hex'), ''),"
        " entity, action, entity_id, encode(convert_to(payload, 'UTF8'), 'hex'),"
        " encode(prev_hash, 'hex'), encode(hash, 'hex')"
        f" FROM goald.journal WHERE strategy_id = {strategy} ORDER BY seq")
    entries = [dict(zip(names, row)) for row in rows]
    for entry in entries:
        entry["payload"] = bytes.fromhex(entry["payload"]).decode()
    return entries


def verify_chain(database, strategy=1):
    """Recomputes the whole chain of a journal and compares it with the rows and with the head."""
    rows = journal(database, strategy)
    prev = hashlib.sha256(b"").digest()
    last_time = ""
    for number, row in enumerate(rows, 1):
        assert int(row["seq"]) == number, "the numbers have a gap"
        assert row["time"] >= last_time, f"time goes back at {number}"
        last_time = row["time"]
        assert row["prev"] == prev.hex(), f"entry {number} follows another one"
        head = "".join(f"{text}\n" for text in (
            strategy, row["seq"], row["time"], row["account"], row["request"], row["digest"],
            row["entity"], row["action"], row["id"]))
        prev = hashlib.sha256(prev + head.encode() + row["payload"].encode()).digest()
        assert row["hash"] == prev.hex(), f"entry {number} has another hash"
    head = database.psql(
        f"SELECT seq, encode(hash, 'hex') FROM goald.chain WHERE strategy_id = {strategy}")
    assert head == [[str(len(rows)), prev.hex()]]
    return rows


def verify_state(database, strategy=1):
    """The live rows of the state tables are those that the journal's payloads say."""
    expected = {entity: {} for entity in STATE_TABLES}
    for row in journal(database, strategy):
        payload = json.loads(row["payload"])
        live = expected[row["entity"]]
        if row["action"] == "end":
            del live[int(row["id"])]
        else:
            live[int(row["id"])] = (int(row["seq"]), payload)
    for entity, table in STATE_TABLES.items():
        rows = database.psql(
            f"SELECT encode(convert_to(to_jsonb(t)::text, 'UTF8'), 'hex') FROM goald.{table} t"
            f" WHERE strategy_id = {strategy} AND seq_to IS NULL")
        found = {row["id"]: row for row in (json.loads(bytes.fromhex(row[0])) for row in rows)}
        assert found.keys() == expected[entity].keys(), entity
        for number, (seq, payload) in expected[entity].items():
            row = found[number]
            assert row["seq_from"] == seq
            differing = {key: value for key, value in payload.items()
                         if key != "digest" and row[key] != value}
            assert differing == {}, f"{entity} {number}: {differing} is not in {row}"


def journal_count(database, strategy=1):
    return int(database.psql(
        f"SELECT count(*) FROM goald.journal WHERE strategy_id = {strategy}")[0][0])


# --- processes


def children(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in path.read_text().split()] if path.exists() else []


@contextlib.contextmanager
def paused(postmaster):
    """PostgreSQL stands still: the postmaster and all that it started."""
    stopped = []
    try:
        os.kill(postmaster, signal.SIGSTOP)
        stopped.append(postmaster)
        for child in children(postmaster):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGSTOP)
                stopped.append(child)
        yield
    finally:
        for pid in reversed(stopped):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


class Postgres:
    """A PostgreSQL server in a folder, on a Unix socket there, with the database goald and the
    roles goald_owner and goald."""

    def __init__(self, folder, template=None):
        self.folder = folder
        self.data = folder / "data"
        self.process = None
        bins = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"),
                      key=lambda path: int(path.parent.name))
        self.bin = bins[-1]
        folder.mkdir(mode=0o755, exist_ok=True)
        if IS_ROOT:
            shutil.chown(folder, DAEMON_USER)
        if template:
            subprocess.run(["cp", "-a", "--reflink=auto", template, self.data], check=True)
        else:
            self.make()

    def make(self):
        self.run("initdb", "-D", self.data, "-A", "trust", "-U", "tester", "-E", "UTF8",
                 "--locale=C", "-N")
        self.start()
        self.psql("CREATE ROLE goald_owner LOGIN", "postgres", "tester")
        self.psql("CREATE ROLE goald LOGIN", "postgres", "tester")
        self.psql("CREATE DATABASE goald OWNER goald_owner", "postgres", "tester")

    def who(self):
        return {"user": DAEMON_USER, "group": DAEMON_USER, "extra_groups": []} if IS_ROOT else {}

    def run(self, program, *args):
        subprocess.run([self.bin / program, *args], check=True, capture_output=True, cwd="/",
                       env=clean_environment(), **self.who())

    def start(self):
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, "-k", self.folder, "-c",
                 "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env=clean_environment(), **self.who())
        wait_until(lambda: subprocess.run(
            [self.bin / "pg_isready", "-q", "-h", self.folder]).returncode == 0)
        return self

    def stop(self, number=signal.SIGINT):
        if not self.process:
            return
        started = children(self.process.pid)
        self.process.send_signal(number)
        self.process.wait(60)
        self.process = None
        wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in started))

    def conninfo(self, role="goald", host=None):
        return f"host={host or self.folder} dbname=goald user={role}"

    def config(self, **more):
        """The configuration of a goald on this server that may migrate it."""
        return {"database": self.conninfo(), "owner_database": self.conninfo("goald_owner"), **more}

    def psql(self, sql, database="goald", role="tester", check=True):
        """The rows as lists of texts; without `check` the error's text if there is one."""
        done = subprocess.run(
            [self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\x1f", "-h", self.folder,
             "-U", role, "-d", database, "-c", sql],
            capture_output=True, text=True, env=clean_environment(), cwd="/", timeout=60)
        if not check and done.returncode != 0:
            return done.stderr
        assert done.returncode == 0, done.stderr
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def terminate(self, where="true"):
        """Ends backends of goald's; how many."""
        return int(self.psql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            f" WHERE usename = 'goald' AND {where}", "postgres")[0][0])


# --- a proxy


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.buffer = b""
        self.started = self.writing = False

    def close(self):
        for end in (self.client, self.server):
            with contextlib.suppress(KeyError, ValueError):
                self.proxy.selector.unregister(end)
            end.close()
        self.proxy.links.discard(self)

    def messages(self):
        """The client's messages that are there whole; the first has no type."""
        while True:
            head = 1 if self.started else 0
            if len(self.buffer) < head + 4:
                return
            size = head + struct.unpack("!I", self.buffer[head:head + 4])[0]
            if len(self.buffer) < size:
                return
            message, self.buffer = self.buffer[:size], self.buffer[size:]
            yield b"" if not self.started else message[:1], message
            self.started = True


class Proxy(threading.Thread):
    """Passes connections on to a PostgreSQL server, and cuts them when it is told to.

    cut = "before": the connection that sends a batch is cut before the commit reaches the server;
    "after": once the server has committed, before it is told. `then_down`: with the cut nobody is
    let in any more until up() is called. `mark`: what a statement's name has in it by which a batch
    (a change's, if nothing is said) is known.
    """

    def __init__(self, folder, server):
        super().__init__(daemon=True)
        folder.mkdir(mode=0o755)
        self.folder, self.server_path = folder, str(server / ".s.PGSQL.5432")
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        os.chmod(folder / ".s.PGSQL.5432", 0o666)
        self.listener.listen(100)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.links = set()
        self.cut, self.then_down, self.is_down, self.cuts = None, False, False, 0
        self.mark = b"advance"
        self.running = True
        self.start()

    def close(self):
        self.running = False
        self.join(10)
        for link in list(self.links):
            link.close()
        self.listener.close()
        self.selector.close()

    def arm(self, cut, then_down=False, mark=b"advance"):
        self.then_down, self.mark, self.cut = then_down, mark, cut

    def up(self):
        self.is_down = False

    def run(self):
        while self.running:
            for key, _ in self.selector.select(0.05):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.data in self.links:
                    self.pass_on(key.data, key.fileobj)
            if self.is_down:
                for link in list(self.links):
                    link.close()

    def accept(self):
        client, _ = self.listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            if self.is_down:
                raise ConnectionError
            server.connect(self.server_path)
        except OSError:
            client.close()
            server.close()
            return
        link = Link(self, client, server)
        self.links.add(link)
        self.selector.register(client, selectors.EVENT_READ, link)
        self.selector.register(server, selectors.EVENT_READ, link)

    def pass_on(self, link, end):
        try:
            data = end.recv(1 << 16)
            if not data:
                link.close()
            elif end is link.server:
                link.client.sendall(data)
            else:
                link.buffer += data
                self.pass_messages(link)
        except OSError:
            link.close()

    def pass_messages(self, link):
        for kind, message in link.messages():
            link.writing |= kind in (b"P", b"B") and self.mark in message[:64]
            if kind == b"S" and link.writing:
                link.writing = False
                if self.cut:
                    self.cut_now(link, message)
                    return
            link.server.sendall(message)

    def cut_now(self, link, sync):
        cut, self.cut = self.cut, None
        if cut == "after":
            link.server.sendall(sync)
            link.server.settimeout(10)
            answer = b""
            while b"Z\0\0\0\5" not in answer:
                answer += link.server.recv(1 << 16)
        self.is_down = self.then_down
        link.close()
        self.cuts += 1


def hammer(goald, count, connections, code="2.2", collect=None, percent=None):
    """Submits updates over several connections at a time; the acknowledged replies.

    What is refused or lost ends that connection's part, unless `collect` is given, which is
    called with each error's short name and lets it go on.
    """
    acknowledged, lock = [], threading.Lock()

    def run(number):
        with contextlib.suppress(ConnectionError, OSError), goald.connect(timeout=90) as caller:
            for n in range(count):
                try:
                    reply = caller.call("SubmitUpdate", strategy="ls", code=code,
                                        note=f"{number}-{n}", requestId=new_id(),
                                        **({"percent": percent} if percent is not None else {}))
                except goald.Error as error:
                    if collect is None:
                        return
                    collect(error.name.rsplit(".", 1)[-1])
                    continue
                with lock:
                    acknowledged.append({**reply, "note": f"{number}-{n}"})

    threads = [threading.Thread(target=run, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(180)
    return acknowledged


@contextlib.contextmanager
def repeating(action, interval):
    """Does something over and over beside the test."""
    stop = threading.Event()

    def run():
        while not stop.wait(interval):
            action()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


def wait_seq(goald, seq, timeout=10):
    """Until a goald has followed ls up to an entry; how long that took."""
    begin = time.monotonic()
    wait_until(lambda: goald.call("GetStatus", strategy="ls")["seq"] >= seq, timeout)
    return time.monotonic() - begin
