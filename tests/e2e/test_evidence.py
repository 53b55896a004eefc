"""Evidence, staleness and forecast as replies and the client tell them, and what is remembered."""

import json
import os

import pytest

from harness import DATA, IS_ROOT

WATER = json.loads((DATA / "water-2030.json").read_text())


@pytest.fixture(scope="module")
def goald(make_daemon, empty_template):
    daemon = make_daemon(template=empty_template)
    try:
        daemon.start().goal("import", DATA / "water-2030.json").ok()
        daemon.grant(os.geteuid(), "manager")
        yield daemon
    finally:
        daemon.close()


def status(goald, code, strategy="water"):
    return goald.call("GetStatus", strategy=strategy, code=code)


def reasons(goald, code, strategy="water"):
    return [reason["kind"] for reason in status(goald, code, strategy)["reasons"]]


def lines(goald):
    return {reply["node"]["code"]: reply["node"] for reply in
            goald.stream("ListNodes", strategy="water")}


def imported(goald, tmp_path, document):
    file = tmp_path / "document.json"
    file.write_text(json.dumps(document))
    return goald.goal("import", file).ok()


@pytest.mark.parametrize("code, evidence", [
    ("d-1", "evidenced"), ("d-2", "unevidenced"), ("d-3", "not_needed"), ("1.1", "not_needed")])
def test_claims_need_evidence(goald, code, evidence):
    assert status(goald, code)["evidence"] == evidence
    assert lines(goald)[code]["evidence"] == evidence


@pytest.mark.parametrize("code, stale, activity", [
    ("d-3", True, "2024-01-01"), ("1.1", True, "2024-05-06"), ("1.2", True, "2024-01-01"),
    ("1.3", False, None), ("2", True, "2023-02-03"), ("d-1", False, "2022-02-02"),
    ("d-4", False, "2024-05-06"), ("i-1", True, "2023-12-31"), ("", True, "2024-05-06")])
def test_what_was_not_heard_of_is_stale(goald, code, stale, activity):
    reply = status(goald, code)
    assert (reply["stale"], reply["lastActivity"]) == (stale, activity)
    assert lines(goald)[code]["stale"] == stale
    assert ("stale" in reasons(goald, code)) == stale


@pytest.mark.parametrize("code, forecast, missing", [
    ("d-3", "2065-01-01", 0), ("d-5", None, 0), ("m-1", None, 2), ("1.1", None, 1),
    ("i-2", None, 0), ("1", None, 3), ("d-1", None, 0), ("2", None, 0)])
def test_forecast_follows_what_made_the_progress(goald, code, forecast, missing):
    reply = status(goald, code)
    assert (reply["forecast"], reply["forecastMissing"]) == (forecast, missing)
    assert lines(goald)[code]["forecast"] == forecast


def test_forecast_of_an_indicator_is_of_its_observations(goald):
    """100, 98, 97, 94.5 at the ends of years: the corrected value and the region's do not count."""
    assert status(goald, "i-1")["forecast"] == "2097-02-07"


def test_status_tells_what_is_missing(goald):
    assert "Proof   none: it is said to be delivered, but no link shows it" in \
        goald.goal("status", "water:d-2").ok()
    assert "Proof" not in goald.goal("status", "water:d-1").ok()
    assert "Ahead   reached 2065-01-01 if it goes on like this, 5843 days before it is due" in \
        goald.goal("status", "water:d-3").ok()
    assert "Ahead   no forecast: 2 of its parts have none" in goald.goal("status", "water:m-1").ok()
    assert "silent for" in goald.goal("status", "water:2").ok()
    assert "Heard   2023-02-03 (" in goald.goal("show", "water:2").ok()


# --- observations


def observations(goald, code="i-1", **parameters):
    return [reply["observation"] for reply in
            goald.stream("ListObservations", strategy="water", code=code, **parameters)]


def test_observations_are_listed_newest_first(goald):
    listed = observations(goald)
    assert [(one["date"], one["value"]) for one in listed] == [
        ("2023", 80), ("2023", 94.5), ("2022", 97), ("2021", 98), ("2021", 980),
        ("2020-01-01", 100)]
    assert listed[0]["breakdown"] == {"region": "SE110"}
    correction, corrected = listed[3], listed[4]
    assert (correction["supersedes"], correction["reason"]) == (corrected["id"],
                                                                "a digit too many")
    assert corrected["supersededBy"] == correction["id"]
    assert corrected["source"] == "lake survey" and corrected["breakdown"] is None


def test_observations_that_count_are_of_the_whole(goald):
    assert [one["value"] for one in observations(goald, counting=True)] == [94.5, 97, 98, 100]
    assert [one["value"] for one in observations(goald, counting=True, limit=2)] == [94.5, 97]
    assert [one["value"] for one in observations(goald, asOf="2021")] == [98, 980, 100]
    assert observations(goald, "d-1") == []


def test_observations_limit_is_checked(goald):
    with pytest.raises(goald.Error, match="InvalidValue"):
        observations(goald, limit=0)


def test_observations_of_what_one_may_not_read_are_not_told(goald, tmp_path):
    document = small("hidden", nodes=[{"code": "i", "kind": "indicator", "titles": {"en": "i"}}],
                     observations=[{"id": "a", "node": "i", "date": "2024", "value": 1}])
    document["strategy"]["visibility"] = "members"
    imported(goald, tmp_path, document)
    if IS_ROOT:
        with pytest.raises(goald.Error, match="NoSuchStrategy"):
            goald.stream("ListObservations", as_uid=goald.stranger, strategy="hidden", code="i")


def test_show_draws_the_series(goald):
    shown = goald.goal("show", "water:i-1").ok().splitlines()
    assert "Measure baseline 100, target 0 µg/l, downwards" in shown
    assert "Value   94.5 µg/l on 2023, from lake survey" in shown
    first = next(i for i, line in enumerate(shown) if "┤" in line)
    chart = shown[first:first + 10]
    assert chart[0].startswith("        100 ┤███")
    assert chart[7].lstrip().startswith("0 ┤") and chart[7].rstrip().endswith("███")
    assert chart[8].lstrip() == "└" + "─" * 87
    assert chart[9].split() == ["2020-01-01", "2023"]
    assert max(map(len, shown)) <= 100
    plain = goald.goal("show", "water:i-1", env={"LC_ALL": "C"}).ok()
    assert "100 |###" in plain and "█" not in plain


def test_small_figures_are_not_rounded_away(goald, tmp_path):
    imported(goald, tmp_path, small("fine", nodes=[
        {"code": "i", "kind": "indicator", "titles": {"en": "i"}, "weight": 0.0025,
         "baseline": 0.0125, "target": 0.004}],
        observations=[{"id": "a", "node": "i", "date": "2024", "value": 0.0085}]))
    node = goald.call("GetNode", strategy="fine", code="i")
    assert (node["weight"], node["baseline"], node["target"]) == (0.0025, 0.0125, 0.004)
    reply = goald.call("ExplainStatus", strategy="fine", code="i")
    assert (reply["observation"]["value"], reply["progress"]) == (0.0085, 47.06)


def test_show_of_an_indicator_without_values(goald):
    shown = goald.goal("show", "water:i-3").ok()
    assert "Measure no baseline and no target samples" in shown
    assert "Value   never observed" in shown


def test_observations_command_lists_all(goald):
    lines = goald.goal("observations", "water:i-1").ok().splitlines()
    assert lines[0].split() == ["ID", "DATE", "VALUE", "OF", "SOURCE", "BY", "NOTE"]
    assert "region=SE110" in lines[1]
    assert "a digit too many]" in lines[4]
    assert goald.goal("observations", "water:d-1").ok() == "no observation\n"


# --- what is remembered


def asked_often(goald, code, strategy):
    """A status whose reply is kept by now."""
    with goald.connect() as connection:
        replies = [connection.call("GetStatus", strategy=strategy, code=code) for _ in range(3)]
    return replies[-1]


def small(key, **parts):
    return {"format": "goald-import-1",
            "strategy": {"key": key, "titles": {"en": key}, "language": "en", "timeZone": "UTC",
                         "visibility": "public"}, **parts}


def test_kept_status_learns_of_observations(goald, tmp_path):
    document = small("kept", nodes=[
        {"code": "t", "kind": "target", "titles": {"en": "t"}},
        {"code": "i", "parent": "t", "kind": "indicator", "titles": {"en": "i"},
         "baseline": 0, "target": 10}])
    imported(goald, tmp_path, document)
    assert asked_often(goald, "t", "kept")["lastActivity"] is None
    document["observations"] = [{"id": "a", "node": "i", "date": "2024-01-01", "value": 5}]
    imported(goald, tmp_path, document)
    reply = asked_often(goald, "t", "kept")
    assert (reply["lastActivity"], reply["progress"]) == ("2024-01-01", 50)
    document["observations"].append(
        {"id": "b", "node": "i", "date": "2024-02-01", "value": 8, "breakdown": {"sex": "f"}})
    imported(goald, tmp_path, document)
    assert asked_often(goald, "t", "kept")["lastActivity"] == "2024-02-01"


def test_kept_status_learns_of_a_cadence(goald, tmp_path):
    document = small("slow", nodes=[{"code": "d", "kind": "deliverable", "titles": {"en": "d"}}],
                     updates=[{"id": "u", "node": "d", "date": "2024-01-01", "percent": 1}])
    imported(goald, tmp_path, document)
    assert not asked_often(goald, "d", "slow")["stale"]
    document["strategy"]["cadence"] = 30
    imported(goald, tmp_path, document)
    assert asked_often(goald, "d", "slow")["stale"]



def test_kept_status_learns_of_changes_as_they_are_made(goald, tmp_path):
    imported(goald, tmp_path, small("live", nodes=[
        {"code": "t", "kind": "target", "titles": {"en": "t"}},
        {"code": "i", "parent": "t", "kind": "indicator", "titles": {"en": "i"},
         "baseline": 0, "target": 10},
        {"code": "d", "parent": "t", "kind": "deliverable", "titles": {"en": "d"}}]))
    where = {"strategy": "live", "code": "i"}
    assert asked_often(goald, "t", "live")["lastActivity"] is None
    goald.call("RecordObservation", **where, date="2024-01-01", value=1)
    seen = goald.call("RecordObservation", **where, date="2024-03-01", value=2)
    reply = asked_often(goald, "t", "live")
    assert reply["forecast"] == reply["asOf"]  # the line was there long ago
    goald.call("RecordObservation", **where, date="2024-03-01", value=1, supersedes=seen["id"],
               reason="misread")
    reply = asked_often(goald, "t", "live")
    assert (reply["forecast"], reply["forecastMissing"], reply["lastActivity"]) == (
        None, 1, "2024-03-01")
    goald.call("CloseNode", strategy="live", code="d", how="achieved", date="2024-05-01",
               reason="done")
    assert asked_often(goald, "d", "live")["evidence"] == "unevidenced"
    assert asked_often(goald, "t", "live")["lastActivity"] == "2024-05-01"
    goald.call("AttachEvidence", strategy="live", code="d", evidence=["https://example.org/d"])
    assert asked_often(goald, "d", "live")["evidence"] == "evidenced"
    explained = goald.call("ExplainStatus", strategy="live", code="d")
    assert explained["closing"]["evidence"] == ["https://example.org/d"]
    assert explained["closing"]["text"] == "done"


# --- editions


def edition(key, supersedes, visibility="public"):
    relations = [{"kind": "supersedes", "strategy": supersedes}] if supersedes else []
    document = small(key)
    document["strategy"] |= {"relations": relations, "visibility": visibility}
    return document


def is_superseded(goald, strategy, uid=None):
    """As a kept reply says, and a fresh one."""
    told = set()
    with goald.connect(uid=uid) as connection:
        for _ in range(3):
            reply = connection.call("GetStatus", strategy=strategy)
            told.add("superseded_edition" in [reason["kind"] for reason in reply["reasons"]])
    assert len(told) == 1
    return told.pop()


def test_later_edition_is_told_of_as_long_as_it_is_one(goald, tmp_path):
    imported(goald, tmp_path, edition("plan-1", None))
    assert not is_superseded(goald, "plan-1")
    imported(goald, tmp_path, edition("plan-2", "plan-1"))
    assert is_superseded(goald, "plan-1")
    assert not is_superseded(goald, "plan-2")
    assert "a later edition replaces it" in goald.goal("status", "plan-1:").ok()
    goald.call("RemoveRelation", strategy="plan-2", kind="supersedes", toStrategy="plan-1")
    assert not is_superseded(goald, "plan-1")
    goald.call("AddRelation", strategy="plan-2", kind="depends_on", toStrategy="plan-1")
    assert not is_superseded(goald, "plan-1")
    goald.call("AddRelation", strategy="plan-2", kind="supersedes", toStrategy="plan-1")
    assert is_superseded(goald, "plan-1")


def last_time(goald, strategy):
    return goald.stream("ListJournal", strategy=strategy, limit=1)[0]["time"]


def test_later_edition_is_told_of_from_when_it_was_known(goald, tmp_path):
    def known(moment):
        reply = goald.call("GetStatus", strategy="year-1", knownAt=moment)
        return "superseded_edition" in [reason["kind"] for reason in reply["reasons"]]

    imported(goald, tmp_path, edition("year-1", None))
    imported(goald, tmp_path, edition("year-2", "year-1"))
    assert not known(last_time(goald, "year-1"))
    assert known(last_time(goald, "year-2"))
    reply = goald.call("GetStatus", strategy="year-1", asOf="2020")
    assert "superseded_edition" in [reason["kind"] for reason in reply["reasons"]]


@pytest.mark.root
def test_later_edition_is_told_of_to_those_who_may_read_it(goald, tmp_path):
    imported(goald, tmp_path, edition("open-1", None))
    imported(goald, tmp_path, edition("open-2", "open-1", "members"))
    assert is_superseded(goald, "open-1")
    assert not is_superseded(goald, "open-1", goald.stranger)
    goald.grant(goald.stranger, "reader", "open-2")
    assert is_superseded(goald, "open-1", goald.stranger)
    goald.call("RevokeRole", uid=goald.stranger, role="reader", strategy="open-2")
    assert not is_superseded(goald, "open-1", goald.stranger)
    imported(goald, tmp_path, edition("open-2", "open-1"))
    assert is_superseded(goald, "open-1", goald.stranger)
