"""What happens to nodes on a day: closings, reopenings, evidence, reviews, observations."""

import datetime
import json

import pytest

from database import error_of, journal, new_id, submit
from edits import add, edit, node, refused, status, writes_nothing
from harness import DATA

URL = "https://example.org/"


@pytest.fixture(scope="module")
def goald(managed):
    return managed


def in_days(days):
    return (datetime.date.today() + datetime.timedelta(days)).isoformat()


def last_payload(goald):
    return json.loads(journal(goald)[-1]["payload"])


# --- closing


@pytest.mark.parametrize("how", ["achieved", "missed", "dropped"])
def test_closed_node_is_closed(goald, how):
    code = add(goald, f"c-{how}", kind="deliverable")["code"]
    reply = edit(goald, "CloseNode", code, how=how, date="2024-05", reason="so it was",
                 note="next time earlier", evidence=[URL + "a"])
    assert (reply["changed"], reply["code"], reply["id"]) == (True, code, reply["seq"])
    found = status(goald, code)["closing"]
    assert (found["how"], found["date"], found["reason"], found["note"], found["evidence"]) == (
        how, "2024-05", "so it was", "next time earlier", [URL + "a"])


def test_closing_counts_from_today_if_no_day_is_given(goald):
    add(goald, "c-1", kind="deliverable")
    edit(goald, "CloseNode", "c-1", how="achieved")
    assert status(goald, "c-1")["closing"]["date"] == status(goald)["asOf"]


def test_closed_node_can_be_reopened_and_closed_again(goald):
    add(goald, "c-2", kind="initiative")
    edit(goald, "CloseNode", "c-2", how="achieved", date="2023-01-01")
    edit(goald, "ReopenNode", "c-2", date="2023-02-01", reason="not yet")
    assert status(goald, "c-2")["closing"] is None
    edit(goald, "CloseNode", "c-2", how="missed", date="2023-03-01")
    assert status(goald, "c-2")["closing"]["how"] == "missed"


def test_closing_may_be_of_another_kind_later(goald):
    add(goald, "c-3", kind="initiative")
    edit(goald, "CloseNode", "c-3", how="missed", date="2023-01-01")
    edit(goald, "CloseNode", "c-3", how="achieved", date="2023-06-01")
    assert status(goald, "c-3")["closing"]["how"] == "achieved"


@pytest.fixture(scope="module")
def closed(goald):
    add(goald, "closed", kind="deliverable")
    edit(goald, "CloseNode", "closed", how="achieved", date="2023-05-01")
    return "closed"


@pytest.mark.parametrize("field, method, parameters", [
    ("how", "CloseNode", {"how": "achieved"}),                        # it is already
    ("how", "CloseNode", {"how": "reopened"}),
    ("how", "CloseNode", {"how": "lost"}),
    ("date", "CloseNode", {"how": "missed", "date": "2023-04-30"}),   # before the last event
    ("date", "CloseNode", {"how": "missed", "date": "soon"}),
    ("date", "CloseNode", {"how": "missed", "date": in_days(2)}),
    ("date", "ReopenNode", {"reason": "x", "date": "2022"}),
    ("reason", "ReopenNode", {"reason": ""}),
    ("reason", "CloseNode", {"how": "missed", "reason": "x" * 100_001}),
    ("note", "CloseNode", {"how": "missed", "note": ""}),
    ("evidence[0]", "CloseNode", {"how": "missed", "evidence": ["notes.txt"]}),
    ("evidence", "CloseNode", {"how": "missed", "evidence": [URL] * 101}),
    ("evidence[1]", "AttachEvidence", {"evidence": [URL, "notes.txt"]}),
])
def test_bad_event_names_its_field_and_writes_nothing(goald, closed, field, method, parameters):
    assert refused(goald, method, code=closed, **parameters) == field


def test_open_node_is_not_reopened(goald):
    add(goald, "c-4", kind="deliverable")
    assert refused(goald, "ReopenNode", code="c-4", reason="x") == "code"
    assert refused(goald, "AttachEvidence", code="c-4", evidence=[URL]) == "code"


def test_same_event_on_the_same_day_is_refused(goald):
    add(goald, "c-5", kind="deliverable")
    edit(goald, "CloseNode", "c-5", how="achieved", date="2023-01-01")
    edit(goald, "ReopenNode", "c-5", date="2023-01-01", reason="x")
    assert refused(goald, "CloseNode", code="c-5", how="achieved", date="2023-01-01") == "date"
    edit(goald, "CloseNode", "c-5", how="achieved", date="2023-01-02")


def test_strategy_itself_is_not_closed(goald):
    assert refused(goald, "CloseNode", how="achieved") == "code"
    assert refused(goald, "ReopenNode", reason="x") == "code"


def test_repeated_closing_gets_the_first_outcome(goald):
    add(goald, "c-6", kind="deliverable")
    request = {"strategy": "ls", "code": "c-6", "how": "achieved", "requestId": new_id()}
    first = goald.call("CloseNode", **request)
    assert goald.call("CloseNode", **request) == first


# --- evidence after the closing


def test_evidence_is_added_to_the_closing(goald):
    add(goald, "e-1", kind="deliverable")
    first = edit(goald, "CloseNode", "e-1", how="achieved", date="2023-01-01", reason="done",
                 evidence=[URL + "a"])
    assert status(goald, "e-1")["evidence"] == "evidenced"
    reply = edit(goald, "AttachEvidence", "e-1", evidence=[URL + "b", URL + "a"])
    assert (reply["changed"], reply["id"]) == (True, first["id"])
    found = status(goald, "e-1")["closing"]
    assert (found["evidence"], found["reason"]) == ([URL + "a", URL + "b"], "done")
    before = goald.call("GetStatus", strategy="ls", code="e-1", knownAt=f"seq:{first['seq']}")
    assert before["closing"]["evidence"] == [URL + "a"]
    assert writes_nothing(goald, "AttachEvidence", code="e-1", evidence=[URL + "b"])


def test_evidence_makes_a_claim_evidenced(goald):
    add(goald, "e-2", kind="deliverable")
    edit(goald, "CloseNode", "e-2", how="achieved", date="2023-01-01")
    assert status(goald, "e-2")["evidence"] == "unevidenced"
    edit(goald, "AttachEvidence", "e-2", evidence=[URL])
    assert status(goald, "e-2")["evidence"] == "evidenced"


def test_closings_are_kept_by_commands(goald):
    add(goald, "e-3", kind="deliverable")
    assert goald.goal("close", "ls:e-3").code == 2
    assert goald.goal("close", "ls:e-3", "--achieved", "--missed").code == 2
    said = goald.goal("close", "ls:e-3", "--achieved", "--date", "2024-05-01", "--note", "Gick fint",
                      "--evidence", URL + "1", "--evidence", URL + "2").ok()
    assert said.startswith("e-3 closed as achieved (seq ")
    assert goald.goal("evidence", "ls:e-3", URL + "3").ok().startswith(
        "e-3 has more evidence now (seq ")
    found = status(goald, "e-3")["closing"]
    assert (found["note"], len(found["evidence"])) == ("Gick fint", 3)
    shown = goald.goal("show", "ls:e-3").ok()
    assert "Gick fint" in shown and URL + "3" in shown
    assert goald.goal("close", "ls:e-3", "--achieved").code == 1
    assert goald.goal("reopen", "ls:e-3").code == 2
    assert goald.goal("reopen", "ls:e-3", "--reason", "Inte ännu").ok().startswith("e-3 reopened")


def test_imported_closing_and_the_same_one_entered_are_equal(goald):
    edit(goald, "AttachEvidence", "gov-6", evidence=[URL])
    told = json.loads(goald.goal("import", DATA / "se-life-science-2019.json", "--dry-run",
                                 "--json").ok())
    assert (told["added"], told["changed"]) == (0, 1), told


# --- reviews


def test_review_is_recorded(goald):
    edit(goald, "RecordReview", "2.2", date="2024-03-01", every="P12M", note="Läst",
         by="org:vinnova")
    payload = last_payload(goald)
    assert (payload["subject"], payload["date"], payload["every"], payload["note"],
            payload["holder"]) == ("node", "2024-03-01", "P1Y", "Läst", "organisation")
    assert writes_nothing(goald, "RecordReview", code="2.2", date="2024-03-01", every="P12M")
    edit(goald, "RecordReview", "2.2", date="2024-03-01", clear=["note"])
    assert "note" not in last_payload(goald)


def test_group_and_strategy_are_reviewed_too(goald):
    group = goald.psql("SELECT key FROM goald.\"group\" WHERE seq_to IS NULL ORDER BY id")[0][0]
    edit(goald, "RecordReview", group=group, date="2024-03-01")
    assert last_payload(goald)["subject"] == "group"
    edit(goald, "RecordReview", date="2024-03-01", by=f"group:{group}")
    assert (last_payload(goald)["subject_id"], last_payload(goald)["holder"]) == (0, "group")
    for word in (f"ls:group:{group}", f"group:{group}"):
        goald.goal("reviewed", word, "--by", "vinnova", "--every", "1y").ok()
        assert (last_payload(goald)["subject"], last_payload(goald)["every"]) == ("group", "P1Y")


def test_review_is_shown(goald):
    edit(goald, "RecordReview", "2.3", date="2024-01-31", every="P1M", by="vinnova", note="Läst")
    assert node(goald, "2.3")["review"] == {"date": "2024-01-31", "by": "Vinnova",
                                            "nextDue": "2024-02-29", "note": "Läst"}
    assert "2024-01-31 by Vinnova, next due 2024-02-29" in goald.goal("show", "ls:2.3").ok()


@pytest.mark.parametrize("field, parameters", [
    ("group", {"group": "nobody"}),
    ("group", {"group": "x", "code": "2.2"}),
    ("by", {"by": "nobody"}),
    ("by", {"by": "person:vinnova"}),
    ("date", {"date": in_days(2)}),
    ("every", {"every": "1 year"}),
    ("note", {"note": ""}),
])
def test_bad_review_names_its_field_and_writes_nothing(goald, field, parameters):
    assert refused(goald, "RecordReview", **parameters) == field


# --- observations


@pytest.fixture(scope="module")
def indicator(goald):
    add(goald, "ind", kind="indicator", parent="2.1", baseline=0, target=100)
    return "ind"


def test_observation_counts(goald, indicator):
    reply = edit(goald, "RecordObservation", indicator, value=40, date="2023-12", source="SCB")
    assert reply["id"] == reply["seq"]
    assert status(goald, indicator)["progress"] == 40
    edit(goald, "RecordObservation", indicator, value=10, date="2024-01",
         breakdown={"region": "SE110", "sex": "f"})
    assert last_payload(goald)["breakdown"] == {"region": "SE110", "sex": "f"}
    assert status(goald, indicator)["progress"] == 40


def test_observation_is_corrected(goald, indicator):
    wrong = edit(goald, "RecordObservation", indicator, value=99, date="2024-02-01")
    edit(goald, "RecordObservation", indicator, value=49, supersedes=wrong["id"], reason="en siffra")
    assert last_payload(goald)["date"] == "2024-02-01"
    assert status(goald, indicator)["progress"] == 49
    assert refused(goald, "RecordObservation", code=indicator, value=50, supersedes=wrong["id"],
                   reason="late") == "supersedes"


def test_observations_come_from_the_command_line(goald, indicator):
    said = goald.goal("observe", "ls:ind", "55,5", "--date", "2024-03-31", "--source", "SCB").ok()
    assert said.startswith("ind observed at 55,5 (seq ")
    assert status(goald, indicator)["progress"] == 55.5
    goald.goal("observe", "ls:ind", "7", "--date", "2024-04", "--where", "region=SE110").ok()
    assert last_payload(goald)["breakdown"] == {"region": "SE110"}
    assert goald.goal("observe", "ls:ind", "56", "--supersedes", "last", "--reason", "fel").ok()
    assert status(goald, indicator)["progress"] == 56
    assert last_payload(goald)["date"] == "2024-03-31"
    assert goald.goal("observe", "ls:ind", "much").code == 2
    assert goald.goal("observe", "ls:ind", "1", "--where", "region").code == 2
    assert goald.goal("observe", "ls:ind", "1", "--supersedes", "3").code == 2


@pytest.mark.parametrize("field, parameters", [
    ("code", {"code": "2.2", "value": 1}),
    ("code", {"value": 1}),
    ("date", {"code": "ind", "value": 1, "date": in_days(2)}),
    ("value", {"code": "ind", "value": 1e300}),
    ("source", {"code": "ind", "value": 1, "source": ""}),
    ("breakdown.region", {"code": "ind", "value": 1, "breakdown": {"region": ""}}),
    ("supersedes", {"code": "ind", "value": 1, "supersedes": 999_999, "reason": "x"}),
    ("reason", {"code": "ind", "value": 1, "supersedes": 1}),
    ("reason", {"code": "ind", "value": 1, "reason": "x"}),
])
def test_bad_observation_names_its_field_and_writes_nothing(goald, indicator, field, parameters):
    assert refused(goald, "RecordObservation", **parameters) == field


def test_observed_node_stays(goald, indicator):
    assert refused(goald, "ChangeNode", code=indicator, kind="need",
                   clear=["baseline", "target"]) == "kind"
    assert refused(goald, "RemoveNode", code=indicator) == "code"


def test_change_is_kept_while_the_daemon_is_away(goald, tmp_path):
    """Every change goes through the outbox: kept, sent with the next one, done once, of its day."""
    add(goald, "kept", kind="deliverable")
    env = {"XDG_STATE_HOME": str(tmp_path)}
    away = goald.build.run_goal("close", "ls:kept", "--achieved", address="unix:/nowhere", env=env)
    assert away.code == 4 and "kept in the outbox" in away.stderr
    folder = tmp_path / "goal" / "outbox"
    kept = [path for path in folder.iterdir() if path.suffix == ".json"] or list(folder.iterdir())
    text = kept[0].read_text()
    assert "CloseNode" in text and datetime.date.today().isoformat() in text
    kept[0].write_text(text.replace("unix:/nowhere", goald.address))
    sent = goald.goal("evidence", "ls:kept", URL, env=env)
    assert sent.code == 0 and "which was kept" in sent.stderr
    assert status(goald, "kept")["closing"]["evidence"] == [URL]


def test_end_of_a_role_keeps_its_day_in_the_outbox(goald, tmp_path):
    away = goald.build.run_goal("unassign", "ls:2.2", "--lead", "org:vinnova",
                                address="unix:/nowhere", env={"XDG_STATE_HOME": str(tmp_path)})
    assert away.code == 4
    kept = list((tmp_path / "goal" / "outbox").glob("*.json"))[0]
    assert json.loads(kept.read_text())["tries"][0]["to"] == datetime.date.today().isoformat()


def test_unknown_node_is_named(goald):
    for method, more in (("CloseNode", {"how": "missed"}), ("RecordReview", {}),
                         ("RecordObservation", {"value": 1})):
        assert error_of(goald, method, strategy="ls", code="9.9", **more)[0] == "NoSuchNode"


def test_correction_of_an_update_stays_what_it_is(goald):
    """The other kind of correction: the old one stays visible, the new one counts."""
    wrong = submit(goald, code="6.2", percent=70, date="2024-01-01")
    goald.goal("update", "ls:6.2", "--supersedes", "last", "--reason", "fel siffra", "--percent",
               "7").ok()
    assert status(goald, "6.2")["progress"] == 7
    before = goald.call("GetStatus", strategy="ls", code="6.2", knownAt=f"seq:{wrong['seq']}")
    assert before["progress"] == 70
