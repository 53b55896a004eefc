"""Fixtures of the fault tests: those of the end-to-end tests, and servers that may be broken."""

import importlib.util
import pathlib
import sys

import pytest

END_TO_END = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(END_TO_END)]

from audit import FIGURES  # noqa: E402
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
server_template, server = _fixtures.server_template, _fixtures.server


def pytest_report_header():
    return f"faults: {'long' if LONG else 'short'}, seed {SEED}"


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section(f"faults, {'long' if LONG else 'short'}, seed {SEED}")
    for line in FIGURES:
        terminalreporter.write_line(line)


@pytest.fixture
def on(make_daemon):
    """Starts goalds on a server that need no owner: its role may be on a server that is gone."""
    yield from _fixtures.goalds_on_servers(make_daemon, owner=False)


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
