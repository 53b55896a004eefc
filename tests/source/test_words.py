"""What is written to people is there in each language."""

import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """All that the source says, as xgettext finds it."""
    file = tmp_path_factory.mktemp("words") / "goald.pot"
    subprocess.run(["xgettext", "--from-code=UTF-8", "-L", "C", "-k_", "-kN_", "-kngettext:1,2",
                    "-o", file, *sorted((TOP / "client/mail").glob("*.c"))], check=True)
    return file


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_everything_is_translated(template, language):
    catalog = TOP / "client" / "po" / f"{language}.po"
    done = subprocess.run(["msgcmp", catalog, template], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr


@pytest.mark.parametrize("language", ["sv", "nb"])
def test_nothing_is_translated_that_is_not_said(template, language):
    catalog = TOP / "client" / "po" / f"{language}.po"
    unused = subprocess.run(["msgcomm", "--more-than=0", "--less-than=2", catalog, template],
                            capture_output=True, text=True)
    assert unused.stdout == ""
