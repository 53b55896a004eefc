"""The table as text, one line a row as it comes, and the machine it was measured on."""

import os
import pathlib
import platform
import statistics
import subprocess
import time

COLUMNS = (("row", 17), ("what", 50), ("ours", 11), ("CPU", 9), ("against", 24), ("", 11),
           ("CPU", 9), ("ratio", 6), ("reach", 12), ("met", 3))
LEFT = (0, 1, 4)


def line(cells):
    return "  ".join(cell.ljust(width) if i in LEFT else cell.rjust(width)
                     for i, (cell, (_, width)) in enumerate(zip(cells, COLUMNS))).rstrip()


def header():
    text = line([name for name, _ in COLUMNS])
    return f"{text}\n{'-' * len(text)}"


def figure(value, unit):
    if value is None:
        return "–"
    return {"rate": f"{value:,.0f}/s", "us": f"{value:,.1f} µs", "s": f"{value:.2f} s",
            "bytes": f"{value:,.0f} B"}[unit]


def cpu(value):
    return "–" if value is None else f"{value:,.1f} µs"


def show(found):
    """A summary of rows.py as lines."""
    if "failed" in found:
        return f"{found['row']:17}  {found['what']:50}  failed: {found['failed']}"
    return "\n".join([line(cells_of(found)), *(f"{'':17}  {note}" for note in found["notes"])])


def cells_of(found):
    met = {None: "–", True: "yes", False: "no"}[found["met"]]
    return [
        found["row"], found["what"], figure(found["ours"], found["unit"]),
        cpu(found["ours_cpu_us"]), found["against"], figure(found["theirs"], found["unit"]),
        cpu(found["theirs_cpu_us"]),
        "–" if found["ratio"] is None else f"{found['ratio']:.2f}", found["reach"] or "–", met]


def markdown(found):
    """All rows as a table in Markdown, without the notes."""
    lines = ["| what | ours | CPU | against | | CPU | ratio | reach | met |",
             "| --- | ---: | ---: | --- | ---: | ---: | ---: | --- | --- |"]
    for result in found:
        cells = [result["what"], "failed", "", "", "", "", "", result["reach"], "no"]
        if "failed" not in result:
            cells = cells_of(result)[1:]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


# --- the machine


def output_of(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[0] if done.stdout.strip() else "unknown"


def cpu_model():
    for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if text.startswith("model name"):
            return text.split(":", 1)[1].strip()
    return platform.machine()


def sync_us(folder):
    """The median time of writing 8 KiB durably, which bounds what any commit can do here."""
    path, took = folder / "sync", []
    with open(path, "wb", buffering=0) as file:
        for _ in range(100):
            begin = time.monotonic()
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - begin) * 1e6)
    path.unlink()
    return statistics.median(took)


def describe(context):
    """What the figures were measured on, as {name: text}."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return {
        "machine": f"{cpu_model()}, {os.cpu_count()} cores, {memory:.0f} GiB",
        "kernel": platform.release(),
        "postgresql": output_of(context.server.bin / "postgres", "--version") +
                      "; fsync " + context.server.psql("SHOW fsync", "postgres")[0][0] +
                      ", synchronous_commit " +
                      context.server.psql("SHOW synchronous_commit", "postgres")[0][0],
        "redis": output_of("redis-server", "--version").split(" sha=")[0],
        "disk": f"{output_of('stat', '-f', '-c', '%T', context.folder)}; 8 KiB written and synced"
                f" in {sync_us(context.folder):.0f} µs",
        "load": "load average " + " ".join(f"{value:.1f}" for value in os.getloadavg()),
    }
