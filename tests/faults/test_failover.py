"""A primary with a streaming standby ends at once while clients of two goalds make changes, and the
standby is promoted."""

import shutil
import signal

import pytest

from audit import audit, heads
from callers import Load
from database import Postgres
from harness import wait_until
from links import Line
from settings import times

FORGOT = "forgot what was known up to entry"


class Standby(Postgres):
    """A standby that follows a primary, over a line if one is given."""

    def __init__(self, folder, primary, host):
        self.primary, self.host = primary, host
        super().__init__(folder)

    def make(self):
        self.run("pg_basebackup", "-D", self.data, "-h", self.primary.folder, "-U", "tester",
                 "--checkpoint=fast", "--wal-method=stream", "--no-sync")
        settings = (f"primary_conninfo = 'host={self.host} user=tester"
                    " application_name=standby'\nwal_retrieve_retry_interval = 100ms\n"
                    "synchronous_standby_names = ''\n")
        with open(self.data / "postgresql.auto.conf", "a") as file:
            file.write(settings)
        (self.data / "standby.signal").touch()

    def promote(self):
        self.psql("SELECT pg_promote(true, 60)", "postgres")
        assert self.psql("SELECT pg_is_in_recovery()", "postgres") == [["f"]]


def is_streaming(primary):
    return primary.psql("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'",
                        "postgres") == [["1"]]


def conninfo(servers, role):
    hosts = ",".join(str(server.folder) for server in servers)
    return f"host={hosts} dbname=goald user={role} target_session_attrs=read-write"


class Pair:
    """A primary and its standby, which change places with each promotion."""

    def __init__(self, folder, template):
        self.folder, self.made = folder, 0
        self.primary = Postgres(folder / "a", template)
        self.standby = self.line = None
        self.places = [folder / "a", folder / "b"]
        self.primary.start()

    def follow(self, synchronous=None):
        """A new standby follows the primary."""
        place = next(place for place in self.places if place != self.primary.folder)
        shutil.rmtree(place, ignore_errors=True)
        self.made += 1
        self.line = Line(self.folder / f"line{self.made}", self.primary.folder)
        self.standby = Standby(place, self.primary, self.line.folder).start()
        wait_until(lambda: is_streaming(self.primary))
        if synchronous:
            self.primary.psql("ALTER SYSTEM SET synchronous_standby_names = 'standby'", "postgres")
            self.primary.psql(f"ALTER SYSTEM SET synchronous_commit = {synchronous}", "postgres")
            self.primary.psql("SELECT pg_reload_conf()", "postgres")
            wait_until(lambda: self.primary.psql(
                "SELECT sync_state FROM pg_stat_replication", "postgres") == [["sync"]])

    def wait_replayed(self):
        """Until the standby has what the primary has now."""
        [[place]] = self.primary.psql("SELECT pg_current_wal_lsn()", "postgres")
        wait_until(lambda: self.standby.psql(
            f"SELECT pg_last_wal_replay_lsn() >= '{place}'", "postgres") == [["t"]])

    def switch(self, when_ended=lambda: None):
        """The primary ends at once; then the standby takes its place."""
        self.primary.stop(signal.SIGQUIT)
        when_ended()
        self.standby.promote()
        self.primary, self.standby = self.standby, None
        self.line.close()

    def close(self):
        for server in (self.primary, self.standby):
            if server:
                server.stop(signal.SIGQUIT)

    def config(self):
        servers = [Postgres.__new__(Postgres) for _ in self.places]
        for server, place in zip(servers, self.places):
            server.folder = place
        return {"realm": "test", "database": conninfo(servers, "goald")}


@pytest.fixture
def pair(server_template, tmp_path):
    pair = Pair(tmp_path, server_template)
    try:
        yield pair
    finally:
        pair.close()


@pytest.fixture
def goalds(pair, make_daemon):
    """Two goalds that follow whichever server takes changes, and how to start another."""
    daemons = []

    def start():
        daemons.append(make_daemon(config=pair.config()))
        return daemons[-1].start()

    start()
    start()
    yield daemons, start
    for daemon in daemons:
        daemon.close()


def acknowledged(load):
    return [request for request in list(load.requests) if request.reply is not None]


@pytest.mark.parametrize("synchronous", ["on", "remote_apply"])
def test_promotion_with_synchronous_replication_loses_nothing(pair, goalds, synchronous):
    daemons, start = goalds
    before, promotions = heads(pair.primary), times(1, 5)
    with Load(*daemons) as load:
        for _ in range(promotions):
            pair.follow(synchronous)
            load.wait(150)
            pair.switch()
            load.wait(50)
    audit(f"promotion, synchronous_commit {synchronous}", pair.primary, load, before,
          [*daemons, start()], {"promotions": promotions})


def end_waiting_writers(primary):
    """They commit without their standby, and their clients are not told."""
    return int(primary.psql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                            " WHERE usename = 'goald' AND wait_event = 'SyncRep'")[0][0])


def test_commits_that_only_the_old_primary_had_were_not_acknowledged(pair, goalds):
    """With synchronous replication, what a broken connection leaves behind is on the primary
    alone: it is there when it is looked up, and gone after the promotion."""
    daemons, start = goalds
    before, promotions, ended = heads(pair.primary), times(1, 5), 0
    with Load(*daemons, reads=False) as load:
        for _ in range(promotions):
            pair.follow("on")
            load.wait(50)
            pair.line.freeze("requests")
            wait_until(lambda: pair.line.cuts == 1)
            for _ in range(4):
                wait_until(lambda: end_waiting_writers(pair.primary))
                ended += 1
            pair.switch()
            load.wait(50)
    audit("promotion, commits without the standby", pair.primary, load, before,
          [*daemons, start()], {"promotions": promotions, "terminated": ended})


def test_promotion_with_asynchronous_replication_drops_what_the_new_primary_lacks(pair, goalds):
    daemons, start = goalds
    before, promotions = heads(pair.primary), times(1, 5)
    may_lose = []
    with Load(*daemons, corrections=0, reads=False) as load:
        for _ in range(promotions):
            pair.follow()
            load.wait(100)
            safe = {id(request) for request in acknowledged(load)}
            pair.wait_replayed()
            pair.line.freeze("requests")
            wait_until(lambda: pair.line.cuts == 1)
            load.wait(100)

            def note_what_was_told(safe=safe):
                load.wait_outcome(("Unavailable", "OutcomeUnknown"), count=20)
                may_lose.extend(request for request in acknowledged(load)
                                if id(request) not in safe)

            pair.switch(note_what_was_told)
            load.wait(100)
    audit("promotion, asynchronous", pair.primary, load, before, [*daemons, start()],
          {"promotions": promotions}, may_lose)
    for daemon in daemons[:2]:
        assert daemon.log().count(FORGOT) >= promotions
