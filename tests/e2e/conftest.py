"""Fixtures of the end-to-end tests.

A private cluster takes seconds to make, so one is made in a session and copied for each daemon:
`goald` and `life_science` are shared by a module's tests; `new_goald` makes one for a single test
that stops, kills or reconfigures it.
"""

import os
import pathlib
import shutil
import signal
import tempfile

import pytest

from database import Postgres, make_manager, verify_chain, verify_state
from harness import DATA, IS_ROOT, TOP, Build, Daemon


def pytest_collection_modifyitems(items):
    for item in items:
        if "root" in item.keywords and not IS_ROOT:
            item.add_marker(pytest.mark.skip(reason="acts as several users: needs root"))


def pytest_configure(config):
    config.addinivalue_line("markers", "root: acts as several users, which only root can")
    # What runs in the background or under nohup has these ignored, and programs inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def scratch():
    """A folder that every user can pass through, with a short name for the sockets in it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="goald-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tmp_path(scratch):
    """A folder for one test, which other users can read too."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="test-", dir=scratch))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def build(scratch):
    source = pathlib.Path(os.environ.get("GOALD_BUILD", TOP / "build" / "tests"))
    folder = scratch / "bin"
    folder.mkdir(mode=0o755)
    programs = ["goald", "goal", "goal-mail", "tests/varlink-certification"]
    for program in programs:
        if (source / program).exists():
            shutil.copy(source / program, folder)
    shutil.copytree(source / "locale", folder / "locale")
    return Build(folder)


@pytest.fixture(scope="session")
def make_daemon(build, scratch):
    """Makes daemons in folders 1, 2, 3 …; the caller closes them."""
    count = 0

    def make(config=None, template=None):
        nonlocal count
        count += 1
        return Daemon(build, scratch / str(count), config, template)

    return make


@pytest.fixture(scope="session")
def empty_template(make_daemon, scratch):
    """The state directory of a goald that has migrated and holds nothing."""
    return make_template(make_daemon(), scratch / "empty", lambda daemon: None)


@pytest.fixture(scope="session")
def life_science_template(make_daemon, empty_template, scratch):
    """The same with the life science strategy imported."""

    def fill(daemon):
        daemon.goal("import", DATA / "se-life-science-2019.json").ok()

    return make_template(make_daemon(template=empty_template), scratch / "ls", fill)


@pytest.fixture(scope="session")
def managed_template(make_daemon, life_science_template, scratch):
    """The same with a manager of ls: who runs the tests."""
    return make_template(make_daemon(template=life_science_template), scratch / "managed",
                         make_manager)


def make_template(daemon, folder, fill):
    try:
        daemon.start()
        fill(daemon)
        daemon.stop()
        daemon.state.rename(folder)
    finally:
        daemon.close()
    return folder


@pytest.fixture(scope="module")
def goald(make_daemon, empty_template):
    """A running goald without any strategy."""
    daemon = make_daemon(template=empty_template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture(scope="module")
def life_science(make_daemon, life_science_template):
    """A running goald with the life science strategy, `ls`."""
    daemon = make_daemon(template=life_science_template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture(scope="module")
def managed(make_daemon, managed_template):
    """A running goald with ls, whose manager is who runs the tests. What the tests leave behind is
    verified."""
    daemon = make_daemon(template=managed_template)
    try:
        yield daemon.start()
        verify_chain(daemon)
        verify_state(daemon)
    finally:
        daemon.close()


@pytest.fixture
def own_goald(make_daemon, managed_template):
    """The same, one that the test may stop and whose database it may tamper with."""
    daemon = make_daemon(template=managed_template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture
def new_goald(make_daemon, empty_template, life_science_template):
    """Makes daemons for one test: new_goald(config={…}, empty=True), not started."""
    daemons = []

    def make(config=None, empty=True):
        template = empty_template if empty else life_science_template
        daemons.append(make_daemon(config, template))
        return daemons[-1]

    yield make
    errors = []
    for daemon in daemons:
        try:
            daemon.close()
        except AssertionError as error:
            errors.append(str(error))
    assert not errors, "\n".join(errors)


@pytest.fixture(scope="session")
def server_template(make_daemon, scratch):
    """The data of a server with ls, and a manager: who runs the tests."""
    server = Postgres(scratch / "pg")
    daemon = make_daemon(config=server.config(realm="test"))
    try:
        daemon.start()
        daemon.goal("import", DATA / "se-life-science-2019.json").ok()
        make_manager(daemon)
        daemon.stop()
    finally:
        daemon.close()
        server.stop()
    return server.data


@pytest.fixture
def server(server_template, tmp_path):
    server = Postgres(tmp_path / "pg", server_template)
    try:
        yield server.start()
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(server.data)


def goalds_on_servers(make_daemon, owner):
    """What the fixture `on` is; `owner`: whether goalds are told of the owner's role if not said."""
    daemons, told = [], owner

    def start(server, host=None, owner=told, **config):
        config = {"realm": "test", "database": server.conninfo(host=host), **config}
        if owner:
            config["owner_database"] = server.conninfo("goald_owner")
        daemons.append(make_daemon(config=config))
        return daemons[-1].start()

    yield start
    errors = []
    for daemon in daemons:
        try:
            daemon.close()
        except AssertionError as error:
            errors.append(str(error))
    assert not errors, "\n".join(errors)


@pytest.fixture
def on(make_daemon):
    """Starts goalds on a server: on(server, host=…, query_timeout=…)."""
    yield from goalds_on_servers(make_daemon, owner=True)


@pytest.fixture
def report(record_property):
    """Writes a line of figures at the end of the run, whichever process ran the test."""
    return lambda line: record_property("figures", line)


def pytest_terminal_summary(terminalreporter):
    for test in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        lines = [line for name, line in test.user_properties if name == "figures"]
        if lines and test.when == "call":
            terminalreporter.section(test.nodeid)
            terminalreporter.write_line("\n".join(lines))
