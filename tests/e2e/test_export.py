"""goal export: the import document of a strategy, and that it is one: imported into an empty
database and exported again it is the same, byte for byte."""

import json
import os

import pytest

from harness import DATA

WHOLE = DATA / "import" / "y_whole_domain.json"
DOCUMENTS = [WHOLE, *sorted(DATA.glob("*-*.json"))]


def export(goald, strategy, *options, uid=None):
    return goald.goal("export", strategy, *options, uid=uid).ok()


def key_of(path):
    return json.loads(path.read_text())["strategy"]["key"]


@pytest.fixture(scope="module")
def elsewhere(make_daemon, empty_template):
    """Another goald without any strategy."""
    daemon = make_daemon(template=empty_template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_export_imported_elsewhere_is_the_same_export(goald, elsewhere, tmp_path, path):
    first, second = goald, elsewhere
    first.goal("import", path).ok()
    document = export(first, key_of(path))
    copy = tmp_path / "copy.json"
    copy.write_text(document)
    second.goal("import", copy).ok()
    assert export(second, key_of(path)) == document
    # … and into the same database nothing is changed
    again = json.loads(first.goal("import", copy, "--json").ok())
    assert (again["added"], again["changed"]) == (0, 0)


def records(document, part):
    return {record.get("code") or record.get("id"): record for record in document[part]}


def test_export_has_what_was_imported(goald):
    goald.goal("import", WHOLE).ok()
    given, got = json.loads(WHOLE.read_text()), json.loads(export(goald, "whole"))
    assert got["format"] == given["format"]
    assert got["strategy"] == given["strategy"] | {"sectors": sorted(
        given["strategy"]["sectors"], key=lambda sector: sector["id"])}
    for part in ("organisations", "persons", "groups", "nodes", "updates", "observations"):
        expected = records(given, part)
        if part == "nodes":  # what is the default is said
            for record in expected.values():
                for served in record.get("serves", []):
                    served.setdefault("weight", 1)
        assert records(got, part) == expected, part
    assert got["closings"] == given["closings"]


def test_export_of_what_was_entered_by_hand(new_goald, tmp_path):
    first, second = new_goald(empty=False).start(), new_goald().start()
    first.grant(first.manager, "manager", "ls")
    note = 'Zeile 1\nZeile "2" — åäö'
    wrong = first.call("SubmitUpdate", as_uid=first.manager, strategy="ls", code="2.2",
                       percent=40, note=note)
    first.call("SubmitUpdate", as_uid=first.manager, strategy="ls", code="2.2", percent=30,
               note=note, supersedes=wrong["updateId"], reason="counted twice")
    document = export(first, "ls")
    by_hand = [record for record in json.loads(document)["updates"]
               if record["id"].startswith("seq:")]
    assert [(u["percent"], u["note"], u.get("supersedes")) for u in by_hand] == [
        (40, note, None), (30, note, f"seq:{wrong['updateId']}")]
    copy = tmp_path / "copy.json"
    copy.write_text(document)
    second.goal("import", copy).ok()
    assert export(second, "ls") == document
    status = second.call("GetStatus", strategy="ls", code="2.2")
    assert (status["progress"], status["lastUpdate"]["note"]) == (30, note)
    again = json.loads(first.goal("import", copy, "--json").ok())
    assert (again["added"], again["changed"]) == (0, 0)


def test_export_goes_to_a_file_whole_or_not_at_all(goald, tmp_path):
    goald.goal("import", WHOLE).ok()
    file = tmp_path / "whole.json"
    goald.goal("export", "whole", file).ok()
    assert file.read_text() == export(goald, "whole")
    usual = tmp_path / "usual"
    usual.touch()
    assert file.stat().st_mode == usual.stat().st_mode
    usual.unlink()
    failed = goald.goal("export", "nowhere", tmp_path / "nowhere.json")
    assert failed.returncode == 3
    assert goald.goal("export", "whole", tmp_path / "no" / "where.json").returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["whole.json"]


def test_export_is_as_private_as_the_umask_says(goald, tmp_path):
    goald.goal("import", WHOLE).ok()
    mask = os.umask(0o077)
    try:
        goald.goal("export", "whole", tmp_path / "whole.json").ok()
    finally:
        os.umask(mask)
    assert (tmp_path / "whole.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("command", [("log", "whole", "--export"), ("export", "whole")])
def test_what_others_laid_beside_the_file_is_not_written_to(goald, tmp_path, command):
    goald.goal("import", WHOLE).ok()
    victim, trap = tmp_path / "victim", tmp_path / "out.part"
    victim.write_text("precious")
    trap.symlink_to(victim)
    goald.goal(*command, tmp_path / "out").ok()
    assert victim.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.part", "victim"]


def test_export_has_nothing_that_a_terminal_acts_on(goald, tmp_path):
    document = json.loads(WHOLE.read_text())
    document["nodes"][0]["titles"]["en"] = "A\u009b31m\u202etrap"
    path = tmp_path / "trap.json"
    path.write_text(json.dumps(document))
    goald.goal("import", path).ok()
    for command in (("export", "whole"), ("export", "whole", "--journal"),
                    ("log", "whole", "--export", "-")):
        text = goald.goal(*command).ok()
        assert "trap" in text and not set("\u009b\u202e") & set(text)
    assert json.loads(goald.goal("export", "whole").ok())["nodes"][0]["titles"]["en"] == (
        document["nodes"][0]["titles"]["en"])


def test_export_is_of_one_moment(goald):
    goald.goal("import", WHOLE).ok()
    goald.grant(goald.manager, "manager", "whole")
    before = export(goald, "whole")
    seq = goald.call("GetStatus", strategy="whole")["seq"]
    goald.call("SubmitUpdate", as_uid=goald.manager, strategy="whole", code="1.1", percent=77)
    goald.call("ChangeNode", as_uid=goald.manager, strategy="whole", code="1.1", title="Another")
    assert export(goald, "whole") != before
    assert export(goald, "whole", "--known-at", f"seq:{seq}") == before


def test_export_as_of_a_day_leaves_out_what_is_later(new_goald):
    goald = new_goald().start()
    goald.goal("import", WHOLE).ok()
    goald.grant(goald.manager, "manager", "whole")
    got = json.loads(export(goald, "whole", "--as-of", "2024-02-29"))
    assert [record["id"] for record in got["updates"]] == ["a", "b", "c"]
    assert "closings" not in got
    assert [record["id"] for record in got["observations"]] == ["o1", "o2"]
    # a correction that is dated later takes what it corrects with it
    wrong = goald.call("SubmitUpdate", as_uid=goald.manager, strategy="whole", code="1.2",
                       date="2024-01-01", note="x")
    goald.call("SubmitUpdate", as_uid=goald.manager, strategy="whole", code="1.2",
               date="2024-03-01", note="y", supersedes=wrong["updateId"], reason="another day")
    got = json.loads(export(goald, "whole", "--as-of", "2024-02-29"))
    assert [record["id"] for record in got["updates"]] == ["a", "b", "c"]


@pytest.fixture
def readers(goald):
    goald.goal("import", WHOLE).ok()
    goald.grant(goald.manager, "manager", "whole")
    goald.grant(goald.auditor, "auditor", "whole")
    return goald


def test_export_is_for_managers_auditors_and_admins(readers):
    for uid in (readers.manager, readers.auditor, 0):
        assert json.loads(export(readers, "whole", uid=uid))["strategy"]["key"] == "whole"
    refused = readers.goal("export", "whole", uid=readers.stranger)
    assert (refused.returncode, refused.stdout) == (5, "")
    with pytest.raises(readers.Error) as error:
        readers.stream("ExportStrategy", as_uid=readers.stranger, strategy="whole")
    assert error.value.name == "io.goald.Tracker.NotPermitted"


def test_export_has_addresses_for_admins_only(new_goald, tmp_path):
    goald = new_goald().start()
    document = json.loads(WHOLE.read_text())
    document["persons"][0]["email"] = "ada@example.org"
    path = tmp_path / "with-email.json"
    path.write_text(json.dumps(document))
    goald.goal("import", path).ok()
    goald.grant(goald.manager, "manager", "whole")
    assert json.loads(export(goald, "whole"))["persons"][0]["email"] == "ada@example.org"
    assert "ada@example.org" not in export(goald, "whole", uid=goald.manager)


def test_export_shows_nothing_of_strategies_that_one_may_not_read(new_goald, tmp_path):
    goald = new_goald().start()
    secret = {"format": "goald-import-1",
              "strategy": {"key": "secret", "titles": {"en": "S"}, "timeZone": "Europe/Oslo",
                           "language": "en", "visibility": "members"}}
    public = json.loads(json.dumps(secret))
    public["strategy"] |= {"key": "public", "visibility": "public",
                           "relations": [{"kind": "supersedes", "strategy": "secret"}]}
    for name, document in (("secret", secret), ("public", public)):
        (tmp_path / name).write_text(json.dumps(document))
        goald.goal("import", tmp_path / name).ok()
    goald.grant(goald.manager, "manager", "public")
    assert "secret" in export(goald, "public")
    assert "secret" not in export(goald, "public", uid=goald.manager)


def test_export_has_persons_whom_accounts_brought_in(new_goald, tmp_path):
    first, second = new_goald().start(), new_goald().start()
    first.goal("import", WHOLE).ok()
    first.goal("account", "add", "5999", "--name", "Eva").ok()
    first.grant(first.manager, "manager", "whole")
    account = [reply["account"] for reply in first.stream("ListAccounts")
               if reply["account"]["uid"] == 5999][0]
    first.call("AssignRole", as_uid=first.manager, strategy="whole", code="1.1", role="lead",
               holder=account["person"])
    document = export(first, "whole")
    assert account["person"] in records(json.loads(document), "persons")
    copy = tmp_path / "copy.json"
    copy.write_text(document)
    second.goal("import", copy).ok()
    assert export(second, "whole") == document
    # only an admin may bring in whom an account may be taken for
    second.grant(second.manager, "manager", "whole")
    stolen = json.loads(WHOLE.read_text())
    stolen["persons"].append({"id": f"{account['realm']}:5000", "name": "Eve"})
    copy.write_text(json.dumps(stolen))
    refused = second.goal("import", copy, uid=second.manager)
    assert (refused.returncode, "persons[1].id" in refused.stderr) == (1, True)
    # the account finds the person there
    taken = second.goal("account", "add", "5999", "--name", "Eva")
    assert (taken.returncode, account["person"] in taken.stderr) == (1, True)
    second.goal("account", "add", "5999", "--person", account["person"]).ok()
