"""Importing strategies: the real one, the corpora of tests/data/import, and again and again."""

import copy
import json
import re
import select
import shutil
import threading
import time

import pytest

from harness import DATA

REAL = DATA / "se-life-science-2019.json"
CORPUS = DATA / "import"
EXPECTED = json.loads((CORPUS / "expected.json").read_text())
PARTS = ("strategy", "organisations", "persons", "groups", "nodes", "updates", "closings")


def read(path):
    return json.loads(path.read_text())


def goal_import(goald, path, *options):
    """What `goal import` answered: {strategy, seq, added, changed, unchanged, dryRun, …}."""
    done = goald.goal("import", path, *options, "--json")
    return json.loads(done.ok())


def counts(reply):
    return reply["added"], reply["changed"], reply["unchanged"]


def seqs(goald):
    """How far every journal is: the strategies', and the registry's under "."."""
    found = {line["strategy"]: line["seq"] for line in goald.stream("ListStrategies")}
    newest = list(goald.stream("ListJournal", strategy=".", limit=1))
    return found | {".": newest[0]["seq"] if newest else 0}


def journal_since(goald, strategy, seq):
    """The (entity, action, key) of what came after seq, oldest first."""
    entries = goald.stream("ListJournal", strategy=strategy, limit=100)
    return [(e["entity"], e["action"], e["key"]) for e in entries if e["seq"] > seq][::-1]


def tree(goald, strategy):
    return {line["node"]["code"]: line["node"] for line in goald.stream("ListTree",
                                                                        strategy=strategy)}


def send(goald_connection, document, *, dry_run=False, parts=PARTS):
    """Hands a document in by hand, without the commit; returns the import's name."""
    key = document["strategy"]["key"]
    name = goald_connection.call("ImportBegin", strategy=key, dryRun=dry_run)["import"]
    for part in parts:
        records = document.get(part) or []
        records = [records] if isinstance(records, dict) else records
        if records:
            goald_connection.call("ImportChunk", **{"import": name}, part=part, first=0,
                                  records=records)
    return name


@pytest.fixture(scope="module")
def real(goald):
    """The daemon with the real strategy in it, and the first import's answer."""
    return goal_import(goald, REAL)


@pytest.fixture
def variant(tmp_path, request):
    """Writes documents for this test alone: a strategy and a registry of its own names."""
    name = re.sub(r"[^a-z]+", "-", request.node.name.lower()).strip("-")

    def write(document):
        text = json.dumps(document).replace("y-each", name).replace('"alias": "ye"',
                                                                    '"alias": null')
        path = tmp_path / "document.json"
        path.write_text(text)
        path.chmod(0o644)
        return path

    write.key = name
    write.document = read(CORPUS / "y_one_of_each.json")
    return write


# The real strategy


def test_real_strategy_is_added_whole(goald, real):
    document = read(REAL)
    assert real["strategy"] == "se-life-science-2019"
    assert (real["changed"], real["unchanged"], real["dryRun"]) == (0, 0, False)
    nodes = tree(goald, "ls")
    assert set(nodes) == {""} | {node["code"] for node in document["nodes"]}
    assert len(nodes) == 1 + 8 + 25 + 10


def test_real_titles_dates_and_places_are_kept(goald, real):
    nodes = tree(goald, "ls")
    for record in read(REAL)["nodes"]:
        found = goald.call("GetNode", strategy="ls", code=record["code"])
        assert found["titles"] == record["titles"]
        assert found["kind"] == record["kind"]
        assert nodes[record["code"]]["parent"] == record.get("parent", "")
        assert (found["start"], found["due"]) == (record.get("start"), record.get("due"))
        assert [(link["type"], link["title"], link["url"]) for link in found["links"]] == \
            [(link["type"], link.get("title"), link["url"]) for link in record["links"]]


def test_real_strategy_has_its_own_attributes(goald, real):
    found = goald.call("GetNode", strategy="ls")
    record = read(REAL)["strategy"]
    assert (found["alias"], found["issuer"], found["titles"]) == \
        (record["alias"], record["issuer"], record["titles"])
    assert (found["timeZone"], found["calendar"], found["defaultLanguage"]) == \
        ("Europe/Stockholm", "SE", "sv")
    assert (found["visibility"], found["expected"]) == ("public", {"priority": 8, "target": 30})
    assert (found["start"], found["due"]) == ("2019-12-12", None)
    assert [link["url"] for link in found["links"]] == [link["url"] for link in record["links"]]


def test_real_records_become_updates_with_evidence(goald, real):
    found = sorted((u["code"], u["date"], u["note"], tuple(u["evidence"]), u["percent"])
                   for u in (line["update"] for line in
                             goald.stream("ListUpdates", strategy="ls", below=True, limit=1000)))
    wanted = sorted((u.get("node", ""), u["date"], u["note"], tuple(u["evidence"]), None)
                    for u in read(REAL)["updates"])
    assert len(wanted) == 61
    assert found == wanted


def test_real_closings_keep_their_precision(goald, real):
    document = read(REAL)
    closed = {c["node"]: (c["date"], c["how"], c.get("reason")) for c in document["closings"]}
    for record in document["nodes"]:
        found = goald.call("GetStatus", strategy="ls", code=record["code"])["closing"]
        found = found and (found["date"], found["how"], found["reason"])
        assert found == closed.get(record["code"]), record["code"]


def test_real_owners_are_organisations(goald, real):
    def owners(code):
        found = goald.call("GetStatus", strategy="ls", code=code)["owners"]
        return [(owner["kind"], owner["key"], owner["name"]) for owner in found]

    assert owners("gov-1") == [("organisation", "socialdepartementet", "Socialdepartementet")]
    assert owners("gov-3") == [("organisation", "e-halsomyndigheten", "E-hälsomyndigheten")]
    assert owners("pm-1") == []


def test_real_groups_work_where_they_aim(goald, real):
    def groups(code):
        found = goald.call("GetStatus", strategy="ls", code=code)["groups"]
        return {(g["key"], g["relation"], g["termFrom"], g["termTo"], g["ended"]) for g in found}

    assert groups("2.2") == {("halsodata", "aim", "2020", "2022", True)}
    assert groups("4.4") == {("precisionsmedicin", "aim", "2020", "2022", True)}
    assert groups("kr-1") == {("krishantering", "lead", "2020", "2022", True)}
    assert groups("1.1") == set()


@pytest.mark.parametrize("code, state, work, total, delivered, overdue", [
    ("2.2", "off_track", 50, 2, 1, 1),
    ("4.2", "unknown", 100, 1, 1, 0),
    ("4.4", "unknown", 100, 1, 1, 0),
    ("8.2", "off_track", None, 1, 0, 1),
    ("gov-1", "done", None, None, None, None),
    ("", "unknown", None, 10, 8, 2),
])
def test_real_status_is(goald, real, code, state, work, total, delivered, overdue):
    status = goald.call("GetStatus", strategy="ls", code=code)
    assert status["state"] == state
    if work:
        assert status["work"]["progress"] == work
    if total:
        assert (status["work"]["total"], status["work"]["delivered"],
                status["work"]["overdue"]) == (total, delivered, overdue)


def test_real_strategy_again_changes_nothing(goald, real):
    before = seqs(goald)
    again = goal_import(goald, REAL)
    assert counts(again) == (0, 0, sum(counts(real)))
    assert again["seq"] == before["se-life-science-2019"]
    assert seqs(goald) == before


# What is accepted


@pytest.mark.parametrize("path", sorted(CORPUS.glob("y_*.json")), ids=lambda path: path.stem)
def test_valid_document_is_imported_once(goald, path):
    document = read(path)
    key = document["strategy"]["key"]
    first = goal_import(goald, path)
    nodes = tree(goald, key)
    assert set(nodes) == {""} | {node["code"] for node in document.get("nodes") or []}
    updates = [line["update"] for line in
               goald.stream("ListUpdates", strategy=key, below=True, limit=1000)]
    assert sorted(u["note"] or "" for u in updates) == \
        sorted(u.get("note") or "" for u in document.get("updates") or [])
    before = seqs(goald)
    assert counts(goal_import(goald, path)) == (0, 0, sum(counts(first)))
    assert seqs(goald) == before


def test_unicode_comes_back_as_it_went_in(goald):
    path = CORPUS / "y_unicode.json"
    goal_import(goald, path)
    document = read(path)
    found = goald.call("GetNode", strategy="y-unicode", code="1")
    assert found["titles"] == document["nodes"][0]["titles"]
    last = goald.call("GetStatus", strategy="y-unicode", code="1")["lastUpdate"]
    assert last["note"] == document["updates"][0]["note"]
    assert last["evidence"] == document["updates"][0]["evidence"]


def test_partial_dates_come_back_as_written(goald):
    goal_import(goald, CORPUS / "y_partial_dates.json")
    for record in read(CORPUS / "y_partial_dates.json")["nodes"]:
        found = goald.call("GetNode", strategy="y-dates", code=record["code"])
        assert (found["start"], found["due"]) == (record.get("start"), record.get("due"))


def test_ten_levels_are_ten_deep(goald):
    goal_import(goald, CORPUS / "y_ten_levels.json")
    assert tree(goald, "y-ten")[".".join("1" * 10)]["depth"] == 10


def test_longest_note_is_accepted(goald, variant):
    document = variant.document
    document["updates"][1]["note"] = "å" * 100_000
    goal_import(goald, variant(document))
    last = goald.call("GetStatus", strategy=variant.key)["lastUpdate"]
    assert last["note"] == "å" * 100_000


def test_document_larger_than_a_message_is_imported(goald, variant):
    document = variant.document
    document["updates"] += [
        {"id": f"long-{i}", "date": "2021-05-01", "note": f"{i} " + "å" * 99_000}
        for i in range(16)
    ]
    path = variant(document)
    assert len(json.dumps(document, ensure_ascii=False).encode()) > 3 * 1024 * 1024
    first = goal_import(goald, path)
    assert goald.call("GetStatus", strategy=variant.key)["updateCount"] == 17
    assert counts(goal_import(goald, path)) == (0, 0, first["added"])


# What is refused


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_invalid_document_is_refused_at_its_place(goald, real, name):
    before = seqs(goald)
    done = goald.goal("import", CORPUS / name)
    assert done.returncode == 1, done.stdout + done.stderr
    places = EXPECTED[name]
    if places is not None:
        places = places if isinstance(places, list) else [places]
        assert any(re.search(rf"(^|\s){re.escape(place)}: \S", done.stderr, re.MULTILINE)
                   for place in places), done.stderr
    assert done.stderr.strip() and "Traceback" not in done.stderr
    assert seqs(goald) == before
    assert goald.goal("status", "bad").returncode == 3


@pytest.mark.parametrize("name", ["n_bad_date.json", "n_percent_after_closing.json",
                                  "n_cycle_by_serves.json", "n_duplicate_organisation.json"])
def test_invalid_document_is_refused_by_dry_run_too(goald, real, name):
    done = goald.goal("import", CORPUS / name, "--dry-run")
    assert done.returncode == 1
    places = EXPECTED[name] if isinstance(EXPECTED[name], list) else [EXPECTED[name]]
    assert any(place + ": " in done.stderr for place in places), done.stderr


def test_bad_date_is_told_with_its_text(goald):
    done = goald.goal("import", CORPUS / "n_bad_date.json")
    assert 'nodes[12].due: not a date: "2021-13-01"' in done.stderr


def test_note_over_the_limit_is_refused(goald, variant):
    document = variant.document
    document["updates"][1]["note"] = "å" * 100_001
    done = goald.goal("import", variant(document))
    assert done.returncode == 1
    assert "updates[1].note: " in done.stderr
    assert goald.goal("status", variant.key).returncode == 3


def test_error_in_the_last_record_leaves_the_registry_alone(goald, variant):
    document = variant.document
    document["closings"][-1]["node"] = "nowhere"
    before = seqs(goald)
    done = goald.goal("import", variant(document))
    assert done.returncode == 1
    assert "closings[0].node: " in done.stderr
    assert seqs(goald) == before


def test_error_in_a_changed_document_changes_nothing(goald, variant):
    goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    document["nodes"][0]["titles"]["en"] = "Another title"
    document["updates"][0]["percent"] = 101
    assert goald.goal("import", variant(document)).returncode == 1
    assert seqs(goald) == before
    assert goald.call("GetNode", strategy=variant.key, code="1")["titles"] == {"en": "Node 1"}


def test_file_that_is_not_there_is_told(goald, tmp_path):
    done = goald.goal("import", tmp_path / "nothing.json")
    assert done.returncode in (1, 2)
    assert "nothing.json" in done.stderr


# Trying


def test_dry_run_of_a_new_strategy_writes_nothing(goald, variant):
    path = variant(variant.document)
    before = seqs(goald)
    tried = goal_import(goald, path, "--dry-run")
    assert tried["dryRun"] is True
    assert seqs(goald) == before
    assert goald.goal("status", variant.key).returncode == 3
    assert counts(goal_import(goald, path)) == counts(tried)


def test_dry_run_of_a_change_counts_and_writes_nothing(goald, variant):
    first = goal_import(goald, variant(variant.document))
    document = copy.deepcopy(variant.document)
    document["nodes"][1]["due"] = "2026"
    document["nodes"].append({"code": "2", "kind": "priority", "titles": {"en": "Two"}})
    before = seqs(goald)
    tried = goal_import(goald, variant(document), "--dry-run")
    assert counts(tried) == (1, 1, first["added"] - 1)
    assert seqs(goald) == before
    assert goald.call("GetNode", strategy=variant.key, code="1.1")["due"] == "2025"


# Changing


def change_title(document):
    document["nodes"][1]["titles"]["sv"] = "Nytt namn"
    return [("node", "put", "1.1")]


def change_due(document):
    document["nodes"][4]["due"] = "2022-06"
    return [("node", "put", "d-1")]


def take_weight_away(document):
    del document["nodes"][1]["weight"]
    return [("node", "put", "1.1")]


def change_term(document):
    document["groups"][1]["termTo"] = "2023"
    return [("group", "put", "work")]


def add_node(document):
    document["nodes"].append({"code": "2", "kind": "priority", "titles": {"en": "Two"}})
    return [("node", "put", "2")]


@pytest.mark.parametrize("change", [change_title, change_due, take_weight_away, change_term,
                                    add_node])
def test_changed_record_is_one_journal_entry(goald, variant, change):
    goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    wanted = change(document)
    goal_import(goald, variant(document))
    assert journal_since(goald, variant.key, before[variant.key]) == wanted
    assert seqs(goald) == before | {variant.key: before[variant.key] + 1}


def test_added_update_is_one_journal_entry(goald, variant):
    goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    document["updates"].append({"id": "u3", "node": "1.1", "date": "2021-06", "percent": 40})
    reply = goal_import(goald, variant(document))
    assert (reply["added"], reply["changed"]) == (1, 0)
    assert seqs(goald) == before | {variant.key: before[variant.key] + 1}
    assert goald.call("GetStatus", strategy=variant.key, code="1.1")["updateCount"] == 1


def test_changed_organisation_is_one_entry_of_the_registry(goald, variant):
    goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    document["organisations"][0]["names"]["sv"] = "Organisationen"
    reply = goal_import(goald, variant(document))
    assert (reply["added"], reply["changed"]) == (0, 1)
    assert seqs(goald) == before | {".": before["."] + 1}


def test_changed_strategy_is_one_journal_entry(goald, variant):
    goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    document["strategy"]["cadence"] = 30
    goal_import(goald, variant(document))
    assert seqs(goald) == before | {variant.key: before[variant.key] + 1}
    assert goald.call("GetNode", strategy=variant.key)["cadence"] == 30


def test_several_changes_are_as_many_journal_entries(goald, variant):
    goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    wanted = change_title(document) + change_due(document) + add_node(document)
    reply = goal_import(goald, variant(document))
    assert (reply["added"], reply["changed"]) == (1, 2)
    found = journal_since(goald, variant.key, before[variant.key])
    assert sorted(found) == sorted(wanted)


def test_order_of_records_and_keys_is_no_change(goald, variant):
    first = goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = {key: variant.document[key] for key in reversed(variant.document)}
    document["nodes"] = [dict(reversed(node.items())) for node in reversed(document["nodes"])]
    assert counts(goal_import(goald, variant(document))) == (0, 0, first["added"])
    assert seqs(goald) == before


def test_absent_null_and_empty_are_no_change(goald, variant):
    first = goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    document["nodes"][0] |= {"due": None, "serves": [], "weight": None}
    assert counts(goal_import(goald, variant(document))) == (0, 0, first["added"])
    assert seqs(goald) == before


def test_record_that_is_no_longer_listed_stays(goald, variant):
    goal_import(goald, variant(variant.document))
    before = seqs(goald)
    document = copy.deepcopy(variant.document)
    document["updates"] = []
    document["closings"] = []
    document["nodes"] = [node for node in document["nodes"] if node["code"] != "k-1"]
    goal_import(goald, variant(document))
    assert seqs(goald) == before
    assert "k-1" in tree(goald, variant.key)


# Interrupted, and who may


@pytest.mark.parametrize("parts", [(), PARTS[:4], PARTS], ids=["nothing", "half", "all"])
def test_connection_closed_before_the_commit_leaves_nothing(goald, variant, parts):
    before = seqs(goald)
    document = read(variant(variant.document))
    with goald.connect() as connection:
        send(connection, document, parts=parts)
    assert seqs(goald) == before
    assert goald.goal("status", variant.key).returncode == 3
    goal_import(goald, variant(variant.document))


def test_import_of_another_connection_is_unknown(goald, variant):
    document = read(variant(variant.document))
    with goald.connect() as one, goald.connect() as other:
        name = send(one, document)
        with pytest.raises(goald.Error) as raised:
            other.call("ImportCommit", **{"import": name})
        assert raised.value.name == "io.goald.Tracker.NoSuchImport"
        assert one.call("ImportCommit", **{"import": name})["added"] > 0


@pytest.mark.parametrize("key", ["", ".", "a:b", "x" * 201])
def test_import_does_not_begin_with_a_key_that_is_none(goald, key):
    with goald.connect() as connection:
        with pytest.raises(goald.Error) as raised:
            connection.call("ImportBegin", strategy=key)
    assert raised.value.name == "io.goald.Tracker.InvalidValue"
    assert raised.value.parameters["field"] == "strategy"


def test_import_of_many_updates_again_is_quick(goald, variant):
    document = variant.document
    document["updates"] = [{"id": f"u-{i}", "node": "1.1", "date": "2021-05-01", "note": str(i)}
                           for i in range(6000)]
    path = variant(document)
    first = goal_import(goald, path)
    started = time.monotonic()
    assert counts(goal_import(goald, path)) == (0, 0, first["added"])
    assert time.monotonic() - started < 20


def test_second_commit_of_a_user_waits_for_the_first(goald, variant):
    document = variant.document
    document["updates"] = [{"id": f"u-{i}", "node": "1.1", "date": "2021-05-01", "note": str(i)}
                           for i in range(4000)]
    document = read(variant(document))
    with goald.connect() as one, goald.connect() as other:
        names = [send(one, document), send(other, document)]
        both = {one: names[0], other: names[1]}
        for connection, name in both.items():
            connection.send_call("ImportCommit", {"import": name})
        # both may arrive in the same turn of the loop: either is the first
        replies = {connection: connection.recv() for connection in both}
        late = [connection for connection in both if "error" in replies[connection]]
        assert [replies[c]["error"] for c in late] == ["io.goald.Tracker.Overloaded"]
        first = next(connection for connection in both if connection not in late)
        assert replies[first]["parameters"]["added"] > 0
        again = late[0].call("ImportCommit", **{"import": both[late[0]]})
        assert (again["added"], again["changed"]) == (0, 0)


# Large ones, while others go on


def many_updates(document, count):
    """The document with so many updates of node 1.1."""
    document["updates"] = [{"id": f"u-{i}", "node": "1.1", "date": "2021-05-01", "note": str(i)}
                           for i in range(count)]
    return document


def send_in_chunks(connection, document, *, dry_run=False, size=2000):
    """As send(), in messages of `size` records."""
    name = send(connection, document | {"updates": []}, dry_run=dry_run)
    for first in range(0, len(document["updates"]), size):
        connection.call("ImportChunk", **{"import": name}, part="updates", first=first,
                        records=document["updates"][first:first + size])
    return name


def has_answer(connection):
    return bool(select.select([connection.socket], [], [], 0)[0])


@pytest.mark.parametrize("fresh", [False, True], ids=["cached", "uncached"])
def test_status_is_answered_while_a_large_import_is_planned(goald, real, variant, fresh):
    document = many_updates(read(variant(variant.document)), 20_000)
    answered = 0
    with goald.connect(timeout=120) as one, goald.connect() as other:
        name = send_in_chunks(one, document, dry_run=True)
        one.send_call("ImportCommit", {"import": name})
        while not has_answer(one):
            # white space makes the call another one to the cache
            space = " " * (answered % 997 if fresh else 0)
            other.send(b'{"method":"io.goald.Tracker.GetStatus",%s"parameters":'
                       b'{"strategy":"ls","code":"2.2"}}\0' % space.encode())
            assert other.recv_reply()["state"] == "off_track"
            answered += 1
        assert one.recv_reply()["added"] > 20_000
    assert answered >= 10


class Updater(threading.Thread):
    """Updates a node again and again until it is told to stop."""

    def __init__(self, goald, strategy, code):
        super().__init__()
        self.goald, self.strategy, self.code = goald, strategy, code
        self.stopped = threading.Event()
        self.first = threading.Event()
        self.seqs = []

    def run(self):
        with self.goald.connect(uid=self.goald.manager, timeout=120) as connection:
            while not self.stopped.is_set():
                reply = connection.call("SubmitUpdate", strategy=self.strategy, code=self.code,
                                        note=f"note {len(self.seqs)}")
                self.seqs.append(reply["seq"])
                self.first.set()

    def __enter__(self):
        self.start()
        assert self.first.wait(60)
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join(120)
        assert not self.is_alive()


@pytest.mark.root
def test_import_under_steady_updates_of_its_strategy_succeeds(goald, variant):
    goal_import(goald, variant(variant.document))
    goald.grant(goald.manager, "manager", variant.key)
    document = many_updates(copy.deepcopy(variant.document), 2000)
    path = variant(document)
    with Updater(goald, variant.key, "1.1") as updater:
        added = goal_import(goald, path)
        again = goal_import(goald, path)
    assert counts(added)[:2] == (2000, 0)
    assert counts(again)[:2] == (0, 0)
    assert len(set(updater.seqs)) == len(updater.seqs)
    total = goald.call("GetStatus", strategy=variant.key, code="1.1")["updateCount"]
    assert total == 2000 + len(updater.seqs)


@pytest.mark.root
def test_import_finds_corrections_that_come_while_it_reads(goald, variant):
    """Each changed update supersedes the last one of its chain, a correction just made too."""
    document = many_updates(read(variant(variant.document)), 300)
    goal_import(goald, variant(document))
    goald.grant(goald.manager, "manager", variant.key)
    ids = [int(row[0]) for row in goald.psql(
        "SELECT u.id FROM goald.progress_update u JOIN goald.chain c USING (strategy_id)"
        f" WHERE c.key = '{variant.key}' AND u.node_id > 0 ORDER BY u.id")]
    for update in document["updates"]:
        update["note"] = "changed " + update["note"]
    corrected = []

    def correct(connection):
        for number in ids:
            connection.call("SubmitUpdate", strategy=variant.key, code="1.1", note="by hand",
                            supersedes=number, reason="a mistake")
            corrected.append(number)

    with goald.connect(timeout=120) as one, \
            goald.connect(uid=goald.manager, timeout=120) as other:
        name = send_in_chunks(one, document)
        thread = threading.Thread(target=ignore_refusal, args=(goald, correct, other))
        thread.start()
        reply = one.call("ImportCommit", **{"import": name})
        thread.join(120)
    assert reply["changed"] == 300
    rows = goald.psql("SELECT count(*), count(DISTINCT supersedes) FROM goald.progress_update u"
                      " JOIN goald.chain c USING (strategy_id) WHERE u.supersedes IS NOT NULL"
                      f" AND c.key = '{variant.key}'")
    assert rows == [[str(300 + len(corrected))] * 2]


def ignore_refusal(goald, work, connection):
    """What the import has corrected first cannot be corrected again."""
    try:
        work(connection)
    except goald.Error:
        pass


def test_large_import_whose_connection_is_lost_is_whole_or_not_there(goald, variant):
    document = many_updates(read(variant(variant.document)), 5000)
    with goald.connect() as connection:
        name = send_in_chunks(connection, document)
        connection.send_call("ImportCommit", {"import": name})
    # the same user's next commit is let in when that one is over
    with goald.connect(timeout=120) as connection:
        name = send_in_chunks(connection, document)
        reply = commit_when_free(goald, connection, name)
    assert counts(reply) in ((sum(counts(reply)), 0, 0), (0, 0, sum(counts(reply))))
    assert goald.call("GetStatus", strategy=variant.key, code="1.1")["updateCount"] == 5000


def commit_when_free(goald, connection, name):
    for _ in range(100_000):
        try:
            return connection.call("ImportCommit", **{"import": name})
        except goald.Error as error:
            assert error.name == "io.goald.Tracker.Overloaded", error
            goald.call("Ping")
    raise AssertionError("the first import does not end")


def test_import_again_under_the_same_request_id_is_told_what_came_of_it(goald, variant):
    path = variant(many_updates(variant.document, 500))
    request = "0b5ef8a6-43a1-4b8c-9c0a-6a4be1e9f2d4"
    first = goal_import(goald, path, "--request-id", request)
    again = goal_import(goald, path, "--request-id", request)
    assert counts(again) == (0, 0, first["added"])
    assert again["seq"] == first["seq"]


@pytest.mark.root
def test_reader_may_not_import(goald, real, tmp_path):
    path = tmp_path / "document.json"
    shutil.copy(REAL, path)
    path.chmod(0o644)
    before = seqs(goald)
    done = goald.goal("import", path, uid=goald.stranger)
    assert done.returncode == 5, done.stderr
    assert seqs(goald) == before


@pytest.mark.root
def test_contributor_may_not_import(goald, variant):
    document = variant.document
    document["groups"][1]["members"] = [{"person": "y-each-p", "role": "secretary"}]
    document["groups"][1]["termTo"] = None
    path = variant(document)
    goal_import(goald, path)
    goald.call("AddAccount", uid=goald.contributor, person=f"{variant.key}-p")
    goald.goal("update", f"{variant.key}:1.1", "--percent", 20, uid=goald.contributor).ok()
    before = seqs(goald)
    document["nodes"][0]["titles"]["en"] = "Mine now"
    path = variant(document)
    for options in ([], ["--dry-run"]):
        done = goald.goal("import", path, *options, uid=goald.contributor)
        assert done.returncode == 5, done.stderr
    assert seqs(goald) == before


def test_whole_domain_is_kept(goald):
    goal_import(goald, CORPUS / "y_whole_domain.json")
    lab = goald.call("GetNode", strategy="whole", code="1.1")
    assert (lab["due"], lab["dueAfter"], lab["sectors"]) == ("2026", "P5Y", ["food", "transport"])
    old = goald.call("GetNode", strategy="whole", code="1.2")
    assert (old["due"], old["dueAfter"]) == ("2021-07-11", "P1Y6M10D")
    share = goald.call("GetNode", strategy="whole", code="i")
    assert (share["baseline"], share["target"], share["unit"], share["direction"]) == (
        10, 20, "%", "up")
    # o2 corrects o1, o3 is a breakdown
    assert goald.call("GetStatus", strategy="whole", code="i")["progress"] == 30
    # b corrects a; c waits and d was returned
    status = goald.call("GetStatus", strategy="whole", code="1.1")
    assert (status["progress"], status["updateCount"]) == (12, 1)


def test_whole_domain_again_changes_nothing(goald, tmp_path):
    goal_import(goald, CORPUS / "y_whole_domain.json")
    before = seqs(goald)
    assert counts(goal_import(goald, CORPUS / "y_whole_domain.json"))[:2] == (0, 0)
    assert seqs(goald) == before
    document = json.loads((CORPUS / "y_whole_domain.json").read_text())
    document["observations"][1]["value"] = 15
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(document))
    assert counts(goal_import(goald, changed))[:2] == (0, 1)
    assert goald.call("GetStatus", strategy="whole", code="i")["progress"] == 50
    assert counts(goal_import(goald, changed))[:2] == (0, 0)


def test_mailbox_and_language_that_a_document_does_not_know_stay(goald, variant):
    document = variant.document
    path = variant(document)
    goal_import(goald, path)
    document = read(path)
    organisation, person = document["organisations"][0]["id"], f"{variant.key}-p"
    goald.call("ChangeOrganisation", key=organisation, mailbox="in@house.example")
    goald.call("ChangePerson", key=person, language="nb")
    assert counts(goal_import(goald, path))[:2] == (0, 0)
    document["organisations"][0]["mailbox"] = "post@house.example"
    next(p for p in document["persons"] if p["id"] == person)["language"] = "sv"
    path.write_text(json.dumps(document))
    assert counts(goal_import(goald, path))[:2] == (0, 2)
    assert goald.call("GetOrganisation", key=organisation)["mailbox"] == "post@house.example"
    assert goald.call("GetPerson", key=person)["mailLanguage"] == "sv"
    assert counts(goal_import(goald, path))[:2] == (0, 0)


@pytest.mark.root
def test_shared_mailbox_and_language_are_not_a_managers_to_change(goald, variant):
    path = variant(variant.document)
    goal_import(goald, path)
    goald.grant(goald.manager, "manager", variant.key)
    document = read(path)
    person = next(p for p in document["persons"] if p["id"] == f"{variant.key}-p")
    person["language"] = "sv"  # passed over: what is known of a person is not to be found out
    path.write_text(json.dumps(document))
    path.chmod(0o644)
    goald.goal("import", path, uid=goald.manager).ok()
    assert goald.call("GetPerson", key=person["id"])["mailLanguage"] is None
    document["organisations"][0]["mailbox"] = "post@house.example"
    path.write_text(json.dumps(document))
    done = goald.goal("import", path, uid=goald.manager)
    assert done.code == 1 and "organisations[0]" in done.stderr and "admin" in done.stderr
