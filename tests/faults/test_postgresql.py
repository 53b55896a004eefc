"""PostgreSQL ends, breaks off, stands still or has no room while many clients make changes."""

import contextlib
import os
import random
import shutil
import signal
import subprocess

import pytest

from audit import audit, heads
from callers import Load
from database import Postgres, paused
from harness import DAEMON_USER, IS_ROOT, wait_until
from settings import SEED, SHORT_LIMITS, times

BLOCK = 4096
REFUSALS = ("Unavailable", "OutcomeUnknown")


def test_postgresql_stopped_at_once_loses_and_doubles_nothing(server, on):
    goald = on(server)
    before, stops = heads(server), times(2, 30)
    rng = random.Random(SEED)
    with Load(goald) as load:
        for _ in range(stops):
            load.wait(rng.randint(1, 150))
            server.stop(signal.SIGQUIT)
            load.ending.wait(rng.uniform(0, 0.5))
            server.start()
        load.wait(1)
    audit("PostgreSQL stopped immediate", server, load, before, [goald, on(server)],
          {"stops": stops})


def test_terminated_backends_lose_and_double_nothing(server, on):
    goald = on(server)
    before, rounds = heads(server), times(20, 300)
    rng = random.Random(SEED)
    ended = 0
    with Load(goald) as load:
        for _ in range(rounds):
            load.wait(rng.randint(1, 20))
            ended += server.terminate(rng.choice(("true", "state = 'active'", "random() < 0.5")))
        load.wait(1)
    assert ended >= rounds
    audit("backends terminated", server, load, before, [goald, on(server)],
          {"rounds": rounds, "terminated": ended})


# --- it stands still, or a connection does


def test_postgresql_that_stands_still_loses_and_doubles_nothing(server, on):
    goald = on(server, **SHORT_LIMITS)
    before, stalls = heads(server), times(2, 15)
    with Load(goald) as load:
        for _ in range(stalls):
            load.wait(20)
            with paused(server.process.pid):
                load.wait_outcome(REFUSALS, count=20)
        load.wait(1)
    audit("PostgreSQL stands still", server, load, before, [goald, on(server)],
          {"stalls": stalls})


@pytest.mark.parametrize("how", ["answers", "requests"])
def test_connections_that_die_silently_lose_and_double_nothing(server, on, line, how):
    path = line()
    goald = on(server, host=path.folder, **{**SHORT_LIMITS, "in_doubt_timeout": "15s"})
    before, deaths = heads(server), times(2, 15)
    rng = random.Random(SEED)
    with Load(goald) as load:
        for number in range(1, deaths + 1):
            load.wait(rng.randint(1, 100))
            path.freeze(how)
            wait_until(lambda: path.cuts >= number)
            load.wait(20)
            path.thaw()
        load.wait(1)
    audit(f"connections die silently ({how} do not arrive)", server, load, before,
          [goald, on(server)], {"deaths": deaths})


# --- it has no room


class Disk:
    """A small file system of its own, in memory."""

    def __init__(self, folder, size):
        self.folder, self.filler, self.size = folder, folder / "filler", size
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder],
                       check=True, capture_output=True)

    def fill(self):
        """To the last block, even while others write."""
        with open(self.filler, "ab") as file, contextlib.suppress(OSError):
            for at in range(0, self.size, BLOCK):
                os.posix_fallocate(file.fileno(), at, BLOCK)

    def make_room(self):
        self.filler.unlink()

    def close(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(tmp_path):
    """Makes small disks; skips where that is not allowed."""
    disks = []

    def make(size):
        try:
            disks.append(Disk(tmp_path / f"disk{len(disks)}", size))
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            pytest.skip(f"a tmpfs cannot be mounted here: {getattr(error, 'stderr', error)}")
        return disks[-1]

    yield make
    for each in disks:
        each.close()


def move(folder, disk):
    """The folder is on the disk from now on."""
    place = disk.folder / folder.name
    subprocess.run(["cp", "-a", folder, place], check=True)
    shutil.rmtree(folder)
    folder.symlink_to(place)


@contextlib.contextmanager
def server_on(small, name, place, template, settings=""):
    """A server that has one folder of its data on a small disk."""
    server = Postgres(place / "pg", template)
    with open(server.data / "postgresql.conf", "a") as file:
        file.write(settings)
    shutil.chown(small.folder, DAEMON_USER)
    move(server.data / name, small)
    try:
        yield server.start()
    finally:
        server.stop(signal.SIGQUIT)


@pytest.mark.skipif(not IS_ROOT, reason="only root may mount a small disk")
def test_disk_that_is_full_refuses_and_goes_on_when_there_is_room(server_template, on, tmp_path,
                                                                  disk):
    """The tables' disk: what needs room there is rolled back."""
    small = disk(200 << 20)
    with server_on(small, "base", tmp_path, server_template) as server:
        goald = on(server)
        before, times_full = heads(server), times(1, 8)
        with Load(goald) as load:
            for _ in range(times_full):
                load.wait(20)
                small.fill()
                load.wait_outcome(("Unavailable",), count=20)
                small.make_room()
                load.wait(20)
        audit("disk full", server, load, before, [goald, on(server)], {"full": times_full})
        assert "No space left on device" in goald.log()


@pytest.mark.skipif(not IS_ROOT, reason="only root may mount a small disk")
def test_disk_of_the_log_that_is_full_loses_and_doubles_nothing(server_template, on, tmp_path,
                                                                disk):
    """PostgreSQL breaks off when its write-ahead log has no room."""
    small = disk(200 << 20)
    with server_on(small, "pg_wal", tmp_path, server_template,
                   "max_wal_size = 64MB\nmin_wal_size = 32MB\n") as server:
        goald = on(server)
        before, times_full = heads(server), times(1, 8)
        with Load(goald) as load:
            for _ in range(times_full):
                load.wait(20)
                small.fill()
                wait_until(lambda: isinstance(
                    server.psql("SELECT pg_switch_wal()", "postgres", check=False), str))
                load.wait_outcome(REFUSALS, count=10)
                small.make_room()
                server.stop(signal.SIGQUIT)
                server.start()
                load.wait(20)
        audit("disk of the log full", server, load, before, [goald, on(server)],
              {"full": times_full})
        assert "PANIC" in (server.folder / "log").read_text()
