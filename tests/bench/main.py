"""Runs the rows asked for and prints the table; see tests/bench.sh."""

import argparse
import json
import pathlib
import resource
import signal
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "e2e")]

import rows_status  # noqa: E402 F401: rows stand in the table in the order of the imports
import rows_update  # noqa: E402 F401
import rows_list  # noqa: E402 F401
import rows_bulk  # noqa: E402 F401
import rows_size  # noqa: E402 F401
import rows_memory  # noqa: E402 F401
import table  # noqa: E402
from context import Context  # noqa: E402
from rows import ROWS, summarise  # noqa: E402

FULL = {"nodes": 10000, "listed": 11_110, "big": (100_000, 1_000_000), "idle": 5000, "rest": 15, "rounds": 100,
        "sizes": {"1k": 1000, "10k": 10_000, "100k": 100_000, "flat": 10_000}}
QUICK = {"nodes": 1000, "listed": 1110, "big": (2000, 20_000), "idle": 500, "rest": 1, "rounds": 10,
         "sizes": {"1k": 1000, "10k": 2000, "100k": 3000, "flat": 1000}}


def read_options():
    parser = argparse.ArgumentParser(prog="sh tests/bench.sh", add_help=True)
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rows", metavar="NAME,NAME…",
                        help="only these; a beginning names several")
    parser.add_argument("--runs", type=int, metavar="N", help="pairs of a row (5)")
    parser.add_argument("--seconds", type=float, metavar="S", help="of each run (2)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the same as JSON")
    parser.add_argument("--markdown", type=pathlib.Path, metavar="FILE",
                        help="the same as a table in Markdown")
    parser.add_argument("--quick", action="store_true",
                        help="small trees, one short run each: shows that all works, no more")
    parser.add_argument("--list", action="store_true", help="the rows' names")
    options = parser.parse_args()
    options.runs = options.runs or (1 if options.quick else 5)
    options.seconds = options.seconds or (0.5 if options.quick else 2)
    vars(options).update(QUICK if options.quick else FULL)
    return options


def chosen(options):
    if not options.rows:
        return ROWS
    names = options.rows.split(",")
    unknown = [name for name in names if not any(row.name.startswith(name) for row in ROWS)]
    if unknown:
        sys.exit(f"no such row: {', '.join(unknown)}; --list names them")
    exact = {row.name for row in ROWS}
    return [row for row in ROWS if any(
        row.name == name if name in exact else row.name.startswith(name) for name in names)]


def run_row(row, context):
    """The row's summary; a row that fails says why, and the others go on."""
    try:
        return summarise(row, row.run(context))
    except Exception as error:  # whatever it is
        words = str(error).strip().splitlines() or [type(error).__name__]
        return {"row": row.name, "what": row.what, "reach": row.reach, "failed": words[0][:200]}


def write_files(options, machine, found):
    """Anew after each row, so that an interrupted run leaves what it found."""
    if options.json:
        options.json.write_text(json.dumps(
            {"machine": machine, "quick": options.quick, "runs": options.runs,
             "seconds": options.seconds, "rows": found}, ensure_ascii=False, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text(table.markdown(found))


def run(options, context):
    machine = table.describe(context)
    for name, text in machine.items():
        print(f"{name:10}  {text}")
    if options.quick:
        print("quick: small trees and short runs; the figures say little")
    print(f"\n{table.header()}", flush=True)
    found, begin = [], time.monotonic()
    for row in chosen(options):
        found.append(run_row(row, context))
        print(table.show(found[-1]), flush=True)
        write_files(options, machine, found)
    failed = sum("failed" in result for result in found)
    met = sum(result.get("met") is True for result in found)
    asked = sum(bool(result["reach"]) for result in found)
    print(f"\n{met} of {asked} reached, {failed} failed, in {time.monotonic() - begin:.0f} s")
    return 1 if failed else 0


def main():
    options = read_options()
    if options.list:
        for row in ROWS:
            print(f"{row.name:17}  {row.what}, against {row.against}: {row.reach or 'told'}")
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    context = Context(options)
    try:
        context.copy_programs()
        return run(options, context)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # what was started is ended in any case
        context.close()


if __name__ == "__main__":
    sys.exit(main())
