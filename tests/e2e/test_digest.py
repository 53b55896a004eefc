"""goal digest: the mails that subscribers get, read back by another program; and answering them."""

import json
import pathlib
import re

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


CATALOGS = pathlib.Path(__file__).resolve().parents[2] / "client" / "po"


def words_of(text):
    return set(re.findall(r"[^\W\d_]{2,}", text.lower()))


def english_words(language):
    """Those of what mails say that are no words of the language's."""
    catalog = (CATALOGS / f"{language}.po").read_text()
    said = {name: words_of(" ".join(re.findall(rf'^{name}[^"]*"(.*)"$', catalog, re.MULTILINE)))
            for name in ("msgid", "msgstr")}
    return said["msgid"] - said["msgstr"]


def change_everything(house):
    """Each kind of entry that a digest tells of: added, changed, removed."""

    def change(method, code=None, **more):
        if code:
            more["code"] = code
        return house.daemon.call(method, as_uid=MANAGER, strategy="open", **more)["seq"]

    def group(method, key="x", **more):
        return house.daemon.call(method, as_uid=MANAGER, strategy="open", **more,
                                 **{"key" if method.endswith("Group") else "group": key})

    change("AddNode", newCode="9", kind="priority", title="Ni")
    change("AddNode", newCode="9.1", kind="deliverable", parent="9", title="Ni-en", due="2030-05")
    change("AddNode", newCode="9.i", kind="indicator", parent="9", title="Ni-i", unit="kg",
           baseline=0, target=100)
    first = change("SubmitUpdate", "9.1", percent=40, state="at_risk", confidence="low",
                   date="2026-01-15", note="Merk dette",
                   evidence=["https://eksempel.no/tall"])
    change("SubmitUpdate", "9.1", percent=45, supersedes=first, reason="Feil tall")
    first = change("RecordObservation", "9.i", value=12.5, date="2026-02", source="SSB",
                   breakdown={"fylke": "Oslo"})
    change("RecordObservation", "9.i", value=13, date="2026-02", supersedes=first, reason="Ny",
           breakdown={"fylke": "Oslo"})
    change("ChangeNode", "9.1", due="2031-06", parent="1", stage="ongoing", weight=2)
    change("ChangeNode", "9.1", kind="initiative", clear=["due"], dueAfter="P1Y6M")
    change("ChangeNode", "9.i", direction="up", sectors=["food"])
    change("SetContribution", "9.1", serves="2.1", weight=1)
    change("SetContribution", "9.1", serves="2.1", weight=3)
    change("RemoveContribution", "9.1", serves="2.1")
    for kind in ("supersedes", "split_from", "merged_from", "depends_on", "related"):
        change("AddRelation", "9.1", kind=kind, toCode="2.1")
        change("RemoveRelation", "9.1", kind=kind, toCode="2.1")
    change("AddLink", "9.1", type="rapport", title="Lenken", url="https://eksempel.no/a")
    change("AddLink", "9.1", type="rapport", title="Lenken 2", url="https://eksempel.no/a")
    change("RemoveLink", "9.1", url="https://eksempel.no/a")
    for role in ("owner", "lead", "contributor", "partner", "beneficiary", "reviewer", "contact"):
        change("AssignRole", "9.1", role=role, holder="agency")
        change("EndAssignment", "9.1", role=role, holder="agency", mistake=True)
    change("AssignRole", "9.1", role="funder", holder="agency", amount=500, currency="NOK",
           to="2030")
    change("AssignRole", "9.1", role="funder", holder="agency", amount=700, currency="NOK")
    for month, how in enumerate(("achieved", "missed", "dropped"), 1):
        change("CloseNode", "9.1", how=how, reason="Derfor", date=f"2026-0{month}-01")
        change("ReopenNode", "9.1", reason="Likevel", date=f"2026-0{month}-02")
    change("CloseNode", "9", how="achieved", reason="Derfor")
    change("AttachEvidence", "9", evidence=["https://eksempel.no/bevis"])
    change("RecordReview", "9.1", by="person:own", every="P6M", note="Sett")
    change("RecordReview", "9.1", every="P1Y")
    group("AddGroup", kind="working_group", name="Iks")
    group("ChangeGroup", kind="network", termTo="2030")
    for role in ("lead", "chair", "secretary", "member", "secondment", "contact"):
        group("AddMember", person="own", role=role, via="agency", seat="A")
        group("EndMembership", person="own", role=role, mistake=True)
    house.daemon.call("AddAim", as_uid=MANAGER, strategy="open", code="9.1", group="x")
    house.daemon.call("RemoveAim", as_uid=MANAGER, strategy="open", code="9.1", group="x")
    change("RecordReview", group="x")
    group("AddGroup", key="y", kind="centre", name="Ypsilon")
    group("RemoveGroup", key="y")
    change("ChangeStrategy", cadence=31, expected={"target": 3})
    change("ChangeStrategy", clear=["cadence"], visibility="public", acceptance=False)
    change("AddNode", newCode="9.2", kind="need", parent="9", title="Ni-2")
    change("RemoveNode", "9.2")


@pytest.fixture(scope="module")
def changed(make_daemon, empty_template):
    """The text of a digest of everything, by language."""
    daemon = make_daemon({"mail_from": "goald@gov.example", "mail_in": "answers@gov.example"},
                         empty_template)
    try:
        house = House(daemon.start())
        for language in ("sv", "nb", "en"):
            subscribed(daemon, f"{language}@example.org", "open", language=language)
        change_everything(house)
        yield {mail["Content-Language"]: text_of(mail) for mail in house.digest()}
    finally:
        daemon.close()


@pytest.mark.parametrize("language, end", [("nb", "Abonnementet ditt"), ("sv", "Din prenumeration")])
def test_digest_of_everything_has_no_english_in_it(changed, language, end):
    text = changed[language].split(end)[0]
    assert len(text) < len(changed[language])
    text = re.sub(r"https://\S+", "", text)
    names = words_of("The open one, The agency, Person own, Node, Food")
    assert words_of(text) & english_words(language) - names == set()


@pytest.mark.parametrize("language, sentences", [
    ("nb", ["Ny leveranse under «9 Ni»", "Rapportert: 40 %, i faresonen, usikker vurdering (per "
            "2026-01-15)", "Rettet rapport: 45 %", "Målt verdi: 12.5 kg, fylke: Oslo (per 2026-02)",
            "Rettet verdi: 13 kg", "Ligger under: 9 Ni → 1 Node 1", "Frist: 2030-05 → 2031-06",
            "Frist, regnet fra starten: – → 1 år, 6 måneder", "Slag: leveranse → tiltak",
            "Bidrar nå til «2.1 Node 2.1»", "Vekt: 1 → 3", "Erstatter «2.1 Node 2.1»",
            "Trukket tilbake: Er avhengig av «2.1 Node 2.1»", "Ny lenke: Lenken",
            "Dokumentasjon: https://eksempel.no/tall",
            "Dokumentasjon: https://eksempel.no/bevis", "The agency er nå ansvarlig",
            "The agency er ikke lenger bidragsyter", "The agency er finansiør til og med 2030",
            "Avsluttet: ikke oppnådd", "Gjenåpnet", "Gjennomgått av Person own", "Ny arbeidsgruppe",
            "own (for The agency) er ikke lenger sekretær", "arbeider nå mot målet",
            "Strategien er endret", "Nytt senter", "Fjernet", "Merknad: Merk dette", "Beløp: 500 NOK"]),
    ("sv", ["Ny leverans under ”9 Ni”", "Rapporterat: 40 %, i riskzonen, osäker bedömning (per "
            "2026-01-15)", "Slutdatum: 2030-05 → 2031-06", "Är beroende av ”2.1 Node 2.1”",
            "The agency är nu ansvarig", "Avslutat: inte uppnått", "Öppnat på nytt",
            "Ny arbetsgrupp"]),
    ("en", ["New deliverable under “9 Ni”", "Reported: 40 %, at risk, low confidence (as of "
            "2026-01-15)", "Due date: 2030-05 → 2031-06", "Depends on “2.1 Node 2.1”",
            "The agency is now the owner", "Closed: not achieved", "Reopened",
            "New working group"]),
])
def test_digest_says_what_was_done(changed, language, sentences):
    text = " ".join(changed[language].split())
    assert [sentence for sentence in sentences if sentence not in text] == []


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
