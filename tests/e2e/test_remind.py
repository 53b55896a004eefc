"""goal remind: claims, sends, settles; what goes wrong on the way, and what it ends with."""

import mailbox
import pathlib
import signal
import subprocess

import pytest

from faked import CLOSE, FakeDaemon, Refusal
from harness import clean_environment, wait_until
from letters import Ledger, Outbound, letter, parse


@pytest.fixture
def outbound(build, tmp_path):
    return Outbound(build, tmp_path)


def ids(*numbers):
    return [f"{number:032x}" for number in numbers]


def test_nothing_to_send_is_said_by_nothing(outbound):
    result = outbound.remind(Ledger())
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    assert [method for method, _ in outbound.daemon.calls] == ["ClaimReminders"]


def test_all_letters_go_and_are_settled_one_by_one(outbound):
    ledger = Ledger(*map(letter, range(45)))
    result = outbound.remind(ledger)
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    assert ledger.outcomes() == [(one, "sent") for one in ids(*range(45))]
    assert [mail["Message-ID"] for mail in outbound.mails()] == [
        f"<{one}@goald.example>" for one in ids(*range(45))]
    methods = [method for method, _ in outbound.daemon.calls]
    assert methods.count("ClaimReminders") > 2 and methods[-1] == "ClaimReminders"
    assert len({parameters["run"] for _, parameters in outbound.daemon.calls}) == 1


def test_what_is_asked_for_is_handed_on(outbound):
    ledger = Ledger(letter())
    outbound.remind(ledger, "--now", "2027-01-31", "--strategy", "ls", "--limit", "7").ok()
    calls = outbound.daemon.calls
    assert calls[0][1].items() >= {"now": "2027-01-31", "strategy": "ls", "limit": 7}.items()
    assert "dryRun" not in calls[0][1]
    assert ledger.settled[0]["now"] == "2027-01-31"


@pytest.mark.parametrize("limit", [1, 20, 21, 44])
def test_limit_is_of_the_whole_run(outbound, limit):
    ledger = Ledger(*map(letter, range(45)))
    outbound.remind(ledger, "--limit", limit).ok()
    assert len(ledger.settled) == limit and len(ledger.waiting) == 45 - limit


@pytest.mark.parametrize("args", [
    ("--limit", "0"), ("--limit", "-1"), ("--limit", "x"), ("--print", "--exec", "x"),
    ("--print", "--sendmail", "x"), ("--sendmail", ""), ("--exec", ""), ("ls",)])
def test_wrong_usage_claims_nothing(outbound, args):
    ledger = Ledger(letter())
    result = outbound.remind(ledger, *args, command="")
    assert result.code == 2 and result.stderr.startswith("goal: ")
    assert outbound.daemon.calls == []


def test_a_dry_run_claims_nothing_and_says_who_would_get_what(outbound):
    ledger = Ledger(letter(1), letter(2))
    result = outbound.remind(ledger, "--dry-run")
    assert result.code == 0 and result.stderr == ""
    assert "person:p1" in result.stdout and "ls:2.2" in result.stdout
    assert "12 days ago" in result.stdout
    assert "@" not in result.stdout
    assert len(ledger.waiting) == 2 and not ledger.settled and not outbound.raw()
    assert outbound.daemon.calls[0][1]["dryRun"] is True
    assert outbound.remind(Ledger(), "--dry-run").ok() == "nobody is to be reminded of anything\n"


def test_a_dry_run_shows_the_mails_if_asked(outbound):
    ledger = Ledger(letter())
    result = outbound.remind(ledger, "--dry-run", "--print", command="")
    assert "Subject: " in result.ok() and not ledger.settled


def test_a_printed_run_is_a_mailbox(outbound):
    note = "From here on\n>From there"
    ledger = Ledger(letter(1), letter(2, name="From here"))
    ledger.waiting[0]["items"][0]["title"] = note
    result = outbound.remind(ledger, "--print", command="")
    file = outbound.folder / "mbox"
    file.write_text(result.ok())
    box = mailbox.mbox(file, factory=None)
    assert [message["Message-ID"] for message in box] == [
        f"<{one}@goald.example>" for one in ids(1, 2)]
    assert ledger.outcomes() == [(one, "sent") for one in ids(1, 2)]


def test_a_full_disk_is_no_delivery(outbound):
    ledger = Ledger(letter())
    with FakeDaemon(outbound.folder / "s", ledger.answer) as daemon, open("/dev/full", "w") as full:
        done = subprocess.run([outbound.build.goal, "remind", "--print"], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60,
                              env=clean_environment(GOAL_ADDRESS=daemon.address))
    assert done.returncode == 1 and "No space left" in done.stderr
    assert ledger.outcomes() == [(ids(1)[0], "failed")]


def test_exec_gets_the_letter_and_what_was_made_of_it(outbound):
    one = letter()
    outbound.remind(Ledger(one), "--exec", outbound.sendmail, command="").ok()
    found, = outbound.objects()
    assert one.items() <= found.items()
    assert found["subject"] == "2.2 är 12 dagar försenad"
    assert found["text"].startswith("Hej Åsa Öberg!") and found["html"].startswith("<!DOCTYPE")
    assert parse(found["message"].encode())["Subject"] == found["subject"]


@pytest.mark.parametrize("command, reason", [
    ("cat >/dev/null; exit 75", "exit code 75"),
    ("echo 'mailbox full' >&2; exit 1", "exit code 1: mailbox full"),
    ("echo 'no such user'; false", "exit code 1: no such user"),
    ("yes | head -c 3000000 >&2; exit 3", "exit code 3: y y"),
    ("echo \"550 p1@agency.example: no\" >&2; exit 1", "exit code 1: 550 person:p1: no"),
    ("echo \"550 P1@Agency.Example: no\" >&2; exit 1", "exit code 1: 550 person:p1: no"),
    ("printf 'a\\033]0;x\\007\\377\\nb' >&2; exit 1",
     "exit code 1: a]0;x\N{REPLACEMENT CHARACTER} b"),
])
def test_what_fails_is_told_by_its_reason_and_the_rest_goes_on(outbound, command, reason):
    first = f"if grep -q p1@ >/dev/null; then {command}; fi" if "cat" not in command else command
    ledger = Ledger(letter(1), letter(2))
    result = outbound.remind(ledger, command=first)
    assert result.code == 1 and result.stdout == ""
    assert f"person:p1: not sent: {reason}" in result.stderr
    assert "@" not in result.stderr
    assert ledger.settled[0]["outcome"] == "failed"
    assert ledger.settled[0]["reason"].startswith(reason)
    assert len(ledger.settled) == 2


@pytest.mark.parametrize("command, reason", [
    ("kill -9 $$", "signal 9"), ("sh -c 'kill -9 $$'; exit $?", "exit code 137")])
def test_what_may_be_out_is_left_as_it_is_for_a_later_run(outbound, command, reason):
    ledger = Ledger(letter(1), letter(2))
    result = outbound.remind(ledger, command=f"if grep -q p1@ >/dev/null; then {command}; fi")
    assert result.code == 1 and result.stdout == ""
    assert ("person:p1: perhaps not sent, a later run sends the same mail again: "
            + reason) in result.stderr
    assert ledger.outcomes() == [(ids(2)[0], "sent")]


@pytest.mark.parametrize("command", [
    "true", "exec <&-; yes | head -c 3000000", "head -c 10 >/dev/null",
    "yes >&2 & kill $!; cat >/dev/null"])
def test_a_command_that_ends_well_has_taken_the_mail(outbound, command):
    ledger = Ledger(letter(items=[dict(letter()["items"][0], title="x" * 200)] * 5000))
    result = outbound.remind(ledger, command=command)
    assert (result.code, result.stderr) == (0, "")
    assert ledger.outcomes() == [(ids(1)[0], "sent")]


def test_a_process_that_is_left_behind_holds_nothing_up(outbound):
    ledger = Ledger(letter(1), letter(2))
    command = f"cat >/dev/null; sleep 1000 & echo $! >>{outbound.folder}/p"
    outbound.remind(ledger, command=command).ok()
    assert len(ledger.settled) == 2
    for pid in (outbound.folder / "p").read_text().split():
        subprocess.run(["kill", pid], check=True)


def test_a_command_that_is_not_there_ends_the_run(outbound):
    ledger = Ledger(*map(letter, range(5)))
    result = outbound.remind(ledger, command="/nonexistent/sendmail -t")
    assert result.code == 1 and result.stderr.count("\n") == 1 and "not found" in result.stderr
    assert ledger.outcomes() == [(ids(0)[0], "failed")]


@pytest.mark.skipif(pathlib.Path("/usr/sbin/sendmail").exists(), reason="there is an MTA")
def test_without_an_mta_nothing_is_claimed(outbound):
    ledger = Ledger(letter())
    result = outbound.remind(ledger, command="")
    assert result.code == 1 and "install an MTA" in result.stderr
    assert outbound.daemon.calls == []


def test_commands_get_the_environment_as_it_was(outbound):
    ledger = Ledger(letter())
    command = f'echo "$LANGUAGE" >{outbound.folder}/l'
    outbound.remind(ledger, command=command, env={"LANGUAGE": "de"}).ok()
    assert (outbound.folder / "l").read_text() == "de\n"


def test_no_daemon_ends_in_exit_4(build):
    result = build.run_goal("remind", "--sendmail", "true", address="unix:/nonexistent/s")
    assert result.code == 4 and "no daemon" in result.stderr


@pytest.mark.parametrize("error, code", [
    (Refusal("NotPermitted", needed="reminder", strategy=None), 5),
    (Refusal("Unavailable", lastContact=None), 4),
    (Refusal("NoSuchStrategy", strategy="x"), 3),
    (Refusal("InvalidValue", field="now", message="not a time"), 1),
])
def test_refused_claims_end_as_every_command_does(outbound, error, code):
    class Refusing(Ledger):
        def claim(self, parameters):
            raise error
    result = outbound.remind(Refusing())
    assert result.code == code and result.stderr.startswith("goal: ")


def test_what_came_before_a_claim_failed_is_sent_all_the_same(outbound):
    ledger = Ledger(letter(1), letter(2))
    error = Refusal("Unavailable", lastContact=None).frame

    def answer(method, parameters):
        if method == "ClaimReminders":
            return [*ledger.claim(parameters), error]
        return ledger.answer(method, parameters)
    result = outbound.remind(ledger, answer=answer)
    assert result.code == 4 and "cannot reach its database" in result.stderr
    assert ledger.outcomes() == [(one, "sent") for one in ids(1, 2)]


@pytest.mark.parametrize("answer", [CLOSE, Refusal("Unavailable", lastContact=None),
                                    Refusal("OutcomeUnknown", requestId="x"),
                                    Refusal("Overloaded")])
def test_settling_is_said_again_until_it_is_heard(outbound, answer):
    class Deaf(Ledger):
        deaf = 2

        def settle(self, parameters):
            self.deaf -= 1
            if self.deaf < 0:
                return super().settle(parameters)
            if answer is CLOSE:
                return CLOSE
            raise answer
    ledger = Deaf(letter(1), letter(2))
    result = outbound.remind(ledger)
    assert (result.code, result.stderr) == (0, "")
    assert ledger.outcomes() == [(one, "sent") for one in ids(1, 2)]
    assert len(outbound.raw()) == 2


def test_a_letter_that_another_run_took_over_ends_nothing(outbound):
    class Slow(Ledger):
        def settle(self, parameters):
            if parameters["letter"] == ids(1)[0]:
                raise Refusal("NoSuchLetter", letter=parameters["letter"])
            return super().settle(parameters)
    ledger = Slow(letter(1), letter(2))
    result = outbound.remind(ledger)
    assert result.code == 1
    assert "person:p1: it was sent, but that could not be told" in result.stderr
    assert ledger.outcomes() == [(ids(2)[0], "sent")]


def test_what_cannot_be_settled_ends_the_run_and_is_said(outbound):
    class Deaf(Ledger):
        def settle(self, parameters):
            return CLOSE
    result = outbound.remind(Deaf(letter(1), letter(2)))
    assert result.code == 4
    assert "person:p1: it was sent, but that could not be told" in result.stderr
    assert f"<{ids(1)[0]}@goald.example>" in result.stderr
    assert len(outbound.raw()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_run_between_two_letters(outbound, number):
    ledger, begun, go = Ledger(letter(1), letter(2)), outbound.folder / "b", outbound.folder / "g"
    subprocess.run(["mkfifo", go], check=True)
    command = f"cat >/dev/null; touch {begun}; read x <{go}"
    with FakeDaemon(outbound.folder / "s", ledger.answer) as daemon:
        process = subprocess.Popen(
            [outbound.build.goal, "remind", "--sendmail", command], stderr=subprocess.PIPE,
            text=True, env=clean_environment(GOAL_ADDRESS=daemon.address))
        wait_until(begun.exists)
        process.send_signal(number)
        go.write_text("\n")
        assert process.wait(60) == -number
        assert "interrupted (1 done)" in process.stderr.read()
        process.stderr.close()
    assert ledger.outcomes() == [(ids(1)[0], "sent")]


def test_outcomes_are_told_as_json_if_asked(outbound):
    result = outbound.remind(Ledger(letter()), "--json")
    assert '"outcome":"sent"' in result.ok() and '"recipient":"person:p1"' in result.stdout
