"""goal and goal-mail: what the one hands to the other, and what it needs for that."""

import os
import pathlib
import shutil
import subprocess

import pytest

from harness import Build, clean_environment

BUILD = pathlib.Path(os.environ.get("GOALD_BUILD", "build/tests")).absolute()
NOWHERE = ("--address", "/nonexistent/s")


def needed(program):
    """The libraries that a program is linked with."""
    dynamic = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True,
                             env=clean_environment())
    return {line.split("[")[1].rstrip("]") for line in dynamic.stdout.splitlines()
            if "(NEEDED)" in line}


def test_goal_is_linked_with_nothing_that_makes_it_start_slowly(build):
    heavy = ("libgmime", "libglib", "libgobject", "libical", "libicu", "libintl", "libgpgme")
    assert not [name for name in needed(build.goal) if name.startswith(heavy)]
    assert any(name.startswith("libgmime") for name in needed(build.folder / "goal-mail"))


def test_goal_becomes_goal_mail_with_the_same_words(build):
    result = build.run_goal(*NOWHERE, "remind", "--dry-run")
    assert result.code == 4
    assert result.stderr.startswith("goal: no daemon at /nonexistent/s")


def test_goal_mail_takes_every_command(build):
    done = subprocess.run([build.folder / "goal-mail", "help"], capture_output=True, text=True,
                          env=clean_environment(), timeout=60)
    assert done.stdout == build.run_goal("help").ok()


def test_what_is_wrong_with_a_command_is_said_without_goal_mail(build, tmp_path):
    shutil.copy(build.goal, tmp_path)
    alone = Build(tmp_path)
    assert alone.run_goal("remind", "--limit", "x").code == 2
    assert "remind" in alone.run_goal("help", "remind").ok()
    result = alone.run_goal("remind", "--dry-run")
    assert result.code == 1
    assert f"{tmp_path}/goal-mail or {tmp_path}/" in result.stderr
    assert "No such file or directory" in result.stderr


@pytest.mark.parametrize("prefix", ["usr", "opt/goald"])
def test_installed_programs_find_each_other(tmp_path, prefix):
    subprocess.run(["cmake", "--install", BUILD, "--prefix", tmp_path / prefix],
                   capture_output=True, check=True, env=clean_environment(), timeout=60)
    folder = tmp_path / prefix
    result = Build(folder / "bin").run_goal(*NOWHERE, "remind", "--dry-run")
    assert result.code == 4 and "no daemon" in result.stderr
    assert (folder / "share/locale/sv/LC_MESSAGES/goald.mo").is_file()
    assert not (folder / "bin/goal-mail").exists()
