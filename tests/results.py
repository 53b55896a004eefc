"""Sums the test results in JUnit files and prints "N passed, N failed".

ctest knows programs only; the tests in each are counted from its TAP output. A program that fails
although all of its tests passed (a sanitizer, a crash) counts as one failure.
"""

import re
import sys
import xml.etree.ElementTree


def count_case(case):
    """(passed, failed) of one <testcase>."""
    bad = case.get("status") == "notrun" or any(
        case.find(tag) is not None for tag in ("failure", "error"))
    output = case.findtext("system-out") or ""
    passed = len(re.findall(r"^ok \d+", output, re.MULTILINE))
    failed = len(re.findall(r"^not ok \d+", output, re.MULTILINE))
    if passed + failed == 0:
        return (0, 1) if bad else (0, 0) if case.find("skipped") is not None else (1, 0)
    return passed, max(failed, int(bad))


def count_file(path):
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError) as error:
        print(f"{path}: {error}")
        return 0, 1
    counts = [count_case(case) for case in root.iter("testcase")]
    if not counts:
        print(f"{path}: no test ran")
        return 0, 1
    return tuple(map(sum, zip(*counts)))


def main():
    passed, failed = map(sum, zip(*(count_file(path) for path in sys.argv[1:])))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
