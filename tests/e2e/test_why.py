"""goal why: what a status was made of, told so that it can be redone from the reply alone."""

import json

import pytest

from harness import DATA, IS_ROOT, wait_until

TO_BE_REDONE = ("se-life-science-2019", "water-2030")
STATES = ("off_track", "at_risk", "on_track", "unknown")  # the worst first
OUTCOMES = ("strategy", "priority", "target", "need")
NEAR = 0.0101  # parts are told with two decimals, and so is their sum


@pytest.fixture(scope="module")
def goald(make_daemon, life_science_template):
    daemon = make_daemon(template=life_science_template)
    try:
        daemon.start().goal("import", DATA / "water-2030.json").ok()
        yield daemon
    finally:
        daemon.close()


def why(goald, code, strategy="water", **parameters):
    return goald.call("ExplainStatus", strategy=strategy, code=code, **parameters)


def part(reply, code):
    return next(part for part in reply["parts"] if part["code"] == code)


# --- a machine redoes it


def mean(parts, value):
    known = [one for one in parts if value(one) is not None]
    weight = sum(one["weight"] for one in parts)
    return sum(one["weight"] * value(one) for one in known) / weight if known else None


def redone_progress(reply):
    source = reply["progressSource"]
    if reply["kind"] == "indicator":
        seen = reply["observation"]
        if not seen or reply["baseline"] is None or reply["target"] is None:
            return None
        way = (seen["value"] - reply["baseline"]) / (reply["target"] - reply["baseline"])
        return max(0, min(100, 100 * way))
    if source == "closing":
        assert reply["closing"]["how"] == "achieved"
        return 100
    if source == "reported":
        return reply["percent"]["percent"]
    if source is None:
        return None
    counted = [one for one in reply["parts"] if one["counted"]]
    assert len(counted) == reply["countedParts"]
    shares = sum(one["share"] for one in counted)
    assert shares == pytest.approx(reply["progress"], abs=NEAR + 0.00005 * len(counted))
    redone = mean(counted, lambda one: one["progress"])
    assert redone == pytest.approx(reply["countedPoints"] / reply["countedWeight"], abs=NEAR)
    return redone


def redone_work(reply, parts):
    if reply["kind"] not in OUTCOMES:
        return None
    effort = [one for one in parts if one["kind"] in ("initiative", "deliverable")
              or one["kind"] in OUTCOMES and one["work"]["total"] > 0]
    return mean(effort, lambda one: one["progress"] if one["kind"] not in OUTCOMES
                else one["work"]["progress"])


def redone_coverage(reply):
    if reply["kind"] == "indicator":
        return 1 if reply["progress"] is not None else 0
    if reply["kind"] not in OUTCOMES:
        return None
    if reply["progress"] is None:
        return 0
    if reply["progressSource"] in ("closing", "reported"):
        return 1
    return mean([one for one in reply["parts"] if one["counted"]], lambda one: one["coverage"])


def redone_parts_state(parts):
    weight = sum(one["weight"] for one in parts)

    def share(*states):
        return sum(one["weight"] for one in parts if one["state"] in states) / weight

    if not parts:
        return "unknown"
    if share("off_track") >= 0.25:
        return "off_track"
    if share("off_track", "at_risk") >= 0.25:
        return "at_risk"
    if share("unknown") > 0.5 or all(one["done"] for one in parts):
        return "unknown"
    return "on_track"


def redone_pace(reply):
    pace = reply["pace"]
    if reply["schedule"] in ("overdue", "upcoming"):
        return {"overdue": "off_track", "upcoming": "on_track"}[reply["schedule"]]
    if not pace:
        return "unknown"
    if pace["reached"] >= pace["onTrackFrom"]:
        return "on_track"
    return "at_risk" if pace["reached"] >= pace["atRiskFrom"] else "off_track"


def redone_state(reply):
    how = (reply["closing"] or {}).get("how")
    if how in ("missed", "dropped"):
        return {"missed": "off_track", "dropped": "unknown"}[how]
    if reply["done"]:
        return "done"
    axes = (reply["reportedState"], reply["pacedState"], reply["partsState"])
    return min(axes, key=STATES.index)


def assert_near(redone, told):
    assert told == (redone if redone is None else pytest.approx(redone, abs=NEAR))


@pytest.mark.parametrize("strategy", TO_BE_REDONE)
def test_every_status_can_be_redone_from_the_reply(goald, strategy):
    nodes = [reply["node"]["code"] for reply in goald.stream("ListTree", strategy=strategy)]
    assert len(nodes) > 15
    for code in nodes:
        reply = why(goald, code, strategy)
        parts = [one for one in reply["parts"] if not one["leftOut"]]
        assert_near(redone_progress(reply), reply["progress"])
        assert_near(redone_work(reply, parts), reply["work"]["progress"])
        assert_near(redone_coverage(reply), reply["coverage"])
        assert redone_parts_state(parts) == reply["partsState"], code
        assert redone_pace(reply) == reply["pacedState"], code
        assert (reply["reported"] or {}).get("state", "unknown") == reply["reportedState"]
        assert redone_state(reply) == reply["state"], code
        status = goald.call("GetStatus", strategy=strategy, code=code)
        same = set(reply) & set(status) - {"parts", "closing", "confidence", "start"}
        assert len(same) > 20
        assert {name: reply[name] for name in same} == {name: status[name] for name in same}


# --- what it tells


def test_parts_tell_weight_share_and_what_is_behind_them(goald):
    reply = why(goald, "1.1")
    assert [(one["code"], one["counted"], one["leftOut"]) for one in reply["parts"]] == [
        ("d-1", False, None), ("d-2", False, None), ("d-3", False, None),
        ("d-4", False, "dropped"), ("i-1", True, None), ("i-2", True, None),
        ("i-3", False, "not_measurable")]
    assert (part(reply, "i-2")["weight"], part(reply, "i-2")["weightFrom"]) == (0.5, "own")
    assert part(reply, "i-1")["share"] == pytest.approx(5.5 / 1.5, abs=0.001)
    behind = part(reply, "i-1")["basis"]
    assert (behind["kind"], behind["date"], behind["value"], behind["text"]) == (
        "observation", "2023", 94.5, "lake survey")
    assert part(reply, "d-1")["basis"] | {"id": 0, "recorded": "", "author": ""} == {
        "kind": "closing", "id": 0, "date": "2022-02-02", "percent": None, "state": None,
        "confidence": None, "value": None, "how": "achieved", "text": "map published",
        "author": "", "recorded": "", "evidence": ["https://example.org/map"]}
    assert part(reply, "d-2")["basis"]["text"] == "printed"
    assert part(reply, "d-2")["basis"]["author"] == f"uid {0}" or not IS_ROOT


def test_contributions_are_parts_with_their_weight(goald):
    reply = why(goald, "1.2")
    assert [(one["code"], one["contributes"], one["weight"], one["weightFrom"])
            for one in reply["parts"]] == [("d-3", True, 0.5, "contribution")]
    assert reply["progressSource"] == "reported"
    assert reply["percent"]["percent"] == 40.125
    assert reply["confidence"]["confidence"] == "low"
    assert reply["percent"]["id"] != reply["confidence"]["id"]
    assert reply["lastActivityOf"] == "d-3"


def test_pace_schedule_and_forecast_tell_what_they_were_held_against(goald):
    reply = why(goald, "d-3")
    assert (reply["start"], reply["startOf"], reply["due"]) == ("2020", "d-3", "2080")
    assert reply["pace"]["of"] == "progress" and reply["pace"]["reached"] == 18
    assert reply["pace"]["onTrackFrom"] == pytest.approx(0.9 * reply["pace"]["expected"], abs=1e-5)
    assert [point["percent"] for point in reply["forecastPoints"]] == [10, 18]
    assert reply["cadence"] == 90
    assert why(goald, "d-5")["startOf"] == ""  # the period's


def test_past_can_be_explained(goald):
    reply = why(goald, "1.1", asOf="2022-06-30")
    assert part(reply, "i-1")["basis"]["value"] == 98
    assert part(reply, "i-1")["basis"]["text"] == "lake survey"
    assert part(reply, "d-4")["leftOut"] is None
    assert reply["asOf"] == "2022-06-30"
    with pytest.raises(goald.Error, match="InvalidValue"):
        why(goald, "1.1", knownAt="seq:0")


def test_correction_is_explained_by_itself(goald):
    reply = why(goald, "d-3")
    assert (reply["percent"]["percent"], reply["percent"]["text"]) == (18, None)
    assert reply["shownBy"] is None  # the corrected one had the link


@pytest.mark.root
def test_what_one_may_not_read_is_not_explained(goald, tmp_path):
    document = json.loads((DATA / "water-2030.json").read_text())
    document["strategy"] |= {"key": "secret", "alias": "sec", "visibility": "members"}
    file = tmp_path / "secret.json"
    file.write_text(json.dumps(document))
    goald.goal("import", file).ok()
    with pytest.raises(goald.Error, match="NoSuchStrategy"):
        goald.call("ExplainStatus", as_uid=goald.stranger, strategy="secret", code="1.1")
    goald.grant(goald.stranger, "reader", "secret")
    assert goald.call("ExplainStatus", as_uid=goald.stranger, strategy="secret",
                      code="1.1")["parts"]


def test_very_many_parts_are_told_in_several_replies(goald, tmp_path):
    count = 1100
    document = {
        "format": "goald-import-1",
        "strategy": {"key": "wide", "titles": {"en": "Wide"}, "language": "en", "timeZone": "UTC",
                     "visibility": "public"},
        "nodes": [{"code": "t", "kind": "target", "titles": {"en": "t"}}] + [
            {"code": f"t.{i}", "parent": "t", "kind": "target", "titles": {"en": f"part {i}"}}
            for i in range(count)],
        "updates": [{"id": f"u{i}", "node": f"t.{i}", "date": "2024-01-01", "percent": i % 101,
                     "note": "note " * 100, "evidence": [f"https://example.org/{k}"
                                                         for k in range(7)]}
                    for i in range(count)]}
    file = tmp_path / "wide.json"
    file.write_text(json.dumps(document))
    goald.goal("import", file).ok()
    first, last = why(goald, "t", "wide"), why(goald, "t", "wide", firstPart=1000)
    assert (first["partCount"], first["countedParts"]) == (count, count)
    assert [one["code"] for one in first["parts"]] == [f"t.{i}" for i in range(250)]
    assert [one["code"] for one in last["parts"]] == [f"t.{i}" for i in range(1000, count)]
    assert last["countedPoints"] == first["countedPoints"]
    assert len(last["parts"][0]["basis"]["text"]) == 300
    assert len(last["parts"][0]["basis"]["evidence"]) == 5
    assert why(goald, "t", "wide", firstPart=5000)["parts"] == []
    with pytest.raises(goald.Error, match="InvalidValue"):
        why(goald, "t", "wide", firstPart=-1)
    reply = json.loads(goald.goal("why", "wide:t", "--json").ok())
    assert len(reply["parts"]) == count
    assert_near(redone_progress(reply), reply["progress"])


def test_status_is_explained_while_the_database_is_away(server, on):
    goald = on(server)
    before = why(goald, "2.2", "ls")
    server.stop()
    wait_until(lambda: goald.call("GetServerStatus")["database"] == "unreachable")
    reply = why(goald, "2.2", "ls")
    assert reply["lastContact"] and reply["countedParts"] == before["countedParts"]
    assert part(reply, "gov-1")["basis"]["date"] == "2023"
    assert part(reply, "gov-1")["basis"]["author"] is None
    assert "Note    database out of reach" in goald.goal("why", "ls:2.2").ok()


# --- the client tells it


def told(goald, code, *options):
    return goald.goal("why", f"water:{code}", *options).ok()


def test_why_tells_the_sum(goald):
    text = told(goald, "1")
    assert ("Progress 26.14 % = 130.708 / 5: weight × progress of 3 parts, by their weight; "
            "it covers 80 %") in text
    rows = {line.split()[0]: line.split() for line in text.splitlines()}
    assert rows["1.2"][1:8] == ["target", "3", "40.13", "%", "24.08", "%", "AT"]
    assert rows["1.3"][1:6] == ["target", "1", "–", "0", "%"]
    assert "its own indicators: goal why" in text


def test_why_tells_what_does_not_count(goald):
    text = told(goald, "1.1")
    assert "Own     12 % reported by update" in text
    assert "dropped" in text and "not measurable" in text and "not counted" in text


@pytest.mark.parametrize("code, line", [
    ("1", "State   AT RISK, the worst of the three: reported unknown, pace unknown, parts at risk"),
    ("d-1", "State   done, as it is done: reported unknown, pace unknown, parts unknown"),
    ("d-4", "State   unknown, as it is closed: reported unknown, pace unknown, parts unknown"),
    ("d-3", "Dates   running, start 2020, due 2080"),
    ("d-5", "Dates   unscheduled, start 2020 (of the period), no due date"),
    ("d-3", "Ahead   2065-01-01, by the line through 10 % on 2020-01-01, 18 % on 2024-01-01"),
    ("m-1", "Ahead   none: 2 of its parts have none"),
    ("d-1", "Proof   a link, by its closing"),
    ("d-2", "Proof   none: it is said to be reached, but no link shows it"),
    ("1.1", "Heard   last on 2024-05-06 of d-4; expected every 90 days, so it is stale"),
    ("1.1", "Parts   of their weight, 4.5: 22.22 % on track, 33.33 % unknown, 44.44 % done"),
    ("2", "Progress unknown: nothing below it is known, and nobody reported a percentage"),
    ("i-3", "Progress unknown: never observed")])
def test_why_tells_in_words(goald, code, line):
    assert line in told(goald, code).splitlines()


def test_why_tells_the_way_of_an_indicator(goald):
    assert "Progress 5.5 %: 94.5 µg/l on the way from 100 to 0, by observation" in \
        told(goald, "i-1")


def test_why_of_a_past_day_says_so(goald):
    assert "As of   2022-06-30" in told(goald, "1.2", "--as-of", "2022-06-30").splitlines()
