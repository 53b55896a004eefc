"""goal diff: what changed between two moments."""

import datetime
import os

import pytest

TODAY = datetime.date.today()


def day(offset):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


def node(code, kind="deliverable", **more):
    return {"code": code, "kind": kind, "titles": {"en": f"Node {code}"}, **more}


def document():
    return {
        "strategy": {"key": "diff", "titles": {"en": "A strategy"}, "timeZone": "UTC",
                     "language": "en", "visibility": "public"},
        "nodes": [
            node("1", "target"), node("2", "target"),
            node("1.late", parent="1", start=day(-100), due=day(-10)),
            node("1.moves", parent="1", due=day(100)),
            node("1.goes", parent="1", weight=1, start=day(-5)),
            node("2.rises", parent="2"),
            node("2.done", parent="2", due=day(-20)),
            node("2.ends", parent="2"),
        ],
        "updates": [
            {"id": "u1", "node": "2.rises", "date": day(-40), "percent": 10},
            {"id": "u2", "node": "2.rises", "date": day(-15), "percent": 60},
        ],
        "closings": [{"node": "2.done", "date": day(-15), "how": "achieved"}],
    }


def commit(goald, content):
    with goald.connect() as connection:
        name = connection.call("ImportBegin", strategy=content["strategy"]["key"])["import"]
        for part in ("strategy", "nodes", "updates", "closings"):
            records = content[part]
            records = [records] if isinstance(records, dict) else records
            connection.call("ImportChunk", **{"import": name}, part=part, first=0, records=records)
        return connection.call("ImportCommit", **{"import": name})["seq"]


def find(content, code):
    return next(one for one in content["nodes"] if one["code"] == code)


def change_all(goald):
    """The seqs before and after every kind of change."""
    content = document()
    before = commit(goald, content)
    find(content, "1.moves")["due"] = day(130)
    commit(goald, content)
    find(content, "1.moves")["due"] = day(160)
    find(content, "1.goes").update(parent="2", weight=3, start=day(-6),
                                   titles={"en": "Called otherwise"})
    content["nodes"].append(node("1.new", parent="1", due=day(50)))
    content["updates"].append({"id": "u3", "node": "2.rises", "date": day(-1), "percent": 80,
                               "state": "off_track"})
    after = commit(goald, content)
    goald.call("RemoveNode", strategy="diff", code="2.ends")
    return before, after + 1


@pytest.fixture(scope="module")
def seqs(goald):
    goald.grant(os.geteuid(), "manager")
    return change_all(goald)


def diff(goald, start, end, **more):
    """The two ends, and the changes by code in the order in which they come."""
    ends, *changes = goald.stream("ListChanges", strategy="diff", **{"from": start, "to": end},
                                  **more)
    changes = [reply["change"] for reply in changes]
    return ends, {change["code"]: change for change in changes}


def between(goald, seqs, **more):
    return diff(goald, f"seq:{seqs[0]}", f"seq:{seqs[1]}", **more)


def test_states_are_compared_by_what_is_known_now(goald, seqs):
    ends, changes = diff(goald, day(-30), day(-12))
    assert (ends["from"]["asOf"], ends["to"]["asOf"]) == (day(-30), day(-12))
    assert ends["from"]["seq"] == 0, "nothing was recorded a month ago"
    assert ends["from"]["knownSeq"] == ends["to"]["knownSeq"] == seqs[1]
    assert list(changes) == ["2.done", "2.rises", "2", ""], "better, then what rose, the most first"
    rises = changes["2.rises"]
    assert rises["what"] == ["progress"]
    assert (rises["progressBefore"], rises["progress"]) == (10, 60)
    done = changes["2.done"]
    assert done["what"] == ["state", "progress"]
    assert (done["stateBefore"], done["state"]) == ("unknown", "done")
    assert (done["scheduleBefore"], done["schedule"]) == ("running", "done")


def test_what_fell_due_is_worse_and_comes_first(goald, seqs):
    _, changes = diff(goald, day(-11), day(0))
    states = [change["state"] for change in changes.values()]
    worse = states.count("off_track")
    assert worse > 1 and states[:worse] == ["off_track"] * worse
    assert changes["1.late"]["schedule"] == "overdue"
    assert "state" in changes["2.rises"]["what"]


def test_due_date_that_moved_says_how_often_and_how_far(goald, seqs):
    _, changes = between(goald, seqs)
    moves = changes["1.moves"]
    assert moves["what"] == ["due"]
    assert (moves["dueBefore"], moves["due"]) == (day(100), day(160))
    assert (moves["dueMoves"], moves["dueDays"]) == (2, 60)


def test_structure_is_compared_as_it_was_recorded(goald, seqs):
    _, changes = between(goald, seqs)
    assert changes["1.new"]["what"] == ["added"]
    assert changes["1.new"]["codeBefore"] is None
    assert changes["2.ends"]["what"] == ["ended"]
    assert (changes["2.ends"]["titleBefore"], changes["2.ends"]["due"]) == ("Node 2.ends", None)
    goes = changes["1.goes"]
    assert goes["what"] == ["start", "moved", "title", "weight"]
    assert (goes["parentBefore"], goes["parent"]) == ("1", "2")
    assert (goes["titleBefore"], goes["title"]) == ("Node 1.goes", "Called otherwise")
    assert (goes["startBefore"], goes["start"]) == (day(-5), day(-6))
    assert (goes["weightBefore"], goes["weight"]) == (1, 3)


def test_order_is_worse_then_later_then_the_rest(goald, seqs):
    _, changes = between(goald, seqs)
    codes = list(changes)
    assert codes.index("2.rises") < codes.index("1.moves") < codes.index("1.goes")


def test_moments_of_the_journal_compare_what_was_known_at_each(goald, seqs):
    ends, changes = between(goald, seqs)
    assert (ends["from"]["knownSeq"], ends["to"]["knownSeq"]) == seqs
    assert changes["2.rises"]["progressBefore"] == 60
    now = between(goald, seqs, knownAt=f"seq:{seqs[1]}")[1]
    assert "2.rises" not in now, "both days are today, and it is known at both"


def test_then_of_dates_is_what_was_known_at_their_ends(goald, seqs):
    with pytest.raises(goald.Error) as raised:
        diff(goald, day(-30), day(0), knownAt="then")
    assert raised.value.parameters == {"field": "from",
                                       "message": "nothing was known of the strategy then"}
    ends, changes = diff(goald, day(0), day(1), knownAt="then")
    assert ends["from"]["knownSeq"] == ends["to"]["knownSeq"] == seqs[1]
    assert "2.rises" not in changes


def test_strategy_that_was_entered_in_between_is_added(goald, seqs):
    _, changes = diff(goald, day(-3), day(0))
    assert changes[""]["what"][0] == "added"
    assert "added" not in changes["2.rises"]["what"]


def test_only_what_is_below_a_node_is_told(goald, seqs):
    _, changes = between(goald, seqs, code="2")
    assert set(changes) == {"2", "2.rises", "2.ends", "1.goes"}
    _, changes = between(goald, seqs, code="1")
    assert set(changes) >= {"1.moves", "1.new", "1.goes"} and "2.rises" not in changes


@pytest.mark.parametrize("field, value, words", [
    ("from", "yesterday", "not a date"), ("from", "seq:0", "nothing was known"),
    ("to", "", "not a date"), ("to", "seq:99999", "the journal ends"),
    ("to", "2001", "before"), ("from", "2001-01-01T00:00:00Z", "nothing was known"), ("knownAt", "soon", "not a date"),
])
def test_bad_moment_is_refused_by_its_field(goald, seqs, field, value, words):
    asked = {"from": day(-3), "to": day(0), field: value}
    with pytest.raises(goald.Error) as raised:
        goald.stream("ListChanges", strategy="diff", **asked)
    assert raised.value.name == "io.goald.Tracker.InvalidValue"
    assert raised.value.parameters["field"] == field
    assert words in raised.value.parameters["message"]


def test_node_that_is_not_there_is_refused(goald, seqs):
    with pytest.raises(goald.Error) as raised:
        diff(goald, day(-3), day(0), code="never")
    assert raised.value.name == "io.goald.Tracker.NoSuchNode"


@pytest.mark.root
def test_members_only_changes_are_for_members(goald, seqs):
    content = document()
    content["strategy"].update(key="hidden", visibility="members")
    commit(goald, content)
    asked = {"strategy": "hidden", "from": day(-30), "to": day(0)}
    with pytest.raises(goald.Error) as raised:
        goald.stream("ListChanges", as_uid=goald.stranger, **asked)
    assert raised.value.name == "io.goald.Tracker.NoSuchStrategy"
    goald.grant(goald.stranger, "reader", "hidden")
    assert len(goald.stream("ListChanges", as_uid=goald.stranger, **asked)) > 2


def test_caller_may_go_in_the_midst(goald, seqs):
    for _ in range(20):
        with goald.connect() as connection:
            connection.send_call("ListChanges", {"strategy": "diff", "from": day(-30),
                                                 "to": day(0)}, more=True)
    assert diff(goald, day(-30), day(0))[1]


def test_client_shows_each_change_on_a_line(goald, seqs):
    shown = goald.goal("diff", "diff", f"seq:{seqs[0]}", f"seq:{seqs[1]}").ok()
    lines = [line.split() for line in shown.splitlines()]
    assert lines[0][:4] == ["From", day(0), "to", day(0) + ","]
    assert ["1.moves", "due", day(100), "→", day(160) + ",", "60", "days", "later,", "moved", "2",
            "times", "Node", "1.moves"] in lines
    assert ["moved", "from", "1", "to", "2"] in [line[-5:] for line in lines]
    assert ["2.ends", "ended", "Node", "2.ends"] in lines
    none = goald.goal("diff", "diff:1.moves", day(-30), day(-29)).ok()
    assert "Nothing was recorded by" in none and "nothing changed" in none


def test_client_takes_today_and_yesterday(goald, seqs):
    words = goald.goal("diff", "diff", day(-30), "today").ok()
    assert words == goald.goal("diff", "diff", day(-30), TODAY.isoformat()).ok()
    assert goald.goal("diff", "diff", day(-30), "yesterday").ok()
    assert goald.goal("diff", "diff", day(-30), "some day").returncode == 1


def test_client_gives_the_replies_as_json(goald, seqs):
    shown = goald.goal("diff", "diff", f"seq:{seqs[0]}", f"seq:{seqs[1]}", "--json").ok()
    assert shown.count("\n") == 1 + len(between(goald, seqs)[1])


def test_without_database_it_is_unavailable(new_goald):
    goald = new_goald(empty=False).start()
    goald.stop_postmaster()
    with pytest.raises(goald.Error) as raised:
        goald.stream("ListChanges", strategy="ls", **{"from": "2021", "to": "2022"})
    assert raised.value.name == "io.goald.Tracker.Unavailable"
