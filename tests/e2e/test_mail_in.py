"""goal mail-in: mails that the MTA pipes in are done once or given back, and answered to the
address that the daemon has, never to the sender's."""

import email
import email.policy
import email.message

import pytest

import subscribers

from answered import ADDRESSES, BOSS, KARI, MAIL, fill, letter, new_token
from database import verify_chain, verify_state

pytestmark = pytest.mark.root  # it acts as several users

OK, USAGE, DATAERR, TEMPFAIL, NOPERM = 0, 64, 65, 75, 77


class House:
    """A daemon with letters sent, and an MTA that writes down what it is to send."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.mails = daemon.folder / "mails"
        self.mails.mkdir()
        self.mails.chmod(0o777)
        self.sendmail = daemon.folder / "sendmail"
        self.sendmail.write_text(f'#!/bin/sh\ncat >"$(mktemp {self.mails}/XXXXXX)"\n')
        self.sendmail.chmod(0o755)

    def pipe(self, mail, *args, uid=MAIL, sendmail=None, address=None):
        """Runs mail-in; returns its result and the mails it sent."""
        for old in self.mails.iterdir():
            old.unlink()
        text = mail if isinstance(mail, str) else mail.as_bytes().decode()
        result = self.daemon.build.run_goal(
            "mail-in", "--sendmail", sendmail or self.sendmail, *args,
            address=address or self.daemon.address, uid=uid, stdin=text)
        sent = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in self.mails.iterdir()]
        assert not any(mail.defects for mail in sent)
        return result, sent

    def answered(self, mail, *args, **kwargs):
        """The text of the one answer to a mail that was served."""
        result, sent = self.pipe(mail, *args, **kwargs)
        assert (result.code, result.stdout, result.stderr) == (OK, "", "")
        assert len(sent) == 1
        return sent[0].get_body(("plain",)).get_content()

    def given_back(self, mail, code, said, *args, **kwargs):
        """A mail that was not served: the exit code, what was said, and nothing sent or written."""
        before = self.updates()
        result, sent = self.pipe(mail, *args, **kwargs)
        assert (result.code, sent) == (code, [])
        assert said in result.stderr and result.stderr.count("\n") == 1
        assert self.updates() == before

    def updates(self):
        return [self.daemon.stream("ListUpdates", as_uid=BOSS, strategy=key, below=True)
                for key in ("alfa", "beta")]

    def last(self, code, strategy="alfa"):
        update = self.daemon.stream("ListUpdates", as_uid=BOSS, strategy=strategy, code=code
                                    )[0]["update"]
        return update.get("percent"), update.get("state"), update.get("note"), update["author"]


@pytest.fixture(scope="module")
def house(make_daemon, empty_template):
    daemon = make_daemon({"mail_from": "goald@gov.example", "mail_in": "answers@gov.example"},
                         empty_template)
    try:
        yield House(fill(daemon.start()))
        verify_chain(daemon)
        verify_state(daemon)
    finally:
        daemon.close()


def reply(token, text, sender=f"Kari Nordmann <{ADDRESSES['kari']}>", to=None, **headers):
    mail = email.message.EmailMessage()
    mail["From"] = sender
    mail["To"] = to or f"goald <answers+{token}@gov.example>"
    mail["Subject"] = headers.pop("subject", "Re: 1 förfaller i dag")
    mail["Message-ID"] = headers.pop("id", "<abc@example.no>")
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


@pytest.mark.parametrize("subject, answered", [
    ("Re: En", "Re: En"), ("SV: En", "SV: En"), ("sv: En", "sv: En"), ("VS: En", "VS: En"),
    ("En", "Re: En"), ("", "Re: ")])
def test_answer_is_marked_once(house, subject, answered):
    token = letter(house.daemon, "kari", "alfa:1")
    _, [answer] = house.pipe(reply(token, "hva?", subject=subject))
    assert str(answer["Subject"]).strip() == answered.strip()


QUOTED = "\n\nDen 5 mars 2026 skrev goald <answers@gov.example>:\n\n> al:1: 10 % försenat\n"


def test_reply_is_recorded_and_answered(house):
    token = letter(house.daemon, "kari", "alfa:1")
    result, sent = house.pipe(reply(token, "60 % enligt plan. Två piloter är i gång." + QUOTED))
    assert (result.code, result.stderr, len(sent)) == (OK, "", 1)
    assert house.last("1") == (60, "on_track", "Två piloter är i gång.", "Kari Nordström")
    answer = sent[0]
    assert answer["To"].addresses[0].addr_spec == ADDRESSES["kari"]
    assert answer["From"].addresses[0].addr_spec == "goald@gov.example"
    assert answer["Reply-To"].addresses[0].addr_spec == f"answers+{token}@gov.example"
    assert answer["Subject"] == "Re: 1 förfaller i dag"
    assert answer["Auto-Submitted"] == "auto-replied"
    assert (answer["In-Reply-To"], answer["References"]) == ("<abc@example.no>",) * 2
    text = answer.get_body(("plain",)).get_content()
    assert "al:1" in text and "60 %, enligt plan" in text and "Två piloter är i gång." in text
    assert "Två piloter är i gång." in answer.get_body(("html",)).get_content()


@pytest.mark.parametrize("text, expected", [
    ("60% on track", (60, "on_track", None)),
    ("60 % i rute\nTo piloter.", (60, "on_track", "To piloter.")),
    ("al:2: 62,5 % försenad, vi väntar", (62.5, "off_track", "vi väntar")),
    ("alfa:2 at risk", (None, "at_risk", None)),
    ("2: 0 %", (0, None, None)),
])
def test_reply_is_understood(house, text, expected):
    token = letter(house.daemon, "kari", "alfa:2")
    house.answered(reply(token, text))
    assert house.last("2") == (*expected, "Kari Nordström")


def test_several_reports_in_one_mail(house):
    token = letter(house.daemon, "kari", "alfa:1", "alfa:2", "beta:b2")
    text = house.answered(reply(token, "Hej!\n- al:1: 71 % bra\n- 2: 72 %\n- b2 i fas\n\nMvh\nKari"))
    assert [house.last("1")[0], house.last("2")[0], house.last("b2", "beta")[1]] == [
        71, 72, "on_track"]
    assert all(name in text for name in ("al:1", "al:2", "beta:b2"))


def test_same_mail_twice_has_its_effect_once(house):
    token = letter(house.daemon, "kari", "alfa:1")
    mail = reply(token, "63 %")
    _, first = house.pipe(mail)
    before = house.updates()
    result, second = house.pipe(mail)
    assert result.code == OK and house.updates() == before
    assert [m["Message-ID"] for m in first] == [m["Message-ID"] for m in second]
    house.given_back(reply(token, "64 %", id="<other@example.no>"), DATAERR, "answered already")


@pytest.mark.parametrize("text, said", [
    ("Det går bra.", "Det går bra."),
    ("150 %", "150 %"),
    ("al:3: 50 %", "al:3: 50 %"),
    ("60", "60"),
    ("60 % enligt plan eller i riskzonen", "60 % enligt plan eller i riskzonen"),
    ("60 %\n70 %", "70 %"),
    ("60 % a\nal:1: bra\n", "al:1: bra"),
    ("", "ingen egen text"),
])
def test_what_is_unclear_is_answered_and_nothing_written(house, text, said):
    token = letter(house.daemon, "kari", "alfa:1")
    before = house.updates()
    answer = house.answered(reply(token, text + QUOTED))
    assert said in answer and "Inget har antecknats" in answer and "al:1: 60 % enligt plan" in answer
    assert house.updates() == before
    house.answered(reply(token, "65 %")) # the token is not used by it
    assert house.last("1")[0] == 65


def test_answer_is_in_the_readers_language(house):
    house.daemon.call("ChangePerson", key="kari", language="nb")
    token = letter(house.daemon, "kari", "alfa:1")
    assert "i rute" in house.answered(reply(token, "vet ikke"))
    assert "66 %, i faresonen" in house.answered(reply(token, "66 % at risk"))
    house.daemon.call("ChangePerson", key="kari", clear=["language"])


def test_several_nodes_have_to_be_told_apart(house):
    token = letter(house.daemon, "kari", "alfa:1", "alfa:2")
    before = house.updates()
    answer = house.answered(reply(token, "60 %"))
    assert "koden" in answer and house.updates() == before


def test_daemons_refusal_is_answered(house):
    token = letter(house.daemon, "kari", "alfa:2")
    house.daemon.call("CloseNode", as_uid=BOSS, strategy="alfa", code="2", how="dropped",
                      date="2024-01-01", reason="x")
    before = house.updates()
    assert "closed as dropped" in house.answered(reply(token, "60 %"))
    house.daemon.call("ReopenNode", as_uid=BOSS, strategy="alfa", code="2", reason="x")
    house.daemon.call("EndAssignment", as_uid=BOSS, strategy="alfa", code="2", role="owner",
                      holder="person:kari", mistake=True)
    answer = house.answered(reply(token, "60 %"))
    assert "Inget har antecknats" in answer and house.updates() == before
    house.daemon.call("AssignRole", as_uid=BOSS, strategy="alfa", code="2", role="owner",
                      holder="person:kari")


def test_token_is_found_where_mail_programs_leave_it(house):
    def sent(**fields):
        token = letter(house.daemon, "kari", "alfa:1")
        return token, {name: value.format(token) for name, value in fields.items()}

    for percent, fields in enumerate((
            {"Cc": "answers+{}@gov.example"}, {"Delivered_To": "answers+{}@gov.example"},
            {"X_Original_To": "answers+{}@gov.example"}, {"subject": "1 {}"})):
        token, headers = sent(**fields)
        house.answered(reply(token, f"{percent} %", to="answers@gov.example", **headers))
        assert house.last("1")[0] == percent
    token = letter(house.daemon, "kari", "alfa:1")
    house.answered(reply(token, f"80 %\n\n> Ref: {token}\n", to="answers@gov.example"))
    token = letter(house.daemon, "kari", "alfa:1")
    house.answered(reply(new_token(), "81 %"), "--recipient", f"answers+{token}@gov.example")
    assert house.last("1")[0] == 81


# --- what is given back


@pytest.mark.parametrize("sender", [
    "bo@example.org", f"{ADDRESSES['kari']}, bo@example.org", "Kari",
    f'"{ADDRESSES["kari"]}" <bo@example.org>'])
def test_forged_reply_is_given_back(house, sender):
    token = letter(house.daemon, "kari", "alfa:1")
    raw = reply(token, "60 %").as_bytes().decode()
    lines = [f"From: {sender}" if line.startswith("From:") else line for line in raw.split("\n")]
    house.given_back("\n".join(lines), NOPERM, "the address that the reminder went to")
    house.given_back("\n".join(line.replace("60 %", "?") for line in lines), NOPERM, "address")


def test_two_senders_are_none(house):
    token = letter(house.daemon, "kari", "alfa:1")
    raw = reply(token, "60 %").as_bytes().decode()
    house.given_back("From: bo@example.org\n" + raw, NOPERM, "the address that the reminder went")


def test_tokens_that_do_not_hold_are_given_back(house):
    house.given_back(reply("x", "60 %"), DATAERR, "no token")
    old = letter(house.daemon, "kari", "alfa:1", expires="now()")
    house.given_back(reply(old, "60 %"), DATAERR, "too old")


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"List_Id": "<a.example.org>"},
    {"Return_Path": "<>"}, {"Precedence": "list"}])
def test_automatic_mail_is_passed_over(house, headers):
    token = letter(house.daemon, "kari", "alfa:1")
    house_before = house.updates()
    result, sent = house.pipe(reply(token, "60 %", **headers))
    assert (result.code, result.stdout, result.stderr, sent) == (OK, "", "", [])
    assert house.updates() == house_before


def test_bounce_is_passed_over(house):
    token = letter(house.daemon, "kari", "alfa:1")
    mail = (f"From: MAILER-DAEMON@x.example\nTo: answers+{token}@gov.example\n"
            "Content-Type: multipart/report; boundary=a\n\n--a\n\n60 %\n--a--\n")
    result, sent = house.pipe(mail)
    assert (result.code, result.stderr, sent) == (OK, "", [])


def test_mta_keeps_what_cannot_be_served_now(house):
    token = letter(house.daemon, "kari", "alfa:1")
    house.given_back(reply(token, "60 %"), TEMPFAIL, "no daemon at", address="unix:/nonexistent/s")
    house.given_back(reply(token, "60 %"), TEMPFAIL, "this needs mail", uid=KARI)
    result, _ = house.pipe(reply(token, "60 %"), sendmail="echo no >&2; exit 75")
    assert result.code == TEMPFAIL and "the answer was not sent: exit code 75: no" in result.stderr
    house.answered(reply(token, "60 %")) # the MTA brings it again
    assert house.last("1")[0] == 60


def test_usage_is_told_from_what_a_mail_does(house):
    result, sent = house.pipe("", "--exec", "x")
    assert (result.code, sent) == (USAGE, [])


# --- hostile mails


@pytest.mark.parametrize("subject", [
    "x\r\nBcc: evil@example.org\r\n\r\nevil", "x\nBcc: evil@example.org", "\u2028Bcc: a@b.c",
    "=?utf-8?q?x=0ABcc:_evil@example.org?=", "x" * 5000, "\u202ereversed"],
    ids=["end", "line", "separator", "encoded", "long", "reversed"])
def test_no_header_is_injected(house, subject):
    token = letter(house.daemon, "kari", "alfa:1")
    raw = reply(token, "what?", subject="SUBJECT", id="<a@b.c>").as_bytes().decode()
    encoded = email.header.Header(subject, "utf-8").encode() if not subject.isascii() else subject
    raw = raw.replace("SUBJECT", encoded.replace("\r", "").replace("\n", "\n "))
    result, sent = house.pipe(raw)
    assert result.code == OK
    assert [mail["Bcc"] for mail in sent] == [None]
    assert len(sent[0]["Subject"]) < 300
    assert sent[0]["To"].addresses[0].addr_spec == ADDRESSES["kari"]


@pytest.mark.parametrize("name", [
    "<a@b.c>\r\n Bcc: evil@example.org", "<" + "a" * 20000 + "@b.c>", "no id", "<<>>", "<å@b.c>"],
    ids=["line", "long", "none", "empty", "not ASCII"])
def test_message_id_of_others_injects_nothing(house, name):
    token = letter(house.daemon, "kari", "alfa:1")
    raw = reply(token, "what?", id="<IDENTITY@b.c>").as_bytes().decode()
    result, sent = house.pipe(raw.replace("<IDENTITY@b.c>", name))
    assert result.code == OK and len(sent) == 1
    assert sent[0]["Bcc"] is None and len(sent[0]["References"] or "") < 1000


def test_message_id_that_is_no_ascii_is_not_repeated(house):
    token = letter(house.daemon, "kari", "alfa:1")
    mail = reply(token, "?", id="<x@y.z>").as_bytes().decode().replace("<x@y.z>", "<å@y.z>")
    result, [answer] = house.pipe(mail)
    assert result.code == OK and answer["In-Reply-To"] is answer["References"] is None


def test_notes_are_harmless_in_the_answer(house):
    token = letter(house.daemon, "kari", "alfa:1")
    note = '<script>alert("x")</script> & \u202egnp.exe'
    result, sent = house.pipe(reply(token, f"60 % {note}\n.\nFrom me"))
    html = sent[0].get_body(("html",)).get_content()
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "\u202e" not in html
    assert "From me" in sent[0].get_body(("plain",)).get_content()


def test_broken_and_huge_mails_do_no_harm(house):
    head = f"From: {ADDRESSES['kari']}\nTo: answers+{letter(house.daemon, 'kari', 'alfa:1')}@x.y\n"
    deep = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(500))
    for mail in (head + deep + "\n60 %\n", head + "X: " + "x" * 500_000 + "\n\n?\n",
                 head + "X: y\n" * 20_000 + "\n?\n", head + "\n\0\0?\0\n",
                 head + "Content-Type: text/html\n\n" + "<blockquote>" * 50_000,
                 head + "Content-Type: multipart/mixed; boundary=\n\n--\n--\n"):
        before = house.updates()
        result, sent = house.pipe(mail)
        assert (result.code, len(sent)) == (OK, 1), result.stderr
        assert house.updates() == before
    house.given_back(head + "\n" + "x" * (17 << 20), DATAERR, "larger than 16 MiB")
    house.given_back("", DATAERR, "no token")


# --- subscribers


@pytest.fixture
def subscriber(house):
    """A confirmed subscription's token; r@example.org reads Norwegian."""
    subscribers.forget_all(house.daemon)
    house.daemon.call("ChangeStrategy", as_uid=BOSS, strategy="beta", visibility="public")
    subscribers.subscribed(house.daemon, "r@example.org", "beta:1", language="nb")
    return subscribers.token_for(house.daemon, "r@example.org")


def mine(house):
    """What r@example.org has: frequency and topics of each."""
    house.daemon.grant(subscribers.ADMIN, "admin")
    return [(one["frequency"], subscribers.topics_of(one), one.get("confirmed") is not None)
            for one in subscribers.subscriptions(house.daemon, subscribers.ADMIN)]


def subscribers_mail(token, text, **kwargs):
    return reply(token, text, **{"sender": "somebody@else.example", "subject": "SV: goald",
                                 **kwargs})


@pytest.mark.parametrize("text, subject", [
    ("", "unsubscribe"), ("This message was generated by a mail program.", "unsubscribe"),
    ("Please unsubscribe me", "Re: x"), ("avsluta", "SV: x"), ("Meld av", "SV: x"),
    ("STOP!", "Sv: x")])
def test_unsubscribing_forgets(house, subscriber, text, subject):
    result, sent = house.pipe(subscribers_mail(subscriber, text, subject=subject))
    assert (result.code, result.stderr, mine(house)) == (OK, "", [])
    [answer] = sent
    assert answer["To"].addresses[0].addr_spec == "r@example.org" # not the sender's
    assert answer["Auto-Submitted"] == "auto-replied"
    assert "adressen din er slettet" in answer.get_body(("plain",)).get_content()
    house.given_back(subscribers_mail(subscriber, "stop"), DATAERR, "token")


@pytest.mark.parametrize("text, frequency", [
    ("veckovis", "weekly"), ("Månedlig, takk", "monthly"), ("every day please", "daily"),
    ("genast", "immediate"), ("Hej! Byt till månadsvis.", "monthly")])
def test_frequency_is_changed_by_a_word(house, subscriber, text, frequency):
    answer = house.answered(subscribers_mail(subscriber, text + "\n\n> daily\n"))
    assert mine(house) == [(frequency, ["beta:1"], True)]
    assert "beta:1" in answer and "meld av" in answer


@pytest.mark.parametrize("text", ["", "weekly or monthly", "not weekly", "What is this?",
                                  "x " * 200 + "stop"])
def test_wish_that_is_unclear_changes_nothing(house, subscriber, text):
    answer = house.answered(subscribers_mail(subscriber, text))
    assert mine(house) == [("weekly", ["beta:1"], True)]
    assert "ikke til å forstå" in answer and "ukentlig" in answer


def test_subscriptions_are_shown(house, subscriber):
    answer = house.answered(subscribers_mail(subscriber, "vis"))
    assert "beta:1" in answer and "ukentlig" in answer


@pytest.mark.parametrize("text", ["ja", "Bekreft", "ok\n\nMvh", ""])
def test_address_confirms_by_answering(house, text):
    subscribers.forget_all(house.daemon)
    house.daemon.call("ChangeStrategy", as_uid=BOSS, strategy="beta", visibility="public")
    subscribers.subscribe(house.daemon, "r@example.org", "beta:1", language="nb")
    token = subscribers.token_for(house.daemon, "r@example.org", "confirm")
    assert "ikke til å forstå" in house.answered(subscribers_mail(token, "hva?"))
    assert mine(house) == [("weekly", ["beta:1"], False)]
    shown = house.answered(subscribers_mail(token, "vis"))
    assert "bekreft, meld av" in shown and "månedlig" not in shown
    assert "bekreftet" in house.answered(subscribers_mail(token, text))
    assert mine(house) == [("weekly", ["beta:1"], True)]


def test_answer_to_what_was_confirmed_is_understood(house):
    subscribers.forget_all(house.daemon)
    house.daemon.call("ChangeStrategy", as_uid=BOSS, strategy="beta", visibility="public")
    subscribers.subscribe(house.daemon, "r@example.org", "beta:1")
    token = subscribers.token_for(house.daemon, "r@example.org", "confirm")
    _, [confirmed] = house.pipe(subscribers_mail(token, "yes"))
    assert token in confirmed["Reply-To"]
    house.answered(subscribers_mail(token, "daily"))
    assert mine(house) == [("daily", ["beta:1"], True)]
    house.answered(subscribers_mail(token, "stop"))
    assert mine(house) == []


def test_wish_is_done_though_its_answer_cannot_be_sent(house, subscriber):
    result, sent = house.pipe(subscribers_mail(subscriber, "stop"), sendmail="exit 75")
    assert (result.code, sent, mine(house)) == (OK, [], [])
    assert "the answer was not sent" in result.stderr


def test_expired_token_of_a_subscriber_is_given_back(house, subscriber):
    old = subscribers.token_for(house.daemon, "r@example.org", expires="-1 day")
    house.given_back(subscribers_mail(old, "stop"), DATAERR, "too old")
    assert mine(house) == [("weekly", ["beta:1"], True)]
