"""The database goes away, stalls, breaks at the worst moment, falls back in time, is shared with
another goald: nothing acknowledged is lost, nothing is done twice, and it comes back by itself."""

import concurrent.futures
import json
import random
import shutil
import signal
import subprocess
import time

import pytest

from database import (Postgres, Proxy, children, error_of, hammer, journal_count, make_manager,
                      new_id, paused, repeating, submit, try_call, verify_chain, verify_state,
                      wait_seq)
from harness import DATA, Daemon, wait_until

UPDATE = {"strategy": "ls", "code": "2.2"}
OUT_OF_REACH = ("Unavailable", "OutcomeUnknown")


@pytest.fixture(scope="module")
def standing_server(server_template, scratch):
    """One that no test changes or stops."""
    server = Postgres(scratch / "standing", server_template)
    try:
        yield server.start()
    finally:
        server.stop(signal.SIGQUIT)


@pytest.fixture
def proxy(server, tmp_path):
    proxy = Proxy(tmp_path / "proxy", server.folder)
    try:
        yield proxy
    finally:
        proxy.close()


def accepts_changes(goald):
    reply = try_call(goald, "SubmitUpdate", **UPDATE, note="is it back?")
    assert isinstance(reply, dict) or reply in OUT_OF_REACH
    return isinstance(reply, dict)


def acknowledged_are_written(server, acknowledged):
    """Each acknowledged update is in the journal once, at its place."""
    rows = {row["seq"]: row for row in verify_chain(server)}
    requests = [row["request"] for row in rows.values() if row["request"]]
    assert len(requests) == len(set(requests))
    for reply in acknowledged:
        row = rows[str(reply["seq"])]
        assert row["request"] == reply["requestId"]
        assert json.loads(row["payload"])["note"] == reply["note"]


# --- away and back


def test_status_is_answered_while_the_database_is_away(server, on):
    goald = on(server)
    before = goald.call("GetStatus", **UPDATE)
    assert before["lastContact"] is None
    server.stop()
    wait_until(lambda: goald.call("GetServerStatus")["database"] == "unreachable")
    status = goald.call("GetStatus", **UPDATE)
    assert status["lastContact"].endswith("Z")
    assert {**status, "lastContact": None} == before
    name, details = error_of(goald, "SubmitUpdate", **UPDATE, note="x")
    assert (name, details["lastContact"][:4]) == ("Unavailable", status["lastContact"][:4])
    with pytest.raises(goald.Error, match="Unavailable"):
        goald.stream("ListUpdates", **UPDATE)


def test_cached_status_tells_of_the_latest_outage(server, on):
    goald = on(server)
    told = []
    for _ in range(2):
        server.stop()
        wait_until(lambda: goald.call("GetServerStatus")["database"] == "unreachable")
        told.append({goald.call("GetStatus", **UPDATE)["lastContact"] for _ in range(3)})
        server.start()
        wait_until(lambda: goald.call("GetServerStatus")["database"] == "reachable", 20)
    assert [len(times) for times in told] == [1, 1]
    assert told[0] != told[1]


def test_goald_comes_back_by_itself(server, on):
    goald = on(server)
    server.stop(signal.SIGKILL)
    wait_until(lambda: try_call(goald, "SubmitUpdate", **UPDATE, note="x") == "Unavailable")
    server.start()
    wait_until(lambda: accepts_changes(goald), 20)
    assert goald.call("GetStatus", **UPDATE)["lastContact"] is None
    verify_chain(server)


def test_goald_starts_before_its_database(server, on, make_daemon):
    server.stop()
    goald = make_daemon(config={"realm": "test", "database": server.conninfo()})
    try:
        goald.spawn()
        wait_until(lambda: goald.socket_path.exists())
        wait_until(lambda: try_call(goald, "GetStatus", **UPDATE) == "Unavailable")
        server.start()
        wait_until(lambda: accepts_changes(goald), 20)
    finally:
        goald.close()


def test_changes_that_wait_are_told_when_the_database_goes_away(server, on):
    goald = on(server, query_timeout="1s", connect_timeout="500ms", in_doubt_timeout="1s")
    with paused(server.process.pid), goald.connect(timeout=30) as one, \
            goald.connect(timeout=30) as other:
        begin = time.monotonic()
        one.send_call("SubmitUpdate", {**UPDATE, "note": "sent"})
        time.sleep(0.2)
        other.send_call("SubmitUpdate", {**UPDATE, "note": "waits"})
        assert other.recv()["error"].endswith(".Unavailable")
        assert one.recv()["error"].endswith(".OutcomeUnknown")
        assert time.monotonic() - begin < 15
    wait_until(lambda: accepts_changes(goald), 20)
    notes = [json.loads(row["payload"]).get("note") for row in verify_chain(server)]
    assert "waits" not in notes and notes.count("sent") <= 1


def test_pause_shorter_than_the_time_limit_is_waited_for(server, on):
    goald = on(server)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with paused(server.process.pid):
            reply = pool.submit(submit, goald, note="patience")
            time.sleep(1)
            assert goald.call("GetStatus", **UPDATE)["updateCount"] >= 0
            assert not reply.done()
        assert reply.result(timeout=20)["seq"] > 0


def test_full_write_queue_is_overloaded(server, on):
    goald = on(server, write_queue=5)
    with paused(server.process.pid), goald.connect(timeout=60) as first:
        first.send_call("SubmitUpdate", {**UPDATE, "note": "in flight"})
        time.sleep(0.3)
        waiting = [goald.connect(timeout=60) for _ in range(5)]
        for caller in waiting:
            caller.send_call("SubmitUpdate", {**UPDATE, "note": "waits"})
        wait_until(lambda: goald.call("GetServerStatus")["writeQueue"] == 5)
        assert error_of(goald, "SubmitUpdate", **UPDATE, note="too many")[0] == "Overloaded"
        assert goald.call("GetStatus", **UPDATE)["state"]
    assert first.buffer == b""
    for caller in waiting:
        assert caller.recv_reply()["seq"] > 0
        caller.close()
    assert submit(goald, note="goes on")["seq"] > 0
    verify_chain(server)


def test_terminated_backends_lose_and_double_nothing(server, on):
    goald = on(server)
    errors = []
    with repeating(server.terminate, 0.15):
        acknowledged = hammer(goald, 40, 8, collect=errors.append)
    assert set(errors) <= set(OUT_OF_REACH)
    assert len(acknowledged) > 100
    acknowledged_are_written(server, acknowledged)
    wait_until(lambda: accepts_changes(goald), 20)
    wait_seq(goald, journal_count(server))
    verify_state(server)


def test_postmaster_killed_under_load_loses_nothing(server, on):
    goald = on(server)
    errors = []
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(hammer, goald, 60, 8, collect=errors.append)
        time.sleep(0.5)
        server.stop(signal.SIGKILL)
        time.sleep(0.5)
        server.start()
        acknowledged = running.result(timeout=120)
    wait_until(lambda: accepts_changes(goald), 20)
    assert set(errors) <= set(OUT_OF_REACH)
    acknowledged_are_written(server, acknowledged)


# --- in doubt


def test_answer_lost_after_the_commit_is_learned(server, on, proxy):
    goald = on(server, host=proxy.folder)
    before = journal_count(server)
    proxy.arm("after")
    reply = submit(goald, percent=12, note="cut after")
    assert proxy.cuts == 1
    assert reply["seq"] == before + 1 == journal_count(server)
    assert goald.call("GetStatus", **UPDATE)["lastUpdate"]["note"] == "cut after"
    acknowledged_are_written(server, [{**reply, "note": "cut after"}])


def test_batch_lost_before_the_commit_is_done_once(server, on, proxy):
    goald = on(server, host=proxy.folder)
    before = journal_count(server)
    proxy.arm("before")
    reply = submit(goald, note="cut before")
    assert proxy.cuts == 1
    assert reply["seq"] == before + 1 == journal_count(server)


def test_cuts_under_load_give_each_its_one_outcome(server, on, proxy):
    goald = on(server, host=proxy.folder)
    errors = []
    before = journal_count(server)
    acknowledged = []
    # how many cuts fall into a round depends on how fast the machine is
    with repeating(lambda: proxy.arm(random.choice(("before", "after"))), 0.05):
        for _ in range(20):
            acknowledged += hammer(goald, 150, 8, collect=errors.append)
            if proxy.cuts > 3:
                break
    assert proxy.cuts > 3
    assert errors == []
    assert journal_count(server) == before + len(acknowledged)
    assert len(acknowledged) % (8 * 150) == 0
    acknowledged_are_written(server, acknowledged)


def test_change_of_the_registry_in_doubt_is_learned(server, on, proxy):
    goald = on(server, host=proxy.folder)
    before = journal_count(server, 0)
    proxy.arm("after")
    reply = goald.call("AddAccount", uid=61000)
    assert (reply["seq"], journal_count(server, 0)) == (before + 1, before + 1)
    assert [a["account"]["id"] for a in goald.stream("ListAccounts")][-1] == reply["account"]


def test_unknown_outcome_is_told_and_the_same_request_learns_it(server, on, proxy):
    goald = on(server, host=proxy.folder, in_doubt_timeout="1s", connect_timeout="500ms")
    before = journal_count(server)
    request = {**UPDATE, "note": "in doubt", "requestId": new_id()}
    proxy.arm("after", then_down=True)
    assert error_of(goald, "SubmitUpdate", **request) == (
        "OutcomeUnknown", {"requestId": request["requestId"]})
    assert error_of(goald, "SubmitUpdate", **request)[0] == "Unavailable"
    proxy.up()
    wait_until(lambda: isinstance(try_call(goald, "SubmitUpdate", **request), dict), 20)
    assert goald.call("SubmitUpdate", **request)["seq"] == before + 1
    assert sum(row["request"] == request["requestId"] for row in verify_chain(server)) == 1


def test_unknown_outcome_of_what_was_not_done_can_be_repeated(server, on, proxy):
    goald = on(server, host=proxy.folder, in_doubt_timeout="1s", connect_timeout="500ms")
    before = journal_count(server)
    request = {**UPDATE, "note": "in doubt", "requestId": new_id()}
    proxy.arm("before", then_down=True)
    assert error_of(goald, "SubmitUpdate", **request)[0] == "OutcomeUnknown"
    proxy.up()
    wait_until(lambda: isinstance(try_call(goald, "SubmitUpdate", **request), dict), 20)
    assert journal_count(server) == before + 1


def test_outage_shorter_than_the_doubt_is_waited_out(server, on, proxy):
    goald = on(server, host=proxy.folder, in_doubt_timeout="20s", connect_timeout="500ms")
    before = journal_count(server)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        proxy.arm("after", then_down=True)
        reply = pool.submit(submit, goald, note="waited out")
        time.sleep(1.5)
        assert not reply.done()
        proxy.up()
        assert reply.result(timeout=30)["seq"] == before + 1 == journal_count(server)


def test_stopping_while_in_doubt_ends_in_time(server, on, proxy):
    goald = on(server, host=proxy.folder, in_doubt_timeout="10min", connect_timeout="500ms",
               drain_timeout="500ms")
    with goald.connect(timeout=30) as caller:
        proxy.arm("after", then_down=True)
        caller.send_call("SubmitUpdate", {**UPDATE, "note": "never told"})
        wait_until(lambda: proxy.cuts == 1)
        begin = time.monotonic()
        goald.stop()
        assert time.monotonic() - begin < 8


# --- goald killed


def test_kill_at_any_moment_loses_nothing_acknowledged(server, on):
    goald = on(server)
    acknowledged = []
    for _ in range(6):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(hammer, goald, 500, 8)
            time.sleep(random.uniform(0.05, 0.6))
            goald.kill()
            acknowledged += running.result(timeout=60)
        goald.start()
        assert goald.call("GetStatus", **UPDATE)["seq"] == journal_count(server)
    assert acknowledged
    acknowledged_are_written(server, acknowledged)
    verify_state(server)


# --- two daemons


def test_change_of_another_daemon_is_seen_within_two_seconds(server, on):
    one, other = on(server), on(server, owner=False)
    for n in range(3):
        reply = submit(one, note=f"news {n}")
        assert wait_seq(other, reply["seq"]) < 2
    assert other.call("GetStatus", **UPDATE) == one.call("GetStatus", **UPDATE)


def test_change_of_another_daemon_is_seen_without_notifications(server, on):
    one, other = on(server), on(server, owner=False)
    listening = "query ILIKE 'LISTEN%' OR query ILIKE '%LISTEN \"goald\"%'"
    with repeating(lambda: server.terminate(f"({listening})"), 0.02):
        for n in range(3):
            reply = submit(one, note=f"news {n}")
            assert wait_seq(other, reply["seq"]) < 2


def test_account_of_another_daemon_is_known(server, on):
    one, other = on(server), on(server, owner=False)
    reply = one.call("AddAccount", uid=61000, name="Eva Ek")
    wait_until(lambda: reply["account"] in [
        each["account"]["id"] for each in other.stream("ListAccounts")], 5)
    assert error_of(other, "AddAccount", uid=61000)[0] == "AlreadyExists"


def test_repeated_request_on_another_daemon_gets_the_first_outcome(server, on):
    one, other = on(server), on(server, owner=False)
    request = {**UPDATE, "percent": 7, "requestId": new_id()}
    first = one.call("SubmitUpdate", **request)
    again = other.call("SubmitUpdate", **request)
    assert (again["seq"], again["updateId"]) == (first["seq"], first["updateId"])
    assert other.call("GetStatus", **UPDATE)["seq"] == first["seq"]
    assert error_of(other, "SubmitUpdate", **{**request, "percent": 8})[0] == "RequestIdReused"


def test_same_request_on_both_daemons_at_once_is_done_once(server, on):
    one, other = on(server), on(server, owner=False)
    for _ in range(10):
        before = journal_count(server)
        request = {**UPDATE, "percent": 7, "requestId": new_id()}
        with one.connect() as a, other.connect() as b:
            a.send_call("SubmitUpdate", request)
            b.send_call("SubmitUpdate", request)
            seqs = {a.recv_reply()["seq"], b.recv_reply()["seq"]}
        assert seqs == {before + 1}
        assert journal_count(server) == before + 1


def test_correction_on_both_daemons_at_once_wins_once(server, on):
    one, other = on(server), on(server, owner=False)
    for _ in range(10):
        wrong = submit(one, percent=1)["updateId"]
        wait_seq(other, wrong)
        with one.connect() as a, other.connect() as b:
            for caller in (a, b):
                caller.send_call("SubmitUpdate", {**UPDATE, "percent": 2, "supersedes": wrong,
                                                  "reason": "both"})
            replies = [a.recv(), b.recv()]
        errors = [reply["parameters"]["field"] for reply in replies if "error" in reply]
        assert errors == ["supersedes"]


def test_two_daemons_hammering_one_strategy_end_equal(server, on):
    one, other = on(server), on(server, owner=False)
    before = journal_count(server)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        acknowledged = sum(pool.map(lambda goald: hammer(goald, 60, 8), (one, other)), [])
    assert len(acknowledged) == 2 * 8 * 60
    assert journal_count(server) == before + 2 * 8 * 60
    acknowledged_are_written(server, acknowledged)
    verify_state(server)
    for goald in (one, other):
        wait_seq(goald, journal_count(server))
    trees = [goald.stream("ListTree", strategy="ls") for goald in (one, other)]
    assert trees[0] == trees[1]
    assert "locking its head first" in one.log() + other.log()


def test_head_that_stays_locked_is_waited_for(server, on):
    goald = on(server)
    with subprocess.Popen(
            [server.bin / "psql", "-XAtq", "-h", server.folder, "-U", "tester", "goald", "-c",
             "BEGIN", "-c", "SELECT 1 FROM goald.chain WHERE strategy_id = 1 FOR UPDATE", "-c",
             "SELECT pg_sleep(1.5)", "-c", "COMMIT"], stdout=subprocess.DEVNULL) as holder:
        wait_until(lambda: server.psql(
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1.5)%'"
            " AND pid <> pg_backend_pid()"))
        assert submit(goald, note="after it")["seq"] > 0
        assert holder.wait(20) == 0


# --- another database than goald believed


def test_database_restored_to_an_older_state_is_noticed(server, on, tmp_path):
    goald = on(server)
    submit(goald, note="kept")
    kept = goald.call("GetStatus", **UPDATE)
    server.stop()
    shutil.copytree(server.data, tmp_path / "backup", symlinks=True)
    server.start()
    wait_until(lambda: accepts_changes(goald), 20)
    submit(goald, note="lost by the restore")
    server.stop()
    subprocess.run(["rm", "-r", server.data], check=True)
    subprocess.run(["cp", "-a", tmp_path / "backup", server.data], check=True)
    if server.who():
        subprocess.run(["chown", "-R", server.who()["user"], server.data], check=True)
    server.start()
    wait_until(lambda: goald.call("GetServerStatus")["database"] == "reachable", 20)
    wait_until(lambda: try_call(goald, "GetStatus", **UPDATE) == kept, 20)
    assert "se-life-science-2019: forgot what was known up to entry" in goald.log()
    assert submit(goald, note="on top of the restored")["seq"] == kept["seq"] + 1
    verify_chain(server)
    verify_state(server)


def test_strategy_that_a_restore_has_not_is_forgotten_and_may_come_again(
        server_template, on, tmp_path, make_daemon):
    server = Postgres(tmp_path / "pg")
    try:
        goald = on(server)
        server.stop()
        shutil.copytree(server.data, tmp_path / "backup", symlinks=True)
        server.start()
        wait_until(lambda: goald.call("GetServerStatus")["database"] == "reachable", 20)
        wait_until(lambda: goald.goal("import", DATA / "se-life-science-2019.json").code == 0, 20)
        server.stop()
        subprocess.run(["rm", "-r", server.data], check=True)
        subprocess.run(["cp", "-a", tmp_path / "backup", server.data], check=True)
        if server.who():
            subprocess.run(["chown", "-R", server.who()["user"], server.data], check=True)
        server.start()
        wait_until(lambda: try_call(goald, "GetStatus", **UPDATE) == "NoSuchStrategy", 20)
        assert "the database does not have it" in goald.log()
        document = json.loads((DATA / "import" / "y_minimal.json").read_text())
        goald.goal("import", DATA / "import" / "y_minimal.json").ok()
        key = document["strategy"]["key"]
        assert goald.call("GetStatus", strategy=key)["strategy"] == key
        verify_chain(server, server.psql("SELECT max(strategy_id) FROM goald.chain")[0][0])
    finally:
        server.stop(signal.SIGQUIT)


@pytest.mark.parametrize("owner", [True, False])
def test_newer_schema_is_refused(server, make_daemon, owner):
    server.psql("INSERT INTO goald.migration SELECT (jsonb_populate_record(m,"
                " '{\"number\": 9999, \"name\": \"9999_of_the_future\"}')).*"
                " FROM goald.migration m LIMIT 1")
    config = server.config(realm="test") if owner else {"database": server.conninfo()}
    goald = make_daemon(config=config)
    try:
        goald.spawn()
        assert goald.wait(30) == 1
        assert "9999" in goald.log() and "newer goald" in goald.log()
    finally:
        goald.close()


# --- what the database itself refuses


@pytest.mark.parametrize("sql", [
    "UPDATE goald.journal SET payload = '{}'",
    "DELETE FROM goald.journal",
    "TRUNCATE goald.journal",
    "DELETE FROM goald.progress_update",
    "UPDATE goald.progress_update SET percent = 1",
    "UPDATE goald.chain SET key = 'other'",
    "DELETE FROM goald.chain",
    "DELETE FROM goald.contact",
    "UPDATE goald.migration SET number = 0",
    "INSERT INTO goald.migration SELECT * FROM goald.migration",
    "DROP TABLE goald.journal",
    "CREATE TABLE goald.mine (a int)",
    "ALTER TABLE goald.journal DISABLE TRIGGER ALL",
])
def test_daemons_role_may_only_append(standing_server, sql):
    error = standing_server.psql(sql, role="goald", check=False)
    assert "permission denied" in error or "must be owner" in error


@pytest.mark.parametrize("sql", [
    "UPDATE goald.journal SET payload = '{}'",
    "DELETE FROM goald.journal WHERE seq = 1",
    "TRUNCATE goald.journal",
])
def test_trigger_refuses_the_owner_too(standing_server, sql):
    assert "append-only" in standing_server.psql(sql, role="goald_owner", check=False)


ROW = {"strategy_id": 1, "id": 9001, "seq_from": 9001}
CONSTRAINED = [
    ("progress_update", {"node_id": 1, "date": "2021", "account_id": 0}, [
        {"percent": 101}, {"percent": -1}, {"percent": "NaN"}, {"date": "2021-13"},
        {"date": "2021-02-30"}, {"date": None}, {"date": "21"}, {"state": "done"},
        {"confidence": "some"}, {"supersedes": 9001}, {"evidence": {}}, {"node_id": None},
        {"id": 9002}, {"seq_to": 9001}]),
    ("node", {"key": "x.1", "parent_id": 0, "kind": "target", "titles": {"sv": "x"}}, [
        {"start": "2022", "due": "2021"}, {"start": "2021-05-02", "due": "2021-04"},
        {"parent_id": 9001}, {"kind": "goal"}, {"titles": {}}, {"titles": []}, {"weight": 0},
        {"weight": -1}, {"weight": "Infinity"}, {"cadence": 0}, {"baseline": 1}, {"key": ""},
        {"key": "2.2"}, {"stage": "planned"}, {"due": "2021-00-01"}, {"strategy_id": 0}]),
    ("contribution", {"key": "1>2", "from_id": 1, "to_id": 2, "weight": 1}, [
        {"weight": 0}, {"to_id": 1}, {"from_id": None}]),
    ("closing", {"key": "k", "node_id": 1, "date": "2021", "how": "achieved"}, [
        {"how": "done"}, {"date": "soon"}]),
    ("account", {"key": "r:1", "realm": "r", "uid": 1, "disabled": False, "strategy_id": 0}, [
        {"uid": -1}, {"uid": 65534}, {"uid": 4294967295}, {"realm": ""}, {"strategy_id": 1}]),
    ("role_grant", {"key": "g", "account_id": 1, "role": "admin", "on_strategy": 0,
                    "strategy_id": 0}, [{"role": "king"}, {"on_strategy": -1}]),
    ("calendar", {"key": "c", "days": ["2026-12-06"], "strategy_id": 0}, [
        {"days": []}, {"days": ["2026-12"]}, {"days": [20261206]}, {"days": None},
        {"days": "2026-12-06"}, {"strategy_id": 1}]),
    ("journal", {"seq": 9001, "time": "2021-01-01", "account_id": 0, "entity": "node",
                 "action": "put", "entity_id": 1, "payload": "{}", "prev_hash": "\\x" + "00" * 32,
                 "hash": "\\x" + "00" * 32}, [
        {"action": "change"}, {"hash": "\\x00"}, {"seq": 0}, {"seq": 1}, {"payload": None},
        {"request_id": "5c4f4d2e-0000-4000-8000-000000000000"}]),
]


def insert(table, values):
    text = json.dumps(values).replace("'", "''")
    return (f"INSERT INTO goald.{table} SELECT * FROM"
            f" jsonb_populate_record(NULL::goald.{table}, '{text}')")


def test_constraints_refuse_what_goald_refuses(standing_server):
    accepted = []
    for table, good, changes in CONSTRAINED:
        base = {**(ROW if table != "journal" else {"strategy_id": 1}), **good}
        done = standing_server.psql(f"BEGIN; {insert(table, base)}; ROLLBACK", check=False)
        assert done == [], f"{table}: {done}"
        for change in changes:
            done = standing_server.psql(f"BEGIN; {insert(table, {**base, **change})}; ROLLBACK",
                               check=False)
            if not isinstance(done, str):
                accepted.append((table, change))
    assert accepted == []


def test_two_live_versions_of_one_entity_are_refused(standing_server):
    for table in ("node", "closing", "membership", "link", "strategy"):
        done = standing_server.psql(
            f"INSERT INTO goald.{table} SELECT (jsonb_populate_record(t,"
            " jsonb_build_object('seq_from', 9001))).*"
            f" FROM goald.{table} t WHERE seq_to IS NULL LIMIT 1", check=False)
        assert "_live" in done or "_key" in done, (table, done)


def test_second_correction_is_refused(server, on):
    goald = on(server)
    wrong = submit(goald, percent=1)["updateId"]
    submit(goald, percent=2, supersedes=wrong, reason="x")
    row = {**ROW, "node_id": 1, "date": "2021", "account_id": 0, "supersedes": wrong}
    assert "progress_update_corrected" in server.psql(insert("progress_update", row), check=False)


def test_change_that_only_the_database_refuses_fails_alone(server, on):
    goald = on(server)
    server.psql("ALTER TABLE goald.progress_update ADD CONSTRAINT no_swearing"
                " CHECK (note NOT LIKE '%damn%')")
    with goald.connect() as one, goald.connect() as other, goald.connect() as third:
        for caller, note in ((one, "fine"), (other, "damn"), (third, "good")):
            caller.send_call("SubmitUpdate", {**UPDATE, "note": note})
        assert one.recv_reply()["seq"] > 0
        reply = other.recv()
        assert reply["error"].endswith(".InvalidValue")
        assert reply["parameters"]["field"] == "no_swearing"
        assert third.recv_reply()["seq"] > 0
    verify_chain(server)


def test_private_cluster_stalled_and_killed_comes_back(new_goald):
    goald = new_goald(empty=False, config={"query_timeout": "1s", "connect_timeout": "1s"}).start()
    make_manager(goald)
    assert isinstance(goald, Daemon) and children(goald.postmaster_pid())
    with paused(goald.postmaster_pid()):
        wait_until(lambda: goald.call("GetServerStatus")["database"] == "unreachable", 20)
        assert goald.call("GetStatus", **UPDATE)["lastContact"]
    wait_until(lambda: accepts_changes(goald), 20)
    goald.stop_postmaster(signal.SIGKILL)
    wait_until(lambda: accepts_changes(goald), 40)
    verify_chain(goald)


def test_strategy_that_cannot_be_loaded_holds_up_no_other(new_goald):
    """Its rows were damaged; the others are served, and it is told apart from what is not there."""
    goald = new_goald(empty=False).start()
    goald.goal("import", DATA / "import" / "y_whole_domain.json").ok()
    goald.psql("UPDATE goald.node SET parent_id = 4711 WHERE strategy_id = 1 AND key = '2.2'")
    goald.restart()  # it waits until goald is ready
    assert goald.call("GetStatus", strategy="whole", code="1.1")["code"] == "1.1"
    assert error_of(goald, "GetStatus", strategy="ls")[0] == "Unavailable"
    assert "cannot be loaded" in goald.log()
    goald.psql("UPDATE goald.node SET parent_id = (SELECT id FROM goald.node WHERE key = '2'"
               " AND strategy_id = 1) WHERE strategy_id = 1 AND key = '2.2'")
    wait_until(lambda: try_call(goald, "GetStatus", strategy="ls") != "Unavailable")
