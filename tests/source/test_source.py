"""The source itself: its formatting, the lengths of files and functions, the units."""

import pathlib
import re
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("daemon", "client", "tests")
SOURCES = sorted(
    path for folder in FOLDERS for path in (TOP / folder).rglob("*.[ch]") if path.is_file()
)
FILE_LINES = 700
FUNCTION_LINES = 80


def test_clang_format_changes_nothing():
    done = subprocess.run(["clang-format-14", "--dry-run", "-Werror", *SOURCES],
                          cwd=TOP, capture_output=True, text=True)
    places = re.findall(r"^(\S+:\d+):\d+: error", done.stderr, re.MULTILINE)
    assert sorted({place.split(":")[0] for place in places}) == []
    assert done.returncode == 0, done.stderr


def test_files_have_at_most_700_lines():
    lengths = {str(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: n for path, n in lengths.items() if n > FILE_LINES} == {}


def long_functions(path):
    """Names and lengths of functions that are too long: a body's braces stand in column 0."""
    start = name = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = re.match(r"[a-z].*?(\w+)\(", line)
        if found and start is None:
            start, name = number, found[1]
        if line.endswith(";") and not line.startswith((" ", "\t", "}")):
            start = None
        if line.startswith("}"):
            if start is not None and number - start + 1 > FUNCTION_LINES:
                yield f"{path.relative_to(TOP)}:{start} {name}", number - start + 1
            start = None


def test_functions_have_at_most_80_lines():
    assert [found for path in SOURCES for found in long_functions(path)] == []


def test_files_open_with_what_lives_there():
    assert [str(path) for path in SOURCES if not path.read_text().startswith("/*")] == []


def test_no_line_is_over_100_columns():
    over = [
        f"{path.relative_to(TOP)}:{number}"
        for path in SOURCES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line.expandtabs(8)) > 100
    ]
    assert over == []
