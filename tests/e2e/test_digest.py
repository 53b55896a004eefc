"""goal digest: the mails that subscribers get, read back by another program; and answering them."""

import json

import pytest

from harness import STRANGER
from letters import html_of, parse, text_of
from subscribers import (ADMIN, MANAGER, OTHER, REMINDER, fill, forget_all, subscribe, subscribed,
                         subscription, subscriptions)

pytestmark = pytest.mark.root  # it acts as several users
ADDRESS = "kari.nordmann@example.no"
MAIL = 55390


class House:
    """A daemon with subscribers, and an MTA that writes down what it is to send."""

    def __init__(self, daemon):
        self.daemon = fill(daemon)
        daemon.grant(MAIL, "mail")
        self.mails = daemon.folder / "mails"
        self.mails.mkdir()
        self.mails.chmod(0o777)
        self.sendmail = daemon.folder / "sendmail"
        self.sendmail.write_text(f'#!/bin/sh\ncat >"$(mktemp {self.mails}/XXXXXX)"\n')
        self.sendmail.chmod(0o755)

    def run(self, *args, sendmail=None, uid=REMINDER, **kwargs):
        for old in self.mails.iterdir():
            old.unlink()
        way = () if {"--print", "--exec"} & set(args) else ("--sendmail", sendmail or self.sendmail)
        return self.daemon.goal(*args[:1], *way, *args[1:], uid=uid, **kwargs)

    def sent(self):
        return [parse(path.read_bytes()) for path in self.mails.iterdir()]

    def digest(self, *args, **kwargs):
        """The mails of a run in which all went well; nothing is said of it."""
        result = self.run("digest", *args, **kwargs)
        assert (result.code, result.stdout, result.stderr) == (0, "", "")
        return self.sent()

    def update(self, code="1.1", **fields):
        self.daemon.call("SubmitUpdate", as_uid=MANAGER, strategy="open", code=code,
                         **{"percent": 40, **fields})

    def answer(self, mail, text):
        """Answers a mail as its reader would."""
        address = mail["Reply-To"].addresses[0].addr_spec
        result = self.run("mail-in", uid=MAIL, stdin=(
            f"From: {mail['To']}\nTo: {address}\nSubject: Re: x\nMessage-ID: <1@a.b>\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"))
        assert (result.code, result.stderr) == (0, "")
        return self.sent()


@pytest.fixture(scope="module")
def everything(make_daemon, empty_template):
    daemon = make_daemon({"mail_from": "goald@gov.example", "mail_in": "answers@gov.example"},
                         empty_template)
    try:
        yield House(daemon.start())
    finally:
        daemon.close()


@pytest.fixture
def house(everything):
    forget_all(everything.daemon)
    everything.daemon.psql("DELETE FROM goald.sending")
    return everything


def token_of(mail):
    return mail["Reply-To"].addresses[0].addr_spec.split("+")[1].split("@")[0]


def test_address_is_asked_once_and_confirms_by_answering(house):
    subscribe(house.daemon, ADDRESS, "open:1.1", "sector:food", language="nb")
    [mail] = house.digest()
    assert mail["To"].addresses[0].addr_spec == ADDRESS
    assert mail["From"].addresses[0].addr_spec == "goald@gov.example"
    assert mail["Subject"] == "Bekreft abonnementet ditt"
    assert mail["Content-Language"] == "nb"
    text, token = text_of(mail), token_of(mail)
    assert "o:1.1" in text and "sector:food" in text and "ukentlig" in text
    assert f"goal confirm {token}" in text and f"Ref: {token}" in text and "bekreft, meld av" in text
    assert mail["List-Unsubscribe"] == (
        f"<mailto:answers+{token}@gov.example?subject=unsubscribe>")
    assert house.digest() == []
    [answer] = house.answer(mail, "Ja")
    assert "bekreftet" in text_of(answer)
    assert subscription(house.daemon, ADDRESS)["confirmed"]


def test_address_confirms_by_the_command_too(house):
    subscribe(house.daemon, ADDRESS, "open:1.1")
    [mail] = house.digest()
    house.daemon.goal("confirm", token_of(mail), uid=STRANGER).ok()
    assert subscription(house.daemon, ADDRESS)["confirmed"]


def test_stranger_who_did_not_ask_is_forgotten_at_a_word(house):
    subscribe(house.daemon, ADDRESS, "open:1.1")
    [mail] = house.digest()
    house.answer(mail, "stop")
    assert subscriptions(house.daemon, ADMIN) == []


def test_digest_tells_what_changed_once(house):
    subscribed(house.daemon, ADDRESS, "open:1.1", language="sv", frequency="immediate")
    house.digest()
    house.update(percent=55, state="at_risk", note="Två <b>piloter</b>\r\nBcc: evil@example.org")
    house.update("2.1", note="elsewhere")
    [mail] = house.digest()
    text, token = text_of(mail), token_of(mail)
    assert mail["Subject"] == "1 ändring i Den öppna"
    assert mail["Bcc"] is None and mail["Precedence"] == "list"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "1.1  Node 1.1" in text and "55 %" in text and "Två <b>piloter</b>" in text
    assert "elsewhere" not in text
    assert f"goal unsubscribe {token}" in text and "avsluta" in text
    assert "&lt;b&gt;piloter" in html_of(mail) and "<b>piloter" not in html_of(mail)
    assert house.digest() == []


@pytest.mark.parametrize("word, frequency", [("veckovis", "weekly"), ("monthly", "monthly")])
def test_reader_chooses_another_frequency(house, word, frequency):
    subscribed(house.daemon, ADDRESS, "open:1.1", frequency="immediate")
    house.digest()
    house.update()
    [mail] = house.digest()
    house.answer(mail, word)
    assert subscription(house.daemon, ADDRESS)["frequency"] == frequency


def test_mail_programs_read_the_address_that_unsubscribes(house):
    """They do not decode it: in encoded words it would be none."""
    subscribed(house.daemon, ADDRESS, "o", frequency="immediate")
    house.update()
    [mail] = house.digest()
    [raw] = [path.read_text() for path in house.mails.iterdir()]
    address = mail["Reply-To"].addresses[0].addr_spec
    assert f"\nList-Unsubscribe: <mailto:{address}?subject=unsubscribe>\n" in raw


def test_reader_unsubscribes_as_mail_programs_do(house):
    subscribed(house.daemon, ADDRESS, "open:1.1", frequency="immediate")
    house.digest()
    house.update()
    [mail] = house.digest()
    target, subject = mail["List-Unsubscribe"].strip("<>").removeprefix("mailto:").split("?subject=")
    result = house.run("mail-in", uid=MAIL,
                       stdin=f"From: x@y.z\nTo: {target}\nSubject: {subject}\n\n\n")
    assert result.code == 0
    assert subscriptions(house.daemon, ADMIN) == []
    assert house.daemon.psql("SELECT count(*) FROM goald.subscriber") == [["0"]]
    house.update()
    assert house.digest() == []


def test_dry_run_shows_and_claims_nothing(house):
    subscribed(house.daemon, ADDRESS, "open:1.1", "sector:food", frequency="immediate")
    house.digest()
    house.update()
    subscribe(house.daemon, "new@example.org", "open")
    for _ in range(2):
        lines = house.run("digest", "--dry-run").ok().splitlines()
        assert lines[0].split() == ["ADDRESS", "MAIL", "CHANGES", "TOPICS"]
        assert [line.split()[:2] for line in lines[1:]] == [
            [ADDRESS, "immediate"], ["new@example.org", "confirm"]]
    shown = house.run("digest", "--dry-run", "--print").ok()
    assert shown.count("\nFrom: goald@gov.example") == 2
    assert len(house.digest()) == 2


def test_what_cannot_be_sent_is_told_and_tried_again(house):
    subscribed(house.daemon, ADDRESS, "open:1.1", frequency="immediate")
    house.digest()
    house.update()
    result = house.run("digest", sendmail="echo mailbox full >&2; exit 69")
    assert result.code == 1 and "mailbox full" in result.stderr and ADDRESS not in result.stderr
    assert "mailbox full" in subscription(house.daemon, ADDRESS)["error"]
    listed = house.daemon.goal("subscriptions", ADDRESS, uid=ADMIN).ok()
    assert "mailbox full" in listed
    assert house.digest() == [] # not before ten minutes have passed


def test_what_may_be_out_is_left_as_it_is_for_a_later_run(house):
    subscribed(house.daemon, ADDRESS, "open:1.1", frequency="immediate")
    house.digest()
    house.update()
    result = house.run("digest", sendmail=f"cat >{house.mails}/first; kill -9 $$")
    [first] = house.sent()
    assert result.code == 1 and ADDRESS not in result.stderr
    assert "perhaps not sent, a later run sends the same mail again: signal 9" in result.stderr
    house.update("1.1.a")
    assert house.digest() == []  # not before the lease has ended
    house.daemon.psql("UPDATE goald.subscriber SET lease_until = now()")
    [again] = house.digest()
    assert again["Message-ID"] == first["Message-ID"]
    assert "1.1.a" not in text_of(again)


def test_exec_gets_the_digest(house):
    subscribed(house.daemon, ADDRESS, "open:1.1", frequency="immediate")
    house.digest()
    house.update()
    result = house.run("digest", "--exec", f"cat >{house.mails}/object")
    assert result.code == 0
    told = json.loads((house.mails / "object").read_text())
    assert told["kind"] == "digest" and told["address"] == ADDRESS and told["token"]
    assert "\nFrom: goald@gov.example\n" in told["message"] and told["text"] and told["html"]


@pytest.mark.parametrize("uid", [STRANGER, MANAGER, OTHER])
def test_only_who_reminds_everywhere_sends(house, uid):
    subscribe(house.daemon, ADDRESS, "open")
    result = house.run("digest", uid=uid)
    assert (result.code, house.sent()) == (5, [])


def test_daemon_out_of_reach_is_told_from_what_cannot_be_sent(house):
    assert house.daemon.build.run_goal("digest", "--print", address="unix:/nonexistent/s").code == 4
    assert house.run("digest", "--print", "--exec", "x").code == 2


def test_without_an_address_for_answers_the_command_is_told(make_daemon, empty_template):
    daemon = make_daemon({"mail_from": "goald@gov.example"}, empty_template)
    try:
        house = House(daemon.start())
        subscribe(daemon, ADDRESS, "open:1.1", language="en")
        [mail] = house.digest()
        assert mail["Reply-To"] is None and mail["List-Unsubscribe"] is None
        token = text_of(mail).split("goal confirm ")[1].split()[0]
        daemon.goal("confirm", token, uid=STRANGER).ok()
    finally:
        daemon.close()
