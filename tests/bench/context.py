"""What the rows work with: one run's folder, options, servers and generators. All that it starts is
ended by close(), by process, whatever happened before."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import trees
from harness import Build, clean_environment
from servers import Goald, Redis, Server


class Context:
    def __init__(self, options):
        self.options, self.seconds = options, options.seconds
        # Not /tmp, which is memory on many machines: there nothing would be durable.
        place = os.environ.get("GOALD_BENCH_DIR", "/var/tmp")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="goald-bench-", dir=place))
        self.folder.chmod(0o755)
        self.load = options.build / "tests" / "load"
        self.spawn = options.build / "tests" / "spawn"
        self.build = Build(self.folder / "bin")
        self.build.folder.mkdir(mode=0o755)
        self.closing = contextlib.ExitStack()
        self.daemons, self.made = {}, set()
        self._server = self._redis = None
        self.running = None

    def copy_programs(self):
        """Other users can run them here, wherever the build is."""
        for program in ("goald", "goal"):
            shutil.copy(self.options.build / program, self.build.folder)

    def close(self):
        try:
            self.closing.close()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- servers

    @property
    def server(self):
        if not self._server:
            self._server = Server(self.folder / "pg", self.closing)
        return self._server

    @property
    def redis(self):
        if not self._redis:
            self._redis = Redis(self.folder / "redis", self.closing)
        return self._redis

    def goald(self, database, start=True):
        """The goald of a database, the only one that runs."""
        if database not in self.daemons:
            self.server.create(database)
            daemon = Goald(self.build, self.folder / database, self.server, database)
            self.closing.callback(daemon.close)
            self.daemons[database] = daemon
        daemon = self.daemons[database]
        if self.running not in (None, daemon) and self.running.is_running():
            self.running.stop()
        self.running = daemon
        if start and not daemon.is_running():
            daemon.start_timed()
        return daemon

    def strategy(self, database, key, nodes, updates=()):
        """The database's goald with a strategy, imported when it is first asked for."""
        daemon = self.goald(database)
        if (database, key) not in self.made:
            daemon.load_document(self.document(key, nodes, updates))
            daemon.grant(os.geteuid(), "manager", key)
            self.made.add((database, key))
        return daemon

    # --- files

    def document(self, key, nodes=(), updates=()):
        path = self.folder / f"{key}.json"
        trees.write_document(path, key, nodes, updates)
        return path

    def calls(self, name, lines):
        path = self.folder / f"{name}.calls"
        path.write_text("".join(line + "\n" for line in lines))
        return path

    # --- generators

    def start_load(self, target, path, **options):
        words = []
        for name, value in options.items():
            words += [f"--{name}"] if value is True else [f"--{name}", str(value)]
        process = subprocess.Popen(
            [self.load, *words, target.socket_path, path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment())
        self.closing.callback(end_process, process)
        return process

    def run_load(self, target, path, **options):
        """The generator's report, with the servers' processor time of a call in cpu_us."""
        before = target.cpu()
        report = finish_load(self.start_load(target, path, **options))
        report["cpu_us"] = (target.cpu() - before) * 1e6 / max(report["calls"], 1)
        return report

    def measured(self, target, path, **options):
        return self.run_load(target, path, seconds=self.seconds, **options)


def finish_load(process):
    output, errors = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(errors.strip() or f"the generator ended with {process.returncode}")
    report = json.loads(output)
    if report["errors"]:
        raise RuntimeError(
            f"{report['errors']} of {report['calls']} calls failed: {report['error']}")
    return report


def end_process(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextlib.contextmanager
def beside(context, target, path, **options):
    """Runs a second generator meanwhile; its report is appended to the list."""
    reports = []
    process = context.start_load(target, path, seconds=3600, **options)
    time.sleep(0.2)  # it has reached its rate before anything is measured beside it
    try:
        yield reports
    finally:
        process.send_signal(signal.SIGTERM)
    reports.append(finish_load(process))
