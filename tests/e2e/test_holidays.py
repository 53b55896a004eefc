"""Days off: those that are computed, those of the registry's calendars, and who names them."""

import json
import uuid

import pytest

from database import verify_chain, verify_state
from harness import STRANGER
from interface import Interface
from test_protocol import FILES
from varlink import INTERFACE, VarlinkError

TRACKER = Interface(FILES[INTERFACE].read_text())
FINNISH = ["2026-12-06", "2025-12-06", "2026-06-19", "2025-12-06"]


@pytest.fixture(scope="module")
def ls(managed):
    return managed


def put(daemon, key, days, **more):
    parameters = {"key": key, "days": days, "requestId": str(uuid.uuid4()), **more}
    told = daemon.call("PutCalendar", **parameters)
    assert TRACKER.faults(TRACKER.methods["PutCalendar"][1], told) == []
    assert daemon.call("PutCalendar", **parameters) == told
    return told


def calendars(daemon, **who):
    return {reply["calendar"]["key"]: reply["calendar"]
            for reply in daemon.stream("ListCalendars", **who)}


def holidays(daemon, calendar, year, **more):
    return [reply["holiday"] for reply in
            daemon.stream("ListHolidays", calendar=calendar, year=year, **more)]


def refused(daemon, method, **parameters):
    with pytest.raises(VarlinkError) as caught:
        daemon.call(method, **parameters)
    return caught.value.name.split(".")[-1], caught.value.parameters


def test_sweden_and_norway_are_built_in(ls):
    told = calendars(ls)
    assert {key: told[key]["builtIn"] for key in ("NO", "SE")} == {"NO": True, "SE": True}
    assert "1989:253" in told["SE"]["source"] and "LOV-1995-02-24-12" in told["NO"]["source"]
    assert (told["SE"]["days"], told["SE"]["from"], told["SE"]["to"]) == (None, None, None)


def test_holidays_of_a_year_in_a_language(ls):
    told = holidays(ls, "SE", 2026, language="sv")
    assert (told[0]["date"], told[0]["name"]) == ("2026-01-01", "Nyårsdagen")
    assert [day["date"] for day in told if not day["publicHoliday"]] == [
        "2026-06-19", "2026-12-24", "2026-12-31"]
    assert len(told) == 16 and told == sorted(told, key=lambda day: day["date"])
    assert "17. mai" in [day["name"] for day in holidays(ls, "NO", 2026, language="nn-NO")]
    assert "Constitution Day" in [day["name"] for day in holidays(ls, "NO", 2026)]


def test_anybody_may_read_calendars(ls):
    assert {"NO", "SE"} <= set(calendars(ls, as_uid=STRANGER))
    assert holidays(ls, "SE", 2026, as_uid=STRANGER)


def test_what_is_no_calendar_or_year_is_refused(ls):
    assert refused(ls, "ListHolidays", calendar="XX") == ("NoSuchKey", {"key": "XX"})
    for year in (0, 10000, -5):
        name, told = refused(ls, "ListHolidays", calendar="SE", year=year)
        assert (name, told["field"]) == ("InvalidValue", "year")


def test_calendar_is_put_changed_and_removed(ls):
    first = put(ls, "FI", FINNISH, source="finland.ics")
    assert first["changed"] and first["key"] == "FI"
    assert calendars(ls)["FI"] == {"key": "FI", "builtIn": False, "source": "finland.ics",
                                   "days": 3, "from": "2025-12-06", "to": "2026-12-06"}
    assert holidays(ls, "FI", 2026) == [
        {"date": date, "name": None, "publicHoliday": True}
        for date in ("2026-06-19", "2026-12-06")]
    assert holidays(ls, "FI", 2031) == []
    assert not put(ls, "FI", sorted(FINNISH), source="finland.ics")["changed"]
    again = put(ls, "FI", ["2026-01-06"])
    assert again["changed"] and again["id"] == first["id"]
    assert (calendars(ls)["FI"]["source"], calendars(ls)["FI"]["days"]) == (None, 1)
    assert ls.call("RemoveCalendar", key="FI")["changed"]
    assert "FI" not in calendars(ls)


@pytest.mark.parametrize("parameters, field", [
    ({"key": "SE", "days": ["2026-01-01"]}, "key"),
    ({"key": "a:b", "days": ["2026-01-01"]}, "key"),
    ({"key": "", "days": ["2026-01-01"]}, "key"),
    ({"key": "XX", "days": []}, "days"),
    ({"key": "XX", "days": ["2026-01-01"] * 10001}, "days"),
    ({"key": "XX", "days": ["2026-01-01", "2026-01"]}, "days[1]"),
    ({"key": "XX", "days": ["2026-02-29"]}, "days[0]"),
    ({"key": "XX", "days": ["2026-01-01"], "source": ""}, "source"),
])
def test_what_cannot_be_put_is_refused_by_field(ls, parameters, field):
    name, told = refused(ls, "PutCalendar", **parameters)
    assert (name, told["field"]) == ("InvalidValue", field)
    assert set(calendars(ls)) == {"NO", "SE"}


def test_strategy_names_a_calendar_that_is_there(ls):
    assert refused(ls, "ChangeStrategy", strategy="ls", calendar="DK")[1]["field"] == "calendar"
    put(ls, "DK", ["2026-06-05"])
    ls.call("ChangeStrategy", strategy="ls", calendar="DK")
    name, told = refused(ls, "RemoveCalendar", key="DK")
    assert (told["field"], "se-life-science-2019" in told["message"]) == ("key", True)
    ls.call("ChangeStrategy", strategy="ls", calendar="SE")
    assert ls.call("RemoveCalendar", key="DK")["changed"]
    assert refused(ls, "RemoveCalendar", key="DK")[1]["field"] == "key"
    assert refused(ls, "RemoveCalendar", key="SE")[1]["field"] == "key"


def test_check_finds_a_calendar_that_is_nowhere(new_goald):
    daemon = new_goald().start()
    document = {"format": "goald-import-1", "nodes": [{"code": "1", "kind": "priority",
                                                       "titles": {"en": "One"}}],
                "strategy": {"key": "plan", "titles": {"en": "Plan"}, "timeZone": "UTC",
                             "language": "en", "visibility": "public", "calendar": "FI"}}
    path = daemon.folder / "plan.json"
    path.write_text(json.dumps(document))
    daemon.goal("import", path).ok()
    found = [reply["finding"] for reply in daemon.stream("CheckStrategy", strategy="plan")]
    assert [(one["severity"], one["code"], one["other"]) for one in found
            if one["kind"] == "unknown_calendar"] == [("error", "", "FI")]
    assert "Named as the calendar, but nowhere (error, 1)" in daemon.goal("check", "plan").ok()
    put(daemon, "FI", FINNISH)
    assert "unknown_calendar" not in [reply["finding"]["kind"] for reply in
                                      daemon.stream("CheckStrategy", strategy="plan")]
    # what is there already stays in the way of nothing else
    daemon.grant(0, "manager", "plan")
    daemon.call("ChangeStrategy", strategy="plan", cadence=30)


def test_calendars_survive_a_restart_and_are_verified(new_goald):
    daemon = new_goald().start()
    put(daemon, "FI", FINNISH, source="finland.ics")
    put(daemon, "IS", ["2026-06-17"])
    put(daemon, "FI", FINNISH[:1])
    daemon.call("RemoveCalendar", key="IS")
    before = calendars(daemon)
    daemon.restart()
    assert calendars(daemon) == before and before["FI"]["days"] == 1
    verify_chain(daemon, strategy=0)
    assert daemon.stream("VerifyJournal", strategy=".")[-1]
    verify_state(daemon, strategy=0)
    said = [entry["what"] for entry in daemon.stream("ListJournal", strategy=".")]
    assert {"calendar: FI", "calendar: IS", "calendar ended: IS"} < set(said)
    assert ('calendar changed: FI; days ["2025-12-06","2026-06-19","2026-12-06"] →'
            ' ["2026-12-06"], source finland.ics → –') in said


# --- goal holidays


def test_goal_holidays_lists_calendars(ls):
    put(ls, "FI", FINNISH, source="finland.ics")
    try:
        text = ls.goal("holidays").ok()
        assert [line.split()[0] for line in text.splitlines()] == ["CALENDAR", "NO", "SE", "FI"]
        assert "2025-12-06–2026-12-06" in text and "every year" in text
        lines = ls.goal("holidays", "FI", "--year", "2026").ok().splitlines()
        assert [line.split()[:2] for line in lines[1:]] == [["2026-06-19", "Fri"],
                                                            ["2026-12-06", "Sun"]]
        assert "FI has no days off in 2031" in ls.goal("holidays", "FI", "--year", "2031").ok()
    finally:
        assert ls.goal("holidays", "remove", "FI").ok().startswith("FI removed (seq ")


def test_goal_holidays_of_a_country(ls):
    text = ls.goal("holidays", "SE", "--year", "2026", "--language", "sv").ok()
    assert "2026-06-19  Fri  Midsommarafton (no public holiday)" in text
    assert "2026-06-06  Sat  Sveriges nationaldag\n" in text
    told = json.loads(ls.goal("holidays", "NO", "--year", "2026", "--json").ok().splitlines()[0])
    assert told["holiday"]["date"] == "2026-01-01"


def test_goal_holidays_says_what_is_wrong(ls):
    assert ls.goal("holidays", "XX").code == 3
    assert ls.goal("holidays", "--year", "2026").code == 2
    result = ls.goal("holidays", "remove", "SE")
    assert result.code == 1 and "computed" in result.stderr


# --- goal holidays import


def ics(*events):
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n"
        for n, event in enumerate(events)) + "END:VCALENDAR\r\n"


def test_goal_holidays_import_brings_a_file_in(ls, tmp_path):
    path = tmp_path / "finland.ics"
    path.write_text(ics("DTSTART;VALUE=DATE:20260619", "DTSTART:20260101T120000Z",
                        "DTSTART;VALUE=DATE:19171206\r\nRRULE:FREQ=YEARLY\r\n"
                        "EXDATE;VALUE=DATE:20271206"))
    words = ("holidays", "import", "FI", path, "--from", "2026", "--to", "2028")
    text = ls.goal(*words).ok()
    assert text.startswith("FI imported (seq ")
    assert text.splitlines()[1:] == [
        "3 days off, 2026-06-19 to 2028-12-06",
        "what repeats was expanded for 2026 to 2028: import it again by then",
        "1 event with a time of day left out"]
    assert calendars(ls)["FI"]["source"] == "finland.ics"
    assert [day["date"] for day in holidays(ls, "FI", 2028)] == ["2028-12-06"]
    assert "FI: nothing to change" in ls.goal(*words).ok()
    path.write_text(ics("DTSTART;VALUE=DATE:20260620"))
    ls.goal("holidays", "import", "FI", "-", "--source", "by hand", stdin=path.read_text()).ok()
    assert (calendars(ls)["FI"]["source"], calendars(ls)["FI"]["days"]) == ("by hand", 1)
    ls.goal("holidays", "remove", "FI").ok()


@pytest.mark.parametrize("text, problem", [
    ("<html>", "line 1: not an iCalendar: <html>"),
    (ics("SUMMARY:x"), "event 1 (0): it has no DTSTART"),
    (ics("DTSTART:20260101T120000Z"), "no event of a whole day in it (1 with a time of day)"),
    (ics("DTSTART;VALUE=DATE:20260101")[:-28], "the file ends within: VEVENT"),
    (ics(*(f"DTSTART;VALUE=DATE:{year}0101\r\nDTEND;VALUE=DATE:{year}1231"
           for year in range(1990, 2026))), "days off, more than 10000"),
])
def test_goal_holidays_import_says_where_a_file_is_wrong(ls, tmp_path, text, problem):
    path = tmp_path / "bad.ics"
    path.write_text(text)
    result = ls.goal("holidays", "import", "XX", path)
    assert result.code == 1 and problem in result.stderr and str(path) in result.stderr
    assert "XX" not in calendars(ls)


def test_goal_holidays_import_is_bounded(ls, tmp_path):
    path = tmp_path / "big.ics"
    path.write_text("BEGIN:VCALENDAR\r\n" + "X-A:b\r\n" * 700_000)
    assert "longer than" in ls.goal("holidays", "import", "XX", path).stderr
    for years in (("--from", "2030", "--to", "2029"), ("--from", "0"), ("--from", "1900", "--to",
                                                                       "2026")):
        assert ls.goal("holidays", "import", "XX", path, *years).code == 2
    assert ls.goal("holidays", "import", "XX", tmp_path / "none.ics").code == 1
    assert ls.goal("holidays", "import", "SE", "-", stdin=ics("DTSTART;VALUE=DATE:20260101")
                   ).code == 1
