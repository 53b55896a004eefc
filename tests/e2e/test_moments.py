"""Answers about the past: --as-of and --known-at.

The proof: the real strategy's records are entered step by step, and what the daemon answers at
each step is written down. At the end the same is asked again as of those moments.
"""

import copy
import json
import os
import select
import signal

import pytest

from harness import DATA, TOP, wait_until
from interface import Interface

DOCUMENT = json.loads((DATA / "se-life-science-2019.json").read_text())
WATER = json.loads((DATA / "water-2030.json").read_text())
PARTS = ("strategy", "organisations", "persons", "groups", "nodes", "updates", "closings",
         "observations")
TRACKER = Interface((TOP / "daemon" / "wire" / "io.goald.Tracker.varlink").read_text())
# Nodes of each kind: the strategy, with deliverables below, with a contribution, and a work.
CODES = {"ls": ("", "2.2", "3.1", "4.2", "gov-1", "new-1"),
         "water": ("", "1", "1.1", "1.2", "2", "i-1", "i-2", "d-1", "d-3", "m-1")}
DATES = {"ls": ("2020-12-31", "2021-06", "2023"), "water": ("2022-12-31", "2024-06")}
PER_STEP = 6


def commit(goald, document):
    """Imports a document; the seq of the journal then."""
    with goald.connect() as connection:
        name = connection.call("ImportBegin", strategy=document["strategy"]["key"])["import"]
        for part in PARTS:
            records = document.get(part) or []
            records = [records] if isinstance(records, dict) else records
            for first in range(0, len(records), 500):
                connection.call("ImportChunk", **{"import": name}, part=part, first=first,
                                records=records[first:first + 500])
        return connection.call("ImportCommit", **{"import": name})["seq"]


def node_of(document, code):
    return next(node for node in document["nodes"] if node["code"] == code)


# --- the history


def dated_records():
    """Updates and closings in the order of their dates."""
    records = [("updates", update) for update in DOCUMENT["updates"]]
    records += [("closings", closing) for closing in DOCUMENT["closings"]]
    return sorted(records, key=lambda record: record[1]["date"])


def reopen(document):
    document["closings"].append({"node": "gov-6", "date": "2021-07-01", "how": "reopened",
                                 "reason": "the report was sent back"})


def move_due(document):
    node_of(document, "gov-1")["due"] = "2024-03-01"


def move_due_again(document):
    node_of(document, "gov-1")["due"] = "2024-09-30"
    node_of(document, "gov-3")["due"] = "2023-06"


def restructure(document):
    node_of(document, "gov-4")["parent"] = "2.2"
    node_of(document, "2.2")["titles"]["en"] = "Health data, as it is called now"
    node_of(document, "gov-1")["relations"] = [{"kind": "related", "node": "3.1"},
                                               {"kind": "depends_on", "node": "new-1"}]
    node_of(document, "2.2")["reviews"] = [{"date": "2021-05", "every": {"years": 1}}]
    node_of(document, "gov-8")["serves"] = [{"node": "2.2", "weight": 2}]
    document["nodes"].append({"code": "new-1", "kind": "deliverable", "parent": "gov-1",
                              "titles": {"en": "A deliverable of a deliverable"},
                              "assignments": [{"organisation": "vinnova", "role": "owner"}]})
    document["organisations"][0]["names"] = {"en": "Renamed"}


def close_again(document):
    document["closings"].append({"node": "gov-6", "date": "2021-09-01", "how": "achieved"})
    document["updates"].append({"id": "u-new-1", "node": "new-1", "date": "2022-05-01",
                                "percent": 60, "state": "at_risk", "confidence": "low",
                                "note": "Begun", "evidence": ["https://example.org/1"]})


SURPRISES = {3: reopen, 4: move_due, 5: restructure, 6: close_again, 8: move_due_again}


def correct(goald, document, step):
    """Corrects the last update of a node, with a later, an earlier and the same date."""
    code, date = {2: ("6.1", "2019-06-01"), 5: ("4.1", "2022-02"), 7: ("new-1", "2022-05-01")}[step]
    last = goald.call("GetStatus", strategy="ls", code=code)["lastUpdate"]
    return goald.call("SubmitUpdate", strategy="ls", code=code, date=date, percent=30 + step,
                      state="off_track", note=f"Corrected in step {step}",
                      supersedes=last["id"], reason="a mistake")["seq"]


def steps(goald):
    """Enters the history; gives the seq after each step."""
    document = copy.deepcopy(DOCUMENT)
    document["updates"], document["closings"] = [], []
    records = dated_records()
    yield commit(goald, document)
    for step in range(1, 2 + len(records) // PER_STEP):
        for part, record in records[(step - 1) * PER_STEP:step * PER_STEP]:
            document[part].append(record)
        SURPRISES.get(step, lambda _: None)(document)
        seq = commit(goald, document)
        yield correct(goald, document, step) if step in (2, 5, 7) else seq


def water_steps(goald):
    """The other one has indicators, contributions and forecasts: a record or two a step."""
    document = copy.deepcopy(WATER)
    records = [(part, record) for part in ("updates", "closings", "observations")
               for record in WATER[part]]
    for part, _ in records:
        document[part] = []
    yield commit(goald, document)
    for i in range(0, len(records), 2):
        for part, record in records[i:i + 2]:
            document[part].append(record)
        yield commit(goald, document)
    document["strategy"]["acceptance"] = True
    node_of(document, "i-1")["target"] = 50
    node_of(document, "d-3")["serves"][0]["weight"] = 4
    document["updates"] += [
        {"id": "w1", "node": "d-2", "date": "2024-02-01", "percent": 1, "decision": "waiting"},
        {"id": "w2", "node": "d-6", "date": "2024-02-01", "percent": 90}]
    yield commit(goald, document)


# --- the answers


def questions(strategy):
    """(method, parameters); the lists stream."""
    yield "ListTree", {}
    yield "ExportStrategy", {}
    yield "ListDue", {"days": 1000}
    yield "ListNodes", {"state": ["unknown"]}
    yield "ListNodes", {"holder": ["vinnova" if strategy == "ls" else "agency"]}
    yield "ListNodes", {"group": ["precisionsmedicin"]}
    yield "ListNodes", {"without": ["activity", "owner"]}
    yield "ListNodes", {"below": "2", "without": ["activity"]}
    yield "ListNodes", {"below": "2", "fields": ["relations", "serves", "note", "holders"]}
    yield "ListDue", {"code": "2", "days": 4000}
    for code in CODES[strategy]:
        yield "GetStatus", {"code": code}
        yield "GetStatus", {"code": code, "language": "en"}
        yield "GetNode", {"code": code}
        yield "ListTree", {"code": code}
        yield "ListNodes", {"partsOf": code}
        yield "ExplainStatus", {"code": code}
        yield "ListObservations", {"code": code}


def ask(goald, connection, method, parameters):
    """The answer, without what tells of now; an error is an answer too."""
    try:
        if method.startswith(("List", "Export")):
            return connection.stream(method, **parameters)
        reply = connection.call(method, **parameters)
    except goald.Error as error:
        assert error.name.startswith("io.goald.Tracker.NoSuch") or method == "ListObservations"
        return error.name, error.parameters
    return {key: value for key, value in reply.items() if key not in ("lastContact", "knownAt")}


def as_bytes(answer):
    return json.dumps(answer, ensure_ascii=False)


def answers(goald, strategy, known_at=None, today=None):
    """All answers now, or as of the moment."""
    then = {"strategy": strategy} | ({} if known_at is None else {"knownAt": known_at})
    dates = DATES[strategy]
    found = {}
    with goald.connect() as connection:
        for method, parameters in questions(strategy):
            for date in (today, *dates):
                asked = {**parameters, **then, **({"asOf": date} if date else {})}
                key = method, json.dumps(parameters), date if date in dates else "today"
                found[key] = as_bytes(ask(goald, connection, method, asked))
    return found


def enter(goald, strategy, seqs):
    """What was answered when; {seq: (today, time, answers)}."""
    told = {}
    goald.grant(os.geteuid(), "manager")
    for seq in seqs:
        status = goald.call("GetStatus", strategy=strategy)
        assert status["seq"] == seq
        time = goald.stream("ListJournal", strategy=strategy, limit=1)[0]["time"]
        told[seq] = status["asOf"], time, answers(goald, strategy)
    return told


@pytest.fixture(scope="module")
def history(goald):
    return enter(goald, "ls", steps(goald))


@pytest.fixture(scope="module")
def water_history(goald):
    return enter(goald, "water", water_steps(goald))


def assert_same_again(goald, strategy, history):
    for seq, (today, _, told) in history.items():
        again = answers(goald, strategy, f"seq:{seq}", today)
        for question, answer in told.items():
            assert again[question] == answer, (seq, question)


def test_past_answers_are_those_that_were_given_then(goald, history):
    assert_same_again(goald, "ls", history)


def test_past_answers_of_another_strategy_too(goald, water_history):
    assert_same_again(goald, "water", water_history)


def test_known_at_may_be_a_time(goald, history):
    for seq, (today, time, told) in list(history.items())[2:9:3]:
        again = answers(goald, "ls", time, today)
        assert again == told, seq


def test_something_changed_in_each_step(history):
    """Else the tests above would prove nothing."""
    told = [answers for _, _, answers in history.values()]
    assert len(told) > 10
    for before, after in zip(told, told[1:]):
        assert len([question for question in before if before[question] != after[question]]) > 3


def test_status_says_what_was_asked(goald, history):
    seq, (_, time, _) = list(history.items())[3]
    now = goald.call("GetStatus", strategy="ls", code="2.2")
    assert now["knownAt"] is None
    then = goald.call("GetStatus", strategy="ls", code="2.2", knownAt=f"seq:{seq}",
                      asOf="2021-06")
    assert (then["seq"], then["asOf"], then["knownAt"]) == (seq, "2021-06-30", time)
    day = goald.call("GetStatus", strategy="ls", code="2.2", knownAt="2100")
    assert day["seq"] == now["seq"]


# --- the client


def test_client_says_which_moment_it_shows(goald, history):
    seq, (_, time, _) = list(history.items())[3]
    now = goald.goal("status", "ls:2.2").ok()
    assert "As of" not in now
    day = goald.goal("status", "ls:2.2", "--as-of", "2021-06").ok()
    assert "As of   2021-06-30\n" in day
    both = goald.goal("show", "ls:2.2", "--as-of", "2021-06", "--known-at", f"seq:{seq}").ok()
    assert f"As of   2021-06-30, as known at {time}, seq {seq}\n" in both


def test_client_passes_the_moment_on(goald, history):
    seq, (today, _, told) = list(history.items())[4]
    moment = ("--as-of", today, "--known-at", f"seq:{seq}", "--json")
    for command, question in ((("tree", "ls"), ("ListTree", "{}")),
                              (("list", "ls", "--state", "unknown"),
                               ("ListNodes", '{"state": ["unknown"]}')),
                              (("due", "ls", "--days", 1000), ("ListDue", '{"days": 1000}'))):
        lines = goald.goal(*command, *moment).ok().splitlines()
        assert [json.loads(line) for line in lines] == json.loads(told[*question, "today"])
    assert goald.goal("status", "ls", "--as-of", "today", "--json").ok()


def test_client_tells_what_is_wrong_with_a_moment(goald, history):
    done = goald.goal("tree", "ls", "--known-at", "2001")
    assert done.returncode == 1
    assert "--known-at 2001: nothing was known of the strategy then" in done.stderr


# --- errors


@pytest.mark.parametrize("field, value, words", [
    ("asOf", "yesterday", "not a date"),
    ("asOf", "2021-02-30", "not a date"),
    ("asOf", "", "not a date"),
    ("knownAt", "yesterday", "seq:N"),
    ("knownAt", "", "seq:N"),
    ("knownAt", "seq:", "seq:N"),
    ("knownAt", "seq:-1", "seq:N"),
    ("knownAt", "seq:1x", "seq:N"),
    ("knownAt", "seq:9999999999999999999999", "seq:N"),
    ("knownAt", "seq:999999", "the journal ends with entry"),
    ("knownAt", "2021-02-30T00:00:00Z", "seq:N"),
    ("knownAt", "seq:0", "nothing was known"),
    ("knownAt", "2001-01-01", "nothing was known"),
])
@pytest.mark.parametrize("method", [name for name, (asked, _) in TRACKER.methods.items()
                                    if "asOf" in asked[1]])
def test_bad_moment_is_refused_by_its_field(goald, history, method, field, value, words):
    call = goald.stream if method.startswith("List") else goald.call
    with pytest.raises(goald.Error) as raised:
        call(method, strategy="ls", **{field: value})
    assert raised.value.name == "io.goald.Tracker.InvalidValue"
    assert raised.value.parameters["field"] == field
    assert words in raised.value.parameters["message"]


def test_moment_in_the_midst_of_a_change_is_answered_or_refused(goald, history):
    """An entry of an import may refer to a later one of the same import."""
    first = min(history)
    for seq in (1, first // 3, first // 2, first - 1):
        try:
            reply = goald.call("GetStatus", strategy="ls", knownAt=f"seq:{seq}")
            assert reply["seq"] == seq
        except goald.Error as error:
            assert error.name == "io.goald.Tracker.InvalidValue"
            assert error.parameters["field"] == "knownAt"


def test_node_that_did_not_exist_then_is_not_found(goald, history):
    seq = min(history)
    assert goald.call("GetStatus", strategy="ls", code="new-1")["code"] == "new-1"
    with pytest.raises(goald.Error) as raised:
        goald.call("GetStatus", strategy="ls", code="new-1", knownAt=f"seq:{seq}")
    assert raised.value.name == "io.goald.Tracker.NoSuchNode"
    assert raised.value.parameters["code"] == "new-1"
    with pytest.raises(goald.Error) as raised:
        goald.call("GetStatus", strategy="ls", code="never", asOf="2021")
    assert raised.value.name == "io.goald.Tracker.NoSuchNode"


def test_present_results_are_not_disturbed(goald, history):
    with goald.connect() as connection:
        nodes = [{"strategy": "ls", "code": code} for code in CODES["ls"]]
        before = [as_bytes(ask(goald, connection, "GetStatus", node)) for node in nodes]
        for date in DATES["ls"]:
            ask(goald, connection, "ListTree", {"strategy": "ls", "asOf": date})
        after = [as_bytes(ask(goald, connection, "GetStatus", node)) for node in nodes]
    assert before == after


# --- who may


@pytest.mark.root
def test_rights_are_those_of_the_present(goald, history):
    document = copy.deepcopy(DOCUMENT)
    document["strategy"].update(key="secret", alias=None, visibility="members")
    seq = commit(goald, document)
    asked = {"strategy": "secret", "code": "2.2", "asOf": "2021", "knownAt": f"seq:{seq}"}
    for method, call in (("GetStatus", goald.call), ("GetNode", goald.call),
                         ("ListTree", goald.stream), ("ListDue", goald.stream)):
        with pytest.raises(goald.Error) as raised:
            call(method, as_uid=goald.stranger, **asked)
        assert raised.value.name == "io.goald.Tracker.NoSuchStrategy"
    goald.grant(goald.stranger, "reader", "secret")
    assert goald.call("GetStatus", as_uid=goald.stranger, **asked)["seq"] == seq
    goald.call("RevokeRole", uid=goald.stranger, role="reader", strategy="secret")
    with pytest.raises(goald.Error) as raised:
        goald.call("GetStatus", as_uid=goald.stranger, **asked)
    assert raised.value.name == "io.goald.Tracker.NoSuchStrategy"
    # it was for members then, but is open to all now
    document["strategy"]["visibility"] = "public"
    commit(goald, document)
    assert goald.call("GetStatus", as_uid=goald.stranger, **asked)["seq"] == seq


# --- names


def people_document(key, name, organisation):
    return {"strategy": {"key": key, "titles": {"en": "A strategy"}, "timeZone": "UTC",
                         "language": "en", "visibility": "public"},
            "persons": [{"id": f"{key}-eva", "name": name}],
            "organisations": [{"id": f"{key}-org", "names": {"en": organisation}}],
            "nodes": [{"code": "1", "kind": "deliverable", "titles": {"en": "Node"},
                       "assignments": [{"person": f"{key}-eva", "role": "lead"},
                                       {"organisation": f"{key}-org", "role": "owner"}]}]}


def names(goald, key, **moment):
    holders = goald.call("GetNode", strategy=key, code="1", **moment)["holders"]
    return {holder["role"]: holder["name"] for holder in holders}


def test_names_are_those_of_then(goald):
    first = commit(goald, people_document("names", "Eva Berg", "Agency"))
    assert names(goald, "names") == {"lead": "Eva Berg", "owner": "Agency"}
    document = people_document("names", "Eva Lund", "Authority")
    document["nodes"][0]["titles"]["en"] = "So that the strategy's journal goes on"
    second = commit(goald, document)
    assert names(goald, "names") == {"lead": "Eva Lund", "owner": "Authority"}
    for _ in range(2): # from the database, and from what was kept of it
        assert names(goald, "names", knownAt=f"seq:{first}") == {"lead": "Eva Berg",
                                                                 "owner": "Agency"}
        assert names(goald, "names", knownAt=f"seq:{second}") == {"lead": "Eva Lund",
                                                                  "owner": "Authority"}
        assert names(goald, "names", asOf="2020") == {"lead": "Eva Lund", "owner": "Authority"}


def test_forgotten_person_is_forgotten_in_the_past_too(goald):
    seq = commit(goald, people_document("forget", "Eva Berg", "Agency"))
    commit(goald, people_document("forget", "Eva Lund", "Authority"))
    assert names(goald, "forget", knownAt=f"seq:{seq}")["lead"] == "Eva Berg"
    goald.call("ForgetPerson", key="forget-eva")
    assert "Eva" not in names(goald, "forget", knownAt=f"seq:{seq}")["lead"]
    assert names(goald, "forget", knownAt=f"seq:{seq}")["owner"] == "Agency"


# --- many, and trouble


def test_two_ask_at_once(goald, history):
    seqs = list(history)[:6]
    connections = [goald.connect() for _ in seqs]
    for connection, seq in zip(connections, seqs):
        connection.send_call("ListTree", {"strategy": "ls", "knownAt": f"seq:{seq}"}, more=True)
    sizes = []
    for connection in connections:
        lines = []
        while True:
            reply = connection.recv()
            assert "error" not in reply, reply
            lines.append(reply["parameters"])
            if not reply.get("continues"):
                break
        sizes.append(len(lines))
        connection.close()
    told = [len(json.loads(history[seq][2]["ListTree", "{}", "today"])) for seq in seqs]
    assert sizes == told


def test_caller_may_go_while_it_is_loaded(goald, history):
    for _ in range(20):
        with goald.connect() as connection:
            connection.send_call("ListTree", {"strategy": "ls", "asOf": "2021"}, more=True)
    assert goald.call("GetStatus", strategy="ls", asOf="2021")["asOf"] == "2021-12-31"


@pytest.fixture
def unread(goald):
    """Streams about the past that one user does not read: as many as one user may hold."""
    document = copy.deepcopy(WATER) | {"updates": [], "closings": [], "observations": []}
    document["strategy"].update(key="long", alias="long")
    document["nodes"] = [{"code": f"n-{i}", "kind": "deliverable", "titles": {"en": "Node " * 100}}
                         for i in range(2000)]
    commit(goald, document)
    connections = [goald.connect() for _ in range(4)]
    for connection in connections:
        connection.send_call("ListTree", {"strategy": "long", "asOf": "2021"}, more=True)
        assert connection.recv()["continues"]
    yield connections
    for connection in connections:
        connection.close()


@pytest.mark.root
def test_caller_who_does_not_read_holds_up_nobody_else(goald, history, unread):
    asked = {"strategy": "ls", "asOf": "2021"}
    with goald.connect() as waiting:
        waiting.send_call("GetStatus", asked)
        assert goald.call("GetStatus", as_uid=goald.stranger, **asked)["asOf"] == "2021-12-31"
        assert select.select([waiting.socket], [], [], 0)[0] == [], "as many as one may hold"
        unread[0].close()
        assert waiting.recv_reply()["asOf"] == "2021-12-31"


def connections(goald):
    return goald.call("GetServerStatus")["connections"]


def test_who_waits_for_a_moment_may_go(goald, history, unread):
    asked = {"strategy": "ls", "asOf": "2021"}
    before = connections(goald)
    for _ in range(70):  # more than may wait at once
        with goald.connect() as waiting:
            waiting.send_call("GetStatus", asked)
    wait_until(lambda: connections(goald) <= before)  # goald has seen that they went
    with goald.connect() as waiting:
        waiting.send_call("GetStatus", asked)
        assert goald.call("Ping") == {}
        unread[0].close()
        assert waiting.recv_reply()["asOf"] == "2021-12-31"


def test_only_so_many_of_one_user_wait(goald, history, unread):
    asked = {"strategy": "ls", "asOf": "2021"}
    waiting = [goald.connect() for _ in range(32)]
    for connection in waiting:
        connection.send_call("GetStatus", asked)
    with pytest.raises(goald.Error) as raised:
        goald.call("GetStatus", **asked)
    assert raised.value.name == "io.goald.Tracker.Overloaded"
    unread[0].close()
    for connection in waiting:
        assert connection.recv_reply()["asOf"] == "2021-12-31"
        connection.close()


def test_pipelined_answers_come_in_order(goald, history):
    with goald.connect() as connection:
        for date in ("2020", None, "2021"):
            connection.send_call("GetStatus", {"strategy": "ls", "asOf": date})
        told = [connection.recv_reply()["asOf"] for _ in range(3)]
    assert told[0] == "2020-12-31" and told[2] == "2021-12-31"


def test_without_database_the_past_is_unavailable(new_goald):
    goald = new_goald(empty=False).start()
    assert goald.call("GetStatus", strategy="ls", asOf="2021")["asOf"] == "2021-12-31"
    goald.stop_postmaster()
    wait_until(lambda: goald.call("GetServerStatus")["database"] == "unreachable")
    with pytest.raises(goald.Error) as raised:
        goald.call("GetStatus", strategy="ls", asOf="2021")
    assert raised.value.name == "io.goald.Tracker.Unavailable"
    assert goald.call("GetStatus", strategy="ls")["strategy"] == "se-life-science-2019"


def ask_at_once(goald, count):
    connections = [goald.connect() for _ in range(count)]
    for connection in connections:
        connection.send_call("ListTree", {"strategy": "ls", "asOf": "2021",
                                          "knownAt": "seq:200"}, more=True)
    return connections


def last_reply(connection):
    while (reply := connection.recv()) and reply.get("continues"):
        pass
    return reply


def test_database_may_go_while_moments_are_loaded(new_goald):
    goald = new_goald(empty=False).start()
    connections = ask_at_once(goald, 20)
    goald.stop_postmaster(signal.SIGQUIT)
    for connection in connections:
        error = last_reply(connection).get("error")
        assert error in (None, "io.goald.Tracker.Unavailable")
        connection.close()


def test_daemon_may_stop_while_moments_are_loaded(new_goald):
    goald = new_goald(empty=False).start()
    connections = ask_at_once(goald, 20)
    goald.stop()
    for connection in connections:
        reply = last_reply(connection)
        assert reply is None or reply.get("error") in (None, "io.goald.Tracker.Unavailable")
        connection.close()


def test_status_reads_only_what_it_depends_on(goald, history):
    """A row elsewhere that cannot be loaded is in the way of the whole strategy only."""
    document = copy.deepcopy(DOCUMENT) | {"groups": [], "closings": []}
    document["strategy"].update(key="many", alias="many")
    document["nodes"] = [{"code": f"n-{i}", "kind": "deliverable", "titles": {"en": "Node"},
                          "parent": f"n-{i - 1}" if i % 2 else None} for i in range(40)]
    document["updates"] = [{"id": f"u-{i}", "node": f"n-{i % 40}", "date": "2021-05-01",
                            "percent": i} for i in range(80)]
    commit(goald, document)
    goald.psql("UPDATE goald.progress_update u SET supersedes = 1 FROM goald.node n"
               " WHERE n.strategy_id = u.strategy_id AND n.id = u.node_id AND n.key = 'n-20'"
               " AND u.seq_from = (SELECT max(seq_from) FROM goald.progress_update"
               " WHERE node_id = n.id AND strategy_id = n.strategy_id)")
    status = goald.call("GetStatus", strategy="many", code="n-8", asOf="2022")
    assert (status["progress"], status["updateCount"]) == (49, 2)
    with pytest.raises(goald.Error):
        goald.stream("ListTree", strategy="many", asOf="2022")
