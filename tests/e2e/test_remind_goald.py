"""goal remind with a goald behind it: each reminder goes once, whatever becomes of the runs."""

import signal
import subprocess

import pytest

from claims import DAY, Plan, address, forget_runs
from harness import clean_environment, wait_until
from letters import Outbound, calendar_of, text_of


@pytest.fixture
def plan(goald):
    forget_runs(goald)
    return Plan(goald)


@pytest.fixture
def outbound(build, tmp_path):
    return Outbound(build, tmp_path)


def remind(plan, outbound, *args, now=DAY, command=None):
    return plan.goald.goal("remind", "--now", now, "--strategy", plan.key,
                           *(args or ("--sendmail", command or outbound.sendmail)))


def recipients(outbound):
    return sorted(mail["To"].addresses[0].addr_spec for mail in outbound.mails())


def test_reminders_are_sent_once(plan, outbound):
    for _ in range(3):
        result = remind(plan, outbound)
        assert (result.code, result.stdout, result.stderr) == (0, "", "")
    assert recipients(outbound) == sorted(map(address, (plan.anna, plan.bo)))
    mail = next(mail for mail in outbound.mails() if plan.anna in str(mail["To"]))
    assert mail["Subject"] == "1 is due in 30 days"
    assert f"goal update {plan.key}:1" in text_of(mail)
    assert [event["DTSTART;VALUE=DATE"] for event in calendar_of(mail)] == ["20260331"]
    assert plan.status()["sent"] == 2


def test_a_dry_run_changes_nothing(plan, outbound):
    shown = remind(plan, outbound, "--dry-run").ok()
    assert f"person:{plan.anna}" in shown and f"due {plan.key}:1" in shown
    printed = remind(plan, outbound, "--dry-run", "--print").ok()
    assert printed.count("Subject: ") == 2
    assert plan.status() == {}


def test_what_failed_is_sent_by_a_later_run(plan, outbound):
    result = remind(plan, outbound, command="cat >/dev/null; echo full >&2; exit 75")
    assert result.code == 1
    assert f"goal: person:{plan.anna}: not sent: exit code 75: full" in result.stderr
    assert plan.rows("reason, status", "AND status = 'failed'") == [
        ["exit code 75: full", "failed"]] * 2
    remind(plan, outbound).ok()
    assert outbound.raw() == []
    remind(plan, outbound, now=f"{DAY}T12:11:00Z").ok()
    assert len(outbound.raw()) == 2 and plan.status()["sent"] == 2


def test_what_failed_is_tried_again_at_once_if_asked(plan, outbound):
    remind(plan, outbound, command="false")
    number = plan.rows("id", "AND status = 'failed' ORDER BY id")[0][0]
    assert remind(plan, outbound, "--retry", number).ok() == (
        "1 reminder is tried again by the next run\n")
    remind(plan, outbound).ok()
    assert len(outbound.raw()) == 1
    assert "1 reminder is" in remind(plan, outbound, "--retry", "all").ok()
    remind(plan, outbound).ok()
    assert len(outbound.raw()) == 2
    assert remind(plan, outbound, "--retry", "all").ok() == (
        "no reminder that failed waits to be sent\n")
    assert remind(plan, outbound, "--retry", number).code == 3
    assert remind(plan, outbound, "--retry", "none").code == 2


@pytest.mark.root
def test_what_a_manager_asks_reaches_the_owner_in_their_language(plan, outbound):
    goald = plan.goald
    goald.grant(goald.manager, "manager", plan.key)
    goald.goal("person", "change", plan.bo, "--language", "nb").ok()
    goald.goal("nudge", f"{plan.key}:3", "-m", "Hvordan går det?\nStyret møtes mandag.",
               uid=goald.manager).ok()
    goald.goal("remind", "--strategy", plan.key, "--sendmail", outbound.sendmail).ok()
    mail, = [mail for mail in outbound.mails() if plan.bo in str(mail["To"])]
    assert mail["Subject"].startswith("3 er ") and "Det bes om en oppdatering\n" in text_of(mail)
    assert mail["Content-Language"] == "nb"
    assert "Melding     Hvordan går det?\n                Styret møtes mandag.\n" in text_of(mail)


def test_a_functions_mailbox_is_written_to(plan, outbound):
    goald = plan.goald
    organisation = f"org-{plan.key}"
    goald.goal("org", "add", organisation, "--name", "sv=Myndigheten", "--mailbox",
               "registrator@agency.example").ok()
    goald.goal("assign", f"{plan.key}:3", "--owner", f"org:{organisation}").ok()
    remind(plan, outbound).ok()
    mail, = [mail for mail in outbound.mails() if "registrator" in str(mail["To"])]
    assert mail["To"] == "Myndigheten <registrator@agency.example>"
    assert text_of(mail).startswith("Hello,\n")


def test_two_runs_at_once_send_each_once(plan, outbound):
    command = ["goal", "remind", "--now", DAY, "--strategy", plan.key, "--sendmail",
               outbound.sendmail.with_name("parallel")]
    (outbound.folder / "parallel").write_text(
        '#!/bin/sh\nexec cat >"$(mktemp "$(dirname "$0")/mails/XXXXXX")"\n')
    (outbound.folder / "parallel").chmod(0o755)
    runs = [subprocess.Popen(command, executable=outbound.build.goal, stderr=subprocess.PIPE,
                             env=clean_environment(GOAL_ADDRESS=plan.goald.address))
            for _ in range(4)]
    assert [run.communicate(timeout=60)[1] for run in runs] == [b""] * 4
    assert [run.returncode for run in runs] == [0] * 4
    assert len(list((outbound.folder / "mails").iterdir())) == 2
    assert plan.status()["sent"] == 2


def test_a_run_that_died_is_taken_over_with_the_same_message_id(plan, outbound):
    go, begun = outbound.folder / "go", outbound.folder / "begun"
    subprocess.run(["mkfifo", go], check=True)
    stuck = f"cat >{outbound.folder}/mails/0; touch {begun}; read x <{go}"
    process = subprocess.Popen(
        [outbound.build.goal, "remind", "--now", DAY, "--strategy", plan.key, "--sendmail", stuck],
        env=clean_environment(GOAL_ADDRESS=plan.goald.address))
    wait_until(begun.exists)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    go.write_text("\n")
    remind(plan, outbound).ok()
    assert len(outbound.raw()) == 1
    remind(plan, outbound, now=f"{DAY}T12:11:00Z").ok()
    ids = [mail["Message-ID"] for mail in outbound.mails()]
    assert len(ids) == 3 and ids.count(ids[0]) == 2
    assert plan.status()["sent"] == 2


def test_a_strategy_imported_years_late_reaches_everybody_in_one_run(plan, outbound):
    """A thousand nodes that were overdue before anybody was reminded of them."""
    people = [f"{plan.key}-{number}" for number in range(60)]
    plan.document["persons"] += [plan.person(key) for key in people]
    plan.document["nodes"] += [plan.node(f"p{number}", "target", "2016-03-31", people[number % 60])
                               for number in range(1000)]
    plan.bring_in()
    remind(plan, outbound).ok()
    assert recipients(outbound) == sorted(map(address, (plan.anna, plan.bo, *people)))
    assert plan.status() == {"sent": 2002, "skipped": 5001}  # each is escalated too
    remind(plan, outbound).ok()
    assert len(outbound.raw()) == 62


def test_a_clock_set_back_sends_nothing(plan, outbound):
    remind(plan, outbound).ok()
    result = remind(plan, outbound, now="2026-02-27")
    assert result.code == 1 and "2026-03-01T12:00:00" in result.stderr
    assert len(outbound.raw()) == 2


@pytest.mark.parametrize("now", ["tomorrow", "2026-13-01", "2999-01-01"])
def test_what_is_no_time_sends_nothing(plan, outbound, now):
    result = remind(plan, outbound, now=now)
    assert result.code == 1 and "now" in result.stderr
    assert outbound.raw() == []


@pytest.mark.root
def test_a_user_without_the_role_sends_nothing(plan, outbound):
    result = plan.goald.goal("remind", "--now", DAY, "--sendmail", "true",
                             uid=plan.goald.stranger)
    assert result.code == 5 and "not permitted" in result.stderr
    assert plan.status() == {}


def test_daemon_that_stops_ends_in_exit_4(new_goald, outbound):
    daemon = new_goald().start()
    daemon.stop()
    result = daemon.goal("remind", "--sendmail", outbound.sendmail)
    assert result.code == 4
