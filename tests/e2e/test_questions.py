"""The commands of client/questions.md print what stands there.

With QUESTIONS_WRITE in the environment the page is written anew instead, from its commands.
"""

import os
import re
import shlex

import pytest

from harness import DATA, TOP
from subscribers import token_for

PAGE = TOP / "client" / "questions.md"
SETS = ("se-life-science-2019", "fhi-2019-2024", "kth-partnerships", "ki-health-crises",
        "questions")
EXAMPLE = re.compile(r"^```\n\$ goal (?P<words>.*)\n(?P<output>(?:.*\n)*?)```$", re.MULTILINE)


@pytest.fixture(scope="module")
def goal(goald):
    for name in SETS:
        goald.goal("import", DATA / f"{name}.json").ok()
    goald.grant(os.geteuid(), "manager", "ex")
    return lambda words: goald.goal(*shlex.split(with_token(goald, words))).ok()


def with_token(goald, words):
    """A TOKEN stands for that of the mail that the subscriber got."""
    if "TOKEN" not in words:
        return words
    purpose = "confirm" if words.startswith("confirm") else "subscription"
    return words.replace("TOKEN", token_for(goald, "kari@example.no", purpose))


def without_days(text):
    """Of what is about today, how many days it is from something."""
    return re.sub(r"\b\d+ days", "N days", text)


@pytest.mark.skipif("QUESTIONS_WRITE" in os.environ, reason="the page is written")
def test_commands_print_what_the_page_says(goal):
    examples = list(EXAMPLE.finditer(PAGE.read_text()))
    assert len(examples) == PAGE.read_text().count("$ goal ")
    for example in examples:
        assert without_days(goal(example["words"])) == without_days(example["output"])


@pytest.mark.skipif("QUESTIONS_WRITE" not in os.environ, reason="the page is compared")
def test_page_is_written(goal):
    def answer(example):
        return f"```\n$ goal {example['words']}\n{goal(example['words'])}```"

    PAGE.write_text(EXAMPLE.sub(answer, PAGE.read_text()))
