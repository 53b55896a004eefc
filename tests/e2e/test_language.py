"""Titles in the language that is asked for: by --language, else by the environment's locale."""

import json
import os
import re

import pytest

from harness import TOP

DOCUMENT = {
    "format": "goald-import-1",
    "strategy": {"key": "languages", "alias": "lang", "timeZone": "Europe/Oslo", "language": "sv",
                 "visibility": "public",
                 "titles": {"sv": "Hela", "en": "Whole", "nb": "Hele", "en-GB": "The whole"}},
    "organisations": [{"id": "lang-o", "names": {"sv": "Verket", "no": "Etaten"}}],
    "nodes": [
        {"code": "1", "kind": "priority", "titles": {"sv": "Ett svenskt", "nn": "Eitt nynorskt"},
         "assignments": [{"organisation": "lang-o", "role": "owner"}]},
        {"code": "1.1", "kind": "target", "parent": "1",
         "titles": {"sv": "Bara svenska"}},
        {"code": "1.k", "kind": "indicator", "parent": "1", "titles": {"sv": "Mått"}},
    ],
}


@pytest.fixture(scope="module")
def daemon(goald):
    path = goald.folder / "languages.json"
    path.write_text(json.dumps(DOCUMENT))
    goald.goal("import", path).ok()
    return goald


def title(daemon, code="", *options, **env):
    env = {"LC_ALL": "", **env}
    return json.loads(daemon.goal("status", f"lang:{code}", "--json", *options,
                                  env=env).ok().splitlines()[0])["title"]


@pytest.mark.parametrize("env, expected", [
    ({}, "Hela"),
    ({"LC_ALL": "C"}, "Hela"),
    ({"LC_ALL": "POSIX", "LANG": "nb_NO.UTF-8"}, "Hela"),
    ({"LC_ALL": "C.UTF-8", "LANG": "nb_NO.UTF-8"}, "Hela"),
    ({"LANG": "nb_NO.UTF-8"}, "Hele"),
    ({"LC_MESSAGES": "en_US.UTF-8", "LANG": "nb_NO.UTF-8"}, "Whole"),
    ({"LC_ALL": "en_GB.UTF-8", "LC_MESSAGES": "nb_NO"}, "The whole"),
    ({"LANG": "de_DE.UTF-8"}, "Hela"),
])
def test_environment_chooses_the_language(daemon, env, expected):
    assert title(daemon, **env) == expected


def test_option_goes_before_the_environment(daemon):
    assert title(daemon, "", "--language", "en", LC_ALL="nb_NO.UTF-8") == "Whole"
    assert title(daemon, "", "--language", "sv", LC_ALL="nb_NO.UTF-8") == "Hela"


@pytest.mark.parametrize("language, expected", [
    ("nb-NO", "Hele"), ("nn", "Hele"), ("no", "Hele"), ("EN", "Whole"), ("en-AU", "Whole"),
    ("en-GB-oxendict", "The whole"), ("fi", "Hela"), ("x" * 2000, "Hela"), (None, "Hela"),
])
def test_nearest_language_is_answered(daemon, language, expected):
    for _ in range(2):  # the second time from the cache
        reply = daemon.call("GetStatus", strategy="lang", language=language)
        assert reply["title"] == expected


def test_each_text_falls_back_by_itself(daemon):
    lines = {line["node"]["code"]: line["node"]["title"]
             for line in daemon.stream("ListTree", strategy="lang", language="nb")}
    assert lines == {"": "Hele", "1": "Eitt nynorskt", "1.1": "Bara svenska", "1.k": "Mått"}
    owners = daemon.call("GetStatus", strategy="lang", code="1", language="nb-NO")["owners"]
    assert [owner["name"] for owner in owners] == ["Etaten"]


def commands():
    """The commands that change nothing, with the words that they may take."""
    rows = re.findall(r'{\.name = "([a-z ]+)",(.*?)},\n', (TOP / "client" / "commands.c").read_text(),
                      re.DOTALL)
    for name, row in rows:
        takes_node = re.search(r"\.arguments = (NODE|\"\[KEY)", row)
        if ".changes = true" not in row and name not in (
                "call", "introspect", "help", "watch"):  # which does not end
            yield name, ["lang:1.k"] if takes_node else []


@pytest.mark.parametrize("name, words", commands())
def test_every_question_may_be_asked_in_a_locale(daemon, name, words):
    plain = daemon.goal(*name.split(), *words)
    nordic = daemon.goal(*name.split(), *words, env={"LC_ALL": "nb_NO.UTF-8"})
    assert "parameter" not in nordic.stderr
    assert nordic.code == plain.code


def test_log_tells_titles_in_the_language(daemon):
    assert "Eitt nynorskt" in daemon.goal("log", "lang", env={"LC_ALL": "nb_NO.UTF-8"}).ok()
    assert "Ett svenskt" in daemon.goal("log", "lang").ok()


def test_new_title_is_not_in_the_environments_language(daemon):
    daemon.grant(os.geteuid(), "manager", "languages")
    daemon.goal("add", "lang:9", "--kind", "target", "--title", "På svenska",
                env={"LC_ALL": "nb_NO.UTF-8"}).ok()
    assert daemon.call("GetNode", strategy="lang", code="9")["titles"] == {"sv": "På svenska"}
