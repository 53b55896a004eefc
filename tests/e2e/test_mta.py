"""From cron to a mailbox, and back from there by an alias, through a real MTA: Postfix, which
tests/e2e/mta.py runs in a folder of its own. What it delivers is read by other tools than ours."""

import datetime
import email
import email.message
import email.policy
import json
import mailbox
import pwd
import shutil
import subprocess

import pytest

import mta
from harness import clean_environment, wait_until

ASA, BJORN = "Åsa \"Nan\" Öberg, dr.", "Bjørn Ærlig-Łukasiewicz"
TITLE = "Ökat nyttjande av hälsodata – för forskning & innovation, på ”riktigt”"

OTHER = "漢字 och עברית"
KINDS = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"]

pytestmark = pytest.mark.root


def address(name):
    return f"{name}@{mta.DOMAIN}"


def document(due):
    def node(code, title, owner):
        return {"code": code, "kind": "target", "titles": {"sv": title}, "due": due,
                "assignments": [{"role": "owner", "person": owner}]}

    return {"format": "goald-import-1",
            "strategy": {"key": "plan", "titles": {"sv": "Strategi för hälsa"},
                         "timeZone": "Europe/Stockholm", "calendar": "SE", "language": "sv",
                         "visibility": "members"},
            "persons": [{"id": "asa", "name": ASA, "email": address("asa")},
                        {"id": "bjorn", "name": BJORN, "email": address("bjorn"),
                         "language": "nb"}],
            "nodes": [node("1", TITLE, "asa"), node("2", OTHER, "bjorn")]}


@pytest.fixture
def goald(make_daemon, empty_template):
    """A goald with the plan, whose targets are due in six days."""
    daemon = make_daemon(template=empty_template, config={
        "mail_from": address("goald"), "mail_in": address("goal")})
    try:
        daemon.start()
        due = datetime.date.today() + datetime.timedelta(days=6)
        (daemon.folder / "plan.json").write_text(json.dumps(document(due.isoformat())))
        daemon.goal("import", daemon.folder / "plan.json").ok()
        daemon.call("AddAccount", uid=71001, person="asa")
        daemon.grant(pwd.getpwnam(mta.PIPE_USER).pw_uid, "mail")
        yield daemon
    finally:
        daemon.close()


@pytest.fixture
def postfix(goald, tmp_path):
    """An MTA with the mailboxes asa and bjorn, that hands what is for goal to a command."""
    if not mta.is_installed():
        pytest.skip("Postfix is not installed")
    (tmp_path / "answer").write_text(f"#!/bin/sh\ncat >>{tmp_path}/answers\n")
    (tmp_path / "answer").chmod(0o755)
    for name in ("asa", "bjorn", "answers"):
        (tmp_path / name).touch()
        shutil.chown(tmp_path / name, mta.PIPE_USER)
    server = mta.Postfix(tmp_path / "mta", [
        f"asa: {tmp_path}/asa", f"bjorn: {tmp_path}/bjorn",
        f'goal: "|{goald.build.goal} --address {goald.address} mail-in'
        f' --sendmail {tmp_path}/answer"'])
    try:
        yield server.start()
    finally:
        server.stop()


def received(path, count=1):
    """The mails in a mailbox, once there are so many."""
    wait_until(lambda: len(mailbox.mbox(path)) >= count)
    return [email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
            for message in mailbox.mbox(path)]


def reply_to(mail, text):
    """As a mail program writes one."""
    reply = email.message.EmailMessage()
    reply["From"], reply["To"] = mail["To"], mail["Reply-To"]
    reply["Subject"], reply["In-Reply-To"] = f"Sv: {mail['Subject']}", mail["Message-ID"]
    quoted = mail.get_body(("plain",)).get_content().splitlines()
    lines = [text, "", f"{mail['Date']} skrev {mail['From']}:", *(f"> {line}" for line in quoted)]
    reply.set_content("\n".join(lines) + "\n")
    return reply


def test_reminder_is_delivered_and_answered(goald, postfix, tmp_path):
    result = goald.goal("remind", "--sendmail", postfix.sendmail)
    assert (result.code, result.stdout, result.stderr) == (0, "", "")
    mail, = received(tmp_path / "asa")
    recipient, = mail["To"].addresses
    assert (recipient.display_name, recipient.addr_spec) == (ASA, address("asa"))
    assert TITLE in " ".join(mail.get_body(("plain",)).get_content().split())
    received(tmp_path / "bjorn")

    postfix.send(reply_to(mail, "60 % enligt plan\n\nHälften av registren är anslutna – nästan."))
    wait_until(lambda: goald.call("GetStatus", strategy="plan", code="1")["progress"] == 60)
    update, = goald.stream("ListUpdates", strategy="plan", code="1")
    assert (update["update"]["percent"], update["update"]["state"]) == (60, "on_track")
    assert update["update"]["note"] == "Hälften av registren är anslutna – nästan."

    postfix.send(reply_to(mail, "70 % enligt plan"))
    wait_until(lambda: "dsn=5" in postfix.log() or "status=bounced" in postfix.log())
    assert goald.call("GetStatus", strategy="plan", code="1")["progress"] == 60
    goald.goal("remind", "--sendmail", postfix.sendmail).ok()
    assert len(mailbox.mbox(tmp_path / "asa")) == 1


def test_what_is_unclear_is_answered_and_not_done(goald, postfix, tmp_path):
    goald.goal("remind", "--sendmail", postfix.sendmail).ok()
    mail, = received(tmp_path / "asa")
    postfix.send(reply_to(mail, "Det går nog bra, kanske sextio procent"))
    wait_until(lambda: (tmp_path / "answers").stat().st_size)
    answer = email.message_from_bytes((tmp_path / "answers").read_bytes(),
                                      policy=email.policy.default)
    assert answer["To"].addresses[0].addr_spec == address("asa")
    assert "sextio procent" in answer.get_body(("plain",)).get_content()
    assert goald.stream("ListUpdates", strategy="plan", code="1") == []


def mshow(path, *options):
    done = subprocess.run(["mshow", *options, path], capture_output=True, text=True, check=True,
                          timeout=60, env=clean_environment())
    return done.stdout


def unquoted(text):
    return text.replace("\\", "").replace('"', "")


@pytest.mark.skipif(not shutil.which("mshow"), reason="mblaze is not installed")
@pytest.mark.parametrize("name, full, title", [("asa", ASA, TITLE), ("bjorn", BJORN, OTHER)],
                         ids=["asa", "bjorn"])
def test_another_tool_reads_the_mails(goald, tmp_path, name, full, title):
    """mblaze, which has its own parser of mails and knows nothing of how these were made."""
    (tmp_path / "keep").write_text(f'#!/bin/sh\ncat >"$(mktemp {tmp_path}/XXXXXX.eml)"\n')
    (tmp_path / "keep").chmod(0o755)
    goald.goal("remind", "--sendmail", tmp_path / "keep").ok()
    mail, = (path for path in tmp_path.glob("*.eml") if address(name) in path.read_text())
    shown = mshow(mail)
    to, = (line for line in shown.splitlines() if line.startswith("To: "))
    assert unquoted(to) == f"To: {unquoted(full)} <{address(name)}>"
    assert title in " ".join(shown.split())
    kinds = [line.split()[1] for line in mshow(mail, "-t").splitlines()[1:]]
    assert [kind for kind in kinds if "/" in kind] == KINDS
