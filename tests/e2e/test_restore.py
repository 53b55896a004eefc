"""Journals taken out of the database: checked offline, and brought back elsewhere."""

import hashlib
import json
import os

import pytest

from conftest import make_template
from database import make_manager, submit
from harness import DATA, STRANGER


@pytest.fixture(scope="module")
def template(make_daemon, life_science_template, scratch):
    """The state directory of a goald with a history: versions, ends, corrections, contact data."""

    def fill(daemon):
        make_manager(daemon)
        document = json.loads((DATA / "se-life-science-2019.json").read_text())
        document["persons"] = [{"id": "karin-ek", "name": "Karin Ek", "email": "k@example.org"}]
        for due in ("2023-03-01", "2024-03-01"):
            next(node for node in document["nodes"] if node["code"] == "gov-3")["due"] = due
            file = daemon.folder / "changed.json"
            file.write_text(json.dumps(document))
            daemon.goal("import", file).ok()
        daemon.call("AddAccount", uid=55501, person="karin-ek")
        daemon.call("GrantRole", uid=55501, role="reader", strategy="ls")
        daemon.call("RevokeRole", uid=55501, role="reader", strategy="ls")
        first = submit(daemon, percent=40, note="half \\ of \"it\"\nå")
        submit(daemon, percent=4, supersedes=first["updateId"], reason="a typo")

    return make_template(make_daemon(template=life_science_template), scratch / "history", fill)


@pytest.fixture(scope="module")
def goald(make_daemon, template):
    daemon = make_daemon(template=template)
    try:
        yield daemon.start()
    finally:
        daemon.close()


@pytest.fixture(scope="module")
def exported(goald, scratch):
    """Files of the registry's and the strategy's journal."""
    files = {}
    for strategy, name in ((".", "registry"), ("ls", "ls")):
        files[name] = scratch / f"{name}.journal"
        goald.goal("log", strategy, "--export", files[name]).ok()
    return files


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def rewritten(tmp_path, lines):
    path = tmp_path / "changed.journal"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


# --- offline


def test_export_is_the_journal_as_it_stands(goald, exported):
    header, *entries = lines_of(exported["ls"])
    listed = goald.stream("ListJournal", strategy="ls")[::-1]
    assert header["format"] == "goald-journal-1" and header["key"] == "se-life-science-2019"
    assert (header["seq"], header["hash"]) == (listed[-1]["seq"], listed[-1]["hash"])
    registry = goald.stream("ListJournal", strategy=".", limit=1)[0]
    assert (header["registrySeq"], header["registryHash"]) == (registry["seq"], registry["hash"])
    assert [entry["hash"] for entry in entries] == [entry["hash"] for entry in listed]
    assert [json.loads(entry["payload"]) for entry in entries] == [e["payload"] for e in listed]


def test_hashes_are_what_the_interface_says(exported):
    header, *entries = lines_of(exported["ls"])
    digest = hashlib.sha256(b"").digest()
    for entry in entries:
        text = "".join(f"{part}\n" for part in (
            header["strategy"], entry["seq"], entry["time"], entry["account"],
            entry["requestId"] or "", entry["requestDigest"] or "", entry["entity"],
            entry["action"], entry["id"]))
        digest = hashlib.sha256(digest + text.encode() + entry["payload"].encode()).digest()
        assert entry["hash"] == digest.hex()


def test_contact_data_goes_with_it_for_admins_only(goald, exported):
    secrets = [line["secret"]["value"] for line in lines_of(exported["registry"])[1:]
               if line.get("secret")]
    assert "Karin Ek" in secrets and "k@example.org" in secrets
    goald.grant(56301, "auditor")
    replies = goald.stream("ExportJournal", as_uid=56301, strategy=".")
    assert len(replies) == len(lines_of(exported["registry"])) + 2  # the grant's own entries
    assert not any((reply.get("entry") or {}).get("secret") for reply in replies)


@pytest.mark.root
def test_export_is_for_managers_auditors_and_admins(goald):
    goald.grant(56302, "reader")
    goald.grant(56303, "manager", "ls")

    def error(uid, strategy):
        try:
            goald.stream("ExportJournal", as_uid=uid, strategy=strategy)
        except goald.Error as failed:
            return failed.name.rsplit(".", 1)[-1]

    assert error(STRANGER, "ls") == error(56302, "ls") == error(56303, ".") == "NotPermitted"
    assert error(56303, "ls") is None


@pytest.mark.parametrize("name", ["ls", "registry"])
def test_goal_verify_needs_no_daemon(build, exported, name):
    header = lines_of(exported[name])[0]
    text = build.run_goal("verify", exported[name]).ok()
    assert text == (f"{header['key']}: {header['seq']} entries verified, all well; the head is "
                    f"{header['seq']}:{header['hash']}\n")
    head = f"{header['seq']}:{header['hash']}"
    assert build.run_goal("verify", exported[name], "--head", head).ok() == text


def change(index, **members):
    def edit(lines):
        lines[index] = {**lines[index], **members}
    return edit


EDITS = {
    "payload": (change(5, payload="{}"), "6: entry 5 "),
    "time": (change(5, time="2020-01-01T00:00:00.000000Z"), "6: entry 5 "),
    "account": (change(5, account=12), "6: entry 5 "),
    "hash": (change(5, hash="0" * 64), "6: entry 5 "),
    "no hash": (change(5, hash="x"), "6: entry 5 "),
    "request": (change(5, requestId="6f1c1c3e-6d0b-4d54-8d8c-5b1de2b5a001"), "6: entry 5 "),
    "missing": (lambda lines: lines.pop(5), "6: entry 6 stands where 5 should"),
    "double": (lambda lines: lines.insert(5, lines[5]), "7: entry 5 stands where 6 should"),
    "cut off": (lambda lines: lines.pop(), "it ends at entry"),
    "another end": (change(0, hash="0" * 64), "it ends at entry"),
    "no entry": (change(5, seq="5"), "6: no entry of a journal"),
    "another strategy": (change(0, strategy=7), "2: entry 1 "),
}


@pytest.mark.parametrize("what", EDITS)
def test_wrong_line_is_named(build, exported, tmp_path, what):
    edit, expected = EDITS[what]
    lines = lines_of(exported["ls"])
    edit(lines)
    path = rewritten(tmp_path, lines)
    result = build.run_goal("verify", path)
    assert result.code == 1
    first = result.stdout.splitlines()[0]
    assert first.startswith(f"{path}:") and expected in first, first


def test_wrong_contact_data_is_named(build, exported, tmp_path):
    lines = lines_of(exported["registry"])
    index = next(i for i, line in enumerate(lines) if line.get("secret"))
    lines[index]["secret"]["value"] = "Somebody Else"
    result = build.run_goal("verify", rewritten(tmp_path, lines))
    assert result.code == 1 and f":{index + 1}: the contact data of entry" in result.stdout


def test_head_that_was_kept_is_compared(build, exported):
    header = lines_of(exported["ls"])[0]
    result = build.run_goal("verify", exported["ls"], "--head", f"{header['seq']}:{'0' * 64}")
    assert result.code == 1 and "not the one that was kept" in result.stdout
    result = build.run_goal("verify", exported["ls"], "--head", f"9999:{'0' * 64}")
    assert result.code == 1 and "is not there" in result.stdout
    assert build.run_goal("verify", exported["ls"], "--head", "x").code == 2


def test_file_that_is_no_journal_is_refused(build, tmp_path):
    for text in ("", "{}\n", "x\n", '{"format": "other"}\n'):
        (tmp_path / "no").write_text(text)
        assert build.run_goal("verify", tmp_path / "no").code == 1
    assert build.run_goal("verify", tmp_path / "missing").code == 1


def test_export_to_standard_output_can_be_piped(goald, build, exported):
    text = goald.goal("log", "ls", "--export", "-").ok()
    assert build.run_goal("verify", "-", stdin=text).code == 0
    assert oct(os.stat(exported["ls"]).st_mode & 0o777) == "0o600"


# --- restored


@pytest.fixture
def empty(new_goald):
    return new_goald().start()


@pytest.fixture(scope="module")
def restored(make_daemon, empty_template, exported):
    """A goald into which both were restored."""
    daemon = make_daemon(template=empty_template)
    try:
        daemon.start()
        daemon.goal("restore", exported["registry"]).ok()
        daemon.goal("restore", exported["ls"]).ok()
        yield daemon
    finally:
        daemon.close()


def journal_of(daemon, strategy, until):
    return [entry for entry in daemon.stream("ListJournal", strategy=strategy)
            if entry["seq"] <= until]


@pytest.mark.parametrize("strategy, name", [("ls", "ls"), (".", "registry")])
def test_log_and_its_hashes_are_the_same(goald, restored, exported, strategy, name):
    until = lines_of(exported[name])[0]["seq"]
    assert journal_of(restored, strategy, until) == journal_of(goald, strategy, until)


def test_restored_journals_verify(restored):
    for strategy in ("ls", "."):
        replies = restored.stream("VerifyJournal", strategy=strategy)
        assert [reply for reply in replies if reply.get("fault")] == []


def test_every_answer_is_the_same(goald, restored):
    for moment in ({}, {"asOf": "2021-06-30"}, {"knownAt": "seq:100"}, {"knownAt": "seq:215"},
                   {"asOf": "2022-12-31", "knownAt": "seq:214"}):
        for method in ("ListTree", "ListNodes"):
            assert (restored.stream(method, strategy="ls", **moment)
                    == goald.stream(method, strategy="ls", **moment)), (method, moment)
        for code in ("2.2", "gov-3", "", "4.4"):
            there, here = (daemon.call("GetStatus", strategy="ls", code=code, **moment)
                           for daemon in (goald, restored))
            assert here == there
    updates = {"strategy": "ls", "below": True}
    assert restored.stream("ListUpdates", **updates) == goald.stream("ListUpdates", **updates)


def test_accounts_and_names_are_the_same(goald, restored):
    assert restored.call("WhoAmI", as_uid=55501)["name"] == "Karin Ek"
    accounts = {account["account"]["uid"]: account["account"]
                for account in goald.stream("ListAccounts")}
    for account in restored.stream("ListAccounts"):
        assert account["account"] == accounts[account["account"]["uid"]]


def test_restore_stands_in_the_registrys_journal(restored, exported):
    until = lines_of(exported["registry"])[0]["seq"]
    (entry,) = [entry for entry in restored.stream("ListJournal", strategy=".")
                if entry["seq"] > until and entry["entity"] == "restore"]
    header = lines_of(exported["ls"])[0]
    assert entry["what"] == (f"restore: of se-life-science-2019 up to entry {header['seq']}")
    assert entry["payload"]["hash"] == header["hash"]


def test_life_goes_on_after_it(restored):
    before = restored.call("GetStatus", strategy="ls", code="1.1")["seq"]
    assert submit(restored, code="1.1", percent=50)["seq"] == before + 1
    restored.restart()
    assert restored.call("GetStatus", strategy="ls", code="1.1")["progress"] == 50
    assert restored.stream("VerifyJournal", strategy="ls")[-1]["faults"] == 0


def test_number_and_key_must_be_free(restored, exported):
    for name in ("registry", "ls"):
        result = restored.goal("restore", exported[name])
        assert result.code == 1 and "already" in result.stderr, result


def test_strategy_needs_its_registry(empty, exported):
    result = empty.goal("restore", exported["ls"])
    assert result.code == 1 and "registry" in result.stderr
    assert empty.stream("ListStrategies") == []


@pytest.mark.parametrize("what", ["payload", "cut off", "no hash"])
def test_wrong_file_restores_nothing(empty, exported, tmp_path, what):
    lines = lines_of(exported["registry"])
    EDITS[what][0](lines)
    assert empty.goal("restore", rewritten(tmp_path, lines)).code == 1
    assert empty.stream("ListJournal", strategy=".") == []


def begin(connection, lines, **parameters):
    return connection.call("RestoreBegin", header=lines[0], **parameters)["restore"]


def test_daemon_itself_refuses_what_was_changed(empty, exported):
    lines = lines_of(exported["registry"])
    with empty.connect() as connection:
        token = begin(connection, lines)
        wrong = [lines[1], {**lines[2], "account": 77}]
        with pytest.raises(empty.Error) as caught:
            connection.call("RestoreChunk", restore=token, entries=wrong)
        assert caught.value.parameters["place"] == "entries[2]"
        with pytest.raises(empty.Error) as caught:
            connection.call("RestoreCommit", restore=token)
        assert caught.value.name.endswith(".NoSuchImport")
        token = begin(connection, lines)
        connection.call("RestoreChunk", restore=token, entries=lines[1:-1])
        with pytest.raises(empty.Error) as caught:
            connection.call("RestoreCommit", restore=token)
        assert caught.value.parameters["place"] == "header.seq"
    assert empty.stream("ListJournal", strategy=".") == []


def test_chained_payload_of_another_entity_is_refused(empty, exported):
    """Somebody who can make hashes cannot smuggle rows in."""
    header, entry = lines_of(exported["registry"])[:2]
    for payload in ('{"id":9,"key":"x"}', '{"id":1,"key":"x"},{"id":2,"key":"y"}', "[]", "x"):
        text = "".join(f"{part}\n" for part in (
            0, 1, entry["time"], entry["account"], entry["requestId"] or "",
            entry["requestDigest"] or "", entry["entity"], entry["action"], entry["id"]))
        digest = hashlib.sha256(hashlib.sha256(b"").digest() + text.encode() + payload.encode())
        forged = {**entry, "payload": payload, "hash": digest.hexdigest()}
        with empty.connect() as connection:
            token = begin(connection, [{**header, "seq": 1, "hash": digest.hexdigest()}])
            with pytest.raises(empty.Error) as caught:
                connection.call("RestoreChunk", restore=token, entries=[forged])
            assert caught.value.name.endswith(".InvalidDocument")


def digest_of(header, entry, previous):
    text = "".join(f"{part}\n" for part in (
        header["strategy"], entry["seq"], entry["time"], entry["account"],
        entry["requestId"] or "", entry["requestDigest"] or "", entry["entity"],
        entry["action"], entry["id"]))
    return hashlib.sha256(previous + text.encode() + entry["payload"].encode()).digest()


def chained(lines):
    """The same with the hashes of what they say now, as somebody would who can make hashes."""
    header, *entries = lines
    digest, done = hashlib.sha256(b"").digest(), []
    for entry in entries:
        digest = digest_of(header, entry, digest)
        done.append({**entry, "hash": digest.hex()})
    return [{**header, "hash": digest.hex()}, *done]


def with_payload(lines, index, **members):
    payload = {**json.loads(lines[index]["payload"]), **members}
    return [*lines[:index], {**lines[index], "payload": json.dumps(payload)}, *lines[index + 1:]]


def first(lines, entity, **members):
    """The index of the first entry of an entity that has these members."""
    return next(i for i, line in enumerate(lines) if i and line["entity"] == entity
                and members.items() <= json.loads(line["payload"]).items())


def commit_error(daemon, lines):
    with daemon.connect() as connection:
        token = begin(connection, lines)
        for at in range(1, len(lines), 100):
            connection.call("RestoreChunk", restore=token, entries=lines[at:at + 100])
        with pytest.raises(daemon.Error) as caught:
            connection.call("RestoreCommit", restore=token)
    assert caught.value.name.endswith(".InvalidDocument"), caught.value
    return caught.value.parameters["place"]


def test_forged_journal_that_makes_no_tree_is_refused(empty, exported):
    """Well chained, but what it says cannot be; nothing is written, and the true one can be."""
    empty.goal("restore", exported["registry"]).ok()
    lines = lines_of(exported["ls"])
    node, update = first(lines, "node", key="2.2"), first(lines, "update")
    above = json.loads(lines[node]["payload"])["parent_id"]
    forged = {
        "orphan": (with_payload(lines, node, parent_id=987654), f"entries[{node}]"),
        "of no node": (with_payload(lines, update, node_id=987654), f"entries[{update}]"),
        "circle": (with_payload(lines, above, parent_id=node), "entries"),
        "no number": (with_payload(lines, update, node_id="x"), None),
    }
    before = empty.stream("ListJournal", strategy=".")
    for name, (journal, place) in forged.items():
        found = commit_error(empty, chained(journal))
        assert found == place or (place is None and found.startswith("entries")), name
    assert empty.stream("ListStrategies") == []
    assert empty.stream("ListJournal", strategy=".") == before
    assert empty.psql("SELECT count(*) FROM goald.node") == [["0"]]
    empty.goal("restore", exported["ls"]).ok()


def test_forged_rule_of_reminders_is_refused(empty, new_goald, tmp_path):
    goald = new_goald(empty=False).start()
    make_manager(goald)
    goald.goal("rule", "ls", "due", "--offsets", "30,7").ok()
    for key, strategy in (("registry", "."), ("ls", "ls")):
        goald.goal("export", "--journal", strategy, tmp_path / key).ok()
    empty.goal("restore", tmp_path / "registry").ok()
    lines = lines_of(tmp_path / "ls")
    for offsets in ([7, 30], [7, 7], [-1], [7.5], ["x"], list(range(17, 0, -1)), 7):
        commit_error(empty, chained(with_payload(lines, first(lines, "reminder_rule"),
                                                 offsets=offsets)))
    assert empty.stream("ListStrategies") == []


def test_forged_registry_is_refused(empty, exported):
    lines = lines_of(exported["registry"])
    index = first(lines, "contact")
    commit_error(empty, chained(with_payload(lines, index, person_id="x")))
    assert empty.stream("ListJournal", strategy=".") == []
    empty.goal("restore", exported["registry"]).ok()


@pytest.mark.parametrize("field, value", [("format", "x"), ("strategy", -1), ("strategy", 2**40),
                                          ("key", "ls"), ("seq", 0), ("hash", "x"),
                                          ("registryHash", "x")])
def test_bad_header_is_named(empty, exported, field, value):
    header = {**lines_of(exported["registry"])[0], field: value}
    with pytest.raises(empty.Error) as caught:
        empty.call("RestoreBegin", header=header)
    expected = "key" if field == "strategy" and value == -1 else field
    assert caught.value.parameters["place"] in (f"header.{expected}", "header.strategy")


def test_restore_is_forgotten_with_its_connection(empty, exported):
    lines = lines_of(exported["registry"])
    with empty.connect() as connection:
        begin(connection, lines)
        with pytest.raises(empty.Error) as caught:
            empty.call("RestoreBegin", header=lines[0])
        assert caught.value.name.endswith(".Overloaded")
    empty.goal("restore", exported["registry"]).ok()


def test_repeated_restore_has_its_effect_once(empty, exported):
    empty.goal("restore", exported["registry"]).ok()
    request = "6f1c1c3e-6d0b-4d54-8d8c-5b1de2b5a001"
    first = empty.goal("restore", exported["ls"], "--request-id", request).ok()
    count = len(empty.stream("ListJournal", strategy="."))
    assert empty.goal("restore", exported["ls"], "--request-id", request).ok() == first
    assert len(empty.stream("ListJournal", strategy=".")) == count


@pytest.mark.root
def test_restoring_is_for_admins(goald, exported):
    header = lines_of(exported["ls"])[0]
    goald.grant(56304, "admin", "ls")
    for uid in (STRANGER, 55501, 56304):
        with pytest.raises(goald.Error) as caught:
            goald.call("RestoreBegin", as_uid=uid, header=header)
        assert caught.value.name.endswith(".NotPermitted")


def test_goal_export_journal_is_the_same_file(goald, build, tmp_path):
    goald.goal("log", "ls", "--export", tmp_path / "log").ok()
    goald.goal("export", "--journal", "ls", tmp_path / "export").ok()
    one, other = lines_of(tmp_path / "log"), lines_of(tmp_path / "export")
    assert one[1:] == other[1:]
    assert build.run_goal("verify", tmp_path / "export").code == 0
    assert goald.goal("export", "--journal", "ls", "--as-of", "2024").code == 2


EVERY_KIND = """
add ls:x1 --kind deliverable --title sv=Rapport --parent 2.2 --due 2027-01-01
change ls:x1 --due 2027-06-30 --weight 2 --title sv=Rapporten
move ls:x1 --under 2.3
assign ls:x1 --owner org:vinnova
assign ls:x1 --funder org:vinnova --amount 5000000 --currency SEK
unassign ls:x1 --owner org:vinnova --to 2027-01-01
link ls:x1 https://example.org/r
unlink ls:x1 https://example.org/r
serve ls:x1 4.4 --weight 3
relate ls:x1 depends_on 2.2
add ls:i1 --kind indicator --title sv=Andel --parent 2.2 --baseline 0 --target 100
observe ls:i1 40 --date 2024-01-01 --source SCB --where region=SE110
observe ls:i1 45 --date 2024-01-01
observe ls:i1 46.5 --date 2024-01-01 --supersedes last --reason fel
close ls:x1 --achieved --date 2024-05-01 --reason klar --evidence https://example.org/k
reopen ls:x1 --reason nej
reviewed ls:2.2 --date 2024-05-01
strategy change ls --acceptance on
update ls:2.2 --percent 60 --draft
person add kalle --name Kalle
group add ls:gx --kind network --name sv=Net
group join ls:gx --person kalle --role member
group leave ls:gx --person kalle --to 2026-12-31
group aim ls:gx 2.2
group change ls:gx --mailbox gx@example.org
org change vinnova --mailbox post@vinnova.example
person change kalle --language nb
rule ls due --offsets 30,7,0 --every 14
nudge ls:2.2 -m Nå?
person forget kalle
"""


def test_history_of_every_kind_verifies_and_is_restored(new_goald, tmp_path):
    """Whatever a command writes has its words, its place in the state, and comes back."""
    goald, other = new_goald(empty=False).start(), new_goald().start()
    make_manager(goald)
    for line in EVERY_KIND.split("\n"):
        if line:
            goald.goal(*line.split()).ok()
    entries = goald.stream("ListJournal", strategy="ls", after=214)
    assert {"assignment", "closing", "contribution", "draft", "group", "link", "membership", "node",
            "nudge", "observation", "relation", "reminder_rule", "review", "strategy"} <= {e["entity"] for e in entries}
    words = [entry["what"] for entry in entries]
    for expected in ("node: deliverable “Rapport” below 2.2", "node changed: parent 2.2 → 2.3",
                     "assignment: funder vinnova 5000000 SEK",
                     "assignment changed: owner vinnova; to – → 2027-01-01",
                     "link ended: page https://example.org/r",
                     "contribution: from x1 serves 4.4 weight 3",
                     "observation: 45 2024-01-01", "closing: achieved 2024-05-01 because: klar",
                     "strategy changed: acceptance false → true", "draft: 60 %",
                     "membership changed: member kalle of group gx; to – → 2026-12-31",
                     "group changed: mailbox – → gx@example.org",
                     "rule of reminders: due offsets [30,7,0]", "nudge: “Nå?”",
                     "aim: of group gx"):
        assert expected in words, words
    for strategy in (".", "ls"):
        assert goald.stream("VerifyJournal", strategy=strategy)[-1]["faults"] == 0
        goald.goal("export", "--journal", strategy, tmp_path / "journal").ok()
        other.goal("restore", tmp_path / "journal").ok()
        assert other.stream("VerifyJournal", strategy=strategy)[-1]["faults"] == 0
    for method in ("ListTree", "ListUpdates", "ListJournal"):
        asked = {"strategy": "ls", **({"below": True} if method == "ListUpdates" else {})}
        assert other.stream(method, **asked) == goald.stream(method, **asked)


def test_large_history_is_restored_in_portions(new_goald, tmp_path):
    """More than one statement's entries, among them one entity over and over again."""
    goald, other = new_goald(empty=False).start(), new_goald().start()
    make_manager(goald)
    document = json.loads((DATA / "se-life-science-2019.json").read_text())
    document["updates"] += [{"id": f"many-{n}", "node": "2.2", "date": "2024-01-01", "percent": n % 100}
                            for n in range(12000)]
    (tmp_path / "large.json").write_text(json.dumps(document))
    for due in ("2027-01-01", "2027-01-02", "2027-01-03"):
        goald.goal("change", "ls:gov-3", "--due", due).ok()
    goald.goal("import", tmp_path / "large.json").ok()
    for due in ("2028-01-01", "2028-01-02"):
        goald.goal("change", "ls:gov-3", "--due", due).ok()
    for strategy in (".", "ls"):
        goald.goal("log", strategy, "--export", tmp_path / "journal").ok()
        other.goal("restore", tmp_path / "journal", timeout=120).ok()
    last = other.stream("VerifyJournal", strategy="ls")[-1]
    assert last["faults"] == 0 and last["seq"] > 12000
    assert other.call("GetNode", strategy="ls", code="gov-3")["due"] == "2028-01-02"
