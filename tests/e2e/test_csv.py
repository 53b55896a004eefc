"""Importing CSV: the corpus of tests/data/csv, as spreadsheets write it, and by contributors."""

import json
import re

import pytest

from harness import DATA, STRANGER, TOP
from test_import import counts, goal_import, seqs, tree

CORPUS = DATA / "csv"
EXPECTED = json.loads((CORPUS / "expected.json").read_text())
ME, OTHER, EDITOR = 54901, 54902, 54903  # accounts


def node(code, parent="1", kind="target", **more):
    return {"code": code, "kind": kind, "titles": {"en": f"Node {code}"}, "parent": parent, **more}


def document(key, alias):
    return {
        "format": "goald-import-1",
        "strategy": {"key": key, "alias": alias, "titles": {"sv": key, "en": key},
                     "timeZone": "Europe/Stockholm", "language": "en", "visibility": "public"},
        "organisations": [{"id": "o", "names": {"en": "O"}}],
        "persons": [{"id": "p", "name": "P"}, {"id": "q", "name": "Q"}],
        "nodes": [
            node("1", None, "priority"),
            node("1.1", assignments=[{"person": "p", "role": "lead"}]),
            node("1.2", assignments=[{"person": "q", "role": "owner"}]),
            node("1.1.a", "1.1", "deliverable"),
            node("1.1.k", "1.1", "indicator", baseline=0, target=100),
        ],
    }


@pytest.fixture(scope="module")
def daemon(goald):
    for key, alias in (("csv-corpus", "cc"), ("csv-strategy", "cs")):
        path = goald.folder / f"{key}.json"
        path.write_text(json.dumps(document(key, alias)))
        path.chmod(0o644)
        goald.goal("import", path).ok()
    goald.call("AddAccount", uid=ME, person="p")
    goald.call("AddAccount", uid=OTHER, person="q")
    goald.grant(EDITOR, "manager", "csv-strategy")
    return goald


@pytest.fixture
def table(tmp_path):
    """Writes a file of that text, for everybody to read."""

    def write(text):
        path = tmp_path / "table.csv"
        path.write_text(text)
        path.chmod(0o644)
        return path

    return write


def history(daemon, code, strategy="cs"):
    """The node's updates: date, percent, state, note, evidence; the newest first."""
    found = [line["update"] for line in
             daemon.stream("ListUpdates", strategy=strategy, code=code, limit=100)]
    return [(u["date"], u["percent"], u["state"], u["note"], u["evidence"]) for u in found]


# The corpus


@pytest.mark.parametrize("name", sorted(path.stem for path in CORPUS.glob("n_*.csv")))
def test_file_is_refused_with_line_and_column(daemon, name):
    path, expected, before = CORPUS / f"{name}.csv", EXPECTED[name], seqs(daemon)
    done = daemon.goal("import", path, "--strategy", "cc", *expected["options"])
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == f"goal: {path}:{expected['error']}\n"
    assert seqs(daemon) == before


def test_every_refused_file_is_expected():
    assert {path.stem for path in CORPUS.glob("n_*.csv")} == set(EXPECTED)


SWEDISH = ["--map", "Kod=node", "--map", "Datum=date", "--map", "Andel=percent",
           "--map", "Läge=state", "--map", "Kommentar=note", "--map", "Källa=evidence",
           "--value", "state:På väg=on_track", "--value", "state:Försenad=at_risk"]
BRITISH = ["--map", "Code=node", "--map", "Progress=percent", "--map", "Status=state",
           "--map", "Comments=note", "--dates", "dmy"]
NODES = ["--map", "Länk=links.1.url", "--set", "links.1.type=source",
         "--map", "Ansvarig=assignments.1.organisation", "--set", "assignments.1.role=owner"]
TWO = [("1.1", "2024-05-31", "one"), ("1.2", "2024-05-31", "two")]

# What updates become: (node, date, percent, state, note, evidence).
ACCEPTED = {
    "fields_by_name": ([], [("1.1", "2024-05-31", 40, "on_track", "Half",
                             ["https://example.org/1"])]),
    "swedish_excel": (SWEDISH, [
        ("1.1", "2024-05-31", 12.5, "on_track", "Först\nsedan \"klart\"",
         ["https://example.org/a?b=1"]),
        ("1.2", "2024-06-30", 40, "at_risk", None, [])]),
    "british_excel": (BRITISH, [
        ("1.1", "2024-05-31", 45, "on_track", "Late, but coming", []),
        ("1.2", "2024-06-01", 7.5, "at_risk", None, [])]),
    "norwegian_calc": (["--dates", "dmy"], [
        ("1.1", "2024-05-31", 33.25, None, "Halvveis", []),
        ("1.2", "2024-06-01", 100, None, None, [])]),
    "separator_line": ([], [("1.1", "2024-05-31", None, None, "a, b, c", [])]),
    "tabs": ([], [("1.1", "2024-05-31", 12.5, None, "a\tb", [])]),
    "old_mac": ([], [(n, d, None, None, t, []) for n, d, t in TWO]),
    "no_line_end": ([], [("1.1", "2024-05-31", None, None, "one", [])]),
    "rows_of_several_lengths": ([], [(n, d, None, None, t, []) for n, d, t in TWO]),
    "empty_rows": ([], [(n, d, None, None, t, []) for n, d, t in TWO]),
    "only_a_header": ([], []),
    "evidence_list": ([], [("1.1", "2024-05-31", None, None, None,
                            [f"https://example.org/{c}" for c in "abc"])]),
    "date_with_time": ([], [("1.1", "2024-05-31", None, None, "one", []),
                            ("1.2", "2018-05-31", None, None, "two", [])]),
    "headers_in_any_case": ([], [("1.1", "2024-05-31", None, None, "one", [])]),
}


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_file_of_updates_is_imported_once(daemon, name):
    options, wanted = ACCEPTED[name]
    key = f"y-{name}"
    path = daemon.folder / f"{key}.json"
    path.write_text(json.dumps(document(key, None)))
    daemon.goal("import", path).ok()
    arguments = (CORPUS / f"y_{name}.csv", "--csv", "updates", "--strategy", key, *options)
    assert counts(goal_import(daemon, *arguments)) == (len(wanted), 0, 0)
    found = [(code, *update) for code in ("1.1", "1.2") for update in history(daemon, code, key)]
    assert found == wanted
    before = seqs(daemon)
    assert counts(goal_import(daemon, *arguments)) == (0, 0, len(wanted))
    assert seqs(daemon) == before


def test_every_accepted_file_is_imported():
    nodes = {"nodes", "thousands"}
    assert {path.stem[2:] for path in CORPUS.glob("y_*.csv")} == set(ACCEPTED) | nodes


def test_nodes_with_links_and_owners_are_imported(daemon):
    arguments = (CORPUS / "y_nodes.csv", "--csv", "nodes", "--strategy", "cs", *NODES)
    assert counts(goal_import(daemon, *arguments)) == (2, 0, 0)
    nine = daemon.call("GetNode", strategy="cs", code="9")
    child = daemon.call("GetNode", strategy="cs", code="9.1")
    assert nine["titles"] == {"sv": "Nio", "en": "Nine"}
    assert nine["links"] == []
    assert (child["titles"], child["due"], child["weight"]) == ({"sv": "Nio ett"}, "2030-12", 2.5)
    assert [(link["type"], link["url"]) for link in child["links"]] == \
        [("source", "https://example.org/9")]
    owners = daemon.call("GetStatus", strategy="cs", code="9.1")["owners"]
    assert [owner["key"] for owner in owners] == ["o"]
    assert tree(daemon, "cs")["9.1"]["parent"] == "9"
    assert counts(goal_import(daemon, *arguments)) == (0, 0, 2)


def test_numbers_with_thousands_and_typographers_minus_are_read(daemon):
    goal_import(daemon, CORPUS / "y_thousands.csv", "--csv", "nodes", "--strategy", "cs")
    node = daemon.call("GetNode", strategy="cs", code="k-9")
    assert (node["baseline"], node["target"]) == (-1000.5, 12345.25)


def test_observations_with_breakdowns_are_imported_once(daemon, table):
    path = table("Kod;Datum;Värde;Region;Källa\n1.1.k;2024-05;12,5;;SCB\n"
                 "1.1.k;2024-05;10;SE110;SCB\n1.1.k;2024-05;15;SE12;\n")
    options = ["--csv", "observations", "--strategy", "cs", "--map", "Kod=node", "--map",
               "Datum=date", "--map", "Värde=value", "--map", "Region=breakdown.region", "--map",
               "Källa=source"]
    assert counts(goal_import(daemon, path, *options)) == (3, 0, 0)
    assert daemon.call("GetStatus", strategy="cs", code="1.1.k")["progress"] == 12.5
    assert counts(goal_import(daemon, path, *options)) == (0, 0, 3)
    path = table("node,date,value\n1.1,2024-05,12.5\n")
    assert daemon.goal("import", path, "--csv", "observations", "--strategy", "cs").stderr == \
        f'goal: {path}:2:1 (node): "1.1" is not an indicator\n'


@pytest.mark.parametrize("part", ["updates", "observations"])
def test_row_corrects_one_of_its_own_node(daemon, table, part):
    value = "percent" if part == "updates" else "value"
    other = "1.2" if part == "updates" else "1.2.k"
    goal_import(daemon, table("code,kind,parent,titles.en\n1.2.k,indicator,1.2,K\n"), "--csv",
                "nodes", "--strategy", "cs")
    text = f"id,node,date,{value},supersedes,reason\na,1.1.k,2019-01-01,1,,\n"
    path = table(text + f"b,{other},2019-01-01,2,a,wrong\n")
    assert daemon.goal("import", path, "--csv", part, "--strategy", "cs").stderr == \
        f'goal: {path}:3:5 (supersedes): "a" is of another node\n'
    path = table(text + "b,1.1.k,2019-01-01,2,a,wrong\n")
    assert counts(goal_import(daemon, path, "--csv", part, "--strategy", "cs")) == (2, 0, 0)


ROWS = {
    "nodes": [
        {"code": "all-1", "kind": "deliverable", "parent": "1", "titles.sv": "Allt",
         "stage": "ongoing", "start": "2020", "due.after": "start", "due.years": 1,
         "due.months": 2, "due.days": 3, "weight": 2, "cadence": 90, "sectors": "s",
         "links.1.type": "source", "links.1.title": "T", "links.1.url": "https://example.org/",
         "links.1.owner": "o", "serves.1.node": "1.1", "serves.1.weight": 0.5,
         "assignments.1.organisation": "o", "assignments.1.role": "funder",
         "assignments.1.from": "2020", "assignments.1.to": "2021", "assignments.1.amount": 1000,
         "assignments.1.currency": "SEK", "assignments.1.note": "N", "relations.1.kind": "related",
         "relations.1.strategy": "cs", "relations.1.node": "1.2", "reviews.1.date": "2021",
         "reviews.1.organisation": "o", "reviews.1.every.years": 1, "reviews.1.every.months": 2,
         "reviews.1.every.days": 3, "reviews.1.note": "R"},
        {"code": "all-2", "kind": "indicator", "parent": "1", "titles.sv": "Mått", "due": "2030",
         "baseline": 1, "target": 2, "unit": "%", "direction": "up", "assignments.1.person": "p",
         "assignments.1.role": "contact", "reviews.1.date": "2021", "reviews.1.person": "p"},
        {"code": "all-3", "kind": "target", "titles.sv": "Mål", "assignments.1.group": "g",
         "assignments.1.role": "lead", "reviews.1.date": "2021", "reviews.1.group": "g"}],
    "updates": [
        {"id": "all-1", "node": "1.1", "date": "2020", "percent": 1, "state": "on_track",
         "confidence": "low", "note": "N", "evidence": "https://example.org/"},
        {"id": "all-2", "node": "1.1", "date": "2020", "percent": 2, "supersedes": "all-1",
         "reason": "R"},
        {"id": "all-3", "node": "1.1", "date": "2020", "percent": 3, "decision": "waiting"}],
    "observations": [
        {"id": "all-1", "node": "1.1.k", "date": "2020", "value": 1, "source": "S",
         "breakdown.sv": "B"},
        {"id": "all-2", "node": "1.1.k", "date": "2020", "value": 2, "supersedes": "all-1",
         "reason": "R", "breakdown.sv": "B"}],
}


def client_fields(part):
    """The fields that goal knows of a part's rows, from its source."""
    source = (TOP / "client" / "csv_fields.c").read_text()
    rows = re.search(rf"{part[:-1]}_fields\[\] = {{(.*?)\n}};", source, re.DOTALL)[1]
    names = re.findall(r'{"([^"]+)"', rows)
    return [name.replace("*", "sv").replace("#", "1") for name in names]


@pytest.mark.parametrize("part", sorted(ROWS))
def test_every_field_of_a_column_is_one_of_the_document(daemon, table, part):
    whole = document("csv-fields", "cf")
    whole["strategy"]["sectors"] = [{"id": "s", "titles": {"sv": "Sektor"}}]
    whole["groups"] = [{"id": "g", "kind": "working_group", "names": {"sv": "Grupp"}}]
    daemon.folder.joinpath("fields.json").write_text(json.dumps(whole))
    daemon.goal("import", daemon.folder / "fields.json").ok()
    fields, rows = client_fields(part), ROWS[part]
    assert set(fields) == {name for row in rows for name in row}
    path = table("\n".join([",".join(fields), *(
        ",".join(str(row.get(field, "")) for field in fields) for row in rows)]))
    reply = goal_import(daemon, path, "--csv", part, "--strategy", "cf")
    assert counts(reply) == (len(rows), 0, 0)
    reply = goal_import(daemon, path, "--csv", part, "--strategy", "cf")
    assert counts(reply) == (0, 0, len(rows))


# Options


def test_defaults_fill_what_is_absent_or_empty(daemon, table):
    path = table("node,percent,note\n1.1.a,10,\n1.1.a,20,own\n")
    goal_import(daemon, path, "--csv", "updates", "--strategy", "cs", "--set", "date=2023-01",
                "--set", "note=from the table")
    assert [(d, p, n) for d, p, _, n, _ in history(daemon, "1.1.a")] == \
        [("2023-01", 20, "own"), ("2023-01", 10, "from the table")]


def test_value_for_nothing_leaves_the_field_out(daemon, table):
    path = table("node,date,percent,note\n1.1,2022-02-01,n/a,told\n")
    goal_import(daemon, path, "--csv", "updates", "--strategy", "cs", "--value", "percent:n/a=")
    assert ("2022-02-01", None, None, "told", []) in history(daemon, "1.1")


def test_ignored_columns_are_left_out(daemon, table):
    path = table("node,Handläggare,date,note,Övrigt\n1.1,Anna,2022-03-01,kept,x\n,,,,only\n")
    reply = goal_import(daemon, path, "--csv", "updates", "--strategy", "cs",
                        "--ignore", "Handläggare", "--ignore", "Övrigt")
    assert counts(reply) == (1, 0, 0)


def test_list_separator_may_be_said(daemon, table):
    path = table("node;date;evidence\n1.1;2022-04-01;https://example.org/1, https://example.org/2\n")
    goal_import(daemon, path, "--csv", "updates", "--strategy", "cs", "--list-separator", ",")
    assert ("2022-04-01", None, None, None, ["https://example.org/1", "https://example.org/2"]) \
        in history(daemon, "1.1")


def test_edited_row_without_an_id_is_a_new_update(daemon, table):
    for percent in (5, 6):
        path = table(f"node,date,percent\n1.2,2021-01-01,{percent}\n")
        reply = goal_import(daemon, path, "--csv", "updates", "--strategy", "cs")
        assert counts(reply) == (1, 0, 0)


def test_edited_row_with_an_id_corrects_its_update(daemon, table):
    replies = []
    for percent in (5, 6):
        path = table(f"id,node,date,percent\nrow-1,1.2,2021-02-01,{percent}\n")
        replies.append(goal_import(daemon, path, "--csv", "updates", "--strategy", "cs"))
    assert [counts(reply) for reply in replies] == [(1, 0, 0), (0, 1, 0)]


def test_dry_run_counts_and_writes_nothing(daemon, table):
    before = seqs(daemon)
    path = table("node,date,percent\n1.2,2020-01-01,1\n1.1,2020-01-01,2\n")
    done = daemon.goal("import", path, "--csv", "updates", "--strategy", "cs", "--dry-run")
    assert done.ok() == "would add 2, change 0, leave 0 (dry run: nothing was changed)\n"
    assert seqs(daemon) == before


def test_standard_input_is_read(daemon):
    done = daemon.goal("import", "-", "--csv", "updates", stdin="node,date,note\n7,2024,x\n",
                       env={"GOAL_STRATEGY": "cs"})
    assert done.stderr == 'goal: -:2:1 (node): no node "7"\n'


@pytest.mark.parametrize("options, error", [
    (["--map", "a=b"], "--map is for CSV: say what the rows are with --csv"),
    (["--csv", "closings"], "possibilities are: nodes updates observations"),
    (["--csv", "updates"], "name the strategy: --strategy KEY, or set GOAL_STRATEGY"),
    (["--csv", "updates", "--strategy", "cs", "--map", "Kod"], "--map Kod: it is HEADER=FIELD"),
    (["--csv", "updates", "--strategy", "cs", "--map", "Kod=code"],
     "--map Kod=code: updates have no such field; goal help import says more"),
    (["--csv", "updates", "--strategy", "cs", "--map", "a=note", "--map", "a=node"],
     "--map a=node: given twice"),
    (["--csv", "updates", "--strategy", "cs", "--value", "state=on_track"],
     "--value state=on_track: it is FIELD:CELL=VALUE"),
    (["--csv", "updates", "--strategy", "cs", "--set", "kind=target"],
     "--set kind=target: updates have no such field; goal help import says more"),
    (["--csv", "updates", "--strategy", "cs", "--set", "note="], "--set note=: it is FIELD=VALUE"),
])
def test_wrong_option_is_told(daemon, options, error):
    done = daemon.goal("import", CORPUS / "y_tabs.csv", *options)
    assert (done.code, done.stdout) == (2, "")
    assert error in done.stderr


def test_unknown_strategy_is_told(daemon):
    done = daemon.goal("import", CORPUS / "y_tabs.csv", "--csv", "updates", "--strategy", "nowhere")
    assert (done.code, done.stdout) == (3, "")
    assert "there is no strategy nowhere" in done.stderr


# Without the strategy's record, as JSON


def test_document_without_its_strategy_names_an_existing_one(daemon, tmp_path):
    path = tmp_path / "updates.json"
    path.write_text(json.dumps({"format": "goald-import-1", "updates": [
        {"id": "json-1", "node": "1.1", "date": "2020-02-02", "note": "from JSON"}]}))
    assert daemon.goal("import", path).stderr == \
        f"goal: {path}: strategy: missing; or name an existing one (--strategy)\n"
    assert counts(goal_import(daemon, path, "--strategy", "cs")) == (1, 0, 0)
    assert ("2020-02-02", None, None, "from JSON", []) in history(daemon, "1.1")


def test_strategy_is_named_once(daemon):
    done = daemon.goal("import", daemon.folder / "csv-corpus.json", "--strategy", "cs")
    assert (done.code, done.stderr) == \
        (2, "goal: --strategy: the document has its strategy itself\n")


# By contributors


def contribute(daemon, path, uid, *options):
    return daemon.goal("import", path, "--csv", "updates", "--strategy", "cs", *options, uid=uid)


@pytest.mark.root
def test_contributor_imports_updates_of_what_is_theirs(daemon, table):
    path = table("node,date,percent\n1.1,2024-01-01,1\n1.1.a,2024-01-01,2\n1.1.k,2024-01-01,3\n")
    assert contribute(daemon, path, ME).ok().startswith("added 3, changed 0, unchanged 0 (seq ")
    assert contribute(daemon, path, ME).ok().startswith("added 0, changed 0, unchanged 3 (seq ")
    newest = daemon.stream("ListJournal", strategy="cs", limit=1)[0]
    assert (newest["entity"], newest["account"]) == ("update", "P")


@pytest.mark.root
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_contributor_may_not_import_what_is_not(daemon, table, options):
    before = seqs(daemon)
    path = table("node,date,percent\n1.1,2024-02-01,1\n1.2,2024-02-01,2\n")
    done = contribute(daemon, path, ME, *options)
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"goal: {path}:3:1 (node): not yours to report on")
    path = table("node,date,percent\n,2024-02-01,1\n")
    assert f"{path}:2:1 (node): not yours to report on" in contribute(daemon, path, ME, *options).stderr
    assert seqs(daemon) == before


@pytest.mark.root
def test_contributor_imports_observations_of_what_is_theirs(daemon, table):
    path = table("node,date,value\n1.1.k,2024-07,20\n")
    options = ["--csv", "observations", "--strategy", "cs"]
    assert daemon.goal("import", path, *options, uid=OTHER).stderr.startswith(
        f"goal: {path}:2:1 (node): not yours to report on")
    assert daemon.goal("import", path, *options, uid=ME).code == 0


@pytest.mark.root
def test_contributors_updates_wait_where_the_strategy_asks_for_acceptance(daemon, table):
    waiting = document("csv-waiting", None)
    waiting["strategy"]["acceptance"] = True
    other = daemon.folder / "waiting.json"
    other.write_text(json.dumps(waiting))
    daemon.goal("import", other).ok()
    path = table("id,node,date,percent\nw,1.1,2024-01-01,30\n")
    options = ["--csv", "updates", "--strategy", "csv-waiting"]
    daemon.goal("import", path, *options, uid=ME).ok()
    newest = daemon.stream("ListJournal", strategy="csv-waiting", limit=1)[0]
    assert (newest["entity"], newest["payload"]["waits"]) == ("update", True)
    assert daemon.call("GetStatus", strategy="csv-waiting", code="1.1")["progress"] is None
    path = table("id,node,date,percent\nw,1.1,2024-01-01,31\n")
    daemon.goal("import", path, *options, uid=ME).ok()
    assert daemon.call("GetStatus", strategy="csv-waiting", code="1.1")["progress"] is None


@pytest.mark.root
def test_contributor_decides_nothing(daemon, table):
    path = table("node,date,percent,decision\n1.1,2024-01-01,30,returned\n")
    assert contribute(daemon, path, ME).stderr == \
        f"goal: {path}:2:4 (decision): a manager's to say\n"


@pytest.mark.root
def test_what_is_there_already_needs_the_right_too(daemon, table):
    path = table("node,date,percent\n1.2,2024-03-01,2\n")
    assert contribute(daemon, path, OTHER).code == 0
    assert contribute(daemon, path, ME).code == 1


@pytest.mark.root
@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_contributor_may_import_nothing_else(daemon, table, options):
    before = seqs(daemon)
    path = table("code,kind,titles.en\n5,priority,Five\n")
    done = daemon.goal("import", path, "--csv", "nodes", "--strategy", "cs", *options, uid=ME)
    assert (done.code, done.stdout) == (5, "")
    assert "this needs manager" in done.stderr
    done = daemon.goal("import", daemon.folder / "csv-strategy.json", *options, uid=ME)
    assert done.code == 5
    assert seqs(daemon) == before


@pytest.mark.root
@pytest.mark.parametrize("uid", [STRANGER, ME])
def test_who_has_no_duty_in_the_strategy_imports_nothing(daemon, table, uid):
    path = table("node,date,percent\n1.1,2024-02-02,1\n")
    key = "csv-nobody"
    other = daemon.folder / f"{key}.json"
    other.write_text(json.dumps({**document(key, None), "nodes": [node("1.1", None)]}))
    daemon.goal("import", other).ok()
    done = daemon.goal("import", path, "--csv", "updates", "--strategy", key, uid=uid)
    assert (done.code, done.stdout) == (5, "")


@pytest.mark.root
def test_manager_imports_updates_and_nodes(daemon, table):
    path = table("node,date,percent\n1.1,2024-02-03,1\n1.2,2024-02-03,2\n")
    assert contribute(daemon, path, EDITOR).code == 0
    path = table("code,kind,parent,titles.en\n1.3,target,1,Three\n")
    done = daemon.goal("import", path, "--csv", "nodes", "--strategy", "cs", uid=EDITOR)
    assert done.code == 0


@pytest.mark.root
@pytest.mark.parametrize("dry_run", [False, True])
def test_right_that_ends_between_begin_and_commit_is_gone(daemon, dry_run):
    ended = document("csv-strategy", "cs")
    ended["nodes"] = [node("1.4", assignments=[{"person": "p", "role": "lead"}])]
    path = daemon.folder / "assigned.json"
    path.write_text(json.dumps(ended))
    daemon.goal("import", path).ok()
    update = {"id": f"late-{dry_run}", "node": "1.4", "date": "2024-01-01", "percent": 1}
    with daemon.connect(uid=ME) as connection:
        name = connection.call("ImportBegin", strategy="cs", dryRun=dry_run)["import"]
        connection.call("ImportChunk", **{"import": name}, part="updates", first=0,
                        records=[update])
        daemon.call("DisableAccount", uid=ME)
        try:
            with pytest.raises(daemon.Error) as raised:
                connection.call("ImportCommit", **{"import": name})
        finally:
            daemon.call("DisableAccount", uid=ME, disabled=False)
    assert raised.value.name.endswith(".NotPermitted")
    assert history(daemon, "1.4") == []


@pytest.mark.root
def test_percent_of_a_closed_node_is_refused_by_line(daemon, table, tmp_path):
    closed = document("csv-strategy", "cs")
    closed["nodes"] = [node("1.5", assignments=[{"person": "p", "role": "lead"}])]
    closed["closings"] = [{"node": "1.5", "date": "2023-01-01", "how": "achieved"}]
    path = tmp_path / "closed.json"
    path.write_text(json.dumps(closed))
    daemon.goal("import", path).ok()
    path = table("node,date,percent,note\n1.5,2023-02-01,,fine\n1.5,2023-02-02,50,\n")
    assert contribute(daemon, path, ME).stderr == \
        f"goal: {path}:3:3 (percent): the node is closed since 2023-01-01 (achieved)\n"


@pytest.mark.root
def test_contributors_chunk_of_another_part_ends_the_import(daemon):
    with daemon.connect(uid=ME) as connection:
        name = connection.call("ImportBegin", strategy="cs")["import"]
        for error in ("NotPermitted", "NoSuchImport"):
            with pytest.raises(daemon.Error) as raised:
                connection.call("ImportChunk", **{"import": name}, part="nodes", first=0,
                                records=[])
            assert raised.value.name.endswith(f".{error}")
