"""Fixtures of the fault tests: those of the end-to-end tests, and servers that may be broken."""

import importlib.util
import pathlib
import shutil
import signal
import sys

import pytest

END_TO_END = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(END_TO_END)]

from audit import FIGURES  # noqa: E402
from database import Postgres, make_manager  # noqa: E402
from harness import DATA  # noqa: E402
from links import Line  # noqa: E402
from settings import LONG, SEED  # noqa: E402


def load_end_to_end():
    """Its conftest, which has this one's name."""
    spec = importlib.util.spec_from_file_location("end_to_end_fixtures", END_TO_END / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_fixtures = load_end_to_end()
scratch, tmp_path, build, make_daemon = (
    _fixtures.scratch, _fixtures.tmp_path, _fixtures.build, _fixtures.make_daemon)


def pytest_report_header():
    return f"faults: {'long' if LONG else 'short'}, seed {SEED}"


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section(f"faults, {'long' if LONG else 'short'}, seed {SEED}")
    for line in FIGURES:
        terminalreporter.write_line(line)


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


@pytest.fixture
def on(make_daemon):
    """Starts goalds on a server: on(server, host=…, query_timeout=…)."""
    daemons = []

    def start(server, host=None, owner=False, **config):
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
def line(server, tmp_path):
    """Makes lines to the server, through which it may be cut off in several ways."""
    lines = []

    def make(target=server):
        lines.append(Line(tmp_path / f"line{len(lines)}", target.folder))
        return lines[-1]

    yield make
    for each in lines:
        each.close()
